package io.chaosrunner.sandbox;

import io.chaosrunner.sandbox.ObjectStore.Key;
import io.chaosrunner.sandbox.StatusError.Cause;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** How to delete: a DeleteOptions body over query parameters. */
record DeleteOptions(
        Optional<String> propagationPolicy,
        Optional<Long> gracePeriodSeconds,
        Optional<String> uid,
        Optional<String> resourceVersion) {
    static final String ORPHAN = "orphan";
    static final String FOREGROUND = "foregroundDeletion";

    static final DeleteOptions BACKGROUND = policy("Background");
    static final DeleteOptions NOW =
            new DeleteOptions(
                    Optional.of("Background"), Optional.of(0L), Optional.empty(), Optional.empty());

    static DeleteOptions policy(String policy) {
        return new DeleteOptions(
                Optional.of(policy), Optional.empty(), Optional.empty(), Optional.empty());
    }

    /** Return how many seconds a pod has left to end. */
    int grace(ObjectNode pod) {
        String phase = Json.text(pod, "status", "phase");
        if (Json.text(pod, "spec", "nodeName").isEmpty()
                || phase.equals("Succeeded")
                || phase.equals("Failed")) {
            return 0;
        }
        long asked =
                gracePeriodSeconds.orElse(
                        pod.path("spec").path("terminationGracePeriodSeconds").asLong(30));
        return asked < 0 ? 1 : Math.toIntExact(asked);
    }

    /**
     * Check that the object is the one that is meant.
     *
     * @throws StatusError 409 or 422 if it is not, or if the options are unusable
     */
    void check(Key key, ObjectNode old) {
        propagationPolicy
                .filter(p -> !List.of("Foreground", "Background", "Orphan").contains(p))
                .ifPresent(p -> {
                    throw StatusError.invalid(
                            "DeleteOptions.meta.k8s.io",
                            "meta.k8s.io",
                            "DeleteOptions",
                            "",
                            List.of(
                                    new Cause(
                                            "FieldValueNotSupported",
                                            "Unsupported value: \""
                                                    + p
                                                    + "\": supported values:"
                                                    + " \"Foreground\", \"Background\","
                                                    + " \"Orphan\", \"nil\"",
                                            "propagationPolicy")));
                });
        uid.filter(u -> !u.equals(ObjectStore.uid(old)))
                .ifPresent(u -> {
                    throw StatusError.precondition(
                            key.resource(),
                            key.name(),
                            "the UID in the precondition ("
                                    + u
                                    + ") does not match the UID in record ("
                                    + ObjectStore.uid(old)
                                    + "). The object might have been deleted and then"
                                    + " recreated");
                });
        String version = Json.text(old, "metadata", "resourceVersion");
        resourceVersion
                .filter(v -> !v.equals(version))
                .ifPresent(v -> {
                    throw StatusError.precondition(
                            key.resource(),
                            key.name(),
                            "the ResourceVersion in the precondition ("
                                    + v
                                    + ") does not match the ResourceVersion in record ("
                                    + version
                                    + "). The object might have been modified");
                });
    }

    /** Return the finalizers of an object that is being deleted. */
    List<String> finalizers(ApiResource resource, ObjectNode old) {
        List<String> finalizers =
                new ArrayList<>(
                        Json.items(old.path("metadata"), "finalizers").stream()
                                .map(JsonNode::asString)
                                .toList());
        boolean orphan = finalizers.remove(ORPHAN);
        boolean foreground = finalizers.remove(FOREGROUND);
        String before = orphan ? "Orphan" : foreground ? "Foreground" : "";
        // A Job deleted without a policy leaves its pods behind, to this day.
        String otherwise = resource == ApiResource.JOBS ? "Orphan" : "Background";
        switch (propagationPolicy.orElse(before.isEmpty() ? otherwise : before)) {
            case "Orphan" -> finalizers.add(ORPHAN);
            case "Foreground" -> finalizers.add(FOREGROUND);
            default -> {}
        }
        return finalizers;
    }
}
