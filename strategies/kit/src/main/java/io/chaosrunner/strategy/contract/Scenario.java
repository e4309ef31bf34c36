package io.chaosrunner.strategy.contract;

import io.chaosrunner.strategy.Draws;
import io.chaosrunner.strategy.Outcome;
import io.chaosrunner.strategy.Parameters;
import io.chaosrunner.strategy.PastRun;
import io.chaosrunner.strategy.Slot;
import io.chaosrunner.strategy.StrategyRequest;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * One simulated run: what the strategy is asked for, the run's own limits, and how every attempt
 * will go. Immutable.
 *
 * @param experiments names in engine order
 * @param parameters what the user wrote for the strategy
 * @param seed the run's seed
 * @param history runs before this one
 * @param world how every attempt goes
 * @param limits the run's own
 */
public record Scenario(
        List<String> experiments,
        Parameters parameters,
        long seed,
        List<PastRun> history,
        World world,
        RunLimits limits) {

    /** When every simulated run starts: not on a whole second, like most runs. */
    public static final Instant START = Instant.parse("2026-01-01T00:00:00.123Z");

    /** Decide how attempts go: a function of its arguments, the same after a crash. */
    @FunctionalInterface
    public interface World {
        /** Tell how one attempt goes; {@code iteration} and {@code attempt} count from 1. */
        Fate fate(int slot, int iteration, int attempt);
    }

    /**
     * How one attempt goes.
     *
     * @param length from start to end, to the millisecond; a millisecond at least
     * @param outcome how it ends
     */
    public record Fate(Duration length, Outcome outcome) {}

    /**
     * The limits a user sets for the run, whatever the strategy.
     *
     * @param maxParallel most executions at once; {@link Integer#MAX_VALUE} for any number
     * @param deadline the run stops this long after its start; null for never
     * @param stopOnFailure the run stops at the first outcome other than passed
     * @param retries further attempts of an execution that ended in error
     * @param backOff time from the end of such an attempt until the next is due
     */
    public record RunLimits(
            int maxParallel,
            @Nullable Duration deadline,
            boolean stopOnFailure,
            int retries,
            Duration backOff) {
        /** No limit, no retry. */
        public static final RunLimits NONE =
                new RunLimits(Integer.MAX_VALUE, null, false, 0, Duration.ZERO);
    }

    /** Describe a run without limits, in which everything passes after a minute. */
    public static Scenario of(String... experiments) {
        return new Scenario(
                List.of(experiments),
                Parameters.none(),
                0,
                List.of(),
                (slot, iteration, attempt) -> new Fate(Duration.ofMinutes(1), Outcome.PASSED),
                RunLimits.NONE);
    }

    /** Replace what the user wrote for the strategy. */
    public Scenario parameters(Map<String, ?> tree) {
        return new Scenario(experiments, Parameters.of(tree), seed, history, world, limits);
    }

    /** Replace the run's seed. */
    public Scenario seed(long value) {
        return new Scenario(experiments, parameters, value, history, world, limits);
    }

    /** Replace how attempts go. */
    public Scenario world(World fates) {
        return new Scenario(experiments, parameters, seed, history, fates, limits);
    }

    /** Let one experiment, in every entry, end otherwise; the rest is as it was. */
    public Scenario ends(String experiment, String length, Outcome outcome) {
        var fate = new Fate(Parameters.duration(length).orElseThrow(), outcome);
        return world((slot, iteration, attempt) ->
                experiments.get(slot).equals(experiment)
                        ? fate
                        : world.fate(slot, iteration, attempt));
    }

    /** Replace the run's own limits. */
    public Scenario limits(RunLimits own) {
        return new Scenario(experiments, parameters, seed, history, world, own);
    }

    /** Replace the run's own cap. */
    public Scenario maxParallel(int most) {
        return limits(
                new RunLimits(
                        most,
                        limits.deadline,
                        limits.stopOnFailure,
                        limits.retries,
                        limits.backOff));
    }

    /** Return the request a strategy plans this run from. */
    public StrategyRequest request() {
        List<Slot> slots =
                IntStream.range(0, experiments.size())
                        .mapToObj(i -> new Slot(i, experiments.get(i)))
                        .toList();
        return new Request(slots, parameters, Draws.seeded(seed), history);
    }

    private record Request(
            List<Slot> slots, Parameters parameters, Draws draws, List<PastRun> history)
            implements StrategyRequest {}
}
