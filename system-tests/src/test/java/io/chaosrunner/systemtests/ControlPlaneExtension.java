package io.chaosrunner.systemtests;

import java.util.Optional;
import org.junit.jupiter.api.extension.AfterTestExecutionCallback;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/** Do what {@link NeedsControlPlane} promises. */
final class ControlPlaneExtension
        implements ExecutionCondition, AfterTestExecutionCallback, ParameterResolver {

    @Override
    public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
        // Where it is required the test runs, and start() fails with the reason.
        if ("required".equals(System.getenv("CHAOSRUNNER_SYSTEM_TESTS"))) {
            return ConditionEvaluationResult.enabled("a control plane is required");
        }
        Optional<String> why = ControlPlane.whyUnavailable();
        return why.map(ConditionEvaluationResult::disabled)
                .orElseGet(() -> ConditionEvaluationResult.enabled("a control plane is built"));
    }

    @Override
    public void afterTestExecution(ExtensionContext context) {
        if (context.getExecutionException().isPresent()) {
            ControlPlane.sharedThatStarted().forEach(ControlPlane::keepFiles);
        }
    }

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        return parameter.getParameter().getType() == ControlPlane.class;
    }

    @Override
    public ControlPlane resolveParameter(ParameterContext parameter, ExtensionContext context) {
        return ControlPlane.shared();
    }
}
