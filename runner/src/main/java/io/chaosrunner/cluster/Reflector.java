package io.chaosrunner.cluster;

import io.chaosrunner.cluster.Cluster.Following;
import io.chaosrunner.cluster.Cluster.Listener;
import io.chaosrunner.cluster.Cluster.Listing;
import io.chaosrunner.cluster.Cluster.Pace;
import io.chaosrunner.cluster.Cluster.Selection;
import io.chaosrunner.cluster.ClusterException.Kind;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * The objects of one selection, followed: listed, watched from there, and listed again when the
 * server says that the version is too old; where watching is forbidden, listed when a {@link Pace}
 * says so.
 */
final class Reflector implements Following {

    /**
     * The pauses and limits of a following.
     *
     * @param watchEnds the server ends a watch after this; two watches so cost well below a request
     *     a minute
     * @param leastWatch a watch that ends before this is no better than a question
     * @param refusal how long a right that was there may be missing, as while roles are reconciled
     * @param silence how long it may fail without a word
     * @param askAgain between two questions for what is not allowed, or not there
     */
    record Pauses(
            Duration watchEnds,
            Duration leastWatch,
            Duration refusal,
            Duration silence,
            Duration askAgain) {
        static final Pauses DEFAULT =
                new Pauses(
                        Duration.ofMinutes(5),
                        Duration.ofSeconds(1),
                        Duration.ofMinutes(1),
                        Duration.ofSeconds(3),
                        Duration.ofSeconds(10));
    }

    /** What an object is told by once it is gone. */
    private static final List<String> IDENTITY =
            List.of("name", "namespace", "uid", "resourceVersion", "labels", "ownerReferences");

    private final Fabric8Cluster cluster;
    private final Resource resource;
    private final String namespace;
    private final Selection selection;
    private final Pace pace;
    private final Listener listener;
    private final Pauses pauses;
    private final LongLived work;
    final Thread thread;
    private final CountDownLatch closed = new CountDownLatch(1);
    private final Semaphore reconsiderations = new Semaphore(0);
    private final Map<String, ObjectNode> known = new HashMap<>();
    private volatile ApiServer.@Nullable Watch open;

    /** Where the next watch begins; empty if everything must be read first. */
    private String version = "";

    private boolean mayWatch = true;
    private boolean hasBegun;
    private boolean hasWatched;
    private boolean wasTooOld;
    private boolean wasRead;
    private boolean somethingNew;

    /** Since when nothing works; and whether that was said. */
    private OptionalLong failsSince = OptionalLong.empty();

    private boolean saidSo;
    private volatile String trouble = "";

    /** When the last reading began, as {@link System#nanoTime} has it, and how long it took. */
    private long asked = System.nanoTime();

    private Duration took = Duration.ZERO;
    private OptionalLong refusedSince = OptionalLong.empty();

    Reflector(
            Fabric8Cluster cluster,
            Resource resource,
            String namespace,
            Selection selection,
            Listing from,
            Pace pace,
            Listener listener,
            Pauses pauses) {
        this.cluster = cluster;
        this.resource = resource;
        this.namespace = namespace;
        this.selection = selection;
        this.pace = pace;
        this.listener = listener;
        this.pauses = pauses;
        version = from.version();
        wasRead = !version.isEmpty();
        from.items().forEach(object -> isNew(remembered(object)));
        work = new LongLived("following " + resource.plural(), this::followOn, listener::troubled);
        thread = Thread.ofVirtual().name("follow " + resource.plural()).unstarted(work);
    }

    void start() {
        thread.start();
    }

    @Override
    public void reconsider() {
        reconsiderations.release();
    }

    @Override
    public void close() {
        closed.countDown();
        work.close();
        ApiServer.Watch watch = open;
        if (watch != null) {
            watch.close();
        }
        thread.interrupt();
    }

    @Override
    public Optional<String> trouble() {
        String why = trouble;
        return work.trouble()
                .or(() -> why.isEmpty() || isClosed() ? Optional.empty() : Optional.of(why));
    }

    private void followOn() {
        if (hasBegun) {
            // What is known may be what went wrong.
            version = "";
        }
        hasBegun = true;
        int failed = 0;
        while (!isClosed()) {
            try {
                follow();
                failed = 0;
            } catch (ClusterException e) {
                if (isClosed()) {
                    return;
                }
                switch (e.kind()) {
                    case FORBIDDEN, NOT_FOUND -> {
                        version = "";
                        if (isTolerated()) {
                            awaitDue();
                            continue;
                        }
                        if (!saidSo) {
                            listener.unavailable(e);
                        }
                        if (!listener.asksAgain()) {
                            return;
                        }
                        says(e);
                        pause(pauses.askAgain());
                    }
                    default -> {
                        wasTooOld |= e.kind() == Kind.GONE;
                        if (e.kind() == Kind.GONE || !watches()) {
                            version = "";
                        }
                        // Else the next watch goes on where this one was lost.
                        failed++;
                        fails(e);
                        pause(RetryBackoff.pause(failed, ThreadLocalRandom.current().nextDouble()));
                    }
                }
            }
        }
    }

    private void fails(ClusterException why) {
        long now = System.nanoTime();
        if (failsSince.isEmpty()) {
            failsSince = OptionalLong.of(now);
        }
        if (!saidSo && now - failsSince.getAsLong() >= pauses.silence().toNanos()) {
            listener.failing(why);
            says(why);
        }
    }

    private void says(ClusterException why) {
        saidSo = true;
        trouble = "nothing is heard of %s: %s".formatted(resource.plural(), why.getMessage());
    }

    /** A reading was answered, or a watch is open. */
    private void works() {
        failsSince = OptionalLong.empty();
        if (saidSo) {
            saidSo = false;
            trouble = "";
            listener.goesOn();
        }
    }

    private boolean isClosed() {
        return closed.getCount() == 0 || cluster.server().isClosed();
    }

    /** What was allowed once may come back; what never was does not. */
    private boolean isTolerated() {
        long now = System.nanoTime();
        if (refusedSince.isEmpty()) {
            refusedSince = OptionalLong.of(now);
        }
        return wasRead && now - refusedSince.getAsLong() < pauses.refusal().toNanos();
    }

    /** Read what must be read, then watch; or wait for the next reading. */
    private void follow() {
        if (version.isEmpty()) {
            version = read();
        }
        if (!watches()) {
            awaitDue();
            if (!isClosed() && !watches()) {
                version = read();
            }
            return;
        }
        long began = System.nanoTime();
        try {
            watch();
        } catch (ClusterException e) {
            if (e.kind() != Kind.FORBIDDEN) {
                throw e;
            }
            poll(e);
            return;
        }
        // A server, or a proxy, that ends every watch at once is asked no faster than this.
        if (System.nanoTime() - began < pauses.leastWatch().toNanos()) {
            asked = began;
            awaitDue(pauses.leastWatch());
        }
    }

    private boolean watches() {
        return mayWatch && pace.mayWatch();
    }

    /** Wait until the next reading is due, or watching is called for; a slow server has a rest. */
    private void awaitDue() {
        awaitDue(took.dividedBy(4));
    }

    private void awaitDue(Duration rest) {
        boolean watched = watches();
        long end = System.nanoTime() + rest.toNanos();
        while (!isClosed() && watched == watches()) {
            Duration due =
                    pace.untilNext(Duration.ofNanos(System.nanoTime() - asked), somethingNew);
            long left = Math.max(due.toNanos(), end - System.nanoTime());
            if (left <= 0) {
                return;
            }
            try {
                if (reconsiderations.tryAcquire(left, TimeUnit.NANOSECONDS)) {
                    reconsiderations.drainPermits();
                }
            } catch (InterruptedException e) {
                closed.countDown();
            }
        }
    }

    private void poll(ClusterException why) {
        mayWatch = false;
        listener.polling(why);
    }

    /** Read everything, tell the differences, and return the version read. */
    private String read() {
        pace.reading();
        asked = System.nanoTime();
        ObjectLists.All<Item> listing =
                switch (selection) {
                    case Selection.Named(String name) -> named(name);
                    case Selection.Labelled _ -> list();
                };
        took = Duration.ofNanos(System.nanoTime() - asked);
        wasRead = true;
        refusedSince = OptionalLong.empty();
        works();
        Set<String> seen = new HashSet<>();
        List<ObjectNode> present = new ArrayList<>();
        List<Item> beyondLimits = new ArrayList<>();
        for (Item item : listing.items()) {
            seen.add(uid(item.remembered()));
            ObjectNode fresh = isNew(item.remembered()) ? item.fresh() : null;
            if (fresh != null && item.flaw().isEmpty()) {
                present.add(fresh);
            } else if (fresh != null) {
                beyondLimits.add(item);
            }
        }
        List<ObjectNode> gone = new ArrayList<>();
        for (String uid : List.copyOf(known.keySet())) {
            ObjectNode last = seen.contains(uid) ? null : known.remove(uid);
            if (last != null) {
                gone.add(last);
            }
        }
        somethingNew = !present.isEmpty() || !gone.isEmpty() || !beyondLimits.isEmpty();
        if (!present.isEmpty() || !gone.isEmpty()) {
            listener.read(present, gone);
        }
        for (Item item : beyondLimits) {
            listener.beyondLimits(Objects.requireNonNull(item.fresh()), item.flaw());
        }
        return listing.version();
    }

    /**
     * Read one object, which an account may do that may not list. Its version is as old as its last
     * change: once that was too old to watch from, a list tells a younger one.
     */
    private ObjectLists.All<Item> named(String name) {
        if (wasTooOld && mayWatch) {
            try {
                return list();
            } catch (ClusterException e) {
                if (e.kind() != Kind.FORBIDDEN) {
                    throw e;
                }
                poll(e);
            }
        }
        Optional<ObjectNode> found = cluster.get(resource, namespace, name);
        // Without an object there is no version: "0" is whatever the server has.
        return new ObjectLists.All<>(
                found.map(Reflector::version).orElse("0"),
                found.map(object -> item(new Found(object, ""))).stream().toList());
    }

    private ObjectLists.All<Item> list() {
        return cluster.lists().all(resource, namespace, query(), this::item);
    }

    /**
     * An object of a list.
     *
     * @param fresh what is kept of it; null if it is known already
     */
    private record Item(ObjectNode remembered, @Nullable ObjectNode fresh, String flaw) {}

    private Item item(Found found) {
        ObjectNode object = found.object();
        ObjectNode before = known.get(uid(object));
        boolean fresh = before == null || !version(before).equals(version(object));
        return new Item(remembered(object), fresh ? listener.kept(object) : null, found.flaw());
    }

    private String query() {
        return switch (selection) {
            case Selection.Named(String name) ->
                    "fieldSelector=" + ApiServer.encode("metadata.name=" + name);
            case Selection.Labelled(String selector) -> ObjectLists.labelQuery(selector);
        };
    }

    /** Watch until the server ends it. */
    private void watch() {
        try (ApiServer.Watch opened =
                cluster.server()
                        .watch(resource.path(namespace), query(), version, pauses.watchEnds())) {
            open = opened;
            if (isClosed()) {
                return;
            }
            works();
            if (hasWatched) {
                cluster.server().meter().watchesAgain(resource);
            }
            hasWatched = true;
            listener.watching();
            try {
                takeAll(opened);
            } finally {
                listener.watchEnded();
            }
        } catch (IOException e) {
            // Cut: what was taken so far counts, and the next watch goes on from it.
        } finally {
            open = null;
        }
    }

    private void takeAll(ApiServer.Watch opened) throws IOException {
        var lines =
                new BufferedReader(new InputStreamReader(opened.body(), StandardCharsets.UTF_8));
        for (String line = lines.readLine(); line != null && !isClosed(); line = lines.readLine()) {
            opened.stream().heard();
            take(line);
        }
    }

    private void take(String line) {
        if (line.isBlank()) {
            return;
        }
        Found found;
        try {
            found = ObjectReader.read(line, 1);
        } catch (JacksonException | ClassCastException e) {
            throw malformed(line);
        }
        JsonNode event = found.object();
        if (!(event.path("object") instanceof ObjectNode object)) {
            throw malformed(line);
        }
        ObjectReader.dropManagedFields(object);
        switch (event.path("type").asString("")) {
            case "ADDED", "MODIFIED" -> {
                if (isNew(remembered(object))) {
                    ObjectNode kept = listener.kept(object);
                    if (found.isWhole()) {
                        listener.present(kept);
                    } else {
                        listener.beyondLimits(kept, found.flaw());
                    }
                }
            }
            case "DELETED" -> {
                known.remove(uid(object));
                listener.gone(object);
            }
            case "ERROR" -> {
                Kind kind = object.path("code").asInt(0) == 410 ? Kind.GONE : Kind.SERVER;
                throw new ClusterException(
                        kind,
                        "watch " + resource.plural() + ": " + object.path("message").asString(""));
            }
            // BOOKMARK says nothing but the version; so do, for us, types of tomorrow.
            default -> {}
        }
        String next = version(object);
        version = next.isEmpty() ? version : next;
    }

    /** Half a line, or none of an API server's: whatever it said, a list says it too. */
    private ClusterException malformed(String line) {
        version = "";
        return new ClusterException(
                Kind.SERVER,
                "watch %s: no watch event: %s"
                        .formatted(
                                resource.plural(), line.substring(0, Math.min(80, line.length()))));
    }

    /** Remember an object; returns whether it is new, or has changed. */
    private boolean isNew(ObjectNode remembered) {
        ObjectNode before = known.put(uid(remembered), remembered);
        return before == null || !version(before).equals(version(remembered));
    }

    /** A run may make thousands of Jobs and pods that stay: of each, only what tells it apart. */
    static ObjectNode remembered(ObjectNode object) {
        ObjectNode result = JsonNodeFactory.instance.objectNode();
        if (object.path("metadata") instanceof ObjectNode metadata) {
            ObjectNode kept = result.putObject("metadata");
            for (String field : IDENTITY) {
                if (metadata.has(field)) {
                    kept.set(field, metadata.get(field));
                }
            }
        }
        return result;
    }

    private void pause(Duration duration) {
        try {
            closed.await(duration.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            closed.countDown();
        }
    }

    static String uid(JsonNode object) {
        return object.path("metadata").path("uid").asString("");
    }

    private static String version(JsonNode object) {
        return object.path("metadata").path("resourceVersion").asString("");
    }
}
