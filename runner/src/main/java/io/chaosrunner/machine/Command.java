package io.chaosrunner.machine;

import io.chaosrunner.model.Attempt;
import io.chaosrunner.model.RunEnd;

/** What the run machine has the shell do, in the order given. */
public sealed interface Command {

    /**
     * Launch an attempt.
     *
     * @param attempt what to launch
     * @param why one line from the plan
     */
    record Launch(Attempt attempt, String why) implements Command {}

    /** Record that a slot will never be launched in this run. */
    record Skip(int slot, String why) implements Command {}

    /** Stop a running attempt, helpers included, and report its end. */
    record Stop(Attempt attempt, String why) implements Command {}

    /**
     * Record that a failed attempt is the last of its execution: the run stops before its retry.
     */
    record GiveUpRetry(Attempt attempt) implements Command {}

    /** Close the books: nothing runs, and nothing will. */
    record Finish(RunEnd end) implements Command {}
}
