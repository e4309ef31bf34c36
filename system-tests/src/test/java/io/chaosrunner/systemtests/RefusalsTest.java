package io.chaosrunner.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.systemtests.ApiProxy.Call;
import io.chaosrunner.systemtests.ApiProxy.Fault;
import java.time.Duration;
import java.util.LinkedHashMap;
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

    private final ControlPlane controlPlane;
    private final Stage stage;

    RefusalsTest(ControlPlane controlPlane) {
        this.controlPlane = controlPlane;
        stage = new Stage(controlPlane);
    }

    @AfterEach
    void close() {
        stage.close();
    }

    @Test
    void aRoleThatIsReconciledInMidRunCostsNothingButTime() {
        stage.createTwo(stage.namespace.powerful(), "after=1s");
        stage.proxy.inject(Fault.forbidden(), 8, onceAJobIsThere(this::writesTheEngine));

        run();

        assertThat(stage.createdJobs()).hasSize(2);
        assertThat(stage.kubelet.runner(Stage.RUNNER).output())
                .contains("cannot be written")
                .contains("is written again after");
    }

    @Test
    void aTokenThatRotatesInMidRunCostsNothingButTime() {
        stage.createTwo(stage.namespace.powerful(), "after=1s");
        stage.proxy.inject(
                Fault.status(401, "Unauthorized"), 4, onceAJobIsThere(this::writesTheEngine));

        run();

        assertThat(stage.createdJobs()).hasSize(2);
    }

    @Test
    @Tag("exhaustive")
    void aServerThatIsAwayForAMinuteCostsNothingButTime() {
        stage.createTwo(stage.namespace.powerful(), "after=2s");
        var away = new AtomicBoolean(true);
        var timer = CompletableFuture.delayedExecutor(60, TimeUnit.SECONDS);
        var begun = new AtomicBoolean();
        stage.proxy.inject(
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
        assertThat(stage.createdJobs()).hasSize(2);
    }

    @Test
    @Tag("exhaustive")
    void aServerThatTakesFiveSecondsForEachAnswerCostsNothingButTime() {
        stage.createTwo(stage.namespace.powerful(), "after=2s");
        stage.proxy.inject(
                new Fault.Delay(Duration.ofSeconds(5)),
                Integer.MAX_VALUE,
                call -> !call.verb().equals("watch"));

        run();

        assertThat(stage.createdJobs()).hasSize(2);
    }

    /** The first watches are cut; those that follow begin from versions that are gone by then. */
    @Test
    @Tag("exhaustive")
    void aCompactionOfTheDatabaseCostsNothingButTime() {
        stage.createTwo(stage.namespace.powerful(), "after=2s");
        stage.proxy.inject(new Fault.Unanswered(), 3, call -> call.verb().equals("watch"));
        stage.proxy.inject(
                new Fault.After(controlPlane::compact), 6, call -> call.verb().equals("watch"));

        run();

        assertThat(stage.createdJobs()).hasSize(2);
        assertThat(stage.proxy.calls().stream().filter(call -> call.verb().equals("watch")))
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
        stage.namespace.experiment("pod-delete");
        stage.namespace.experiment("pod-cpu-hog");
        var large = new LinkedHashMap<String, Object>();
        large.put("env", env);
        stage.namespace
                .newEngine(Stage.ENGINE)
                .account(stage.namespace.powerful())
                .experiment("pod-delete", "after=1s")
                .experiment("pod-cpu-hog", large)
                .create();

        run();

        assertThat(stage.createdJobs()).hasSize(2);
    }

    private Predicate<Call> onceAJobIsThere(Predicate<Call> which) {
        return call -> !stage.createdJobs().isEmpty() && which.test(call);
    }

    private boolean writesTheEngine(Call call) {
        return call.is("patch", "chaosengines") || call.is("update", "chaosengines");
    }

    private void run() {
        long begin = System.nanoTime();
        stage.run();
        System.out.printf(
                "the run took %d s, with %d calls%n",
                Duration.ofNanos(System.nanoTime() - begin).toSeconds(),
                stage.proxy.calls().size());
        assertThat(stage.namespace.entries(Stage.ENGINE))
                .extracting((Map<String, String> entry) -> entry.get("verdict"))
                .containsExactly("Pass", "Pass");
    }
}
