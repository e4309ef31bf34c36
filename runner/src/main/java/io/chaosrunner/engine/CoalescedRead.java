package io.chaosrunner.engine;

import io.chaosrunner.cluster.ClusterException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One reading for all who ask at about the same time.
 *
 * <p>Everybody gets a reading that began after he asked: who asks while one is under way waits for
 * the next, together with all others who do.
 */
public final class CoalescedRead<T> {
    private final Supplier<T> source;
    private final ReentrantLock reading = new ReentrantLock();
    private @Nullable CompletableFuture<T> next;

    public CoalescedRead(Supplier<T> source) {
        this.source = source;
    }

    public T read() {
        CompletableFuture<T> ours;
        boolean first = false;
        synchronized (this) {
            if (next == null) {
                next = new CompletableFuture<>();
                first = true;
            }
            ours = next;
        }
        if (first) {
            readFor(ours);
        }
        try {
            return ours.get();
        } catch (ExecutionException e) {
            throw e.getCause() instanceof RuntimeException cause
                    ? cause
                    : new IllegalStateException(e.getCause());
        } catch (InterruptedException e) {
            throw ClusterException.interrupted();
        }
    }

    private void readFor(CompletableFuture<T> all) {
        reading.lock();
        try {
            synchronized (this) {
                // Who asks from now on is too late for this one.
                next = null;
            }
            all.complete(source.get());
        } catch (RuntimeException | Error e) {
            all.completeExceptionally(e);
        } finally {
            reading.unlock();
        }
    }
}
