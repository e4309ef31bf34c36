package io.chaosrunner.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Holds the table of docs/schedules.md to what it says, row by row. */
class ClockChangeTest {
    private static final ZoneId BERLIN = ZoneId.of("Europe/Berlin");
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("HH:mmxxx");

    record Row(String what, String schedule, String spring, String autumn) {}

    static List<Row> rows() throws IOException {
        List<String> lines = Files.readAllLines(Path.of("..", "docs", "schedules.md"));
        return lines
                .subList(
                        lines.indexOf("## When the clocks change"),
                        lines.indexOf("## What becomes of each fire"))
                .stream()
                .filter(line -> line.contains("`") && line.startsWith("| "))
                .map(line -> line.split(" \\| ?", -1))
                .map(cell ->
                        new Row(
                                cell[0].substring(2),
                                cell[1].substring(1, cell[1].length() - 1),
                                cell[2].strip(),
                                cell[3].strip()))
                .toList();
    }

    @Test
    void thePolicyIsOneTable() throws IOException {
        assertThat(rows()).hasSizeGreaterThanOrEqualTo(11);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("rows")
    void theClocksJumpAsTheTableSays(Row row) {
        assertThat(fires(row.schedule(), LocalDate.of(2026, 3, 29))).isEqualTo(row.spring());
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("rows")
    void theClocksFallBackAsTheTableSays(Row row) {
        assertThat(fires(row.schedule(), LocalDate.of(2026, 10, 25))).isEqualTo(row.autumn());
    }

    private static String fires(String schedule, LocalDate day) {
        Instant from = day.atStartOfDay(BERLIN).toInstant();
        Instant until = day.atTime(6, 0).atZone(BERLIN).toInstant();
        ScheduleSpec spec =
                ScheduleSpec.of(Optional.of(schedule), Map.of("timeZone", BERLIN.getId()), from)
                        .orElseThrow();
        Timetable timetable = Timetable.of(spec, from, 0);
        var fires = new ArrayList<String>();
        Optional<Instant> next = timetable.next(from.minusMillis(1));
        while (next.isPresent() && next.get().isBefore(until)) {
            fires.add(TIME.format(next.get().atZone(BERLIN)));
            next = timetable.next(next.get());
        }
        return fires.isEmpty() ? "none" : String.join(" ", fires);
    }
}
