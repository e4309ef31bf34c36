package io.chaosrunner.sandbox;

import io.chaosrunner.sandbox.ObjectStore.Key;
import io.chaosrunner.sandbox.StatusError.Cause;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import java.util.function.UnaryOperator;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The API server's rules for creating, changing and deleting objects: identity, generations,
 * optimistic locking, status subresources, finalizers, graceful deletion.
 *
 * <p>Safe for use by several threads; every operation is atomic.
 */
final class Registry {
    private static final String SUFFIX_ALPHABET = "bcdfghjklmnpqrstvwxz2456789";
    private final ObjectStore store;
    private final Clock clock;
    private final Random random;

    Registry(ObjectStore store, Clock clock, Random random) {
        this.store = store;
        this.clock = clock;
        this.random = random;
    }

    ObjectNode get(Key key) {
        return store.get(key).orElseThrow(() -> StatusError.notFound(key.resource(), key.name()));
    }

    /** Return a random suffix as generateName appends it. */
    String suffix() {
        StringBuilder suffix = new StringBuilder();
        synchronized (random) {
            for (int i = 0; i < 5; i++) {
                suffix.append(SUFFIX_ALPHABET.charAt(random.nextInt(SUFFIX_ALPHABET.length())));
            }
        }
        return suffix.toString();
    }

    ObjectNode create(ApiResource resource, String namespace, ObjectNode body) {
        return create(resource, namespace, body, false);
    }

    /**
     * Create an object by a POST.
     *
     * @param dryRun whether to answer only, and to store nothing
     */
    ObjectNode create(ApiResource resource, String namespace, ObjectNode body, boolean dryRun) {
        return store.atomically(() -> createNow(resource, namespace, body, dryRun));
    }

    private ObjectNode createNow(
            ApiResource resource, String namespace, ObjectNode body, boolean dryRun) {
        ObjectNode object = Codec.decoded(resource, body);
        ObjectNode metadata = Json.child(object, "metadata");
        checkNamespace(resource, namespace, metadata);
        if (resource.namespaced) {
            metadata.put("namespace", namespace);
            ObjectNode home =
                    store.get(new Key(ApiResource.NAMESPACES, "", namespace))
                            .orElseThrow(
                                    () -> StatusError.notFound(ApiResource.NAMESPACES, namespace));
            if (deleting(home)) {
                throw StatusError.terminating(resource, Json.text(metadata, "name"), namespace);
            }
        }
        if (!Json.text(metadata, "resourceVersion").isEmpty()) {
            throw StatusError.internal(
                    "resourceVersion should not be set on objects to be created");
        }
        String generateName = Json.text(metadata, "generateName");
        if (Json.text(metadata, "name").isEmpty()) {
            if (generateName.isEmpty()) {
                throw StatusError.invalid(
                        resource,
                        "",
                        List.of(
                                Cause.required(
                                        "metadata.name", "name or generateName is required")));
            }
            String prefix = generateName.substring(0, Math.min(58, generateName.length()));
            metadata.put("name", prefix + suffix());
        }
        metadata.remove(List.of("deletionTimestamp", "deletionGracePeriodSeconds"));
        metadata.put("uid", uuid());
        metadata.put("creationTimestamp", Json.time(clock.instant()));
        if (resource.countsGenerations()) {
            metadata.put("generation", 1);
        }
        if (resource.statusSubresource) {
            object.set("status", initialStatus(resource));
        }
        Defaults.created(resource, object);
        Validation.check(resource, object);
        Key key = new Key(resource, namespace, Json.text(metadata, "name"));
        store.get(key)
                .ifPresent(existing -> {
                    throw StatusError.alreadyExists(resource, key.name(), deleting(existing));
                });
        ObjectNode ordered = Codec.ordered(resource, object);
        return dryRun ? ordered : store.put(key, ordered);
    }

    private static ObjectNode initialStatus(ApiResource resource) {
        return switch (resource) {
            case PODS -> Json.object("{'phase':'Pending','qosClass':'BestEffort'}");
            case NAMESPACES -> Json.object("{'phase':'Active'}");
            case SERVICES -> Json.object("{'loadBalancer':{}}");
            default -> Json.object();
        };
    }

    private String uuid() {
        synchronized (random) {
            long high = random.nextLong() & ~0xF000L | 0x4000L;
            long low = random.nextLong() & 0x3FFFFFFFFFFFFFFFL | 0x8000000000000000L;
            return new UUID(high, low).toString();
        }
    }

    /** Replace an object by a PUT. */
    ObjectNode replace(Key key, ObjectNode body, boolean statusOnly) {
        return replace(key, body, statusOnly, false);
    }

    /**
     * Replace an object by a PUT.
     *
     * @param dryRun whether to answer only, and to store nothing
     */
    ObjectNode replace(Key key, ObjectNode body, boolean statusOnly, boolean dryRun) {
        return store.atomically(() -> {
            ObjectNode object = Codec.decoded(key.resource(), body);
            checkName(key, object);
            checkNamespace(key.resource(), key.namespace(), Json.child(object, "metadata"));
            ObjectNode old = get(key);
            String uid = ObjectStore.uid(object);
            if (!uid.isEmpty() && !uid.equals(ObjectStore.uid(old))) {
                throw StatusError.conflict(
                        key.resource(),
                        key.name(),
                        "Precondition failed: UID in precondition: "
                                + uid
                                + ", UID in object meta: "
                                + ObjectStore.uid(old));
            }
            return store(key, old, object, statusOnly, dryRun);
        });
    }

    /** Change an object by a patch of what is stored. */
    ObjectNode patch(Key key, UnaryOperator<ObjectNode> patch, boolean statusOnly) {
        return store.atomically(() -> {
            ObjectNode old = get(key);
            ObjectNode object = patched(key.resource(), patch.apply(old));
            checkName(key, object);
            checkNamespace(key.resource(), key.namespace(), Json.child(object, "metadata"));
            String uid = ObjectStore.uid(object);
            if (!uid.isEmpty() && !uid.equals(ObjectStore.uid(old))) {
                throw StatusError.invalid(
                        key.resource(),
                        key.name(),
                        List.of(Cause.invalid("metadata.uid", uid, "field is immutable")));
            }
            return store(key, old, object, statusOnly, false);
        });
    }

    /** A patched object that no longer decodes is invalid (422), not a bad request (400). */
    private static ObjectNode patched(ApiResource resource, ObjectNode object) {
        try {
            return Codec.decoded(resource, object);
        } catch (StatusError e) {
            throw StatusError.invalid(
                    "",
                    "",
                    "",
                    "",
                    List.of(
                            Cause.invalid(
                                    "patch",
                                    object.toString(),
                                    e.getMessage() == null ? "" : e.getMessage())));
        }
    }

    private ObjectNode store(
            Key key, ObjectNode old, ObjectNode object, boolean statusOnly, boolean dryRun) {
        ApiResource resource = key.resource();
        ObjectNode metadata = Json.child(object, "metadata");
        checkVersion(key, old, Json.text(metadata, "resourceVersion"));
        JsonNode oldMetadata = old.path("metadata");
        if (resource.namespaced) {
            metadata.put("namespace", key.namespace());
        }
        for (String kept :
                List.of(
                        "uid",
                        "resourceVersion",
                        "creationTimestamp",
                        "deletionTimestamp",
                        "deletionGracePeriodSeconds",
                        "generation",
                        "generateName")) {
            Json.put(metadata, kept, Json.copy(oldMetadata.get(kept)));
        }
        if (statusOnly) {
            Json.put(object, "spec", Json.copy(old.get("spec")));
            if (resource == ApiResource.PODS) {
                Json.put(
                        metadata, "ownerReferences", Json.copy(oldMetadata.get("ownerReferences")));
            }
        } else if (resource.statusSubresource) {
            Json.put(object, "status", Json.copy(old.get("status")));
        }
        Defaults.updated(resource, object, old);
        checkFinalizers(key, oldMetadata, metadata);
        Validation.check(resource, object);
        if (!statusOnly) {
            checkImmutable(key, old, object);
        }
        ObjectNode ordered = Codec.ordered(resource, object);
        if (ordered.equals(old)) {
            return old;
        }
        if (resource.countsGenerations() && changesGeneration(resource, old, ordered)) {
            ObjectNode stamped = Json.child(ordered, "metadata");
            stamped.put("generation", stamped.path("generation").asInt(0) + 1);
        }
        boolean gone =
                deleting(ordered)
                        && Json.items(ordered.path("metadata"), "finalizers").isEmpty()
                        && oldMetadata.path("deletionGracePeriodSeconds").asLong(0) == 0
                        && resource != ApiResource.NAMESPACES;
        if (dryRun) {
            return ordered;
        }
        if (gone) {
            // Removing the last finalizer deletes; the answer is the object that was not stored.
            store.remove(key);
            return ordered;
        }
        return store.put(key, ordered);
    }

    private static boolean changesGeneration(
            ApiResource resource, ObjectNode old, ObjectNode object) {
        if (!resource.custom()) {
            return !old.path("spec").equals(object.path("spec"));
        }
        return !old.deepCopy().without("metadata").equals(object.deepCopy().without("metadata"));
    }

    private static void checkVersion(Key key, ObjectNode old, String version) {
        ApiResource resource = key.resource();
        if (version.isEmpty() || version.equals("0")) {
            if (!resource.unconditionalUpdate()) {
                throw StatusError.mustBeSpecifiedForUpdate(resource, key.name());
            }
            return;
        }
        if (!version.chars().allMatch(c -> c >= '0' && c <= '9')) {
            throw StatusError.internal(
                    "strconv.ParseUint: parsing \"" + version + "\": invalid syntax");
        }
        if (!version.equals(Json.text(old, "metadata", "resourceVersion"))) {
            throw StatusError.conflict(resource, key.name());
        }
    }

    private static void checkFinalizers(Key key, JsonNode old, JsonNode metadata) {
        if (!old.has("deletionTimestamp")) {
            return;
        }
        List<JsonNode> added = new ArrayList<>(Json.items(metadata, "finalizers"));
        added.removeAll(Json.items(old, "finalizers"));
        if (!added.isEmpty()) {
            throw StatusError.invalid(
                    key.resource(),
                    key.name(),
                    List.of(
                            new Cause(
                                    "FieldValueForbidden",
                                    "Forbidden: no new finalizers can be added if the object is"
                                            + " being deleted, found new finalizers []string{"
                                            + String.join(
                                                    ", ",
                                                    added.stream().map(JsonNode::toString).toList())
                                            + "}",
                                    "metadata.finalizers")));
        }
    }

    private static void checkImmutable(Key key, ObjectNode old, ObjectNode object) {
        List<String> fields =
                switch (key.resource()) {
                    case JOBS -> List.of("template", "selector", "completions");
                    case DEPLOYMENTS -> List.of("selector");
                    case PODS -> List.of("volumes", "restartPolicy", "serviceAccountName", "env");
                    default -> List.of();
                };
        for (String field : fields) {
            JsonNode before = old.path("spec").path(field);
            JsonNode after = object.path("spec").path(field);
            if (!before.equals(after)) {
                throw StatusError.invalid(
                        key.resource(),
                        key.name(),
                        List.of(
                                new Cause(
                                        "FieldValueInvalid",
                                        "Invalid value: " + after + ": field is immutable",
                                        "spec." + field)));
            }
        }
    }

    /** Delete an object, or mark it where a finalizer or a grace period holds it back. */
    ObjectNode delete(Key key, DeleteOptions options) {
        return store.atomically(() -> deleteNow(key, options));
    }

    private ObjectNode deleteNow(Key key, DeleteOptions options) {
        ApiResource resource = key.resource();
        ObjectNode old = get(key);
        options.check(key, old);
        ObjectNode marked = old.deepCopy();
        ObjectNode metadata = Json.child(marked, "metadata");
        markDeleted(resource, old, metadata, options);
        setFinalizers(metadata, options.finalizers(resource, old));
        if (resource == ApiResource.NAMESPACES) {
            Json.child(marked, "status").put("phase", "Terminating");
        }
        boolean held =
                metadata.has("finalizers")
                        || metadata.path("deletionGracePeriodSeconds").asLong(0) > 0
                        || !Json.items(marked.path("spec"), "finalizers").isEmpty();
        boolean unchanged = marked.equals(old);
        if (held) {
            return unchanged ? old : store.put(key, marked);
        }
        if (resource == ApiResource.PODS && !unchanged) {
            // Pods show their deletion first, even when nothing delays it.
            store.put(key, marked);
        }
        ObjectNode last = store.remove(key);
        return resource.returnsDeletedObject() ? last : success(resource, last);
    }

    private void markDeleted(
            ApiResource resource, ObjectNode old, ObjectNode metadata, DeleteOptions options) {
        int grace = resource == ApiResource.PODS ? options.grace(old) : 0;
        Instant end = clock.instant().plusSeconds(grace);
        if (!deleting(old)) {
            metadata.put("deletionTimestamp", Json.time(end));
            metadata.put("deletionGracePeriodSeconds", grace);
            int generation = metadata.path("generation").asInt(0);
            if (generation > 0) {
                metadata.put("generation", generation + 1);
            }
        } else if (options.gracePeriodSeconds().isPresent()
                && grace < metadata.path("deletionGracePeriodSeconds").asLong(0)) {
            metadata.put("deletionTimestamp", Json.time(end));
            metadata.put("deletionGracePeriodSeconds", grace);
        }
    }

    static void setFinalizers(ObjectNode metadata, List<String> finalizers) {
        if (finalizers.isEmpty()) {
            metadata.remove("finalizers");
        } else {
            ArrayNode array = metadata.putArray("finalizers");
            finalizers.forEach(array::add);
        }
    }

    private static ObjectNode success(ApiResource resource, ObjectNode object) {
        ObjectNode status =
                Json.object("{'kind':'Status','apiVersion':'v1','metadata':{},'status':'Success'}");
        ObjectNode details = status.putObject("details");
        details.put("name", Json.text(object, "metadata", "name"));
        if (!resource.group.isEmpty()) {
            details.put("group", resource.group);
        }
        details.put("kind", resource.plural);
        details.put("uid", ObjectStore.uid(object));
        return status;
    }

    /** Change an object as a controller does; false if it is gone. Nothing happens if equal. */
    boolean update(Key key, UnaryOperator<ObjectNode> change) {
        return store.atomically(() -> {
            Optional<ObjectNode> old = store.get(key);
            if (old.isEmpty()) {
                return false;
            }
            ObjectNode object = change.apply(old.get().deepCopy());
            if (object.equals(old.get())) {
                return true;
            }
            JsonNode metadata = object.path("metadata");
            boolean gone =
                    metadata.has("deletionTimestamp")
                            && Json.items(metadata, "finalizers").isEmpty()
                            && metadata.path("deletionGracePeriodSeconds").asLong(0) == 0
                            && Json.items(object.path("spec"), "finalizers").isEmpty();
            if (gone) {
                store.remove(key);
            } else {
                store.put(key, object);
            }
            return true;
        });
    }

    static boolean deleting(JsonNode object) {
        return object.path("metadata").has("deletionTimestamp");
    }

    private static void checkName(Key key, ObjectNode object) {
        String name = Json.text(object, "metadata", "name");
        if (name.isEmpty()) {
            throw StatusError.badRequest(
                    "the name of the object ("
                            + key.name()
                            + " based on URL) was undeterminable: name must be provided");
        }
        if (!name.equals(key.name())) {
            throw StatusError.badRequest(
                    "the name of the object ("
                            + name
                            + ") does not match the name on the URL ("
                            + key.name()
                            + ")");
        }
    }

    private static void checkNamespace(
            ApiResource resource, String namespace, ObjectNode metadata) {
        String given = Json.text(metadata, "namespace");
        if (resource.namespaced && !given.isEmpty() && !given.equals(namespace)) {
            throw StatusError.badRequest(
                    "the namespace of the provided object does not match the namespace sent on the"
                            + " request");
        }
    }
}
