package io.chaosrunner.schedule;

import java.time.Instant;
import java.util.Date;
import java.util.Properties;
import java.util.Set;
import org.quartz.Job;
import org.quartz.JobBuilder;
import org.quartz.JobDetail;
import org.quartz.JobExecutionContext;
import org.quartz.JobKey;
import org.quartz.Scheduler;
import org.quartz.SchedulerException;
import org.quartz.SimpleScheduleBuilder;
import org.quartz.Trigger;
import org.quartz.TriggerBuilder;
import org.quartz.impl.StdSchedulerFactory;

/** Ring at given times: one Quartz scheduler for as many as there are. Safe for several threads. */
final class Alarms implements AutoCloseable {
    private static final String RING = "ring";
    private static final String THREADS = "4";

    private final Scheduler scheduler;

    private Alarms(Scheduler scheduler) {
        this.scheduler = scheduler;
    }

    static Alarms start(String name) {
        var settings = new Properties();
        settings.setProperty("org.quartz.scheduler.instanceName", name);
        settings.setProperty("org.quartz.scheduler.makeSchedulerThreadDaemon", "true");
        settings.setProperty("org.quartz.threadPool.class", "org.quartz.simpl.SimpleThreadPool");
        settings.setProperty("org.quartz.threadPool.threadCount", THREADS);
        settings.setProperty("org.quartz.threadPool.makeThreadsDaemons", "true");
        settings.setProperty("org.quartz.jobStore.class", "org.quartz.simpl.RAMJobStore");
        try {
            Scheduler scheduler = new StdSchedulerFactory(settings).getScheduler();
            scheduler.start();
            return new Alarms(scheduler);
        } catch (SchedulerException e) {
            throw new IllegalStateException("Quartz does not start", e);
        }
    }

    /** Ring once at a time, or at once if it has passed; replaces the alarm of that name. */
    void set(String name, Instant at, Runnable ring) {
        JobDetail job = JobBuilder.newJob(Ring.class).withIdentity(name).build();
        job.getJobDataMap().put(RING, ring);
        Trigger trigger =
                TriggerBuilder.newTrigger()
                        .withIdentity(name)
                        .startAt(Date.from(at))
                        .withSchedule(
                                SimpleScheduleBuilder.simpleSchedule()
                                        .withMisfireHandlingInstructionFireNow())
                        .build();
        try {
            if (!scheduler.isShutdown()) {
                scheduler.scheduleJob(job, Set.of(trigger), true);
            }
        } catch (SchedulerException e) {
            throw new IllegalStateException("Quartz takes no alarm " + name, e);
        }
    }

    void cancel(String name) {
        try {
            if (!scheduler.isShutdown()) {
                scheduler.deleteJob(JobKey.jobKey(name));
            }
        } catch (SchedulerException e) {
            throw new IllegalStateException("Quartz does not let go of alarm " + name, e);
        }
    }

    @Override
    public void close() {
        try {
            scheduler.shutdown(false);
        } catch (SchedulerException e) {
            throw new IllegalStateException("Quartz does not stop", e);
        }
    }

    /** Quartz makes one for each ring. */
    public static final class Ring implements Job {
        @Override
        public void execute(JobExecutionContext context) {
            ((Runnable) context.getMergedJobDataMap().get(RING)).run();
        }
    }
}
