package io.chaosrunner.cli;

import io.chaosrunner.plugin.StrategyCatalogue;
import io.chaosrunner.strategy.Parameter;
import io.chaosrunner.strategy.Parameters;
import java.io.PrintWriter;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** The command that writes a commented engine to begin with. */
@Command(
        name = "init",
        description =
                "Writes a commented ChaosEngine to begin with, with all that a strategy takes.",
        mixinStandardHelpOptions = true)
final class InitCommand implements Callable<Integer> {
    private static final String DEFAULT = "sequential";

    /** What a strategy needs to have something to do, by its name. */
    private static final Map<String, List<String>> SET =
            Map.of(
                    "dag", List.of("dependencies:", "  pod-cpu-hog: [pod-delete.passed]"),
                    "parallel", List.of("maxParallel: 2"),
                    "random", List.of("iterations: 4", "minInterval: 1m"),
                    "sequential", List.of("gap: 30s"));

    private static final String HEAD =
            """
            # An engine for chaos-runner. Before it runs:
            #   chaos-runner validate -f FILE          everything that is wrong, without a cluster
            #   chaos-runner plan -f FILE              when each experiment would start
            #   chaos-runner run --sandbox -f FILE     a rehearsal, with simulated experiments
            # Then: chaos-runner run -f FILE
            apiVersion: litmuschaos.io/v1alpha1
            kind: ChaosEngine
            metadata:
              name: "%s"
              namespace: "%s"
              annotations:
                # How the experiments are executed.
                chaosrunner.io/execution: |
                  strategy: %s
            """;

    private static final String TAIL =
            """
                # Again and again: chaos-runner next -f FILE shows when.
                # chaosrunner.io/schedule: |
                #   cron: "0 10 * * MON-FRI"
                #   timeZone: Europe/Berlin
            spec:
              engineState: active
              # The account that the experiments run with; it must exist in this namespace.
              chaosServiceAccount: chaos-runner
              # What the fault is aimed at.
              appinfo:
                appns: "%s"
                applabel: app=nginx
                appkind: deployment
              jobCleanUpPolicy: retain
              # Each of these is a ChaosExperiment that must be in this namespace, too.
              experiments:
                - name: pod-delete
                  spec:
                    components:
                      env:
                        - name: TOTAL_CHAOS_DURATION
                          value: "30"
                        - name: CHAOS_INTERVAL
                          value: "10"
                - name: pod-cpu-hog
                  spec:
                    components:
                      env:
                        - name: TOTAL_CHAOS_DURATION
                          value: "60"
                        - name: CPU_CORES
                          value: "1"
            """;

    @Spec private @Nullable CommandSpec spec;
    @ParentCommand private @Nullable ChaosRunner parent;
    @Mixin private Namespaced namespaced = new Namespaced();

    @CommandLine.Parameters(
            arity = "0..1",
            paramLabel = "STRATEGY",
            defaultValue = DEFAULT,
            description =
                    "One of those that 'chaos-runner strategies' lists (default: ${DEFAULT-VALUE}).")
    private String strategy = DEFAULT;

    @Option(
            names = "--name",
            paramLabel = "NAME",
            defaultValue = "my-chaos",
            description = "Name of the engine (default: ${DEFAULT-VALUE}).")
    private String name = "";

    @Override
    public Integer call() {
        CommandLine command = Objects.requireNonNull(spec).commandLine();
        requireName("--name", name, command);
        namespaced.asked().ifPresent(each -> requireName("--namespace", each, command));
        List<StrategyCatalogue.Listed> all = Objects.requireNonNull(parent).strategies().all();
        StrategyCatalogue.Listed chosen =
                all.stream()
                        .filter(each -> each.strategy().name().equals(strategy))
                        .findFirst()
                        .orElseThrow(() -> unknown(command, all));
        write(chosen, command.getOut());
        return ExitCode.OK;
    }

    private static void requireName(String option, String written, CommandLine command) {
        if (!written.matches("[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")) {
            throw new ParameterException(
                    command,
                    "%s: '%s' is no name; use small letters, digits and '-', 63 at most"
                            .formatted(option, written));
        }
    }

    private ParameterException unknown(CommandLine command, List<StrategyCatalogue.Listed> all) {
        List<String> names = all.stream().map(each -> each.strategy().name()).sorted().toList();
        return new ParameterException(
                command,
                "there is no strategy '%s'%s"
                        .formatted(
                                strategy,
                                Parameters.nearest(strategy, names)
                                        .map(near -> "; did you mean '" + near + "'?")
                                        .orElse("; there are " + String.join(", ", names))));
    }

    private void write(StrategyCatalogue.Listed chosen, PrintWriter out) {
        String namespace = namespaced.asked().orElse("default");
        out.printf(HEAD, name, namespace, strategy);
        List<String> set = SET.getOrDefault(strategy, List.of());
        set.forEach(line -> setting(line, out));
        for (Parameter each : chosen.strategy().parameters()) {
            if (set.stream().noneMatch(line -> line.startsWith(each.name() + ":"))) {
                setting(
                        "# %s: %s   # %s: %s"
                                .formatted(
                                        each.name(), each.defaultValue(), each.type(), each.doc()),
                        out);
            }
        }
        setting("# Limits, of every strategy:", out);
        setting("# deadline: 45m           # what still runs then is stopped", out);
        setting("# experimentTimeout: 10m  # longest time of one attempt", out);
        setting("# onFailure: stop         # or continue", out);
        setting("# retries: 1              # after an attempt that ended in Error", out);
        out.printf(TAIL, namespace);
        out.flush();
    }

    private static void setting(String line, PrintWriter out) {
        // What a plug-in says of its parameters is one line, whatever it holds.
        out.println("      " + line.lines().reduce((a, b) -> a + " " + b).orElse(""));
    }
}
