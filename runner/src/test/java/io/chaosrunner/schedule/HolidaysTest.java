package io.chaosrunner.schedule;

import static io.chaosrunner.schedule.Schedules.ANCHOR;
import static io.chaosrunner.schedule.Schedules.spec;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.chaosrunner.claim.FireLedger.Skipped;
import io.chaosrunner.claim.SkipCause;
import io.chaosrunner.claim.Trigger;
import io.chaosrunner.holidays.HolidayList;
import io.chaosrunner.schedule.FirePlan.LastRun;
import io.chaosrunner.schedule.FirePlan.Situation;
import io.chaosrunner.schedule.FirePlan.Step;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.MonthDay;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What schedules make of shared lists of holidays, as exclusions that lie elsewhere. */
class HolidaysTest {
    private static final String HOURLY = "{every: 1h, holidays: office}";
    private static final LocalDate TUESDAY = LocalDate.of(2026, 3, 3);
    private static final Instant NOON = Instant.parse("2026-03-03T12:00:00Z");

    private static HolidayList days(LocalDate... dates) {
        var days = new java.util.HashMap<LocalDate, String>();
        for (LocalDate date : dates) {
            days.put(date, "Fête");
        }
        return new HolidayList.Days(days, Map.of());
    }

    private static Timetable timetable(String yaml, HolidayList office) {
        return Schedules.timetable(yaml).knowing(Map.of("office", office));
    }

    private static Situation settled(Instant at) {
        return new Situation(at, 0, Optional.empty());
    }

    @Test
    void aFireOnAHolidayIsSkippedWithItsName() {
        Timetable timetable = timetable(HOURLY, days(TUESDAY));

        assertThat(FirePlan.decide(timetable, settled(NOON.minusSeconds(1)), NOON).skipped())
                .containsExactly(
                        new Skipped(
                                NOON, NOON, 1, "holiday: Fête (office)", SkipCause.HOLIDAY, false));
        Instant wednesday = Instant.parse("2026-03-04T00:00:00Z");
        assertThat(FirePlan.decide(timetable, settled(wednesday.minusSeconds(1)), wednesday))
                .isInstanceOf(Step.Launch.class);
    }

    @Test
    void aDayWithoutANameIsToldByItsDateAndOneOfEachYearComesEachYear() {
        Timetable timetable =
                timetable(HOURLY, new HolidayList.Days(Map.of(), Map.of(MonthDay.of(3, 3), "")));

        assertThat(timetable.closedAt(NOON)).contains("holiday: 2026-03-03 (office)");
        assertThat(timetable.closedAt(Instant.parse("2031-03-03T23:59:59Z")))
                .contains("holiday: 2031-03-03 (office)");
    }

    @ParameterizedTest
    @CsvSource({
        "UTC, 2026-03-03T00:00:00Z, 2026-03-04T00:00:00Z",
        "Asia/Tokyo, 2026-03-02T15:00:00Z, 2026-03-03T15:00:00Z",
        "America/New_York, 2026-03-03T05:00:00Z, 2026-03-04T05:00:00Z",
    })
    void aDayIsThatOfTheSchedulesZone(String zone, Instant from, Instant until) {
        Timetable timetable =
                timetable(
                        "{every: 1h, holidays: office, timeZone: %s}".formatted(zone),
                        days(TUESDAY));

        assertThat(timetable.closedAt(from.minusMillis(1))).isEmpty();
        assertThat(timetable.closedAt(from)).isPresent();
        assertThat(timetable.closedAt(until.minusMillis(1))).isPresent();
        assertThat(timetable.closedAt(until)).isEmpty();
        assertThat(timetable.openFrom(from)).contains(until);
    }

    @Test
    void aDayThatTheClocksMakeLongerOrShorterIsShutWhole() {
        Timetable timetable =
                timetable(
                        "{every: 1h, holidays: office, timeZone: Europe/Berlin}",
                        days(LocalDate.of(2026, 3, 29), LocalDate.of(2026, 10, 25)));

        assertThat(timetable.openFrom(Instant.parse("2026-03-28T23:00:00Z")))
                .contains(Instant.parse("2026-03-29T22:00:00Z"));
        assertThat(timetable.openFrom(Instant.parse("2026-10-24T22:00:00Z")))
                .contains(Instant.parse("2026-10-25T23:00:00Z"));
    }

    /** What an exclusion of the same day says of when a late run may start. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "missed: runOnce",
                "missed: runOnce, startingDeadline: 2h",
                "missed: skip",
                "overlap: queue, missed: runOnce",
                "overlap: queueAll, startingDeadline: 30h",
            })
    void aLateRunStartsWhenItWouldIfTheDayWereExcluded(String policy) {
        String yaml = "cron: '0 23 * * *', " + policy;
        Timetable excluded =
                Schedules.timetable(
                        "{%s, exclude: [{name: x, dates: [2026-03-03]}]}".formatted(yaml));
        Timetable listed = timetable("{%s, holidays: office}".formatted(yaml), days(TUESDAY));
        Instant fire = Instant.parse("2026-03-02T23:00:00Z");
        var run =
                new LastRun(
                        "run 1",
                        Instant.parse("2026-03-02T22:30:00Z"),
                        Instant.parse("2026-03-03T01:00:00Z"),
                        Optional.empty());
        for (Instant now = fire;
                now.isBefore(Instant.parse("2026-03-03T22:00:00Z"));
                now = now.plus(Duration.ofMinutes(7))) {
            var situation = new Situation(fire.minusSeconds(1), 1, Optional.of(run));
            Step there = FirePlan.decide(excluded, situation, now);
            Step here = FirePlan.decide(listed, situation, now);

            assertThat(here).as("at %s", now).hasSameClassAs(there);
            if (here instanceof Step.Wait wait && wait.next().at().equals(fire)) {
                assertThat(wait.until()).isEqualTo(((Step.Wait) there).until());
            }
            assertThat(here.skipped()).hasSameSizeAs(there.skipped());
        }
    }

    @Test
    void aFireOnAHolidayIsNotCaughtUpAfterIt() {
        Timetable timetable =
                timetable("{cron: 0 12 * * *, holidays: office, missed: runOnce}", days(TUESDAY));

        Step step =
                FirePlan.decide(
                        timetable,
                        settled(NOON.minusSeconds(1)),
                        Instant.parse("2026-03-04T01:00:00Z"));

        assertThat(step.skipped())
                .extracting(Skipped::reason)
                .containsExactly("holiday: Fête (office)");
        assertThat(step).isInstanceOf(Step.Wait.class);
    }

    @Test
    void whatIsAskedForOnceWaitsForTheEndOfTheHoliday() {
        Timetable timetable =
                timetable("{now: true, holidays: office}", days(LocalDate.of(2026, 3, 2), TUESDAY));

        assertThat(FirePlan.decide(timetable, settled(timetable.beginning()), ANCHOR))
                .isInstanceOfSatisfying(
                        Step.Wait.class,
                        wait -> {
                            assertThat(wait.until()).isEqualTo("2026-03-04T00:00:00Z");
                            assertThat(wait.skipped()).isEmpty();
                        });
    }

    @Test
    void aStartThatJitterPutsOnAHolidayIsSkipped() {
        Timetable timetable =
                timetable("{cron: 30 23 * * *, jitter: 20h, holidays: office}", days(TUESDAY));
        Instant fire = Instant.parse("2026-03-02T23:30:00Z");
        Instant start = timetable.start(fire);

        assertThat(start).isAfter("2026-03-03T00:00:00Z");
        assertThat(start)
                .isEqualTo(
                        Schedules.timetable("{cron: 30 23 * * *, jitter: 20h, holidays: office}")
                                .start(fire));
        assertThat(FirePlan.decide(timetable, settled(fire.minusSeconds(1)), start).skipped())
                .extracting(Skipped::reason)
                .containsExactly("holiday: Fête (office)");
    }

    @Test
    void whileAListIsNotKnownNothingStartsAndItIsAskedForAgainUntilTheFireIsMissed() {
        Timetable base = Schedules.timetable(HOURLY);
        Instant before = NOON.minusSeconds(1);
        for (int late = 0; late <= 330; late += 30) {
            Instant now = NOON.plusSeconds(late);
            Timetable timetable =
                    base.knowing(
                            Map.of("office", new HolidayList.Unknown("gone", now.plusSeconds(30))));
            Step step = FirePlan.decide(timetable, settled(before), now);

            if (late <= 300) {
                assertThat(step)
                        .isInstanceOfSatisfying(
                                Step.Wait.class,
                                wait -> assertThat(wait.until()).isEqualTo(now.plusSeconds(30)));
                assertThat(step.skipped()).isEmpty();
            } else {
                assertThat(step.skipped())
                        .extracting(Skipped::reason)
                        .containsExactly("holidays are not known: gone");
            }
        }
    }

    @Test
    void aFireThatALaterOneFollowsAtOnceIsSkippedWhileAListIsNotKnown() {
        Timetable timetable =
                timetable(
                        "{every: 10s, holidays: office}",
                        new HolidayList.Unknown("gone", NOON.plusSeconds(30)));

        assertThat(FirePlan.decide(timetable, settled(NOON.minusSeconds(20)), NOON).skipped())
                .containsExactly(
                        new Skipped(
                                NOON.minusSeconds(10),
                                NOON,
                                2,
                                "holidays are not known: gone",
                                SkipCause.HOLIDAY_UNKNOWN,
                                false));
    }

    @Test
    void aRequestOnAHolidayStartsNothingUnlessItIsForced() {
        Timetable timetable = timetable(HOURLY, days(TUESDAY));
        for (boolean force : List.of(false, true)) {
            var trigger = new Trigger("t", NOON, NOON.plusSeconds(60), "", "me", "", force);
            assertThat(FirePlan.objection(timetable, settled(NOON), trigger, false, NOON))
                    .isEqualTo(force ? Optional.empty() : Optional.of("holiday: Fête (office)"));
        }
    }

    @Test
    void eachOfSeveralSchedulesHasItsListsByItsOwnClock() {
        Timetable timetable =
                Schedules.timetable(
                                """
                                schedules:
                                  - {name: berlin, cron: 0 12 * * *, timeZone: Europe/Berlin, holidays: berlin}
                                  - {name: tokyo, cron: 0 20 * * *, timeZone: Asia/Tokyo}
                                holidays: office
                                """)
                        .knowing(
                                Map.of(
                                        "office", days(LocalDate.of(2026, 3, 5)),
                                        "berlin", days(TUESDAY)));
        Instant both = Instant.parse("2026-03-03T11:00:00Z");

        assertThat(timetable.causes(both)).isEqualTo("berlin, tokyo");
        assertThat(timetable.closedAt(both, both)).as("one of them may").isEmpty();
        assertThat(timetable.closedAt(both.plus(Duration.ofDays(2)), both.plus(Duration.ofDays(2))))
                .contains("holiday: Fête (office)");
        assertThat(timetable.spec().lists()).containsExactly("berlin", "office");
    }

    @Test
    void aListNamesNoFiresSoItsEditsAndThoseOfItsNameKeepTheCount() {
        assertThat(spec(HOURLY).hash()).isEqualTo(spec("every: 1h").hash());
    }

    @Test
    void aPreviewShowsHolidaysAsWhatDoesNotFire() {
        Preview preview =
                Preview.of(
                        timetable("{cron: 0 */6 * * *, holidays: office}", days(TUESDAY))
                                .starting(),
                        Instant.parse("2026-03-02T18:00:00Z"),
                        2);

        assertThat(preview.entries())
                .extracting(Preview.Entry::at)
                .containsExactly(
                        Instant.parse("2026-03-02T18:00:00Z"),
                        Instant.parse("2026-03-03T00:00:00Z"),
                        Instant.parse("2026-03-04T00:00:00Z"));
        assertThat(preview.entries().get(1))
                .isEqualTo(
                        new Preview.Entry.Excluded(
                                Instant.parse("2026-03-03T00:00:00Z"),
                                Instant.parse("2026-03-03T18:00:00Z"),
                                4,
                                "holiday: Fête (office)"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "holidays: Office; is not the name of a ConfigMap",
                "holidays: 2026-12-25; is a day",
                "holidays: []; names no list",
                "holidays: \" \"; is not the name",
                "holidays: [a, b, c, d, e, f]; names 6 lists, and 5 are the most",
                "holidays: ../secrets; is not the name of a ConfigMap",
                "holiday: office; did you mean 'holidays'",
            })
    void aNameThatNoListCanHaveIsRefused(String setting, String why) {
        assertThatThrownBy(() -> spec("{every: 1h, %s}".formatted(setting)))
                .hasMessageContaining(why);
    }
}
