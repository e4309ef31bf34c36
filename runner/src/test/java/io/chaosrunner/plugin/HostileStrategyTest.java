package io.chaosrunner.plugin;

import static io.chaosrunner.testing.StrategyJar.source;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.awaitility.Awaitility.await;

import io.chaosrunner.model.PluginFailure;
import io.chaosrunner.strategy.Decision;
import io.chaosrunner.strategy.Draws;
import io.chaosrunner.strategy.Execution;
import io.chaosrunner.strategy.ExecutionPlan;
import io.chaosrunner.strategy.InvalidParameters;
import io.chaosrunner.strategy.Parameters;
import io.chaosrunner.strategy.PastRun;
import io.chaosrunner.strategy.Progress;
import io.chaosrunner.strategy.Slot;
import io.chaosrunner.strategy.SlotState;
import io.chaosrunner.strategy.StrategyRequest;
import io.chaosrunner.testing.StrategyJar;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever a stranger's strategy does, it fails by name, and nothing else is touched. */
@org.junit.jupiter.api.parallel.Execution(ExecutionMode.CONCURRENT)
class HostileStrategyTest {
    private static final String SPIN = "while (true) { Thread.onSpinWait(); }";

    /** Costs nothing, so that many may hang at once. */
    private static final String HANG =
            "while (true) { try { new java.util.concurrent.CountDownLatch(1).await(); } catch (InterruptedException e) {} }";

    /** What is asked before the call that hangs is answered in time, also on a busy machine. */
    private static final Duration BUDGET = Duration.ofSeconds(10);

    private static final String LOAD = "stranger.jar: %s while it was loaded";
    private static final String PLAN = "strategy: stranger (stranger.jar) cannot plan: it %s";
    private static final String LIMITS =
            "strategy: stranger (stranger.jar) cannot tell its limits: it %s";
    private static final String NEXT = "%s";

    @TempDir Path folder;

    // ---- Endless loops -----------------------------------------------------------------------

    static List<Arguments> places() {
        return List.of(
                Arguments.of(
                        "static initialiser", "static int x; static { if (x == 0) { %s } }", LOAD),
                Arguments.of("constructor", "public Stranger() { %s }", LOAD),
                Arguments.of("name", "public String name() { %s }", LOAD),
                Arguments.of("description", "public String description() { %s }", LOAD),
                Arguments.of("parameters", "public List<Parameter> parameters() { %s }", LOAD),
                Arguments.of("plan", "public ExecutionPlan plan(StrategyRequest r) { %s }", PLAN),
                Arguments.of("limits", "static Limits limits() { %s }", LIMITS),
                Arguments.of("next", "static Decision next(Progress progress) { %s }", NEXT),
                Arguments.of(
                        "text of what plan throws",
                        "static class Bad extends RuntimeException { public String toString() { %s } }"
                                + " public ExecutionPlan plan(StrategyRequest r) { throw new Bad(); }",
                        PLAN),
                Arguments.of(
                        "text of what next throws",
                        "static class Bad extends Error { public String getMessage() { %s } }"
                                + " static Decision next(Progress progress) { throw new Bad(); }",
                        NEXT));
    }

    @ParameterizedTest(name = "in {0}")
    @MethodSource("places")
    void anEndlessLoopIsEndedAndNamed(String where, String member, String failure) {
        StrategyJar.of(source("stranger", member.formatted(where.equals("next") ? SPIN : HANG)))
                .write(folder.resolve("stranger.jar"));

        assertThat(failure(load(BUDGET)))
                .as(where)
                .hasMessageContaining(failure.formatted("did not answer within 10s"));
        awaitProcesses(0);
    }

    // ---- Ends of the process -----------------------------------------------------------------

    /** One thing everywhere, and more in one place. */
    private static List<Arguments> combine(String everywhere, String... more) {
        return places().stream()
                .filter(each -> !each.get()[0].toString().startsWith("text"))
                .flatMap(each ->
                        Stream.concat(
                                        Stream.of(everywhere),
                                        each.get()[0].equals("next")
                                                ? Stream.of(more)
                                                : Stream.of())
                                .map(what ->
                                        Arguments.of(
                                                each.get()[0], each.get()[1], each.get()[2], what)))
                .toList();
    }

    static List<Arguments> ends() {
        return combine(
                "System.exit(0);",
                "Runtime.getRuntime().halt(0);",
                "Runtime.getRuntime().halt(7);");
    }

    @ParameterizedTest(name = "{3} in {0}")
    @MethodSource("ends")
    void anEndOfTheProcessIsNoEndOfTheRunner(
            String where, String member, String failure, String end) {
        StrategyJar.of(
                        source(
                                "stranger",
                                member.formatted(end + " throw new IllegalStateException();")))
                .write(folder.resolve("stranger.jar"));

        assertThat(failure(load(Duration.ofMinutes(1))))
                .as(where)
                .hasMessageContaining(
                        failure.formatted(
                                "ended its process with exit code " + (end.contains("7") ? 7 : 0)));
    }

    // ---- Errors ------------------------------------------------------------------------------

    static List<Arguments> errors() {
        return combine(
                "java.lang.AssertionError: no",
                "java.lang.StackOverflowError",
                "java.lang.OutOfMemoryError",
                "java.lang.NoClassDefFoundError: gone",
                "java.lang.IllegalStateException: no");
    }

    @ParameterizedTest(name = "{3} in {0}")
    @MethodSource("errors")
    void anErrorIsNamedAndNothingElse(String where, String member, String failure, String error) {
        String call =
                switch (error) {
                    case "java.lang.AssertionError: no" -> "throw new AssertionError(\"no\");";
                    case "java.lang.StackOverflowError" -> "return1(0); throw null;";
                    case "java.lang.OutOfMemoryError" ->
                            "List<long[]> all = new ArrayList<>(); while (true) { all.add(new long[100000]); }";
                    case "java.lang.NoClassDefFoundError: gone" ->
                            "throw new NoClassDefFoundError(\"gone\");";
                    default -> "throw new IllegalStateException(\"no\");";
                };
        StrategyJar.of(
                        source(
                                "stranger",
                                "static int return1(int n) { return 1 + return1(n + 1); }",
                                member.formatted(call)))
                .write(folder.resolve("stranger.jar"));

        String said =
                failure.equals(LOAD)
                        ? "stranger.jar: cannot be loaded: "
                        : failure.formatted("threw " + error);
        assertThat(failure(load(Duration.ofMinutes(1))))
                .as(where)
                .hasMessageContaining(said)
                .hasMessageContaining(error);
    }

    @Test
    void aTextThatThrowsIsReplacedByTheNameOfWhatWasThrown() {
        jar(
                "static class Bad extends RuntimeException { public String toString() { throw new AssertionError(); } }",
                "static Decision next(Progress progress) { throw new Bad(); }");

        assertThat(failure(load(BUDGET)))
                .message()
                .matches("threw Stranger\\$Bad \\(Stranger\\.java:\\d+\\)");
    }

    @Test
    void whereItThrewIsToldByItsOwnLineAndTheStackToWhoAsksForIt() {
        jar(
                "static void check(int n) { List.of(1).get(n); }",
                "static Decision next(Progress progress) { check(7); return null; }");
        var stacks = new CopyOnWriteArrayList<String>();
        var catalogue = StrategyCatalogue.load(Optional.of(folder), BUDGET, stacks::add);

        assertThat(failure(catalogue))
                .message()
                .matches("threw java.lang.[A-Za-z]+: .* \\(Stranger\\.java:\\d+\\)");
        assertThat(stacks)
                .singleElement()
                .asString()
                .startsWith("plug-in stranger.jar threw: java.lang.")
                .contains(
                        "at stranger.jar//Stranger.check(Stranger.java:",
                        "at stranger.jar//Stranger$Plan.next(");
    }

    @Test
    void aStackOfAnyLengthIsCutAndDrivesNoTerminal() {
        jar(
                "static int deep(int n) { return n == 0 ? 1 / n : 1 + deep(n - 1); }",
                "static Decision next(Progress progress) { try { deep(900); } catch (ArithmeticException e) { throw new IllegalStateException(\"\\u001b[2J\", e); } return null; }");
        var stacks = new CopyOnWriteArrayList<String>();

        var failure = failure(StrategyCatalogue.load(Optional.of(folder), BUDGET, stacks::add));

        assertThat(failure).hasMessageContaining("threw java.lang.IllegalStateException: ␛[2J (");
        assertThat(stacks)
                .singleElement()
                .asString()
                .doesNotContain("\u001b")
                .hasSizeLessThan(9_000);
    }

    @Test
    void aReasonOfAnyLengthIsOneShortLine() {
        jar(
                "static Decision next(Progress progress) { return Decision.choose().launch(0, \"\\u001b[2Jx\".repeat(1_000_000)).build(); }");

        try (Held plan = new Held(load(BUDGET))) {
            String why = plan.next().launches().getFirst().why();
            assertThat(why).hasSize(500).startsWith("␛[2Jx␛[2Jx").endsWith("…");
        }
    }

    @Test
    void whatIsThrownIsSaidInOneShortLine() {
        jar(
                "static Decision next(Progress progress) { throw new IllegalStateException(\"\\n\".repeat(5_000_000)); }");

        assertThat(failure(load(BUDGET)).getMessage())
                .startsWith("threw java.lang.IllegalStateException: ␊␊␊")
                .endsWith(")")
                .hasSizeLessThan(600);
    }

    @Test
    void whatIsPrintedIsNoAnswer() {
        jar(
                "public Stranger() { System.out.println(\"loaded\"); System.err.println(\"x\".repeat(1_000_000)); }",
                "static Decision next(Progress progress) { System.out.println(progress); return Decision.choose().launch(0, \"here\").build(); }");

        try (Held plan = new Held(load(Duration.ofMinutes(1)))) {
            assertThat(plan.next().launches().getFirst().why()).isEqualTo("here");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "new byte[] {0x7f, 0, 0, 0}",
                "new byte[] {0, 0, 0, 4, 0, 0, 0, 9, 1, 2, 3, 4}",
                "new byte[] {0, 0, 0, 8, 0, 0, 0, 9, 0x7f, 0, 0, 0}",
                "\"Hello\".getBytes()",
                "new byte[100_000]"
            })
    void anythingOnThePipeIsRefused(String bytes) {
        jar(
                "static Decision next(Progress progress) { try (var out = new java.io.FileOutputStream(java.io.FileDescriptor.out)) { out.write(%s); } catch (java.io.IOException e) {} %s }"
                        .formatted(bytes, HANG));

        assertThat(failure(load(BUDGET)))
                .isInstanceOf(PluginFailure.class)
                .message()
                .matches("answered what no strategy can|closed the pipe of its process");
    }

    @Test
    void aFlagLeftOnAThreadLeavesNoTrace() {
        jar(
                "public Stranger() { Thread.currentThread().interrupt(); }",
                "public ExecutionPlan plan(StrategyRequest r) { Thread.currentThread().interrupt(); return new Plan(); }",
                "static Limits limits() { Thread.currentThread().interrupt(); return Limits.none(); }",
                "static Decision next(Progress progress) { boolean was = Thread.interrupted(); Thread.currentThread().interrupt(); return Decision.choose().launch(0, \"was \" + was).build(); }");

        try (Held plan = new Held(load(BUDGET))) {
            assertThat(plan.next().launches().getFirst().why()).isEqualTo("was false");
            assertThat(plan.next().launches().getFirst().why()).isEqualTo("was false");
            assertThat(Thread.currentThread().isInterrupted()).isFalse();
        }
    }

    @Test
    void aJarThatTakesAllThreadsLeavesTheRunnersAlone() {
        jar(
                """
                public Stranger() {
                    for (int i = 0; i < 64; i++) {
                        java.util.concurrent.ForkJoinPool.commonPool().execute(() -> { %s });
                        Thread.ofVirtual().start(() -> { %s });
                    }
                }
                """
                        .formatted(SPIN, SPIN));
        StrategyCatalogue catalogue = load(Duration.ofMinutes(1));

        try (Held plan = new Held(catalogue)) {
            assertThat(plan.next().launches()).hasSize(2);
            assertThat(CompletableFuture.supplyAsync(() -> 1).join()).isOne();
        }
        awaitProcesses(0);
    }

    // ---- Others ------------------------------------------------------------------------------

    @Test
    void aBuiltInStrategyIsPlannedWithoutLoadingAnyJar() {
        StrategyJar.of(source("stranger", "public Stranger() { " + HANG + " }"))
                .write(folder.resolve("stranger.jar"));

        assertThat(load(Duration.ofDays(1)).plan("parallel", request())).isNotNull();
        awaitProcesses(0);
    }

    @Test
    void eachJarHangsByItself() {
        StrategyJar.of(source("stranger")).write(folder.resolve("good.jar"));
        for (int i = 0; i < 6; i++) {
            StrategyJar.of(source("bad", "public Stranger() { " + HANG + " }"))
                    .write(folder.resolve("bad" + i + ".jar"));
        }
        StrategyCatalogue catalogue = load(BUDGET);

        try (Held plan = new Held(catalogue)) {
            assertThat(plan.next().launches()).hasSize(2);
        }
        assertThat(catalogue.faults())
                .hasSize(6)
                .allMatch(fault ->
                        fault.why().equals("did not answer within 10s while it was loaded"));
    }

    @Test
    void plansOfOneJarShareAProcessAndOutliveEachOther() {
        jar(
                "static Decision next(Progress progress) { if (progress.room() == 99) { Runtime.getRuntime().halt(3); } return Decision.choose().launch(0, \"room \" + progress.room()).build(); }");
        StrategyCatalogue catalogue = load(BUDGET);

        try (Held one = new Held(catalogue);
                Held other = new Held(catalogue)) {
            assertThat(one.next(new Shown(1)).launches().getFirst().why()).isEqualTo("room 1");
            assertThat(other.next(new Shown(2)).launches().getFirst().why()).isEqualTo("room 2");
            awaitProcesses(1);

            assertThatThrownBy(() -> one.next(new Shown(99)))
                    .hasMessage("ended its process with exit code 3");

            assertThat(other.next(new Shown(3)).launches().getFirst().why()).isEqualTo("room 3");
            one.close();
            assertThat(other.next(new Shown(4)).launches().getFirst().why()).isEqualTo("room 4");
        }
        awaitProcesses(0);
    }

    @Test
    void aRunThatIsLeftDoesNotWaitForItsStrategy() throws Exception {
        jar("static Decision next(Progress progress) { " + HANG + " }");
        try (Held plan = new Held(load(Duration.ofDays(1)))) {
            var failure = new CompletableFuture<Throwable>();
            Thread asking =
                    Thread.ofPlatform().start(() -> failure.complete(catchThrowable(plan::next)));
            asking.interrupt();

            assertThat(failure.get()).hasMessage("was interrupted");
        }
        awaitProcesses(0);
    }

    @Test
    void ofTheRunnersEnvironmentAStrategySeesNothing() {
        jar(
                "static Decision next(Progress progress) { return Decision.choose().launch(0, new TreeSet<>(System.getenv().keySet()) + \"\").build(); }");

        try (Held plan = new Held(load(BUDGET))) {
            assertThat(plan.next().launches().getFirst().why())
                    .doesNotContain("KUBE", "JAVA_TOOL_OPTIONS", "MAVEN");
        }
    }

    // ---- Fixtures ----------------------------------------------------------------------------

    private void jar(String... members) {
        StrategyJar.of(source("stranger", members)).write(folder.resolve("stranger.jar"));
    }

    private StrategyCatalogue load(Duration budget) {
        return StrategyCatalogue.load(Optional.of(folder), budget, stack -> {});
    }

    /** Plan and ask until something fails. */
    private static Throwable failure(StrategyCatalogue catalogue) {
        return catchThrowable(() -> {
            try (Held plan = new Held(catalogue)) {
                plan.next();
            }
        });
    }

    /** The processes that hold a jar of this test. */
    private List<String> processes() {
        return ProcessHandle.current()
                .children()
                .filter(ProcessHandle::isAlive)
                .map(process -> process.info().commandLine().orElse(""))
                .filter(line -> line.contains(folder.toString()))
                .toList();
    }

    private void awaitProcesses(int count) {
        await().until(() -> processes().size() == count);
    }

    private static StrategyRequest request() {
        return new Request(
                List.of(new Slot(0, "a"), new Slot(1, "b")),
                Parameters.of(Map.of()),
                Draws.seeded(1),
                List.of());
    }

    private record Request(
            List<Slot> slots, Parameters parameters, Draws draws, List<PastRun> history)
            implements StrategyRequest {}

    /** A plan that is closed in the end. */
    private static final class Held implements AutoCloseable {
        private final ExecutionPlan plan;

        Held(StrategyCatalogue catalogue) throws InvalidParameters {
            plan = catalogue.plan("stranger", request());
        }

        Decision next() {
            return next(new Shown(2));
        }

        Decision next(Progress progress) {
            return plan.next(progress);
        }

        @Override
        public void close() {
            StrategyCatalogue.close(plan);
        }
    }

    /** Two slots that wait. */
    private record Shown(int room) implements Progress {
        @Override
        public Instant now() {
            return Instant.EPOCH;
        }

        @Override
        public Instant runStart() {
            return Instant.EPOCH;
        }

        @Override
        public int slots() {
            return 2;
        }

        @Override
        public SlotState state(int slot) {
            return SlotState.Waiting.WAITING;
        }

        @Override
        public int active() {
            return 0;
        }

        @Override
        public IntStream waiting() {
            return IntStream.range(0, 2);
        }

        @Override
        public List<Execution> executions() {
            return List.of();
        }

        @Override
        public Optional<IntStream> changesSince(Progress earlier) {
            return Optional.empty();
        }
    }
}
