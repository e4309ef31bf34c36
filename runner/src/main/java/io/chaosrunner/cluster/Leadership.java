package io.chaosrunner.cluster;

import io.chaosrunner.model.TimeWords;
import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseSpec;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderCallbacks;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderElectionConfig;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderElector;
import io.fabric8.kubernetes.client.extended.leaderelection.resourcelock.LeaderElectionRecord;
import io.fabric8.kubernetes.client.extended.leaderelection.resourcelock.Lock;
import java.net.HttpURLConnection;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Seek to be the one of several processes that acts: the holder of a Lease.
 *
 * <p>fabric8's elector takes, renews and releases the Lease. A renewal that hangs would leave it
 * unaware that its time is over, so the last renewal is watched here, by a monotonic clock: this
 * process stops leading well before another one can begin. What it writes late all the same is
 * refused by the claims' guards.
 */
public final class Leadership implements AutoCloseable {
    /**
     * How long the Lease holds, and how it is kept.
     *
     * @param lease a dead leader is followed after this and about two pauses: within 15 seconds
     * @param renewWithin clocks may differ by what is then left of the lease
     * @param renewEvery from one renewal to the next; one may be lost
     * @param pause between two tries, and two looks at a Lease that another process holds
     * @param answerWithin on a connection that died, and then on a new one, still within the time
     *     to renew
     */
    record Rhythm(
            Duration lease,
            Duration renewWithin,
            Duration renewEvery,
            Duration pause,
            Duration answerWithin) {
        static final Rhythm DEFAULT =
                new Rhythm(
                        Duration.ofSeconds(12),
                        Duration.ofMillis(8_500),
                        Duration.ofMillis(3_500),
                        Duration.ofSeconds(1),
                        Duration.ofMillis(2_400));
    }

    private static final Duration LOOK = Duration.ofMillis(200);
    private static final Duration RELEASE_WITHIN = Duration.ofSeconds(5);

    private final Fabric8Cluster cluster;
    private final String namespace;
    private final String lease;
    private final String identity;
    private final Rhythm rhythm;
    private final Listener listener;

    /** Not the carriers of virtual threads, which what strangers write may keep busy. */
    private final ExecutorService threads =
            Executors.newCachedThreadPool(Thread.ofPlatform().name("lease-", 0).daemon().factory());

    private final LongLived campaign;
    private final LongLived watch;
    private final CountDownLatch closed = new CountDownLatch(1);

    private final Object lock = new Object();
    private ApiServer.OwnClient own;
    private boolean leading;

    /** Whether the Lease is as this process wrote it last. */
    private boolean settled;

    private long renewed;
    private String trouble = "";
    private @Nullable CompletableFuture<?> term;

    /** Hear who leads. Called by one thread at a time; must not block. */
    public interface Listener {
        /** Hear that this process leads. */
        void leads();

        /** Hear that it does not lead any more. */
        void leadsNoMore(String why);

        /** Hear that the Lease cannot be read or written, each time for another reason. */
        void troubled(String why);
    }

    private Leadership(
            Fabric8Cluster cluster,
            String namespace,
            String lease,
            String identity,
            Rhythm rhythm,
            Listener listener) {
        this.cluster = cluster;
        this.rhythm = rhythm;
        own = cluster.server().ownClient(rhythm.answerWithin());
        this.namespace = namespace;
        this.lease = lease;
        this.identity = identity;
        this.listener = listener;
        campaign = new LongLived("the election of a leader", this::campaign, listener::troubled);
        watch = new LongLived("the watch over the Lease", this::watch, listener::troubled);
    }

    /**
     * Begin to seek it, until closed.
     *
     * @param identity a name no other process has
     */
    public static Leadership seek(
            Fabric8Cluster cluster,
            String namespace,
            String lease,
            String identity,
            Listener listener) {
        return seek(cluster, namespace, lease, identity, Rhythm.DEFAULT, listener);
    }

    static Leadership seek(
            Fabric8Cluster cluster,
            String namespace,
            String lease,
            String identity,
            Rhythm rhythm,
            Listener listener) {
        var leadership = new Leadership(cluster, namespace, lease, identity, rhythm, listener);
        leadership.threads.execute(leadership.campaign);
        leadership.threads.execute(leadership.watch);
        return leadership;
    }

    /** Tell whether this process leads. */
    public boolean isHeld() {
        synchronized (lock) {
            return leading && !isOverdue();
        }
    }

    /** Say what of the election does not go on as it should. */
    public Optional<String> trouble() {
        return campaign.trouble().or(watch::trouble);
    }

    /** Stop leading, and let another process begin at once. */
    @Override
    public void close() {
        closed.countDown();
        campaign.close();
        watch.close();
        lose("this process ends");
        try {
            CompletableFuture.runAsync(this::endTerm, threads)
                    .get(RELEASE_WITHIN.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException | ExecutionException e) {
            // It runs out by itself.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        threads.shutdownNow();
        synchronized (lock) {
            own.close();
        }
    }

    private void campaign() {
        while (!isClosed()) {
            var elector = new LeaderElector(client(), config(), threads);
            CompletableFuture<?> begun = elector.start();
            synchronized (lock) {
                term = begun;
            }
            if (isClosed()) {
                begun.cancel(true);
            }
            try {
                begun.join();
                lose("the Lease went to another process, or could not be renewed");
            } catch (CancellationException e) {
                lose("the Lease could not be renewed in time");
            } catch (CompletionException e) {
                lose("the Lease was lost: " + e.getCause());
            }
            pause(rhythm.pause());
        }
    }

    private LeaderElectionConfig config() {
        return new LeaderElectionConfig(
                new WatchedLock(),
                rhythm.lease(),
                rhythm.renewWithin(),
                rhythm.pause(),
                new LeaderCallbacks(
                        this::win, () -> lose("the Lease went to another process"), leader -> {}),
                true,
                lease) {
            /** Asked before each try: what was renewed has time, and what was not has none. */
            @Override
            public Duration getRetryPeriod() {
                return isSettled() ? rhythm.renewEvery() : rhythm.pause();
            }
        };
    }

    private boolean isSettled() {
        synchronized (lock) {
            return leading && settled;
        }
    }

    private void win() {
        synchronized (lock) {
            if (!leading && !isClosed()) {
                leading = true;
                listener.leads();
            }
        }
    }

    private void lose(String why) {
        synchronized (lock) {
            if (leading) {
                leading = false;
                listener.leadsNoMore(why);
            }
        }
    }

    private void watch() {
        while (!isClosed()) {
            boolean overdue;
            synchronized (lock) {
                overdue = leading && isOverdue();
            }
            if (overdue) {
                lose("the Lease was not renewed for " + TimeWords.of(rhythm.renewWithin()));
                threads.execute(this::endTerm);
            }
            pause(LOOK);
        }
    }

    private boolean isOverdue() {
        return System.nanoTime() - renewed > rhythm.renewWithin().toNanos();
    }

    /** The elector lets go of the Lease in the thread that cancels. */
    private void endTerm() {
        CompletableFuture<?> ending;
        synchronized (lock) {
            ending = term;
        }
        if (ending != null) {
            ending.cancel(true);
        }
    }

    private boolean isClosed() {
        return closed.getCount() == 0;
    }

    private void pause(Duration duration) {
        try {
            closed.await(duration.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            closed.countDown();
        }
    }

    private void troubled(KubernetesClientException e) {
        String why =
                "Lease %s/%s: %s"
                        .formatted(
                                namespace,
                                lease,
                                e.getStatus() != null && e.getStatus().getMessage() != null
                                        ? e.getStatus().getMessage()
                                        : e.getMessage());
        synchronized (lock) {
            // Who loses the race for the Lease is told Conflict; that is no trouble.
            if (e.getCode() != HttpURLConnection.HTTP_CONFLICT
                    && !why.equals(trouble)
                    && !isClosed()) {
                trouble = why;
                listener.troubled(why);
            }
        }
    }

    private KubernetesClient client() {
        synchronized (lock) {
            return own.client();
        }
    }

    /**
     * Send a request on the connection that nothing else uses; if there is no answer in time,
     * whatever the reason, once more on a new one. A write that had arrived is then refused as a
     * conflict, and found to be ours by the next reading.
     */
    private <T extends @Nullable Object> T onOwn(Function<KubernetesClient, T> request) {
        KubernetesClient used = client();
        Optional<Supplier<T>> answer = answer(used, request);
        if (answer.isEmpty()) {
            answer = answer(another(used), request);
        }
        return answer.orElseThrow(() ->
                        new KubernetesClientException(
                                "no answer within " + TimeWords.of(rhythm.answerWithin())))
                .get();
    }

    /** Return what was answered, which may be a refusal; empty if nothing was. */
    private <T extends @Nullable Object> Optional<Supplier<T>> answer(
            KubernetesClient client, Function<KubernetesClient, T> request) {
        var answer = new CompletableFuture<Supplier<T>>();
        threads.execute(() -> {
            try {
                T result = request.apply(client);
                answer.complete(() -> result);
            } catch (KubernetesClientException e) {
                if (e.getCode() > 0) {
                    answer.complete(() -> {
                        throw e;
                    });
                } else {
                    answer.completeExceptionally(e);
                }
            } catch (RuntimeException e) {
                answer.completeExceptionally(e);
            }
        });
        try {
            return Optional.of(answer.get(rhythm.answerWithin().toMillis(), TimeUnit.MILLISECONDS));
        } catch (ExecutionException | TimeoutException e) {
            return Optional.empty();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new KubernetesClientException("interrupted");
        }
    }

    private KubernetesClient another(KubernetesClient dead) {
        synchronized (lock) {
            if (own.client().equals(dead)) {
                own.close();
                own = cluster.server().ownClient(rhythm.answerWithin());
            }
            return own.client();
        }
    }

    /**
     * The Lease, kept by one request for each renewal: while it is as this process wrote it, it is
     * not read, and a write that names its version is refused if it is not. Tells when it was last
     * renewed: a renewal counts from when it was sent.
     */
    private final class WatchedLock implements Lock {
        /** As last read or written; used by the elector, one thread at a time. */
        private @Nullable Lease known;

        @Override
        public @Nullable LeaderElectionRecord get(KubernetesClient ours) {
            if (!isSettled()) {
                read();
            }
            Lease now = known;
            return now == null ? null : record(now);
        }

        private void read() {
            try {
                known =
                        onOwn(client ->
                                client.resources(Lease.class)
                                        .inNamespace(namespace)
                                        .withName(lease)
                                        .get());
            } catch (KubernetesClientException e) {
                troubled(e);
                throw e;
            }
        }

        @Override
        public void create(KubernetesClient ours, LeaderElectionRecord leader) {
            hold(client -> client.resource(lease(leader, null)).create());
        }

        @Override
        public void update(KubernetesClient ours, LeaderElectionRecord leader) {
            try {
                replace(leader);
            } catch (KubernetesClientException e) {
                if (e.getCode() != HttpURLConnection.HTTP_CONFLICT) {
                    throw e;
                }
                // Only the answer may have been lost, or somebody wrote to it who does not lead.
                read();
                Lease now = known;
                if (now == null || !identity.equals(record(now).getHolderIdentity())) {
                    throw e;
                }
                replace(leader);
            }
        }

        private void replace(LeaderElectionRecord leader) {
            Lease before = known;
            String version = before == null ? null : before.getMetadata().getResourceVersion();
            hold(client ->
                    client.resource(lease(leader, version))
                            .patch(PatchContext.of(PatchType.JSON_MERGE)));
        }

        private void hold(Function<KubernetesClient, Lease> write) {
            long began = System.nanoTime();
            try {
                known = onOwn(write);
            } catch (KubernetesClientException e) {
                synchronized (lock) {
                    settled = false;
                }
                troubled(e);
                throw e;
            }
            synchronized (lock) {
                renewed = began;
                settled = true;
                trouble = "";
            }
        }

        @Override
        public String identity() {
            return identity;
        }

        @Override
        public String describe() {
            return "Lease: %s - %s (%s)".formatted(namespace, lease, identity);
        }
    }

    /** Read what a Lease says; one that says nothing is nobody's. */
    private static LeaderElectionRecord record(Lease lease) {
        LeaseSpec spec = lease.getSpec() == null ? new LeaseSpec() : lease.getSpec();
        ZonedDateTime longAgo = Instant.EPOCH.atZone(ZoneOffset.UTC);
        return new LeaderElectionRecord(
                Objects.requireNonNullElse(spec.getHolderIdentity(), ""),
                Duration.ofSeconds(Objects.requireNonNullElse(spec.getLeaseDurationSeconds(), 0)),
                Objects.requireNonNullElse(spec.getAcquireTime(), longAgo),
                Objects.requireNonNullElse(spec.getRenewTime(), longAgo),
                Objects.requireNonNullElse(spec.getLeaseTransitions(), 0));
    }

    private Lease lease(LeaderElectionRecord record, @Nullable String version) {
        return new LeaseBuilder()
                .withNewMetadata()
                .withNamespace(namespace)
                .withName(lease)
                .withResourceVersion(version)
                .endMetadata()
                .withNewSpec()
                // Without a holder it is let go of: a merge patch that left that out would keep it.
                .withHolderIdentity(Objects.requireNonNullElse(record.getHolderIdentity(), ""))
                .withLeaseDurationSeconds((int) record.getLeaseDuration().toSeconds())
                .withAcquireTime(record.getAcquireTime())
                .withRenewTime(record.getRenewTime())
                .withLeaseTransitions(record.getLeaderTransitions())
                .endSpec()
                .build();
    }
}
