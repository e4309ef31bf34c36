package io.chaosrunner.schedule;

import static io.chaosrunner.schedule.Schedules.ANCHOR;
import static io.chaosrunner.schedule.Schedules.next;
import static io.chaosrunner.schedule.Schedules.spec;
import static io.chaosrunner.schedule.Schedules.timetable;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.time.LocalTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class TimetableTest {
    private static final Instant BEFORE = ANCHOR.minusSeconds(1);

    @Test
    void anIntervalIsCountedFromTheAnchorWheneverOneAsks() {
        assertThat(next("every: 45m", BEFORE, 3))
                .containsExactly(
                        "Mon 2026-03-02 10:00", "Mon 2026-03-02 10:45", "Mon 2026-03-02 11:30");
        assertThat(next("every: 45m", ANCHOR.plus(Duration.ofDays(400)).plusSeconds(1), 1))
                .containsExactly("Tue 2027-04-06 10:45");
        assertThat(next("{every: 45m, from: 2026-03-02T12:10}", BEFORE, 2))
                .containsExactly("Mon 2026-03-02 12:10", "Mon 2026-03-02 12:55");
    }

    @Test
    void onceAndNowFireOnce() {
        assertThat(next("once: 2026-03-05T09:00+01:00", BEFORE, 5))
                .containsExactly("Thu 2026-03-05 08:00");
        assertThat(next("now: true", BEFORE, 5)).containsExactly("Mon 2026-03-02 10:00");
    }

    @Test
    void nothingFiresBeforeFromOrAfterUntil() {
        assertThat(next("{cron: 0 9 * * *, from: 2026-03-04, until: 2026-03-06T09:00}", BEFORE, 9))
                .containsExactly(
                        "Wed 2026-03-04 09:00", "Thu 2026-03-05 09:00", "Fri 2026-03-06 09:00");
    }

    @Test
    void officeHoursWithHolidays() {
        String schedule =
                """
                every: 30m
                from: 2026-04-02T15:30
                timeZone: Europe/Berlin
                days: Mon-Fri
                hours: 9-17
                exclude:
                  - {name: Good Friday, dates: 2026-04-03}
                  - {name: Easter Monday, dates: 2026-04-06}
                """;
        assertThat(next(schedule, BEFORE, 5))
                .containsExactly(
                        "Thu 2026-04-02 15:30",
                        "Thu 2026-04-02 16:00",
                        "Thu 2026-04-02 16:30",
                        "Tue 2026-04-07 09:00",
                        "Tue 2026-04-07 09:30");
        Timetable timetable = timetable(schedule);
        assertThat(timetable.closedAt(Instant.parse("2026-04-03T10:00:00Z")))
                .contains("Good Friday");
        assertThat(timetable.closedAt(Instant.parse("2026-04-04T10:00:00Z"))).contains("weekend");
        assertThat(timetable.closedAt(Instant.parse("2026-04-02T15:00:00Z")))
                .contains("outside hours");
        assertThat(timetable.closedAt(Instant.parse("2026-04-02T14:59:59.999Z"))).isEmpty();
    }

    @Test
    void hoursCanSpanMidnight() {
        assertThat(next("{every: 2h, hours: 22-3}", BEFORE, 4))
                .containsExactly(
                        "Mon 2026-03-02 22:00",
                        "Tue 2026-03-03 00:00",
                        "Tue 2026-03-03 02:00",
                        "Tue 2026-03-03 22:00");
    }

    @Test
    void aDayOfEveryYearIsExcludedInEachYear() {
        assertThat(
                        next(
                                "{cron: 0 9 25-26 12 *, exclude: [12-25], timeZone: Asia/Tokyo}",
                                BEFORE,
                                2))
                .containsExactly("Sat 2026-12-26 09:00", "Sun 2027-12-26 09:00");
    }

    @Test
    void aNamedSpanAndAWeeklyWindowAreExcluded() {
        String schedule =
                """
                every: 1h
                hours: 14-17
                exclude:
                  - {name: freeze, from: 2026-03-03, until: 2026-03-05T15:30}
                  - {name: Friday afternoon, days: Fri, hours: 15-24}
                """;
        assertThat(next(schedule, BEFORE, 6))
                .containsExactly(
                        "Mon 2026-03-02 14:00",
                        "Mon 2026-03-02 15:00",
                        "Mon 2026-03-02 16:00",
                        "Thu 2026-03-05 16:00",
                        "Fri 2026-03-06 14:00",
                        "Sat 2026-03-07 14:00");
        assertThat(timetable(schedule).closedAt(Instant.parse("2026-03-06T15:00:00Z")))
                .contains("Friday afternoon");
    }

    @Test
    void aDenseScheduleFindsItsNextWindowAtOnce() {
        assertThat(
                        next(
                                "{every: 1s, days: Mon, hours: '09:00-09:01'}",
                                Instant.parse("2026-03-09T09:00:59Z"),
                                1))
                .containsExactly("Mon 2026-03-16 09:00");
    }

    @Test
    void aDayThatIsCutShortByTheClocksIsStillThatDay() {
        // In Cairo, April 25 2025 began at one o'clock.
        ScheduleSpec spec =
                ScheduleSpec.of(
                                Optional.of(
                                        "{every: 1h, timeZone: Africa/Cairo, exclude: [2025-04-25]}"),
                                java.util.Map.of(),
                                Instant.parse("2025-04-24T20:00:00Z"))
                        .orElseThrow();
        Timetable timetable = Timetable.of(spec, Instant.parse("2025-04-24T20:00:00Z"), 0);
        assertThat(timetable.next(Instant.parse("2025-04-24T21:00:00Z")))
                .contains(Instant.parse("2025-04-25T21:00:00Z"));
    }

    @Test
    void hoursAreWhatTheClockShows() {
        String schedule = "{every: 15m, timeZone: Europe/Berlin, hours: '02:30-04:00'}";
        assertThat(next(schedule, Instant.parse("2026-03-29T00:00:00Z"), 2))
                .containsExactly("Sun 2026-03-29 03:00", "Sun 2026-03-29 03:15");
        assertThat(next(schedule, Instant.parse("2026-10-25T00:00:00Z"), 4))
                .containsExactly(
                        "Sun 2026-10-25 02:30",
                        "Sun 2026-10-25 02:45",
                        "Sun 2026-10-25 02:30",
                        "Sun 2026-10-25 02:45");
    }

    @Test
    void anExclusionOfHoursWithoutDaysEndsNothing() {
        assertThat(next("{every: 30m, exclude: [{name: lunch, hours: 12-14}]}", BEFORE, 6))
                .containsExactly(
                        "Mon 2026-03-02 10:00",
                        "Mon 2026-03-02 10:30",
                        "Mon 2026-03-02 11:00",
                        "Mon 2026-03-02 11:30",
                        "Mon 2026-03-02 14:00",
                        "Mon 2026-03-02 14:30");
    }

    @Test
    void theLastYearIsReached() {
        assertThat(next("cron: 0 0 9 31 12 ? 2099", BEFORE, 2))
                .containsExactly("Thu 2099-12-31 09:00");
        assertThat(next("{cron: 0 0 9 29 2 ?, days: Mon}", BEFORE, 3))
                .containsExactly("Mon 2044-02-29 09:00", "Mon 2072-02-29 09:00");
        assertThat(next("{every: 1d, exclude: [{from: 2026-03-03, until: 2099-12-30}]}", BEFORE, 3))
                .containsExactly("Mon 2026-03-02 10:00", "Thu 2099-12-31 10:00");
    }

    /** Friday's hours over midnight are its own first six and last two, not Saturday's. */
    @Test
    void hoursOverMidnightBelongToTheDayOfTheCalendar() {
        assertThat(next("{every: 2h, days: Fri, hours: 22-6}", BEFORE, 5))
                .containsExactly(
                        "Fri 2026-03-06 00:00",
                        "Fri 2026-03-06 02:00",
                        "Fri 2026-03-06 04:00",
                        "Fri 2026-03-06 22:00",
                        "Fri 2026-03-13 00:00");
        assertThat(
                        next(
                                "{every: 2h, hours: 20-6, exclude: [{days: Fri, hours: 22-2}]}",
                                Instant.parse("2026-03-05T21:00:00Z"),
                                5))
                .containsExactly(
                        "Thu 2026-03-05 22:00",
                        "Fri 2026-03-06 02:00",
                        "Fri 2026-03-06 04:00",
                        "Fri 2026-03-06 20:00",
                        "Sat 2026-03-07 00:00");
    }

    // ---- Jitter -------------------------------------------------------------------------------

    @Test
    void jitterMovesTheStartAndNotTheFire() {
        Timetable timetable = timetable("{every: 1h, jitter: 30m}");
        Set<Duration> delays = new HashSet<>();
        Instant fire = ANCHOR;
        for (int i = 0; i < 200; i++) {
            assertThat(timetable.next(fire.minusMillis(1))).contains(fire);
            Duration delay = Duration.between(fire, timetable.start(fire));
            assertThat(delay).isBetween(Duration.ZERO, Duration.ofMinutes(30));
            assertThat(timetable.start(fire)).isEqualTo(timetable.start(fire));
            delays.add(delay);
            fire = fire.plus(Duration.ofHours(1));
        }
        assertThat(delays).hasSizeGreaterThan(190);
        assertThat(delays.stream().mapToLong(Duration::toMinutes).average().orElse(0))
                .as("mean of 200 draws, whose standard deviation is 0.6")
                .isBetween(12.0, 17.5);
    }

    @Test
    void anotherSeedMeansAnotherMoment() {
        ScheduleSpec spec = spec("{every: 1h, jitter: 30m}");
        assertThat(Timetable.of(spec, ANCHOR, 1).start(ANCHOR))
                .isNotEqualTo(Timetable.of(spec, ANCHOR, 2).start(ANCHOR));
    }

    @Test
    void jitterStaysWithinTheWindows() {
        Timetable timetable = timetable("{cron: 0 9 * * MON-FRI, hours: 9-12, jitter: 8h}");
        var hours = new ArrayList<LocalTime>();
        Optional<Instant> fire = timetable.next(BEFORE);
        for (int i = 0; i < 100; i++) {
            hours.add(timetable.start(fire.orElseThrow()).atZone(ZoneOffset.UTC).toLocalTime());
            fire = timetable.next(fire.get());
        }
        assertThat(hours)
                .allMatch(time -> time.getHour() >= 9 && time.getHour() < 12)
                .anyMatch(time -> time.getHour() == 9)
                .anyMatch(time -> time.getHour() == 11);
    }
}
