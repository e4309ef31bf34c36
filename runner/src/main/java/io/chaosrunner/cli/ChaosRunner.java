package io.chaosrunner.cli;

import io.chaosrunner.cluster.ClusterException;
import io.chaosrunner.cluster.Fabric8Cluster;
import io.chaosrunner.cluster.Resource;
import io.chaosrunner.crd.Engine;
import io.chaosrunner.model.EngineRef;
import io.chaosrunner.plugin.StrategyCatalogue;
import io.chaosrunner.report.AuditLog;
import io.chaosrunner.resolve.RunnerEnvironment;
import io.chaosrunner.run.EngineRun;
import io.chaosrunner.run.RunListener;
import io.chaosrunner.run.RunRequest;
import io.chaosrunner.run.RunResult;
import io.chaosrunner.schedule.QuartzAlarms;
import io.chaosrunner.schedule.ScheduleSpec;
import io.chaosrunner.schedule.ScheduledRuns;
import io.chaosrunner.status.Fires;
import io.chaosrunner.status.Start.Caller;
import io.chaosrunner.strategy.Parameters;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * Start the program.
 *
 * <p>Without a sub-command and with {@code CHAOSENGINE} in the environment it is what the
 * chaos-operator expects of its runner image.
 */
@Command(
        name = "chaos-runner",
        description = "Runs the chaos experiments of a LitmusChaos ChaosEngine.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        subcommands = {
            RunCommand.class,
            StopCommand.class,
            WaitCommand.class,
            ListCommand.class,
            HistoryCommand.class,
            ScheduleCommand.class,
            PlanCommand.class,
            NextCommand.class,
            ValidateCommand.class,
            StrategiesCommand.class
        })
public final class ChaosRunner implements Callable<Integer> {
    private static final String LOG_FORMAT = "CHAOS_RUNNER_LOG_FORMAT";

    @Spec private @Nullable CommandSpec spec;

    @Option(
            names = {"--kubeconfig", "-kubeconfig"},
            paramLabel = "FILE",
            scope = CommandLine.ScopeType.INHERIT,
            description = "Kubeconfig file; else $KUBECONFIG, ~/.kube/config or the pod's account.")
    private @Nullable Path kubeconfig;

    @Option(
            names = "--context",
            paramLabel = "NAME",
            scope = CommandLine.ScopeType.INHERIT,
            description = "Context of the kubeconfig; else its current one.")
    private @Nullable String context;

    @Option(
            names = "--plugins",
            paramLabel = "DIR",
            scope = CommandLine.ScopeType.INHERIT,
            description =
                    "Folder of strategy jars; else $CHAOS_RUNNER_PLUGINS or /opt/chaos-runner/plugins.")
    private @Nullable Path plugins;

    @Option(
            names = "--schedule",
            paramLabel = "KEY=VALUE",
            description =
                    "As the operator's runner: overrule one setting of the engine's schedule, such as every=30m.")
    private Map<String, String> schedule = Map.of();

    private ChaosRunner() {}

    /** Run the program and end the process. */
    public static void main(String[] args) {
        System.exit(execute(args));
    }

    static int execute(String... args) {
        IExecutionExceptionHandler failures =
                (e, command, parsed) -> {
                    if (e instanceof ClusterException refused) {
                        command.getErr().println("chaos-runner: " + refused.getMessage());
                        boolean atTerminal = !(command.getCommand() instanceof ChaosRunner);
                        return atTerminal
                                ? ExitCode.atTerminal(refused)
                                : ExitCode.underOperator(new RunResult.Interrupted(refused));
                    }
                    command.getErr().println("chaos-runner: this is a bug; please report it");
                    e.printStackTrace(command.getErr());
                    return ExitCode.BUG;
                };
        return new CommandLine(new ChaosRunner())
                .setExecutionExceptionHandler(failures)
                .setParameterExceptionHandler((e, arguments) -> mistyped(e))
                .setCaseInsensitiveEnumValuesAllowed(true)
                .execute(args);
    }

    /** Say what is wrong in a line or two; the whole usage would bury it. */
    private static int mistyped(ParameterException e) {
        CommandLine command = e.getCommandLine();
        command.getErr().println("chaos-runner: " + e.getMessage());
        Collection<String> names = command.getSubcommands().keySet();
        if (e instanceof UnmatchedArgumentException unmatched && !names.isEmpty()) {
            Parameters.nearest(unmatched.getUnmatched().getFirst(), names)
                    .ifPresent(near -> command.getErr().println("Did you mean '" + near + "'?"));
        } else if (e instanceof UnmatchedArgumentException unmatched) {
            UnmatchedArgumentException.printSuggestions(unmatched, command.getErr());
        }
        command.getErr().printf("Try '%s --help'.%n", command.getCommandSpec().qualifiedName());
        return ExitCode.INVALID;
    }

    private static boolean underOperator() {
        return System.getenv("CHAOSENGINE") != null;
    }

    /** Connect for a pod, which waits for an API server that does not answer. */
    Fabric8Cluster reach() {
        return Fabric8Cluster.connect(
                Optional.ofNullable(kubeconfig), Optional.ofNullable(context));
    }

    /** Connect for a person, who would rather hear at once that nothing answers. */
    Fabric8Cluster connect() {
        Fabric8Cluster cluster = reach();
        try {
            cluster.greet();
            return cluster;
        } catch (ClusterException e) {
            cluster.close();
            throw e;
        }
    }

    StrategyCatalogue strategies() {
        Path folder =
                plugins != null
                        ? plugins
                        : Path.of(
                                System.getenv()
                                        .getOrDefault(
                                                "CHAOS_RUNNER_PLUGINS",
                                                "/opt/chaos-runner/plugins"));
        return StrategyCatalogue.load(Optional.of(folder));
    }

    /** Run as the operator's runner: everything comes from the environment. */
    @Override
    public Integer call() {
        Map<String, String> variables = System.getenv();
        if (!underOperator()) {
            CommandSpec command = Objects.requireNonNull(spec);
            command.commandLine().usage(command.commandLine().getErr());
            command.commandLine()
                    .getErr()
                    .println("\nName a command, or set CHAOSENGINE as the chaos-operator does.");
            return ExitCode.INVALID;
        }
        RunnerEnvironment environment = RunnerEnvironment.of(variables);
        EngineRef engine = new EngineRef(environment.namespace(), environment.engine());
        // No trimming, and no list is one nameless experiment: Litmus reads it so.
        List<String> experiments =
                List.of(variables.getOrDefault("EXPERIMENT_LIST", "").split(",", -1));
        Map<String, Object> flags =
                EngineFile.settings(schedule, Objects.requireNonNull(spec).commandLine());
        AuditLog log = new AuditLog(System.out, Clock.systemUTC(), engine, logFormat());
        try (Tracing tracing =
                        Tracing.of(variables, engine, message -> log.note("telemetry", message));
                Fabric8Cluster cluster = reach()) {
            RunRequest request =
                    new RunRequest(
                            engine,
                            Caller.OPERATOR,
                            Optional.of(experiments),
                            Optional.of(environment.withTracing(tracing.forExperiments())),
                            Map.of(),
                            instance());
            RunResult result = run(cluster, request, flags, tracing.beside(log));
            tell(result, log);
            return ExitCode.underOperator(result);
        }
    }

    /** Run once, or as often as the engine's schedule says. */
    private RunResult run(
            Fabric8Cluster cluster,
            RunRequest request,
            Map<String, ?> flags,
            RunListener listener) {
        Optional<Engine> read;
        try {
            read =
                    cluster.get(
                                    Resource.ENGINES,
                                    request.engine().namespace(),
                                    request.engine().name())
                            .map(Engine::new);
        } catch (ClusterException e) {
            return RunResult.of(e);
        }
        RunRequest one = read.map(request::seeing).orElse(request);
        boolean scheduled =
                read.isPresent()
                        // The scheduling service has the runner run once, for this fire.
                        && Fires.handedOver(read.get()).isEmpty()
                        && (!flags.isEmpty()
                                || read.get().annotation(ScheduleSpec.ANNOTATION).isPresent());
        if (!scheduled) {
            EngineRun run = new EngineRun(cluster, one, strategies(), Clock.systemUTC(), listener);
            Signals.handle(run::leave);
            return run.run();
        }
        try (QuartzAlarms alarms = new QuartzAlarms()) {
            ScheduledRuns runs =
                    new ScheduledRuns(
                            cluster, one, flags, strategies(), Clock.systemUTC(), listener, alarms);
            Signals.handle(runs::leave);
            return runs.run().result();
        }
    }

    static AuditLog.Format logFormat() {
        return System.getenv().getOrDefault(LOG_FORMAT, "").equalsIgnoreCase("json")
                ? AuditLog.Format.JSON
                : AuditLog.Format.TEXT;
    }

    /** Return a name for this process: where it is, for people; random, so that none is alike. */
    static String instance() {
        String host = System.getenv().getOrDefault("HOSTNAME", "");
        String random = UUID.randomUUID().toString().substring(0, 13);
        long pid = ProcessHandle.current().pid();
        return host.isEmpty() ? pid + "/" + random : host + "/" + pid + "/" + random;
    }

    private static void tell(RunResult result, AuditLog log) {
        switch (result) {
            case RunResult.Completed _ -> {}
            case RunResult.AlreadyFinished _ ->
                    log.note("nothing-launched", "the run is over and its outcomes are recorded");
            case RunResult.Refused(String why) -> log.note("nothing-launched", why);
            case RunResult.Misconfigured(var problems) ->
                    problems.forEach(problem -> log.note("nothing-launched", problem.toString()));
            case RunResult.Left(String why, boolean unfinished) -> log.note("left", why);
            case RunResult.Interrupted(ClusterException why) ->
                    log.note("interrupted", String.valueOf(why.getMessage()));
        }
    }
}
