package io.chaosrunner.scheduler;

import io.chaosrunner.claim.Claim;
import io.chaosrunner.claim.FireLedger;
import io.chaosrunner.cluster.Cluster.Propagation;
import io.chaosrunner.cluster.ClusterException;
import io.chaosrunner.cluster.ClusterException.Kind;
import io.chaosrunner.cluster.Resource;
import io.chaosrunner.crd.Engine;
import io.chaosrunner.job.EventWords;
import io.chaosrunner.job.PodState;
import io.chaosrunner.job.RunnerJob;
import io.chaosrunner.job.RunnerJob.Made;
import io.chaosrunner.model.EngineRef;
import io.chaosrunner.model.Fire;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.node.ObjectNode;

/**
 * The Jobs whose pods carry out the runs of one engine: made, found again, removed.
 *
 * <p>Used by one thread at a time. Which run begins, and that it begins once, is the claim's to
 * say; a Job only sees to it that a pod comes to the engine. So nothing depends on when a Job is
 * made or removed.
 */
final class RunnerJobs {
    /** Whose fire is not settled by then is not for a fire to come. */
    static final Duration STALE = Duration.ofMinutes(10);

    /** A pod whose run is over needs a moment to end. */
    private static final Duration ENDING = Duration.ofMinutes(1);

    /** So many that have ended are kept, for their logs. */
    private static final int MOST_KEPT = 3;

    private static final int LONGEST_WHY = 400;

    private final SchedulerContext driving;
    private final EngineRef ref;

    /** When each was first seen, by this process' own clock: the API server's may be another's. */
    private final Map<String, Instant> sightings = new HashMap<>();

    /** When each was first seen with nothing to do. */
    private final Map<String, Instant> idle = new HashMap<>();

    RunnerJobs(SchedulerContext driving, EngineRef ref) {
        this.driving = driving;
        this.ref = ref;
    }

    /** Return the Job of one fire; empty if there is none. */
    Optional<Made> of(Engine engine, Fire fire) {
        String name = RunnerJob.name(ref, engine.uid(), FireLedger.handOver(fire));
        return driving.cluster()
                .get(Resource.JOBS, ref.namespace(), name)
                // One of that name that somebody else made is none of ours, and keeps its name.
                .filter(job -> isOf(engine, job))
                .map(RunnerJob::read);
    }

    /** Return since when this process knows of a Job. */
    Instant since(Made job) {
        return sightings.computeIfAbsent(job.uid(), _ -> driving.clock().instant());
    }

    private static boolean isOf(Engine engine, ObjectNode job) {
        return RunnerJob.engineOf(job).equals(Optional.of(engine.uid()));
    }

    /**
     * Have a pod come for a fire; it is no error if another leader just did.
     *
     * @return what keeps its Job from being made; empty if it is there
     */
    Optional<String> make(RunnerJob pods, Engine engine, Fire fire) {
        try {
            driving.cluster()
                    .create(
                            Resource.JOBS,
                            ref.namespace(),
                            pods.of(ref, engine.uid(), FireLedger.handOver(fire)));
            return Optional.empty();
        } catch (ClusterException e) {
            if (e.kind() != Kind.ALREADY_EXISTS) {
                throw e;
            }
        }
        String name = RunnerJob.name(ref, engine.uid(), FireLedger.handOver(fire));
        return driving.cluster()
                .get(Resource.JOBS, ref.namespace(), name)
                .filter(job -> !isOf(engine, job))
                .map(_ ->
                        "the pod for the %s is not made: its Job's name is taken by one that is not ChaosEngine %s's; look at it, and remove it: kubectl describe job %s -n %s"
                                .formatted(fire, ref, name, ref.namespace()));
    }

    /** Remove a Job and its pod. */
    void remove(Made job) {
        driving.cluster()
                .delete(
                        Resource.JOBS,
                        ref.namespace(),
                        job.name(),
                        job.uid(),
                        Propagation.BACKGROUND);
    }

    /**
     * Remove the Jobs of an engine that nobody waits for: those whose fire is settled and whose run
     * does not go on, and all but the last of those that have ended.
     *
     * @param engine as just read
     * @return when to look again; empty if nothing is left that may have to go
     */
    Optional<Instant> tidy(Engine engine) {
        Instant now = driving.clock().instant();
        Optional<Claim> claim;
        try {
            claim = Claim.of(engine);
        } catch (Claim.Unreadable e) {
            return Optional.of(now.plus(STALE));
        }
        List<Made> all =
                driving
                        .cluster()
                        .list(Resource.JOBS, ref.namespace(), RunnerJob.selector(engine.uid()))
                        .stream()
                        .map(RunnerJob::read)
                        .toList();
        List<String> uids = all.stream().map(Made::uid).toList();
        sightings.keySet().retainAll(uids);
        idle.keySet().retainAll(uids);
        Optional<Instant> again = Optional.empty();
        for (Made each : all) {
            if (!(each.state() instanceof RunnerJob.State.Unfinished(boolean started))
                    || carriesOut(each, claim)) {
                continue;
            }
            Instant end = since(each).plus(STALE);
            if (isSettled(each, claim)) {
                Instant from = idle.computeIfAbsent(each.uid(), _ -> now);
                end = started ? from.plus(ENDING) : from;
            }
            if (!now.isBefore(end)) {
                remove(each);
            } else if (again.isEmpty() || end.isBefore(again.get())) {
                again = Optional.of(end);
            }
        }
        all.stream()
                .filter(Made::hasEnded)
                .filter(each -> !carriesOut(each, claim))
                .sorted(
                        Comparator.comparing((Made each) -> each.made().orElse(Instant.MIN))
                                .reversed())
                .skip(MOST_KEPT)
                .forEach(this::remove);
        return again;
    }

    /** Tell whether the run that goes on is that of a Job. */
    private static boolean carriesOut(Made job, Optional<Claim> claim) {
        return claim.filter(held -> held.state() != Claim.State.FINISHED)
                .flatMap(held -> held.fires().started())
                .filter(fire -> FireLedger.handOver(fire).equals(job.fire()))
                .isPresent();
    }

    private static boolean isSettled(Made job, Optional<Claim> claim) {
        return FireLedger.handedOver(job.fire())
                .filter(fire -> claim.filter(held -> held.fires().isSettled(fire)).isPresent())
                .isPresent();
    }

    /**
     * Say what keeps the pod of a Job from running, as far as it can be known; empty if nothing.
     */
    Optional<String> hindrance(Made job) {
        try {
            List<ObjectNode> pods =
                    driving.cluster()
                            .list(
                                    Resource.PODS,
                                    ref.namespace(),
                                    "batch.kubernetes.io/job-name=" + job.name());
            Optional<String> pending =
                    pods.stream()
                            .map(pod -> PodState.of(pod, "chaos-runner"))
                            .filter(PodState.Pending.class::isInstance)
                            .map(state -> (PodState.Pending) state)
                            .filter(state -> !state.isUsual() || !state.message().isEmpty())
                            .map(state -> words(state.reason(), state.message()))
                            .findFirst();
            return pending.or(() ->
                    pods.isEmpty()
                            ? EventWords.ofJobWithoutPod(
                                            driving.cluster()
                                                    .eventsOf(
                                                            Resource.JOBS,
                                                            ref.namespace(),
                                                            job.name(),
                                                            job.uid()))
                                    .map(said -> words(said.reason(), said.message()))
                            : Optional.empty());
        } catch (ClusterException e) {
            // Only words: who may not read them finds them with kubectl.
            return Optional.empty();
        }
    }

    private static String words(String reason, String message) {
        String all = message.isEmpty() ? reason : reason + ": " + message;
        return all.length() > LONGEST_WHY ? all.substring(0, LONGEST_WHY - 1) + "…" : all;
    }
}
