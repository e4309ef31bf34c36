package io.chaosrunner.validate;

import io.chaosrunner.crd.Engine;
import io.chaosrunner.crd.Experiment;
import io.chaosrunner.crd.Schema;
import io.chaosrunner.resolve.ExperimentResolver;
import io.chaosrunner.resolve.Resolution;
import io.chaosrunner.resolve.RunnerEnvironment;
import io.chaosrunner.validate.Finding.Severity;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** The check of a ChaosExperiment for what resolving it for an engine does not look at. */
final class ExperimentCheck {
    private static final Schema SCHEMA =
            Schema.ofCrd(
                    "chaosexperiments",
                    Map.of(
                            "spec.definition",
                            Set.of(
                                    "args",
                                    "command",
                                    "configMaps",
                                    "env",
                                    "experimentAnnotations",
                                    "hostFileVolumes",
                                    "hostPID",
                                    "image",
                                    "imagePullPolicy",
                                    "labels",
                                    "permissions",
                                    "scope",
                                    "secrets",
                                    "securityContext"),
                            "spec.definition.securityContext",
                            Set.of("containerSecurityContext", "podSecurityContext")));

    /** Lists one experiment and changes nothing in it. */
    private static final String PLAIN_ENGINE =
            """
            {"metadata": {"name": "plain"}, "spec": {"chaosServiceAccount": "plain"}}
            """;

    private ExperimentCheck() {}

    /**
     * Checks everything.
     *
     * @param listed whether an engine lists it, and has resolved it with what it adds
     */
    static void check(Document document, boolean listed) {
        SCHEMA.check(document.json(), document);
        if (!listed) {
            resolve(document);
        }
        var syntax = new Syntax(document);
        syntax.metadata();
        JsonNode definition = document.json().path("spec").path("definition");
        String path = "spec.definition";
        if (!definition.isObject()) {
            if (!document.hasError("spec") && !document.hasError(path)) {
                document.error(path, " is missing; it says which container to run");
            }
            return;
        }
        syntax.env(definition.path("env"), path + ".env");
        syntax.labels(definition.path("labels"), path + ".labels");
        syntax.pullPolicy(definition.path("imagePullPolicy"), path + ".imagePullPolicy");
        var taken = new HashMap<String, String>();
        syntax.mounts(definition.path("configMaps"), path + ".configMaps", taken);
        syntax.mounts(definition.path("secrets"), path + ".secrets", taken);
        syntax.places(definition.path("hostFileVolumes"), path + ".hostFileVolumes", taken);
        if (definition.path("labels").isEmpty()) {
            document.warning(
                    path + ".labels",
                    " is empty; Litmus' own runner crashes on that, ours does not");
        }
        if (definition.has("experimentAnnotations")) {
            document.warning(
                    path + ".experimentAnnotations",
                    " has no effect; set experimentAnnotations in the engine's components");
        }
        for (int i = 0; i < definition.path("hostFileVolumes").size(); i++) {
            if (definition.path("hostFileVolumes").path(i).has("type")) {
                document.warning(
                        path + ".hostFileVolumes[" + i + "].type",
                        " is dropped by Litmus' own CRD, and the path must be a file then; it is"
                                + " kept where deploy/crds is installed");
            }
        }
    }

    private static void resolve(Document document) {
        var plain = (ObjectNode) JsonMapper.shared().readTree(PLAIN_ENGINE);
        plain.withArray("/spec/experiments").addObject().put("name", document.name());
        var engine = new Engine(plain);
        Resolution resolution =
                ExperimentResolver.resolve(
                        engine, 0, new Experiment(document.json()), RunnerEnvironment.of(engine));
        if (resolution instanceof Resolution.Invalid invalid) {
            invalid.problems().forEach(problem -> document.add(Severity.ERROR, problem));
        }
    }
}
