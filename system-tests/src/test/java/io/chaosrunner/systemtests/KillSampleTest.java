package io.chaosrunner.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.systemtests.ApiProxy.Call;
import io.chaosrunner.testing.KillPoints.Point;
import io.fabric8.kubernetes.api.model.Pod;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Kill the runner with SIGKILL around calls that are spread evenly over runs of every shape, and
 * see that both processes together decide and do what one alone does.
 *
 * <p>A sample of those that the runner's own tests take, without processes; they are printed. Of a
 * short run all are taken, with processes, in {@link KillSweepTest}.
 */
@NeedsControlPlane
@Timeout(1800)
class KillSampleTest {

    private static final String ENGINE = "engine-nginx";
    private static final String RUNNER = ENGINE + "-runner";

    /** Of each run, and as many at once: they mostly wait, for the JVM and for the next second. */
    private static final int POINTS = 3;

    private static final boolean EXHAUSTIVE = Boolean.getBoolean("exhaustive");

    /** More than two rounds of draws in which none comes again. */
    private static final int ITERATIONS = EXHAUSTIVE ? 20 : 9;

    /** Describe a run: what its experiments play, in order, and how they are launched. */
    private record Shape(String name, String policy, String execution, List<String> scenarios) {
        @Override
        public String toString() {
            return name;
        }
    }

    /** Tell all that must not depend on who was killed when. */
    private record Story(List<String> launches, String skipped, List<String> entries) {}

    /** Tell how a run went: its story, and where others can be killed. */
    private record Run(Story story, List<Point> points) {}

    static Stream<Shape> shapes() {
        return Stream.of(
                new Shape(
                        "parallel of 6",
                        "retain",
                        "{strategy: parallel, maxParallel: 4}",
                        Stream.of("Pass", "Fail", "Pass", "Pass", "Pass", "Pass")
                                .map(verdict -> "verdict=" + verdict + " after=100ms")
                                .toList()),
                new Shape(
                        "dag with skips",
                        "retain",
                        "{strategy: dag, dependencies: {e1: [e0.passed], e2: [e0.failed],"
                                + " e3: [e1], e4: [e2, e5]}}",
                        List.of(
                                "verdict=Fail after=100ms",
                                "after=100ms",
                                "after=100ms",
                                "after=100ms",
                                "after=100ms",
                                "after=200ms")),
                new Shape(
                        "random iterations",
                        "delete",
                        "{strategy: random, iterations: %d, replacement: false, seed: 7}"
                                .formatted(ITERATIONS),
                        IntStream.range(0, EXHAUSTIVE ? 7 : 4)
                                .mapToObj(i -> "after=100ms")
                                .toList()),
                new Shape(
                        "faults that are left",
                        "retain",
                        "{strategy: sequential}",
                        List.of(
                                "oom after=100ms helper",
                                "force-deleted after=100ms helper",
                                "abandon after=100ms",
                                "after=100ms")),
                new Shape(
                        "retries",
                        "retain",
                        "{strategy: parallel, retries: 2, retryBackoff: 10ms}",
                        List.of(
                                "crash after=100ms helper",
                                "verdict=Error after=100ms",
                                "after=100ms")));
    }

    @ParameterizedTest
    @MethodSource("shapes")
    void aKilledRunDecidesAsTheUnbrokenOne(Shape shape, ControlPlane controlPlane) {
        Run unbroken = run(controlPlane, shape, Optional.empty());
        List<Point> points = sample(unbroken.points());
        System.out.printf("%s, killed %s%n", shape.name(), points);
        var wrong = new ConcurrentSkipListMap<String, Throwable>();
        try (var threads = Executors.newFixedThreadPool(POINTS)) {
            for (Point point : points) {
                threads.execute(() -> {
                    try {
                        Run broken = run(controlPlane, shape, Optional.of(point));
                        assertThat(broken.story()).isEqualTo(unbroken.story());
                    } catch (RuntimeException | Error e) {
                        wrong.put(point.toString(), e);
                    }
                });
            }
        }
        if (!wrong.isEmpty()) {
            var failure = new AssertionError("killed " + wrong.keySet());
            wrong.values().forEach(failure::addSuppressed);
            throw failure;
        }
    }

    /** One point, drawn, in each of as many equal parts of them. */
    private static List<Point> sample(List<Point> points) {
        if (EXHAUSTIVE) {
            return points;
        }
        var random = new Random(Integer.getInteger("rotation", 0));
        return IntStream.range(0, POINTS)
                .map(i -> (int) ((i + random.nextDouble()) * points.size() / POINTS))
                .distinct()
                .mapToObj(points::get)
                .toList();
    }

    /** Run to the end; killed around a call, or never. */
    private static Run run(ControlPlane controlPlane, Shape shape, Optional<Point> killed) {
        try (TestNamespace namespace = TestNamespace.create(controlPlane);
                ApiProxy proxy = ApiProxy.start(controlPlane);
                FakeKubelet kubelet = FakeKubelet.start(namespace, proxy::kubeconfigFor)) {
            killed.ifPresent(point -> proxy.killAt(point, () -> kubelet.runner(RUNNER).kill()));
            EngineManifest engine =
                    namespace
                            .newEngine(ENGINE)
                            .account(namespace.powerful())
                            .cleanUp(shape.policy())
                            .annotation("chaosrunner.io/execution", shape.execution());
            for (int i = 0; i < shape.scenarios().size(); i++) {
                namespace.experiment("e" + i);
                engine.experiment("e" + i, shape.scenarios().get(i));
            }
            engine.create();
            RunnerPod.create(namespace, ENGINE).awaitCompletion(kubelet);
            assertThat(namespace.pods())
                    .as("helpers, which have no owner")
                    .noneMatch(KillSampleTest::isLivingHelper);
            if (shape.policy().equals("delete")) {
                TestNamespace.eventually(() -> namespace.jobs().isEmpty());
            }
            return new Run(
                    story(namespace, proxy), killed.isPresent() ? List.of() : proxy.killPoints());
        }
    }

    private static boolean isLivingHelper(Pod pod) {
        String phase = pod.getStatus().getPhase();
        return pod.getMetadata().getOwnerReferences().isEmpty()
                && !pod.getMetadata().getName().equals(RUNNER)
                && !List.of("Succeeded", "Failed").contains(phase);
    }

    private static Story story(TestNamespace namespace, ApiProxy proxy) {
        var launches = new ArrayList<String>();
        for (Call call : proxy.calls("create", "jobs")) {
            if (call.status() == 201) {
                JsonNode metadata = JsonMapper.shared().readTree(call.body()).path("metadata");
                var labels = metadata.path("labels");
                launches.add(
                        "%s.%s.%s: %s"
                                .formatted(
                                        labels.path("chaosrunner.io/slot").asString(),
                                        labels.path("chaosrunner.io/iteration").asString(),
                                        labels.path("chaosrunner.io/attempt").asString(),
                                        metadata.path("annotations")
                                                .path("chaosrunner.io/why")
                                                .asString()));
            }
        }
        JsonNode claim =
                JsonMapper.shared()
                        .readTree(
                                namespace
                                        .engine(ENGINE)
                                        .getMetadata()
                                        .getAnnotations()
                                        .get("chaosrunner.io/run"));
        assertThat(claim.path("state").asString()).isEqualTo("finished");
        assertThat(claim.path("log").asString().split(" ")).hasSameSizeAs(launches);
        return new Story(
                launches.stream().sorted().toList(),
                claim.path("skipped").toString(),
                namespace.entries(ENGINE).stream()
                        .map((Map<String, String> entry) ->
                                "%s %s %s"
                                        .formatted(
                                                entry.get("name"),
                                                entry.get("status"),
                                                entry.get("verdict")))
                        .toList());
    }
}
