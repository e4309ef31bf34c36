package io.chaosrunner.cli;

import io.chaosrunner.cluster.Cluster;
import io.chaosrunner.cluster.Fabric8Cluster;
import io.chaosrunner.model.EngineRef;
import io.chaosrunner.report.ProgressLines;
import io.chaosrunner.run.EngineRun;
import io.chaosrunner.run.RunRequest;
import io.chaosrunner.run.RunResult;
import io.chaosrunner.sandbox.Manifests;
import io.chaosrunner.sandbox.SandboxServer;
import io.chaosrunner.status.Start.Caller;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** Run an engine from files in the sandbox, and show what happens. */
@Command(
        name = "run",
        description = "Runs a ChaosEngine and shows each verdict.",
        mixinStandardHelpOptions = true,
        footer = {
            "",
            "Exit codes: 0 all passed, 1 a verdict is not Pass, 2 invalid usage or configuration,",
            "3 cluster error or refused, 4 aborted, 6 deadline, 70 a bug in chaos-runner."
        })
final class RunCommand implements Callable<Integer> {
    @Spec private @Nullable CommandSpec spec;
    @ParentCommand private @Nullable ChaosRunner parent;

    @Option(
            names = {"-f", "--filename"},
            paramLabel = "FILE",
            required = true,
            description = "YAML with one ChaosEngine, its ChaosExperiments, ConfigMaps …")
    private List<Path> files = List.of();

    @Option(
            names = "--sandbox",
            required = true,
            description = "Use an API server in this process, with simulated experiments.")
    private boolean sandbox;

    @Option(
            names = "--speed",
            paramLabel = "N",
            defaultValue = "1",
            description = "Run simulated experiments N times as fast (default: ${DEFAULT-VALUE}).")
    private double speed;

    @Option(
            names = "--set",
            paramLabel = "KEY=VALUE",
            description =
                    "Overrule one execution setting of the engine, such as strategy=parallel or deadline=10m.")
    private Map<String, String> settings = Map.of();

    @Override
    public Integer call() {
        CommandSpec command = Objects.requireNonNull(spec);
        PrintWriter err = command.commandLine().getErr();
        if (!(speed > 0)) {
            throw new ParameterException(
                    command.commandLine(), "--speed must be greater than 0, but is " + speed);
        }
        try (SandboxServer server =
                SandboxServer.start(SandboxServer.Options.DEFAULT.withSpeed(speed))) {
            List<EngineRef> engines = new ArrayList<>();
            List<String> problems = new ArrayList<>();
            load(server, engines, problems);
            if (problems.isEmpty() && engines.size() != 1) {
                problems.add(
                        "expected one ChaosEngine in %s, but found %s"
                                .formatted(files, engines.isEmpty() ? "none" : engines));
            }
            if (!problems.isEmpty()) {
                problems.forEach(problem -> err.println("chaos-runner: " + problem));
                return ExitCode.INVALID;
            }
            EngineRef engine = engines.getFirst();
            List<String> madeUp = server.ensureExperiments(engine.namespace(), engine.name());
            if (!madeUp.isEmpty()) {
                command.commandLine()
                        .getOut()
                        .println(
                                "The files define no ChaosExperiment %s: the sandbox made up its own."
                                        .formatted(String.join(", ", madeUp)));
                command.commandLine().getOut().flush();
            }
            try (Cluster cluster = Fabric8Cluster.connect(server.url())) {
                return run(cluster, engine, err);
            }
        }
    }

    private int run(Cluster cluster, EngineRef engine, PrintWriter err) {
        EngineRun run =
                new EngineRun(
                        cluster,
                        new RunRequest(
                                engine,
                                Caller.PERSON,
                                Optional.empty(),
                                Optional.empty(),
                                EngineFile.settings(
                                        settings, Objects.requireNonNull(spec).commandLine()),
                                ChaosRunner.instance()),
                        Objects.requireNonNull(parent).strategies(),
                        Clock.systemUTC(),
                        new ProgressLines(System.out, Clock.systemUTC()));
        Signals.handle(run::stop);
        RunResult result = run.run();
        switch (result) {
            case RunResult.Completed _, RunResult.AlreadyFinished _ -> {}
            case RunResult.Refused(String why) -> err.println("chaos-runner: " + why);
            case RunResult.Misconfigured(var problems) -> {
                err.println("chaos-runner: nothing was launched:");
                problems.forEach(problem -> err.println("  " + problem));
            }
            case RunResult.Left(String why, boolean unfinished) ->
                    err.println("chaos-runner: " + why);
            case RunResult.Interrupted(var why) -> err.println("chaos-runner: " + why.getMessage());
        }
        return ExitCode.atTerminal(result);
    }

    private void load(SandboxServer server, List<EngineRef> engines, List<String> problems) {
        for (Path file : files) {
            String yaml;
            try {
                yaml = Files.readString(file);
            } catch (IOException e) {
                problems.add("cannot read " + file + "; is the path right?");
                continue;
            }
            Manifests manifests = server.load(file.toString(), yaml);
            problems.addAll(manifests.problems());
            for (Manifests.Created created : manifests.created()) {
                if (created.kind().equals("ChaosEngine")) {
                    engines.add(new EngineRef(created.namespace(), created.name()));
                }
            }
        }
    }
}
