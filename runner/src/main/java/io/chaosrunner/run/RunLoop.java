package io.chaosrunner.run;

import io.chaosrunner.attempt.AttemptEnding;
import io.chaosrunner.attempt.AttemptEnding.Next;
import io.chaosrunner.attempt.AttemptEnding.Situation;
import io.chaosrunner.attempt.AttemptMessage;
import io.chaosrunner.attempt.Launcher;
import io.chaosrunner.attempt.LiveAttempt;
import io.chaosrunner.attempt.PodCensus;
import io.chaosrunner.attempt.PodNews;
import io.chaosrunner.attempt.PodWatch;
import io.chaosrunner.attempt.ResultReader;
import io.chaosrunner.attempt.ResultWatch;
import io.chaosrunner.attempt.StatusTable;
import io.chaosrunner.attempt.VerdictReader;
import io.chaosrunner.claim.Claim;
import io.chaosrunner.claim.StartTable.Caller;
import io.chaosrunner.cluster.Cluster;
import io.chaosrunner.cluster.ClusterException;
import io.chaosrunner.crd.Engine;
import io.chaosrunner.engine.EngineWriter;
import io.chaosrunner.engine.EngineWriter.News;
import io.chaosrunner.engine.EngineWriter.Refusal;
import io.chaosrunner.engine.EventWriter;
import io.chaosrunner.engine.PodRemover;
import io.chaosrunner.engine.PodRemover.Extent;
import io.chaosrunner.machine.Command;
import io.chaosrunner.machine.RunEvent;
import io.chaosrunner.machine.RunMachine;
import io.chaosrunner.machine.RunState;
import io.chaosrunner.model.Attempt;
import io.chaosrunner.model.ExecutionId;
import io.chaosrunner.model.RunEnd;
import io.chaosrunner.model.RunEnd.Cause;
import io.chaosrunner.run.EngineWatch.Meaning;
import io.chaosrunner.run.RunRemoval.Removed;
import io.chaosrunner.status.RunNotice;
import io.chaosrunner.status.StatusEntry;
import io.chaosrunner.strategy.Decision;
import io.chaosrunner.strategy.Slot;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Own a run from the claim to the last write: step the machine, carry out its commands, end. What
 * becomes of the engine is {@link EngineWatch}' part, of single attempts {@link AttemptEnding}'.
 */
final class RunLoop implements AutoCloseable {
    /** The first Job is not kept waiting by what looks after it; it may be kept by other things. */
    private static final Duration BEFORE_LOOKING_OUT = Duration.ofSeconds(2);

    private static final Duration LONGEST_IDLE = Duration.ofMinutes(10);

    /** A write that the API server does not answer is not worth more of the time to leave. */
    private static final Duration LONGEST_WRITE = Duration.ofSeconds(5);

    /** With a write's, shorter than the 30 s that a pod has to end unless it says otherwise. */
    private static final Duration BEFORE_SIGKILL = Duration.ofSeconds(20);

    /** Of fewer experiments it takes less to read their results one by one. */
    private static final int RESULTS_TO_WATCH = 3;

    private final RunContext context;
    private final OwnedRun taken;
    private final Claim claimed;
    private final List<String> names;
    private final GuardedPlan plan;
    private final RunMachine machine;
    private final EngineWriter writer;
    private final RunWords words;
    private final RunRemoval removal;
    private final RunFinish finish;
    private final Launcher launcher;
    private final Launching launching;
    private final StatusTable entries;
    private final Map<ExecutionId, LiveAttempt> live = new HashMap<>();
    private final PodCensus census = new PodCensus();
    private final AttemptEnding ends;
    private final PodWatch watch;
    private final EngineWatch engineWatch;
    private final ResultWatch results = new ResultWatch();
    private RunState state;
    private boolean lookingOut;
    private final Instant lookOutAt;
    private Optional<Decision.Wake> told = Optional.empty();

    RunLoop(RunContext context, OwnedRun taken) {
        this.context = context;
        this.taken = taken;
        lookOutAt = context.now().plus(BEFORE_LOOKING_OUT);
        Engine engine = taken.engine().engine();
        claimed = taken.claim();
        names = taken.planned().slots().stream().map(Slot::experiment).toList();
        plan = new GuardedPlan(taken.planned().plan(), GuardedPlan.BUDGET);
        engineWatch =
                new EngineWatch(
                        context,
                        claimed,
                        engine,
                        found -> context.mailbox.post(new RunMessage.EngineSeen(found)));
        machine =
                new RunMachine(
                        taken.planned().slots(),
                        claimed.runStart(),
                        taken.limits(),
                        progress -> context.ask(() -> plan.apply(progress)));
        state = machine.begin();
        Cluster cluster = context.cluster;
        context.cluster.calm();
        var events = new EventWriter(cluster, engine, context.clock, context::tell);
        var remover =
                new PodRemover(
                        cluster, engine.namespace(), context::tell, context.patience.removal());
        launcher = Launching.launcher(context, taken, engineWatch, events, remover);
        removal = new RunRemoval(context, claimed, engine, launcher, remover);
        writer =
                new EngineWriter(
                        cluster,
                        engine,
                        taken.engine().mayPatch(),
                        context.clock,
                        context.patience.refusals(),
                        context.patience.engineWrites(),
                        this::onWriter);
        entries =
                new StatusTable(
                        taken.resumed()
                                ? engine.statusEntries().stream().map(StatusEntry::read).toList()
                                : names.stream().map(StatusEntry::waiting).toList());
        words = new RunWords(context, taken, writer, events, entries);
        finish = new RunFinish(context, taken, writer, words, removal, entries, live, census);
        ends =
                new AttemptEnding(
                        context,
                        new VerdictReader(
                                new ResultReader(cluster, engine.namespace(), results), events),
                        writer,
                        events,
                        remover,
                        entries,
                        census,
                        taken.settings().retainOnFailure());
        watch = new PodWatch(context, live, census, this::onPods);
        launching = new Launching(context, taken, launcher, live, entries, ends, writer, watch);
        if (context.isLeaving()) {
            quiesce();
        }
    }

    /** Launch and write nothing more; any thread may say so. */
    void quiesce() {
        launcher.close();
        writer.abandon();
    }

    RunResult run() {
        context.tell(
                new RunNotice.Started(
                        claimed.run(),
                        taken.settings().strategy(),
                        claimed.seed(),
                        names,
                        taken.resumed(),
                        taken.settings().tree()));
        var beside = new Housekeeping(context, taken);
        beside.monitor(engineWatch.engine());
        if (names.size() < RESULTS_TO_WATCH) {
            // Others of this process may watch them: what comes from now on is not read then.
            results.overhear(context.cluster, engineWatch.engine().namespace(), removal.labels());
        }
        if (taken.resumed()) {
            ResumedAttempts left =
                    new TakingUp(context, taken, live, entries, ends, watch, launching, situation())
                            .takeUp();
            state = machine.resume(left.attempts(), claimed.skipped(), left.end());
        }
        if (taken.resumed()) {
            lookOut();
        } else {
            beside.removeOldRuns(engineWatch.engine());
        }
        takeMessages();
        if (context.ended().isEmpty()) {
            begin();
        }
        while (context.ended().isEmpty() && !finish.staysOpen() && !finish.isFinished()) {
            if (finish.isOver()) {
                finish.remove(Extent.LIVING, Optional.of(names -> ends.sayRemoved("", names)));
            }
            awaitMessage();
        }
        return context.ended().orElseGet(this::end);
    }

    /** Follow the engine and what was launched: of a new run, once there is something to follow. */
    private void lookOut() {
        if (!lookingOut) {
            lookingOut = true;
            engineWatch.follow();
            watch.follow(engineWatch.engine(), claimed.run().id(), taken.podsAsOf());
        }
    }

    private void begin() {
        // A stop may have come while nobody looked.
        onEngine(Optional.of(engineWatch.engine()));
        if (engineWatch.isAborting() || context.ended().isPresent()) {
            return;
        }
        if (claimed.state() == Claim.State.STOPPING) {
            stop(
                    ResumedAttempts.end(claimed)
                            .filter(end -> end.cause().isAbort())
                            .orElseGet(() -> new RunEnd(Cause.ABORT, claimed.reason())));
        } else if (context.request.caller() == Caller.PERSON_WHO_STOPS) {
            stop(new RunEnd(Cause.ABORT, "somebody asked with chaos-runner stop"));
        } else if (taken.broken().isPresent()) {
            step(new RunEvent.StrategyFailed(taken.broken().get()));
        } else {
            step(new RunEvent.TimePassed());
        }
    }

    private RunResult end() {
        finish.sayOver(engineWatch.engine());
        storeTheRest();
        return context.ended().orElseGet(finish::result);
    }

    /** Write what is not written yet; a write that is refused has its consequences, too. */
    private void storeTheRest() {
        writer.close();
        takeMessages();
        while (finish.isRemoving() && context.ended().isEmpty()) {
            RunMessage message = context.mailbox.take(LONGEST_IDLE);
            if (message != null) {
                on(message);
            }
        }
    }

    @Override
    public void close() {
        context.cluster.hurry();
        launcher.close();
        writer.abandon();
        // What is being created now must be adopted by others or go: not fall in between.
        launcher.awaitLast(context.isLeaving() ? BEFORE_SIGKILL : RunRemoval.LONGEST_LAUNCH);
        writer.awaitLast(LONGEST_WRITE);
        watch.close();
        results.close();
        engineWatch.close();
        plan.close();
    }

    // ---- Mailbox -----------------------------------------------------------------------------

    private void awaitMessage() {
        Duration wait =
                Stream.of(
                                machine.wake(state).map(Decision.Wake::at),
                                watch.nextCheck(),
                                lookingOut ? Optional.<Instant>empty() : Optional.of(lookOutAt))
                        .flatMap(Optional::stream)
                        .min(Comparator.naturalOrder())
                        .map(at -> Duration.between(context.now(), at).plusMillis(1))
                        .filter(until -> until.compareTo(LONGEST_IDLE) < 0)
                        .orElse(LONGEST_IDLE);
        watch.expect();
        writer.commit();
        RunMessage first = context.mailbox.take(wait.isNegative() ? Duration.ZERO : wait);
        if (first != null) {
            on(first);
            writer.commit();
            takeMessages();
        }
        if (!lookingOut && (launching.hasLaunched() || !context.now().isBefore(lookOutAt))) {
            lookOut();
        }
        if (context.ended().isEmpty()) {
            watch.check();
            Optional<Instant> wake = machine.wake(state).map(Decision.Wake::at);
            if (wake.isPresent() && !context.now().isBefore(wake.get())) {
                step(new RunEvent.TimePassed());
            }
        }
    }

    private void takeMessages() {
        while (context.ended().isEmpty()) {
            RunMessage message = context.mailbox.take();
            if (message != null) {
                on(message);
            }
            // What follows from one message is stored in one write, or not at all.
            writer.commit();
            if (message == null) {
                return;
            }
        }
    }

    /** The story of a run: whatever happens to it is told by a message, and comes in here. */
    private void on(RunMessage message) {
        switch (message) {
            case RunMessage.StopRequested(RunEnd end) -> stop(end);
            case RunMessage.LeaveRequested(String why) ->
                    context.end(new RunResult.Left(why, true));
            case RunMessage.EngineSeen(Optional<Engine> found) -> onEngine(found);
            case RunMessage.Stored(long edition) ->
                    context.afterWrites.stored(edition).forEach(this::on);
            case RunMessage.WriteRefused(Refusal refusal) -> act(EngineWatch.of(refusal));
            case RunMessage.WriteFailed(RuntimeException why) -> throw why;
            case RunMessage.OfAttempt(AttemptMessage.Sight sight) -> watch.on(sight);
            case RunMessage.OfAttempt(AttemptMessage.Done done) -> goOn(ends.on(done, situation()));
            case RunMessage.LaunchDue(List<Launcher.Order> orders) -> launchUnstopped(orders);
            case RunMessage.LaunchDone(
                            List<Launcher.Order> orders,
                            List<Launcher.Outcome> outcomes) ->
                    onLaunched(orders, outcomes);
            case RunMessage.WithheldExplained(
                            List<Launcher.Order> orders,
                            Optional<Engine> found) ->
                    onWithheld(orders, found);
            case RunMessage.RunRemovalDue() -> finish.remove(Extent.ALL, Optional.empty());
            case RunMessage.RunRemoved(Extent extent, Removed removed) ->
                    onRemoved(extent, removed);
            case RunMessage.WorkDone() -> {}
            case RunMessage.ProcessEnds(RunResult result) -> context.end(result);
        }
    }

    /** Bring what became of writing to the run's thread; called by the writer's. */
    private void onWriter(EngineWriter.News news) {
        switch (news) {
            case News.Wrote(Engine engine, int commits) -> {
                engineWatch.see(engine);
                context.tell(new RunNotice.Wrote(commits));
            }
            case News.Stored(long edition) -> context.mailbox.post(new RunMessage.Stored(edition));
            case News.Refused(Refusal refusal) ->
                    context.mailbox.post(new RunMessage.WriteRefused(refusal));
            case News.Failed(RuntimeException why) ->
                    context.mailbox.post(new RunMessage.WriteFailed(why));
            case News.Hindered(String sentence) -> context.tell(new RunNotice.Waiting(sentence));
        }
    }

    // ---- The machine and its commands --------------------------------------------------------

    private void step(RunEvent event) {
        RunMachine.Step step = machine.step(state, event, context.now());
        if (context.isLeaving()) {
            // The plan may have been cut short; who takes the run up asks it again.
            return;
        }
        RunEnd before = state.end;
        state = step.state();
        RunEnd end = state.end;
        var decided = new ArrayList<LiveAttempt>();
        if (end != null && !end.equals(before) && end.isRecorded()) {
            words.ending(end);
        }
        step.commands().forEach(command -> carryOut(command, decided));
        if (!decided.isEmpty()) {
            launching.begin(decided);
        }
        tellNext();
    }

    private void tellNext() {
        Optional<Decision.Wake> next = machine.wake(state);
        if (!next.equals(told)) {
            told = next;
            next.ifPresent(wake -> context.tell(new RunNotice.Next(wake.at(), wake.why())));
        }
    }

    private void carryOut(Command command, List<LiveAttempt> decided) {
        switch (command) {
            case Command.Launch(Attempt attempt, String why) ->
                    decided.add(launching.order(attempt, why));
            case Command.Skip(int slot, String why) -> words.skip(slot, why);
            case Command.Stop(Attempt attempt, String why) -> {
                LiveAttempt each = live.get(launching.id(attempt));
                if (each != null) {
                    ends.stop(each, why, situation());
                }
            }
            case Command.GiveUpRetry(Attempt attempt) -> ends.giveUpRetry(attempt, situation());
            case Command.Finish(RunEnd end) -> finish.close(end);
        }
    }

    private void onWithheld(List<Launcher.Order> orders, Optional<Engine> found) {
        onEngine(found);
        if (context.ended().isPresent() || finish.isRemoving()) {
            return;
        }
        // Of those that nobody stopped the stop was withdrawn.
        launchUnstopped(orders);
    }

    /** Launch those that nobody stopped while they waited; the others are over. */
    private void launchUnstopped(List<Launcher.Order> orders) {
        var due = new ArrayList<Launcher.Order>();
        for (Launcher.Order order : orders) {
            LiveAttempt each = live.get(order.id());
            if (each != null && (engineWatch.isAborting() || !each.stopWhy.isEmpty())) {
                goOn(ends.withheld(each, situation()));
            } else if (each != null) {
                due.add(order);
            }
        }
        launching.launch(due);
    }

    private void onLaunched(List<Launcher.Order> orders, List<Launcher.Outcome> outcomes) {
        var withheld = new ArrayList<Launcher.Order>();
        for (int i = 0; i < orders.size(); i++) {
            boolean isLive = live.containsKey(orders.get(i).id());
            if (isLive && outcomes.get(i) instanceof Launcher.Outcome.Withheld) {
                withheld.add(orders.get(i));
            }
            goOn(launching.on(orders.get(i), outcomes.get(i), situation()));
        }
        launching.withheld(withheld);
    }

    // ---- Attempts ----------------------------------------------------------------------------

    /** Return what the ends of attempts depend on, as it is now. */
    private Situation situation() {
        return new Situation(engineWatch.engine(), engineWatch.isAborting(), machine, state);
    }

    private void goOn(Next next) {
        switch (next) {
            case Next.Nothing() -> {}
            case Next.Ended(LiveAttempt each, Attempt.End end, boolean mayLeavePods) -> {
                live.remove(each.id);
                watch.ended();
                finish.attemptEnded(mayLeavePods);
                step(new RunEvent.AttemptEnded(each.slot(), end));
            }
            case Next.LivesOn(
                            LiveAttempt each,
                            List<String> left,
                            AttemptMessage.Removal removal) ->
                    onLivesOn(each, left, removal);
        }
    }

    /** Try again to remove it while anything else goes on; then give up. */
    private void onLivesOn(LiveAttempt each, List<String> left, AttemptMessage.Removal removal) {
        String what = "pods of experiment %s".formatted(each.experiment);
        if (!each.stuck) {
            each.stuck = true;
            String why = "%s cannot be removed: %s".formatted(what, PodRemover.inWords(left));
            words.failed(why);
            step(new RunEvent.LeftBehind(why));
        }
        if (live.values().stream().allMatch(one -> one.stuck)) {
            finish.stayOpen(what, left);
        } else {
            ends.removeOnceMore(removal);
        }
    }

    // ---- Stopping ----------------------------------------------------------------------------

    /** Stop: nothing more is launched, what runs is removed, and the entries say so. */
    void stop(RunEnd end) {
        if (engineWatch.isAborting()) {
            return;
        }
        engineWatch.abort();
        launcher.close();
        // Whoever takes the run up in between must know who stopped it.
        words.stopping(end);
        step(new RunEvent.StopRequested(end));
    }

    private void onRemoved(Extent extent, Removed removed) {
        switch (removed) {
            case Removed.Inherited(Engine now) -> onEngine(Optional.of(now));
            case Removed.Gone() -> finish.gone(extent);
            case Removed.Left(List<String> names) -> finish.stayOpen("pods of the run", names);
        }
    }

    private void removeAll(String why, boolean unclaimed) {
        if (!finish.isRemoving()) {
            quiesce();
            finish.removeAll(why, unclaimed);
        }
    }

    /**
     * End a run that cannot go on. What runs is not left to nobody: the operator starts the runner
     * again, which takes the run up once the API server answers; in all other cases it is removed.
     */
    RunResult giveUp(ClusterException why) {
        quiesce();
        return removal.giveUp(why);
    }

    /** Do the same because of a bug; the operator's runner is started again in any case. */
    void giveUpBy(Throwable bug) {
        quiesce();
        removal.giveUpBy(bug);
    }

    /** Pods can no longer be watched, so the run is stopped. */
    private void onPodWatchLost(ClusterException why) {
        String sentence = "pods cannot be followed any more: " + why.getMessage();
        if (!engineWatch.isAborting()) {
            words.failed(sentence);
        }
        stop(new RunEnd(Cause.UNWATCHED, sentence));
    }

    private void onPods(PodNews news) {
        switch (news) {
            case PodNews.Watched() -> onPodsWatched();
            case PodNews.Lost(ClusterException why) -> onPodWatchLost(why);
            case PodNews.OfAttempt ofAttempt -> goOn(ends.on(ofAttempt, situation()));
        }
    }

    /** Who may watch pods may watch the engine and results, too, or never more. */
    private void onPodsWatched() {
        engineWatch.watch();
        if (names.size() >= RESULTS_TO_WATCH) {
            results.follow(context.cluster, engineWatch.engine().namespace(), removal.labels());
        }
    }

    private void onEngine(Optional<Engine> found) {
        act(engineWatch.changed(found));
    }

    private void act(Meaning meaning) {
        switch (meaning) {
            case Meaning.GoOn() -> {}
            case Meaning.Stop(String why) -> stop(new RunEnd(Cause.ABORT, why));
            case Meaning.Replace(String why) -> stop(new RunEnd(Cause.REPLACED, why));
            case Meaning.RemoveAll(String why, boolean unclaimed) -> removeAll(why, unclaimed);
            case Meaning.Inherited(String why) -> context.end(new RunResult.Left(why, false));
            case Meaning.OperatorStops() -> awaitOperator();
        }
    }

    /**
     * The operator removes what runs, and this process with it; status is its own. Ending before
     * that with success would let it call the engine completed, so wait to be removed.
     */
    private void awaitOperator() {
        quiesce();
        context.tell(new RunNotice.Waiting("engineState is stop: the operator ends this run"));
        Instant end = context.now().plus(context.patience.operator());
        while (!context.isLeaving() && context.now().isBefore(end)) {
            context.mailbox.discard(Duration.ofSeconds(1));
        }
        context.end(new RunResult.Left("the operator ends this run", true));
    }
}
