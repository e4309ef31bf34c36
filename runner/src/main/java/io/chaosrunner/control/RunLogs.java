package io.chaosrunner.control;

import io.chaosrunner.attempt.Mailbox;
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
import io.chaosrunner.job.ExecutionLabels;
import io.chaosrunner.model.ExecutionId;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
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

    /** As often in a row a log cannot be asked for before that is worth a word. */
    private static final int FAILURES_TO_TELL = 2;

    private final Fabric8Cluster cluster;
    private final Engine engine;
    private final Options options;
    private final Listener listener;
    private final Containers meant;
    private final RunPods pods;
    private final Object lock = new Object();

    /** The containers whose logs were opened, by pod and container. */
    private final Set<String> opened = new HashSet<>();

    /** The executions of which a pod was seen. */
    private final Set<ExecutionId> seen = new HashSet<>();

    /** The names of the containers that the pods have. */
    private final Set<String> containers = new TreeSet<>();

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
        pods = new RunPods(engine, options.experiment());
    }

    /** Return the names of the experiments that an engine runs, or ran the last time. */
    public static List<String> experiments(Engine engine) {
        return RunPods.names(engine);
    }

    /** Tell whether there has been a run. */
    public boolean hasRun() {
        return pods.hasRun();
    }

    /** Say which run is meant, such as {@code run 3 of ChaosEngine default/nginx}. */
    public String title() {
        return pods.title();
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
        return cluster.listing(Resource.PODS, engine.namespace(), pods.selector());
    }

    private List<LogSource> sources(List<ObjectNode> found) {
        List<ObjectNode> wanted = pods.of(found);
        for (ObjectNode pod : wanted) {
            ExecutionLabels.read(pod).ifPresent(seen::add);
            LogSource.containers(pod).forEach(containers::add);
        }
        return pods.sources(wanted, meant);
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
        opened.add(key(source));
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
                "logs may not be read: this takes the right to get pods/log in namespace %s: %s"
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

    private void noteWhatIsMissing() {
        if (options.container().isPresent() && read == 0 && !containers.isEmpty()) {
            note(
                    "no pod has a container '%s'; there are %s"
                            .formatted(options.container().get(), String.join(", ", containers)));
        }
        pods.missing(now, seen, read == 0 || options.experiment().isPresent()).forEach(this::note);
    }

    // ---- Following ---------------------------------------------------------------------------

    /**
     * Show what there is, and what is said from now on until the run is over.
     *
     * @return how many logs could be read
     * @throws ClusterException of kind {@link Kind#FORBIDDEN} if logs may not be read
     */
    public int follow() {
        if (pods.isOver(engine)) {
            return show();
        }
        Listing known = listing();
        List<LogSource> sources = sources(known.items());
        prefixed = pods.areOfSeveralExperiments();
        sources.stream().filter(LogSource::hasEnded).forEach(this::readOnce);
        try (var mailbox = new Mailbox<Runnable>()) {
            sources.stream()
                    .filter(source -> !source.hasEnded())
                    .forEach(source -> begin(source, false, mailbox));
            if (sources.isEmpty()) {
                note("%s has no pod so far; its logs follow".formatted(title()));
            }
            try (Following _ = followPods(known, mailbox);
                    Following _ = followEngine(mailbox)) {
                while (!pods.isOver(now)) {
                    Runnable message = mailbox.take(LOOK_AGAIN);
                    if (message == null) {
                        now = lookAgain();
                    } else {
                        message.run();
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

    private Following followPods(Listing known, Mailbox<Runnable> mailbox) {
        return cluster.follow(
                Resource.PODS,
                engine.namespace(),
                new Selection.Labelled(pods.selector()),
                known,
                Pace.every(POLL),
                new Changes(mailbox) {
                    @Override
                    public void present(ObjectNode pod) {
                        mailbox.post(() ->
                                sources(List.of(pod))
                                        .forEach(source -> begin(source, true, mailbox)));
                    }

                    @Override
                    public void gone(ObjectNode pod) {
                        // Whoever reads its log notices.
                    }
                });
    }

    private Following followEngine(Mailbox<Runnable> mailbox) {
        return cluster.follow(
                Resource.ENGINES,
                engine.namespace(),
                new Selection.Named(engine.name()),
                POLL,
                new Changes(mailbox) {
                    @Override
                    public void present(ObjectNode object) {
                        mailbox.post(() -> now = new Engine(object));
                    }

                    @Override
                    public void gone(ObjectNode object) {
                        mailbox.post(() -> {
                            throw engineIsGone();
                        });
                    }
                });
    }

    /** Hands failures to the one that waits. */
    private abstract static class Changes implements Cluster.Listener {
        private final Mailbox<Runnable> mailbox;

        Changes(Mailbox<Runnable> mailbox) {
            this.mailbox = mailbox;
        }

        @Override
        public void unavailable(ClusterException why) {
            mailbox.post(() -> {
                throw why;
            });
        }
    }

    private static String key(LogSource source) {
        return source.pod() + "/" + source.container();
    }

    /** Read a container's log to its end, once. */
    private void begin(LogSource source, boolean isNew, Mailbox<Runnable> mailbox) {
        if (source.waiting().isEmpty() && opened.add(key(source))) {
            mailbox.work(() -> {
                followLog(source, query(source, true, isNew));
                return () -> {};
            });
        }
    }

    private void awaitLastWords(Mailbox<Runnable> mailbox) {
        Instant until = Instant.now().plus(LAST_WORDS);
        while (!mailbox.isIdle()) {
            Duration left = Duration.between(Instant.now(), until);
            Runnable message = left.isNegative() ? null : mailbox.take(left.plusMillis(1));
            if (message == null) {
                note("some logs may go on");
                return;
            }
            message.run();
        }
    }

    /**
     * Read a log until its container has ended. Servers and proxies end streams whenever they like,
     * so what follows the last line is asked for again.
     */
    private void followLog(LogSource source, PodLog.Query first) {
        Optional<Instant> last = Optional.empty();
        boolean isCounted = false;
        boolean isRead = false;
        int failed = 0;
        for (int fruitless = 0; mayGoOn(fruitless); fruitless++) {
            Optional<Instant> shown = last;
            PodLog.Query query = shown.map(first::since).orElse(first);
            try (PodLog log = cluster.log(engine.namespace(), source.pod(), query)) {
                failed = 0;
                if (!isCounted) {
                    isCounted = true;
                    count();
                }
                for (Optional<PodLog.Line> line = log.next(); line.isPresent(); line = log.next()) {
                    Optional<Instant> at = line.get().at();
                    // What was shown comes again: nodes count to the second. Times of one stream
                    // may be equal, or go back with the node's clock.
                    if (isAfter(at, shown)) {
                        fruitless = 0;
                        tell(source, line.get());
                        last = at.isPresent() ? at : last;
                    }
                }
                isRead = true;
                if (hasEnded(source)) {
                    return;
                }
            } catch (ClusterException e) {
                if (e.kind() == Kind.NOT_FOUND && isRead) {
                    // It went after its log had been read to its end.
                    return;
                }
                isRead = false;
                boolean isStarting = e.kind() == Kind.INVALID && !hasEnded(source);
                if (!e.isTransient() && !isStarting) {
                    noteFailure(source, e);
                    return;
                }
                // One that was silent for minutes is cut off, and asked for again: no word of that.
                failed += e.isTransient() ? 1 : 0;
                if (e.isTransient() && failed == FAILURES_TO_TELL) {
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
                .flatMap(pod -> pods.sources(List.of(pod), meant).stream())
                .filter(each -> each.container().equals(source.container()))
                .allMatch(LogSource::hasEnded);
    }
}
