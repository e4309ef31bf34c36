package io.chaosrunner.scheduler;

import io.chaosrunner.claim.Claim;
import io.chaosrunner.claim.SkipCause;
import io.chaosrunner.cluster.ClusterException;
import io.chaosrunner.job.RunnerJob;
import io.chaosrunner.job.RunnerJob.Made;
import io.chaosrunner.model.Fire;
import io.chaosrunner.model.TimeWords;
import io.chaosrunner.schedule.EngineSchedule;
import io.chaosrunner.schedule.EngineSchedule.Change;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * The launch of an engine's runs by pods of their own, which {@link RunnerJobs} make: a Job for
 * each fire, whose pod comes to the engine and claims the run.
 */
final class PodLaunch implements ServiceLaunch.Way {
    private static final Duration LOOK = Duration.ofMillis(300);

    /** A pod that has no node or no image after that is not waited for. */
    private static final Duration POD_STARTS = Duration.ofMinutes(4);

    /** One that runs may wait three minutes for the pods of the last run. */
    private static final Duration POD_CLAIMS = Duration.ofMinutes(8);

    private final SchedulerContext driving;
    private final DrivenEngine driven;
    private final DirectLaunch direct;
    private final RunnerJobs runners;

    private Optional<Instant> tidyAgain = Optional.empty();

    /**
     * @param direct takes up runs of pods where this service launches none
     */
    PodLaunch(SchedulerContext driving, DrivenEngine driven, DirectLaunch direct) {
        this.driving = driving;
        this.driven = driven;
        this.direct = direct;
        runners = new RunnerJobs(driving, driven.ref());
    }

    // ---- Jobs that nobody waits for -----------------------------------------------------------

    @Override
    public boolean isUntidy() {
        return driven.isUntidy()
                || tidyAgain.filter(at -> !driven.instant().isBefore(at)).isPresent();
    }

    @Override
    public Optional<Instant> tidy() {
        if (isUntidy()) {
            driven.untidy(false);
            try {
                tidyAgain = runners.tidy(driven.seen());
            } catch (ClusterException e) {
                driven.untidy(true);
                throw e;
            }
        }
        return tidyAgain;
    }

    // ---- A fire -------------------------------------------------------------------------------

    /**
     * Have a pod come to the engine, which claims the run for the fire. Until then the fire is not
     * settled: whoever leads looks again, and meets the same Job.
     */
    @Override
    public Optional<Instant> begin(EngineSchedule schedule, Fire fire) {
        Optional<Made> found = runners.of(schedule.engine(), fire);
        if (found.isEmpty()) {
            return driven.byAuthor(schedule, fire, () -> makePod(schedule, fire));
        }
        Made job = found.get();
        Instant now = driven.instant();
        if (job.hasEnded() && hasChanged(schedule)) {
            // Its run may have begun, and ended, since the engine was read.
            return driven.now();
        }
        return switch (job.state()) {
            case RunnerJob.State.Going() -> {
                if (now.isBefore(runners.since(job).plus(POD_STARTS))) {
                    yield driven.soon(LOOK);
                }
                driven.refuse(
                        "the %s waits for a Job that is being deleted and does not go; is its node lost? See kubectl describe job %s -n %s"
                                .formatted(fire, job.name(), driven.ref().namespace()));
                yield driven.setBack();
            }
            case RunnerJob.State.Unfinished(boolean started) -> {
                Instant end = runners.since(job).plus(started ? POD_CLAIMS : POD_STARTS);
                yield now.isBefore(end)
                        ? Optional.of(end)
                        : giveUp(
                                schedule,
                                fire,
                                job,
                                started
                                        ? "its pod has not begun within " + TimeWords.of(POD_CLAIMS)
                                        : "its pod did not start within "
                                                + TimeWords.of(POD_STARTS));
            }
            case RunnerJob.State.Failed(String why) ->
                    giveUp(
                            schedule,
                            fire,
                            job,
                            "its pod failed before it began (%s)".formatted(why));
            case RunnerJob.State.Complete() -> {
                // It saw no reason to begin, or the engine changed: look again, but not at once.
                runners.remove(job);
                driven.note("not-started", "the pod for the %s began no run".formatted(fire));
                yield driven.setBack();
            }
        };
    }

    private Optional<Instant> makePod(EngineSchedule schedule, Fire fire) {
        return driven.onceReady(
                schedule,
                ready -> {
                    Optional<String> taken =
                            runners.make(driving.pods().orElseThrow(), ready.engine(), fire);
                    if (taken.isPresent()) {
                        driven.refuse(taken.get());
                        return driven.setBack();
                    }
                    driven.untidy(true);
                    driven.note("fire-handed-over", fire + " to a pod of its own");
                    driven.tellFired(schedule, fire);
                    return driven.soon(POD_STARTS);
                });
    }

    /** Settle a fire whose pod does not come; the next one is tried again. */
    private Optional<Instant> giveUp(EngineSchedule schedule, Fire fire, Made job, String why) {
        Optional<Change> settled = DrivenEngine.settling(schedule, fire, why, SkipCause.NO_POD);
        if (settled.isPresent() && !driven.write(schedule, settled.get())) {
            return driven.now();
        }
        String said =
                "the %s starts no run: %s%s; see kubectl describe job %s -n %s"
                        .formatted(
                                fire,
                                why,
                                runners.hindrance(job).map(words -> ": " + words).orElse(""),
                                job.name(),
                                driven.ref().namespace());
        driven.announce("fire-skipped", said);
        driven.tellSkipped(fire, why, SkipCause.NO_POD);
        runners.remove(job);
        return settled.isPresent() ? driven.now() : driven.setBack();
    }

    /** See that a pod carries out the run that goes on, however often pods or Jobs go. */
    Optional<Instant> attend(Claim claim, Optional<Instant> until) {
        Fire fire = claim.fires().started().orElseThrow();
        Optional<Made> found = runners.of(driven.seen(), fire);
        boolean over = found.isEmpty() || found.get().hasEnded();
        if (!over) {
            return DrivenEngine.earlier(until, driven.soon(DirectRun.LATER));
        }
        if (!isHeldBy(claim)) {
            // It is over since.
            return driven.now();
        }
        if (driving.launch() != ServiceLaunch.POD) {
            return direct.resume(Optional.empty());
        }
        if (found.isPresent()) {
            runners.remove(found.get());
            driven.note(
                    "trouble",
                    "the pod of run %d ended before the run: another one takes it up"
                            .formatted(claim.run().number()));
            return driven.setBack();
        }
        Optional<String> taken = runners.make(driving.pods().orElseThrow(), driven.seen(), fire);
        if (taken.isPresent()) {
            driven.refuse(taken.get());
            return driven.setBack();
        }
        driven.note(
                "run-handed-over",
                "run %d to a pod that takes it up".formatted(claim.run().number()));
        return DrivenEngine.earlier(until, driven.soon(DirectRun.LATER));
    }

    private boolean hasChanged(EngineSchedule schedule) {
        String version = schedule.engine().resourceVersion();
        return driven.stored().filter(engine -> engine.resourceVersion().equals(version)).isEmpty();
    }

    private boolean isHeldBy(Claim claim) {
        return driven.stored()
                .filter(driving::isLeft)
                .flatMap(Claim::of)
                .filter(held -> held.run().equals(claim.run()))
                .isPresent();
    }
}
