package io.chaosrunner.status;

import io.chaosrunner.claim.Claim;
import io.chaosrunner.crd.Engine;
import io.chaosrunner.model.Verdict;
import java.util.List;
import java.util.Optional;

/**
 * Where an engine stands, whoever runs it: this runner, the operator's, or none. Pure.
 *
 * @param phase one word of the engine's state
 * @param claim who runs or ran it last; empty if nobody of ours did, or it cannot be read
 * @param entries where each experiment stands; empty before the first run
 */
public record EngineStanding(Phase phase, Optional<Claim> claim, List<StatusEntry> entries) {

    /** What the operator writes when it has taken an engine. */
    public static final String INITIALIZED = "initialized";

    private static final String COMPLETED = "completed";
    private static final String STOPPED = "stopped";

    /** What an engine is at. */
    public enum Phase {
        /** No run so far, or the next one is about to begin. */
        IDLE,
        /** Experiments are launched and watched. */
        RUNNING,
        /** What runs is being stopped. */
        STOPPING,
        /** The last run is over. */
        FINISHED,
        /** The last run was cut short. */
        ABORTED
    }

    public EngineStanding {
        entries = List.copyOf(entries);
    }

    /** Read an engine. */
    public static EngineStanding of(Engine engine) {
        Optional<Claim> claim = readable(engine);
        List<StatusEntry> entries = engine.statusEntries().stream().map(StatusEntry::read).toList();
        return new EngineStanding(phase(engine, claim, entries), claim, entries);
    }

    /** Tell whether the operator has taken an engine and not given it back. */
    public static boolean isOperators(Engine engine) {
        return engine.engineStatus().equals(INITIALIZED);
    }

    /** Tell whether a run is under way. */
    public boolean isUnderWay() {
        return phase == Phase.RUNNING || phase == Phase.STOPPING;
    }

    /** Tell whether the last run is over, and no other was asked for. */
    public boolean isOver() {
        return phase == Phase.FINISHED || phase == Phase.ABORTED;
    }

    private static Phase phase(Engine engine, Optional<Claim> claim, List<StatusEntry> entries) {
        boolean direct = claim.filter(EngineStanding::isDirectAndGoesOn).isPresent();
        boolean ended =
                !direct
                        && (engine.engineStatus().equals(COMPLETED)
                                || engine.engineStatus().equals(STOPPED));
        boolean stop = engine.stopRequested();
        if (entries.isEmpty() || (ended && !stop)) {
            // The operator empties the entries when it restarts an engine, or is about to.
            return isOperators(engine) && stop ? Phase.STOPPING : Phase.IDLE;
        }
        boolean open = entries.stream().anyMatch(EngineStanding::isOpen);
        boolean aborted =
                entries.stream().anyMatch(entry -> entry.status().equals(StatusEntry.ABORTED));
        boolean finished = claim.filter(c -> c.state() == Claim.State.FINISHED).isPresent();
        if (finished || (ended && !open)) {
            return aborted ? Phase.ABORTED : Phase.FINISHED;
        }
        boolean stopping =
                claim.filter(c -> c.state() == Claim.State.STOPPING).isPresent()
                        || (isOperators(engine) && stop);
        return stopping ? Phase.STOPPING : Phase.RUNNING;
    }

    /** What the operator said of an earlier run says nothing of one it does not know. */
    private static boolean isDirectAndGoesOn(Claim claim) {
        return claim.engineState().equals("stop") && claim.state() != Claim.State.FINISHED;
    }

    private static boolean isOpen(StatusEntry entry) {
        return entry.status().equals(StatusEntry.WAITING)
                || entry.isRunning()
                || entry.verdict() == Verdict.AWAITED;
    }

    private static Optional<Claim> readable(Engine engine) {
        try {
            return Claim.of(engine);
        } catch (Claim.Unreadable e) {
            return Optional.empty();
        }
    }
}
