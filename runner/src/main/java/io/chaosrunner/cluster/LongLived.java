package io.chaosrunner.cluster;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Work that is to go on for as long as its owner does: it is begun again when it fails, whatever
 * the failure.
 *
 * <p>Safe for use by several threads.
 */
public final class LongLived implements Runnable, AutoCloseable {
    private static final Duration FIRST_PAUSE = Duration.ofSeconds(1);
    private static final Duration LONGEST_PAUSE = Duration.ofMinutes(1);

    /** Work that went on for so long is sound again. */
    private static final Duration SOUND = Duration.ofSeconds(30);

    private static final LongAdder FAILURES = new LongAdder();

    private final String name;
    private final Runnable work;
    private final Consumer<String> told;
    private final CountDownLatch closed = new CountDownLatch(1);
    private volatile @Nullable Failure last;

    /**
     * How it failed.
     *
     * @param count how often by then
     * @param at by {@link System#nanoTime}
     */
    private record Failure(int count, Throwable cause, long at) {
        boolean isOver(long now) {
            return now - at > pause(count).plus(SOUND).toNanos();
        }
    }

    /**
     * @param name for people
     * @param work to be done until this is closed; when it returns it is over
     * @param told hears of each failure, in a sentence
     */
    public LongLived(String name, Runnable work, Consumer<String> told) {
        this.name = name;
        this.work = work;
        this.told = told;
    }

    /** Return how often any work of this process failed, and was begun again. */
    public static long failures() {
        return FAILURES.sum();
    }

    /** Return one whose failures stand in the process' log. */
    static LongLived logged(String name, Runnable work) {
        return new LongLived(
                name,
                work,
                why ->
                        System.getLogger(LongLived.class.getName())
                                .log(System.Logger.Level.ERROR, why));
    }

    /** Do the work in this thread, until it is over. */
    @Override
    public void run() {
        while (!isClosed()) {
            try {
                work.run();
                return;
            } catch (Throwable e) {
                // Nobody else does this work: an Error is no end of it.
                if (!isClosed()) {
                    fail(e);
                }
            }
        }
    }

    /** Say why the work does not go on as it should; empty if it does. */
    public Optional<String> trouble() {
        Failure failure = last;
        return failure == null || isClosed() || failure.isOver(System.nanoTime())
                ? Optional.empty()
                : Optional.of(words(failure));
    }

    /** Begin it no more; what goes on is not interrupted. */
    @Override
    public void close() {
        closed.countDown();
    }

    private void fail(Throwable cause) {
        long now = System.nanoTime();
        Failure before = last;
        int count = before == null || before.isOver(now) ? 1 : before.count() + 1;
        Failure failure = new Failure(count, cause, now);
        last = failure;
        FAILURES.increment();
        try {
            told.accept(words(failure));
        } catch (RuntimeException | StackOverflowError e) {
            // Whoever asks is told.
        }
        try {
            closed.await(pause(failure.count()).toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            // The owner ends it by closing it; else it goes on.
        }
    }

    private String words(Failure failure) {
        return "%s failed (%d times lately) and is begun again: this is a bug, please report it: %s"
                .formatted(name, failure.count(), failure.cause());
    }

    private static Duration pause(int failures) {
        Duration doubled = FIRST_PAUSE.multipliedBy(1L << Math.min(failures - 1, 10));
        return doubled.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : doubled;
    }

    private boolean isClosed() {
        return closed.getCount() == 0;
    }
}
