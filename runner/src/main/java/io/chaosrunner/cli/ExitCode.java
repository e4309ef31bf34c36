package io.chaosrunner.cli;

import io.chaosrunner.cluster.ClusterException;
import io.chaosrunner.cluster.ClusterException.Kind;
import io.chaosrunner.model.RunEnd.Cause;
import io.chaosrunner.model.Verdict;
import io.chaosrunner.run.RunResult;
import io.chaosrunner.status.StatusEntry;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * How the process ends.
 *
 * <p>At the terminal the code tells the outcome. Under the operator it tells the kubelet whether to
 * start the runner again: the pod restarts on failure, and fails only where that can help. 0 makes
 * the operator call the engine completed, so it is never given while something of ours may run.
 */
final class ExitCode {
    static final int OK = 0;
    static final int NOT_PASSED = 1;

    /** Under the operator: the kubelet is to start the runner again. */
    static final int AGAIN = 1;

    static final int INVALID = 2;
    static final int CLUSTER = 3;
    static final int ABORTED = 4;
    static final int NOT_IN_TIME = 5;
    static final int DEADLINE = 6;
    static final int NOT_WRITTEN = 7;
    static final int BUG = 70;
    static final int TERMINATED = 143;

    /** What each means at a terminal: for the help of every command, and the README. */
    static final Map<String, String> MEANINGS = meanings();

    private ExitCode() {}

    private static Map<String, String> meanings() {
        var meanings = new LinkedHashMap<String, String>();
        meanings.put(
                "" + OK,
                "done; for run and wait: every verdict is Pass, or N/A where an experiment was left out");
        meanings.put(
                "" + NOT_PASSED, "a verdict is neither Pass nor N/A, or the run could not go on");
        meanings.put(
                "" + INVALID,
                "usage, files, settings or kubeconfig are wrong, or there is nothing to run");
        meanings.put(
                "" + CLUSTER,
                "the API server does not answer or refuses, what was asked for is not there, or something of a run is left behind");
        meanings.put("" + ABORTED, "the run was aborted, left to others, or not due");
        meanings.put("" + NOT_IN_TIME, "a time limit was reached first; for wait, the run goes on");
        meanings.put("" + DEADLINE, "the run's deadline was reached");
        meanings.put(
                "" + NOT_WRITTEN,
                "a report that was asked for could not be written; nothing else went wrong");
        meanings.put("" + BUG, "out of memory, or a bug in chaos-runner");
        meanings.put("129", "ended at once by a second SIGHUP; what runs in the cluster goes on");
        meanings.put("130", "ended at once by a second Ctrl-C; what runs in the cluster goes on");
        meanings.put(
                "" + TERMINATED,
                "ended at once by a second SIGTERM; what runs in the cluster goes on");
        return Collections.unmodifiableMap(meanings);
    }

    static int atTerminal(RunResult result) {
        return switch (result) {
            case RunResult.Completed(var end, var entries) when end.cause().isAbort() -> ABORTED;
            case RunResult.Completed(var end, var entries) when end.cause() == Cause.DEADLINE ->
                    DEADLINE;
            case RunResult.Completed(var end, var entries) ->
                    end.cause() == Cause.PLAN ? ofEntries(entries) : NOT_PASSED;
            case RunResult.AlreadyFinished(var entries) -> ofEntries(entries);
            case RunResult.Misconfigured _ -> INVALID;
            case RunResult.Refused _, RunResult.NotOver _, RunResult.Interrupted _ -> CLUSTER;
            case RunResult.Left _, RunResult.NotDue _ -> ABORTED;
        };
    }

    static int atTerminal(ClusterException failure) {
        return failure.kind() == Kind.UNCONFIGURED ? INVALID : CLUSTER;
    }

    static int underOperator(RunResult result) {
        return switch (result) {
            case RunResult.Completed _,
                    RunResult.AlreadyFinished _,
                    RunResult.Misconfigured _,
                    RunResult.Refused _,
                    RunResult.NotDue _ ->
                    OK;
            case RunResult.Left left -> left.unfinished() ? TERMINATED : OK;
            case RunResult.NotOver _, RunResult.Interrupted _ -> AGAIN;
        };
    }

    /** In a pod of the scheduling service: what was refused may be allowed to the next pod. */
    static int ofServicesPod(RunResult result) {
        return result instanceof RunResult.Refused ? AGAIN : underOperator(result);
    }

    private static int ofEntries(List<StatusEntry> entries) {
        boolean allPassed =
                entries.stream()
                        .allMatch(entry ->
                                entry.verdict() == Verdict.PASS
                                        || entry.verdict() == Verdict.NOT_APPLICABLE);
        return allPassed ? OK : NOT_PASSED;
    }
}
