package io.chaosrunner.scheduler;

import io.chaosrunner.claim.Claim;
import io.chaosrunner.claim.Owner;
import io.chaosrunner.cluster.Cluster;
import io.chaosrunner.config.Allowed;
import io.chaosrunner.control.HolidayLists;
import io.chaosrunner.crd.Engine;
import io.chaosrunner.engine.EventWriter;
import io.chaosrunner.job.RunnerJob;
import io.chaosrunner.plugin.StrategyCatalogue;
import io.chaosrunner.status.EngineEvent;
import io.chaosrunner.status.EngineStanding;
import io.chaosrunner.status.RunNotice;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;

/**
 * What all engines are driven with.
 *
 * @param launch who carries out the runs
 * @param pods what the Job of a run is made of, where pods carry them out; empty otherwise
 * @param instance this process' name, in every claim it takes; one of {@link Owner#SERVICE}
 * @param places bounds the runs that go on in this process
 * @param bulkhead where what engines ask for is computed
 * @param lists the lists of holidays that schedules name
 * @param runDeadline the deadline of a run whose engine has none; absent for none
 * @param allowed which accounts and images engines may name
 * @param authors whether those who wrote engines may do what these would do
 */
record SchedulerContext(
        Cluster cluster,
        StrategyCatalogue strategies,
        Clock clock,
        ServiceLaunch launch,
        Optional<RunnerJob> pods,
        String instance,
        Places places,
        Bulkhead bulkhead,
        HolidayLists lists,
        Optional<Duration> runDeadline,
        Allowed allowed,
        Authors authors,
        Alarms alarms,
        ServiceListener listener) {

    /**
     * Tell whether a run of an engine goes on that is the service's to look after: an earlier
     * process of it began the run, or a pod that it made.
     */
    boolean isLeft(Engine engine) {
        EngineStanding standing = EngineStanding.of(engine);
        return standing.isUnderWay()
                && !EngineStanding.isOperators(engine)
                && standing.claim()
                        .filter(claim -> claim.state() != Claim.State.FINISHED)
                        .filter(Claim::isOfService)
                        .isPresent();
    }

    /** Tell the engine's readers why its schedule does nothing. */
    void emit(Engine engine, String why) {
        emit(engine, EngineEvent.SCHEDULE_REFUSED, why);
    }

    /** Tell the engine's readers what became of its schedule. */
    void emit(Engine engine, String reason, String why) {
        new EventWriter(
                        cluster,
                        engine,
                        clock,
                        notice -> {
                            if (notice instanceof RunNotice.Warning(String message)) {
                                listener.note(engine.ref(), "warning", message);
                            }
                        })
                .emit(new EngineEvent(reason, true, "", why));
    }
}
