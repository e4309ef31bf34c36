package io.chaosrunner.telemetry;

import com.google.common.base.Throwables;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporter;
import io.opentelemetry.exporter.otlp.trace.OtlpGrpcSpanExporter;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.time.Duration;
import java.util.Collection;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * An exporter of spans by OTLP; says once in our words what the libraries would say again and
 * again.
 */
final class PatientExporter implements SpanExporter {
    /** Held, because a logger that nobody holds forgets its level. */
    private static final Logger LIBRARY = Logger.getLogger("io.opentelemetry");

    private final SpanExporter exporter;
    private final String endpoint;
    private final Consumer<String> warn;
    private final AtomicBoolean warned = new AtomicBoolean();

    PatientExporter(String endpoint, String protocol, Duration timeout, Consumer<String> warn) {
        LIBRARY.setLevel(Level.OFF);
        this.endpoint = endpoint;
        this.warn = warn;
        // Litmus names a collector by host and port.
        String url = endpoint.contains("://") ? endpoint : "http://" + endpoint;
        exporter =
                switch (protocol) {
                    case "", "grpc" ->
                            OtlpGrpcSpanExporter.builder()
                                    .setEndpoint(url)
                                    .setTimeout(timeout)
                                    .setRetryPolicy(null)
                                    .build();
                    case "http/protobuf" ->
                            OtlpHttpSpanExporter.builder()
                                    .setEndpoint(url.replaceFirst("(?<!/)/+$", "") + "/v1/traces")
                                    .setTimeout(timeout)
                                    .setRetryPolicy(null)
                                    .build();
                    default ->
                            throw new IllegalArgumentException(
                                    "OTEL_EXPORTER_OTLP_PROTOCOL is '"
                                            + protocol
                                            + "', but can be grpc or http/protobuf");
                };
    }

    @Override
    public CompletableResultCode export(Collection<SpanData> spans) {
        CompletableResultCode result = exporter.export(spans);
        result.whenComplete(() -> {
            if (!result.isSuccess() && !warned.getAndSet(true)) {
                Throwable why = result.getFailureThrowable();
                warn.accept(
                        "traces could not be sent to '%s'%s; the run goes on without them"
                                .formatted(endpoint, why == null ? "" : ": " + reason(why)));
            }
        });
        return result;
    }

    private static String reason(Throwable failure) {
        return String.valueOf(Throwables.getRootCause(failure).getMessage());
    }

    @Override
    public CompletableResultCode flush() {
        return exporter.flush();
    }

    @Override
    public CompletableResultCode shutdown() {
        return exporter.shutdown();
    }
}
