package io.chaosrunner.scheduler;

import static java.util.Objects.requireNonNull;

import io.chaosrunner.cluster.LongLived;
import java.lang.System.Logger.Level;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.quartz.Job;
import org.quartz.JobBuilder;
import org.quartz.JobDataMap;
import org.quartz.JobExecutionContext;
import org.quartz.Scheduler;
import org.quartz.SchedulerException;
import org.quartz.SimpleScheduleBuilder;
import org.quartz.TriggerBuilder;
import org.quartz.TriggerKey;
import org.quartz.impl.DirectSchedulerFactory;
import org.quartz.simpl.RAMJobStore;
import org.quartz.simpl.SimpleThreadPool;
import org.quartz.spi.ThreadExecutor;

/** Alarms by Quartz: one trigger for each, in memory. */
public final class QuartzAlarms implements Alarms {
    private static final String RING = "ring";

    private final Scheduler scheduler;
    private final List<LongLived> threads = new CopyOnWriteArrayList<>();
    private final Consumer<String> told;

    /** Begin to keep the time. */
    public QuartzAlarms() {
        this(why -> System.getLogger(QuartzAlarms.class.getName()).log(Level.ERROR, why));
    }

    /**
     * Begin to keep the time.
     *
     * @param told hears when that failed, and is begun again
     */
    QuartzAlarms(Consumer<String> told) {
        this.told = told;
        // Quartz keeps its schedulers by name, in one place for the whole process.
        String name = "alarms-" + UUID.randomUUID();
        try {
            DirectSchedulerFactory factory = DirectSchedulerFactory.getInstance();
            // The shorter forms of this forget who starts the threads.
            factory.createScheduler(
                    name,
                    "1",
                    new SimpleThreadPool(1, Thread.NORM_PRIORITY),
                    new StartedThreads(),
                    new RAMJobStore(),
                    Map.of(),
                    null,
                    0,
                    -1,
                    -1,
                    false,
                    null,
                    1,
                    0);
            scheduler = factory.getScheduler(name);
            scheduler.start();
        } catch (SchedulerException e) {
            throw new IllegalStateException("Quartz does not start", e);
        }
    }

    /** One at a time: Quartz' two calls are no single step. */
    @Override
    public synchronized void set(String name, Instant at, Runnable ring) {
        var data = new JobDataMap();
        data.put(RING, ring);
        try {
            forget(name);
            scheduler.scheduleJob(
                    JobBuilder.newJob(Alarm.class).withIdentity(name).setJobData(data).build(),
                    TriggerBuilder.newTrigger()
                            .withIdentity(name)
                            .startAt(Date.from(at))
                            .withSchedule(
                                    SimpleScheduleBuilder.simpleSchedule()
                                            .withMisfireHandlingInstructionFireNow())
                            .build());
        } catch (SchedulerException e) {
            throw new IllegalStateException("alarm " + name + " cannot be set", e);
        }
    }

    @Override
    public void cancel(String name) {
        try {
            forget(name);
        } catch (SchedulerException e) {
            throw new IllegalStateException("alarm " + name + " cannot be cancelled", e);
        }
    }

    /**
     * A job goes with its one trigger. Deleting the job instead fails if the trigger goes by itself
     * between Quartz' finding and removing it, which is when it rings.
     */
    private void forget(String name) throws SchedulerException {
        scheduler.unscheduleJob(TriggerKey.triggerKey(name));
    }

    /** Say why no alarm rings any more; empty if they do. */
    @Override
    public Optional<String> trouble() {
        return threads.stream().map(LongLived::trouble).flatMap(Optional::stream).findFirst();
    }

    @Override
    public void close() {
        threads.forEach(LongLived::close);
        try {
            scheduler.shutdown(false);
        } catch (SchedulerException e) {
            throw new IllegalStateException("Quartz does not stop", e);
        }
    }

    /** Starts Quartz' own threads, and knows them. */
    private final class StartedThreads implements ThreadExecutor {
        @Override
        public void initialize() {}

        @Override
        public void execute(Thread thread) {
            // It goes on where it failed: what it is to do next stands in the scheduler.
            var work = new LongLived("keeping the time", thread, told);
            threads.add(work);
            Thread.ofPlatform().name("alarms").start(work);
        }
    }

    /** Call back; Quartz makes one for each ring, so it must be public. */
    public static final class Alarm implements Job {
        /** Made by Quartz. */
        public Alarm() {}

        @Override
        public void execute(JobExecutionContext context) {
            ((Runnable) requireNonNull(context.getMergedJobDataMap().get(RING))).run();
        }
    }
}
