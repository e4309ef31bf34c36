package io.chaosrunner.machine;

import io.chaosrunner.model.Attempt;
import io.chaosrunner.model.RunEnd;

/** What happened, as the run machine is told. */
public sealed interface RunEvent {

    /** The run began or was resumed, or a time the machine waits for has come. */
    record TimePassed() implements RunEvent {}

    /**
     * An attempt ended.
     *
     * @param slot index of the slot whose running attempt ended
     * @param end when and how
     */
    record AttemptEnded(int slot, Attempt.End end) implements RunEvent {}

    /**
     * The run is to stop now: what runs is stopped too.
     *
     * @param end who wants it, and why
     */
    record StopRequested(RunEnd end) implements RunEvent {}

    /** What an experiment left behind lives on: nothing may begin beside it. */
    record LeftBehind(String why) implements RunEvent {}

    /** The strategy cannot be asked any more; what runs is watched to its end. */
    record StrategyFailed(String why) implements RunEvent {}
}
