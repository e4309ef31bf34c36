package io.chaosrunner.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.config.YamlText;
import io.chaosrunner.strategy.InvalidParameters;
import io.chaosrunner.testing.JsonSchema;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** {@code docs/schemas/schedule.schema.json} says what the code reads. */
class ScheduleSchemaTest {
    private static final JsonSchema SCHEMA = JsonSchema.named("schedule.schema.json");
    private static final Instant ANCHOR = Instant.parse("2026-03-01T12:00:00Z");

    private static boolean isRead(String text) {
        try {
            return ScheduleSpec.of(Optional.of(text), Map.of(), ANCHOR).isPresent();
        } catch (InvalidParameters e) {
            return false;
        }
    }

    private static boolean isAccepted(String text) {
        return SCHEMA.accepts(JsonMapper.shared().valueToTree(YamlText.load(text)));
    }

    @Test
    void everyKeyThatIsReadIsInTheSchemaAndNoOther() {
        var keys = new ArrayList<>(ScheduleReader.KINDS);
        keys.addAll(ScheduleReader.TIMING);
        keys.addAll(PolicyReader.KEYS);
        var ofPart = new ArrayList<>(ScheduleReader.PART_KINDS);
        ofPart.addAll(ScheduleReader.TIMING);
        ofPart.remove("jitter");
        ofPart.add("name");

        assertThat(keys(SCHEMA.root())).containsExactlyInAnyOrderElementsOf(keys);
        assertThat(keys(SCHEMA.root().at("/definitions/part")))
                .containsExactlyInAnyOrderElementsOf(ofPart);
        assertThat(keys(SCHEMA.root().at("/properties/stopWhen/anyOf/1")))
                .containsExactlyElementsOf(PolicyReader.STOP_RULES);
        assertThat(keys(SCHEMA.root().at("/definitions/exclusion/anyOf/1")))
                .containsExactlyInAnyOrderElementsOf(Frame.EXCLUSION);
    }

    private static List<String> keys(JsonNode schema) {
        return List.copyOf(schema.path("properties").propertyNames());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "cron: '0 9 * * Mon-Fri'",
                "every: 30m",
                "{every: 1h30m, jitter: 10m, maxRuns: 5, history: 100}",
                "{every: 1h, days: Mon-Fri, hours: [9-12, 14-17], timeZone: Europe/Berlin}",
                "{every: 1h, exclude: [2026-12-25, 12-24, {name: freeze, from: 2026-12-20, until: 2027-01-02}]}",
                "{every: 1h, exclude: {name: nights, days: Mon-Fri, hours: 22-6}}",
                "{every: 1h, stopWhen: failed, overlap: queueAll, missed: runOnce, startingDeadline: 5m}",
                "{every: 1h, stopWhen: {failed: 3, passedInAll: 10}, pauseOnFailure: true}",
                "{every: 1h, suspend: true}",
                "{every: 1h, suspend: {until: 2026-12-31, note: why}}",
                "once: 2026-12-31T09:00",
                "now: true",
                "{schedules: [{cron: '0 9 * * Mon-Fri', name: office}, {every: 6h, days: [Sat, Sun]}], overlap: queue}"
            })
    void whatIsReadIsAccepted(String text) {
        assertThat(isRead(text)).isTrue();
        assertThat(isAccepted(text)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{every: 1h, cron: '0 9 * * *'}",
                "timeZone: UTC",
                "every: 30",
                "every: 0s",
                "every: soon",
                "every: [1h]",
                "cron: ['0 9 * * *']",
                "{every: 1h, evry: 2h}",
                "{every: 1h, maxRuns: 0}",
                "{every: 1h, maxRuns: 1.5}",
                "{every: 1h, history: 101}",
                "{every: 1h, overlap: que}",
                "{every: 1h, stopWhen: fail}",
                "{every: 1h, stopWhen: {}}",
                "{every: 1h, stopWhen: {failed: 0}}",
                "{every: 1h, stopWhen: {faild: 1}}",
                "{every: 1h, pauseOnFailure: sometimes}",
                "{every: 1h, missed: [skip]}",
                "{every: 1h, suspend: maybe}",
                "{every: 1h, suspend: {}}",
                "{every: 1h, suspend: {til: 2026-12-31}}",
                "{every: 1h, jitter: 10}",
                "{every: 1h, exclude: [{date: 2026-12-25}]}",
                "once: [2026-12-31T09:00, 2027-01-31T09:00]",
                "now: false",
                "schedules: []",
                "schedules: {every: 1h}",
                "schedules: [{every: 1h, jitter: 1m}]",
                "schedules: [{days: Mon}]",
                "schedules: [every]",
                "text"
            })
    void whatIsRefusedByItsFormIsRefusedByTheSchemaToo(String text) {
        assertThat(isRead(text)).isFalse();
        assertThat(isAccepted(text)).isFalse();
    }
}
