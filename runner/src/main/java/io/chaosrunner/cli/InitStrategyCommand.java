package io.chaosrunner.cli;

import io.chaosrunner.plugin.StrategyCatalogue;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/**
 * The command that writes a project to begin a strategy of one's own with: the example, under
 * another name.
 */
@Command(
        name = "init-strategy",
        description = {
            "Writes a Maven project to begin a strategy of your own with: a class, its service line, a test",
            "that proves the laws of the SPI, and an engine that uses it."
        },
        mixinStandardHelpOptions = true)
final class InitStrategyCommand implements Callable<Integer> {
    /** Files of {@code examples/custom-strategy}, which the build compiles and tests. */
    static final List<String> FILES =
            List.of(
                    "pom.xml",
                    "engine.yaml",
                    "src/main/java/com/example/chaos/CanaryFirst.java",
                    "src/main/java/com/example/chaos/package-info.java",
                    "src/main/resources/META-INF/services/io.chaosrunner.strategy.ExecutionStrategy",
                    "src/test/java/com/example/chaos/CanaryFirstTest.java");

    private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9]*+(?:-[a-z0-9]++)*+");
    private static final Pattern PACKAGE =
            Pattern.compile("[a-z][a-z0-9_]*+(?:\\.[a-z][a-z0-9_]*+)*+");

    /** What is another's: its names, and which version of the SPI it is compiled against. */
    private static final Pattern NAMES =
            Pattern.compile(
                    "com([./])example[./]chaos|com\\.example|canary-first|CanaryFirst|(?<=<chaos-runner\\.version>)[^<]+");

    @Spec private @Nullable CommandSpec spec;
    @ParentCommand private @Nullable ChaosRunner parent;

    @Parameters(paramLabel = "DIR", description = "Folder to write; new, or empty.")
    private @Nullable Path folder;

    @Option(
            names = "--name",
            paramLabel = "NAME",
            defaultValue = "canary-first",
            description = "Name of the strategy, as engines write it (default: ${DEFAULT-VALUE}).")
    private String name = "";

    @Option(
            names = "--package",
            paramLabel = "PACKAGE",
            defaultValue = "com.example.chaos",
            description =
                    "Java package; the one above it is the project's group (default: ${DEFAULT-VALUE}).")
    private String javaPackage = "";

    @Override
    public Integer call() {
        CommandLine command = Objects.requireNonNull(spec).commandLine();
        Path target = Objects.requireNonNull(folder);
        check(command, target);
        try {
            String type = type(read(FILES.get(2)));
            for (String file : FILES) {
                Path path = target.resolve(renamed(file, type));
                Files.createDirectories(Objects.requireNonNull(path.getParent()));
                Files.writeString(path, renamed(read(file), type));
            }
        } catch (IOException e) {
            throw new ParameterException(
                    command, "%s cannot be written (%s)".formatted(target, reason(e)));
        }
        command.getOut()
                .printf(
                        """
                        Strategy %s is in %s. Build it, and see that it is found:
                          mvn -f %s package
                          chaos-runner strategies --plugins %s
                          chaos-runner plan --plugins %s -f %s
                        """,
                        name,
                        target,
                        target,
                        target.resolve("target"),
                        target.resolve("target"),
                        target.resolve("engine.yaml"));
        command.getOut().flush();
        return ExitCode.OK;
    }

    private void check(CommandLine command, Path target) {
        if (!NAME.matcher(name).matches()) {
            throw new ParameterException(
                    command,
                    "--name: '%s' is no name of a strategy; use small letters and digits, joined by '-', such as canary-first"
                            .formatted(name));
        }
        if (!PACKAGE.matcher(javaPackage).matches()) {
            throw new ParameterException(
                    command,
                    "--package: '%s' is no Java package in small letters, such as com.example.chaos"
                            .formatted(javaPackage));
        }
        boolean taken =
                Objects.requireNonNull(parent).strategies().all().stream()
                        .map(StrategyCatalogue.Listed::strategy)
                        .anyMatch(strategy -> strategy.name().equals(name));
        if (taken) {
            throw new ParameterException(
                    command, "--name: there is a strategy '%s' already".formatted(name));
        }
        if (!Files.exists(target)) {
            return;
        }
        try (Stream<Path> there = Files.list(target)) {
            if (there.findAny().isPresent()) {
                throw new ParameterException(
                        command, "%s is not empty; name a new folder".formatted(target));
            }
        } catch (IOException e) {
            throw new ParameterException(
                    command, "%s cannot be used (%s)".formatted(target, reason(e)));
        }
    }

    /** The name as a class has it; longer if the source or Java itself means another by it. */
    private String type(String source) {
        var camel = new StringBuilder();
        for (String word : name.split("-")) {
            camel.append(word.substring(0, 1).toUpperCase(Locale.ROOT)).append(word.substring(1));
        }
        String others = NAMES.matcher(source).replaceAll("");
        while (isOfJava(camel.toString())
                || Pattern.compile("\\b" + camel + "\\b").matcher(others).find()) {
            camel.append("Strategy");
        }
        return camel.toString();
    }

    private static boolean isOfJava(String type) {
        try {
            Class.forName("java.lang." + type, false, null);
            return true;
        } catch (ClassNotFoundException e) {
            return false;
        }
    }

    /** Text with the project's own names in place of the example's. */
    private String renamed(String text, String type) {
        return NAMES.matcher(text)
                .replaceAll(found ->
                        Matcher.quoteReplacement(
                                switch (found.group()) {
                                    case "com.example.chaos" -> javaPackage;
                                    case "com.example" -> javaPackage.replaceFirst("\\.[^.]*$", "");
                                    case "com/example/chaos" -> javaPackage.replace('.', '/');
                                    case "canary-first" -> name;
                                    case "CanaryFirst" -> type;
                                    default -> version(found.group());
                                }));
    }

    private static String version(String otherwise) {
        String version = InitStrategyCommand.class.getPackage().getImplementationVersion();
        return version == null ? otherwise : version;
    }

    private static String read(String file) throws IOException {
        try (InputStream in =
                InitStrategyCommand.class.getResourceAsStream("/custom-strategy/" + file)) {
            return new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private static String reason(IOException e) {
        return e instanceof FileSystemException failed && failed.getReason() != null
                ? failed.getReason()
                : e.getClass().getSimpleName();
    }
}
