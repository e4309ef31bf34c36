package io.chaosrunner.attempt;

import io.chaosrunner.cluster.ClusterException;
import io.chaosrunner.cluster.ClusterException.Kind;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Bring what other threads have to say to the one thread that owns a run's state.
 *
 * <p>{@link #add} may be called by any thread; all else by the owner only.
 */
public final class Mailbox implements AutoCloseable {
    private static final Duration LAST_MOMENT = Duration.ofSeconds(2);

    private final LinkedBlockingQueue<Runnable> messages = new LinkedBlockingQueue<>();
    private final ExecutorService tasks = Executors.newVirtualThreadPerTaskExecutor();
    private int pending;

    /** Have something run by the owner. */
    public void add(Runnable message) {
        messages.add(message);
    }

    /** Do work elsewhere, then here what it returns; what it throws is thrown here. */
    public void task(Callable<Runnable> work) {
        pending++;
        tasks.execute(() -> {
            Runnable then;
            try {
                then = work.call();
            } catch (RuntimeException e) {
                then =
                        () -> {
                            throw e;
                        };
            } catch (Exception | Error e) {
                then =
                        () -> {
                            throw new IllegalStateException(e);
                        };
            }
            Runnable message = then;
            messages.add(() -> {
                pending--;
                message.run();
            });
        });
    }

    /** Tell whether no work is under way whose message is still to come. */
    public boolean isIdle() {
        return pending == 0;
    }

    /** Run the next message, if there is one. */
    public boolean take() {
        return run(messages.poll());
    }

    /** Run the next message; false if none came in time. */
    public boolean take(Duration longest) {
        return run(await(longest));
    }

    /** Throw the next message away; false if none came in time. */
    public boolean discard(Duration longest) {
        return await(longest) != null;
    }

    private static boolean run(@Nullable Runnable message) {
        if (message == null) {
            return false;
        }
        message.run();
        return true;
    }

    private @Nullable Runnable await(Duration longest) {
        try {
            return messages.poll(TimeUnit.MILLISECONDS.convert(longest), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ClusterException(Kind.UNREACHABLE, "interrupted");
        }
    }

    public ExecutorService tasks() {
        return tasks;
    }

    /** Interrupt what is under way, and give it a moment to end. */
    @Override
    public void close() {
        tasks.shutdownNow();
        try {
            tasks.awaitTermination(LAST_MOMENT.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
