package io.chaosrunner.status;

import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.model.Verdict;
import io.chaosrunner.testing.Engines;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.databind.JsonNode;

/** The wire words of Litmus, in full. */
class StatusEntryTest {

    private static List<String> words(StatusEntry entry) {
        JsonNode json = entry.json("e-runner", Engines.NOW);
        assertThat(json.propertyNames())
                .containsExactly(
                        "name", "runner", "experimentPod", "status", "verdict", "lastUpdateTime");
        assertThat(json.path("lastUpdateTime").asString()).isEqualTo("2026-03-01T10:00:07Z");
        return List.of(
                json.path("name").asString(),
                json.path("experimentPod").asString(),
                json.path("status").asString(),
                json.path("verdict").asString());
    }

    @Test
    @DisplayName("1: an entry that waits")
    void waiting() {
        assertThat(words(StatusEntry.waiting("a")))
                .containsExactly("a", "Yet to be launched", "Waiting for Job Creation", "N/A");
    }

    @Test
    @DisplayName("29: an experiment that does not exist")
    void notFound() {
        assertThat(words(StatusEntry.notFound("a")))
                .containsExactly("a", "N/A", "ChaosExperiment Not Found", "Fail");
    }

    @Test
    @DisplayName("31, 32: a verdict is copied verbatim")
    void completed() {
        assertThat(words(StatusEntry.completed("a", "p", Verdict.PASS)))
                .containsExactly("a", "p", "Completed", "Pass");
        assertThat(words(StatusEntry.completed("a", "p", Verdict.FAIL))).endsWith("Fail");
        assertThat(words(StatusEntry.completed("a", "p", Verdict.ERROR))).endsWith("Error");
        assertThat(words(StatusEntry.completed("a", "", Verdict.STOPPED)))
                .containsExactly("a", "N/A", "Completed", "Stopped");
    }

    @Test
    @DisplayName("33: an experiment whose pod runs")
    void running() {
        assertThat(words(StatusEntry.running("a", "p")))
                .containsExactly("a", "p", "Running", "Awaited");
    }

    @Test
    void skipped() {
        assertThat(words(StatusEntry.failedToRun("a")))
                .containsExactly("a", "N/A", "Skipped", "Fail");
        assertThat(words(StatusEntry.leftOut("a"))).containsExactly("a", "N/A", "Skipped", "N/A");
    }

    @Test
    void anAbortTouchesOnlyWhatWaitsOrRuns() {
        assertThat(words(StatusEntry.running("a", "p").aborted()))
                .containsExactly("a", "p", "Forcefully Aborted", "Stopped");
        assertThat(words(StatusEntry.waiting("a").aborted()))
                .containsExactly("a", "Yet to be launched", "Forcefully Aborted", "Stopped");
        StatusEntry over = StatusEntry.completed("a", "p", Verdict.PASS);
        assertThat(over.aborted()).isEqualTo(over);
        assertThat(StatusEntry.leftOut("a").aborted()).isEqualTo(StatusEntry.leftOut("a"));
    }

    @ParameterizedTest
    @EnumSource(Verdict.class)
    void anEntryReadsAsItWasWritten(Verdict verdict) {
        StatusEntry entry = new StatusEntry("a", "p", "Completed", verdict);
        assertThat(StatusEntry.read(entry.json("r", Engines.NOW))).isEqualTo(entry);
    }

    @Test
    void anEntryOfUnknownWordsIsStillRead() {
        StatusEntry entry = StatusEntry.read(Engines.json("{'name': 'a', 'verdict': 'Maybe'}"));
        assertThat(entry).isEqualTo(new StatusEntry("a", "", "", Verdict.AWAITED));
    }
}
