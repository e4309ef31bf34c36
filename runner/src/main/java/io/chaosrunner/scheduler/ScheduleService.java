package io.chaosrunner.scheduler;

import io.chaosrunner.claim.Owner;
import io.chaosrunner.cluster.ClusterException;
import io.chaosrunner.cluster.ClusterException.Kind;
import io.chaosrunner.cluster.Fabric8Cluster;
import io.chaosrunner.cluster.Leadership;
import io.chaosrunner.cluster.Resource;
import io.chaosrunner.cluster.SharedCluster;
import io.chaosrunner.config.Allowed;
import io.chaosrunner.control.HolidayLists;
import io.chaosrunner.crd.Author;
import io.chaosrunner.job.ExecutionLabels;
import io.chaosrunner.job.RunnerJob;
import io.chaosrunner.plugin.StrategyCatalogue;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/**
 * The service that drives the schedules of a cluster, one process of several at a time.
 *
 * <p>The leader holds a Lease. Its successor takes up the runs that it left: the Lease says that
 * their owner is gone. That nothing is started twice does not hang on the Lease, but on the claims.
 */
public final class ScheduleService implements AutoCloseable {
    private final Fabric8Cluster cluster;
    private final Options options;
    private final SchedulerContext driving;
    private final ServiceListener listener;
    private final CountDownLatch ended = new CountDownLatch(1);
    private final boolean withSchedules;

    // Read by the kubelet's questions, which wait for nothing.
    private volatile @Nullable Leadership leadership;
    private volatile @Nullable LeaderTerm term;
    private volatile String trouble = "";

    /**
     * What is driven, and how.
     *
     * @param namespaces where the engines are; an empty name means everywhere
     * @param leftOut namespaces that are left alone all the same
     * @param launch who carries out the runs
     * @param pods what the Job of a run is made of, where pods carry them out; empty otherwise
     * @param leaseNamespace where the Lease is
     * @param lease its name; services of one name share the work, and others do not know of it
     * @param process a name no other process has
     * @param mostRuns how many runs may go on in this process at once; shared by namespace
     * @param runDeadline the deadline of a run whose engine has none; absent for none
     * @param allowed which accounts and images engines may name
     * @param requireAuthor whether an engine starts runs only if it names its author, and they may
     *     create pods in its namespace
     */
    public record Options(
            List<String> namespaces,
            Set<String> leftOut,
            ServiceLaunch launch,
            Optional<RunnerJob> pods,
            String leaseNamespace,
            String lease,
            String process,
            int mostRuns,
            Optional<Duration> runDeadline,
            Allowed allowed,
            boolean requireAuthor) {
        public Options {
            namespaces = List.copyOf(namespaces);
            leftOut = Set.copyOf(leftOut);
        }
    }

    private ScheduleService(
            Fabric8Cluster cluster,
            Options options,
            StrategyCatalogue strategies,
            Clock clock,
            ServiceListener listener) {
        this.cluster = cluster;
        this.options = options;
        this.listener = listener;
        withSchedules = check();
        driving =
                new SchedulerContext(
                        new SharedCluster(cluster, ExecutionLabels.RUN),
                        strategies,
                        clock,
                        options.launch(),
                        options.pods(),
                        Owner.SERVICE.name(options.process()),
                        new Places(options.mostRuns()),
                        Bulkhead.ofProcessors(why -> listener.note("trouble", why)),
                        new HolidayLists(cluster, clock),
                        options.runDeadline(),
                        options.allowed(),
                        new Authors(
                                options.requireAuthor()
                                        ? Optional.of(this::mayCreatePods)
                                        : Optional.empty(),
                                clock),
                        new QuartzAlarms(why -> listener.note("trouble", why)),
                        listener);
    }

    /**
     * Begin to seek the leadership, and to drive schedules while it is held.
     *
     * @throws ClusterException if engines cannot be read
     */
    public static ScheduleService start(
            Fabric8Cluster cluster,
            Options options,
            StrategyCatalogue strategies,
            Clock clock,
            ServiceListener listener) {
        var service = new ScheduleService(cluster, options, strategies, clock, listener);
        service.seek();
        return service;
    }

    /** See that it makes sense to begin; tells whether there are ChaosSchedules to drive. */
    private boolean check() {
        cluster.get(Resource.LEASES, options.leaseNamespace(), options.lease());
        if (options.requireAuthor()) {
            options.namespaces().forEach(this::checkReview);
        }
        for (String namespace : options.namespaces()) {
            cluster.checkList(Resource.ENGINES, namespace);
            try {
                cluster.checkList(Resource.SCHEDULES, namespace);
            } catch (ClusterException e) {
                if (e.kind() != Kind.NOT_FOUND && e.kind() != Kind.FORBIDDEN) {
                    throw e;
                }
                listener.note(
                        "schedules-unavailable",
                        "ChaosSchedules are left alone: "
                                + (e.kind() == Kind.NOT_FOUND
                                        ? "the API server does not serve them"
                                        : e.getMessage()));
                return false;
            }
        }
        return true;
    }

    /** Better now than with the first fire, in the night. */
    private void checkReview(String namespace) {
        String some = namespace.isEmpty() ? options.leaseNamespace() : namespace;
        try {
            var unused = mayCreatePods(new Author("system:anonymous", Set.of()), some);
        } catch (ClusterException e) {
            throw new ClusterException(
                    e.kind(),
                    "--require-author takes the right to create localsubjectaccessreviews in namespace %s (deploy/schedules/author.yaml): %s"
                            .formatted(some, e.getMessage()));
        }
    }

    private boolean mayCreatePods(Author author, String namespace) {
        return cluster.may(author, "create", Resource.PODS, namespace);
    }

    private void seek() {
        synchronized (this) {
            leadership =
                    Leadership.seek(
                            cluster,
                            options.leaseNamespace(),
                            options.lease(),
                            driving.instance(),
                            new Leadership.Listener() {
                                @Override
                                public void leads() {
                                    begin();
                                }

                                @Override
                                public void leadsNoMore(String why) {
                                    end(why);
                                }

                                @Override
                                public void troubled(String why) {
                                    trouble(why);
                                }
                            });
        }
        listener.note("standing-by", "for the leader's place");
    }

    private synchronized void begin() {
        trouble = "";
        listener.note("leading", driving.instance());
        listener.leads(true);
        term = LeaderTerm.begin(driving, options.namespaces(), options.leftOut(), withSchedules);
    }

    private synchronized void end(String why) {
        LeaderTerm over = term;
        term = null;
        if (over != null) {
            over.close();
            listener.note("leads-no-more", why);
            listener.leads(false);
        }
    }

    private synchronized void trouble(String why) {
        trouble = why;
        listener.note("trouble", why);
    }

    /** Say in one line what this process does. */
    public String standing() {
        LeaderTerm now = term;
        if (now == null) {
            return "stands by";
        }
        int aside = driving.bulkhead().putAside();
        int scheduled = now.scheduled();
        return "leads: %d engine%s with schedules%s"
                .formatted(
                        scheduled,
                        scheduled == 1 ? "" : "s",
                        aside == 0 ? "" : ", %d put aside as too costly".formatted(aside));
    }

    /** Return how many engines with schedules this process drives; 0 if it does not lead. */
    public int driven() {
        LeaderTerm now = term;
        return now == null ? 0 : now.scheduled();
    }

    /** Return what keeps this process from leading or standing by. */
    public Optional<String> trouble() {
        String why = trouble;
        Leadership seeking = leadership;
        LeaderTerm now = term;
        return (why.isEmpty() ? Optional.<String>empty() : Optional.of(why))
                .or(() -> seeking == null ? Optional.empty() : seeking.trouble())
                .or(driving.alarms()::trouble)
                .or(driving.bulkhead()::trouble)
                .or(cluster::trouble)
                .or(() -> now == null ? Optional.empty() : now.trouble());
    }

    /** Wait until this is closed. */
    public void await() throws InterruptedException {
        ended.await();
    }

    /** Stop; runs that go on are left to the next leader, which may begin at once. */
    @Override
    public void close() {
        end("this process ends");
        Leadership held;
        synchronized (this) {
            held = leadership;
            leadership = null;
        }
        if (held != null) {
            held.close();
            driving.alarms().close();
            driving.bulkhead().close();
        }
        ended.countDown();
    }
}
