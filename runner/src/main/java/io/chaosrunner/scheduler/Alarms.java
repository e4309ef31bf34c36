package io.chaosrunner.scheduler;

import java.time.Instant;
import java.util.Optional;

/** Call back at given times, one time for each name. */
interface Alarms extends AutoCloseable {
    /**
     * Have something called at a time, or at once if that is past; replaces what was set before.
     */
    void set(String name, Instant at, Runnable ring);

    /** Have nothing called under a name; it may be ringing just now. */
    void cancel(String name);

    /** Say why no alarm rings any more; empty if they do. */
    default Optional<String> trouble() {
        return Optional.empty();
    }

    @Override
    void close();
}
