package io.chaosrunner.schedule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.chaosrunner.schedule.ChaosScheduleSettings.State;
import io.chaosrunner.strategy.InvalidParameters;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Tests of {@link ChaosScheduleSettings}: every field of a ChaosSchedule, and what it means here.
 */
class ChaosScheduleSettingsTest {
    /** A Thursday. */
    private static final String CREATED = "2026-01-01T10:20:30Z";

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            textBlock =
                    """
                    'now': true                                                                  | {now=true}
                    'once': {'executionTime': '2026-02-01T09:00:00+01:00'}                       | {once=2026-02-01T08:00:00Z}
                    'repeat': {'properties': {M 1}}                                              | {cron=*/1 * * * *}
                    'repeat': {'properties': {M 2}}                                              | {cron=*/2 * * * *}
                    'repeat': {'properties': {M 60}}                                             | {cron=0 * * * *}
                    'repeat': {'properties': {M 7}}                                              | {every=7m}
                    'repeat': {'properties': {M 90}}                                             | {every=90m}
                    'repeat': {'properties': {M 120}}                                            | {cron=0 */2 * * *}
                    'repeat': {'properties': {M 1440}}                                           | {cron=0 0 * * *}
                    'repeat': {'properties': {H 1}}                                              | {cron=0 * * * *}
                    'repeat': {'properties': {H 2, 'minuteOfTheHour': 15}}                       | {cron=15 */2 * * *}
                    'repeat': {'properties': {H 24}}                                             | {cron=0 0 * * *}
                    'repeat': {'properties': {H 5, 'minuteOfTheHour': 10}}                       | {every=5h, from=2026-01-01T11:10:00Z}
                    'repeat': {'properties': {H 5, 'minuteOfTheHour': 40}}                       | {every=5h, from=2026-01-01T10:40:00Z}
                    'repeat': {'properties': {M 10, 'random': true}}                            | {cron=*/10 * * * *, jitter=599s}
                    'repeat': {'properties': {M 10}, 'workDays': {'includedDays': 'Mon,Tue'}}    | {days=Mon,Tue, cron=*/10 * * * *}
                    'repeat': {'properties': {M 10}, 'workDays': {'includedDays': 'Sat-Mon'}}    | {days=Sat-Mon, cron=*/10 * * * *}
                    'repeat': {'properties': {M 10}, 'workHours': {'includedHours': '0-12'}}     | {hours=0-13, cron=*/10 * * * *}
                    'repeat': {'properties': {H 2}, 'workHours': {'includedHours': '8,10'}}      | {hours=8-9,10-11, cron=0 8,10 * * *}
                    'repeat': {'properties': {M 10}, 'workHours': {'includedHours': '22-3'}}     | {hours=22-4, cron=*/10 * * * *}
                    'repeat': {'properties': {M 10}, 'workHours': {'includedHours': '0-23'}}     | {cron=*/10 * * * *}
                    'repeat': {'properties': {H 24}, 'workHours': {'includedHours': '9-17'}}     | {hours=9-18, cron=0 9 * * *}
                    'repeat': {'properties': {H 2}, 'workHours': {'includedHours': '9-17'}}      | {hours=9-18, cron=0 9-17/2 * * *}
                    'repeat': {'properties': {H 12}, 'workHours': {'includedHours': '9-17'}}     | {hours=9-18, cron=0 9 * * *}
                    'repeat': {'properties': {H 5, 'minuteOfTheHour': 30}, 'workHours': {'includedHours': '9-17'}} | {hours=9-18, cron=30 9-17/5 * * *}
                    'repeat': {'properties': {H 1}, 'workHours': {'includedHours': '9-17'}}      | {hours=9-18, cron=0 * * * *}
                    'repeat': {'properties': {H 3}, 'workHours': {'includedHours': '22-3,12'}}   | {hours=22-4,12-13, cron=0 22-3/3,12 * * *}
                    'repeat': {'properties': {M 120}, 'workHours': {'includedHours': '9-17'}}    | {hours=9-18, cron=0 9-17/2 * * *}
                    'repeat': {'properties': {H 48}, 'workHours': {'includedHours': '9-17'}}     | {hours=9-18, every=48h, from=2026-01-02T09:00:00Z}
                    'repeat': {'properties': {M 90}, 'workHours': {'includedHours': '9-17'}}     | {hours=9-18, every=90m, from=2026-01-02T09:00:00Z}
                    'repeat': {'properties': {M 10}, 'workDays': {'includedDays': '0,2,4'}}      | {days=Sun,Tue,Thu, cron=*/10 * * * *}
                    'repeat': {'properties': {M 10}, 'workDays': {'includedDays': '1-5'}}        | {days=Mon-Fri, cron=*/10 * * * *}
                    'repeat': {'properties': {M 10}, 'workDays': {'includedDays': 'Mon, 3-Fri'}} | {days=Mon,Wed-Fri, cron=*/10 * * * *}
                    'once': {'executionTime': '2025-12-31T09:00:00Z'}                            | {now=true}
                    'repeat': {'timeRange': {'startTime': '2026-03-01T00:00:00Z'}, 'properties': {M 10}} | {from=2026-03-01T00:00:00Z, cron=*/10 * * * *}
                    'repeat': {'timeRange': {'endTime': '2026-04-01T00:00:00Z'}, 'properties': {M 10}}   | {until=2026-04-01T00:00:00Z, cron=*/10 * * * *}
                    """)
    void whatAScheduleSaysMeans(String schedule, String settings) {
        ChaosScheduleSettings read = of(schedule, "", "{}");

        assertThat(read.settings()).hasToString(settings);
        assertThat(ScheduleSpec.of(Optional.empty(), read.settings(), read.created())).isPresent();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            textBlock =
                    """
                    'now': false                                                             | spec.schedule: names none of now: true, once and repeat
                    'now': true, 'repeat': {'properties': {M 5}}                             | spec.schedule.repeat: only one of now, once and repeat can be given, but there are now and repeat
                    'once': {}                                                               | spec.schedule.once.executionTime: is missing
                    'once': {'executionTime': 'soon'}                                        | spec.schedule.once.executionTime: 'soon' is not a time; write 2027-01-31T09:00:00Z
                    'repeat': {'properties': {M 0}}                                          | spec.schedule.repeat.properties.minChaosInterval.minute.everyNthMinute: must be at least 1, but is 0
                    'repeat': {'properties': {H 0}}                                          | spec.schedule.repeat.properties.minChaosInterval.hour.everyNthHour: must be at least 1, but is 0
                    'repeat': {'properties': {H 2, 'minuteOfTheHour': -1}}                   | spec.schedule.repeat.properties.minChaosInterval.hour.minuteOfTheHour: must be at least 0, but is -1
                    'repeat': {'properties': {'minChaosInterval': '2m'}}                     | spec.schedule.repeat.properties.minChaosInterval: '2m' is no interval; write minute: {everyNthMinute: 2}
                    'repeat': {'properties': {'minChaosInterval': '2h'}}                     | spec.schedule.repeat.properties.minChaosInterval: '2h' is no interval; write hour: {everyNthHour: 2}
                    'repeat': {'properties': {'minChaosInterval': {'minute': {}}}}           | spec.schedule.repeat.properties.minChaosInterval.minute.everyNthMinute: must be at least 1, but is missing
                    'repeat': {'properties': {M 5}, 'workDays': {'includedDays': '8'}}       | spec.schedule.repeat.workDays.includedDays: '8' is not a day; write Mon, Mon-Fri, 0 for Sunday, 1-5, or a list
                    'repeat': {'properties': {M 5}, 'workDays': {'includedDays': 'Mon-Tue-Wed'}} | spec.schedule.repeat.workDays.includedDays: 'Mon-Tue-Wed' is not a day; write Mon, Mon-Fri, 0 for Sunday, 1-5, or a list
                    'repeat': {'properties': {M 5}, 'endTime': '2026-02-01T00:00:00Z'}       | spec.schedule.repeat.endTime: is not read by anybody; write spec.schedule.repeat.timeRange.endTime
                    'repeat': {'properties': {M 5, 'instanceCount': '2'}}                    | spec.schedule.repeat.properties.instanceCount: is not read by anybody; write maxRuns in the annotation chaosrunner.io/schedule
                    'repeat': {'properties': {M 5}, 'workDay': {'includedDays': 'Mon'}}      | spec.schedule.repeat.workDay: is not read by anybody; did you mean 'workDays'?
                    'repeat': {'properties': {H 2, 'minuteOfTheHour': 60}}                   | spec.schedule.repeat.properties.minChaosInterval.hour.minuteOfTheHour: must be from 0 to 59, but is 60
                    'repeat': {'properties': {}}                                             | spec.schedule.repeat.properties.minChaosInterval: gives neither minute.everyNthMinute nor hour.everyNthHour; write minute: {everyNthMinute: 30} or hour: {everyNthHour: 2}
                    'repeat': {'properties': {M 5}, 'workHours': {'includedHours': '25'}}    | spec.schedule.repeat.workHours.includedHours: '25' is not an hour; write 8, 0-12 or a list such as 8,10
                    """)
    void aScheduleThatMakesNoSenseIsRefused(String schedule, String problem) {
        ChaosScheduleSettings read = of(schedule, "", "{}");

        assertThatExceptionOfType(InvalidParameters.class)
                .isThrownBy(read::settings)
                .satisfies(e ->
                        assertThat(e.problems().stream().map(Object::toString))
                                .containsExactly(problem));
    }

    @Test
    void bothMinuteAndHourAreRefusedWhereLitmusOverlooksOne() {
        ChaosScheduleSettings read =
                of(
                        "'repeat': {'properties': {'minChaosInterval': {'minute': {'everyNthMinute': 5}, 'hour': {'everyNthHour': 1}}}}",
                        "",
                        "{}");

        assertThatExceptionOfType(InvalidParameters.class)
                .isThrownBy(read::settings)
                .withMessageContaining("gives both minute and hour");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            textBlock =
                    """
                    'repeat': {'timeRange': {'endTime': '2025-01-01T00:00:00Z'}, 'properties': {M 10}}    | {} | spec.schedule.repeat.timeRange.endTime: '2025-01-01T00:00:00Z' is in the past, so nothing would ever run
                    'repeat': {'timeRange': {'endTime': '2026-01-01T11:00:00Z'}, 'properties': {H 24}}    | {} | spec.schedule.repeat.timeRange.endTime: '2026-01-01T11:00:00Z' is before the first fire at 2026-01-02T00:00:00Z, so nothing would ever run; write a later one, or leave it out
                    'repeat': {'timeRange': {'startTime': '2150-01-01T00:00:00Z'}, 'properties': {M 10}}  | {} | spec.schedule.repeat.timeRange.startTime: '2150-01-01T00:00:00Z' is not from 1970 to 2099; nothing fires before or after
                    'once': {'executionTime': '2150-01-01T00:00:00Z'}                                     | {} | spec.schedule.once.executionTime: '2150-01-01T00:00:00Z' is not from 1970 to 2099; nothing fires before or after
                    'repeat': {'properties': {M 10}}          | {'chaosrunner.io/schedule': 'timeZone: Berlin'} | metadata.annotations[chaosrunner.io/schedule].timeZone: 'Berlin' is not a time zone; did you mean 'Europe/Berlin'?
                    'repeat': {'properties': {M 10}}          | {'chaosrunner.io/schedule': 'until: 2025-01-01'} | metadata.annotations[chaosrunner.io/schedule].until: '2025-01-01T23:59:59.999Z' is in the past, so nothing would ever run
                    """)
    void whatIsRefusedIsToldByTheFieldToChange(
            String schedule, String annotations, String problem) {
        ChaosScheduleSettings read = of(schedule, "", annotations);

        assertThatExceptionOfType(InvalidParameters.class)
                .isThrownBy(() -> read.spec(Map.of()))
                .satisfies(e ->
                        assertThat(e.problems().stream().map(Object::toString))
                                .containsExactly(problem));
    }

    /** All that Litmus runs: no combination of an interval, hours and days leaves nothing. */
    @Test
    void everyIntervalRunsWithinEveryWindow() {
        for (String interval : List.of("M 1", "M 7", "M 60", "M 90", "M 120", "M 1440")) {
            everyWindowRuns(interval);
        }
        for (int n : List.of(1, 2, 3, 5, 6, 7, 8, 12, 13, 23, 24, 25, 36, 48, 72)) {
            everyWindowRuns("H %d, 'minuteOfTheHour': %d".formatted(n, n % 60));
        }
    }

    private static void everyWindowRuns(String interval) {
        for (String hours : List.of("9-17", "8,10", "8", "0", "23", "22-3", "0-5,20", "13-13")) {
            for (String days : List.of("Mon,Wed", "0,2,4", "1-5", "Sat-Mon", "6")) {
                ChaosScheduleSettings read =
                        of(
                                "'repeat': {'properties': {%s}, 'workHours': {'includedHours': '%s'}, 'workDays': {'includedDays': '%s'}}"
                                        .formatted(interval, hours, days),
                                "",
                                "{}");
                assertThat(
                                Timetable.of(read.spec(Map.of()), read.created(), 0)
                                        .next(read.created()))
                        .as("%s %s %s", interval, hours, days)
                        .isPresent();
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"24, 9", "12, 9", "2, 9 11 13 15 17", "5, 9 14"})
    void anIntervalOfHoursBeginsInTheFirstOfTheWindow(int every, String hours) {
        ChaosScheduleSettings read =
                of(
                        "'repeat': {'properties': {H %d}, 'workHours': {'includedHours': '9-17'}}"
                                .formatted(every),
                        "",
                        "{}");
        Timetable timetable = Timetable.of(read.spec(Map.of()), read.created(), 0);
        var fires = new ArrayList<String>();
        Optional<Instant> next = timetable.next(Instant.parse("2026-02-01T00:00:00Z"));
        while (next.orElseThrow().isBefore(Instant.parse("2026-02-02T00:00:00Z"))) {
            fires.add(String.valueOf(next.get().atZone(ZoneOffset.UTC).getHour()));
            next = timetable.next(next.get());
        }
        assertThat(String.join(" ", fires)).isEqualTo(hours);
    }

    @Test
    void anAnnotationAddsWhatTheFieldsCannotSay() {
        ChaosScheduleSettings read =
                of(
                        "'repeat': {'properties': {M 30}}",
                        "'concurrencyPolicy': 'Replace',",
                        "{'chaosrunner.io/schedule': 'timeZone: Europe/Berlin'}");

        assertThat(read.settings())
                .hasToString("{cron=*/30 * * * *, overlap=replace, timeZone=Europe/Berlin}");
    }

    @ParameterizedTest
    @CsvSource({
        "scheduleStat,      scheduleState",
        "concurencyPolicy,  concurrencyPolicy",
        "engineTemplatSpec, engineTemplateSpec"
    })
    void aFieldOfTheSpecThatIsOneLetterOffIsRefused(String written, String meant) {
        ChaosScheduleSettings read = of("'now': true", "'%s': 'halt',".formatted(written), "{}");

        assertThatExceptionOfType(InvalidParameters.class)
                .isThrownBy(read::settings)
                .withMessageContaining(
                        "spec.%s: is not read by anybody; did you mean '%s'?"
                                .formatted(written, meant));
    }

    @Test
    void otherFieldsOfTheSpecAreALaterLitmus() {
        assertThat(of("'now': true", "'tracing': {'x': 1},", "{}").settings())
                .hasToString("{now=true}");
    }

    @Test
    void anotherConcurrencyPolicyThanLitmusIsRefused() {
        ChaosScheduleSettings read = of("'now': true", "'concurrencyPolicy': 'Never',", "{}");

        assertThatExceptionOfType(InvalidParameters.class)
                .isThrownBy(read::settings)
                .withMessageContaining("'Never' is none of Allow, Forbid, Replace");
    }

    @ParameterizedTest
    @CsvSource({"'', ACTIVE", "active, ACTIVE", "halt, HALT", "stop, STOP", "complete, COMPLETE"})
    void itsStateIsOneOfLitmus(String word, State state) {
        assertThat(of("'now': true", "'scheduleState': '%s',".formatted(word), "{}").state())
                .isEqualTo(state);
    }

    @Test
    void theTemplateIsTheEnginesWithoutItsState() {
        ChaosScheduleSettings read = of("'now': true", "", "{}");

        assertThat(read.template())
                .hasToString("{\"tomorrow\":1,\"experiments\":[{\"name\":\"pod-delete\"}]}");
        assertThat(read.created()).isEqualTo(Instant.parse(CREATED));
        assertThat(List.of(read.name(), read.namespace(), read.uid()))
                .containsExactly("s", "n", "u1");
    }

    @Test
    void theExampleMakesSense() throws IOException {
        Object example =
                new Load(LoadSettings.builder().build())
                        .loadFromString(
                                Files.readString(
                                        Path.of(
                                                "..",
                                                "examples",
                                                "schedules",
                                                "chaos-schedule.yaml")));
        ObjectNode json = JsonMapper.shared().valueToTree(example);
        ((ObjectNode) json.path("metadata")).put("creationTimestamp", CREATED);
        var read = new ChaosScheduleSettings(json);

        ScheduleSpec spec =
                ScheduleSpec.of(Optional.empty(), read.settings(), read.created()).orElseThrow();
        assertThat(Timetable.of(spec, read.created(), 0).next(read.created()))
                .as("11:20:30 in Berlin, on a Thursday that is no holiday")
                .contains(Instant.parse("2026-01-01T11:00:00Z"));
    }

    private static ChaosScheduleSettings of(String schedule, String more, String annotations) {
        String interval = "'minChaosInterval': {'%s': {'%s': ";
        String text =
                """
                {'metadata': {'name': 's', 'namespace': 'n', 'uid': 'u1',
                              'creationTimestamp': '%s', 'annotations': %s},
                 'spec': {%s 'schedule': {%s},
                          'engineTemplateSpec': {'engineState': 'active', 'tomorrow': 1,
                                                 'experiments': [{'name': 'pod-delete'}]}}}
                """
                        .formatted(
                                CREATED,
                                annotations,
                                more,
                                schedule.replaceAll(
                                                "H (\\d+), ('minuteOfTheHour': -?\\d+)",
                                                interval.formatted("hour", "everyNthHour")
                                                        + "$1, $2}}")
                                        .replaceAll(
                                                "\\bM (\\d+)",
                                                interval.formatted("minute", "everyNthMinute")
                                                        + "$1}}")
                                        .replaceAll(
                                                "\\bH (\\d+)",
                                                interval.formatted("hour", "everyNthHour")
                                                        + "$1}}"));
        return new ChaosScheduleSettings(
                (ObjectNode) JsonMapper.shared().readTree(text.replace('\'', '"')));
    }
}
