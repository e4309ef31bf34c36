package io.chaosrunner.sandbox;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import io.chaosrunner.sandbox.ObjectStore.Change;
import io.chaosrunner.sandbox.ObjectStore.Key;
import io.chaosrunner.sandbox.ObjectStore.Snapshot;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The way from HTTP requests to {@link Registry} calls and watches, and back in Kubernetes' words.
 */
final class ApiHandler implements HttpHandler {
    private static final Duration WATCH_TIMEOUT = Duration.ofMinutes(30);
    private static final Duration BOOKMARK_INTERVAL = Duration.ofMinutes(1);
    private static final Duration BOOKMARK_BEFORE_END = Duration.ofSeconds(2);
    private static final String JSON_PATCH = "application/json-patch+json";
    private static final String MERGE_PATCH = "application/merge-patch+json";

    private static final Set<String> LOCAL = Set.of("localhost", "127.0.0.1", "[::1]");

    private final ObjectStore store;
    private final Registry registry;
    private final PodLogs logs;
    private final StrictFields strictly;
    private final Consumer<SandboxServer.Request> observer;
    private final Set<String> forbidden = ConcurrentHashMap.newKeySet();

    /** A path under a group and version, taken apart. */
    private record Target(ApiResource resource, String namespace, String name, String subresource) {
        Key key() {
            return new Key(resource, resource.namespaced ? namespace : "", name);
        }

        boolean isLog() {
            return resource == ApiResource.PODS && subresource.equals("log");
        }

        String what() {
            return resource.plural + (subresource.isEmpty() ? "" : "/" + subresource);
        }
    }

    /** A body with a status code. */
    private record Answer(int code, JsonNode body) {}

    ApiHandler(
            ObjectStore store,
            Registry registry,
            PodLogs logs,
            StrictFields strictly,
            Consumer<SandboxServer.Request> observer) {
        this.store = store;
        this.registry = registry;
        this.logs = logs;
        this.strictly = strictly;
        this.observer = observer;
    }

    void forbid(String verb, String resource) {
        forbidden.add(verb + " " + resource);
    }

    void allow(String verb, String resource) {
        forbidden.remove(verb + " " + resource);
    }

    @Override
    public void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            if (!isLocal(exchange.getRequestHeaders().getFirst("Host"))) {
                sendText(exchange, 403, "the sandbox answers to localhost and 127.0.0.1 only\n");
                return;
            }
            try {
                serve(exchange);
            } catch (StatusError e) {
                send(exchange, new Answer(e.code(), e.status()));
            } catch (JacksonException | IllegalStateException | IllegalArgumentException e) {
                StatusError error = StatusError.internal("Internal error occurred: " + e);
                send(exchange, new Answer(500, error.status()));
            }
        }
    }

    /**
     * Tell whether a request was meant for this machine. A page of the web may have its own name
     * point here, and its browser then sends that.
     */
    static boolean isLocal(@Nullable String host) {
        if (host == null) {
            return false;
        }
        int colon = host.lastIndexOf(':');
        String name = colon > host.lastIndexOf(']') ? host.substring(0, colon) : host;
        return LOCAL.contains(name.toLowerCase(Locale.ROOT));
    }

    private void serve(HttpExchange exchange) throws IOException {
        String path = exchange.getRequestURI().getPath();
        List<String> parts = Arrays.stream(path.split("/")).filter(p -> !p.isEmpty()).toList();
        String first = parts.isEmpty() ? "" : parts.getFirst();
        switch (first) {
            case "readyz", "healthz", "livez" -> sendText(exchange, 200, "ok");
            case "version" -> send(exchange, new Answer(200, Discovery.version()));
            case "api", "apis" -> {
                int prefix = first.equals("api") ? 2 : 3;
                if (parts.size() <= prefix) {
                    Optional<ObjectNode> found = Discovery.at(parts);
                    if (found.isPresent()) {
                        send(exchange, new Answer(200, found.get()));
                    } else {
                        sendText(exchange, 404, "404 page not found\n");
                    }
                    return;
                }
                String group = first.equals("api") ? "" : parts.get(1);
                String version = parts.get(prefix - 1);
                resource(exchange, group, version, parts.subList(prefix, parts.size()));
            }
            default -> sendText(exchange, 404, "404 page not found\n");
        }
    }

    private void resource(HttpExchange exchange, String group, String version, List<String> path)
            throws IOException {
        String method = exchange.getRequestMethod();
        if (group.equals("authorization.k8s.io")
                && path.equals(List.of("selfsubjectaccessreviews"))
                && method.equals("POST")) {
            send(exchange, new Answer(201, review(body(exchange))));
            return;
        }
        Optional<Target> target = target(group, version, path);
        if (target.isEmpty()) {
            if (Discovery.serves(group, version) && !group.equals("litmuschaos.io")) {
                throw StatusError.noSuchResource();
            }
            sendText(exchange, 404, "404 page not found\n");
            return;
        }
        Map<String, String> query = query(exchange);
        boolean watching = Set.of("true", "1").contains(query.getOrDefault("watch", ""));
        String verb = verb(method, target.get(), watching);
        authorize(verb, target.get());
        checkServed(verb, target.get());
        observer.accept(
                new SandboxServer.Request(
                        verb, target.get().what(), target.get().namespace(), target.get().name()));
        if (verb.equals("watch")) {
            watch(exchange, target.get(), query);
            return;
        }
        if (target.get().isLog()) {
            log(exchange, target.get(), query);
            return;
        }
        send(exchange, answer(exchange, verb, target.get(), query));
    }

    private static Optional<Target> target(String group, String version, List<String> path) {
        List<String> rest = path;
        String namespace = "";
        boolean inNamespace =
                path.getFirst().equals("namespaces")
                        && path.size() > 2
                        && !Set.of("status", "finalize").contains(path.get(2));
        if (inNamespace) {
            namespace = path.get(1);
            rest = path.subList(2, path.size());
        }
        if (rest.isEmpty() || rest.size() > 3) {
            return Optional.empty();
        }
        String in = namespace;
        String name = rest.size() > 1 ? rest.get(1) : "";
        String subresource = rest.size() > 2 ? rest.get(2) : "";
        return ApiResource.of(group, version, rest.getFirst())
                .filter(r -> r.namespaced == inNamespace || (r.namespaced && name.isEmpty()))
                .map(r -> new Target(r, in, name, subresource));
    }

    private static String verb(String method, Target target, boolean watching) {
        boolean named = !target.name().isEmpty();
        return switch (method) {
            case "GET" -> named ? "get" : watching ? "watch" : "list";
            case "POST" -> "create";
            case "PUT" -> "update";
            case "PATCH" -> "patch";
            case "DELETE" -> named ? "delete" : "deletecollection";
            default -> throw StatusError.methodNotAllowed();
        };
    }

    private static void checkServed(String verb, Target target) {
        ApiResource resource = target.resource();
        if (!target.subresource().isEmpty()) {
            boolean status = target.subresource().equals("status") && resource.statusSubresource;
            if (!status && !target.isLog()) {
                throw resource.custom()
                        ? StatusError.notFound(resource, target.name())
                        : StatusError.noSuchResource();
            }
            Set<String> served = status ? Set.of("get", "update", "patch") : Set.of("get");
            if (!served.contains(verb)) {
                throw StatusError.methodNotAllowed();
            }
        }
        boolean named = !target.name().isEmpty();
        boolean everywhere = resource.namespaced && target.namespace().isEmpty();
        boolean onObject = Set.of("update", "patch").contains(verb);
        if ((verb.equals("create") && named)
                || (onObject && !named)
                || (everywhere && !Set.of("list", "watch").contains(verb))) {
            throw StatusError.methodNotAllowed();
        }
    }

    private void authorize(String verb, Target target) {
        if (!permits(verb, target.what())) {
            String scope =
                    target.namespace().isEmpty()
                            ? "at the cluster scope"
                            : "in the namespace \"" + target.namespace() + "\"";
            throw StatusError.forbidden(
                    target.resource(), target.name(), verb, target.what(), scope);
        }
    }

    private boolean permits(String verb, String resource) {
        return forbidden.isEmpty()
                || (!forbidden.contains(verb + " " + resource)
                        && !forbidden.contains("* " + resource)
                        && !forbidden.contains(verb + " *"));
    }

    private ObjectNode review(ObjectNode review) {
        JsonNode asked = review.path("spec").path("resourceAttributes");
        String subresource = Json.text(asked, "subresource");
        String resource =
                Json.text(asked, "resource") + (subresource.isEmpty() ? "" : "/" + subresource);
        ObjectNode answer = review.deepCopy();
        answer.put("kind", "SelfSubjectAccessReview");
        answer.put("apiVersion", "authorization.k8s.io/v1");
        Json.child(answer, "metadata");
        answer.putObject("status").put("allowed", permits(Json.text(asked, "verb"), resource));
        return answer;
    }

    private Answer answer(
            HttpExchange exchange, String verb, Target target, Map<String, String> query)
            throws IOException {
        boolean dryRun = query.getOrDefault("dryRun", "").equals("All");
        if (query.containsKey("dryRun") && !(dryRun && Set.of("create", "update").contains(verb))) {
            throw StatusError.badRequest(
                    "the sandbox serves dryRun=All for creations and updates only");
        }
        boolean strict = query.getOrDefault("fieldValidation", "").equals("Strict");
        Key key = target.key();
        boolean status = target.subresource().equals("status");
        return switch (verb) {
            case "get" -> {
                checkNotFuture(query);
                yield new Answer(200, registry.get(key));
            }
            case "list" -> {
                checkNotFuture(query);
                yield new Answer(200, list(target, selector(target, query)));
            }
            case "create" ->
                    new Answer(
                            201,
                            registry.create(
                                    target.resource(),
                                    target.namespace(),
                                    checked(body(exchange), target, strict),
                                    dryRun));
            case "update" ->
                    new Answer(
                            200,
                            registry.replace(
                                    key, checked(body(exchange), target, strict), status, dryRun));
            case "patch" -> new Answer(200, patch(exchange, key, status));
            case "delete" -> new Answer(200, registry.delete(key, options(exchange, query)));
            default ->
                    new Answer(
                            200,
                            deleteCollection(
                                    target, selector(target, query), options(exchange, query)));
        };
    }

    private ObjectNode checked(ObjectNode body, Target target, boolean strict) {
        if (strict) {
            strictly.check(target.resource(), body);
        }
        return body;
    }

    private void checkNotFuture(Map<String, String> query) {
        long asked = version(query.getOrDefault("resourceVersion", ""));
        long current = store.version();
        if (asked > current) {
            throw StatusError.tooLargeResourceVersion(asked, current);
        }
    }

    private static long version(String text) {
        if (text.isEmpty()) {
            return 0;
        }
        try {
            return Long.parseUnsignedLong(text);
        } catch (NumberFormatException e) {
            throw StatusError.internal(
                    "resourceVersion: Invalid value: \""
                            + text
                            + "\": strconv.ParseUint: parsing \""
                            + text
                            + "\": invalid syntax");
        }
    }

    private static Selector selector(Target target, Map<String, String> query) {
        return Selector.parse(
                target.resource(),
                query.getOrDefault("labelSelector", ""),
                query.getOrDefault("fieldSelector", ""));
    }

    private ObjectNode list(Target target, Selector selector) {
        Snapshot snapshot = store.list(target.resource(), target.namespace(), selector);
        return list(target.resource(), snapshot);
    }

    private static ObjectNode list(ApiResource resource, Snapshot snapshot) {
        ObjectNode list = Json.object();
        list.put("kind", resource.kind + "List");
        list.put("apiVersion", resource.apiVersion());
        list.putObject("metadata").put("resourceVersion", Long.toString(snapshot.version()));
        ArrayNode items = list.putArray("items");
        for (ObjectNode object : snapshot.objects()) {
            // Items of built-in lists do not repeat what the list says.
            ObjectNode item = Json.object().setAll(object);
            items.add(resource.custom() ? item : item.remove(List.of("kind", "apiVersion")));
        }
        return list;
    }

    private ObjectNode deleteCollection(Target target, Selector selector, DeleteOptions options) {
        Snapshot snapshot = store.list(target.resource(), target.namespace(), selector);
        for (ObjectNode object : snapshot.objects()) {
            try {
                registry.delete(
                        new Key(
                                target.resource(),
                                target.resource().namespaced ? target.namespace() : "",
                                Json.text(object, "metadata", "name")),
                        options);
            } catch (StatusError e) {
                // Gone between listing and deleting is as good as deleted.
                if (e.code() != 404) {
                    throw e;
                }
            }
        }
        return list(target.resource(), snapshot);
    }

    private ObjectNode patch(HttpExchange exchange, Key key, boolean status) throws IOException {
        String type = contentType(exchange);
        if (!type.equals(JSON_PATCH) && !type.equals(MERGE_PATCH)) {
            throw StatusError.unsupportedMediaType(JSON_PATCH + ", " + MERGE_PATCH);
        }
        JsonNode patch;
        try {
            patch = Json.MAPPER.readTree(exchange.getRequestBody().readAllBytes());
        } catch (JacksonException e) {
            throw StatusError.badRequest("error decoding patch: " + e.getOriginalMessage());
        }
        if (type.equals(MERGE_PATCH)) {
            if (!(patch instanceof ObjectNode change)) {
                throw StatusError.badRequest("error decoding patch: not a JSON object");
            }
            return registry.patch(key, old -> Patch.merge(old, change), status);
        }
        if (!(patch instanceof ArrayNode operations)
                || !operations.values().stream().allMatch(JsonNode::isObject)) {
            throw StatusError.badRequest("error decoding patch: not an array of operations");
        }
        return registry.patch(
                key,
                old -> {
                    if (Patch.apply(old, operations) instanceof ObjectNode patched) {
                        return patched;
                    }
                    throw StatusError.patchRejected();
                },
                status);
    }

    private DeleteOptions options(HttpExchange exchange, Map<String, String> query)
            throws IOException {
        byte[] bytes = exchange.getRequestBody().readAllBytes();
        if (bytes.length == 0) {
            return new DeleteOptions(
                    Optional.ofNullable(query.get("propagationPolicy")),
                    Optional.ofNullable(query.get("gracePeriodSeconds")).map(ApiHandler::number),
                    Optional.empty(),
                    Optional.empty());
        }
        JsonNode body = parse(bytes, contentType(exchange));
        JsonNode preconditions = body.path("preconditions");
        return new DeleteOptions(
                Optional.of(Json.text(body, "propagationPolicy")).filter(p -> !p.isEmpty()),
                body.path("gracePeriodSeconds").isIntegralNumber()
                        ? Optional.of(body.path("gracePeriodSeconds").asLong())
                        : Optional.empty(),
                Optional.of(Json.text(preconditions, "uid")).filter(p -> !p.isEmpty()),
                Optional.of(Json.text(preconditions, "resourceVersion")).filter(p -> !p.isEmpty()));
    }

    private static Long number(String text) {
        try {
            return Long.valueOf(text);
        } catch (NumberFormatException e) {
            throw StatusError.badRequest(
                    "strconv.ParseInt: parsing \"" + text + "\": invalid syntax");
        }
    }

    private static ObjectNode body(HttpExchange exchange) throws IOException {
        byte[] bytes = exchange.getRequestBody().readAllBytes();
        return parse(bytes, contentType(exchange));
    }

    private static ObjectNode parse(byte[] bytes, String type) {
        try {
            JsonNode parsed =
                    switch (type) {
                        case "", "application/json" -> Json.MAPPER.readTree(bytes);
                        default -> throw StatusError.unsupportedMediaType("application/json");
                    };
            if (parsed instanceof ObjectNode object) {
                return object;
            }
            throw StatusError.badRequest("the object provided is unrecognized: not an object");
        } catch (JacksonException e) {
            throw unparsable(String.valueOf(e.getMessage()));
        }
    }

    private static StatusError unparsable(String why) {
        return StatusError.badRequest(
                "the object provided is unrecognized: couldn't get version/kind; json parse error: "
                        + why);
    }

    private static String contentType(HttpExchange exchange) {
        String type = exchange.getRequestHeaders().getFirst("Content-Type");
        return type == null ? "" : type.split(";", 2)[0].trim();
    }

    private static Map<String, String> query(HttpExchange exchange) {
        Map<String, String> query = new HashMap<>();
        String raw = exchange.getRequestURI().getRawQuery();
        for (String pair : raw == null ? new String[0] : raw.split("&")) {
            String[] parts = pair.split("=", 2);
            query.putIfAbsent(decode(parts[0]), parts.length > 1 ? decode(parts[1]) : "");
        }
        return query;
    }

    private static String decode(String text) {
        return URLDecoder.decode(text, StandardCharsets.UTF_8);
    }

    // Watching.

    private void watch(HttpExchange exchange, Target target, Map<String, String> query)
            throws IOException {
        Selector selector = selector(target, query);
        String asked = query.getOrDefault("resourceVersion", "");
        long since = version(asked);
        boolean bookmarks =
                Set.of("true", "1").contains(query.getOrDefault("allowWatchBookmarks", ""));
        String timeout = query.getOrDefault("timeoutSeconds", "");
        long seconds = timeout.isEmpty() ? 0 : number(timeout);
        Duration length = seconds > 0 ? Duration.ofSeconds(seconds) : WATCH_TIMEOUT;
        if (upgrades(exchange)) {
            // A client that asked for a WebSocket sees its handshake fail with 200 and, if it is
            // fabric8's, asks again over plain HTTP; it does so for 200 and 503 only.
            send(exchange, new Answer(200, Json.object()));
            return;
        }
        // Unread bodies make the HTTP server close the connection afterwards.
        exchange.getRequestBody().readAllBytes();
        exchange.getResponseHeaders().set("Content-Type", "application/json");
        exchange.sendResponseHeaders(200, 0);
        try (OutputStream out = exchange.getResponseBody()) {
            out.flush();
            Watch watch = new Watch(target, selector, out);
            if (since == 0) {
                since = watch.begin(bookmarks);
            }
            watch.follow(since, length, bookmarks);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void log(HttpExchange exchange, Target target, Map<String, String> query)
            throws IOException {
        ObjectNode pod = registry.get(target.key());
        PodLogs.Asked asked = PodLogs.Asked.of(query, Instant.now());
        PodLogs.check(pod, query.getOrDefault("container", ""), PodLogs.isTrue(query, "previous"));
        exchange.getRequestBody().readAllBytes();
        exchange.getResponseHeaders().set("Content-Type", "text/plain");
        exchange.sendResponseHeaders(200, 0);
        try (OutputStream out = exchange.getResponseBody()) {
            logs.write(ObjectStore.uid(pod), asked, out);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static boolean upgrades(HttpExchange exchange) {
        String upgrade = exchange.getRequestHeaders().getFirst("Upgrade");
        return upgrade != null && upgrade.equalsIgnoreCase("websocket");
    }

    /** One stream of events. */
    private final class Watch {
        private final Target target;
        private final Selector selector;
        private final OutputStream out;

        Watch(Target target, Selector selector, OutputStream out) {
            this.target = target;
            this.selector = selector;
            this.out = out;
        }

        /** Send what exists as ADDED and return the version this is true for. */
        long begin(boolean bookmarks) throws IOException {
            Snapshot snapshot = store.list(target.resource(), target.namespace(), selector);
            for (ObjectNode object : snapshot.objects()) {
                event("ADDED", object);
            }
            if (bookmarks) {
                ObjectNode bookmark = bookmark(snapshot.version());
                Json.child(Json.child(bookmark, "metadata"), "annotations")
                        .put("k8s.io/initial-events-end", "true");
                event("BOOKMARK", bookmark);
            }
            out.flush();
            return snapshot.version();
        }

        void follow(long from, Duration length, boolean bookmarks)
                throws IOException, InterruptedException {
            long since = from;
            long now = System.nanoTime();
            long end = now + length.toNanos();
            long bookmarkAt = nextBookmark(now, end);
            while (now < end && !store.closed()) {
                List<Change> changes;
                try {
                    changes = store.changesAfter(since, Math.min(end, bookmarkAt) - now);
                } catch (StatusError e) {
                    event("ERROR", e.status());
                    out.flush();
                    return;
                }
                for (Change change : changes) {
                    since = Math.max(since, change.version());
                    deliver(change);
                }
                now = System.nanoTime();
                if (now >= bookmarkAt && now < end) {
                    if (bookmarks) {
                        event("BOOKMARK", bookmark(since));
                    }
                    bookmarkAt = nextBookmark(now, end);
                }
                out.flush();
            }
        }

        /** Every minute, and once shortly before the end. */
        private static long nextBookmark(long now, long end) {
            long last = end - BOOKMARK_BEFORE_END.toNanos();
            long regular = now + BOOKMARK_INTERVAL.toNanos();
            return last > now ? Math.min(last, regular) : Math.max(end, now + 1);
        }

        private void deliver(Change change) throws IOException {
            Key key = change.key();
            boolean ours =
                    key.resource() == target.resource()
                            && (target.namespace().isEmpty()
                                    || target.namespace().equals(key.namespace()));
            if (!ours) {
                return;
            }
            ObjectNode previous = change.previous();
            boolean before = previous != null && selector.matches(previous);
            boolean after =
                    change.type() != Change.Type.DELETED && selector.matches(change.object());
            if (after) {
                event(before ? "MODIFIED" : "ADDED", change.object());
            } else if (before && previous != null) {
                // Leaving the selection is a deletion of what was there, as of now.
                ObjectNode last = previous.deepCopy();
                Json.child(last, "metadata")
                        .put("resourceVersion", Long.toString(change.version()));
                event("DELETED", last);
            }
        }

        private ObjectNode bookmark(long version) {
            ObjectNode bookmark = Json.object();
            bookmark.put("kind", target.resource().kind);
            bookmark.put("apiVersion", target.resource().apiVersion());
            bookmark.putObject("metadata").put("resourceVersion", Long.toString(version));
            return bookmark;
        }

        private void event(String type, ObjectNode object) throws IOException {
            ObjectNode event = Json.object().put("type", type).set("object", object);
            out.write(Json.MAPPER.writeValueAsBytes(event));
            out.write('\n');
        }
    }

    // Answering.

    private static void send(HttpExchange exchange, Answer answer) throws IOException {
        byte[] bytes = Json.MAPPER.writeValueAsBytes(answer.body());
        exchange.getResponseHeaders().set("Content-Type", "application/json");
        send(exchange, answer.code(), bytes);
    }

    private static void sendText(HttpExchange exchange, int code, String text) throws IOException {
        exchange.getResponseHeaders().set("Content-Type", "text/plain; charset=utf-8");
        send(exchange, code, text.getBytes(StandardCharsets.UTF_8));
    }

    private static void send(HttpExchange exchange, int code, byte[] bytes) throws IOException {
        exchange.getRequestBody().readAllBytes();
        exchange.sendResponseHeaders(code, bytes.length);
        exchange.getResponseBody().write(bytes);
    }
}
