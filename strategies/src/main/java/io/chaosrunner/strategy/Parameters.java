package io.chaosrunner.strategy;

import io.chaosrunner.strategy.InvalidParameters.Problem;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * What the user wrote for a strategy: a tree of maps, lists, strings, numbers and booleans.
 *
 * <p>Immutable. Read it through {@link #read()}, which collects every problem before it complains.
 */
public final class Parameters {
    private static final Parameters NONE = new Parameters(Map.of());
    private static final Pattern DURATION =
            Pattern.compile("(?:(\\d+)d)?(?:(\\d+)h)?(?:(\\d+)m)?(?:(\\d+)s)?(?:(\\d+)ms)?");

    /** Longer spans are typing errors, and would overflow arithmetic on instants. */
    private static final Duration LONGEST = Duration.ofDays(3_650);

    private final Map<String, Object> tree;

    private Parameters(Map<String, Object> tree) {
        this.tree = tree;
    }

    /** Return no parameters. */
    public static Parameters none() {
        return NONE;
    }

    /** Copy a tree as parsed from YAML or JSON; keys keep their order. */
    public static Parameters of(Map<String, ?> tree) {
        return new Parameters(copyOfMap(tree));
    }

    /** Return the whole tree, immutable. */
    public Map<String, Object> tree() {
        return tree;
    }

    /** Begin to read; finish with {@link Reader#finish()}. */
    public Reader read() {
        return new Reader(tree);
    }

    /**
     * Parse a duration such as {@code 90s}, {@code 1h30m}, {@code 2d} or {@code 500ms}.
     *
     * @return empty if it is not a duration in this form, or too long for a millisecond count
     */
    public static Optional<Duration> duration(String text) {
        Matcher matcher = DURATION.matcher(text);
        if (text.isEmpty() || !matcher.matches()) {
            return Optional.empty();
        }
        long[] unit = {86_400_000, 3_600_000, 60_000, 1_000, 1};
        try {
            long millis = 0;
            for (int i = 0; i < unit.length; i++) {
                String part = matcher.group(i + 1);
                if (part != null) {
                    millis =
                            Math.addExact(
                                    millis, Math.multiplyExact(Long.parseLong(part), unit[i]));
                }
            }
            return Optional.of(Duration.ofMillis(millis));
        } catch (ArithmeticException | NumberFormatException tooLarge) {
            return Optional.empty();
        }
    }

    /**
     * Find the word that was probably meant, for "did you mean".
     *
     * <p>Nearest by edit distance (insert, delete, replace, swap two neighbours), case ignored; at
     * most one edit for each three letters, and one for a shorter word. The first of equally near
     * ones wins.
     */
    public static Optional<String> nearest(String word, Collection<String> words) {
        int best = Math.max(1, word.length() / 3) + 1;
        @Nullable String nearest = null;
        for (String candidate : words) {
            int edits = edits(word.toLowerCase(Locale.ROOT), candidate.toLowerCase(Locale.ROOT));
            if (edits < best) {
                best = edits;
                nearest = candidate;
            }
        }
        return Optional.ofNullable(nearest);
    }

    /** Optimal string alignment distance, three rows at a time. */
    private static int edits(String from, String to) {
        int[] before = new int[to.length() + 1];
        int[] above = new int[to.length() + 1];
        int[] row = IntStream.rangeClosed(0, to.length()).toArray();
        for (int i = 1; i <= from.length(); i++) {
            int[] free = before;
            before = above;
            above = row;
            row = free;
            row[0] = i;
            for (int j = 1; j <= to.length(); j++) {
                int replaced = above[j - 1] + (from.charAt(i - 1) == to.charAt(j - 1) ? 0 : 1);
                row[j] = Math.min(replaced, 1 + Math.min(above[j], row[j - 1]));
                if (i > 1
                        && j > 1
                        && from.charAt(i - 1) == to.charAt(j - 2)
                        && from.charAt(i - 2) == to.charAt(j - 1)) {
                    row[j] = Math.min(row[j], before[j - 2] + 1);
                }
            }
        }
        return row[to.length()];
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Parameters that && tree.equals(that.tree);
    }

    @Override
    public int hashCode() {
        return tree.hashCode();
    }

    @Override
    public String toString() {
        return tree.toString();
    }

    private static Map<String, Object> copyOfMap(Map<?, ?> map) {
        var copy = new LinkedHashMap<String, Object>();
        map.forEach((key, value) -> {
            if (value != null) {
                copy.put(String.valueOf(key), copyOf(value));
            }
        });
        return Collections.unmodifiableMap(copy);
    }

    private static Object copyOf(@Nullable Object value) {
        return switch (value) {
            // An empty list item, "- " in YAML: kept, so that the items after it keep their index.
            case null -> "";
            case Map<?, ?> map -> copyOfMap(map);
            case List<?> list -> list.stream().map(Parameters::copyOf).toList();
            default -> value;
        };
    }

    /** Read typed values and collect every problem; used by one thread. */
    public static final class Reader {
        private final Map<String, Object> tree;
        private final List<Problem> problems = new ArrayList<>();

        private Reader(Map<String, Object> tree) {
            this.tree = tree;
        }

        /** Tell whether a key is present. */
        public boolean has(String key) {
            return tree.containsKey(key);
        }

        /** Read a positive duration of at most 3650 days. */
        public Optional<Duration> duration(String key) {
            Object value = tree.get(key);
            if (value == null) {
                return Optional.empty();
            }
            Optional<Duration> duration =
                    value instanceof String text ? Parameters.duration(text) : Optional.empty();
            if (duration.isEmpty() || duration.get().isZero()) {
                problem(key, "'" + value + "' is not a positive duration; write 90s, 10m or 1h30m");
                return Optional.empty();
            }
            if (duration.get().compareTo(LONGEST) > 0) {
                problem(key, "'" + value + "' is longer than " + LONGEST.toDays() + "d");
                return Optional.empty();
            }
            return duration;
        }

        /** Read a whole number of at least {@code least}. */
        public OptionalInt integer(String key, int least) {
            Object value = tree.get(key);
            if (value == null) {
                return OptionalInt.empty();
            }
            Optional<Long> number = wholeNumber(value);
            if (number.isEmpty() || number.get() < least || number.get() > Integer.MAX_VALUE) {
                problem(key, "'" + value + "' is not a whole number of at least " + least);
                return OptionalInt.empty();
            }
            return OptionalInt.of(number.get().intValue());
        }

        /** Read true or false. */
        public boolean flag(String key, boolean absent) {
            return switch (tree.get(key)) {
                case null -> absent;
                case Boolean flag -> flag;
                case String text when text.equals("true") || text.equals("false") ->
                        text.equals("true");
                case Object other -> {
                    problem(key, "'" + other + "' is neither true nor false");
                    yield absent;
                }
            };
        }

        /** Read one word out of a few. */
        public String oneOf(String key, List<String> words, String absent) {
            Object value = tree.get(key);
            if (value == null) {
                return absent;
            }
            if (!(value instanceof String word) || !words.contains(word)) {
                String hint =
                        nearest(value.toString(), words)
                                .map(near -> "; did you mean '" + near + "'?")
                                .orElse("");
                problem(key, "'" + value + "' is none of " + String.join(", ", words) + hint);
                return absent;
            }
            return word;
        }

        /** Read a string; a number or boolean is taken as its text. */
        public Optional<String> text(String key) {
            return switch (tree.get(key)) {
                case null -> Optional.empty();
                case Map<?, ?> map -> {
                    problem(key, "expected text, but found a map " + map);
                    yield Optional.empty();
                }
                case List<?> list -> {
                    problem(key, "expected text, but found a list " + list);
                    yield Optional.empty();
                }
                case Object scalar -> Optional.of(scalar.toString());
            };
        }

        /**
         * Read a list of strings; a single one counts as a list of one, and a number or boolean as
         * its text.
         */
        public List<String> texts(String key) {
            return texts(key, tree.get(key));
        }

        /** Read a map whose values are lists of strings, each as {@link #texts} reads them. */
        public Map<String, List<String>> textsByName(String key) {
            var result = new LinkedHashMap<String, List<String>>();
            map(key).forEach((name, value) -> result.put(name, texts(key + "." + name, value)));
            return result;
        }

        /** Read a map whose values are positive numbers. */
        public Map<String, Double> numbersByName(String key) {
            var result = new LinkedHashMap<String, Double>();
            map(key).forEach((name, value) -> {
                OptionalDouble number = number(value);
                if (number.isEmpty()
                        || !(number.getAsDouble() > 0)
                        || Double.isInfinite(number.getAsDouble())) {
                    problem(key + "." + name, "'" + value + "' is not a positive number");
                } else {
                    result.put(name, number.getAsDouble());
                }
            });
            return result;
        }

        /** Add a problem of the caller's own finding. */
        public void problem(String path, String message) {
            problems.add(new Problem(path, message));
        }

        /** Return the problems so far. */
        public List<Problem> problems() {
            return List.copyOf(problems);
        }

        /** Complain about every problem, if there is one. */
        public void finish() {
            if (!problems.isEmpty()) {
                throw new InvalidParameters(problems);
            }
        }

        private Map<String, Object> map(String key) {
            return switch (tree.get(key)) {
                case null -> Map.of();
                case Map<?, ?> map -> copyOfMap(map);
                case Object other -> {
                    problem(key, "expected a map, but found '" + other + "'");
                    yield Map.of();
                }
            };
        }

        private List<String> texts(String path, @Nullable Object value) {
            if (value == null) {
                return List.of();
            }
            if (!(value instanceof List<?> list)) {
                if (value instanceof Map<?, ?> map) {
                    problem(path, "expected text or a list, but found a map " + map);
                    return List.of();
                }
                return List.of(value.toString());
            }
            var result = new ArrayList<String>();
            for (int i = 0; i < list.size(); i++) {
                if (list.get(i) instanceof Map<?, ?> || list.get(i) instanceof List<?>) {
                    problem(path + "[" + i + "]", "'" + list.get(i) + "' is not text");
                } else {
                    result.add(String.valueOf(list.get(i)));
                }
            }
            return result;
        }

        private static Optional<Long> wholeNumber(Object value) {
            try {
                return switch (value) {
                    case Integer number -> Optional.of(number.longValue());
                    case Long number -> Optional.of(number);
                    case String text -> Optional.of(Long.parseLong(text));
                    default -> Optional.empty();
                };
            } catch (NumberFormatException notWhole) {
                return Optional.empty();
            }
        }

        private static OptionalDouble number(Object value) {
            try {
                return switch (value) {
                    case Number number -> OptionalDouble.of(number.doubleValue());
                    case String text -> OptionalDouble.of(Double.parseDouble(text));
                    default -> OptionalDouble.empty();
                };
            } catch (NumberFormatException notANumber) {
                return OptionalDouble.empty();
            }
        }
    }
}
