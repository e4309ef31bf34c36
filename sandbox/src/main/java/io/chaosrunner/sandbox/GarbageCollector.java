package io.chaosrunner.sandbox;

import io.chaosrunner.sandbox.ObjectStore.Change;
import io.chaosrunner.sandbox.ObjectStore.Key;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The collector of what lost its owners, and of foreground, orphaning and namespace deletion.
 *
 * <p>Runs on the controllers' thread only.
 */
final class GarbageCollector {
    private final ObjectStore store;
    private final Registry registry;

    GarbageCollector(ObjectStore store, Registry registry) {
        this.store = store;
        this.registry = registry;
    }

    void handle(Change change) {
        Key key = change.key();
        if (change.type() == Change.Type.DELETED) {
            String uid = ObjectStore.uid(change.object());
            store.dependents(uid).forEach(this::collect);
            // A foreground deletion may have been waiting for this one.
            for (JsonNode owner : owners(change.object())) {
                ownerKey(owner, key).ifPresent(this::finish);
            }
            finish(new Key(ApiResource.NAMESPACES, "", key.namespace()));
            return;
        }
        if (Registry.deleting(change.object())) {
            finish(key);
        }
        if (!owners(change.object()).isEmpty()) {
            collect(key);
        }
    }

    /** Delete an object whose owners are all gone; drop the references to those that are. */
    private void collect(Key key) {
        Optional<ObjectNode> object = store.get(key);
        if (object.isEmpty()) {
            return;
        }
        List<JsonNode> owners = owners(object.get());
        List<JsonNode> living = owners.stream().filter(owner -> !gone(owner, key)).toList();
        if (owners.isEmpty() || living.size() == owners.size()) {
            return;
        }
        if (!living.isEmpty()) {
            registry.update(key, changed -> withOwners(changed, living));
        } else if (!Registry.deleting(object.get())) {
            delete(key, DeleteOptions.BACKGROUND);
        }
    }

    /** Take the next step of a deletion that waits for this collector. */
    private void finish(Key key) {
        Optional<ObjectNode> object = store.get(key).filter(Registry::deleting);
        if (object.isEmpty()) {
            return;
        }
        List<String> finalizers =
                Json.items(object.get().path("metadata"), "finalizers").stream()
                        .map(JsonNode::asString)
                        .toList();
        if (finalizers.contains(DeleteOptions.ORPHAN)) {
            orphan(key, object.get());
        } else if (finalizers.contains(DeleteOptions.FOREGROUND)) {
            foreground(key, object.get());
        } else if (key.resource() == ApiResource.NAMESPACES) {
            namespace(key);
        }
    }

    private void orphan(Key key, ObjectNode owner) {
        String uid = ObjectStore.uid(owner);
        for (Key dependent : store.dependents(uid)) {
            registry.update(
                    dependent,
                    object ->
                            withOwners(
                                    object,
                                    owners(object).stream()
                                            .filter(o -> !Json.text(o, "uid").equals(uid))
                                            .toList()));
        }
        removeFinalizer(key, DeleteOptions.ORPHAN);
    }

    private void foreground(Key key, ObjectNode owner) {
        String uid = ObjectStore.uid(owner);
        boolean blocked = false;
        for (Key dependent : store.dependents(uid)) {
            Optional<ObjectNode> object = store.get(dependent);
            if (object.isEmpty() || !blocks(object.get(), uid)) {
                continue;
            }
            blocked = true;
            if (!Registry.deleting(object.get())) {
                boolean leaf = store.dependents(ObjectStore.uid(object.get())).isEmpty();
                delete(
                        dependent,
                        leaf ? DeleteOptions.BACKGROUND : DeleteOptions.policy("Foreground"));
            }
        }
        if (!blocked || store.dependents(uid).stream().noneMatch(d -> blocks(d, uid))) {
            removeFinalizer(key, DeleteOptions.FOREGROUND);
        }
    }

    private boolean blocks(Key dependent, String uid) {
        return store.get(dependent).filter(object -> blocks(object, uid)).isPresent();
    }

    private static boolean blocks(ObjectNode dependent, String uid) {
        return owners(dependent).stream()
                .filter(owner -> Json.text(owner, "uid").equals(uid))
                .anyMatch(owner -> owner.path("blockOwnerDeletion").asBoolean(false));
    }

    private void namespace(Key key) {
        boolean empty = true;
        for (ApiResource resource : ApiResource.values()) {
            if (!resource.namespaced) {
                continue;
            }
            for (ObjectNode object :
                    store.list(resource, key.name(), Selector.everything()).objects()) {
                empty = false;
                if (!Registry.deleting(object)) {
                    delete(
                            new Key(resource, key.name(), Json.text(object, "metadata", "name")),
                            DeleteOptions.BACKGROUND);
                }
            }
        }
        if (empty) {
            registry.update(
                    key,
                    namespace -> {
                        Json.child(namespace, "spec").remove("finalizers");
                        return namespace;
                    });
        }
    }

    private void removeFinalizer(Key key, String finalizer) {
        registry.update(
                key,
                object -> {
                    ObjectNode metadata = Json.child(object, "metadata");
                    List<String> left = new ArrayList<>();
                    Json.items(metadata, "finalizers").forEach(f -> left.add(f.asString()));
                    left.remove(finalizer);
                    Registry.setFinalizers(metadata, left);
                    return object;
                });
    }

    private void delete(Key key, DeleteOptions options) {
        try {
            registry.delete(key, options);
        } catch (StatusError e) {
            // Somebody else deleted it first.
            if (e.code() != 404) {
                throw e;
            }
        }
    }

    private boolean gone(JsonNode owner, Key dependent) {
        Optional<Key> key = ownerKey(owner, dependent);
        // An owner of a kind that is not served cannot be looked up, so it counts as living.
        return key.isPresent()
                && store.get(key.get())
                        .filter(o -> ObjectStore.uid(o).equals(Json.text(owner, "uid")))
                        .isEmpty();
    }

    private static Optional<Key> ownerKey(JsonNode owner, Key dependent) {
        return ApiResource.ofKind(Json.text(owner, "apiVersion"), Json.text(owner, "kind"))
                .map(resource ->
                        new Key(
                                resource,
                                resource.namespaced ? dependent.namespace() : "",
                                Json.text(owner, "name")));
    }

    static List<JsonNode> owners(ObjectNode object) {
        return Json.items(object.path("metadata"), "ownerReferences");
    }

    /** Return the owner that controls an object, if there is one. */
    static @Nullable JsonNode controller(ObjectNode object) {
        return owners(object).stream()
                .filter(owner -> owner.path("controller").asBoolean(false))
                .findFirst()
                .orElse(null);
    }

    private static ObjectNode withOwners(ObjectNode object, List<JsonNode> owners) {
        ObjectNode metadata = Json.child(object, "metadata");
        if (owners.isEmpty()) {
            metadata.remove("ownerReferences");
        } else {
            ArrayNode array = metadata.putArray("ownerReferences");
            owners.forEach(array::add);
        }
        return object;
    }
}
