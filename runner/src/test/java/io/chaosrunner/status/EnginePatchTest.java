package io.chaosrunner.status;

import static io.chaosrunner.testing.Engines.NOW;
import static io.chaosrunner.testing.Engines.engine;
import static io.chaosrunner.testing.Engines.held;
import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.claim.Claim;
import io.chaosrunner.claim.Claim.State;
import io.chaosrunner.crd.Engine;
import io.chaosrunner.model.Verdict;
import io.chaosrunner.status.EnginePatch.Objection;
import io.chaosrunner.testing.Engines;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

class EnginePatchTest {
    private final Claim claim = Engines.claim(State.RUNNING);
    private final StatusEntry waiting = StatusEntry.waiting("a");
    private final StatusEntry running = StatusEntry.running("b", "b-x7f3q2-9zzzz");

    private static TreeMap<Integer, StatusEntry> entries(int slot, StatusEntry entry) {
        return new TreeMap<>(Map.of(slot, entry));
    }

    @Test
    void takingAnEngineIsOneMergePatchGuardedByItsVersion() {
        ObjectNode patch = EnginePatch.claim(engine(), claim, List.of(waiting), "e-runner", NOW);
        assertThat(patch.path("metadata").path("annotations").path(Claim.ANNOTATION).asString())
                .isEqualTo(claim.text());
        ((ObjectNode) patch.path("metadata").path("annotations")).put(Claim.ANNOTATION, "…");
        assertThat((JsonNode) patch)
                .isEqualTo(
                        Engines.tree(
                                """
                                {'metadata': {'resourceVersion': '7',
                                              'annotations': {'chaosrunner.io/run': '…'}},
                                 'status': {'experiments': [
                                   {'name': 'a', 'runner': 'e-runner',
                                    'experimentPod': 'Yet to be launched',
                                    'status': 'Waiting for Job Creation', 'verdict': 'N/A',
                                    'lastUpdateTime': '2026-03-01T10:00:07Z'}]}}
                                """));
    }

    @Test
    void takingAnEngineOverLeavesItsEntriesAlone() {
        ObjectNode patch = EnginePatch.claim(engine(), claim);
        assertThat(patch.has("status")).isFalse();
        assertThat(patch.path("metadata").path("resourceVersion").asString()).isEqualTo("7");
    }

    @Test
    void anEntryMovesOnlyIfItAndTheClaimAreAsLastSeen() {
        Engine seen = held(claim, waiting, running);
        Claim next = claim.in(State.STOPPING, "enough");
        StatusEntry passed = StatusEntry.completed("b", "b-x7f3q2-9zzzz", Verdict.PASS);
        JsonNode patch = EnginePatch.move(seen, next, entries(1, passed), "e-runner", NOW);
        assertThat(patch.toString().replace(quoted(claim), "BEFORE").replace(quoted(next), "AFTER"))
                .isEqualTo(
                        """
                        [{"op":"test","path":"/metadata/uid","value":"U"},\
                        {"op":"test","path":"/metadata/annotations/chaosrunner.io~1run","value":BEFORE},\
                        {"op":"test","path":"/status/experiments/1/name","value":"b"},\
                        {"op":"test","path":"/status/experiments/1/status","value":"Running"},\
                        {"op":"replace","path":"/metadata/annotations/chaosrunner.io~1run","value":AFTER},\
                        {"op":"replace","path":"/status/experiments/1","value":\
                        {"name":"b","runner":"e-runner","experimentPod":"b-x7f3q2-9zzzz",\
                        "status":"Completed","verdict":"Pass","lastUpdateTime":"2026-03-01T10:00:07Z"}}]\
                        """);
    }

    private static String quoted(Claim claim) {
        return "\"" + claim.text().replace("\"", "\\\"") + "\"";
    }

    @Test
    void aClaimThatDoesNotChangeIsTestedButNotWritten() {
        JsonNode patch =
                EnginePatch.move(
                        held(claim, waiting),
                        claim,
                        entries(0, StatusEntry.running("a", "p")),
                        "e-runner",
                        NOW);
        assertThat(patch.valueStream().map(op -> op.path("op").asString()))
                .containsExactly("test", "test", "test", "test", "replace");
    }

    @Test
    void aWholeEngineKeepsWhatNobodyKnows() {
        Engine seen = held(claim, waiting);
        ObjectNode moved =
                EnginePatch.moved(
                        seen, claim, entries(0, StatusEntry.failedToRun("a")), "e-runner", NOW);
        assertThat(moved.path("spec")).isEqualTo(seen.spec());
        assertThat(moved.path("status").path("tomorrow").asBoolean()).isTrue();
        assertThat(moved.path("status").path("engineStatus").asString()).isEqualTo("initialized");
        assertThat(moved.path("metadata").path("resourceVersion").asString()).isEqualTo("7");
        assertThat(seen.statusEntries().getFirst().path("status").asString())
                .as("what was read is not changed")
                .isEqualTo(StatusEntry.WAITING);
    }

    @Test
    void aWholeEngineIsTakenWithoutAnnotationsOrStatusToo() {
        Engine bare =
                new Engine(
                        Engines.json(
                                "{'metadata': {'name': 'e', 'namespace': 'n', 'resourceVersion':"
                                        + " '1'}, 'spec': {'x': 1}}"));
        ObjectNode patch = EnginePatch.claim(bare, claim, List.of(waiting), "e-runner", NOW);
        Engine whole = new Engine(EnginePatch.patched(bare, patch));
        assertThat(Claim.of(whole)).hasValue(claim);
        assertThat(whole.statusEntries()).hasSize(1);
        assertThat(whole.spec().path("x").asInt()).isEqualTo(1);
        assertThat(bare.annotation(Claim.ANNOTATION)).isEmpty();
    }

    @Test
    void aWholeEngineIsChangedAsAMergePatchWould() {
        Engine read =
                new Engine(
                        Engines.json(
                                "{'metadata': {'name': 'e', 'annotations': {'a': '1', 'b': '2'}},"
                                        + " 'spec': {'x': {'y': 1, 'z': 2}, 'l': [1, 2]}}"));

        assertThat(
                        EnginePatch.patched(
                                read,
                                Engines.json(
                                        "{'metadata': {'annotations': {'a': null, 'c': '3'}},"
                                                + " 'spec': {'x': {'y': 5}, 'l': [3], 'new': {'gone':"
                                                + " null, 'there': true}}}")))
                .isEqualTo(
                        Engines.json(
                                "{'metadata': {'name': 'e', 'annotations': {'b': '2', 'c': '3'}},"
                                        + " 'spec': {'x': {'y': 5, 'z': 2}, 'l': [3], 'new': {'there':"
                                        + " true}}}"));
        assertThat(read.annotation("a")).contains("1");
    }

    @Test
    void onlyEntriesThatDifferAreWritten() {
        Engine live = held(claim, waiting, running);
        var wanted = entries(0, waiting);
        wanted.put(1, StatusEntry.completed("b", "p", Verdict.FAIL));
        assertThat(EnginePatch.changed(live, wanted)).containsOnlyKeys(1);
    }

    @Nested
    class WhatStandsAgainstAWrite {
        private final Engine seen = held(claim, waiting, running);

        @Test
        void nothingIfOnlyTheUserEdited() {
            Engine edited = held(claim, waiting, running);
            ((ObjectNode) edited.spec()).put("jobCleanUpPolicy", "delete");
            assertThat(EnginePatch.objection(edited, seen, Map.of())).isEmpty();
        }

        @Test
        void anotherOwner() {
            Engine taken = held(claim.takenBy("other"), waiting, running);
            assertThat(EnginePatch.objection(taken, seen, Map.of()))
                    .hasValue(
                            new Objection.ClaimLost(
                                    new Claim.Loss(
                                            "run 3 (abc) owns the engine now (process other)",
                                            Claim.Holder.ANOTHER_PROCESS)));
        }

        @Test
        void aClaimThatCannotBeReadAnyMore() {
            Engine edited = held(claim, waiting, running);
            ((ObjectNode) edited.json().path("metadata").path("annotations"))
                    .put(Claim.ANNOTATION, "edited");
            assertThat(EnginePatch.objection(edited, seen, Map.of()))
                    .get()
                    .isInstanceOf(Objection.ClaimLost.class);
        }

        @Test
        void anEngineThatWasReset() {
            assertThat(EnginePatch.objection(held(claim), seen, Map.of()))
                    .hasValue(
                            new Objection.Reset(
                                    "the engine's status was reset: it has 0 entries instead of"
                                            + " 2"));
        }

        @Test
        void theOperatorsAbort() {
            Engine aborted = held(claim, waiting, running.aborted());
            assertThat(EnginePatch.objection(aborted, seen, Map.of()))
                    .hasValue(new Objection.Aborted());
        }

        @Test
        void notOurOwnAbortWhoseAnswerWasLost() {
            Engine aborted = held(claim, waiting, running.aborted());
            assertThat(EnginePatch.objection(aborted, seen, Map.of(1, running.aborted())))
                    .isEmpty();
        }

        @Test
        void notAnAbortThatWasSeenBefore() {
            Engine aborted = held(claim, waiting, running.aborted());
            assertThat(EnginePatch.objection(aborted, aborted, Map.of())).isEmpty();
        }
    }
}
