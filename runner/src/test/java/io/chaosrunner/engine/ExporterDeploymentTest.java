package io.chaosrunner.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.claim.StartTable.Caller;
import io.chaosrunner.cluster.Resource;
import io.chaosrunner.run.RunBench;
import io.chaosrunner.testing.EngineWorld;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** Runs of engines that ask for an exporter, against the sandbox. */
@Execution(ExecutionMode.CONCURRENT)
class ExporterDeploymentTest {
    private static final String ANNOTATED =
            "{'metadata': {'annotations': {'chaosrunner.io/monitoring': '%s'}}}";

    private static RunBench run(EngineWorld world) {
        var bench = new RunBench(world, Caller.OPERATOR);
        bench.run();
        return bench;
    }

    @Test
    void anEngineThatDoesNotAskGetsNoExporterAndCostsNoRequest() {
        try (RunBench bench = run(EngineWorld.start().listing("a"))) {
            assertThat(bench.world.count("create", "deployments")).isZero();
            assertThat(bench.world.count("create", "services")).isZero();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{'spec': {'monitoring': true}}",
                "{'metadata': {'annotations': {'chaosrunner.io/monitoring': 'true'}}}"
            })
    void anEngineThatAsksGetsADeploymentAndAService(String part) {
        try (RunBench bench = run(EngineWorld.start().engineWith(part, "a"))) {
            String uid = bench.world.engine().uid();
            JsonNode deployment = bench.world.get(Resource.DEPLOYMENTS, "e-monitor").orElseThrow();
            JsonNode service = bench.world.get(Resource.SERVICES, "e-monitor").orElseThrow();

            for (JsonNode object : new JsonNode[] {deployment, service}) {
                assertThat(object.at("/metadata/ownerReferences/0/uid").asString()).isEqualTo(uid);
            }
            JsonNode pod = deployment.at("/spec/template");
            assertThat(pod.at("/metadata/labels"))
                    .isEqualTo(service.at("/spec/selector"))
                    .isEqualTo(deployment.at("/spec/selector/matchLabels"));
            assertThat(pod.at("/metadata/labels").has("chaosUID")).isFalse();
            assertThat(pod.at("/spec/serviceAccountName").asString()).isEqualTo("sa");
            assertThat(pod.at("/spec/containers/0/image").asString())
                    .isEqualTo("litmuschaos/chaos-exporter:latest");
            assertThat(pod.at("/spec/containers/0/env/0/value").asString()).isEqualTo("n");
            assertThat(service.at("/spec/ports/0/port").asInt()).isEqualTo(8080);
            assertThat(bench.warnings()).isEmpty();
        }
    }

    @Test
    void imageAndAccountAreTheUsers() {
        String part = ANNOTATED.formatted("{image: mine:1, serviceAccount: exporter}");
        try (RunBench bench = run(EngineWorld.start().engineWith(part, "a"))) {
            JsonNode pod =
                    bench.world
                            .get(Resource.DEPLOYMENTS, "e-monitor")
                            .orElseThrow()
                            .at("/spec/template/spec");

            assertThat(pod.at("/serviceAccountName").asString()).isEqualTo("exporter");
            assertThat(pod.at("/containers/0/image").asString()).isEqualTo("mine:1");
        }
    }

    @Test
    void itsPodIsOneThatRestrictedPodSecurityAdmits() {
        try (RunBench bench =
                run(EngineWorld.start().engineWith(ANNOTATED.formatted("true"), "a"))) {
            JsonNode pod =
                    bench.world
                            .get(Resource.DEPLOYMENTS, "e-monitor")
                            .orElseThrow()
                            .at("/spec/template/spec");
            JsonNode container = pod.at("/containers/0/securityContext");

            assertThat(pod.at("/securityContext/runAsNonRoot").asBoolean(false)).isTrue();
            assertThat(pod.at("/securityContext/runAsUser").asInt()).isPositive();
            assertThat(pod.at("/securityContext/seccompProfile/type").asString(""))
                    .isEqualTo("RuntimeDefault");
            assertThat(container.path("allowPrivilegeEscalation").asBoolean(true)).isFalse();
            assertThat(container.path("readOnlyRootFilesystem").asBoolean(false)).isTrue();
            assertThat(container.at("/capabilities/drop/0").asString("")).isEqualTo("ALL");
        }
    }

    @Test
    void aLaterRunFindsThemThere() {
        try (EngineWorld world = EngineWorld.start().engineWith(ANNOTATED.formatted("true"), "a")) {
            run(world);
            world.edit("{'status': {'experiments': null}}");
            JsonNode before = world.get(Resource.DEPLOYMENTS, "e-monitor").orElseThrow();

            RunBench again = run(world);

            assertThat(world.claim().run().number()).isEqualTo(2);
            assertThat(world.get(Resource.DEPLOYMENTS, "e-monitor").orElseThrow())
                    .isEqualTo(before);
            assertThat(again.warnings()).isEmpty();
        }
    }

    @Test
    void somebodyElsesDeploymentIsLeftAloneAfterAWarning() {
        EngineWorld world = EngineWorld.start().engineWith(ANNOTATED.formatted("true"), "a");
        world.load(
                EngineWorld.json(
                        """
                        {'apiVersion': 'apps/v1', 'kind': 'Deployment',
                         'metadata': {'name': 'e-monitor', 'namespace': 'n'},
                         'spec': {'selector': {'matchLabels': {'a': 'b'}},
                                  'template': {'metadata': {'labels': {'a': 'b'}},
                                    'spec': {'containers': [{'name': 'c', 'image': 'theirs'}]}}}}
                        """));
        try (RunBench bench = run(world)) {
            assertThat(bench.warnings())
                    .singleElement()
                    .asString()
                    .contains("Deployment n/e-monitor exists and does not belong to this engine");
            assertThat(
                            world.get(Resource.DEPLOYMENTS, "e-monitor")
                                    .orElseThrow()
                                    .at("/spec/template/spec/containers/0/image")
                                    .asString())
                    .isEqualTo("theirs");
            assertThat(world.entries()).containsExactly("a: Completed/Pass");
        }
    }

    @Test
    void anUnusableSettingIsAWarningAndTheRunGoesOn() {
        String part = ANNOTATED.formatted("imgae: x");
        try (RunBench bench = run(EngineWorld.start().engineWith(part, "a"))) {
            assertThat(bench.warnings())
                    .containsExactly(
                            "no monitoring of ChaosEngine n/e: imgae: no such setting; did you mean 'image'?; the run goes on");
            assertThat(bench.world.get(Resource.DEPLOYMENTS, "e-monitor")).isEmpty();
            assertThat(bench.world.entries()).containsExactly("a: Completed/Pass");
        }
    }

    @Test
    void withoutTheRightThereIsOneWarningAndTheRunGoesOn() {
        EngineWorld world = EngineWorld.start().engineWith(ANNOTATED.formatted("true"), "a");
        world.server().forbid("create", "deployments");
        try (RunBench bench = run(world)) {
            assertThat(bench.warnings())
                    .singleElement()
                    .asString()
                    .contains("no monitoring of ChaosEngine n/e: ")
                    .contains("deployments");
            assertThat(world.entries()).containsExactly("a: Completed/Pass");
        }
    }
}
