package io.chaosrunner.cli;

import io.chaosrunner.cluster.Fabric8Cluster;
import io.chaosrunner.control.Backfilling;
import io.chaosrunner.control.Backfilling.Outcome;
import io.chaosrunner.model.EngineRef;
import io.chaosrunner.model.TimeWords;
import java.io.PrintWriter;
import java.time.Clock;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Objects;
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

/** Have whoever drives an engine's schedule start the runs of past fires that started none. */
@Command(
        name = "backfill",
        description = {
            "Starts the runs of past fires that started none, one after another.",
            "The scheduling service (or the engine's runner pod) starts them when nothing else is"
                    + " due; windows, a suspension and maxRuns hold. At most 100 fires, within 24"
                    + " hours."
        },
        mixinStandardHelpOptions = true)
final class BackfillCommand implements Callable<Integer> {
    @Spec private @Nullable CommandSpec spec;
    @ParentCommand private @Nullable ChaosRunner parent;
    @Mixin private Namespaced namespaced = new Namespaced();

    @Parameters(paramLabel = "ENGINE", description = "Name of the ChaosEngine.")
    private String engine = "";

    @Option(
            names = "--from",
            paramLabel = "TIME",
            description = "The first instant whose fire counts, such as 2027-01-31T09:00:00Z.")
    private @Nullable String from;

    @Option(
            names = "--until",
            paramLabel = "TIME",
            description = "The last instant whose fire counts.")
    private @Nullable String until;

    @Option(
            names = "--dry-run",
            description = "Only say which fires would be run; nothing is stored.")
    private boolean dryRun;

    @Option(
            names = "--stop",
            description =
                    "Stop a backfill: the run that goes on ends by itself, and no other begins.")
    private boolean stop;

    @Override
    public Integer call() {
        CommandLine command = Objects.requireNonNull(spec).commandLine();
        boolean ranged = from != null && until != null;
        if (stop ? from != null || until != null || dryRun : !ranged) {
            throw new ParameterException(
                    command, "give --from and --until, with or without --dry-run; or --stop alone");
        }
        Instant first =
                stop ? Instant.EPOCH : time("--from", Objects.requireNonNull(from), command);
        Instant last =
                stop ? Instant.EPOCH : time("--until", Objects.requireNonNull(until), command);
        if (last.isBefore(first)) {
            throw new ParameterException(command, "--until is before --from");
        }
        try (Fabric8Cluster cluster = Objects.requireNonNull(parent).connect()) {
            EngineRef ref = namespaced.engine(cluster, engine);
            var backfilling = new Backfilling(cluster, Clock.systemUTC());
            Outcome outcome =
                    stop
                            ? backfilling.stop(ref)
                            : backfilling.backfill(ref, first, last, ThisProcess.person(), dryRun);
            return tell(cluster, ref, outcome, command);
        }
    }

    private static Instant time(String option, String text, CommandLine command) {
        try {
            return OffsetDateTime.parse(text).toInstant();
        } catch (DateTimeException e) {
            throw new ParameterException(
                    command,
                    "%s: '%s' is not a time; write 2027-01-31T09:00:00Z".formatted(option, text));
        }
    }

    private int tell(Fabric8Cluster cluster, EngineRef ref, Outcome outcome, CommandLine command) {
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
            case Outcome.Asked(List<Instant> fires, long ran) -> {
                Instant now = Clock.systemUTC().instant();
                fires.forEach(fire -> out.println(TimeWords.at(fire, now)));
                out.printf(
                        "ChaosEngine %s: %d past fires %s, one after another%s%n",
                        ref,
                        fires.size(),
                        dryRun ? "would be run" : "are run by whoever drives the schedule",
                        ran == 0 ? "" : "; %d more of the range have run".formatted(ran));
                if (!dryRun) {
                    out.printf(
                            "how far it is: chaos-runner history %s -n %s; stop it: chaos-runner"
                                    + " backfill %s -n %s --stop%n",
                            ref.name(), ref.namespace(), ref.name(), ref.namespace());
                }
                yield ExitCode.OK;
            }
            case Outcome.Stopped(long left) -> {
                out.printf(
                        "ChaosEngine %s: %s%n",
                        ref,
                        left == 0
                                ? "no backfill goes on"
                                : "the backfill is stopped; %d fires were left".formatted(left));
                yield ExitCode.OK;
            }
            case Outcome.Declined(String why) -> {
                err.println(
                        "chaos-runner: ChaosEngine %s: nothing is backfilled: %s"
                                .formatted(ref, why));
                yield ExitCode.ABORTED;
            }
        };
    }
}
