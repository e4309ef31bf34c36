package io.chaosrunner.status;

import static io.chaosrunner.status.Start.Caller.OPERATOR;
import static io.chaosrunner.status.Start.Caller.PERSON;
import static io.chaosrunner.status.Start.Caller.PERSON_WHO_RESUMES;
import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.crd.Engine;
import io.chaosrunner.status.Claim.State;
import io.chaosrunner.status.Start.Caller;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The start table, row by row. */
class StartTest {
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
                row(PERSON_WHO_RESUMES, ClaimThere.FINISHED, Entries.PRESENT, "new run 4"));
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
        assertThat(words(Start.of(engine, caller))).isEqualTo(then);
    }

    private static String words(Start start) {
        return switch (start) {
            case Start.NewRun(long number) -> "new run " + number;
            case Start.Resume(Claim claim) -> "resume " + claim.run().number();
            case Start.AlreadyFinished(Claim claim) -> "already finished " + claim.run().number();
            case Start.Refused(var engine, Claim claim) -> "refused, owned by " + claim.instance();
        };
    }
}
