package io.chaosrunner.plugin;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.chaosrunner.strategy.Draws;
import io.chaosrunner.strategy.InvalidParameters;
import io.chaosrunner.strategy.Parameters;
import io.chaosrunner.strategy.PastRun;
import io.chaosrunner.strategy.Slot;
import io.chaosrunner.strategy.StrategyRequest;
import io.chaosrunner.testing.StrategyJar;
import java.io.IOException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StrategyCatalogueTest {

    /** A stranger's strategy, which also shows what it can see of the runner. */
    private static final String LAZY =
            """
            package stranger;
            import io.chaosrunner.strategy.*;
            public final class Lazy implements ExecutionStrategy {
                public String name() { return "lazy"; }
                public String description() {
                    try {
                        Class.forName("io.chaosrunner.run.EngineRun");
                        return "sees the runner";
                    } catch (ClassNotFoundException e) {
                        return "sees only the SPI";
                    }
                }
                public ExecutionPlan plan(StrategyRequest request) {
                    if (!getClass().getClassLoader().equals(
                            Thread.currentThread().getContextClassLoader())) {
                        throw new IllegalStateException("not my context");
                    }
                    return progress -> Decision.choose().done("too lazy").build();
                }
            }
            """;

    @TempDir Path folder;

    @Test
    void aJarInTheFolderAddsItsStrategy() throws IOException {
        jar("lazy.jar", "1.0", "stranger.Lazy");

        StrategyCatalogue catalogue = load();

        assertThat(catalogue.faults()).isEmpty();
        assertThat(catalogue.all())
                .extracting(each -> each.strategy().name() + " from " + each.source())
                .contains("lazy from lazy.jar", "sequential from built-in");
        assertThat(catalogue.asksPlugins("lazy")).isTrue();
        assertThat(catalogue.asksPlugins("sequential")).isFalse();
        assertThat(catalogue.plan("lazy", request(Map.of()))).isNotNull();
    }

    @Test
    void aJarSeesOfTheRunnerOnlyTheSpi() throws IOException {
        jar("lazy.jar", "1.0", "stranger.Lazy");

        assertThat(load().all())
                .filteredOn(each -> each.strategy().name().equals("lazy"))
                .extracting(each -> each.strategy().description())
                .containsExactly("sees only the SPI");
    }

    @Test
    void aMountedConfigMapIsSeenOnce() throws IOException {
        Path data = Files.createDirectory(folder.resolve("..2026_01_01"));
        jar(data.resolve("lazy.jar"), "1.0", "stranger.Lazy");
        Files.createSymbolicLink(folder.resolve("..data"), data.getFileName());
        Files.createSymbolicLink(folder.resolve("lazy.jar"), Path.of("..data", "lazy.jar"));

        assertThat(load().all())
                .filteredOn(each -> each.strategy().name().equals("lazy"))
                .hasSize(1);
    }

    @Test
    void jarsThatCannotBeUsedAreToldOneByOne() throws IOException {
        Files.writeString(folder.resolve("a-text.jar"), "no jar at all");
        jar("b-unversioned.jar", null, "stranger.Lazy");
        jar("c-future.jar", "2.0", "stranger.Lazy");
        jar("d-silent.jar", "1.0", null);
        jar("e-wrong.jar", "1.0", "stranger.Missing");

        StrategyCatalogue catalogue = load();

        assertThat(catalogue.faults())
                .extracting(StrategyCatalogue.Fault::toString)
                .satisfiesExactly(
                        text -> assertThat(text).startsWith("a-text.jar: is no readable jar"),
                        text ->
                                assertThat(text)
                                        .contains(
                                                "b-unversioned.jar", "add 'Chaosrunner-Spi: 1.0'"),
                        text -> assertThat(text).contains("c-future.jar", "was built for SPI 2.0"),
                        text -> assertThat(text).contains("d-silent.jar", "names no strategy"),
                        text -> assertThat(text).contains("e-wrong.jar", "stranger.Missing"));
        assertThat(catalogue.plan("sequential", request(Map.of()))).isNotNull();
    }

    @Test
    void aBrokenJarStopsOnlyTheRunThatMissesItsStrategy() throws IOException {
        jar("lazy.jar", "2.0", "stranger.Lazy");

        assertThatThrownBy(() -> load().plan("lazy", request(Map.of())))
                .isInstanceOf(InvalidParameters.class)
                .hasMessageContaining("there is no strategy 'lazy'")
                .hasMessageContaining("lazy.jar: was built for SPI 2.0");
    }

    @Test
    void twoJarsWithOneNameAreAmbiguousOnlyForThatName() throws IOException {
        jar("lazy.jar", "1.0", "stranger.Lazy");
        jar("lazy-copy.jar", "1.0", "stranger.Lazy");

        StrategyCatalogue catalogue = load();

        assertThatThrownBy(() -> catalogue.plan("lazy", request(Map.of())))
                .hasMessageContaining(
                        "'lazy' is ambiguous: it comes from lazy-copy.jar and lazy.jar");
        assertThat(catalogue.plan("parallel", request(Map.of()))).isNotNull();
    }

    @Test
    void aMisspeltNameOrKeyIsAnsweredWithTheNearestOne() {
        StrategyCatalogue catalogue = StrategyCatalogue.onClassPath();

        assertThatThrownBy(() -> catalogue.plan("sequental", request(Map.of())))
                .hasMessageContaining("did you mean 'sequential'?");
        assertThatThrownBy(
                        () -> catalogue.plan("parallel", request(Map.of("stager", "1s", "x", 1))))
                .hasMessageContaining("stager: no such parameter; did you mean 'stagger'?")
                .hasMessageContaining("x: no such parameter; strategy parallel has stagger");
    }

    @Test
    void aFolderThatDoesNotExistHasNoPlugins() {
        StrategyCatalogue catalogue =
                StrategyCatalogue.load(Optional.of(folder.resolve("nowhere")));

        assertThat(catalogue.faults()).isEmpty();
        assertThat(catalogue.all())
                .hasSize(4)
                .allMatch(each -> each.source().equals(StrategyCatalogue.BUILT_IN));
    }

    // ---- Odd jars ----------------------------------------------------------------------------

    @Test
    void aModularJarIsReadAsAnyOther() {
        StrategyJar.empty()
                .compiled(
                        "",
                        Map.of(
                                "module-info",
                                "module stranger { exports stranger; }",
                                "stranger.Inner",
                                "package stranger; public class Inner {}"))
                .compiled("stranger.Lazy", LAZY)
                .service("stranger.Lazy")
                .write(folder.resolve("modular.jar"));

        assertThat(load().faults()).isEmpty();
        assertThat(load().plan("lazy", request(Map.of()))).isNotNull();
    }

    @Test
    void aMultiReleaseJarGivesTheClassOfThisRelease() {
        StrategyJar.empty()
                .attribute("Multi-Release", "true")
                .compiled("stranger.Lazy", LAZY)
                .compiled(
                        "META-INF/versions/25/",
                        Map.of("stranger.Lazy", LAZY.replace("\"lazy\"", "\"lazy-of-25\"")))
                .service("stranger.Lazy")
                .write(folder.resolve("multi.jar"));

        assertThat(load().all())
                .extracting(each -> each.strategy().name())
                .contains("lazy-of-25")
                .doesNotContain("lazy");
    }

    @Test
    void aJarThatWasChangedAfterItWasSignedIsAFault() throws Exception {
        Path jar =
                StrategyJar.empty()
                        .compiled("stranger.Lazy", LAZY)
                        .service("stranger.Lazy")
                        .write(folder.resolve("forged.jar"));
        sign(jar);
        assertThat(load().faults()).isEmpty();
        try (FileSystem inside = FileSystems.newFileSystem(jar)) {
            Path changed = inside.getPath("stranger", "Lazy.class");
            byte[] code = Files.readAllBytes(changed);
            code[code.length - 1]++;
            Files.write(changed, code);
        }

        assertThat(load().faults())
                .singleElement()
                .extracting(StrategyCatalogue.Fault::toString)
                .asString()
                .startsWith("forged.jar: cannot be loaded: ")
                .contains("SecurityException");
        assertThat(load().plan("parallel", request(Map.of()))).isNotNull();
    }

    private void sign(Path jar) throws Exception {
        Path keys = folder.resolve("keys.p12");
        tool(
                "keytool",
                "-genkeypair -alias me -keyalg EC -dname CN=me -storepass secret1 -keystore "
                        + keys);
        tool("jarsigner", "-keystore " + keys + " -storepass secret1 " + jar + " me");
    }

    private static void tool(String name, String arguments) throws Exception {
        var command = new ArrayList<String>();
        command.add(Path.of(System.getProperty("java.home"), "bin", name).toString());
        command.addAll(List.of(arguments.split(" ")));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), UTF_8);
        assertThat(process.waitFor()).as(said).isZero();
    }

    @Test
    void aJarForALaterSpiSaysWhatThisOneLacks() {
        // As javac would link it: against a class that is not there, and a method that is not.
        StrategyJar.empty()
                .compiled(
                        "",
                        Map.of(
                                "stranger.Lazy",
                                LAZY.replace("request) {", "request) { Later.speak(); "),
                                "stranger.Later",
                                "package stranger; class Later { static void speak() {} }"))
                .entry(
                        "stranger/Later.class",
                        StrategyJar.empty()
                                .compiled("stranger.Later", "package stranger; class Later {}")
                                .entry("stranger/Later.class"))
                .service("stranger.Lazy")
                .write(folder.resolve("later.jar"));
        StrategyJar.empty()
                .compiled(
                        "",
                        Map.of(
                                "stranger.Never",
                                LAZY.replace("class Lazy", "class Never")
                                        .replace("\"lazy\"", "\"never\"")
                                        .replace(
                                                "implements Exec", "extends Later implements Exec"),
                                "stranger.Later",
                                "package stranger; class Later {}"))
                .entry("stranger/Later.class", new byte[0])
                .service("stranger.Never")
                .write(folder.resolve("never.jar"));

        StrategyCatalogue catalogue = load();

        assertThatThrownBy(() -> catalogue.plan("lazy", request(Map.of())))
                .isInstanceOf(InvalidParameters.class)
                .hasMessageContaining(
                        "lazy (later.jar) cannot plan: it threw java.lang.NoSuchMethodError");
        assertThatThrownBy(() -> catalogue.plan("never", request(Map.of())))
                .isInstanceOf(InvalidParameters.class)
                .hasMessageContaining("never.jar: cannot be loaded: ");
    }

    @Test
    void anSpiOfItsOwnInAJarIsNotLookedAt() {
        StrategyJar own =
                StrategyJar.empty()
                        .compiled("stranger.Lazy", LAZY)
                        .service("stranger.Lazy")
                        .compiled(
                                "",
                                Map.of(
                                        "io.chaosrunner.strategy.Decision",
                                        "package io.chaosrunner.strategy; public final class Decision {}",
                                        "io.chaosrunner.strategy.ExecutionStrategy",
                                        "package io.chaosrunner.strategy; public interface ExecutionStrategy { void other(); }",
                                        "io.chaosrunner.run.EngineRun",
                                        "package io.chaosrunner.run; public class EngineRun {}"));
        own.write(folder.resolve("shadow.jar"));

        assertThat(load().faults()).isEmpty();
        assertThat(load().plan("lazy", request(Map.of()))).isNotNull();
    }

    @Test
    void twoStrategiesOfOneNameInAJarAreAmbiguous() {
        StrategyJar.empty()
                .compiled("stranger.Lazy", LAZY)
                .compiled("stranger.Other", LAZY.replace("class Lazy", "class Other"))
                .service("stranger.Lazy\nstranger.Other")
                .write(folder.resolve("twice.jar"));

        assertThatThrownBy(() -> load().plan("lazy", request(Map.of())))
                .hasMessageContaining("'lazy' is ambiguous: it comes from twice.jar and twice.jar");
    }

    @Test
    void aStrategyNamedAsABuiltInOneIsToldAndNeverUsed() {
        StrategyJar.empty()
                .compiled("stranger.Lazy", LAZY.replace("\"lazy\"", "\"parallel\""))
                .service("stranger.Lazy")
                .write(folder.resolve("greedy.jar"));

        StrategyCatalogue catalogue = load();

        assertThat(catalogue.plan("parallel", request(Map.of()))).isNotNull();
        assertThat(catalogue.all()).hasSize(4);
        assertThat(catalogue.faults())
                .extracting(StrategyCatalogue.Fault::toString)
                .containsExactly(
                        "greedy.jar: its strategy 'parallel' is never used: a built-in one has that name");
    }

    private StrategyCatalogue load() {
        return StrategyCatalogue.load(Optional.of(folder));
    }

    private void jar(String name, @Nullable String spi, @Nullable String service) {
        jar(folder.resolve(name), spi, service);
    }

    private static void jar(Path file, @Nullable String spi, @Nullable String service) {
        StrategyJar jar = StrategyJar.empty().compiled("stranger.Lazy", LAZY);
        if (spi == null) {
            jar.without("Chaosrunner-Spi");
        } else {
            jar.attribute("Chaosrunner-Spi", spi);
        }
        if (service != null) {
            jar.service(service);
        }
        jar.write(file);
    }

    private static StrategyRequest request(Map<String, ?> parameters) {
        return new Request(
                List.of(new Slot(0, "pod-delete")),
                Parameters.of(parameters),
                Draws.seeded(1),
                List.of());
    }

    private record Request(
            List<Slot> slots, Parameters parameters, Draws draws, List<PastRun> history)
            implements StrategyRequest {}
}
