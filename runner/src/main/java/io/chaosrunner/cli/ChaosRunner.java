package io.chaosrunner.cli;

import io.chaosrunner.cluster.ClusterException;
import io.chaosrunner.cluster.Fabric8Cluster;
import io.chaosrunner.config.Allowed;
import io.chaosrunner.plugin.StrategyCatalogue;
import io.chaosrunner.strategy.Parameters;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * The command line.
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
            WatchCommand.class,
            LogsCommand.class,
            ListCommand.class,
            GetCommand.class,
            HistoryCommand.class,
            ReportCommand.class,
            UiCommand.class,
            ScheduleCommand.class,
            TriggerCommand.class,
            BackfillCommand.class,
            PlanCommand.class,
            NextCommand.class,
            ValidateCommand.class,
            StrategiesCommand.class,
            InitCommand.class,
            InitStrategyCommand.class,
            CompletionCommand.class,
            CompleteCommand.class,
            HelpCommand.class
        })
final class ChaosRunner implements Callable<Integer> {
    @Spec private @Nullable CommandSpec spec;

    @Option(
            names = {"--kubeconfig", "-kubeconfig"},
            paramLabel = "FILE",
            scope = CommandLine.ScopeType.INHERIT,
            description = "Kubeconfig file; else $KUBECONFIG, ~/.kube/config or the pod's account.")
    private @Nullable Path kubeconfig;

    @Option(
            names = "--context",
            paramLabel = "CONTEXT",
            scope = CommandLine.ScopeType.INHERIT,
            description = "Context of the kubeconfig; else its current one.")
    private @Nullable String context;

    @Option(
            names = "--cluster",
            paramLabel = "CLUSTER",
            scope = CommandLine.ScopeType.INHERIT,
            description = "Cluster of the kubeconfig; else the context's.")
    private @Nullable String cluster;

    @Option(
            names = "--user",
            paramLabel = "USER",
            scope = CommandLine.ScopeType.INHERIT,
            description = "User of the kubeconfig; else the context's.")
    private @Nullable String user;

    @Option(
            names = "--plugins",
            paramLabel = "DIR",
            scope = CommandLine.ScopeType.INHERIT,
            description =
                    "Folder of strategy jars; else $CHAOS_RUNNER_PLUGINS or"
                            + " /opt/chaos-runner/plugins.")
    private @Nullable Path plugins;

    @Option(
            names = "--allowed-service-accounts",
            paramLabel = "PATTERN",
            split = ",",
            scope = CommandLine.ScopeType.INHERIT,
            description =
                    "Service accounts that engines may name, such as 'chaos-*'; several with"
                            + " commas. All unless told, here or in"
                            + " $CHAOS_RUNNER_ALLOWED_SERVICE_ACCOUNTS.")
    private List<String> allowedServiceAccounts = List.of();

    @Option(
            names = "--allowed-images",
            paramLabel = "PATTERN",
            split = ",",
            scope = CommandLine.ScopeType.INHERIT,
            description =
                    "Images of experiments, such as 'registry.example.com/*'; several with commas."
                            + " All unless told, here or in $CHAOS_RUNNER_ALLOWED_IMAGES.")
    private List<String> allowedImages = List.of();

    @Option(
            names = "--debug",
            scope = CommandLine.ScopeType.INHERIT,
            description = "Show the stack of what a strategy threw, and of failed requests.")
    private boolean debug;

    @Option(
            names = "--schedule",
            paramLabel = "KEY=VALUE",
            description =
                    "As the operator's runner: override one setting of the engine's schedule, such"
                            + " as every=30m.")
    private Map<String, String> schedule = Map.of();

    private ChaosRunner() {}

    /** Run a command; return its exit code. */
    static int execute(String... args) {
        IExecutionExceptionHandler failures =
                (e, command, parsed) -> {
                    if (e instanceof ClusterException refused) {
                        command.getErr().println("chaos-runner: " + refused.getMessage());
                        if (isDebugging(command)) {
                            refused.printStackTrace(command.getErr());
                        }
                        return ExitCode.atTerminal(refused);
                    }
                    return ThisProcess.bug(e, command.getErr());
                };
        CommandLine all =
                commandLine()
                        .setOut(new PrintWriter(Streams.out(), true))
                        .setErr(Streams.errWriter())
                        // Escapes are written out.
                        .setColorScheme(
                                CommandLine.Help.defaultColorScheme(CommandLine.Help.Ansi.OFF))
                        .setExecutionExceptionHandler(failures)
                        .setParameterExceptionHandler((e, arguments) -> mistyped(e));
        try {
            return all.execute(args);
        } catch (OutOfMemoryError e) {
            return ThisProcess.outOfMemory(all.getErr());
        }
    }

    private static boolean isDebugging(CommandLine command) {
        CommandLine top = command;
        while (top.getParent() != null) {
            top = top.getParent();
        }
        return top.getCommandSpec().userObject() instanceof ChaosRunner runner && runner.debug;
    }

    /** Every command and option there is, executing nothing yet. */
    static CommandLine commandLine() {
        CommandLine all =
                new CommandLine(new ChaosRunner()).setCaseInsensitiveEnumValuesAllowed(true);
        all.registerConverter(Path.class, ChaosRunner::path);
        Manual.complete(all);
        return all;
    }

    /** An empty path would be the working folder. */
    private static Path path(String text) {
        if (text.isEmpty()) {
            throw new TypeConversionException(UsageError.EMPTY);
        }
        return Path.of(text);
    }

    /** Say what is wrong in a line or two; the whole usage would bury it. */
    private static int mistyped(ParameterException e) {
        CommandLine command = e.getCommandLine();
        List<String> lines =
                e instanceof ManifestFiles.Unreadable unreadable
                        ? unreadable.problems()
                        : List.of(UsageError.words(e));
        command.getErr().print("chaos-runner: ");
        lines.forEach(command.getErr()::println);
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

    /** Tell whether the command line says which cluster is meant, rather than the surroundings. */
    boolean namesCluster() {
        return kubeconfig != null || context != null || cluster != null || user != null;
    }

    /** Connect for a pod, which waits for an API server that does not answer. */
    Fabric8Cluster reach() {
        return Fabric8Cluster.connect(
                Optional.ofNullable(kubeconfig),
                Optional.ofNullable(context),
                Optional.ofNullable(cluster),
                Optional.ofNullable(user),
                System.err);
    }

    /** Connect for a person, who would rather hear at once that nothing answers. */
    Fabric8Cluster connect() {
        Fabric8Cluster cluster = reach();
        try {
            cluster.ping();
            return cluster;
        } catch (ClusterException e) {
            cluster.close();
            throw e;
        }
    }

    /** Return which accounts and images engines may name, by command line and environment. */
    Allowed allowed() {
        return Allowed.of(allowedServiceAccounts, allowedImages).and(Allowed.of(System.getenv()));
    }

    /** Load the strategies for a person, who is shown where one threw if that was asked for. */
    StrategyCatalogue strategies() {
        PrintWriter err = Objects.requireNonNull(spec).commandLine().getErr();
        if (plugins != null) {
            StrategyCatalogue.problemOf(plugins)
                    .ifPresent(problem -> {
                        throw new ParameterException(
                                Objects.requireNonNull(spec).commandLine(),
                                "--plugins: " + problem);
                    });
        }
        return ThisProcess.strategies(
                Optional.ofNullable(plugins),
                debug ? stack -> stack.lines().forEach(err::println) : stack -> {});
    }

    /** Load the strategies for a pod, whose log has it. */
    StrategyCatalogue strategiesOfPod() {
        return ThisProcess.strategies(Optional.ofNullable(plugins), ThisProcess::logStack);
    }

    /** Be the operator's runner, with options. */
    @Override
    public Integer call() {
        CommandLine command = Objects.requireNonNull(spec).commandLine();
        if (!OperatorsRunner.isMeant(System.getenv())) {
            command.usage(command.getErr());
            command.getErr()
                    .printf("%nName a command, or set CHAOSENGINE as the chaos-operator does.%n");
            return ExitCode.INVALID;
        }
        return new OperatorsRunner(
                        System.getenv(),
                        this::reach,
                        this::strategiesOfPod,
                        Overrides.of("--schedule", schedule, command).values(),
                        allowed())
                .run();
    }
}
