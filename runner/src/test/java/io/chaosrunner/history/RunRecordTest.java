package io.chaosrunner.history;

import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.claim.Claim;
import io.chaosrunner.claim.Claim.State;
import io.chaosrunner.claim.FireLedger;
import io.chaosrunner.claim.LoggedAttempt;
import io.chaosrunner.claim.LoggedAttempt.Mark;
import io.chaosrunner.claim.SkipCause;
import io.chaosrunner.model.Fire;
import io.chaosrunner.model.Verdict;
import io.chaosrunner.status.StatusEntry;
import io.chaosrunner.strategy.Outcome;
import io.chaosrunner.testing.Engines;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

class RunRecordTest {
    private static final Instant START = Instant.parse("2026-03-01T10:00:00.123Z");

    private static LoggedAttempt attempt(
            int ordinal, int slot, int iteration, int attempt, Outcome outcome, String why) {
        return new LoggedAttempt(
                ordinal,
                slot,
                iteration,
                attempt,
                START.plusSeconds(10L * ordinal),
                Instant.parse("2026-03-01T10:00:05Z").plusSeconds(10L * ordinal),
                outcome,
                Mark.PLAIN,
                why);
    }

    private static String text(String json) {
        return Engines.tree(json).toString();
    }

    private static Claim over() {
        return Engines.claim(State.RUNNING)
                .with(attempt(1, 1, 1, 1, Outcome.ERROR, "a passed"))
                .with(attempt(0, 0, 1, 1, Outcome.PASSED, "first in order"))
                .with(attempt(2, 1, 1, 2, Outcome.FAILED, "retry 1 of 1"))
                .skipping(2, "b did not pass")
                .endingBy("plan", "every experiment was launched or skipped")
                .in(State.FINISHED, "every experiment was launched or skipped");
    }

    @Test
    void aRecordSaysWhatWasDecidedWhyAndWhatCameOfIt() {
        List<StatusEntry> entries =
                List.of(
                        StatusEntry.completed("a", "a-pod", Verdict.PASS),
                        StatusEntry.completed("b", "b-pod", Verdict.FAIL),
                        StatusEntry.leftOut("c"));

        assertThat(RunRecord.of(over(), entries).json().toString())
                .isEqualTo(
                        text(
                                """
                                {'number': 3, 'id': 'abc', 'seed': 42, 'strategy': 'sequential',
                                 'settings': {'strategy': 'sequential'},
                                 'start': '2026-03-01T10:00:00.123Z', 'end': '2026-03-01T10:00:25Z',
                                 'endedBy': 'plan',
                                 'reason': 'every experiment was launched or skipped',
                                 'verdicts': {'Pass': 1, 'Fail': 1, 'N/A': 1},
                                 'experiments': [
                                   {'name': 'a', 'status': 'Completed', 'verdict': 'Pass'},
                                   {'name': 'b', 'status': 'Completed', 'verdict': 'Fail'},
                                   {'name': 'c', 'status': 'Skipped', 'verdict': 'N/A'}],
                                 'launches': [
                                   {'slot': 0, 'iteration': 1, 'attempt': 1,
                                    'start': '2026-03-01T10:00:00.123Z',
                                    'end': '2026-03-01T10:00:05Z', 'outcome': 'passed',
                                    'why': 'first in order'},
                                   {'slot': 1, 'iteration': 1, 'attempt': 1,
                                    'start': '2026-03-01T10:00:10.123Z',
                                    'end': '2026-03-01T10:00:15Z', 'outcome': 'error',
                                    'why': 'a passed'},
                                   {'slot': 1, 'iteration': 1, 'attempt': 2,
                                    'start': '2026-03-01T10:00:20.123Z',
                                    'end': '2026-03-01T10:00:25Z', 'outcome': 'failed',
                                    'why': 'retry 1 of 1'}],
                                 'skips': [{'slot': 2, 'why': 'b did not pass'}],
                                 'skippedFires': []}
                                """));
    }

    @Test
    void aScheduledRunNamesItsFireAndTheFiresThatStartedNone() {
        Fire fire = new Fire(Instant.parse("2026-03-01T10:00:00Z"), "h");
        Fire missed = new Fire(Instant.parse("2026-03-01T10:30:00Z"), "h");
        Claim claim = over();
        claim =
                new Claim(
                                claim.start(),
                                claim.instance(),
                                claim.standing(),
                                claim.progress(),
                                FireLedger.NONE.next(java.util.Optional.of(fire)))
                        .skippingFires(
                                new FireLedger.Skipped(
                                        Instant.parse("2026-03-01T10:15:00Z"),
                                        missed.at(),
                                        2,
                                        "the last run goes on",
                                        SkipCause.OTHER,
                                        false),
                                missed);

        JsonNode json = RunRecord.of(claim, List.of()).json();
        assertThat(json.path("fire").asString()).isEqualTo("2026-03-01T10:00:00Z");
        assertThat(json.path("skippedFires").toString())
                .isEqualTo(
                        text(
                                """
                                [{'from': '2026-03-01T10:15:00Z', 'to': '2026-03-01T10:30:00Z',
                                  'count': 2, 'reason': 'the last run goes on'}]
                                """));
    }

    @ParameterizedTest
    @CsvSource({
        "RUNNING, '', running",
        "STOPPING, '', running",
        "FINISHED, '', interrupted",
        "FINISHED, plan, plan",
        "FINISHED, deadline, deadline",
        "FINISHED, misconfigured, misconfigured"
    })
    void whatEndedARunIsTheWordOfItsClaim(State state, String ending, String word) {
        Claim claim = Engines.claim(State.RUNNING).endingBy(ending, "why").in(state, "why");
        RunRecord record = RunRecord.of(claim, List.of());
        assertThat(record.text("endedBy")).isEqualTo(word);
        assertThat(record.text("reason")).isEqualTo("why");
        assertThat(record.json().has("strategy")).isEqualTo(!ending.equals("misconfigured"));
    }

    @Test
    void firesSkippedBeforeTheFirstRunAreRecordedAsNoRun() {
        Claim none = Claim.ofNoRun(Engines.engine(), "me", START);
        assertThat(RunRecord.isWorthIt(none)).isFalse();
        Fire missed = new Fire(START, "h");
        Claim skipped =
                none.skippingFires(
                        new FireLedger.Skipped(
                                START, START, 1, "nobody was there", SkipCause.OTHER, false),
                        missed);
        assertThat(RunRecord.isWorthIt(skipped)).isTrue();
        RunRecord record = RunRecord.of(skipped, List.of());
        assertThat(record.number()).isZero();
        assertThat(record.text("endedBy")).isEqualTo("no-run");
        assertThat(record.json().path("skippedFires")).hasSize(1);
        RunRecords records = RunRecords.NONE.with(record, 10);
        assertThat(RunRecords.read(records.text()).orElseThrow().text()).isEqualTo(records.text());
    }

    @Test
    void aRunIsOverWhenItsLastExperimentIsWhoeverWritesItDown() {
        assertThat(RunRecord.of(over(), List.of()).took()).isEqualTo(Duration.ofMillis(24_877));
        assertThat(RunRecord.of(Engines.claim(State.FINISHED), List.of()).took()).isZero();
    }

    /** It went on while it waited for the next experiment. */
    @Test
    void aRunThatWasCutShortWasOverThen() {
        Instant end = START.plus(Duration.ofMinutes(10));
        Claim waited = Engines.claim(State.RUNNING).endingBy("abort", "stop").finished(end, "stop");
        assertThat(RunRecord.of(waited, List.of()).took()).isEqualTo(Duration.ofMinutes(10));

        Claim between = over().endingBy("deadline", "10m").finished(end, "10m");
        assertThat(RunRecord.of(between, List.of()).took()).isEqualTo(Duration.ofMinutes(10));
    }

    @Test
    void entriesThatWereResetAreFoundAgainInTheClaim() {
        Claim claim =
                over().with(attempt(3, 3, 1, 1, Outcome.FAILED, ""))
                        .with(attempt(4, 3, 2, 1, Outcome.PASSED, ""))
                        .with(
                                new LoggedAttempt(
                                        5,
                                        4,
                                        1,
                                        1,
                                        START,
                                        START,
                                        Outcome.ERROR,
                                        Mark.BEING_STOPPED));
        assertThat(RunRecord.entries(claim, List.of("a", "b", "c", "d", "e", "f")))
                .extracting(entry -> entry.name() + ": " + entry.status() + "/" + entry.verdict())
                .containsExactly(
                        "a: Completed/PASS",
                        "b: Completed/FAIL",
                        "c: Skipped/NOT_APPLICABLE",
                        "d: Completed/FAIL",
                        "e: Completed/STOPPED",
                        "f: Waiting for Job Creation/NOT_APPLICABLE");
    }
}
