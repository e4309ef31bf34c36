package io.chaosrunner.run;

import io.chaosrunner.cluster.ClusterException;
import io.chaosrunner.model.RunEnd;
import io.chaosrunner.status.StatusEntry;
import io.chaosrunner.strategy.InvalidParameters.Problem;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Function;

/** How the request for a run ended; the exit code follows from it and from who asked. */
public sealed interface RunResult {

    /** Name of the event that tells of a request which changed nothing. */
    String NOTHING_LAUNCHED = "nothing-launched";

    /** Outcomes are recorded on the engine. */
    record Completed(RunEnd end, List<StatusEntry> entries) implements RunResult {}

    /** An earlier process had recorded the outcomes already; nothing was launched. */
    record AlreadyFinished(List<StatusEntry> entries) implements RunResult {}

    /** Nothing was launched, and asking again would not help; {@code why} says what to do. */
    record Refused(String why) implements RunResult {}

    /** Nothing was launched: the fire that asked starts no run any more. */
    record NotDue(String why) implements RunResult {}

    /** Nothing was launched: the configuration is unusable. */
    record Misconfigured(List<Problem> problems) implements RunResult {}

    /**
     * Nothing more is launched or written here.
     *
     * @param unfinished whether the run is still this pod's to finish, should the pod live on
     */
    record Left(String why, boolean unfinished) implements RunResult {}

    /**
     * Something of the run lives on that could not be removed, so the run is not over: whoever
     * takes it up tries again.
     *
     * @param why names it
     */
    record NotOver(String why) implements RunResult {}

    /**
     * The run was begun and could not go on: the API server failed, refused what a run must do, or
     * could not be reached. A restart takes it up; {@code why} says what became of what ran.
     */
    record Interrupted(ClusterException why) implements RunResult {}

    /**
     * Say what came between the request and an end of the run; nothing if it has ended.
     *
     * @param say takes the name of an event and the words
     */
    default void explain(BiConsumer<String, String> say) {
        explain(say, Problem::toString);
    }

    /**
     * Say it where more is known of the engine's settings than their names.
     *
     * @param sentence says what is wrong with one
     */
    default void explain(BiConsumer<String, String> say, Function<Problem, String> sentence) {
        switch (this) {
            case Completed _, AlreadyFinished _ -> {}
            case Refused(String why) -> say.accept(NOTHING_LAUNCHED, why);
            case NotDue(String why) -> say.accept(NOTHING_LAUNCHED, why);
            case Misconfigured(var problems) ->
                    problems.forEach(
                            problem -> say.accept(NOTHING_LAUNCHED, sentence.apply(problem)));
            case Left(String why, boolean unfinished) -> say.accept("left", why);
            case NotOver(String why) -> say.accept("not-over", why);
            case Interrupted(ClusterException why) ->
                    say.accept("interrupted", String.valueOf(why.getMessage()));
        }
    }

    /** Return how a request ends that met a failure of the cluster before it launched anything. */
    static RunResult of(ClusterException e) {
        return e.isTransient() ? new Interrupted(e) : new Refused(String.valueOf(e.getMessage()));
    }
}
