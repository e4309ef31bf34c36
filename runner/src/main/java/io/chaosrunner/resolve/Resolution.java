package io.chaosrunner.resolve;

import static java.util.Objects.requireNonNull;

import io.chaosrunner.model.ExperimentSpec;
import java.util.List;

/** What came of resolving one entry of an engine. */
public sealed interface Resolution {

    /**
     * The entry can be launched.
     *
     * @param spec what to launch
     * @param warnings what the user wrote without effect or at a risk; usually none
     */
    record Resolved(ExperimentSpec spec, List<FieldProblem> warnings) implements Resolution {
        public Resolved {
            requireNonNull(spec, "spec is null");
            warnings = List.copyOf(warnings);
        }
    }

    /**
     * The ChaosExperiment does not exist.
     *
     * @param message names it and says what to do
     */
    record NotFound(String message) implements Resolution {
        public NotFound {
            requireNonNull(message, "message is null");
        }
    }

    /**
     * The entry cannot be launched as written.
     *
     * @param reason event reason of the first check that failed, in the order in which Litmus
     *     checks: {@code EnvParseError}, {@code SideCarPatchError}, {@code
     *     ExperimentDependencyCheck}
     * @param problems all problems, of every check
     */
    record Invalid(String reason, List<FieldProblem> problems) implements Resolution {
        public Invalid {
            requireNonNull(reason, "reason is null");
            problems = List.copyOf(problems);
            if (problems.isEmpty()) {
                throw new IllegalArgumentException("invalid without a problem");
            }
        }
    }
}
