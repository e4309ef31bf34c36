package io.chaosrunner.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.claim.Claim;
import io.chaosrunner.job.RunnerJob;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * The scheduling service with a pod for each run, on a real API server: the service has the Role of
 * {@code deploy/schedules-pods}, its pods that of {@code deploy/rbac}.
 */
@NeedsControlPlane
@Timeout(600)
class ScheduleByPodTest {
    private static final String SERVICE = "chaos-runner-schedule";
    private final ServiceStage stage;
    private final Manifests manifests;

    ScheduleByPodTest(ControlPlane controlPlane) {
        stage = new ServiceStage(controlPlane);
        manifests = new Manifests(stage.namespace);
    }

    @BeforeEach
    void grant() {
        manifests.apply("deploy/schedules/rbac.yaml");
        manifests.apply("deploy/schedules-pods/role.yaml");
        manifests.apply("deploy/rbac/runner.yaml");
    }

    @AfterEach
    void close() {
        manifests.close();
        stage.close();
    }

    @Test
    void everyFireIsOneRunOfOnePodUnderTheNamespacesOwnRights() {
        stage.engine("often", "{every: 8s, overlap: queueAll}", "after=100ms");
        ServiceProcess service = service();

        var runs = new TreeMap<Long, Instant>();
        stage.eventually(() -> {
            stage.claim("often").filter(Claim::isOfRun).ifPresent(claim -> note(claim, runs));
            return runs.size() >= 3;
        });

        assertThat(stage.jobsPerRun("often").values()).containsOnly(1L);
        assertThat(runs.values()).doesNotHaveDuplicates();
        assertThat(stage.claim("often").orElseThrow().isOfServicesPod()).isTrue();
        assertThat(service.output())
                .doesNotContain("forbidden")
                .doesNotContain("event=trouble")
                .doesNotContain("event=run-started");
        assertThat(stage.claim("often").orElseThrow().fires().skipped()).isEmpty();
    }

    private static void note(Claim claim, Map<Long, Instant> runs) {
        claim.fires()
                .started()
                .ifPresent(fire -> runs.putIfAbsent(claim.run().number(), fire.at()));
    }

    @Test
    void leadersThatAreKilledBetweenTheStepsOfARunChangeNothingOfIt() {
        stage.engine("long", "now: true", "after=1h");
        ServiceProcess first = service();
        stage.eventually(() -> !runners("long").isEmpty());
        first.kill();
        ServiceProcess second = service();
        stage.eventually(() -> stage.number("long") == 1 && !experiments("long").isEmpty());
        String owner = stage.claim("long").orElseThrow().instance();
        second.kill();
        ServiceProcess third = service();
        stage.eventually(third::leads);
        stage.kubelet.endExperiments();

        stage.eventually(() -> isOver("long"));
        Claim claim = stage.claim("long").orElseThrow();
        assertThat(claim.instance()).isEqualTo(owner);
        assertThat(claim.run().number()).isEqualTo(1);
        assertThat(experiments("long")).hasSize(1);
        assertThat(runners("long")).hasSize(1);
        assertThat(stage.namespace.entries("long"))
                .extracting(entry -> entry.get("verdict"))
                .containsExactly("Pass");
    }

    @Test
    void aRunWhoseJobAndPodAreDeletedByHandIsTakenUpByAnotherPod() {
        stage.engine("deleted", "now: true", "after=1h");
        service();
        stage.eventually(() -> !experiments("deleted").isEmpty());
        Job before = runners("deleted").getFirst();
        String owner = stage.claim("deleted").orElseThrow().instance();

        stage.namespace.admin().resource(before).delete();
        stage.eventually(() -> {
            Claim claim = stage.claim("deleted").orElseThrow();
            return claim.isOfServicesPod() && !claim.instance().equals(owner);
        });
        stage.kubelet.endExperiments();
        stage.eventually(() -> isOver("deleted"));

        assertThat(experiments("deleted")).hasSize(1);
        assertThat(stage.number("deleted")).isEqualTo(1);
        assertThat(runners("deleted"))
                .singleElement()
                .satisfies(job ->
                        assertThat(job.getMetadata().getUid())
                                .isNotEqualTo(before.getMetadata().getUid()));
    }

    @Test
    void aPodThatIsKilledIsFollowedByOneThatTakesTheRunUpWithoutAnyService() {
        stage.engine("killed", "now: true", "after=1h");
        ServiceProcess service = service();
        stage.eventually(() -> !experiments("killed").isEmpty());
        service.kill();
        String owner = stage.claim("killed").orElseThrow().instance();

        stage.kubelet.runner(pod("killed")).kill();
        stage.eventually(() -> !stage.claim("killed").orElseThrow().instance().equals(owner));
        stage.kubelet.endExperiments();
        stage.eventually(() -> isOver("killed"));

        assertThat(experiments("killed")).hasSize(1);
        assertThat(stage.number("killed")).isEqualTo(1);
    }

    @Test
    void nothingOutlivesAnEngineThatIsDeletedDuringTheRunOfAPod() {
        stage.engine("gone", "now: true", "helper hang");
        service();
        // The runner, the experiment, and its helper, which nobody owns.
        stage.eventually(() -> pods() == 3);

        Litmus.engines(stage.namespace.admin(), stage.namespace.name()).named("gone").delete();

        stage.eventually(() -> pods() == 0);
        assertThat(stage.namespace.jobs()).isEmpty();
    }

    @Test
    void whereThereIsNoAccountNoPodComesAndNothingIsClaimed() {
        stage.engine("homeless", "every: 1h", "after=100ms");
        stage.serviceOf(
                SERVICE,
                "--launch=pod",
                "--runner-image=registry.test/runner:1",
                "--runner-account=nobody");

        stage.eventually(() -> !runners("homeless").isEmpty());
        Job job = runners("homeless").getFirst();
        stage.eventually(() ->
                stage
                        .namespace
                        .admin()
                        .v1()
                        .events()
                        .inNamespace(stage.namespace.name())
                        .list()
                        .getItems()
                        .stream()
                        .filter(event ->
                                job.getMetadata()
                                        .getName()
                                        .equals(event.getInvolvedObject().getName()))
                        .anyMatch(event -> event.getMessage().contains("nobody")));

        assertThat(stage.claim("homeless")).isEmpty();
    }

    // ---- What there is

    private ServiceProcess service() {
        return stage.serviceOf(
                SERVICE, "--launch=pod", "--runner-image=registry.test/chaos-runner:1");
    }

    private int pods() {
        return stage.namespace
                .admin()
                .pods()
                .inNamespace(stage.namespace.name())
                .list()
                .getItems()
                .size();
    }

    private boolean isOver(String engine) {
        return stage.claim(engine)
                .filter(Claim::isOfRun)
                .filter(claim -> claim.state() == Claim.State.FINISHED)
                .isPresent();
    }

    private List<Job> runners(String engine) {
        return jobs(engine, true);
    }

    private List<Job> experiments(String engine) {
        return jobs(engine, false);
    }

    private List<Job> jobs(String engine, boolean runners) {
        String uid = stage.namespace.engine(engine).getMetadata().getUid();
        return stage.namespace.jobs().stream()
                .filter(job -> job.getMetadata().getDeletionTimestamp() == null)
                .filter(job ->
                        uid.equals(
                                job.getMetadata()
                                        .getLabels()
                                        .get(runners ? RunnerJob.ENGINE : "chaosUID")))
                .toList();
    }

    private String pod(String engine) {
        String uid = stage.namespace.engine(engine).getMetadata().getUid();
        return stage.namespace.pods(RunnerJob.ENGINE, uid).getFirst().getMetadata().getName();
    }
}
