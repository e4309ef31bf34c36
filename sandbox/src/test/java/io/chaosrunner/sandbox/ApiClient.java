package io.chaosrunner.sandbox;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.MissingNode;

/**
 * Speak plain HTTP and JSON to an API server, so that a test sees status codes, bodies and watch
 * lines as they are.
 */
public final class ApiClient {
    private static final String MERGE = "application/merge-patch+json";
    private static final String JSON_PATCH = "application/json-patch+json";
    private static final JsonMapper MAPPER = JsonMapper.shared();

    private final HttpClient http;
    private final String url;
    private final Map<String, String> headers;

    /** An answer; the body is a missing node if it is not JSON. */
    public record Answer(int code, JsonNode body) {
        /** Return the text at a JSON pointer, empty if it is not there. */
        public String text(String pointer) {
            return body.at(pointer).asString("");
        }
    }

    /** A line of a watch. */
    public record Event(String type, JsonNode object) {
        /** Return the text at a JSON pointer, empty if it is not there. */
        public String text(String pointer) {
            return object.at(pointer).asString("");
        }
    }

    /**
     * Reach a server.
     *
     * @param http a client that trusts it
     * @param headers sent with every request, authorization for instance
     */
    public ApiClient(HttpClient http, String url, Map<String, String> headers) {
        this.http = http;
        this.url = url;
        this.headers = Map.copyOf(headers);
    }

    /** Send a GET. */
    public Answer get(String path) {
        return call("GET", path, null, "application/json");
    }

    /** Send a POST. */
    public Answer post(String path, String body) {
        return call("POST", path, body, "application/json");
    }

    /** Send a PUT. */
    public Answer put(String path, String body) {
        return call("PUT", path, body, "application/json");
    }

    /** Send a merge patch. */
    public Answer merge(String path, String body) {
        return call("PATCH", path, body, MERGE);
    }

    /** Send a JSON patch. */
    public Answer jsonPatch(String path, String body) {
        return call("PATCH", path, body, JSON_PATCH);
    }

    /** Send a DELETE without a body. */
    public Answer delete(String path) {
        return call("DELETE", path, null, "application/json");
    }

    /** Send a DELETE with options. */
    public Answer delete(String path, String options) {
        return call("DELETE", path, options, "application/json");
    }

    /** Send a request; single quotes in the body stand for double ones. */
    public Answer call(String method, String path, @Nullable String body, String type) {
        BodyPublisher publisher =
                body == null
                        ? BodyPublishers.noBody()
                        : BodyPublishers.ofString(body.replace('\'', '"'));
        HttpRequest.Builder request = request(path).method(method, publisher);
        if (body != null) {
            request.header("Content-Type", type);
        }
        try {
            HttpResponse<String> response = http.send(request.build(), BodyHandlers.ofString());
            boolean json =
                    response.headers()
                            .firstValue("Content-Type")
                            .filter(t -> t.startsWith("application/json"))
                            .isPresent();
            return new Answer(
                    response.statusCode(),
                    json ? MAPPER.readTree(response.body()) : MissingNode.getInstance());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** Begin a watch and return its events once the server has ended it. */
    public CompletableFuture<List<Event>> watch(String path, int timeoutSeconds) {
        String separator = path.contains("?") ? "&" : "?";
        HttpRequest request =
                request(path + separator + "watch=true&timeoutSeconds=" + timeoutSeconds)
                        .GET()
                        .build();
        // On a thread of its own: an answer that is already there would be read on the caller's,
        // which would then wait for the end of the watch.
        return http.sendAsync(request, BodyHandlers.ofLines())
                .thenApplyAsync(
                        response -> {
                            try (Stream<String> lines = response.body()) {
                                return lines.map(MAPPER::readTree)
                                        .map(line ->
                                                new Event(
                                                        line.path("type").asString(""),
                                                        line.path("object")))
                                        .toList();
                            }
                        },
                        task -> Thread.ofVirtual().start(task));
    }

    private HttpRequest.Builder request(String path) {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(url + path));
        headers.forEach(request::header);
        return request;
    }
}
