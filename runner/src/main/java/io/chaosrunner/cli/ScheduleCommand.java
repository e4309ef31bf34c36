package io.chaosrunner.cli;

import io.chaosrunner.cluster.Fabric8Cluster;
import io.chaosrunner.metrics.ServiceMetrics;
import io.chaosrunner.model.EngineRef;
import io.chaosrunner.report.AuditLog;
import io.chaosrunner.scheduler.HealthServer;
import io.chaosrunner.scheduler.HealthServer.Page;
import io.chaosrunner.scheduler.ScheduleService;
import io.chaosrunner.scheduler.ServiceLaunch;
import io.chaosrunner.scheduler.ServiceListener;
import io.chaosrunner.scheduler.ServicesPod;
import io.chaosrunner.status.RunListener;
import io.chaosrunner.webhook.ToldService;
import io.chaosrunner.webhook.Webhook;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** The command that drives the schedules of engines and ChaosSchedules, as a service. */
@Command(
        name = "schedule",
        description = "Runs as a service: drives ChaosEngines with a schedule, and ChaosSchedules.",
        mixinStandardHelpOptions = true,
        footer = {
            "",
            "Several processes share one Lease: one leads, the others stand by. SIGTERM ends it;",
            "runs that go on are left to the next leader."
        })
final class ScheduleCommand implements Callable<Integer> {
    /** What keeps the cluster going; chaos there must be asked for by its name. */
    private static final String SYSTEM = "kube-system";

    private static final int LARGEST_PORT = 65_535;

    @Spec private @Nullable CommandSpec spec;
    @ParentCommand private @Nullable ChaosRunner parent;

    @Option(
            names = {"-n", "--namespace"},
            paramLabel = "NAMESPACE",
            split = ",",
            description =
                    "Namespace of the engines; may be given several times; else the pod's or the context's.")
    private List<String> namespaces = new ArrayList<>();

    @Option(
            names = {"-A", "--all-namespaces"},
            description =
                    "Drive the schedules of all namespaces but kube-system; of that too with --namespace=kube-system.")
    private boolean everywhere;

    @Option(
            names = "--launch",
            paramLabel = "direct|pod|operator",
            description =
                    "Who carries out runs: this process, a pod for each under an account of the engine's namespace, or the chaos-operator's runner. Unless told, direct for one namespace and pod for several.")
    private @Nullable ServiceLaunch launch;

    @Option(
            names = "--runner-image",
            paramLabel = "IMAGE",
            description =
                    "With --launch=pod: image of the pods, that of this service. Unless told, $CHAOS_RUNNER_IMAGE.")
    private @Nullable String runnerImage;

    @Option(
            names = "--runner-account",
            paramLabel = "NAME",
            defaultValue = "chaos-runner",
            description =
                    "With --launch=pod: service account of the pods, in each engine's namespace (default: ${DEFAULT-VALUE}).")
    private String runnerAccount = "";

    @Option(
            names = "--lease",
            paramLabel = "NAME",
            defaultValue = "chaos-runner-schedule",
            description = "Lease the replicas share (default: ${DEFAULT-VALUE}).")
    private String lease = "";

    @Option(
            names = "--lease-namespace",
            paramLabel = "NAMESPACE",
            description = "Namespace of the Lease; else the pod's or the context's.")
    private @Nullable String leaseNamespace;

    @Option(
            names = "--most-runs",
            paramLabel = "N",
            defaultValue = "64",
            description =
                    "Runs that go on in this process at once, with --launch=direct, shared fairly by namespace; later ones wait (default: ${DEFAULT-VALUE}).")
    private int mostRuns;

    @Option(
            names = "--run-deadline",
            paramLabel = "DURATION",
            defaultValue = "6h",
            description =
                    "Deadline of a run whose engine sets none; 'none' for no end; not with --launch=operator (default: ${DEFAULT-VALUE}).")
    private String runDeadline = "";

    @Option(
            names = "--require-author",
            description =
                    "Start runs only of engines that name their author, and only while that author may create pods in their namespace; needs the policy in deploy/policies/author, or anybody could name somebody else.")
    private boolean requireAuthor;

    @Option(
            names = "--health-port",
            paramLabel = "PORT",
            defaultValue = "8080",
            description =
                    "Port of /livez, /readyz and /metrics; 0 for any free one (default: ${DEFAULT-VALUE}).")
    private int healthPort;

    @Option(
            names = "--metrics-port",
            paramLabel = "PORT",
            description =
                    "Port of /metrics, where it is not to be served with /livez and /readyz; 0 for any free one.")
    private @Nullable Integer metricsPort;

    @Option(
            names = "--health-address",
            paramLabel = "ADDRESS",
            defaultValue = "",
            description =
                    "Address that /livez, /readyz and /metrics are served at; all of them unless told, as the kubelet's probes need one of the pod's.")
    private String healthAddress = "";

    @Override
    public Integer call() throws InterruptedException {
        CommandSpec command = Objects.requireNonNull(spec);
        check(command);
        ServiceLaunch by = launch(command);
        quieten();
        ChaosRunner runner = Objects.requireNonNull(parent);
        var log = new ServiceLog(Streams.out(), ThisProcess.logFormat());
        try (Fabric8Cluster cluster = runner.reach()) {
            String here = cluster.namespace().orElse("default");
            var options =
                    new ScheduleService.Options(
                            everywhere
                                    ? List.of("")
                                    : namespaces.isEmpty() ? List.of(here) : namespaces,
                            everywhere && namespaces.isEmpty() ? Set.of(SYSTEM) : Set.of(),
                            by,
                            by == ServiceLaunch.POD
                                    ? Optional.of(
                                            ServicesPod.jobs(
                                                    image().orElseThrow(),
                                                    runnerAccount,
                                                    deadline(command),
                                                    runner.allowed(),
                                                    System.getenv()))
                                    : Optional.empty(),
                            leaseNamespace == null ? here : leaseNamespace,
                            lease,
                            ThisProcess.instance(),
                            mostRuns,
                            deadline(command),
                            runner.allowed(),
                            requireAuthor);
            var driven = new AtomicReference<IntSupplier>(() -> 0);
            Optional<ServiceMetrics> metrics = metrics(driven, log);
            metrics.ifPresent(cluster::measure);
            Optional<Page> page =
                    metrics.map(each -> new Page(ServiceMetrics.CONTENT_TYPE, each::text));
            var listeners = new ArrayList<ServiceListener>(List.of(log));
            metrics.ifPresent(listeners::add);
            Optional<Webhook> webhook =
                    Webhook.of(System.getenv(), Clock.systemUTC(), why -> log.note("events", why));
            webhook.ifPresent(each -> listeners.add(new ToldService(each)));
            try (Webhook _ = webhook.orElse(null);
                    var service =
                            ScheduleService.start(
                                    cluster,
                                    options,
                                    runner.strategiesOfPod(),
                                    Clock.systemUTC(),
                                    new ServiceListener.Several(listeners));
                    var health =
                            listen(
                                    healthPort,
                                    service,
                                    metricsPort == null ? page : Optional.empty(),
                                    log);
                    var apart =
                            metricsPort == null ? null : listen(metricsPort, service, page, log)) {
                driven.set(service::driven);
                log.note("healthy", address(health, "/readyz"));
                page.ifPresent(_ ->
                        log.note("counting", address(apart == null ? health : apart, "/metrics")));
                Signals.handle(why -> {
                    log.note("ending", why);
                    Thread.ofVirtual().start(service::close);
                });
                service.await();
                return ExitCode.OK;
            } catch (UncheckedIOException e) {
                command.commandLine()
                        .getErr()
                        .println(
                                "chaos-runner: cannot listen on %s (%s); name others with --health-port, --metrics-port and --health-address"
                                        .formatted(
                                                e.getMessage(),
                                                Objects.requireNonNull(e.getCause()).getMessage()));
                return ExitCode.INVALID;
            }
        }
    }

    private HealthServer listen(
            int port, ScheduleService service, Optional<Page> metrics, ServiceLog log) {
        return HealthServer.start(
                healthAddress,
                port,
                service::standing,
                service::trouble,
                metrics,
                why -> log.note("trouble", why));
    }

    private String address(HealthServer server, String path) {
        return "http://%s:%d%s"
                .formatted(
                        healthAddress.isEmpty() ? "localhost" : healthAddress, server.port(), path);
    }

    /** The launchers have the library on the class path of the service only. */
    private static Optional<ServiceMetrics> metrics(
            AtomicReference<IntSupplier> driven, ServiceLog log) {
        try {
            return Optional.of(
                    new ServiceMetrics(
                            Version.number(),
                            () -> Objects.requireNonNull(driven.get()).getAsInt()));
        } catch (NoClassDefFoundError e) {
            log.note(
                    "trouble",
                    "nothing is counted, as lib/service is not on the class path: start the service by chaos-runner's launcher");
            return Optional.empty();
        }
    }

    /** One process is not to carry the runs of many namespaces with rights in all of them. */
    private ServiceLaunch launch(CommandSpec command) {
        boolean several = everywhere || namespaces.stream().distinct().count() > 1;
        ServiceLaunch by =
                launch != null ? launch : several ? ServiceLaunch.POD : ServiceLaunch.DIRECT;
        if (by == ServiceLaunch.POD && image().isEmpty()) {
            throw new ParameterException(
                    command.commandLine(),
                    launch == null
                            ? "several namespaces are driven by pods of their own, so name their image with --runner-image; or give --launch=direct to have all runs in this process"
                            : "--launch=pod needs --runner-image, or $CHAOS_RUNNER_IMAGE");
        }
        return by;
    }

    private Optional<String> image() {
        return Optional.ofNullable(runnerImage)
                .or(() -> Optional.ofNullable(System.getenv("CHAOS_RUNNER_IMAGE")))
                .filter(name -> !name.isBlank());
    }

    private Optional<Duration> deadline(CommandSpec command) {
        return runDeadline.equals("none")
                ? Optional.empty()
                : Optional.of(
                        Durations.positive("--run-deadline", runDeadline, command.commandLine()));
    }

    private void check(CommandSpec command) {
        if (everywhere && !namespaces.stream().allMatch(SYSTEM::equals)) {
            throw new ParameterException(
                    command.commandLine(),
                    "give either --all-namespaces or --namespace; only kube-system is named beside the former");
        }
        if (mostRuns < 1) {
            throw new ParameterException(
                    command.commandLine(), "--most-runs must be at least 1, but is " + mostRuns);
        }
        checkPort("--health-port", healthPort, command);
        if (metricsPort != null) {
            checkPort("--metrics-port", metricsPort, command);
            if (metricsPort != 0 && metricsPort == healthPort) {
                throw new ParameterException(
                        command.commandLine(),
                        "--metrics-port is that of --health-port, which serves /metrics without it");
            }
        }
    }

    private static void checkPort(String option, int port, CommandSpec command) {
        if (port < 0 || port > LARGEST_PORT) {
            throw new ParameterException(
                    command.commandLine(),
                    "%s must be from 0 to 65535, but is %d".formatted(option, port));
        }
    }

    /** What the libraries log is told here in our words, each thing once. */
    private static void quieten() {
        System.setProperty("org.slf4j.simpleLogger.log.org.quartz", "warn");
        System.setProperty(
                "org.slf4j.simpleLogger.log.io.fabric8.kubernetes.client.extended.leaderelection",
                "off");
    }

    /** One line for everything that the service and its runs do. */
    private record ServiceLog(PrintStream out, AuditLog.Format format) implements ServiceListener {
        @Override
        public RunListener run(EngineRef engine) {
            return new AuditLog(out, Clock.systemUTC(), engine, format);
        }

        @Override
        public void note(EngineRef engine, String event, String message) {
            new AuditLog(out, Clock.systemUTC(), engine, format).note(event, message);
        }

        @Override
        public void note(String event, String message) {
            new AuditLog(out, Clock.systemUTC(), null, format).note(event, message);
        }
    }
}
