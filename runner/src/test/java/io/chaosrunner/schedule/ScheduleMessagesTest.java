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
                    {every: 1h, jitter: 2h}                  | schedule.jitter: must be shorter than every, or runs would change places; the longest is 3599999ms | {every: 1h, jitter: 3599999ms}
                    {every: 1h, timeZone: EST}               | schedule.timeZone: 'EST' is not a time zone; did you mean 'America/New_York'? | {every: 1h, timeZone: America/New_York}
                    """)
    void aMessageSaysWhichKeyWhatIsAllowedAndWhatWorks(
            String written, String message, String instead) {
        assertThatExceptionOfType(InvalidParameters.class)
                .isThrownBy(() -> Schedules.spec(written))
                .satisfies(e -> assertThat(e.problems()).singleElement().hasToString(message));
        assertThat(Schedules.timetable(instead).next(ANCHOR.minusSeconds(1))).isPresent();
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
                    {'repeat': {'properties': {'minChaosInterval': {'hour': {'everyNthHour': 2}}}, 'workHours': {'includedHours': '9am'}}} | spec.schedule.repeat.workHours.includedHours: '9am' is not an hour; write 8, 0-12 or a list such as 8,10
                    """)
    void aMessageOfAChaosScheduleNamesItsOwnField(String written, String message) {
        ObjectNode json =
                (ObjectNode)
                        JsonMapper.shared()
                                .readTree(
                                        "{'kind': 'ChaosSchedule', 'spec': {'schedule': %s}}"
                                                .formatted(written)
                                                .replace('\'', '"'));
        assertThatExceptionOfType(InvalidParameters.class)
                .isThrownBy(() -> ScheduleSpec.of(json, Map.of(), ANCHOR))
                .satisfies(e -> assertThat(e.problems()).singleElement().hasToString(message));
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
