package io.chaosrunner.control;

import io.chaosrunner.attempt.Mailbox;
import io.chaosrunner.claim.Claim;
import io.chaosrunner.claim.LoggedAttempt;
import io.chaosrunner.cluster.Cluster;
import io.chaosrunner.cluster.Cluster.Following;
import io.chaosrunner.cluster.Cluster.Listing;
import io.chaosrunner.cluster.Cluster.Pace;
import io.chaosrunner.cluster.Cluster.Selection;
import io.chaosrunner.cluster.ClusterException;
import io.chaosrunner.cluster.ClusterException.Kind;
import io.chaosrunner.cluster.Fabric8Cluster;
import io.chaosrunner.cluster.PodLog;
import io.chaosrunner.cluster.Resource;
import io.chaosrunner.cluster.RetryBackoff;
import io.chaosrunner.control.LogSource.Containers;
import io.chaosrunner.crd.Engine;
import io.chaosrunner.crd.EngineExperiment;
import io.chaosrunner.engine.OperatorsPod;
import io.chaosrunner.job.ExecutionLabels;
import io.chaosrunner.job.JobName;
import io.chaosrunner.model.ExecutionId;
import io.chaosrunner.model.RunId;
import io.chaosrunner.status.EngineStanding;
import io.chaosrunner.status.StatusEntry;
import io.chaosrunner.strategy.Outcome;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import tools.jackson.databind.node.ObjectNode;

/**
 * The logs of an engine's last run: its experiments' and their helpers'. Nothing is written. Used
 * once, by one thread.
 */
public final class RunLogs {
    private static final Duration POLL = Duration.ofSeconds(2);

    /** Nothing tells that an engine is gone if it goes before it is followed. */
    private static final Duration LOOK_AGAIN = Duration.ofMinutes(1);

    /** What the containers of a run that is over had still to say is there by then. */
    private static final Duration LAST_WORDS = Duration.ofSeconds(20);

    private final Fabric8Cluster cluster;
    private final Engine engine;
    private final Options options;
    private final Listener listener;
    private final Containers meant;
    private final EngineStanding standing;
    private final Optional<RunId> run;
    private final List<String> names;
    private final Set<Integer> slots;
    private final Object lock = new Object();

    /** The containers whose logs were opened, by pod and container. */
    private final Set<String> opened = new HashSet<>();

    /** The executions of which a pod was seen. */
    private final Set<ExecutionId> seen = new HashSet<>();

    private final Set<String> containers = new HashSet<>();

    /** The engine as last seen; of the thread that follows. */
    private Engine now;

    private int read;
    private boolean prefixed;

    /**
     * Which logs to show.
     *
     * @param experiment the name of one experiment; empty means all of the engine
     * @param container the name of a container; empty means the one that each pod is there for
     * @param allContainers whether every container is meant
     * @param previous whether those are meant that were there before their last restart
     * @param tail how many of the last lines of each; empty means all
     * @param since how old a line may be; empty means any
     */
    public record Options(
            Optional<String> experiment,
            Optional<String> container,
            boolean allContainers,
            boolean previous,
            OptionalLong tail,
            Optional<Duration> since) {}

    /** Hears lines and notes, one at a time. */
    public interface Listener {
        /**
         * Hear a line of a container.
         *
         * @param label whose it is; empty if there is but one
         */
        void line(String label, PodLog.Line line);

        /** Hear why there is no log, or no more of it. */
        void note(String text);
    }

    /**
     * @param engine as it is now
     */
    public RunLogs(Fabric8Cluster cluster, Engine engine, Options options, Listener listener) {
        this.cluster = cluster;
        this.engine = engine;
        now = engine;
        this.options = options;
        this.listener = listener;
        meant =
                options.allContainers()
                        ? new Containers.All()
                        : options.container()
                                .<Containers>map(Containers.Named::new)
                                .orElseGet(Containers.Own::new);
        standing = EngineStanding.of(engine);
        run = standing.claim().filter(Claim::isOfRun).map(Claim::run);
        names = names(engine, standing);
        var wanted = new HashSet<Integer>();
        for (int slot = 0; slot < names.size(); slot++) {
            if (options.experiment().isEmpty()
                    || names.get(slot).equals(options.experiment().get())) {
                wanted.add(slot);
            }
        }
        slots = wanted;
    }

    private static List<String> names(Engine engine, EngineStanding standing) {
        return standing.entries().isEmpty()
                ? names(engine)
                : standing.entries().stream().map(StatusEntry::name).toList();
    }

    private static List<String> names(Engine engine) {
        return engine.experiments().stream().map(EngineExperiment::name).toList();
    }

    /** Return the names of the experiments that an engine runs, or ran the last time. */
    public static List<String> experiments(Engine engine) {
        return names(engine, EngineStanding.of(engine));
    }

    /** Tell whether there has been a run. */
    public boolean hasRun() {
        return run.isPresent() || !standing.entries().isEmpty();
    }

    /** Say which run is meant, such as {@code run 3 of ChaosEngine default/nginx}. */
    public String title() {
        return "%s of ChaosEngine %s"
                .formatted(
                        run.map(id -> "run " + id.number()).orElse("the last run"), engine.ref());
    }

    // ---- What there is -----------------------------------------------------------------------

    /**
     * Show what there is by now.
     *
     * @return how many logs could be read
     * @throws ClusterException of kind {@link Kind#FORBIDDEN} if logs may not be read
     */
    public int show() {
        List<LogSource> sources = sources(listing().items());
        prefixed = sources.size() > 1;
        sources.forEach(this::readOnce);
        noteWhatIsMissing();
        return read;
    }

    private Listing listing() {
        return cluster.listing(Resource.PODS, engine.namespace(), selector());
    }

    private String selector() {
        return run.map(id -> ExecutionLabels.selectorOfRun(engine.uid(), id.id()))
                .orElseGet(() -> ExecutionLabels.selectorOfEngine(engine.uid()));
    }

    /** The oldest pods first; an experiment's before those of its helpers. */
    private List<LogSource> sources(List<ObjectNode> pods) {
        var sources = new ArrayList<LogSource>();
        pods.stream()
                .filter(pod -> !name(pod).equals(OperatorsPod.name(engine.ref())))
                .sorted(Comparator.comparing(RunLogs::created).thenComparing(RunLogs::name))
                .forEach(pod -> {
                    List<LogSource> ofPod = LogSource.of(pod, this::experiment, meant);
                    Optional<ExecutionId> execution = ExecutionLabels.read(pod);
                    if (isWanted(execution, pod)) {
                        execution.ifPresent(seen::add);
                        LogSource.containers(pod).forEach(containers::add);
                        sources.addAll(ofPod);
                    }
                });
        return sources;
    }

    private boolean isWanted(Optional<ExecutionId> execution, ObjectNode pod) {
        return options.experiment().isEmpty()
                || execution
                        .map(id -> slots.contains(id.slot()))
                        .orElseGet(() ->
                                standing.entries().stream()
                                        .anyMatch(entry ->
                                                entry.pod().equals(name(pod))
                                                        && entry.name()
                                                                .equals(
                                                                        options.experiment()
                                                                                .get())));
    }

    private Optional<String> experiment(ExecutionId execution) {
        return execution.slot() < names.size()
                ? Optional.of(names.get(execution.slot()))
                : Optional.empty();
    }

    private static String created(ObjectNode pod) {
        return pod.path("metadata").path("creationTimestamp").asString("");
    }

    private static String name(ObjectNode pod) {
        return pod.path("metadata").path("name").asString("");
    }

    private PodLog.Query query(LogSource source, boolean follow, boolean isNew) {
        return new PodLog.Query(
                source.container(),
                follow,
                options.previous(),
                isNew ? OptionalLong.empty() : options.tail(),
                isNew ? Optional.empty() : options.since(),
                Optional.empty());
    }

    private void readOnce(LogSource source) {
        if (source.waiting().isPresent()) {
            note(source, "has no log so far: " + source.waiting().get());
            return;
        }
        try (PodLog log =
                cluster.log(engine.namespace(), source.pod(), query(source, false, false))) {
            count();
            for (Optional<PodLog.Line> line = log.next(); line.isPresent(); line = log.next()) {
                tell(source, line.get());
            }
        } catch (ClusterException e) {
            noteFailure(source, e);
        }
    }

    private void noteFailure(LogSource source, ClusterException e) {
        switch (e.kind()) {
            case FORBIDDEN -> throw forbidden(e);
            case NOT_FOUND -> note(source, "is gone, and its log with it");
            default -> note(source, "has no log that can be read: " + e.getMessage());
        }
    }

    private ClusterException forbidden(ClusterException e) {
        return new ClusterException(
                Kind.FORBIDDEN,
                "logs may not be read: this takes the right to get pods/log in namespace %s, see docs/permissions.md: %s"
                        .formatted(engine.namespace(), e.getMessage()));
    }

    private void tell(LogSource source, PodLog.Line line) {
        synchronized (lock) {
            listener.line(prefixed || !source.isPlain() ? source.label() : "", line);
        }
    }

    private void note(LogSource source, String text) {
        synchronized (lock) {
            listener.note("%s: pod %s %s".formatted(source.label(), source.pod(), text));
        }
    }

    private void note(String text) {
        synchronized (lock) {
            listener.note(text);
        }
    }

    // ---- What there is no more ---------------------------------------------------------------

    /** Say what was launched and has left no pod. */
    private void noteWhatIsMissing() {
        if (options.container().isPresent() && read == 0 && !containers.isEmpty()) {
            note(
                    "no pod has a container '%s'; there are %s"
                            .formatted(
                                    options.container().get(),
                                    String.join(", ", containers.stream().sorted().toList())));
        }
        Optional<Claim> claim = EngineStanding.of(now).claim().filter(this::isOurs);
        if (run.isEmpty() || claim.isEmpty()) {
            return;
        }
        List<LoggedAttempt> log = claim.get().log();
        if (read == 0 || options.experiment().isPresent()) {
            noteWhatWasNotLaunched(claim.get());
        }
        for (LoggedAttempt each : log) {
            var execution =
                    new ExecutionId(
                            engine.uid(),
                            run.get().id(),
                            each.slot(),
                            each.iteration(),
                            each.attempt());
            if (slots.contains(each.slot()) && !seen.contains(execution)) {
                note(
                        "%s: %s %s"
                                .formatted(
                                        experiment(execution).orElse("experiment " + each.slot())
                                                + LogSource.times(execution),
                                        pod(execution),
                                        whyGone(each, log)));
            }
        }
    }

    private void noteWhatWasNotLaunched(Claim claim) {
        List<StatusEntry> entries = EngineStanding.of(now).entries();
        for (int slot : slots.stream().sorted().toList()) {
            boolean isLaunched =
                    seen.stream().anyMatch(each -> each.slot() == slot)
                            || claim.log().stream().anyMatch(each -> each.slot() == slot);
            if (!isLaunched) {
                String status = slot < entries.size() ? entries.get(slot).status() : "";
                String why =
                        claim.skipped()
                                .getOrDefault(
                                        slot, claim.reason().isEmpty() ? status : claim.reason());
                note(
                        "%s was not launched%s"
                                .formatted(names.get(slot), why.isEmpty() ? "" : ": " + why));
            }
        }
    }

    private boolean isOurs(Claim claim) {
        return run.filter(id -> id.id().equals(claim.run().id())).isPresent();
    }

    /** The entry of a slot names the pod of its last execution. */
    private String pod(ExecutionId execution) {
        List<StatusEntry> entries = EngineStanding.of(now).entries();
        return execution.slot() < entries.size()
                        && JobName.isOfPod(entries.get(execution.slot()).pod(), execution)
                ? "pod " + entries.get(execution.slot()).pod()
                : "its pod";
    }

    private String whyGone(LoggedAttempt attempt, List<LoggedAttempt> log) {
        boolean isRetried =
                log.stream()
                        .anyMatch(other ->
                                other.slot() == attempt.slot()
                                        && other.iteration() == attempt.iteration()
                                        && other.attempt() > attempt.attempt());
        if (attempt.outcome() == Outcome.STOPPED) {
            return "is gone: it was removed when the experiment was stopped";
        }
        if (isRetried) {
            return "is gone: it was removed before the experiment was tried again";
        }
        return engine.jobCleanUpPolicy().equals("delete")
                ? "is gone: removed by jobCleanUpPolicy delete"
                : "is gone, or never was: 'chaos-runner history %s -n %s' tells how it ended"
                        .formatted(engine.name(), engine.namespace());
    }

    // ---- Following ---------------------------------------------------------------------------

    /**
     * Show what there is, and what is said from now on until the run is over.
     *
     * @return how many logs could be read
     * @throws ClusterException of kind {@link Kind#FORBIDDEN} if logs may not be read
     */
    public int follow() {
        if (isOver(engine)) {
            return show();
        }
        Listing known = listing();
        List<LogSource> sources = sources(known.items());
        prefixed = slots.size() > 1;
        sources.stream().filter(LogSource::hasEnded).forEach(this::readOnce);
        try (var mailbox = new Mailbox()) {
            sources.stream()
                    .filter(source -> !source.hasEnded())
                    .forEach(source -> begin(source, false, mailbox));
            if (sources.isEmpty()) {
                note("%s has no pod so far; its logs follow".formatted(title()));
            }
            try (Following pods = followPods(known, mailbox);
                    Following engines = followEngine(mailbox)) {
                while (!isOver(now)) {
                    if (!mailbox.take(LOOK_AGAIN)) {
                        now = lookAgain();
                    }
                }
            }
            sources(listing().items()).stream()
                    .filter(source -> !opened.contains(key(source)))
                    .filter(source -> !source.hasEnded() || source.waiting().isEmpty())
                    .forEach(source -> begin(source, true, mailbox));
            awaitLastWords(mailbox);
        }
        noteWhatIsMissing();
        note(title() + " is over");
        return read;
    }

    private Engine lookAgain() {
        return cluster.get(Resource.ENGINES, engine.namespace(), engine.name())
                .map(Engine::new)
                .orElseThrow(this::engineIsGone);
    }

    private ClusterException engineIsGone() {
        return new ClusterException(
                Kind.NOT_FOUND, "ChaosEngine %s is gone".formatted(engine.ref()));
    }

    private boolean isOver(Engine seen) {
        EngineStanding then = EngineStanding.of(seen);
        if (run.isEmpty()) {
            return !then.isUnderWay();
        }
        boolean goesOn =
                then.claim()
                        .filter(this::isOurs)
                        .filter(claim -> claim.state() != Claim.State.FINISHED)
                        .isPresent();
        return !goesOn || then.isOver() || !seen.uid().equals(engine.uid());
    }

    private Following followPods(Listing known, Mailbox mailbox) {
        return cluster.follow(
                Resource.PODS,
                engine.namespace(),
                new Selection.Labelled(selector()),
                known,
                Pace.every(POLL),
                new Changes(mailbox) {
                    @Override
                    public void present(ObjectNode pod) {
                        mailbox.add(() ->
                                sources(List.of(pod))
                                        .forEach(source -> begin(source, true, mailbox)));
                    }

                    @Override
                    public void gone(ObjectNode pod) {
                        // Whoever reads its log notices.
                    }
                });
    }

    private Following followEngine(Mailbox mailbox) {
        return cluster.follow(
                Resource.ENGINES,
                engine.namespace(),
                new Selection.Named(engine.name()),
                POLL,
                new Changes(mailbox) {
                    @Override
                    public void present(ObjectNode object) {
                        mailbox.add(() -> now = new Engine(object));
                    }

                    @Override
                    public void gone(ObjectNode object) {
                        mailbox.add(() -> {
                            throw engineIsGone();
                        });
                    }
                });
    }

    /** Hands failures to the one that waits. */
    private abstract static class Changes implements Cluster.Listener {
        private final Mailbox mailbox;

        Changes(Mailbox mailbox) {
            this.mailbox = mailbox;
        }

        @Override
        public void unavailable(ClusterException why) {
            mailbox.add(() -> {
                throw why;
            });
        }
    }

    private static String key(LogSource source) {
        return source.pod() + "/" + source.container();
    }

    /** Read a container's log to its end, once. */
    private void begin(LogSource source, boolean isNew, Mailbox mailbox) {
        if (source.waiting().isEmpty() && opened.add(key(source))) {
            mailbox.task(() -> {
                followLog(source, query(source, true, isNew));
                return () -> {};
            });
        }
    }

    private void awaitLastWords(Mailbox mailbox) {
        Instant until = Instant.now().plus(LAST_WORDS);
        while (!mailbox.isIdle()) {
            Duration left = Duration.between(Instant.now(), until);
            if (left.isNegative() || !mailbox.take(left.plusMillis(1))) {
                note("some logs may go on");
                return;
            }
        }
    }

    /**
     * Read a log until its container has ended. Servers and proxies end streams whenever they like,
     * so what follows the last line is asked for again.
     */
    private void followLog(LogSource source, PodLog.Query first) {
        PodLog.Query query = first;
        Optional<Instant> last = Optional.empty();
        boolean isCounted = false;
        boolean isFailing = false;
        for (int fruitless = 0; mayGoOn(fruitless); fruitless++) {
            try (PodLog log = cluster.log(engine.namespace(), source.pod(), query)) {
                isFailing = false;
                if (!isCounted) {
                    isCounted = true;
                    count();
                }
                for (Optional<PodLog.Line> line = log.next(); line.isPresent(); line = log.next()) {
                    fruitless = 0;
                    Optional<Instant> at = line.get().at();
                    if (isAfter(at, last)) {
                        tell(source, line.get());
                    }
                    if (at.isPresent()) {
                        last = at;
                        query = query.since(at.get());
                    }
                }
                if (hasEnded(source)) {
                    return;
                }
            } catch (ClusterException e) {
                boolean isStarting = e.kind() == Kind.INVALID && !hasEnded(source);
                if (!e.isTransient() && !isStarting) {
                    noteFailure(source, e);
                    return;
                }
                if (e.isTransient() && !isFailing) {
                    isFailing = true;
                    note(source, "does not show its log for now: " + e.getMessage());
                }
            }
        }
    }

    /** Wait before the same is asked again; false if nobody wants to know any more. */
    private static boolean mayGoOn(int fruitless) {
        if (fruitless > 0) {
            Duration pause =
                    RetryBackoff.pause(fruitless, ThreadLocalRandom.current().nextDouble());
            try {
                TimeUnit.MILLISECONDS.sleep(pause.toMillis());
            } catch (InterruptedException e) {
                return false;
            }
        }
        return !Thread.currentThread().isInterrupted();
    }

    private static boolean isAfter(Optional<Instant> at, Optional<Instant> last) {
        return at.isEmpty() || last.isEmpty() || at.get().isAfter(last.get());
    }

    private void count() {
        synchronized (lock) {
            read++;
        }
    }

    private boolean hasEnded(LogSource source) {
        return cluster.get(Resource.PODS, engine.namespace(), source.pod()).stream()
                .flatMap(pod -> LogSource.of(pod, this::experiment, meant).stream())
                .filter(each -> each.container().equals(source.container()))
                .allMatch(LogSource::hasEnded);
    }
}
