package io.chaosrunner.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Holds fires against a table that knows nothing of Quartz. */
class DaylightSavingTest {

    record Row(String zone, String schedule, Instant from, Instant until, List<Instant> fires) {
        @Override
        public String toString() {
            return zone + ": " + schedule + " from " + from;
        }
    }

    static Stream<Row> rows() throws IOException {
        try (InputStream table =
                DaylightSavingTest.class.getResourceAsStream("/schedule/fires.txt")) {
            return new String(table.readAllBytes(), StandardCharsets.UTF_8)
                            .lines()
                            .filter(line -> !line.isBlank() && !line.startsWith("#"))
                            .map(DaylightSavingTest::row)
                            .toList()
                            .stream();
        }
    }

    private static Row row(String line) {
        String[] part = line.split(" \\| ");
        var fires = new ArrayList<Instant>();
        String day = "";
        for (String time : part[4].split(" ")) {
            if (time.length() > 5) {
                day = time.substring(0, 11);
            }
            if (!time.equals("-")) {
                fires.add(instant(time.length() > 5 ? time : day + time + "Z"));
            }
        }
        return new Row(part[0], part[1], instant(part[2]), instant(part[3]), fires);
    }

    private static Instant instant(String minutes) {
        return Instant.parse(minutes.replace("Z", ":00Z"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("rows")
    void aScheduleFiresAsTheTableSays(Row row) {
        Map<String, Object> settings =
                row.schedule().startsWith("every ")
                        ? Map.of("every", row.schedule().substring(6), "timeZone", row.zone())
                        : Map.of("cron", row.schedule(), "timeZone", row.zone());
        ScheduleSpec spec = ScheduleSpec.of(Optional.empty(), settings, row.from()).orElseThrow();
        Timetable timetable = Timetable.of(spec, row.from(), 0);
        var fires = new ArrayList<Instant>();
        Optional<Instant> next = timetable.next(row.from().minusMillis(1));
        while (next.isPresent() && !next.get().isAfter(row.until())) {
            fires.add(next.get());
            next = timetable.next(next.get());
        }
        assertThat(fires).isEqualTo(row.fires());
    }

    @Test
    void theTableHasBothChangesOfTwelveZonesWithFiveSchedulesEach() throws IOException {
        Map<String, Long> rows =
                rows().collect(
                                java.util.stream.Collectors.groupingBy(
                                        Row::zone, java.util.stream.Collectors.counting()));
        assertThat(rows.values().stream().filter(count -> count >= 10)).hasSizeGreaterThan(12);
    }
}
