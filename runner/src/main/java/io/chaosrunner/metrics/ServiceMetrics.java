package io.chaosrunner.metrics;

import io.chaosrunner.claim.Claim;
import io.chaosrunner.claim.FireLedger.Skipped;
import io.chaosrunner.claim.SkipCause;
import io.chaosrunner.cluster.ClusterMeter;
import io.chaosrunner.cluster.LongLived;
import io.chaosrunner.cluster.Resource;
import io.chaosrunner.history.RunRecord;
import io.chaosrunner.model.EngineRef;
import io.chaosrunner.model.Fire;
import io.chaosrunner.model.Verdict;
import io.chaosrunner.scheduler.ServiceListener;
import io.chaosrunner.status.RunListener;
import io.chaosrunner.status.RunNotice;
import io.chaosrunner.status.RunOutcome;
import io.chaosrunner.status.StatusEntry;
import io.prometheus.metrics.core.datapoints.CounterDataPoint;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.CounterWithCallback;
import io.prometheus.metrics.core.metrics.Gauge;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.core.metrics.Info;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.IntSupplier;

/**
 * The counts of what the scheduling service does, for Prometheus; {@code
 * docs/tracing-and-monitoring.md} is the list.
 *
 * <p>Labels have the values of enumerations and HTTP's, of which those that are not known are one,
 * so the number of series is bounded whatever is in the cluster and whatever the API server
 * answers. Safe for use by several threads; nothing here blocks.
 */
public final class ServiceMetrics implements ServiceListener, ClusterMeter {
    /** What a reader is told that the text is. */
    public static final String CONTENT_TYPE = PrometheusTextFormatWriter.CONTENT_TYPE;

    /** In seconds; experiments and their pods take seconds to minutes, runs up to hours. */
    private static final double[] DELAYS = {0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900};

    private static final double[] RUNS = {10, 30, 60, 120, 300, 600, 1_800, 3_600, 7_200, 21_600};

    private static final Set<String> VERBS =
            Set.of("GET", "POST", "PUT", "PATCH", "DELETE", "WATCH", "LOG");

    /** Codes that an API server, or what stands before it, answers with; others are a class. */
    private static final Set<Integer> CODES =
            Set.of(200, 201, 400, 401, 403, 404, 409, 410, 422, 429, 500, 502, 503, 504);

    private static final int LEAST_CODE = 100;
    private static final int MOST_CODE = 599;

    private final PrometheusRegistry registry = new PrometheusRegistry();
    private final PrometheusTextFormatWriter writer = PrometheusTextFormatWriter.create();

    private final Gauge leader;
    private final Counter runs;
    private final Histogram runDuration;
    private final Counter executions;
    private final Histogram launch;
    private final Histogram verdict;
    private final Counter firesStarted;
    private final Counter firesSkipped;
    private final Histogram skew;
    private final Counter requests;
    private final Counter watchRestarts;
    private final Counter engineWrites;
    private final Counter engineChanges;

    /** How a run ended that was neither passed nor failed. */
    private enum Otherwise {
        STOPPED,
        MISCONFIGURED
    }

    /**
     * @param version of this program
     * @param driven tells how many engines with schedules are driven; must not block
     */
    public ServiceMetrics(String version, IntSupplier driven) {
        Info.builder()
                .name("chaosrunner_build_info")
                .help("Which chaos-runner this is.")
                .labelNames("version")
                .register(registry)
                .setLabelValues(version);
        leader =
                Gauge.builder()
                        .name("chaosrunner_leader")
                        .help("Whether this process leads: 1, or 0 if it stands by.")
                        .register(registry);
        leader.set(0);
        GaugeWithCallback.builder()
                .name("chaosrunner_engines_driven")
                .help("Engines with schedules that this process drives; 0 if it stands by.")
                .callback(told -> told.call(driven.getAsInt()))
                .register(registry);
        runs =
                counter(
                        "chaosrunner_runs_total",
                        "Runs of driven engines that ended while this process led, whoever carried them out.",
                        "outcome");
        for (RunOutcome outcome : RunOutcome.values()) {
            runs.initLabelValues(word(outcome));
        }
        for (Otherwise outcome : Otherwise.values()) {
            runs.initLabelValues(word(outcome));
        }
        runDuration =
                histogram(
                        "chaosrunner_run_duration_seconds",
                        "From the start of such a run to its end.",
                        RUNS);
        executions =
                counter(
                        "chaosrunner_executions_total",
                        "Experiments of such runs by the verdict that their run ended with.",
                        "verdict");
        for (Verdict each : Verdict.values()) {
            executions.initLabelValues(word(each));
        }
        launch =
                histogram(
                        "chaosrunner_job_launch_seconds",
                        "From the decision to launch an experiment to its Job; runs of this process only.",
                        DELAYS);
        verdict =
                histogram(
                        "chaosrunner_verdict_seconds",
                        "From the end of an experiment's pod to its verdict; runs of this process only.",
                        DELAYS);
        firesStarted =
                counter(
                        "chaosrunner_fires_started_total",
                        "Fires for which a run was launched, by what caused them.",
                        "cause");
        for (Fire.Kind kind : Fire.Kind.values()) {
            firesStarted.initLabelValues(kind.word());
        }
        firesSkipped =
                counter("chaosrunner_fires_skipped_total", "Fires that started no run.", "reason");
        for (SkipCause cause : SkipCause.values()) {
            firesSkipped.initLabelValues(cause.word());
        }
        skew =
                histogram(
                        "chaosrunner_schedule_skew_seconds",
                        "How much later than planned the run of a schedule's fire was launched.",
                        DELAYS);
        requests =
                counter(
                        "chaosrunner_api_requests_total",
                        "Requests to the API server but for the Lease's; code is 'none' if nobody answered.",
                        "verb",
                        "code");
        watchRestarts =
                counter(
                        "chaosrunner_watch_restarts_total",
                        "Watches that were opened anew; the API server ends each after some minutes.",
                        "resource");
        for (Resource resource : Resource.values()) {
            watchRestarts.initLabelValues(resource.plural());
        }
        engineWrites =
                counter(
                        "chaosrunner_engine_writes_total",
                        "Writes of engines by runs of this process.");
        engineChanges =
                counter(
                        "chaosrunner_engine_changes_total",
                        "Changes that those writes held; more of them than writes were gathered.");
        CounterWithCallback.builder()
                .name("chaosrunner_thread_restarts_total")
                .help("Long-lived work that failed and was begun again; each is a bug.")
                .callback(told -> told.call(LongLived.failures()))
                .register(registry);
    }

    private Counter counter(String name, String help, String... labels) {
        return Counter.builder()
                .name(name)
                .help(help)
                .labelNames(labels)
                .withoutExemplars()
                .register(registry);
    }

    private Histogram histogram(String name, String help, double[] bounds) {
        return Histogram.builder()
                .name(name)
                .help(help)
                .classicOnly()
                .classicUpperBounds(bounds)
                .withoutExemplars()
                .register(registry);
    }

    /** Return all numbers as they are now, in Prometheus' text format. */
    public byte[] text() {
        var text = new ByteArrayOutputStream();
        try {
            writer.write(text, registry.scrape());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return text.toByteArray();
    }

    // ---- What the service does ----------------------------------------------------------------

    @Override
    public void leads(boolean leads) {
        leader.set(leads ? 1 : 0);
    }

    @Override
    public void fired(EngineRef engine, Fire fire, Instant planned, Instant at) {
        firesStarted.labelValues(fire.cause().kind().word()).inc();
        if (fire.cause().kind() == Fire.Kind.SCHEDULE) {
            observe(skew, Duration.between(planned, at));
        }
    }

    @Override
    public void skipped(EngineRef engine, Skipped fires) {
        firesSkipped.labelValues(fires.cause().word()).inc(fires.count());
    }

    @Override
    public void ended(EngineRef engine, Claim claim, List<StatusEntry> entries) {
        runs.labelValues(outcome(claim, entries)).inc();
        for (StatusEntry entry : entries) {
            executions.labelValues(word(entry.verdict())).inc();
        }
        claim.runEnd()
                .ifPresent(end -> observe(runDuration, Duration.between(claim.runStart(), end)));
    }

    private static String outcome(Claim claim, List<StatusEntry> entries) {
        if (claim.ending().equals(RunRecord.MISCONFIGURED)) {
            return word(Otherwise.MISCONFIGURED);
        }
        return RunOutcome.of(claim, entries)
                .map(ServiceMetrics::word)
                .orElse(word(Otherwise.STOPPED));
    }

    @Override
    public RunListener run(EngineRef engine) {
        return this::heard;
    }

    @Override
    public void note(EngineRef engine, String event, String message) {}

    @Override
    public void note(String event, String message) {}

    private void heard(RunNotice notice) {
        switch (notice) {
            case RunNotice.Launched launched ->
                    launched.took().ifPresent(took -> observe(launch, took));
            case RunNotice.Ended ended ->
                    ended.attempt()
                            .end()
                            .map(end ->
                                    Duration.between(
                                            end.at(), ended.attempt().start().plus(ended.took())))
                            .ifPresent(took -> observe(verdict, took));
            case RunNotice.Wrote(int commits) -> {
                engineWrites.inc();
                engineChanges.inc(commits);
            }
            case RunNotice.Started _,
                    RunNotice.Waiting _,
                    RunNotice.Next _,
                    RunNotice.Running _,
                    RunNotice.Skipped _,
                    RunNotice.Stopping _,
                    RunNotice.CleanedUp _,
                    RunNotice.Warning _,
                    RunNotice.Finished _ -> {}
        }
    }

    // ---- What goes to the API server ----------------------------------------------------------

    @Override
    public void asked(String verb, int code) {
        CounterDataPoint series =
                requests.labelValues(VERBS.contains(verb) ? verb : "OTHER", code(code));
        series.inc();
    }

    private static String code(int code) {
        if (code < LEAST_CODE || code > MOST_CODE) {
            return "none";
        }
        return CODES.contains(code) ? Integer.toString(code) : code / 100 + "xx";
    }

    @Override
    public void watchesAgain(Resource resource) {
        watchRestarts.labelValues(resource.plural()).inc();
    }

    /** Clocks are set: a time that is past is none that is to come. */
    private static void observe(Histogram histogram, Duration took) {
        histogram.observe(Math.max(0, took.toMillis()) / 1000.0);
    }

    private static String word(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }
}
