package io.chaosrunner.ui;

import io.chaosrunner.claim.Claim;
import io.chaosrunner.cluster.Cluster;
import io.chaosrunner.cluster.ClusterException;
import io.chaosrunner.cluster.Resource;
import io.chaosrunner.control.EngineStop;
import io.chaosrunner.control.EngineStop.Outcome;
import io.chaosrunner.crd.Engine;
import io.chaosrunner.model.EngineRef;
import io.chaosrunner.plugin.StrategyCatalogue;
import io.chaosrunner.status.EngineStanding;
import io.chaosrunner.status.RunNotice;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * The runs that are stopped from the page, as {@code chaos-runner stop} does, and how each of the
 * last ones went. Safe for use by several threads.
 */
final class Stops {
    /** As the command waits unless told. */
    private static final Duration LONGEST = Duration.ofMinutes(5);

    /** What is removed after the owner was waited for. */
    private static final Duration REMOVAL = Duration.ofMinutes(2);

    private static final int MOST_AT_ONCE = 8;
    private static final int MOST_REMEMBERED = 64;

    private final Cluster cluster;
    private final Supplier<StrategyCatalogue> strategies;
    private final Clock clock;
    private final String instance;
    private final Consumer<EngineRef> changed;
    private final Map<EngineRef, Standing> standings = new LinkedHashMap<>();

    /** The ids of the runs whose stops are not over. */
    private final Map<EngineRef, String> stopping = new HashMap<>();

    /**
     * How a stop stands.
     *
     * @param over whether nothing more is done
     * @param good whether what ran is known to be gone; false while it is not over
     * @param words for people
     */
    record Standing(boolean over, boolean good, String words) {}

    /**
     * @param changed hears of whose stop there is news; must not block
     */
    Stops(
            Cluster cluster,
            Supplier<StrategyCatalogue> strategies,
            Clock clock,
            String instance,
            Consumer<EngineRef> changed) {
        this.cluster = cluster;
        this.strategies = strategies;
        this.clock = clock;
        this.instance = instance;
        this.changed = changed;
    }

    /** Return how the last stop of an engine stands; empty if there was none. */
    synchronized Optional<Standing> of(EngineRef ref) {
        return Optional.ofNullable(standings.get(ref));
    }

    /**
     * Begin to stop the run that a person saw, and return at once.
     *
     * @param run its id; empty if it has none that is known
     * @return why nothing was begun; empty if it was
     */
    Optional<String> begin(EngineRef ref, String run) {
        Optional<Engine> engine =
                cluster.get(Resource.ENGINES, ref.namespace(), ref.name()).map(Engine::new);
        if (engine.isEmpty()) {
            return Optional.of("ChaosEngine %s does not exist any more".formatted(ref));
        }
        if (!run.equals(run(engine.get()))) {
            return Optional.of(
                    "the run that was to be stopped is over, and another one has begun: look at it before you stop it");
        }
        synchronized (this) {
            String earlier = stopping.get(ref);
            if (earlier != null) {
                return earlier.equals(run)
                        ? Optional.empty()
                        : Optional.of(
                                "an earlier run of it is still being stopped from here; try again when that is over");
            }
            if (stopping.size() >= MOST_AT_ONCE) {
                return Optional.of(
                        "%d runs are being stopped from here; wait until one is over"
                                .formatted(stopping.size()));
            }
            stopping.put(ref, run);
            put(ref, new Standing(false, false, "the run is being stopped"));
        }
        var _ = Thread.ofVirtual().name("ui-stop").start(() -> stop(engine.get()));
        changed.accept(ref);
        return Optional.empty();
    }

    /** Return whose stops are not over. */
    synchronized List<EngineRef> going() {
        return List.copyOf(stopping.keySet());
    }

    /** Wait until all are over, a little longer than each may take. */
    synchronized void await() {
        long end = System.nanoTime() + LONGEST.plus(REMOVAL).toNanos();
        try {
            for (long left = 1; !stopping.isEmpty() && left > 0; ) {
                left = (end - System.nanoTime()) / 1_000_000;
                wait(Math.max(1, left));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Return what tells an engine's run from a later one; empty if nobody of ours carries it. */
    static String run(Engine engine) {
        return EngineStanding.of(engine).claim().map(Claim::run).map(run -> run.id()).orElse("");
    }

    private void stop(Engine engine) {
        EngineRef ref = engine.ref();
        Standing end;
        try {
            var stop =
                    new EngineStop(
                            cluster,
                            strategies.get(),
                            clock,
                            notice -> tell(ref, notice),
                            instance);
            end =
                    switch (stop.stop(engine, LONGEST, false)) {
                        case Outcome.NotFound() ->
                                new Standing(true, true, "the engine does not exist any more");
                        case Outcome.NothingRuns() ->
                                new Standing(true, true, "nothing is running");
                        case Outcome.Stopped(var _) ->
                                new Standing(true, true, "stopped, and what ran is gone");
                        case Outcome.NotStopped(String why) -> new Standing(true, false, why);
                    };
        } catch (ClusterException e) {
            end = new Standing(true, false, "not known to be stopped: " + e.getMessage());
        } catch (RuntimeException | Error e) {
            // A strategy's jar may lack a class.
            end = new Standing(true, false, "this is a bug; the run may go on: " + e);
        }
        synchronized (this) {
            stopping.remove(ref);
        }
        tell(ref, end);
    }

    private void tell(EngineRef ref, RunNotice notice) {
        switch (notice) {
            case RunNotice.Waiting(String why) -> tell(ref, new Standing(false, false, why));
            case RunNotice.Warning(String message) ->
                    tell(ref, new Standing(false, false, message));
            case RunNotice.Stopping stopping ->
                    tell(
                            ref,
                            new Standing(
                                    false,
                                    false,
                                    "removing Job %s of %s"
                                            .formatted(stopping.job(), stopping.experiment())));
            default -> {}
        }
    }

    private void tell(EngineRef ref, Standing standing) {
        put(ref, standing);
        changed.accept(ref);
    }

    private synchronized void put(EngineRef ref, Standing standing) {
        standings.put(ref, standing);
        notifyAll();
        standings.entrySet().stream()
                .filter(each -> each.getValue().over() && !each.getKey().equals(ref))
                .limit(Math.max(0, standings.size() - MOST_REMEMBERED))
                .map(Map.Entry::getKey)
                .toList()
                .forEach(standings::remove);
    }
}
