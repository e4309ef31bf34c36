package io.chaosrunner.report;

import io.chaosrunner.model.EngineRef;
import io.chaosrunner.status.RunListener;
import io.chaosrunner.status.RunNotice;
import java.io.PrintStream;
import java.time.Clock;
import java.time.Duration;
import java.time.ZoneId;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A run as a tree in the last lines of a terminal, drawn again as it changes: at once, but no more
 * than ten times a second, and once a second for the clocks.
 */
public final class LiveTree implements RunListener, AutoCloseable {
    private static final long LEAST_PAUSE_MILLIS = 100;
    private static final Pattern COLOUR = Pattern.compile("\u001b\\[[0-9]*+m");
    private static final String UP = "\u001b[%dA";
    private static final String TO_LINE_END = "\u001b[K";
    private static final String TO_SCREEN_END = "\u001b[J";

    private final PrintStream out;
    private final Clock clock;
    private final Supplier<Size> size;
    private final RunBoard board;
    private final ScheduledExecutorService timer =
            Executors.newSingleThreadScheduledExecutor(
                    Thread.ofPlatform().daemon().name("live tree").factory());
    private List<String> drawn = List.of();
    private @Nullable ScheduledFuture<?> soon;
    private boolean closed;

    /** Extent of a terminal, in characters. */
    public record Size(int columns, int lines) {}

    /**
     * @param out the terminal; never closed here
     * @param size asked before each drawing
     */
    public LiveTree(
            PrintStream out,
            Clock clock,
            ZoneId zone,
            EngineRef engine,
            Colours colours,
            Supplier<Size> size) {
        this.out = out;
        this.clock = clock;
        this.size = size;
        board = new RunBoard(engine, zone, colours, clock.instant());
        timer.scheduleAtFixedRate(this::draw, 1, 1, TimeUnit.SECONDS);
    }

    /**
     * Draw how far experiments are, of which it is known how long they take.
     *
     * @param usual how long each takes, by its name
     */
    public synchronized void expect(Map<String, Duration> usual) {
        board.expect(usual);
    }

    @Override
    public synchronized void heard(RunNotice notice) {
        board.heard(notice);
        if (!closed && (soon == null || soon.isDone())) {
            try {
                soon = timer.schedule(this::draw, LEAST_PAUSE_MILLIS, TimeUnit.MILLISECONDS);
            } catch (RejectedExecutionException e) {
                // Closing: the last drawing shows it.
            }
        }
    }

    /** Write lines that stay, above the tree. */
    public synchronized void say(List<String> lines) {
        erase();
        lines.forEach(line -> out.print(Printed.line(line) + TO_LINE_END + "\n"));
        draw();
    }

    /** Draw a last time, and leave it there. */
    @Override
    public void close() {
        timer.shutdownNow();
        synchronized (this) {
            if (!closed) {
                draw();
                closed = true;
            }
        }
    }

    private synchronized void draw() {
        if (closed) {
            return;
        }
        Size now = size.get();
        // The last line stays free: a cursor below a full screen would scroll it.
        List<String> lines = board.lines(clock.instant(), now.columns(), now.lines() - 1);
        var frame = new StringBuilder(back(now.columns()));
        lines.forEach(line -> frame.append(line).append(TO_LINE_END).append('\n'));
        frame.append(TO_SCREEN_END);
        out.print(frame);
        out.flush();
        drawn = lines;
    }

    private void erase() {
        out.print(back(size.get().columns()) + TO_SCREEN_END);
        drawn = List.of();
    }

    /** Go back to where the tree begins; a terminal made narrower has wrapped its lines. */
    private String back(int columns) {
        int rows = 0;
        for (String line : drawn) {
            int length = COLOUR.matcher(line).replaceAll("").length();
            rows += Math.max(1, (length + columns - 1) / Math.max(1, columns));
        }
        return rows == 0 ? "" : "\r" + UP.formatted(rows);
    }
}
