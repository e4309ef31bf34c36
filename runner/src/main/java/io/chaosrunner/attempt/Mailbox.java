package io.chaosrunner.attempt;

import io.chaosrunner.cluster.ClusterException;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Messages from other threads to the one that owns a state, in the order in which they came.
 *
 * <p>{@link #post} may be called by any thread; all else by the owner only.
 *
 * @param <M> what the owner is told
 */
public final class Mailbox<M> implements AutoCloseable {
    private static final Duration LAST_MOMENT = Duration.ofSeconds(2);

    private final LinkedBlockingQueue<Letter<M>> letters = new LinkedBlockingQueue<>();
    private final ExecutorService tasks = Executors.newVirtualThreadPerTaskExecutor();
    private int pending;

    private sealed interface Letter<M> {
        record News<M>(M message) implements Letter<M> {}

        record Answer<M>(M message) implements Letter<M> {}

        record Failure<M>(RuntimeException why) implements Letter<M> {}
    }

    /** Tell the owner something. */
    public void post(M message) {
        letters.add(new Letter.News<>(message));
    }

    /** Do work elsewhere, which ends with a message; what it throws is thrown to the owner. */
    public void work(Callable<? extends M> work) {
        pending++;
        tasks.execute(() -> letters.add(done(work)));
    }

    private static <M> Letter<M> done(Callable<? extends M> work) {
        try {
            return new Letter.Answer<>(work.call());
        } catch (RuntimeException e) {
            return new Letter.Failure<>(e);
        } catch (Exception | Error e) {
            return new Letter.Failure<>(new IllegalStateException(e));
        }
    }

    /** Tell whether no work is under way whose message is still to come. */
    public boolean isIdle() {
        return pending == 0;
    }

    /** Return the next message; null if there is none. */
    public @Nullable M take() {
        return opened(letters.poll());
    }

    /** Return the next message; null if none came in time. */
    public @Nullable M take(Duration longest) {
        return opened(await(longest));
    }

    /** Throw the next message away; false if none came in time. */
    public boolean discard(Duration longest) {
        return await(longest) != null;
    }

    private @Nullable M opened(@Nullable Letter<M> letter) {
        return switch (letter) {
            case null -> null;
            case Letter.News<M>(M message) -> message;
            case Letter.Answer<M>(M message) -> {
                pending--;
                yield message;
            }
            case Letter.Failure<M>(RuntimeException why) -> {
                pending--;
                throw why;
            }
        };
    }

    private @Nullable Letter<M> await(Duration longest) {
        try {
            return letters.poll(TimeUnit.MILLISECONDS.convert(longest), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            throw ClusterException.interrupted();
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
