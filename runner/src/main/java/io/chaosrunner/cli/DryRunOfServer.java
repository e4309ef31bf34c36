package io.chaosrunner.cli;

import io.chaosrunner.cluster.AnyObjects;
import io.chaosrunner.cluster.ClusterException;
import io.chaosrunner.cluster.ClusterException.Kind;
import io.chaosrunner.cluster.Fabric8Cluster;
import io.chaosrunner.cluster.Resource;
import io.chaosrunner.config.ExecutionSettings;
import io.chaosrunner.control.EngineLaunch;
import io.chaosrunner.control.EngineLaunch.Launch;
import io.chaosrunner.crd.Engine;
import io.chaosrunner.model.EngineRef;
import io.chaosrunner.plugin.StrategyCatalogue;
import io.chaosrunner.run.PlannedRun;
import io.chaosrunner.run.Preflight;
import io.chaosrunner.run.RunResult;
import io.chaosrunner.strategy.InvalidParameters.Problem;
import java.time.Clock;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * All that can stand against a run by the API server's word, with nothing stored: rights, what the
 * engine names, and admission of every object, Job and pod.
 */
final class DryRunOfServer {
    /** A right, and whether a run fails without it. */
    private record Right(String verb, Resource resource, boolean needed) {}

    private final Fabric8Cluster cluster;
    private final FileObjects files;
    private final Output.Shown shown;
    private final Overrides settings;
    private final Set<String> problems = new LinkedHashSet<>();
    private final ToldFields told = new ToldFields();

    DryRunOfServer(
            Fabric8Cluster cluster, FileObjects files, Output.Shown shown, Overrides settings) {
        this.cluster = cluster;
        this.files = files;
        this.shown = shown;
        this.settings = settings;
    }

    /** Ask, show the answers, and return the exit code: 0 if nothing stands against a run. */
    int call(
            EngineRef ref,
            Optional<EngineTarget> wanted,
            Launch launch,
            StrategyCatalogue strategies) {
        List<Engine> stored = new ArrayList<>();
        boolean isRead = read(ref, stored);
        Optional<EngineTarget> engine =
                wanted.or(() -> stored.stream().findFirst().map(EngineTarget::new));
        if (isRead && engine.isEmpty()) {
            problems.add(Namespaced.missing(cluster, ref));
            return end();
        }
        rights(
                ref.namespace(),
                wanted.isPresent() && stored.isEmpty(),
                !isRead || !stored.isEmpty(),
                wanted.isPresent(),
                launch);
        problems.addAll(files.tryOut(shown::say, told));
        engine.ifPresent(each -> named(each, stored.stream().findFirst(), strategies));
        return end();
    }

    /**
     * Read the engine as it is stored.
     *
     * @return whether that is allowed: one right that is missing is not all that there is to say
     */
    private boolean read(EngineRef ref, List<Engine> stored) {
        try {
            cluster.get(Resource.ENGINES, ref.namespace(), ref.name())
                    .map(Engine::new)
                    .ifPresent(stored::add);
            new EngineLaunch(cluster).refusal(ref, false).ifPresent(problems::add);
            return true;
        } catch (ClusterException e) {
            if (e.kind() != Kind.FORBIDDEN) {
                throw e;
            }
            return false;
        }
    }

    /**
     * Ask about every right that a run uses.
     *
     * @param creates whether the engine is to be created, as far as that is known
     * @param exists whether it may be there
     * @param changes whether there is a file that it may differ from
     */
    private void rights(
            String namespace, boolean creates, boolean exists, boolean changes, Launch launch) {
        boolean direct = launch == Launch.DIRECT;
        var rights = new ArrayList<Right>();
        rights.add(new Right("get", Resource.ENGINES, true));
        if (creates) {
            rights.add(new Right("create", Resource.ENGINES, true));
        }
        if (exists && (changes || !direct)) {
            rights.add(new Right("update", Resource.ENGINES, true));
        }
        if (direct) {
            rights.add(new Right("patch", Resource.ENGINES, true));
            rights.add(new Right("get", Resource.EXPERIMENTS, true));
            rights.add(new Right("create", Resource.JOBS, true));
            rights.add(new Right("list", Resource.PODS, true));
            rights.add(new Right("get", Resource.RESULTS, false));
            rights.add(new Right("delete", Resource.JOBS, false));
            rights.add(new Right("delete", Resource.PODS, false));
            rights.add(new Right("create", Resource.EVENTS, false));
        }
        for (Right right : rights) {
            if (!cluster.may(right.verb(), right.resource(), namespace)) {
                String what =
                        "this account may not %s %s in namespace %s; see docs/permissions.md"
                                .formatted(right.verb(), right.resource().plural(), namespace);
                if (right.needed()) {
                    problems.add(what);
                } else {
                    shown.say("Warning: " + what);
                }
            }
        }
    }

    private void named(EngineTarget meant, Optional<Engine> stored, StrategyCatalogue strategies) {
        Engine engine = meant.engine();
        meant.nothingListed().ifPresent(problems::add);
        ExecutionSettings execution =
                ExecutionSettings.of(
                        engine.spec(),
                        engine.annotation(ExecutionSettings.ANNOTATION),
                        settings.values());
        var wrong = new ArrayList<Problem>(execution.problems());
        List<String> names = engine.experiments().stream().map(each -> each.name()).toList();
        PlannedRun.of(strategies, execution, names, execution.seed().orElse(1L), wrong)
                .ifPresent(PlannedRun::close);
        wrong.forEach(problem ->
                problems.add(meant.sentence(ExecutionSettings.ANNOTATION, settings, problem)));
        Preflight.Found found =
                Preflight.of(
                        cluster,
                        this::coming,
                        withUid(engine, stored),
                        execution.strategy(),
                        Clock.systemUTC().instant());
        found.refused().forEach(each -> problems.add(String.valueOf(each.getMessage())));
        problems.addAll(found.problems());
        problems.addAll(found.helperAccounts());
        problems.addAll(found.accounts());
        found.unchecked().forEach(each -> shown.say("Warning: " + each));
        for (ObjectNode job : found.jobs()) {
            tryOut("Job", Resource.JOBS, job);
            // Without its account no pod is admitted, which is told; nothing else is asked then.
            if (found.accounts().isEmpty()) {
                tryOut("pod", Resource.PODS, pod(job));
            }
        }
    }

    private static Engine withUid(Engine engine, Optional<Engine> stored) {
        ObjectNode json = engine.json().deepCopy();
        stored.ifPresent(each -> json.withObject("metadata").put("uid", each.uid()));
        return new Engine(json);
    }

    private Optional<ObjectNode> coming(Resource resource, String namespace, String name) {
        return switch (resource) {
            case EXPERIMENTS -> files.find("ChaosExperiment", namespace, name);
            case CONFIG_MAPS -> files.find("ConfigMap", namespace, name);
            case SECRETS -> files.find("Secret", namespace, name);
            case SERVICE_ACCOUNTS -> files.find("ServiceAccount", namespace, name);
            default -> Optional.empty();
        };
    }

    /** Return the pod that the Job controller would make, which has admission of its own. */
    private static ObjectNode pod(ObjectNode job) {
        ObjectNode pod = JsonNodeFactory.instance.objectNode();
        pod.put("apiVersion", "v1").put("kind", "Pod");
        pod.setAll((ObjectNode) job.path("spec").path("template").deepCopy());
        return pod;
    }

    /** Ask about one object of a run; that a right is missing was told before. */
    private void tryOut(String what, Resource resource, ObjectNode object) {
        String experiment =
                object.path("metadata").path("labels").path("name").asString("an experiment");
        try {
            new AnyObjects(cluster).store(object, AnyObjects.Different.TRY);
        } catch (ClusterException e) {
            if (e.isTransient()) {
                throw e;
            }
            String namespace = object.path("metadata").path("namespace").asString("");
            boolean mayNot =
                    e.kind() == Kind.FORBIDDEN && !cluster.may("create", resource, namespace);
            boolean accountComes =
                    resource == Resource.PODS
                            && coming(
                                            Resource.SERVICE_ACCOUNTS,
                                            namespace,
                                            object.path("spec")
                                                    .path("serviceAccountName")
                                                    .asString(""))
                                    .isPresent();
            if (mayNot || accountComes) {
                shown.say(
                        "The %s of %s cannot be tried: %s"
                                .formatted(what, experiment, e.getMessage()));
            } else if (!told.cover(object, e.fields())) {
                told.add(object, e.fields());
                problems.add(
                        "the %s of %s would be refused: %s"
                                .formatted(what, experiment, e.getMessage()));
            }
        }
    }

    private int end() {
        problems.forEach(problem -> shown.fail(RunResult.NOTHING_LAUNCHED, problem));
        int exitCode = problems.isEmpty() ? ExitCode.OK : ExitCode.INVALID;
        if (problems.isEmpty()) {
            shown.say("Nothing stands against this run. Nothing was stored or launched.");
        }
        shown.summary(List.of(), exitCode);
        return exitCode;
    }
}
