package io.chaosrunner.model;

import java.io.Serial;

/**
 * An answer of a plug-in that did not come as it should: it threw something, took too long, or
 * ended its process.
 *
 * <p>The message is what its strategy did, such as {@code threw java.lang.IllegalStateException} or
 * {@code did not answer within 10 s}: one line, fit to be shown.
 */
public final class PluginFailure extends RuntimeException {
    @Serial private static final long serialVersionUID = 1L;

    public PluginFailure(String message) {
        super(message);
    }

    public PluginFailure(String message, Throwable cause) {
        super(message, cause);
    }

    /** Return what the strategy did. */
    @Override
    public String getMessage() {
        return String.valueOf(super.getMessage());
    }
}
