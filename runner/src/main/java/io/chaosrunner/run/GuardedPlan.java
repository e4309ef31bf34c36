package io.chaosrunner.run;

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
 * Ask a plan, and survive it: whatever it throws, and a call that hangs, become a {@link
 * BrokenPlan}.
 *
 * <p>The plan runs on a daemon thread of its own, so that one which never returns can be abandoned.
 */
final class GuardedPlan implements Function<Progress, Decision>, AutoCloseable {
    static final Duration BUDGET = Duration.ofSeconds(10);

    private final ExecutionPlan plan;
    private final Duration budget;
    private final ExecutorService thread =
            Executors.newSingleThreadExecutor(
                    Thread.ofPlatform().daemon().name("strategy").factory());

    GuardedPlan(ExecutionPlan plan, Duration budget) {
        this.plan = plan;
        this.budget = budget;
    }

    @Override
    public Decision apply(Progress progress) {
        Future<Decision> answer =
                thread.submit(() -> {
                    // A plug-in finds its own resources, as it would in its own program.
                    Thread.currentThread().setContextClassLoader(plan.getClass().getClassLoader());
                    return plan.next(progress);
                });
        try {
            return answer.get(budget.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            throw new BrokenPlan("threw " + e.getCause(), e);
        } catch (TimeoutException e) {
            answer.cancel(true);
            throw new BrokenPlan("did not answer within " + budget.toMillis() + " ms", e);
        } catch (InterruptedException e) {
            answer.cancel(true);
            Thread.currentThread().interrupt();
            throw new BrokenPlan("was interrupted", e);
        }
    }

    @Override
    public void close() {
        thread.shutdownNow();
    }
}
