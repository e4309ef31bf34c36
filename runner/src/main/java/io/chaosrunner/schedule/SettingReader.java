package io.chaosrunner.schedule;

import io.chaosrunner.model.Fire;
import io.chaosrunner.strategy.InvalidParameters.Problem;
import io.chaosrunner.strategy.Parameters;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The settings in one map of a schedule, read one by one: what is wrong with each is collected,
 * with what was probably meant. Used once, by one thread.
 */
final class SettingReader {
    /** Beyond it, calendars are in no use. */
    private static final Instant NEVER = Instant.parse("9999-12-31T23:59:59Z").plusSeconds(172_800);

    private final Map<String, Object> tree;
    private final Parameters.Reader reader;

    /** Before each key in what is said of problems; empty for the whole schedule. */
    private final String path;

    private final List<Problem> problems;

    /** What a time bounds, and so which instant a date alone is. */
    enum Bound {
        /** The first instant that may fire. */
        FIRST_FIRE,
        /** The last instant that may fire. */
        LAST_FIRE,
        /** The first instant of a time in which nothing fires. */
        SHUT_FROM,
        /** The instant after the last of a time in which nothing fires. */
        SHUT_UNTIL
    }

    /**
     * @param path before each key in what is said of problems; empty, or ends with a point
     */
    SettingReader(Map<?, ?> tree, String path) {
        this(tree, path, new ArrayList<>());
    }

    private SettingReader(Map<?, ?> tree, String path, List<Problem> problems) {
        var keyed = new LinkedHashMap<String, Object>();
        tree.forEach((key, value) -> keyed.put(String.valueOf(key), value));
        Parameters written = Parameters.of(keyed);
        this.tree = written.tree();
        this.path = path;
        this.problems = problems;
        reader = written.read();
    }

    /** Read a map that is the value of a key, or lies in it; its problems count here as well. */
    SettingReader in(String key, Map<?, ?> map) {
        return new SettingReader(map, path + key + ".", problems);
    }

    Map<String, Object> tree() {
        return tree;
    }

    @Nullable Object get(String key) {
        return tree.get(key);
    }

    boolean has(String key) {
        return tree.containsKey(key);
    }

    // ---- What is wrong ------------------------------------------------------------------------

    /**
     * Take note of a problem.
     *
     * @param key empty for the map as a whole
     */
    void problem(String key, String message) {
        String all = (path + key).replaceFirst("\\.$", "");
        problems.add(new Problem(all.isEmpty() ? "schedule" : "schedule." + all, message));
    }

    /** Take note of what is wrong with a setting beside the list that this map is one of. */
    void problemBeside(String key, String message) {
        String about = path.isEmpty() ? "" : "for " + path.substring(0, path.length() - 1) + ": ";
        problems.add(new Problem("schedule." + key, about + message));
    }

    /**
     * Return whether all keys are known.
     *
     * @param told keys of which something else was told
     */
    boolean checkKeys(List<String> known, List<String> told) {
        int before = problems.size();
        tree.forEach((key, value) -> {
            if (!known.contains(key) && !told.contains(key)) {
                String hint =
                        Meant.key(key, value, known)
                                .orElse("known are " + String.join(", ", known));
                problem(key, "is not a setting of a schedule; " + hint);
            }
        });
        return problems.size() == before;
    }

    /** Add what is wrong with the form of the values that were read; once, after them. */
    void finish() {
        reader.problems().forEach(each -> problem(each.path(), each.message()));
    }

    List<Problem> problems() {
        return problems;
    }

    // ---- One value each -----------------------------------------------------------------------

    Optional<String> text(String key) {
        return reader.text(key);
    }

    List<String> texts(String key) {
        return reader.texts(key);
    }

    OptionalInt integer(String key) {
        return reader.integer(key, 1);
    }

    Optional<Duration> duration(String key) {
        Object written = get(key);
        boolean right = written instanceof String text && Parameters.duration(text).isPresent();
        Optional<String> meant =
                right || written == null ? Optional.empty() : Meant.setting(key, written);
        if (meant.isEmpty()) {
            return reader.duration(key);
        }
        boolean unit = String.valueOf(written).chars().anyMatch(Character::isLetter);
        problem(
                key,
                "'%s' is not a positive duration%s; write %s"
                        .formatted(written, unit ? "" : ", it has no unit", meant.get()));
        return Optional.empty();
    }

    boolean flag(String key, boolean absent) {
        Object written = get(key);
        Optional<String> meant =
                written instanceof Boolean || written == null
                        ? Optional.empty()
                        : Meant.flag(written).filter(each -> !each.equals(written));
        if (meant.isEmpty()) {
            return reader.flag(key, absent);
        }
        problem(
                key,
                "'%s' is neither true nor false; write %s: %s"
                        .formatted(written, key, meant.get()));
        return true;
    }

    /**
     * Read one of a few words; empty if it is none of them.
     *
     * @param meaning says which is meant by others
     */
    String word(String key, List<String> words, Function<Object, Optional<String>> meaning) {
        Object written = get(key);
        Optional<String> meant =
                written == null || words.contains(String.valueOf(written))
                        ? Optional.empty()
                        : meaning.apply(written);
        if (meant.isEmpty()) {
            return reader.oneOf(key, words, "");
        }
        problem(
                key,
                "'%s' is none of %s; write %s: %s"
                        .formatted(written, String.join(", ", words), key, meant.get()));
        return "";
    }

    ZoneId zone() {
        String name = text("timeZone").orElse("UTC");
        try {
            return ZoneId.of(name);
        } catch (DateTimeException e) {
            problem(
                    "timeZone",
                    "'%s' is not a time zone; %s"
                            .formatted(
                                    name,
                                    Meant.zone(name)
                                            .map(zone -> "did you mean '" + zone + "'?")
                                            .orElse("write one such as Europe/Berlin or UTC")));
            return ZoneOffset.UTC;
        }
    }

    /** Read an instant; without a zone of its own it is meant in the given one. */
    Optional<Instant> instant(String key, ZoneId zone, Bound bound) {
        return text(key).flatMap(text -> instant(key, text, zone, bound));
    }

    private Optional<Instant> instant(String key, String text, ZoneId zone, Bound bound) {
        try {
            Instant at = parse(text.strip().replace(' ', 'T'), zone, bound);
            Instant end = bound == Bound.FIRST_FIRE ? Timetable.END : NEVER;
            if (!at.isBefore(Instant.EPOCH) && at.isBefore(end)) {
                return Optional.of(at);
            }
            problem(
                    key,
                    "'%s' is not from %d to %d; nothing fires before or after"
                            .formatted(text, Fire.FIRST_YEAR, Fire.LAST_YEAR));
        } catch (DateTimeException e) {
            problem(key, "'%s' is not a time; %s".formatted(text, MeantDates.time(key, text)));
        }
        return Optional.empty();
    }

    private static Instant parse(String written, ZoneId zone, Bound bound) {
        if (written.matches("\\d{4}-\\d{2}-\\d{2}")) {
            LocalDate date = LocalDate.parse(written);
            return switch (bound) {
                case FIRST_FIRE, SHUT_FROM -> date.atStartOfDay(zone).toInstant();
                case SHUT_UNTIL -> date.plusDays(1).atStartOfDay(zone).toInstant();
                case LAST_FIRE -> date.plusDays(1).atStartOfDay(zone).toInstant().minusMillis(1);
            };
        }
        return written.matches(".*(Z|[+-]\\d{2}:?\\d{2})")
                ? OffsetDateTime.parse(written).toInstant()
                : LocalDateTime.parse(written).atZone(zone).toInstant();
    }
}
