package io.chaosrunner.cli;

import io.chaosrunner.config.MonitoringSettings;
import io.chaosrunner.schedule.ScheduleSpec;
import io.chaosrunner.strategy.InvalidParameters;
import io.chaosrunner.strategy.InvalidParameters.Problem;
import io.chaosrunner.validate.AnnotationCheck;
import io.chaosrunner.validate.Finding.Severity;
import io.chaosrunner.validate.Validation;
import io.chaosrunner.validate.ValidationReport;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** Say everything that is wrong with manifests, without a cluster. */
@Command(
        name = "validate",
        description = "Says everything that is wrong with manifests, without a cluster.",
        mixinStandardHelpOptions = true,
        footer = {
            "",
            "Exit codes: 0 no error, 2 an error, or with --strict a warning, or invalid usage."
        })
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

    @Option(
            names = {"-f", "--filename"},
            paramLabel = "FILE",
            required = true,
            arity = "1..*",
            description =
                    "YAML or JSON with ChaosEngines and ChaosExperiments; a folder with such files; - is"
                            + " standard input.")
    private List<String> files = List.of();

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
        var texts = new ArrayList<Validation.Text>();
        for (String file : files) {
            read(file, command, texts);
        }
        Validation validation =
                Validation.of(texts, Objects.requireNonNull(parent).strategies(), ANNOTATIONS);
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

    private static void read(String file, CommandLine command, List<Validation.Text> texts) {
        try {
            if (file.equals("-")) {
                String text = new String(System.in.readAllBytes(), StandardCharsets.UTF_8);
                texts.add(new Validation.Text("standard input", text));
                return;
            }
            Path path = Path.of(file);
            if (!Files.isDirectory(path)) {
                texts.add(new Validation.Text(file, Files.readString(path)));
                return;
            }
            List<Path> found;
            try (Stream<Path> all = Files.walk(path)) {
                found =
                        all.filter(each -> each.toString().matches(".*\\.(yaml|yml|json)"))
                                .filter(Files::isRegularFile)
                                .sorted()
                                .toList();
            }
            if (found.isEmpty()) {
                throw new ParameterException(
                        command, file + " holds no file named *.yaml, *.yml or *.json");
            }
            for (Path each : found) {
                texts.add(new Validation.Text(each.toString(), Files.readString(each)));
            }
        } catch (IOException e) {
            throw new ParameterException(command, "cannot read " + file + "; is the path right?");
        }
    }
}
