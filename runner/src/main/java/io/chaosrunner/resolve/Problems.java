package io.chaosrunner.resolve;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** Collects everything that is wrong with one entry, so that the user mends it in one go. */
final class Problems {

    /** What Litmus checks, in the order in which it checks. The name is the event's reason. */
    enum Check {
        EnvParseError,
        SideCarPatchError,
        ExperimentDependencyCheck
    }

    private final Map<Check, List<FieldProblem>> byCheck = new EnumMap<>(Check.class);

    void add(Check check, FieldProblem problem) {
        byCheck.computeIfAbsent(check, _ -> new ArrayList<>()).add(problem);
    }

    boolean isEmpty() {
        return byCheck.isEmpty();
    }

    Resolution.Invalid toInvalid() {
        var all = new ArrayList<FieldProblem>();
        byCheck.values().forEach(all::addAll);
        return new Resolution.Invalid(byCheck.keySet().iterator().next().name(), all);
    }
}
