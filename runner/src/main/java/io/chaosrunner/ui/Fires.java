package io.chaosrunner.ui;

import io.chaosrunner.cluster.Cluster;
import io.chaosrunner.cluster.ClusterException;
import io.chaosrunner.control.HolidayLists;
import io.chaosrunner.control.NextFires;
import io.chaosrunner.crd.Engine;
import io.chaosrunner.model.EngineRef;
import io.chaosrunner.schedule.Preview;
import io.chaosrunner.strategy.InvalidParameters;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;

/**
 * Foretells the fires of engines as {@code next} does, each within a second: whoever writes a
 * schedule is not to stop the page of all others. Owned by one thread.
 */
final class Fires {
    private static final int SHOWN = 3;
    private static final Duration BUDGET = Duration.ofSeconds(1);

    /** Holidays may change meanwhile. */
    private static final Duration FRESH = Duration.ofMinutes(5);

    /** So many that go on for ever are too much for one process. */
    private static final int MOST_LOST = 4;

    private final HolidayLists lists;
    private final Map<EngineRef, Known> known = new HashMap<>();
    private final Set<Thread> lost = new HashSet<>();

    /**
     * What comes next of a schedule.
     *
     * @param fires when runs are to begin, in order
     * @param note what else is to be said, or why nothing is known; may be empty
     * @param good whether the schedule can be used
     */
    record Coming(List<Instant> fires, String note, boolean good) {}

    private record Known(String version, Instant at, Optional<Coming> coming) {}

    Fires(Cluster cluster, Clock clock) {
        lists = new HolidayLists(cluster, clock);
    }

    /** Return what comes next of an engine's schedule; empty if it has none. */
    Optional<Coming> of(Engine engine, Instant now) {
        Known last = known.get(engine.ref());
        String version = engine.uid() + " " + engine.resourceVersion();
        boolean fresh =
                last != null
                        && last.version().equals(version)
                        && last.at().plus(FRESH).isAfter(now)
                        && last.coming().stream()
                                .flatMap(coming -> coming.fires().stream())
                                .allMatch(now::isBefore);
        if (last == null || !fresh) {
            last = new Known(version, now, within(engine, now));
            known.put(engine.ref(), last);
        }
        return last.coming();
    }

    /** Forget all engines but these. */
    void keep(Set<EngineRef> refs) {
        known.keySet().retainAll(refs);
    }

    private Optional<Coming> within(Engine engine, Instant now) {
        lost.removeIf(thread -> !thread.isAlive());
        if (lost.size() >= MOST_LOST) {
            return bad("not computed: too many schedules take too long");
        }
        var task = new FutureTask<>(() -> compute(engine, now));
        Thread thread = Thread.ofPlatform().name("ui-fires").daemon().start(task);
        try {
            return task.get(BUDGET.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            task.cancel(true);
            lost.add(thread);
            return bad("its times take too long to compute");
        } catch (ExecutionException e) {
            return bad("cannot be read: " + e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return bad("interrupted");
        }
    }

    private Optional<Coming> compute(Engine engine, Instant now) {
        try {
            return NextFires.of(
                            engine,
                            true,
                            Map.of(),
                            names -> lists.read(engine.namespace(), names).lists(),
                            now.truncatedTo(ChronoUnit.SECONDS).plusSeconds(1),
                            SHOWN)
                    .map(next -> coming(next, now));
        } catch (InvalidParameters e) {
            return bad(
                    e.problems().stream().map(String::valueOf).collect(Collectors.joining("; ")));
        } catch (ClusterException e) {
            return bad(String.valueOf(e.getMessage()));
        }
    }

    private static Coming coming(NextFires next, Instant now) {
        var notes = new ArrayList<String>();
        next.standstill().ifPresent(why -> notes.add("nothing starts: " + why));
        next.doubt().ifPresent(notes::add);
        if (next.schedule().policy().suspendedAt(now)) {
            notes.add(
                    "suspended"
                            + next.schedule()
                                    .policy()
                                    .resume()
                                    .map(at -> " until " + at)
                                    .orElse(""));
        }
        next.preview().end().ifPresent(why -> notes.add("then it is over: " + why));
        return new Coming(
                next.preview().fires().stream().map(Preview.Entry.Fires::start).toList(),
                String.join("; ", notes),
                next.doubt().isEmpty());
    }

    private static Optional<Coming> bad(String why) {
        return Optional.of(new Coming(List.of(), why, false));
    }
}
