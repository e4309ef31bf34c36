package io.chaosrunner.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import java.text.ParseException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.Date;
import java.util.List;
import java.util.Random;
import java.util.TimeZone;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.quartz.CronExpression;

/** Holds six and seven fields to what Quartz reads in them, where Quartz is right. */
class QuartzAgreementTest {
    private static final int EXPRESSIONS = 500;
    private static final int FIRES = 10;

    @Test
    void expressionsThatQuartzReadsRightMeanTheSame() throws ParseException, CronReader.Fault {
        var random = new Random(30);
        for (int i = 0; i < EXPRESSIONS; i++) {
            String text = expression(random);
            var quartz = new CronExpression(text);
            quartz.setTimeZone(TimeZone.getTimeZone("UTC"));
            CronClock ours = CronReader.of(text);
            LocalDateTime clock =
                    LocalDateTime.of(2026, 1, 1, 0, 0).plusSeconds(random.nextInt(100_000_000));
            for (int fire = 0; fire < FIRES && clock != null; fire++) {
                Instant after = clock.toInstant(ZoneOffset.UTC);
                Date due = quartz.getNextValidTimeAfter(Date.from(after));
                clock = ours.after(clock);
                if (clock == null) {
                    assertThat(due == null || !due.toInstant().isBefore(Timetable.END))
                            .as("%s after %s: %s", text, after, due)
                            .isTrue();
                } else {
                    assertThat(clock.toInstant(ZoneOffset.UTC))
                            .as("%s after %s", text, after)
                            .isEqualTo(due == null ? null : due.toInstant());
                }
            }
        }
    }

    private static String expression(Random random) {
        boolean ofMonth = random.nextBoolean();
        String day = ofMonth ? dayOfMonth(random) : dayOfWeek(random);
        String month = random.nextInt(3) == 0 ? list(random, 1, 12) : "*";
        return "%s %s %s %s %s %s%s"
                .formatted(
                        list(random, 0, 59),
                        list(random, 0, 59),
                        list(random, 0, 23),
                        ofMonth ? day : "?",
                        month,
                        ofMonth ? "?" : day,
                        random.nextInt(4) == 0 ? " 2027,2029-2098/3" : "");
    }

    private static String dayOfMonth(Random random) {
        return switch (random.nextInt(5)) {
            case 0 -> "L";
            case 1 -> "L-" + random.nextInt(27);
            case 2 -> "*";
            // February has it too.
            default -> list(random, 1, 28);
        };
    }

    private static String dayOfWeek(Random random) {
        int day = 1 + random.nextInt(7);
        return switch (random.nextInt(5)) {
            case 0 -> day + "L";
            case 1 -> day + "#" + (1 + random.nextInt(4));
            case 2 -> List.of("MON-FRI", "FRI-MON", "L", "SUN,WED", "TUE-SAT/2").get(day % 5);
            default -> list(random, 1, 7);
        };
    }

    private static String list(Random random, int least, int most) {
        return IntStream.range(0, 1 + random.nextInt(3))
                .mapToObj(_ -> item(random, least, most))
                .collect(Collectors.joining(","));
    }

    private static String item(Random random, int least, int most) {
        int from = least + random.nextInt(most - least + 1);
        int to = least + random.nextInt(most - least + 1);
        int step = 1 + random.nextInt(most - least);
        return switch (random.nextInt(6)) {
            case 0 -> "*/" + step;
            case 1 -> from + "/" + step;
            case 2 -> Math.min(from, to) + "-" + Math.max(from, to);
            case 3 -> Math.min(from, to) + "-" + Math.max(from, to) + "/" + step;
            default -> String.valueOf(from);
        };
    }
}
