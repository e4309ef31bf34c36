package io.chaosrunner.attempt;

import static java.util.stream.Collectors.joining;

import io.chaosrunner.attempt.Launcher.Order;
import io.chaosrunner.attempt.Launcher.Outcome;
import io.chaosrunner.cluster.Cluster;
import io.chaosrunner.cluster.ClusterException;
import io.chaosrunner.cluster.ClusterException.Kind;
import io.chaosrunner.cluster.Resource;
import io.chaosrunner.config.Allowed;
import io.chaosrunner.crd.Engine;
import io.chaosrunner.crd.Experiment;
import io.chaosrunner.crd.Result;
import io.chaosrunner.engine.EventWriter;
import io.chaosrunner.job.ExecutionLabels;
import io.chaosrunner.job.JobName;
import io.chaosrunner.model.EngineRef;
import io.chaosrunner.model.ExperimentSpec;
import io.chaosrunner.resolve.ExperimentResolver;
import io.chaosrunner.resolve.FieldProblem;
import io.chaosrunner.resolve.Resolution;
import io.chaosrunner.resolve.RunnerEnvironment;
import io.chaosrunner.status.EngineEvent;
import io.chaosrunner.status.RunNotice;
import io.chaosrunner.status.StatusEntry;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What is found out before a launch: the resolved experiment, what it mounts, and traces of an
 * earlier launch.
 */
public final class LaunchPreparation {
    private final Cluster cluster;
    private final RunnerEnvironment environment;
    private final Allowed allowed;
    private final Supplier<Engine> engine;
    private final EventWriter events;
    private final Consumer<RunNotice> notices;
    private final NamedObjects experiments;
    private final NamedObjects results;
    private volatile boolean checksForbidden;

    public LaunchPreparation(
            Cluster cluster,
            RunnerEnvironment environment,
            Allowed allowed,
            Supplier<Engine> engine,
            EventWriter events,
            Consumer<RunNotice> notices) {
        this.cluster = cluster;
        this.environment = environment;
        this.allowed = allowed;
        this.engine = engine;
        this.events = events;
        this.notices = notices;
        EngineRef ref = engine.get().ref();
        experiments =
                new NamedObjects(
                        cluster,
                        Resource.EXPERIMENTS,
                        ref.namespace(),
                        name ->
                                engine.get().experiments().stream()
                                        .anyMatch(e -> e.name().equals(name)),
                        System::nanoTime);
        results =
                new NamedObjects(
                        cluster,
                        Resource.RESULTS,
                        ref.namespace(),
                        name -> ExperimentSpec.Entry.mayBeResultOf(ref, name),
                        System::nanoTime);
    }

    /** Prepare for a batch: what several orders need is read at once. */
    void expect(List<Order> orders) {
        experiments.expect((int) orders.stream().map(Order::experiment).distinct().count());
        results.expect((int) orders.stream().filter(LaunchPreparation::isFirst).count());
    }

    /** Tell whether no execution of this run has written to the order's result. */
    private static boolean isFirst(Order order) {
        return order.attempt().iteration() == 1 && order.attempt().attempt() == 1;
    }

    /**
     * An order that was checked.
     *
     * @param spec absent if it failed
     * @param ran whether something proves that it was launched before
     */
    record Prepared(
            Order order,
            @Nullable ExperimentSpec spec,
            String resultBefore,
            boolean ran,
            @Nullable Outcome failed) {
        /** Return what becomes of it unless it is created. */
        Outcome outcome() {
            return failed == null ? new Outcome.Withheld() : failed;
        }
    }

    /** A right that is missing is missing for every experiment; each entry says so. */
    Prepared prepare(Order order) {
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
                        : experiments.get(order.experiment());
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
            case Resolution.Invalid(String reason, List<FieldProblem> problems) ->
                    refuse(
                            order,
                            reason,
                            StatusEntry.failedToRun(order.experiment()),
                            problems.stream().map(FieldProblem::toString).collect(joining("; ")));
            case Resolution.Resolved(ExperimentSpec spec, List<FieldProblem> warnings) -> {
                warnings.forEach(
                        warning -> notices.accept(new RunNotice.Warning(warning.toString())));
                // What is not allowed is not asked for either: whether a Secret exists is a secret.
                List<String> against = allowed.against(spec);
                List<String> obstacles = against.isEmpty() ? missing(spec) : against;
                if (!obstacles.isEmpty()) {
                    yield refuse(
                            order,
                            EngineEvent.DEPENDENCY_CHECK,
                            StatusEntry.failedToRun(order.experiment()),
                            String.join("; ", obstacles));
                }
                Optional<Result> result = result(order, spec);
                yield new Prepared(
                        order,
                        spec,
                        result.map(Result::version).orElse(""),
                        ran(order, read, result),
                        null);
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

    Prepared refuse(Order order, String reason, StatusEntry entry, String why) {
        events.emit(
                new EngineEvent(
                        reason,
                        true,
                        order.experiment(),
                        "Experiment Job creation failed, skipping Chaos Experiment: %s (%s)"
                                .formatted(order.experiment(), why)));
        return new Prepared(order, null, "", false, new Outcome.Impossible(entry, why));
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

    private Optional<Result> result(Order order, ExperimentSpec spec) {
        try {
            return (isFirst(order)
                            ? results.getEarlier(spec.resultName())
                            : cluster.get(
                                    Resource.RESULTS, spec.engine().namespace(), spec.resultName()))
                    .map(Result::new);
        } catch (ClusterException e) {
            if (e.kind() == Kind.FORBIDDEN || e.kind() == Kind.NOT_FOUND) {
                return Optional.empty();
            }
            throw e;
        }
    }

    /**
     * Tell whether an execution left a trace, although no Job of it was found: an experiment marks
     * its result before it injects anything, and an earlier process may have seen its pod run.
     */
    private static boolean ran(Order order, Engine engine, Optional<Result> result) {
        List<JsonNode> entries = engine.statusEntries();
        int slot = order.attempt().slot();
        String pod = slot < entries.size() ? StatusEntry.read(entries.get(slot)).pod() : "";
        return JobName.isOfPod(pod, order.id())
                || result.flatMap(r -> ExecutionLabels.read(r.json()))
                        .filter(order.id()::equals)
                        .isPresent();
    }
}
