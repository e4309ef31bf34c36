package io.chaosrunner.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.systemtests.ApiProxy.Call;
import io.fabric8.kubernetes.api.model.Pod;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Kill the runner with SIGKILL around every single API call of a run of two experiments, and see
 * that the one that is started again gets everything right.
 */
@NeedsControlPlane
@Timeout(900)
class KillSweepTest {

    private static final String ENGINE = "engine-nginx";
    private static final String RUNNER = ENGINE + "-runner";

    /** A run mostly waits: for the JVM, for Jobs to complete. */
    private static final int AT_ONCE = 3;

    /** Which half of the call happened. */
    enum Moment {
        BEFORE_THE_SERVER_SAW_IT,
        AFTER_THE_SERVER_ANSWERED
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("56: every call can be the last of a process, and the next one ends the run right")
    void everyCallCanBeTheLastOfAProcess(Moment moment, ControlPlane controlPlane)
            throws Exception {
        var next = new AtomicInteger(1);
        var kills = new AtomicInteger();
        var isOver = new AtomicBoolean();
        var wrong = new ConcurrentSkipListMap<Integer, Throwable>();
        try (var threads = Executors.newFixedThreadPool(AT_ONCE)) {
            var sweeps = new ArrayList<Future<?>>();
            for (int i = 0; i < AT_ONCE; i++) {
                sweeps.add(
                        threads.submit(() -> {
                            while (!isOver.get()) {
                                int number = next.getAndIncrement();
                                try {
                                    if (killedAt(controlPlane, moment, number)) {
                                        kills.incrementAndGet();
                                    } else {
                                        isOver.set(true);
                                    }
                                } catch (RuntimeException | AssertionError e) {
                                    wrong.put(number, e);
                                }
                            }
                        }));
            }
            for (Future<?> sweep : sweeps) {
                sweep.get();
            }
        }
        System.out.println("kill points, " + moment + ": " + kills);
        if (!wrong.isEmpty()) {
            var failure = new AssertionError("killed at calls " + wrong.keySet());
            wrong.values().forEach(failure::addSuppressed);
            throw failure;
        }
        assertThat(kills).hasValueGreaterThan(15);
    }

    /** Runs an engine to its end; returns false if that took fewer calls than were to be killed. */
    private static boolean killedAt(ControlPlane controlPlane, Moment moment, int number) {
        try (TestNamespace namespace = TestNamespace.create(controlPlane);
                ApiProxy proxy = ApiProxy.start(controlPlane);
                FakeKubelet kubelet = FakeKubelet.start(namespace, proxy::kubeconfigFor)) {
            switch (moment) {
                case BEFORE_THE_SERVER_SAW_IT ->
                        proxy.killBefore(number, () -> kubelet.runner(RUNNER).kill());
                case AFTER_THE_SERVER_ANSWERED ->
                        proxy.killAfter(number, () -> kubelet.runner(RUNNER).kill());
            }
            namespace.experiment("pod-delete");
            namespace.experiment("pod-cpu-hog");
            namespace
                    .newEngine(ENGINE)
                    .account(namespace.powerful())
                    .cleanUp("delete")
                    .experiment("pod-delete", "verdict=Pass after=100ms helper")
                    .experiment("pod-cpu-hog", "verdict=Fail after=100ms")
                    .create();

            RunnerPod.create(namespace, ENGINE).awaitCompletion(kubelet);

            List<Call> created =
                    proxy.calls("create", "jobs").stream()
                            .filter(call -> call.status() == 201)
                            .toList();
            String story =
                    moment
                            + " "
                            + number
                            + "\n"
                            + String.join("\n", proxy.calls().stream().map(Call::toString).toList())
                            + "\n"
                            + kubelet.runner(RUNNER).output();
            assertThat(created).as(story).hasSize(2);
            assertThat(namespace.entries(ENGINE))
                    .as(story)
                    .extracting((Map<String, String> entry) ->
                            entry.get("name")
                                    + " "
                                    + entry.get("status")
                                    + " "
                                    + entry.get("verdict"))
                    .containsExactly("pod-delete Completed Pass", "pod-cpu-hog Completed Fail");
            assertThat(namespace.engine(ENGINE).getMetadata().getAnnotations())
                    .as(story)
                    .hasEntrySatisfying(
                            "chaosrunner.io/run",
                            claim -> assertThat(claim).contains("\"state\":\"finished\""));
            try {
                TestNamespace.eventually(
                        () -> namespace.jobs().isEmpty() && isAlone(namespace.pods()));
            } catch (org.awaitility.core.ConditionTimeoutException e) {
                throw new AssertionError("something is left over: " + story, e);
            }
            assertThat(kubelet.runner(RUNNER).exitCodes())
                    .as(story)
                    .isEqualTo(proxy.hasKilled() ? List.of(137, 0) : List.of(0));
            return proxy.hasKilled();
        }
    }

    private static boolean isAlone(List<Pod> pods) {
        return pods.stream().allMatch(pod -> pod.getMetadata().getName().equals(RUNNER));
    }
}
