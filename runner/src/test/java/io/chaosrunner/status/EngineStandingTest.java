package io.chaosrunner.status;

import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.claim.Claim;
import io.chaosrunner.claim.Claim.State;
import io.chaosrunner.crd.Engine;
import io.chaosrunner.model.Verdict;
import io.chaosrunner.status.EngineStanding.Phase;
import io.chaosrunner.testing.Engines;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.node.ObjectNode;

/** Where an engine stands, whoever runs it. */
class EngineStandingTest {

    private static final StatusEntry WAITS = StatusEntry.waiting("a");
    private static final StatusEntry PASSED = StatusEntry.completed("a", "p", Verdict.PASS);
    private static final StatusEntry ABORTED = WAITS.aborted();
    private static final Optional<Claim> NO_CLAIM = Optional.empty();

    private static Optional<Claim> claim(State state) {
        return Optional.of(Engines.claim(state));
    }

    /** A claim of a run at whose start engineState was stop: the operator has no say in it. */
    private static Optional<Claim> direct(State state) {
        ObjectNode json = Engines.json(Engines.claim(state).text());
        json.put("engineState", "stop");
        ObjectNode engine = Engines.engine().json();
        engine.withObject("/metadata/annotations").put(Claim.ANNOTATION, json.toString());
        return Claim.of(new Engine(engine));
    }

    static List<Arguments> rows() {
        return List.of(
                // Under the operator, with our runner.
                row("active", "", NO_CLAIM, List.of(), Phase.IDLE),
                row("active", "initialized", NO_CLAIM, List.of(), Phase.IDLE),
                row("active", "initialized", claim(State.RUNNING), List.of(WAITS), Phase.RUNNING),
                row("stop", "initialized", claim(State.RUNNING), List.of(WAITS), Phase.STOPPING),
                row("stop", "initialized", NO_CLAIM, List.of(), Phase.STOPPING),
                row(
                        "active",
                        "initialized",
                        claim(State.FINISHED),
                        List.of(PASSED),
                        Phase.FINISHED),
                row("stop", "completed", claim(State.FINISHED), List.of(PASSED), Phase.FINISHED),
                row("stop", "stopped", claim(State.RUNNING), List.of(ABORTED), Phase.ABORTED),
                // A restart that the operator has not seen so far, or has begun.
                row("active", "completed", claim(State.FINISHED), List.of(PASSED), Phase.IDLE),
                row("active", "stopped", claim(State.RUNNING), List.of(ABORTED), Phase.IDLE),
                row("active", "initialized", claim(State.FINISHED), List.of(), Phase.IDLE),
                // Another runner, which writes no claim.
                row("active", "initialized", NO_CLAIM, List.of(WAITS), Phase.RUNNING),
                row("stop", "completed", NO_CLAIM, List.of(PASSED), Phase.FINISHED),
                row("stop", "stopped", NO_CLAIM, List.of(PASSED, ABORTED), Phase.ABORTED),
                // Launched directly; what the operator said of an earlier run does not count.
                row("stop", "", direct(State.RUNNING), List.of(PASSED), Phase.RUNNING),
                row("stop", "completed", direct(State.RUNNING), List.of(PASSED), Phase.RUNNING),
                row("stop", "stopped", direct(State.STOPPING), List.of(WAITS), Phase.STOPPING),
                row("stop", "completed", direct(State.FINISHED), List.of(PASSED), Phase.FINISHED),
                row("stop", "", direct(State.FINISHED), List.of(PASSED, ABORTED), Phase.ABORTED));
    }

    private static Arguments row(
            String state,
            String status,
            Optional<Claim> claim,
            List<StatusEntry> entries,
            Phase phase) {
        return Arguments.of(state, status, claim, entries, phase);
    }

    @ParameterizedTest(name = "{0} {1}, {2}, {3}: {4}")
    @MethodSource("rows")
    void theTableHolds(
            String state,
            String status,
            Optional<Claim> claim,
            List<StatusEntry> entries,
            Phase phase) {
        StatusEntry[] all = entries.toArray(StatusEntry[]::new);
        ObjectNode json = Engines.held(Engines.claim(State.RUNNING), all).json();
        ObjectNode annotations = json.withObject("/metadata/annotations");
        annotations.remove(Claim.ANNOTATION);
        claim.ifPresent(held -> annotations.put(Claim.ANNOTATION, held.text()));
        json.withObject("/spec").put("engineState", state);
        json.withObject("/status").put("engineStatus", status);

        assertThat(EngineStanding.of(new Engine(json)).phase()).isEqualTo(phase);
    }
}
