package io.chaosrunner.claim;

import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.crd.Engine;
import io.chaosrunner.testing.Engines;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.node.ObjectNode;

/** Reads what was really written by the version before the claim told in values how a run ended. */
class OldClaimTest {
    private static final String STOPPED =
            """
            {"number":1,"id":"1eg1zc96mc","instance":"schedule/1","state":"finished",\
            "reason":"somebody asked with chaos-runner stop","runStart":"2026-11-28T08:51:10.193Z",\
            "seed":74598356096753,"starts":1,"execution":{},"ending":"abort","engineState":"stop",\
            "runEnd":"2026-11-28T08:51:13.093Z",\
            "fire":{"at":"2026-11-28T08:51:08Z","schedule":"5e364426"},\
            "settledFire":{"at":"2026-11-28T08:51:08Z","schedule":"5e364426"},"scheduledRuns":1,\
            "list":"80","whys":{"first in the list":"0"},"log":"0..4k.3S"}\
            """;

    private static final String SUSPENDED =
            STOPPED.replace(
                    "somebody asked with chaos-runner stop",
                    "somebody asked with chaos-runner stop; its schedule is suspended");

    private static final String REPLACED =
            """
            {"number":1,"id":"zhfs2dvg2l","instance":"schedule/1","state":"finished",\
            "reason":"replaced by the fire of 2026-11-28T10:51:14Z",\
            "runStart":"2026-11-28T08:51:14.395Z","seed":202810786854279,"starts":1,"execution":{},\
            "ending":"abort","engineState":"stop","runEnd":"2026-11-28T08:51:16.055Z",\
            "fire":{"at":"2026-11-28T08:51:14Z","schedule":"5e364426"},\
            "settledFire":{"at":"2026-11-28T08:51:14Z","schedule":"5e364426"},"scheduledRuns":1,\
            "list":"80","whys":{"first in the list":"0"},"log":"0..z.1S"}\
            """;

    private static Claim read(String text) {
        Engine engine = Engines.engine();
        ((ObjectNode) engine.json().path("metadata").path("annotations"))
                .put(Claim.ANNOTATION, text);
        return Claim.of(engine).orElseThrow();
    }

    @Test
    void aStopOfAHumansIsAnAbortThatHasNotSuspendedTheSchedule() {
        Claim claim = read(STOPPED);

        assertThat(claim.ending()).isEqualTo("abort");
        assertThat(claim.reason()).isEqualTo("somebody asked with chaos-runner stop");
        assertThat(claim.fires().suspended()).isFalse();
        assertThat(claim.runEnd()).contains(Instant.parse("2026-11-28T08:51:13.093Z"));
        assertThat(claim.log()).hasSize(1);
        assertThat(claim.fires().runs()).isEqualTo(1);
    }

    @Test
    void aStopThatHadSuspendedTheScheduleHasStill() {
        Claim claim = read(SUSPENDED);

        assertThat(claim.ending()).isEqualTo("abort");
        assertThat(claim.reason()).isEqualTo("somebody asked with chaos-runner stop");
        assertThat(claim.fires().suspended()).isTrue();
    }

    @Test
    void aRunThatAFireEndedWasReplaced() {
        Claim claim = read(REPLACED);

        assertThat(claim.ending()).isEqualTo("replaced");
        assertThat(claim.fires().suspended()).isFalse();
    }

    @Test
    void allOfThemReadTheSameOnceTheyAreWrittenInTodaysForm() {
        for (String text : List.of(STOPPED, SUSPENDED, REPLACED)) {
            assertThat(read(read(text).text())).isEqualTo(read(text));
        }
    }

    @Test
    void firesThatASuspensionSkippedAreKnown() {
        String skipped =
                SUSPENDED.replace(
                        "\"scheduledRuns\":1",
                        """
                        "scheduledRuns":1,"skippedFires":[\
                        {"from":"2026-11-28T09:51:08Z","to":"2026-11-28T10:51:08Z","count":2,\
                        "reason":"suspended"}]\
                        """);

        assertThat(read(skipped).fires().skipped())
                .singleElement()
                .matches(FireLedger.Skipped::suspended)
                .extracting(FireLedger.Skipped::count)
                .isEqualTo(2L);
    }

    @Test
    void theWordsOfAClaimOfTodayDecideNothing() {
        Claim claim = read(STOPPED);
        for (String reason :
                List.of(
                        "replaced by the fire of 2026-11-28T10:51:14Z",
                        "somebody asked; its schedule is suspended")) {
            Claim today = read(claim.endingBy("abort", reason).text());

            assertThat(today.ending()).isEqualTo("abort");
            assertThat(today.reason()).isEqualTo(reason);
            assertThat(today.fires().suspended()).isFalse();
        }
    }
}
