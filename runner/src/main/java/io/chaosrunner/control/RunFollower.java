package io.chaosrunner.control;

import io.chaosrunner.attempt.Mailbox;
import io.chaosrunner.claim.Claim;
import io.chaosrunner.cluster.Cluster;
import io.chaosrunner.cluster.Cluster.Following;
import io.chaosrunner.cluster.Cluster.Selection;
import io.chaosrunner.cluster.ClusterException;
import io.chaosrunner.cluster.ClusterException.Kind;
import io.chaosrunner.cluster.Resource;
import io.chaosrunner.crd.Engine;
import io.chaosrunner.history.RunRecord;
import io.chaosrunner.job.ExecutionLabels;
import io.chaosrunner.model.EngineRef;
import io.chaosrunner.model.RunEnd;
import io.chaosrunner.model.TimeWords;
import io.chaosrunner.run.ResumedAttempts;
import io.chaosrunner.run.RunResult;
import io.chaosrunner.status.EngineStanding;
import io.chaosrunner.status.RunListener;
import io.chaosrunner.status.RunNotice;
import io.chaosrunner.status.StatusEntry;
import io.chaosrunner.strategy.InvalidParameters.Problem;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * A follower of a run that another process owns, to its end. Nothing is written.
 *
 * <p>One thread, the caller of {@link #await}, owns all state. Used once.
 */
public final class RunFollower {
    private static final Duration POLL = Duration.ofSeconds(2);

    /** Nothing tells that an engine is gone if it goes before it is followed. */
    private static final Duration LOOK_AGAIN = Duration.ofMinutes(1);

    private final Cluster cluster;
    private final EngineRef ref;
    private final Clock clock;
    private final RunListener listener;
    private final Mailbox<Runnable> mailbox = new Mailbox<>();
    private final ObservedRun sight = new ObservedRun();
    private @Nullable Following jobs;
    private @Nullable RunResult result;
    private boolean begun;
    private boolean outOfTime;
    private String uid = "";

    /**
     * @param listener hears what happens, on the thread that awaits
     */
    public RunFollower(Cluster cluster, EngineRef ref, Clock clock, RunListener listener) {
        this.cluster = cluster;
        this.ref = ref;
        this.clock = clock;
        this.listener = listener;
    }

    /**
     * Wait for the end of the run that is under way, or of the next one if none is.
     *
     * @param toBegin longest time until a run is under way
     * @param toEnd longest time in all
     * @return {@link RunResult.Completed} as the engine tells it; {@link RunResult.Left} if the
     *     time was over; {@link RunResult.Refused} if nothing began
     */
    public RunResult await(Duration toBegin, Duration toEnd) {
        Instant begin = clock.instant();
        try (mailbox;
                Following engines =
                        follow(Resource.ENGINES, new Selection.Named(ref.name()), this::seen)) {
            // However short the time, it is enough for one look.
            seen(cluster.get(Resource.ENGINES, ref.namespace(), ref.name()));
            while (result == null) {
                Duration waited = Duration.between(begin, clock.instant());
                Duration left = (begun ? toEnd : shorter(toBegin, toEnd)).minus(waited);
                if (left.isNegative() || left.isZero()) {
                    return timedOut(begun ? toEnd : shorter(toBegin, toEnd));
                }
                Runnable message = mailbox.take(shorter(left, LOOK_AGAIN).plusMillis(1));
                if (message == null) {
                    seen(cluster.get(Resource.ENGINES, ref.namespace(), ref.name()));
                } else {
                    message.run();
                }
            }
            return result;
        } finally {
            if (jobs != null) {
                jobs.close();
            }
        }
    }

    /** Wait no longer if nothing has begun to run the engine; any thread may say so. */
    public void leaveUnlessBegun(String why) {
        mailbox.post(() -> {
            if (!begun) {
                end(new RunResult.Left(why + " before anything was launched", false));
            }
        });
    }

    /** Tell whether a run was seen; once {@link #await} has returned. */
    public boolean hasBegun() {
        return begun;
    }

    /** Tell whether the time was over before the run; once {@link #await} has returned. */
    public boolean isOutOfTime() {
        return outOfTime;
    }

    private static Duration shorter(Duration one, Duration other) {
        return one.compareTo(other) <= 0 ? one : other;
    }

    private RunResult timedOut(Duration waited) {
        outOfTime = true;
        return begun
                ? new RunResult.Left(
                        "the run of ChaosEngine %s is not over after %s; it goes on"
                                .formatted(ref, TimeWords.of(waited)),
                        true)
                : new RunResult.Refused(
                        "nothing has begun to run ChaosEngine %s within %s"
                                .formatted(ref, TimeWords.of(waited)));
    }

    private Following follow(
            Resource resource, Selection selection, Consumer<Optional<ObjectNode>> heard) {
        return cluster.follow(
                resource,
                ref.namespace(),
                selection,
                POLL,
                new Cluster.Listener() {
                    @Override
                    public void present(ObjectNode object) {
                        mailbox.post(() -> heard.accept(Optional.of(object)));
                    }

                    @Override
                    public void gone(ObjectNode object) {
                        mailbox.post(() -> heard.accept(Optional.empty()));
                    }

                    @Override
                    public void unavailable(ClusterException why) {
                        mailbox.post(() -> unfollowed(resource, why));
                    }
                });
    }

    private void unfollowed(Resource resource, ClusterException why) {
        if (resource == Resource.JOBS && why.kind() == Kind.FORBIDDEN) {
            // The entries tell the rest.
            return;
        }
        throw why;
    }

    private void seen(Optional<ObjectNode> found) {
        if (found.isEmpty()) {
            end(new RunResult.Left("ChaosEngine %s is gone".formatted(ref), false));
            return;
        }
        Engine now = new Engine(found.get());
        if (!uid.isEmpty() && !uid.equals(now.uid())) {
            end(new RunResult.Left("ChaosEngine %s was made anew".formatted(ref), false));
            return;
        }
        uid = now.uid();
        EngineStanding standing = EngineStanding.of(now);
        begun |= standing.isUnderWay() || standing.isOver() || EngineStanding.isOperators(now);
        if (jobs == null) {
            jobs =
                    follow(
                            Resource.JOBS,
                            new Selection.Labelled(ExecutionLabels.selectorOfEngine(now.uid())),
                            job -> job.ifPresent(j -> tell(sight.job(j))));
        }
        if (standing.phase() != EngineStanding.Phase.IDLE) {
            tell(sight.see(now, clock.instant()));
        }
        Optional<String> misconfigured =
                standing.claim()
                        .filter(claim -> claim.ending().equals(RunRecord.MISCONFIGURED))
                        .map(Claim::reason);
        if (standing.isOver() && misconfigured.isPresent()) {
            end(
                    new RunResult.Misconfigured(
                            List.of(new Problem("ChaosEngine " + ref, misconfigured.get()))));
        } else if (standing.isOver()) {
            RunEnd end = end(standing);
            tell(List.of(new RunNotice.Finished(end, standing.entries())));
            end(new RunResult.Completed(end, standing.entries()));
        }
    }

    private static RunEnd end(EngineStanding standing) {
        Optional<RunEnd> recorded = standing.claim().flatMap(ResumedAttempts::end);
        if (recorded.isPresent()) {
            return recorded.get();
        }
        boolean aborted =
                standing.entries().stream()
                        .anyMatch(entry -> entry.status().equals(StatusEntry.ABORTED));
        return aborted
                ? new RunEnd(RunEnd.Cause.ABORT, "the run was aborted")
                : new RunEnd(
                        RunEnd.Cause.PLAN,
                        standing.claim()
                                .map(Claim::reason)
                                .filter(reason -> !reason.isEmpty())
                                .orElse("the run is over"));
    }

    private void end(RunResult how) {
        if (result == null) {
            result = how;
        }
    }

    private void tell(List<RunNotice> notices) {
        notices.forEach(listener::heard);
    }
}
