package io.chaosrunner.cli;

import io.chaosrunner.claim.Claim;
import io.chaosrunner.cluster.Fabric8Cluster;
import io.chaosrunner.cluster.Resource;
import io.chaosrunner.crd.Engine;
import io.chaosrunner.history.RunHistory;
import io.chaosrunner.history.RunHistory.Remembered;
import io.chaosrunner.history.RunRecord;
import io.chaosrunner.model.EngineRef;
import io.chaosrunner.report.HistoryReport;
import java.io.PrintWriter;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/**
 * The command that shows the last runs of an engine: what was decided, why, and what came of it.
 */
@Command(
        name = "history",
        description = "Shows the last runs of a ChaosEngine, or one of them with every decision.",
        mixinStandardHelpOptions = true)
final class HistoryCommand implements Callable<Integer> {
    @Spec private @Nullable CommandSpec spec;
    @ParentCommand private @Nullable ChaosRunner parent;

    @Parameters(paramLabel = "ENGINE", description = "Name of the ChaosEngine.")
    private String engine = "";

    @Mixin private Namespaced namespaced = new Namespaced();

    @Option(
            names = "--run",
            paramLabel = "N",
            description = "Show this run with every decision and why it was made.")
    private @Nullable Long run;

    @Mixin private Printing printing = new Printing();

    @Override
    public Integer call() {
        CommandLine command = Objects.requireNonNull(spec).commandLine();
        PrintWriter err = command.getErr();
        try (Fabric8Cluster cluster = Objects.requireNonNull(parent).connect()) {
            EngineRef ref = namespaced.engine(cluster, engine);
            Optional<Engine> found =
                    cluster.get(Resource.ENGINES, ref.namespace(), ref.name()).map(Engine::new);
            if (found.isEmpty()) {
                err.println("chaos-runner: " + Namespaced.missing(cluster, ref));
                return ExitCode.CLUSTER;
            }
            return show(ref, RunHistory.of(cluster, found.get()), command);
        } catch (Claim.Unreadable e) {
            err.println("chaos-runner: " + e.getMessage());
            return ExitCode.CLUSTER;
        }
    }

    private int show(EngineRef ref, Remembered remembered, CommandLine command) {
        Optional<RunRecord> one = Optional.empty();
        if (run != null) {
            one = remembered.runs().run(run);
            if (one.isEmpty()) {
                command.getErr()
                        .println(
                                "chaos-runner: run %d of ChaosEngine %s is not recorded; recorded: %s"
                                        .formatted(run, ref, numbers(remembered)));
                return ExitCode.INVALID;
            }
        }
        PrintWriter out = command.getOut();
        List<RunRecord> runs = one.map(List::of).orElse(remembered.runs().runs());
        if (printing.isTree()) {
            printing.print(HistoryReport.json(ref, remembered, runs), out);
        } else if (printing.format() == Printing.Format.NAME) {
            runs.forEach(each -> out.println(each.number()));
            out.flush();
        } else if (one.isPresent()) {
            HistoryReport.one(ref, remembered, one.get(), Instant.now(), out);
        } else {
            HistoryReport.table(
                    ref, remembered, printing.format() == Printing.Format.WIDE, Instant.now(), out);
        }
        return ExitCode.OK;
    }

    private static String numbers(Remembered remembered) {
        String numbers =
                remembered.runs().runs().stream()
                        .map(each -> Long.toString(each.number()))
                        .collect(Collectors.joining(", "));
        return numbers.isEmpty() ? "none" : numbers;
    }
}
