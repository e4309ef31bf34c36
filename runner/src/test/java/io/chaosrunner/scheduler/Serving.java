package io.chaosrunner.scheduler;

import io.chaosrunner.cluster.Cluster;
import io.chaosrunner.cluster.Resource;
import io.chaosrunner.config.Allowed;
import io.chaosrunner.control.HolidayLists;
import io.chaosrunner.crd.Engine;
import io.chaosrunner.job.RunnerJob;
import io.chaosrunner.model.EngineRef;
import io.chaosrunner.plugin.StrategyCatalogue;
import io.chaosrunner.status.RunListener;
import io.chaosrunner.testing.EngineWorld;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiPredicate;

/** The scheduling service, one step at a time, by processes that can be killed at a write. */
final class Serving implements AutoCloseable {
    private static final List<String> WRITES =
            List.of("create", "patch", "delete", "replaceStrictly");

    final List<String> heard = new CopyOnWriteArrayList<>();

    final Bells bells = new Bells();

    /** How far this process' clock is ahead. */
    volatile Duration ahead = Duration.ZERO;

    ServiceLaunch launch = ServiceLaunch.DIRECT;

    /** The pods of {@link ServiceLaunch#POD}. */
    Optional<RunnerJob> pods = Optional.empty();

    private final Bulkhead bulkhead = Bulkhead.ofProcessors(heard::add);

    @Override
    public void close() {
        bulkhead.close();
    }

    Optional<Instant> step(EngineWorld world, Cluster cluster, String process) {
        return driven(world.engine(), cluster, process).step();
    }

    ServiceSchedule driven(Engine engine, Cluster cluster, String process) {
        return new ServiceSchedule(context(cluster, process), engine);
    }

    SchedulerContext context(Cluster cluster, String process) {
        return context(cluster, process, bells);
    }

    SchedulerContext context(Cluster cluster, String process, Alarms alarms) {
        return new SchedulerContext(
                cluster,
                StrategyCatalogue.load(Optional.empty()),
                clock(),
                launch,
                pods,
                process,
                new Places(4),
                bulkhead,
                new HolidayLists(cluster, clock()),
                Optional.of(Duration.ofHours(6)),
                Allowed.ANYTHING,
                new Authors(Optional.empty(), clock()),
                alarms,
                new Hearing());
    }

    Clock clock() {
        return new Clock() {
            @Override
            public ZoneId getZone() {
                return ZoneOffset.UTC;
            }

            @Override
            public Clock withZone(ZoneId zone) {
                return this;
            }

            @Override
            public Instant instant() {
                return Instant.now().plus(ahead);
            }
        };
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

    static final class Killed extends RuntimeException {
        private static final long serialVersionUID = 1L;
    }

    /** Connect for a process that dies at its n-th patch of the engine, before or after it. */
    static Cluster killing(Cluster cluster, int n, boolean after) {
        return killing(
                cluster,
                (verb, resource) -> verb.equals("patch") && resource == Resource.ENGINES,
                n,
                after);
    }

    /** Connect for a process that dies at its n-th write of any kind, before or after it. */
    static Cluster killingAtAnyWrite(Cluster cluster, int n, boolean after) {
        return killing(cluster, (verb, resource) -> WRITES.contains(verb), n, after);
    }

    private static Cluster killing(
            Cluster cluster, BiPredicate<String, Object> isMeant, int n, boolean after) {
        var calls = new AtomicInteger();
        return (Cluster)
                Proxy.newProxyInstance(
                        Cluster.class.getClassLoader(),
                        new Class<?>[] {Cluster.class},
                        (proxy, method, arguments) -> {
                            boolean last =
                                    arguments != null
                                            && isMeant.test(method.getName(), arguments[0])
                                            && calls.incrementAndGet() == n;
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
