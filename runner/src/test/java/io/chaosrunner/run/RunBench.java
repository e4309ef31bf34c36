package io.chaosrunner.run;

import static org.awaitility.Awaitility.await;

import io.chaosrunner.attempt.WaitLimits;
import io.chaosrunner.claim.StartTable.Caller;
import io.chaosrunner.cluster.Cluster;
import io.chaosrunner.model.ExecutionId;
import io.chaosrunner.model.RunEnd;
import io.chaosrunner.plugin.StrategyCatalogue;
import io.chaosrunner.status.RunNotice;
import io.chaosrunner.testing.EngineWorld;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** Run the engine of a world, here or beside the test, and keep what the run tells. */
public final class RunBench implements AutoCloseable {
    static final WaitLimits IMPATIENT =
            impatient(Duration.ofSeconds(3), Duration.ofMillis(200), Duration.ofSeconds(30));

    /** As the real ones, in proportion to experiments that take a fiftieth of their time. */
    static WaitLimits impatient(Duration refusals, Duration helper, Duration removal) {
        return new WaitLimits(
                Duration.ofSeconds(3),
                Duration.ofSeconds(3),
                Duration.ofSeconds(5),
                Duration.ofMillis(300),
                Duration.ofMillis(600),
                Duration.ofMillis(100),
                refusals,
                Duration.ofMillis(20),
                helper,
                removal);
    }

    /** Run the engine of a world as the operator's pod does. */
    static RunBench operator(EngineWorld world) {
        return new RunBench(world, Caller.OPERATOR);
    }

    /** Run the engine of a world as a person does. */
    static RunBench person(EngineWorld world) {
        return new RunBench(world, Caller.PERSON);
    }

    static RunEnd.Cause cause(RunResult result) {
        return ((RunResult.Completed) result).end().cause();
    }

    public final EngineWorld world;
    public final List<RunNotice> notices = new CopyOnWriteArrayList<>();
    private final Cluster cluster;
    private final Caller caller;
    private Map<String, ?> settings = Map.of();
    private WaitLimits patience = IMPATIENT;
    private Clock clock = Clock.systemUTC();
    private Optional<List<String>> experiments = Optional.empty();
    private EngineRun run;

    public RunBench(EngineWorld world, Caller caller) {
        this(world, caller, world.connect(), "process-1");
    }

    public RunBench(EngineWorld world, Caller caller, Cluster cluster, String process) {
        this.world = world;
        this.caller = caller;
        this.cluster = cluster;
        run = create(process);
        this.process = process;
        if (cluster instanceof MortalCluster mortal) {
            mortal.atDeath(() -> leave("killed"));
        }
    }

    private final String process;

    public RunBench with(Map<String, ?> more) {
        settings = more;
        run = create(process);
        return this;
    }

    RunBench experiments(String... names) {
        experiments = Optional.of(List.of(names));
        run = create(process);
        return this;
    }

    public RunBench with(Clock other) {
        clock = other;
        run = create(process);
        return this;
    }

    public RunBench with(WaitLimits longer) {
        patience = longer;
        run = create(process);
        return this;
    }

    private EngineRun create(String instance) {
        return new EngineRun(
                cluster,
                new RunRequest(
                        EngineWorld.ENGINE,
                        caller,
                        experiments,
                        Optional.empty(),
                        settings,
                        instance),
                StrategyCatalogue.onClassPath(),
                clock,
                notices::add,
                patience);
    }

    public RunResult run() {
        return finished(begin());
    }

    public CompletableFuture<RunResult> begin() {
        var result = new CompletableFuture<RunResult>();
        Thread.ofVirtual()
                .name("run")
                .start(() -> {
                    try {
                        result.complete(run.run());
                    } catch (RuntimeException | Error e) {
                        result.completeExceptionally(e);
                    }
                });
        return result;
    }

    public static RunResult finished(CompletableFuture<RunResult> result) {
        return result.orTimeout(5, TimeUnit.MINUTES).join();
    }

    public void stop(String why) {
        run.stop(why);
    }

    void replace(String why) {
        run.replace(why);
    }

    public void leave(String why) {
        run.leave(why);
    }

    public static void until(BooleanSupplier condition) {
        await().atMost(Duration.ofMinutes(2))
                .pollInterval(Duration.ofMillis(10))
                .until(condition::getAsBoolean);
    }

    /** Wait until an experiment's pod runs. */
    public void untilRunning(String experiment) {
        until(() ->
                notices.stream()
                        .anyMatch(notice ->
                                notice instanceof RunNotice.Running running
                                        && running.experiment().equals(experiment)));
    }

    public void untilTold(Class<? extends RunNotice> notice) {
        until(() -> notices.stream().anyMatch(notice::isInstance));
    }

    public List<String> warnings() {
        return notices.stream()
                .filter(RunNotice.Warning.class::isInstance)
                .map(notice -> ((RunNotice.Warning) notice).message())
                .toList();
    }

    long launches() {
        return notices.stream().filter(RunNotice.Launched.class::isInstance).count();
    }

    static String key(ExecutionId id) {
        return "%d.%d.%d".formatted(id.slot(), id.iteration(), id.attempt());
    }

    @Override
    public void close() {
        cluster.close();
        world.close();
    }
}
