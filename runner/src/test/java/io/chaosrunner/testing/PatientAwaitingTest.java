package io.chaosrunner.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** Tests of {@link PatientAwaiting}: that JUnit finds it. */
class PatientAwaitingTest {
    @Test
    void whoSaysNoBoundWaitsTwoMinutes() {
        var remaining = new AtomicReference<>(Duration.ZERO);
        Awaitility.with()
                .conditionEvaluationListener(
                        seen -> remaining.set(Duration.ofMillis(seen.getRemainingTimeInMS())))
                .await()
                .until(() -> true);

        assertThat(remaining.get()).isBetween(Duration.ofSeconds(60), Duration.ofMinutes(2));
    }
}
