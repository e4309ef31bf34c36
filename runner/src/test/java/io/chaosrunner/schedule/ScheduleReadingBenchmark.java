package io.chaosrunner.schedule;

import static io.chaosrunner.schedule.Schedules.ANCHOR;

import io.chaosrunner.strategy.InvalidParameters;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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
    void aPreviewIsLinear() {
        for (int fires : new int[] {10_000, 100_000, 1_000_000}) {
            Duration cpu = cpu(() -> Preview.of(Schedules.timetable(FORMS.get(1)), ANCHOR, fires));
            System.out.printf("preview of %d fires: %d ms of CPU%n", fires, cpu.toMillis());
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
