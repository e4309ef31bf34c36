package io.chaosrunner.run;

import io.chaosrunner.cluster.Cluster;
import io.chaosrunner.cluster.ClusterException;
import io.chaosrunner.cluster.ClusterException.Kind;
import io.chaosrunner.cluster.Resource;
import io.chaosrunner.crd.Engine;
import io.chaosrunner.crd.Experiment;
import io.chaosrunner.job.JobFactory;
import io.chaosrunner.job.Launch;
import io.chaosrunner.model.ExecutionId;
import io.chaosrunner.model.ExperimentSpec;
import io.chaosrunner.model.RunId;
import io.chaosrunner.resolve.ExperimentResolver;
import io.chaosrunner.resolve.FieldProblem;
import io.chaosrunner.resolve.Resolution;
import io.chaosrunner.resolve.RunnerEnvironment;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import tools.jackson.databind.node.ObjectNode;

/**
 * What an engine names and the cluster does not have, before anything is injected: an experiment
 * that is missing is found when its turn comes, after others have done their harm.
 */
public final class Preflight {
    private static final RunId TRIAL = new RunId(1, "trial");

    /** Stands for the uid of an engine that is not stored. */
    private static final String NO_UID = "00000000-0000-0000-0000-000000000000";

    private final Cluster cluster;
    private final Coming coming;
    private final Set<String> problems = new LinkedHashSet<>();
    private final Set<String> accounts = new LinkedHashSet<>();
    private final Set<String> unchecked = new LinkedHashSet<>();
    private final List<ClusterException> refused = new ArrayList<>();
    private final Set<String> accountsSought = new HashSet<>();
    private final List<ObjectNode> jobs = new ArrayList<>();

    /** Knows objects that are not stored yet, and will be. */
    @FunctionalInterface
    public interface Coming {
        /** Nothing comes. */
        Coming NOTHING = (resource, namespace, name) -> Optional.empty();

        /** Find one. */
        Optional<ObjectNode> find(Resource resource, String namespace, String name);
    }

    /**
     * What was found.
     *
     * @param problems what is missing or cannot be launched, each once, in the engine's order
     * @param accounts service accounts that are missing: the API server takes Jobs without them,
     *     and makes no pods
     * @param unchecked what the account may not look for
     * @param refused for each experiment that the account may not read, why
     * @param jobs the Jobs of the first attempt of every entry that can be launched
     */
    public record Found(
            List<String> problems,
            List<String> accounts,
            List<String> unchecked,
            List<ClusterException> refused,
            List<ObjectNode> jobs) {
        public Found {
            problems = List.copyOf(problems);
            accounts = List.copyOf(accounts);
            unchecked = List.copyOf(unchecked);
            refused = List.copyOf(refused);
            jobs = List.copyOf(jobs);
        }
    }

    private Preflight(Cluster cluster, Coming coming) {
        this.cluster = cluster;
        this.coming = coming;
    }

    /**
     * Look for everything that an engine names. Stores nothing.
     *
     * @param coming what is known to come, and counts as there
     * @param strategy name of the strategy, for the Jobs' labels
     * @throws ClusterException if the API server cannot be asked
     */
    public static Found of(
            Cluster cluster, Coming coming, Engine engine, String strategy, Instant now) {
        var preflight = new Preflight(cluster, coming);
        for (int slot = 0; slot < engine.experiments().size(); slot++) {
            preflight.entry(engine, slot, strategy, now);
        }
        return new Found(
                List.copyOf(preflight.problems),
                List.copyOf(preflight.accounts),
                List.copyOf(preflight.unchecked),
                preflight.refused,
                preflight.jobs);
    }

    private void entry(Engine engine, int slot, String strategy, Instant now) {
        String name = engine.experiments().get(slot).name();
        if (name.isEmpty()) {
            problems.add("spec.experiments[%d].name is empty".formatted(slot));
            return;
        }
        Optional<ObjectNode> found;
        try {
            found = find(Resource.EXPERIMENTS, engine.namespace(), name);
        } catch (ClusterException e) {
            if (e.kind() != Kind.FORBIDDEN) {
                throw e;
            }
            refused.add(e);
            return;
        }
        if (found.isEmpty()) {
            problems.add(
                    "ChaosExperiment %s/%s does not exist".formatted(engine.namespace(), name));
            return;
        }
        switch (ExperimentResolver.resolve(
                engine, slot, new Experiment(found.get()), RunnerEnvironment.of(engine))) {
            case Resolution.NotFound(String message) -> problems.add(message);
            case Resolution.Invalid(String reason, List<FieldProblem> flaws) ->
                    flaws.forEach(flaw -> problems.add(flaw.toString()));
            case Resolution.Resolved(ExperimentSpec spec, List<FieldProblem> warnings) -> {
                String namespace = engine.namespace();
                spec.configMaps()
                        .forEach(each ->
                                need(
                                        Resource.CONFIG_MAPS,
                                        "ConfigMap",
                                        namespace,
                                        each,
                                        name,
                                        problems));
                spec.secrets()
                        .forEach(each ->
                                need(Resource.SECRETS, "Secret", namespace, each, name, problems));
                if (accountsSought.add(spec.pod().serviceAccount())) {
                    need(
                            Resource.SERVICE_ACCOUNTS,
                            "ServiceAccount",
                            namespace,
                            spec.pod().serviceAccount(),
                            name,
                            accounts);
                }
                String uid = engine.uid().isEmpty() ? NO_UID : engine.uid();
                jobs.add(
                        new JobFactory(TRIAL, strategy, null)
                                .job(
                                        spec,
                                        new ExecutionId(uid, TRIAL.id(), slot, 1, 1),
                                        new Launch(now, 0, "", ""),
                                        0));
            }
        }
    }

    private void need(
            Resource resource,
            String kind,
            String namespace,
            String name,
            String experiment,
            Set<String> missing) {
        String what = "%s %s/%s".formatted(kind, namespace, name);
        try {
            if (find(resource, namespace, name).isEmpty()) {
                missing.add("%s does not exist, and %s needs it".formatted(what, experiment));
            }
        } catch (ClusterException e) {
            if (e.kind() != Kind.FORBIDDEN) {
                throw e;
            }
            unchecked.add("whether %s exists is not checked: %s".formatted(what, e.getMessage()));
        }
    }

    private Optional<ObjectNode> find(Resource resource, String namespace, String name) {
        Optional<ObjectNode> soon = coming.find(resource, namespace, name);
        return soon.isPresent() ? soon : cluster.get(resource, namespace, name);
    }
}
