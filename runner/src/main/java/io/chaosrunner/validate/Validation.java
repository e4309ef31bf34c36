package io.chaosrunner.validate;

import io.chaosrunner.crd.Engine;
import io.chaosrunner.crd.EngineExperiment;
import io.chaosrunner.plugin.StrategyCatalogue;
import io.chaosrunner.validate.Finding.Severity;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Tell what is wrong with some manifests.
 *
 * @param findings by file in the order given, and by line
 * @param objects the ChaosEngines and ChaosExperiments that were checked
 */
public record Validation(List<Finding> findings, List<String> objects) {
    private static final String LITMUS = "litmuschaos.io/v1alpha1";
    private static final String GROUP = "litmuschaos.io/";
    private static final List<String> KINDS =
            List.of("ChaosEngine", "ChaosExperiment", "ChaosResult", "ChaosSchedule");

    public Validation {
        findings = List.copyOf(findings);
        objects = List.copyOf(objects);
    }

    /** A file's name, as findings give it, and its text. */
    public record Text(String file, String yaml) {}

    /**
     * Check ChaosEngines and ChaosExperiments, and how they fit together; other objects are passed
     * over.
     *
     * @param annotations checks of further annotations of engines, by key
     */
    public static Validation of(
            List<Text> texts,
            StrategyCatalogue strategies,
            Map<String, AnnotationCheck> annotations) {
        var findings = new ArrayList<Finding>();
        var engines = new ArrayList<Document>();
        var experiments = new ArrayList<Document>();
        var first = new HashMap<String, Document>();
        for (Text text : texts) {
            for (Document document : Document.read(text.file(), text.yaml(), findings)) {
                if (!isKnown(document)) {
                    continue;
                }
                Document before = first.putIfAbsent(document.toString(), document);
                if (before != null) {
                    document.error(
                            "metadata.name",
                            ": %s is in %s:%d already; keep one of them"
                                    .formatted(document, before.file(), before.line()));
                }
                (document.kind().equals("ChaosEngine") ? engines : experiments).add(document);
            }
        }
        Set<String> listed =
                engines.stream()
                        .flatMap(engine -> new Engine(engine.json()).experiments().stream())
                        .map(EngineExperiment::name)
                        .collect(Collectors.toSet());
        experiments.forEach(experiment ->
                ExperimentCheck.check(experiment, listed.contains(experiment.name())));
        engines.forEach(
                engine -> new EngineCheck(engine).check(experiments, strategies, annotations));
        List<String> files = texts.stream().map(Text::file).toList();
        findings.sort(
                Comparator.comparingInt((Finding finding) -> files.indexOf(finding.file()))
                        .thenComparingInt(Finding::line));
        var objects = new ArrayList<String>();
        engines.forEach(engine -> objects.add(engine.toString()));
        experiments.forEach(experiment -> objects.add(experiment.toString()));
        return new Validation(findings, objects);
    }

    /** Return how many findings are that bad. */
    public long count(Severity severity) {
        return findings.stream().filter(finding -> finding.severity() == severity).count();
    }

    private static boolean isKnown(Document document) {
        if (!document.isObject()) {
            document.error("", "is no Kubernetes object; expected apiVersion, kind and metadata");
            return false;
        }
        for (String field : List.of("apiVersion", "kind")) {
            if (document.json().path(field).asString("").isEmpty()) {
                document.error(field, " is missing; a Kubernetes object has apiVersion and kind");
                return false;
            }
        }
        boolean ours =
                document.kind().equals("ChaosEngine") || document.kind().equals("ChaosExperiment");
        if (document.apiVersion().startsWith(GROUP) && !KINDS.contains(document.kind())) {
            document.error(
                    "kind",
                    ": '%s' is none of %s%s"
                            .formatted(
                                    document.kind(),
                                    String.join(", ", KINDS),
                                    Document.meant(document.kind(), KINDS)));
        } else if (ours && !document.apiVersion().equals(LITMUS)) {
            document.error(
                    "apiVersion", ": '%s' should be %s".formatted(document.apiVersion(), LITMUS));
        }
        return ours;
    }
}
