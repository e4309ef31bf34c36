package io.chaosrunner.telemetry;

import io.chaosrunner.model.Attempt;
import io.chaosrunner.model.EngineRef;
import io.chaosrunner.model.RunEnd;
import io.chaosrunner.model.Verdict;
import io.chaosrunner.resolve.RunnerEnvironment;
import io.chaosrunner.status.RunListener;
import io.chaosrunner.status.RunNotice;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanBuilder;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.export.BatchSpanProcessor;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import io.opentelemetry.sdk.trace.samplers.Sampler;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What one runner does as spans: {@code ExecuteChaosRunner} for the process, and below it, for each
 * attempt, {@code BuildingAndLaunchJob} until its Job exists and {@code RunExperiment} until its
 * end.
 *
 * <p>Spans are sent in the background; what cannot be sent is dropped after one warning. {@link
 * #close} waits a bounded time for the last ones.
 */
public final class Traces implements RunListener, AutoCloseable {
    private static final String TRACER = "litmuschaos.io/chaos-runner";
    private static final String SERVICE = "chaos_runner";

    /** How long the end of the process waits at most, for a collector that does not answer. */
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private static final AttributeKey<String> ENGINE = AttributeKey.stringKey("chaosengine.name");
    private static final AttributeKey<String> NAMESPACE =
            AttributeKey.stringKey("chaosengine.namespace");
    private static final AttributeKey<String> EXPERIMENT =
            AttributeKey.stringKey("chaosexperiment.name");
    private static final AttributeKey<Long> RUN = AttributeKey.longKey("chaosrunner.run");
    private static final AttributeKey<String> RUN_ID = AttributeKey.stringKey("chaosrunner.run.id");
    private static final AttributeKey<Boolean> RESUMED =
            AttributeKey.booleanKey("chaosrunner.run.resumed");
    private static final AttributeKey<String> STRATEGY =
            AttributeKey.stringKey("chaosrunner.strategy");
    private static final AttributeKey<Long> SEED = AttributeKey.longKey("chaosrunner.seed");
    private static final AttributeKey<Long> SLOT = AttributeKey.longKey("chaosrunner.slot");
    private static final AttributeKey<Long> ITERATION =
            AttributeKey.longKey("chaosrunner.iteration");
    private static final AttributeKey<Long> ATTEMPT = AttributeKey.longKey("chaosrunner.attempt");
    private static final AttributeKey<Boolean> ADOPTED =
            AttributeKey.booleanKey("chaosrunner.job.adopted");
    private static final AttributeKey<String> WHY = AttributeKey.stringKey("chaosrunner.why");
    private static final AttributeKey<String> STATUS = AttributeKey.stringKey("chaosrunner.status");
    private static final AttributeKey<String> VERDICT =
            AttributeKey.stringKey("chaosrunner.verdict");
    private static final AttributeKey<String> JOB = AttributeKey.stringKey("k8s.job.name");
    private static final AttributeKey<String> POD = AttributeKey.stringKey("k8s.pod.name");

    private final SdkTracerProvider provider;
    private final Tracer tracer;
    private final Span root;
    private final Context context;
    private final String endpoint;
    private final Duration patience;
    private final Map<Integer, Span> running = new HashMap<>();

    private Traces(
            SpanExporter exporter,
            Context given,
            String endpoint,
            EngineRef engine,
            Duration patience) {
        this.patience = patience;
        this.endpoint = endpoint;
        provider =
                SdkTracerProvider.builder()
                        .setResource(
                                Resource.getDefault()
                                        .merge(
                                                Resource.create(
                                                        Attributes.of(
                                                                AttributeKey.stringKey(
                                                                        "service.name"),
                                                                SERVICE))))
                        .setSampler(Sampler.alwaysOn())
                        .addSpanProcessor(BatchSpanProcessor.builder(exporter).build())
                        .build();
        tracer = provider.get(TRACER);
        root =
                tracer.spanBuilder("ExecuteChaosRunner")
                        .setParent(given)
                        .setSpanKind(SpanKind.INTERNAL)
                        .setAttribute(ENGINE, engine.name())
                        .setAttribute(NAMESPACE, engine.namespace())
                        .startSpan();
        context = given.with(root);
    }

    /**
     * Begin to trace.
     *
     * @param tracing with an endpoint: {@code host:port}, or a URL
     * @param protocol {@code grpc}, or {@code http/protobuf}; empty means grpc
     * @param warn hears, once, what is wrong
     * @return null if there can be no traces, after a warning
     */
    public static @Nullable Traces start(
            RunnerEnvironment.Tracing tracing,
            String protocol,
            EngineRef engine,
            Consumer<String> warn) {
        return start(tracing, protocol, engine, PATIENCE, warn);
    }

    static @Nullable Traces start(
            RunnerEnvironment.Tracing tracing,
            String protocol,
            EngineRef engine,
            Duration patience,
            Consumer<String> warn) {
        try {
            Context given = TraceParent.read(tracing.parent(), warn);
            SpanExporter exporter =
                    new PatientExporter(tracing.endpoint(), protocol, patience, warn);
            return new Traces(exporter, given, tracing.endpoint(), engine, patience);
        } catch (RuntimeException | LinkageError e) {
            warn.accept("no traces are sent to '%s': %s".formatted(tracing.endpoint(), e));
            return null;
        }
    }

    /** Return what experiments are told, so that their spans hang below this process's. */
    public RunnerEnvironment.Tracing forExperiments() {
        return new RunnerEnvironment.Tracing(endpoint, TraceParent.write(context));
    }

    @Override
    public synchronized void heard(RunNotice notice) {
        switch (notice) {
            case RunNotice.Started started ->
                    root.setAttribute(RUN, started.run().number())
                            .setAttribute(RUN_ID, started.run().id())
                            .setAttribute(RESUMED, started.resumed())
                            .setAttribute(STRATEGY, started.strategy())
                            .setAttribute(SEED, started.seed());
            case RunNotice.Launched launched -> launched(launched);
            case RunNotice.Running running -> {
                Span span = this.running.get(running.attempt().ordinal());
                if (span != null) {
                    span.setAttribute(POD, running.pod()).addEvent("running");
                }
            }
            case RunNotice.Ended ended -> ended(ended);
            case RunNotice.Skipped skipped ->
                    root.addEvent(
                            "skipped",
                            Attributes.of(
                                    EXPERIMENT,
                                    skipped.experiment(),
                                    SLOT,
                                    (long) skipped.slot(),
                                    WHY,
                                    skipped.why()));
            case RunNotice.Stopping stopping -> {
                Span span = running.get(stopping.attempt().ordinal());
                if (span != null) {
                    span.addEvent("stopping", Attributes.of(WHY, stopping.why()));
                }
            }
            case RunNotice.Warning warning ->
                    root.addEvent("warning", Attributes.of(WHY, warning.message()));
            case RunNotice.Finished finished -> finished(finished.end());
            case RunNotice.Waiting _,
                    RunNotice.Next _,
                    RunNotice.CleanedUp _,
                    RunNotice.Wrote _ -> {}
        }
    }

    private void launched(RunNotice.Launched launched) {
        Attempt attempt = launched.attempt();
        span("BuildingAndLaunchJob", attempt, launched.experiment(), launched.job())
                .setAttribute(ADOPTED, launched.adopted())
                .setAttribute(WHY, launched.why())
                .startSpan()
                .end();
        running.put(
                attempt.ordinal(),
                span("RunExperiment", attempt, launched.experiment(), launched.job()).startSpan());
    }

    private void ended(RunNotice.Ended ended) {
        Span span = running.remove(ended.attempt().ordinal());
        if (span == null) {
            span =
                    span("RunExperiment", ended.attempt(), ended.experiment(), ended.job())
                            .startSpan();
        }
        span.setAttribute(STATUS, ended.entry().status())
                .setAttribute(VERDICT, ended.entry().verdict().word());
        if (!ended.pod().isEmpty()) {
            span.setAttribute(POD, ended.pod());
        }
        if (ended.entry().verdict() != Verdict.PASS) {
            span.setStatus(StatusCode.ERROR, ended.detail());
        }
        span.end();
    }

    private void finished(RunEnd end) {
        running.values().forEach(Span::end);
        running.clear();
        root.addEvent("finished", Attributes.of(WHY, end.why()));
        if (end.cause() != RunEnd.Cause.PLAN) {
            root.setStatus(StatusCode.ERROR, end.why());
        }
    }

    private SpanBuilder span(String name, Attempt attempt, String experiment, String job) {
        return tracer.spanBuilder(name)
                .setParent(context)
                .setStartTimestamp(attempt.start())
                .setAttribute(EXPERIMENT, experiment)
                .setAttribute(SLOT, (long) attempt.slot())
                .setAttribute(ITERATION, (long) attempt.iteration())
                .setAttribute(ATTEMPT, (long) attempt.attempt())
                .setAttribute(JOB, job);
    }

    /** End what is open, and wait at most five seconds for what was not sent yet. */
    @Override
    public synchronized void close() {
        running.values().forEach(Span::end);
        root.end();
        provider.shutdown().join(patience.toMillis(), TimeUnit.MILLISECONDS);
    }
}
