package io.chaosrunner.cli;

import static java.nio.file.StandardCopyOption.COPY_ATTRIBUTES;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.InstanceOfAssertFactories.STRING;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What the script of a clone does before it starts Java; the JDK and the build are scripts that say
 * that they were called.
 */
class LauncherScriptTest {
    private static final String BUILD =
            "-B -pl runner -am -Dquick -Dmaven.test.skip -Djapicmp.skip -Dmdep.analyze.skip"
                    + " -Dspotless.check.skip package";
    private static final Instant BUILT = Instant.parse("2026-01-01T00:00:00Z");
    private static final List<String> SOURCES =
            List.of(
                    "pom.xml",
                    "runner/pom.xml",
                    "runner/src/main/java/A.java",
                    "strategies/pom.xml",
                    "strategies/src/main/java/B.java",
                    "sandbox/pom.xml",
                    "sandbox/src/main/java/C.java",
                    "runner/src/test/java/ATest.java");

    private final Map<String, String> environment = new HashMap<>();

    @TempDir private Path clone;

    @BeforeEach
    void aCloneThatWasBuilt() throws IOException {
        Files.copy(Path.of("../chaos-runner"), clone.resolve("chaos-runner"), COPY_ATTRIBUTES);
        script(
                "mvnw",
                "echo mvnw \"$@\"; mkdir -p runner/target; : >runner/target/chaos-runner.jar");
        script("jdk/bin/java", "echo java \"$@\"");
        file("jdk/release", "JAVA_VERSION=\"25.0.1\"\n");
        for (String tool :
                List.of(
                        "sh",
                        "dirname",
                        "readlink",
                        "sed",
                        "find",
                        "head",
                        "tail",
                        "mkdir",
                        "date",
                        "sleep",
                        "awk",
                        "grep",
                        "mv",
                        "rm",
                        "rmdir",
                        "nice")) {
            Path usual = Path.of("/usr/bin", tool);
            script(
                    "bin/" + tool,
                    "exec %s \"$@\""
                            .formatted(Files.exists(usual) ? usual : Path.of("/bin", tool)));
        }
        for (String source : SOURCES) {
            changed(source, BUILT.minusSeconds(60));
        }
        changed("runner/target/chaos-runner.jar", BUILT);
        // Empty says that no cache could be made.
        changed("runner/target/chaos-runner.aot", BUILT.plusSeconds(1));
    }

    /** What goes on for long must not live on without a thread; a person is told in words. */
    @ParameterizedTest
    @CsvSource({
        "schedule -A, +",
        "--kubeconfig k schedule, +",
        "'', +",
        "validate -f x, -",
        "run first-run, -"
    })
    void whatGoesOnForLongEndsWhereMemoryRunsOut(String arguments, String ends) throws Exception {
        Run run = run(arguments.isEmpty() ? new String[0] : arguments.split(" "));

        assertThat(run.output()).contains(" -XX:%sExitOnOutOfMemoryError ".formatted(ends));
    }

    @Test
    void aPodEndsWhereMemoryRunsOut() throws IOException {
        assertThat(Files.readAllLines(Path.of("../deploy/image/chaos-runner")))
                .filteredOn(line -> line.startsWith("flags="))
                .singleElement()
                .asString()
                .contains("-XX:+ExitOnOutOfMemoryError ");
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
    void theFirstUseBuildsAndSaysHowFarItIs() throws Exception {
        Files.delete(clone.resolve("runner/target/chaos-runner.jar"));
        script(
                "mvnw",
                """
                echo "$@" >arguments
                echo '[INFO] Downloaded from central: https://example.com/a.pom (1 kB)'
                echo '[INFO] --- compiler:3.16.0:compile (default-compile) @ chaos-runner ---'
                i=0
                until grep -q compiling errors || [ $i = 600 ]; do i=$((i + 1)); sleep 0.1; done
                : >runner/target/chaos-runner.jar
                """);

        Run run = run("list");

        assertThat(run.errors().lines())
                .first(STRING)
                .startsWith("chaos-runner: building, on first use only");
        assertThat(run.errors().lines().skip(1))
                .allMatch(line -> line.matches(" +[0-9]+s  .*"))
                .anyMatch(line ->
                        line.endsWith("  compiling chaos-runner, 1 files downloaded so far"))
                .last(STRING)
                .endsWith("s  built");
        assertThat(Files.readString(clone.resolve("arguments"))).isEqualTo(BUILD + "\n");
        assertThat(run.output()).endsWith("io.chaosrunner.cli.Main list\n");
    }

    @Test
    void aBuildThatFailsSaysWhyAndStartsNothing() throws Exception {
        Files.delete(clone.resolve("runner/target/chaos-runner.jar"));
        script("mvnw", "echo '[INFO] much'; echo '[ERROR] no route to host'; exit 1");

        Run run = run("list");

        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.output()).isEmpty();
        assertThat(run.errors())
                .contains("[ERROR] no route to host\n")
                .doesNotContain("much")
                .endsWith(
                        "chaos-runner: the build failed; all that it said is in %s\n"
                                .formatted(clone.toRealPath().resolve("runner/target/build.log")));
    }

    @Test
    void theStartUpCacheIsMadeBesideTheFirstStart() throws Exception {
        aRehearsalIsPossible();

        Run run = run("list");

        assertThat(run.output())
                .endsWith("io.chaosrunner.cli.Main list\n")
                .doesNotContain("AOTCache");
        Path cache = clone.resolve("runner/target/chaos-runner.aot");
        await().atMost(Duration.ofMinutes(2))
                .until(() ->
                        Files.exists(cache)
                                && Files.notExists(
                                        cache.resolveSibling(cache.getFileName() + ".lock")));
        assertThat(run("list").output()).startsWith("java -XX:AOTCache=");
    }

    @Test
    void aStartCanWaitForTheCache() throws Exception {
        aRehearsalIsPossible();
        environment.put("CHAOS_RUNNER_CACHE", "wait");

        assertThat(run("list").output()).startsWith("java -XX:AOTCache=");
    }

    @Test
    void aCacheOfAnOlderBuildIsNotUsed() throws Exception {
        file("runner/target/chaos-runner.aot", "old");
        Files.setLastModifiedTime(
                clone.resolve("runner/target/chaos-runner.aot"),
                FileTime.from(BUILT.minusSeconds(1)));

        assertThat(run("list").output()).doesNotContain("AOTCache");
    }

    @Test
    void aReleaseStartsWithItsOwnJavaAndBuildsNothing() throws Exception {
        file("chaos-runner.jar", "");
        script("jre/bin/java", "echo its own java \"$@\"");
        Files.delete(clone.resolve("mvnw"));

        Run run = run("list");

        assertThat(run.errors()).isEmpty();
        assertThat(run.output())
                .startsWith("its own java ")
                .contains(" -cp %s ".formatted(clone.toRealPath().resolve("chaos-runner.jar")))
                .endsWith(" io.chaosrunner.cli.Main list\n");
    }

    @Test
    void aReleaseWithoutJavaTakesTheMachines() throws Exception {
        file("chaos-runner.jar", "");

        assertThat(run("list").output())
                .startsWith("java ")
                .endsWith(" io.chaosrunner.cli.Main list\n");
    }

    /** The Java that is no Java writes the cache that it was told to. */
    private void aRehearsalIsPossible() throws IOException {
        Files.delete(clone.resolve("runner/target/chaos-runner.aot"));
        file("examples/first-run.yaml", "");
        script(
                "jdk/bin/java",
                """
                case $1 in
                -XX:AOTCacheOutput=*) echo cache >"${1#*=}" ;;
                *) echo java "$@" ;;
                esac
                """);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "pom.xml",
                "runner/pom.xml",
                "runner/src/main/java/A.java",
                "strategies/pom.xml",
                "strategies/src/main/java/B.java",
                "sandbox/pom.xml",
                "sandbox/src/main/java/C.java"
            })
    void aChangeAfterTheBuildIsToldAndWhatWasBuiltIsStarted(String source) throws Exception {
        changed(source, BUILT.plusSeconds(60));

        Run run = run("stop", "nginx");

        assertThat(run.errors())
                .isEqualTo(
                        "chaos-runner: built before the sources were changed; build again when no run goes on: (cd "
                                + clone.toRealPath()
                                + " && ./mvnw "
                                + BUILD
                                + ")\n");
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
        builder.environment().putAll(environment);
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
