package io.chaosrunner.run;

import static io.chaosrunner.run.RunBench.operator;
import static io.chaosrunner.run.RunBench.person;
import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.testing.EngineWorld;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Whole runs of a runner that may do little, against the sandbox, over HTTP; they mostly wait, so
 * they do it together.
 */
@Execution(ExecutionMode.CONCURRENT)
class FewRightsTest {
    @Test
    void withoutPatchTheEngineIsReplacedAndNothingIsLost() {
        var world = EngineWorld.start().listing("a", "b");
        world.server().forbid("patch", "chaosengines");
        try (RunBench bench = operator(world)) {
            bench.run();
            assertThat(world.entries()).containsExactly("a: Completed/Pass", "b: Completed/Pass");
            assertThat(world.engine().spec().path("unknown").path("kept").get(0).asInt())
                    .isEqualTo(1);
        }
    }

    @Test
    @DisplayName("50: an account that may only get and list runs everything")
    void withoutWatch() {
        var world = EngineWorld.start().listing("a", "b");
        for (String resource : List.of("pods", "jobs", "chaosengines")) {
            world.server().forbid("watch", resource);
        }
        try (RunBench bench = operator(world)) {
            bench.run();
            assertThat(world.entries()).containsExactly("a: Completed/Pass", "b: Completed/Pass");
        }
    }

    @Test
    void withoutJobsToReadPodsAreEnough() {
        var world = EngineWorld.start().listing("a", "b").script("a", "hang");
        for (String verb : List.of("get", "list", "watch")) {
            world.server().forbid(verb, "jobs");
        }
        try (RunBench bench = person(world)) {
            var result = bench.begin();
            bench.untilRunning("a");
            bench.stop("enough");
            RunBench.finished(result);
            assertThat(world.entries())
                    .containsExactly(
                            "a: Forcefully Aborted/Stopped", "b: Forcefully Aborted/Stopped");
        }
    }

    @Test
    void withoutResultsTheVerdictIsErrorAndSaysWhy() {
        var world = EngineWorld.start().listing("a");
        world.server().forbid("get", "chaosresults");
        try (RunBench bench = operator(world)) {
            bench.run();
            assertThat(world.entries()).containsExactly("a: Completed/Error");
            assertThat(world.message("ChaosResultMissing")).contains("cannot get resource");
        }
    }

    @Test
    void withoutEventsTheRunGoesOn() {
        var world = EngineWorld.start().listing("a", "b");
        world.server().forbid("create", "events");
        try (RunBench bench = operator(world)) {
            bench.run();
            assertThat(world.entries()).containsExactly("a: Completed/Pass", "b: Completed/Pass");
            assertThat(bench.warnings()).hasSize(1).first().asString().contains("events");
            assertThat(world.count("create", "events")).isZero();
        }
    }

    @Test
    void withoutDeleteTheJobIsKeptAndTheEventSaysSo() {
        var world = EngineWorld.start().engineWith("{'spec': {'jobCleanUpPolicy': 'delete'}}", "a");
        world.server().forbid("delete", "jobs");
        try (RunBench bench = operator(world)) {
            bench.run();
            assertThat(world.entries()).containsExactly("a: Completed/Pass");
            assertThat(world.message("ExperimentJobCleanUp")).endsWith("will be retained");
        }
    }

    @ParameterizedTest
    @CsvSource({"get,chaosengines", "list,pods"})
    void withoutWhatIsRequiredNothingIsLaunched(String verb, String resource) {
        var world = EngineWorld.start().listing("a");
        world.server().forbid(verb, resource);
        try (RunBench bench = operator(world)) {
            assertThat(((RunResult.Refused) bench.run()).why()).contains("cannot " + verb);
            assertThat(world.count("create", "jobs")).isZero();
        }
    }
}
