package io.chaosrunner.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.testing.EngineWorld;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Start-up and memory of a pod: what only a terminal or the service needs is not loaded there. */
class LeanPodTest {
    private static final List<String> ELSEWHERE =
            List.of(
                    "biweekly.",
                    "com.sun.net.httpserver.",
                    "io.chaosrunner.export.",
                    "io.chaosrunner.metrics.",
                    "io.chaosrunner.sandbox.",
                    "io.chaosrunner.telemetry.",
                    "io.chaosrunner.ui.",
                    "io.chaosrunner.validate.",
                    "io.chaosrunner.webhook.",
                    "io.opentelemetry.",
                    "io.prometheus.",
                    "javax.xml.",
                    "kotlin.",
                    "okhttp3.",
                    "org.quartz.",
                    "picocli.");

    @TempDir private Path folder;

    @Test
    void aRunnersPodLoadsNothingOfTheTerminalOrTheService()
            throws IOException, InterruptedException {
        Path log = folder.resolve("classes");
        try (EngineWorld world = EngineWorld.start().engineWith("{}", "a", "b")) {
            Path kubeconfig =
                    Files.writeString(
                            folder.resolve("config"),
                            """
                            {"current-context": "x", "contexts": [{"name": "x", "context": {"cluster": "c"}}],
                             "clusters": [{"name": "c", "cluster": {"server": "%s"}}]}
                            """
                                    .formatted(world.server().url()));
            var builder =
                    new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                            "-XX:TieredStopAtLevel=1",
                            "-Xlog:class+load:file=" + log + ":none",
                            "-cp",
                            programs(),
                            Main.class.getName());
            builder.environment().clear();
            builder.environment().put("CHAOSENGINE", EngineWorld.ENGINE.name());
            builder.environment().put("CHAOS_NAMESPACE", EngineWorld.ENGINE.namespace());
            builder.environment().put("CHAOS_SVC_ACC", "sa");
            builder.environment().put("EXPERIMENT_LIST", "a,b");
            builder.environment().put("KUBECONFIG", kubeconfig.toString());
            Path said = folder.resolve("said");
            Process process =
                    builder.redirectErrorStream(true).redirectOutput(said.toFile()).start();

            assertThat(process.waitFor()).as(Files.readString(said)).isZero();
            assertThat(world.entries()).containsExactly("a: Completed/Pass", "b: Completed/Pass");
        }
        List<String> loaded;
        try (Stream<String> lines = Files.lines(log)) {
            loaded = lines.map(line -> line.split(" ", 2)[0]).toList();
        }
        assertThat(loaded).contains("io.chaosrunner.run.EngineRun");
        assertThat(loaded).noneMatch(name -> ELSEWHERE.stream().anyMatch(name::startsWith));
    }

    /** What tests bring besides is not the program's: a strategy of theirs would be loaded too. */
    private static String programs() {
        return Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
                .filter(entry -> !entry.endsWith("test-classes"))
                .collect(Collectors.joining(File.pathSeparator));
    }
}
