package io.chaosrunner.run;

import io.chaosrunner.attempt.AttemptMessage;
import io.chaosrunner.attempt.Launcher;
import io.chaosrunner.crd.Engine;
import io.chaosrunner.engine.EngineWriter.Refusal;
import io.chaosrunner.engine.PodRemover.Extent;
import io.chaosrunner.model.RunEnd;
import io.chaosrunner.run.RunRemoval.Removed;
import java.util.List;
import java.util.Optional;

/** What other threads tell the thread that owns a run: its only source of what happens. */
sealed interface RunMessage {
    /** Somebody asks for something; they may do so before the run owns its engine. */
    sealed interface Request extends RunMessage {}

    /** Somebody asks to stop the run. */
    record StopRequested(RunEnd end) implements Request {}

    /** This process is to leave the run as it is. */
    record LeaveRequested(String why) implements Request {}

    /** The engine as it is now, empty if there is none. */
    record EngineSeen(Optional<Engine> found) implements RunMessage {}

    /** All is stored that was committed up to an edition. */
    record Stored(long edition) implements RunMessage {}

    /** Nothing more can be written. */
    record WriteRefused(Refusal refusal) implements RunMessage {}

    /** Writing failed for good, or by a bug. */
    record WriteFailed(RuntimeException why) implements RunMessage {}

    /** What was seen of attempts, or done to end one. */
    record OfAttempt(AttemptMessage message) implements RunMessage {}

    /** Orders that waited until the engine held the ends which led to them. */
    record LaunchDue(List<Launcher.Order> orders) implements RunMessage {}

    /** What became of a batch of launches, in the order of the orders. */
    record LaunchDone(List<Launcher.Order> orders, List<Launcher.Outcome> outcomes)
            implements RunMessage {}

    /** Orders that were withheld, and the engine as read after that, which says why. */
    record WithheldExplained(List<Launcher.Order> orders, Optional<Engine> found)
            implements RunMessage {}

    /** The engine says that the run stops: what it has left may be removed. */
    record RunRemovalDue() implements RunMessage {}

    /** What became of removing what the run has left. */
    record RunRemoved(Extent extent, Removed removed) implements RunMessage {}

    /** Work is over that tells nothing: an event was written, or old objects were removed. */
    record WorkDone() implements RunMessage {}

    /** All that runs was removed, as far as possible, and this process ends with a result. */
    record ProcessEnds(RunResult result) implements RunMessage {}
}
