package io.chaosrunner.claim;

import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.claim.Claim.State;
import io.chaosrunner.claim.LoggedAttempt.Mark;
import io.chaosrunner.crd.Engine;
import io.chaosrunner.history.RunRecord;
import io.chaosrunner.history.RunRecords;
import io.chaosrunner.model.Fire;
import io.chaosrunner.status.EngineStanding;
import io.chaosrunner.status.StatusEntry;
import io.chaosrunner.strategy.Outcome;
import io.chaosrunner.testing.Damage;
import io.chaosrunner.testing.Engines;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.node.ObjectNode;

/** Whatever a claim holds, it is read, or refused with the one exception that says so. */
class DamagedClaimTest {
    private static final Instant START = Instant.parse("2026-03-01T10:00:00.123Z");
    private static final Fire FIRE = new Fire(START, "abc");
    private static final int CASES = 1_000;

    private static Engine with(String annotation) {
        Engine engine =
                Engines.held(
                        claim(),
                        StatusEntry.waiting("a"),
                        StatusEntry.waiting("b"),
                        StatusEntry.waiting("c"));
        ((ObjectNode) engine.json().path("metadata").path("annotations"))
                .put(Claim.ANNOTATION, annotation);
        return engine;
    }

    private static LoggedAttempt attempt(int ordinal, int slot) {
        return new LoggedAttempt(
                ordinal,
                slot,
                1,
                1,
                START.plusSeconds(ordinal),
                Instant.parse("2026-03-01T10:05:00Z"),
                Outcome.PASSED,
                Mark.PLAIN,
                "because " + ordinal);
    }

    private static Claim claim() {
        Claim before =
                Engines.claim(State.RUNNING)
                        .knowing(EarlierRuns.of(List.of("a", "b", "c"), Optional.empty()))
                        .with(attempt(0, 0))
                        .with(attempt(1, 1));
        return Engines.claim(State.RUNNING)
                .knowing(EarlierRuns.of(List.of("a", "b", "c"), Optional.of(before)))
                .with(attempt(0, 0))
                .with(attempt(1, 2))
                .skipping(1, "a did not pass")
                .skippingFires(
                        new FireLedger.Skipped(START, START, 2, "suspended", SkipCause.OTHER, true),
                        FIRE)
                .beginningSchedule(FIRE)
                .endingBy("abort", "somebody asked")
                .finished(START.plusSeconds(9), "somebody asked");
    }

    @Test
    void aDamagedClaimIsReadOrRefusedInOneSentence() {
        String sound = claim().text();
        int refused = 0;
        for (int seed = 0; seed < CASES; seed++) {
            String damaged = new Damage(seed).of(sound);
            try {
                Engine engine = with(damaged);
                Optional<Claim> read = Claim.of(engine);
                read.ifPresent(DamagedClaimTest::use);
                for (StartTable.Caller caller : StartTable.Caller.values()) {
                    StartTable.of(engine, caller, Optional.of(FIRE));
                }
            } catch (Claim.Unreadable e) {
                refused++;
                assertThat(e.getMessage())
                        .as("seed %d", seed)
                        .startsWith("annotation chaosrunner.io/run of ChaosEngine ")
                        .doesNotContain("\n")
                        .hasSizeLessThan(500);
            } catch (RuntimeException | StackOverflowError e) {
                throw new AssertionError("seed " + seed + ": " + damaged, e);
            }
        }
        assertThat(refused).isBetween(CASES / 10, CASES * 9 / 10);
    }

    /** Do with a claim what is done with one that was read. */
    private static void use(Claim claim) {
        assertThat(Claim.of(with(claim.text()))).contains(claim);
        assertThat(claim.nextNumber()).isPositive();
        claim.mostAttempts();
        claim.takenBy("another").with(attempt(7, 2)).skipping(0, "so").text();
        claim.skippingFires(
                        new FireLedger.Skipped(START, START, 1, "so", SkipCause.OTHER, false), FIRE)
                .text();
        claim.in(State.FINISHED, "so").suspendingSchedule().text();
        EarlierRuns.of(List.of("a", "b", "c"), Optional.of(claim));
        claim.fires().next(Optional.of(FIRE));
        assertThat(claim.lostOn(with(claim.text()))).isEmpty();
        RunRecord record = RunRecord.of(claim, RunRecord.entries(claim, List.of("a", "b", "c")));
        RunRecords.NONE.with(record, 3).text();
        RunRecords.NONE.summariesWith(record).text();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"runStart\":\"2026-03-01T10:00:00.123Z\" →"
                        + " \"runStart\":\"+999999999-12-31T23:59:59Z\"",
                "\"runEnd\":\"2026-03-01T10:00:09.123Z\" →"
                        + " \"runEnd\":\"-999999999-01-01T00:00:00Z\"",
                "\"at\":\"2026-03-01T10:00:00.123Z\" → \"at\":\"+1000000000-12-31T23:59:59Z\"",
                "\"number\":3 → \"number\":9223372036854775807",
                "\"number\":3 → \"number\":0",
                "\"id\":\"abc\" → \"id\":\"a b\"",
                "\"id\":\"abc\" → \"id\":\"a,b in (c)\"",
                "\"instance\":\" → \"instance\":\"schedule/1\\u0007",
                "\"instance\":\" → \"instance\":\"schedule/1\\n::error::",
                "\"instance\":\" → \"instance\":\"schedule/\u202e",
                "\"a did not pass\":\"1\" → \"a did not pass\":\"0-2147483647\"",
                "\"a did not pass\":\"1\" → \"a did not pass\":\"-1\"",
                "\"log\":\"0. → \"log\":\"zzzzzzzzzzzz.",
                "\"count\":2 → \"count\":0",
                "\"execution\":{ → \"execution\":[],\"x\":{",
            })
    void whatIsOutOfRangeIsRefused(String change) {
        String[] parts = change.split(" → ");
        String sound = claim().text();
        assertThat(sound).contains(parts[0]);

        assertThat(
                        Claim.of(with(sound)).isPresent()
                                && EngineStanding.of(with(sound.replace(parts[0], parts[1])))
                                        .claim()
                                        .isEmpty())
                .isTrue();
    }

    @Test
    void aClaimThatIsNestedDeepIsRefused() {
        String sound = claim().text();
        for (int depth : new int[] {70, 490, 600, 60_000}) {
            String deep = "[".repeat(depth) + "]".repeat(depth);
            assertThat(
                            EngineStanding.of(
                                            with(
                                                    sound.replace(
                                                            "\"execution\":{",
                                                            "\"execution\":{\"x\":" + deep + ",")))
                                    .claim())
                    .as("depth %d", depth)
                    .isEmpty();
        }
    }

    @Test
    void aRunIsNotTakenUpByAClaimThatTellsOfMoreExperimentsThanTheStatus() {
        Claim claim = Engines.claim(State.RUNNING).with(attempt(0, 2));
        Engine enough = with(claim.text());
        Engine tooFew = with(claim.with(attempt(1, 9)).text());

        assertThat(StartTable.of(enough, StartTable.Caller.OPERATOR))
                .isInstanceOf(StartTable.Resume.class);
        assertThat(
                        org.assertj.core.api.Assertions.catchThrowable(
                                () -> StartTable.of(tooFew, StartTable.Caller.OPERATOR)))
                .isInstanceOf(Claim.Unreadable.class)
                .hasMessageContaining("experiment 10");
    }
}
