package io.chaosrunner.cli;

import io.chaosrunner.config.KubernetesYaml;
import io.chaosrunner.config.MonitoringSettings;
import io.chaosrunner.schedule.ScheduleSpec;
import io.chaosrunner.strategy.InvalidParameters;
import io.chaosrunner.strategy.InvalidParameters.Problem;
import io.chaosrunner.validate.AnnotationCheck;
import io.chaosrunner.validate.Finding.Severity;
import io.chaosrunner.validate.Validation;
import io.chaosrunner.validate.ValidationReport;
import java.io.PrintWriter;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
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

/** Say everything that is wrong with manifests, without a cluster. */
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

    @Mixin private ManifestFiles files = new ManifestFiles();

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
        if (!files.areGiven()) {
            throw new ParameterException(command, "name a file or a folder: -f FILE");
        }
        var collected = new Validation.Collection();
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
