package io.chaosrunner.systemtests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpExchange;
import io.chaosrunner.systemtests.TerminalProcess.Said;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** What admission webhooks and policies refuse is told in their words: no Role would mend it. */
@NeedsControlPlane
@Timeout(600)
@Execution(ExecutionMode.CONCURRENT)
class AdmissionTest {
    private static final String ADMISSION = "/apis/admissionregistration.k8s.io/v1/";
    private static final String WHY = "no chaos on Fridays, says team payments";
    private static final String FILE =
            """
            apiVersion: litmuschaos.io/v1alpha1
            kind: ChaosEngine
            metadata: {name: e}
            spec:
              engineState: active
              chaosServiceAccount: default
              experiments:
                - name: pod-delete
                  spec:
                    components:
                      statusCheckTimeouts: {timeout: 10}
                      experimentAnnotations: {sandbox.chaosrunner.io/scenario: 'after=200ms'}
            ---
            apiVersion: litmuschaos.io/v1alpha1
            kind: ChaosExperiment
            metadata: {name: pod-delete}
            spec:
              definition:
                image: litmuschaos/go-runner:3.20.0
                command: [/bin/bash]
                args: [-c, ./experiments -name pod-delete]
                labels: {name: pod-delete}
            """;

    private final Stage stage;
    private final Path folder;
    private final LoopbackHttps webhook;
    private final List<TerminalProcess> processes = new ArrayList<>();
    private final List<String> made = new ArrayList<>();

    /** The answer to a request, by operation and plural. */
    private final Map<String, Answer> answers = new ConcurrentHashMap<>();

    /** What the webhook says of a request; 0 means that it allows it. */
    private record Answer(int code, String message, String warning) {}

    AdmissionTest(ControlPlane controlPlane, @TempDir Path folder) {
        stage = new Stage(controlPlane);
        this.folder = folder;
        webhook = LoopbackHttps.start(folder, this::review);
    }

    @AfterEach
    void close() {
        processes.forEach(TerminalProcess::close);
        made.forEach(path -> stage.namespace.admin().raw(path, "DELETE", null));
        webhook.close();
        stage.close();
    }

    private void review(HttpExchange exchange) throws IOException {
        JsonNode request =
                JsonMapper.shared()
                        .readTree(exchange.getRequestBody().readAllBytes())
                        .path("request");
        String what =
                request.path("operation").asString()
                        + " "
                        + request.path("resource").path("resource").asString();
        Answer answer = answers.getOrDefault(what, new Answer(0, "", ""));
        ObjectNode review = JsonMapper.shared().createObjectNode();
        review.put("apiVersion", "admission.k8s.io/v1").put("kind", "AdmissionReview");
        ObjectNode response = review.putObject("response");
        response.put("uid", request.path("uid").asString()).put("allowed", answer.code() == 0);
        if (answer.code() != 0) {
            response.putObject("status")
                    .put("code", answer.code())
                    .put("message", answer.message());
        }
        if (!answer.warning().isEmpty()) {
            response.putArray("warnings").add(answer.warning());
        }
        byte[] body = review.toString().getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", "application/json");
        try (exchange) {
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
        }
    }

    /** Have the API server ask the webhook about this namespace; what it answers is set before. */
    private void register(String url) {
        create(
                "validatingwebhookconfigurations",
                """
                {"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingWebhookConfiguration",
                 "metadata": {"name": "_NS_"},
                 "webhooks": [{
                   "name": "fridays.example.com", "sideEffects": "None", "admissionReviewVersions": ["v1"],
                   "failurePolicy": "Fail", "timeoutSeconds": 5,
                   "clientConfig": {"url": "URL", "caBundle": "CA"},
                   "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "_NS_"}},
                   "rules": [{"apiGroups": ["", "batch", "litmuschaos.io"], "apiVersions": ["*"],
                              "operations": ["CREATE", "UPDATE", "DELETE"],
                              "resources": ["pods", "jobs", "chaosengines"]}]}]}
                """
                        .replace("URL", url)
                        .replace("CA", webhook.caBundle()));
    }

    private String url() {
        return "https://127.0.0.1:" + webhook.port() + "/review";
    }

    private void create(String plural, String json) {
        String name = stage.namespace.name();
        stage.namespace.admin().raw(ADMISSION + plural, "POST", json.replace("_NS_", name));
        made.add(ADMISSION + plural + "/" + name);
    }

    private void answer(String what, int code, String message) {
        answers.put(what, new Answer(code, message, ""));
    }

    private void awaitRefusal(String path, String json, String words) {
        await().atMost(Duration.ofMinutes(2))
                .until(() -> {
                    try {
                        stage.namespace.admin().raw(path + "?dryRun=All", "POST", json);
                        return false;
                    } catch (KubernetesClientException e) {
                        return String.valueOf(e.getMessage()).contains(words);
                    }
                });
    }

    private void awaitJobsRefused(String words) {
        awaitRefusal(
                "/apis/batch/v1/namespaces/" + stage.namespace.name() + "/jobs",
                """
                {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "probe"},
                 "spec": {"template": {"spec": {"restartPolicy": "Never", "containers": [{"name": "c", "image": "i"}]}}}}
                """,
                words);
    }

    private void awaitPodsRefused(String words) {
        awaitRefusal(
                "/api/v1/namespaces/" + stage.namespace.name() + "/pods",
                """
                {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "probe"},
                 "spec": {"containers": [{"name": "c", "image": "i"}]}}
                """,
                words);
    }

    private Said say(String... arguments) {
        String kubeconfig =
                stage.namespace
                        .controlPlane()
                        .adminKubeconfig()
                        .replace("namespace: default", "namespace: " + stage.namespace.name());
        TerminalProcess process = TerminalProcess.start(folder, kubeconfig, arguments);
        processes.add(process);
        return process.end();
    }

    private String file() {
        try {
            return Files.writeString(folder.resolve("engine.yaml"), FILE).toString();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void assertSkippedBecause(Said said, String why) {
        assertThat(said.exitCode()).as(said.all()).isEqualTo(1);
        assertThat(said.out()).contains("Skipped", why);
        assertThat(said.all()).doesNotContain("account may not", "permissions.md");
        assertThat(
                        stage.namespace
                                .admin()
                                .v1()
                                .events()
                                .inNamespace(stage.namespace.name())
                                .list()
                                .getItems())
                .as("the experiment's event")
                .anySatisfy(event -> {
                    assertThat(event.getInvolvedObject().getKind()).isEqualTo("ChaosEngine");
                    assertThat(event.getMessage()).contains(why);
                });
    }

    /** A webhook chooses the code; 403 is what it has if it chooses none. */
    @ParameterizedTest
    @CsvSource({"403", "400"})
    void aJobThatAWebhookForbids(int code) {
        answer("CREATE jobs", code, WHY);
        register(url());
        awaitJobsRefused(WHY);

        assertSkippedBecause(
                say("run", "-f", file()),
                "admission webhook \"fridays.example.com\" denied the request: " + WHY);
    }

    @Test
    void aPodThatAWebhookForbids() {
        answer("CREATE pods", 403, WHY);
        register(url());
        awaitPodsRefused(WHY);

        assertSkippedBecause(
                say("run", "-f", file()),
                "admission webhook \"fridays.example.com\" denied the request: " + WHY);
    }

    @Test
    void aJobThatAPolicyForbids() {
        policy("batch", "jobs");
        awaitJobsRefused(WHY);

        assertSkippedBecause(say("run", "-f", file()), "denied request: " + WHY);
    }

    @Test
    void aPodThatAPolicyForbids() {
        policy("", "pods");
        awaitPodsRefused(WHY);

        assertSkippedBecause(say("run", "-f", file()), "denied request: " + WHY);
    }

    private void policy(String group, String resource) {
        create(
                "validatingadmissionpolicies",
                """
                {"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicy",
                 "metadata": {"name": "_NS_"},
                 "spec": {"failurePolicy": "Fail",
                          "matchConstraints": {"resourceRules": [{"apiGroups": ["GROUP"], "apiVersions": ["*"],
                                                                  "operations": ["CREATE"], "resources": ["RESOURCE"]}]},
                          "validations": [{"expression": "false", "message": "WHY"}]}}
                """
                        .replace("GROUP", group)
                        .replace("RESOURCE", resource)
                        .replace("WHY", WHY));
        create(
                "validatingadmissionpolicybindings",
                """
                {"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicyBinding",
                 "metadata": {"name": "_NS_"},
                 "spec": {"policyName": "_NS_", "validationActions": ["Deny"],
                          "matchResources": {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "_NS_"}}}}}
                """);
    }

    @Test
    void aServerSideDryRunTellsBothBeforeAnythingRuns() {
        answer("CREATE jobs", 403, WHY);
        answer("CREATE pods", 403, "no pods either");
        register(url());
        awaitJobsRefused(WHY);

        Said said = say("run", "-f", file(), "--dry-run=server");

        assertThat(said.exitCode()).as(said.all()).isBetween(2, 3);
        assertThat(said.all())
                .contains("denied the request: " + WHY, "denied the request: no pods either")
                .doesNotContain("account may not");
        assertThat(stage.namespace.jobs()).isEmpty();
    }

    @Test
    void anEngineThatAWebhookForbidsIsNotTheAccountsFault() {
        answer("CREATE chaosengines", 403, WHY);
        register(url());
        awaitRefusal(
                "/apis/litmuschaos.io/v1alpha1/namespaces/"
                        + stage.namespace.name()
                        + "/chaosengines",
                """
                {"apiVersion": "litmuschaos.io/v1alpha1", "kind": "ChaosEngine", "metadata": {"name": "probe"},
                 "spec": {"experiments": [{"name": "x"}]}}
                """,
                WHY);

        Said said = say("run", "-f", file());

        assertThat(said.exitCode()).as(said.all()).isEqualTo(3);
        assertThat(said.err())
                .contains(
                        "engine.yaml:1: ChaosEngine %s/e: ".formatted(stage.namespace.name()),
                        "denied the request: " + WHY)
                .doesNotContain("account may not", "permissions.md", "\tat ");
    }

    @Test
    void whatAWebhookWarnsOfIsShown() {
        answer("CREATE jobs", 403, WHY);
        register(url());
        awaitJobsRefused(WHY);
        answers.put("CREATE jobs", new Answer(0, "", "jobs of payments are watched"));
        answers.put("CREATE chaosengines", new Answer(0, "", "engines of payments are counted"));

        Said tried = say("run", "-f", file(), "--dry-run=server");
        Said said = say("run", "-f", file());

        assertThat(tried.all()).contains("jobs of payments are watched");
        assertThat(said.exitCode()).as(said.all()).isZero();
        assertThat(said.all()).contains("engines of payments are counted");
    }

    @Test
    void aWebhookThatDoesNotAnswerIsNamed() {
        answer("CREATE jobs", 403, WHY);
        register("https://127.0.0.1:1/review");
        awaitJobsRefused("failed calling webhook");

        Said said = say("run", "-f", file());

        assertThat(said.exitCode()).as(said.all()).isEqualTo(3);
        assertThat(said.all())
                .contains("failed calling webhook \"fridays.example.com\"")
                .doesNotContain("account may not", "\tat ");
    }
}
