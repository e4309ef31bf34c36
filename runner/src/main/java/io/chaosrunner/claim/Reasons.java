package io.chaosrunner.claim;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.ObjIntConsumer;
import java.util.stream.IntStream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * Numbers gathered by the reason they share, to write each reason once: {@code why: 0-3 7 9-12}.
 */
final class Reasons {
    private static final int MOST_NUMBERS = 100_000;

    private final Map<String, BitSet> numbers = new LinkedHashMap<>();

    void add(String why, int number) {
        numbers.computeIfAbsent(why, reason -> new BitSet()).set(number);
    }

    boolean isEmpty() {
        return numbers.isEmpty();
    }

    ObjectNode json() {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        numbers.forEach((why, set) -> json.put(why, ranges(set)));
        return json;
    }

    /** Return what this takes in the claim. */
    int bytes() {
        return json().toString().getBytes(StandardCharsets.UTF_8).length;
    }

    /**
     * Read what was written: each number with its reason.
     *
     * @throws IllegalArgumentException if it is not in this form, or more than was ever written
     */
    static void read(JsonNode json, ObjIntConsumer<String> reader) {
        var left = new int[] {MOST_NUMBERS};
        json.propertyStream()
                .forEach(each ->
                        numbers(each.getValue().asString(""))
                                .peek(number -> LoggedAttempt.check(left[0]--, 1, MOST_NUMBERS))
                                .forEach(number -> reader.accept(each.getKey(), number)));
    }

    private static String ranges(BitSet set) {
        var text = new StringBuilder();
        for (int first = set.nextSetBit(0); first >= 0; ) {
            int last = set.nextClearBit(first) - 1;
            text.append(text.isEmpty() ? "" : " ").append(first);
            if (last > first) {
                text.append('-').append(last);
            }
            first = set.nextSetBit(last + 1);
        }
        return text.toString();
    }

    private static IntStream numbers(String ranges) {
        return Arrays.stream(ranges.split(" "))
                .flatMapToInt(range -> {
                    int dash = range.indexOf('-');
                    int first = Integer.parseInt(dash < 0 ? range : range.substring(0, dash));
                    int last = dash < 0 ? first : Integer.parseInt(range.substring(dash + 1));
                    return IntStream.rangeClosed(
                            LoggedAttempt.check(first, 0, LoggedAttempt.MOST),
                            LoggedAttempt.check(last, first, LoggedAttempt.MOST));
                });
    }
}
