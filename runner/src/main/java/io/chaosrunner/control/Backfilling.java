package io.chaosrunner.control;

import io.chaosrunner.claim.Backfill;
import io.chaosrunner.claim.Claim;
import io.chaosrunner.cluster.Cluster;
import io.chaosrunner.cluster.ClusterException;
import io.chaosrunner.cluster.ClusterException.Kind;
import io.chaosrunner.cluster.Resource;
import io.chaosrunner.crd.Engine;
import io.chaosrunner.crd.WrittenTime;
import io.chaosrunner.engine.EngineWriter;
import io.chaosrunner.history.RunHistory;
import io.chaosrunner.history.RunHistory.Remembered;
import io.chaosrunner.history.RunRecord;
import io.chaosrunner.holidays.HolidayList;
import io.chaosrunner.model.EngineRef;
import io.chaosrunner.model.TimeWords;
import io.chaosrunner.schedule.EngineSchedule;
import io.chaosrunner.schedule.Timetable;
import io.chaosrunner.strategy.InvalidParameters;
import io.chaosrunner.strategy.InvalidParameters.Problem;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * A request to whoever drives an engine's schedule for the runs of fires that are past and started
 * none.
 *
 * <p>What is asked for is a list of fires, made once and stored as an annotation of the engine: who
 * starts its runs, one after another, needs nothing else, and leaves none out and starts none twice
 * whoever is killed.
 */
public final class Backfilling {
    private static final int MOST_CONFLICTS = 20;

    private final Cluster cluster;
    private final Clock clock;
    private final HolidayLists lists;

    /** What came of it. */
    public sealed interface Outcome {
        /** There is no such engine. */
        record Missing() implements Outcome {}

        /** The engine has no schedule. */
        record Unscheduled() implements Outcome {}

        /** The engine's schedule cannot be used. */
        record Unusable(List<Problem> problems) implements Outcome {}

        /**
         * These fires are asked for, or would be.
         *
         * @param ran how many of the range are left out, as they have run
         */
        record Asked(List<Instant> fires, long ran) implements Outcome {}

        /** Nothing is asked for. */
        record Declined(String why) implements Outcome {}

        /** No more runs of it begin; so many fires were left. */
        record Stopped(long left) implements Outcome {}
    }

    public Backfilling(Cluster cluster, Clock clock) {
        this.cluster = cluster;
        this.clock = clock;
        lists = new HolidayLists(cluster, clock);
    }

    /**
     * Ask for the fires from one instant to another, which belongs to them.
     *
     * @param by who asks
     * @param dryRun whether only to say which fires they are
     */
    public Outcome backfill(EngineRef ref, Instant from, Instant until, String by, boolean dryRun) {
        return changing(
                ref,
                schedule -> {
                    Instant now = clock.instant();
                    if (schedule.backfill(now).isPresent()) {
                        return new Planned(
                                new Outcome.Declined(
                                        "a backfill by %s of %d fires goes on; wait for its end, or stop it: chaos-runner backfill %s -n %s --stop"
                                                .formatted(
                                                        schedule.backfill().orElseThrow().by(),
                                                        schedule.backfill()
                                                                .orElseThrow()
                                                                .fires()
                                                                .size(),
                                                        ref.name(),
                                                        ref.namespace())),
                                Optional.empty());
                    }
                    return plan(schedule, from, until, by, dryRun, now);
                });
    }

    /** Stop what is asked for: a run that goes on ends by itself, and no other begins. */
    public Outcome stop(EngineRef ref) {
        return changing(
                ref,
                schedule -> {
                    long left =
                            schedule.backfill(clock.instant())
                                    .map(next ->
                                            schedule.backfill().orElseThrow().fires().stream()
                                                    .filter(at -> !at.isBefore(next.at()))
                                                    .count())
                                    .orElse(0L);
                    return new Planned(
                            new Outcome.Stopped(left),
                            schedule.engine().annotation(Backfill.ANNOTATION).isEmpty()
                                    ? Optional.empty()
                                    : Optional.of(""));
                });
    }

    /**
     * What is to be answered, and what is stored before.
     *
     * @param text the annotation; an empty one is taken away
     */
    private record Planned(Outcome outcome, Optional<String> text) {}

    @FunctionalInterface
    private interface Planning {
        Planned of(EngineSchedule schedule);
    }

    private Outcome changing(EngineRef ref, Planning planning) {
        for (int conflicts = 0; conflicts < MOST_CONFLICTS; conflicts++) {
            Optional<Engine> read =
                    cluster.get(Resource.ENGINES, ref.namespace(), ref.name()).map(Engine::new);
            if (read.isEmpty()) {
                return new Outcome.Missing();
            }
            Optional<EngineSchedule> schedule;
            try {
                schedule = EngineSchedule.of(read.get());
            } catch (InvalidParameters e) {
                return new Outcome.Unusable(e.problems());
            } catch (Claim.Unreadable e) {
                return new Outcome.Declined(String.valueOf(e.getMessage()));
            }
            if (schedule.isEmpty()) {
                return new Outcome.Unscheduled();
            }
            Planned planned = planning.of(schedule.get());
            if (planned.text().isEmpty() || write(read.get(), planned.text().get())) {
                return planned.outcome();
            }
        }
        throw new ClusterException(
                Kind.SERVER,
                "ChaosEngine %s changed %d times while it was being backfilled"
                        .formatted(ref, MOST_CONFLICTS));
    }

    private boolean write(Engine read, String text) {
        ObjectNode patch = JsonNodeFactory.instance.objectNode();
        ObjectNode metadata = patch.putObject("metadata");
        metadata.put("resourceVersion", read.resourceVersion());
        ObjectNode annotations = metadata.putObject("annotations");
        if (text.isEmpty()) {
            annotations.putNull(Backfill.ANNOTATION);
        } else {
            annotations.put(Backfill.ANNOTATION, text);
        }
        return EngineWriter.take(cluster, read, patch).isPresent();
    }

    private Planned plan(
            EngineSchedule schedule,
            Instant from,
            Instant until,
            String by,
            boolean dryRun,
            Instant now) {
        Remembered remembered = RunHistory.of(cluster, schedule.engine());
        Optional<String> unknown = unknown(schedule, remembered, from);
        if (unknown.isPresent()) {
            return declined(unknown.get());
        }
        Set<Instant> ran =
                remembered.runs().runs().stream()
                        .flatMap(run -> WrittenTime.read(run.text("fire")).stream())
                        .collect(Collectors.toCollection(HashSet::new));
        Map<String, HolidayList> holidays =
                lists.read(schedule.engine().namespace(), schedule.spec().lists()).lists();
        Optional<String> doubt =
                holidays.values().stream()
                        .filter(HolidayList.Unknown.class::isInstance)
                        .map(HolidayList.Unknown.class::cast)
                        .map(HolidayList.Unknown::why)
                        .findFirst();
        if (doubt.isPresent()) {
            return declined("it is not known which fires were on holidays: " + doubt.get());
        }
        Timetable timetable = schedule.timetable().knowing(holidays).starting();
        // What is not settled yet starts its run by itself.
        Instant last = schedule.settled().isBefore(until) ? schedule.settled() : until;
        var fires = new ArrayList<Instant>();
        long left = 0;
        Optional<Instant> fire = timetable.next(from.minusNanos(1));
        while (fire.isPresent() && !fire.get().isAfter(last)) {
            if (ran.contains(fire.get())) {
                left++;
            } else {
                fires.add(fire.get());
            }
            if (fires.size() > Backfill.MOST_FIRES) {
                return declined(
                        "there are more than %d fires from %s on that did not run; ask for fewer: --until %s"
                                .formatted(
                                        Backfill.MOST_FIRES,
                                        TimeWords.at(fires.getFirst(), now),
                                        fires.get(Backfill.MOST_FIRES - 1)));
            }
            fire = timetable.next(fire.get());
        }
        if (fires.isEmpty()) {
            return declined(
                    "no fire from %s to %s is past and did not run%s"
                            .formatted(
                                    TimeWords.at(from, now),
                                    TimeWords.at(last, now),
                                    left == 0 ? "" : " (%d have run)".formatted(left)));
        }
        Optional<String> over = schedule.end();
        if (over.isPresent()) {
            return declined("the schedule is over: " + over.get());
        }
        var backfill =
                new Backfill(
                        UUID.randomUUID().toString(),
                        now.truncatedTo(ChronoUnit.MILLIS),
                        schedule.spec().hash(),
                        by,
                        fires);
        return new Planned(
                new Outcome.Asked(fires, left),
                dryRun ? Optional.empty() : Optional.of(backfill.text()));
    }

    private static Planned declined(String why) {
        return new Planned(new Outcome.Declined(why), Optional.empty());
    }

    /**
     * Say why it is not known which fires have run: the history is bounded. Runs that it has
     * forgotten began before those that it has, and so did their fires.
     */
    private static Optional<String> unknown(
            EngineSchedule schedule, Remembered remembered, Instant from) {
        if (!remembered.problems().isEmpty()) {
            return Optional.of(
                    "which fires have run is not known: "
                            + String.join("; ", remembered.problems()));
        }
        long last = schedule.claim().filter(Claim::isOfRun).map(c -> c.run().number()).orElse(0L);
        Optional<RunRecord> oldest = Optional.empty();
        long known = last;
        while (known > 0) {
            Optional<RunRecord> run = remembered.runs().run(known);
            if (run.isEmpty()) {
                break;
            }
            oldest = run;
            known--;
        }
        if (known == 0) {
            return Optional.empty();
        }
        return oldest.map(RunRecord::start).filter(begin -> !from.isBefore(begin)).isPresent()
                ? Optional.empty()
                : Optional.of(
                        "which fires ran before run %d is not known any more, as the history keeps no more runs; begin with --from %s, or have it keep more (history: 100)"
                                .formatted(
                                        known + 1,
                                        oldest.map(RunRecord::start)
                                                .map(Instant::toString)
                                                .orElse("later")));
    }
}
