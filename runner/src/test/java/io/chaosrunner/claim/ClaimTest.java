package io.chaosrunner.claim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.chaosrunner.claim.Claim.Holder;
import io.chaosrunner.claim.Claim.State;
import io.chaosrunner.claim.LoggedAttempt.Mark;
import io.chaosrunner.crd.Engine;
import io.chaosrunner.model.Fire;
import io.chaosrunner.model.RunId;
import io.chaosrunner.strategy.Outcome;
import io.chaosrunner.testing.Engines;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.node.ObjectNode;

class ClaimTest {
    private static final Instant START = Instant.parse("2026-03-01T10:00:00.123Z");

    private static Engine with(String annotation) {
        Engine engine = Engines.engine();
        ((ObjectNode) engine.json().path("metadata").path("annotations"))
                .put(Claim.ANNOTATION, annotation);
        return engine;
    }

    @Test
    void aClaimReadsAsItWasWritten() {
        Claim claim =
                Engines.claim(State.RUNNING)
                        .with(attempt(0, 0, 1, 1, Outcome.PASSED, Mark.PLAIN))
                        .with(attempt(1, 5, 2, 3, Outcome.STOPPED, Mark.BEING_STOPPED))
                        .skipping(2, "a did not pass")
                        .skipping(3, "a did not pass")
                        .skipping(9, "odd");
        assertThat(claim.text())
                .isEqualTo(
                        """
                        {"number":3,"id":"abc","instance":"me","state":"running",\
                        "runStart":"2026-03-01T10:00:00.123Z","seed":42,"starts":1,\
                        "execution":{"strategy":"sequential"},"engineState":"active",\
                        "skipped":{"a did not pass":"2-3","odd":"9"},\
                        "log":"0..rs:7mdP 1.5.rs:7mdS~.2.3"}\
                        """);
        assertThat(Claim.of(with(claim.text()))).hasValue(claim);
    }

    @Test
    void anyClaimReadsAsItWasWritten() {
        for (int seed = 0; seed < 2_000; seed++) {
            Claim claim = random(new Random(seed));
            assertThat(Claim.of(with(claim.text()))).as("seed %d", seed).hasValue(claim);
        }
    }

    private static Claim random(Random random) {
        List<LoggedAttempt> log = new ArrayList<>();
        for (int i = random.nextInt(30); i > 0; i--) {
            log.add(
                    new LoggedAttempt(
                            random.nextInt(3_000),
                            random.nextInt(3_000),
                            1 + random.nextInt(random.nextBoolean() ? 1 : 900),
                            1 + random.nextInt(random.nextBoolean() ? 1 : 9),
                            START.plusMillis(random.nextInt(1_000_000_000)),
                            START.plusMillis(random.nextInt(1_000_000_000)),
                            Outcome.values()[random.nextInt(4)],
                            Mark.values()[random.nextInt(3)]));
        }
        Map<Integer, String> skipped = new LinkedHashMap<>();
        for (int i = random.nextInt(20); i > 0; i--) {
            skipped.put(random.nextInt(30), "because \"" + random.nextInt(3) + "\" …");
        }
        var claim =
                new Claim(
                        new Claim.Start(
                                new RunId(1 + random.nextInt(1_000), "id" + random.nextInt()),
                                START,
                                random.nextLong(),
                                Engines.json("{'strategy': 'dag', 'dependencies': {'b': ['a']}}"),
                                random.nextBoolean() ? "" : "stop"),
                        "process " + random.nextInt(),
                        new Claim.Standing(
                                State.values()[random.nextInt(3)],
                                random.nextBoolean() ? "" : "a reason",
                                random.nextBoolean() ? "" : "failure"),
                        new Claim.Progress(random.nextInt(5), log, skipped),
                        fires(random));
        return random.nextBoolean()
                ? claim
                : claim.finished(START.plusMillis(random.nextInt()), "done");
    }

    private static FireLedger fires(Random random) {
        FireLedger fires = FireLedger.NONE;
        for (int i = random.nextInt(20); i > 0; i--) {
            Fire fire = new Fire(START.plusSeconds(random.nextInt(1_000_000)), "abc");
            fires =
                    random.nextInt(4) == 0
                            ? fires.next(
                                    random.nextBoolean() ? Optional.of(fire) : Optional.empty())
                            : fires.skipping(
                                    new FireLedger.Skipped(
                                            START,
                                            fire.at(),
                                            1 + random.nextInt(9),
                                            "reason " + random.nextInt(9),
                                            SkipCause.OTHER,
                                            false),
                                    fire);
        }
        return fires;
    }

    private static LoggedAttempt attempt(
            int ordinal, int slot, int iteration, int attempt, Outcome outcome, Mark mark) {
        return new LoggedAttempt(
                ordinal,
                slot,
                iteration,
                attempt,
                START.plusSeconds(1),
                Instant.parse("2026-03-01T10:00:11Z"),
                outcome,
                mark);
    }

    @Test
    void attemptsKeepWhyTheyWereLaunched() {
        Claim claim =
                Engines.claim(State.RUNNING)
                        .with(
                                attempt(0, 0, 1, 1, Outcome.PASSED, Mark.PLAIN)
                                        .because("all at once"))
                        .with(
                                attempt(1, 1, 1, 1, Outcome.PASSED, Mark.PLAIN)
                                        .because("all at once"))
                        .with(
                                attempt(2, 1, 2, 1, Outcome.PASSED, Mark.PLAIN)
                                        .because("x".repeat(300)));
        assertThat(claim.text())
                .contains("\"whys\":{\"all at once\":\"0-1\",\"" + "x".repeat(99) + "…\":\"2\"}");
        assertThat(Claim.of(with(claim.text()))).hasValue(claim);
    }

    @Test
    void reasonsGiveWayToAttempts() {
        Claim claim = Engines.claim(State.RUNNING);
        int most = claim.mostAttempts();
        for (int i = 0; i < most; i++) {
            claim =
                    claim.with(
                            new LoggedAttempt(
                                    i,
                                    most - i,
                                    1 + i % 900,
                                    1 + i % 30,
                                    START.plusSeconds(2_000_000 + i),
                                    START.plusSeconds(2_600_000 + i)
                                            .truncatedTo(ChronoUnit.SECONDS),
                                    Outcome.ERROR,
                                    Mark.FINAL,
                                    "draw %d, gap 42 s".formatted(i)));
            if (i % 100 == 0) {
                assertThat(claim.text().getBytes(StandardCharsets.UTF_8))
                        .hasSizeLessThanOrEqualTo(Claim.MOST_BYTES);
            }
            // The last few attempts need the place of the reasons.
            if (i % 100 == 0 && i < most - 10) {
                assertThat(claim.log().getFirst().why()).isEqualTo("draw 0, gap 42 s");
            }
        }
        assertThat(claim.log()).hasSize(most).allMatch(attempt -> attempt.why().isEmpty());
        assertThat(claim.text().getBytes(StandardCharsets.UTF_8))
                .hasSizeLessThanOrEqualTo(Claim.MOST_BYTES);
    }

    @Test
    void whateverTheReasonsForSkippingTheClaimStaysSmallAndNoSkipIsForgotten() {
        Claim claim = Engines.claim(State.RUNNING);
        for (int slot = 0; slot < 2_000; slot += 2) {
            claim = claim.skipping(slot, "needs experiment-%d: ".formatted(slot) + "x".repeat(400));
        }
        int most = claim.mostAttempts();
        for (int i = 0; i < most; i++) {
            if (i % 100 == 0) {
                assertThat(claim.text().getBytes(StandardCharsets.UTF_8))
                        .hasSizeLessThanOrEqualTo(Claim.MOST_BYTES);
                assertThat(claim.skipped().get(0)).startsWith("needs experiment-0: x").hasSize(200);
            }
            claim =
                    claim.with(
                            new LoggedAttempt(
                                    i,
                                    1 + i % 900,
                                    1 + i % 900,
                                    1 + i % 30,
                                    START.plusSeconds(2_000_000 + i),
                                    START.plusSeconds(2_600_000 + i)
                                            .truncatedTo(ChronoUnit.SECONDS),
                                    Outcome.ERROR,
                                    Mark.FINAL,
                                    "draw"));
        }
        assertThat(claim.text().getBytes(StandardCharsets.UTF_8))
                .hasSizeLessThanOrEqualTo(Claim.MOST_BYTES);
        assertThat(claim.skipped()).hasSize(1_000);
        assertThat(Claim.of(with(claim.text())).orElseThrow().skipped())
                .containsExactlyInAnyOrderEntriesOf(claim.skipped());
    }

    @Test
    void aReasonAsLongAsAnythingIsCut() {
        assertThat(Engines.claim(State.RUNNING).in(State.FINISHED, "y".repeat(9_000)).reason())
                .isEqualTo("y".repeat(499) + "…");
    }

    @Test
    void anAttemptLoggedAgainTakesThePlaceOfWhatWasSaidBefore() {
        Claim claim =
                Engines.claim(State.RUNNING)
                        .with(attempt(0, 0, 1, 1, Outcome.STOPPED, Mark.BEING_STOPPED))
                        .with(attempt(0, 0, 1, 1, Outcome.STOPPED, Mark.FINAL));
        assertThat(claim.log()).extracting(LoggedAttempt::mark).containsExactly(Mark.FINAL);
    }

    @Test
    void aReasonOnceGivenStands() {
        assertThat(
                        Engines.claim(State.RUNNING)
                                .skipping(1, "first")
                                .skipping(1, "second")
                                .skipped())
                .containsExactly(Map.entry(1, "first"));
    }

    @Test
    void progressBeginsTheCountOfStartsAnew() {
        Claim thrice = Engines.claim(State.RUNNING).takenBy("b").takenBy("c");
        assertThat(thrice.starts()).isEqualTo(3);
        assertThat(thrice.instance()).isEqualTo("c");
        assertThat(thrice.skipping(1, "").starts()).isEqualTo(1);
        assertThat(thrice.with(attempt(0, 0, 1, 1, Outcome.PASSED, Mark.PLAIN)).starts())
                .isEqualTo(1);
        assertThat(thrice.in(State.STOPPING, "enough").starts()).isEqualTo(3);
    }

    @Test
    void aFullLogFitsInto32KiB() {
        Claim claim = Engines.claim(State.RUNNING);
        int most = claim.mostAttempts();
        assertThat(most).isBetween(1_000, 2_000);
        List<LoggedAttempt> log = new ArrayList<>();
        for (int i = 0; i < most; i++) {
            log.add(
                    new LoggedAttempt(
                            i,
                            i % 900,
                            1 + i / 2,
                            1 + i % 4,
                            START.plusSeconds(2_000L * i),
                            START.plusSeconds(2_000L * i + 7_200).truncatedTo(ChronoUnit.SECONDS),
                            Outcome.STOPPED,
                            Mark.BEING_STOPPED));
            claim = claim.skipping(i, "reason number " + i % 20);
        }
        claim =
                new Claim(
                        new Claim.Start(
                                claim.run(),
                                claim.runStart(),
                                claim.seed(),
                                claim.execution(),
                                "stop"),
                        claim.instance(),
                        claim.standing(),
                        new Claim.Progress(1, log, Map.of()),
                        manyFires());
        assertThat(claim.text().getBytes(StandardCharsets.UTF_8))
                .hasSizeLessThanOrEqualTo(Claim.MOST_BYTES);
    }

    private static FireLedger manyFires() {
        FireLedger fires = FireLedger.NONE;
        for (int i = 0; i < 100; i++) {
            Fire fire = new Fire(START.plusSeconds(i), "0123456789abcdef");
            fires =
                    fires.skipping(
                            new FireLedger.Skipped(
                                    fire.at(),
                                    fire.at(),
                                    1_000_000,
                                    i + "x".repeat(200),
                                    SkipCause.OTHER,
                                    false),
                            fire);
        }
        return fires;
    }

    @Test
    void longSettingsLeaveRoomForFewerAttempts() {
        Claim claim = Engines.claim(State.RUNNING);
        claim.execution().put("dependencies", "x".repeat(24 * 1024));
        assertThat(claim.mostAttempts()).isBetween(100, 200);
        claim.execution().put("dependencies", "x".repeat(40 * 1024));
        assertThat(claim.mostAttempts()).isZero();
    }

    @Test
    void anEngineWithoutTheAnnotationHasNoClaim() {
        assertThat(Claim.of(Engines.engine())).isEmpty();
        assertThat(Claim.of(with(" "))).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "nonsense",
                "[]",
                "{}",
                "{'number':1,'id':'a','instance':'b','runStart':'yesterday','seed':1,'execution':{},'state':'running'}",
                "{'number':0,'id':'a','instance':'b','runStart':'2026-03-01T10:00:00Z','seed':1,'execution':{},'state':'running'}",
                "{'number':1,'id':'a','instance':'b','runStart':'2026-03-01T10:00:00Z','seed':1,'execution':3,'state':'running'}",
                "{'number':1,'id':'a','instance':'b','runStart':'2026-03-01T10:00:00Z','seed':1,'execution':{},'state':'walking'}",
                "{'number':1,'id':'a','instance':'b','runStart':'2026-03-01T10:00:00Z','seed':1,'execution':{},'state':'running','log':'0'}",
                "{'number':1,'id':'a','instance':'b','runStart':'2026-03-01T10:00:00Z','seed':1,'execution':{},'state':'running','log':'0..a.bX'}",
                "{'number':1,'id':'a','instance':'b','runStart':'2026-03-01T10:00:00Z','seed':1,'execution':{},'state':'running','skipped':{'why':'x'}}"
            })
    void whatIsNoClaimIsNamedWithTheRemedy(String text) {
        assertThatThrownBy(() -> Claim.of(with(text.replace('\'', '"'))))
                .isInstanceOf(Claim.Unreadable.class)
                .hasMessageContaining("annotation chaosrunner.io/run of ChaosEngine n/e")
                .hasMessageContaining("remove it if no run is under way");
    }

    @Test
    void aClaimIsLostToAnotherProcessAnotherRunAnEditAndARemoval() {
        Claim ours = Engines.claim(State.RUNNING);
        assertThat(ours.lostOn(with(ours.in(State.STOPPING, "x").text()))).isEmpty();
        assertThat(ours.lostOn(with(ours.takenBy("other").text())))
                .hasValue(
                        new Claim.Loss(
                                "run 3 (abc) owns the engine now (process other)",
                                Holder.ANOTHER_PROCESS));
        assertThat(ours.lostOn(with(ours.text().replace("\"abc\"", "\"xyz\""))))
                .hasValue(
                        new Claim.Loss(
                                "run 3 (xyz) owns the engine now (process %s)"
                                        .formatted(ours.instance()),
                                Holder.ANOTHER_RUN));
        assertThat(ours.lostOn(Engines.engine()))
                .hasValue(new Claim.Loss("the claim was removed from the engine", Holder.NOBODY));
        assertThat(ours.lostOn(with("nonsense")))
                .hasValueSatisfying(loss -> {
                    assertThat(loss.holder()).isEqualTo(Holder.NOBODY);
                    assertThat(loss.why()).contains("cannot be read");
                });
    }
}
