package io.chaosrunner.cluster;

import io.chaosrunner.cluster.Cluster.Following;
import io.chaosrunner.cluster.Cluster.Listener;
import io.chaosrunner.cluster.Cluster.Listing;
import io.chaosrunner.cluster.Cluster.Pace;
import io.chaosrunner.cluster.Cluster.Selection;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The part that somebody takes in a {@link SharedFollowing}: hears of the objects that it wants,
 * from the version on that it knows, on a thread of its own. What comes faster than it is taken is
 * told once, as it is then. Goes on alone where there is nothing to take part in any more, unless
 * it only overhears: then it is over.
 */
final class SharedPart implements Following {
    private final Fabric8Cluster cluster;
    private final Resource resource;
    private final String namespace;
    private final Selection selection;
    private final Wanted wanted;
    private final Listing from;
    private final Optional<Pace> pace;
    private final Listener listener;
    private final LongLived work;
    private final Thread thread;
    private volatile @Nullable SharedFollowing all;
    private volatile @Nullable Following own;

    // Guarded by this: what was told, and what is to be.

    /** What was told of each object, by its uid. */
    private final Map<String, ObjectNode> known = new HashMap<>();

    /** As of which version that is all there was. */
    private long asOf;

    /** What is to be told, by uid, the latest of each last. */
    private Map<String, Change> changes = new LinkedHashMap<>();

    private boolean hasJoined;

    /** Whether anything was told yet: it is not told again as it was before. */
    private boolean told;

    private boolean mustRead;
    private boolean alone;
    private boolean closed;

    /** Whether a watch is open; whether that of one is to be told; and whether it was. */
    private boolean watching;

    private boolean saysWatching;
    private boolean saidWatching;
    private boolean saidFailing;
    private boolean worked;
    private @Nullable ClusterException failing;
    private @Nullable String bug;

    /**
     * The last of an object.
     *
     * @param flaw why there is more than what was read; empty if there is not
     * @param isThere whether it is, or has gone
     * @param dated whether the version is that of the change, also if it has gone
     */
    private record Change(ObjectNode object, String flaw, boolean isThere, boolean dated) {}

    /** What is told at once. */
    private static final class Telling {
        final List<ObjectNode> present = new ArrayList<>();
        final List<Change> flawed = new ArrayList<>();
        final List<ObjectNode> gone = new ArrayList<>();
    }

    SharedPart(
            Fabric8Cluster cluster,
            Resource resource,
            String namespace,
            Selection selection,
            Wanted wanted,
            Listing from,
            Pace pace,
            Listener listener) {
        this(cluster, resource, namespace, selection, wanted, from, Optional.of(pace), listener);
    }

    /**
     * @param pace when to read alone; empty if it only overhears
     */
    private SharedPart(
            Fabric8Cluster cluster,
            Resource resource,
            String namespace,
            Selection selection,
            Wanted wanted,
            Listing from,
            Optional<Pace> pace,
            Listener listener) {
        this.cluster = cluster;
        this.resource = resource;
        this.namespace = namespace;
        this.selection = selection;
        this.wanted = wanted;
        this.from = from;
        this.pace = pace;
        this.listener = listener;
        asOf = from.version().isEmpty() ? 0 : version(from.version());
        from.items().forEach(item -> known.put(Reflector.uid(item), Reflector.remembered(item)));
        String what = "following %s together".formatted(resource.plural());
        work = new LongLived(what, this::takePart, listener::troubled);
        thread = Thread.ofVirtual().name("follow " + resource.plural()).unstarted(work);
    }

    /** Make one that hears of what changes from when it joins, and never goes on alone. */
    static SharedPart overhearing(
            Fabric8Cluster cluster,
            Resource resource,
            String namespace,
            Selection selection,
            Wanted wanted,
            Listener listener) {
        return new SharedPart(
                cluster,
                resource,
                namespace,
                selection,
                wanted,
                Listing.NONE,
                Optional.empty(),
                listener);
    }

    /** Tell whether what is known can be compared with what is heard. */
    boolean mayShare() {
        return asOf >= 0;
    }

    void start() {
        thread.start();
    }

    /** Return the version of an object as the number that it is; negative if it is none. */
    static long version(JsonNode object) {
        return version(object.path("metadata").path("resourceVersion").asString(""));
    }

    private static long version(String text) {
        try {
            return Long.parseLong(text);
        } catch (NumberFormatException e) {
            return -1;
        }
    }

    boolean wants(JsonNode object) {
        return wanted.isMetBy(object);
    }

    // ---- What it is told by those who follow; does not wait -----------------------------------

    /**
     * @param late whether the others have begun: what there is must be read, if nothing is known
     */
    synchronized void takesPart(SharedFollowing in, boolean late) {
        all = in;
        mustRead = late && from.version().isEmpty() && pace.isPresent();
    }

    /** Hear what there is, and what went lately, as far as the others have heard. */
    synchronized void joins(Collection<ObjectNode> there, Collection<ObjectNode> went) {
        hasJoined = true;
        if (pace.isPresent()) {
            compare(there, went);
        }
        notifyAll();
    }

    private void compare(Collection<ObjectNode> there, Collection<ObjectNode> went) {
        Set<String> seen = new HashSet<>();
        for (ObjectNode each : there) {
            if (wants(each)) {
                String uid = Reflector.uid(each);
                seen.add(uid);
                Change coming = changes.get(uid);
                long heard =
                        Math.max(
                                asOf,
                                coming != null ? version(coming.object()) : versionKnown(uid));
                mustRead |= version(each) > heard;
            }
        }
        for (ObjectNode each : went) {
            if (wants(each)) {
                seen.add(Reflector.uid(each));
                gone(each, true);
            }
        }
        // It went, or the others are not so far yet.
        mustRead |= known.keySet().stream().anyMatch(uid -> !seen.contains(uid) && !goes(uid));
    }

    private long versionKnown(String uid) {
        ObjectNode before = known.get(uid);
        return before == null ? -1 : version(before);
    }

    private boolean goes(String uid) {
        Change coming = changes.get(uid);
        return coming != null && !coming.isThere();
    }

    synchronized void present(ObjectNode object, String flaw) {
        add(new Change(kept(object), flaw, true, true));
    }

    private ObjectNode kept(ObjectNode object) {
        try {
            return listener.kept(object);
        } catch (RuntimeException | StackOverflowError e) {
            // It is told of next, where a failure is its own.
            return object;
        }
    }

    synchronized void gone(ObjectNode object, boolean dated) {
        add(new Change(object, "", false, dated));
    }

    private void add(Change change) {
        String uid = Reflector.uid(change.object());
        changes.remove(uid);
        changes.put(uid, change);
        notifyAll();
    }

    synchronized void readsAgain() {
        mustRead = true;
        notifyAll();
    }

    synchronized void watches() {
        watching = !alone;
        saysWatching = !alone;
        notifyAll();
    }

    synchronized void watchEnded() {
        watching = false;
        notifyAll();
    }

    /** Nothing is heard for a while; or, without a reason, it is again. */
    synchronized void fails(@Nullable ClusterException why) {
        failing = why;
        notifyAll();
    }

    synchronized void troubled(String why) {
        bug = why;
        notifyAll();
    }

    synchronized void goesAlone() {
        alone = true;
        watching = false;
        saysWatching = false;
        notifyAll();
    }

    // ---- What it tells ------------------------------------------------------------------------

    private void takePart() {
        synchronized (this) {
            // What is known may be what went wrong.
            mustRead |= worked;
            worked = true;
        }
        while (awaitSomething()) {
            if (readsNow() && !read()) {
                goesAlone();
            }
            tell(changes());
            say();
            if (isAlone()) {
                goAlone();
                return;
            }
        }
    }

    private synchronized boolean awaitSomething() {
        while (!closed
                && !alone
                && !mustRead
                && changes.isEmpty()
                && !saysWatching
                && (watching || !saidWatching)
                && bug == null
                && saidFailing == (failing != null)) {
            try {
                wait();
            } catch (InterruptedException e) {
                closed = true;
            }
        }
        return !closed;
    }

    private synchronized boolean readsNow() {
        boolean now = mustRead && !alone;
        mustRead &= !now;
        return now;
    }

    private synchronized boolean isAlone() {
        return alone;
    }

    /** Read what there is, and tell the differences; tells whether it could be read. */
    private boolean read() {
        ObjectLists.All<Found> listing;
        try {
            listing =
                    switch (selection) {
                        case Selection.Named(String name) -> named(name);
                        case Selection.Labelled(String selector) ->
                                cluster.lists()
                                        .all(
                                                resource,
                                                namespace,
                                                ObjectLists.labelQuery(selector),
                                                found ->
                                                        new Found(
                                                                kept(found.object()),
                                                                found.flaw()));
                    };
        } catch (ClusterException e) {
            return false;
        }
        tell(differences(listing));
        return true;
    }

    private ObjectLists.All<Found> named(String name) {
        Optional<ObjectNode> found = cluster.get(resource, namespace, name);
        return new ObjectLists.All<>(
                found.map(object -> object.path("metadata").path("resourceVersion").asString(""))
                        .orElse(""),
                found.map(object -> new Found(kept(object), "")).stream().toList());
    }

    private synchronized Telling differences(ObjectLists.All<Found> listing) {
        var telling = new Telling();
        Set<String> seen = new HashSet<>();
        for (Found found : listing.items()) {
            String uid = Reflector.uid(found.object());
            seen.add(uid);
            if (versionKnown(uid) != version(found.object())) {
                take(telling, new Change(found.object(), found.flaw(), true, true));
            }
        }
        for (String uid : List.copyOf(known.keySet())) {
            if (!seen.contains(uid)) {
                told = true;
                telling.gone.add(Objects.requireNonNull(known.remove(uid)));
            }
        }
        asOf = Math.max(asOf, version(listing.version()));
        return telling;
    }

    /** Return what has changed against what was told. */
    private synchronized Telling changes() {
        var telling = new Telling();
        Map<String, Change> now = changes;
        changes = new LinkedHashMap<>();
        now.forEach((uid, change) -> {
            boolean isNew = version(change.object()) > asOf;
            if (change.isThere()) {
                if (isNew && version(change.object()) > versionKnown(uid)) {
                    take(telling, change);
                }
            } else if (change.dated() && version(change.object()) < versionKnown(uid)) {
                // It had gone, and was there again when it was read.
                return;
            } else if (known.remove(uid) != null || (isNew && change.dated())) {
                told = true;
                telling.gone.add(change.object());
            }
        });
        return telling;
    }

    private void take(Telling telling, Change change) {
        told = true;
        known.put(Reflector.uid(change.object()), Reflector.remembered(change.object()));
        if (change.flaw().isEmpty()) {
            telling.present.add(change.object());
        } else {
            telling.flawed.add(change);
        }
    }

    private void tell(Telling telling) {
        int objects = telling.present.size() + telling.gone.size();
        if (objects == 1) {
            telling.present.forEach(listener::present);
            telling.gone.forEach(listener::gone);
        } else if (objects > 0) {
            listener.read(telling.present, telling.gone);
        }
        telling.flawed.forEach(each -> listener.beyondLimits(each.object(), each.flaw()));
    }

    private void say() {
        boolean watches;
        boolean ended;
        String trouble;
        ClusterException why;
        boolean changed;
        synchronized (this) {
            watches = saysWatching && hasJoined && !mustRead && !alone;
            saysWatching &= !watches && !alone;
            saidWatching |= watches;
            ended = saidWatching && !watching;
            saidWatching &= !ended;
            trouble = bug;
            bug = null;
            why = failing;
            changed = saidFailing != (why != null);
            saidFailing = why != null;
        }
        if (trouble != null) {
            listener.troubled(trouble);
        }
        if (changed && why != null) {
            listener.failing(why);
        } else if (changed) {
            listener.goesOn();
        }
        if (watches) {
            listener.watching();
        }
        if (ended) {
            listener.watchEnded();
        }
    }

    /** Follow as if nobody else did; before anything was heard, from where it was to begin. */
    private void goAlone() {
        Listing now;
        boolean goesOn;
        boolean ended;
        synchronized (this) {
            // That may have come while a watch was told of.
            ended = saidWatching;
            saidWatching = false;
            now = hasJoined || told ? new Listing("", List.copyOf(known.values())) : from;
            goesOn = saidFailing;
        }
        SharedFollowing together = all;
        if (together != null) {
            together.leave(this);
        }
        if (goesOn) {
            listener.goesOn();
        }
        if (ended) {
            listener.watchEnded();
        }
        if (pace.isEmpty()) {
            return;
        }
        Following follows =
                cluster.follow(resource, namespace, selection, now, pace.get(), listener);
        own = follows;
        if (isClosed()) {
            follows.close();
        }
    }

    private synchronized boolean isClosed() {
        return closed;
    }

    // ---- As a following -----------------------------------------------------------------------

    @Override
    public void close() {
        synchronized (this) {
            closed = true;
            notifyAll();
        }
        work.close();
        SharedFollowing together = all;
        if (together != null) {
            together.leave(this);
        }
        Following alone = own;
        if (alone != null) {
            alone.close();
        }
        thread.interrupt();
    }

    @Override
    public void reconsider() {
        Following follows = own;
        if (follows != null) {
            follows.reconsider();
        }
    }

    @Override
    public Optional<String> trouble() {
        Following follows = own;
        SharedFollowing together = all;
        return work.trouble()
                .or(() ->
                        isClosed()
                                ? Optional.empty()
                                : follows != null
                                        ? follows.trouble()
                                        : together == null ? Optional.empty() : together.trouble());
    }
}
