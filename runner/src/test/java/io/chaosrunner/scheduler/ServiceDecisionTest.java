package io.chaosrunner.scheduler;

import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.claim.Claim;
import io.chaosrunner.claim.FireLedger;
import io.chaosrunner.crd.Engine;
import io.chaosrunner.model.Fire;
import io.chaosrunner.schedule.EngineSchedule;
import io.chaosrunner.scheduler.ServiceSchedule.Move;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.node.ObjectNode;

/** Tests of what the service decides to do with an engine as read. */
class ServiceDecisionTest extends ServiceStage {
    @Test
    void anEngineWithoutAScheduleIsLeftAlone() {
        assertThat(words(engine("", Optional.empty(), "", "stop"))).isEqualTo("rest");
    }

    @Test
    void aFireStartsARunWhenItIsDueAndNotBefore() {
        Engine engine = held(claim("idle", "2026-03-02T10:00:00Z"));
        now = CREATED.plusSeconds(3599);
        assertThat(words(engine)).isEqualTo("rest until 2026-03-02T11:00:00Z");

        now = CREATED.plusSeconds(3600);
        assertThat(words(engine)).isEqualTo("begin 2026-03-02T11:00:00Z");
    }

    @Test
    void theFirstFireIsTheEnginesCreation() {
        assertThat(words(engine(HOURLY, Optional.empty(), "", "stop")))
                .isEqualTo("begin 2026-03-02T10:00:00Z");
    }

    @Test
    void firesThatNobodyStartedAreSkippedWithTheReason() {
        now = CREATED.plus(Duration.ofMinutes(150));

        assertThat(words(held(claim("idle", "2026-03-02T10:00:00Z"))))
                .isEqualTo(
                        "skip 2 from 2026-03-02T11:00:00Z: missed: nothing started it within 5m");
    }

    @Test
    void aRunThatAProcessOfTheServiceLeftIsTakenUp() {
        assertThat(words(held(running("schedule/1/x")))).isEqualTo("resume");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "every: never", "{nonsense: true}", "["})
    void aRunThatAProcessOfTheServiceLeftIsTakenUpWhateverBecameOfTheSchedule(String schedule) {
        Claim left = running("schedule/1/x");
        assertThat(words(engine(schedule, Optional.of(left), "", "stop"))).isEqualTo("resume");
        assertThat(words(engine(schedule, Optional.of(running("laptop/1/x")), "", "stop")))
                .as("a person's is not")
                .isNotEqualTo("resume");
        assertThat(words(engine(schedule, Optional.of(left.finished(now, "done")), "", "stop")))
                .as("one that is over is not")
                .isNotEqualTo("resume");
    }

    @Test
    void aRunOfAPodIsLookedAfterWhoeverLaunchesAndTheServicesOwnGoesToAPodWherePodsRun() {
        assertThat(words(held(running("schedule-pod/1/x")))).isEqualTo("attend run 1");
        launch = ServiceLaunch.POD;
        assertThat(words(held(running("schedule-pod/1/x")))).isEqualTo("attend run 1");
        assertThat(words(held(running("schedule/1/x")))).isEqualTo("attend run 1");
        assertThat(words(held(running("laptop/1/x")))).startsWith("rest until");
    }

    @Test
    void aRunOfAPodIsReplacedOnceByTheNextFire() {
        String schedule = HOURLY + "\noverlap: replace";
        Engine engine =
                engine(
                        schedule,
                        Optional.of(
                                claim(
                                        "schedule-pod/1/x",
                                        Claim.State.RUNNING,
                                        "",
                                        "",
                                        "2026-03-02T10:00:00Z",
                                        schedule)),
                        "",
                        "stop");
        launch = ServiceLaunch.POD;
        assertThat(words(engine)).isEqualTo("attend run 1 until 2026-03-02T11:00:00Z");
        now = CREATED.plusSeconds(3600);
        assertThat(words(engine)).isEqualTo("replace for 2026-03-02T11:00:00Z");
        annotate(engine, EngineSchedule.REPLACED, "id");
        assertThat(words(engine)).isEqualTo("attend run 1");
    }

    @Test
    void aRunOfAPersonIsTheirs() {
        Engine engine = held(running("laptop/1/x"));
        assertThat(words(engine)).isEqualTo("rest until 2026-03-02T11:00:00Z");

        now = CREATED.plusSeconds(3600);
        assertThat(words(engine))
                .startsWith("await run 1 of process laptop/1/x is going on")
                .contains("chaos-runner stop e -n n");
    }

    @Test
    void whatTheOperatorRunsIsLeftAlone() {
        now = CREATED.plusSeconds(3600);

        assertThat(words(engine(HOURLY, Optional.of(running("pod/1/x")), "initialized", "active")))
                .isEqualTo("rest");
    }

    @Test
    void theOperatorsRunIsStoppedWhereTheNextFireReplacesIt() {
        Engine engine =
                engine(
                        HOURLY + "\\noverlap: replace",
                        Optional.of(
                                claim(
                                        "pod/1/x",
                                        Claim.State.RUNNING,
                                        "",
                                        "",
                                        "2026-03-02T10:00:00Z",
                                        HOURLY + "\noverlap: replace")),
                        "initialized",
                        "active");
        now = CREATED.plusSeconds(3600);
        assertThat(words(engine)).as("its own runner follows the schedule").isEqualTo("rest");

        now = CREATED;
        handOver(engine, HOURLY + "\noverlap: replace");
        assertThat(words(engine)).isEqualTo("rest until 2026-03-02T11:00:00Z");

        now = CREATED.plusSeconds(3600);
        assertThat(words(engine)).isEqualTo("replace for 2026-03-02T11:00:00Z");
    }

    @ParameterizedTest
    @ValueSource(strings = {"suspend: true", "maxRuns: 1", "until: 2026-03-02T10:30:00Z"})
    void aRunThatNoFireFollowsIsNotReplaced(String end) {
        String schedule = HOURLY + "\noverlap: replace\n" + end;
        Claim running =
                claim("pod/1/x", Claim.State.RUNNING, "", "", "2026-03-02T10:00:00Z", schedule);
        now = CREATED.plusSeconds(3600);
        Engine engine = engine(schedule, Optional.of(running), "initialized", "active");
        handOver(engine, schedule);

        assertThat(words(engine)).isEqualTo("rest");
    }

    @Test
    void aScheduleThatWasEditedDuringARunOfTheOperatorsReplacesItByNothing() {
        String edited = "every: 5m\noverlap: replace";
        now = CREATED.plusSeconds(1200);
        Engine engine = engine(edited, Optional.of(running("pod/1/x")), "initialized", "active");
        handOver(engine, HOURLY);

        assertThat(words(engine)).isEqualTo("rest");
    }

    @Test
    void whatTheOperatorStoppedForAFireIsNoReasonToWaitForAHuman() {
        now = CREATED.plusSeconds(3600);
        Claim running = running("pod/1/x");
        Engine engine = engine(HOURLY, Optional.of(running), "stopped", "stop");
        String launchedByOperator =
                running.text().replace("\"engineState\":\"stop\"", "\"engineState\":\"active\"");
        annotate(engine, Claim.ANNOTATION, launchedByOperator);
        annotate(engine, EngineSchedule.REPLACED, "id");
        ((ObjectNode) engine.statusEntries().getFirst())
                .put("status", "Forcefully Aborted")
                .put("verdict", "Stopped");
        assertThat(words(engine)).isEqualTo("begin 2026-03-02T11:00:00Z");

        annotate(engine, EngineSchedule.REPLACED, "an earlier run");
        assertThat(words(engine)).isEqualTo("skip 1 from 2026-03-02T11:00:00Z: suspended");
    }

    @Test
    void aFireThatTheOperatorsRunnerDoesNotClaimIsTakenBack() {
        Engine engine = held(claim("idle", "2026-03-02T10:00:00Z"), "active");
        ((ObjectNode) engine.json().path("metadata").path("annotations"))
                .put(
                        FireLedger.HANDED_OVER,
                        FireLedger.handOver(
                                new Fire(Instant.parse("2026-03-02T11:00:00Z"), hash(HOURLY))));
        now = CREATED.plusSeconds(3600);
        ServiceSchedule driven = driven(engine);
        assertThat(words(driven.move(engine))).isEqualTo("rest until 2026-03-02T11:04:00Z");

        now = now.plus(Duration.ofMinutes(4));
        assertThat(words(driven.move(engine))).isEqualTo("take back 2026-03-02T11:00:00Z");
    }

    @Test
    void aRunThatAHumanStoppedSuspendsTheSchedule() {
        now = CREATED.plusSeconds(3600);
        Claim stopped =
                claim(
                        "schedule/1/x",
                        Claim.State.FINISHED,
                        "abort",
                        "the engine says stop",
                        "2026-03-02T10:00:00Z",
                        HOURLY);

        assertThat(words(held(stopped))).isEqualTo("suspend: the engine says stop");
        assertThat(words(held(stopped.suspendingSchedule())))
                .as("whoever removed the annotation lets it go on")
                .isEqualTo("begin 2026-03-02T11:00:00Z");
    }

    @Test
    void howLongTheReasonIsDecidesNothing() {
        now = CREATED.plusSeconds(3600);
        Claim stopped =
                claim(
                        "schedule/1/x",
                        Claim.State.FINISHED,
                        "abort",
                        DirectRun.REPLACED + "fire of " + "x".repeat(600),
                        "2026-03-02T10:00:00Z",
                        HOURLY);

        assertThat(words(held(stopped))).startsWith("suspend: ");
        assertThat(words(held(stopped.suspendingSchedule())))
                .isEqualTo("begin 2026-03-02T11:00:00Z");
    }

    @Test
    void aRunThatNobodyCouldWatchSuspendsNothing() {
        now = CREATED.plusSeconds(3600);

        assertThat(
                        words(
                                held(
                                        claim(
                                                "schedule/1/x",
                                                Claim.State.FINISHED,
                                                "unwatched",
                                                "pods cannot be followed any more",
                                                "2026-03-02T10:00:00Z",
                                                HOURLY))))
                .isEqualTo("begin 2026-03-02T11:00:00Z");
    }

    @Test
    void aRunThatTheNextFireReplacedSuspendsNothing() {
        now = CREATED.plusSeconds(3600);

        assertThat(
                        words(
                                held(
                                        claim(
                                                "schedule/1/x",
                                                Claim.State.FINISHED,
                                                "replaced",
                                                "of whatever",
                                                "2026-03-02T10:00:00Z",
                                                HOURLY))))
                .isEqualTo("begin 2026-03-02T11:00:00Z");
    }

    @Test
    void aTimeOfAnEntryThatIsNoneSaysNothingOfTheRunsEnd() {
        now = CREATED.plusSeconds(3600);
        Engine engine = held(claim("idle", "2026-03-02T10:00:00Z"));
        ((ObjectNode) engine.statusEntries().getFirst()).put("lastUpdateTime", "yesterday");

        assertThat(words(engine)).isEqualTo("begin 2026-03-02T11:00:00Z");
    }

    @Test
    void whileItIsSuspendedFiresAreSkipped() {
        now = CREATED.plusSeconds(3600);
        Engine engine = held(claim("idle", "2026-03-02T10:00:00Z"));
        ((ObjectNode) engine.json().path("metadata").path("annotations"))
                .put(EngineSchedule.SUSPENDED, "run 1 was stopped");

        assertThat(words(engine)).isEqualTo("skip 1 from 2026-03-02T11:00:00Z: suspended");
        assertThat(
                        words(
                                engine(
                                        HOURLY,
                                        Optional.of(claim("idle", "2026-03-02T10:00:00Z")),
                                        "stopped",
                                        "stop")))
                .isEqualTo("skip 1 from 2026-03-02T11:00:00Z: suspended");
    }

    @Test
    void aScheduleThatWasChangedCountsFromWhenItIsSeen() {
        assertThat(
                        words(
                                engine(
                                        "every: 5m",
                                        Optional.of(claim("idle", "2026-03-02T10:00:00Z")),
                                        "",
                                        "stop")))
                .isEqualTo("count");
    }

    @Test
    void anUnusableScheduleIsRefused() {
        assertThat(words(engine("every: never", Optional.empty(), "", "stop")))
                .startsWith("refuse: schedule.every");
    }

    @Test
    void firesDuringARunAreRecordedByTheScheduleTheyBelongToAlsoIfItIsEditedMeanwhile() {
        String before = "every: 10m";
        Claim running =
                claim("schedule/1/x", Claim.State.RUNNING, "", "", "2026-03-02T10:00:00Z", before);
        Engine begun = engine(before, Optional.of(running), "", "stop");
        ServiceSchedule driven = driven(begun);
        assertThat(words(driven.move(begun))).isEqualTo("resume");

        now = CREATED.plus(Duration.ofMinutes(35));
        Claim over = running.finished(now, "done");
        Engine edited = engine("every: 7m", Optional.of(over), "", "stop");
        Move skip = driven.move(edited);
        assertThat(words(skip))
                .isEqualTo("skip 3 from 2026-03-02T10:10:00Z: run 1 was still going on");

        Claim settled = ((Move.Write) skip).schedule().skipping(skipped(skip), "me", now);
        assertThat(words(driven.move(engine("every: 7m", Optional.of(settled), "", "stop"))))
                .isEqualTo("count");
    }

    @Test
    void aFireThatWaitsForItsJitterOrForItsHoursIsRecordedWhenItsScheduleIsEdited() {
        String before = "{cron: 0 12 * * *, hours: 9-17, missed: runOnce}";
        Claim settled = claim("idle", Claim.State.FINISHED, "", "", "2026-03-02T10:00:00Z", before);
        now = Instant.parse("2026-03-02T22:00:00Z");
        Engine engine = engine(before, Optional.of(settled), "", "stop");
        ServiceSchedule driven = driven(engine);
        assertThat(words(driven.move(engine))).isEqualTo("rest until 2026-03-03T09:00:00Z");

        assertThat(words(driven.move(engine(HOURLY, Optional.of(settled), "", "stop"))))
                .isEqualTo("skip 1 from 2026-03-02T12:00:00Z: the schedule was changed");
    }

    @Test
    void whatWasDueWhileItWasSuspendedIsNotRunWhenTheSuspensionEnds() {
        String often = "every: 10s";
        Claim idle = claim("idle", Claim.State.FINISHED, "", "", "2026-03-02T10:00:00Z", often);
        now = CREATED.plusSeconds(5);
        Engine suspended = engine(often + "\\nsuspend: true", Optional.of(idle), "", "stop");
        ServiceSchedule driven = driven(suspended);
        driven.move(suspended);

        now = CREATED.plusSeconds(58);
        Engine freed = engine(often, Optional.of(idle), "", "stop");
        assertThat(words(driven.move(freed)))
                .isEqualTo("skip 5 from 2026-03-02T10:00:10Z: suspended");
    }

    @Test
    void anEngineThatRanAlreadyRunsOnceWhenItsScheduleSaysNow() {
        now = CREATED.plusSeconds(7200);
        Engine engine =
                engine("now: true", Optional.of(claim("idle", "2026-03-02T10:00:00Z")), "", "stop");
        assertThat(words(engine)).isEqualTo("begin 2026-03-02T12:00:00Z");

        Claim ran =
                claim("idle", Claim.State.FINISHED, "", "", "2026-03-02T12:00:00Z", "now: true");
        assertThat(words(engine("now: true", Optional.of(ran), "", "stop")))
                .isEqualTo("end: no fire is left");
    }

    @Test
    void anEngineThatIsToRunNowRunsWhenItsSuspensionEnds() {
        now = CREATED.plusSeconds(7200);
        String suspended = "now: true\nsuspend: true";
        Engine engine = engine(suspended, Optional.empty(), "", "stop");
        Move skip = driven(engine).move(engine);
        assertThat(words(skip)).isEqualTo("skip 1 from 2026-03-02T10:00:00Z: suspended");

        Claim skipped = ((Move.Write) skip).schedule().skipping(skipped(skip), "me", now);
        assertThat(words(engine(suspended, Optional.of(skipped), "", "stop")))
                .isEqualTo("end: no fire is left");
        assertThat(words(engine("now: true", Optional.of(skipped), "", "stop")))
                .isEqualTo("begin 2026-03-02T12:00:00Z");
    }

    private static void handOver(Engine engine, String schedule) {
        annotate(
                engine,
                FireLedger.HANDED_OVER,
                FireLedger.handOver(
                        new Fire(Instant.parse("2026-03-02T10:00:00Z"), hash(schedule))));
    }

    private static Claim running(String process) {
        return claim(process, Claim.State.RUNNING, "", "", "2026-03-02T10:00:00Z", HOURLY);
    }
}
