package io.chaosrunner.scheduler;

import io.chaosrunner.cluster.Cluster;
import io.chaosrunner.cluster.Resource;
import io.chaosrunner.config.Allowed;
import io.chaosrunner.control.HolidayLists;
import io.chaosrunner.crd.Engine;
import io.chaosrunner.model.EngineRef;
import io.chaosrunner.plugin.StrategyCatalogue;
import io.chaosrunner.status.RunListener;
import io.chaosrunner.testing.EngineWorld;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/** The scheduling service, one step at a time, by processes that can be killed at a write. */
final class Serving {
    final List<String> heard = new CopyOnWriteArrayList<>();

    /** Which alarms were set last, and for when. */
    final Map<String, Instant> alarms = new ConcurrentHashMap<>();

    Optional<Instant> step(EngineWorld world, Cluster cluster, String process) {
        return driven(world.engine(), cluster, process).step();
    }

    ServiceSchedule driven(Engine engine, Cluster cluster, String process) {
        return new ServiceSchedule(
                new SchedulerContext(
                        cluster,
                        StrategyCatalogue.load(Optional.empty()),
                        Clock.systemUTC(),
                        ServiceLaunch.DIRECT,
                        Optional.empty(),
                        process,
                        new Places(4),
                        Bulkhead.ofProcessors(heard::add),
                        new HolidayLists(cluster, Clock.systemUTC()),
                        Optional.of(Duration.ofHours(6)),
                        Allowed.ANYTHING,
                        new NoAlarms(),
                        new Hearing()),
                engine);
    }

    private final class Hearing implements ServiceListener {
        @Override
        public RunListener run(EngineRef engine) {
            return notice -> {};
        }

        @Override
        public void note(EngineRef engine, String event, String message) {
            heard.add(event + " " + message);
        }

        @Override
        public void note(String event, String message) {}
    }

    private final class NoAlarms implements Alarms {
        @Override
        public void set(String name, Instant at, Runnable ring) {
            alarms.put(name, at);
        }

        @Override
        public void cancel(String name) {}

        @Override
        public void close() {}
    }

    static final class Killed extends RuntimeException {
        private static final long serialVersionUID = 1L;
    }

    /** Connect for a process that dies at its n-th patch of the engine, before or after it. */
    static Cluster killing(Cluster cluster, int n, boolean after) {
        var patches = new AtomicInteger();
        return (Cluster)
                Proxy.newProxyInstance(
                        Cluster.class.getClassLoader(),
                        new Class<?>[] {Cluster.class},
                        (proxy, method, arguments) -> {
                            boolean last =
                                    method.getName().equals("patch")
                                            && arguments[0] == Resource.ENGINES
                                            && patches.incrementAndGet() == n;
                            if (last && !after) {
                                throw new Killed();
                            }
                            try {
                                Object result = method.invoke(cluster, arguments);
                                if (last) {
                                    throw new Killed();
                                }
                                return result;
                            } catch (InvocationTargetException e) {
                                throw e.getCause();
                            }
                        });
    }
}
