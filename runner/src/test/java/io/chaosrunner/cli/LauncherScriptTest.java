package io.chaosrunner.cli;

import static java.nio.file.StandardCopyOption.COPY_ATTRIBUTES;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What the script of a clone does before it starts Java; the JDK and the build are scripts that say
 * that they were called.
 */
class LauncherScriptTest {
    private static final Instant BUILT = Instant.parse("2026-01-01T00:00:00Z");
    private static final List<String> SOURCES =
            List.of(
                    "pom.xml",
                    "runner/pom.xml",
                    "runner/src/main/java/A.java",
                    "strategies/pom.xml",
                    "strategies/src/main/java/B.java",
                    "runner/src/test/java/ATest.java");

    @TempDir private Path clone;

    @BeforeEach
    void aCloneThatWasBuilt() throws IOException {
        Files.copy(Path.of("../chaos-runner"), clone.resolve("chaos-runner"), COPY_ATTRIBUTES);
        script(
                "mvnw",
                "echo mvnw \"$@\"; mkdir -p runner/target; : >runner/target/chaos-runner.jar");
        script("jdk/bin/java", "echo java \"$@\"");
        file("jdk/release", "JAVA_VERSION=\"25.0.1\"\n");
        Files.createDirectory(clone.resolve("bin"));
        for (String tool : List.of("sh", "dirname", "readlink", "sed", "find", "head", "mkdir")) {
            Path usual = Path.of("/usr/bin", tool);
            Files.createSymbolicLink(
                    clone.resolve("bin").resolve(tool),
                    Files.exists(usual) ? usual : Path.of("/bin", tool));
        }
        for (String source : SOURCES) {
            changed(source, BUILT.minusSeconds(60));
        }
        changed("runner/target/chaos-runner.jar", BUILT);
        // Empty says that no cache could be made.
        changed("runner/target/chaos-runner.aot", BUILT.plusSeconds(1));
    }

    @Test
    void whatIsBuiltIsStartedWithoutAWord() throws Exception {
        Run run = run("list", "-n", "two words");

        assertThat(run.errors()).isEmpty();
        assertThat(run.output())
                .startsWith("java ")
                .endsWith(" io.chaosrunner.cli.Main list -n two words\n")
                .hasLineCount(1);
    }

    @Test
    void theFirstUseBuilds() throws Exception {
        Files.delete(clone.resolve("runner/target/chaos-runner.jar"));

        Run run = run("list");

        assertThat(run.errors())
                .startsWith("chaos-runner: building (first use only) ...\n")
                .contains("mvnw -q -B -pl runner -am -DskipTests package\n");
        assertThat(run.output()).endsWith("io.chaosrunner.cli.Main list\n");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "pom.xml",
                "runner/pom.xml",
                "runner/src/main/java/A.java",
                "strategies/pom.xml",
                "strategies/src/main/java/B.java"
            })
    void aChangeAfterTheBuildIsToldAndWhatWasBuiltIsStarted(String source) throws Exception {
        changed(source, BUILT.plusSeconds(60));

        Run run = run("stop", "nginx");

        assertThat(run.errors())
                .isEqualTo(
                        "chaos-runner: built before the sources were changed; build again when no run goes on: (cd "
                                + clone.toRealPath()
                                + " && ./mvnw -q -B -pl runner -am -DskipTests package)\n");
        assertThat(run.output()).endsWith("io.chaosrunner.cli.Main stop nginx\n");
    }

    @Test
    void aChangedTestIsNoReasonToBuild() throws Exception {
        changed("runner/src/test/java/ATest.java", BUILT.plusSeconds(60));

        assertThat(run("list").errors()).isEmpty();
    }

    @Test
    void withoutAJdkOfTheRightAgeOneLineSaysWhatToInstall() throws Exception {
        file("jdk/release", "JAVA_VERSION=\"17.0.1\"\n");
        // The places where the script looks are the machine's, and one of them may well hold a JDK
        // 25.
        Path script = clone.resolve("chaos-runner");
        Files.writeString(
                script,
                Files.readString(script)
                        .replaceAll(
                                "/usr/lib/jvm|/opt|/Library", clone.resolve("none").toString()));

        Run run = run("list");

        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.errors())
                .startsWith("chaos-runner: no JDK 25 found; install one")
                .hasLineCount(1);
        assertThat(run.output()).isEmpty();
    }

    private record Run(int exitCode, String output, String errors) {}

    private Run run(String... arguments) throws IOException, InterruptedException {
        Path output = clone.resolve("output");
        Path errors = clone.resolve("errors");
        ProcessBuilder builder =
                new ProcessBuilder(
                        Stream.concat(
                                        Stream.of(clone.resolve("chaos-runner").toString()),
                                        Stream.of(arguments))
                                .toList());
        builder.environment().keySet().retainAll(List.of());
        builder.environment().put("PATH", clone.resolve("bin").toString());
        builder.environment().put("CHAOS_RUNNER_JAVA_HOME", clone.resolve("jdk").toString());
        int exitCode =
                builder.redirectOutput(output.toFile())
                        .redirectError(errors.toFile())
                        .start()
                        .waitFor();
        return new Run(exitCode, Files.readString(output), Files.readString(errors));
    }

    private void script(String name, String body) throws IOException {
        file(name, "#!/bin/sh\n" + body + "\n");
        Files.setPosixFilePermissions(
                clone.resolve(name), PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private void changed(String name, Instant when) throws IOException {
        file(name, "");
        Files.setLastModifiedTime(clone.resolve(name), FileTime.from(when));
    }

    private void file(String name, String text) throws IOException {
        Path file = clone.resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }
}
