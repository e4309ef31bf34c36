package io.chaosrunner.run;

import static io.chaosrunner.run.RunBench.operator;
import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.claim.Claim.State;
import io.chaosrunner.cluster.Resource;
import io.chaosrunner.testing.EngineWorld;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/**
 * Whole runs of which an experiment cannot be launched, against the sandbox, over HTTP; they mostly
 * wait, so they do it together.
 */
@Execution(ExecutionMode.CONCURRENT)
class UnlaunchedExperimentTest {
    @Test
    @DisplayName("29, 54: one that does not exist is named, and the others run")
    void notFound() {
        try (RunBench bench = operator(EngineWorld.start().listing("a", "b", "c"))) {
            bench.world.delete(Resource.EXPERIMENTS, "b");
            RunResult result = bench.run();
            assertThat(result).isInstanceOf(RunResult.Completed.class);
            assertThat(bench.world.entries())
                    .containsExactly(
                            "a: Completed/Pass",
                            "b: ChaosExperiment Not Found/Fail",
                            "c: Completed/Pass");
            assertThat(bench.world.events("b")).containsExactly("ExperimentNotFound Warning x1");
        }
    }

    @Test
    @DisplayName("2: no EXPERIMENT_LIST is one experiment without a name")
    void emptyList() {
        try (RunBench bench = operator(EngineWorld.start().listing())) {
            assertThat(bench.experiments("").run()).isInstanceOf(RunResult.Completed.class);
            assertThat(bench.world.entries()).containsExactly(": ChaosExperiment Not Found/Fail");
        }
    }

    @Test
    void invalid() {
        try (RunBench bench = operator(EngineWorld.start().listing("a", "b"))) {
            bench.world.edit(
                    Resource.EXPERIMENTS, "a", "{'spec': {'definition': {'image': null}}}");
            bench.run();
            assertThat(bench.world.entries())
                    .containsExactly("a: Skipped/Fail", "b: Completed/Pass");
            assertThat(bench.world.message("ExperimentDependencyCheck")).contains("image");
        }
    }

    @Test
    @DisplayName("26: a ConfigMap and a Secret that are missing are both named")
    void missingConfigMapAndSecret() {
        try (RunBench bench = operator(EngineWorld.start().listing("a"))) {
            mount(bench.world);
            bench.run();
            assertThat(bench.world.entries()).containsExactly("a: Skipped/Fail");
            assertThat(bench.world.message("ExperimentDependencyCheck"))
                    .contains("ConfigMap n/c not found, needed by experiment a")
                    .contains("Secret n/s not found");
            assertThat(bench.world.names(Resource.JOBS)).isEmpty();
        }
    }

    private static void mount(EngineWorld world) {
        world.edit(
                Resource.EXPERIMENTS,
                "a",
                """
                {'spec': {'definition': {'configMaps': [{'name': 'c', 'mountPath': '/c'}],
                                         'secrets': [{'name': 's', 'mountPath': '/s'}]}}}
                """);
    }

    @Test
    void anAccountThatMayNotLookLaunchesAllTheSame() {
        try (RunBench bench = operator(EngineWorld.start().listing("a"))) {
            mount(bench.world);
            bench.world.server().forbid("get", "configmaps");
            bench.world.server().forbid("get", "secrets");
            bench.run();
            assertThat(bench.world.entries()).containsExactly("a: Completed/Pass");
            assertThat(bench.warnings()).singleElement().asString().contains("not checked");
        }
    }

    @Test
    void anAccountThatMayNotCreateJobsSaysSoInEveryEntry() {
        try (RunBench bench = operator(EngineWorld.start().listing("a", "b"))) {
            bench.world.server().forbid("create", "jobs");
            assertThat(bench.run()).isInstanceOf(RunResult.Completed.class);
            assertThat(bench.world.entries()).containsExactly("a: Skipped/Fail", "b: Skipped/Fail");
            assertThat(bench.world.message("ExperimentDependencyCheck"))
                    .contains("cannot create resource \"jobs\"");
        }
    }

    @Test
    void aConfigurationThatIsUnusableLaunchesNothing() {
        try (RunBench bench = operator(EngineWorld.start().listing("a"))) {
            RunResult result =
                    bench.with(Map.of("strategy", "sequental", "deadline", "soon")).run();
            assertThat(((RunResult.Misconfigured) result).problems()).hasSize(2);
            assertThat(bench.world.entries()).containsExactly("a: Skipped/Fail");
            assertThat(bench.world.claim().state()).isEqualTo(State.FINISHED);
            assertThat(bench.world.events("")).containsExactly("ChaosRunFailed Warning x1");
        }
    }

    @Test
    void anEngineThatListsMoreThanItsRecordHoldsIsRefusedAtOnce() {
        String[] names = IntStream.range(0, 1_500).mapToObj(i -> "x" + i).toArray(String[]::new);
        try (RunBench bench = operator(EngineWorld.start().listing("x0"))) {
            RunResult result = bench.experiments(names).run();
            assertThat(((RunResult.Misconfigured) result).problems())
                    .hasSize(1)
                    .first()
                    .asString()
                    .startsWith("spec.experiments: lists 1500 experiments, but the record");
            assertThat(bench.world.names(Resource.JOBS)).isEmpty();
        }
    }
}
