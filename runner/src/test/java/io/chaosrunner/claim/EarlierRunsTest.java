package io.chaosrunner.claim;

import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.claim.Claim.State;
import io.chaosrunner.claim.LoggedAttempt.Mark;
import io.chaosrunner.crd.Engine;
import io.chaosrunner.model.RunId;
import io.chaosrunner.strategy.Execution;
import io.chaosrunner.strategy.Outcome;
import io.chaosrunner.strategy.PastRun;
import io.chaosrunner.testing.Engines;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.node.ObjectNode;

class EarlierRunsTest {
    private static final Instant START = Instant.parse("2026-03-01T10:00:00.123Z");
    private static final List<String> LIST = List.of("a", "b");

    private static Claim run(long number, EarlierRuns past) {
        return new Claim(
                        new Claim.Start(
                                new RunId(number, "id" + number),
                                START.plusSeconds(3_600 * number),
                                42,
                                Engines.json("{'strategy': 'sequential'}"),
                                "active"),
                        "me",
                        new Claim.Standing(State.FINISHED, "", ""),
                        new Claim.Progress(1, List.of(), Map.of()),
                        FireLedger.NONE)
                .knowing(past);
    }

    private static LoggedAttempt attempt(
            Claim run, int ordinal, int slot, int iteration, int attempt, Outcome outcome) {
        Instant start = run.runStart().plusSeconds(60L * ordinal);
        return new LoggedAttempt(
                ordinal,
                slot,
                iteration,
                attempt,
                start,
                Instant.ofEpochSecond(start.getEpochSecond() + 31),
                outcome,
                Mark.PLAIN);
    }

    private static Claim readAgain(Claim claim) {
        Engine engine = Engines.engine();
        ((ObjectNode) engine.json().path("metadata").path("annotations"))
                .put(Claim.ANNOTATION, claim.text());
        return Claim.of(engine).orElseThrow();
    }

    @Test
    void aRunKnowsTheExecutionsOfTheRunsBeforeItInLaunchOrder() {
        Claim first = run(1, EarlierRuns.of(LIST, Optional.empty()));
        first =
                first.with(attempt(first, 1, 1, 1, 1, Outcome.ERROR))
                        .with(attempt(first, 0, 0, 1, 1, Outcome.PASSED))
                        .with(attempt(first, 2, 1, 1, 2, Outcome.FAILED));
        Claim second = run(2, EarlierRuns.of(LIST, Optional.of(first)));

        Instant start = first.runStart();
        assertThat(second.past().runs())
                .containsExactly(
                        new PastRun(
                                1,
                                start,
                                List.of(
                                        execution(0, start, start.plusSeconds(31), Outcome.PASSED),
                                        execution(
                                                1,
                                                start.plusSeconds(60),
                                                start.plusSeconds(151),
                                                Outcome.FAILED))));
        assertThat(readAgain(second)).isEqualTo(second);
    }

    private static Execution execution(int slot, Instant since, Instant at, Outcome outcome) {
        Instant end = Instant.ofEpochSecond(at.getEpochSecond());
        return new Execution(slot, 1, since, Optional.of(new Execution.End(end, outcome)));
    }

    @Test
    void asManyRunsAreKnownAsFitAndEachOfThemWhole() {
        EarlierRuns past = EarlierRuns.of(LIST, Optional.empty());
        for (int number = 1; number <= 200; number++) {
            Claim run = run(number, past);
            for (int ordinal = 0; ordinal < 6; ordinal++) {
                run =
                        run.with(
                                attempt(
                                        run,
                                        ordinal,
                                        ordinal % 2,
                                        1 + ordinal / 2,
                                        1,
                                        Outcome.PASSED));
            }
            past = EarlierRuns.of(LIST, Optional.of(run));
        }
        assertThat(past.bytes()).isLessThanOrEqualTo(EarlierRuns.MOST_BYTES);
        assertThat(past.runs()).hasSizeGreaterThan(5).allMatch(run -> run.executions().size() == 6);
        assertThat(past.runs().getLast().number()).isEqualTo(200);
        Claim knowing = run(201, past);
        assertThat(knowing.text().getBytes(StandardCharsets.UTF_8).length)
                .isLessThan(EarlierRuns.MOST_BYTES + 600);
        assertThat(knowing.mostAttempts()).isLessThan(run(201, EarlierRuns.NONE).mostAttempts());
    }

    @Test
    void aRunOfAnotherListKnowsNothing() {
        Claim first = run(1, EarlierRuns.of(LIST, Optional.empty()));
        first = first.with(attempt(first, 0, 0, 1, 1, Outcome.PASSED));
        assertThat(EarlierRuns.of(List.of("b", "a"), Optional.of(first)).runs()).isEmpty();
        assertThat(EarlierRuns.of(LIST, Optional.of(run(1, EarlierRuns.NONE))).runs()).isEmpty();
    }

    @Test
    void aRunThatLaunchedNothingIsNoRunToLearnFrom() {
        Claim first = run(1, EarlierRuns.of(LIST, Optional.empty()));
        first = first.with(attempt(first, 0, 0, 1, 1, Outcome.PASSED));
        Claim second = run(2, EarlierRuns.of(LIST, Optional.of(first)));
        assertThat(EarlierRuns.of(LIST, Optional.of(second)).runs())
                .extracting(PastRun::number)
                .containsExactly(1L);
    }
}
