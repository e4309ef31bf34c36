package io.chaosrunner.cli;

import io.chaosrunner.cluster.AnyObjects;
import io.chaosrunner.cluster.AnyObjects.Different;
import io.chaosrunner.cluster.AnyObjects.Stored;
import io.chaosrunner.cluster.ClusterException;
import io.chaosrunner.cluster.ClusterException.Kind;
import io.chaosrunner.cluster.Fabric8Cluster;
import io.chaosrunner.model.EngineRef;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import tools.jackson.databind.node.ObjectNode;

/**
 * The objects of files on their way to the cluster: what is missing is created, what is the same is
 * left, and nothing runs with something other than the files have without saying so.
 */
final class FileObjects {
    private final AnyObjects cluster;
    private List<FileObject> objects;
    private final String namespace;

    /** What to do about an object that is not as the file has it. */
    enum IfDifferent {
        /** Launch nothing, and name each. */
        REFUSE,
        /** Make it as the file has it. */
        UPDATE,
        /** Leave it, and name it. */
        KEEP
    }

    /**
     * @param namespace of objects that name none
     */
    FileObjects(Fabric8Cluster cluster, List<FileObject> objects, String namespace) {
        this.cluster = new AnyObjects(cluster);
        this.objects = List.copyOf(objects);
        this.namespace = namespace;
    }

    /**
     * Give each object that lives in a namespace and names none the one that is meant.
     *
     * @return what is wrong if an object names another one than was asked for
     */
    Optional<String> settleNamespaces(Optional<String> asked) {
        var settled = new ArrayList<FileObject>();
        for (FileObject object : objects) {
            String given = object.namespace();
            if (asked.isPresent() && !given.isEmpty() && !given.equals(asked.get())) {
                return Optional.of(
                        "%s: %s is in namespace %s by its file, but -n says %s; leave one of them out"
                                .formatted(object.place(), object, given, asked.get()));
            }
            settled.add(
                    given.isEmpty() && cluster.isNamespaced(object.apiVersion(), object.kind())
                            ? object.in(namespace)
                            : object);
        }
        objects = List.copyOf(settled);
        return Optional.empty();
    }

    List<FileObject> all() {
        return objects;
    }

    /**
     * Store all objects but the engine, in the order of the files; namespaces first.
     *
     * @param say hears of each that was created, changed, or kept though it differs
     * @return why nothing may be launched; empty if all is as it should be
     */
    Optional<String> store(IfDifferent ifDifferent, Consumer<String> say) {
        var different = new ArrayList<String>();
        for (FileObject object : ordered()) {
            Stored stored =
                    store(
                            object,
                            ifDifferent == IfDifferent.UPDATE
                                    ? Different.UPDATE
                                    : Different.REPORT);
            switch (stored) {
                case Stored.Created() -> say.accept(object + " created");
                case Stored.Same() -> {}
                case Stored.Updated(var fields) ->
                        say.accept(
                                "%s made as the file has it: %s"
                                        .formatted(object, String.join(", ", fields)));
                case Stored.Differs(var fields) -> {
                    String what = object + " differs in " + String.join(", ", fields);
                    if (ifDifferent == IfDifferent.KEEP) {
                        say.accept(what + "; kept as the cluster has it");
                    } else {
                        different.add(what);
                    }
                }
            }
        }
        return different.isEmpty()
                ? Optional.empty()
                : Optional.of(
                        "the cluster has other objects than the file: %s; take the file's with --if-different=update, or the cluster's with --if-different=keep"
                                .formatted(String.join("; ", different)));
    }

    private Stored store(FileObject object, Different different) {
        try {
            return cluster.store(object.json(), different);
        } catch (ClusterException e) {
            throw placed(object, e);
        }
    }

    /** Return why an engine was not stored, with where the files have it, if they do. */
    ClusterException placed(EngineRef ref, ClusterException e) {
        return objects.stream()
                .filter(FileObject::isEngine)
                .filter(object -> object.namespace().equals(ref.namespace()))
                .filter(object -> object.name().equals(ref.name()))
                .findFirst()
                .map(object -> placed(object, e))
                .orElse(e);
    }

    private static ClusterException placed(FileObject object, ClusterException e) {
        if (e.kind() == Kind.UNREACHABLE || e.kind() == Kind.UNCONFIGURED) {
            return e;
        }
        List<String> places = object.places(e.fields());
        String others = String.join(", ", places.subList(1, places.size()));
        return new ClusterException(
                e.kind(),
                "%s: %s: %s%s"
                        .formatted(
                                places.getFirst(),
                                object,
                                e.getMessage(),
                                others.isEmpty() ? "" : "; see also " + others));
    }

    /**
     * Ask the API server about every object, the engine too, and store nothing.
     *
     * @param say hears what would be done
     * @param told takes the fields that it names as wrong
     * @return what it refuses
     */
    List<String> tryOut(Consumer<String> say, ToldFields told) {
        var refused = new ArrayList<String>();
        Set<String> made =
                objects.stream()
                        .filter(FileObjects::isNamespace)
                        .map(FileObject::name)
                        .collect(Collectors.toSet());
        for (FileObject object : objects) {
            try {
                say.accept(tried(object));
            } catch (ClusterException e) {
                if (e.kind() == Kind.NOT_FOUND && made.contains(object.namespace())) {
                    say.accept(
                            "%s cannot be tried before its namespace is there".formatted(object));
                } else if (e.isTransient() || e.kind() == Kind.UNCONFIGURED) {
                    throw e;
                } else {
                    told.add(object.json(), e.fields());
                    refused.add(String.valueOf(placed(object, e).getMessage()));
                }
            }
        }
        return refused;
    }

    private String tried(FileObject object) {
        Different different = object.isEngine() ? Different.TRY_UPDATE : Different.TRY;
        return switch (cluster.store(object.json(), different)) {
            case Stored.Created() -> object + " would be created";
            case Stored.Same() -> object + " is there as the file has it";
            case Stored.Updated(var fields) ->
                    throw new IllegalStateException(object + " was stored: " + fields);
            case Stored.Differs(var fields) ->
                    "%s differs in %s%s"
                            .formatted(
                                    object,
                                    String.join(", ", fields),
                                    object.isEngine()
                                            ? "; it would be made as the file has it"
                                            : "");
        };
    }

    /** Find an object of the files. */
    Optional<ObjectNode> find(String kind, String inNamespace, String name) {
        return objects.stream()
                .filter(object ->
                        object.is(kind)
                                && object.name().equals(name)
                                && object.namespace().equals(inNamespace))
                .findFirst()
                .map(FileObject::json);
    }

    private List<FileObject> ordered() {
        var ordered = new ArrayList<FileObject>();
        objects.stream().filter(FileObjects::isNamespace).forEach(ordered::add);
        objects.stream()
                .filter(object -> !isNamespace(object) && !object.isEngine())
                .forEach(ordered::add);
        return ordered;
    }

    private static boolean isNamespace(FileObject object) {
        return object.is("Namespace");
    }
}
