package io.chaosrunner.telemetry;

import io.opentelemetry.api.baggage.propagation.W3CBaggagePropagator;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.propagation.TextMapGetter;
import io.opentelemetry.context.propagation.TextMapPropagator;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** {@code TRACE_PARENT} as Litmus writes it: a JSON object with the W3C headers as its keys. */
final class TraceParent {
    /** What the experiments' tracing accepts is shorter than this. */
    private static final int LIMIT = 1024;

    private static final TextMapPropagator TRACE = W3CTraceContextPropagator.getInstance();
    private static final TextMapPropagator BAGGAGE = W3CBaggagePropagator.getInstance();

    private TraceParent() {}

    /** Reads what we were given; a new trace begins if it is empty or unusable. */
    static Context read(String json, Consumer<String> warn) {
        if (json.isBlank()) {
            return Context.root();
        }
        var headers = new LinkedHashMap<String, String>();
        try {
            JsonNode tree = JsonMapper.shared().readTree(json);
            tree.properties().forEach(e -> headers.put(e.getKey(), e.getValue().asString("")));
        } catch (JacksonException e) {
            headers.clear();
        }
        Context context =
                BAGGAGE.extract(
                        TRACE.extract(Context.root(), headers, Getter.INSTANCE),
                        headers,
                        Getter.INSTANCE);
        if (!Span.fromContext(context).getSpanContext().isValid()) {
            warn.accept(
                    "TRACE_PARENT is not of the form {\"traceparent\": \"00-<trace>-<span>-01\"}, so a"
                            + " new trace begins");
        }
        return context;
    }

    /** Writes what experiments are given; baggage only as long as they would read it all. */
    static String write(Context context) {
        var headers = new LinkedHashMap<String, String>();
        TRACE.inject(context, headers, (map, key, value) -> put(map, key, value));
        var all = new LinkedHashMap<>(headers);
        BAGGAGE.inject(context, all, (map, key, value) -> put(map, key, value));
        String json = JsonMapper.shared().writeValueAsString(all);
        return json.getBytes(StandardCharsets.UTF_8).length < LIMIT
                ? json
                : JsonMapper.shared().writeValueAsString(headers);
    }

    private static void put(@Nullable Map<String, String> map, String key, String value) {
        if (map != null) {
            map.put(key, value);
        }
    }

    private enum Getter implements TextMapGetter<Map<String, String>> {
        INSTANCE;

        @Override
        public Iterable<String> keys(Map<String, String> headers) {
            return headers.keySet();
        }

        @Override
        public @Nullable String get(@Nullable Map<String, String> headers, String key) {
            return headers == null ? null : headers.get(key);
        }
    }
}
