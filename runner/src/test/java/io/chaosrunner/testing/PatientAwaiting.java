package io.chaosrunner.testing;

import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Waits for what is bound to come, however busy the machine is: Awaitility's ten seconds are not
 * enough. Found by JUnit for every test class, see {@code META-INF/services}.
 */
public final class PatientAwaiting implements BeforeAllCallback {
    @Override
    public void beforeAll(ExtensionContext context) {
        Awaitility.setDefaultTimeout(Duration.ofMinutes(2));
    }
}
