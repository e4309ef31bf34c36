package io.chaosrunner.cli;

import io.chaosrunner.cluster.ClusterException;
import io.chaosrunner.cluster.Fabric8Cluster;
import io.chaosrunner.cluster.Resource;
import io.chaosrunner.config.KubernetesYaml;
import io.chaosrunner.config.MonitoringSettings;
import io.chaosrunner.crd.Engine;
import io.chaosrunner.model.EngineRef;
import io.chaosrunner.schedule.ScheduleSpec;
import io.chaosrunner.strategy.InvalidParameters;
import io.chaosrunner.strategy.InvalidParameters.Problem;
import io.chaosrunner.validate.AnnotationCheck;
import io.chaosrunner.validate.Finding.Severity;
import io.chaosrunner.validate.Validation;
import io.chaosrunner.validate.ValidationReport;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;
import tools.jackson.databind.node.ObjectNode;

/** The command that says everything that is wrong with manifests, without a cluster. */
@Command(
        name = "validate",
        description = "Says everything that is wrong with manifests, without a cluster.",
        mixinStandardHelpOptions = true)
final class ValidateCommand implements Callable<Integer> {
    /** Annotations beside that of the execution settings, and who knows how to read them. */
    private static final Map<String, AnnotationCheck> ANNOTATIONS =
            Map.of(
                    ScheduleSpec.ANNOTATION,
                    (engine, text) -> problemsOfSchedule(text),
                    MonitoringSettings.ANNOTATION,
                    (engine, text) ->
                            MonitoringSettings.of(engine.spec(), Optional.of(text)).problems());

    @Spec private @Nullable CommandSpec spec;
    @ParentCommand private @Nullable ChaosRunner parent;

    @CommandLine.Parameters(
            arity = "0..1",
            paramLabel = "ENGINE",
            description =
                    "Name of a ChaosEngine that is in the cluster; its ChaosExperiments are read too.")
    private @Nullable String engine;

    @Mixin private ManifestFiles files = new ManifestFiles();
    @Mixin private Namespaced namespaced = new Namespaced();

    @Option(
            names = {"-o", "--output"},
            paramLabel = "FORMAT",
            defaultValue = "text",
            description = "text or json (default: ${DEFAULT-VALUE}).")
    private String output = "text";

    @Option(names = "--strict", description = "Let warnings count as errors do.")
    private boolean strict;

    @Override
    public Integer call() {
        CommandLine command = Objects.requireNonNull(spec).commandLine();
        if (!output.equals("text") && !output.equals("json")) {
            throw new ParameterException(command, "-o is text or json, but is '" + output + "'");
        }
        if ((engine == null) != files.areGiven()) {
            throw new ParameterException(
                    command, "name a ChaosEngine of the cluster, or a file or a folder: -f FILE");
        }
        var collected = new Validation.Collection();
        if (engine != null) {
            addStored(engine, collected);
        }
        files.read(
                command,
                new ManifestFiles.Taker() {
                    @Override
                    public void take(String file, boolean found, KubernetesYaml.Document document) {
                        collected.add(file, found, document);
                    }

                    @Override
                    public void leftOut(String what) {
                        collected.passOver(what);
                    }
                });
        Validation validation =
                collected.validate(
                        Objects.requireNonNull(parent).strategies(),
                        ANNOTATIONS,
                        Clock.systemUTC().instant());
        PrintWriter out = command.getOut();
        if (output.equals("json")) {
            ValidationReport.json(validation, out);
        } else {
            ValidationReport.text(validation, out);
        }
        long counting =
                validation.count(Severity.ERROR)
                        + (strict ? validation.count(Severity.WARNING) : 0);
        return counting == 0 ? ExitCode.OK : ExitCode.INVALID;
    }

    /** Lines are those of the object as it is written here: in YAML, as kubectl shows it. */
    private void addStored(String name, Validation.Collection collected) {
        try (Fabric8Cluster cluster = Objects.requireNonNull(parent).connect()) {
            EngineRef ref = namespaced.engine(cluster, name);
            ObjectNode stored = StoredObject.named(cluster, ref, Resource.ENGINES);
            add(stored, "ChaosEngine " + ref, collected);
            new Engine(stored)
                    .experiments().stream()
                            .map(each -> each.name())
                            .distinct()
                            .forEach(each ->
                                    addOther(cluster, Resource.EXPERIMENTS, ref, each, collected));
            lists(stored)
                    .forEach(each -> addOther(cluster, Resource.CONFIG_MAPS, ref, each, collected));
        }
    }

    private static Set<String> lists(ObjectNode engine) {
        try {
            return ScheduleSpec.of(
                            new Engine(engine).annotation(ScheduleSpec.ANNOTATION),
                            Map.of(),
                            Clock.systemUTC().instant())
                    .map(ScheduleSpec::lists)
                    .orElse(Set.of());
        } catch (InvalidParameters e) {
            // Each problem is a finding.
            return Set.of();
        }
    }

    private static void addOther(
            Fabric8Cluster cluster,
            Resource resource,
            EngineRef engine,
            String name,
            Validation.Collection collected) {
        try {
            if (!name.isEmpty()) {
                cluster.get(resource, engine.namespace(), name)
                        .ifPresent(found ->
                                add(
                                        found,
                                        "%s %s/%s"
                                                .formatted(
                                                        resource.kind(), engine.namespace(), name),
                                        collected));
            }
        } catch (ClusterException e) {
            if (e.kind() != ClusterException.Kind.FORBIDDEN) {
                throw e;
            }
            // Then it is one that is not known here, which is a warning.
        }
    }

    private static void add(ObjectNode object, String place, Validation.Collection collected) {
        try {
            KubernetesYaml.read(
                    new StringReader(YamlTree.text(object)),
                    KubernetesYaml.Limits.OF_FILES,
                    document -> collected.addStored(place, document));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** An engine that is applied now is created now. */
    private static List<Problem> problemsOfSchedule(String text) {
        try {
            ScheduleSpec.of(Optional.of(text), Map.of(), Clock.systemUTC().instant());
            return List.of();
        } catch (InvalidParameters e) {
            return e.problems();
        }
    }
}
