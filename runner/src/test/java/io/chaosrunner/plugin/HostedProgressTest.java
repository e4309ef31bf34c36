package io.chaosrunner.plugin;

import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.machine.Forecast;
import io.chaosrunner.model.RunLimits;
import io.chaosrunner.strategy.Decision;
import io.chaosrunner.strategy.Draws;
import io.chaosrunner.strategy.Execution;
import io.chaosrunner.strategy.ExecutionPlan;
import io.chaosrunner.strategy.ExecutionStrategy;
import io.chaosrunner.strategy.Limits;
import io.chaosrunner.strategy.Outcome;
import io.chaosrunner.strategy.Parameters;
import io.chaosrunner.strategy.PastRun;
import io.chaosrunner.strategy.Progress;
import io.chaosrunner.strategy.Slot;
import io.chaosrunner.strategy.StrategyRequest;
import io.chaosrunner.strategy.builtin.Dag;
import io.chaosrunner.strategy.builtin.Parallel;
import io.chaosrunner.strategy.builtin.RandomDraw;
import io.chaosrunner.strategy.builtin.Sequential;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** A plan in a process of its own is shown what it would be shown here. */
class HostedProgressTest {
    private static final int SLOTS = 12;

    static Stream<Arguments> runs() {
        Map<String, Object> graph =
                Map.of("dependencies", Map.of("e3", List.of("e1", "e2"), "e5", List.of("e3")));
        return IntStream.range(0, 25)
                .boxed()
                .flatMap(seed ->
                        Stream.of(
                                Arguments.of(new Sequential(), Map.of(), seed),
                                Arguments.of(new Parallel(), Map.of(), seed),
                                Arguments.of(new Dag(), graph, seed),
                                Arguments.of(new RandomDraw(), Map.of("shuffle", true), seed),
                                Arguments.of(
                                        new RandomDraw(),
                                        Map.of("iterations", 30, "meanInterval", "30s"),
                                        seed)));
    }

    @ParameterizedTest
    @MethodSource("runs")
    void aRunByWhatIsShownThereIsTheRunByWhatIsShownHere(
            ExecutionStrategy strategy, Map<String, Object> parameters, int seed) {
        StrategyRequest request = request(Parameters.of(parameters), seed);
        RunLimits limits =
                new RunLimits(
                        3,
                        Duration.ZERO,
                        Duration.ZERO,
                        false,
                        Optional.empty(),
                        Optional.empty(),
                        false,
                        2,
                        Duration.ofSeconds(1),
                        1_000);
        Draws draws = Draws.seeded(seed);
        Function<Slot, Forecast.Assumption> assumed =
                slot ->
                        new Forecast.Assumption(
                                Duration.ofSeconds(1 + draws.below(60, slot.index())),
                                Outcome.values()[
                                        draws.below(Outcome.values().length, 100 + slot.index())]);

        Mirror mirror = new Mirror(strategy.plan(throughTheWire(request)));
        Forecast there = forecast(mirror, limits, assumed);
        Forecast here = forecast(strategy.plan(request), limits, assumed);

        assertThat(there).isEqualTo(here);
        assertThat(mirror.asked).isGreaterThan(1);
    }

    @Test
    void allKindsOfParametersArrive() {
        Map<String, Object> tree =
                Map.of(
                        "text",
                        "größer\0",
                        "flag",
                        true,
                        "whole",
                        42,
                        "long",
                        1L << 40,
                        "part",
                        0.1,
                        "list",
                        List.of("a", 1, List.of(), Map.of("k", false)),
                        "map",
                        Map.of("a", Map.of("b", "c")),
                        "large",
                        "x".repeat(100_000));

        assertThat(throughTheWire(request(Parameters.of(tree), 1)).parameters().tree())
                .isEqualTo(tree);
    }

    private static Forecast forecast(
            ExecutionPlan plan, RunLimits limits, Function<Slot, Forecast.Assumption> assumed) {
        return Forecast.of(slots(), plan, limits, Instant.EPOCH, assumed);
    }

    private static List<Slot> slots() {
        return IntStream.range(0, SLOTS).mapToObj(i -> new Slot(i, "e" + i)).toList();
    }

    private static StrategyRequest request(Parameters parameters, int seed) {
        Instant start = Instant.parse("2026-01-01T00:00:00.123Z");
        var past =
                new PastRun(
                        3,
                        start,
                        List.of(
                                new Execution(0, 1, start, Optional.empty()),
                                new Execution(
                                        1,
                                        2,
                                        start,
                                        Optional.of(new Execution.End(start, Outcome.FAILED)))));
        return new Request(slots(), parameters, Draws.seeded(seed), List.of(past));
    }

    private record Request(
            List<Slot> slots, Parameters parameters, Draws draws, List<PastRun> history)
            implements StrategyRequest {}

    private static StrategyRequest throughTheWire(StrategyRequest request) {
        StrategyRequest there = read(new FrameWriter(Frame.PLAN).request(request)).request();
        assertThat(there.slots()).isEqualTo(request.slots());
        assertThat(there.parameters()).isEqualTo(request.parameters());
        assertThat(there.history()).isEqualTo(request.history());
        assertThat(there.draws().named("x").bits(3)).isEqualTo(request.draws().named("x").bits(3));
        return there;
    }

    private static FrameReader read(FrameWriter frame) {
        try {
            var bytes = new ByteArrayOutputStream();
            frame.sendTo(bytes);
            return FrameReader.next(
                    new DataInputStream(new ByteArrayInputStream(bytes.toByteArray())),
                    Integer.MAX_VALUE);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Asks a plan by what goes through the wire, and holds that against what went in. */
    private static final class Mirror implements ExecutionPlan {
        private final ExecutionPlan plan;
        private final List<String> kept = new ArrayList<>();
        private final List<HostedProgress> all = new ArrayList<>();
        private @Nullable Progress seen;
        private @Nullable HostedProgress seenThere;
        int asked;

        Mirror(ExecutionPlan plan) {
            this.plan = plan;
        }

        @Override
        public Limits limits() {
            return read(new FrameWriter(Frame.LIMITED).limits(plan.limits())).limits();
        }

        @Override
        public Decision next(Progress progress) {
            asked++;
            var frame = new FrameWriter(Frame.NEXT);
            HostedProgress.write(frame, progress, seen);
            HostedProgress there = HostedProgress.read(read(frame), seenThere);
            assertThat(text(there)).isEqualTo(text(progress));
            if (seen != null && seenThere != null) {
                assertThat(there.changesSince(seenThere).orElseThrow().distinct().toArray())
                        .isEqualTo(progress.changesSince(seen).orElseThrow().distinct().toArray());
                assertThat(seenThere.changesSince(there).isPresent())
                        .isEqualTo(seen.changesSince(progress).isPresent());
            }
            seen = progress;
            seenThere = there;
            kept.add(text(progress));
            all.add(there);
            // What was shown before stays as it was.
            assertThat(text(all.get(all.size() / 2))).isEqualTo(kept.get(all.size() / 2));
            Decision decision = plan.next(there);
            return read(new FrameWriter(Frame.DECIDED).decision(decision)).decision();
        }

        private static String text(Progress progress) {
            return progress.now()
                    + " since "
                    + progress.runStart()
                    + ", active "
                    + progress.active()
                    + ", room "
                    + progress.room()
                    + ", waiting "
                    + progress.waiting().boxed().toList()
                    + ", "
                    + IntStream.range(0, progress.slots()).mapToObj(progress::state).toList()
                    + ", "
                    + progress.executions();
        }
    }
}
