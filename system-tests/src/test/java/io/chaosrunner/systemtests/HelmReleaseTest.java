package io.chaosrunner.systemtests;

import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.apps.Deployment;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Tests of {@code deploy/helm/chaos-runner} as releases in a cluster. */
@NeedsControlPlane
@NeedsTools
@Timeout(600)
class HelmReleaseTest {

    private static final String CHART = "deploy/helm/chaos-runner";

    /** In every namespace, some time after it was made. */
    private static final Set<String> OF_THE_CLUSTER =
            Set.of("serviceaccount/default", "configmap/kube-root-ca.crt");

    private final ControlPlane controlPlane;
    private final ServiceStage stage;
    private final TestNamespace other;

    @TempDir private Path home;

    HelmReleaseTest(ControlPlane controlPlane) {
        this.controlPlane = controlPlane;
        stage = new ServiceStage(controlPlane);
        other = TestNamespace.create(controlPlane);
    }

    @AfterEach
    void close() {
        helm(
                controlPlane,
                "uninstall",
                "drills",
                "-n",
                stage.namespace.name(),
                "--ignore-not-found");
        other.close();
        stage.close();
    }

    @Test
    void nothingIsLeftOfWhatWasInstalledAndUpgraded() {
        String here = stage.namespace.name();
        Set<String> before = inventory(here, other.name());

        helm(
                        controlPlane,
                        "install",
                        "drills",
                        CHART,
                        "-n",
                        here,
                        "--set",
                        "image.repository=registry.test/chaos-runner",
                        "--set",
                        "schedule.namespaces={%s,%s}".formatted(here, other.name()),
                        "--set",
                        "accounts.exporter.create=true",
                        "--set",
                        "accounts.runner.namespaces={%s}".formatted(other.name()))
                .good();
        Set<String> installed = inventory(here, other.name());
        String binding = "%s rolebinding.rbac.authorization.k8s.io/drills-chaos-runner-schedule";
        assertThat(installed)
                .contains(
                        "%s deployment.apps/drills-chaos-runner-schedule".formatted(here),
                        binding.formatted(here),
                        binding.formatted(other.name()),
                        "%s serviceaccount/chaos-runner".formatted(other.name()),
                        "%s networkpolicy.networking.k8s.io/drills-chaos-runner-schedule"
                                .formatted(here));

        helm(
                        controlPlane,
                        "upgrade",
                        "drills",
                        CHART,
                        "-n",
                        here,
                        "--set",
                        "image.repository=registry.test/chaos-runner",
                        "--set",
                        "schedule.replicas=1",
                        "--set",
                        "schedule.networkPolicy.enabled=false")
                .good();
        Set<String> upgraded = inventory(here, other.name());
        assertThat(upgraded)
                .contains(binding.formatted(here))
                .doesNotContain(
                        binding.formatted(other.name()),
                        "%s networkpolicy.networking.k8s.io/drills-chaos-runner-schedule"
                                .formatted(here),
                        "%s poddisruptionbudget.policy/drills-chaos-runner-schedule"
                                .formatted(here));

        helm(controlPlane, "uninstall", "drills", "-n", here, "--wait").good();
        // Pods and ReplicaSets follow their Deployment.
        TestNamespace.eventually(() -> inventory(here, other.name()).equals(before));
    }

    @Test
    void theServiceDrivesTheNamespacesOfTheReleaseWithTheAccountOfTheRelease() {
        String here = stage.namespace.name();
        helm(
                        controlPlane,
                        "install",
                        "drills",
                        CHART,
                        "-n",
                        here,
                        "--set",
                        "image.repository=registry.test/chaos-runner",
                        "--set",
                        "schedule.namespaces={%s}".formatted(other.name()),
                        "--set",
                        "schedule.mostRuns=1000000,schedule.runDeadline=1h30m",
                        "--set",
                        "schedule.allowedServiceAccounts={power*},schedule.allowedImages={litmuschaos/*}")
                .good();
        Deployment deployment =
                stage.namespace
                        .admin()
                        .apps()
                        .deployments()
                        .inNamespace(here)
                        .withName("drills-chaos-runner-schedule")
                        .require();
        var container = deployment.getSpec().getTemplate().getSpec().getContainers().getFirst();
        assertThat(container.getArgs().getFirst()).isEqualTo("schedule");
        other.experiment("pod-delete");
        other.newEngine("modest")
                .spec("engineState", "stop")
                .account(other.powerful())
                .annotation(ServiceStage.SCHEDULE, "every: 2s")
                .experiment("pod-delete", "after=100ms")
                .create();

        try (FakeKubelet kubelet = FakeKubelet.start(other);
                ServiceProcess service =
                        ServiceProcess.startAsDeployed(
                                stage.namespace,
                                controlPlane.kubeconfigFor(
                                        here,
                                        deployment
                                                .getSpec()
                                                .getTemplate()
                                                .getSpec()
                                                .getServiceAccountName()),
                                container.getArgs())) {
            assertThat(kubelet).isNotNull();
            stage.eventually(() ->
                    Litmus.read(other, "chaosengines", "modest")
                            .at("/metadata/annotations")
                            .path("chaosrunner.io/run")
                            .asString("")
                            .contains("\"number\":2"));
            assertThat(service.leads()).isTrue();
            assertThat(service.output())
                    .doesNotContain("forbidden")
                    .doesNotContain("event=trouble");
        }
        assertThat(
                        stage.namespace
                                .admin()
                                .leases()
                                .inNamespace(here)
                                .withName("drills-chaos-runner-schedule")
                                .get())
                .isNotNull();
    }

    @Test
    void theKindsComeWhereTheyAreNotAndStayWhenTheReleaseGoes() throws IOException {
        Path none = Files.createDirectory(home.resolve("no-crds"));
        try (ControlPlane bare = ControlPlane.start(none)) {
            List<String> install =
                    List.of(
                            "install",
                            "drills",
                            CHART,
                            "--set",
                            "image.repository=registry.test/chaos-runner");

            helm(bare, with(install, "--skip-crds")).good();
            assertThat(kinds(bare)).isEmpty();
            helm(bare, "uninstall", "drills").good();

            helm(bare, with(install)).good();
            assertThat(kinds(bare)).hasSize(4).allMatch(kind -> kind.endsWith(".litmuschaos.io"));
            helm(bare, "uninstall", "drills").good();

            assertThat(kinds(bare)).hasSize(4);
        }
    }

    private static String[] with(List<String> arguments, String... more) {
        return Stream.concat(arguments.stream(), Stream.of(more)).toArray(String[]::new);
    }

    private List<String> kinds(ControlPlane cluster) {
        return kubectl(cluster, "get", "crds", "-o", "name").lines().toList();
    }

    private ToolProgram.Said helm(ControlPlane cluster, String... arguments) {
        return run(ToolProgram.HELM, cluster, arguments);
    }

    private String kubectl(ControlPlane cluster, String... arguments) {
        return run(ToolProgram.KUBECTL, cluster, arguments).good();
    }

    private ToolProgram.Said run(ToolProgram tool, ControlPlane cluster, String... arguments) {
        try {
            var all = new ArrayList<>(List.of(arguments));
            Path kubeconfig = home.resolve("kubeconfig-" + cluster.port());
            all.add("--kubeconfig=" + Files.writeString(kubeconfig, cluster.adminKubeconfig()));
            return tool.run(home, all);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Everything there is in these namespaces, and what of the cluster has the release's name. */
    private Set<String> inventory(String... namespaces) {
        var found = new TreeSet<String>();
        for (String namespace : namespaces) {
            names("true", "-n", namespace)
                    .filter(name -> !OF_THE_CLUSTER.contains(name))
                    .forEach(name -> found.add(namespace + " " + name));
        }
        names("false").filter(name -> name.contains("/drills-")).forEach(found::add);
        return found;
    }

    private Stream<String> names(String namespaced, String... where) {
        String kinds =
                kubectl(
                                controlPlane,
                                "api-resources",
                                "--verbs=list",
                                "-o",
                                "name",
                                "--namespaced=" + namespaced)
                        .lines()
                        .filter(kind -> !kind.startsWith("events"))
                        .collect(joining(","));
        var get = List.of("get", kinds, "-o", "name", "--ignore-not-found");
        return kubectl(controlPlane, with(get, where)).lines();
    }
}
