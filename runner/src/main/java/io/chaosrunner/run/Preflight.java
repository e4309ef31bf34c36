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
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What an engine names and the cluster does not have, before anything is injected: an experiment
 * that is missing is found when its turn comes, after others have done their harm.
 */
public final class Preflight {
    /** Variable by which Litmus' experiments know the account of the pods that they launch. */
    private static final String HELPERS_ACCOUNT = "CHAOS_SERVICE_ACCOUNT";

    private static final RunId TRIAL = new RunId(1, "trial");

    /** Stands for the uid of an engine that is not stored. */
    private static final String NO_UID = "00000000-0000-0000-0000-000000000000";

    private final Cluster cluster;
    private final Coming coming;
    private final Set<String> problems = new LinkedHashSet<>();
    private final Set<String> accounts = new LinkedHashSet<>();
    private final Set<String> helperAccounts = new LinkedHashSet<>();
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
     * @param helperAccounts other service accounts that are missing, which experiments give to the
     *     pods that carry their faults
     * @param unchecked what the account may not look for
     * @param refused for each experiment that the account may not read, why
     * @param jobs the Jobs of the first attempt of every entry that can be launched
     */
    public record Found(
            List<String> problems,
            List<String> accounts,
            List<String> helperAccounts,
            List<String> unchecked,
            List<ClusterException> refused,
            List<ObjectNode> jobs) {
        public Found {
            problems = List.copyOf(problems);
            accounts = List.copyOf(accounts);
            helperAccounts = List.copyOf(helperAccounts);
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
                List.copyOf(preflight.helperAccounts),
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
                var by = new User(engine.namespace(), name);
                spec.configMaps().forEach(each -> by.needs(Resource.CONFIG_MAPS, each, problems));
                spec.secrets().forEach(each -> by.needs(Resource.SECRETS, each, problems));
                variables(spec, by);
                accounts(spec, by);
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

    /** Look for what variables take their values from: without it no container starts. */
    private void variables(ExperimentSpec spec, User by) {
        var variables = new ArrayList<JsonNode>(spec.container().env());
        var imports = new ArrayList<JsonNode>();
        spec.sidecars().forEach(each -> variables.addAll(each.env()));
        spec.sidecars().forEach(each -> imports.addAll(each.envFrom()));
        for (JsonNode variable : variables) {
            JsonNode from = variable.path("valueFrom");
            by.needs(Resource.CONFIG_MAPS, from.path("configMapKeyRef"));
            by.needs(Resource.SECRETS, from.path("secretKeyRef"));
        }
        for (JsonNode each : imports) {
            by.needs(Resource.CONFIG_MAPS, each.path("configMapRef"));
            by.needs(Resource.SECRETS, each.path("secretRef"));
        }
    }

    private void accounts(ExperimentSpec spec, User by) {
        String account = spec.pod().serviceAccount();
        if (accountsSought.add(account)) {
            by.needs(Resource.SERVICE_ACCOUNTS, account, accounts);
        }
        spec.container().env().stream()
                .filter(each -> each.path("name").asString("").equals(HELPERS_ACCOUNT))
                .map(each -> each.path("value").asString(""))
                .filter(helpers -> !helpers.isEmpty() && !helpers.equals(account))
                .forEach(helpers -> by.needs(Resource.SERVICE_ACCOUNTS, helpers, helperAccounts));
    }

    /** An experiment of a namespace that needs other objects. */
    private final class User {
        private final String namespace;
        private final String experiment;

        private User(String namespace, String experiment) {
            this.namespace = namespace;
            this.experiment = experiment;
        }

        /** Look for what a reference names, unless it may be missing. */
        private void needs(Resource resource, JsonNode reference) {
            String name = reference.path("name").asString("");
            if (!name.isEmpty() && !reference.path("optional").asBoolean(false)) {
                needs(resource, name, problems);
            }
        }

        private void needs(Resource resource, String name, Set<String> missing) {
            String what = "%s %s/%s".formatted(resource.kind(), namespace, name);
            try {
                if (find(resource, namespace, name).isEmpty()) {
                    missing.add("%s does not exist, and %s needs it".formatted(what, experiment));
                }
            } catch (ClusterException e) {
                if (e.kind() != Kind.FORBIDDEN) {
                    throw e;
                }
                unchecked.add(
                        "whether %s exists is not checked: %s".formatted(what, e.getMessage()));
            }
        }
    }

    private Optional<ObjectNode> find(Resource resource, String namespace, String name) {
        Optional<ObjectNode> soon = coming.find(resource, namespace, name);
        return soon.isPresent() ? soon : cluster.get(resource, namespace, name);
    }
}
