package io.chaosrunner.machine;

import io.chaosrunner.model.ForeignText;
import io.chaosrunner.model.PluginFailure;
import java.io.Serial;

/** A rule of the SPI that a plan broke; the message says which, in one line. */
public final class BrokenPlan extends RuntimeException {
    @Serial private static final long serialVersionUID = 1L;

    public BrokenPlan(String message) {
        super(message);
    }

    public BrokenPlan(String message, Throwable cause) {
        super(message, cause);
    }

    /** Say what was thrown when a plan was asked. */
    public static BrokenPlan threw(Throwable thrown) {
        return new BrokenPlan(
                thrown instanceof PluginFailure failure
                        ? String.valueOf(failure.getMessage())
                        : "threw " + ForeignText.line(thrown.toString()),
                thrown);
    }
}
