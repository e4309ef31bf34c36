package io.chaosrunner.attempt;

import io.chaosrunner.cluster.Cluster;
import io.chaosrunner.cluster.ClusterException;
import io.chaosrunner.cluster.ClusterException.Kind;
import io.chaosrunner.cluster.Resource;
import io.chaosrunner.model.TimeWords;
import io.chaosrunner.status.RunNotice;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.Supplier;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Bear an API server that does not answer, for a bounded time, once a run owns its engine.
 *
 * <p>The time bounds each call, and an outage too: what lasts from the first failure of any call to
 * the next success of one. A right to read the engine that is missing is borne in the same way: it
 * was there when the run began. Before that, and in a hurry, failures are told at once. Safe for
 * use by several threads.
 */
public final class PatientCluster implements Cluster {
    private static final Duration PAUSE = Duration.ofSeconds(1);

    private final Cluster cluster;
    private final Duration patience;
    private final Consumer<RunNotice> notices;
    private boolean patient;
    private boolean hurried;

    /** Since when no call succeeds, as {@link System#nanoTime} has it; 0 if the last one did. */
    private long outage;

    /** Since when what is followed is not seen, as the clock above has it; 0 if it is. */
    private long lost;

    /** Whether it was said that something is borne, and not yet that it is over. */
    private boolean told;

    PatientCluster(Cluster cluster, Duration patience, Consumer<RunNotice> notices) {
        this.cluster = cluster;
        this.patience = patience;
        this.notices = notices;
    }

    /** Be patient from now on: an engine is owned, and something may run. */
    public synchronized void calm() {
        patient = true;
    }

    /** Tell failures at once from now on, those that are being borne too. */
    public synchronized void hurry() {
        hurried = true;
        notifyAll();
    }

    @Override
    public Optional<ObjectNode> get(Resource resource, String namespace, String name) {
        return borne(() -> cluster.get(resource, namespace, name), resource == Resource.ENGINES);
    }

    /** Read an object, and bear nothing. */
    public Optional<ObjectNode> getAtOnce(Resource resource, String namespace, String name) {
        return cluster.get(resource, namespace, name);
    }

    @Override
    public Optional<ObjectNode> lastWritten(Resource resource, String namespace, String name) {
        return cluster.lastWritten(resource, namespace, name);
    }

    @Override
    public List<ObjectNode> list(Resource resource, String namespace, String selector) {
        return borne(() -> cluster.list(resource, namespace, selector), false);
    }

    @Override
    public Optional<List<ObjectNode>> listNamed(
            Resource resource, String namespace, Predicate<String> wanted, int most) {
        return borne(() -> cluster.listNamed(resource, namespace, wanted, most), false);
    }

    @Override
    public Listing listing(Resource resource, String namespace, String selector) {
        return borne(() -> cluster.listing(resource, namespace, selector), false);
    }

    @Override
    public List<ObjectNode> eventsOf(Resource resource, String namespace, String name, String uid) {
        return borne(() -> cluster.eventsOf(resource, namespace, name, uid), false);
    }

    @Override
    public ObjectNode create(Resource resource, String namespace, ObjectNode object) {
        return borne(() -> cluster.create(resource, namespace, object), false);
    }

    @Override
    public ObjectNode replace(Resource resource, ObjectNode object) {
        return borne(() -> cluster.replace(resource, object), false);
    }

    @Override
    public ObjectNode patch(
            Resource resource, String namespace, String name, PatchType type, JsonNode patch) {
        return borne(() -> cluster.patch(resource, namespace, name, type, patch), false);
    }

    @Override
    public void delete(
            Resource resource, String namespace, String name, String uid, Propagation propagation) {
        var _ =
                borne(
                        () -> {
                            cluster.delete(resource, namespace, name, uid, propagation);
                            return "";
                        },
                        false);
    }

    /** Hear that nothing is seen of what is followed, for a while now; it is tried again. */
    public void lost(ClusterException why) {
        boolean tell;
        synchronized (this) {
            tell = lost == 0 && !told;
            lost = lost == 0 ? System.nanoTime() : lost;
        }
        if (tell) {
            notices.accept(
                    new RunNotice.Waiting(
                            "%s; what runs is not seen until it answers"
                                    .formatted(why.getMessage())));
        }
    }

    /** Hear that what is followed is seen again. */
    public void found() {
        long since;
        boolean tell;
        synchronized (this) {
            since = lost;
            lost = 0;
            tell = since != 0 && !told;
        }
        if (tell) {
            notices.accept(
                    new RunNotice.Waiting(
                            "the API server is heard again after %s"
                                    .formatted(TimeWords.inSeconds(since(since)))));
        }
    }

    /** Followings bear it by themselves. */
    @Override
    public Following follow(
            Resource resource,
            String namespace,
            Selection selection,
            Listing known,
            Pace pace,
            Listener listener) {
        return cluster.follow(resource, namespace, selection, known, pace, listener);
    }

    @Override
    public Optional<Following> overhear(
            Resource resource, String namespace, Selection selection, Listener listener) {
        return cluster.overhear(resource, namespace, selection, listener);
    }

    @Override
    public void close() {
        cluster.close();
    }

    private <T> T borne(Supplier<T> call, boolean rightIsKnown) {
        long begin = 0;
        while (true) {
            try {
                T answer = call.get();
                answered(begin);
                return answer;
            } catch (ClusterException e) {
                boolean passes = e.isTransient() || (rightIsKnown && e.kind() == Kind.FORBIDDEN);
                if (!passes) {
                    answered(begin);
                    throw e;
                }
                begin = begin == 0 ? System.nanoTime() : begin;
                bear(e, begin);
            }
        }
    }

    private void answered(long begin) {
        boolean over;
        synchronized (this) {
            outage = 0;
            over = begin != 0 && told;
            told &= begin == 0;
        }
        if (over) {
            notices.accept(
                    new RunNotice.Waiting(
                            "the API server answers again after %s"
                                    .formatted(TimeWords.inSeconds(since(begin)))));
        }
    }

    private void bear(ClusterException met, long begin) {
        boolean tell;
        synchronized (this) {
            outage = outage == 0 ? begin : outage;
            boolean over =
                    since(begin).compareTo(patience) >= 0 || since(outage).compareTo(patience) >= 0;
            if (!patient || hurried || over) {
                throw met;
            }
            tell = !told;
            told = true;
        }
        if (tell) {
            notices.accept(
                    new RunNotice.Waiting(
                            "%s; trying again for %s, then the run is given up"
                                    .formatted(met.getMessage(), TimeWords.of(patience))));
        }
        pause();
        synchronized (this) {
            if (hurried) {
                throw met;
            }
        }
    }

    private static Duration since(long nanos) {
        return Duration.ofNanos(System.nanoTime() - nanos);
    }

    private synchronized void pause() {
        long end = System.nanoTime() + PAUSE.toNanos();
        try {
            for (long left = PAUSE.toMillis();
                    !hurried && left > 0;
                    left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime())) {
                wait(left);
            }
        } catch (InterruptedException e) {
            throw ClusterException.interrupted();
        }
    }
}
