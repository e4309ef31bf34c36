package io.chaosrunner.control;

import io.chaosrunner.claim.Claim;
import io.chaosrunner.claim.FireLedger.Answer;
import io.chaosrunner.claim.Trigger;
import io.chaosrunner.cluster.Cluster;
import io.chaosrunner.cluster.ClusterException;
import io.chaosrunner.cluster.ClusterException.Kind;
import io.chaosrunner.cluster.Resource;
import io.chaosrunner.crd.Engine;
import io.chaosrunner.engine.EngineWriter;
import io.chaosrunner.model.EngineRef;
import io.chaosrunner.model.TimeWords;
import io.chaosrunner.schedule.EngineSchedule;
import io.chaosrunner.strategy.InvalidParameters;
import io.chaosrunner.strategy.InvalidParameters.Problem;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * A request to whoever drives an engine's schedule for a run at once that counts, and the answer to
 * it.
 *
 * <p>All that is stored is the request, an annotation of the engine. It is answered once, in the
 * claim: by the write that starts its run, or that says why none is started. Whoever asks can be
 * killed at any moment; a request that nobody takes ends by itself.
 */
public final class Triggering {
    private static final Duration POLL = Duration.ofSeconds(1);
    private static final int MOST_CONFLICTS = 20;

    private final Cluster cluster;
    private final Clock clock;
    private final Duration poll;
    private final Consumer<String> tell;
    private final HolidayLists lists;

    /**
     * What is asked for.
     *
     * @param id names the request, so that it can be repeated; empty for a fresh one
     * @param by who asks
     * @param note why, for people
     * @param force whether windows and a suspension do not count
     * @param patience how long it waits to be taken, at most an hour
     */
    public record Wish(
            Optional<String> id, String by, String note, boolean force, Duration patience) {}

    /** What came of it. */
    public sealed interface Outcome {
        /** There is no such engine. */
        record Missing() implements Outcome {}

        /** The engine has no schedule. */
        record Unscheduled() implements Outcome {}

        /** The engine's schedule cannot be used. */
        record Unusable(List<Problem> problems) implements Outcome {}

        /** A run would be started now: nothing was stored. */
        record Possible() implements Outcome {}

        /** A run was started for the request. */
        record Started(String id, Optional<Long> run) implements Outcome {}

        /** No run is started for it. */
        record Declined(String why) implements Outcome {}

        /** Nobody has answered in time. */
        record Unanswered(String why) implements Outcome {}
    }

    /**
     * @param tell hears what is waited for
     */
    public Triggering(Cluster cluster, Clock clock, Consumer<String> tell) {
        this(cluster, clock, POLL, tell);
    }

    public Triggering(Cluster cluster, Clock clock, Duration poll, Consumer<String> tell) {
        this.cluster = cluster;
        this.clock = clock;
        this.poll = poll;
        this.tell = tell;
        lists = new HolidayLists(cluster, clock);
    }

    /**
     * Ask, and wait for the answer.
     *
     * @param dryRun whether only to say what would become of it
     */
    public Outcome trigger(EngineRef ref, Wish wish, boolean dryRun) {
        String id = wish.id().orElseGet(() -> UUID.randomUUID().toString());
        for (int conflicts = 0; conflicts < MOST_CONFLICTS; conflicts++) {
            Optional<Engine> read = read(ref);
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
            Optional<Outcome> answered = answer(schedule.get(), id);
            if (answered.isPresent()) {
                return answered.get();
            }
            Optional<Trigger> pending = schedule.get().trigger();
            if (pending.isPresent()) {
                return join(read.get(), pending.get(), wish, dryRun);
            }
            Instant now = clock.instant().truncatedTo(ChronoUnit.MILLIS);
            var trigger =
                    new Trigger(
                            id,
                            now,
                            now.plus(wish.patience()),
                            schedule.get().lastRunId(),
                            wish.by(),
                            wish.note(),
                            wish.force());
            // Who may not read a list here leaves it to whoever answers.
            Optional<String> objection = lists.assuming(schedule.get()).objectionNow(trigger, now);
            if (objection.isPresent()) {
                return new Outcome.Declined(objection.get());
            }
            if (dryRun) {
                return new Outcome.Possible();
            }
            if (write(read.get(), Optional.of(trigger)).isPresent()) {
                return await(read.get(), trigger);
            }
        }
        throw new ClusterException(
                Kind.SERVER,
                "ChaosEngine %s changed %d times while it was being triggered"
                        .formatted(ref, MOST_CONFLICTS));
    }

    /** A request that waits already is most likely this one, of a command that was killed. */
    private Outcome join(Engine engine, Trigger pending, Wish wish, boolean dryRun) {
        String whose =
                "trigger of %s by %s (--id %s)"
                        .formatted(
                                TimeWords.at(pending.at(), clock.instant()),
                                pending.by(),
                                pending.id());
        if (dryRun || wish.id().filter(id -> !id.equals(pending.id())).isPresent()) {
            return new Outcome.Declined("the %s waits already".formatted(whose));
        }
        tell.accept("the %s waits already, and is waited for".formatted(whose));
        return await(engine, pending);
    }

    private Optional<Engine> read(EngineRef ref) {
        return cluster.get(Resource.ENGINES, ref.namespace(), ref.name()).map(Engine::new);
    }

    private static Optional<Outcome> answer(EngineSchedule schedule, String id) {
        Optional<Claim> claim = schedule.claim();
        Optional<Answer> answer = claim.flatMap(held -> held.fires().answer(id));
        return answer.map(given ->
                given.isStarted()
                        ? new Outcome.Started(
                                id,
                                claim.filter(held ->
                                                held.fires()
                                                        .started()
                                                        .filter(fire ->
                                                                fire.cause().id().equals(id))
                                                        .isPresent())
                                        .map(held -> held.run().number()))
                        : new Outcome.Declined(given.why()));
    }

    /** Write a request, or take it away; empty if the engine changed meanwhile. */
    private Optional<EngineWriter.Taken> write(Engine read, Optional<Trigger> trigger) {
        ObjectNode patch = JsonNodeFactory.instance.objectNode();
        ObjectNode metadata = patch.putObject("metadata");
        metadata.put("resourceVersion", read.resourceVersion());
        ObjectNode annotations = metadata.putObject("annotations");
        trigger.ifPresentOrElse(
                asked -> annotations.put(Trigger.ANNOTATION, asked.text()),
                () -> annotations.putNull(Trigger.ANNOTATION));
        return EngineWriter.take(cluster, read, patch);
    }

    private Outcome await(Engine asked, Trigger trigger) {
        Duration patience = Duration.between(trigger.at(), trigger.until());
        long end = System.nanoTime() + patience.toNanos();
        while (true) {
            boolean late = System.nanoTime() >= end;
            Optional<Engine> now = read(asked.ref()).filter(live -> live.uid().equals(asked.uid()));
            if (now.isEmpty()) {
                return new Outcome.Declined("the engine was deleted");
            }
            Optional<EngineSchedule> schedule;
            try {
                schedule = EngineSchedule.of(now.get());
            } catch (InvalidParameters | Claim.Unreadable e) {
                schedule = Optional.empty();
            }
            Optional<Outcome> answered = schedule.flatMap(read -> answer(read, trigger.id()));
            if (answered.isPresent()) {
                return answered.get();
            }
            if (schedule.isPresent() && !isPending(schedule.get(), trigger)) {
                return new Outcome.Declined("the request was withdrawn");
            }
            if (late) {
                Optional<String> running = schedule.flatMap(EngineSchedule::whatGoesOn);
                if (running.isPresent()) {
                    return new Outcome.Unanswered(
                            "%s is going on, and the request (--id %s) waits for its end"
                                    .formatted(running.get(), trigger.id()));
                }
                if (write(now.get(), Optional.empty()).isPresent()) {
                    return new Outcome.Unanswered(
                            "nobody took the request within %s, and it was withdrawn; is chaos-runner schedule running, and does it drive namespace %s?"
                                    .formatted(TimeWords.of(patience), asked.namespace()));
                }
            } else {
                LockSupport.parkNanos(poll.toNanos());
            }
        }
    }

    private static boolean isPending(EngineSchedule schedule, Trigger trigger) {
        return schedule.trigger().filter(each -> each.id().equals(trigger.id())).isPresent();
    }
}
