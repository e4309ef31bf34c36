package io.chaosrunner.claim;

import static io.chaosrunner.claim.StartTable.Caller.OPERATOR;
import static io.chaosrunner.claim.StartTable.Caller.PERSON;
import static io.chaosrunner.claim.StartTable.Caller.PERSON_WHO_RESUMES;
import static io.chaosrunner.claim.StartTable.Caller.PERSON_WHO_STOPS;
import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.claim.Claim.State;
import io.chaosrunner.claim.StartTable.Caller;
import io.chaosrunner.crd.Engine;
import io.chaosrunner.model.Fire;
import io.chaosrunner.status.StatusEntry;
import io.chaosrunner.testing.Engines;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The start table, row by row. */
class StartTableTest {
    private enum ClaimThere {
        NONE,
        RUNNING,
        STOPPING,
        FINISHED
    }

    private enum Entries {
        EMPTY,
        PRESENT
    }

    static List<Arguments> rows() {
        return List.of(
                row(OPERATOR, ClaimThere.NONE, Entries.EMPTY, "new run 1"),
                row(OPERATOR, ClaimThere.NONE, Entries.PRESENT, "new run 1"),
                row(OPERATOR, ClaimThere.RUNNING, Entries.PRESENT, "resume 3"),
                row(OPERATOR, ClaimThere.STOPPING, Entries.PRESENT, "resume 3"),
                row(OPERATOR, ClaimThere.RUNNING, Entries.EMPTY, "new run 4"),
                row(OPERATOR, ClaimThere.STOPPING, Entries.EMPTY, "new run 4"),
                row(OPERATOR, ClaimThere.FINISHED, Entries.EMPTY, "new run 4"),
                row(OPERATOR, ClaimThere.FINISHED, Entries.PRESENT, "already finished 3"),
                row(PERSON, ClaimThere.NONE, Entries.EMPTY, "new run 1"),
                row(PERSON, ClaimThere.NONE, Entries.PRESENT, "new run 1"),
                row(PERSON, ClaimThere.RUNNING, Entries.PRESENT, "refused, owned by me"),
                row(PERSON, ClaimThere.STOPPING, Entries.PRESENT, "refused, owned by me"),
                row(PERSON, ClaimThere.RUNNING, Entries.EMPTY, "new run 4"),
                row(PERSON, ClaimThere.FINISHED, Entries.EMPTY, "new run 4"),
                row(PERSON, ClaimThere.FINISHED, Entries.PRESENT, "new run 4"),
                row(PERSON_WHO_RESUMES, ClaimThere.NONE, Entries.PRESENT, "new run 1"),
                row(PERSON_WHO_RESUMES, ClaimThere.RUNNING, Entries.PRESENT, "resume 3"),
                row(PERSON_WHO_RESUMES, ClaimThere.STOPPING, Entries.PRESENT, "resume 3"),
                row(PERSON_WHO_RESUMES, ClaimThere.RUNNING, Entries.EMPTY, "new run 4"),
                row(PERSON_WHO_RESUMES, ClaimThere.FINISHED, Entries.PRESENT, "new run 4"),
                row(PERSON_WHO_STOPS, ClaimThere.NONE, Entries.PRESENT, "never ran"),
                row(PERSON_WHO_STOPS, ClaimThere.RUNNING, Entries.PRESENT, "resume 3"),
                row(PERSON_WHO_STOPS, ClaimThere.STOPPING, Entries.PRESENT, "resume 3"),
                row(PERSON_WHO_STOPS, ClaimThere.RUNNING, Entries.EMPTY, "already finished 3"),
                row(PERSON_WHO_STOPS, ClaimThere.FINISHED, Entries.PRESENT, "already finished 3"));
    }

    private static Arguments row(Caller caller, ClaimThere claim, Entries entries, String then) {
        return Arguments.of(caller, claim, entries, then);
    }

    @ParameterizedTest(name = "{0}, claim {1}, entries {2}: {3}")
    @MethodSource("rows")
    void theStartTableHolds(Caller caller, ClaimThere claim, Entries entries, String then) {
        StatusEntry[] list =
                entries == Entries.EMPTY
                        ? new StatusEntry[0]
                        : new StatusEntry[] {StatusEntry.waiting("a")};
        Engine engine =
                claim == ClaimThere.NONE
                        ? Engines.engine()
                        : Engines.held(Engines.claim(State.valueOf(claim.name())), list);
        assertThat(words(StartTable.of(engine, caller))).isEqualTo(then);
    }

    private static final Instant NINE = Instant.parse("2026-03-01T09:00:00Z");

    static List<Arguments> fires() {
        return List.of(
                Arguments.of(OPERATOR, ClaimThere.NONE, 0, "new run 1"),
                Arguments.of(OPERATOR, ClaimThere.FINISHED, 1, "new run 4"),
                Arguments.of(OPERATOR, ClaimThere.FINISHED, 0, "already finished 3"),
                Arguments.of(OPERATOR, ClaimThere.FINISHED, -1, "already finished 3"),
                Arguments.of(OPERATOR, ClaimThere.RUNNING, 1, "resume 3"),
                Arguments.of(OPERATOR, ClaimThere.RUNNING, 0, "resume 3"),
                Arguments.of(PERSON, ClaimThere.RUNNING, 1, "refused, owned by me"),
                Arguments.of(PERSON, ClaimThere.FINISHED, 1, "new run 4"),
                Arguments.of(PERSON, ClaimThere.FINISHED, 0, "already finished 3"));
    }

    /** The last settled fire is that of nine o'clock; another one asks, so many hours later. */
    @ParameterizedTest(name = "{0}, claim {1}, a fire {2} h after the settled one: {3}")
    @MethodSource("fires")
    void aSettledFireStartsNothing(Caller caller, ClaimThere claim, int hours, String then) {
        Fire asking = new Fire(NINE.plus(Duration.ofHours(hours)), "abc");
        Engine engine =
                claim == ClaimThere.NONE
                        ? Engines.engine()
                        : Engines.held(
                                Engines.claim(State.valueOf(claim.name()))
                                        .skippingFires(
                                                new FireLedger.Skipped(
                                                        NINE,
                                                        NINE,
                                                        1,
                                                        "overlap",
                                                        SkipCause.OTHER,
                                                        false),
                                                new Fire(NINE, "abc")),
                                StatusEntry.waiting("a"));
        assertThat(words(StartTable.of(engine, caller, Optional.of(asking)))).isEqualTo(then);
    }

    private static String words(StartTable start) {
        return switch (start) {
            case StartTable.NewRun(long number, Optional<Claim> before) -> {
                assertThat(before.isPresent()).isEqualTo(number > 1);
                yield "new run " + number;
            }
            case StartTable.Resume(Claim claim) -> "resume " + claim.run().number();
            case StartTable.AlreadyFinished(Claim claim) ->
                    "already finished " + claim.run().number();
            case StartTable.NeverRan() -> "never ran";
            case StartTable.Refused(var engine, Claim claim) ->
                    "refused, owned by " + claim.instance();
        };
    }
}
