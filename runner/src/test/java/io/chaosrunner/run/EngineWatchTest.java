package io.chaosrunner.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.attempt.WaitLimits;
import io.chaosrunner.claim.Claim;
import io.chaosrunner.claim.Claim.State;
import io.chaosrunner.claim.StartTable.Caller;
import io.chaosrunner.crd.Engine;
import io.chaosrunner.engine.EngineWriter.Refusal;
import io.chaosrunner.plugin.StrategyCatalogue;
import io.chaosrunner.run.EngineWatch.Meaning;
import io.chaosrunner.schedule.EngineSchedule;
import io.chaosrunner.status.EnginePatch.Objection;
import io.chaosrunner.testing.EngineWorld;
import io.chaosrunner.testing.Engines;
import java.time.Clock;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.node.ObjectNode;

/** What an engine as it is now means for the run that took it. */
class EngineWatchTest {
    private static final Claim OURS = Engines.claim(State.RUNNING);

    static Stream<Arguments> engines() {
        Engine same = Engines.held(OURS);
        return Stream.of(
                Arguments.of(Caller.OPERATOR, Optional.of(same), new Meaning.GoOn()),
                Arguments.of(
                        Caller.OPERATOR,
                        Optional.empty(),
                        new Meaning.RemoveAll("the engine was deleted", false)),
                Arguments.of(
                        Caller.OPERATOR,
                        Optional.of(with(same, "/metadata", "uid", "another")),
                        new Meaning.RemoveAll("the engine was deleted", false)),
                Arguments.of(
                        Caller.OPERATOR,
                        Optional.of(Engines.held(OURS.takenBy("heir"))),
                        new Meaning.Inherited(
                                "%s owns the engine now (process heir)".formatted(OURS.run()))),
                Arguments.of(
                        Caller.OPERATOR,
                        Optional.of(Engines.engine()),
                        new Meaning.RemoveAll("the claim was removed from the engine", true)),
                Arguments.of(
                        Caller.OPERATOR,
                        Optional.of(with(same, "/spec", "engineState", "stop")),
                        new Meaning.OperatorStops()),
                Arguments.of(
                        Caller.PERSON,
                        Optional.of(with(same, "/spec", "engineState", "stop")),
                        new Meaning.Stop("the engine says stop")),
                Arguments.of(
                        Caller.PERSON,
                        Optional.of(
                                with(
                                        same,
                                        "/metadata",
                                        "deletionTimestamp",
                                        "2026-03-01T10:00:00Z")),
                        new Meaning.Stop("the engine is being deleted")),
                Arguments.of(
                        Caller.SERVICES_POD,
                        Optional.of(replaced(same, OURS.run().id())),
                        new Meaning.Replace("replaced by the next fire")),
                Arguments.of(
                        Caller.SERVICES_POD,
                        Optional.of(replaced(same, "an earlier run")),
                        new Meaning.GoOn()),
                // A human's word counts more than the schedule's.
                Arguments.of(
                        Caller.SERVICES_POD,
                        Optional.of(
                                with(
                                        replaced(same, OURS.run().id()),
                                        "/spec",
                                        "engineState",
                                        "stop")),
                        new Meaning.Stop("the engine says stop")),
                Arguments.of(
                        Caller.OPERATOR,
                        Optional.of(replaced(same, OURS.run().id())),
                        new Meaning.GoOn()));
    }

    private static Engine replaced(Engine engine, String run) {
        return with(engine, "/metadata/annotations", EngineSchedule.REPLACED, run);
    }

    private static Engine with(Engine engine, String where, String field, String value) {
        ObjectNode json = engine.json().deepCopy();
        ((ObjectNode) json.at(where)).put(field, value);
        return new Engine(json);
    }

    @ParameterizedTest
    @MethodSource("engines")
    void anEngineMeansOneThing(Caller caller, Optional<Engine> now, Meaning meaning) {
        try (EngineWorld world = EngineWorld.start()) {
            var context =
                    new RunContext(
                            world.connect(),
                            new RunRequest(
                                    EngineWorld.ENGINE,
                                    caller,
                                    Optional.empty(),
                                    Optional.empty(),
                                    Map.of(),
                                    "me"),
                            StrategyCatalogue.onClassPath(),
                            Clock.systemUTC(),
                            notice -> {},
                            WaitLimits.DEFAULT);
            try (var watch = new EngineWatch(context, OURS, Engines.held(OURS), found -> {});
                    var mailbox = context.mailbox) {
                assertThat(mailbox.isIdle()).isTrue();
                assertThat(watch.changed(now)).isEqualTo(meaning);
            }
        }
    }

    @Test
    void aRefusedWriteMeansWhatTheEngineWouldMean() {
        assertThat(EngineWatch.of(new Refusal.EngineGone()))
                .isEqualTo(new Meaning.RemoveAll("the engine was deleted", false));
        assertThat(EngineWatch.of(new Refusal.Objected(new Objection.Aborted())))
                .isEqualTo(new Meaning.RemoveAll("the operator aborted the run", false));
        assertThat(
                        EngineWatch.of(
                                new Refusal.Objected(
                                        new Objection.ClaimLost(
                                                new Claim.Loss("w", Claim.Holder.ANOTHER_RUN)))))
                .isEqualTo(new Meaning.RemoveAll("w", false));
    }
}
