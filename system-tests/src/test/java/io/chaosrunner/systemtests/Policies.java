package io.chaosrunner.systemtests;

import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Admission policies of {@code deploy/policies}, applied to one namespace: other tests use the same
 * API server. They say {@code default} where the service is; here it is in that namespace.
 */
final class Policies implements AutoCloseable {
    private static final String API = "/apis/admissionregistration.k8s.io/v1/";

    private static final String POLICIES = "validatingadmissionpolicies";

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
        String kind = POLICIES;
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

    /**
     * Have the API server check the types of each policy; return its warnings. It does not where
     * rules match any version, as ours do: a copy that nothing binds names the one there is.
     */
    List<String> warnings() {
        return List.copyOf(paths).stream()
                .filter(path -> path.startsWith(API + POLICIES + "/"))
                .flatMap(path -> {
                    String copy = copyWithVersions(path);
                    return await().atMost(Duration.ofMinutes(2))
                            .until(
                                    () -> object(copy).path("status"),
                                    status -> status.has("typeChecking"))
                            .at("/typeChecking/expressionWarnings")
                            .valueStream()
                            .map(warning -> path + ": " + warning);
                })
                .toList();
    }

    private String copyWithVersions(String path) {
        ObjectNode policy = object(path);
        String name = policy.path("metadata").path("name").asString() + "-typed";
        policy.remove("status");
        policy.putObject("metadata").put("name", name);
        for (JsonNode rule : policy.at("/spec/matchConstraints/resourceRules")) {
            boolean litmus = rule.path("apiGroups").path(0).asString().equals("litmuschaos.io");
            ((ObjectNode) rule).putArray("apiVersions").add(litmus ? "v1alpha1" : "v1");
        }
        admin.raw(API + POLICIES, "POST", policy.toString());
        paths.add(API + POLICIES + "/" + name);
        return API + POLICIES + "/" + name;
    }

    private ObjectNode object(String path) {
        return (ObjectNode) JsonMapper.shared().readTree(admin.raw(path));
    }

    /** Remove them. */
    @Override
    public void close() {
        paths.forEach(path -> admin.raw(path, "DELETE", null));
        paths.clear();
    }
}
