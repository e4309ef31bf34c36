package io.chaosrunner.run;

import io.chaosrunner.attempt.AttemptEnding;
import io.chaosrunner.attempt.AttemptEnding.Next;
import io.chaosrunner.attempt.AttemptEnding.Situation;
import io.chaosrunner.attempt.LaunchPreparation;
import io.chaosrunner.attempt.Launcher;
import io.chaosrunner.attempt.LiveAttempt;
import io.chaosrunner.attempt.PodWatch;
import io.chaosrunner.attempt.StatusTable;
import io.chaosrunner.claim.Claim;
import io.chaosrunner.cluster.Resource;
import io.chaosrunner.crd.Engine;
import io.chaosrunner.engine.EngineWriter;
import io.chaosrunner.engine.EventWriter;
import io.chaosrunner.engine.PodRemover;
import io.chaosrunner.job.JobFactory;
import io.chaosrunner.job.LaunchedJob;
import io.chaosrunner.model.Attempt;
import io.chaosrunner.model.EngineRef;
import io.chaosrunner.model.ExecutionId;
import io.chaosrunner.resolve.RunnerEnvironment;
import io.chaosrunner.status.RunNotice;
import io.chaosrunner.status.StatusEntry;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The launches of a run, from what was decided to an attempt that is watched. Owned by the run's
 * thread.
 */
final class Launching {
    private final RunContext context;
    private final OwnedRun taken;
    private final Claim claimed;
    private final Launcher launcher;
    private final Map<ExecutionId, LiveAttempt> live;
    private final StatusTable entries;
    private final AttemptEnding ends;
    private final EngineWriter writer;
    private final PodWatch watch;
    private boolean hasLaunched;

    Launching(
            RunContext context,
            OwnedRun taken,
            Launcher launcher,
            Map<ExecutionId, LiveAttempt> live,
            StatusTable entries,
            AttemptEnding ends,
            EngineWriter writer,
            PodWatch watch) {
        this.context = context;
        this.taken = taken;
        claimed = taken.claim();
        this.launcher = launcher;
        this.live = live;
        this.entries = entries;
        this.ends = ends;
        this.writer = writer;
        this.watch = watch;
    }

    /** Return what makes the Jobs of a run. */
    static Launcher launcher(
            RunContext context,
            OwnedRun taken,
            EngineWatch engineWatch,
            EventWriter events,
            PodRemover remover) {
        return new Launcher(
                context.cluster,
                context.mailbox.tasks(),
                new JobFactory(
                        taken.claim().run(),
                        taken.settings().strategy(),
                        taken.limits().experimentTimeout().orElse(null)),
                new LaunchPreparation(
                        context.cluster,
                        context.request
                                .environment()
                                .orElseGet(() ->
                                        RunnerEnvironment.of(taken.engine().engine())
                                                .withTracing(context.request.tracing())),
                        context.request.allowed(),
                        engineWatch::engine,
                        events,
                        context::tell),
                engineWatch,
                events,
                remover,
                context.patience.deletion());
    }

    /** Tell whether a batch of orders was carried out. */
    boolean hasLaunched() {
        return hasLaunched;
    }

    /** Take up an attempt that was decided; {@link #begin} launches it. */
    LiveAttempt order(Attempt attempt, String why) {
        String experiment = taken.planned().slots().get(attempt.slot()).experiment();
        var each = new LiveAttempt(attempt, id(attempt), experiment, why);
        live.put(each.id, each);
        entries.launched(attempt);
        return each;
    }

    ExecutionId id(Attempt attempt) {
        return new ExecutionId(
                taken.engine().engine().uid(),
                claimed.run().id(),
                attempt.slot(),
                attempt.iteration(),
                attempt.attempt());
    }

    /** A Job carries the ends that its launch followed from; if there are too many, they wait. */
    void begin(List<LiveAttempt> decided) {
        if (ends.mayTravel()) {
            launch(orders(decided, ends.unstoredEnds(claimed.runStart())));
            return;
        }
        context.afterWrites.add(writer.ask(), new RunMessage.LaunchDue(orders(decided, "")));
    }

    private static List<Launcher.Order> orders(List<LiveAttempt> decided, String ends) {
        return decided.stream()
                .map(each ->
                        new Launcher.Order(each.attempt, each.id, each.experiment, each.why, ends))
                .toList();
    }

    void launch(List<Launcher.Order> orders) {
        if (!orders.isEmpty()) {
            context.mailbox.work(() -> new RunMessage.LaunchDone(orders, launcher.launch(orders)));
        }
    }

    /** Go on with what became of an order. */
    Next on(Launcher.Order order, Launcher.Outcome outcome, Situation now) {
        hasLaunched = true;
        LiveAttempt each = live.get(order.id());
        if (each == null) {
            return Next.NOTHING;
        }
        switch (outcome) {
            case Launcher.Outcome.Created(LaunchedJob job, boolean adopted) -> {
                launched(each, job, order.why(), adopted);
                context.mailbox.work(() -> {
                    launcher.tell(order, job);
                    return new RunMessage.WorkDone();
                });
                watch.watch(each, job);
                if (!each.stopWhy.isEmpty()) {
                    ends.stop(each, each.stopWhy, now);
                }
            }
            case Launcher.Outcome.Lost(LaunchedJob job) -> ends.lost(each, job);
            case Launcher.Outcome.Impossible(StatusEntry entry, String why) -> {
                return ends.neverRan(each, entry, why, now);
            }
            case Launcher.Outcome.Withheld() -> {}
        }
        return Next.NOTHING;
    }

    void launched(LiveAttempt each, LaunchedJob job, String why, boolean adopted) {
        context.tell(
                new RunNotice.Launched(
                        each.attempt,
                        each.experiment,
                        job.name(),
                        why,
                        adopted,
                        Optional.of(Duration.between(each.attempt.start(), context.now()))
                                .filter(took -> !adopted)));
    }

    /**
     * Nothing was created for these orders. The stop that withheld it is read first, so that the
     * machine hears of it before it hears that the attempts are over, and launches nothing in their
     * place.
     */
    void withheld(List<Launcher.Order> orders) {
        if (orders.isEmpty()) {
            return;
        }
        EngineRef ref = taken.engine().engine().ref();
        context.mailbox.work(() ->
                new RunMessage.WithheldExplained(
                        orders,
                        context.cluster
                                .get(Resource.ENGINES, ref.namespace(), ref.name())
                                .map(Engine::new)));
    }
}
