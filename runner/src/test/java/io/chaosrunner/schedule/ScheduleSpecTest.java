package io.chaosrunner.schedule;

import static io.chaosrunner.schedule.Schedules.ANCHOR;
import static io.chaosrunner.schedule.Schedules.spec;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.chaosrunner.schedule.ScheduleSpec.Kind;
import io.chaosrunner.schedule.ScheduleSpec.Missed;
import io.chaosrunner.schedule.ScheduleSpec.Overlap;
import io.chaosrunner.schedule.ScheduleSpec.StopWhen;
import io.chaosrunner.strategy.InvalidParameters;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ScheduleSpecTest {

    private static List<String> problems(String yaml) {
        InvalidParameters found =
                catchThrowableOfType(InvalidParameters.class, () -> spec(yaml.replace("; ", "\n")));
        assertThat(found).as("problems of " + yaml).isNotNull();
        return found.problems().stream().map(Object::toString).toList();
    }

    @Test
    void noAnnotationAndNoFlagIsNoSchedule() {
        assertThat(ScheduleSpec.of(Optional.empty(), Map.of(), ANCHOR)).isEmpty();
    }

    @Test
    void everySettingIsRead() {
        ScheduleSpec spec =
                spec(
                        """
                        cron: "0 0/30 9-17 ? * MON-FRI"
                        timeZone: Europe/Berlin
                        from: 2026-04-01
                        until: 2026-12-31
                        days: Mon-Fri
                        hours: [9-12, "13:30-17"]
                        exclude:
                          - 2026-12-25
                          - 12-26
                          - {name: freeze, from: 2026-11-20, until: 2026-11-30}
                          - {name: lunch, hours: 12-13}
                        jitter: 5m
                        maxRuns: 20
                        stopWhen: failed
                        overlap: queue
                        missed: runOnce
                        startingDeadline: 2h
                        history: 3
                        suspend: true
                        """);
        assertThat(spec.kind()).isInstanceOf(Kind.Cron.class);
        assertThat(spec.zone().getId()).isEqualTo("Europe/Berlin");
        assertThat(spec.from()).contains(Instant.parse("2026-03-31T22:00:00Z"));
        assertThat(spec.until()).contains(Instant.parse("2026-12-31T22:59:59.999Z"));
        assertThat(spec.days()).isEqualTo(ScheduleSpec.WEEKDAYS);
        assertThat(spec.hours()).containsExactly(new Hours(540, 720), new Hours(810, 1020));
        assertThat(spec.exclusions()).hasSize(4);
        assertThat(spec.jitter()).isEqualTo(Duration.ofMinutes(5));
        assertThat(spec.policy())
                .isEqualTo(
                        new ScheduleSpec.Policy(
                                Optional.of(20),
                                Optional.of(StopWhen.FAILED),
                                Overlap.QUEUE,
                                Missed.RUN_ONCE,
                                Optional.of(Duration.ofHours(2)),
                                Optional.of(3),
                                true));
    }

    @Test
    void whatIsNotSaidHasItsDefault() {
        ScheduleSpec spec = spec("every: 30m");
        assertThat(spec.zone().getId()).isEqualTo("UTC");
        assertThat(spec.policy()).isEqualTo(ScheduleSpec.Policy.DEFAULT);
        assertThat(spec.jitter()).isZero();
    }

    @Test
    void aFlagOverrulesTheAnnotation() {
        ScheduleSpec spec =
                ScheduleSpec.of(
                                Optional.of("{every: 30m, maxRuns: 3}"),
                                Map.of("every", "10m"),
                                ANCHOR)
                        .orElseThrow();
        assertThat(spec.kind()).isEqualTo(new Kind.Every(Duration.ofMinutes(10)));
        assertThat(spec.policy().maxRuns()).contains(3);
    }

    @Test
    void everyProblemIsToldAtOnce() {
        assertThat(
                        problems(
                                """
                                evry: 30m
                                cron: "0 61 * * * ?"
                                timeZone: Berlin
                                until: tomorrow
                                days: Mon-Fun
                                hours: 9-25
                                exclude: [2026-02-30]
                                jitter: soon
                                maxRuns: 0
                                stopWhen: fail
                                overlap: que
                                missed: run
                                history: 0
                                suspend: maybe
                                """))
                .hasSize(14)
                .anyMatch(p ->
                        p.contains(
                                "schedule.evry: is not a setting of a schedule; did you mean"
                                        + " 'every'?"))
                .anyMatch(p -> p.contains("schedule.cron: '61' at position 3"))
                .anyMatch(p ->
                        p.contains(
                                "schedule.timeZone: 'Berlin' is not a time zone; did you mean"
                                        + " 'Europe/Berlin'?"))
                .anyMatch(p -> p.contains("schedule.until: 'tomorrow' is not a time"))
                .anyMatch(p -> p.contains("schedule.days: 'Mon-Fun' is not a day"))
                .anyMatch(p -> p.contains("schedule.hours: '9-25' is not a part of the day"))
                .anyMatch(p -> p.contains("schedule.exclude[0]: '2026-02-30' is not a date"))
                .anyMatch(p -> p.contains("schedule.jitter: 'soon' is not a positive duration"))
                .anyMatch(p -> p.contains("schedule.maxRuns: '0' would never run"))
                .anyMatch(p -> p.contains("schedule.stopWhen: 'fail' is none of failed, passed"))
                .anyMatch(
                        p -> p.contains("schedule.overlap: 'que' is none of skip, queue, replace"))
                .anyMatch(p -> p.contains("schedule.missed: 'run' is none of skip, runOnce"))
                .anyMatch(p -> p.contains("schedule.history: '0'"))
                .anyMatch(p -> p.contains("schedule.suspend: 'maybe'"));
    }

    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "maxRuns: 3 | schedule: nothing says when to run",
                "every: 5m; once: 2027-01-01 | only one of cron, every, once, now, schedules",
                "every: 100ms | schedule.every: '100ms' is shorter than 1s",
                "every: 5m; jitter: 5m | schedule.jitter: must be shorter than every",
                "every: 5m; until: 2026-03-01 | schedule.until: '2026-03-01T23:59:59.999Z' is in"
                        + " the past",
                "every: 5m; from: 2027-01-01; until: 2026-12-01 | schedule.until:"
                        + " '2026-12-01T23:59:59.999Z' is before from",
                "once: 2026-03-01T09:00 | schedule.once: '2026-03-01T09:00:00Z' is in the past",
                "cron: 0 0 9 31 2 ? | schedule.cron: '31' at position 7 (day of month): no month"
                        + " '2' has such a day; an example that works: \"0 0 9 28 2 ?\"",
                "cron: 0 0 9 1 1 ? 2020 | schedule.cron: names no time from 2026-03-02T10:00:00Z"
                        + " on: its years are over; leave the year out, or write *",
                "cron: [0 9 * * *, 0 17 * * *] | schedule.cron: is a list, but a schedule has one"
                        + " expression; write one, such as \"0 9 * * *\"",
                "cron: 0 9 * * *; until: 2026-03-02T17:00 | schedule.until: '2026-03-02T17:00:00Z'"
                        + " is before the first fire at 2026-03-03T09:00:00Z",
                "every: 1h; hours: 14-15; until: 2026-03-02T13:00 | schedule.until:"
                        + " '2026-03-02T13:00:00Z' is before the first fire at 2026-03-02T14:00:00Z",
                "cron: 0 0 20 ? * MON; hours: 9-17 | schedule.hours: nothing would ever run",
                "cron: 0 0 20 ? * MON; hours: 9-17 | the first would be 2026-03-02T20:00Z, so"
                        + " change hours or when it fires",
                "cron: 0 0 9 ? * SAT; days: Mon-Fri | schedule.days: nothing would ever run",
                "every: 5m; exclude: [{days: Mon-Sun}] | schedule.exclude: nothing would ever run",
                "cron: 0 9 * * *; days: Sat; exclude: [{days: Sat}] | schedule.days: nothing would"
                        + " ever run",
                "cron: 0 0 20 ? * MON; hours: 9-17; days: Tue | schedule: nothing would ever run",
                "every: 5m; exclude: [{dates: []}] | schedule.exclude[0].dates: names no date, so"
                        + " nothing is excluded",
                "once: '+999999999-01-01T00:00:00Z' | schedule.once: '+999999999-01-01T00:00:00Z'"
                        + " is not from 1970 to 2099",
                "every: 1h; from: '+999999999-01-01T00:00:00Z' | schedule.from:"
                        + " '+999999999-01-01T00:00:00Z' is not from 1970 to 2099",
                "every: 1h; from: '-999999999-01-01T00:00:00' | schedule.from:"
                        + " '-999999999-01-01T00:00:00' is not from 1970 to 2099",
                "once: 2100-01-01 | schedule.once: '2100-01-01' is not from 1970 to 2099",
                "every: 1h; exclude: [{from: 2027-01-01, until: '+999999999-12-31T00:00:00Z'}] |"
                        + " schedule.exclude[0].until: '+999999999-12-31T00:00:00Z' is not",
                "every: 5m; timeZone: EST | did you mean 'America/New_York'?",
                "every: 5m; timeZone: CEST | did you mean 'Europe/Berlin'?",
                "cron: 0 0 9 ? * SAT; days: Mon-Fri | days, hours and exclude leave no time that"
                        + " fires",
                "cron: 0 0 20 ? * MON; hours: 9-17 | days, hours and exclude leave no time that"
                        + " fires",
                "every: 5m; days: [] | schedule.days: names no day",
                "every: 5m; exclude: [{days: Mon-Sun}] | days, hours and exclude leave no time that"
                        + " fires",
                "every: 5m; exclude: [{name: x}] | schedule.exclude[0]: give one of dates",
                "every: 5m; exclude: [{nam: x, dates: 12-25}] | schedule.exclude[0].nam: is not a"
                        + " setting of a schedule; did you mean 'name'?",
                "every: 5m; exclude: [{from: 2026-04-02, until: 2026-04-01}] | until is not after"
                        + " from",
                "every: 5m; timeZone: PST | did you mean 'America/Los_Angeles'?",
                "every: 5m; timeZone: new york | did you mean 'America/New_York'?",
                "every: 5m; timeZone: Europe/Berln | did you mean 'Europe/Berlin'?",
                "every: 5m; suspend: {} | schedule.suspend: says nothing; write true, or {until",
                "every: 5m; suspend: {untl: 2027-01-01} | schedule.suspend.untl: is not a setting of"
                        + " a schedule; did you mean 'until'?",
                "every: 5m; suspend: {from: } | schedule.suspend.from: is not a setting of a schedule; for"
                        + " a time that begins later, write exclude",
                "every: 5m; suspend: {from: , until: 2027-01-01} | schedule.suspend.from: is not a"
                        + " setting of a schedule",
                "every: 5m; suspend: {every: , note: x} | schedule.suspend.every: is not a setting",
                "every: 5m; stopWhen: {failed: 3, from: } | schedule.stopWhen.from: is not a setting",
                "every: 5m; exclude: [{every: , dates: 12-25}] | schedule.exclude[0].every: is not a",
                "every: 5m; passed: | schedule.passed: is not a setting of a schedule",
                "schedules: [{every: 1h, maxRuns: }] | schedule.schedules[0].maxRuns: holds for all",
                "schedules: [{every: 1h, schedules: }] | schedule.schedules[0].schedules: is not a",
                "every: 5m; suspend: {until: soon} | schedule.suspend.until: 'soon' is not a time",
                "now: false | schedule.now: 'false' is no schedule",
                "often | expected keys and values, such as 'every: 30m', but found 'often'",
                "every: [ | is not YAML"
            })
    void aScheduleThatCannotBeMeantIsRefusedWithTheReason(String yaml, String problem) {
        assertThat(problems(yaml)).anyMatch(p -> p.contains(problem));
    }

    @Test
    void anEndFarBeyondAllFiresIsNoEnd() {
        assertThat(Schedules.next("{every: 1h, until: 9999-12-31}", ANCHOR.minusSeconds(1), 1))
                .containsExactly("Mon 2026-03-02 10:00");
        assertThat(
                        Schedules.next(
                                "{once: 2027-01-01, exclude: [{from: 2028-01-01, until:"
                                        + " 9999-12-31}]}",
                                ANCHOR,
                                1))
                .containsExactly("Fri 2027-01-01 00:00");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "suspend: {note: release} | Optional.empty | release",
                "suspend: {until: 2027-01-31} | Optional[2027-02-01T00:00:00Z] | ''",
                "suspend: {until: '2027-01-31T09:00', note: x} | Optional[2027-01-31T09:00:00Z] | x",
            })
    void aSuspensionMayEndByItselfAndSayWhy(String suspend, String until, String note) {
        ScheduleSpec.Policy policy = spec("every: 1h\n" + suspend).policy();

        assertThat(policy.suspend()).isTrue();
        assertThat(policy.resume()).hasToString(until);
        assertThat(policy.note()).isEqualTo(note);
        assertThat(spec("every: 1h\n" + suspend).hash()).isEqualTo(spec("every: 1h").hash());
    }

    @Test
    void theHashNamesWhatFiresWhenAndNothingElse() {
        String hash = spec("every: 30m").hash();
        assertThat(spec("{every: 30m, suspend: true, maxRuns: 3, overlap: queue}").hash())
                .isEqualTo(hash);
        assertThat(spec("every: 31m").hash()).isNotEqualTo(hash);
        assertThat(spec("{every: 30m, days: Mon}").hash()).isNotEqualTo(hash);
        assertThat(spec("{days: Mon, every: 30m}").hash())
                .isEqualTo(spec("{every: 30m, days: Mon}").hash());
    }

    @ParameterizedTest(name = "{0} is {1}")
    @CsvSource(
            delimiter = '|',
            value = {
                "9-17        | [Hours[from=540, until=1020]]",
                "09:00-17:30 | [Hours[from=540, until=1050]]",
                "0-24        | [Hours[from=0, until=1440]]",
                "22-6        | [Hours[from=0, until=360], Hours[from=1320, until=1440]]",
                "22-0        | [Hours[from=1320, until=1440]]",
                "9-9         | []",
                "9-24:01     | []",
                "9:60-10     | []",
                "9           | []"
            })
    void partsOfTheDayAreRead(String text, String hours) {
        assertThat(Hours.parse(text)).hasToString(hours);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "every: 60m | every: 1h",
                "every: 1h | {every: 3600s, timeZone: UTC}",
                "every: 1h | {every: 1h, timeZone: Europe/Berlin}",
                "every: 1h | {every: 1h, days: Mon-Sun, hours: 0-24}",
                "{every: 1h, days: Mon-Fri} | {every: 1h, days: [Mon-Fri]}",
                "{every: 1h, days: Mon-Fri} | {every: 1h, days: 'fri,Thursday,Mon-Wed'}",
                "{every: 1h, hours: 9-17} | {every: 1h, hours: ['12:00-17', 09:00-12:30]}",
                "{every: 1h, hours: 22-6} | {every: 1h, hours: [0-6, 22-24]}",
                "cron: 0 9 * * * | cron: '0  9 *  * *'",
                "cron: 0 9 * * * | cron: 0 0 9 * * ?",
                "cron: 0 9 * * * | cron: 0 0 9 ? * *",
                "cron: 0 9 * * Mon-Fri | cron: 0 9 * * 5,4,1-3",
                "cron: '*/30 9 * * *' | cron: 0,30 9 * * *",
                "cron: '@daily' | cron: 0 0 * * *",
                "{cron: 0 9 * * *, timeZone: UTC} | {cron: 0 9 * * *, timeZone: Etc/UTC}",
                "{every: 1h, exclude: [{name: lunch, hours: 12-14}]} | {exclude: {hours: ['12:00-14:00'], name: lunch}, every: 1h}",
                "{every: 1h, exclude: [{name: lunch, hours: 12-14}]} | {every: 1h, exclude: [{name: noon, hours: [12-13, 13-14], days: Mon-Sun}]}",
                "{every: 1h, exclude: ['2026-12-25', '12-24']} | {every: 1h, exclude: [{name: holidays, dates: ['12-24', '2026-12-25']}]}",
                "{every: 1h, exclude: [{from: 2026-12-20, until: 2026-12-24}]} | {every: 1h, exclude: [{from: 2026-12-20T00:00Z, until: 2026-12-25T00:00Z}]}",
                "{every: 1h, until: 2026-12-20} | {every: 1h, until: '2026-12-20T23:59:59.999'}",
                "{every: 1h, from: 2026-12-20} | {every: 1h, from: '2026-12-20T01:00+01:00'}",
                "once: 2026-12-20T09:00 | once: 2026-12-20T10:00+01:00",
            })
    void schedulesThatMeanTheSameAreTheSame(String one, String other) {
        assertThat(spec(one).hash()).isEqualTo(spec(other).hash());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "every: 1h | {every: 1h, jitter: 1s}",
                "every: 1h | {every: 1h, from: 2026-12-20}",
                "every: 1h | {every: 1h, until: 2026-12-20}",
                "every: 1h | {every: 1h, hours: 9-17}",
                "{every: 1h, hours: 9-17} | {every: 1h, hours: 9-18}",
                "{every: 1h, hours: 9-17} | {every: 1h, hours: 9-17, timeZone: Europe/Berlin}",
                "{every: 1h, exclude: 12-25} | {every: 1h, exclude: 12-26}",
                "{every: 1h, exclude: 12-25} | {every: 1h, exclude: 2026-12-25}",
                "{every: 1h, exclude: 12-25} | {every: 1h, exclude: 12-25, timeZone: Asia/Tokyo}",
                "cron: 0 9 * * * | every: 24h",
                "cron: 0 9 * * * | cron: 0 9 * * Mon",
                "cron: 0 9 * * * | {cron: 0 9 * * *, timeZone: Europe/Berlin}",
                "cron: 0 9 * * Fri#2 | cron: 0 9 * * FriL",
            })
    void schedulesThatDifferInWhatFiresWhenAreNotTheSame(String one, String other) {
        assertThat(spec(one).hash()).isNotEqualTo(spec(other).hash());
    }
}
