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

    private static final String ENGINE = "engine-nginx";

    private final TestNamespace namespace;
    private final ApiProxy proxy;
    private final FakeKubelet kubelet;

    RunnerCallsTest(ControlPlane controlPlane) {
        namespace = TestNamespace.create(controlPlane);
        proxy = ApiProxy.start(controlPlane);
        kubelet = FakeKubelet.start(namespace, proxy::kubeconfigFor);
    }

    @AfterEach
    void close() {
        try (namespace;
                proxy;
                kubelet) {
            assertThat(kubelet).isNotNull();
        }
    }

    @Test
    void whoMayWatchIsToldInsteadOfAsking() {
        create(namespace.powerful(), "after=3s");

        run();

        assertThat(proxy.calls("watch", "pods")).isNotEmpty();
        assertThat(proxy.calls("watch", "chaosengines")).isNotEmpty();
        assertThat(proxy.calls("list", "pods")).as("before the claim").hasSize(1);
        assertThat(proxy.calls("list", "jobs")).isEmpty();
    }

    @Test
    void anExperimentOfHalfAMinuteCostsWhoMayWatchEighteenCalls() {
        createOne(namespace.powerful());

        run("Pass");

        // By HTTP/1.1, as this proxy speaks it, a watch that says nothing is renewed.
        assertThat(proxy.calls())
                .filteredOn(call -> !call.verb().equals("watch"))
                .hasSizeLessThanOrEqualTo(16);
        assertThat(firstOfEachWatch()).hasSize(2);
        assertNothingStandsBeforeTheFirstJob();
    }

    @Test
    void anExperimentOfHalfAMinuteCostsWhoMayNotWatchNoMoreThanFortyTwoCalls() {
        createOne(namespace.podDeleteSa());

        run("Pass");

        assertThat(proxy.calls()).hasSizeLessThanOrEqualTo(42);
        assertThat(proxy.calls())
                .filteredOn(call -> call.verb().equals("watch"))
                .as("a refused watch is tried once in all")
                .singleElement()
                .extracting(Call::status)
                .isEqualTo(403);
        assertNothingStandsBeforeTheFirstJob();
        assertThat(proxy.calls("get", "chaosengines").size())
                .as("a stop is looked for all the time")
                .isGreaterThanOrEqualTo(14);
    }

    private void createOne(String account) {
        namespace.experiment(
                "pod-delete",
                Map.of("env", List.of(Map.of("name", "TOTAL_CHAOS_DURATION", "value", "30"))));
        namespace.newEngine(ENGINE).account(account).experiment("pod-delete", "after=30s").create();
    }

    private List<String> firstOfEachWatch() {
        return proxy.calls().stream()
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
        assertThat(proxy.calls())
                .filteredOn(call -> !call.verb().equals("watch"))
                .extracting(call -> call.verb() + " " + call.resource())
                .startsWith(
                        "get chaosengines",
                        "list pods",
                        "patch chaosengines",
                        "get chaosexperiments",
                        "create events",
                        "get chaosresults",
                        "get chaosengines",
                        "create jobs");
    }

    @Test
    void whoMayNotWatchTriesOnceAndListsPodsOnceASecondAtMost() {
        create(namespace.getListOnly(), "after=8s");

        run();

        assertThat(proxy.calls("watch", "pods")).hasSize(1);
        assertThat(proxy.calls("watch", "chaosengines")).isEmpty();
        // Between the writes that say "running" and how it ended nothing changes. A question that
        // was due may arrive late on a slow machine, and so may the first of a longer distance.
        List<Call> writes = proxy.calls("patch", "chaosengines");
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
        assertThat(proxy.calls("list", "pods"))
                .filteredOn(call -> call.nanos() > begin && call.nanos() < end)
                .hasSizeBetween(3, (int) seconds + 3);
    }

    @Test
    void aServerThatIsShortlyUnavailableCostsNothingButTime() {
        create(namespace.powerful(), "after=200ms");
        proxy.inject(Fault.unavailable(), 6, call -> call.number() % 3 == 0);
        proxy.inject(
                Fault.tooManyRequests(Duration.ofSeconds(1)), 2, call -> call.number() % 7 == 0);

        run();

        assertThat(createdJobs()).hasSize(2);
    }

    @Test
    void anAnswerThatIsLostDoesNotMakeASecondJob() {
        create(namespace.powerful(), "after=200ms");
        proxy.inject(new Fault.Unanswered(), 2, "create", "jobs");

        run();

        assertThat(createdJobs()).hasSize(2);
    }

    @Test
    void aWatchFromTooOldAVersionBeginsAgain() {
        create(namespace.powerful(), "after=500ms");
        proxy.inject(Fault.goneEvent(), 1, "watch", "pods");
        proxy.inject(Fault.gone(), 1, "watch", "pods");

        run();

        assertThat(proxy.calls("watch", "pods").size()).isGreaterThanOrEqualTo(2);
    }

    @Test
    void aRunnerThatMayOnlyUpdateReplacesTheEngineWhole() {
        create(namespace.leastPrivileged(), "after=200ms");

        run();

        assertThat(proxy.calls("update", "chaosengines")).isNotEmpty();
        assertThat(proxy.calls("patch", "chaosengines"))
                .extracting(Call::status)
                .containsOnly(403)
                .hasSizeLessThanOrEqualTo(1);
    }

    private void create(String account, String scenario) {
        namespace.experiment("pod-delete");
        namespace.experiment("pod-cpu-hog");
        namespace
                .newEngine(ENGINE)
                .account(account)
                .experiment("pod-delete", scenario)
                .experiment("pod-cpu-hog", "after=200ms")
                .create();
    }

    private void run() {
        run("Pass", "Pass");
    }

    private void run(String... verdicts) {
        RunnerPod.create(namespace, ENGINE).awaitCompletion(kubelet);
        assertThat(namespace.entries(ENGINE))
                .extracting((Map<String, String> entry) -> entry.get("verdict"))
                .containsExactly(verdicts);
    }

    private List<Call> createdJobs() {
        return proxy.calls("create", "jobs").stream().filter(call -> call.status() == 201).toList();
    }
}
