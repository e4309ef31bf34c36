package io.chaosrunner.ui;

import java.time.Duration;
import java.time.Instant;

/** What one page shows. Used by one thread at a time, but for what following hears. */
interface View {
    /** Read what there is, once. */
    void look();

    /**
     * Follow what there is from now on.
     *
     * @param changed runs when the page may have changed; must not block
     * @return what ends it
     */
    AutoCloseable follow(Runnable changed);

    /** Return what the page shows, of what was read or heard so far. */
    Rendering render(Instant now);

    /** Return how often the page is made anew, at most and, while it goes on, at least. */
    Duration pace();
}
