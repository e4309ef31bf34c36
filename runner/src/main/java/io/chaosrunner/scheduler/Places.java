package io.chaosrunner.scheduler;

import io.chaosrunner.model.EngineRef;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The bound on runs that go on in this process, whose places are shared by namespace as {@link
 * Shares} says.
 *
 * <p>Nobody is blocked: who gets no place is woken when it may be its turn, and asks again. Safe
 * for use by several threads.
 */
final class Places {
    private final Map<EngineRef, Runnable> wakes = new HashMap<>();
    private Shares shares;

    /** A place that is held; closing it twice gives one back. */
    interface Place extends AutoCloseable {
        @Override
        void close();
    }

    /**
     * @param most how many runs may go on at once; at least 1
     */
    Places(int most) {
        shares = Shares.of(most);
    }

    synchronized int most() {
        return shares.places();
    }

    /** Count engines among those that the places are shared by. */
    synchronized void expect(Collection<EngineRef> engines) {
        shares = shares.with(engines);
    }

    /** Count an engine no more. */
    void forget(EngineRef engine) {
        wake(change(engine, shares -> shares.without(engine)));
    }

    /**
     * Ask for a place for one more run.
     *
     * @param wake called when it is worth to ask again; must not block
     */
    synchronized Optional<Place> take(EngineRef engine, Runnable wake) {
        shares = shares.asking(engine);
        if (!shares.turns().contains(engine)) {
            wakes.put(engine, wake);
            return Optional.empty();
        }
        return Optional.of(grant(engine));
    }

    /** Take a place for a run that goes on already: it cannot wait. */
    synchronized Place takeUp(EngineRef engine) {
        return grant(engine);
    }

    /** Ask no more; no harm if nobody asked. */
    void withdraw(EngineRef engine) {
        synchronized (this) {
            if (!wakes.containsKey(engine)) {
                return;
            }
        }
        wake(change(engine, shares -> shares.withdrawing(engine)));
    }

    private Place grant(EngineRef engine) {
        wakes.remove(engine);
        shares = shares.granting(engine);
        return new Place() {
            private boolean closed;

            @Override
            public void close() {
                synchronized (Places.this) {
                    if (closed) {
                        return;
                    }
                    closed = true;
                }
                wake(change(engine, shares -> shares.freeing(engine)));
            }
        };
    }

    /** A change of the shares. */
    private interface Change {
        Shares of(Shares before);
    }

    /** Returns whom to wake; out of the lock, as a wake may come back here. */
    private synchronized List<Runnable> change(EngineRef engine, Change change) {
        shares = change.of(shares);
        if (!shares.waiting().contains(engine)) {
            wakes.remove(engine);
        }
        var due = new ArrayList<Runnable>();
        for (EngineRef turn : shares.turns()) {
            Runnable wake = wakes.get(turn);
            if (wake != null) {
                due.add(wake);
            }
        }
        return due;
    }

    private static void wake(List<Runnable> wakes) {
        wakes.forEach(Runnable::run);
    }
}
