package io.chaosrunner.cli;

import java.util.Map;
import java.util.stream.Collectors;

/** How many there are of what. */
final class Listing {
    private Listing() {}

    /** Return such as {@code Kustomization (1), template (3)}. */
    static String of(Map<String, Integer> counts) {
        return counts.entrySet().stream()
                .map(each -> each.getKey() + " (" + each.getValue() + ")")
                .collect(Collectors.joining(", "));
    }
}
