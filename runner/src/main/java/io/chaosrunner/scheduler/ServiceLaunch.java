package io.chaosrunner.scheduler;

import io.chaosrunner.model.Fire;
import io.chaosrunner.schedule.EngineSchedule;
import java.time.Instant;
import java.util.Optional;

/** Who carries out the runs that the scheduling service starts. */
public enum ServiceLaunch {
    /** The service's own process. */
    DIRECT,
    /** The runner pod that the chaos-operator makes. */
    OPERATOR,
    /** A pod for each run, under an account of the engine's namespace, which the service makes. */
    POD;

    /** The way in which the runs of one engine are launched: what each of these stands for. */
    sealed interface Way permits DirectLaunch, OperatorLaunch, PodLaunch {
        /**
         * Start a run for a fire that is due, or come nearer to it. Whoever claims the run settles
         * the fire; until then it is asked for again.
         *
         * @return when there is more to do, if nothing changes
         */
        Optional<Instant> begin(EngineSchedule schedule, Fire fire);

        /**
         * Tell whether a run that it begins goes on in this process, and takes one of its places.
         */
        default boolean takesPlace() {
            return false;
        }

        /**
         * Remove what its runs left and nobody waits for, if there may be something.
         *
         * @return when to look again, if nothing changes
         */
        default Optional<Instant> tidy() {
            return Optional.empty();
        }

        /** Tell whether there may be something to remove by now. */
        default boolean isUntidy() {
            return false;
        }
    }
}
