package io.chaosrunner.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.claim.Claim;
import io.chaosrunner.claim.FireLedger;
import io.chaosrunner.crd.Engine;
import io.chaosrunner.model.Fire;
import io.chaosrunner.model.RunId;
import io.chaosrunner.schedule.EngineSchedule.Replaces;
import io.chaosrunner.schedule.FirePlan.LastRun;
import io.chaosrunner.schedule.FirePlan.Step;
import io.chaosrunner.schedule.ScheduleSpec.StopWhen;
import java.time.Instant;
import java.time.LocalTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** What is read from an engine alone: the same for the runner's pod and for the service. */
class EngineScheduleTest {
    private static final Instant CREATED = Instant.parse("2026-03-02T10:00:00Z");
    private static final Instant FIRST = CREATED;
    private static final String HOURLY = "every: 1h";

    @ParameterizedTest
    @CsvSource({
        "plan,            Pass Pass,      PASSED",
        "plan,            Pass N/A,       PASSED",
        "plan,            Pass Fail,      FAILED",
        "plan,            Pass Error,     FAILED",
        "deadline,        Pass Stopped,   FAILED",
        "deadline,        Pass N/A,       PASSED",
        "failure,         Fail N/A,       FAILED",
        "plan-failed,     Pass N/A,       FAILED",
        "broken-strategy, N/A N/A,        FAILED",
        "record-full,     Pass N/A,       FAILED",
        "misconfigured,   Fail Fail,      FAILED",
        "unwatched,       Pass Stopped,   FAILED",
        "abort,           Pass Pass,      ",
        "abort,           Fail Stopped,   ",
        "'',              Pass Pass,      PASSED",
    })
    void aRunPassedIfNothingButPassCameOfItAndWasStoppedIfSomebodyAsked(
            String ending, String verdicts, StopWhen outcome) {
        assertThat(
                        lastRun(
                                        engine(
                                                HOURLY,
                                                Optional.of(
                                                        claim().endingBy(ending, "so")
                                                                .finished(FIRST, "so")),
                                                verdicts.split(" ")))
                                .outcome())
                .isEqualTo(Optional.ofNullable(outcome));
    }

    @Test
    void aReplacedRunFailedIfOneOfItsExperimentsDidAndNeverPassed() {
        Claim replaced = claim().endingBy("replaced", "of whatever").finished(FIRST, "of whatever");

        assertThat(lastRun(engine(HOURLY, Optional.of(replaced), "Pass", "Fail")).outcome())
                .contains(StopWhen.FAILED);
        assertThat(lastRun(engine(HOURLY, Optional.of(replaced), "Pass", "Stopped")).outcome())
                .isEmpty();
        assertThat(lastRun(engine(HOURLY, Optional.of(replaced), "Pass")).outcome()).isEmpty();
    }

    @Test
    void aRunWhoseEntriesSayThatItWasAbortedDidNeither() {
        Engine engine = engine(HOURLY, Optional.of(claim().finished(FIRST, "so")), "Fail");
        entry(engine).put("status", "Forcefully Aborted");

        assertThat(lastRun(engine).outcome()).isEmpty();
    }

    @Test
    void aRunEndsWhenItsOwnerSawItOverWhateverTheEntriesSay() {
        Instant end = FIRST.plusSeconds(4000);
        Engine engine = engine(HOURLY, Optional.of(claim().finished(end, "done")), "Pass");
        entry(engine).put("lastUpdateTime", "2026-03-02T23:00:00Z");

        assertThat(lastRun(engine).end()).isEqualTo(end);
        assertThat(schedule(engine).decide(end.plusSeconds(1)).skipped())
                .as("the fire during the run")
                .singleElement()
                .satisfies(
                        fires -> assertThat(fires.reason()).isEqualTo("run 1 was still going on"));
    }

    @ParameterizedTest
    @CsvSource({
        "2026-03-02T11:30:00Z,      2026-03-02T11:30:00Z",
        "2026-03-02T12:30:00+01:00, 2026-03-02T11:30:00Z",
        "yesterday,                 2026-03-02T10:00:00Z",
        "'',                        2026-03-02T10:00:00Z",
    })
    void ofARunWhoseEndNobodySawTheLatestTimeCounts(String updated, Instant end) {
        Engine engine =
                engine(
                        HOURLY,
                        Optional.of(claim().in(Claim.State.FINISHED, "edited by hand")),
                        "Pass");
        entry(engine).put("lastUpdateTime", updated);

        assertThat(lastRun(engine).end()).isEqualTo(end);
    }

    @ParameterizedTest
    @CsvSource({
        "'{every: 1h, overlap: replace}',                true",
        "'{every: 1h, overlap: replace, maxRuns: 2}',    true",
        "'{every: 1h, overlap: replace, maxRuns: 1}',    false",
        "'{every: 1h, overlap: replace, suspend: true}', false",
        "'{every: 1h, overlap: skip}',                   false",
        "'{every: 2h, overlap: replace}',                false",
    })
    void aFireEndsARunOnlyIfItStartsTheNext(String edited, boolean replaces) {
        Engine engine = engine(edited, Optional.of(claim()), "Awaited");

        assertThat(schedule(engine).replaces(new Fire(FIRST.plusSeconds(3600), hash(HOURLY))))
                .isEqualTo(replaces ? Replaces.YES : Replaces.NO);
    }

    @ParameterizedTest
    @ValueSource(strings = {"+999999999-01-01T00:00:00Z", "-0044-03-15T00:00:00Z", "noon", ""})
    void anAnchorThatIsNoneLeavesTheEnginesCreation(String anchor) {
        Engine engine = engine(HOURLY, Optional.empty());
        annotations(engine).put(EngineSchedule.ANCHOR, anchor);

        assertThat(schedule(engine).decide(CREATED.minusSeconds(1)))
                .isEqualTo(new Step.Wait(new Fire(FIRST, hash(HOURLY)), FIRST, List.of()));
    }

    @Test
    void runsCountedAnewLoseNoFire() {
        EngineSchedule schedule = schedule(engine(HOURLY, Optional.of(claim())));

        Claim anew = schedule.recounting();

        assertThat(anew.fires().runs()).isZero();
        assertThat(anew.fires().settled()).contains(new Fire(FIRST, hash(HOURLY)));
    }

    @ParameterizedTest
    @CsvSource({
        "every: 1h,                                      11:00, ",
        "every: 1h,                                      11:05, ",
        "every: 1h,                                      11:06, missed: nothing started it within 5m",
        "'{every: 1h, startingDeadline: 3h}',            13:59, ",
        "'{every: 60m, timeZone: UTC, missed: runOnce}', 15:30, ",
        "'{every: 1h, suspend: true}',                   11:00, suspended",
        "'{every: 1h, maxRuns: 1}',                      11:00, 'maxRuns: 1 runs were started'",
        "every: 2h,                                      11:00, the schedule was changed",
        "'{every: 1h, hours: 9-17}',                     11:00, the schedule was changed",
        "'',                                             11:00, the schedule was removed",
    })
    void aFireIsLookedAtAgainWhenItsRunIsToStart(String edited, LocalTime at, String why) {
        Claim over = claim().finished(FIRST.plusSeconds(60), "done");
        Engine engine = engine(HOURLY, Optional.of(over), "Pass");
        if (edited.isEmpty()) {
            annotations(engine).remove(ScheduleSpec.ANNOTATION);
        } else {
            annotations(engine).put(ScheduleSpec.ANNOTATION, edited);
        }

        assertThat(
                        EngineSchedule.objection(
                                engine,
                                Map.of(),
                                new Fire(FIRST.plusSeconds(3600), hash(HOURLY)),
                                UnaryOperator.identity(),
                                FIRST.atZone(ZoneOffset.UTC).with(at).toInstant()))
                .isEqualTo(Optional.ofNullable(why));
    }

    @Test
    void aClockThatWasPutBackUnsettlesNothingWhenTheScheduleIsEdited() {
        EngineSchedule edited = schedule(engine("every: 7m", Optional.of(claim())));

        Claim counted = edited.counting(FIRST.minusSeconds(3600));

        assertThat(counted.fires().settled()).contains(new Fire(FIRST, hash("every: 7m")));
    }

    /** The names are those that 72e3721 gave these schedules. */
    @ParameterizedTest
    @CsvSource({
        "now: true,                                          4802122e",
        "'{timeZone: Europe/Berlin, every: 30m, maxRuns: 3}', 21369019"
    })
    void aScheduleThatAnOlderVersionCountedGoesOnAfterAnUpgrade(String written, String name) {
        Claim older = claim(new Fire(FIRST, name)).finished(FIRST.plusSeconds(60), "done");

        EngineSchedule schedule = schedule(engine(written, Optional.of(older), "Pass"));

        assertThat(schedule.isUnknown()).isFalse();
        assertThat(schedule.isAskedAnew(FIRST.plusSeconds(7200))).isFalse();
        assertThat(schedule.runs()).isEqualTo(1);
        assertThat(schedule.spec().hash()).isEqualTo(name);
    }

    // ---- Props --------------------------------------------------------------------------------

    private static EngineSchedule schedule(Engine engine) {
        return EngineSchedule.of(engine).orElseThrow();
    }

    private static LastRun lastRun(Engine engine) {
        return schedule(engine).lastRun().orElseThrow();
    }

    private static ObjectNode annotations(Engine engine) {
        return (ObjectNode) engine.json().path("metadata").path("annotations");
    }

    private static ObjectNode entry(Engine engine) {
        return (ObjectNode) engine.statusEntries().getFirst();
    }

    private static Engine engine(String schedule, Optional<Claim> claim, String... verdicts) {
        ObjectNode json = JsonMapper.shared().createObjectNode();
        ObjectNode metadata = json.putObject("metadata");
        metadata.put("name", "e").put("namespace", "n").put("uid", "u");
        metadata.put("creationTimestamp", CREATED.toString());
        ObjectNode annotations = metadata.putObject("annotations");
        annotations.put(ScheduleSpec.ANNOTATION, schedule);
        claim.ifPresent(held -> annotations.put(Claim.ANNOTATION, held.text()));
        ArrayNode entries = json.putObject("status").putArray("experiments");
        for (String verdict : verdicts) {
            entries.addObject()
                    .put("name", "a")
                    .put("status", verdict.equals("Awaited") ? "Running" : "Completed")
                    .put("verdict", verdict);
        }
        return new Engine(json);
    }

    private static Claim claim() {
        return claim(new Fire(FIRST, hash(HOURLY)));
    }

    private static Claim claim(Fire fire) {
        return Claim.begun(
                new Claim.Start(
                        new RunId(1, "id"),
                        FIRST,
                        1,
                        JsonMapper.shared().createObjectNode(),
                        "active"),
                "process",
                FireLedger.NONE.next(Optional.of(fire)));
    }

    private static String hash(String schedule) {
        return ScheduleSpec.of(Optional.of(schedule), Map.of(), CREATED).orElseThrow().hash();
    }
}
