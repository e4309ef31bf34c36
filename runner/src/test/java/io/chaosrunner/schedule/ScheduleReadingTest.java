package io.chaosrunner.schedule;

import static io.chaosrunner.schedule.Schedules.ANCHOR;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.chaosrunner.strategy.InvalidParameters;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ScheduleReadingTest {
    private static final Optional<String> NEVER =
            Optional.of("{every: 5m, exclude: [{days: Mon-Sun}]}");

    private final ScheduleReading reading = new ScheduleReading();

    @Test
    void aScheduleThatNeverFiresIsSearchedOnce() {
        for (int i = 0; i < 3; i++) {
            assertThatExceptionOfType(InvalidParameters.class)
                    .isThrownBy(() -> reading.of(NEVER, Map.of(), ANCHOR))
                    .withMessageContaining("nothing would ever run");
        }

        assertThat(reading.readings()).isOne();
    }

    @Test
    void aScheduleThatWasEditedIsReadAnew() {
        assertThatExceptionOfType(InvalidParameters.class)
                .isThrownBy(() -> reading.of(NEVER, Map.of(), ANCHOR));
        Optional<String> hourly = Optional.of("every: 1h");

        assertThat(reading.of(hourly, Map.of(), ANCHOR)).contains(Schedules.spec("every: 1h"));
        assertThat(reading.of(hourly, Map.of("every", "60m"), ANCHOR))
                .contains(Schedules.spec("every: 60m"));
        assertThat(reading.of(Optional.empty(), Map.of(), ANCHOR)).isEmpty();
        assertThat(reading.readings()).isEqualTo(4);
    }
}
