package io.chaosrunner.ui;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/**
 * The end of writes that take too long, by interrupting their thread: that closes their connection.
 */
final class Watchdog implements AutoCloseable {
    private final Duration longest;
    private final ScheduledExecutorService timer =
            Executors.newSingleThreadScheduledExecutor(
                    Thread.ofPlatform().name("ui-watchdog").daemon().factory());

    Watchdog(Duration longest) {
        this.longest = longest;
    }

    /** One write. */
    record Watch(ScheduledFuture<?> end) implements AutoCloseable {
        @Override
        public void close() {
            end.cancel(false);
        }
    }

    /**
     * Watch the calling thread until that is closed.
     *
     * @throws IOException if nobody watches any more
     */
    Watch watch() throws IOException {
        Thread writer = Thread.currentThread();
        try {
            return new Watch(
                    timer.schedule(writer::interrupt, longest.toMillis(), TimeUnit.MILLISECONDS));
        } catch (RejectedExecutionException e) {
            throw new IOException("the server is closing", e);
        }
    }

    @Override
    public void close() {
        timer.shutdownNow();
    }
}
