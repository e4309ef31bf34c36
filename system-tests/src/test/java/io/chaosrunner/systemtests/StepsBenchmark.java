package io.chaosrunner.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.cluster.Fabric8Cluster;
import io.chaosrunner.run.RunResult;
import io.chaosrunner.systemtests.ApiProxy.Call;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Measure what a run takes beyond its ideal makespan, once the process is warm. Prints figures and
 * asserts none of them; {@code docs/benchmarks.md} has the command.
 *
 * <p>Runs in the JVM of the tests, through a proxy that counts calls, with the stand-in for a
 * kubelet: figures compare two versions in turns on one machine, and nothing else.
 */
@NeedsControlPlane
class StepsBenchmark {
    private static final int ROUNDS = Integer.getInteger("rounds", 3);

    private record Scenario(
            String name, Duration ideal, int steps, String length, String execution) {}

    private static final List<Scenario> SCENARIOS =
            List.of(
                    new Scenario("one step of 1 s", Duration.ofSeconds(1), 1, "1s", "{}"),
                    new Scenario(
                            "10 parallel of 1 s",
                            Duration.ofSeconds(1),
                            10,
                            "1s",
                            "{strategy: parallel}"),
                    new Scenario(
                            "graph of 15 in 5 layers of 300 ms",
                            Duration.ofMillis(1_500),
                            15,
                            "300ms",
                            "{strategy: dag, dependencies: %s}".formatted(layers(15, 3))),
                    new Scenario(
                            "20 in sequence of 200 ms",
                            Duration.ofSeconds(4),
                            20,
                            "200ms",
                            "{strategy: sequential}"));

    /** Each node of a layer waits for all nodes of the layer before. */
    private static String layers(int nodes, int width) {
        return IntStream.range(width, nodes)
                .mapToObj(i ->
                        "e%d: %s"
                                .formatted(
                                        i,
                                        IntStream.range(0, width)
                                                .mapToObj(k -> "e" + ((i / width - 1) * width + k))
                                                .toList()))
                .collect(Collectors.joining(", ", "{", "}"));
    }

    @Test
    void overheadOverTheIdealMakespan(ControlPlane controlPlane, @TempDir Path folder)
            throws Exception {
        measure(controlPlane, folder, SCENARIOS.getFirst());
        for (Scenario scenario : SCENARIOS) {
            var took = new ArrayList<Figures>();
            for (int round = 0; round < ROUNDS; round++) {
                took.add(measure(controlPlane, folder, scenario));
            }
            System.out.printf(
                    "%s: ideal %.2f s, took %.2f s, last verdict to exit %d ms, %.1f calls a step %s%n",
                    scenario.name(),
                    scenario.ideal().toMillis() / 1e3,
                    median(took, Figures::run) / 1e3,
                    median(took, Figures::exit),
                    median(took, Figures::calls) / (double) scenario.steps(),
                    took.getLast().byKind());
        }
    }

    private record Figures(long run, long exit, long calls, Map<String, Integer> byKind) {}

    private static long median(List<Figures> figures, ToLongFunction<Figures> of) {
        return figures.stream().mapToLong(of).sorted().toArray()[figures.size() / 2];
    }

    private static Figures measure(ControlPlane controlPlane, Path folder, Scenario scenario)
            throws Exception {
        try (TestNamespace namespace = TestNamespace.create(controlPlane);
                ApiProxy proxy = ApiProxy.start(controlPlane);
                FakeKubelet kubelet = FakeKubelet.start(namespace)) {
            assertThat(kubelet).isNotNull();
            String account = namespace.powerful();
            EngineManifest engine =
                    namespace
                            .newEngine(Stage.ENGINE)
                            .account(account)
                            .annotation("chaosrunner.io/execution", scenario.execution());
            for (int i = 0; i < scenario.steps(); i++) {
                namespace.experiment("e" + i);
                engine.experiment("e" + i, "after=" + scenario.length());
            }
            engine.create();
            Path kubeconfig =
                    Files.writeString(
                            folder.resolve("kubeconfig"),
                            proxy.kubeconfigFor(namespace.name(), account));
            try (Fabric8Cluster cluster = Fabric8Cluster.connect(kubeconfig)) {
                long begin = System.nanoTime();
                RunResult result =
                        RunHere.begin(cluster, namespace).result().get(5, TimeUnit.MINUTES);
                long end = System.nanoTime();
                assertThat(result).isInstanceOf(RunResult.Completed.class);
                Map<String, Integer> byKind = new TreeMap<>();
                for (Call call : proxy.calls()) {
                    byKind.merge(call.verb() + " " + call.resource(), 1, Integer::sum);
                }
                List<Call> writes = proxy.calls("patch", "chaosengines");
                return new Figures(
                        millis(end - begin),
                        // The last but one says how the last experiment ended.
                        millis(end - writes.get(writes.size() - 2).nanos()),
                        proxy.calls().size(),
                        byKind);
            }
        }
    }

    private static long millis(long nanos) {
        return TimeUnit.NANOSECONDS.toMillis(nanos);
    }
}
