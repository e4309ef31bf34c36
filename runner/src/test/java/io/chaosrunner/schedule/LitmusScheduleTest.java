package io.chaosrunner.schedule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.chaosrunner.schedule.LitmusSchedule.State;
import io.chaosrunner.strategy.InvalidParameters;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Tests of {@link LitmusSchedule}: every field of a ChaosSchedule, and what it means here. */
class LitmusScheduleTest {
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
                    'repeat': {'properties': {M 10}, 'workDays': {'includedDays': 'Mon,Tue'}}    | {cron=*/10 * * * *, days=Mon,Tue}
                    'repeat': {'properties': {M 10}, 'workDays': {'includedDays': 'Sat-Mon'}}    | {cron=*/10 * * * *, days=Sat-Mon}
                    'repeat': {'properties': {M 10}, 'workHours': {'includedHours': '0-12'}}     | {cron=*/10 * * * *, hours=0-13}
                    'repeat': {'properties': {H 2}, 'workHours': {'includedHours': '8,10'}}      | {cron=0 */2 * * *, hours=8-9,10-11}
                    'repeat': {'properties': {M 10}, 'workHours': {'includedHours': '22-3'}}     | {cron=*/10 * * * *, hours=22-4}
                    'repeat': {'properties': {M 10}, 'workHours': {'includedHours': '0-23'}}     | {cron=*/10 * * * *}
                    'repeat': {'timeRange': {'startTime': '2026-03-01T00:00:00Z'}, 'properties': {M 10}} | {from=2026-03-01T00:00:00Z, cron=*/10 * * * *}
                    'repeat': {'timeRange': {'endTime': '2026-04-01T00:00:00Z'}, 'properties': {M 10}}   | {until=2026-04-01T00:00:00Z, cron=*/10 * * * *}
                    """)
    void whatAScheduleSaysMeans(String schedule, String settings) {
        LitmusSchedule read = of(schedule, "", "{}");

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
                    'once': {}                                                               | spec.schedule.once.executionTime: is missing
                    'once': {'executionTime': 'soon'}                                        | spec.schedule.once.executionTime: 'soon' is not a time; write 2027-01-31T09:00:00Z
                    'repeat': {'properties': {M 0}}                                          | spec.schedule.repeat.properties.minChaosInterval.minute.everyNthMinute: must be at least 1, but is 0
                    'repeat': {'properties': {H 0}}                                          | spec.schedule.repeat.properties.minChaosInterval.hour.everyNthHour: must be at least 1, but is 0
                    'repeat': {'properties': {H 2, 'minuteOfTheHour': 60}}                   | spec.schedule.repeat.properties.minChaosInterval.hour.minuteOfTheHour: must be from 0 to 59, but is 60
                    'repeat': {'properties': {}}                                             | spec.schedule.repeat.properties.minChaosInterval: gives neither minute.everyNthMinute nor hour.everyNthHour
                    'repeat': {'properties': {M 5}, 'workHours': {'includedHours': '25'}}    | spec.schedule.repeat.workHours.includedHours: '25' is not an hour; write 8, 0-12 or a list such as 8,10
                    """)
    void aScheduleThatMakesNoSenseIsRefused(String schedule, String problem) {
        LitmusSchedule read = of(schedule, "", "{}");

        assertThatExceptionOfType(InvalidParameters.class)
                .isThrownBy(read::settings)
                .satisfies(e ->
                        assertThat(e.problems().stream().map(Object::toString))
                                .containsExactly(problem));
    }

    @Test
    void bothMinuteAndHourAreRefusedWhereLitmusOverlooksOne() {
        LitmusSchedule read =
                of(
                        "'repeat': {'properties': {'minChaosInterval': {'minute': {'everyNthMinute': 5}, 'hour': {'everyNthHour': 1}}}}",
                        "",
                        "{}");

        assertThatExceptionOfType(InvalidParameters.class)
                .isThrownBy(read::settings)
                .withMessageContaining("gives both minute and hour");
    }

    @Test
    void anAnnotationAddsWhatTheFieldsCannotSay() {
        LitmusSchedule read =
                of(
                        "'repeat': {'properties': {M 30}}",
                        "'concurrencyPolicy': 'Replace',",
                        "{'chaosrunner.io/schedule': 'timeZone: Europe/Berlin'}");

        assertThat(read.settings())
                .hasToString("{cron=*/30 * * * *, overlap=replace, timeZone=Europe/Berlin}");
    }

    @Test
    void anotherConcurrencyPolicyThanLitmusIsRefused() {
        LitmusSchedule read = of("'now': true", "'concurrencyPolicy': 'Never',", "{}");

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
        LitmusSchedule read = of("'now': true", "", "{}");

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
        var read = new LitmusSchedule(json);

        ScheduleSpec spec =
                ScheduleSpec.of(Optional.empty(), read.settings(), read.created()).orElseThrow();
        assertThat(Timetable.of(spec, read.created(), 0).next(read.created()))
                .as("11:20:30 in Berlin, on a Thursday that is no holiday")
                .contains(Instant.parse("2026-01-01T11:00:00Z"));
    }

    private static LitmusSchedule of(String schedule, String more, String annotations) {
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
                                                "H (\\d+), ('minuteOfTheHour': \\d+)",
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
        return new LitmusSchedule(
                (ObjectNode) JsonMapper.shared().readTree(text.replace('\'', '"')));
    }
}
