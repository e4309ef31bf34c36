package io.chaosrunner.cluster;

import io.chaosrunner.cluster.ClusterException.Kind;
import io.chaosrunner.crd.Engine;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.NullNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The objects of a file, of whatever kind the API server serves, on their way to it.
 *
 * <p>What exists already is compared as the server itself would store it: defaults it fills in, and
 * fields it erases, are no difference.
 */
public final class AnyObjects {
    private static final List<String> WRITTEN_BY_THE_SERVER =
            List.of(
                    "resourceVersion",
                    "uid",
                    "creationTimestamp",
                    "generation",
                    "managedFields",
                    "selfLink",
                    "deletionTimestamp",
                    "deletionGracePeriodSeconds");

    private final Fabric8Cluster cluster;
    private final Map<String, Optional<Served>> served = new HashMap<>();

    /** How a kind is served. */
    private record Served(String api, String plural, boolean namespaced) {
        String path(String namespace) {
            return namespaced
                    ? api + "/namespaces/" + ApiServer.encode(namespace) + "/" + plural
                    : api + "/" + plural;
        }
    }

    /** What is done about an object that exists and is not as the file has it. */
    public enum Different {
        /** Leave it, and say so. */
        REPORT,
        /** Make it as the file has it. */
        UPDATE,
        /** Store nothing, neither what differs nor what is missing; admission is asked. */
        TRY,
        /** Store nothing, but ask whether it could be made as the file has it. */
        TRY_UPDATE;

        private boolean isDry() {
            return this == TRY || this == TRY_UPDATE;
        }
    }

    /** What became of one object. */
    public sealed interface Stored {
        /** It was missing, and is there now. */
        record Created() implements Stored {}

        /** It was there as the file has it. */
        record Same() implements Stored {}

        /** It was made as the file has it; {@code fields} are those that were not. */
        record Updated(TreeSet<String> fields) implements Stored {}

        /** It was left as it is, which is not as the file has it. */
        record Differs(TreeSet<String> fields) implements Stored {}
    }

    public AnyObjects(Fabric8Cluster cluster) {
        this.cluster = cluster;
    }

    /**
     * Tell whether objects of this kind live in namespaces.
     *
     * @throws ClusterException of kind {@link Kind#NOT_FOUND} if the server does not know the kind
     */
    public boolean isNamespaced(String apiVersion, String kind) {
        return served(apiVersion, kind).namespaced();
    }

    /**
     * Create an object that is missing; compare one that is not.
     *
     * @param wanted with its namespace, if it lives in one
     */
    public Stored store(ObjectNode wanted, Different different) {
        Served kind =
                served(wanted.path("apiVersion").asString(""), wanted.path("kind").asString(""));
        String namespace = wanted.path("metadata").path("namespace").asString("");
        String name = wanted.path("metadata").path("name").asString("");
        String path = kind.path(namespace) + "/" + ApiServer.encode(name);
        Optional<ObjectNode> found;
        Optional<ClusterException> unread = Optional.empty();
        try {
            found = get(path);
        } catch (ClusterException e) {
            if (e.kind() != Kind.FORBIDDEN || !different.isDry()) {
                throw e;
            }
            // What is not read may be asked about all the same.
            found = Optional.empty();
            unread = Optional.of(e);
        }
        if (found.isEmpty()) {
            try {
                var _ =
                        cluster.told(
                                wanted,
                                cluster.server()
                                        .call(
                                                "POST",
                                                kind.path(namespace)
                                                        + Fabric8Cluster.STRICT
                                                        + (different.isDry() ? "&dryRun=All" : ""),
                                                "application/json",
                                                unstored(wanted)));
                return new Stored.Created();
            } catch (ClusterException e) {
                if (e.kind() != Kind.ALREADY_EXISTS) {
                    throw e;
                }
                if (unread.isPresent()) {
                    throw unread.get();
                }
                found = get(path);
            }
        }
        ObjectNode live = found.orElseThrow(() -> goneMeanwhile(path));
        ObjectNode merged = merged(live, wanted);
        TreeSet<String> fields = differences(live, merged);
        if (fields.isEmpty()) {
            return new Stored.Same();
        }
        boolean update = different == Different.UPDATE;
        try {
            ObjectNode stored =
                    cluster.told(
                            wanted,
                            cluster.server()
                                    .call(
                                            "PUT",
                                            path
                                                    + Fabric8Cluster.STRICT
                                                    + (update ? "" : "&dryRun=All"),
                                            "application/json",
                                            merged));
            TreeSet<String> real = differences(live, stored);
            if (real.isEmpty()) {
                return new Stored.Same();
            }
            return update ? new Stored.Updated(real) : new Stored.Differs(real);
        } catch (ClusterException e) {
            // Not allowed to ask, or a field that cannot change: then it differs as it stands.
            boolean stays = e.kind() == Kind.INVALID && different != Different.TRY_UPDATE;
            if (update || (e.kind() != Kind.FORBIDDEN && !stays)) {
                throw e;
            }
            return new Stored.Differs(fields);
        }
    }

    private static ClusterException goneMeanwhile(String path) {
        return new ClusterException(Kind.CONFLICT, path + " was deleted meanwhile; try again");
    }

    private Optional<ObjectNode> get(String path) {
        try {
            Found found = cluster.server().answer("GET", path, null, null);
            if (!found.isWhole()) {
                // It would be stored without what was left out.
                throw new ClusterException(
                        Kind.INVALID, "GET %s: the object %s".formatted(path, found.flaw()));
            }
            return Optional.of(found.object());
        } catch (ClusterException e) {
            if (e.kind() == Kind.NOT_FOUND) {
                return Optional.empty();
            }
            throw e;
        }
    }

    private Served served(String apiVersion, String kind) {
        return served.computeIfAbsent(apiVersion + " " + kind, k -> discover(apiVersion, kind))
                .orElseThrow(() ->
                        new ClusterException(
                                Kind.NOT_FOUND,
                                "the API server at %s does not serve %s of %s%s"
                                        .formatted(
                                                cluster.url(),
                                                kind,
                                                apiVersion,
                                                apiVersion.startsWith("litmuschaos.io/")
                                                        ? "; install Litmus' CRDs"
                                                        : "; is its CRD installed?")));
    }

    private Optional<Served> discover(String apiVersion, String kind) {
        int slash = apiVersion.indexOf('/');
        String api =
                slash < 0
                        ? "/api/" + ApiServer.encode(apiVersion)
                        : "/apis/%s/%s"
                                .formatted(
                                        ApiServer.encode(apiVersion.substring(0, slash)),
                                        ApiServer.encode(apiVersion.substring(slash + 1)));
        for (JsonNode resource :
                get(api).map(list -> list.path("resources")).orElse(NullNode.instance)) {
            String plural = resource.path("name").asString("");
            if (resource.path("kind").asString("").equals(kind) && !plural.contains("/")) {
                return Optional.of(
                        new Served(api, plural, resource.path("namespaced").asBoolean(false)));
            }
        }
        return Optional.empty();
    }

    /**
     * Return an object without what only a stored one has, as in a file from {@code kubectl get}.
     */
    public static ObjectNode unstored(ObjectNode object) {
        ObjectNode fresh = object.deepCopy();
        fresh.remove("status");
        if (fresh.path("metadata") instanceof ObjectNode metadata) {
            metadata.remove(WRITTEN_BY_THE_SERVER);
            if (metadata.path("annotations") instanceof ObjectNode annotations) {
                annotations.remove(Engine.WRITTEN_BY_RUNS);
            }
        }
        return fresh;
    }

    /** Return the stored object with each field of the file as the file has it. */
    static ObjectNode merged(ObjectNode live, ObjectNode wanted) {
        ObjectNode merged = live.deepCopy();
        if (wanted.has("stringData") && !wanted.has("data")) {
            // The server adds to data what stringData says, and keeps what else was there.
            merged.remove("data");
        }
        wanted.propertyStream()
                .filter(field -> !field.getKey().equals("metadata"))
                .filter(field -> !field.getKey().equals("status"))
                .forEach(field -> merged.set(field.getKey(), field.getValue().deepCopy()));
        ObjectNode metadata = (ObjectNode) merged.path("metadata");
        for (String map : new String[] {"labels", "annotations"}) {
            if (wanted.path("metadata").path(map) instanceof ObjectNode said) {
                ObjectNode all =
                        metadata.path(map) instanceof ObjectNode present
                                ? present
                                : metadata.putObject(map);
                all.setAll(said.deepCopy());
            }
        }
        return merged;
    }

    /** Return the paths at which two states of an object differ; never a value. */
    public static TreeSet<String> differences(ObjectNode live, ObjectNode other) {
        var paths = new TreeSet<String>();
        ObjectNode before = comparable(live);
        ObjectNode after = comparable(other);
        compare("", before, after, paths);
        return paths;
    }

    private static ObjectNode comparable(ObjectNode object) {
        ObjectNode copy = object.deepCopy();
        copy.remove("status");
        ObjectNode metadata = copy.putObject("metadata");
        for (String map : new String[] {"labels", "annotations"}) {
            JsonNode present = object.path("metadata").path(map);
            if (!present.isMissingNode() && !present.isEmpty()) {
                metadata.set(map, present);
            }
        }
        return copy;
    }

    private static void compare(
            String path, JsonNode before, JsonNode after, TreeSet<String> paths) {
        if (before instanceof ObjectNode old && after instanceof ObjectNode fresh) {
            var names = new TreeSet<String>(old.propertyNames());
            names.addAll(fresh.propertyNames());
            for (String name : names) {
                String below =
                        name.contains(".") || name.contains("/")
                                ? path + "[" + name + "]"
                                : path.isEmpty() ? name : path + "." + name;
                compare(below, old.path(name), fresh.path(name), paths);
            }
        } else if (before.isArray() && after.isArray() && before.size() == after.size()) {
            for (int i = 0; i < before.size(); i++) {
                compare(path + "[" + i + "]", before.path(i), after.path(i), paths);
            }
        } else if (!before.equals(after)) {
            paths.add(path);
        }
    }
}
