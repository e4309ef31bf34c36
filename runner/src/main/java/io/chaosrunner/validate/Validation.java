package io.chaosrunner.validate;

import io.chaosrunner.config.KubernetesYaml;
import io.chaosrunner.config.ManifestItem;
import io.chaosrunner.crd.Engine;
import io.chaosrunner.crd.EngineExperiment;
import io.chaosrunner.holidays.HolidayReader;
import io.chaosrunner.plugin.StrategyCatalogue;
import io.chaosrunner.schedule.ScheduleSpec;
import io.chaosrunner.strategy.InvalidParameters;
import io.chaosrunner.validate.Finding.Severity;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import tools.jackson.databind.node.ObjectNode;

/**
 * What is wrong with some manifests.
 *
 * @param findings by file in the order given, and by line
 * @param objects the ChaosEngines, ChaosExperiments and ChaosSchedules that were checked
 * @param passedOver what was read and not checked, and how often there was something of the sort
 */
public record Validation(
        List<Finding> findings, List<String> objects, Map<String, Integer> passedOver) {
    private static final String LITMUS = "litmuschaos.io/v1alpha1";
    private static final String GROUP = "litmuschaos.io/";
    private static final List<String> KINDS =
            List.of("ChaosEngine", "ChaosExperiment", "ChaosResult", "ChaosSchedule");

    private static final Set<String> CHECKED =
            Set.of("ChaosEngine", "ChaosExperiment", "ChaosSchedule");

    public Validation {
        findings = List.copyOf(findings);
        objects = List.copyOf(objects);
        passedOver = Collections.unmodifiableMap(new TreeMap<>(passedOver));
    }

    /**
     * Return each field of an engine that the API server stores and Litmus knows nothing of, with
     * what was meant, if that is plain.
     */
    public static List<String> unknownFields(ObjectNode engine) {
        return EngineCheck.unknownFields(engine);
    }

    /** Return how many findings are that bad. */
    public long count(Severity severity) {
        return findings.stream().filter(finding -> finding.severity() == severity).count();
    }

    /**
     * Collect documents, keeping those that are to be checked; other objects are passed over.
     *
     * <p>Not safe for use by several threads.
     */
    public static final class Collection {
        private final List<String> files = new ArrayList<>();
        private final List<Finding> findings = new ArrayList<>();
        private final List<Document> engines = new ArrayList<>();
        private final List<Document> experiments = new ArrayList<>();
        private final List<Document> schedules = new ArrayList<>();
        private final List<Document> configMaps = new ArrayList<>();
        private final Map<String, Document> first = new HashMap<>();
        private final Map<String, Integer> passedOver = new HashMap<>();

        /**
         * Take one document.
         *
         * @param file its name, as findings give it
         * @param found whether the file was found in a folder: then what a tool reads, such as a
         *     kustomization, is passed over; a file that was named must hold objects
         */
        public void add(String file, boolean found, KubernetesYaml.Document document) {
            add(file, found, false, document);
        }

        /**
         * Take an object as the cluster holds it: what runs, operator and API server wrote there is
         * in its place.
         *
         * @param place what findings call it
         */
        public void addStored(String place, KubernetesYaml.Document document) {
            add(place, false, true, document);
        }

        private void add(
                String file, boolean found, boolean stored, KubernetesYaml.Document document) {
            if (!files.contains(file)) {
                files.add(file);
            }
            switch (document) {
                case KubernetesYaml.Document.Unreadable(int line, String why, boolean template) -> {
                    if (found && template) {
                        passOver("template");
                    } else {
                        findings.add(new Finding(Severity.ERROR, file, line, "", "", why));
                    }
                }
                case KubernetesYaml.Document.Read read -> {
                    for (ManifestItem item : ManifestItem.of(read.json())) {
                        if (found && item.input().isPresent()) {
                            passOver(item.input().get());
                        } else {
                            add(Document.of(file, stored, read.lines(), item, findings));
                        }
                    }
                }
            }
        }

        /** Note that something was left out, and what it is. */
        public void passOver(String what) {
            passedOver.merge(what, 1, Integer::sum);
        }

        private void add(Document document) {
            if (!isKnown(document)) {
                return;
            }
            Document before =
                    document.isNamed() ? first.putIfAbsent(document.toString(), document) : null;
            if (before != null) {
                document.error(
                        "metadata.name",
                        ": %s is in %s:%d already; keep one of them"
                                .formatted(document, before.file(), before.line()));
            }
            switch (document.kind()) {
                case "ChaosEngine" -> engines.add(document);
                case "ChaosSchedule" -> schedules.add(document);
                default -> experiments.add(document);
            }
        }

        private boolean isKnown(Document document) {
            if (!document.isObject()) {
                document.error(
                        "", "is no Kubernetes object; expected apiVersion, kind and metadata");
                return false;
            }
            for (String field : List.of("apiVersion", "kind")) {
                if (document.json().path(field).asString("").isEmpty()) {
                    document.error(
                            field, " is missing; a Kubernetes object has apiVersion and kind");
                    return false;
                }
            }
            boolean ours = CHECKED.contains(document.kind());
            String meant = Document.meant(document.kind(), KINDS);
            if (document.apiVersion().startsWith(GROUP)
                    && !KINDS.contains(document.kind())
                    && !meant.isEmpty()) {
                document.error(
                        "kind",
                        ": '%s' is none of %s%s"
                                .formatted(document.kind(), String.join(", ", KINDS), meant));
            } else if (ours && !document.apiVersion().equals(LITMUS)) {
                document.error(
                        "apiVersion",
                        ": '%s' should be %s".formatted(document.apiVersion(), LITMUS));
            } else if (!ours) {
                passOver(document.kind());
                if (document.kind().equals("ConfigMap")) {
                    configMaps.add(document);
                }
            }
            return ours;
        }

        /**
         * Check ChaosEngines, ChaosExperiments and ChaosSchedules, and how they fit together.
         *
         * @param annotations checks of further annotations of engines, by key
         * @param now when schedules are taken to be created
         */
        public Validation validate(
                StrategyCatalogue strategies,
                Map<String, AnnotationCheck> annotations,
                Instant now) {
            Set<String> listed =
                    Stream.concat(engines.stream(), schedules.stream().map(Document::engine))
                            .flatMap(engine -> new Engine(engine.json()).experiments().stream())
                            .map(EngineExperiment::name)
                            .collect(Collectors.toSet());
            experiments.forEach(experiment ->
                    ExperimentCheck.check(experiment, listed.contains(experiment.name())));
            engines.forEach(
                    engine -> new EngineCheck(engine).check(experiments, strategies, annotations));
            schedules.forEach(schedule ->
                    ScheduleCheck.check(schedule, experiments, strategies, annotations, now));
            Set<String> lists =
                    Stream.concat(engines.stream(), schedules.stream())
                            .flatMap(holder -> lists(holder, now).stream())
                            .collect(Collectors.toSet());
            configMaps.stream()
                    .filter(each -> lists.contains(each.name()))
                    .forEach(Collection::checkHolidays);
            findings.sort(
                    Comparator.comparingInt((Finding finding) -> files.indexOf(finding.file()))
                            .thenComparingInt(Finding::line));
            var objects = new ArrayList<String>();
            engines.forEach(engine -> objects.add(engine.toString()));
            experiments.forEach(experiment -> objects.add(experiment.toString()));
            schedules.forEach(schedule -> objects.add(schedule.toString()));
            return new Validation(findings, objects, passedOver);
        }

        /** Return the names of the lists of holidays that a schedule names. */
        private static Set<String> lists(Document holder, Instant now) {
            try {
                return holder.kind().equals("ChaosSchedule")
                        ? ScheduleSpec.of(holder.json(), Map.of(), now).lists()
                        : ScheduleSpec.of(
                                        new Engine(holder.json())
                                                .annotation(ScheduleSpec.ANNOTATION),
                                        Map.of(),
                                        now)
                                .map(ScheduleSpec::lists)
                                .orElse(Set.of());
            } catch (InvalidParameters e) {
                // Each problem is a finding of its own.
                return Set.of();
            }
        }

        /** A list that is damaged lets nothing start. */
        private static void checkHolidays(Document list) {
            try {
                HolidayReader.read(list.json());
            } catch (HolidayReader.Unusable e) {
                list.error("data", ": %s, and a schedule names it".formatted(e.getMessage()));
            }
        }
    }
}
