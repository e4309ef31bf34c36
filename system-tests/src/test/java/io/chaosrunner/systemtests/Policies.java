package io.chaosrunner.systemtests;

import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Admission policies of {@code deploy/policies}, applied to one namespace: other tests use the same
 * API server. They say {@code default} where the service is; here it is in that namespace.
 */
final class Policies implements AutoCloseable {
    private static final String API = "/apis/admissionregistration.k8s.io/v1/";

    private final TestNamespace namespace;
    private final KubernetesClient admin;
    private final List<String> paths = new ArrayList<>();

    Policies(TestNamespace namespace) {
        this.namespace = namespace;
        admin = namespace.admin();
    }

    /** Apply what a file holds; it is enforced a moment later. */
    void apply(String file) {
        Path path = ControlPlaneBinaries.sourceRoot().resolve("deploy/policies").resolve(file);
        try {
            String yaml =
                    Files.readString(path)
                            .replace(
                                    ":default:chaos-runner-schedule",
                                    ":" + namespace.name() + ":chaos-runner-schedule");
            var bytes = new ByteArrayInputStream(yaml.getBytes(StandardCharsets.UTF_8));
            for (var object : admin.load(bytes).items()) {
                String json = admin.getKubernetesSerialization().asJson(object);
                make((ObjectNode) JsonMapper.shared().readTree(json));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void make(ObjectNode object) {
        String name = object.path("metadata").path("name").asString() + "-" + namespace.name();
        object.withObject("metadata").put("name", name);
        String kind = "validatingadmissionpolicies";
        if (object.path("kind").asString().endsWith("Binding")) {
            kind = "validatingadmissionpolicybindings";
            object.withObject("spec")
                    .put(
                            "policyName",
                            object.path("spec").path("policyName").asString()
                                    + "-"
                                    + namespace.name())
                    .withObject("matchResources")
                    .withObject("namespaceSelector")
                    .withObject("matchLabels")
                    .put("kubernetes.io/metadata.name", namespace.name());
        }
        admin.raw(API + kind, "POST", object.toString());
        paths.add(API + kind + "/" + name);
    }

    /** Return where each applied object is on the API server. */
    List<String> paths() {
        return List.copyOf(paths);
    }

    /** Remove them. */
    @Override
    public void close() {
        paths.forEach(path -> admin.raw(path, "DELETE", null));
        paths.clear();
    }
}
