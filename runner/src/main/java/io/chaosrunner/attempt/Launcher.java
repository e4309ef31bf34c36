package io.chaosrunner.attempt;

import static java.util.Objects.requireNonNull;

import io.chaosrunner.cluster.Cluster;
import io.chaosrunner.cluster.ClusterException;
import io.chaosrunner.cluster.ClusterException.Kind;
import io.chaosrunner.cluster.Resource;
import io.chaosrunner.crd.Engine;
import io.chaosrunner.engine.CoalescedRead;
import io.chaosrunner.engine.EventWriter;
import io.chaosrunner.engine.PodRemover;
import io.chaosrunner.engine.PodRemover.Extent;
import io.chaosrunner.job.ExecutionLabels;
import io.chaosrunner.job.JobFactory;
import io.chaosrunner.job.JobName;
import io.chaosrunner.job.Launch;
import io.chaosrunner.job.LaunchedJob;
import io.chaosrunner.model.Attempt;
import io.chaosrunner.model.ExecutionId;
import io.chaosrunner.model.ExperimentSpec;
import io.chaosrunner.status.EngineEvent;
import io.chaosrunner.status.StatusEntry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The way from launch commands to Jobs, each made exactly once.
 *
 * <p>The engine is read before a batch of creations and after it: whoever asked to stop meanwhile
 * is heard, and what was just created goes again, unless another process that took the run up looks
 * after it by now. Batches that meet share these readings.
 */
public final class Launcher {
    private static final Duration LOOK_AGAIN = Duration.ofMillis(100);

    private final Cluster cluster;
    private final ExecutorService tasks;
    private final JobFactory jobs;
    private final LaunchPreparation check;
    private final EngineView engine;
    private final EventWriter events;
    private final PodRemover remover;
    private final Duration deletion;
    private final CoalescedRead<Optional<Engine>> live = new CoalescedRead<>(this::readEngine);
    private volatile boolean closed;
    private int batches;

    public Launcher(
            Cluster cluster,
            ExecutorService tasks,
            JobFactory jobs,
            LaunchPreparation check,
            EngineView engine,
            EventWriter events,
            PodRemover remover,
            Duration deletion) {
        this.cluster = cluster;
        this.tasks = tasks;
        this.jobs = jobs;
        this.check = check;
        this.engine = engine;
        this.events = events;
        this.remover = remover;
        this.deletion = deletion;
    }

    /** The engine as a run sees it; any thread may ask. */
    public interface EngineView {
        /** Return it as last seen. */
        Engine engine();

        /** Tell whether Jobs may be created for the run, as the engine that was just read says. */
        boolean allowsLaunch(Engine now);

        /** Tell whether another process looks after an execution of the run. */
        boolean isInherited(Engine now, ExecutionId execution);
    }

    /**
     * One launch that was decided.
     *
     * @param ends what the decision knew of ends that are not stored yet; see {@link Launch#ends}
     */
    public record Order(
            Attempt attempt, ExecutionId id, String experiment, String why, String ends) {}

    /** What became of an order. */
    public sealed interface Outcome {
        /** There is a Job. */
        record Created(LaunchedJob job, boolean adopted) implements Outcome {}

        /** There was one, before this process began, and it is lost: chaos must not run twice. */
        record Lost(LaunchedJob job) implements Outcome {}

        /** There is none, and trying again would not help. */
        record Impossible(StatusEntry entry, String why) implements Outcome {}

        /** There is none: launching has stopped. */
        record Withheld() implements Outcome {}
    }

    /** Create nothing from now on. */
    public void close() {
        closed = true;
    }

    /** Wait until no batch is under way, for a bounded time. */
    public void awaitLast(Duration longest) {
        long end = System.nanoTime() + longest.toNanos();
        synchronized (this) {
            try {
                for (long left = longest.toMillis();
                        batches > 0 && left > 0;
                        left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime())) {
                    wait(left);
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private synchronized void count(int change) {
        batches += change;
        notifyAll();
    }

    /**
     * Carry out a batch of orders; answers in their order.
     *
     * @throws ClusterException if the API server cannot be reached, or the account lacks a right
     *     without which nothing can be launched
     */
    public List<Outcome> launch(List<Order> orders) {
        count(+1);
        try {
            return launchBatch(orders);
        } finally {
            count(-1);
        }
    }

    private List<Outcome> launchBatch(List<Order> orders) {
        check.expect(orders);
        List<LaunchPreparation.Prepared> prepared = inParallel(orders, check::prepare);
        if (prepared.stream().noneMatch(p -> p.spec() != null)) {
            return prepared.stream().map(LaunchPreparation.Prepared::outcome).toList();
        }
        if (closed || live.read().filter(engine::allowsLaunch).isEmpty()) {
            return prepared.stream()
                    .map(p -> p.spec() == null ? p.outcome() : new Outcome.Withheld())
                    .toList();
        }
        List<Outcome> outcomes =
                inParallel(prepared, p -> p.spec() == null ? p.outcome() : create(p));
        Optional<Engine> now = live.read();
        if (now.filter(engine::allowsLaunch).isPresent()) {
            return outcomes;
        }
        var withdrawn = new ArrayList<Outcome>();
        for (int i = 0; i < outcomes.size(); i++) {
            ExecutionId id = orders.get(i).id();
            boolean isOurs = now.filter(e -> engine.isInherited(e, id)).isEmpty();
            if (isOurs && outcomes.get(i) instanceof Outcome.Created) {
                remover.remove(id, Extent.ALL);
                withdrawn.add(new Outcome.Withheld());
            } else {
                withdrawn.add(outcomes.get(i));
            }
        }
        return withdrawn;
    }

    private Optional<Engine> readEngine() {
        Engine known = engine.engine();
        return cluster.get(Resource.ENGINES, known.namespace(), known.name()).map(Engine::new);
    }

    private Outcome create(LaunchPreparation.Prepared prepared) {
        Order order = prepared.order();
        ExperimentSpec spec = requireNonNull(prepared.spec());
        Launch launch =
                new Launch(
                        order.attempt().start(),
                        order.attempt().ordinal(),
                        order.why(),
                        prepared.resultBefore(),
                        order.ends());
        if (prepared.ran()) {
            ObjectNode wanted = jobs.job(spec, order.id(), launch, 0);
            return holder(order, wanted) instanceof Holder.Ours(LaunchedJob job)
                    ? new Outcome.Created(job, true)
                    : new Outcome.Lost(LaunchedJob.ofJob(wanted));
        }
        int salt = 0;
        for (int tries = 0; tries < JobName.SALTS; tries++) {
            ObjectNode job = jobs.job(spec, order.id(), launch, salt);
            if (closed) {
                return new Outcome.Withheld();
            }
            try {
                ObjectNode created = cluster.create(Resource.JOBS, spec.engine().namespace(), job);
                return new Outcome.Created(LaunchedJob.ofJob(created), false);
            } catch (ClusterException e) {
                switch (e.kind()) {
                    case ALREADY_EXISTS -> {
                        switch (awaitHolder(order, job)) {
                            case Holder.Ours(LaunchedJob ours) -> {
                                return new Outcome.Created(ours, true);
                            }
                            case Holder.Going() -> {
                                return stuck(order, job);
                            }
                            case Holder.Somebody() -> salt++;
                            case Holder.Nobody() -> {}
                        }
                    }
                    // Quotas and webhooks answer as a missing right does; the answer says which.
                    case INVALID, CONFLICT, NOT_FOUND, FORBIDDEN -> {
                        return check.refuse(
                                        order,
                                        EngineEvent.DEPENDENCY_CHECK,
                                        StatusEntry.failedToRun(order.experiment()),
                                        "the API server refused the Job: " + e.getMessage())
                                .outcome();
                    }
                    default -> throw e;
                }
            }
        }
        throw new ClusterException(
                Kind.ALREADY_EXISTS,
                "all %d names for a Job of %s are taken in namespace %s"
                        .formatted(JobName.SALTS, order.experiment(), spec.engine().namespace()));
    }

    /** Who has the name that a Job should have. */
    private sealed interface Holder {
        /** A Job of this very execution. */
        record Ours(LaunchedJob job) implements Holder {}

        /** A Job of this very execution that is being deleted. */
        record Going() implements Holder {}

        /** Another Job. */
        record Somebody() implements Holder {}

        /** No Job, any more. */
        record Nobody() implements Holder {}
    }

    /** Find out who has a name; a Job of ours that is going is waited for, within bounds. */
    private Holder awaitHolder(Order order, ObjectNode wanted) {
        long end = System.nanoTime() + deletion.toNanos();
        while (true) {
            Holder holder = holder(order, wanted);
            if (!(holder instanceof Holder.Going) || closed || System.nanoTime() >= end) {
                return holder;
            }
            try {
                TimeUnit.MILLISECONDS.sleep(LOOK_AGAIN.toMillis());
            } catch (InterruptedException e) {
                throw ClusterException.interrupted();
            }
        }
    }

    private Holder holder(Order order, ObjectNode wanted) {
        JsonNode metadata = wanted.path("metadata");
        Optional<ObjectNode> found;
        try {
            found =
                    cluster.get(
                            Resource.JOBS,
                            metadata.path("namespace").asString(),
                            metadata.path("name").asString());
        } catch (ClusterException e) {
            if (e.kind() != Kind.FORBIDDEN) {
                throw e;
            }
            // The name is hashed from the identity, so this is ours as far as can be known.
            return new Holder.Ours(LaunchedJob.ofJob(wanted));
        }
        if (found.isEmpty()) {
            return new Holder.Nobody();
        }
        JsonNode job = found.get();
        boolean ours =
                ExecutionLabels.read(job).filter(order.id()::equals).isPresent()
                        && engine.engine().owns(job);
        if (!ours) {
            return new Holder.Somebody();
        }
        return job.path("metadata").path("deletionTimestamp").isString()
                ? new Holder.Going()
                : new Holder.Ours(LaunchedJob.ofJob(job));
    }

    private Outcome stuck(Order order, ObjectNode job) {
        if (closed) {
            return new Outcome.Withheld();
        }
        return check.refuse(
                        order,
                        EngineEvent.DEPENDENCY_CHECK,
                        StatusEntry.failedToRun(order.experiment()),
                        "Job %s of this execution is being deleted and does not go; see its finalizers"
                                .formatted(job.path("metadata").path("name").asString()))
                .outcome();
    }

    /** Write the events of a launch, in Litmus' words; nothing waits for them. */
    public void tell(Order order, LaunchedJob job) {
        events.emit(
                new EngineEvent(
                        EngineEvent.DEPENDENCY_CHECK,
                        false,
                        order.experiment(),
                        "Experiment resources validated for Chaos Experiment: "
                                + order.experiment()));
        events.emit(
                new EngineEvent(
                        EngineEvent.JOB_CREATE,
                        false,
                        order.experiment(),
                        "Experiment Job %s for Chaos Experiment: %s"
                                .formatted(job.name(), order.experiment())));
    }

    private <A, B> List<B> inParallel(List<A> inputs, Function<A, B> work) {
        if (inputs.size() == 1) {
            return List.of(work.apply(inputs.getFirst()));
        }
        var futures = new ArrayList<Future<B>>();
        for (A input : inputs) {
            Callable<B> call = () -> work.apply(input);
            futures.add(tasks.submit(call));
        }
        var results = new ArrayList<B>();
        RuntimeException failure = null;
        for (Future<B> future : futures) {
            try {
                results.add(future.get());
            } catch (ExecutionException e) {
                RuntimeException cause =
                        e.getCause() instanceof RuntimeException known
                                ? known
                                : new IllegalStateException(e.getCause());
                // The others go on: a batch is over when all its work is.
                failure = failure == null ? cause : failure;
            } catch (InterruptedException e) {
                throw ClusterException.interrupted();
            }
        }
        if (failure != null) {
            throw failure;
        }
        return results;
    }
}
