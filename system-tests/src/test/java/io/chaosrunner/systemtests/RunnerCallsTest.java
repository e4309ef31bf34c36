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
        assertThat(proxy.calls("watch", "jobs")).isNotEmpty();
        assertThat(proxy.calls("watch", "chaosengines")).isNotEmpty();
        assertThat(proxy.calls("list", "pods").size()).isLessThanOrEqualTo(4);
    }

    @Test
    void whoMayNotWatchTriesOnceAndListsPodsOnceASecond() {
        create(namespace.getListOnly(), "after=8s");

        run();

        assertThat(proxy.calls("watch", "pods")).hasSize(1);
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
        proxy.inject(Fault.gone(), 1, "watch", "jobs");

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
        RunnerPod.create(namespace, ENGINE).awaitCompletion(kubelet);
        assertThat(namespace.entries(ENGINE))
                .extracting((Map<String, String> entry) -> entry.get("verdict"))
                .containsExactly("Pass", "Pass");
    }

    private List<Call> createdJobs() {
        return proxy.calls("create", "jobs").stream().filter(call -> call.status() == 201).toList();
    }
}
