package io.chaosrunner.plugin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.chaosrunner.strategy.Draws;
import io.chaosrunner.strategy.ExecutionStrategy;
import io.chaosrunner.strategy.InvalidParameters;
import io.chaosrunner.strategy.Parameters;
import io.chaosrunner.strategy.PastRun;
import io.chaosrunner.strategy.Slot;
import io.chaosrunner.strategy.StrategyRequest;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import javax.tools.JavaCompiler;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StrategyCatalogueTest {

    private static final String SERVICE = "META-INF/services/" + ExecutionStrategy.class.getName();

    @TempDir static Path classes;

    @TempDir Path folder;

    /** A stranger's strategy, which also shows what it can see of the runner. */
    @BeforeAll
    static void compileAStrategy() {
        String source =
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
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        var unit =
                new SimpleJavaFileObject(
                        URI.create("string:///stranger/Lazy.java"),
                        SimpleJavaFileObject.Kind.SOURCE) {
                    @Override
                    public CharSequence getCharContent(boolean ignoreEncodingErrors) {
                        return source;
                    }
                };
        List<String> options =
                List.of(
                        "-proc:none",
                        "-d",
                        classes.toString(),
                        "-cp",
                        Path.of(
                                        ExecutionStrategy.class
                                                .getProtectionDomain()
                                                .getCodeSource()
                                                .getLocation()
                                                .getPath())
                                .toString());
        assertThat(compiler.getTask(null, null, null, options, null, List.of(unit)).call())
                .isTrue();
    }

    @Test
    void aJarInTheFolderAddsItsStrategy() throws IOException {
        jar("lazy.jar", "1.0", "stranger.Lazy");

        StrategyCatalogue catalogue = load();

        assertThat(catalogue.faults()).isEmpty();
        assertThat(catalogue.all())
                .extracting(each -> each.strategy().name() + " from " + each.source())
                .contains("lazy from lazy.jar", "sequential from built-in");
        assertThat(catalogue.hasPlugins()).isTrue();
        assertThat(catalogue.isBuiltIn("lazy")).isFalse();
        assertThat(catalogue.isBuiltIn("sequential")).isTrue();
        assertThat(catalogue.plan("lazy", request(Map.of()))).isNotNull();
    }

    @Test
    void withoutPluginsThereAreOnlyTheBuiltInStrategies() throws IOException {
        jar("lazy.jar", "1.0", "stranger.Lazy");
        jar("broken.jar", "1.0", "stranger.Missing");

        StrategyCatalogue catalogue = load().withoutPlugins();

        assertThat(catalogue.hasPlugins()).isFalse();
        assertThat(catalogue.faults()).isEmpty();
        assertThat(catalogue.all())
                .extracting(StrategyCatalogue.Listed::source)
                .containsOnly(StrategyCatalogue.BUILT_IN)
                .hasSize(4);
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
        assertThat(catalogue.hasPlugins()).isFalse();
        assertThat(catalogue.all())
                .isNotEmpty()
                .allMatch(each -> each.source().equals(StrategyCatalogue.BUILT_IN));
    }

    private StrategyCatalogue load() {
        return StrategyCatalogue.load(Optional.of(folder));
    }

    private void jar(String name, @Nullable String spi, @Nullable String service)
            throws IOException {
        jar(folder.resolve(name), spi, service);
    }

    private static void jar(Path file, @Nullable String spi, @Nullable String service)
            throws IOException {
        Manifest manifest = new Manifest();
        manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
        if (spi != null) {
            manifest.getMainAttributes().putValue("Chaosrunner-Spi", spi);
        }
        try (OutputStream out = Files.newOutputStream(file);
                JarOutputStream jar = new JarOutputStream(out, manifest)) {
            jar.putNextEntry(new JarEntry("stranger/Lazy.class"));
            jar.write(Files.readAllBytes(classes.resolve("stranger/Lazy.class")));
            if (service != null) {
                jar.putNextEntry(new JarEntry(SERVICE));
                jar.write(service.getBytes(StandardCharsets.UTF_8));
            }
        }
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
