package io.chaosrunner.cli;

import io.chaosrunner.claim.StartTable.Caller;
import io.chaosrunner.cluster.AnyObjects;
import io.chaosrunner.cluster.Cluster;
import io.chaosrunner.cluster.ClusterException;
import io.chaosrunner.cluster.ClusterException.Kind;
import io.chaosrunner.cluster.Fabric8Cluster;
import io.chaosrunner.cluster.Resource;
import io.chaosrunner.config.ExecutionSettings;
import io.chaosrunner.control.EngineLaunch;
import io.chaosrunner.control.EngineLaunch.Launch;
import io.chaosrunner.control.EngineLaunch.Readied;
import io.chaosrunner.control.EngineStop;
import io.chaosrunner.control.ExperimentReport;
import io.chaosrunner.control.RunFollower;
import io.chaosrunner.crd.Engine;
import io.chaosrunner.history.RunHistory;
import io.chaosrunner.history.RunRecords;
import io.chaosrunner.model.EngineRef;
import io.chaosrunner.model.TimeWords;
import io.chaosrunner.run.EngineRun;
import io.chaosrunner.run.Preflight;
import io.chaosrunner.run.RunRequest;
import io.chaosrunner.run.RunResult;
import io.chaosrunner.sandbox.SandboxServer;
import io.chaosrunner.schedule.ScheduleSpec;
import io.chaosrunner.status.RunNotice;
import io.chaosrunner.status.StatusEntry;
import io.chaosrunner.ui.UiServer;
import io.chaosrunner.validate.Validation;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
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
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** The command that runs an engine, from files or as the cluster has it, and shows what happens. */
@Command(
        name = "run",
        description = "Runs a ChaosEngine and shows each verdict.",
        mixinStandardHelpOptions = true)
final class RunCommand implements Callable<Integer> {
    /** The operator looks at an engine within a second of its change. */
    private static final Duration OPERATOR_TAKES = Duration.ofSeconds(60);

    private static final Duration FOR_EVER = Duration.ofDays(3650);

    @Spec private @Nullable CommandSpec spec;
    @ParentCommand private @Nullable ChaosRunner parent;
    @Mixin private Namespaced namespaced = new Namespaced();
    @Mixin private Output output = new Output();
    @Mixin private ReportFiles reportFiles = new ReportFiles();

    @Parameters(
            arity = "0..1",
            paramLabel = "ENGINE",
            description = "Name of a ChaosEngine that is in the cluster already.")
    private @Nullable String engine;

    @Mixin private ManifestFiles files = new ManifestFiles();
    @Mixin private ExperimentSelection chosen = new ExperimentSelection();

    @Option(
            names = "--launch",
            paramLabel = "WHO",
            defaultValue = "direct",
            description =
                    "direct: this process runs the experiments; operator: the chaos-operator's"
                            + " runner does, and is followed (default: ${DEFAULT-VALUE}).")
    private Launch launch = Launch.DIRECT;

    @Option(names = "--resume", description = "Take up a run whose process is dead.")
    private boolean resume;

    @Option(
            names = "--if-different",
            paramLabel = "WHAT",
            defaultValue = "refuse",
            description =
                    "What to do about an object that is in the cluster and not as the file has it:"
                            + " refuse, update or keep (default: ${DEFAULT-VALUE}). The ChaosEngine"
                            + " itself is always made as the file has it.")
    private FileObjects.IfDifferent ifDifferent = FileObjects.IfDifferent.REFUSE;

    @Option(
            names = "--skip-missing",
            description =
                    "Run although something that the engine names is missing; its experiments are"
                            + " skipped.")
    private boolean skipMissing;

    @Option(
            names = "--dry-run",
            paramLabel = "server",
            description =
                    "Store and launch nothing: ask the API server about rights, everything that the"
                            + " engine names, and every object and Job.")
    private @Nullable DryRun dryRun;

    /** Who is asked; what can be said without a cluster, validate and plan say. */
    enum DryRun {
        SERVER
    }

    @Option(
            names = "--sandbox",
            description = "Use an API server in this process, with simulated experiments.")
    private boolean sandbox;

    @Option(
            names = "--speed",
            paramLabel = "N",
            defaultValue = "1",
            description = "In the sandbox, run experiments N times as fast (default: 1).")
    private double speed;

    @Option(
            names = "--ui",
            description =
                    "In the sandbox, serve the live page to a browser on this machine until the run is over.")
    private boolean page;

    @Option(
            names = "--set",
            paramLabel = "KEY=VALUE",
            description =
                    "Override one execution setting of the engine, such as strategy=parallel or"
                            + " deadline=10m.")
    private Map<String, String> settings = Map.of();

    @Override
    public Integer call() {
        if (dryRun != null && reportFiles.areGiven()) {
            throw invalid("--dry-run runs nothing that could be reported in a file");
        }
        ReportFiles.Open reports =
                dryRun != null
                        ? ReportFiles.NONE
                        : reportFiles.open(
                                command(),
                                engine != null
                                        ? engine
                                        : files.areGiven() ? files.toString() : "no engine",
                                System.getenv());
        try {
            check();
            if (sandbox) {
                return runInSandbox(reports);
            }
            try (Fabric8Cluster cluster = parent().connect()) {
                return runInCluster(cluster, reports);
            }
        } catch (ClusterException e) {
            reports.endWithout(String.valueOf(e.getMessage()));
            throw e;
        } catch (ParameterException e) {
            reports.endWithout(UsageError.words(e));
            throw e;
        }
    }

    /** Refuse options that contradict each other. */
    private void check() {
        if (engine == null != files.areGiven()) {
            throw invalid("name a ChaosEngine of the cluster, or a file with -f FILE");
        }
        if (!(speed > 0)) {
            throw invalid("--speed must be greater than 0, but is " + speed);
        }
        if (page && !sandbox) {
            throw invalid(
                    "--ui is for --sandbox; a run in a cluster is shown by chaos-runner ui, beside it");
        }
        if (launch == Launch.OPERATOR && !settings.isEmpty()) {
            throw invalid(
                    "--set is for a direct launch; under the operator, write the setting to"
                            + " annotation chaosrunner.io/execution");
        }
        if (dryRun != null && resume) {
            throw invalid("--dry-run tries a new run; leave --resume out");
        }
        if (launch == Launch.OPERATOR && resume) {
            throw invalid("--resume is for a direct launch; the operator resumes by itself");
        }
        if (chosen.isPart() && (launch == Launch.OPERATOR || resume)) {
            throw invalid(
                    "--only and --failed are for a new run, launched directly; the operator's runner runs all that an engine lists");
        }
        if (sandbox) {
            if (chosen.needsLastRun()) {
                throw invalid("--sandbox has no last run that --failed could mean; use --only");
            }
            if (!files.areGiven()) {
                throw invalid("--sandbox starts empty; name a file with -f FILE");
            }
            if (launch == Launch.OPERATOR || resume) {
                throw invalid("--sandbox has no operator and no earlier run");
            }
            if (dryRun != null) {
                throw invalid("--dry-run asks a cluster; without one use validate and plan");
            }
        }
    }

    // ---- In a cluster ------------------------------------------------------------------------

    private int runInCluster(Fabric8Cluster cluster, ReportFiles.Open reports) {
        String namespace = namespaced.in(cluster);
        FileObjects all = new FileObjects(cluster, fileObjects(), namespace);
        all.settleNamespaces(namespaced.asked())
                .ifPresent(problem -> {
                    throw invalid(problem);
                });
        Optional<EngineTarget> wanted =
                files.areGiven() ? Optional.of(wanted(all.all(), reports)) : Optional.empty();
        EngineRef ref =
                wanted.map(file -> file.engine().ref())
                        .orElseGet(
                                () -> namespaced.engine(cluster, Objects.requireNonNull(engine)));
        reports.isOf(ref);
        try (Output.Shown shown = output.open(ref, true, reports)) {
            cluster.hearWarnings(sentence -> shown.say("The API server warns: " + sentence));
            wanted.ifPresent(file -> tellOfUnheeded(file.engine(), shown));
            if (dryRun != null) {
                return new DryRunOfServer(cluster, all, shown, settings())
                        .call(ref, wanted, launch, parent().strategies());
            }
            int exitCode;
            try {
                exitCode = launch(cluster, all, wanted, ref, shown);
            } catch (ClusterException e) {
                if (e.kind() != Kind.INVALID || !files.areGiven()) {
                    throw e;
                }
                exitCode = invalid(shown, "the API server refuses this: " + e.getMessage());
            }
            return reports.withLogs(cluster::log).end(cluster, ref, exitCode);
        }
    }

    private int launch(
            Fabric8Cluster cluster,
            FileObjects all,
            Optional<EngineTarget> wanted,
            EngineRef ref,
            Output.Shown shown) {
        EngineLaunch readying = new EngineLaunch(cluster);
        Optional<Engine> before =
                launch == Launch.OPERATOR
                        ? cluster.get(Resource.ENGINES, ref.namespace(), ref.name())
                                .map(Engine::new)
                        : Optional.empty();
        Optional<List<String>> names =
                chosen.isPart()
                        ? meant(cluster, ref, wanted).flatMap(each -> names(cluster, each))
                        : Optional.empty();
        Optional<String> refusal = readying.refusal(ref, resume);
        if (refusal.isEmpty()) {
            refusal = all.store(ifDifferent, shown::say);
        }
        if (refusal.isPresent()) {
            return refused(shown, refusal.get());
        }
        if (!resume && !skipMissing) {
            Optional<Engine> engine = meant(cluster, ref, wanted);
            Optional<String> missing =
                    engine.map(each -> ExperimentSelection.reduced(each, names))
                            .flatMap(each -> missing(cluster, each, shown));
            if (missing.isPresent()) {
                return invalid(shown, missing.get());
            }
        }
        return switch (ready(readying, ref, wanted, all)) {
            case Readied.Missing() -> refused(shown, Namespaced.missing(cluster, ref));
            case Readied.Refused(String why) -> refused(shown, why);
            case Readied.Ready ready -> {
                tell(ready, shown);
                if (launch == Launch.DIRECT) {
                    tellOfSchedule(ready.engine(), shown);
                }
                EngineTarget target = wanted.orElseGet(() -> new EngineTarget(ready.engine()));
                yield launch == Launch.DIRECT
                        ? run(cluster, ref, resume, names, target, shown)
                        : follow(cluster, before.orElse(ready.engine()), target, shown);
            }
        };
    }

    private Readied ready(
            EngineLaunch readying, EngineRef ref, Optional<EngineTarget> wanted, FileObjects all) {
        try {
            return readying.ready(ref, wanted.map(file -> file.engine().json()), launch, resume);
        } catch (ClusterException e) {
            throw all.placed(ref, e);
        }
    }

    /** Return the engine as it will be when it is run; empty if there is none. */
    private static Optional<Engine> meant(
            Cluster cluster, EngineRef ref, Optional<EngineTarget> wanted) {
        return wanted.map(EngineTarget::engine)
                .or(() ->
                        cluster.get(Resource.ENGINES, ref.namespace(), ref.name())
                                .map(Engine::new));
    }

    private static RunRecords records(Cluster cluster, EngineRef ref) {
        return cluster.get(Resource.ENGINES, ref.namespace(), ref.name())
                .map(json -> RunHistory.of(cluster, new Engine(json)).runs())
                .orElse(RunRecords.NONE);
    }

    private Optional<List<String>> names(Cluster cluster, Engine engine) {
        return chosen.names(
                engine,
                () ->
                        cluster.get(Resource.ENGINES, engine.namespace(), engine.name())
                                .map(json -> RunHistory.of(cluster, new Engine(json)))
                                .map(past -> past.runs().runs())
                                .orElse(List.of()),
                command());
    }

    private List<FileObject> fileObjects() {
        if (!files.areGiven()) {
            return List.of();
        }
        ManifestFiles.Objects read = files.objects(command(), kind -> true);
        if (!read.passedOver().isEmpty()) {
            command()
                    .getErr()
                    .println(
                            "chaos-runner: %s: %d objects read; passed over: %s"
                                    .formatted(
                                            files,
                                            read.all().size(),
                                            Listing.of(read.passedOver())));
        }
        return read.all();
    }

    /** Return the engine of the files, which must have something to run. */
    private EngineTarget wanted(List<FileObject> objects, ReportFiles.Open reports) {
        FileObject written = files.engine(objects, command());
        reports.isOf(written);
        EngineTarget file = EngineTarget.of(written);
        reports.isOf(file.engine().ref());
        file.nothingListed()
                .ifPresent(problem -> {
                    throw invalid(problem);
                });
        return file;
    }

    /** Nothing is injected until everything that the engine names is there. */
    private Optional<String> missing(Cluster cluster, Engine engine, Output.Shown shown) {
        Optional<String> nothing = engine.nothingListed();
        if (nothing.isPresent()) {
            return Optional.of(
                    "ChaosEngine %s: spec.experiments%s".formatted(engine.ref(), nothing.get()));
        }
        Preflight.Found found =
                Preflight.of(
                        cluster, Preflight.Coming.NOTHING, engine, "", Clock.systemUTC().instant());
        found.refused().stream()
                .findFirst()
                .ifPresent(refusal -> {
                    throw refusal;
                });
        var problems = new ArrayList<String>(found.problems());
        if (!sandbox) {
            // Whether it is there when a pod is made is the Job controller's to say.
            found.accounts().forEach(each -> shown.say("Warning: " + each));
            problems.addAll(found.helperAccounts());
        }
        return problems.isEmpty()
                ? Optional.empty()
                : Optional.of(
                        "nothing is launched, because ChaosEngine %s cannot run whole: %s; mend that, or run the rest with --skip-missing"
                                .formatted(engine.ref(), String.join("; ", problems)));
    }

    private Overrides settings() {
        return Overrides.of("--set", settings, command());
    }

    private static int invalid(Output.Shown shown, String why) {
        shown.fail(RunResult.NOTHING_LAUNCHED, why);
        shown.summary(List.of(), ExitCode.INVALID);
        return ExitCode.INVALID;
    }

    private static int refused(Output.Shown shown, String why) {
        shown.fail(RunResult.NOTHING_LAUNCHED, why);
        shown.summary(List.of(), ExitCode.CLUSTER);
        return ExitCode.CLUSTER;
    }

    private static void tell(Readied.Ready ready, Output.Shown shown) {
        if (ready.created()) {
            shown.say("ChaosEngine %s created".formatted(ready.engine().ref()));
        } else if (!ready.changed().isEmpty()) {
            shown.say(
                    "ChaosEngine %s made as the file has it: %s"
                            .formatted(ready.engine().ref(), String.join(", ", ready.changed())));
        }
    }

    /** Whoever asks for a run gets one, now; that it is not the schedule's must not surprise. */
    private static void tellOfSchedule(Engine engine, Output.Shown shown) {
        if (engine.annotation(ScheduleSpec.ANNOTATION).isPresent()) {
            shown.say(
                    "ChaosEngine %s has a schedule; this is one run, now. Its schedule is kept by chaos-runner schedule, or by the operator's runner (--launch=operator)."
                            .formatted(engine.ref()));
        }
    }

    /**
     * Follow what the operator's runner does.
     *
     * @param before the engine before it was made ready
     */
    private int follow(Cluster cluster, Engine before, EngineTarget target, Output.Shown shown) {
        EngineRef ref = before.ref();
        RunFollower followed = new RunFollower(cluster, ref, Clock.systemUTC(), shown);
        Signals.handleAtTerminal(
                why -> {
                    shown.heard(
                            new RunNotice.Waiting(
                                    why
                                            + ": the chaos-operator is told to stop; once more to"
                                            + " leave it to that"));
                    Thread.ofVirtual()
                            .start(() -> {
                                try {
                                    EngineStop.tellOperator(cluster, before);
                                } finally {
                                    followed.leaveUnlessBegun(why);
                                }
                            });
                },
                () -> leave(ref, shown));
        shown.heard(
                new RunNotice.Waiting(
                        "for the chaos-operator to begin the run, for up to %s"
                                .formatted(TimeWords.of(OPERATOR_TAKES))));
        RunResult result = followed.await(OPERATOR_TAKES, FOR_EVER);
        if (result instanceof RunResult.Refused(String why)) {
            new EngineLaunch(cluster).takeBack(before);
            return refused(
                    shown,
                    why
                            + ": is the chaos-operator running, and does it look after that"
                            + " namespace? Use --launch=direct without it");
        }
        if (!followed.hasBegun()) {
            new EngineLaunch(cluster).takeBack(before);
        }
        return end(cluster, ref, result, target, shown);
    }

    private static void leave(EngineRef ref, Output.Shown shown) {
        shown.freeze();
        Streams.err()
                .printf(
                        "chaos-runner: left; what runs goes on. Stop it: chaos-runner stop %s -n %s. Take"
                                + " it up: chaos-runner run %s -n %s --resume%n",
                        ref.name(), ref.namespace(), ref.name(), ref.namespace());
    }

    private static void leaveSandbox(Output.Shown shown) {
        shown.freeze();
        Streams.err().println("chaos-runner: left; the sandbox has gone, with all that ran in it");
    }

    // ---- Here --------------------------------------------------------------------------------

    private int run(
            Cluster cluster,
            EngineRef ref,
            boolean takeUp,
            Optional<List<String>> names,
            EngineTarget target,
            Output.Shown shown) {
        RunResult result;
        // Closed before the summary, which is the last word.
        try (Tracing tracing =
                Tracing.of(
                        System.getenv(),
                        ref,
                        message -> shown.heard(new RunNotice.Warning(message)))) {
            result = run(cluster, ref, takeUp, names, shown, tracing);
        }
        return end(cluster, ref, result, target, shown);
    }

    private RunResult run(
            Cluster cluster,
            EngineRef ref,
            boolean takeUp,
            Optional<List<String>> names,
            Output.Shown shown,
            Tracing tracing) {
        shown.expect(() -> records(cluster, ref));
        Runnable leaving = sandbox ? () -> leaveSandbox(shown) : () -> leave(ref, shown);
        EngineRun run =
                new EngineRun(
                        cluster,
                        new RunRequest(
                                        ref,
                                        takeUp ? Caller.PERSON_WHO_RESUMES : Caller.PERSON,
                                        names,
                                        Optional.empty(),
                                        settings().values(),
                                        ThisProcess.instance())
                                .with(tracing.forExperiments())
                                .within(parent().allowed()),
                        parent().strategies(),
                        Clock.systemUTC(),
                        tracing.beside(shown));
        Signals.handleAtTerminal(
                why -> {
                    shown.heard(
                            new RunNotice.Waiting(
                                    why
                                            + ": stopping, and waiting until what runs is gone;"
                                            + " once more to leave now"));
                    run.stop(why);
                },
                leaving);
        return run.run();
    }

    private int end(
            Cluster cluster,
            EngineRef ref,
            RunResult result,
            EngineTarget target,
            Output.Shown shown) {
        List<StatusEntry> entries =
                switch (result) {
                    case RunResult.Completed(var end, var last) -> last;
                    case RunResult.AlreadyFinished(var last) -> last;
                    default -> List.of();
                };
        result.explain(
                shown::fail,
                problem -> target.sentence(ExecutionSettings.ANNOTATION, settings(), problem));
        int exitCode = ExitCode.atTerminal(result);
        List<ExperimentReport> findings =
                entries.isEmpty()
                        ? List.of()
                        : cluster.get(Resource.ENGINES, ref.namespace(), ref.name())
                                .map(json ->
                                        ExperimentReport.of(cluster, new Engine(json), entries))
                                .orElse(List.of());
        shown.summary(findings, exitCode);
        return exitCode;
    }

    // ---- In the sandbox ----------------------------------------------------------------------

    private int runInSandbox(ReportFiles.Open reports) {
        if (page) {
            // Before the sandbox makes the first server of this process.
            UiServer.bound();
        }
        try (SandboxServer server =
                SandboxServer.start(
                        SandboxServer.Options.DEFAULT
                                .withSpeed(speed)
                                .withSchemas(new CrdSchemas()))) {
            List<FileObject> objects = fileObjects();
            EngineTarget target = wanted(objects, reports);
            Engine wanted = target.engine();
            EngineRef ref =
                    wanted.namespace().isEmpty()
                            ? new EngineRef("default", wanted.name())
                            : wanted.ref();
            reports.ofSandbox().isOf(ref);
            List<String> problems = new ArrayList<>();
            for (FileObject object : SandboxSelection.of(objects)) {
                problems.addAll(server.load(object::place, AnyObjects.unstored(object.json())));
            }
            if (!problems.isEmpty()) {
                problems.forEach(problem -> command().getErr().println("chaos-runner: " + problem));
                problems.forEach(reports::failed);
                reports.endWithout();
                return ExitCode.INVALID;
            }
            try (Fabric8Cluster cluster = Fabric8Cluster.connect(server.url());
                    UiServer _ = page ? servePage(cluster, ref) : null;
                    Output.Shown shown = output.open(ref, false, reports)) {
                tellOfUnheeded(wanted, shown);
                int exitCode = runIn(server, cluster, ref, target, shown);
                return reports.withLogs(cluster::log).end(cluster, ref, exitCode);
            }
        }
    }

    private UiServer servePage(Fabric8Cluster cluster, EngineRef ref) {
        UiServer served =
                UiServer.start(
                        cluster,
                        new UiServer.Options(
                                ref.namespace(),
                                0,
                                ThisProcess.instance(),
                                parent()::strategies,
                                cluster::log));
        command().getErr().println("chaos-runner: the live page: " + served.url(ref));
        command().getErr().flush();
        return served;
    }

    /** What a file says and nothing obeys is said, as far as the API server does not. */
    private static void tellOfUnheeded(Engine engine, Output.Shown shown) {
        Validation.unknownFields(engine.json())
                .forEach(field -> shown.say("ChaosEngine %s: %s".formatted(engine.name(), field)));
    }

    private int runIn(
            SandboxServer server,
            Cluster cluster,
            EngineRef ref,
            EngineTarget target,
            Output.Shown shown) {
        List<String> madeUp = server.ensureExperiments(ref.namespace(), ref.name());
        if (!madeUp.isEmpty()) {
            shown.say(
                    "The files define no ChaosExperiment %s: the sandbox made up its own."
                            .formatted(String.join(", ", madeUp)));
        }
        cluster.get(Resource.ENGINES, ref.namespace(), ref.name())
                .ifPresent(json -> tellOfSchedule(new Engine(json), shown));
        Optional<List<String>> names = names(cluster, target.engine());
        Optional<String> missing =
                skipMissing
                        ? Optional.empty()
                        : cluster.get(Resource.ENGINES, ref.namespace(), ref.name())
                                .map(json -> ExperimentSelection.reduced(new Engine(json), names))
                                .flatMap(each -> missing(cluster, each, shown));
        return missing.isPresent()
                ? invalid(shown, missing.get())
                : run(cluster, ref, false, names, target, shown);
    }

    private ParameterException invalid(String message) {
        return new ParameterException(command(), message);
    }

    private CommandLine command() {
        return Objects.requireNonNull(spec).commandLine();
    }

    private ChaosRunner parent() {
        return Objects.requireNonNull(parent);
    }
}
