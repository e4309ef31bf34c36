package io.chaosrunner.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.claim.Claim;
import io.chaosrunner.claim.FireLedger;
import io.chaosrunner.crd.Engine;
import io.chaosrunner.model.RunId;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

class EngineTableTest {
    private static final Instant NOON = Instant.parse("2026-03-01T12:00:00Z");

    /** Its schedule has skipped a fire, and so begun a claim. */
    @Test
    void anEngineThatHasNotRunIsInNoRun() {
        ObjectNode json =
                (ObjectNode)
                        JsonMapper.shared()
                                .readTree(
                                        "{\"metadata\": {\"namespace\": \"litmus\", \"name\":"
                                                + " \"nginx\"}, \"spec\": {}}");
        Claim claim = Claim.ofNoRun(new Engine(json), "me", NOON.minusSeconds(60));
        json.withObject("/metadata/annotations").put(Claim.ANNOTATION, claim.text());
        List<Engine> engines = List.of(new Engine(json));

        assertThat(EngineTable.lines(engines, true, NOON).getLast().split(" +"))
                .containsExactly("litmus", "nginx", "-", "idle", "-", "-", "-", "-");
        assertThat(
                        JsonMapper.shared()
                                .readTree(EngineTable.json(engines).toString())
                                .path(0)
                                .has("run"))
                .isFalse();
    }

    @Test
    void anExperimentThatIsStillToComeWaitsAndRefusedSettingsNameNoStrategy() {
        ObjectNode json =
                (ObjectNode)
                        JsonMapper.shared()
                                .readTree(
                                        """
                                        {"metadata": {"namespace": "litmus", "name": "nginx"},
                                         "spec": {}, "status": {"experiments": [
                                           {"name": "a", "status": "Completed", "verdict": "Pass"},
                                           {"name": "b", "status": "Skipped", "verdict": "N/A"},
                                           {"name": "c", "status": "Waiting for Job Creation",
                                            "verdict": "N/A"}]}}
                                        """);
        Claim claim =
                new Claim(
                        new Claim.Start(
                                new RunId(2, "id"),
                                NOON.minusSeconds(60),
                                1,
                                JsonMapper.shared().createObjectNode(),
                                ""),
                        "me",
                        new Claim.Standing(
                                Claim.State.FINISHED, "dag: needs dependencies", "misconfigured"),
                        new Claim.Progress(1, List.of(), Map.of()),
                        FireLedger.NONE);
        json.withObject("/metadata/annotations").put(Claim.ANNOTATION, claim.text());

        assertThat(EngineTable.lines(List.of(new Engine(json)), true, NOON).getLast())
                .contains("  -  ")
                .contains("1 Pass, 1 N/A, 1 waiting")
                .doesNotContain("sequential");
        assertThat(EngineTable.json(List.of(new Engine(json))).toString())
                .doesNotContain("sequential");
    }
}
