package io.chaosrunner.config;

import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;

/** What waits for what in a run, for those who draw it: the strategy reads it by itself. */
public final class Dependencies {
    /** The names that a condition such as {@code not b.failed and d} has. */
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9_-]*+");

    private Dependencies() {}

    /**
     * Return the experiments that each experiment's condition names, each once, in their order.
     *
     * @param settings of the run; without dependencies nothing waits for anything
     * @param experiments by their names; other words of a condition are none
     */
    public static Map<String, List<String>> of(JsonNode settings, List<String> experiments) {
        Set<String> known = new HashSet<>(experiments);
        var all = new LinkedHashMap<String, List<String>>();
        for (Map.Entry<String, JsonNode> each : settings.path("dependencies").properties()) {
            List<String> named =
                    known.contains(each.getKey()) ? named(each.getValue(), known) : List.of();
            if (!named.isEmpty()) {
                all.put(each.getKey(), named);
            }
        }
        return all;
    }

    private static List<String> named(JsonNode conditions, Set<String> experiments) {
        Set<String> found = new LinkedHashSet<>();
        List<JsonNode> all =
                conditions.isArray() ? conditions.valueStream().toList() : List.of(conditions);
        for (JsonNode condition : all) {
            Matcher name = NAME.matcher(condition.asString(""));
            while (name.find()) {
                if (experiments.contains(name.group())) {
                    found.add(name.group());
                }
            }
        }
        return List.copyOf(found);
    }
}
