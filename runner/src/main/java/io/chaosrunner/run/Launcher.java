package io.chaosrunner.run;

import static java.util.Objects.requireNonNull;
import static java.util.stream.Collectors.joining;

import io.chaosrunner.cluster.Cluster;
import io.chaosrunner.cluster.ClusterException;
import io.chaosrunner.cluster.ClusterException.Kind;
import io.chaosrunner.cluster.Resource;
import io.chaosrunner.crd.Engine;
import io.chaosrunner.crd.Experiment;
import io.chaosrunner.crd.Result;
import io.chaosrunner.job.ExecutionLabels;
import io.chaosrunner.job.JobFactory;
import io.chaosrunner.job.JobName;
import io.chaosrunner.job.Launch;
import io.chaosrunner.model.ExecutionId;
import io.chaosrunner.model.ExperimentSpec;
import io.chaosrunner.resolve.ExperimentResolver;
import io.chaosrunner.resolve.Flaw;
import io.chaosrunner.resolve.Resolution;
import io.chaosrunner.resolve.RunnerEnvironment;
import io.chaosrunner.status.EngineEvent;
import io.chaosrunner.status.StatusEntry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Turn launch commands into Jobs: resolve, check what they need, create each exactly once.
 *
 * <p>The engine is read before a batch of creations and after it: whoever asked to stop meanwhile
 * is heard, and what was just created goes again.
 */
final class Launcher {
    private static final int MOST_SALTS = 50;

    private final Cluster cluster;
    private final ExecutorService tasks;
    private final JobFactory jobs;
    private final RunnerEnvironment environment;
    private final Supplier<Engine> engine;
    private final Predicate<Engine> mayLaunch;
    private final EngineEvents events;
    private final Reaper reaper;
    private final Consumer<RunNotice> notices;
    private volatile boolean checksForbidden;
    private volatile boolean closed;
    private int batches;

    Launcher(
            Cluster cluster,
            ExecutorService tasks,
            JobFactory jobs,
            RunnerEnvironment environment,
            Supplier<Engine> engine,
            Predicate<Engine> mayLaunch,
            EngineEvents events,
            Reaper reaper,
            Consumer<RunNotice> notices) {
        this.cluster = cluster;
        this.tasks = tasks;
        this.jobs = jobs;
        this.environment = environment;
        this.engine = engine;
        this.mayLaunch = mayLaunch;
        this.events = events;
        this.reaper = reaper;
        this.notices = notices;
    }

    /** One launch that was decided. */
    record Order(Attempt attempt, ExecutionId id, String experiment, String why) {}

    /** Tell what became of an order. */
    sealed interface Outcome {
        /** There is a Job. */
        record Created(LiveJob job, boolean adopted) implements Outcome {}

        /** There is none, and trying again would not help. */
        record Impossible(StatusEntry entry, String why) implements Outcome {}

        /** There is none: launching has stopped. */
        record Withheld() implements Outcome {}
    }

    /** Create nothing from now on. */
    void close() {
        closed = true;
    }

    /** Wait until no batch is under way, for a bounded time. */
    void awaitLast(Duration longest) {
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
    List<Outcome> launch(List<Order> orders) {
        count(+1);
        try {
            return launchBatch(orders);
        } finally {
            count(-1);
        }
    }

    private List<Outcome> launchBatch(List<Order> orders) {
        List<Prepared> prepared = inParallel(orders, this::prepare);
        if (prepared.stream().noneMatch(p -> p.spec != null)) {
            return prepared.stream().map(Prepared::outcome).toList();
        }
        if (closed || !mayLaunch(live())) {
            return prepared.stream()
                    .map(p -> p.spec == null ? p.outcome() : new Outcome.Withheld())
                    .toList();
        }
        List<Outcome> outcomes =
                inParallel(prepared, p -> p.spec == null ? p.outcome() : create(p));
        if (mayLaunch(live())) {
            return outcomes;
        }
        var withdrawn = new ArrayList<Outcome>();
        for (int i = 0; i < outcomes.size(); i++) {
            if (outcomes.get(i) instanceof Outcome.Created) {
                reaper.remove(orders.get(i).id());
                withdrawn.add(new Outcome.Withheld());
            } else {
                withdrawn.add(outcomes.get(i));
            }
        }
        return withdrawn;
    }

    private record Prepared(
            Order order,
            @Nullable ExperimentSpec spec,
            String resultBefore,
            @Nullable Outcome failed) {
        Outcome outcome() {
            return failed == null ? new Outcome.Withheld() : failed;
        }
    }

    private Optional<Engine> live() {
        Engine known = engine.get();
        return cluster.get(Resource.ENGINES, known.namespace(), known.name()).map(Engine::new);
    }

    private boolean mayLaunch(Optional<Engine> live) {
        return live.isPresent() && mayLaunch.test(live.get());
    }

    /** A right that is missing is missing for every experiment; each entry says so. */
    private Prepared prepare(Order order) {
        try {
            return checked(order);
        } catch (ClusterException e) {
            if (e.kind() != Kind.FORBIDDEN) {
                throw e;
            }
            return forbidden(order, e);
        }
    }

    private Prepared forbidden(Order order, ClusterException e) {
        return refuse(
                order,
                EngineEvent.DEPENDENCY_CHECK,
                StatusEntry.failedToRun(order.experiment()),
                "the runner's account may not: " + e.getMessage());
    }

    private Prepared checked(Order order) {
        Engine read = engine.get();
        Optional<ObjectNode> found =
                order.experiment().isEmpty()
                        ? Optional.empty()
                        : cluster.get(Resource.EXPERIMENTS, read.namespace(), order.experiment());
        OptionalInt listed = listed(read, order);
        if (listed.isEmpty() && found.isPresent()) {
            return refuse(
                    order,
                    EngineEvent.DEPENDENCY_CHECK,
                    StatusEntry.failedToRun(order.experiment()),
                    "the list of ChaosEngine %s was edited: it does not say which entry of %s is meant"
                            .formatted(read.ref(), order.experiment()));
        }
        if (found.isEmpty()) {
            return refuse(
                    order,
                    EngineEvent.NOT_FOUND,
                    StatusEntry.notFound(order.experiment()),
                    "ChaosExperiment %s/%s not found; install it, or remove it from ChaosEngine %s"
                            .formatted(read.namespace(), order.experiment(), read.name()));
        }
        Resolution resolution =
                ExperimentResolver.resolve(
                        read, listed.getAsInt(), new Experiment(found.get()), environment);
        return switch (resolution) {
            case Resolution.NotFound(String message) ->
                    refuse(
                            order,
                            EngineEvent.NOT_FOUND,
                            StatusEntry.notFound(order.experiment()),
                            message);
            case Resolution.Invalid(String reason, List<Flaw> problems) ->
                    refuse(
                            order,
                            reason,
                            StatusEntry.failedToRun(order.experiment()),
                            problems.stream().map(Flaw::toString).collect(joining("; ")));
            case Resolution.Resolved(ExperimentSpec spec, List<Flaw> warnings) -> {
                warnings.forEach(
                        warning -> notices.accept(new RunNotice.Warning(warning.toString())));
                List<String> missing = missing(spec);
                if (!missing.isEmpty()) {
                    yield refuse(
                            order,
                            EngineEvent.DEPENDENCY_CHECK,
                            StatusEntry.failedToRun(order.experiment()),
                            String.join("; ", missing));
                }
                events.emit(
                        new EngineEvent(
                                EngineEvent.DEPENDENCY_CHECK,
                                false,
                                order.experiment(),
                                "Experiment resources validated for Chaos Experiment: "
                                        + order.experiment()));
                yield new Prepared(order, spec, resultVersion(spec), null);
            }
        };
    }

    /**
     * Find the order's entry; a list edited meanwhile is followed only where that is unambiguous.
     */
    private static OptionalInt listed(Engine engine, Order order) {
        List<String> names = engine.experiments().stream().map(e -> e.name()).toList();
        int slot = order.attempt().slot();
        if (slot < names.size() && names.get(slot).equals(order.experiment())) {
            return OptionalInt.of(slot);
        }
        int first = names.indexOf(order.experiment());
        return first >= 0 && first == names.lastIndexOf(order.experiment())
                ? OptionalInt.of(first)
                : OptionalInt.empty();
    }

    private Prepared refuse(Order order, String reason, StatusEntry entry, String why) {
        events.emit(
                new EngineEvent(
                        reason,
                        true,
                        order.experiment(),
                        "Experiment Job creation failed, skipping Chaos Experiment: %s (%s)"
                                .formatted(order.experiment(), why)));
        return new Prepared(order, null, "", new Outcome.Impossible(entry, why));
    }

    private List<String> missing(ExperimentSpec spec) {
        var missing = new ArrayList<String>();
        for (String name : spec.configMaps()) {
            check(Resource.CONFIG_MAPS, "ConfigMap", name, spec).ifPresent(missing::add);
        }
        for (String name : spec.secrets()) {
            check(Resource.SECRETS, "Secret", name, spec).ifPresent(missing::add);
        }
        return missing;
    }

    private Optional<String> check(
            Resource resource, String kind, String name, ExperimentSpec spec) {
        String namespace = spec.engine().namespace();
        try {
            return cluster.get(resource, namespace, name).isPresent()
                    ? Optional.empty()
                    : Optional.of(
                            "%s %s/%s not found, needed by experiment %s; create it or do not mount it"
                                    .formatted(kind, namespace, name, spec.experiment()));
        } catch (ClusterException e) {
            if (e.kind() != Kind.FORBIDDEN) {
                throw e;
            }
            if (!checksForbidden) {
                checksForbidden = true;
                notices.accept(
                        new RunNotice.Warning(
                                "%s %s is not checked: %s; the kubelet will tell if it is missing"
                                        .formatted(kind, name, e.getMessage())));
            }
            return Optional.empty();
        }
    }

    private String resultVersion(ExperimentSpec spec) {
        try {
            return cluster.get(Resource.RESULTS, spec.engine().namespace(), spec.resultName())
                    .map(json -> new Result(json).version())
                    .orElse("");
        } catch (ClusterException e) {
            if (e.kind() == Kind.FORBIDDEN || e.kind() == Kind.NOT_FOUND) {
                return "";
            }
            throw e;
        }
    }

    private Outcome create(Prepared prepared) {
        Order order = prepared.order();
        ExperimentSpec spec = requireNonNull(prepared.spec());
        Launch launch =
                new Launch(
                        order.attempt().start(),
                        order.attempt().ordinal(),
                        order.why(),
                        prepared.resultBefore());
        String namespace = spec.engine().namespace();
        for (int salt = 0; salt < MOST_SALTS; salt++) {
            ObjectNode job = jobs.job(spec, order.id(), launch, salt);
            if (closed) {
                return new Outcome.Withheld();
            }
            try {
                ObjectNode created = cluster.create(Resource.JOBS, namespace, job);
                return created(order, LiveJob.ofJob(created), false);
            } catch (ClusterException e) {
                switch (e.kind()) {
                    case ALREADY_EXISTS -> {
                        Optional<LiveJob> ours = adopt(order, spec, job, salt);
                        if (ours.isPresent()) {
                            return created(order, ours.get(), true);
                        }
                    }
                    case INVALID, CONFLICT, NOT_FOUND -> {
                        return refuse(
                                        order,
                                        EngineEvent.DEPENDENCY_CHECK,
                                        StatusEntry.failedToRun(order.experiment()),
                                        "the API server refused the Job: " + e.getMessage())
                                .outcome();
                    }
                    case FORBIDDEN -> {
                        return forbidden(order, e).outcome();
                    }
                    default -> throw e;
                }
            }
        }
        throw new ClusterException(
                Kind.ALREADY_EXISTS,
                "all %d names for a Job of %s are taken in namespace %s"
                        .formatted(MOST_SALTS, order.experiment(), namespace));
    }

    /** Take a Job of the wanted name that exists already, if it is of this very execution. */
    private Optional<LiveJob> adopt(Order order, ExperimentSpec spec, ObjectNode wanted, int salt) {
        String namespace = spec.engine().namespace();
        String name = JobName.of(spec, order.id(), salt);
        Optional<ObjectNode> found;
        try {
            found = cluster.get(Resource.JOBS, namespace, name);
        } catch (ClusterException e) {
            if (e.kind() != Kind.FORBIDDEN) {
                throw e;
            }
            // The name is hashed from the identity, so this is ours as far as can be known.
            return Optional.of(LiveJob.ofJob(wanted));
        }
        if (found.isEmpty()) {
            return Optional.empty();
        }
        JsonNode job = found.get();
        boolean ours =
                ExecutionLabels.read(job).filter(order.id()::equals).isPresent()
                        && ownedBy(job, order.id().engineUid());
        boolean deleting = job.path("metadata").path("deletionTimestamp").isString();
        // One of ours that is going: somebody deleted it, so this execution gets the next name.
        return ours && !deleting ? Optional.of(LiveJob.ofJob(job)) : Optional.empty();
    }

    private static boolean ownedBy(JsonNode job, String engineUid) {
        for (JsonNode owner : job.path("metadata").path("ownerReferences")) {
            if (owner.path("uid").asString("").equals(engineUid)) {
                return true;
            }
        }
        return false;
    }

    private Outcome created(Order order, LiveJob job, boolean adopted) {
        events.emit(
                new EngineEvent(
                        EngineEvent.JOB_CREATE,
                        false,
                        order.experiment(),
                        "Experiment Job %s for Chaos Experiment: %s"
                                .formatted(job.name(), order.experiment())));
        return new Outcome.Created(job, adopted);
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
        for (Future<B> future : futures) {
            try {
                results.add(future.get());
            } catch (ExecutionException e) {
                if (e.getCause() instanceof RuntimeException cause) {
                    throw cause;
                }
                throw new IllegalStateException(e.getCause());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new ClusterException(Kind.UNREACHABLE, "interrupted");
            }
        }
        return results;
    }
}
