package io.chaosrunner.cli;

import io.chaosrunner.cluster.Fabric8Cluster;
import io.chaosrunner.cluster.Resource;
import io.chaosrunner.config.ExecutionSettings;
import io.chaosrunner.crd.Engine;
import io.chaosrunner.machine.Forecast;
import io.chaosrunner.report.ForecastReport;
import io.chaosrunner.run.PlannedRun;
import io.chaosrunner.strategy.InvalidParameters.Problem;
import io.chaosrunner.strategy.Outcome;
import io.chaosrunner.strategy.Parameters;
import io.chaosrunner.strategy.Slot;
import java.io.PrintWriter;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/**
 * The command that shows in which order an engine's experiments would run, without touching
 * anything.
 */
@Command(
        name = "plan",
        description = "Shows when each experiment would start, without touching anything.",
        mixinStandardHelpOptions = true)
final class PlanCommand implements Callable<Integer> {
    /** A seed for people who gave none: fixed, so that a plan can be compared with the last one. */
    private static final long SEED = 1;

    private static final Map<String, Outcome> OUTCOMES =
            Map.of(
                    "Pass", Outcome.PASSED,
                    "Fail", Outcome.FAILED,
                    "Error", Outcome.ERROR,
                    "Stopped", Outcome.STOPPED);

    @Spec private @Nullable CommandSpec spec;
    @ParentCommand private @Nullable ChaosRunner parent;

    @CommandLine.Parameters(
            arity = "0..1",
            paramLabel = "ENGINE",
            description = "Name of a ChaosEngine that is in the cluster.")
    private @Nullable String engine;

    @Mixin private ManifestFiles files = new ManifestFiles();
    @Mixin private Namespaced namespaced = new Namespaced();

    @Option(
            names = "--assume",
            paramLabel = "DURATION",
            defaultValue = "5m",
            description = "How long each experiment takes (default: ${DEFAULT-VALUE}).")
    private String assume = "5m";

    @Option(
            names = "--verdict",
            paramLabel = "NAME=VERDICT",
            description = "Assume Pass, Fail, Error or Stopped for one experiment (default: Pass).")
    private Map<String, String> verdicts = Map.of();

    @Option(names = "--seed", paramLabel = "N", description = "Seed of all randomness.")
    private @Nullable Long seed;

    @Option(
            names = "--set",
            paramLabel = "KEY=VALUE",
            description = "Override one execution setting of the engine.")
    private Map<String, String> settings = Map.of();

    @Option(
            names = {"-o", "--output"},
            paramLabel = "FORMAT",
            defaultValue = "text",
            description = "text or json (default: ${DEFAULT-VALUE}).")
    private String output = "text";

    private @Nullable List<FileObject> engines;

    @Override
    public Integer call() {
        CommandLine command = Objects.requireNonNull(spec).commandLine();
        Duration duration =
                Parameters.duration(assume)
                        .filter(d -> !d.isZero())
                        .orElseThrow(() ->
                                new ParameterException(
                                        command,
                                        "--assume: '%s' is not a positive duration; write 90s, 10m or 1h30m"
                                                .formatted(assume)));
        if (!output.equals("text") && !output.equals("json")) {
            throw new ParameterException(command, "-o is text or json, but is '" + output + "'");
        }
        EngineTarget meant = meant(command);
        if (engine == null && Objects.requireNonNull(parent).namesCluster()) {
            List<String> refused = refused(command);
            if (!refused.isEmpty()) {
                refused.forEach(why -> command.getErr().println("chaos-runner: " + why));
                return ExitCode.INVALID;
            }
        }
        Engine engine = meant.engine();
        Overrides overrides = Overrides.of("--set", settings, command);
        var flags = new LinkedHashMap<>(overrides.values());
        if (seed != null) {
            flags.put("seed", seed);
        }
        ExecutionSettings execution =
                ExecutionSettings.of(
                        engine.spec(), engine.annotation(ExecutionSettings.ANNOTATION), flags);
        List<String> names = engine.experiments().stream().map(e -> e.name()).toList();
        long chosen = execution.seed().orElse(SEED);
        var problems = new ArrayList<Problem>(execution.problems());
        var misnamed = new ArrayList<Problem>();
        Map<String, Outcome> outcomes = outcomes(names, misnamed);
        Optional<PlannedRun> run =
                PlannedRun.of(
                        Objects.requireNonNull(parent).strategies(),
                        execution,
                        names,
                        chosen,
                        problems);
        if (run.isEmpty() || !problems.isEmpty() || !misnamed.isEmpty()) {
            misnamed.forEach(problem -> command.getErr().println("chaos-runner: " + problem));
            problems.forEach(problem ->
                    command.getErr()
                            .println(
                                    "chaos-runner: "
                                            + meant.sentence(
                                                    ExecutionSettings.ANNOTATION,
                                                    overrides,
                                                    problem)));
            return ExitCode.INVALID;
        }
        Forecast forecast;
        try (PlannedRun planned = run.get()) {
            forecast =
                    Forecast.of(
                            planned.slots(),
                            planned.plan(),
                            execution.limits(),
                            Instant.EPOCH,
                            slot -> assumption(slot, duration, outcomes));
        }
        PrintWriter out = command.getOut();
        if (output.equals("json")) {
            ForecastReport.json(forecast, execution.strategy(), chosen, duration, out);
        } else {
            ForecastReport.text(forecast, execution.strategy(), chosen, duration, out);
        }
        return ExitCode.OK;
    }

    private EngineTarget meant(CommandLine command) {
        if ((engine == null) != files.areGiven()) {
            throw new ParameterException(
                    command, "name a ChaosEngine of the cluster, or a file with one: -f FILE");
        }
        EngineTarget meant =
                engine == null
                        ? EngineTarget.of(files.engine(engines(command), command))
                        : new EngineTarget(stored(engine));
        meant.nothingListed()
                .ifPresent(problem -> {
                    throw new ParameterException(command, problem);
                });
        return meant;
    }

    /** Standard input can be read once. */
    private List<FileObject> engines(CommandLine command) {
        if (engines == null) {
            engines = files.objects(command, "ChaosEngine"::equals).all();
        }
        return engines;
    }

    /** Ask the cluster that was named whether it would store the engine as the file has it. */
    private List<String> refused(CommandLine command) {
        try (Fabric8Cluster cluster = Objects.requireNonNull(parent).connect()) {
            cluster.hearWarnings(sentence ->
                    command.getErr().println("chaos-runner: the API server warns: " + sentence));
            var objects = new FileObjects(cluster, engines(command), namespaced.in(cluster));
            objects.settleNamespaces(namespaced.asked())
                    .ifPresent(problem -> {
                        throw new ParameterException(command, problem);
                    });
            return objects.tryOut(_ -> {}, new ToldFields());
        }
    }

    private Engine stored(String name) {
        try (Fabric8Cluster cluster = Objects.requireNonNull(parent).connect()) {
            return new Engine(
                    StoredObject.named(
                            cluster, namespaced.engine(cluster, name), Resource.ENGINES));
        }
    }

    private static Forecast.Assumption assumption(
            Slot slot, Duration duration, Map<String, Outcome> outcomes) {
        return new Forecast.Assumption(
                duration, outcomes.getOrDefault(slot.experiment(), Outcome.PASSED));
    }

    private Map<String, Outcome> outcomes(List<String> names, List<Problem> problems) {
        var result = new HashMap<String, Outcome>();
        verdicts.forEach((name, word) -> {
            Outcome outcome = OUTCOMES.get(word);
            if (!names.contains(name)) {
                problems.add(
                        new Problem(
                                "--verdict " + name,
                                "the engine lists no such experiment"
                                        + Parameters.nearest(name, names)
                                                .map(n -> "; did you mean '" + n + "'?")
                                                .orElse("; it lists " + names)));
            } else if (outcome == null) {
                problems.add(
                        new Problem(
                                "--verdict " + name,
                                "'" + word + "' is none of Pass, Fail, Error, Stopped"));
            } else {
                result.put(name, outcome);
            }
        });
        return result;
    }
}
