package io.chaosrunner.strategy.builtin;

import io.chaosrunner.strategy.Decision;
import io.chaosrunner.strategy.Draws;
import io.chaosrunner.strategy.ExecutionPlan;
import io.chaosrunner.strategy.ExecutionStrategy;
import io.chaosrunner.strategy.Limits;
import io.chaosrunner.strategy.Parameter;
import io.chaosrunner.strategy.Parameters;
import io.chaosrunner.strategy.Progress;
import io.chaosrunner.strategy.SlotState;
import io.chaosrunner.strategy.StrategyRequest;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Experiments drawn by chance, for a number of iterations, for a while, or each once in random
 * order.
 *
 * <p>Which experiments are picked, and the gaps between them, are a function of the seed and the
 * parameters alone. The first pick starts at once; pick {@code k} starts a gap after pick {@code k
 * - 1} started, or with {@code from: end} after it ended, one at a time. A pick whose experiment
 * still runs, or which a limit holds back, waits; it is not drawn again, and no later one overtakes
 * it.
 *
 * <ul>
 *   <li>{@code iterations}: how many to draw; {@code window}: no start at or after this long into
 *       the run. At least one of them, or {@code shuffle: true}: each experiment once.
 *   <li>{@code minInterval}: the least gap; alone, the gap itself. {@code meanInterval}: the mean
 *       gap; what it exceeds the least by is drawn from {@code distribution}, {@code exponential}
 *       (default) or {@code uniform}. Neither: no gaps.
 *   <li>{@code weights}: how often each experiment is picked relative to the others, 1 by default,
 *       each entry for itself if it is listed more than once ({@code name#2} is the second).
 *   <li>{@code replacement: false}: all are picked before any is picked again. {@code noRepeat:
 *       true}: never one twice in a row.
 * </ul>
 *
 * <p>Effects worth knowing: with {@code noRepeat} the share of an experiment of normalised weight
 * {@code w} is proportional to {@code w(1-w)}, not {@code w}. Without replacement weights only
 * order each round. The mean gap is exact as long as no limit delays a start. A replay with the
 * same seed has the same picks and gaps; its times shift with how long experiments take.
 */
public final class RandomDraw implements ExecutionStrategy {

    @Override
    public String name() {
        return "random";
    }

    @Override
    public String description() {
        return "drawn by chance, replayable by seed";
    }

    @Override
    public List<Parameter> parameters() {
        return List.of(
                new Parameter("iterations", "number", "", "how many to draw"),
                new Parameter("window", "duration", "", "no start this long into the run or later"),
                new Parameter("shuffle", "true|false", "false", "each once, in random order"),
                new Parameter("minInterval", "duration", "", "least time between two starts"),
                new Parameter("meanInterval", "duration", "", "mean time between two starts"),
                new Parameter("from", "start|end", "start", "measure intervals from start or end"),
                new Parameter(
                        "distribution",
                        "exponential|uniform",
                        "exponential",
                        "how intervals spread above the least"),
                new Parameter(
                        "weights", "map of name to number", "", "relative weights, 1 if absent"),
                new Parameter("replacement", "true|false", "true", "false: all before any again"),
                new Parameter("noRepeat", "true|false", "false", "never one twice in a row"));
    }

    @Override
    public ExecutionPlan plan(StrategyRequest request) {
        Parameters.Reader reader = request.parameters().read();
        var names = new SlotNames(request.slots());
        int slots = request.slots().size();

        OptionalInt iterations = reader.integer("iterations", 1);
        Optional<Duration> window = reader.duration("window");
        boolean shuffle = reader.flag("shuffle", false);
        boolean replacement = reader.flag("replacement", !shuffle);
        boolean noRepeat = reader.flag("noRepeat", false);
        if (!reader.has("iterations") && !reader.has("window") && !shuffle) {
            reader.problem(
                    "iterations",
                    "a random run needs a bound: give iterations, window or shuffle: true");
        }
        if (shuffle && iterations.isPresent()) {
            reader.problem(
                    "iterations",
                    "'%d' contradicts shuffle: true, which runs each experiment once"
                            .formatted(iterations.getAsInt()));
        }
        if (shuffle && replacement) {
            reader.problem(
                    "replacement",
                    "'true' contradicts shuffle: true, which runs each experiment once");
        }
        if (noRepeat && slots < 2 && !shuffle && iterations.orElse(2) > 1) {
            reader.problem("noRepeat", "'true' needs at least two experiments");
        }
        Intervals intervals = Intervals.read(reader, request.draws().named("gap"));
        window.filter(length -> length.compareTo(intervals.least()) < 0)
                .ifPresent(length ->
                        reader.problem(
                                "window",
                                "'%s' is shorter than minInterval '%s', so only one experiment could start"
                                        .formatted(Words.of(length), Words.of(intervals.least()))));
        double[] weights = weights(reader, names, slots);
        reader.finish();

        var picks = new Picks(weights, replacement, noRepeat, request.draws().named("pick"));
        int total = shuffle ? slots : iterations.orElse(Integer.MAX_VALUE);
        return new Plan(names, picks, total, window.orElse(null), intervals, !shuffle);
    }

    private static double[] weights(Parameters.Reader reader, SlotNames names, int slots) {
        double[] weights = new double[slots];
        Arrays.fill(weights, 1);
        Map<String, Double> given = reader.numbersByName("weights");
        given.forEach((name, weight) -> {
            if (names.find(name).isEmpty()) {
                reader.problem("weights." + name, names.unknown(name));
            }
            names.find(name).forEach(slot -> weights[slot] = weight);
        });
        // The weight of one entry beats that of its name, wherever the two stand in the map.
        given.forEach((name, weight) -> {
            if (names.find(name).size() == 1) {
                weights[names.find(name).getFirst()] = weight;
            }
        });
        return weights;
    }

    /**
     * The times between picks.
     *
     * @param given whether the user asked for any
     * @param least zero if there is none
     * @param fromEnd measured from an end rather than a start
     */
    private record Intervals(boolean given, Duration least, boolean fromEnd, Gaps gaps) {

        static Intervals read(Parameters.Reader reader, Draws draws) {
            Duration least = reader.duration("minInterval").orElse(Duration.ZERO);
            Optional<Duration> mean = reader.duration("meanInterval");
            boolean uniform =
                    reader.oneOf("distribution", List.of("exponential", "uniform"), "exponential")
                            .equals("uniform");
            boolean fromEnd = reader.oneOf("from", List.of("start", "end"), "start").equals("end");
            boolean given = reader.has("minInterval") || reader.has("meanInterval");
            if (reader.has("distribution") && !reader.has("meanInterval")) {
                reader.problem("distribution", "has no effect without meanInterval");
            }
            if (reader.has("from") && !given) {
                reader.problem("from", "has no effect without minInterval or meanInterval");
            }
            int sign = mean.map(value -> value.compareTo(least)).orElse(0);
            if (sign < 0) {
                reader.problem(
                        "meanInterval",
                        "'%s' is shorter than minInterval '%s'"
                                .formatted(Words.of(mean.orElseThrow()), Words.of(least)));
            }
            Gaps gaps;
            if (sign <= 0) {
                gaps = Gaps.fixed(least, draws);
            } else if (uniform) {
                gaps = Gaps.uniform(least, mean.orElseThrow(), draws);
            } else {
                gaps = Gaps.exponential(least, mean.orElseThrow(), draws);
            }
            return new Intervals(given, least, fromEnd, gaps);
        }

        Limits limits() {
            Limits limits = fromEnd ? Limits.none().maxParallel(1) : Limits.none();
            if (least.isZero()) {
                return limits;
            }
            return fromEnd ? limits.endToStart(least) : limits.startToStart(least);
        }
    }

    private static final class Plan implements ExecutionPlan {
        private final SlotNames names;
        private final Picks picks;
        private final int total;
        private final @Nullable Duration window;
        private final Intervals intervals;
        private final boolean repeats;

        /** Picks below this one are launched, or never will be; recomputed for any other past. */
        private int next;

        /** The latest launched pick below {@link #next}; -1 if there is none. */
        private int last;

        /**
         * The gaps of the picks between the two, whose experiments were skipped. They still count,
         * or a run that was over because its next pick lay beyond the window could begin again.
         */
        private Duration over = Duration.ZERO;

        private @Nullable Progress seen;

        private Plan(
                SlotNames names,
                Picks picks,
                int total,
                @Nullable Duration window,
                Intervals intervals,
                boolean repeats) {
            this.names = names;
            this.picks = picks;
            this.total = total;
            this.window = window;
            this.intervals = intervals;
            this.repeats = repeats;
        }

        @Override
        public Limits limits() {
            return repeats ? intervals.limits().repeats() : intervals.limits();
        }

        @Override
        public Decision next(Progress progress) {
            if (!advance(progress)) {
                return Decision.choose().done("every experiment was skipped").build();
            }
            if (next >= total) {
                String all = repeats ? "all " + total + " iterations are drawn" : "each is drawn";
                return Decision.choose().done(all).build();
            }
            Optional<Instant> due = due(progress);
            Instant end = window == null ? Instant.MAX : progress.runStart().plus(window);
            if (!progress.now().isBefore(end) || due.map(at -> !at.isBefore(end)).orElse(false)) {
                return Decision.choose()
                        .done("the window of " + Words.of(window()) + " is over")
                        .build();
            }
            int slot = picks.slot(next);
            if (due.isPresent() && due.get().isAfter(progress.now())) {
                return Decision.choose()
                        .wakeAt(due.get(), draw() + " is " + names.of(slot) + gap())
                        .build();
            }
            if (due.isEmpty()
                    || progress.room() == 0
                    || progress.state(slot) instanceof SlotState.Active) {
                return window == null
                        ? Decision.NOTHING
                        : Decision.choose().wakeAt(end, "the window ends").build();
            }
            return Decision.choose().launch(slot, draw() + gap()).build();
        }

        private Duration window() {
            return window == null ? Duration.ZERO : window;
        }

        private String draw() {
            return "draw " + (next + 1);
        }

        private String gap() {
            return intervals.given() && next > 0 ? ", gap " + Words.of(gapBeforeNext()) : "";
        }

        /**
         * Find the first pick that was not launched yet; a crash between two creations may have
         * left a hole.
         *
         * @return false if nothing can ever be launched
         */
        private boolean advance(Progress progress) {
            if (seen == null || progress.changesSince(seen).isEmpty()) {
                next = 0;
                last = -1;
                over = Duration.ZERO;
            }
            seen = progress;
            boolean anySkipped = false;
            while (next < total) {
                SlotState state = progress.state(picks.slot(next));
                if (state instanceof SlotState.Skipped) {
                    if (!anySkipped && allSkipped(progress)) {
                        return false;
                    }
                    anySkipped = true;
                    over = over.plus(gapBeforeNext());
                } else if (iteration(state) >= picks.occurrence(next)) {
                    last = next;
                    over = Duration.ZERO;
                } else {
                    break;
                }
                next++;
            }
            return true;
        }

        /** Return when the next pick is due; empty while the pick before it must end first. */
        private Optional<Instant> due(Progress progress) {
            Duration gap = over.plus(gapBeforeNext());
            if (last < 0) {
                return Optional.of(progress.runStart().plus(gap));
            }
            SlotState state = progress.state(picks.slot(last));
            if (iteration(state) > picks.occurrence(last)) {
                // A later pick of that slot was launched already, so this one is a hole: overdue.
                return Optional.of(progress.runStart());
            }
            return switch (state) {
                case SlotState.Active active ->
                        intervals.fromEnd()
                                ? Optional.empty()
                                : Optional.of(active.since().plus(gap));
                case SlotState.Ended ended ->
                        Optional.of((intervals.fromEnd() ? ended.at() : ended.since()).plus(gap));
                default -> throw new IllegalStateException("pick " + last + " was not launched");
            };
        }

        private Duration gapBeforeNext() {
            return next == 0 ? Duration.ZERO : intervals.gaps().before(next);
        }

        private static boolean allSkipped(Progress progress) {
            return IntStream.range(0, progress.slots())
                    .allMatch(slot -> progress.state(slot) instanceof SlotState.Skipped);
        }

        private static int iteration(SlotState state) {
            return switch (state) {
                case SlotState.Active active -> active.iteration();
                case SlotState.Ended ended -> ended.iteration();
                default -> 0;
            };
        }
    }
}
