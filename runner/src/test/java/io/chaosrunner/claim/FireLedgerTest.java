package io.chaosrunner.claim;

import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.claim.FireLedger.Skipped;
import io.chaosrunner.model.Fire;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class FireLedgerTest {
    private static final Instant NINE = Instant.parse("2026-03-01T09:00:00Z");

    private static Fire fire(int minute) {
        return new Fire(NINE.plusSeconds(60L * minute), "abc");
    }

    private static Skipped skipped(int minute, String reason) {
        return new Skipped(fire(minute).at(), fire(minute).at(), 1, reason, SkipCause.OTHER, false);
    }

    @Test
    void aFireIsSettledOnceOneAtOrAfterItIs() {
        FireLedger fires = FireLedger.NONE.next(Optional.of(fire(5)));

        assertThat(FireLedger.NONE.isSettled(fire(5))).isFalse();
        assertThat(fires.isSettled(fire(4))).isTrue();
        assertThat(fires.isSettled(fire(5))).isTrue();
        assertThat(fires.isSettled(new Fire(fire(5).at(), "another schedule"))).isTrue();
        assertThat(fires.isSettled(fire(6))).isFalse();
    }

    @Test
    void aRunThatSomebodyAskedForSettlesNoFire() {
        FireLedger fires = FireLedger.NONE.next(Optional.of(fire(5))).next(Optional.empty());

        assertThat(fires.started()).isEmpty();
        assertThat(fires.settled()).contains(fire(5));
    }

    @Test
    void theRunsOfAScheduleAreCountedUntilItIsAnother() {
        FireLedger fires = FireLedger.NONE.next(Optional.of(fire(1))).next(Optional.of(fire(2)));
        assertThat(fires.runs()).isEqualTo(2);
        assertThat(fires.skipping(skipped(3, "suspended"), fire(3)).runs()).isEqualTo(2);
        assertThat(fires.next(Optional.empty()).runs()).isEqualTo(2);

        Fire other = new Fire(fire(4).at(), "another schedule");
        assertThat(fires.next(Optional.of(other)).runs()).isEqualTo(1);
        assertThat(fires.beginning(fire(4)).runs()).isZero();
    }

    @Test
    void firesSkippedInARowForOneReasonAreOneRecord() {
        FireLedger fires =
                FireLedger.NONE
                        .next(Optional.of(fire(0)))
                        .skipping(skipped(1, "overlap"), fire(1))
                        .skipping(skipped(2, "overlap"), fire(2))
                        .skipping(skipped(3, "suspended"), fire(3));

        assertThat(fires.skipped())
                .containsExactly(
                        new Skipped(
                                fire(1).at(), fire(2).at(), 2, "overlap", SkipCause.OTHER, false),
                        skipped(3, "suspended"));
        assertThat(fires.settled()).contains(fire(3));
        assertThat(fires.started()).contains(fire(0));
    }

    @Test
    void manyReasonsLoseNoFire() {
        FireLedger fires = FireLedger.NONE;
        for (int i = 0; i < 100; i++) {
            fires = fires.skipping(skipped(i, "reason " + i), fire(i));
        }

        assertThat(fires.skipped()).hasSize(FireLedger.MOST_SKIPPED);
        assertThat(fires.skipped().stream().mapToLong(Skipped::count).sum()).isEqualTo(100);
        assertThat(fires.skipped().getFirst().reason()).isEqualTo("several reasons");
        assertThat(fires.skipped().getLast()).isEqualTo(skipped(99, "reason 99"));
    }
}
