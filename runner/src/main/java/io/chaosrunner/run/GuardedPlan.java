package io.chaosrunner.run;

import static java.util.Objects.requireNonNull;

import io.chaosrunner.machine.BrokenPlan;
import io.chaosrunner.model.TimeWords;
import io.chaosrunner.plugin.StrategyCatalogue;
import io.chaosrunner.strategy.Decision;
import io.chaosrunner.strategy.ExecutionPlan;
import io.chaosrunner.strategy.Progress;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;

/**
 * A plan that is asked with a time limit: whatever it throws, and a call that hangs, become a
 * {@link BrokenPlan}.
 *
 * <p>The plan runs on a daemon thread of its own, so that one which never returns can be abandoned.
 */
public final class GuardedPlan implements Function<Progress, Decision>, AutoCloseable {
    /**
     * A last line for what is asked in this process. Plug-ins have a budget of their own, beside
     * which they may have to wait for their process, and for other runs that ask it.
     */
    static final Duration BUDGET = Duration.ofMinutes(2);

    private final ExecutionPlan plan;
    private final Duration budget;
    private final ExecutorService thread =
            Executors.newSingleThreadExecutor(
                    Thread.ofPlatform().daemon().name("strategy").factory());

    public GuardedPlan(ExecutionPlan plan, Duration budget) {
        this.plan = plan;
        this.budget = budget;
    }

    @Override
    public Decision apply(Progress progress) {
        Future<Decision> answer = thread.submit(() -> plan.next(progress));
        try {
            return answer.get(budget.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            throw BrokenPlan.threw(requireNonNull(e.getCause()));
        } catch (TimeoutException e) {
            answer.cancel(true);
            throw new BrokenPlan("did not answer within " + TimeWords.of(budget), e);
        } catch (InterruptedException e) {
            answer.cancel(true);
            Thread.currentThread().interrupt();
            throw new BrokenPlan("was interrupted", e);
        }
    }

    @Override
    public void close() {
        thread.shutdownNow();
        StrategyCatalogue.close(plan);
    }
}
