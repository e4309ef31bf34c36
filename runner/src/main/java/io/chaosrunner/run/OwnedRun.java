package io.chaosrunner.run;

import io.chaosrunner.attempt.FoundJob;
import io.chaosrunner.claim.Claim;
import io.chaosrunner.config.ExecutionSettings;
import io.chaosrunner.engine.EngineWriter.Taken;
import io.chaosrunner.model.RunLimits;
import java.util.List;
import java.util.Optional;

/**
 * A run that this process owns now, and all that was read to begin it or take it up.
 *
 * @param engine the engine, as the claim's write returned it
 * @param claim the claim
 * @param podsAsOf version of the pods as of which there was none of this run; empty if there may be
 * @param settings the execution settings, as recorded in the claim
 * @param planned slots and plan
 * @param limits the run's limits, merged with the plan's
 * @param jobs what an earlier process launched; empty for a new run
 * @param resumed whether an earlier process began the run
 * @param broken why the plan is not to be asked; empty if it is
 */
record OwnedRun(
        Taken engine,
        Claim claim,
        String podsAsOf,
        ExecutionSettings settings,
        PlannedRun planned,
        RunLimits limits,
        List<FoundJob> jobs,
        boolean resumed,
        Optional<String> broken) {

    OwnedRun {
        jobs = List.copyOf(jobs);
    }
}
