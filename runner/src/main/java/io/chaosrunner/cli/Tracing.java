package io.chaosrunner.cli;

import io.chaosrunner.model.EngineRef;
import io.chaosrunner.resolve.RunnerEnvironment;
import io.chaosrunner.status.RunListener;
import io.chaosrunner.telemetry.Traces;
import io.chaosrunner.webhook.ToldRun;
import io.chaosrunner.webhook.Webhook;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Trace what this process does where its environment names a collector, and tell of its runs where
 * it names an address for that. Otherwise nothing of either is even loaded.
 */
final class Tracing implements AutoCloseable {
    private static final String EVENTS_URL = "CHAOS_RUNNER_EVENTS_URL";

    private final RunnerEnvironment.Tracing given;
    private final @Nullable Traces traces;
    private final EngineRef engine;
    private final @Nullable Webhook webhook;

    private Tracing(
            RunnerEnvironment.Tracing given,
            @Nullable Traces traces,
            EngineRef engine,
            @Nullable Webhook webhook) {
        this.engine = engine;
        this.webhook = webhook;
        this.given = given;
        this.traces = traces;
    }

    /**
     * Begin to trace, if asked to.
     *
     * @param warn hears what is wrong with it; a run goes on all the same
     */
    static Tracing of(Map<String, String> variables, EngineRef engine, Consumer<String> warn) {
        RunnerEnvironment.Tracing given = RunnerEnvironment.of(variables).tracing();
        // Here and below nothing that would load its classes where nobody is to be told.
        Webhook webhook =
                variables.getOrDefault(EVENTS_URL, "").isEmpty()
                        ? null
                        : Webhook.of(variables, Clock.systemUTC(), warn).orElse(null);
        if (given.endpoint().isEmpty()) {
            return new Tracing(given, null, engine, webhook);
        }
        if (!given.endpoint().contains("://")) {
            warn.accept(
                    "OTEL_EXPORTER_OTLP_ENDPOINT '%s' names no scheme, so spans are sent in plain text; begin it with https://, or with http:// where that is meant"
                            .formatted(given.endpoint()));
        }
        String protocol = variables.getOrDefault("OTEL_EXPORTER_OTLP_PROTOCOL", "");
        return new Tracing(given, Traces.start(given, protocol, engine, warn), engine, webhook);
    }

    /** Return what experiments are told. */
    RunnerEnvironment.Tracing forExperiments() {
        return traces == null ? given : traces.forExperiments();
    }

    /** Return a listener that tells another one, and traces. */
    RunListener beside(RunListener listener) {
        var all = new ArrayList<RunListener>(List.of(listener));
        if (traces != null) {
            all.add(traces);
        }
        if (webhook != null) {
            all.add(new ToldRun(webhook, engine));
        }
        return notice -> all.forEach(each -> each.heard(notice));
    }

    @Override
    public void close() {
        if (webhook != null) {
            webhook.close();
        }
        if (traces != null) {
            traces.close();
        }
    }
}
