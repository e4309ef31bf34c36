package io.chaosrunner.claim;

import static java.util.Objects.requireNonNull;

import io.chaosrunner.crd.Engine;
import io.chaosrunner.model.ExecutionId;
import io.chaosrunner.model.Fire;
import io.chaosrunner.model.ForeignText;
import io.chaosrunner.model.RunId;
import java.io.Serial;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Who runs what: the annotation {@value #ANNOTATION} on the engine.
 *
 * <p>Written in the same guarded write as the status entries, so two processes can never both own a
 * run, and a run can be resumed from the engine and its Jobs alone. Immutable.
 *
 * @param start what is fixed when the run starts
 * @param instance the process that owns the run
 * @param standing where the run stands
 * @param progress what was done of the run
 * @param fires which fires of the engine's schedule are settled
 */
public record Claim(
        Start start, String instance, Standing standing, Progress progress, FireLedger fires) {

    /**
     * What is fixed when a run starts: whoever takes it up goes on with the same.
     *
     * @param run number and id
     * @param time the first start of the run
     * @param seed seed of all randomness
     * @param execution the execution settings as read at the start of the run; editing the engine's
     *     annotation changes the next run only
     * @param engineState the engine's {@code engineState} at the start of the run; where no
     *     operator has a say, any later edit of it stops the run
     * @param past what the strategy may know of earlier runs
     */
    public record Start(
            RunId run,
            Instant time,
            long seed,
            ObjectNode execution,
            String engineState,
            EarlierRuns past) {
        public Start {
            requireNonNull(run, "run is null");
        }

        /** Return the start of a run that knows of none before it. */
        public Start(RunId run, Instant time, long seed, ObjectNode execution, String engineState) {
            this(run, time, seed, execution, engineState, EarlierRuns.NONE);
        }
    }

    /**
     * Where a run stands, and why.
     *
     * @param reason why it stops or ended; empty while it runs
     * @param ending who ended the launching, in the run's own word; empty while it goes on, or if
     *     the plan says so again when it is asked; of a finished run never empty, unless somebody
     *     else than its owner declared it finished
     * @param runEnd when the run was seen to be over; empty while it goes on, or if nobody saw it
     */
    public record Standing(State state, String reason, String ending, Optional<Instant> runEnd) {
        public Standing {
            reason = cut(reason, LONGEST_REASON);
            requireNonNull(runEnd, "runEnd is null");
        }

        /** Return the standing of a run that was not seen to be over. */
        public Standing(State state, String reason, String ending) {
            this(state, reason, ending, Optional.empty());
        }
    }

    /**
     * What was done of a run.
     *
     * @param starts how many processes have taken this run up since it last made progress
     * @param log the finished attempts, in the order they ended
     * @param skipped the slots that were skipped, with the reason first given; empty if there was
     *     no room for it
     */
    public record Progress(int starts, List<LoggedAttempt> log, Map<Integer, String> skipped) {
        public Progress {
            log = List.copyOf(log);
            skipped = Collections.unmodifiableMap(new LinkedHashMap<>(skipped));
        }
    }

    /** Where the claim is kept. */
    public static final String ANNOTATION = "chaosrunner.io/run";

    /** Where a run is asked to stop: its id. */
    public static final String STOP_ANNOTATION = "chaosrunner.io/stop";

    /** The claim must leave room for the user's own annotations (256 KiB in all). */
    public static final int MOST_BYTES = 32 * 1024;

    private static final int LONGEST_REASON = 500;
    private static final int LONGEST_WHY = 100;
    private static final int LONGEST_PROBLEM = 200;

    /** Of why a slot was skipped; the record of the run keeps as much. */
    public static final int LONGEST_SKIP = 200;

    /** Where a run stands. */
    public enum State {
        /** Experiments are launched and watched. */
        RUNNING("running"),
        /** Nothing more is launched; what runs is being stopped. */
        STOPPING("stopping"),
        /** Over. */
        FINISHED("finished");

        private final String word;

        State(String word) {
            this.word = word;
        }

        String word() {
            return word;
        }
    }

    public Claim {
        requireNonNull(instance, "instance is null");
    }

    /** Return the claim of a run that begins. */
    public static Claim begun(Start start, String instance, FireLedger fires) {
        return new Claim(
                start,
                instance,
                new Standing(State.RUNNING, "", ""),
                new Progress(1, List.of(), Map.of()),
                fires);
    }

    /**
     * Return the claim of an engine that has not run yet, so that fires can be settled all the
     * same: nobody has started its run 1.
     */
    public static Claim ofNoRun(Engine engine, String instance, Instant now) {
        ObjectNode settings = JsonMapper.shared().createObjectNode();
        return new Claim(
                new Start(new RunId(1, "none"), now, 0, settings, engine.engineState()),
                instance,
                new Standing(State.FINISHED, "no run yet", ""),
                new Progress(0, List.of(), Map.of()),
                FireLedger.NONE);
    }

    public RunId run() {
        return start.run();
    }

    public Instant runStart() {
        return start.time();
    }

    public long seed() {
        return start.seed();
    }

    public ObjectNode execution() {
        return start.execution();
    }

    public String engineState() {
        return start.engineState();
    }

    public EarlierRuns past() {
        return start.past();
    }

    public State state() {
        return standing.state();
    }

    public String reason() {
        return standing.reason();
    }

    public String ending() {
        return standing.ending();
    }

    public Optional<Instant> runEnd() {
        return standing.runEnd();
    }

    public int starts() {
        return progress.starts();
    }

    public List<LoggedAttempt> log() {
        return progress.log();
    }

    public Map<Integer, String> skipped() {
        return progress.skipped();
    }

    /** Tell whether this claims a run; otherwise it only settles fires. */
    public boolean isOfRun() {
        return progress.starts > 0;
    }

    /** Tell whether a pod that the scheduling service made owns, or owned, the run. */
    public boolean isOfServicesPod() {
        return Owner.of(instance) == Owner.SERVICES_POD;
    }

    /** Tell whether the scheduling service, or a pod that it made, owns or owned the run. */
    public boolean isOfService() {
        return Owner.of(instance) != Owner.OTHER;
    }

    /** Return the number of the run after this one. */
    public long nextNumber() {
        return isOfRun() ? run().number() + 1 : run().number();
    }

    /** Report a claim that cannot be read: somebody edited the annotation. */
    public static final class Unreadable extends RuntimeException {
        @Serial private static final long serialVersionUID = 1L;

        Unreadable(String engine, String why) {
            super(
                    "annotation %s of ChaosEngine %s cannot be read (%s); it belongs to the runner: remove it if no run is under way"
                            .formatted(
                                    ANNOTATION, engine, ForeignText.oneLine(why, LONGEST_PROBLEM)));
        }
    }

    /**
     * Read the claim on an engine; empty if there is none.
     *
     * @throws Unreadable if it is not a claim
     */
    public static Optional<Claim> of(Engine engine) {
        return engine.annotation(ANNOTATION)
                .filter(text -> !text.isBlank())
                .map(text -> {
                    try {
                        return ClaimText.read(text);
                    } catch (RuntimeException e) {
                        // Anybody may have written it: whatever it holds is no bug of ours.
                        throw new Unreadable(
                                engine.ref().toString(), String.valueOf(e.getMessage()));
                    }
                });
    }

    /** Return the annotation's value. */
    public String text() {
        return ClaimText.of(this);
    }

    /**
     * Return this claim, by which a run is to be taken up.
     *
     * @throws Unreadable if it tells of experiments that the engine's status does not list
     */
    Claim matching(Engine engine) {
        int entries = engine.statusEntries().size();
        int slots =
                IntStream.concat(
                                        progress.log.stream().mapToInt(LoggedAttempt::slot),
                                        progress.skipped.keySet().stream().mapToInt(slot -> slot))
                                .max()
                                .orElse(-1)
                        + 1;
        if (slots > entries) {
            throw new Unreadable(
                    engine.ref().toString(),
                    "it tells of experiment %d, and status.experiments lists %d"
                            .formatted(slots, entries));
        }
        return this;
    }

    /**
     * Return how many attempts the log of this run has room for: what {@link #MOST_BYTES} leaves
     * beside the settings and what is known of earlier runs.
     */
    public int mostAttempts() {
        return ClaimRoom.mostAttempts(start.execution, start.past);
    }

    /**
     * How an engine was lost.
     *
     * @param why one sentence
     * @param holder who holds it now
     */
    public record Loss(String why, Holder holder) {}

    /** Who holds an engine that was lost. */
    public enum Holder {
        /** Nobody: somebody removed the claim or made it unreadable. */
        NOBODY,
        /** Another process, which took this very run up and looks after what runs. */
        ANOTHER_PROCESS,
        /** Another run, which knows nothing of what this one launched. */
        ANOTHER_RUN
    }

    /** Tell whether somebody asks on the engine that this run stop. */
    public boolean isAskedToStopOn(Engine live) {
        return live.annotation(STOP_ANNOTATION).filter(run().id()::equals).isPresent();
    }

    /** Say why an engine is not held by this claim any more; empty if it is. */
    public Optional<Loss> lostOn(Engine live) {
        Optional<Claim> held;
        try {
            held = of(live);
        } catch (Unreadable e) {
            return Optional.of(new Loss(String.valueOf(e.getMessage()), Holder.NOBODY));
        }
        if (held.isEmpty()) {
            return Optional.of(new Loss("the claim was removed from the engine", Holder.NOBODY));
        }
        Claim other = held.get();
        boolean sameRun = other.run().id().equals(run().id());
        return sameRun && other.instance.equals(instance)
                ? Optional.empty()
                : Optional.of(
                        new Loss(
                                "%s owns the engine now (process %s)"
                                        .formatted(other.run(), other.instance),
                                sameRun ? Holder.ANOTHER_PROCESS : Holder.ANOTHER_RUN));
    }

    /**
     * Tell whether an execution of this run is in the hands of another process, which took the run
     * up: that one adopts what it finds, and removes it when the run ends. Only what it ended
     * without knowing of is left to nobody.
     */
    public boolean isInheritedOn(Engine live, ExecutionId execution) {
        return lostOn(live).filter(loss -> loss.holder() == Holder.ANOTHER_PROCESS).isPresent()
                && of(live).filter(heir -> heir.state() == State.RUNNING || heir.logs(execution))
                        .isPresent();
    }

    private boolean logs(ExecutionId execution) {
        return progress.log.stream()
                .anyMatch(logged ->
                        logged.slot() == execution.slot()
                                && logged.iteration() == execution.iteration()
                                && logged.attempt() == execution.attempt());
    }

    /** Return this claim, owned by another process that takes the run up. */
    public Claim takenBy(String process) {
        var once = new Progress(progress.starts + 1, progress.log, progress.skipped);
        return new Claim(start, process, standing, once, fires);
    }

    /** Return this claim of a run that starts at another time. */
    public Claim startingAt(Instant time) {
        return from(
                new Start(
                        start.run,
                        time,
                        start.seed,
                        start.execution,
                        start.engineState,
                        start.past));
    }

    /** Return this claim with other settings. */
    public Claim executing(ObjectNode settings) {
        return from(
                new Start(
                        start.run,
                        start.time,
                        start.seed,
                        settings,
                        start.engineState,
                        start.past));
    }

    /** Return this claim of a run that knows that of earlier ones. */
    public Claim knowing(EarlierRuns earlier) {
        return from(
                new Start(
                        start.run,
                        start.time,
                        start.seed,
                        start.execution,
                        start.engineState,
                        earlier));
    }

    private Claim from(Start other) {
        return new Claim(other, instance, standing, progress, fires);
    }

    /** Return this claim in another state. */
    public Claim in(State next, String why) {
        return standing(new Standing(next, why, standing.ending, standing.runEnd));
    }

    /** Return this claim of a run that launches nothing more; what runs goes on. */
    public Claim endingBy(String who, String why) {
        return standing(new Standing(standing.state, why, who, standing.runEnd));
    }

    /** Return this claim of a run that is over. */
    public Claim finished(Instant end, String why) {
        return standing(new Standing(State.FINISHED, why, standing.ending, Optional.of(end)));
    }

    private Claim standing(Standing other) {
        return new Claim(start, instance, other, progress, fires);
    }

    /**
     * Return this claim with an attempt in its log, in place of what the log said of it before.
     * That is progress, so the count of starts begins anew.
     */
    public Claim with(LoggedAttempt attempt) {
        var longer = new ArrayList<LoggedAttempt>(progress.log);
        longer.removeIf(attempt::isSameAttempt);
        longer.add(attempt.because(cut(attempt.why(), LONGEST_WHY)));
        return progressed(longer, new LinkedHashMap<>(progress.skipped));
    }

    /** Return this claim with a slot skipped; a reason once given stands, if there is room. */
    public Claim skipping(int slot, String why) {
        var more = new LinkedHashMap<>(progress.skipped);
        // As long as in the run's record: the cause of a skip may stand at its end.
        more.putIfAbsent(slot, cut(why, LONGEST_SKIP));
        return progressed(new ArrayList<>(progress.log), more);
    }

    private Claim progressed(List<LoggedAttempt> log, Map<Integer, String> skipped) {
        ClaimRoom.make(mostAttempts(), log, skipped);
        return new Claim(start, instance, standing, new Progress(1, log, skipped), fires);
    }

    public static String cut(String text, int longest) {
        return text.codePointCount(0, text.length()) <= longest
                ? text
                : text.substring(0, text.offsetByCodePoints(0, longest - 1)) + "…";
    }

    /** Return this claim with fires settled that start no run, the latest of which is given. */
    public Claim skippingFires(FireLedger.Skipped more, Fire latest) {
        return settling(fires.skipping(more, latest));
    }

    /** Return this claim with a request of a person answered that starts no run. */
    public Claim declining(String request, String why) {
        return settling(fires.declining(request, why));
    }

    /** Return this claim of an engine whose schedule is over, which was told. */
    public Claim endingSchedule(String why) {
        return settling(fires.ending(why));
    }

    /** Return this claim of a run that was stopped, and whose schedule waits since. */
    public Claim suspendingSchedule() {
        return settling(fires.suspending());
    }

    /** Return this claim with a schedule begun: its fires up to that one are settled. */
    public Claim beginningSchedule(Fire settledUpTo) {
        return settling(fires.beginning(settledUpTo));
    }

    private Claim settling(FireLedger settled) {
        return new Claim(start, instance, standing, progress, settled);
    }
}
