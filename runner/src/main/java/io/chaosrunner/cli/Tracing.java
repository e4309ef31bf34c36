package io.chaosrunner.cli;

import io.chaosrunner.model.EngineRef;
import io.chaosrunner.resolve.RunnerEnvironment;
import io.chaosrunner.status.RunListener;
import io.chaosrunner.telemetry.Traces;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Trace what this process does where its environment names a collector. Otherwise nothing of
 * OpenTelemetry is even loaded.
 */
final class Tracing implements AutoCloseable {
    private final RunnerEnvironment.Tracing given;
    private final @Nullable Traces traces;

    private Tracing(RunnerEnvironment.Tracing given, @Nullable Traces traces) {
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
        if (given.endpoint().isEmpty()) {
            return new Tracing(given, null);
        }
        if (!given.endpoint().contains("://")) {
            warn.accept(
                    "OTEL_EXPORTER_OTLP_ENDPOINT '%s' names no scheme, so spans are sent in plain text; begin it with https://, or with http:// where that is meant"
                            .formatted(given.endpoint()));
        }
        String protocol = variables.getOrDefault("OTEL_EXPORTER_OTLP_PROTOCOL", "");
        return new Tracing(given, Traces.start(given, protocol, engine, warn));
    }

    /** Return what experiments are told. */
    RunnerEnvironment.Tracing forExperiments() {
        return traces == null ? given : traces.forExperiments();
    }

    /** Return a listener that tells another one, and traces. */
    RunListener beside(RunListener listener) {
        Traces hearing = traces;
        return hearing == null
                ? listener
                : notice -> {
                    listener.heard(notice);
                    hearing.heard(notice);
                };
    }

    @Override
    public void close() {
        if (traces != null) {
            traces.close();
        }
    }
}
