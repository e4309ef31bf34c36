package io.chaosrunner.attempt;

import io.chaosrunner.cluster.Cluster;
import io.chaosrunner.cluster.Cluster.Following;
import io.chaosrunner.cluster.Cluster.Listing;
import io.chaosrunner.cluster.Cluster.Selection;
import io.chaosrunner.cluster.ClusterException;
import io.chaosrunner.cluster.Resource;
import io.chaosrunner.crd.Engine;
import io.chaosrunner.engine.ChaosPods;
import io.chaosrunner.job.ExecutionLabels;
import io.chaosrunner.job.JobState;
import io.chaosrunner.job.LaunchedJob;
import io.chaosrunner.job.PodState;
import io.chaosrunner.model.ExecutionId;
import io.chaosrunner.model.TimeWords;
import io.chaosrunner.status.RunNotice;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * A watch of the pods of a run, which says of each attempt when it runs and how it ends.
 *
 * <p>One watch, whatever the number of attempts. Jobs are looked at only while pods do not tell:
 * where one is gone or going without a word, or does not come. Owned by the run's thread.
 */
public final class PodWatch implements AutoCloseable {
    private static final Duration LOOK_AT_JOBS = Duration.ofSeconds(2);

    /** Pods start within it, as a rule, and what keeps one is not always told. */
    private static final Duration STARTING = Duration.ofSeconds(30);

    private static final Duration BETWEEN_WORDS = Duration.ofMinutes(1);

    private final AttemptContext context;
    private final Map<ExecutionId, LiveAttempt> live;
    private final PodCensus census;
    private final Consumer<PodNews> news;
    private final PodReadings readings;
    private final Explanations explanations;
    private @Nullable Following following;
    private String jobs = "";
    private String namespace = "";
    private boolean mayLookAtJobs = true;
    private boolean looking;
    private Instant looked = Instant.MIN;

    /** When an attempt ended last; empty if none has. */
    private Optional<Instant> ended = Optional.empty();

    /** What was seen before it was known which Job was created for its attempt, in that order. */
    private final Map<ExecutionId, List<PodSeen>> early = new HashMap<>();

    private record PodSeen(ObjectNode pod, boolean gone) {}

    /** When pods are read that cannot be watched. */
    private final class PodReadings implements Cluster.Pace {
        private volatile Set<PodPace.Prospect> prospects = Set.of();
        private volatile Instant last;

        PodReadings(Instant last) {
            this.last = last;
        }

        @Override
        public void reading() {
            last = context.now();
        }

        @Override
        public Duration untilNext(Duration since, boolean somethingNew) {
            return Duration.between(context.now(), PodPace.next(prospects, last, somethingNew));
        }
    }

    /**
     * @param live the attempts that hold a place; of others nothing may live
     * @param census is kept up to date here
     * @param news takes what is seen; called by the run's thread
     */
    public PodWatch(
            AttemptContext context,
            Map<ExecutionId, LiveAttempt> live,
            PodCensus census,
            Consumer<PodNews> news) {
        this.context = context;
        this.live = live;
        this.census = census;
        this.news = news;
        readings = new PodReadings(context.now());
        explanations = new Explanations(context, this::explained);
    }

    /**
     * Begin to watch the pods of a run.
     *
     * @param asOf version of the pods as of which there was none of this run; empty if not known
     */
    public void follow(Engine engine, String runId, String asOf) {
        jobs = ExecutionLabels.selectorOfRun(engine.uid(), runId);
        namespace = engine.namespace();
        readings.reading();
        expect();
        following =
                context.cluster.follow(
                        Resource.PODS,
                        namespace,
                        new Selection.Labelled(jobs),
                        new Listing(asOf, List.of()),
                        readings,
                        new Cluster.Listener() {
                            @Override
                            public void present(ObjectNode object) {
                                read(List.of(object), List.of());
                            }

                            @Override
                            public void gone(ObjectNode object) {
                                read(List.of(), List.of(object));
                            }

                            @Override
                            public void read(List<ObjectNode> there, List<ObjectNode> notThere) {
                                context.post(new AttemptMessage.PodsSeen(there, notThere));
                            }

                            @Override
                            public void unavailable(ClusterException why) {
                                context.post(new AttemptMessage.PodsLost(why));
                            }

                            @Override
                            public void troubled(String bug) {
                                context.tell(new RunNotice.Warning(bug));
                            }

                            @Override
                            public void failing(ClusterException why) {
                                context.cluster.lost(why);
                            }

                            @Override
                            public void goesOn() {
                                context.cluster.found();
                            }

                            @Override
                            public void watching() {
                                context.post(new AttemptMessage.PodsWatched());
                            }
                        });
    }

    /** Take what was seen. */
    public void on(AttemptMessage.Sight sight) {
        switch (sight) {
            case AttemptMessage.PodsSeen(List<ObjectNode> present, List<ObjectNode> gone) ->
                    onPods(present, gone);
            case AttemptMessage.PodsWatched() -> news.accept(new PodNews.Watched());
            case AttemptMessage.PodsLost(ClusterException why) ->
                    news.accept(new PodNews.Lost(why));
            case AttemptMessage.JobsSeen(
                            Optional<List<ObjectNode>> found,
                            boolean mayLook,
                            List<LiveAttempt> asked) -> {
                looking = false;
                mayLookAtJobs &= mayLook;
                found.ifPresent(present -> onJobs(present, asked));
            }
            case AttemptMessage.EventsRead read -> explanations.on(read);
        }
    }

    /** Say what is looked for, if that has changed: readings of pods that are not watched hear. */
    public void expect() {
        Set<PodPace.Prospect> now =
                Stream.concat(
                                live.values().stream().flatMap(PodWatch::prospect),
                                ended.stream().map(PodPace.Prospect.Over::new))
                        .collect(Collectors.toUnmodifiableSet());
        if (!now.equals(readings.prospects)) {
            readings.prospects = now;
            if (following != null) {
                following.reconsider();
            }
        }
    }

    /** What is being created, judged or removed is looked after by others. */
    private static Stream<PodPace.Prospect> prospect(LiveAttempt each) {
        return switch (each.phase) {
            case LAUNCHING, JUDGED, REMOVED -> Stream.empty();
            case LINGERING -> Stream.of(new PodPace.Prospect.Soon(each.lingersSince));
            case WATCHED -> {
                Optional<Duration> expected = each.job().expected();
                yield Stream.of(
                        each.runs && each.suspectUntil == null && expected.isPresent()
                                ? new PodPace.Prospect.Due(each.runsSince, expected.get())
                                : new PodPace.Prospect.Soon(
                                        each.runs ? each.runsSince : each.watchedSince));
            }
        };
    }

    /** An attempt is over. */
    public void ended() {
        ended = Optional.of(context.now());
    }

    /** Watch an attempt from now on: its Job is known. */
    public void watch(LiveAttempt each, LaunchedJob job) {
        each.job(job);
        each.phase = LiveAttempt.Phase.WATCHED;
        each.watchedSince = context.now();
        each.sayAt = each.watchedSince.plus(STARTING);
        each.pendingUntil = each.watchedSince.plus(job.pendingLimit());
        explanations.watch(each);
        List<PodSeen> seen = early.remove(each.id);
        if (seen == null) {
            return;
        }
        for (PodSeen one : seen) {
            if (one.gone()) {
                onPodGone(one.pod());
            } else {
                onPod(one.pod());
            }
        }
    }

    /** Return when {@link #check} must be called at the latest. */
    public Optional<Instant> nextCheck() {
        var times = new ArrayList<Instant>();
        for (LiveAttempt each : live.values()) {
            if (each.phase == LiveAttempt.Phase.LINGERING) {
                times.add(each.lingerUntil);
            }
            if (each.isWatched()) {
                if (!each.runs) {
                    times.add(each.pendingUntil);
                    times.add(each.sayAt);
                }
                if (each.suspectUntil != null) {
                    times.add(each.suspectUntil);
                }
                nextLook(each).ifPresent(times::add);
                explanations.next(each).ifPresent(times::add);
            }
        }
        return times.stream().min(Comparator.naturalOrder());
    }

    /** Give up what has been waited for long enough. */
    public void check() {
        if (live.values().stream().anyMatch(this::isToBeLookedAt)) {
            lookAtJobs();
        }
        Instant now = context.now();
        for (LiveAttempt each : List.copyOf(live.values())) {
            if (each.phase == LiveAttempt.Phase.LINGERING && !now.isBefore(each.lingerUntil)) {
                news.accept(new PodNews.HelpersStay(each));
            }
            if (!each.isWatched()) {
                continue;
            }
            explanations.check(each, namespace);
            if (each.suspectUntil != null && !now.isBefore(each.suspectUntil)) {
                if (each.jobComplete) {
                    news.accept(new PodNews.Succeeded(each, now));
                } else if (each.unseen) {
                    news.accept(new PodNews.Unseen(each, suspected(each)));
                } else {
                    news.accept(new PodNews.Failed(each, now, suspected(each)));
                }
            } else if (!each.runs && !now.isBefore(each.pendingUntil)) {
                news.accept(new PodNews.DidNotStart(each, overdue(each)));
            } else if (!each.runs && !now.isBefore(each.sayAt)) {
                sayWhatKeeps(each);
            }
        }
    }

    /** Return when the Job of an attempt must be looked at, if at all. */
    private Optional<Instant> nextLook(LiveAttempt each) {
        if (!mayLookAtJobs || looking) {
            return Optional.empty();
        }
        Instant from = each.watchedSince.plus(Explanations.podIsMade(each));
        if (each.suspectUntil != null) {
            from = Instant.MIN;
        } else if (each.podSeen) {
            return Optional.empty();
        }
        Instant next = looked.plus(LOOK_AT_JOBS);
        return Optional.of(next.isBefore(from) ? from : next);
    }

    private boolean isToBeLookedAt(LiveAttempt each) {
        return each.isWatched()
                && nextLook(each).filter(at -> !context.now().isBefore(at)).isPresent();
    }

    /** Look at the Jobs of the run: what pods do not tell, a Job may, or that it is gone. */
    private void lookAtJobs() {
        looking = true;
        looked = context.now();
        List<LiveAttempt> asked = live.values().stream().filter(LiveAttempt::isWatched).toList();
        context.work(() -> {
            try {
                List<ObjectNode> found = context.cluster.list(Resource.JOBS, namespace, jobs);
                return new AttemptMessage.JobsSeen(Optional.of(found), true, asked);
            } catch (ClusterException e) {
                // Accounts need no right to read Jobs, and what does not answer is asked again.
                return new AttemptMessage.JobsSeen(Optional.empty(), e.isTransient(), asked);
            }
        });
    }

    private void sayWhatKeeps(LiveAttempt each) {
        Instant now = context.now();
        each.sayAt = now.plus(BETWEEN_WORDS);
        String what =
                each.podSeen
                        ? "pod %s of image %s does not run".formatted(each.pod, each.image)
                        : "Job %s has no pod".formatted(each.jobName());
        news.accept(
                new PodNews.Waits(
                        each,
                        "experiment %s: %s after %s%s; it has %s in all%s"
                                .formatted(
                                        each.experiment,
                                        what,
                                        TimeWords.inSeconds(
                                                Duration.between(each.watchedSince, now)),
                                        afterColon(suspected(each)),
                                        TimeWords.of(each.job().pendingLimit()),
                                        explanations.elsewhere(
                                                each,
                                                "'kubectl describe job %s -n %s'"
                                                        .formatted(each.jobName(), namespace)))));
    }

    /** Say at once what keeps a Job from having a pod, or keeps a pod from running. */
    private void explained(LiveAttempt each) {
        if (each.suspectUntil == null && !each.runs) {
            sayWhatKeeps(each);
        }
    }

    private String overdue(LiveAttempt each) {
        String what =
                each.podSeen
                        ? "pod %s of image %s does not run".formatted(each.pod, each.image)
                        : "Job %s has no pod".formatted(each.jobName());
        // The Job goes, and its events stay for an hour.
        return "%s after %s%s%s"
                .formatted(
                        what,
                        TimeWords.of(each.job().pendingLimit()),
                        afterColon(suspected(each)),
                        explanations.elsewhere(
                                each,
                                "'kubectl get events -n %s --field-selector involvedObject.name=%s'"
                                        .formatted(namespace, each.jobName())));
    }

    /** Return what seems to be wrong, and why that is so. */
    private static String suspected(LiveAttempt each) {
        return each.suspicion.isEmpty() ? each.cause : each.suspicion + afterColon(each.cause);
    }

    /** What lives is counted first: who is told of an end must know what it left. */
    private void onPods(List<ObjectNode> present, List<ObjectNode> gone) {
        present.forEach(census::note);
        gone.forEach(census::forget);
        present.forEach(this::onPod);
        gone.forEach(this::onPodGone);
        for (LiveAttempt each : List.copyOf(live.values())) {
            if (each.phase == LiveAttempt.Phase.LINGERING && census.isEmpty(each.id)) {
                news.accept(new PodNews.HelpersEnded(each));
            }
        }
    }

    private void onPod(ObjectNode pod) {
        Optional<ExecutionId> execution = ExecutionLabels.read(pod);
        LiveAttempt each = execution.map(live::get).orElse(null);
        if (each == null) {
            execution
                    .filter(known -> ChaosPods.isLive(pod))
                    .map(PodNews.Stray::new)
                    .ifPresent(news);
            return;
        }
        if (isEarly(each, new PodSeen(pod, false)) || !each.isWatched() || each.podGone) {
            return;
        }
        if (!each.job().controls(pod)) {
            if (each.pod.equals(pod.path("metadata").path("name").asString(""))) {
                // Its Job was deleted in a way that leaves pods to nobody.
                podGone(each, "pod %s does not belong to its Job any more");
            }
            return;
        }
        if (!each.podSeen) {
            // What kept its Job from having a pod is over.
            each.cause = "";
        }
        each.podSeen = true;
        each.pod = pod.path("metadata").path("name").asString("");
        each.image = LaunchedJob.image(pod, each.jobName());
        switch (PodState.of(pod, each.jobName())) {
            case PodState.Running(Instant since) -> {
                // The node answers again.
                each.suspectUntil = null;
                each.unseen = false;
                each.cause = "";
                if (!each.runs) {
                    each.runs = true;
                    each.runsSince = since(each, since);
                    news.accept(new PodNews.Runs(each));
                }
            }
            case PodState.Finished finished -> {
                each.over = !isGoing(pod);
                finished(each, finished, isGoing(pod));
            }
            case PodState.Failed(String reason, String message, Instant at) -> {
                each.over = !isGoing(pod);
                news.accept(
                        new PodNews.Failed(
                                each,
                                at,
                                "pod %s failed: %s"
                                        .formatted(
                                                each.pod, Explanations.inWords(reason, message))));
            }
            case PodState.Pending pending -> {
                if (pending.isRegistrysWord()) {
                    each.registrysWords = pending.message();
                }
                // Between two tries only the last one's failure says what is wrong.
                String message =
                        pending.isBetweenPulls() && !each.registrysWords.isEmpty()
                                ? each.registrysWords
                                : pending.message();
                each.suspicion = Explanations.inWords(pending.reason(), message);
                if (pending.hopeless()) {
                    news.accept(
                            new PodNews.DidNotStart(
                                    each,
                                    "pod %s of image %s cannot start: %s"
                                            .formatted(each.pod, each.image, each.suspicion)));
                } else if (!pending.isUsual() && each.said.add(pending.reason())) {
                    sayWhatKeeps(each);
                }
            }
            case PodState.Deleting(String reason, String message) -> {
                loseSight(each, "pod %s was deleted", Explanations.inWords(reason, message));
                explanations.podDeleted(each, pod);
            }
            case PodState.Unknown(String reason, String message) ->
                    loseSight(
                            each,
                            "pod %s: its node does not answer",
                            Explanations.inWords(reason, message));
        }
    }

    /** Nodes cut off fractions of seconds, and their clocks may differ. */
    private Instant since(LiveAttempt each, Instant said) {
        Instant now = context.now();
        Instant latest = said.isBefore(now.minusSeconds(1)) ? said.plusSeconds(1) : now;
        return latest.isBefore(each.attempt.start()) ? each.attempt.start() : latest;
    }

    private void loseSight(LiveAttempt each, String what, String detail) {
        each.unseen = true;
        suspect(each, what.formatted(each.pod) + afterColon(detail), context.patience.deletion());
    }

    private void finished(LiveAttempt each, PodState.Finished finished, boolean deleted) {
        if (finished.succeeded()) {
            news.accept(new PodNews.Succeeded(each, finished.at()));
        } else {
            news.accept(
                    new PodNews.Failed(
                            each,
                            finished.at(),
                            "pod %s %sended with exit code %d%s"
                                    .formatted(
                                            each.pod,
                                            deleted
                                                    ? "was deleted%s, and "
                                                            .formatted(inBrackets(each.cause))
                                                    : "",
                                            finished.exitCode(),
                                            afterColon(
                                                    Explanations.inWords(
                                                            finished.reason(),
                                                            finished.message())))));
        }
    }

    private void onPodGone(ObjectNode pod) {
        LiveAttempt each = ExecutionLabels.read(pod).map(live::get).orElse(null);
        if (each == null
                || isEarly(each, new PodSeen(pod, true))
                || !each.isWatched()
                || !each.job().controls(pod)) {
            return;
        }
        if (PodState.of(pod, each.jobName()) instanceof PodState.Finished finished) {
            finished(each, finished, isGoing(pod));
        } else {
            podGone(each, "pod %s was deleted");
            explanations.podDeleted(each, pod);
        }
    }

    private void podGone(LiveAttempt each, String what) {
        each.unseen = false;
        each.podGone = true;
        suspect(each, what.formatted(each.pod), context.patience.podLag());
    }

    private void onJobs(List<ObjectNode> present, List<LiveAttempt> asked) {
        present.forEach(this::onJob);
        asked.stream()
                .filter(each -> each.isWatched() && present.stream().noneMatch(each::isOf))
                .forEach(each ->
                        suspect(
                                each,
                                "Job %s was deleted".formatted(each.jobName()),
                                context.patience.podLag()));
    }

    private void onJob(ObjectNode json) {
        LiveAttempt each = watched(json);
        if (each == null) {
            return;
        }
        switch (JobState.of(json)) {
            case JobState.Failed(String reason, String message, Instant at) -> {
                each.over = true;
                suspect(
                        each,
                        "Job %s failed: %s"
                                .formatted(each.jobName(), Explanations.inWords(reason, message)),
                        context.patience.podLag());
            }
            case JobState.Complete() -> {
                each.over = true;
                // Its pod may be gone already, and with it the only one who would have told.
                each.jobComplete = true;
                suspect(each, "", context.patience.podLag());
            }
            case JobState.Active(boolean suspended) -> {
                // With its pod, if it had one: the Job controller deletes that.
                if (suspended && (!each.podSeen || each.suspectUntil != null)) {
                    explanations.explain(
                            each,
                            "Job %s is suspended (spec.suspend is true)".formatted(each.jobName()));
                }
            }
            case JobState.Deleted() -> {}
        }
    }

    /** Return the attempt that a Job is of; null unless it is watched. */
    private @Nullable LiveAttempt watched(ObjectNode json) {
        return ExecutionLabels.read(json)
                .map(live::get)
                .filter(each -> each.isWatched() && each.isOf(json))
                .orElse(null);
    }

    /** Tell whether an attempt's Job is not known yet; then what was seen is looked at later. */
    private boolean isEarly(LiveAttempt each, PodSeen seen) {
        boolean isEarly = each.phase == LiveAttempt.Phase.LAUNCHING;
        if (isEarly) {
            early.computeIfAbsent(each.id, id -> new ArrayList<>()).add(seen);
        }
        return isEarly;
    }

    /** Something is wrong, but the pod's own last word may still be on its way. */
    private void suspect(LiveAttempt each, String why, Duration patience) {
        Instant until = context.now().plus(patience);
        if (each.suspectUntil == null || until.isBefore(each.suspectUntil)) {
            each.suspectUntil = until;
            each.suspicion = why;
        }
    }

    private static String inBrackets(String words) {
        return words.isEmpty() ? "" : " (" + words + ")";
    }

    private static String afterColon(String words) {
        return words.isEmpty() ? "" : ": " + words;
    }

    private static boolean isGoing(ObjectNode object) {
        return object.path("metadata").path("deletionTimestamp").isString();
    }

    @Override
    public void close() {
        if (following != null) {
            following.close();
        }
    }
}
