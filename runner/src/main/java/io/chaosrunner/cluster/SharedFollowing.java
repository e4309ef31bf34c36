package io.chaosrunner.cluster;

import io.chaosrunner.cluster.Cluster.Following;
import io.chaosrunner.cluster.Cluster.Listener;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * One following of many objects, and the parts that others take in it.
 *
 * <p>Of each object only what tells it apart is kept. A part that joins later is told what changed
 * since it looked last: by comparing versions, which count up on every API server. Where they are
 * no numbers, and where watching is forbidden, all parts go on alone.
 *
 * <p>Safe for use by several threads; holds its lock while it hands something to a part, which
 * never waits.
 */
final class SharedFollowing implements Listener {
    /** A following that was refused is not tried again for as long. */
    private static final Duration REFUSED = Duration.ofMinutes(1);

    /** What went a moment ago is remembered for parts that looked earlier than that. */
    private static final int MOST_GONE = 256;

    private final Duration linger;
    private final Map<String, ObjectNode> there = new HashMap<>();
    private final Deque<ObjectNode> gone = new ArrayDeque<>();
    private final Set<SharedPart> parts = new LinkedHashSet<>();

    /** Of what nobody takes part in not all is kept; bounded by what is read at once. */
    private final Set<ObjectNode> reduced = Collections.newSetFromMap(new IdentityHashMap<>());

    /** Whoever began it and hears of everything; called without the lock, as if it were alone. */
    private volatile Optional<Listener> first;

    private volatile @Nullable Following following;
    private boolean begun;

    /** Whether a watch was open, so that what is there is known as of then. */
    private boolean watched;

    /** Whether one is. */
    private boolean watching;

    private boolean over;
    private long refusedAt;
    private boolean refused;
    private @Nullable ClusterException failing;

    /** Counts the times that nobody took part. */
    private int empty;

    /**
     * @param first hears of everything; without one, this is over once nobody takes part
     * @param linger how long it goes on then
     */
    SharedFollowing(Optional<Listener> first, Duration linger) {
        this.first = first;
        this.linger = linger;
    }

    /** Begin to follow. */
    void begin(Function<Listener, Following> follow) {
        synchronized (this) {
            begun = true;
        }
        Following now = follow.apply(this);
        following = now;
        if (isEnded()) {
            now.close();
        }
    }

    /** Return what ends it for whoever hears of everything. */
    Following lead() {
        return new Following() {
            @Override
            public void close() {
                first = Optional.empty();
                endIfUnused();
            }

            @Override
            public void reconsider() {
                Following now = following;
                if (now != null) {
                    now.reconsider();
                }
            }

            @Override
            public Optional<String> trouble() {
                return SharedFollowing.this.trouble();
            }
        };
    }

    Optional<String> trouble() {
        Following now = following;
        return now == null ? Optional.empty() : now.trouble();
    }

    // ---- Who takes part -----------------------------------------------------------------------

    /** Let somebody take part; tells whether they may. */
    synchronized boolean join(SharedPart part) {
        if (over || refused) {
            return false;
        }
        parts.add(part);
        part.takesPart(this, begun);
        if (failing != null) {
            part.fails(failing);
        }
        if (watched) {
            part.joins(there.values(), gone);
        }
        if (watching) {
            part.watches();
        }
        return true;
    }

    void leave(SharedPart part) {
        int now;
        synchronized (this) {
            parts.remove(part);
            if (!parts.isEmpty()) {
                return;
            }
            empty++;
            now = empty;
        }
        if (linger.isZero()) {
            endIfUnused();
        } else {
            CompletableFuture.delayedExecutor(linger.toMillis(), TimeUnit.MILLISECONDS)
                    .execute(() -> {
                        if (isLeftSince(now)) {
                            endIfUnused();
                        }
                    });
        }
    }

    private synchronized boolean isLeftSince(int time) {
        return empty == time;
    }

    private void endIfUnused() {
        synchronized (this) {
            if (over || !parts.isEmpty() || first.isPresent()) {
                return;
            }
            end();
        }
        closeFollowing();
    }

    private void end() {
        over = true;
        there.clear();
        gone.clear();
    }

    private void closeFollowing() {
        Following now = following;
        if (now != null) {
            now.close();
        }
    }

    private synchronized boolean isEnded() {
        return over;
    }

    /** Tell whether another one may take its place. */
    synchronized boolean isOver() {
        return over && (!refused || System.nanoTime() - refusedAt > REFUSED.toNanos());
    }

    /** Watching is of no use: all go on alone. */
    private void refuse() {
        boolean ends;
        synchronized (this) {
            refused = true;
            refusedAt = System.nanoTime();
            watched = false;
            parts.forEach(SharedPart::goesAlone);
            parts.clear();
            ends = first.isEmpty();
            if (ends) {
                end();
            }
        }
        if (ends) {
            closeFollowing();
        }
    }

    // ---- What is heard ------------------------------------------------------------------------

    @Override
    public synchronized ObjectNode kept(ObjectNode object) {
        if (parts.stream().anyMatch(part -> part.wants(object))) {
            return object;
        }
        ObjectNode less =
                first.map(listener -> listener.kept(object))
                        .orElseGet(() -> Reflector.remembered(object));
        reduced.add(less);
        return less;
    }

    @Override
    public void present(ObjectNode object) {
        hand(object, part -> part.present(object, ""));
        first.ifPresent(listener -> listener.present(object));
    }

    @Override
    public void beyondLimits(ObjectNode object, String why) {
        hand(object, part -> part.present(object, why));
        first.ifPresent(listener -> listener.beyondLimits(object, why));
    }

    private void hand(ObjectNode object, Consumer<SharedPart> present) {
        if (SharedPart.version(object) < 0) {
            refuse();
            return;
        }
        synchronized (this) {
            boolean whole = !reduced.remove(object);
            ObjectNode before = there.put(Reflector.uid(object), Reflector.remembered(object));
            for (SharedPart part : parts) {
                if (!part.wants(object)) {
                    if (before != null && part.wants(before)) {
                        part.gone(object, true);
                    }
                } else if (whole) {
                    present.accept(part);
                } else {
                    // It came just when this was decided not to be kept.
                    part.readsAgain();
                }
            }
        }
    }

    @Override
    public void gone(ObjectNode object) {
        handGone(object, true);
        first.ifPresent(listener -> listener.gone(object));
    }

    private synchronized void handGone(ObjectNode object, boolean dated) {
        there.remove(Reflector.uid(object));
        if (dated) {
            gone.addLast(Reflector.remembered(object));
            if (gone.size() > MOST_GONE) {
                gone.removeFirst();
            }
        }
        for (SharedPart part : parts) {
            if (part.wants(object)) {
                part.gone(object, dated);
            }
        }
    }

    @Override
    public void read(List<ObjectNode> present, List<ObjectNode> went) {
        present.forEach(object -> hand(object, part -> part.present(object, "")));
        went.forEach(object -> handGone(object, false));
        first.ifPresent(listener -> listener.read(present, went));
    }

    @Override
    public void watching() {
        synchronized (this) {
            refused = false;
            reduced.clear();
            watching = true;
            if (!watched) {
                watched = true;
                parts.forEach(part -> part.joins(there.values(), gone));
            }
            parts.forEach(SharedPart::watches);
        }
        first.ifPresent(Listener::watching);
    }

    @Override
    public void watchEnded() {
        synchronized (this) {
            watching = false;
            parts.forEach(SharedPart::watchEnded);
        }
        first.ifPresent(Listener::watchEnded);
    }

    @Override
    public void unavailable(ClusterException why) {
        refuse();
        first.ifPresent(listener -> listener.unavailable(why));
    }

    @Override
    public boolean asksAgain() {
        return first.filter(Listener::asksAgain).isPresent();
    }

    @Override
    public void polling(ClusterException why) {
        refuse();
        first.ifPresent(listener -> listener.polling(why));
    }

    @Override
    public void failing(ClusterException why) {
        synchronized (this) {
            failing = why;
            parts.forEach(part -> part.fails(why));
        }
        first.ifPresent(listener -> listener.failing(why));
    }

    @Override
    public void goesOn() {
        synchronized (this) {
            failing = null;
            parts.forEach(part -> part.fails(null));
        }
        first.ifPresent(Listener::goesOn);
    }

    @Override
    public void troubled(String bug) {
        synchronized (this) {
            parts.forEach(part -> part.troubled(bug));
        }
        if (first.isPresent()) {
            first.get().troubled(bug);
        } else {
            Listener.super.troubled(bug);
        }
    }
}
