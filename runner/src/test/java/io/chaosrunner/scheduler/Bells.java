package io.chaosrunner.scheduler;

import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Alarms that ring when the test wants. */
final class Bells implements Alarms {
    private record Bell(Instant at, Runnable ring) {}

    private final Map<String, Bell> set = new ConcurrentHashMap<>();

    /** For when each alarm was set last, whether it rang or was cancelled since or not. */
    private final Map<String, Instant> times = new ConcurrentHashMap<>();

    @Override
    public void set(String name, Instant at, Runnable ring) {
        times.put(name, at);
        set.put(name, new Bell(at, ring));
    }

    @Override
    public void cancel(String name) {
        set.remove(name);
    }

    boolean isSet() {
        return !set.isEmpty();
    }

    Map<String, Instant> times() {
        return Map.copyOf(times);
    }

    /** Ring all that are set, once one is. */
    void ring() {
        await().atMost(Duration.ofSeconds(30)).until(this::isSet);
        List<Bell> due = List.copyOf(set.values());
        set.clear();
        due.forEach(bell -> bell.ring().run());
    }

    @Override
    public void close() {}
}
