package io.chaosrunner.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.systemtests.ApiProxy.Call;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A strategy's jar dropped into a folder decides a run of an operator-made pod. */
@NeedsControlPlane
@Timeout(120)
class PluginTest {

    private static final String ENGINE = "engine-nginx";
    private static final Path FOLDER =
            Path.of("..", "examples", "custom-strategy", "target").toAbsolutePath().normalize();

    @Test
    void theCanaryRunsAloneAndTheRestOnlyBecauseItPassed(ControlPlane controlPlane) {
        try (TestNamespace namespace = TestNamespace.create(controlPlane);
                ApiProxy proxy = ApiProxy.start(controlPlane);
                FakeKubelet kubelet = FakeKubelet.start(namespace, proxy::kubeconfigFor)) {
            engine(namespace, "verdict=Pass after=200ms");

            RunnerPod.create(namespace, ENGINE).awaitCompletion(kubelet);

            List<String> launched = proxy.calls("create", "jobs").stream().map(Call::body).toList();
            assertThat(launched).hasSize(3);
            assertThat(launched.getFirst()).contains("the canary goes first");
            assertThat(launched.subList(1, 3)).allMatch(body -> body.contains("pod-delete passed"));
            assertThat(verdicts(namespace)).containsExactly("Pass", "Pass", "Pass");
        }
    }

    @Test
    void theRestIsLeftOutIfTheCanaryFailed(ControlPlane controlPlane) {
        try (TestNamespace namespace = TestNamespace.create(controlPlane);
                FakeKubelet kubelet = FakeKubelet.start(namespace)) {
            engine(namespace, "verdict=Fail after=200ms");

            RunnerPod.create(namespace, ENGINE).awaitCompletion(kubelet);

            assertThat(verdicts(namespace)).containsExactly("N/A", "Fail", "N/A");
            assertThat(namespace.jobs()).hasSize(1);
        }
    }

    private static void engine(TestNamespace namespace, String canary) {
        for (String experiment : List.of("pod-cpu-hog", "pod-delete", "disk-fill")) {
            namespace.experiment(experiment);
        }
        namespace
                .newEngine(ENGINE)
                .account(namespace.podDeleteSa())
                .annotation(
                        "chaosrunner.io/execution", "{strategy: canary-first, canary: pod-delete}")
                .spec(
                        "components",
                        Map.of("runner", Map.of("args", List.of("--plugins", FOLDER.toString()))))
                .experiment("pod-cpu-hog", "after=200ms")
                .experiment("pod-delete", canary)
                .experiment("disk-fill", "after=200ms")
                .create();
    }

    private static List<String> verdicts(TestNamespace namespace) {
        return namespace.entries(ENGINE).stream()
                .map((Map<String, String> entry) -> entry.get("verdict"))
                .toList();
    }
}
