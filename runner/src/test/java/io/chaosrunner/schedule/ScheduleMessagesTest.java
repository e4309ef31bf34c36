package io.chaosrunner.schedule;

import static io.chaosrunner.schedule.Schedules.ANCHOR;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.chaosrunner.strategy.InvalidParameters;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** What is said of schedules that mean something else: the key, what is allowed, what to write. */
class ScheduleMessagesTest {

    /** Each row: what is written, what is said, and what works instead. */
    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
                    cron: TZ=Asia/Tokyo 0 9 * * *            | schedule.cron: 'TZ=Asia/Tokyo' at position 1: a time zone is a setting of its own; write timeZone: Asia/Tokyo and cron: "0 9 * * *" | {timeZone: Asia/Tokyo, cron: 0 9 * * *}
                    cron: CRON_TZ=UTC 0 9 * * *              | schedule.cron: 'CRON_TZ=UTC' at position 1: a time zone is a setting of its own; write timeZone: UTC and cron: "0 9 * * *" | {timeZone: UTC, cron: 0 9 * * *}
                    cron: '@every 1h30m'                     | schedule.cron: '@every 1h30m' is a setting of its own; write every: 1h30m instead of cron | every: 1h30m
                    cron: '@reboot'                          | schedule.cron: '@reboot' is a setting of its own; write now: true instead of cron, for one run when the engine is started | now: true
                    cron: '*/90 * * * *'                     | schedule.cron: '*/90' at position 1 is not a minute (0-59): a step is at most 59; for every 90m, write every: 90m instead of cron; an example that works: "0 * * * *" | every: 90m
                    cron: '*/400 * * * *'                    | schedule.cron: '*/400' at position 1 is not a minute (0-59): a step is at most 59; for every 400m, write every: 400m instead of cron; an example that works: "0 * * * *" | every: 400m
                    cron: 0 */30 * * *                       | schedule.cron: '*/30' at position 3 is not an hour (0-23): a step is at most 23; for every 30h, write every: 30h instead of cron; an example that works: "0 9 * * *" | every: 30h
                    cron: 'H/15 * * * *'                     | schedule.cron: 'H/15' at position 1 is not a minute (0-59): to spread starts by chance, add jitter, such as jitter: 15m; an example that works: "*/15 * * * *" | {cron: '*/15 * * * *', jitter: 15m}
                    cron: 0 24 * * *                         | schedule.cron: '24' at position 3 is not an hour (0-23); an example that works: "0 0 * * *" | cron: 0 0 * * *
                    cron: 0 9 30 2 *                         | schedule.cron: '30' at position 5 (day of month): no month '2' has such a day; an example that works: "0 9 28 2 *" | cron: 0 9 28 2 *
                    cron: 0 0 9 1 1 ? 2020                   | schedule.cron: names no time from 2026-03-02T10:00:00Z on: its years are over; leave the year out, or write * | cron: 0 0 9 1 1 ?
                    {cron: 0 20 * * *, hours: 9-17, until: 2027-01-01} | schedule.hours: nothing would ever run: days, hours and exclude leave no time that fires; the first would be 2026-03-02T20:00Z, so change hours or when it fires | {cron: 0 16 * * *, hours: 9-17, until: 2027-01-01}
                    {cron: 0 9 * * *, until: 2026-03-02T17:00} | schedule.until: '2026-03-02T17:00:00Z' is before the first fire at 2026-03-03T09:00:00Z, so nothing would ever run; write a later one, or leave it out | {cron: 0 9 * * *}
                    {every: 1h, jitter: 2h}                  | schedule.jitter: must be shorter than every, or runs would change places; the longest is 59m59s | {every: 1h, jitter: 59m59s}
                    {every: 1h, jitter: 1h}                  | schedule.jitter: must be shorter than every, or runs would change places; the longest is 59m59s | {every: 1h, jitter: 59m59s}
                    {every: 1s, jitter: 1s}                  | schedule.jitter: must be shorter than every, or runs would change places; the longest is 999ms | {every: 1s, jitter: 999ms}
                    every: 500ms                             | schedule.every: '500ms' is shorter than 1s | every: 1s
                    {every: 1h, days: Mo-Fr}                 | schedule.days: 'Mo-Fr' is not a day; write days: Mon-Fri | {every: 1h, days: Mon-Fri}
                    {every: 1h, days: weekdays}              | schedule.days: 'weekdays' is not a day; write days: Mon-Fri | {every: 1h, days: Mon-Fri}
                    {every: 1h, days: weekend}               | schedule.days: 'weekend' is not a day; write days: [Sat, Sun] | {every: 1h, days: [Sat, Sun]}
                    {every: 1h, days: 1-5}                   | schedule.days: '1-5' is not a day; write days: Mon-Fri | {every: 1h, days: Mon-Fri}
                    {every: 1h, days: 0}                     | schedule.days: '0' is not a day; write days: Sun | {every: 1h, days: Sun}
                    {every: 1h, days: Tues}                  | schedule.days: 'Tues' is not a day; write days: Tue | {every: 1h, days: Tue}
                    {every: 1h, days: Thurs}                 | schedule.days: 'Thurs' is not a day; write days: Thu | {every: 1h, days: Thu}
                    {every: 1h, days: Wensday}               | schedule.days: 'Wensday' is not a day; write days: Wed | {every: 1h, days: Wed}
                    {every: 1h, days: Mondays}               | schedule.days: 'Mondays' is not a day; write days: Mon | {every: 1h, days: Mon}
                    {every: 1h, days: [Mon, Do]}             | schedule.days: 'Do' is not a day; write days: [Mon, Thu] | {every: 1h, days: [Mon, Thu]}
                    {every: 1h, days: Mon to Wed}            | schedule.days: 'Mon to Wed' is not a day; write days: Mon-Wed | {every: 1h, days: Mon-Wed}
                    {every: 1h, days: Mon/Fri}               | schedule.days: 'Mon/Fri' is not a day; write days: Mon-Fri | {every: 1h, days: Mon-Fri}
                    {every: 1h, days: Mon Wed}               | schedule.days: 'Mon Wed' is not a day; write days: [Mon, Wed] | {every: 1h, days: [Mon, Wed]}
                    {every: 1h, days: '*'}                   | schedule.days: '*' is not a day; leave days out for all of them | every: 1h
                    {every: 1h, days: Mon, Wed}              | schedule.Wed: is not a setting of a schedule; write several days in brackets, such as [Mon, Wed] | {every: 1h, days: [Mon, Wed]}
                    {every: 1h, exclude: {days: Sat, Sun}}   | schedule.exclude[0].Sun: is not a setting of a schedule; write several days in brackets, such as [Mon, Wed] | {every: 1h, exclude: {days: [Sat, Sun]}}
                    {every: 1h, hours: 9/17}                 | schedule.hours: '9/17' is not a part of the day; write hours: 9-17 | {every: 1h, hours: 9-17}
                    {every: 1h, hours: 9am-5pm}              | schedule.hours: '9am-5pm' is not a part of the day; write hours: 9-17 | {every: 1h, hours: 9-17}
                    {every: 1h, hours: 0930-1700}            | schedule.hours: '0930-1700' is not a part of the day; write hours: 09:30-17:00 | {every: 1h, hours: 09:30-17:00}
                    {every: 1h, hours: 9}                    | schedule.hours: '9' is not a part of the day; write hours: 9-10 | {every: 1h, hours: 9-10}
                    every: 1w                                | schedule.every: '1w' is not a positive duration; write every: 7d | every: 7d
                    every: 1.5h                              | schedule.every: '1.5h' is not a positive duration; write every: 1h30m | every: 1h30m
                    every: 30 min                            | schedule.every: '30 min' is not a positive duration; write every: 30m | every: 30m
                    every: 2 hours and 5 minutes             | schedule.every: '2 hours and 5 minutes' is not a positive duration; write every: 2h5m | every: 2h5m
                    every: PT30M                             | schedule.every: 'PT30M' is not a positive duration; write every: 30m | every: 30m
                    every: daily                             | schedule.every: 'daily' is not a positive duration; write every: 1d | every: 1d
                    every: 30                                | schedule.every: '30' is not a positive duration, it has no unit; write every: 30s, 30m or 30h | every: 30m
                    every: 1mo                               | schedule.every: '1mo' is not a positive duration; write 90s, 10m or 1h30m | every: 90s
                    every: 1M                                | schedule.every: '1M' is not a positive duration; write 90s, 10m or 1h30m | every: 90s
                    {every: 1h, jitter: 10 min}              | schedule.jitter: '10 min' is not a positive duration; write jitter: 10m | {every: 1h, jitter: 10m}
                    {every: 1h, startingDeadline: 300}       | schedule.startingDeadline: '300' is not a positive duration, it has no unit; write startingDeadline: 300s, 300m or 300h | {every: 1h, startingDeadline: 300s}
                    every: 0 9 * * *                         | schedule.every: '0 9 * * *' is a cron expression; write cron: "0 9 * * *" instead of every | cron: 0 9 * * *
                    every: '@daily'                          | schedule.every: '@daily' is a cron expression; write cron: "@daily" instead of every | cron: '@daily'
                    cron: 30m                                | schedule.cron: '30m' has 1 field; write every: 30m instead of cron | every: 30m
                    cron: 9:30                               | schedule.cron: '9:30' has 1 field; write cron: "30 9 * * *" | cron: 30 9 * * *
                    cron: daily                              | schedule.cron: 'daily' has 1 field; write cron: "@daily" | cron: '@daily'
                    cron: '@every 1w'                        | schedule.cron: '@every 1w' is a setting of its own; write every: 7d instead of cron | every: 7d
                    0 9 * * *                                | metadata.annotations[chaosrunner.io/schedule]: expected keys and values, such as 'every: 30m', but found '0 9 * * *'; write cron: "0 9 * * *" | cron: 0 9 * * *
                    30m                                      | metadata.annotations[chaosrunner.io/schedule]: expected keys and values, such as 'every: 30m', but found '30m'; write every: 30m | every: 30m
                    now                                      | metadata.annotations[chaosrunner.io/schedule]: expected keys and values, such as 'every: 30m', but found 'now'; write now: true | now: true
                    2027-01-02                               | metadata.annotations[chaosrunner.io/schedule]: expected keys and values, such as 'every: 30m', but found '2027-01-02'; write once: 2027-01-02 | once: 2027-01-02
                    [0 9 * * *, 0 17 * * *]                  | metadata.annotations[chaosrunner.io/schedule]: expected keys and values, such as 'every: 30m', but found '[0 9 * * *, 0 17 * * *]'; write schedules: [{cron: "0 9 * * *"}, {cron: "0 17 * * *"}] | schedules: [{cron: "0 9 * * *"}, {cron: "0 17 * * *"}]
                    {every: 1h, suspend: 2027-01-02}         | schedule.suspend: '2027-01-02' is neither true nor false; write suspend: {until: 2027-01-02} | {every: 1h, suspend: {until: 2027-01-02}}
                    {every: 1h, suspend: yes}                | schedule.suspend: 'yes' is neither true nor false; write suspend: true | {every: 1h, suspend: true}
                    {every: 1h, suspend: 2h}                 | schedule.suspend: '2h' is neither true nor false; write true, or {until: 2027-01-31, note: why} | {every: 1h, suspend: {until: 2027-01-31, note: why}}
                    {every: 1h, suspend: 2027-01-02/2027-01-05} | schedule.suspend: '2027-01-02/2027-01-05' is neither true nor false; write exclude: [{from: 2027-01-02, until: 2027-01-05}] instead of suspend | {every: 1h, exclude: [{from: 2027-01-02, until: 2027-01-05}]}
                    {every: 1h, suspend: {from: 2027-01-02, until: 2027-01-05}} | schedule.suspend.from: is not a setting of a schedule; for a time that begins later, write exclude: [{from: 2027-01-02, until: 2027-01-05}] | {every: 1h, exclude: [{from: 2027-01-02, until: 2027-01-05}]}
                    {every: 1h, pauseOnFailure: yes}         | schedule.pauseOnFailure: 'yes' is neither true nor false; write pauseOnFailure: true | {every: 1h, pauseOnFailure: true}
                    {every: 1h, stopWhen: 3}                 | schedule.stopWhen: '3' is none of failed, passed; write stopWhen: {failed: 3} for so many failed runs in a row, or maxRuns: 3 for so many runs | {every: 1h, stopWhen: {failed: 3}}
                    {every: 1h, stopWhen: failure}           | schedule.stopWhen: 'failure' is none of failed, passed; write stopWhen: failed | {every: 1h, stopWhen: failed}
                    {every: 1h, stopWhen: 'failed: 3'}       | schedule.stopWhen: 'failed: 3' is none of failed, passed; write stopWhen: {failed: 3} | {every: 1h, stopWhen: {failed: 3}}
                    {every: 1h, stopWhen: {failures: 3}}     | schedule.stopWhen.failures: is not a setting of a schedule; did you mean 'failed'? | {every: 1h, stopWhen: {failed: 3}}
                    {every: 1h, stopWhen: {failed: true}}    | schedule.stopWhen.failed: is no number; write failed: 1 | {every: 1h, stopWhen: {failed: 1}}
                    {every: 1h, exclude: [Sat]}              | schedule.exclude[0]: 'Sat' is not a date; write {days: Sat} | {every: 1h, exclude: [{days: Sat}]}
                    {every: 1h, exclude: [weekends]}         | schedule.exclude[0]: 'weekends' is not a date; write {days: [Sat, Sun]} | {every: 1h, exclude: [{days: [Sat, Sun]}]}
                    {every: 1h, exclude: ['12:00-14:00']}    | schedule.exclude[0]: '12:00-14:00' is not a date; write {hours: 12:00-14:00} | {every: 1h, exclude: [{hours: 12:00-14:00}]}
                    {every: 1h, exclude: [9-17]}             | schedule.exclude[0]: '9-17' is not a date; write 2026-12-25, or 12-25 for every year | {every: 1h, exclude: [12-25]}
                    {every: 1h, exclude: [2026-12-24/2026-12-26]} | schedule.exclude[0]: '2026-12-24/2026-12-26' is not a date; write {from: 2026-12-24, until: 2026-12-26} | {every: 1h, exclude: [{from: 2026-12-24, until: 2026-12-26}]}
                    {every: 1h, exclude: [24.12.2026 - 26.12.2026]} | schedule.exclude[0]: '24.12.2026 - 26.12.2026' is not a date; write {from: 2026-12-24, until: 2026-12-26} | {every: 1h, exclude: [{from: 2026-12-24, until: 2026-12-26}]}
                    {every: 1h, exclude: [12-30/01-02]}      | schedule.exclude[0]: '12-30/01-02' is not a date; write {dates: [12-30, 12-31, 01-01, 01-02]} | {every: 1h, exclude: [{dates: [12-30, 12-31, 01-01, 01-02]}]}
                    {every: 1h, exclude: [{dates: 2026-12-24/2026-12-26}]} | schedule.exclude[0].dates: '2026-12-24/2026-12-26' is not a date; write from: 2026-12-24, until: 2026-12-26 instead of dates | {every: 1h, exclude: [{from: 2026-12-24, until: 2026-12-26}]}
                    {every: 1h, exclude: [{from: 2026-12-24, to: 2026-12-26}]} | schedule.exclude[0].to: is not a setting of a schedule; did you mean 'until'? | {every: 1h, exclude: [{from: 2026-12-24, until: 2026-12-26}]}
                    {every: 1h, exclude: [25.12.2026]}       | schedule.exclude[0]: '25.12.2026' is not a date; write 2026-12-25 | {every: 1h, exclude: [2026-12-25]}
                    {every: 1h, exclude: [12/25]}            | schedule.exclude[0]: '12/25' is not a date; write 12-25 | {every: 1h, exclude: [12-25]}
                    {every: 1h, exclude: [04/05]}            | schedule.exclude[0]: '04/05' is not a date; write 2026-12-25, or 12-25 for every year | {every: 1h, exclude: [04-05]}
                    {every: 1h, exclude: ['Dec 25']}         | schedule.exclude[0]: 'Dec 25' is not a date; write 12-25 | {every: 1h, exclude: [12-25]}
                    {every: 1h, from: 2026-12-24/2026-12-26} | schedule.from: '2026-12-24/2026-12-26' is not a time; write from: 2026-12-24 and until: 2026-12-26 | {every: 1h, from: 2026-12-24, until: 2026-12-26}
                    {every: 1h, until: 31.12.2027}           | schedule.until: '31.12.2027' is not a time; write until: 2027-12-31 | {every: 1h, until: 2027-12-31}
                    {every: 1h, until: never}                | schedule.until: 'never' is not a time; leave it out | every: 1h
                    once: now                                | schedule.once: 'now' is not a time; write now: true instead of once | now: true
                    now: 2027-01-02                          | schedule.now: '2027-01-02' is neither true nor false; write once: 2027-01-02 instead of now | once: 2027-01-02
                    {every: 1h, overlap: Forbid}             | schedule.overlap: 'Forbid' is none of skip, queue, replace, queueAll; write overlap: skip | {every: 1h, overlap: skip}
                    {every: 1h, overlap: Allow}              | schedule.overlap: 'Allow' is none of skip, queue, replace, queueAll; write overlap: queueAll | {every: 1h, overlap: queueAll}
                    {every: 1h, overlap: Replace}            | schedule.overlap: 'Replace' is none of skip, queue, replace, queueAll; write overlap: replace | {every: 1h, overlap: replace}
                    {every: 1h, overlap: BufferOne}          | schedule.overlap: 'BufferOne' is none of skip, queue, replace, queueAll; write overlap: queue | {every: 1h, overlap: queue}
                    {every: 1h, concurrencyPolicy: Forbid}   | schedule.concurrencyPolicy: is not a setting of a schedule; write overlap: skip | {every: 1h, overlap: skip}
                    {every: 1h, startingDeadlineSeconds: 200} | schedule.startingDeadlineSeconds: is not a setting of a schedule; write startingDeadline: 3m20s | {every: 1h, startingDeadline: 3m20s}
                    {every: 1h, missed: run}                 | schedule.missed: 'run' is none of skip, runOnce; write missed: runOnce | {every: 1h, missed: runOnce}
                    {every: 1h, tz: Europe/Berlin}           | schedule.tz: is not a setting of a schedule; write timeZone: Europe/Berlin | {every: 1h, timeZone: Europe/Berlin}
                    {every: 1h, timezone: Europe/Berlin}     | schedule.timezone: is not a setting of a schedule; write timeZone: Europe/Berlin | {every: 1h, timeZone: Europe/Berlin}
                    {every: 1h, tz: Berlin}                  | schedule.tz: is not a setting of a schedule; did you mean 'timeZone'? | {every: 1h, timeZone: Europe/Berlin}
                    {crontab: 0 9 * * *}                     | schedule.crontab: is not a setting of a schedule; write cron: "0 9 * * *" | cron: 0 9 * * *
                    {interval: 30 min}                       | schedule.interval: is not a setting of a schedule; write every: 30m | every: 30m
                    {every: 1h, end: 2027-01-31}             | schedule.end: is not a setting of a schedule; did you mean 'until'? | {every: 1h, until: 2027-01-31}
                    {every: 1h, timeZone: EST}               | schedule.timeZone: 'EST' is not a time zone; did you mean 'America/New_York'? | {every: 1h, timeZone: America/New_York}
                    """)
    void aMessageSaysWhichKeyWhatIsAllowedAndWhatWorks(
            String written, String message, String instead) {
        assertThatExceptionOfType(InvalidParameters.class)
                .isThrownBy(() -> Schedules.spec(written))
                .satisfies(e -> assertThat(e.problems()).singleElement().hasToString(message));
        assertThat(Schedules.timetable(instead).next(ANCHOR.minusSeconds(1))).isPresent();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
                    cron: */5 * * * *                | "*/5 * * * *"
                    {cron: */5 * * * *, hours: 9-17} | "*/5 * * * *"
                    {hours: 9-17, cron: @daily}      | "@daily"
                    */5 * * * *                      | "*/5 * * * *"
                    """)
    void anExpressionThatYamlTakesForSomethingElseNeedsQuotes(String written, String cron) {
        assertThatExceptionOfType(InvalidParameters.class)
                .isThrownBy(() -> Schedules.spec(written))
                .satisfies(e ->
                        assertThat(e.problems())
                                .singleElement()
                                .satisfies(problem ->
                                        assertThat(problem.message())
                                                .startsWith("is not YAML: ")
                                                .endsWith("; write it in quotes: cron: " + cron)));
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
                    {'repeat': {'timeRange': {'endTime': '2026-01-01T00:00:00Z'}, 'properties': {'minChaosInterval': {'minute': {'everyNthMinute': 5}}}}} | spec.schedule.repeat.timeRange.endTime: '2026-01-01T00:00:00Z' is in the past, so nothing would ever run
                    {'repeat': {'endTime': '2027-01-01T00:00:00Z', 'properties': {'minChaosInterval': {'minute': {'everyNthMinute': 5}}}}} | spec.schedule.repeat.endTime: is not read by anybody; write spec.schedule.repeat.timeRange.endTime
                    {'repeat': {'properties': {'minChaosInterval': '2m'}}} | spec.schedule.repeat.properties.minChaosInterval: '2m' is no interval; write minute: {everyNthMinute: 2}
                    {'repeat': {'properties': {'minChaosInterval': '90m'}}} | spec.schedule.repeat.properties.minChaosInterval: '90m' is no interval; write minute: {everyNthMinute: 90}
                    {'repeat': {'properties': {'minChaosInterval': '1w'}}} | spec.schedule.repeat.properties.minChaosInterval: '1w' is no interval; write hour: {everyNthHour: 168}
                    {'repeat': {'properties': {'minChaosInterval': '1.5h'}}} | spec.schedule.repeat.properties.minChaosInterval: '1.5h' is no interval; write minute: {everyNthMinute: 90}
                    {'repeat': {'properties': {'minChaosInterval': {'minute': {'everyNthMinute': '2m'}}}}} | spec.schedule.repeat.properties.minChaosInterval.minute.everyNthMinute: must be at least 1, but is 2m; write everyNthMinute: 2
                    {'repeat': {'properties': {'minChaosInterval': {'hour': {'everyNthHour': '1d'}}}}} | spec.schedule.repeat.properties.minChaosInterval.hour.everyNthHour: must be at least 1, but is 1d; write everyNthHour: 24
                    {'repeat': {'properties': {'minChaosInterval': {'minute': {'everyNthMinute': 1.5}}}}} | spec.schedule.repeat.properties.minChaosInterval.minute.everyNthMinute: must be a whole number of at least 1, but is 1.5
                    {'repeat': {'properties': {'minChaosInterval': {'minute': 5}}}} | spec.schedule.repeat.properties.minChaosInterval.minute: '5' is no interval; write {everyNthMinute: 5}
                    {'repeat': {'properties': {'minChaosInterval': {'minute': {'everyNthMinute': 5}}}, 'workDays': {'includedDays': 'Mo-Fr'}}} | spec.schedule.repeat.workDays.includedDays: 'Mo-Fr' is not a day; write Mon-Fri
                    {'repeat': {'properties': {'minChaosInterval': {'minute': {'everyNthMinute': 5}}}, 'workDays': {'includedDays': 'weekend'}}} | spec.schedule.repeat.workDays.includedDays: 'weekend' is not a day; write Sat,Sun
                    {'repeat': {'properties': {'minChaosInterval': {'minute': {'everyNthMinute': 5}}}, 'workDays': {'includedDays': ['Mon', 'Tue']}}} | spec.schedule.repeat.workDays.includedDays: ["Mon","Tue"] is no single value; write "Mon,Tue"
                    {'repeat': {'properties': {'minChaosInterval': {'minute': {'everyNthMinute': 5}}}, 'workHours': {'includedHours': '9/17'}}} | spec.schedule.repeat.workHours.includedHours: '9/17' is not an hour; write 9-17
                    {'repeat': {'properties': {'minChaosInterval': {'minute': {'everyNthMinute': 5}}}, 'workHours': {'includedHours': '09:00-17:00'}}} | spec.schedule.repeat.workHours.includedHours: '09:00-17:00' is not an hour; write 9-16
                    {'repeat': {'properties': {'minChaosInterval': {'minute': {'everyNthMinute': 5}}}, 'workHours': {'includedHours': [9, 10]}}} | spec.schedule.repeat.workHours.includedHours: [9,10] is no single value; write "9,10"
                    {'repeat': {'properties': {'minChaosInterval': {'minute': {'everyNthMinute': 5}}}, 'timeRange': {'startTime': '2027-01-31 09:00'}}} | spec.schedule.repeat.timeRange.startTime: '2027-01-31 09:00' is not a time; write 2027-01-31T09:00:00Z
                    {'repeat': {'properties': {'minChaosInterval': {'minute': {'everyNthMinute': 5}}}, 'timeRange': {'endTime': '2027-01-31'}}} | spec.schedule.repeat.timeRange.endTime: '2027-01-31' is not a time; write 2027-01-31T23:59:59Z
                    {'repeat': {'properties': {'minChaosInterval': {'minute': {'everyNthMinute': 5}}}, 'timeRange': '2027-01-31/2027-02-28'}} | spec.schedule.repeat.timeRange: '2027-01-31/2027-02-28' is no map of settings; known are startTime, endTime
                    {'repeat': {'properties': {'minChaosInterval': {'minute': {'everyNthMinute': 5}}}, 'timeRange': {'startTime': '2027-01-31/2027-02-28'}}} | spec.schedule.repeat.timeRange.startTime: '2027-01-31/2027-02-28' is not a time; write startTime: 2027-01-31T00:00:00Z and endTime: 2027-02-28T23:59:59Z
                    {'repeat': {'properties': {'minChaosInterval': {'minute': {'everyNthMinute': 5}}}, 'tz': 'Europe/Berlin'}} | spec.schedule.repeat.tz: is not read by anybody; write timeZone in the annotation chaosrunner.io/schedule
                    {'once': '2027-01-31T09:00:00Z'} | spec.schedule.once: '2027-01-31T09:00:00Z' is no map of settings; write once: {executionTime: 2027-01-31T09:00:00Z}
                    {'now': 'yes'} | spec.schedule.now: 'yes' is neither true nor false; write true
                    '0 9 * * *' | spec.schedule: '0 9 * * *' is no schedule; write now: true, once or repeat; a cron expression is a setting of a ChaosEngine's annotation chaosrunner.io/schedule
                    {'repeat': {'properties': {'minChaosInterval': {'hour': {'everyNthHour': 2}}}, 'workHours': {'includedHours': '9am'}}} | spec.schedule.repeat.workHours.includedHours: '9am' is not an hour; write 8, 0-12 or a list such as 8,10
                    """)
    void aMessageOfAChaosScheduleNamesItsOwnField(String written, String message) {
        assertRefused("{'schedule': %s}".formatted(written), message);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
                    'concurrencyPolicy': 'forbid'  | spec.concurrencyPolicy: 'forbid' is none of Allow, Forbid, Replace; write Forbid
                    'concurrencyPolicy': 'skip'    | spec.concurrencyPolicy: 'skip' is none of Allow, Forbid, Replace; write Forbid
                    'concurrencyPolicy': 'queue'   | spec.concurrencyPolicy: 'queue' is none of Allow, Forbid, Replace; write overlap: queue in the annotation chaosrunner.io/schedule
                    'suspend': true                | spec.suspend: is not read by anybody; write scheduleState: halt
                    'timezone': 'Europe/Berlin'    | spec.timezone: is not read by anybody; write timeZone in the annotation chaosrunner.io/schedule
                    """)
    void whatStandsBesideTheScheduleOfAChaosScheduleIsReadToo(String written, String message) {
        assertRefused("{%s, 'schedule': {'now': true}}".formatted(written), message);
    }

    private static void assertRefused(String spec, String message) {
        ObjectNode json =
                (ObjectNode)
                        JsonMapper.shared()
                                .readTree(
                                        "{'kind': 'ChaosSchedule', 'spec': %s}"
                                                .formatted(spec)
                                                .replace('\'', '"'));
        assertThatExceptionOfType(InvalidParameters.class)
                .isThrownBy(() -> ScheduleSpec.of(json, Map.of(), ANCHOR))
                .satisfies(e -> assertThat(e.problems()).singleElement().hasToString(message));
    }

    @ParameterizedTest
    @CsvSource({"paused, halt", "Suspended, halt", "stopped, stop", "completed, complete"})
    void aStateThatIsCalledOtherwiseElsewhereIsRecognised(String written, String meant) {
        ObjectNode json =
                (ObjectNode)
                        JsonMapper.shared()
                                .readTree(
                                        "{\"spec\": {\"scheduleState\": \"%s\"}}"
                                                .formatted(written));

        assertThatExceptionOfType(InvalidParameters.class)
                .isThrownBy(() -> ScheduleSpec.standstill(json))
                .withMessageContaining(
                        "spec.scheduleState: '%s' is none of active, halt, stop, complete; write %s"
                                .formatted(written, meant));
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
                    active   | ``
                    ``       | ``
                    halt     | spec.scheduleState is halt: fires are skipped until it is active
                    stop     | spec.scheduleState is stop: fires are skipped until it is active
                    complete | spec.scheduleState is complete: it is over
                    """)
    void aScheduleOfWhichNothingStartsSaysWhichStateItHas(String state, String why) {
        ObjectNode json =
                (ObjectNode)
                        JsonMapper.shared()
                                .readTree(
                                        "{\"kind\": \"ChaosSchedule\", \"spec\": {\"scheduleState\": \"%s\", \"schedule\": {\"now\": true}}}"
                                                .formatted(state));

        assertThat(ScheduleSpec.standstill(json))
                .isEqualTo(Optional.of(why).filter(text -> !text.isEmpty()));
    }
}
