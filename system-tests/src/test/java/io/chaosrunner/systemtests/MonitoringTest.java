package io.chaosrunner.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Follow the exporter of an engine through the engine's life. */
@NeedsControlPlane
@Timeout(600)
class MonitoringTest {

    private static final String ENGINE = "watched";

    private final TestNamespace namespace;
    private final FakeKubelet kubelet;

    MonitoringTest(ControlPlane controlPlane) {
        namespace = TestNamespace.create(controlPlane);
        kubelet = FakeKubelet.start(namespace);
        namespace.experiment("pod-delete");
    }

    @AfterEach
    void close() {
        try (namespace;
                kubelet) {
            assertThat(kubelet).isNotNull();
        }
    }

    @Test
    void itIsCreatedOnceKeptByARestartedRunnerAndGoesWithTheEngine() {
        engine(namespace.powerful(), "after=1h");
        RunnerPod runner = RunnerPod.create(namespace, ENGINE);
        TestNamespace.eventually(() -> objects().size() == 2 && !namespace.jobs().isEmpty());
        List<String> before = uids();

        kubelet.runner(runner.name()).kill();
        kubelet.endExperiments();
        runner.awaitCompletion(kubelet);

        assertThat(uids()).isEqualTo(before);
        String story = kubelet.runner(runner.name()).output();
        assertThat(story).contains("run-resumed").doesNotContain("no monitoring");
        assertThat(objects())
                .allSatisfy(object ->
                        assertThat(object.getMetadata().getLabels()).doesNotContainKey("chaosUID"));

        Litmus.engines(namespace.admin(), namespace.name()).named(ENGINE).delete();
        TestNamespace.eventually(() -> objects().isEmpty());
    }

    @Test
    void withoutTheRightsARunEndsAsItWould() {
        engine(namespace.podDeleteSa(), "after=100ms");
        RunnerPod runner = RunnerPod.create(namespace, ENGINE);

        runner.awaitCompletion(kubelet);

        assertThat(namespace.entries(ENGINE))
                .extracting(entry -> entry.get("verdict"))
                .containsExactly("Pass");
        assertThat(objects()).isEmpty();
        assertThat(kubelet.runner(runner.name()).output())
                .containsOnlyOnce("no monitoring of ChaosEngine");
    }

    private void engine(String account, String scenario) {
        namespace
                .newEngine(ENGINE)
                .account(account)
                .annotation("chaosrunner.io/monitoring", "true")
                .experiment("pod-delete", scenario)
                .create();
    }

    private List<HasMetadata> objects() {
        Stream<Deployment> deployments =
                namespace
                        .admin()
                        .apps()
                        .deployments()
                        .inNamespace(namespace.name())
                        .list()
                        .getItems()
                        .stream();
        Stream<Service> services =
                namespace
                        .admin()
                        .services()
                        .inNamespace(namespace.name())
                        .list()
                        .getItems()
                        .stream();
        return Stream.<HasMetadata>concat(deployments, services).toList();
    }

    private List<String> uids() {
        return objects().stream().map(object -> object.getMetadata().getUid()).toList();
    }
}
