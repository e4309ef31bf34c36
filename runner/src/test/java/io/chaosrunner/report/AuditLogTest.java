package io.chaosrunner.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.control.ExperimentReport;
import io.chaosrunner.model.Attempt;
import io.chaosrunner.model.EngineRef;
import io.chaosrunner.model.RunEnd;
import io.chaosrunner.model.RunId;
import io.chaosrunner.model.Verdict;
import io.chaosrunner.report.AuditLog.Format;
import io.chaosrunner.status.RunNotice;
import io.chaosrunner.status.StatusEntry;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The audit log's lines are what people and machines rely on: docs/events.md says them. */
class AuditLogTest {

    private static final Clock NOON =
            Clock.fixed(Instant.parse("2026-03-01T12:00:00.123Z"), ZoneOffset.UTC);
    private static final Attempt ATTEMPT =
            new Attempt(0, 0, 2, 1, NOON.instant(), Optional.empty());
    private static final StatusEntry FAILED =
            StatusEntry.completed("pod-delete", "pod-delete-x-1", Verdict.FAIL);

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    private List<String> lines(Format format, RunNotice... notices) {
        var log =
                new AuditLog(
                        new PrintStream(bytes, true, StandardCharsets.UTF_8),
                        NOON,
                        new EngineRef("litmus", "nginx"),
                        format);
        log.heard(
                new RunNotice.Started(
                        new RunId(3, "k3f9"), "dag", 42, List.of("pod-delete"), false));
        for (RunNotice notice : notices) {
            log.heard(notice);
        }
        log.summary(
                List.of(
                        new ExperimentReport(
                                0, FAILED, "", "the step", List.of("probe: no"), true)),
                1);
        return bytes.toString(StandardCharsets.UTF_8).lines().toList();
    }

    private static final RunNotice[] STORY = {
        new RunNotice.Launched(ATTEMPT, "pod-delete", "pod-delete-x", "first \"in\" line", false),
        new RunNotice.Ended(
                ATTEMPT,
                "pod-delete",
                "pod-delete-x",
                "pod-delete-x-1",
                FAILED,
                Duration.ofMillis(1500),
                "two\nlines"),
        new RunNotice.CleanedUp(ATTEMPT, "pod-delete", "pod-delete-x", true),
        new RunNotice.Finished(new RunEnd(RunEnd.Cause.PLAN_FAILED, "it failed"), List.of(FAILED))
    };

    @Test
    void textIsOneLineOfPairsEach() {
        String head = "2026-03-01T12:00:00.123Z event=%s engine=litmus/nginx run=3 runId=k3f9";
        String of = head + " slot=0 iteration=2 attempt=1 experiment=pod-delete job=pod-delete-x";
        assertThat(lines(Format.TEXT, STORY))
                .containsExactly(
                        head.formatted("run-started")
                                + " strategy=dag seed=42 experiments=pod-delete",
                        of.formatted("job-created") + " why=\"first \\\"in\\\" line\"",
                        of.formatted("ended")
                                + " pod=pod-delete-x-1 status=Completed verdict=Fail"
                                + " tookMillis=1500 detail=\"two\\nlines\"",
                        of.formatted("job-deleted"),
                        head.formatted("run-finished")
                                + " cause=plan-failed why=\"it failed\" verdicts=pod-delete=Fail",
                        head.formatted("summary") + " exitCode=1 results=pod-delete=Fail");
    }

    @Test
    void jsonIsOneObjectALineEach() {
        String head =
                "{\"time\":\"2026-03-01T12:00:00.123Z\",\"event\":\"%s\",\"engine\":\"litmus/nginx\",\"run\":3,\"runId\":\"k3f9\",";
        String of =
                head
                        + "\"slot\":0,\"iteration\":2,\"attempt\":1,\"experiment\":\"pod-delete\",\"job\":\"pod-delete-x\"";
        assertThat(lines(Format.JSON, STORY))
                .containsExactly(
                        head.formatted("run-started")
                                + "\"strategy\":\"dag\",\"seed\":42,\"experiments\":[\"pod-delete\"]}",
                        of.formatted("job-created") + ",\"why\":\"first \\\"in\\\" line\"}",
                        of.formatted("ended")
                                + ",\"pod\":\"pod-delete-x-1\",\"status\":\"Completed\",\"verdict\":\"Fail\",\"tookMillis\":1500,\"detail\":\"two\\nlines\"}",
                        of.formatted("job-deleted") + "}",
                        head.formatted("run-finished")
                                + "\"cause\":\"plan-failed\",\"why\":\"it failed\",\"verdicts\":[{\"experiment\":\"pod-delete\",\"verdict\":\"Fail\"}]}",
                        head.formatted("summary")
                                + "\"exitCode\":1,\"results\":[{\"slot\":0,\"experiment\":\"pod-delete\",\"verdict\":\"Fail\",\"status\":\"Completed\",\"pod\":\"pod-delete-x-1\",\"failStep\":\"the step\",\"failedProbes\":[\"probe: no\"]}]}");
    }

    @Test
    void theSummaryForPeopleSaysWhyAndWhereToLook() {
        var summary =
                new RunSummary(
                        new EngineRef("litmus", "nginx"),
                        List.of(
                                new ExperimentReport(
                                        0, FAILED, "", "the\nstep", List.of("probe: no"), true),
                                new ExperimentReport(
                                        1,
                                        StatusEntry.leftOut("cpu-hog"),
                                        "",
                                        "",
                                        List.of(),
                                        false)),
                        true);

        assertThat(summary.lines(Colours.PLAIN))
                .containsExactly(
                        "  EXPERIMENT  VERDICT   STATUS",
                        "  pod-delete  Fail      Completed",
                        "  cpu-hog     N/A       Skipped",
                        "",
                        "  0 of 1 passed, 1 left out",
                        "",
                        "  pod-delete",
                        "    failed at: the step",
                        "    failed probe: probe: no",
                        "    kubectl logs -n litmus pod-delete-x-1");
    }
}
