package io.chaosrunner.cli;

import io.chaosrunner.claim.Trigger;
import io.chaosrunner.cluster.Fabric8Cluster;
import io.chaosrunner.control.Triggering;
import io.chaosrunner.control.Triggering.Outcome;
import io.chaosrunner.control.Triggering.Wish;
import io.chaosrunner.model.EngineRef;
import io.chaosrunner.model.ForeignText;
import java.io.PrintWriter;
import java.time.Clock;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** Have whoever drives an engine's schedule start a run now, which counts as the schedule's. */
@Command(
        name = "trigger",
        description = {
            "Starts a run of an engine's schedule now, which counts as one of its runs.",
            "The scheduling service (or the engine's runner pod) starts it; windows, a suspension,"
                    + " overlap and maxRuns hold."
        },
        mixinStandardHelpOptions = true)
final class TriggerCommand implements Callable<Integer> {
    @Spec private @Nullable CommandSpec spec;
    @ParentCommand private @Nullable ChaosRunner parent;
    @Mixin private Namespaced namespaced = new Namespaced();

    @Parameters(paramLabel = "ENGINE", description = "Name of the ChaosEngine.")
    private String engine = "";

    @Option(
            names = "--note",
            paramLabel = "TEXT",
            description = "Why, for people: it is recorded with the run; at most 80 characters.")
    private String note = "";

    @Option(
            names = "--force",
            description =
                    "Start it also outside days and hours, inside an exclusion, before from, after"
                            + " until, and while the schedule is suspended.")
    private boolean force;

    @Option(
            names = "--id",
            paramLabel = "ID",
            description =
                    "Name of the request: repeated with the same one, nothing is started twice."
                            + " Random by default.")
    private @Nullable String id;

    @Option(
            names = "--timeout",
            paramLabel = "DURATION",
            defaultValue = "2m",
            description =
                    "How long the request waits to be taken, at most 1h; then it is withdrawn"
                            + " (default: ${DEFAULT-VALUE}).")
    private String timeout = "2m";

    @Option(
            names = "--dry-run",
            description = "Only say whether a run would be started; nothing is stored.")
    private boolean dryRun;

    @Override
    public Integer call() {
        CommandLine command = Objects.requireNonNull(spec).commandLine();
        Duration patience = Durations.positive("--timeout", timeout, command);
        if (patience.compareTo(Trigger.LONGEST_WAIT) > 0) {
            throw new ParameterException(
                    command, "--timeout is at most 1h, but is '%s'".formatted(timeout));
        }
        if (note.codePointCount(0, note.length()) > Trigger.LONGEST_NOTE) {
            throw new ParameterException(
                    command,
                    "--note has at most %d characters, but this one has %d"
                            .formatted(
                                    Trigger.LONGEST_NOTE, note.codePointCount(0, note.length())));
        }
        if (id != null && !Trigger.ID.matcher(id).matches()) {
            throw new ParameterException(
                    command,
                    "--id: '%s' is no name of a request; write letters and digits, and - _ . between them, at most 63"
                            .formatted(id));
        }
        PrintWriter out = command.getOut();
        try (Fabric8Cluster cluster = Objects.requireNonNull(parent).connect()) {
            EngineRef ref = namespaced.engine(cluster, engine);
            var triggering =
                    new Triggering(
                            cluster,
                            Clock.systemUTC(),
                            what -> {
                                out.println(ForeignText.unbroken(what));
                                out.flush();
                            });
            var wish =
                    new Wish(Optional.ofNullable(id), ThisProcess.person(), note, force, patience);
            return tell(cluster, ref, triggering.trigger(ref, wish, dryRun), command);
        }
    }

    private static int tell(
            Fabric8Cluster cluster, EngineRef ref, Outcome outcome, CommandLine command) {
        PrintWriter out = command.getOut();
        PrintWriter err = command.getErr();
        return switch (outcome) {
            case Outcome.Missing() -> {
                err.println("chaos-runner: " + Namespaced.missing(cluster, ref));
                yield ExitCode.CLUSTER;
            }
            case Outcome.Unscheduled() -> {
                err.println(
                        "chaos-runner: ChaosEngine %s has no schedule; run it once: chaos-runner run %s -n %s"
                                .formatted(ref, ref.name(), ref.namespace()));
                yield ExitCode.INVALID;
            }
            case Outcome.Unusable(var problems) -> {
                problems.forEach(problem ->
                        err.println("chaos-runner: ChaosEngine %s: %s".formatted(ref, problem)));
                yield ExitCode.INVALID;
            }
            case Outcome.Possible() -> {
                out.printf("ChaosEngine %s: a run would be started now%n", ref);
                yield ExitCode.OK;
            }
            case Outcome.Started(String request, Optional<Long> run) -> {
                out.printf(
                        "ChaosEngine %s: %s was started (request %s)%n",
                        ref, run.map(number -> "run " + number).orElse("a run"), request);
                yield ExitCode.OK;
            }
            case Outcome.Declined(String why) -> {
                err.println(
                        "chaos-runner: ChaosEngine %s: no run is started: %s".formatted(ref, why));
                yield ExitCode.ABORTED;
            }
            case Outcome.Unanswered(String why) -> {
                err.println("chaos-runner: ChaosEngine %s: %s".formatted(ref, why));
                yield ExitCode.NOT_IN_TIME;
            }
        };
    }
}
