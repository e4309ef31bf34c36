package io.chaosrunner.cli;

import io.chaosrunner.cluster.Fabric8Cluster;
import io.chaosrunner.control.EngineStop;
import io.chaosrunner.control.EngineStop.Outcome;
import io.chaosrunner.model.EngineRef;
import io.chaosrunner.model.ForeignText;
import io.chaosrunner.status.RunNotice;
import java.io.PrintWriter;
import java.time.Clock;
import java.util.Objects;
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
 * The command that stops the run of an engine, whoever owns it, and waits until what ran is gone.
 */
@Command(
        name = "stop",
        description = "Stops the run of a ChaosEngine and waits until what ran is gone.",
        mixinStandardHelpOptions = true)
final class StopCommand implements Callable<Integer> {
    @Spec private @Nullable CommandSpec spec;
    @ParentCommand private @Nullable ChaosRunner parent;
    @Mixin private Namespaced namespaced = new Namespaced();

    @Parameters(paramLabel = "ENGINE", description = "Name of the ChaosEngine.")
    private String engine = "";

    @Option(
            names = "--timeout",
            paramLabel = "DURATION",
            defaultValue = "5m",
            description = "Longest wait for whoever owns the run (default: ${DEFAULT-VALUE}).")
    private String timeout = "5m";

    @Option(
            names = "--force",
            description = "Do not wait for the owner: take the run over and end it from here.")
    private boolean force;

    @Override
    public Integer call() {
        CommandSpec command = Objects.requireNonNull(spec);
        var longest = Durations.positive("--timeout", timeout, command.commandLine());
        PrintWriter out = command.commandLine().getOut();
        PrintWriter err = command.commandLine().getErr();
        try (Fabric8Cluster cluster = Objects.requireNonNull(parent).connect()) {
            EngineRef ref = namespaced.engine(cluster, engine);
            var stop =
                    new EngineStop(
                            cluster,
                            Objects.requireNonNull(parent).strategies(),
                            Clock.systemUTC(),
                            notice -> tell(notice, out),
                            ThisProcess.instance());
            return switch (stop.stop(ref, longest, force)) {
                case Outcome.NotFound() -> {
                    err.println("chaos-runner: " + Namespaced.missing(cluster, ref));
                    yield ExitCode.CLUSTER;
                }
                case Outcome.NothingRuns() -> {
                    out.println("ChaosEngine %s: nothing is running".formatted(ref));
                    out.flush();
                    yield ExitCode.OK;
                }
                case Outcome.Stopped(var entries) -> {
                    out.println("ChaosEngine %s: stopped, and what ran is gone".formatted(ref));
                    out.flush();
                    yield ExitCode.OK;
                }
                case Outcome.NotStopped(String why) -> {
                    err.println("chaos-runner: " + why);
                    yield ExitCode.CLUSTER;
                }
            };
        }
    }

    private static void tell(RunNotice notice, PrintWriter out) {
        switch (notice) {
            case RunNotice.Waiting(String why) -> out.println(ForeignText.unbroken(why));
            case RunNotice.Warning(String message) ->
                    out.println(ForeignText.unbroken("warning: " + message));
            case RunNotice.Stopping stopping ->
                    out.println(
                            "removing Job %s of %s"
                                    .formatted(stopping.job(), stopping.experiment()));
            default -> {}
        }
        out.flush();
    }
}
