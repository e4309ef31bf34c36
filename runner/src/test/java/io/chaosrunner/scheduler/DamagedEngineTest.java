package io.chaosrunner.scheduler;

import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.claim.Claim;
import io.chaosrunner.claim.FireLedger;
import io.chaosrunner.config.ExecutionSettings;
import io.chaosrunner.crd.Engine;
import io.chaosrunner.history.RunHistory.Remembered;
import io.chaosrunner.history.RunRecord;
import io.chaosrunner.history.RunRecords;
import io.chaosrunner.model.EngineRef;
import io.chaosrunner.report.EngineTable;
import io.chaosrunner.report.HistoryReport;
import io.chaosrunner.schedule.EngineSchedule;
import io.chaosrunner.schedule.ScheduleSpec;
import io.chaosrunner.strategy.InvalidParameters;
import io.chaosrunner.testing.Damage;
import java.io.PrintWriter;
import java.io.Writer;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Whatever the annotations and records of an engine hold, reading them never ends a thread. */
class DamagedEngineTest {
    private static final Instant NOW = Instant.parse("2026-03-02T12:30:00Z");
    private static final int CASES = 600;

    private static final String CLAIM =
            """
            {"form":2,"number":1,"id":"x","instance":"schedule/1","state":"finished",\
            "reason":"all were launched","runStart":"2026-03-02T10:00:00Z","seed":7,"starts":1,\
            "execution":{},"ending":"plan","engineState":"stop","runEnd":"2026-03-02T10:01:00Z",\
            "fire":{"at":"2026-03-02T10:00:00Z","schedule":"5e364426"},\
            "settledFire":{"at":"2026-03-02T10:00:00Z","schedule":"5e364426"},"scheduledRuns":1,\
            "log":"0..4k.3P"}\
            """;

    private static final String SCHEDULE =
            """
            {"every":"1h","timeZone":"Europe/Berlin","from":"2026-03-01T00:00:00Z","days":["Mon"],\
            "hours":["09:00-17:00"],"exclude":[{"name":"x","dates":["2026-12-24"]}],"jitter":"5m",\
            "maxRuns":9,"overlap":"replace","stopWhen":"failed","history":5,"suspend":false}\
            """;

    private static final String EXECUTION =
            """
            {"strategy":"dag","dependencies":{"b":["a.passed"]},"maxParallel":2,"deadline":"1h",\
            "retries":1,"seed":"7","history":3,"onFailure":"stop"}\
            """;

    private static final String RECORDS =
            """
            [{"number":1,"id":"x","seed":42,"strategy":"dag","settings":{"strategy":"dag"},\
            "start":"2026-03-01T10:00:00Z","end":"2026-03-01T10:01:30Z","endedBy":"failure",\
            "fire":"2026-03-01T10:00:00Z","reason":"a failed","verdicts":{"Fail":1},\
            "experiments":[{"name":"a","status":"Completed","verdict":"Fail"}],\
            "launches":[{"slot":0,"iteration":1,"attempt":1,"start":"2026-03-01T10:00:00Z",\
            "end":"2026-03-01T10:00:04Z","outcome":"failed","why":"first"}],\
            "skips":[{"slot":1,"why":"so"}],"skippedFires":[{"from":"2026-03-01T12:00:00Z",\
            "to":"2026-03-01T13:00:00Z","count":2,"reason":"suspended"}]}]\
            """;

    private static Engine engine(Map<String, String> annotations) {
        ObjectNode json = JsonMapper.shared().createObjectNode();
        ObjectNode metadata = json.putObject("metadata");
        metadata.put("name", "e").put("namespace", "n").put("uid", "u");
        metadata.put("creationTimestamp", "2026-03-01T00:00:00Z");
        ObjectNode all = metadata.putObject("annotations");
        annotations.forEach(all::put);
        json.putObject("status")
                .putArray("experiments")
                .addObject()
                .put("name", "a")
                .put("status", "Completed")
                .put("verdict", "Pass");
        return new Engine(json);
    }

    @Test
    void aScheduleIsDecidedOrRefused() {
        for (int seed = 0; seed < CASES; seed++) {
            var damage = new Damage(seed);
            Engine engine =
                    engine(
                            Map.of(
                                    Claim.ANNOTATION,
                                    seed % 2 == 0 ? damage.of(CLAIM) : CLAIM,
                                    ScheduleSpec.ANNOTATION,
                                    seed % 2 == 1 ? damage.of(SCHEDULE) : SCHEDULE,
                                    EngineSchedule.ANCHOR,
                                    damage.of("2026-03-01T00:00:00Z"),
                                    FireLedger.HANDED_OVER,
                                    damage.of("2026-03-02T11:00:00Z abc")));
            try {
                FireLedger.handedOver(engine);
                EngineTable.lines(List.of(engine), true, NOW);
                var _ = EngineTable.json(List.of(engine)).toString();
                EngineSchedule.of(engine)
                        .ifPresent(schedule -> {
                            schedule.lastRun();
                            schedule.abortedByHand();
                            schedule.replacement();
                            schedule.decide(NOW);
                        });
            } catch (InvalidParameters | Claim.Unreadable e) {
                assertThat(e.getMessage()).isNotBlank();
            } catch (RuntimeException | StackOverflowError e) {
                throw new AssertionError("seed " + seed + ": " + engine.json(), e);
            }
        }
    }

    @Test
    void executionSettingsAreReadOrNamedAsProblems() {
        ObjectNode none = JsonMapper.shared().createObjectNode();
        for (int seed = 0; seed < CASES; seed++) {
            String damaged = new Damage(seed).of(EXECUTION);
            try {
                ExecutionSettings settings =
                        ExecutionSettings.of(none, Optional.of(damaged), Map.of());
                ExecutionSettings.of(settings.tree());
                settings.limits()
                        .deadline()
                        .ifPresent(deadline -> assertThat(NOW.plus(deadline)).isAfter(NOW));
            } catch (RuntimeException | StackOverflowError e) {
                throw new AssertionError("seed " + seed + ": " + damaged, e);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"&a [*a]", "strategy: &a [*a]", "a: &a {b: *a}", "!!int x", "a: !!float"})
    void yamlWithoutEndOrSenseIsAProblem(String text) {
        ExecutionSettings settings =
                ExecutionSettings.of(
                        JsonMapper.shared().createObjectNode(), Optional.of(text), Map.of());
        assertThat(settings.problems()).isNotEmpty();
    }

    @Test
    void yamlThatIsTooDeepIsAProblem() {
        for (int depth : new int[] {60, 3_000, 100_000}) {
            ExecutionSettings settings =
                    ExecutionSettings.of(
                            JsonMapper.shared().createObjectNode(),
                            Optional.of("a: " + "[".repeat(depth) + "]".repeat(depth)),
                            Map.of());
            assertThat(settings.problems())
                    .singleElement()
                    .satisfies(problem ->
                            assertThat(problem.message()).isEqualTo("is nested more than 50 deep"));
        }
    }

    @Test
    void recordsAreShownOrLeftOut() {
        EngineRef ref = new EngineRef("n", "e");
        for (int seed = 0; seed < CASES; seed++) {
            String damaged = new Damage(seed).of(RECORDS);
            try {
                RunRecords.read(damaged).ifPresent(runs -> show(ref, runs));
            } catch (RuntimeException | StackOverflowError e) {
                throw new AssertionError("seed " + seed + ": " + damaged, e);
            }
        }
    }

    private static void show(EngineRef ref, RunRecords runs) {
        var out = new PrintWriter(Writer.nullWriter());
        var all = new Remembered(runs, List.of(), List.of());
        HistoryReport.table(ref, all, true, Instant.EPOCH, out);
        out.println(HistoryReport.json(ref, all, runs.runs()));
        for (RunRecord run : runs.runs()) {
            HistoryReport.one(ref, all, run, Instant.EPOCH, out);
            runs.with(run, 3);
            runs.summariesWith(run);
        }
    }
}
