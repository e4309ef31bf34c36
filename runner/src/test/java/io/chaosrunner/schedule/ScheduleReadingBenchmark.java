package io.chaosrunner.schedule;

import static io.chaosrunner.schedule.Schedules.ANCHOR;

import io.chaosrunner.holidays.HolidayList;
import io.chaosrunner.strategy.InvalidParameters;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.time.LocalDate;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * Measure the CPU that schedules cost. Prints figures and asserts none of them.
 *
 * <p>Not part of the tests: run it by {@code -Dtest=ScheduleReadingBenchmark}, in the service's JVM
 * ({@code -XX:TieredStopAtLevel=1 -XX:+UseSerialGC}).
 */
class ScheduleReadingBenchmark {
    private static final int SCHEDULES = Integer.getInteger("chaosrunner.bench.schedules", 10_000);
    private static final List<String> FORMS =
            List.of(
                    "every: 5m",
                    "{cron: '*/30 * * * *', timeZone: Europe/Berlin, days: Mon-Fri, hours: 9-17, exclude: [12-25, {name: freeze, from: 2026-12-20, until: 2027-01-06}]}",
                    "{cron: 0 9 * * MON-FRI, timeZone: America/New_York, jitter: 10m}",
                    "{every: 2h, hours: 9-17, missed: runOnce}");
    private static final String UNION =
            "{schedules: [{name: office, cron: '*/30 9-16 * * *', days: Mon-Fri}, {name: weekend, every: 6h, days: [Sat, Sun]}, {cron: 0 3 1 * *, timeZone: Asia/Tokyo}], timeZone: Europe/Berlin, exclude: [12-25], holidays: office, jitter: 10m}";

    /** The days of thirty years, twelve in each. */
    private static final Map<String, HolidayList> HOLIDAYS =
            Map.of(
                    "office",
                    new HolidayList.Days(
                            IntStream.range(0, 360)
                                    .boxed()
                                    .collect(
                                            Collectors.toMap(
                                                    i -> LocalDate.of(2026, 1, 15).plusMonths(i),
                                                    i -> "day " + i)),
                            Map.of()));

    private static Duration cpu(Runnable work) {
        var process =
                (com.sun.management.OperatingSystemMXBean)
                        ManagementFactory.getOperatingSystemMXBean();
        long before = process.getProcessCpuTime();
        work.run();
        return Duration.ofNanos(process.getProcessCpuTime() - before);
    }

    @Test
    void schedulesAreReadAndTheirFirstStartFound() {
        Duration cpu =
                cpu(() -> {
                    for (int i = 0; i < SCHEDULES; i++) {
                        Timetable timetable = Schedules.timetable(FORMS.get(i % FORMS.size()));
                        timetable.next(ANCHOR.plusSeconds(i)).ifPresent(timetable::start);
                    }
                });
        System.out.printf("%d schedules read: %d ms of CPU%n", SCHEDULES, cpu.toMillis());
    }

    @Test
    void unionsAreReadAndTheirFirstStartFound() {
        Duration cpu =
                cpu(() -> {
                    for (int i = 0; i < SCHEDULES; i++) {
                        String form = i % 5 == 4 ? UNION : FORMS.get(i % 5);
                        Timetable timetable = Schedules.timetable(form).knowing(HOLIDAYS);
                        timetable.next(ANCHOR.plusSeconds(i)).ifPresent(timetable::start);
                    }
                });
        System.out.printf(
                "%d schedules read, one in five a union with holidays: %d ms of CPU%n",
                SCHEDULES, cpu.toMillis());
    }

    @Test
    void aPreviewIsLinear() {
        Map<String, String> forms =
                Map.of(
                        "with windows", FORMS.get(1),
                        "of a union with holidays", UNION,
                        "with holidays", "{cron: 0 */2 * * *, holidays: office}",
                        "of a sparse window", "{every: 1s, days: Mon, hours: '03:00-03:01'}",
                        "of a sparse union",
                                "{schedules: [{cron: 0 3 29 2 *}, {every: 1s, days: Mon, hours: '03:00-03:01'}]}");
        for (int fires : new int[] {10_000, 100_000, 1_000_000}) {
            forms.forEach((name, form) -> {
                Duration cpu =
                        cpu(() ->
                                Preview.of(
                                        Schedules.timetable(form).knowing(HOLIDAYS).starting(),
                                        ANCHOR,
                                        fires));
                System.out.printf(
                        "preview of %d fires %s: %d ms of CPU%n", fires, name, cpu.toMillis());
            });
        }
    }

    @Test
    void aScheduleThatNeverFiresIsRefused() {
        for (String never :
                List.of(
                        "{every: 5m, exclude: [{days: Mon-Sun}]}",
                        "{cron: '* 3-4 * * *', hours: 9-17, timeZone: Europe/Berlin}")) {
            Duration cpu =
                    cpu(() -> {
                        try {
                            ScheduleSpec.of(Optional.of(never), Map.of(), ANCHOR);
                        } catch (InvalidParameters e) {
                            // Measured.
                        }
                    });
            System.out.printf("%s refused: %d ms of CPU%n", never, cpu.toMillis());
        }
    }
}
