package io.chaosrunner.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.systemtests.ApiProxy.Call;
import io.chaosrunner.systemtests.ApiProxy.Fault;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a run bears of an API server, and that it ends in no other way than its last word says. */
@NeedsControlPlane
@Timeout(300)
class RefusalsTest {

    private static final String ENGINE = "engine-nginx";

    private final ControlPlane controlPlane;
    private final TestNamespace namespace;
    private final ApiProxy proxy;
    private final FakeKubelet kubelet;

    RefusalsTest(ControlPlane controlPlane) {
        this.controlPlane = controlPlane;
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
    void aRoleThatIsReconciledInMidRunCostsNothingButTime() {
        create(namespace.powerful(), "after=1s");
        proxy.inject(Fault.forbidden(), 8, onceAJobIsThere(this::writesTheEngine));

        run();

        assertThat(createdJobs()).hasSize(2);
        assertThat(kubelet.runner(ENGINE + "-runner").output())
                .contains("cannot be written")
                .contains("is written again after");
    }

    @Test
    void aTokenThatRotatesInMidRunCostsNothingButTime() {
        create(namespace.powerful(), "after=1s");
        proxy.inject(Fault.status(401, "Unauthorized"), 4, onceAJobIsThere(this::writesTheEngine));

        run();

        assertThat(createdJobs()).hasSize(2);
    }

    @Test
    @Tag("exhaustive")
    void aServerThatIsAwayForAMinuteCostsNothingButTime() {
        create(namespace.powerful(), "after=2s");
        var away = new AtomicBoolean(true);
        var timer = CompletableFuture.delayedExecutor(60, TimeUnit.SECONDS);
        var begun = new AtomicBoolean();
        proxy.inject(
                new Fault.Unreached(),
                Integer.MAX_VALUE,
                onceAJobIsThere(call -> {
                    if (begun.compareAndSet(false, true)) {
                        timer.execute(() -> away.set(false));
                    }
                    return away.get();
                }));

        run();

        assertThat(away).isFalse();
        assertThat(createdJobs()).hasSize(2);
    }

    @Test
    @Tag("exhaustive")
    void aServerThatTakesFiveSecondsForEachAnswerCostsNothingButTime() {
        create(namespace.powerful(), "after=2s");
        proxy.inject(
                new Fault.Delay(Duration.ofSeconds(5)),
                Integer.MAX_VALUE,
                call -> !call.verb().equals("watch"));

        run();

        assertThat(createdJobs()).hasSize(2);
    }

    /** The first watches are cut; those that follow begin from versions that are gone by then. */
    @Test
    @Tag("exhaustive")
    void aCompactionOfTheDatabaseCostsNothingButTime() {
        create(namespace.powerful(), "after=2s");
        proxy.inject(new Fault.Unanswered(), 3, call -> call.verb().equals("watch"));
        proxy.inject(
                new Fault.After(controlPlane::compact), 6, call -> call.verb().equals("watch"));

        run();

        assertThat(createdJobs()).hasSize(2);
        assertThat(proxy.calls().stream().filter(call -> call.verb().equals("watch")))
                .hasSizeGreaterThan(3);
    }

    /** Close to what etcd stores at most, 1.5 MiB. */
    @Test
    @Tag("exhaustive")
    void anEngineAsLargeAsAnyIsRunAndWritten() {
        var env =
                IntStream.range(0, 14)
                        .mapToObj(i -> Map.of("name", "LARGE_" + i, "value", "x".repeat(100_000)))
                        .toList();
        namespace.experiment("pod-delete");
        namespace.experiment("pod-cpu-hog");
        var large = new LinkedHashMap<String, Object>();
        large.put("env", env);
        namespace
                .newEngine(ENGINE)
                .account(namespace.powerful())
                .experiment("pod-delete", "after=1s")
                .experiment("pod-cpu-hog", large)
                .create();

        run();

        assertThat(createdJobs()).hasSize(2);
    }

    private Predicate<Call> onceAJobIsThere(Predicate<Call> which) {
        return call -> !createdJobs().isEmpty() && which.test(call);
    }

    private boolean writesTheEngine(Call call) {
        return call.is("patch", "chaosengines") || call.is("update", "chaosengines");
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
        long begin = System.nanoTime();
        RunnerPod.create(namespace, ENGINE).awaitCompletion(kubelet);
        System.out.printf(
                "the run took %d s, with %d calls%n",
                Duration.ofNanos(System.nanoTime() - begin).toSeconds(), proxy.calls().size());
        assertThat(namespace.entries(ENGINE))
                .extracting((Map<String, String> entry) -> entry.get("verdict"))
                .containsExactly("Pass", "Pass");
    }

    private List<Call> createdJobs() {
        return proxy.calls("create", "jobs").stream().filter(call -> call.status() == 201).toList();
    }
}
