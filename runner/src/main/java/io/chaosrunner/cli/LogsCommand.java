package io.chaosrunner.cli;

import io.chaosrunner.cluster.Fabric8Cluster;
import io.chaosrunner.cluster.PodLog;
import io.chaosrunner.cluster.Resource;
import io.chaosrunner.control.RunLogs;
import io.chaosrunner.crd.Engine;
import io.chaosrunner.model.EngineRef;
import io.chaosrunner.report.Printed;
import java.io.PrintWriter;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
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

/**
 * The command that shows what the experiments of an engine's last run, and their helpers, have
 * logged.
 */
@Command(
        name = "logs",
        description = {
            "Shows the logs of a ChaosEngine's run that is under way, or of the last one: its experiments' and their helper pods'.",
            "With -f until the run is over; Ctrl-C leaves at once."
        },
        mixinStandardHelpOptions = true)
final class LogsCommand implements Callable<Integer> {
    private static final int TAB = 8;

    @Spec private @Nullable CommandSpec spec;
    @ParentCommand private @Nullable ChaosRunner parent;
    @Mixin private Namespaced namespaced = new Namespaced();

    @Parameters(index = "0", paramLabel = "ENGINE", description = "Name of the ChaosEngine.")
    private String engine = "";

    @Parameters(
            index = "1",
            arity = "0..1",
            paramLabel = "EXPERIMENT",
            description = "Name of one of its experiments; all unless told.")
    private @Nullable String experiment;

    @Option(
            names = {"-f", "--follow"},
            description = "Go on, across experiments, until the run is over.")
    private boolean follow;

    @Option(
            names = {"-p", "--previous"},
            description = "The logs of containers as they were before their last restart.")
    private boolean previous;

    @Option(
            names = "--tail",
            paramLabel = "N",
            description = "Only the last N lines of each log; -1, the default, means all.")
    private long tail = -1;

    @Option(
            names = "--since",
            paramLabel = "DURATION",
            description = "Only lines that are no older, such as 90s or 10m.")
    private @Nullable String since;

    @Option(names = "--timestamps", description = "Show when each line was written.")
    private boolean timestamps;

    @Option(
            names = {"-c", "--container"},
            paramLabel = "CONTAINER",
            description = "This container of each pod; else the one that the pod is there for.")
    private @Nullable String container;

    @Option(names = "--all-containers", description = "Every container, sidecars among them.")
    private boolean allContainers;

    @Override
    public Integer call() {
        CommandLine command = Objects.requireNonNull(spec).commandLine();
        RunLogs.Options options = options(command);
        try (Fabric8Cluster cluster = Objects.requireNonNull(parent).connect()) {
            EngineRef ref = namespaced.engine(cluster, engine);
            Optional<Engine> found =
                    cluster.get(Resource.ENGINES, ref.namespace(), ref.name()).map(Engine::new);
            if (found.isEmpty()) {
                command.getErr().println("chaos-runner: " + Namespaced.missing(cluster, ref));
                return ExitCode.CLUSTER;
            }
            checkExperiment(found.get(), command);
            var logs = new RunLogs(cluster, found.get(), options, new Lines(command));
            if (!logs.hasRun()) {
                command.getErr()
                        .println(
                                "chaos-runner: ChaosEngine %s has not run so far, so there are no logs"
                                        .formatted(ref));
                return ExitCode.CLUSTER;
            }
            int read = follow ? logs.follow() : logs.show();
            if (read == 0) {
                command.getErr().println("chaos-runner: there are no logs of " + logs.title());
            }
            return read == 0 ? ExitCode.CLUSTER : ExitCode.OK;
        } catch (Lines.NobodyReads e) {
            return ExitCode.OK;
        }
    }

    private RunLogs.Options options(CommandLine command) {
        if (tail < -1) {
            throw new ParameterException(
                    command, "--tail: '%d' is no number of lines; -1 means all".formatted(tail));
        }
        if (container != null && allContainers) {
            throw new ParameterException(
                    command, "--container and --all-containers contradict each other");
        }
        if (previous && follow) {
            throw new ParameterException(
                    command,
                    "--previous and --follow contradict each other: what was before says nothing more");
        }
        return new RunLogs.Options(
                Optional.ofNullable(experiment),
                Optional.ofNullable(container),
                allContainers,
                previous,
                tail < 0 ? OptionalLong.empty() : OptionalLong.of(tail),
                Optional.ofNullable(since)
                        .map(text -> Durations.positive("--since", text, command)));
    }

    private void checkExperiment(Engine found, CommandLine command) {
        List<String> names = RunLogs.experiments(found);
        if (experiment != null && !names.contains(experiment)) {
            throw new ParameterException(
                    command,
                    "ChaosEngine %s lists no experiment '%s'%s"
                            .formatted(
                                    found.ref(),
                                    experiment,
                                    io.chaosrunner.strategy.Parameters.nearest(experiment, names)
                                            .map(near -> "; did you mean '" + near + "'?")
                                            .orElse("; it lists " + String.join(", ", names))));
        }
    }

    /** Lines go to the standard output, and what there is to say of them to the other one. */
    private final class Lines implements RunLogs.Listener {
        private final PrintWriter out;
        private final PrintWriter err;

        /** Ends the command: whoever read its output, such as {@code head}, has gone. */
        private static final class NobodyReads extends RuntimeException {
            private static final long serialVersionUID = 1L;
        }

        Lines(CommandLine command) {
            out = command.getOut();
            err = command.getErr();
        }

        @Override
        public void line(String label, PodLog.Line line) {
            var text = new StringBuilder();
            if (!label.isEmpty()) {
                text.append('[').append(Printed.line(label)).append("] ");
            }
            if (timestamps) {
                line.at().ifPresent(at -> text.append(at).append(' '));
            }
            appendExpanded(line.text(), text);
            if (line.passedOver() > 0) {
                text.append("… and %d bytes more".formatted(line.passedOver()));
            }
            out.println(text);
            out.flush();
            if (System.out.checkError()) {
                throw new NobodyReads();
            }
        }

        @Override
        public void note(String text) {
            err.println("chaos-runner: " + Printed.line(text));
            err.flush();
        }

        /** A tab is no danger, but would be shown as one. */
        private static void appendExpanded(String line, StringBuilder text) {
            int begin = text.length();
            for (int i = 0; i < line.length(); i++) {
                char c = line.charAt(i);
                if (c == '\t') {
                    text.repeat(' ', TAB - (text.length() - begin) % TAB);
                } else {
                    text.append(c);
                }
            }
        }
    }
}
