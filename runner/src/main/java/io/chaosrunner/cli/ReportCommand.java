package io.chaosrunner.cli;

import io.chaosrunner.claim.Claim;
import io.chaosrunner.cluster.Fabric8Cluster;
import io.chaosrunner.cluster.Resource;
import io.chaosrunner.crd.Engine;
import io.chaosrunner.export.Evidence;
import io.chaosrunner.export.HtmlReport;
import io.chaosrunner.export.JUnitXml;
import io.chaosrunner.export.JsonReport;
import io.chaosrunner.export.Markdown;
import io.chaosrunner.export.ReportedRun;
import io.chaosrunner.export.RunReader;
import io.chaosrunner.history.RunHistory;
import io.chaosrunner.history.RunHistory.Remembered;
import io.chaosrunner.history.RunRecord;
import io.chaosrunner.model.EngineRef;
import java.io.PrintWriter;
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
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;
import tools.jackson.databind.json.JsonMapper;

/** Report runs of an engine after the fact, from what the cluster knows of them. */
@Command(
        name = "report",
        description = {
            "Writes a report of a ChaosEngine's last run, or of others, from what the cluster knows.",
            "The exit code is 0 whatever the verdicts are; 7 if it could not be written."
        },
        mixinStandardHelpOptions = true)
final class ReportCommand implements Callable<Integer> {
    @Spec private @Nullable CommandSpec spec;
    @ParentCommand private @Nullable ChaosRunner parent;

    @Parameters(paramLabel = "ENGINE", description = "Name of the ChaosEngine.")
    private String engine = "";

    @Mixin private Namespaced namespaced = new Namespaced();

    @Option(names = "--run", paramLabel = "N", description = "Report this run.")
    private @Nullable Long run;

    @Option(
            names = "--last",
            paramLabel = "N",
            description = "Report the last N runs that are recorded (default: 1).")
    private @Nullable Integer last;

    @Option(
            names = {"-o", "--output"},
            paramLabel = "FORMAT",
            defaultValue = "md",
            description =
                    "md (Markdown), html (one page), junit (JUnit XML) or json (default: ${DEFAULT-VALUE}).")
    private Form form = Form.MD;

    /** What is written. */
    enum Form {
        MD,
        HTML,
        JUNIT,
        JSON
    }

    @Override
    public Integer call() {
        CommandLine command = Objects.requireNonNull(spec).commandLine();
        if (run != null && last != null) {
            throw new ParameterException(command, "--run and --last contradict each other");
        }
        if (last != null && last < 1) {
            throw new ParameterException(command, "--last must be at least 1, but is " + last);
        }
        PrintWriter err = command.getErr();
        try (Fabric8Cluster cluster = Objects.requireNonNull(parent).connect()) {
            EngineRef ref = namespaced.engine(cluster, engine);
            Optional<Engine> found =
                    cluster.get(Resource.ENGINES, ref.namespace(), ref.name()).map(Engine::new);
            if (found.isEmpty()) {
                err.println("chaos-runner: " + Namespaced.missing(cluster, ref));
                return ExitCode.CLUSTER;
            }
            Remembered remembered = RunHistory.of(cluster, found.get());
            List<RunRecord> wanted = wanted(remembered.runs().runs());
            if (wanted.isEmpty()) {
                err.println("chaos-runner: " + nothing(ref, remembered));
                return ExitCode.CLUSTER;
            }
            var reader = new RunReader(cluster, found.get(), remembered);
            PrintWriter out = command.getOut();
            print(
                    wanted.stream()
                            .map(reader::run)
                            .map(each ->
                                    form == Form.HTML
                                            ? Evidence.read(cluster, cluster::log, each)
                                            : each)
                            .toList(),
                    out);
            if (out.checkError()) {
                err.println(
                        "chaos-runner: the report could not be written to standard output: the disk is full, or nobody reads any more");
                return ExitCode.NOT_WRITTEN;
            }
            return ExitCode.OK;
        } catch (Claim.Unreadable e) {
            err.println("chaos-runner: " + e.getMessage());
            return ExitCode.CLUSTER;
        }
    }

    /** Return the records of what is to be reported, oldest first. */
    private List<RunRecord> wanted(List<RunRecord> all) {
        // What is numbered 0 is no run: it tells of fires before the first one.
        List<RunRecord> runs = all.stream().filter(each -> each.number() > 0).toList();
        if (run != null) {
            long number = run;
            return runs.reversed().stream()
                    .filter(each -> each.number() == number)
                    .limit(1)
                    .toList();
        }
        int count = Math.min(last == null ? 1 : last, runs.size());
        return runs.subList(runs.size() - count, runs.size());
    }

    private String nothing(EngineRef ref, Remembered remembered) {
        String numbers =
                remembered.runs().runs().stream()
                        .filter(each -> each.number() > 0)
                        .map(each -> Long.toString(each.number()))
                        .collect(Collectors.joining(", "));
        String unread =
                remembered.problems().isEmpty()
                        ? ""
                        : "; not read: " + String.join("; ", remembered.problems());
        return numbers.isEmpty()
                ? "no run of ChaosEngine %s is recorded%s; begin one: chaos-runner run %s -n %s"
                        .formatted(ref, unread, ref.name(), ref.namespace())
                : "run %d of ChaosEngine %s is not recorded; recorded: %s%s"
                        .formatted(run, ref, numbers, unread);
    }

    private void print(List<ReportedRun> runs, PrintWriter out) {
        switch (form) {
            case MD -> out.print(Markdown.of(runs));
            case HTML -> out.print(HtmlReport.of(runs));
            case JUNIT -> out.print(JUnitXml.of(runs));
            case JSON ->
                    out.println(
                            JsonMapper.shared()
                                    .writerWithDefaultPrettyPrinter()
                                    .writeValueAsString(JsonReport.of(runs)));
        }
        out.flush();
    }
}
