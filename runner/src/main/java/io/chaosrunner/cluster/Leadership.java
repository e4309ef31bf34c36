package io.chaosrunner.cluster;

import io.chaosrunner.model.TimeWords;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderCallbacks;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderElectionConfig;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderElector;
import io.fabric8.kubernetes.client.extended.leaderelection.resourcelock.LeaderElectionRecord;
import io.fabric8.kubernetes.client.extended.leaderelection.resourcelock.LeaseLock;
import io.fabric8.kubernetes.client.extended.leaderelection.resourcelock.Lock;
import java.time.Duration;
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
import java.util.function.Consumer;
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
    /** A dead leader is followed after this and about two pauses: within 15 seconds. */
    private static final Duration LEASE = Duration.ofSeconds(10);

    /** Two renewals may be lost; clocks may differ by what is left of the lease. */
    private static final Duration RENEW_WITHIN = Duration.ofSeconds(6);

    private static final Duration PAUSE = Duration.ofSeconds(1);

    /** On a connection that died, and then on a new one, still within the time to renew. */
    private static final Duration ANSWER_WITHIN = Duration.ofMillis(2_500);

    private static final Duration LOOK = Duration.ofMillis(200);
    private static final Duration RELEASE_WITHIN = Duration.ofSeconds(5);

    private final Fabric8Cluster cluster;
    private final String namespace;
    private final String lease;
    private final String identity;
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
            Listener listener) {
        this.cluster = cluster;
        own = cluster.server().ownClient(ANSWER_WITHIN);
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
        var leadership = new Leadership(cluster, namespace, lease, identity, listener);
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
            pause(PAUSE);
        }
    }

    private LeaderElectionConfig config() {
        return new LeaderElectionConfig(
                new WatchedLock(new LeaseLock(namespace, lease, identity)),
                LEASE,
                RENEW_WITHIN,
                PAUSE,
                new LeaderCallbacks(
                        this::win, () -> lose("the Lease went to another process"), leader -> {}),
                true,
                lease);
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
                lose("the Lease was not renewed for " + TimeWords.of(RENEW_WITHIN));
                threads.execute(this::endTerm);
            }
            pause(LOOK);
        }
    }

    private boolean isOverdue() {
        return System.nanoTime() - renewed > RENEW_WITHIN.toNanos();
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
            if (e.getCode() != 409 && !why.equals(trouble) && !isClosed()) {
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
                                "no answer within " + TimeWords.of(ANSWER_WITHIN)))
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
            return Optional.of(answer.get(ANSWER_WITHIN.toMillis(), TimeUnit.MILLISECONDS));
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
                own = cluster.server().ownClient(ANSWER_WITHIN);
            }
            return own.client();
        }
    }

    /** Tells when the Lease was last renewed: a renewal counts from when it was sent. */
    private final class WatchedLock implements Lock {
        private final Lock inner;

        WatchedLock(Lock inner) {
            this.inner = inner;
        }

        @Override
        public @Nullable LeaderElectionRecord get(KubernetesClient ours) {
            try {
                return onOwn(inner::get);
            } catch (KubernetesClientException e) {
                troubled(e);
                throw e;
            }
        }

        @Override
        public void create(KubernetesClient ours, LeaderElectionRecord leader) {
            hold(client -> inner.create(client, leader));
        }

        @Override
        public void update(KubernetesClient ours, LeaderElectionRecord leader) {
            hold(client -> inner.update(client, leader));
        }

        private void hold(Consumer<KubernetesClient> write) {
            long began = System.nanoTime();
            try {
                onOwn(client -> {
                    write.accept(client);
                    return null;
                });
            } catch (KubernetesClientException e) {
                troubled(e);
                throw e;
            }
            synchronized (lock) {
                renewed = began;
                trouble = "";
            }
        }

        @Override
        public String identity() {
            return inner.identity();
        }

        @Override
        public String describe() {
            return inner.describe();
        }
    }
}
