package io.chaosrunner.systemtests;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The program under test, as {@code ./chaos-runner} starts it: its jar, the launcher's flags, and
 * the launcher's AOT cache, without which each of some hundred processes takes a second of a core
 * to start. If these tests run against classes and not against the jar, those are started.
 */
final class RunnerProgram {

    private static final String MAIN = "io.chaosrunner.cli.Main";
    private static final Pattern FLAGS = Pattern.compile("(?m)^flags=\"(.*)\"$");
    private static final Path LAUNCHER =
            ControlPlaneBinaries.sourceRoot().resolve("chaos-runner").toAbsolutePath();
    private static final Path BUILT =
            ControlPlaneBinaries.sourceRoot().resolve("runner/target").toAbsolutePath().normalize();
    private static final String JAR = BUILT.resolve("chaos-runner.jar").toString();
    private static final List<String> START = start();

    private RunnerProgram() {}

    /** Prepare a process with the environment of this one. */
    static ProcessBuilder process(String... arguments) {
        return new ProcessBuilder(command(List.of(arguments)));
    }

    /** Return the command line with these arguments. */
    static List<String> command(List<String> arguments) {
        var command = new ArrayList<>(START);
        int classes = command.indexOf(JAR);
        if (classes >= 0 && arguments.contains("schedule")) {
            // As the launcher does.
            command.set(classes, JAR + File.pathSeparator + BUILT.resolve("lib/service") + "/*");
        }
        command.addAll(arguments);
        return command;
    }

    /** Return what the program's classes can be compiled against. */
    static String classPath() {
        // What the tests' own classes hold for service loading is not the program's.
        return Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
                .filter(entry -> !entry.endsWith("test-classes"))
                .collect(Collectors.joining(File.pathSeparator));
    }

    private static List<String> start() {
        Path jdk = Path.of(System.getProperty("java.home"));
        var command = new ArrayList<String>();
        command.add(jdk.resolve("bin/java").toString());
        if (classPath().contains(JAR)) {
            train(jdk);
            command.add("-XX:AOTCache=" + BUILT.resolve("chaos-runner.aot"));
            command.addAll(launcherFlags());
            command.addAll(List.of("-Xmx128m", "-cp", JAR, MAIN));
        } else {
            command.addAll(
                    List.of(
                            "-Xmx128m",
                            "-XX:+UseSerialGC",
                            "-XX:TieredStopAtLevel=1",
                            "-XX:-UsePerfData",
                            "-cp",
                            classPath(),
                            MAIN));
        }
        return List.copyOf(command);
    }

    /** Let the launcher make its cache, if it is not newer than the jar already. */
    private static void train(Path jdk) {
        try {
            var launcher = new ProcessBuilder(LAUNCHER.toString(), "--version");
            launcher.environment().put("CHAOS_RUNNER_JAVA_HOME", jdk.toString());
            launcher.environment().put("CHAOS_RUNNER_CACHE", "wait");
            launcher.environment().remove("JAVA_TOOL_OPTIONS");
            Path output = Files.createTempFile("chaos-runner", ".version");
            int exitCode =
                    launcher.redirectErrorStream(true)
                            .redirectOutput(output.toFile())
                            .start()
                            .waitFor();
            if (exitCode != 0) {
                throw new IllegalStateException(LAUNCHER + ": " + Files.readString(output));
            }
            Files.delete(output);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private static List<String> launcherFlags() {
        try {
            Matcher flags = FLAGS.matcher(Files.readString(LAUNCHER));
            if (!flags.find()) {
                throw new IllegalStateException("no line flags=\"...\" in " + LAUNCHER);
            }
            return List.of(flags.group(1).split(" "));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
