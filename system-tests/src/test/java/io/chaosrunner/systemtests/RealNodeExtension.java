package io.chaosrunner.systemtests;

import org.junit.jupiter.api.extension.AfterTestExecutionCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ExtensionContext.Store;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/** Do what {@link NeedsRealNode} promises. */
final class RealNodeExtension implements ParameterResolver, AfterTestExecutionCallback {

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        return parameter.getParameter().getType() == RealNode.class;
    }

    @Override
    public RealNode resolveParameter(ParameterContext parameter, ExtensionContext context) {
        return node(context);
    }

    @Override
    public void afterTestExecution(ExtensionContext context) {
        if (context.getExecutionException().isPresent()) {
            node(context).controlPlane().keepFiles();
        }
    }

    /** One for all: the root's store is shared. */
    private static RealNode node(ExtensionContext context) {
        Store store = context.getRoot().getStore(Namespace.create(RealNode.class));
        return store.computeIfAbsent(RealNode.class, key -> RealNode.start(), RealNode.class);
    }
}
