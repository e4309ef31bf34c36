package io.chaosrunner.strategy.builtin;

import io.chaosrunner.strategy.Parameters;
import io.chaosrunner.strategy.Slot;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * The names users write, resolved to slots.
 *
 * <p>An experiment may be listed more than once. Its name means every entry, and {@code name#2} the
 * second one; {@code #} cannot occur in a Kubernetes name.
 */
final class SlotNames {
    private static final int SHOWN = 10;

    private final Map<String, List<Integer>> slots = new LinkedHashMap<>();
    private final List<String> names = new ArrayList<>();

    SlotNames(List<Slot> listed) {
        for (Slot slot : listed) {
            List<Integer> entries =
                    slots.computeIfAbsent(slot.experiment(), name -> new ArrayList<>());
            entries.add(slot.index());
            slots.put(slot.experiment() + "#" + entries.size(), List.of(slot.index()));
            names.add(slot.experiment() + "#" + entries.size());
        }
        for (Slot slot : listed) {
            if (find(slot.experiment()).size() == 1) {
                names.set(slot.index(), slot.experiment());
            }
        }
    }

    /** Return the slots of a name, ascending; empty if it is unknown. */
    List<Integer> find(String name) {
        return slots.getOrDefault(name, List.of());
    }

    /** Return the shortest name that means this slot only. */
    String of(int slot) {
        return names.get(slot);
    }

    /** Complain about an unknown name: what is listed, and what was probably meant. */
    String unknown(String name) {
        return Parameters.nearest(name, slots.keySet())
                .map(near ->
                        "no experiment '%s' is listed; did you mean '%s'?".formatted(name, near))
                .orElseGet(() ->
                        names.stream()
                                .limit(SHOWN)
                                .collect(
                                        Collectors.joining(
                                                ", ",
                                                "no experiment '" + name + "' among ",
                                                names.size() > SHOWN ? ", …" : "")));
    }
}
