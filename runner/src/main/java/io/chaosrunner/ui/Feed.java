package io.chaosrunner.ui;

import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One page, kept current for all who look at it: one watch and one thread, however many they are.
 * It follows while somebody listens, and a moment longer.
 *
 * <p>For nobody anything is stored: a listener is told how the page differs <em>now</em> from what
 * it was told last, so one that is slow misses what came between, and costs nothing.
 */
final class Feed {
    /** Whoever changes from page to page comes back. */
    private static final Duration LINGER = Duration.ofSeconds(5);

    /** What a page says of ages and distances is no older. */
    private static final Duration STALE = Duration.ofSeconds(30);

    private final View view;
    private final Clock clock;
    private final Consumer<Feed> over;
    private final Set<Listener> listeners = new HashSet<>();
    private final Map<String, Long> changes = new HashMap<>();
    private @Nullable Rendering now;
    private long version;
    private long frameChanged;

    /** How often something has changed, and how many of these changes are shown. */
    private long asked = 1;

    private long shown;
    private boolean closed;
    private long lastLeft = System.nanoTime();

    /**
     * @param over runs when nobody has listened for a while, and the feed is closed
     */
    Feed(View view, Clock clock, Consumer<Feed> over) {
        this.view = view;
        this.clock = clock;
        this.over = over;
    }

    void start() {
        var _ = Thread.ofVirtual().name("ui-feed").start(this::work);
    }

    /** What a listener is told. */
    sealed interface News {
        /** The page is another. */
        record Whole(String version, String main) implements News {}

        /** Parts of it are. */
        record Parts(List<String> html) implements News {}

        /** Nothing was told for a while, and the connection is still good. */
        record Quiet() implements News {}
    }

    /** Somebody who looks at the page. Owned by one thread. */
    final class Listener implements AutoCloseable {
        /** What it was told last, and what of it has been passed on to it. */
        private long told;

        private long passedOn;

        /** Wait for news; empty if there is none any more. */
        Optional<News> next(Duration longest) throws InterruptedException {
            return news(this, longest);
        }

        @Override
        public void close() {
            leave(this);
        }
    }

    /** Let somebody listen; empty if the feed has just ended. */
    synchronized Optional<Listener> join() {
        if (closed) {
            return Optional.empty();
        }
        var listener = new Listener();
        listeners.add(listener);
        notifyAll();
        return Optional.of(listener);
    }

    private synchronized void leave(Listener listener) {
        listeners.remove(listener);
        lastLeft = System.nanoTime();
        notifyAll();
    }

    /** Have the page made anew, soon. */
    synchronized void changed() {
        asked++;
        notifyAll();
    }

    /**
     * Wait until what has changed so far is shown, and told to all who listen.
     *
     * @param end no longer than that, as {@link System#nanoTime} has it
     */
    synchronized void settle(long end) {
        try {
            long all = asked;
            while (!closed
                    && (shown < all
                            || listeners.stream().anyMatch(each -> each.passedOn != version))
                    && !listeners.isEmpty()
                    && System.nanoTime() < end) {
                wait(Math.max(1, (end - System.nanoTime()) / 1_000_000));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    synchronized void close() {
        closed = true;
        notifyAll();
    }

    private synchronized Optional<News> news(Listener listener, Duration longest)
            throws InterruptedException {
        listener.passedOn = listener.told;
        notifyAll();
        long end = System.nanoTime() + longest.toNanos();
        while (!closed && (now == null || listener.told == version)) {
            long left = (end - System.nanoTime()) / 1_000_000;
            if (left <= 0) {
                return Optional.of(new News.Quiet());
            }
            wait(left);
        }
        Rendering page = now;
        if (closed || page == null) {
            return Optional.empty();
        }
        long before = listener.told;
        listener.told = version;
        if (frameChanged > before) {
            return Optional.of(new News.Whole(Site.version(page), page.main()));
        }
        var parts = new ArrayList<String>();
        page.parts()
                .forEach((id, html) -> {
                    if (changes.getOrDefault(id, 0L) > before) {
                        parts.add(html);
                    }
                });
        return Optional.of(new News.Parts(parts));
    }

    // ---- The thread ---------------------------------------------------------------------------

    private void work() {
        try {
            view.look();
            show();
        } catch (Exception e) {
            // A page is never worth more than that: who listens asks again, and is told why.
        } finally {
            close();
            over.accept(this);
        }
    }

    private void show() throws Exception {
        try (AutoCloseable _ = view.follow(this::changed)) {
            while (isWanted()) {
                long changes = changesSoFar();
                publish(view.render(clock.instant()), changes);
                if (!rest()) {
                    return;
                }
            }
        }
    }

    private synchronized long changesSoFar() {
        return asked;
    }

    private synchronized boolean isWanted() {
        boolean left = listeners.isEmpty() && System.nanoTime() - lastLeft > LINGER.toNanos();
        closed |= left;
        return !closed;
    }

    /** Wait until the page is to be made anew; false if it never is. */
    private boolean rest() throws InterruptedException {
        Thread.sleep(view.pace());
        synchronized (this) {
            long end = System.nanoTime() + STALE.toNanos();
            while (isWanted() && shown == asked && !goesOn() && System.nanoTime() < end) {
                wait(LINGER.toMillis());
            }
            return !closed;
        }
    }

    private boolean goesOn() {
        return now != null && now.goesOn();
    }

    private synchronized void publish(Rendering page, long changesShown) {
        Rendering before = now;
        long next = version + 1;
        if (before == null || !before.frame().equals(page.frame())) {
            frameChanged = next;
            changes.clear();
        } else {
            page.parts()
                    .forEach((id, html) -> {
                        if (!html.equals(before.parts().get(id))) {
                            changes.put(id, next);
                        }
                    });
        }
        if (frameChanged == next || changes.containsValue(next)) {
            version = next;
        }
        now = page;
        shown = changesShown;
        notifyAll();
    }
}
