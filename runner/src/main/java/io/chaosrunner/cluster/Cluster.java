package io.chaosrunner.cluster;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The way to one API server.
 *
 * <p>Safe for use by several threads; the requests in flight are bounded. Every method throws
 * {@link ClusterException}; those that fail for reasons of the network or the server were retried
 * first, a bounded number of times. A retried write may meet its own first try: callers tell by
 * content. Objects come without their {@code managedFields}; an object that is replaced keeps them
 * all the same.
 */
public interface Cluster extends AutoCloseable {

    /** Read one object; empty if it does not exist. */
    Optional<ObjectNode> get(Resource resource, String namespace, String name);

    /**
     * Return an object as this process wrote it last, as far as that is known without asking:
     * nobody else may have written to it since, which a {@link #replace} of it finds out.
     */
    default Optional<ObjectNode> lastWritten(Resource resource, String namespace, String name) {
        return Optional.empty();
    }

    /**
     * Read those objects of a namespace whose names are wanted, by one request.
     *
     * @param most how many objects of the kind the namespace may hold, the others included
     * @return empty if it holds more, or one of those wanted is beyond the limits of what is read:
     *     then each is to be read by its name
     */
    default Optional<List<ObjectNode>> listNamed(
            Resource resource, String namespace, Predicate<String> wanted, int most) {
        List<ObjectNode> all = list(resource, namespace, "");
        return all.size() > most
                ? Optional.empty()
                : Optional.of(
                        all.stream()
                                .filter(each ->
                                        wanted.test(
                                                each.path("metadata").path("name").asString("")))
                                .toList());
    }

    /**
     * Read the objects that match a label selector; an empty selector matches all, and an empty
     * namespace means all of them.
     */
    default List<ObjectNode> list(Resource resource, String namespace, String selector) {
        return listing(resource, namespace, selector).items();
    }

    /** Read the same objects, and the version as of which they are what there is. */
    Listing listing(Resource resource, String namespace, String selector);

    /**
     * Read the events that tell of one object, in no order.
     *
     * @param resource what the object is
     * @param uid of the object; empty if it is not known, then its name decides
     */
    List<ObjectNode> eventsOf(Resource resource, String namespace, String name, String uid);

    /** Create an object; returns it as stored. */
    ObjectNode create(Resource resource, String namespace, ObjectNode object);

    /**
     * Create an object that a person wrote: a field that the API server does not know is refused,
     * where {@link #create} lets it be dropped without a word.
     */
    default ObjectNode createStrictly(Resource resource, String namespace, ObjectNode object) {
        return create(resource, namespace, object);
    }

    /** Replace an object by what a person wrote; see {@link #createStrictly}. */
    default ObjectNode replaceStrictly(Resource resource, ObjectNode object) {
        return replace(resource, object);
    }

    /** Replace an object whole, guarded by the resourceVersion it carries; returns it as stored. */
    ObjectNode replace(Resource resource, ObjectNode object);

    /** Patch one object; returns it as stored. */
    ObjectNode patch(
            Resource resource, String namespace, String name, PatchType type, JsonNode patch);

    /**
     * Delete one object, if it still is the one with that uid; an object that is gone is fine.
     *
     * @param propagation what happens to its dependents
     */
    void delete(
            Resource resource, String namespace, String name, String uid, Propagation propagation);

    /**
     * Follow objects until closed: the listener hears of every object there is, then of each
     * change.
     *
     * @param pollEvery distance between two readings where watching is forbidden
     */
    default Following follow(
            Resource resource,
            String namespace,
            Selection selection,
            Duration pollEvery,
            Listener listener) {
        return follow(
                resource, namespace, selection, Listing.NONE, Pace.every(pollEvery), listener);
    }

    /**
     * Follow objects until closed: the listener hears of every object that is not known, then of
     * each change.
     *
     * <p>Watches where the account may; else reads again and again. A lost watch is bridged without
     * a gap. The listener is called by one thread at a time, and must not block.
     *
     * @param known what there is as of a version, and is not told; {@link Listing#NONE} if
     *     everything must be read first
     * @param pace when to read where watching is forbidden
     */
    Following follow(
            Resource resource,
            String namespace,
            Selection selection,
            Listing known,
            Pace pace,
            Listener listener);

    /**
     * Hear of what others of this process follow as well, or will: from now on, by one following
     * that they share, which is begun if there is none yet.
     *
     * @return empty if nothing is shared here, or watching these objects is forbidden
     */
    default Optional<Following> overhear(
            Resource resource, String namespace, Selection selection, Listener listener) {
        return Optional.empty();
    }

    @Override
    void close();

    /** How a patch changes an object. */
    enum PatchType {
        /** RFC 7386: {@code null} removes, arrays are replaced. */
        MERGE("application/merge-patch+json"),
        /** RFC 6902: a list of operations, all or none, with tests. */
        JSON("application/json-patch+json");

        private final String mediaType;

        PatchType(String mediaType) {
            this.mediaType = mediaType;
        }

        String mediaType() {
            return mediaType;
        }
    }

    /** What happens to the dependents of a deleted object. */
    enum Propagation {
        /** They go afterwards. */
        BACKGROUND("Background"),
        /** They go first. */
        FOREGROUND("Foreground");

        private final String word;

        Propagation(String word) {
            this.word = word;
        }

        String word() {
            return word;
        }
    }

    /** Which objects to follow. */
    sealed interface Selection {
        /** The object of that name. */
        record Named(String name) implements Selection {}

        /** The objects with these labels. */
        record Labelled(String selector) implements Selection {}
    }

    /**
     * The objects of a selection.
     *
     * @param version as of which they are what there is; empty if nothing is known
     */
    record Listing(String version, List<ObjectNode> items) {
        /** Nothing is known. */
        public static final Listing NONE = new Listing("", List.of());

        public Listing {
            items = List.copyOf(items);
        }
    }

    /**
     * When objects that cannot be watched are read. Called by the thread that reads; must be safe
     * for that.
     */
    interface Pace {
        /** Tell whether to watch, or to try to; asked until watching turns out to be forbidden. */
        default boolean mayWatch() {
            return true;
        }

        /** Hear that a reading begins. */
        default void reading() {}

        /**
         * Return how long it is until the next reading begins; not positive if it is due.
         *
         * @param since how long ago the last reading began
         * @param somethingNew whether it brought something new
         */
        Duration untilNext(Duration since, boolean somethingNew);

        /** Read at the same distance, at half of it as long as readings bring something new. */
        static Pace every(Duration distance) {
            return (since, somethingNew) ->
                    (somethingNew ? distance.dividedBy(2) : distance).minus(since);
        }
    }

    /** Hear of objects; a deleted object is told with its last known content. */
    interface Listener {
        /** Hear that an object is there, or has changed. */
        void present(ObjectNode object);

        /**
         * Hear that an object is gone.
         *
         * @param object its last state, or only its name, namespace, uid, version, labels and
         *     owners if it went while nobody watched
         */
        void gone(ObjectNode object);

        /**
         * Hear of all differences that one reading of everything brought.
         *
         * @param present what is there now, or has changed
         * @param gone what was there
         */
        default void read(List<ObjectNode> present, List<ObjectNode> gone) {
            present.forEach(this::present);
            gone.forEach(this::gone);
        }

        /**
         * Hear of an object, as {@link #present}, that holds more than is read of it; as if it did
         * not, unless told otherwise.
         *
         * @param object without what was left out
         * @param why such as {@code is nested more than 200 deep}
         */
        default void beyondLimits(ObjectNode object, String why) {
            present(object);
        }

        /** Return what is to be kept of an object until it is told: it may be large, and many. */
        default ObjectNode kept(ObjectNode object) {
            return object;
        }

        /**
         * Hear, once, that these objects cannot be followed at all; or, where {@link #asksAgain},
         * for now.
         */
        void unavailable(ClusterException why);

        /** Tell whether what is unavailable is asked for all the same: a right may come back. */
        default boolean asksAgain() {
            return false;
        }

        /** Hear that a watch is open; more than once, for each watch ends. */
        default void watching() {}

        /**
         * Hear that the watch that was open has ended; what is next is told if it is not another.
         */
        default void watchEnded() {}

        /** Hear that nothing was heard for a while: following fails, and is tried again. */
        default void failing(ClusterException why) {}

        /** Hear, after {@link #failing} or {@link #unavailable}, that it works again. */
        default void goesOn() {}

        /**
         * Hear of an error that no answer of a server should cause, in a sentence; following is
         * begun again.
         */
        default void troubled(String bug) {
            System.getLogger(Cluster.class.getName()).log(System.Logger.Level.ERROR, bug);
        }

        /** Hear, once, that watching is forbidden and everything is read again and again. */
        default void polling(ClusterException why) {}
    }

    /** End a following; returns at once. */
    interface Following extends AutoCloseable {
        @Override
        void close();

        /** Ask the pace again: something may be due earlier than it was. */
        default void reconsider() {}

        /** Say why nothing is heard at present; empty if it is. */
        default Optional<String> trouble() {
            return Optional.empty();
        }
    }
}
