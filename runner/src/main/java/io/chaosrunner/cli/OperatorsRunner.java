package io.chaosrunner.cli;

import io.chaosrunner.attempt.LastLook;
import io.chaosrunner.claim.FireLedger;
import io.chaosrunner.claim.Owner;
import io.chaosrunner.claim.StartTable.Caller;
import io.chaosrunner.cluster.ClusterException;
import io.chaosrunner.cluster.ClusterException.Kind;
import io.chaosrunner.cluster.Fabric8Cluster;
import io.chaosrunner.cluster.Resource;
import io.chaosrunner.config.Allowed;
import io.chaosrunner.control.HolidayLists;
import io.chaosrunner.crd.Engine;
import io.chaosrunner.job.RunnerJob;
import io.chaosrunner.model.EngineRef;
import io.chaosrunner.model.Fire;
import io.chaosrunner.plugin.StrategyCatalogue;
import io.chaosrunner.report.AuditLog;
import io.chaosrunner.resolve.RunnerEnvironment;
import io.chaosrunner.run.EngineRun;
import io.chaosrunner.run.RunRequest;
import io.chaosrunner.run.RunResult;
import io.chaosrunner.schedule.ScheduleSpec;
import io.chaosrunner.scheduler.PodSchedule;
import io.chaosrunner.scheduler.QuartzAlarms;
import io.chaosrunner.scheduler.ServicesPod;
import io.chaosrunner.status.RunListener;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Be what the chaos-operator expects of its runner image, and what the scheduling service has run
 * in pods of its own: everything comes from the environment.
 *
 * <p>Knows nothing of command lines, so that a pod need not load what reads them.
 *
 * @param variables the environment
 * @param connect reaches the cluster
 * @param strategies loads the strategies
 * @param schedule settings that override the engine's schedule
 * @param allowed which accounts and images the engine may name
 */
record OperatorsRunner(
        Map<String, String> variables,
        Supplier<Fabric8Cluster> connect,
        Supplier<StrategyCatalogue> strategies,
        Map<String, ?> schedule,
        Allowed allowed) {

    /** Tell whether the environment is that of a runner's pod. */
    static boolean isMeant(Map<String, String> variables) {
        return variables.containsKey("CHAOSENGINE");
    }

    /** Run the engine; return the exit code. */
    int run() {
        RunnerEnvironment environment = RunnerEnvironment.of(variables);
        EngineRef engine = new EngineRef(environment.namespace(), environment.engine());
        AuditLog log =
                new AuditLog(Streams.out(), Clock.systemUTC(), engine, ThisProcess.logFormat());
        try (Tracing tracing =
                        Tracing.of(variables, engine, message -> log.note("telemetry", message));
                Fabric8Cluster cluster = connect.get()) {
            if (variables.containsKey(RunnerJob.FIRE_VARIABLE)) {
                return carryOutFire(cluster, engine, tracing, log);
            }
            // No trimming, and no list is one nameless experiment: Litmus reads it so.
            List<String> experiments =
                    List.of(variables.getOrDefault("EXPERIMENT_LIST", "").split(",", -1));
            RunRequest request =
                    new RunRequest(
                                    engine,
                                    Caller.OPERATOR,
                                    Optional.of(experiments),
                                    Optional.of(environment.withTracing(tracing.forExperiments())),
                                    Map.of(),
                                    ThisProcess.instance())
                            .within(allowed);
            RunResult result = run(cluster, request, tracing.beside(log));
            if (result instanceof RunResult.AlreadyFinished) {
                log.note(
                        RunResult.NOTHING_LAUNCHED,
                        "the run is over and its outcomes are recorded");
            }
            result.explain(log::note);
            int exitCode = ExitCode.underOperator(result);
            Optional<String> left =
                    exitCode == ExitCode.OK && launchedNothing(result)
                            ? LastLook.at(cluster, engine)
                            : Optional.empty();
            if (left.isPresent()) {
                log.note("unfinished", left.get() + "; the runner is started again");
                return ExitCode.AGAIN;
            }
            return exitCode;
        } catch (ClusterException e) {
            Streams.err().println("chaos-runner: " + e.getMessage());
            // The pod's configuration stays as it is: nothing was launched with it, and a restart
            // cannot help.
            return e.kind() == Kind.UNCONFIGURED
                    ? ExitCode.OK
                    : ExitCode.underOperator(new RunResult.Interrupted(e));
        }
    }

    // ---- In a pod of the scheduling service -------------------------------------------------

    /** Carry out the run of the one fire that this pod was made for; return the exit code. */
    private int carryOutFire(Fabric8Cluster cluster, EngineRef ref, Tracing tracing, AuditLog log) {
        String text = variables.getOrDefault(RunnerJob.FIRE_VARIABLE, "");
        Optional<Fire> fire = FireLedger.handedOver(text);
        if (fire.isEmpty()) {
            log.note(
                    RunResult.NOTHING_LAUNCHED,
                    "variable %s is no fire of a schedule: '%s'"
                            .formatted(RunnerJob.FIRE_VARIABLE, text));
            return ExitCode.INVALID;
        }
        RunResult result;
        try {
            result = carryOut(cluster, ref, fire.get(), tracing, log);
        } catch (ClusterException e) {
            result = RunResult.of(e);
        }
        if (result instanceof RunResult.AlreadyFinished) {
            log.note(RunResult.NOTHING_LAUNCHED, "the %s is settled".formatted(fire.get()));
        }
        result.explain(log::note);
        return ExitCode.ofServicesPod(result);
    }

    private RunResult carryOut(
            Fabric8Cluster cluster, EngineRef ref, Fire fire, Tracing tracing, AuditLog log) {
        Clock clock = Clock.systemUTC();
        String uid = variables.getOrDefault(RunnerJob.ENGINE_VARIABLE, "");
        Optional<Engine> read = read(cluster, ref, uid);
        if (read.isEmpty()) {
            return new RunResult.Left("the engine was deleted", false);
        }
        RunRequest request =
                new RunRequest(
                                ref,
                                Caller.SERVICES_POD,
                                Optional.empty(),
                                Optional.empty(),
                                Map.of(),
                                Owner.SERVICES_POD.name(ThisProcess.instance()))
                        .within(allowed)
                        .with(tracing.forExperiments())
                        .seeing(read.get())
                        .firedBy(fire)
                        .endingWithin(ServicesPod.deadline(variables))
                        .checking(ServicesPod.check(clock, new HolidayLists(cluster, clock)));
        var run =
                new EngineRun(
                        cluster, request, strategies.get(), Clock.systemUTC(), tracing.beside(log));
        Signals.handle(why ->
                Thread.ofVirtual()
                        .start(() -> {
                            // With the engine goes its pod; nobody would remove what the run has
                            // launched.
                            if (isThere(cluster, ref, uid)) {
                                run.leave(why);
                            } else {
                                log.note(
                                        "waiting",
                                        "the engine was deleted: what runs is removed first");
                            }
                        }));
        return run.run();
    }

    private static Optional<Engine> read(Fabric8Cluster cluster, EngineRef ref, String uid) {
        return cluster.get(Resource.ENGINES, ref.namespace(), ref.name())
                .map(Engine::new)
                .filter(engine -> engine.uid().equals(uid));
    }

    /** If that cannot be known, whoever looks after the engine decides. */
    private static boolean isThere(Fabric8Cluster cluster, EngineRef ref, String uid) {
        try {
            return read(cluster, ref, uid).filter(engine -> !engine.deleting()).isPresent();
        } catch (ClusterException e) {
            return true;
        }
    }

    /** Tell whether only what was before this process can be left. */
    private static boolean launchedNothing(RunResult result) {
        return switch (result) {
            case RunResult.AlreadyFinished _,
                    RunResult.Refused _,
                    RunResult.NotDue _,
                    RunResult.Misconfigured _ ->
                    true;
            // What ran was seen gone, or is another process' to look after.
            case RunResult.Completed _,
                    RunResult.Left _,
                    RunResult.NotOver _,
                    RunResult.Interrupted _ ->
                    false;
        };
    }

    /** Run once, or as often as the engine's schedule says. */
    private RunResult run(Fabric8Cluster cluster, RunRequest request, RunListener listener) {
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
                        && FireLedger.handedOver(read.get()).isEmpty()
                        && (!schedule.isEmpty()
                                || read.get().annotation(ScheduleSpec.ANNOTATION).isPresent());
        if (!scheduled) {
            Clock clock = Clock.systemUTC();
            var lists = new HolidayLists(cluster, clock);
            EngineRun run =
                    new EngineRun(
                            cluster,
                            one.checking(PodSchedule.check(schedule, clock, lists)),
                            strategies.get(),
                            Clock.systemUTC(),
                            listener);
            Signals.handle(run::leave);
            return run.run();
        }
        try (QuartzAlarms alarms = new QuartzAlarms()) {
            PodSchedule runs =
                    new PodSchedule(
                            cluster,
                            one,
                            schedule,
                            strategies.get(),
                            Clock.systemUTC(),
                            listener,
                            alarms);
            Signals.handle(runs::leave);
            return runs.run().result();
        }
    }
}
