package io.chaosrunner.cluster;

import io.chaosrunner.cluster.Cluster.Following;
import io.chaosrunner.cluster.Cluster.Listener;
import io.chaosrunner.cluster.Cluster.Selection;
import io.chaosrunner.cluster.ClusterException.Kind;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Follow the objects of one selection: list, watch from there, and list again when the server says
 * that the version is too old; where watching is forbidden, list at a fixed distance.
 */
final class Reflector implements Following, Runnable {

    /** The server ends a watch after this; two watches so cost well below a request a minute. */
    private static final Duration WATCH_ENDS = Duration.ofMinutes(5);

    private static final Duration GRACE = Duration.ofSeconds(20);

    /** A server that ends every watch at once is asked no faster than this. */
    private static final Duration LEAST_WATCH = Duration.ofSeconds(1);

    private final Fabric8Cluster cluster;
    private final Resource resource;
    private final String namespace;
    private final Selection selection;
    private final Duration pollEvery;
    private final Listener listener;
    private final CountDownLatch closed = new CountDownLatch(1);
    private final Map<String, ObjectNode> known = new HashMap<>();
    private volatile @Nullable InputStream stream;
    private boolean mayWatch = true;

    Reflector(
            Fabric8Cluster cluster,
            Resource resource,
            String namespace,
            Selection selection,
            Duration pollEvery,
            Listener listener) {
        this.cluster = cluster;
        this.resource = resource;
        this.namespace = namespace;
        this.selection = selection;
        this.pollEvery = pollEvery;
        this.listener = listener;
    }

    void start() {
        Thread.ofVirtual().name("follow " + resource.plural()).start(this);
    }

    @Override
    public void close() {
        closed.countDown();
        InputStream open = stream;
        if (open != null) {
            closeQuietly(open);
        }
    }

    @Override
    public void run() {
        String version = "";
        int failed = 0;
        while (!isClosed()) {
            try {
                if (version.isEmpty() || !mayWatch) {
                    version = read();
                }
                if (mayWatch) {
                    long began = System.nanoTime();
                    version = watch(version);
                    if (System.nanoTime() - began < LEAST_WATCH.toNanos()) {
                        pause(LEAST_WATCH);
                    }
                } else {
                    pause(pollEvery);
                }
                failed = 0;
            } catch (ClusterException e) {
                if (isClosed()) {
                    return;
                }
                switch (e.kind()) {
                    case FORBIDDEN -> {
                        if (version.isEmpty() || !mayWatch) {
                            listener.unavailable(e);
                            return;
                        }
                        mayWatch = false;
                        listener.polling(e);
                    }
                    case GONE -> version = "";
                    case NOT_FOUND -> {
                        listener.unavailable(e);
                        return;
                    }
                    default -> {
                        // Kept version: the next watch goes on where this one was lost.
                        failed++;
                        pause(Retry.pause(failed, ThreadLocalRandom.current().nextDouble()));
                    }
                }
            }
        }
    }

    private boolean isClosed() {
        return closed.getCount() == 0 || cluster.isClosed();
    }

    /** Read everything, tell the differences, and return the version read. */
    private String read() {
        List<ObjectNode> objects;
        String version;
        switch (selection) {
            case Selection.Named(String name) -> {
                var found = cluster.get(resource, namespace, name);
                objects = found.map(List::of).orElse(List.of());
                // Without an object there is no version: "0" is whatever the server has.
                version =
                        found.map(o -> o.path("metadata").path("resourceVersion").asString(""))
                                .orElse("0");
            }
            case Selection.Labelled(String selector) -> {
                Fabric8Cluster.Listing listing = cluster.listing(resource, namespace, selector);
                objects = listing.items();
                version = listing.version();
            }
        }
        Set<String> seen = new HashSet<>();
        for (ObjectNode object : objects) {
            seen.add(uid(object));
            present(object);
        }
        for (String uid : List.copyOf(known.keySet())) {
            ObjectNode last = seen.contains(uid) ? null : known.remove(uid);
            if (last != null) {
                listener.gone(last);
            }
        }
        return version;
    }

    /** Watch until the server ends it; returns the version to go on from. */
    private String watch(String from) {
        String version = from;
        String query =
                switch (selection) {
                    case Selection.Named(String name) ->
                            "&fieldSelector=" + Fabric8Cluster.encode("metadata.name=" + name);
                    case Selection.Labelled(String selector) when selector.isEmpty() -> "";
                    case Selection.Labelled(String selector) ->
                            "&labelSelector=" + Fabric8Cluster.encode(selector);
                };
        InputStream body = cluster.watch(resource, namespace, query, version, WATCH_ENDS);
        stream = body;
        // The server should have ended it by then; if the connection died in silence, we do.
        var overdue =
                CompletableFuture.runAsync(
                        () -> closeQuietly(body),
                        CompletableFuture.delayedExecutor(
                                WATCH_ENDS.plus(GRACE).toMillis(), TimeUnit.MILLISECONDS));
        try (var lines = new BufferedReader(new InputStreamReader(body, StandardCharsets.UTF_8))) {
            for (String line = lines.readLine();
                    line != null && !isClosed();
                    line = lines.readLine()) {
                version = take(cluster.parse(line), version);
            }
            return version;
        } catch (IOException | JacksonException e) {
            // Cut in the middle: what was taken so far counts, and the next watch goes on from it.
            return version;
        } finally {
            overdue.cancel(false);
            stream = null;
        }
    }

    private String take(ObjectNode event, String version) {
        JsonNode object = event.path("object");
        String type = event.path("type").asString("");
        switch (type) {
            case "ADDED", "MODIFIED" -> present((ObjectNode) object);
            case "DELETED" -> {
                known.remove(uid(object));
                listener.gone((ObjectNode) object);
            }
            case "BOOKMARK" -> {}
            case "ERROR" -> {
                Kind kind = object.path("code").asInt(0) == 410 ? Kind.GONE : Kind.SERVER;
                throw new ClusterException(
                        kind,
                        "watch " + resource.plural() + ": " + object.path("message").asString(""));
            }
            default -> {
                return version;
            }
        }
        return object.path("metadata").path("resourceVersion").asString(version);
    }

    private void present(ObjectNode object) {
        ObjectNode before = known.put(uid(object), object);
        if (before == null || !version(before).equals(version(object))) {
            listener.present(object);
        }
    }

    private static void closeQuietly(InputStream stream) {
        try {
            stream.close();
        } catch (IOException e) {
            // Nothing is read from it any more.
        }
    }

    private void pause(Duration duration) {
        try {
            if (closed.await(duration.toMillis(), TimeUnit.MILLISECONDS)) {
                return;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            close();
        }
    }

    private static String uid(JsonNode object) {
        return object.path("metadata").path("uid").asString("");
    }

    private static String version(JsonNode object) {
        return object.path("metadata").path("resourceVersion").asString("");
    }
}
