package io.chaosrunner.run;

import java.io.Serial;

/** Report that a plan broke a rule of the SPI; the message says which, in one line. */
final class BrokenPlan extends RuntimeException {
    @Serial private static final long serialVersionUID = 1L;

    BrokenPlan(String message) {
        super(message);
    }

    BrokenPlan(String message, Throwable cause) {
        super(message, cause);
    }
}
