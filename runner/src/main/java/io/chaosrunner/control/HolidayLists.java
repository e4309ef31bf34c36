package io.chaosrunner.control;

import static java.util.Objects.requireNonNull;

import io.chaosrunner.cluster.Cluster;
import io.chaosrunner.cluster.ClusterException;
import io.chaosrunner.cluster.ClusterException.Kind;
import io.chaosrunner.cluster.Resource;
import io.chaosrunner.holidays.HolidayList;
import io.chaosrunner.holidays.HolidayReader;
import io.chaosrunner.schedule.EngineSchedule;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * The lists of holidays of a cluster, each a ConfigMap in the namespace of the engines that name
 * it. Read when something is due, and never followed: what somebody read within the last two
 * seconds counts for all. Safe for use by several threads.
 */
public final class HolidayLists {
    /** Deciding on a fire and claiming its run are one reading. */
    private static final Duration FRESH = Duration.ofSeconds(2);

    /** A list that cannot be read is asked for again after that. */
    public static final Duration AGAIN = Duration.ofSeconds(30);

    /** How many of them are remembered, so that one that did not change is not parsed again. */
    private static final int MOST_REMEMBERED = 32;

    /**
     * How many days the lists of one schedule may name together, and how many are remembered of all
     * lists: a day takes some 150 bytes.
     */
    static final int MOST_DAYS = 50_000;

    private static final int CHARACTERS_OF_A_DAY = 100;

    private final Cluster cluster;
    private final Clock clock;
    private final Duration again;
    private final Map<Name, Reading> remembered = new LinkedHashMap<>(16, 0.75f, true);

    private record Name(String namespace, String name) {}

    public HolidayLists(Cluster cluster, Clock clock) {
        this(cluster, clock, AGAIN);
    }

    /**
     * @param again after which a list that cannot be read is asked for again
     */
    public HolidayLists(Cluster cluster, Clock clock, Duration again) {
        this.cluster = cluster;
        this.clock = clock;
        this.again = again;
    }

    /** What was read, to be parsed wherever there is time for it. */
    public static final class Readings {
        /** Nothing was read. */
        public static final Readings NONE = new Readings(Map.of());

        private final Map<String, Reading> readings;

        private Readings(Map<String, Reading> readings) {
            this.readings = readings;
        }

        /**
         * Parse what was not parsed before. Of those that name too many days together the last by
         * their names are not known.
         */
        public Map<String, HolidayList> lists() {
            var lists = new HashMap<String, HolidayList>();
            int days = 0;
            for (var reading : new TreeMap<>(readings).entrySet()) {
                HolidayList list = reading.getValue().list();
                days += days(list);
                lists.put(
                        reading.getKey(),
                        days <= MOST_DAYS ? list : reading.getValue().oneTooMany());
            }
            return lists;
        }
    }

    private static int days(HolidayList list) {
        return list instanceof HolidayList.Days days ? days.count() : 0;
    }

    /** What was read of one list, and when. */
    private final class Reading {
        private final Instant at;
        private final String name;

        /** Of the ConfigMap; empty where there is none, or it could not be read. */
        private final String version;

        /** The ConfigMap until it is parsed. */
        private @Nullable ObjectNode unparsed;

        private @Nullable HolidayList list;

        /** About how many days would take as much memory; whoever asks waits for no parsing. */
        private volatile int weight;

        private Reading(Instant at, String name, ObjectNode unparsed) {
            this.at = at;
            this.name = name;
            version = unparsed.path("metadata").path("resourceVersion").asString("");
            this.unparsed = unparsed;
            weight = HolidayReader.length(unparsed) / CHARACTERS_OF_A_DAY;
        }

        private Reading(Instant at, String name, String version, HolidayList list) {
            this.at = at;
            this.name = name;
            this.version = version;
            this.list = list;
            weight = days(list);
        }

        synchronized HolidayList list() {
            ObjectNode read = unparsed;
            if (read != null) {
                HolidayList found = parsed(read);
                list = found;
                unparsed = null;
                weight = days(found);
            }
            return requireNonNull(list);
        }

        HolidayList oneTooMany() {
            return unknown(
                    name,
                    "the lists of this schedule name more than %,d days together; take those of years that are over out of them"
                            .formatted(MOST_DAYS),
                    at);
        }

        private HolidayList parsed(ObjectNode read) {
            try {
                return HolidayReader.read(read);
            } catch (HolidayReader.Unusable e) {
                return unknown(name, String.valueOf(e.getMessage()), at);
            }
        }

        /** Return the same as read at another time, if it is parsed already and can be used. */
        synchronized Optional<Reading> again(Reading later) {
            return list instanceof HolidayList.Days days && version.equals(later.version)
                    ? Optional.of(new Reading(later.at, name, version, days))
                    : Optional.empty();
        }
    }

    private HolidayList unknown(String name, String why, Instant at) {
        return new HolidayList.Unknown("ConfigMap %s: %s".formatted(name, why), at.plus(again));
    }

    /** Return the schedule with its holidays; reads nothing if it names no list. */
    public EngineSchedule knowing(EngineSchedule schedule) {
        return schedule.knowing(
                read(schedule.engine().namespace(), schedule.spec().lists()).lists());
    }

    /**
     * Return the schedule with those of its holidays that can be read here: whoever acts on it
     * reads them, and knows better.
     */
    public EngineSchedule assuming(EngineSchedule schedule) {
        Map<String, HolidayList> lists =
                read(schedule.engine().namespace(), schedule.spec().lists()).lists();
        lists.values().removeIf(HolidayList.Unknown.class::isInstance);
        return schedule.knowing(lists);
    }

    /** Read lists by their names. One that cannot be read says why. */
    public Readings read(String namespace, Collection<String> names) {
        if (names.isEmpty()) {
            return Readings.NONE;
        }
        var readings = new HashMap<String, Reading>();
        for (String name : names) {
            readings.put(name, read(new Name(namespace, name)));
        }
        return new Readings(readings);
    }

    private Reading read(Name name) {
        Reading before = remembered(name);
        Instant now = clock.instant();
        if (before != null && !now.isBefore(before.at) && now.isBefore(before.at.plus(FRESH))) {
            return before;
        }
        Reading fetched = fetch(name, now);
        Reading read =
                Optional.ofNullable(before)
                        .flatMap(earlier -> earlier.again(fetched))
                        .orElse(fetched);
        remember(name, read);
        return read;
    }

    private Reading fetch(Name name, Instant now) {
        try {
            return cluster.get(Resource.CONFIG_MAPS, name.namespace(), name.name())
                    .map(read -> new Reading(now, name.name(), read))
                    .orElseGet(() ->
                            unread(name, "there is none in namespace " + name.namespace(), now));
        } catch (ClusterException e) {
            return unread(
                    name,
                    e.kind() == Kind.FORBIDDEN
                            ? "this account may not get configmaps in namespace %s; see docs/permissions.md"
                                    .formatted(name.namespace())
                            : String.valueOf(e.getMessage()),
                    now);
        }
    }

    private Reading unread(Name name, String why, Instant now) {
        return new Reading(now, name.name(), "", unknown(name.name(), why, now));
    }

    private @Nullable Reading remembered(Name name) {
        synchronized (remembered) {
            return remembered.get(name);
        }
    }

    private void remember(Name name, Reading reading) {
        synchronized (remembered) {
            remembered.put(name, reading);
            int weight = remembered.values().stream().mapToInt(each -> each.weight).sum();
            var oldest = remembered.values().iterator();
            while (remembered.size() > 1
                    && (remembered.size() > MOST_REMEMBERED || weight > MOST_DAYS)) {
                weight -= oldest.next().weight;
                oldest.remove();
            }
        }
    }
}
