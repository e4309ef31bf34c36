package io.chaosrunner.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.systemtests.ApiProxy.Call;
import io.chaosrunner.systemtests.ApiProxy.Fault;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@NeedsControlPlane
@Timeout(600)
class RunnerCallsTest {

    private final Stage stage;

    RunnerCallsTest(ControlPlane controlPlane) {
        stage = new Stage(controlPlane);
    }

    @AfterEach
    void close() {
        stage.close();
    }

    @Test
    void whoMayWatchIsToldInsteadOfAsking() {
        stage.createTwo(stage.namespace.powerful(), "after=3s");

        run();

        assertThat(stage.proxy.calls("watch", "pods")).isNotEmpty();
        assertThat(stage.proxy.calls("watch", "chaosengines")).isNotEmpty();
        assertThat(stage.proxy.calls("list", "pods")).as("before the claim").hasSize(1);
        assertOnlyPodsThatAreLateAreLookedFor();
    }

    @Test
    void anExperimentOfHalfAMinuteCostsWhoMayWatchEighteenCalls() {
        createOne(stage.namespace.powerful());

        run("Pass");

        // By HTTP/1.1, as this proxy speaks it, a watch that says nothing is renewed.
        assertThat(stage.proxy.calls())
                .filteredOn(call -> !call.verb().equals("watch"))
                .filteredOn(call -> !call.is("get", "chaosengines"))
                .filteredOn(call -> !call.is("list", "jobs") && !call.is("list", "events"))
                .hasSizeLessThanOrEqualTo(13);
        assertOnlyPodsThatAreLateAreLookedFor();
        // On a machine on which it takes longer to be watched, a stop is looked for until then.
        long unwatched =
                stage.proxy.calls("watch", "chaosengines").getFirst().nanos()
                        - stage.proxy.calls().getFirst().nanos();
        assertThat(stage.proxy.calls("get", "chaosengines"))
                .hasSizeLessThanOrEqualTo(3 + (int) (Duration.ofNanos(unwatched).toSeconds() / 2));
        assertThat(firstOfEachWatch()).hasSize(2);
        assertNothingStandsBeforeTheFirstJob();
    }

    @Test
    void anExperimentOfHalfAMinuteCostsWhoMayNotWatchNoMoreThanFortyTwoCalls() {
        createOne(stage.namespace.podDeleteSa());

        run("Pass");

        assertThat(stage.proxy.calls()).hasSizeLessThanOrEqualTo(42);
        assertThat(stage.proxy.calls())
                .filteredOn(call -> call.verb().equals("watch"))
                .as("a refused watch is tried once in all")
                .singleElement()
                .extracting(Call::status)
                .isEqualTo(403);
        assertNothingStandsBeforeTheFirstJob();
        assertThat(stage.proxy.calls("get", "chaosengines").size())
                .as("a stop is looked for all the time")
                .isGreaterThanOrEqualTo(14);
    }

    /**
     * On a machine on which a pod takes five seconds and more to run, each two seconds it is asked
     * why.
     */
    private void assertOnlyPodsThatAreLateAreLookedFor() {
        int looks = 0;
        for (Call created : stage.proxy.calls("create", "jobs")) {
            long running =
                    stage.proxy.calls("patch", "chaosengines").stream()
                            .mapToLong(Call::nanos)
                            .filter(at -> at > created.nanos())
                            .min()
                            .orElseThrow();
            int seconds = (int) Duration.ofNanos(running - created.nanos()).toSeconds();
            looks += Math.max(0, (seconds - 3) / 2);
        }
        assertThat(stage.proxy.calls("list", "jobs")).hasSizeLessThanOrEqualTo(looks);
        assertThat(stage.proxy.calls("list", "events")).hasSizeLessThanOrEqualTo(looks);
    }

    private void createOne(String account) {
        stage.namespace.experiment(
                "pod-delete",
                Map.of("env", List.of(Map.of("name", "TOTAL_CHAOS_DURATION", "value", "30"))));
        stage.namespace
                .newEngine(Stage.ENGINE)
                .account(account)
                .experiment("pod-delete", "after=30s")
                .create();
    }

    private List<String> firstOfEachWatch() {
        return stage.proxy.calls().stream()
                .filter(call -> call.verb().equals("watch"))
                .map(Call::resource)
                .distinct()
                .toList();
    }

    /**
     * What must be known before it is read, and nothing else is. On a machine on which that takes
     * two seconds, watches begin meanwhile.
     */
    private void assertNothingStandsBeforeTheFirstJob() {
        assertThat(stage.proxy.calls())
                .filteredOn(call -> !call.verb().equals("watch"))
                .extracting(call -> call.verb() + " " + call.resource())
                .startsWith(
                        "get chaosengines",
                        "list pods",
                        "patch chaosengines",
                        "get chaosexperiments",
                        "get chaosresults",
                        "get chaosengines",
                        "create jobs");
    }

    @Test
    void whoMayNotWatchTriesOnceAndListsPodsOnceASecondAtMost() {
        stage.createTwo(stage.namespace.getListOnly(), "after=8s");

        run();

        assertThat(stage.proxy.calls("watch", "pods")).hasSize(1);
        assertThat(stage.proxy.calls("watch", "chaosengines")).isEmpty();
        // Between the writes that say "running" and how it ended nothing changes. A question that
        // was due may arrive late on a slow machine, and so may the first of a longer distance.
        List<Call> writes = stage.proxy.calls("patch", "chaosengines");
        long from = 0;
        long until = 0;
        for (int i = 1; i < writes.size(); i++) {
            if (writes.get(i).nanos() - writes.get(i - 1).nanos() > until - from) {
                from = writes.get(i - 1).nanos();
                until = writes.get(i).nanos();
            }
        }
        long begin = from;
        long end = until;
        long seconds = Duration.ofNanos(end - begin).toSeconds();
        assertThat(seconds).isGreaterThanOrEqualTo(6);
        assertThat(stage.proxy.calls("list", "pods"))
                .filteredOn(call -> call.nanos() > begin && call.nanos() < end)
                .hasSizeBetween(3, (int) seconds + 3);
    }

    @Test
    void aServerThatIsShortlyUnavailableCostsNothingButTime() {
        stage.createTwo(stage.namespace.powerful(), "after=200ms");
        stage.proxy.inject(Fault.unavailable(), 6, call -> call.number() % 3 == 0);
        stage.proxy.inject(
                Fault.tooManyRequests(Duration.ofSeconds(1)), 2, call -> call.number() % 7 == 0);

        run();

        assertThat(stage.createdJobs()).hasSize(2);
    }

    @Test
    void anAnswerThatIsLostDoesNotMakeASecondJob() {
        stage.createTwo(stage.namespace.powerful(), "after=200ms");
        stage.proxy.inject(new Fault.Unanswered(), 2, "create", "jobs");

        run();

        assertThat(stage.createdJobs()).hasSize(2);
    }

    @Test
    void aWatchFromTooOldAVersionBeginsAgain() {
        stage.createTwo(stage.namespace.powerful(), "after=500ms");
        stage.proxy.inject(Fault.goneEvent(), 1, "watch", "pods");
        stage.proxy.inject(Fault.gone(), 1, "watch", "pods");

        run();

        assertThat(stage.proxy.calls("watch", "pods").size()).isGreaterThanOrEqualTo(2);
    }

    @Test
    void aRunnerThatMayOnlyUpdateReplacesTheEngineWhole() {
        stage.createTwo(stage.namespace.leastPrivileged(), "after=200ms");

        run();

        assertThat(stage.proxy.calls("update", "chaosengines")).isNotEmpty();
        assertThat(stage.proxy.calls("patch", "chaosengines"))
                .extracting(Call::status)
                .containsOnly(403)
                .hasSizeLessThanOrEqualTo(1);
    }

    private void run() {
        run("Pass", "Pass");
    }

    private void run(String... verdicts) {
        stage.run();
        assertThat(stage.namespace.entries(Stage.ENGINE))
                .extracting((Map<String, String> entry) -> entry.get("verdict"))
                .containsExactly(verdicts);
    }
}
