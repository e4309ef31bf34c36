package io.chaosrunner.telemetry;

import com.google.protobuf.InvalidProtocolBufferException;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.trace.v1.ResourceSpans;
import io.opentelemetry.proto.trace.v1.Span;
import java.io.IOException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;
import mockwebserver3.Dispatcher;
import mockwebserver3.MockResponse;
import mockwebserver3.MockWebServer;
import mockwebserver3.RecordedRequest;
import okhttp3.Headers;
import okhttp3.Protocol;
import okio.Buffer;

/** A collector of traces on a port of its own; speaks OTLP over gRPC, or over HTTP. */
final class Collector implements AutoCloseable {
    /** A gRPC message is preceded by one byte for compression and four for its length. */
    private static final int FRAME = 5;

    private final MockWebServer server = new MockWebServer();
    private final List<ResourceSpans> received = new CopyOnWriteArrayList<>();

    private Collector() {}

    static Collector grpc() throws IOException {
        var collector = new Collector();
        collector.server.setProtocols(List.of(Protocol.H2_PRIOR_KNOWLEDGE));
        collector.serve(
                "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
                FRAME,
                new MockResponse.Builder()
                        .addHeader("content-type", "application/grpc")
                        .body(new Buffer().write(new byte[FRAME]))
                        .trailers(Headers.of("grpc-status", "0"))
                        .build());
        return collector;
    }

    static Collector http() throws IOException {
        var collector = new Collector();
        collector.serve(
                "/v1/traces",
                0,
                new MockResponse.Builder()
                        .addHeader("content-type", "application/x-protobuf")
                        .build());
        return collector;
    }

    private void serve(String path, int frame, MockResponse answer) throws IOException {
        server.setDispatcher(
                new Dispatcher() {
                    @Override
                    public MockResponse dispatch(RecordedRequest request) {
                        if (!request.getUrl().encodedPath().equals(path)) {
                            return new MockResponse.Builder().code(404).build();
                        }
                        byte[] body = Objects.requireNonNull(request.getBody()).toByteArray();
                        try {
                            received.addAll(
                                    ExportTraceServiceRequest.parseFrom(
                                                    new Buffer()
                                                            .write(body, frame, body.length - frame)
                                                            .readByteArray())
                                            .getResourceSpansList());
                        } catch (InvalidProtocolBufferException e) {
                            return new MockResponse.Builder().code(400).build();
                        }
                        return answer;
                    }
                });
        server.start();
    }

    String hostAndPort() {
        return "127.0.0.1:" + server.getPort();
    }

    List<Span> spans() {
        return received.stream()
                .flatMap(resource -> resource.getScopeSpansList().stream())
                .flatMap(scope -> scope.getSpansList().stream())
                .toList();
    }

    Span span(String name) {
        List<Span> named = spans().stream().filter(s -> s.getName().equals(name)).toList();
        if (named.size() != 1) {
            throw new AssertionError(named.size() + " spans are named " + name);
        }
        return named.getFirst();
    }

    Map<String, String> resource() {
        return attributes(received.getFirst().getResource().getAttributesList());
    }

    static Map<String, String> attributes(Span span) {
        return attributes(span.getAttributesList());
    }

    private static Map<String, String> attributes(List<KeyValue> attributes) {
        return attributes.stream()
                .collect(
                        Collectors.toMap(
                                KeyValue::getKey,
                                each ->
                                        each.getValue().hasStringValue()
                                                ? each.getValue().getStringValue()
                                                : each.getValue().hasIntValue()
                                                        ? Long.toString(
                                                                each.getValue().getIntValue())
                                                        : Boolean.toString(
                                                                each.getValue().getBoolValue())));
    }

    static String hex(com.google.protobuf.ByteString bytes) {
        return HexFormat.of().formatHex(bytes.toByteArray());
    }

    @Override
    public void close() {
        server.close();
    }
}
