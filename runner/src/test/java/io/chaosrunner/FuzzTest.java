package io.chaosrunner;

import io.chaosrunner.config.ExecutionSettings;
import io.chaosrunner.config.KubernetesYaml;
import io.chaosrunner.config.MonitoringSettings;
import io.chaosrunner.crd.Engine;
import io.chaosrunner.crd.Result;
import io.chaosrunner.schedule.ScheduleSpec;
import io.chaosrunner.status.Claim;
import io.chaosrunner.status.RunRecords;
import io.chaosrunner.status.Standing;
import io.chaosrunner.strategy.InvalidParameters;
import io.chaosrunner.testing.Damage;
import java.io.IOException;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Whatever comes through a door for strangers' texts gives a value or a refusal. Each door gets a
 * second; {@code -Dfuzz.seconds=3600} gives it an hour, from {@code -Dfuzz.seed} on.
 */
class FuzzTest {
    private static final Instant ANCHOR = Instant.parse("2026-03-01T00:00:00Z");

    enum Door {
        CLAIM(
                """
                {"form":2,"number":1,"id":"x","instance":"schedule/1","state":"finished",\
                "runStart":"2026-03-02T10:00:00Z","seed":7,"starts":1,"execution":{},\
                "skipped":{"so":"0-3"},"whys":{"x":"0"},"runEnd":"2026-03-02T10:01:00Z",\
                "settledFire":{"at":"2026-03-02T10:00:00Z","schedule":"5e364426"},"log":"0..4k.3P"}\
                """,
                text -> {
                    ObjectNode json = JsonMapper.shared().createObjectNode();
                    json.putObject("metadata").putObject("annotations").put(Claim.ANNOTATION, text);
                    Standing.of(new Engine(json)).claim().ifPresent(Claim::text);
                }),
        RECORD(
                """
                [{"number":1,"id":"x","seed":42,"start":"2026-03-01T10:00:00Z",\
                "end":"2026-03-01T10:01:30Z","launches":[{"slot":0,"start":"2026-03-01T10:00:00Z",\
                "end":"2026-03-01T10:00:04Z"}],"skips":[{"slot":1,"why":"so"}]}]\
                """,
                text -> RunRecords.read(text).ifPresent(RunRecords::text)),
        EXECUTION(
                "strategy: dag\ndependencies: {b: [a.passed]}\nmaxParallel: 2\ndeadline: 1h\nseed: 7\n",
                text ->
                        ExecutionSettings.of(
                                JsonMapper.shared().createObjectNode(),
                                Optional.of(text),
                                Map.of())),
        SCHEDULE(
                """
                {"every":"1h","timeZone":"Europe/Berlin","from":"2026-03-01T00:00:00Z",\
                "days":["Mon"],"hours":["09:00-17:00"],"exclude":[{"dates":["2026-12-24"]}],\
                "jitter":"5m","maxRuns":9,"overlap":"replace"}\
                """,
                text -> ScheduleSpec.of(Optional.of(text), Map.of(), ANCHOR)),
        CRON(
                "cron: '0 9 * * 1-5'\ntimeZone: Europe/Berlin\n",
                text -> ScheduleSpec.of(Optional.of(text), Map.of(), ANCHOR)),
        MONITORING(
                "image: mine:1\nserviceAccount: exporter\n",
                text ->
                        MonitoringSettings.of(
                                JsonMapper.shared().createObjectNode(), Optional.of(text))),
        CHAOS_SCHEDULE(
                """
                {"metadata":{"name":"s","creationTimestamp":"2026-03-01T00:00:00Z"},"spec":{\
                "schedule":{"repeat":{"properties":{"minChaosInterval":{"hour":{"everyNthHour":2}}},\
                "workHours":{"includedHours":"9-17"},"workDays":{"includedDays":"Mon,Tue"}}},\
                "engineTemplateSpec":{}}}\
                """,
                text -> {
                    if (tree(text) instanceof ObjectNode object) {
                        ScheduleSpec.of(object, Map.of(), ANCHOR);
                    }
                }),
        RESULT(
                """
                {"metadata":{"uid":"u","labels":{"a":"b"}},"status":{"experimentStatus":{\
                "phase":"Completed","verdict":"Fail","failStep":"x","errorOutput":{"reason":"y"}},\
                "probeStatuses":[{"name":"p","status":{"verdict":"Failed","description":"d"}}]}}\
                """,
                text -> {
                    var result = new Result(tree(text));
                    result.verdict();
                    result.failStep();
                    result.failedProbes();
                    result.isTerminal();
                    result.version();
                }),
        FILE(
                "a: &x {b: [1, 2.5, yes]}\nc: {<<: *x, d: '1'}\n---\nkind: List\nitems: [{}]\n",
                text -> {
                    try {
                        KubernetesYaml.read(
                                new StringReader(text),
                                KubernetesYaml.Limits.OF_FILES,
                                document -> {});
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                });

        private final String sound;
        private final Consumer<String> use;

        Door(String sound, Consumer<String> use) {
            this.sound = sound;
            this.use = use;
        }

        private static JsonNode tree(String text) {
            try {
                return JsonMapper.shared().readTree(text);
            } catch (JacksonException e) {
                // The API server sends JSON.
                return JsonMapper.shared().createObjectNode();
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void aDoorGivesAValueOrARefusal(Door door) {
        long end = System.nanoTime() + Long.getLong("fuzz.seconds", 1) * 1_000_000_000L;
        long seed = Long.getLong("fuzz.seed", 1_000_000);
        do {
            String damaged = new Damage(seed).of(door.sound);
            try {
                door.use.accept(damaged);
            } catch (InvalidParameters refused) {
                // With its reasons.
            } catch (RuntimeException | StackOverflowError e) {
                throw new AssertionError(
                        "seed %d: %s"
                                .formatted(
                                        seed,
                                        damaged.substring(0, Math.min(2_000, damaged.length()))),
                        e);
            }
            seed++;
        } while (System.nanoTime() < end);
    }
}
