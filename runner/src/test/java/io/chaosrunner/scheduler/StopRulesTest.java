package io.chaosrunner.scheduler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.chaosrunner.claim.Claim;
import io.chaosrunner.claim.FireLedger;
import io.chaosrunner.claim.Tally;
import io.chaosrunner.crd.Engine;
import io.chaosrunner.model.Fire;
import io.chaosrunner.model.RunId;
import io.chaosrunner.schedule.EngineSchedule;
import io.chaosrunner.schedule.FirePlan;
import io.chaosrunner.schedule.FirePlan.LastRun;
import io.chaosrunner.schedule.FirePlan.Situation;
import io.chaosrunner.schedule.ScheduleSpec;
import io.chaosrunner.schedule.ScheduleSpec.StopRules;
import io.chaosrunner.schedule.ScheduleSpec.StopWhen;
import io.chaosrunner.strategy.InvalidParameters;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** How the ends of runs end a schedule, or suspend it. */
class StopRulesTest {
    private static final Instant TEN = Instant.parse("2026-03-02T10:00:00Z");

    /** F failed, P passed, S was stopped; the last letter is the last run. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "failed                      | PF       | stopWhen: run 2 failed",
                "failed                      | FP       |",
                "failed                      | FS       |",
                "{failed: 1}                 | F        | stopWhen: run 1 failed",
                "{failed: 3}                 | FFPFF    |",
                "{failed: 3}                 | FFF      | stopWhen: 3 runs in a row failed, run 3 last",
                "{failed: 3}                 | PFFSF    | stopWhen: 3 runs in a row failed, run 5 last",
                "{failed: 3}                 | FFFS     |",
                "{failedInAll: 3}            | FPFPF    | stopWhen: 3 runs failed in all",
                "{failedInAll: 3}            | FPFP     |",
                "{failedInAll: 3}            | FFFP     | stopWhen: 3 runs failed in all",
                "{passed: 2}                 | PFPP     | stopWhen: 2 runs in a row passed, run 4 last",
                "{passedInAll: 2}            | PFFP     | stopWhen: 2 runs passed in all",
                "{failed: 9, failedInAll: 2} | FPF      | stopWhen: 2 runs failed in all",
                "passed                      | SSS      |",
                "{failed: 3}                 | ''       |",
            })
    void theEndsOfRunsEndASchedule(String rule, String runs, @Nullable String over) {
        Tally tally = Tally.NONE;
        for (char run :
                runs.isEmpty() ? new char[0] : runs.substring(0, runs.length() - 1).toCharArray()) {
            tally = tally.and(run == 'S' ? Optional.empty() : Optional.of(run == 'P'));
        }
        Optional<LastRun> last =
                runs.isEmpty()
                        ? Optional.empty()
                        : Optional.of(
                                new LastRun(
                                        "run " + runs.length(),
                                        TEN,
                                        TEN.plusSeconds(60),
                                        switch (runs.charAt(runs.length() - 1)) {
                                            case 'P' -> Optional.of(StopWhen.PASSED);
                                            case 'F' -> Optional.of(StopWhen.FAILED);
                                            default -> Optional.empty();
                                        }));

        assertThat(FirePlan.stop(spec(rule).policy(), new Situation(TEN, 9, last, tally)))
                .isEqualTo(Optional.ofNullable(over));
    }

    @Test
    void theTallyIsOfOneScheduleAndSurvivesTheClaim() {
        FireLedger fires =
                FireLedger.NONE
                        .next(Optional.of(fire(1, "a")))
                        .counting(Optional.of(false))
                        .next(Optional.of(fire(2, "a")))
                        .counting(Optional.of(false))
                        .next(Optional.empty());
        assertThat(fires.tally()).isEqualTo(new Tally(2, 2, 0, 0));
        assertThat(read(claim(fires).text()).fires().tally()).isEqualTo(fires.tally());
        assertThat(fires.next(Optional.of(fire(3, "b"))).tally()).isEqualTo(Tally.NONE);
        assertThat(claim(fires).beginningSchedule(fire(3, "b")).fires().tally())
                .isEqualTo(Tally.NONE);
        assertThat(FireLedger.NONE.counting(Optional.of(false)).tally())
                .as("without a schedule nobody counts")
                .isEqualTo(Tally.NONE);
    }

    @ParameterizedTest
    @ValueSource(strings = {"{\"failed\":-1}", "{\"failedInARow\":99999999999}"})
    void aTallyThatSomebodyEditedIntoNonsenseIsNoClaim(String outcomes) {
        String edited =
                claim(FireLedger.NONE)
                        .text()
                        .replaceFirst("\\{", "{\"outcomes\":" + outcomes + ",");

        assertThatThrownBy(() -> read(edited)).isInstanceOf(Claim.Unreadable.class);
    }

    @Test
    void theEndIsToldOnce() {
        EngineSchedule schedule = schedule("every: 1h\nstopWhen: failed", "Fail", false);
        assertThat(schedule.endUntold()).contains("stopWhen: run 1 failed");

        Claim told = schedule.claim().orElseThrow().endingSchedule("stopWhen: run 1 failed");
        ((ObjectNode) schedule.engine().json().path("metadata").path("annotations"))
                .put(Claim.ANNOTATION, told.text());
        EngineSchedule again = EngineSchedule.of(schedule.engine()).orElseThrow();
        assertThat(again.endUntold()).isEmpty();
        assertThat(again.decide(TEN)).isInstanceOf(FirePlan.Step.Over.class);
    }

    @ParameterizedTest
    @CsvSource({"Fail, true", "Error, true", "Stopped, true", "Pass, false", "N/A, false"})
    void aFailedRunSuspendsTheScheduleOnce(String verdict, boolean suspends) {
        String setting = "every: 1h\npauseOnFailure: true";
        assertThat(schedule(setting, verdict, false).failureToSuspend().isPresent())
                .isEqualTo(suspends);
        assertThat(schedule(setting, verdict, true).failureToSuspend())
                .as("a person has let it go on")
                .isEmpty();
        assertThat(schedule("every: 1h", verdict, false).failureToSuspend()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{} | schedule.stopWhen: says nothing; write failed, passed, or {failed: 3}",
                "{faild: 3} | schedule.stopWhen.faild: is not a setting of a schedule; did you mean 'failed'?",
                "{failed: 0} | schedule.stopWhen.failed:",
                "{failed: three} | schedule.stopWhen.failed:",
                "{failed: 3, failedinall: 4} | schedule.stopWhen.failedinall: is not a setting of a schedule; did you mean 'failedInAll'?",
                "fail | schedule.stopWhen: 'fail' is none of failed, passed",
                "[failed, 3] | schedule.stopWhen:",
                "3 | schedule.stopWhen: '3' is none of failed, passed",
            })
    void aSlipInARuleIsNamed(String rule, String words) {
        assertThatThrownBy(() -> spec(rule))
                .isInstanceOf(InvalidParameters.class)
                .hasMessageContaining(words);
    }

    @Test
    void oneWordMeansOneRun() {
        assertThat(spec("failed").policy().stopWhen()).isEqualTo(new StopRules(1, 0, 0, 0));
        assertThat(spec("{passed: 2, failedInAll: 3}").policy().stopWhen())
                .isEqualTo(new StopRules(0, 3, 2, 0));
    }

    private static ScheduleSpec spec(String rule) {
        return ScheduleSpec.of(Optional.of("{every: 1h, stopWhen: " + rule + "}"), Map.of(), TEN)
                .orElseThrow();
    }

    private static Fire fire(int minute, String schedule) {
        return new Fire(TEN.plusSeconds(60L * minute), schedule);
    }

    private static EngineSchedule schedule(String written, String verdict, boolean suspended) {
        String hash = ScheduleSpec.of(Optional.of(written), Map.of(), TEN).orElseThrow().hash();
        Claim claim =
                claim(FireLedger.NONE.next(Optional.of(new Fire(TEN, hash))))
                        .endingBy("plan", "all done")
                        .finished(TEN, "all done");
        ObjectNode json = JsonMapper.shared().createObjectNode();
        ObjectNode metadata = json.putObject("metadata");
        metadata.put("name", "e").put("namespace", "n").put("uid", "u");
        metadata.put("creationTimestamp", TEN.toString());
        metadata.putObject("annotations")
                .put(ScheduleSpec.ANNOTATION, written)
                .put(Claim.ANNOTATION, (suspended ? claim.suspendingSchedule() : claim).text());
        json.putObject("status")
                .putArray("experiments")
                .addObject()
                .put("name", "a")
                .put("status", "Completed")
                .put("verdict", verdict);
        return EngineSchedule.of(new Engine(json)).orElseThrow();
    }

    private static Claim claim(FireLedger fires) {
        return Claim.begun(
                new Claim.Start(
                        new RunId(1, "id"),
                        TEN,
                        1,
                        JsonMapper.shared().createObjectNode(),
                        "active"),
                "process",
                fires);
    }

    private static Claim read(String text) {
        ObjectNode json = JsonMapper.shared().createObjectNode();
        json.putObject("metadata")
                .put("name", "e")
                .putObject("annotations")
                .put(Claim.ANNOTATION, text);
        return Claim.of(new Engine(json)).orElseThrow();
    }
}
