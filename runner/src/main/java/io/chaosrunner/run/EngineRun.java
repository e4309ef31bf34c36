package io.chaosrunner.run;

import io.chaosrunner.cluster.Cluster;
import io.chaosrunner.cluster.Cluster.Following;
import io.chaosrunner.cluster.Cluster.Selection;
import io.chaosrunner.cluster.ClusterException;
import io.chaosrunner.cluster.ClusterException.Kind;
import io.chaosrunner.cluster.EngineWriter;
import io.chaosrunner.cluster.EngineWriter.Refusal;
import io.chaosrunner.cluster.EngineWriter.Taken;
import io.chaosrunner.cluster.Resource;
import io.chaosrunner.config.ExecutionSettings;
import io.chaosrunner.crd.Engine;
import io.chaosrunner.crd.Result;
import io.chaosrunner.job.ExecutionLabels;
import io.chaosrunner.job.JobFactory;
import io.chaosrunner.job.JobState;
import io.chaosrunner.job.Launch;
import io.chaosrunner.job.PodState;
import io.chaosrunner.model.ExecutionId;
import io.chaosrunner.model.RunId;
import io.chaosrunner.model.RunLimits;
import io.chaosrunner.model.Verdict;
import io.chaosrunner.plugin.StrategyCatalogue;
import io.chaosrunner.resolve.RunnerEnvironment;
import io.chaosrunner.run.RunEnd.Cause;
import io.chaosrunner.status.Claim;
import io.chaosrunner.status.EngineEvent;
import io.chaosrunner.status.EngineUpdate;
import io.chaosrunner.status.EngineUpdate.Objection;
import io.chaosrunner.status.LoggedAttempt;
import io.chaosrunner.status.LoggedAttempt.Mark;
import io.chaosrunner.status.Start;
import io.chaosrunner.status.StatusEntry;
import io.chaosrunner.strategy.Draws;
import io.chaosrunner.strategy.ExecutionPlan;
import io.chaosrunner.strategy.InvalidParameters;
import io.chaosrunner.strategy.Outcome;
import io.chaosrunner.strategy.Parameters;
import io.chaosrunner.strategy.PastRun;
import io.chaosrunner.strategy.Slot;
import io.chaosrunner.strategy.StrategyRequest;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Run an engine's experiments: take the engine, carry out what the {@link RunMachine} commands,
 * tell it what happens, and write everything back.
 *
 * <p>One thread, the caller of {@link #run()}, owns all state; watches, timers and finished
 * requests only put messages into its mailbox. Used once.
 */
public final class EngineRun {
    private static final Duration POLL_PODS = Duration.ofSeconds(1);
    private static final Duration POLL_JOBS = Duration.ofSeconds(5);
    private static final Duration POLL_ENGINE = Duration.ofSeconds(2);
    private static final int MOST_START_CONFLICTS = 20;
    private static final int MOST_STARTS_WITHOUT_PROGRESS = 3;

    private final Cluster cluster;
    private final RunRequest request;
    private final StrategyCatalogue strategies;
    private final Clock clock;
    private final RunListener listener;
    private final Patience patience;
    private final LinkedBlockingQueue<Runnable> mailbox = new LinkedBlockingQueue<>();
    private final ExecutorService tasks = Executors.newVirtualThreadPerTaskExecutor();
    private final List<AutoCloseable> open = new ArrayList<>();
    private volatile @Nullable Launcher launching;
    private volatile boolean leaving;

    /**
     * @param listener hears what happens; called by several threads, one at a time
     */
    public EngineRun(
            Cluster cluster,
            RunRequest request,
            StrategyCatalogue strategies,
            Clock clock,
            RunListener listener) {
        this(cluster, request, strategies, clock, listener, Patience.DEFAULT);
    }

    EngineRun(
            Cluster cluster,
            RunRequest request,
            StrategyCatalogue strategies,
            Clock clock,
            RunListener listener,
            Patience patience) {
        this.patience = patience;
        this.cluster = cluster;
        this.request = request;
        this.strategies = strategies;
        this.clock = clock;
        this.listener = listener;
    }

    /** Ask to stop: nothing more is launched, what runs is removed, and the entries say so. */
    public void stop(String why) {
        mailbox.add(() -> onStop.accept(why));
    }

    /**
     * Leave at once: nothing more is launched or written, and what runs goes on. For a process that
     * is being ended while somebody else, the operator or the next process, looks after the run.
     */
    public void leave(String why) {
        leaving = true;
        Launcher launcher = launching;
        if (launcher != null) {
            launcher.close();
        }
        mailbox.add(() -> ended = new RunResult.Left(why, true));
    }

    private java.util.function.Consumer<String> onStop =
            why -> ended = new RunResult.Left(why + " before anything was launched", false);

    private @Nullable RunResult ended;

    /** Run to the end; returns once outcomes are recorded, or cannot be. */
    public RunResult run() {
        try {
            return begin();
        } catch (ClusterException e) {
            return verdictOn(e);
        } catch (Claim.Unreadable e) {
            return new RunResult.Refused(String.valueOf(e.getMessage()));
        } finally {
            for (AutoCloseable closeable : open.reversed()) {
                closeQuietly(closeable);
            }
            tasks.shutdownNow();
        }
    }

    private static void closeQuietly(AutoCloseable closeable) {
        try {
            closeable.close();
        } catch (Exception e) {
            throw new IllegalStateException("cannot close " + closeable, e);
        }
    }

    private static RunResult verdictOn(ClusterException e) {
        return e.isTransient()
                ? new RunResult.Interrupted(e)
                : new RunResult.Refused(String.valueOf(e.getMessage()));
    }

    // ---- Taking the engine -------------------------------------------------------------------

    private RunResult begin() {
        for (int conflicts = 0; conflicts < MOST_START_CONFLICTS; conflicts++) {
            Optional<ObjectNode> found =
                    cluster.get(
                            Resource.ENGINES,
                            request.engine().namespace(),
                            request.engine().name());
            if (found.isEmpty()) {
                return new RunResult.Refused(
                        "ChaosEngine %s not found; is the name right, and are Litmus' CRDs installed?"
                                .formatted(request.engine()));
            }
            Engine engine = new Engine(found.get());
            if (engine.deleting()) {
                return new RunResult.Refused(
                        "ChaosEngine %s is being deleted".formatted(request.engine()));
            }
            Optional<RunResult> result =
                    switch (Start.of(engine, request.caller())) {
                        case Start.NewRun(long number) -> startNew(engine, number);
                        case Start.Resume(Claim claim) -> resume(engine, claim);
                        case Start.AlreadyFinished(Claim claim) ->
                                Optional.of(
                                        new RunResult.AlreadyFinished(
                                                engine.statusEntries().stream()
                                                        .map(StatusEntry::read)
                                                        .toList()));
                        case Start.Refused(var ref, Claim claim) ->
                                Optional.of(
                                        new RunResult.Refused(
                                                "ChaosEngine %s is in %s, owned by process %s; if that process is dead, use --resume"
                                                        .formatted(
                                                                ref,
                                                                claim.run(),
                                                                claim.instance())));
                    };
            if (result.isPresent()) {
                return result.get();
            }
        }
        throw new ClusterException(
                Kind.SERVER,
                "ChaosEngine %s changed %d times while it was being taken"
                        .formatted(request.engine(), MOST_START_CONFLICTS));
    }

    /** Begin a run; empty if the engine changed meanwhile. */
    private Optional<RunResult> startNew(Engine engine, long number) {
        if (request.underOperator() && engine.stopRequested()) {
            return Optional.of(
                    new RunResult.Left("engineState is stop: the operator ends this run", true));
        }
        List<String> names =
                request.experiments()
                        .orElseGet(() -> engine.experiments().stream().map(e -> e.name()).toList());
        Slots slots = new Slots(names);
        ExecutionSettings settings = ExecutionSettings.of(engine, request.settings());
        long seed = settings.seed().orElseGet(() -> new SecureRandom().nextLong(1L << 48));
        var problems = new ArrayList<>(settings.problems());
        ExecutionPlan plan = null;
        try {
            plan = strategies.plan(settings.strategy(), slots.request(settings, seed));
        } catch (InvalidParameters e) {
            problems.addAll(e.problems());
        }
        if (plan == null || !problems.isEmpty()) {
            return misconfigured(engine, number, names, problems);
        }
        ExecutionPlan chosen = plan;
        awaitLastRun(engine);
        if (ended != null) {
            return Optional.of(ended);
        }
        Claim claim =
                new Claim(
                        new RunId(number, randomId()),
                        request.instance(),
                        clock.instant().truncatedTo(ChronoUnit.MILLIS),
                        seed,
                        settings.tree(),
                        Claim.State.RUNNING,
                        "",
                        "",
                        1,
                        List.of(),
                        Map.of());
        List<StatusEntry> entries = names.stream().map(StatusEntry::waiting).toList();
        Optional<Taken> taken =
                EngineWriter.take(
                        cluster,
                        engine,
                        EngineUpdate.claim(
                                engine, claim, entries, runnerName(engine), clock.instant()));
        return taken.map(t -> new Shell(t, claim, settings, slots, chosen).run(List.of(), false));
    }

    private Optional<RunResult> misconfigured(
            Engine engine,
            long number,
            List<String> names,
            List<InvalidParameters.Problem> problems) {
        Claim claim =
                new Claim(
                        new RunId(number, randomId()),
                        request.instance(),
                        clock.instant().truncatedTo(ChronoUnit.MILLIS),
                        0,
                        tools.jackson.databind.node.JsonNodeFactory.instance.objectNode(),
                        Claim.State.FINISHED,
                        "the configuration is unusable",
                        "",
                        1,
                        List.of(),
                        Map.of());
        List<StatusEntry> entries = names.stream().map(StatusEntry::failedToRun).toList();
        Optional<Taken> taken =
                EngineWriter.take(
                        cluster,
                        engine,
                        EngineUpdate.claim(
                                engine, claim, entries, runnerName(engine), clock.instant()));
        if (taken.isEmpty()) {
            return Optional.empty();
        }
        var text = new StringBuilder("nothing was launched: ");
        problems.forEach(
                problem -> text.append(text.toString().endsWith(": ") ? "" : "; ").append(problem));
        new EngineEvents(cluster, engine, clock, this::tell)
                .emit(new EngineEvent(EngineEvent.RUN_FAILED, true, "", text.toString()));
        return Optional.of(new RunResult.Misconfigured(problems));
    }

    /** Take up a run that was interrupted; empty if the engine changed meanwhile. */
    private Optional<RunResult> resume(Engine engine, Claim old) {
        Claim claim = old.takenBy(request.instance());
        List<String> names =
                engine.statusEntries().stream().map(e -> StatusEntry.read(e).name()).toList();
        Optional<Taken> taken =
                EngineWriter.take(cluster, engine, EngineUpdate.claim(engine, claim));
        if (taken.isEmpty()) {
            return Optional.empty();
        }
        Slots slots = new Slots(names);
        ExecutionSettings settings = ExecutionSettings.of(claim.execution());
        ExecutionPlan plan;
        try {
            plan = strategies.plan(settings.strategy(), slots.request(settings, claim.seed()));
        } catch (InvalidParameters e) {
            return Optional.of(
                    new RunResult.Refused(
                            "%s cannot be taken up: %s".formatted(claim.run(), e.getMessage())));
        }
        List<JobOnCluster> jobs = jobsOf(engine, claim);
        return Optional.of(new Shell(taken.get(), claim, settings, slots, plan).run(jobs, true));
    }

    /** One Job of the run to take up, as read from it or from its pod. */
    private record JobOnCluster(ExecutionId id, LiveJob job, Launch launch) {}

    private List<JobOnCluster> jobsOf(Engine engine, Claim claim) {
        String selector = ExecutionLabels.selectorOfRun(engine.uid(), claim.run().id());
        var result = new ArrayList<JobOnCluster>();
        try {
            for (ObjectNode job : cluster.list(Resource.JOBS, engine.namespace(), selector)) {
                var id = ExecutionLabels.read(job);
                var launch = Launch.read(job);
                if (id.isPresent() && launch.isPresent()) {
                    result.add(new JobOnCluster(id.get(), LiveJob.ofJob(job), launch.get()));
                }
            }
            return result;
        } catch (ClusterException e) {
            if (e.kind() != Kind.FORBIDDEN) {
                throw e;
            }
            tell(new RunNotice.Warning("resuming from pods: " + e.getMessage()));
        }
        Set<ExecutionId> seen = new HashSet<>();
        for (ObjectNode pod : cluster.list(Resource.PODS, engine.namespace(), selector)) {
            var id = ExecutionLabels.read(pod);
            var launch = Launch.read(pod);
            boolean controlled =
                    pod.path("metadata")
                            .path("ownerReferences")
                            .valueStream()
                            .anyMatch(owner -> owner.path("controller").asBoolean(false));
            if (id.isPresent() && launch.isPresent() && controlled && seen.add(id.get())) {
                result.add(new JobOnCluster(id.get(), LiveJob.ofPod(pod), launch.get()));
            }
        }
        return result;
    }

    /** The last run may still be undoing its faults: wait for its pods, for a bounded time. */
    private void awaitLastRun(Engine engine) {
        Instant end = clock.instant().plus(patience.lastRun());
        boolean told = false;
        while (!leaving) {
            List<String> left = new ArrayList<>();
            for (ObjectNode pod :
                    cluster.list(
                            Resource.PODS,
                            engine.namespace(),
                            ExecutionLabels.selectorOfEngine(engine.uid()))) {
                String phase = pod.path("status").path("phase").asString("");
                String name = pod.path("metadata").path("name").asString("");
                boolean over = phase.equals("Succeeded") || phase.equals("Failed");
                if (!over && !name.equals(runnerName(engine))) {
                    left.add(name);
                }
            }
            if (left.isEmpty()) {
                return;
            }
            if (!clock.instant().isBefore(end)) {
                tell(
                        new RunNotice.Warning(
                                "pods of an earlier run are still there: %s; going on"
                                        .formatted(String.join(", ", left))));
                return;
            }
            if (!told) {
                told = true;
                tell(
                        new RunNotice.Waiting(
                                "pods of an earlier run must go first: "
                                        + String.join(", ", left)));
            }
            if (!pause(POLL_PODS)) {
                return;
            }
        }
    }

    /** Wait, unless a message says that the run is over. */
    private boolean pause(Duration duration) {
        try {
            Runnable message = mailbox.poll(duration.toMillis(), TimeUnit.MILLISECONDS);
            if (message != null) {
                message.run();
            }
            return ended == null;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ClusterException(Kind.UNREACHABLE, "interrupted");
        }
    }

    private void tell(RunNotice notice) {
        synchronized (listener) {
            listener.heard(notice);
        }
    }

    private static String runnerName(Engine engine) {
        return engine.name() + "-runner";
    }

    private static String randomId() {
        SecureRandom random = new SecureRandom();
        var id = new StringBuilder();
        for (int i = 0; i < 10; i++) {
            id.append("0123456789abcdefghijklmnopqrstuvwxyz".charAt(random.nextInt(36)));
        }
        return id.toString();
    }

    /** The experiments of a run, by position. */
    private record Slots(List<String> names) {
        StrategyRequest request(ExecutionSettings settings, long seed) {
            List<Slot> slots = new ArrayList<>();
            for (int i = 0; i < names.size(); i++) {
                slots.add(new Slot(i, names.get(i)));
            }
            return new Request(
                    List.copyOf(slots), settings.parameters(), Draws.seeded(seed), List.of());
        }
    }

    private record Request(
            List<Slot> slots, Parameters parameters, Draws draws, List<PastRun> history)
            implements StrategyRequest {}

    // ---- The run itself ----------------------------------------------------------------------

    /** Name where an attempt is between command and end. */
    private enum Phase {
        LAUNCHING,
        WATCHED,
        JUDGED,
        STOPPING
    }

    /** An attempt that holds a place. */
    private static final class Live {
        final Attempt attempt;
        final ExecutionId id;
        final String experiment;
        Phase phase = Phase.LAUNCHING;
        @Nullable LiveJob job;
        String pod = "";
        boolean runs;
        Instant pendingUntil = Instant.MAX;
        @Nullable Instant suspectUntil;
        String suspicion = "";
        @Nullable String stopWhy;
        boolean removed;

        Live(Attempt attempt, ExecutionId id, String experiment) {
            this.attempt = attempt;
            this.id = id;
            this.experiment = experiment;
        }

        String jobName() {
            return job == null ? "" : job.name();
        }
    }

    /** How an attempt ended, in Litmus' words and in the machine's. */
    private record Conclusion(StatusEntry entry, Attempt.End end, String detail) {}

    /** Owns a run from the claim to the last write. */
    private final class Shell {
        private final RunId run;
        private final ExecutionSettings settings;
        private final Slots slots;
        private final RunLimits limits;
        private final RunMachine machine;
        private final EngineWriter writer;
        private final EngineEvents events;
        private final Reaper reaper;
        private final ResultReader results;
        private final Launcher launcher;
        private final String initialEngineState;
        private final Map<ExecutionId, Live> live = new HashMap<>();
        private final Map<Integer, Verdict> worst = new HashMap<>();
        private RunState state;
        private volatile Engine engine;
        private int pendingTasks;
        private boolean aborting;
        private @Nullable RunEnd finish;

        Shell(
                Taken taken,
                Claim claim,
                ExecutionSettings settings,
                Slots slots,
                ExecutionPlan plan) {
            this.engine = taken.engine();
            this.run = claim.run();
            this.settings = settings;
            this.slots = slots;
            limits = settings.limits().and(plan.limits());
            initialEngineState = engine.engineState();
            GuardedPlan guarded = new GuardedPlan(plan, GuardedPlan.BUDGET);
            open.add(guarded);
            machine =
                    new RunMachine(
                            slots.request(settings, claim.seed()).slots(),
                            claim.runStart(),
                            limits,
                            guarded);
            state = machine.begin();
            events = new EngineEvents(cluster, engine, clock, EngineRun.this::tell);
            reaper = new Reaper(cluster, engine.namespace(), EngineRun.this::tell);
            results = new ResultReader(cluster, engine.namespace());
            launcher =
                    new Launcher(
                            cluster,
                            tasks,
                            new JobFactory(
                                    run,
                                    settings.strategy(),
                                    limits.experimentTimeout().orElse(null)),
                            request.environment().orElseGet(() -> RunnerEnvironment.of(engine)),
                            () -> engine,
                            this::mayLaunch,
                            events,
                            reaper,
                            EngineRun.this::tell);
            launching = launcher;
            if (leaving) {
                launcher.close();
            }
            writer =
                    new EngineWriter(
                            cluster,
                            engine,
                            taken.mayPatch(),
                            clock,
                            new EngineWriter.Listener() {
                                @Override
                                public void refused(Refusal refusal) {
                                    mailbox.add(() -> onRefusal(refusal));
                                }

                                @Override
                                public void failed(RuntimeException why) {
                                    mailbox.add(() -> {
                                        if (why instanceof ClusterException refused) {
                                            ended = verdictOn(refused);
                                        } else {
                                            throw why;
                                        }
                                    });
                                }
                            });
            onStop = this::stopRequested;
        }

        RunResult run(List<JobOnCluster> jobs, boolean resumed) {
            Claim claim = writer.claim();
            tell(
                    new RunNotice.Started(
                            run, settings.strategy(), claim.seed(), slots.names(), resumed));
            boolean spent =
                    resumed
                            && claim.starts() >= MOST_STARTS_WITHOUT_PROGRESS
                            && strategies.isPlugin(settings.strategy());
            if (resumed) {
                takeUp(claim, jobs);
            }
            follow();
            if (claim.state() == Claim.State.STOPPING) {
                stopRequested(claim.reason());
            } else if (spent) {
                step(
                        new RunEvent.StrategyFailed(
                                "this is start %d without progress: it may be ending the process"
                                        .formatted(claim.starts())));
            } else if (engine.stopRequested() && request.underOperator()) {
                operatorStops();
            } else {
                step(new RunEvent.TimePassed());
            }
            while (ended == null && !isFinished()) {
                takeMessages();
            }
            if (ended != null) {
                writer.abandon();
                return ended;
            }
            return close();
        }

        private boolean isFinished() {
            return finish != null && pendingTasks == 0 && live.isEmpty();
        }

        private RunResult close() {
            RunEnd end = java.util.Objects.requireNonNull(finish);
            writer.claim(claim -> claim.in(Claim.State.FINISHED, end.why()));
            writer.close();
            takeWaitingMessages();
            if (ended != null) {
                return ended;
            }
            List<StatusEntry> entries = new ArrayList<>(currentEntries());
            tell(new RunNotice.Finished(end, entries));
            return new RunResult.Completed(end, entries);
        }

        private List<StatusEntry> currentEntries() {
            return entries;
        }

        private final List<StatusEntry> entries = new ArrayList<>();

        // -- Taking up ------------------------------------------------------------------------

        private void takeUp(Claim claim, List<JobOnCluster> jobs) {
            engine.statusEntries().forEach(json -> entries.add(StatusEntry.read(json)));
            Map<ExecutionId, JobOnCluster> byId = new HashMap<>();
            jobs.forEach(job -> byId.put(job.id(), job));
            var attempts = new ArrayList<Attempt>();
            for (LoggedAttempt logged : claim.log()) {
                ExecutionId id = id(logged.slot(), logged.iteration(), logged.attempt());
                JobOnCluster job = byId.remove(id);
                boolean over = logged.mark() != Mark.BEING_STOPPED;
                Attempt attempt =
                        new Attempt(
                                logged.ordinal(),
                                logged.slot(),
                                logged.iteration(),
                                logged.attempt(),
                                logged.start(),
                                over
                                        ? Optional.of(
                                                new Attempt.End(
                                                        logged.end(),
                                                        logged.outcome(),
                                                        logged.mark() == Mark.PLAIN))
                                        : Optional.empty());
                attempts.add(attempt);
                if (over) {
                    noteWorst(logged.slot(), verdict(logged.outcome()));
                    if (job != null) {
                        cleanUp(
                                new Live(attempt, id, name(logged.slot())),
                                job.job(),
                                logged.outcome() == Outcome.PASSED);
                    }
                } else {
                    Live again = new Live(attempt, id, name(logged.slot()));
                    again.job = job == null ? null : job.job();
                    again.phase = Phase.STOPPING;
                    live.put(id, again);
                    removeAndConclude(again, remembered(again, logged));
                }
            }
            for (JobOnCluster job : byId.values()) {
                ExecutionId id = job.id();
                Attempt attempt =
                        new Attempt(
                                (int) job.launch().ordinal(),
                                id.slot(),
                                id.iteration(),
                                id.attempt(),
                                job.launch().start(),
                                Optional.empty());
                if (id.slot() >= slots.names().size()) {
                    continue;
                }
                attempts.add(attempt);
                Live watched = new Live(attempt, id, name(id.slot()));
                live.put(id, watched);
                watch(watched, job.job());
                tell(
                        new RunNotice.Launched(
                                attempt,
                                watched.experiment,
                                job.job().name(),
                                job.launch().why(),
                                true));
            }
            attempts.sort(Comparator.comparingInt(Attempt::ordinal));
            state = machine.resume(attempts, claim.skipped(), Optional.empty());
        }

        // -- Mailbox --------------------------------------------------------------------------

        private void takeMessages() {
            Optional<Instant> wake = nextWake();
            long wait =
                    wake.map(at ->
                                    Math.max(
                                            0,
                                            Duration.between(clock.instant(), at).toMillis() + 1))
                            .orElse(TimeUnit.MINUTES.toMillis(10));
            try {
                Runnable message = mailbox.poll(wait, TimeUnit.MILLISECONDS);
                if (message != null) {
                    message.run();
                    takeWaitingMessages();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new ClusterException(Kind.UNREACHABLE, "interrupted");
            }
            if (ended == null) {
                checkSuspects();
                Optional<Instant> machineWake = machine.wake(state).map(w -> w.at());
                if (machineWake.isPresent() && !clock.instant().isBefore(machineWake.get())) {
                    step(new RunEvent.TimePassed());
                }
            }
        }

        private void takeWaitingMessages() {
            for (Runnable message = mailbox.poll();
                    message != null && ended == null;
                    message = mailbox.poll()) {
                message.run();
            }
        }

        private Optional<Instant> nextWake() {
            var times = new ArrayList<Instant>();
            machine.wake(state).ifPresent(wake -> times.add(wake.at()));
            for (Live each : live.values()) {
                if (each.phase == Phase.WATCHED) {
                    if (!each.runs && each.pendingUntil.isBefore(Instant.MAX)) {
                        times.add(each.pendingUntil);
                    }
                    if (each.suspectUntil != null) {
                        times.add(each.suspectUntil);
                    }
                }
            }
            return times.stream().min(Comparator.naturalOrder());
        }

        /**
         * Run something elsewhere, and what it returns here; an unexpected failure ends the run.
         */
        private void task(java.util.concurrent.Callable<Runnable> work) {
            pendingTasks++;
            tasks.submit(() -> {
                Runnable then;
                try {
                    then = work.call();
                } catch (ClusterException e) {
                    then = () -> ended = verdictOn(e);
                } catch (Exception e) {
                    then =
                            () -> {
                                throw new IllegalStateException(e);
                            };
                }
                Runnable message = then;
                mailbox.add(() -> {
                    pendingTasks--;
                    message.run();
                });
            });
        }

        // -- Machine --------------------------------------------------------------------------

        private void step(RunEvent event) {
            RunMachine.Step step = machine.step(state, event, clock.instant());
            state = step.state();
            var orders = new ArrayList<Launcher.Order>();
            for (Command command : step.commands()) {
                switch (command) {
                    case Command.Launch(Attempt attempt, String why) ->
                            orders.add(order(attempt, why));
                    case Command.Skip(int slot, String why) -> skip(slot, why);
                    case Command.Stop(Attempt attempt, String why) -> stop(attempt, why);
                    case Command.GiveUpRetry(Attempt attempt) -> {}
                    case Command.Finish(RunEnd end) -> finish(end);
                }
            }
            if (!orders.isEmpty()) {
                launch(orders);
            }
            machine.wake(state)
                    .filter(wake -> live.isEmpty())
                    .ifPresent(wake -> tell(new RunNotice.Next(wake.at(), wake.why())));
        }

        private Launcher.Order order(Attempt attempt, String why) {
            ExecutionId id = id(attempt.slot(), attempt.iteration(), attempt.attempt());
            live.put(id, new Live(attempt, id, name(attempt.slot())));
            return new Launcher.Order(attempt, id, name(attempt.slot()), why);
        }

        private void launch(List<Launcher.Order> orders) {
            task(() -> {
                List<Launcher.Outcome> outcomes = launcher.launch(orders);
                return () -> {
                    for (int i = 0; i < orders.size(); i++) {
                        launched(orders.get(i), outcomes.get(i));
                    }
                };
            });
        }

        private void launched(Launcher.Order order, Launcher.Outcome outcome) {
            Live each = live.get(order.id());
            if (each == null) {
                return;
            }
            switch (outcome) {
                case Launcher.Outcome.Created(LiveJob job, boolean adopted) -> {
                    tell(
                            new RunNotice.Launched(
                                    order.attempt(),
                                    each.experiment,
                                    job.name(),
                                    order.why(),
                                    adopted));
                    watch(each, job);
                    if (each.stopWhy != null) {
                        beginStop(each);
                    } else {
                        known.values().forEach(this::onPod);
                    }
                }
                case Launcher.Outcome.Impossible(StatusEntry entry, String why) ->
                        conclude(
                                each,
                                new Conclusion(
                                        entry,
                                        new Attempt.End(roundedUp(), Outcome.ERROR, false),
                                        why));
                case Launcher.Outcome.Withheld() -> withheld(each);
            }
        }

        /**
         * Nothing was created. The stop that withheld it is read first, so that the machine hears
         * of it before it hears that the attempt is over, and launches nothing in its place.
         */
        private void withheld(Live each) {
            task(() -> {
                Optional<ObjectNode> found =
                        cluster.get(Resource.ENGINES, engine.namespace(), engine.name());
                return () -> {
                    found.ifPresentOrElse(json -> onEngine(new Engine(json)), this::onEngineGone);
                    live.remove(each.id);
                    if (ended == null) {
                        step(
                                new RunEvent.AttemptEnded(
                                        each.attempt.slot(),
                                        new Attempt.End(roundedUp(), Outcome.STOPPED, false)));
                    }
                };
            });
        }

        private void watch(Live each, LiveJob job) {
            each.job = job;
            each.phase = Phase.WATCHED;
            each.pendingUntil = clock.instant().plus(job.pendingLimit());
        }

        private void skip(int slot, String why) {
            tell(new RunNotice.Skipped(slot, name(slot), why));
            entry(slot, StatusEntry.leftOut(name(slot)));
            writer.settle(
                    slot,
                    StatusEntry.leftOut(name(slot)),
                    claim -> claim.skipping(slot, why),
                    () -> {});
            task(() -> {
                events.emit(new EngineEvent(EngineEvent.SKIPPED, false, name(slot), why));
                return () -> {};
            });
        }

        private void finish(RunEnd end) {
            finish = end;
            if (end.cause() == Cause.BROKEN_STRATEGY || end.cause() == Cause.PLAN_FAILED) {
                String message =
                        end.cause() == Cause.PLAN_FAILED
                                ? end.why()
                                : "strategy %s broke a rule: %s"
                                        .formatted(settings.strategy(), end.why());
                task(() -> {
                    events.emit(new EngineEvent(EngineEvent.RUN_FAILED, true, "", message));
                    return () -> {};
                });
            }
            if (end.cause() == Cause.ABORT) {
                abortRest(end);
            }
        }

        /** The final word of an abort: only after everything with our labels is gone. */
        private void abortRest(RunEnd end) {
            task(() -> {
                reaper.removeRun(engine.uid(), run.id());
                return () -> {
                    for (int slot = 0; slot < slots.names().size(); slot++) {
                        StatusEntry aborted = entryOf(slot).aborted();
                        entry(slot, aborted);
                        writer.entry(slot, aborted);
                    }
                };
            });
        }

        // -- Watching -------------------------------------------------------------------------

        private final Map<String, ObjectNode> known = new HashMap<>();

        private void follow() {
            String selector = ExecutionLabels.selectorOfRun(engine.uid(), run.id());
            follow(
                    Resource.PODS,
                    new Selection.Labelled(selector),
                    POLL_PODS,
                    pod -> {
                        known.put(uid(pod), pod);
                        onPod(pod);
                    },
                    pod -> {
                        known.remove(uid(pod));
                        onPodGone(pod);
                    },
                    true);
            follow(
                    Resource.JOBS,
                    new Selection.Labelled(selector),
                    POLL_JOBS,
                    this::onJob,
                    this::onJobGone,
                    false);
            follow(
                    Resource.ENGINES,
                    new Selection.Named(engine.name()),
                    POLL_ENGINE,
                    json -> onEngine(new Engine(json)),
                    json -> onEngineGone(),
                    false);
        }

        private void follow(
                Resource resource,
                Selection selection,
                Duration pollEvery,
                java.util.function.Consumer<ObjectNode> present,
                java.util.function.Consumer<ObjectNode> gone,
                boolean required) {
            Following following =
                    cluster.follow(
                            resource,
                            engine.namespace(),
                            selection,
                            pollEvery,
                            new Cluster.Listener() {
                                @Override
                                public void present(ObjectNode object) {
                                    mailbox.add(() -> present.accept(object));
                                }

                                @Override
                                public void gone(ObjectNode object) {
                                    mailbox.add(() -> gone.accept(object));
                                }

                                @Override
                                public void unavailable(ClusterException why) {
                                    if (required) {
                                        mailbox.add(() ->
                                                ended =
                                                        new RunResult.Refused(
                                                                String.valueOf(why.getMessage())));
                                    }
                                }
                            });
            open.add(following);
        }

        private void onPod(ObjectNode pod) {
            Live each = ExecutionLabels.read(pod).map(live::get).orElse(null);
            if (each == null || each.phase != Phase.WATCHED || !belongs(pod, each)) {
                return;
            }
            LiveJob job = java.util.Objects.requireNonNull(each.job);
            each.pod = pod.path("metadata").path("name").asString("");
            switch (PodState.of(pod, job.name())) {
                case PodState.Running(Instant since) -> {
                    // The node answers again.
                    each.suspectUntil = null;
                    runs(each);
                }
                case PodState.Finished finished -> judge(each, finished);
                case PodState.Failed(String reason, String message, Instant at) ->
                        judgeFailure(
                                each,
                                "pod %s failed: %s".formatted(each.pod, words(reason, message)),
                                at);
                case PodState.Pending(String reason, String message, boolean hopeless) -> {
                    each.suspicion = words(reason, message);
                    if (hopeless) {
                        giveUp(each, "pod %s cannot start: %s".formatted(each.pod, each.suspicion));
                    }
                }
                case PodState.Deleting(String reason, String message) ->
                        suspect(
                                each,
                                "pod %s was deleted%s"
                                        .formatted(each.pod, suffix(words(reason, message))),
                                patience.deletion());
                case PodState.Unknown(String reason, String message) ->
                        suspect(
                                each,
                                "pod %s: its node does not answer%s"
                                        .formatted(each.pod, suffix(words(reason, message))),
                                patience.deletion());
            }
        }

        private boolean belongs(JsonNode pod, Live each) {
            LiveJob job = java.util.Objects.requireNonNull(each.job);
            if (!job.uid().isEmpty()) {
                return PodState.belongsTo(pod, job.uid());
            }
            return pod.path("metadata")
                    .path("ownerReferences")
                    .valueStream()
                    .anyMatch(owner ->
                            owner.path("controller").asBoolean(false)
                                    && owner.path("name").asString("").equals(job.name()));
        }

        private void runs(Live each) {
            if (each.runs) {
                return;
            }
            each.runs = true;
            StatusEntry running = StatusEntry.running(each.experiment, each.pod);
            entry(each.attempt.slot(), running);
            writer.entry(each.attempt.slot(), running);
            tell(new RunNotice.Running(each.attempt, each.experiment, each.jobName(), each.pod));
        }

        private void onPodGone(ObjectNode pod) {
            Live each = ExecutionLabels.read(pod).map(live::get).orElse(null);
            if (each == null || each.phase != Phase.WATCHED || !belongs(pod, each)) {
                return;
            }
            PodState last = PodState.of(pod, each.jobName());
            if (last instanceof PodState.Finished finished) {
                judge(each, finished);
            } else {
                suspect(each, "pod %s was deleted".formatted(each.pod), patience.podLag());
            }
        }

        private void onJob(ObjectNode json) {
            Live each = ExecutionLabels.read(json).map(live::get).orElse(null);
            if (each == null || each.phase != Phase.WATCHED) {
                return;
            }
            if (JobState.of(json)
                    instanceof JobState.Failed(String reason, String message, Instant at)) {
                suspect(
                        each,
                        "Job %s failed: %s".formatted(each.jobName(), words(reason, message)),
                        patience.podLag());
            }
        }

        private void onJobGone(ObjectNode json) {
            Live each = ExecutionLabels.read(json).map(live::get).orElse(null);
            if (each != null && each.phase == Phase.WATCHED) {
                suspect(each, "Job %s was deleted".formatted(each.jobName()), patience.podLag());
            }
        }

        /** Something is wrong, but the pod's own last word may still be on its way. */
        private void suspect(Live each, String why, Duration patience) {
            Instant until = clock.instant().plus(patience);
            if (each.suspectUntil == null || until.isBefore(each.suspectUntil)) {
                each.suspectUntil = until;
                each.suspicion = why;
            }
        }

        private void checkSuspects() {
            Instant now = clock.instant();
            for (Live each : List.copyOf(live.values())) {
                if (each.phase != Phase.WATCHED) {
                    continue;
                }
                if (each.suspectUntil != null && !now.isBefore(each.suspectUntil)) {
                    judgeFailure(each, each.suspicion, now);
                } else if (!each.runs && !now.isBefore(each.pendingUntil)) {
                    String what =
                            each.pod.isEmpty()
                                    ? "Job %s has no pod".formatted(each.jobName())
                                    : "pod %s does not run".formatted(each.pod);
                    giveUp(
                            each,
                            "%s after %d s%s"
                                    .formatted(
                                            what,
                                            java.util.Objects.requireNonNull(each.job)
                                                    .pendingLimit()
                                                    .toSeconds(),
                                            each.suspicion.isEmpty() ? "" : ": " + each.suspicion));
                }
            }
        }

        private void onEngine(Engine now) {
            engine = now;
            if (Claim.of(now)
                    .filter(claim -> !claim.instance().equals(request.instance()))
                    .isPresent()) {
                ended = new RunResult.Left("another process owns the engine now", false);
                return;
            }
            if (stopAsked(now)) {
                if (request.underOperator()) {
                    operatorStops();
                } else {
                    stopRequested("the engine says stop");
                }
            }
        }

        private void onEngineGone() {
            if (request.underOperator()) {
                ended = new RunResult.Left("the engine was deleted", false);
            } else {
                stopRequested("the engine was deleted");
            }
        }

        private void onRefusal(Refusal refusal) {
            switch (refusal) {
                case Refusal.EngineGone() -> onEngineGone();
                case Refusal.Objected(Objection.Aborted()) ->
                        ended = new RunResult.Left("the operator aborted the run", false);
                case Refusal.Objected(Objection.ClaimLost(String why)) ->
                        ended = new RunResult.Left(why, false);
            }
        }

        private boolean stopAsked(Engine now) {
            if (now.deleting()) {
                return true;
            }
            return request.underOperator()
                    ? now.stopRequested()
                    : !now.engineState().equals(initialEngineState);
        }

        private boolean mayLaunch(Engine now) {
            boolean ours =
                    Claim.of(now)
                            .filter(claim -> claim.instance().equals(request.instance()))
                            .filter(claim -> claim.run().id().equals(run.id()))
                            .isPresent();
            return ours && !stopAsked(now) && !leaving;
        }

        // -- Ends -----------------------------------------------------------------------------

        private void judge(Live each, PodState.Finished finished) {
            if (finished.succeeded()) {
                each.phase = Phase.JUDGED;
                read(each, patience.result(), finished.at(), "");
            } else {
                judgeFailure(
                        each,
                        "pod %s ended with exit code %d%s"
                                .formatted(
                                        each.pod,
                                        finished.exitCode(),
                                        suffix(words(finished.reason(), finished.message()))),
                        finished.at());
            }
        }

        private void judgeFailure(Live each, String why, Instant at) {
            each.phase = Phase.JUDGED;
            read(each, patience.resultAfterCrash(), at, why);
        }

        /** The experiment's own word counts most; without it, why its pod failed. */
        private void read(Live each, Duration patience, Instant at, String failure) {
            LiveJob job = java.util.Objects.requireNonNull(each.job);
            task(() -> {
                Optional<Result> result;
                String trouble = failure;
                try {
                    result = results.lastWord(each.id, job, patience);
                } catch (ClusterException e) {
                    if (e.isTransient()) {
                        throw e;
                    }
                    result = Optional.empty();
                    trouble = failure.isEmpty() ? String.valueOf(e.getMessage()) : failure;
                }
                Conclusion conclusion = conclusion(each, job, result, at, trouble, failure);
                return () -> concludeWhenRetriesAllow(each, conclusion);
            });
        }

        private Conclusion conclusion(
                Live each,
                LiveJob job,
                Optional<Result> result,
                Instant at,
                String trouble,
                String failure) {
            Instant end = roundUp(at);
            if (result.isPresent()) {
                Verdict verdict = result.get().verdict().orElse(Verdict.ERROR);
                return new Conclusion(
                        StatusEntry.completed(each.experiment, each.pod, verdict),
                        new Attempt.End(end, outcome(verdict), true),
                        result.get().failure());
            }
            if (failure.isEmpty()) {
                String why =
                        trouble.isEmpty()
                                ? "ChaosResult %s did not come; is the experiment's image right?"
                                        .formatted(job.resultName())
                                : trouble;
                warn(EngineEvent.RESULT_MISSING, each, why);
                return new Conclusion(
                        StatusEntry.completed(each.experiment, each.pod, Verdict.ERROR),
                        new Attempt.End(end, Outcome.ERROR, true),
                        why);
            }
            warn(
                    EngineEvent.WATCH,
                    each,
                    "Experiment Job creation failed, skipping Chaos Experiment: %s (%s)"
                            .formatted(each.experiment, failure));
            return new Conclusion(
                    StatusEntry.failedToRun(each.experiment),
                    new Attempt.End(end, Outcome.ERROR, true),
                    failure);
        }

        private void warn(String reason, Live each, String message) {
            events.emit(new EngineEvent(reason, true, each.experiment, message));
        }

        /** The pod never ran in time: it must not start after we stopped looking. */
        private void giveUp(Live each, String why) {
            each.phase = Phase.JUDGED;
            Instant at = clock.instant();
            task(() -> {
                warn(
                        EngineEvent.WATCH,
                        each,
                        "Experiment Job creation failed, skipping Chaos Experiment: %s (%s)"
                                .formatted(each.experiment, why));
                return () ->
                        concludeAfterRemoval(
                                each,
                                new Conclusion(
                                        StatusEntry.failedToRun(each.experiment),
                                        new Attempt.End(roundUp(at), Outcome.ERROR, true),
                                        why));
            });
        }

        private void concludeWhenRetriesAllow(Live each, Conclusion conclusion) {
            if (isRetried(each, conclusion)) {
                concludeAfterRemoval(each, conclusion);
            } else {
                conclude(each, conclusion);
            }
        }

        private boolean isRetried(Live each, Conclusion conclusion) {
            return conclusion.end().outcome() == Outcome.ERROR
                    && conclusion.end().retry()
                    && each.attempt.attempt() <= limits.retries()
                    && !aborting;
        }

        /** Log the end, so that a restart launches nothing twice; remove its pods; then go on. */
        private void concludeAfterRemoval(Live each, Conclusion conclusion) {
            each.phase = Phase.STOPPING;
            LoggedAttempt logged = logged(each, conclusion.end(), Mark.BEING_STOPPED);
            pendingTasks++;
            writer.claim(
                    claim -> claim.with(logged),
                    () ->
                            mailbox.add(() -> {
                                pendingTasks--;
                                removeAndConclude(each, conclusion);
                            }));
        }

        private void removeAndConclude(Live each, Conclusion conclusion) {
            task(() -> {
                reaper.remove(each.id);
                return () -> {
                    each.removed = true;
                    conclude(each, conclusion);
                };
            });
        }

        /** What the log says of an attempt whose removal a restart broke off. */
        private Conclusion remembered(Live each, LoggedAttempt logged) {
            Attempt.End end = new Attempt.End(logged.end(), logged.outcome(), true);
            if (logged.outcome() == Outcome.ERROR) {
                return new Conclusion(
                        StatusEntry.failedToRun(each.experiment),
                        end,
                        "it failed before the runner was restarted");
            }
            return new Conclusion(
                    stoppedEntry(each), end, "it was stopped before the runner was restarted");
        }

        private StatusEntry stoppedEntry(Live each) {
            return aborting
                    ? entryOf(each.attempt.slot()).aborted()
                    : StatusEntry.completed(each.experiment, each.pod, Verdict.STOPPED);
        }

        private void conclude(Live each, Conclusion conclusion) {
            live.remove(each.id);
            int slot = each.attempt.slot();
            boolean retried = isRetried(each, conclusion);
            StatusEntry entry =
                    retried
                            ? StatusEntry.running(each.experiment, each.pod)
                            : overIterations(slot, conclusion.entry());
            tell(
                    new RunNotice.Ended(
                            each.attempt,
                            each.experiment,
                            each.jobName(),
                            each.pod,
                            conclusion.entry(),
                            Duration.between(each.attempt.start(), clock.instant()),
                            conclusion.detail()));
            Mark mark =
                    conclusion.end().outcome() == Outcome.ERROR && !conclusion.end().retry()
                            ? Mark.FINAL
                            : Mark.PLAIN;
            LoggedAttempt logged = logged(each, conclusion.end(), mark);
            entry(slot, entry);
            LiveJob job = each.job;
            if (!retried && job != null) {
                pendingTasks++;
                writer.settle(
                        slot,
                        entry,
                        claim -> claim.with(logged),
                        () ->
                                mailbox.add(() -> {
                                    pendingTasks--;
                                    cleanUp(
                                            each,
                                            job,
                                            conclusion.end().outcome() == Outcome.PASSED);
                                }));
            } else {
                writer.settle(slot, entry, claim -> claim.with(logged), () -> {});
            }
            step(new RunEvent.AttemptEnded(slot, conclusion.end()));
        }

        private StatusEntry overIterations(int slot, StatusEntry entry) {
            if (!limits.repeats() || !entry.status().equals(StatusEntry.COMPLETED)) {
                return entry;
            }
            Verdict verdict = noteWorst(slot, entry.verdict());
            return StatusEntry.completed(entry.name(), entry.pod(), verdict);
        }

        private Verdict noteWorst(int slot, Verdict verdict) {
            return worst.merge(slot, verdict, (a, b) -> severity(a) >= severity(b) ? a : b);
        }

        private LoggedAttempt logged(Live each, Attempt.End end, Mark mark) {
            return new LoggedAttempt(
                    each.attempt.ordinal(),
                    each.attempt.slot(),
                    each.attempt.iteration(),
                    each.attempt.attempt(),
                    each.attempt.start(),
                    end.at(),
                    end.outcome(),
                    mark);
        }

        /** Keep or delete the Job, as the engine says by now; its verdict is stored already. */
        private void cleanUp(Live each, LiveJob job, boolean passed) {
            String policy = engine.jobCleanUpPolicy();
            boolean delete =
                    !each.removed
                            && policy.equals("delete")
                            && (passed || !settings.retainOnFailure())
                            && !job.uid().isEmpty();
            if (!policy.isEmpty() && !policy.equals("delete") && !policy.equals("retain")) {
                tell(
                        new RunNotice.Warning(
                                "jobCleanUpPolicy '%s' is neither delete nor retain; Job %s is kept"
                                        .formatted(policy, job.name())));
            }
            task(() -> {
                boolean deleted = each.removed || (delete && reaper.delete(job));
                events.emit(
                        new EngineEvent(
                                EngineEvent.JOB_CLEAN_UP,
                                false,
                                each.experiment,
                                deleted
                                        ? "Experiment Job: %s will be deleted".formatted(job.name())
                                        : "Experiment Job %s will be retained"
                                                .formatted(job.name())));
                return () ->
                        tell(
                                new RunNotice.CleanedUp(
                                        each.attempt, each.experiment, job.name(), deleted));
            });
        }

        // -- Stopping -------------------------------------------------------------------------

        private void stopRequested(String why) {
            if (aborting) {
                return;
            }
            aborting = true;
            launcher.close();
            writer.claim(claim -> claim.in(Claim.State.STOPPING, why), () -> {});
            step(new RunEvent.StopRequested(why));
        }

        /**
         * The operator removes what runs, and this process with it; status is its own. Ending
         * before that with success would let it call the engine completed, so wait to be removed.
         */
        private void operatorStops() {
            launcher.close();
            writer.abandon();
            tell(new RunNotice.Waiting("engineState is stop: the operator ends this run"));
            Instant end = clock.instant().plus(patience.operator());
            while (ended == null && clock.instant().isBefore(end)) {
                try {
                    Runnable message = mailbox.poll(1, TimeUnit.SECONDS);
                    if (message != null && leaving) {
                        message.run();
                    }
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    break;
                }
            }
            ended = new RunResult.Left("the operator ends this run", true);
        }

        private void stop(Attempt attempt, String why) {
            Live each = live.get(id(attempt.slot(), attempt.iteration(), attempt.attempt()));
            if (each == null || each.phase == Phase.STOPPING || each.phase == Phase.JUDGED) {
                return;
            }
            each.stopWhy = why;
            if (each.phase == Phase.WATCHED) {
                beginStop(each);
            }
        }

        /**
         * Log that it is being stopped, so that a restart does not launch it again; then remove it.
         */
        private void beginStop(Live each) {
            each.phase = Phase.STOPPING;
            tell(
                    new RunNotice.Stopping(
                            each.attempt,
                            each.experiment,
                            each.jobName(),
                            String.valueOf(each.stopWhy)));
            concludeAfterRemoval(
                    each,
                    new Conclusion(
                            stoppedEntry(each),
                            new Attempt.End(roundedUp(), Outcome.STOPPED, false),
                            String.valueOf(each.stopWhy)));
        }

        // -- Small things ---------------------------------------------------------------------

        private void entry(int slot, StatusEntry entry) {
            while (entries.size() <= slot) {
                entries.add(StatusEntry.waiting(name(entries.size())));
            }
            entries.set(slot, entry);
        }

        private StatusEntry entryOf(int slot) {
            return slot < entries.size() ? entries.get(slot) : StatusEntry.waiting(name(slot));
        }

        private ExecutionId id(int slot, int iteration, int attempt) {
            return new ExecutionId(engine.uid(), run.id(), slot, iteration, attempt);
        }

        private String name(int slot) {
            return slots.names().get(slot);
        }

        private Instant roundedUp() {
            return roundUp(clock.instant());
        }
    }

    private static Instant roundUp(Instant instant) {
        Instant second = instant.truncatedTo(ChronoUnit.SECONDS);
        return second.equals(instant) ? second : second.plusSeconds(1);
    }

    private static Outcome outcome(Verdict verdict) {
        return switch (verdict) {
            case PASS -> Outcome.PASSED;
            case FAIL -> Outcome.FAILED;
            case STOPPED -> Outcome.STOPPED;
            case ERROR, AWAITED, NOT_APPLICABLE -> Outcome.ERROR;
        };
    }

    private static Verdict verdict(Outcome outcome) {
        return switch (outcome) {
            case PASSED -> Verdict.PASS;
            case FAILED -> Verdict.FAIL;
            case STOPPED -> Verdict.STOPPED;
            case ERROR -> Verdict.ERROR;
        };
    }

    /** Error is worse than Fail, and Fail worse than Stopped. */
    private static int severity(Verdict verdict) {
        return switch (verdict) {
            case ERROR -> 3;
            case FAIL -> 2;
            case STOPPED -> 1;
            case PASS, AWAITED, NOT_APPLICABLE -> 0;
        };
    }

    private static String words(String reason, String message) {
        if (reason.isEmpty() || message.isEmpty()) {
            return reason + message;
        }
        return reason + " (" + message + ")";
    }

    private static String suffix(String words) {
        return words.isEmpty() ? "" : ": " + words;
    }

    private static String uid(JsonNode object) {
        return object.path("metadata").path("uid").asString("");
    }
}
