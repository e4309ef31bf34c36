package io.chaosrunner.run;

import io.chaosrunner.attempt.FoundJob;
import io.chaosrunner.claim.Claim;
import io.chaosrunner.claim.EarlierRuns;
import io.chaosrunner.claim.FireLedger;
import io.chaosrunner.claim.StartTable;
import io.chaosrunner.claim.StartTable.Caller;
import io.chaosrunner.cluster.Cluster.Listing;
import io.chaosrunner.cluster.ClusterException;
import io.chaosrunner.cluster.ClusterException.Kind;
import io.chaosrunner.cluster.Resource;
import io.chaosrunner.config.Allowed;
import io.chaosrunner.config.ExecutionSettings;
import io.chaosrunner.crd.Engine;
import io.chaosrunner.crd.EngineExperiment;
import io.chaosrunner.engine.ChaosPods;
import io.chaosrunner.engine.EngineWriter;
import io.chaosrunner.engine.EngineWriter.Taken;
import io.chaosrunner.engine.EventWriter;
import io.chaosrunner.history.RunHistory;
import io.chaosrunner.history.RunRecord;
import io.chaosrunner.model.EngineRef;
import io.chaosrunner.model.Fire;
import io.chaosrunner.model.RunId;
import io.chaosrunner.model.RunLimits;
import io.chaosrunner.status.EngineEvent;
import io.chaosrunner.status.EnginePatch;
import io.chaosrunner.status.RunNotice;
import io.chaosrunner.status.RunOutcome;
import io.chaosrunner.status.StatusEntry;
import io.chaosrunner.strategy.Decision;
import io.chaosrunner.strategy.InvalidParameters.Problem;
import io.chaosrunner.strategy.Slot;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * The claiming of an engine, as the start table says: a run is begun or taken up, or it is said why
 * not.
 */
final class EngineClaiming {
    private static final Duration POLL_PODS = Duration.ofSeconds(1);
    private static final Duration LAST_MOMENT = Duration.ofSeconds(1);
    private static final int MOST_CONFLICTS = 20;
    private static final int MOST_STARTS_WITHOUT_PROGRESS = 3;

    private final RunContext context;
    private final SecureRandom random = new SecureRandom();

    EngineClaiming(RunContext context) {
        this.context = context;
    }

    /** Return the run to go on with; empty if the context was ended instead. */
    Optional<OwnedRun> take() {
        RunRequest request = context.request;
        Optional<String> uid = request.seen().map(Engine::uid);
        for (int conflicts = 0; conflicts < MOST_CONFLICTS; conflicts++) {
            Optional<Engine> found =
                    conflicts == 0 && request.seen().isPresent() ? request.seen() : read();
            if (isAnother(found, uid)) {
                // Nobody has asked for a run of that one, nor looked who wrote it.
                context.end(
                        new RunResult.Left(
                                "ChaosEngine %s was made anew".formatted(request.engine()), false));
                return Optional.empty();
            }
            if (conflicts > 0 && request.onlyAsSeen() && found.isPresent()) {
                context.end(new RunResult.NotDue(changed(found.get())));
                return Optional.empty();
            }
            if (request.caller() != Caller.OPERATOR) {
                // The operator's pods are named by the engine's name: its runner is the new one's
                // too.
                uid = found.map(Engine::uid);
            }
            Optional<OwnedRun> taken = found.isEmpty() ? Optional.empty() : take(found.get());
            if (found.isEmpty()) {
                refuse(
                        "ChaosEngine %s not found; is the name right, and are Litmus' CRDs installed?"
                                .formatted(request.engine()));
            }
            if (taken.isPresent() || context.ended().isPresent()) {
                return taken;
            }
        }
        throw new ClusterException(
                Kind.SERVER,
                "ChaosEngine %s changed %d times while it was being taken"
                        .formatted(request.engine(), MOST_CONFLICTS));
    }

    private static boolean isAnother(Optional<Engine> engine, Optional<String> uid) {
        return engine.isPresent() && uid.filter(one -> !one.equals(engine.get().uid())).isPresent();
    }

    /** Say why an engine that is not as seen any more starts nothing for now. */
    private String changed(Engine engine) {
        return fire(engine)
                .flatMap(fire -> context.request.check().objection(engine, fire))
                .orElseGet(() ->
                        "ChaosEngine %s changed before it was claimed, and is looked at again"
                                .formatted(engine.ref()));
    }

    private Optional<Engine> read() {
        EngineRef engine = context.request.engine();
        return context.cluster
                .get(Resource.ENGINES, engine.namespace(), engine.name())
                .map(Engine::new);
    }

    /** Take an engine as read; empty if it changed meanwhile, or the context was ended. */
    private Optional<OwnedRun> take(Engine engine) {
        if (engine.deleting()) {
            refuse("ChaosEngine %s is being deleted".formatted(engine.ref()));
            return Optional.empty();
        }
        return switch (StartTable.of(engine, context.request.caller(), fire(engine))) {
            case StartTable.NewRun(long number, Optional<Claim> before) ->
                    begin(engine, number, before);
            case StartTable.Resume(Claim claim) -> takeUp(engine, claim);
            case StartTable.AlreadyFinished(Claim claim) -> {
                context.end(new RunResult.AlreadyFinished(entries(engine)));
                yield Optional.empty();
            }
            case StartTable.NeverRan() -> {
                context.end(new RunResult.AlreadyFinished(List.of()));
                yield Optional.empty();
            }
            case StartTable.Refused(var ref, Claim claim) -> {
                refuse(
                        "ChaosEngine %s is in %s, owned by process %s; wait for its end (chaos-runner wait), stop it (chaos-runner stop), or take it up with --resume if that process is dead"
                                .formatted(ref, claim.run(), claim.instance()));
                yield Optional.empty();
            }
        };
    }

    /**
     * The fire that asks for this run; the scheduling service tells the operator's runner by it.
     */
    private Optional<Fire> fire(Engine engine) {
        if (!context.underOperator() || context.request.fire().isPresent()) {
            return context.request.fire();
        }
        Optional<Claim> claim = Claim.of(engine);
        return FireLedger.handedOver(engine)
                .filter(fire -> claim.filter(c -> c.fires().isSettled(fire)).isEmpty());
    }

    private void refuse(String why) {
        context.end(new RunResult.Refused(why));
    }

    private static List<StatusEntry> entries(Engine engine) {
        return engine.statusEntries().stream().map(StatusEntry::read).toList();
    }

    // ---- A new run ---------------------------------------------------------------------------

    private Optional<OwnedRun> begin(Engine engine, long number, Optional<Claim> before) {
        if (context.underOperator() && engine.stopRequested()) {
            context.end(
                    new RunResult.Left("engineState is stop: the operator ends this run", true));
            return Optional.empty();
        }
        List<String> names =
                context.request
                        .experiments()
                        .orElseGet(() ->
                                engine.experiments().stream().map(EngineExperiment::name).toList());
        ExecutionSettings settings =
                ExecutionSettings.of(
                        engine.spec(),
                        engine.annotation(ExecutionSettings.ANNOTATION),
                        context.request.settings());
        long seed = settings.seed().orElseGet(() -> random.nextLong(1L << 48));
        Claim claim = withPast(claim(engine, number, before, seed, settings.tree()), names, before);
        if (context.strategies.asksPlugins(settings.strategy())) {
            return claimAndPlan(engine, claim, before, settings, names);
        }
        var problems = new ArrayList<Problem>(against(engine, names));
        Optional<Plan> plan = plan(settings, names, claim, problems);
        if (plan.isEmpty()) {
            recordProblems(engine, claim, before, settings, names, problems);
            return Optional.empty();
        }
        return claim(engine, claim, before, settings, names)
                .map(claimed -> claimed.begin(settings, plan.get()));
    }

    /**
     * A plug-in may take its time, and cost the process its memory: it is asked for its plan when
     * that would be noticed.
     */
    private Optional<OwnedRun> claimAndPlan(
            Engine engine,
            Claim claim,
            Optional<Claim> before,
            ExecutionSettings settings,
            List<String> names) {
        Optional<Claimed> claimed = claim(engine, claim, before, settings, names);
        if (claimed.isEmpty()) {
            return Optional.empty();
        }
        Claim ours = claimed.get().claim();
        var problems = new ArrayList<Problem>(against(engine, names));
        Optional<Plan> plan = plan(settings, names, ours, problems);
        if (plan.isPresent()) {
            return Optional.of(claimed.get().begin(settings, plan.get()));
        }
        if (context.isLeaving()) {
            // The plan was cut short, and who takes the run up asks for it again.
            context.awaitRequest(LAST_MOMENT);
            context.end(new RunResult.Left("left before anything was launched", true));
            return Optional.empty();
        }
        Optional<Engine> now = Optional.of(claimed.get().engine().engine());
        for (int conflicts = 0;
                conflicts < MOST_CONFLICTS
                        && now.flatMap(Claim::of).filter(ours::equals).isPresent()
                        && !recordProblems(
                                now.get(), ours, Optional.empty(), settings, names, problems);
                conflicts++) {
            now = read().filter(live -> live.uid().equals(engine.uid()));
        }
        context.end(new RunResult.Misconfigured(problems));
        return Optional.empty();
    }

    /** What a strategy planned, and within which limits. */
    private record Plan(PlannedRun run, RunLimits limits) {}

    /** An engine that is ours, for a run of which nothing was planned yet. */
    private record Claimed(Taken engine, Claim claim, String podsAsOf) {
        OwnedRun begin(ExecutionSettings settings, Plan plan) {
            return new OwnedRun(
                    engine,
                    claim,
                    podsAsOf,
                    settings,
                    plan.run(),
                    plan.limits(),
                    List.of(),
                    false,
                    Optional.empty());
        }
    }

    /** Plan a new run; empty if there is any problem, its request's and its settings' included. */
    private Optional<Plan> plan(
            ExecutionSettings settings, List<String> names, Claim claim, List<Problem> problems) {
        problems.addAll(context.request.problems());
        problems.addAll(settings.problems());
        Optional<Plan> plan = planAnyway(settings, names, claim, problems);
        if (plan.isPresent() && names.size() > plan.get().limits().mostLaunches()) {
            problems.add(
                    new Problem(
                            "spec.experiments",
                            "lists %d experiments, but the record of a run has room for %d launches beside its settings; use several engines"
                                    .formatted(names.size(), plan.get().limits().mostLaunches())));
        }
        if (problems.isEmpty()) {
            return plan;
        }
        plan.map(Plan::run).ifPresent(PlannedRun::close);
        return Optional.empty();
    }

    /** Say what the engine, and the experiments that it lists, name that is not allowed here. */
    private List<Problem> against(Engine engine, List<String> names) {
        Allowed allowed = context.request.allowed();
        var problems = new ArrayList<>(allowed.against(engine.spec()));
        if (!allowed.boundsImages()) {
            return problems;
        }
        Set<String> own =
                engine.experiments().stream()
                        .filter(each ->
                                !each.components().path("experimentImage").asString("").isEmpty())
                        .map(EngineExperiment::name)
                        .collect(Collectors.toSet());
        for (String name : new LinkedHashSet<>(names)) {
            if (!name.isEmpty() && !own.contains(name)) {
                // What is missing, or names none, is refused by its own name later.
                context.cluster
                        .get(Resource.EXPERIMENTS, engine.namespace(), name)
                        .map(found -> found.at("/spec/definition/image").asString(""))
                        .filter(image -> !image.isEmpty())
                        .flatMap(allowed::againstImage)
                        .ifPresent(
                                why -> problems.add(new Problem("ChaosExperiment " + name, why)));
            }
        }
        return problems;
    }

    private Optional<Plan> planAnyway(
            ExecutionSettings settings, List<String> names, Claim claim, List<Problem> problems) {
        return context.ask(() ->
                        PlannedRun.of(
                                context.strategies,
                                settings,
                                names,
                                claim.seed(),
                                claim.past().runs(),
                                problems))
                .map(run ->
                        new Plan(
                                run,
                                settings.limits()
                                        .and(run.plan().limits())
                                        .withMostLaunches(claim.mostAttempts())));
    }

    /** Make the engine ours, once the pods of earlier runs are gone. */
    private Optional<Claimed> claim(
            Engine engine,
            Claim claim,
            Optional<Claim> before,
            ExecutionSettings settings,
            List<String> names) {
        String podsAsOf = awaitLastRun(engine);
        if (context.ended().isPresent()) {
            return Optional.empty();
        }
        Optional<String> objection =
                claim.fires()
                        .started()
                        .flatMap(fire -> context.request.check().objection(engine, fire));
        if (objection.isPresent()) {
            context.end(new RunResult.NotDue(objection.get()));
            return Optional.empty();
        }
        Claim fresh = claim.startingAt(now());
        Optional<String> summaries =
                new RunHistory(context.cluster, context::tell)
                        .record(engine, unrecorded(engine, before), settings.history());
        return write(engine, fresh, names.stream().map(StatusEntry::waiting).toList(), summaries)
                .map(taken -> new Claimed(taken, fresh, podsAsOf));
    }

    private Claim claim(
            Engine engine, long number, Optional<Claim> before, long seed, ObjectNode execution) {
        return Claim.begun(
                new Claim.Start(
                        new RunId(number, randomId()),
                        now(),
                        seed,
                        execution,
                        engine.engineState()),
                context.request.instance(),
                before.map(last ->
                                last.fires()
                                        .counting(
                                                RunHistory.outcome(engine, last)
                                                        .map(RunOutcome.PASSED::equals)))
                        .orElse(FireLedger.NONE)
                        .next(fire(engine)));
    }

    /** What is known of earlier runs takes no experiment its place in the log. */
    private static Claim withPast(Claim claim, List<String> names, Optional<Claim> before) {
        EarlierRuns past = EarlierRuns.of(names, before);
        Claim knowing = claim.knowing(past);
        return knowing.mostAttempts() < names.size() ? claim.knowing(past.forgotten()) : knowing;
    }

    private Instant now() {
        return context.now().truncatedTo(ChronoUnit.MILLIS);
    }

    private Optional<Taken> write(
            Engine engine, Claim claim, List<StatusEntry> entries, Optional<String> summaries) {
        ObjectNode patch =
                EnginePatch.claim(engine, claim, entries, engine.ref().runner(), context.now());
        summaries.ifPresent(text -> EnginePatch.remember(patch, text));
        return EngineWriter.take(context.cluster, engine, patch);
    }

    /**
     * Describe the run before, whose claim is about to be overwritten: if its end was never
     * recorded, or fires were skipped since.
     */
    private static List<RunRecord> unrecorded(Engine engine, Optional<Claim> before) {
        if (before.filter(RunRecord::isWorthIt).isEmpty()) {
            return List.of();
        }
        Claim last = before.get();
        List<StatusEntry> entries = RunHistory.entries(engine, last);
        if (last.state() != Claim.State.FINISHED) {
            return List.of(RunRecord.of(RunHistory.cutOff(engine, last), entries));
        }
        boolean recorded = !last.ending().isEmpty() && last.fires().skipped().isEmpty();
        return recorded ? List.of() : List.of(RunRecord.of(last, entries));
    }

    /** Record that nothing can be launched; false if the engine changed meanwhile. */
    private boolean recordProblems(
            Engine engine,
            Claim claim,
            Optional<Claim> before,
            ExecutionSettings settings,
            List<String> names,
            List<Problem> problems) {
        String all = problems.stream().map(Problem::toString).collect(Collectors.joining("; "));
        // Settings that cannot be used are not kept: they may be as long as anything.
        Claim finished =
                claim.executing(JsonNodeFactory.instance.objectNode())
                        .endingBy(RunRecord.MISCONFIGURED, all)
                        .in(Claim.State.FINISHED, all);
        List<StatusEntry> entries = names.stream().map(StatusEntry::failedToRun).toList();
        var runs = new ArrayList<>(unrecorded(engine, before));
        runs.add(RunRecord.of(finished, entries));
        Optional<String> summaries =
                new RunHistory(context.cluster, context::tell)
                        .record(engine, runs, settings.history());
        if (write(engine, finished, entries, summaries).isEmpty()) {
            return false;
        }
        new EventWriter(context.cluster, engine, context.clock, context::tell)
                .emit(
                        new EngineEvent(
                                EngineEvent.RUN_FAILED, true, "", "nothing was launched: " + all));
        context.end(new RunResult.Misconfigured(problems));
        return true;
    }

    private String randomId() {
        return IntStream.range(0, 10)
                .mapToObj(i -> Character.toString(Character.forDigit(random.nextInt(36), 36)))
                .collect(Collectors.joining());
    }

    /**
     * The last run may still be undoing its faults: wait for its pods, for a bounded time; returns
     * the version of the pods as last seen.
     */
    private String awaitLastRun(Engine engine) {
        Optional<String> idle = idleAsOf(engine);
        if (idle.isPresent()) {
            return idle.get();
        }
        Instant end = context.now().plus(context.patience.lastRun());
        boolean told = false;
        Listing left = ChaosPods.seen(context.cluster, engine);
        while (!left.items().isEmpty() && context.ended().isEmpty()) {
            String names = String.join(", ", ChaosPods.names(left.items()));
            if (!context.now().isBefore(end)) {
                context.tell(
                        new RunNotice.Warning(
                                "pods of an earlier run are still there: %s; going on"
                                        .formatted(names)));
                return left.version();
            }
            if (!told) {
                told = true;
                context.tell(
                        new RunNotice.Waiting("pods of an earlier run must go first: " + names));
            }
            context.awaitRequest(POLL_PODS);
            left = ChaosPods.seen(context.cluster, engine);
        }
        return left.version();
    }

    /** Tell as of when no pod of the engine lived, if it is as it was seen then. */
    private Optional<String> idleAsOf(Engine engine) {
        boolean same =
                context.request
                        .seen()
                        .map(Engine::resourceVersion)
                        .filter(engine.resourceVersion()::equals)
                        .isPresent();
        return context.request.idleAsOf().filter(_ -> same);
    }

    // ---- A run that was interrupted ----------------------------------------------------------

    private Optional<OwnedRun> takeUp(Engine engine, Claim old) {
        Claim claim = old.takenBy(context.request.instance());
        Optional<Taken> taken =
                EngineWriter.take(context.cluster, engine, EnginePatch.claim(engine, claim));
        if (taken.isEmpty()) {
            return Optional.empty();
        }
        List<String> names = entries(engine).stream().map(StatusEntry::name).toList();
        ExecutionSettings settings = ExecutionSettings.of(claim.execution());
        Optional<Plan> plan = Optional.empty();
        String broken = "";
        // Whoever stops waits for no strategy: nothing more is launched.
        boolean stops =
                claim.state() == Claim.State.STOPPING
                        || context.request.caller() == Caller.PERSON_WHO_STOPS;
        if (!stops
                && (!context.strategies.asksPlugins(settings.strategy())
                        || claim.starts() < MOST_STARTS_WITHOUT_PROGRESS)) {
            var problems = new ArrayList<Problem>();
            plan = planAnyway(settings, names, claim, problems);
            broken = plan.isPresent() ? "" : "it is not usable any more: " + problems;
        } else if (!stops) {
            broken =
                    "this is start %d without progress: it may be ending the process"
                            .formatted(claim.starts());
        }
        return Optional.of(
                new OwnedRun(
                        taken.get(),
                        claim,
                        "",
                        settings,
                        plan.map(Plan::run).orElseGet(() -> withoutPlan(names)),
                        plan.map(Plan::limits).orElse(settings.limits()),
                        FoundJob.of(context.cluster, engine, claim.run().id(), context::tell),
                        true,
                        Optional.of(broken).filter(why -> !why.isEmpty())));
    }

    private static PlannedRun withoutPlan(List<String> names) {
        return new PlannedRun(
                IntStream.range(0, names.size()).mapToObj(i -> new Slot(i, names.get(i))).toList(),
                progress -> Decision.NOTHING);
    }
}
