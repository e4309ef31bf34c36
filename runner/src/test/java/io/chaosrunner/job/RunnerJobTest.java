package io.chaosrunner.job;

import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.model.EngineRef;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

class RunnerJobTest {
    private static final RunnerJob PODS =
            new RunnerJob("image", "chaos-runner", List.of(), Map.of("A", "x$(CHAOSENGINE)"));
    private static final String FIRE = "2026-03-02T10:00:00Z hash";

    @ParameterizedTest
    @ValueSource(
            strings = {
                "e",
                "an.engine.with.dots",
                "UPPER",
                "-",
                "........",
                "a-very-long-name-of-an-engine-that-has-more-letters-than-a-label-of-dns-may-have-and-then.some"
            })
    void aNameIsALabelOfDnsAndSaysTheEngine(String engine) {
        String name = RunnerJob.name(new EngineRef("n", engine), "uid", FIRE);

        // It is the value of a label of the pods as well.
        assertThat(DnsLabel.isValid(name)).as(name).isTrue();
        assertThat(name).contains("-run-");
    }

    @Test
    void oneFireOfOneEngineHasOneNameAndNoOtherHasIt() {
        EngineRef engine = new EngineRef("n", "e");
        String name = RunnerJob.name(engine, "uid", FIRE);

        assertThat(name).isEqualTo(RunnerJob.name(engine, "uid", FIRE));
        assertThat(name)
                .isNotEqualTo(RunnerJob.name(engine, "another", FIRE))
                .isNotEqualTo(RunnerJob.name(engine, "uid", "2026-03-02T10:00:01Z hash"))
                .isNotEqualTo(RunnerJob.name(engine, "uid", FIRE + " {\"kind\":\"trigger\"}"));
    }

    @Test
    void noTextOfAnEngineIsTakenForAVariable() {
        ObjectNode job = PODS.of(new EngineRef("n", "e"), "uid", "$(A)");
        JsonNode env = job.at("/spec/template/spec/containers/0/env");

        assertThat(env.valueStream().map(each -> each.path("value").asString("")))
                .contains("x$$(CHAOSENGINE)", "$$(A)");
    }

    @Test
    void whatWasMadeIsReadBack() {
        ObjectNode job = PODS.of(new EngineRef("n", "e"), "uid", FIRE);
        RunnerJob.Made made = RunnerJob.read(job);

        assertThat(made.fire()).isEqualTo(FIRE);
        assertThat(made.isUnfinished()).isTrue();
        assertThat(RunnerJob.engineOf(job)).contains("uid");
        assertThat(RunnerJob.ownerOf(job)).contains("e");
    }

    /** Anybody who may write Jobs may have written it. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}",
                "{'metadata': []}",
                "{'metadata': {'annotations': 7, 'labels': 'x', 'ownerReferences': {'a': 1}}}",
                "{'metadata': {'creationTimestamp': 'yesterday', 'ownerReferences': [7, null, {}]}}",
                "{'status': {'ready': 'many', 'conditions': {'type': 'Failed'}}}",
                "{'status': {'ready': 99999999999999999999, 'conditions': [null, 7, {'type': []}]}}",
                "{'status': {'ready': -1, 'conditions': [{'type': 'Failed', 'status': 'True'}]}}",
            })
    void whateverAJobHoldsIsAValue(String text) {
        JsonNode job = JsonMapper.shared().readTree(text.replace('\'', '"'));

        assertThat(RunnerJob.read(job).state()).isNotNull();
        assertThat(RunnerJob.engineOf(job)).isEmpty();
        assertThat(RunnerJob.ownerOf(job)).isEmpty();
    }
}
