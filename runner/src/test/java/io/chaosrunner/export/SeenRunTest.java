package io.chaosrunner.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.chaosrunner.export.ReportedRun.Execution;
import io.chaosrunner.model.Attempt;
import io.chaosrunner.model.EngineRef;
import io.chaosrunner.model.RunEnd;
import io.chaosrunner.model.RunId;
import io.chaosrunner.model.Verdict;
import io.chaosrunner.status.RunNotice;
import io.chaosrunner.status.StatusEntry;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What is reported where the cluster cannot be asked. */
class SeenRunTest {
    private static final Instant NOW = Instant.parse("2026-03-01T10:30:00Z");
    private static final EngineRef ENGINE = new EngineRef("litmus", "nginx-chaos");
    private static final StatusEntry FAILED =
            StatusEntry.completed("pod-delete", "pod-delete-x-1", Verdict.FAIL);

    private final SeenRun seen = new SeenRun(Clock.fixed(NOW, ZoneOffset.UTC));

    private void begin() {
        seen.heard(
                new RunNotice.Started(
                        new RunId(3, "k3f9"), "dag", 42, List.of("pod-delete", "cpu-hog"), false));
        var attempt = new Attempt(0, 0, 1, 1, NOW.minusSeconds(5), Optional.empty());
        seen.heard(
                new RunNotice.Launched(
                        attempt, "pod-delete", "pod-delete-x", "it is first", false));
        seen.heard(
                new RunNotice.Ended(
                        attempt,
                        "pod-delete",
                        "pod-delete-x",
                        "pod-delete-x-1",
                        FAILED,
                        Duration.ofSeconds(5),
                        "out of memory"));
        seen.heard(new RunNotice.Skipped(1, "cpu-hog", "pod-delete did not pass"));
    }

    @Test
    void aRunIsReportedAsItWasSeen() {
        begin();
        seen.heard(
                new RunNotice.Finished(
                        new RunEnd(RunEnd.Cause.PLAN, "all done"),
                        List.of(FAILED, StatusEntry.leftOut("cpu-hog"))));

        ReportedRun run = seen.report(ENGINE);

        assertThat(run.title()).isEqualTo("run 3 of litmus/nginx-chaos");
        assertThat(run.problems()).isEmpty();
        assertThat(run.isGood()).isFalse();
        assertThat(run.count()).isEqualTo("0 of 1 passed, 1 left out");
        assertThat(run.executions())
                .extracting(Execution::label, Execution::verdict, each -> each.said().reason())
                .containsExactly(
                        tuple("pod-delete", Verdict.FAIL, "out of memory"),
                        tuple("cpu-hog", Verdict.NOT_APPLICABLE, "pod-delete did not pass"));
        assertThat(run.executions().getFirst().took()).contains(Duration.ofSeconds(5));
        assertThat(run.record().orElseThrow().json().path("seed").asLong()).isEqualTo(42);
    }

    @Test
    void aRunWhoseEndWasNotSeenIsNotGood() {
        seen.heard(
                new RunNotice.Started(
                        new RunId(3, "k3f9"), "dag", 42, List.of("pod-delete"), false));

        assertThat(seen.report(ENGINE).isGood()).isFalse();
        assertThat(seen.report(ENGINE).problems())
                .containsExactly("the run was ended by interrupted: its end was not seen");
    }

    @Test
    void whatCameBetweenTheRunAndItsEndIsSaid() {
        begin();
        seen.failed("the API server does not answer; a restart takes the run up");

        assertThat(seen.report(ENGINE).problems())
                .containsExactly("the API server does not answer; a restart takes the run up");
    }

    @Test
    void whatWasNeverBegunHasNoRecord() {
        seen.failed("Secret litmus/probe is missing");

        ReportedRun run = seen.report(ENGINE);
        assertThat(run.record()).isEmpty();
        assertThat(run.isGood()).isFalse();
        assertThat(run.problems()).containsExactly("Secret litmus/probe is missing");
    }
}
