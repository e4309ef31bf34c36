package io.chaosrunner.schedule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.chaosrunner.claim.FireLedger;
import io.chaosrunner.model.Fire;
import io.chaosrunner.schedule.FirePlan.LastRun;
import io.chaosrunner.schedule.FirePlan.Situation;
import io.chaosrunner.schedule.FirePlan.Step;
import io.chaosrunner.strategy.InvalidParameters;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The setting {@code schedules}: the union of several. */
class SeveralSchedulesTest {
    /** A Monday. */
    private static final Instant MONDAY = Instant.parse("2026-03-02T00:00:00Z");

    private static final String OFFICE_AND_NIGHT =
            "{schedules: [{name: office, cron: 0 9 * * *, days: Mon-Fri}, {every: 6h}]}";

    @Test
    void firesAtOneInstantAreOneAndEachSaysWhichScheduleItIsOf() {
        Timetable timetable =
                timetable("{schedules: [{name: office, cron: \"0 6,9 * * *\"}, {every: 6h}]}");

        assertThat(fires(timetable, 5))
                .containsExactly(
                        "2026-03-02T00:00:00Z every 6h",
                        "2026-03-02T06:00:00Z office, every 6h",
                        "2026-03-02T09:00:00Z office",
                        "2026-03-02T12:00:00Z every 6h",
                        "2026-03-02T18:00:00Z every 6h");
    }

    @Test
    void eachHasItsOwnZoneAndWindows() {
        Timetable timetable =
                timetable(
                        "{schedules: [{name: a, cron: 0 9 * * *, timeZone: Asia/Tokyo}, {name: b, cron: 0 9 * * *, days: Mon}], timeZone: Europe/Berlin}");

        assertThat(fires(timetable, 4))
                .containsExactly(
                        "2026-03-02T00:00:00Z a",
                        "2026-03-02T08:00:00Z b",
                        "2026-03-03T00:00:00Z a",
                        "2026-03-04T00:00:00Z a");
    }

    @Test
    void whatStandsBesideThemHoldsForEach() {
        Timetable timetable =
                timetable(
                        "{schedules: [{name: a, cron: 0 9 * * *}, {name: b, cron: 0 12 * * *, days: Mon-Wed, hours: 11-20}], days: Tue-Fri, hours: 8-13, exclude: [2026-03-04], from: 2026-03-03T10:00, until: 2026-03-05}");

        assertThat(fires(timetable, 9))
                .containsExactly("2026-03-03T12:00:00Z b", "2026-03-05T09:00:00Z a");
    }

    @Test
    void aRunThatIsLateStartsInTheWindowsOfItsOwnSchedule() {
        Timetable timetable =
                timetable(
                        "{schedules: [{name: a, cron: 0 9 * * *, hours: 9-10}, {name: b, cron: 0 20 * * *}], missed: runOnce}");
        var situation = new Situation(MONDAY, 0, Optional.empty());

        assertThat(FirePlan.decide(timetable, situation, Instant.parse("2026-03-02T11:00:00Z")))
                .as("the other one's windows are open")
                .isInstanceOfSatisfying(
                        Step.Wait.class,
                        wait -> assertThat(wait.next().at()).isEqualTo("2026-03-02T20:00:00Z"))
                .satisfies(step ->
                        assertThat(step.skipped())
                                .extracting(FireLedger.Skipped::reason)
                                .containsExactly("too late: outside hours"));
    }

    @Test
    void jitterEndsBeforeTheNextFireOfAnyOfThem() {
        Timetable timetable =
                timetable("{schedules: [{every: 1h}, {cron: 10 * * * *}], jitter: 50m}");

        for (int hour = 0; hour < 200; hour++) {
            Instant fire = MONDAY.plus(Duration.ofHours(hour));
            assertThat(timetable.start(fire)).isBetween(fire, fire.plusSeconds(600));
        }
    }

    @Test
    void aRunIsRecordedWithTheScheduleThatFired() {
        Timetable timetable = timetable(OFFICE_AND_NIGHT);
        Fire fire = timetable.fire(Instant.parse("2026-03-02T09:00:00Z"));

        assertThat(fire.cause().note()).isEqualTo("office");
        FireLedger fires = FireLedger.NONE.next(Optional.of(fire));
        assertThat(fires.started()).contains(fire);
        assertThat(fires.settled()).contains(new Fire(fire.at(), fire.schedule()));
        assertThat(fires.isSettled(fire)).isTrue();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{schedules: [{every: 6h}, {name: x, cron: 0 9 * * 1-5}]}",
                "{schedules: [{cron: '0  9 * * MON-FRI'}, {every: 360m}]}",
                "{schedules: [{cron: 0 9 * * Mon-Fri}, {every: 6h}, {every: 6h, name: again}]}",
                "{schedules: [{cron: 0 9 * * Mon-Fri}, {every: 6h}], timeZone: UTC}",
                "{schedules: [{cron: 0 9 * * Mon-Fri}, {every: 6h}], maxRuns: 3, suspend: true}",
            })
    void aListThatMeansTheSameHasTheSameName(String spelled) {
        assertThat(spec(spelled).hash())
                .isEqualTo(spec("{schedules: [{cron: 0 9 * * 1-5}, {every: 6h}]}").hash());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{schedules: [{cron: 0 9 * * 1-5}]}",
                "{schedules: [{cron: 0 9 * * 1-5}, {every: 5h}]}",
                "{schedules: [{cron: 0 9 * * 1-5}, {every: 6h, days: Mon}]}",
                "{schedules: [{cron: 0 9 * * 1-5}, {every: 6h}], hours: 9-17}",
                "{schedules: [{cron: 0 9 * * 1-5}, {every: 6h}], jitter: 1m}",
                "{schedules: [{cron: 0 9 * * 1-5}, {every: 6h}, {cron: 0 8 * * 1-5}]}",
                "{schedules: [{cron: 0 9 * * 1-5}, {every: 6h}], timeZone: Asia/Tokyo}",
            })
    void aListThatMeansSomethingElseHasAnother(String other) {
        assertThat(spec(other).hash())
                .isNotEqualTo(spec("{schedules: [{cron: 0 9 * * 1-5}, {every: 6h}]}").hash());
    }

    @Test
    void aListOfOneIsThatOne() {
        assertThat(spec("{schedules: [{every: 6h, days: Mon}]}").hash())
                .isEqualTo(spec("{every: 6h, days: Mon}").hash());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{schedules: []} | schedule.schedules: is no list of schedules; write [{cron:",
                "{schedules: 0 9 * * *} | schedule.schedules: is no list of schedules; write",
                "{schedules: [0 9 * * *]} | schedule.schedules[0]: '0 9 * * *' is no schedule; write {cron:",
                "{schedules: [{every: 1h}, {cron: 0 25 * * *}]} | schedule.schedules[1].cron:",
                "{schedules: [{every: 1h}, {evry: 2h}]} | schedule.schedules[1].evry: is not a setting of a schedule; did you mean 'every'?",
                "{schedules: [{every: 1h}, {}]} | schedule.schedules[1]: nothing says when to run; write one of cron, every, once",
                "{schedules: [{every: 1h}, {now: true}]} | schedule.schedules[1].now: cannot be one of several",
                "{schedules: [{every: 1h, maxRuns: 3}]} | schedule.schedules[0].maxRuns: holds for all schedules; write it beside schedules",
                "{schedules: [{every: 1h, jitter: 3m}]} | schedule.schedules[0].jitter: holds for all schedules",
                "{schedules: [{every: 1h, cron: 0 9 * * *}]} | schedule.schedules[0].every: only one of cron, every, once can be given",
                "{schedules: [{every: 1h}], cron: 0 9 * * *} | only one of cron, every, once, now, schedules",
                "{schedules: [{every: 1h, days: Sat}], days: Mon-Fri} | schedule.schedules[0].days: has no day",
                "{schedules: [{every: 1h, hours: 20-22}], hours: 9-17} | schedule.schedules[0].hours: has no hour",
                "{schedules: [{cron: 0 9 * * *, hours: 10-12}]} | schedule.schedules[0].hours: nothing would ever run",
                "{schedules: [{once: 2020-01-01}]} | schedule.schedules[0].once: '2020-01-01T00:00:00Z' is in the past",
                "{schedules: [{every: 1h, timeZone: Mars}]} | schedule.schedules[0].timeZone: 'Mars' is not a time zone",
                "{schedules: [{every: 1h}], timeZone: Mars} | schedule.timeZone: 'Mars' is not a time zone",
                "{schedules: [{every: 1h, exclude: [12-32]}]} | schedule.schedules[0].exclude[0]: '12-32' is not a date",
                "{schedules: [{cron: 0 9 * * *}, {every: 5m}], jitter: 30m} | schedule.jitter: for schedules[1]: must be shorter than every",
                "{schedules: [null, {every: 1h}]} | schedule.schedules[0]: '' is no schedule",
                "{schedules: [{schedules: [{every: 1h}]}]} | schedule.schedules[0].schedules: is not a setting of a schedule",
                "{cron: [0 9 * * *, 0 12 * * *]} | or all of them: schedules: [{cron: \"0 9 * * *\"}, {cron: \"0 12 * * *\"}]",
            })
    void aSlipIsNamedWithItsPlace(String schedule, String words) {
        assertThatThrownBy(() -> spec(schedule))
                .isInstanceOf(InvalidParameters.class)
                .hasMessageContaining(words);
    }

    @Test
    void everySlipIsNamedAtOnceAndNoneTwice() {
        assertThatThrownBy(() -> spec("{schedules: [{every: 1h, days: Mo}, {cron: x}], hours: 99}"))
                .isInstanceOfSatisfying(
                        InvalidParameters.class,
                        e ->
                                assertThat(e.problems())
                                        .extracting(InvalidParameters.Problem::path)
                                        .containsExactlyInAnyOrder(
                                                "schedule.hours",
                                                "schedule.schedules[0].days",
                                                "schedule.schedules[1].cron"));
    }

    @Test
    void thereIsAMost() {
        String many = "{every: 1h}, ".repeat(20) + "{every: 1h}";

        assertThatThrownBy(() -> spec("{schedules: [" + many + "]}"))
                .hasMessageContaining("lists 21, and 20 are the most");
    }

    @Test
    void aPreviewShowsCausesAndWhatDoesNotFire() {
        Preview preview =
                Preview.of(
                        timetable(
                                "{schedules: [{name: a, cron: 0 9 * * *, days: Mon}, {name: b, cron: \"0 9,12 * * *\"}], maxRuns: 4}"),
                        MONDAY,
                        9);

        assertThat(preview.entries())
                .extracting(entry ->
                        switch (entry) {
                            case Preview.Entry.Fires(var at, var start, var note, var cause) ->
                                    at + " " + cause;
                            case Preview.Entry.Excluded(var at, var to, var count, var reason) ->
                                    "not " + at + " " + reason;
                        })
                .containsExactly(
                        "2026-03-02T09:00:00Z a, b",
                        "2026-03-02T12:00:00Z b",
                        "not 2026-03-03T09:00:00Z a: not one of the days",
                        "2026-03-03T09:00:00Z b",
                        "2026-03-03T12:00:00Z b");
        assertThat(preview.end()).contains("maxRuns: 4 runs are all");
    }

    @Test
    void overlapLooksAtAllOfThem() {
        Timetable timetable = timetable("{schedules: [{every: 1h}, {cron: 30 * * * *}]}");
        var run = new LastRun("run 1", MONDAY, MONDAY.plusSeconds(3_000), Optional.empty());

        Step step =
                FirePlan.decide(
                        timetable,
                        new Situation(MONDAY, 1, Optional.of(run)),
                        MONDAY.plusSeconds(3_001));
        assertThat(step.skipped())
                .extracting(FireLedger.Skipped::from, FireLedger.Skipped::reason)
                .containsExactly(
                        org.assertj.core.groups.Tuple.tuple(
                                MONDAY.plusSeconds(1_800), "run 1 was still going on"));
    }

    private static List<String> fires(Timetable timetable, int most) {
        var fires = new ArrayList<String>();
        Optional<Instant> next = timetable.next(timetable.beginning());
        while (next.isPresent() && fires.size() < most) {
            fires.add(next.get() + " " + timetable.fire(next.get()).cause().note());
            next = timetable.next(next.get());
        }
        return fires;
    }

    private static ScheduleSpec spec(String schedule) {
        return ScheduleSpec.of(Optional.of(schedule), Map.of(), MONDAY).orElseThrow();
    }

    private static Timetable timetable(String schedule) {
        return Timetable.of(spec(schedule), MONDAY, 0);
    }
}
