package io.chaosrunner.systemtests;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.util.Optional;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Run a test that uses a {@link ToolProgram}.
 *
 * <p>Where the programs are not built the test is skipped, and the reason says how to build them.
 * With {@code CHAOSRUNNER_SYSTEM_TESTS=required} in the environment it fails instead.
 */
@Documented
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(NeedsTools.Condition.class)
@interface NeedsTools {

    /** Does what the annotation promises. */
    final class Condition implements ExecutionCondition {
        @Override
        public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
            Optional<String> why = ToolProgram.whyMissing();
            if ("required".equals(System.getenv("CHAOSRUNNER_SYSTEM_TESTS"))) {
                why.ifPresent(text -> {
                    throw new IllegalStateException(text);
                });
            }
            return why.map(ConditionEvaluationResult::disabled)
                    .orElseGet(() -> ConditionEvaluationResult.enabled("the programs are built"));
        }
    }
}
