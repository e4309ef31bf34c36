package io.chaosrunner.systemtests;

import static java.util.Objects.requireNonNull;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.WatcherException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Measure the runner as the operator starts it: what the image holds, in the environment of a pod,
 * over TLS on the real API server. Prints figures and asserts none of them.
 *
 * <p>Not part of the tests: {@code docs/benchmarks.md} has the command. Calls are counted by the
 * API server's own audit log; memory and CPU time are the kernel's.
 */
@NeedsControlPlane
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class EngineBenchmark {
    private static final String ENGINE = "engine";
    private static final Duration LIMIT = Duration.ofMinutes(5);
    private static final Duration SETTLE = Duration.ofSeconds(5);
    private static final Duration QUIET = Duration.ofMinutes(1);
    private static final int STARTS = 9;

    private static final Duration SAMPLE = Duration.ofMillis(10);

    /** Of a line of {@code /proc/PID/stat}, in ticks of 10 ms: user and system time. */
    private static final int USER_TIME = 13;

    private static final long TICK_MILLIS = 10;

    private Path image;
    private ControlPlane controlPlane;

    @BeforeAll
    void start(@TempDir Path folder) throws Exception {
        image = folder.resolve("chaos-runner");
        Path log = folder.resolve("assemble.log");
        var assemble =
                new ProcessBuilder(
                                ControlPlaneBinaries.sourceRoot()
                                        .resolve("deploy/image/assemble")
                                        .toString(),
                                image.toString())
                        .redirectErrorStream(true)
                        .redirectOutput(log.toFile());
        assemble.environment().put("JAVA_HOME", System.getProperty("java.home"));
        if (assemble.start().waitFor() != 0) {
            throw new IllegalStateException(Files.readString(log));
        }
        controlPlane = ControlPlane.startAudited();
    }

    @AfterAll
    void stop() {
        controlPlane.close();
    }

    @ParameterizedTest
    @CsvSource({
        "1, true",
        "1, false",
        "10, true",
        "10, false",
        "100, true",
        "100, false",
        "1000, true"
    })
    void manyExperimentsInParallel(int experiments, boolean mayWatch) throws Exception {
        try (TestNamespace namespace = TestNamespace.create(controlPlane);
                FakeKubelet _ = FakeKubelet.start(namespace)) {
            List<String> names =
                    IntStream.range(0, experiments).mapToObj(i -> "experiment-" + i).toList();
            names.forEach(namespace::experiment);
            EngineManifest engine = engine(namespace, mayWatch);
            names.forEach(name -> engine.experiment(name, "after=2s"));
            engine.create();
            var seen = new Seen(namespace);

            var process = new Measured(namespace, names, mayWatch);
            process.awaitFirstJob(seen);
            process.awaitEnd();
            await().atMost(LIMIT).until(() -> seen.verdicts.size() == experiments);

            List<Long> delays =
                    names.stream()
                            .map(name ->
                                    requireNonNull(seen.verdicts.get(name))
                                            - requireNonNull(seen.ends.get(name)))
                            .map(TimeUnit.NANOSECONDS::toMillis)
                            .sorted()
                            .toList();
            Map<String, Integer> calls = new AuditLog(controlPlane, namespace).calls(each -> true);
            int all = calls.values().stream().mapToInt(Integer::intValue).sum();
            System.out.printf(
                    "%d experiments, %s watch: first Job after %d ms (CPU %d ms); pod's end to verdict p50 %d ms, p99 %d ms; %.1f calls each; most RssAnon %d MiB; CPU %d ms; exit %d%n  %s, at most %d engine writes in a second%n",
                    experiments,
                    mayWatch ? "with" : "without",
                    process.firstJob.toMillis(),
                    process.cpuAtFirstJob.toMillis(),
                    delays.get(delays.size() / 2),
                    delays.get((int) Math.ceil(delays.size() * 0.99) - 1),
                    all / (double) experiments,
                    process.mostAnonymous.get() / 1024,
                    process.cpu.toMillis(),
                    process.process.exitValue(),
                    calls,
                    mostWritesInASecond(namespace));
            seen.close();
        }
    }

    @ParameterizedTest
    @CsvSource({"true", "false"})
    void whileNothingChanges(boolean mayWatch) throws Exception {
        try (TestNamespace namespace = TestNamespace.create(controlPlane);
                FakeKubelet _ = FakeKubelet.start(namespace)) {
            namespace.experiment("hangs");
            engine(namespace, mayWatch).experiment("hangs", "hang").create();
            var process = new Measured(namespace, List.of("hangs"), mayWatch);
            eventually(() ->
                    namespace.entries(ENGINE).stream()
                            .anyMatch(entry -> "Running".equals(entry.get("status"))));
            process.awaitLivingFor(SETTLE);
            Instant begin = Instant.now();

            process.awaitLivingFor(QUIET);

            System.out.printf(
                    "nothing changes for %d s, %s watch: %s%n",
                    QUIET.toSeconds(),
                    mayWatch ? "with" : "without",
                    new AuditLog(controlPlane, namespace)
                            .calls(each -> !each.received().isBefore(begin)));
            process.process.destroyForcibly().waitFor();
        }
    }

    @Test
    void fromStartToFirstJob() throws Exception {
        var wall = new ArrayList<Long>();
        var cpu = new ArrayList<Long>();
        for (int i = 0; i < STARTS; i++) {
            try (TestNamespace namespace = TestNamespace.create(controlPlane);
                    FakeKubelet _ = FakeKubelet.start(namespace);
                    Seen seen = new Seen(namespace)) {
                namespace.experiment("experiment");
                engine(namespace, true).experiment("experiment", "after=100ms").create();
                var process = new Measured(namespace, List.of("experiment"), true);
                process.awaitFirstJob(seen);
                process.awaitEnd();
                wall.add(process.firstJob.toMillis());
                cpu.add(process.cpuAtFirstJob.toMillis());
            }
        }
        System.out.printf(
                "process start to first Job, %d times: %s; CPU %s%n",
                STARTS, leastAndMedian(wall), leastAndMedian(cpu));
    }

    /** What it takes to begin at all, and so a yardstick for the machine of the day. */
    @Test
    void theProgramAlone() throws Exception {
        var wall = new ArrayList<Long>();
        for (int i = 0; i < STARTS; i++) {
            long began = System.nanoTime();
            Process process =
                    new ProcessBuilder(launcher().toString(), "--version")
                            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                            .start();
            process.waitFor();
            wall.add(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began));
        }
        System.out.printf("--version, %d times: %s%n", STARTS, leastAndMedian(wall));
    }

    private static String leastAndMedian(List<Long> millis) {
        List<Long> sorted = millis.stream().sorted().toList();
        return "least %d ms, median %d ms"
                .formatted(sorted.getFirst(), sorted.get(sorted.size() / 2));
    }

    private static EngineManifest engine(TestNamespace namespace, boolean mayWatch) {
        return namespace
                .newEngine(ENGINE)
                .account(mayWatch ? namespace.powerful() : namespace.getListOnly())
                .annotation("chaosrunner.io/execution", "{strategy: parallel, maxParallel: 100}");
    }

    private Path launcher() {
        return image.resolve("chaos-runner");
    }

    // ---- The process ---------------------------------------------------------------------------

    /** One process of the runner, and what the kernel says of it. */
    private final class Measured {
        private final Process process;
        private final long began = System.nanoTime();
        private final ScheduledExecutorService sampler =
                Executors.newSingleThreadScheduledExecutor(Thread.ofPlatform().daemon().factory());
        private final AtomicLong mostAnonymous = new AtomicLong();
        private Duration firstJob = Duration.ZERO;
        private Duration cpuAtFirstJob = Duration.ZERO;
        private volatile Duration cpu = Duration.ZERO;

        Measured(TestNamespace namespace, List<String> names, boolean mayWatch) throws IOException {
            String account = mayWatch ? "powerful" : "get-list-only";
            Path folder = namespace.folder("benchmark");
            Litmus.engines(namespace.admin(), namespace.name())
                    .named(ENGINE)
                    .patch(
                            PatchContext.of(PatchType.JSON_MERGE),
                            "{\"status\":{\"engineStatus\":\"initialized\"}}");
            var builder =
                    new ProcessBuilder(launcher().toString())
                            .redirectErrorStream(true)
                            .redirectOutput(folder.resolve("runner.log").toFile());
            Map<String, String> env = builder.environment();
            env.clear();
            env.put("PATH", "/usr/bin:/bin");
            env.put("CHAOSENGINE", ENGINE);
            env.put("EXPERIMENT_LIST", String.join(",", names));
            env.put("CHAOS_SVC_ACC", account);
            env.put("CHAOS_NAMESPACE", namespace.name());
            env.putAll(
                    PodAccess.ofServiceAccount(
                            namespace.controlPlane(), namespace.name(), account, folder));
            process = builder.start();
            sampler.scheduleAtFixedRate(this::sample, 0, SAMPLE.toMillis(), TimeUnit.MILLISECONDS);
        }

        void awaitFirstJob(Seen seen) {
            eventually(() -> seen.firstJob != 0);
            firstJob = Duration.ofNanos(seen.firstJob - began);
            cpuAtFirstJob = cpu;
        }

        void awaitEnd() throws InterruptedException {
            if (!process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new IllegalStateException("the runner goes on after " + LIMIT);
            }
        }

        void awaitLivingFor(Duration duration) {
            await().during(duration).atMost(LIMIT).until(process::isAlive);
        }

        private void sample() {
            Path folder = Path.of("/proc", Long.toString(process.pid()));
            try {
                String stat = Files.readString(folder.resolve("stat"));
                String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
                long ticks =
                        Long.parseLong(fields[USER_TIME - 2])
                                + Long.parseLong(fields[USER_TIME - 1]);
                cpu = Duration.ofMillis(ticks * TICK_MILLIS);
                Files.readString(folder.resolve("status"))
                        .lines()
                        .filter(line -> line.startsWith("RssAnon:"))
                        .map(line -> Long.parseLong(line.replaceAll("[^0-9]", "")))
                        .forEach(now -> mostAnonymous.accumulateAndGet(now, Math::max));
            } catch (IOException gone) {
                sampler.shutdown();
            }
        }
    }

    /** When what was seen through the API, on this process' clock. */
    private static final class Seen implements AutoCloseable {
        private final Map<String, Long> ends = new ConcurrentHashMap<>();
        private final Map<String, Long> verdicts = new ConcurrentHashMap<>();
        private final List<AutoCloseable> watches = new ArrayList<>();
        private volatile long firstJob;

        Seen(TestNamespace namespace) {
            watches.add(
                    namespace
                            .admin()
                            .batch()
                            .v1()
                            .jobs()
                            .inNamespace(namespace.name())
                            .watch(
                                    watcher(job -> {
                                        if (firstJob == 0) {
                                            firstJob = System.nanoTime();
                                        }
                                    })));
            watches.add(
                    namespace
                            .admin()
                            .pods()
                            .inNamespace(namespace.name())
                            .watch(watcher(this::pod)));
            watches.add(
                    Litmus.engines(namespace.admin(), namespace.name())
                            .all()
                            .watch(watcher(this::engine)));
        }

        private void pod(Pod pod) {
            if (pod.getStatus() != null && "Succeeded".equals(pod.getStatus().getPhase())) {
                String experiment =
                        pod.getSpec().getContainers().stream()
                                .map(Container::getEnv)
                                .flatMap(List::stream)
                                .filter(variable -> variable.getName().equals("EXPERIMENT_NAME"))
                                .map(variable -> variable.getValue())
                                .findFirst()
                                .orElse("");
                ends.putIfAbsent(experiment, System.nanoTime());
            }
        }

        private void engine(GenericKubernetesResource engine) {
            List<Map<String, String>> entries = engine.get("status", "experiments");
            if (entries != null) {
                for (Map<String, String> entry : entries) {
                    if ("Completed".equals(entry.get("status"))) {
                        verdicts.putIfAbsent(entry.get("name"), System.nanoTime());
                    }
                }
            }
        }

        private static <T> Watcher<T> watcher(java.util.function.Consumer<T> heed) {
            return new Watcher<>() {
                @Override
                public void eventReceived(Action action, T object) {
                    heed.accept(object);
                }

                @Override
                public void onClose(WatcherException cause) {
                    // The benchmark would wait in vain, and say so.
                }
            };
        }

        @Override
        public void close() throws Exception {
            for (AutoCloseable watch : watches) {
                watch.close();
            }
        }
    }

    private long mostWritesInASecond(TestNamespace namespace) throws IOException {
        long[] writes =
                new AuditLog(controlPlane, namespace)
                        .requests().stream()
                                .filter(each -> each.resource().equals("chaosengines"))
                                .filter(AuditLog.Request::isWrite)
                                .mapToLong(each -> each.received().toEpochMilli())
                                .sorted()
                                .toArray();
        long most = 0;
        for (int i = 0; i < writes.length; i++) {
            long end = writes[i] + 1_000;
            most =
                    Math.max(
                            most,
                            Arrays.stream(writes, i, writes.length).filter(t -> t < end).count());
        }
        return most;
    }

    private static void eventually(BooleanSupplier holds) {
        await().atMost(LIMIT).pollInterval(SAMPLE).until(holds::getAsBoolean);
    }
}
