package io.chaosrunner.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.strategy.ExecutionStrategy;
import io.chaosrunner.testing.StrategyJar;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.api.parallel.Resources;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@ResourceLock(Resources.SYSTEM_OUT)
@ResourceLock(Resources.SYSTEM_ERR)
class InitStrategyCommandTest {
    private static final Path EXAMPLE = Path.of("../examples/custom-strategy");

    @TempDir private Path folder;

    @Test
    void withoutOptionsTheProjectIsTheExampleItself() throws IOException {
        Path project = folder.resolve("project");

        assertThat(Said.by("init-strategy", project.toString()).exitCode()).isZero();

        assertThat(files(project))
                .isEqualTo(files(EXAMPLE))
                .isEqualTo(new TreeSet<>(InitStrategyCommand.FILES));
        for (String file : InitStrategyCommand.FILES) {
            assertThat(project.resolve(file)).hasSameTextualContentAs(EXAMPLE.resolve(file));
        }
    }

    @Test
    void underAnotherNameItCompilesKeepsTheLawsAndIsUsedByItsEngine() throws Exception {
        Path project = folder.resolve("project");
        Said said =
                Said.by(
                        "init-strategy",
                        project.toString(),
                        "--name",
                        "quiet-hours2",
                        "--package",
                        "org.acme_ltd.chaos");
        assertThat(said.exitCode()).as(said.err()).isZero();
        assertThat(said.out()).contains("mvn -f " + project + " package");
        assertThat(files(project))
                .contains(
                        "src/main/java/org/acme_ltd/chaos/QuietHours2.java",
                        "src/test/java/org/acme_ltd/chaos/QuietHours2Test.java");
        for (String file : files(project)) {
            assertThat(project.resolve(file))
                    .content()
                    .doesNotContain("com.example", "CanaryFirst", "canary-first");
        }

        Path classes = compiled(project);
        assertThat(broken(classes, "org.acme_ltd.chaos.QuietHours2Test")).isEmpty();

        Path plugins = Files.createDirectory(folder.resolve("plugins"));
        StrategyJar jar = StrategyJar.empty().service("org.acme_ltd.chaos.QuietHours2");
        for (String file : files(classes)) {
            if (file.endsWith(".class") && !file.contains("Test")) {
                jar.entry(file, Files.readAllBytes(classes.resolve(file)));
            }
        }
        jar.write(plugins.resolve("quiet-hours.jar"));
        Said planned =
                Said.by(
                        "plan",
                        "--plugins",
                        plugins.toString(),
                        "-f",
                        project.resolve("engine.yaml").toString());
        assertThat(planned.exitCode()).as(planned.err()).isZero();
        assertThat(planned.out()).contains("strategy quiet-hours2");
    }

    @ParameterizedTest
    @CsvSource({
        "string, StringStrategy",
        "slot, SlotStrategy",
        "execution-strategy, ExecutionStrategyStrategy",
        "override, OverrideStrategy",
        "x, X"
    })
    void noClassHidesAnotherOne(String name, String type) throws IOException {
        Path project = folder.resolve("project");

        assertThat(Said.by("init-strategy", project.toString(), "--name", name).exitCode())
                .isZero();

        assertThat(project.resolve("src/main/java/com/example/chaos/" + type + ".java")).exists();
        assertThat(compiled(project)).isNotEmptyDirectory();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--name=Canary",
                "--name=a--b",
                "--name=-a",
                "--name=",
                "--name=../x",
                "--name=sequential",
                "--package=Org.acme",
                "--package=org..acme",
                "--package=org/acme",
                "--package="
            })
    void whatIsNoNameIsRefused(String option) {
        Said said = Said.by("init-strategy", folder.resolve("project").toString(), option);

        assertThat(said.exitCode()).isEqualTo(ExitCode.INVALID);
        assertThat(said.err()).contains(option.substring(0, option.indexOf('=')) + ":");
        assertThat(folder.resolve("project")).doesNotExist();
    }

    @Test
    void nothingThatIsThereIsOverwritten() throws IOException {
        Files.writeString(folder.resolve("pom.xml"), "mine");

        Said said = Said.by("init-strategy", folder.toString());

        assertThat(said.exitCode()).isEqualTo(ExitCode.INVALID);
        assertThat(said.err()).contains("is not empty");
        assertThat(folder.resolve("pom.xml")).hasContent("mine");
    }

    @Test
    void aFileIsNoFolder() throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "");

        for (Path place : List.of(file, file.resolve("below"))) {
            Said said = Said.by("init-strategy", place.toString());

            assertThat(said.exitCode()).isEqualTo(ExitCode.INVALID);
            assertThat(said.err()).contains(place.toString()).doesNotContain("\tat ");
        }
    }

    /** Compile main and test sources, with what the example's POM depends on and more. */
    private Path compiled(Path project) throws IOException {
        Path classes = Files.createDirectories(folder.resolve("classes"));
        var arguments =
                new ArrayList<>(
                        List.of(
                                "-d",
                                classes.toString(),
                                "-proc:none",
                                "-cp",
                                System.getProperty("java.class.path")));
        for (String file : files(project)) {
            if (file.endsWith(".java")) {
                arguments.add(project.resolve(file).toString());
            }
        }
        int status =
                ToolProvider.getSystemJavaCompiler()
                        .run(null, null, null, arguments.toArray(String[]::new));
        assertThat(status).isZero();
        Path service = Path.of("META-INF/services", ExecutionStrategy.class.getName());
        Files.createDirectories(classes.resolve(service).getParent());
        Files.copy(
                project.resolve("src/main/resources").resolve(service), classes.resolve(service));
        return classes;
    }

    /** Run each test of the project's class; returns what failed. */
    private static List<String> broken(Path classes, String test) throws Exception {
        var failed = new ArrayList<String>();
        Thread thread = Thread.currentThread();
        ClassLoader before = thread.getContextClassLoader();
        try (var loader =
                new URLClassLoader(
                        new URL[] {classes.toUri().toURL()},
                        InitStrategyCommandTest.class.getClassLoader())) {
            thread.setContextClassLoader(loader);
            int ran = 0;
            for (Class<?> type = loader.loadClass(test);
                    type != Object.class;
                    type = type.getSuperclass()) {
                for (Method method : type.getDeclaredMethods()) {
                    if (method.isAnnotationPresent(Test.class)) {
                        var constructor = loader.loadClass(test).getDeclaredConstructor();
                        constructor.setAccessible(true);
                        method.setAccessible(true);
                        ran++;
                        try {
                            method.invoke(constructor.newInstance());
                        } catch (InvocationTargetException e) {
                            failed.add(method.getName() + ": " + e.getCause());
                        }
                    }
                }
            }
            assertThat(ran).isGreaterThan(5);
        } finally {
            thread.setContextClassLoader(before);
        }
        return failed;
    }

    private static Set<String> files(Path top) throws IOException {
        var files = new TreeSet<String>();
        try (Stream<Path> all = Files.walk(top)) {
            all.filter(Files::isRegularFile)
                    .map(file -> top.relativize(file).toString())
                    .filter(file -> !file.startsWith("target"))
                    .forEach(files::add);
        }
        return files;
    }
}
