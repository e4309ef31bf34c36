package io.chaosrunner.scheduler;

import io.chaosrunner.claim.FireLedger.Skipped;
import io.chaosrunner.claim.SkipCause;
import io.chaosrunner.cluster.ClusterException;
import io.chaosrunner.cluster.Resource;
import io.chaosrunner.control.EngineLaunch;
import io.chaosrunner.control.EngineLaunch.Launch;
import io.chaosrunner.control.EngineLaunch.Readied;
import io.chaosrunner.crd.Engine;
import io.chaosrunner.engine.EngineWriter;
import io.chaosrunner.model.EngineRef;
import io.chaosrunner.model.Fire;
import io.chaosrunner.schedule.EngineSchedule;
import io.chaosrunner.schedule.EngineSchedule.Change;
import io.chaosrunner.schedule.EngineSchedule.Declined;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import tools.jackson.databind.node.ObjectNode;

/**
 * An engine that the service drives: as seen last, what was told of it, and what is written to it.
 * A write is guarded by the version that was decided on, which is not always the one seen last, so
 * a process that leads no more changes nothing, and neither does what is out of date.
 *
 * <p>Used by the thread that drives the engine; {@link #saw} and {@link #seen} by any.
 */
final class DrivenEngine {
    private final SchedulerContext driving;
    private final EngineRef ref;
    private volatile Engine seen;

    /** Whether something of its runs may be there that nobody waits for. */
    private volatile boolean untidy;

    /** Whether what is decided on was heard of, and not read for that. */
    private boolean hearsay;

    /** Whether such a decision came to nothing. */
    private boolean outdated;

    private String told = "";
    private Optional<Fire> toldFire = Optional.empty();
    private boolean setBack;

    DrivenEngine(SchedulerContext driving, Engine engine) {
        this.driving = driving;
        ref = engine.ref();
        seen = engine;
    }

    EngineRef ref() {
        return ref;
    }

    Engine seen() {
        return seen;
    }

    void saw(Engine engine) {
        seen = engine;
    }

    /** Take note whether what is decided on now was read for that, or only heard of. */
    void decidesOn(boolean read) {
        hearsay = !read;
        outdated &= !read;
    }

    /** Tell whether what is decided on was only heard of. */
    boolean isHearsay() {
        return hearsay;
    }

    /** Take note that a decision came to nothing: the next one is made on what is stored. */
    void outdated() {
        outdated = true;
    }

    boolean isOutdated() {
        return outdated;
    }

    /** Read the engine as it is stored now; empty if it is gone, or another one has its name. */
    Optional<Engine> stored() {
        return driving.cluster()
                .get(Resource.ENGINES, ref.namespace(), ref.name())
                .map(Engine::new)
                .filter(engine -> engine.uid().equals(seen.uid()));
    }

    /**
     * Write to the engine; tells whether it is stored, and is seen so.
     *
     * @param decided the engine as it was when this was decided, whose version the patch names
     */
    boolean write(Engine decided, ObjectNode patch) {
        Optional<EngineWriter.Taken> taken = EngineWriter.take(driving.cluster(), decided, patch);
        taken.ifPresent(stored -> seen = stored.engine());
        return taken.isPresent();
    }

    /** Write what a schedule has recorded; tells whether it is stored, and is seen so. */
    boolean write(EngineSchedule decided, Change change) {
        return write(decided.engine(), decided.recording(change, driving.instance(), instant()));
    }

    /** Ready the engine of a schedule, and no other of its name, for its next run; then go on. */
    Optional<Instant> onceReady(
            EngineSchedule schedule, Function<Readied.Ready, Optional<Instant>> then) {
        Readied readied =
                new EngineLaunch(driving.cluster()).readyAgain(schedule.engine(), Launch.DIRECT);
        return switch (readied) {
            case Readied.Ready ready -> {
                seen = ready.engine();
                yield then.apply(ready);
            }
            case Readied.Missing() -> Optional.empty();
            case Readied.Refused(String why) -> {
                refuse(why);
                yield setBack();
            }
        };
    }

    /** Launch what the engine's author may do; else its fire starts no run. */
    Optional<Instant> byAuthor(
            EngineSchedule schedule, Fire fire, Supplier<Optional<Instant>> launch) {
        Optional<String> against;
        try {
            against = driving.authors().against(schedule.engine());
        } catch (ClusterException e) {
            refuse(String.valueOf(e.getMessage()));
            return setBack();
        }
        if (against.isEmpty()) {
            return launch.get();
        }
        String why = against.get();
        refuse(why);
        Optional<Change> settled = settling(schedule, fire, why, SkipCause.FORBIDDEN);
        if (settled.isEmpty()) {
            return setBack();
        }
        untidy = true;
        if (write(schedule, settled.get())) {
            note("fire-skipped", "%s: %s".formatted(fire, why));
            tellSkipped(fire, why, SkipCause.FORBIDDEN);
        }
        return now();
    }

    /** Return what records that a fire starts no run; empty for one that is tried again. */
    static Optional<Change> settling(
            EngineSchedule schedule, Fire fire, String why, SkipCause cause) {
        return switch (fire.cause().kind()) {
            case SCHEDULE ->
                    Optional.of(new Change.Skip(List.of(new Skipped(fire.at(), why, cause))));
            case TRIGGER ->
                    schedule.trigger()
                            .filter(each -> each.id().equals(fire.cause().id()))
                            .map(each -> new Change.Decline(new Declined(each, why)));
            // What a person asked for of the past is tried until they think otherwise.
            case BACKFILL -> Optional.empty();
        };
    }

    /** Return whether something of its runs may be there that nobody waits for. */
    boolean isUntidy() {
        return untidy;
    }

    /** Tell whether something of its runs may be there that nobody waits for; any thread may. */
    void untidy(boolean maybe) {
        untidy = maybe;
    }

    // ---- What is told of it -------------------------------------------------------------------

    void note(String event, String what) {
        driving.listener().note(ref, event, what);
    }

    /** Tell something that holds for a while, unless it was told last. */
    void tellOnce(String event, String what) {
        if (!told.equals(what)) {
            told = what;
            note(event, what);
        }
    }

    /** Tell why nothing is launched, unless it was told last: here, and by an event. */
    Optional<Instant> refuse(String why) {
        if (!told.equals(why)) {
            tellOnce("schedule-refused", why);
            driving.emit(seen, why);
        }
        return Optional.empty();
    }

    /** Tell something each time, here and by an event. */
    void announce(String event, String what) {
        told = what;
        note(event, what);
        driving.emit(seen, what);
    }

    /** Tell that a fire was launched, once: its Job may be made again. */
    void tellFired(EngineSchedule schedule, Fire fire) {
        if (toldFire.filter(fire::equals).isPresent()) {
            return;
        }
        toldFire = Optional.of(fire);
        Instant planned =
                fire.cause().kind() == Fire.Kind.SCHEDULE
                        ? schedule.timetable().start(fire.at())
                        : fire.at();
        driving.listener().fired(ref, fire, planned, instant());
    }

    void tellSkipped(Fire fire, String why, SkipCause cause) {
        if (fire.cause().kind() == Fire.Kind.SCHEDULE) {
            driving.listener().skipped(ref, new Skipped(fire.at(), why, cause));
        }
    }

    void emit(String reason, String what) {
        driving.emit(seen, reason, what);
    }

    /** Return what was told last; empty if it holds no more. */
    String told() {
        return told;
    }

    void toldNothing() {
        told = "";
    }

    // ---- When there is more to do -------------------------------------------------------------

    Instant instant() {
        return driving.clock().instant();
    }

    Optional<Instant> now() {
        return Optional.of(instant());
    }

    Optional<Instant> soon(Duration pause) {
        return Optional.of(instant().plus(pause));
    }

    /** Return the earlier of two times, each of which may be absent. */
    static Optional<Instant> earlier(Optional<Instant> one, Optional<Instant> other) {
        return one.isEmpty() || other.isPresent() && other.get().isBefore(one.get()) ? other : one;
    }

    /** Tell that what was tried did not succeed: the worker says when it is tried again. */
    Optional<Instant> setBack() {
        setBack = true;
        return Optional.empty();
    }

    boolean isSetBack() {
        return setBack;
    }

    void beginStep() {
        setBack = false;
    }
}
