package io.chaosrunner.cli;

import io.chaosrunner.cluster.Fabric8Cluster;
import io.chaosrunner.cluster.Resource;
import io.chaosrunner.control.ExperimentReport;
import io.chaosrunner.control.RunFollower;
import io.chaosrunner.crd.Engine;
import io.chaosrunner.history.RunHistory;
import io.chaosrunner.history.RunRecords;
import io.chaosrunner.model.EngineRef;
import io.chaosrunner.run.RunResult;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/**
 * The command that waits for the end of an engine's run, whoever owns it, and tells how it ended.
 */
@Command(
        name = "wait",
        description = {
            "Waits for the end of a ChaosEngine's run and exits as the run ended.",
            "If no run is under way, the last one counts; if there was none, the next one does."
        },
        mixinStandardHelpOptions = true)
class WaitCommand implements Callable<Integer> {
    @Spec private @Nullable CommandSpec spec;
    @ParentCommand private @Nullable ChaosRunner parent;
    @Mixin private Namespaced namespaced = new Namespaced();
    @Mixin private Output output = new Output();

    @Parameters(paramLabel = "ENGINE", description = "Name of the ChaosEngine.")
    private String engine = "";

    @Option(
            names = "--timeout",
            paramLabel = "DURATION",
            defaultValue = "1h",
            description = "Longest wait (default: ${DEFAULT-VALUE}).")
    private String timeout = "1h";

    @Override
    public Integer call() {
        CommandSpec command = Objects.requireNonNull(spec);
        Duration longest = Durations.positive("--timeout", timeout, command.commandLine());
        try (Fabric8Cluster cluster = Objects.requireNonNull(parent).connect()) {
            EngineRef ref = namespaced.engine(cluster, engine);
            if (engine(cluster, ref).isEmpty()) {
                command.commandLine()
                        .getErr()
                        .println("chaos-runner: " + Namespaced.missing(cluster, ref));
                return ExitCode.CLUSTER;
            }
            try (Output.Shown shown = output.open(ref, true)) {
                shown.expect(() ->
                        engine(cluster, ref)
                                .map(found -> RunHistory.of(cluster, found).runs())
                                .orElse(RunRecords.NONE));
                var run = new RunFollower(cluster, ref, Clock.systemUTC(), shown);
                RunResult result = run.await(longest, longest);
                return end(
                        cluster,
                        ref,
                        result,
                        run.isOutOfTime() ? ExitCode.NOT_IN_TIME : ExitCode.CLUSTER,
                        shown);
            }
        }
    }

    private static int end(
            Fabric8Cluster cluster,
            EngineRef ref,
            RunResult result,
            int withoutEnd,
            Output.Shown shown) {
        if (result instanceof RunResult.Completed(var end, var entries)) {
            int exitCode = ExitCode.atTerminal(result);
            List<ExperimentReport> findings =
                    engine(cluster, ref)
                            .map(found -> ExperimentReport.of(cluster, found, entries))
                            .orElse(List.of());
            shown.summary(findings, exitCode);
            return exitCode;
        }
        if (result instanceof RunResult.Misconfigured(var problems)) {
            problems.forEach(problem -> shown.fail(RunResult.NOTHING_LAUNCHED, problem.toString()));
            shown.summary(List.of(), ExitCode.INVALID);
            return ExitCode.INVALID;
        }
        String why =
                switch (result) {
                    case RunResult.Left left -> left.why();
                    case RunResult.Refused refused -> refused.why();
                    default -> result.toString();
                };
        shown.fail("not-over", why);
        shown.summary(List.of(), withoutEnd);
        return withoutEnd;
    }

    private static Optional<Engine> engine(Fabric8Cluster cluster, EngineRef ref) {
        return cluster.get(Resource.ENGINES, ref.namespace(), ref.name()).map(Engine::new);
    }
}
