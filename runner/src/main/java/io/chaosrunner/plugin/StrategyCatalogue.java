package io.chaosrunner.plugin;

import io.chaosrunner.strategy.ExecutionPlan;
import io.chaosrunner.strategy.ExecutionStrategy;
import io.chaosrunner.strategy.InvalidParameters;
import io.chaosrunner.strategy.InvalidParameters.Problem;
import io.chaosrunner.strategy.Parameter;
import io.chaosrunner.strategy.StrategyRequest;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.ServiceLoader;
import java.util.SortedMap;
import java.util.TreeMap;

/** Find strategies by name. Immutable and safe for use by several threads. */
public final class StrategyCatalogue {
    private final SortedMap<String, ExecutionStrategy> byName;

    private StrategyCatalogue(SortedMap<String, ExecutionStrategy> byName) {
        this.byName = Collections.unmodifiableSortedMap(byName);
    }

    /** Load the strategies on the class path. */
    public static StrategyCatalogue onClassPath() {
        var byName = new TreeMap<String, ExecutionStrategy>();
        for (ExecutionStrategy strategy : ServiceLoader.load(ExecutionStrategy.class)) {
            byName.put(strategy.name(), strategy);
        }
        return new StrategyCatalogue(byName);
    }

    /** Return all strategies, by name. */
    public Collection<ExecutionStrategy> all() {
        return byName.values();
    }

    /**
     * Plan a run.
     *
     * @throws InvalidParameters if there is no such strategy, it has no such parameter, or it
     *     refuses a value
     */
    public ExecutionPlan plan(String strategy, StrategyRequest request) {
        ExecutionStrategy found = byName.get(strategy);
        if (found == null) {
            throw new InvalidParameters(
                    List.of(
                            new Problem(
                                    "strategy",
                                    "there is no strategy '%s'; there are %s"
                                            .formatted(
                                                    strategy,
                                                    String.join(", ", byName.keySet())))));
        }
        var problems = new ArrayList<Problem>();
        List<String> known = found.parameters().stream().map(Parameter::name).toList();
        for (String key : request.parameters().tree().keySet()) {
            if (!known.contains(key)) {
                problems.add(
                        new Problem(
                                key,
                                known.isEmpty()
                                        ? "strategy " + strategy + " has no parameters"
                                        : "strategy %s has no such parameter; it has %s"
                                                .formatted(strategy, String.join(", ", known))));
            }
        }
        ExecutionPlan plan = null;
        try {
            plan = found.plan(request);
        } catch (InvalidParameters e) {
            problems.addAll(e.problems());
        }
        if (plan == null || !problems.isEmpty()) {
            throw new InvalidParameters(problems);
        }
        return plan;
    }
}
