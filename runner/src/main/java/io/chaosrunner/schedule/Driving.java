package io.chaosrunner.schedule;

import io.chaosrunner.cluster.Cluster;
import io.chaosrunner.crd.Engine;
import io.chaosrunner.plugin.StrategyCatalogue;
import io.chaosrunner.run.EngineEvents;
import io.chaosrunner.run.EngineReadying.Launch;
import io.chaosrunner.run.RunNotice;
import io.chaosrunner.status.EngineEvent;
import java.time.Clock;
import java.util.concurrent.Semaphore;

/**
 * Hold what all engines are driven with.
 *
 * @param instance this process' name, in every claim it takes; see {@link #SERVICE}
 * @param places bounds the runs that go on in this process
 */
record Driving(
        Cluster cluster,
        StrategyCatalogue strategies,
        Clock clock,
        Launch launch,
        String instance,
        Semaphore places,
        Alarms alarms,
        ServiceListener listener) {

    /** Begins the name of every process of the service: what it left, its successor takes up. */
    static final String SERVICE = "schedule/";

    /** Give a place back. */
    interface Place extends AutoCloseable {
        @Override
        void close();
    }

    /** Tell whether a process of that name belongs to the service. */
    boolean isServices(String process) {
        return process.startsWith(SERVICE);
    }

    /** Wait until one more run may go on. */
    Place takePlace() {
        places.acquireUninterruptibly();
        return places::release;
    }

    /** Tell the engine's readers why its schedule does nothing. */
    void emit(Engine engine, String why) {
        new EngineEvents(
                        cluster,
                        engine,
                        clock,
                        notice -> {
                            if (notice instanceof RunNotice.Warning(String message)) {
                                listener.note(engine.ref(), "warning", message);
                            }
                        })
                .emit(new EngineEvent(EngineEvent.SCHEDULE_REFUSED, true, "", why));
    }
}
