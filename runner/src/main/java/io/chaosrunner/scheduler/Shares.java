package io.chaosrunner.scheduler;

import io.chaosrunner.model.EngineRef;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * The decision on who of those that wait gets a place: each namespace has a share of its own.
 *
 * <p>No namespace needs more places than it has engines. Where all have enough there is nothing to
 * decide; else those that need little get it all, and the others share the rest evenly (max-min
 * fairness). What is not a namespace's own it never holds, however long the others do without:
 * nothing takes a place away from a run. Where there are more namespaces than places each may hold
 * one, and they take turns. Within a namespace whoever came first is first.
 *
 * <p>An immutable value.
 *
 * @param places how many there are; at least 1
 * @param engines those that may ask for one
 * @param held those that have one; an engine has one run at a time
 * @param waiting those that wait, in the order they came
 * @param served the namespaces, the one that got a place last at the end
 */
record Shares(
        int places,
        Set<EngineRef> engines,
        Set<EngineRef> held,
        List<EngineRef> waiting,
        List<String> served) {
    Shares {
        if (places < 1) {
            throw new IllegalArgumentException("places: " + places);
        }
        engines = Set.copyOf(engines);
        held = Set.copyOf(held);
        waiting = List.copyOf(waiting);
        served = List.copyOf(served);
    }

    static Shares of(int places) {
        return new Shares(places, Set.of(), Set.of(), List.of(), List.of());
    }

    /** Count engines among those that may ask. */
    Shares with(Collection<EngineRef> more) {
        return engines.containsAll(more)
                ? this
                : new Shares(places, plus(engines, more), held, waiting, served);
    }

    /** Count an engine no more; the place that it has stays its own. */
    Shares without(EngineRef engine) {
        return new Shares(places, minus(engines, engine), held, waiting, served)
                .withdrawing(engine);
    }

    Shares asking(EngineRef engine) {
        return waiting.contains(engine)
                ? this
                : new Shares(
                        places,
                        engines,
                        held,
                        List.copyOf(plus(new LinkedHashSet<>(waiting), List.of(engine))),
                        served);
    }

    Shares withdrawing(EngineRef engine) {
        return new Shares(places, engines, held, List.copyOf(minus(waiting, engine)), served);
    }

    /** Give an engine a place, whether it is its turn or not. */
    Shares granting(EngineRef engine) {
        var order = new ArrayList<>(served);
        order.remove(engine.namespace());
        order.add(engine.namespace());
        return new Shares(places, engines, plus(held, List.of(engine)), waiting, order)
                .withdrawing(engine);
    }

    Shares freeing(EngineRef engine) {
        return new Shares(places, engines, minus(held, engine), waiting, served);
    }

    /** Return whose turn it is now, each of them; in their order. */
    List<EngineRef> turns() {
        var turns = new ArrayList<EngineRef>();
        Shares then = this;
        for (Optional<EngineRef> next = then.next(); next.isPresent(); next = then.next()) {
            turns.add(next.get());
            then = then.granting(next.get());
        }
        return turns;
    }

    private Optional<EngineRef> next() {
        if (waiting.isEmpty() || held.size() >= places) {
            return Optional.empty();
        }
        Map<String, Integer> has = count(held);
        Level level = level(has);
        int beyond = has.values().stream().mapToInt(n -> Math.max(0, n - level.each())).sum();
        Comparator<EngineRef> turn =
                Comparator.<EngineRef>comparingInt(
                                engine -> has.getOrDefault(engine.namespace(), 0))
                        .thenComparingInt(engine -> served.indexOf(engine.namespace()));
        return waiting.stream()
                .filter(engine -> !held.contains(engine))
                .filter(engine -> {
                    int own = has.getOrDefault(engine.namespace(), 0);
                    return own < level.each() || (own == level.each() && beyond < level.rest());
                })
                .min(turn);
    }

    /**
     * How many places each namespace may hold.
     *
     * @param rest how many namespaces may hold one more
     */
    private record Level(int each, int rest) {}

    private Level level(Map<String, Integer> has) {
        Map<String, Integer> known = count(engines);
        Map<String, Integer> wanting = count(waiting);
        var namespaces = new TreeSet<>(known.keySet());
        namespaces.addAll(has.keySet());
        namespaces.addAll(wanting.keySet());
        List<Integer> needs =
                namespaces.stream()
                        .map(namespace ->
                                Math.max(
                                        known.getOrDefault(namespace, 0),
                                        has.getOrDefault(namespace, 0)
                                                + wanting.getOrDefault(namespace, 0)))
                        .sorted()
                        .toList();
        int left = places;
        for (int i = 0; i < needs.size(); i++) {
            int sharing = needs.size() - i;
            if ((long) needs.get(i) * sharing > left) {
                return new Level(left / sharing, left % sharing);
            }
            left -= needs.get(i);
        }
        return new Level(places, 0);
    }

    private static Map<String, Integer> count(Collection<EngineRef> engines) {
        var count = new HashMap<String, Integer>();
        engines.forEach(engine -> count.merge(engine.namespace(), 1, Integer::sum));
        return count;
    }

    private static Set<EngineRef> plus(Set<EngineRef> some, Collection<EngineRef> more) {
        var all = new LinkedHashSet<>(some);
        all.addAll(more);
        return all;
    }

    private static Set<EngineRef> minus(Collection<EngineRef> some, EngineRef less) {
        var rest = new LinkedHashSet<>(some);
        rest.remove(less);
        return rest;
    }
}
