package io.chaosrunner.resolve;

import static io.chaosrunner.resolve.Manifests.engine;
import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.resolve.RunnerEnvironment.Tracing;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class RunnerEnvironmentTest {
    static Stream<Arguments> targets() {
        return Stream.of(
                Arguments.of("nothing", "spec: {}", ""),
                Arguments.of("an empty appinfo", "spec: {appinfo: {appns: ''}}", ""),
                Arguments.of(
                        "appinfo",
                        "spec: {appinfo: {appns: shop, applabel: app=cart, appkind: deployment}}",
                        "deployment:shop:[app=cart]"),
                Arguments.of(
                        "appinfo without a kind", "spec: {appinfo: {appns: shop}}", "KIND:shop:[]"),
                Arguments.of(
                        "appinfo without a namespace",
                        "spec: {appinfo: {applabel: app=cart, appkind: statefulset}}",
                        "statefulset:n:[app=cart]"),
                Arguments.of(
                        "workloads by name and by label",
                        """
                        spec:
                          selectors:
                            workloads:
                            - {kind: deployment, namespace: shop, names: 'cart,till'}
                            - {kind: daemonset, namespace: logs, labels: app=collector}
                        """,
                        "deployment:shop:[cart,till];daemonset:logs:[app=collector]"),
                Arguments.of(
                        "pods",
                        "spec: {selectors: {pods: [{namespace: shop, names: cart-0}]}}",
                        "pod:shop:[cart-0]"),
                Arguments.of(
                        "selectors win over appinfo",
                        """
                        spec:
                          appinfo: {appns: shop, applabel: app=cart, appkind: deployment}
                          selectors: {pods: [{namespace: shop, names: cart-0}]}
                        """,
                        "pod:shop:[cart-0]"));
    }

    @ParameterizedTest(name = "{0} -> \"{2}\"")
    @MethodSource("targets")
    @DisplayName("TARGETS are derived from the engine as the operator does")
    void targets(String title, String piece, String targets) {
        assertThat(RunnerEnvironment.of(engine(piece)).targets()).as(title).isEqualTo(targets);
    }

    @Test
    @DisplayName("The engine gives everything else the operator would have given")
    void ofEngine() {
        assertThat(RunnerEnvironment.of(engine("spec: {auxiliaryAppInfo: 'shop:app=till'}")))
                .isEqualTo(
                        new RunnerEnvironment(
                                "e", "n", "", "sa", "shop:app=till", Tracing.OFF, ""));
    }

    @Test
    @DisplayName("Derived anew, it keeps what is the pod's own")
    void derivedFrom() {
        RunnerEnvironment pod =
                RunnerEnvironment.of(
                        Map.of(
                                "CHAOSENGINE", "e",
                                "CHAOS_NAMESPACE", "n",
                                "TARGETS", "pod:n:[a]",
                                "OTEL_EXPORTER_OTLP_ENDPOINT", "otel:4317",
                                "CHAOS_MONITOR_IMAGE", "exporter:1"));

        assertThat(pod.derivedFrom(engine("spec: {auxiliaryAppInfo: 'shop:app=till'}")))
                .isEqualTo(
                        new RunnerEnvironment(
                                "e",
                                "n",
                                "",
                                "sa",
                                "shop:app=till",
                                new Tracing("otel:4317", ""),
                                "exporter:1"));
    }

    @Test
    @DisplayName("The operator's variables are read; absent ones are empty")
    void ofVariables() {
        assertThat(
                        RunnerEnvironment.of(
                                Map.of(
                                        "CHAOSENGINE", "e",
                                        "CHAOS_NAMESPACE", "n",
                                        "TARGETS", "pod:n:[a]",
                                        "CHAOS_SVC_ACC", "sa",
                                        "OTEL_EXPORTER_OTLP_ENDPOINT", "otel:4317",
                                        "TRACE_PARENT", "{}",
                                        "CHAOS_MONITOR_IMAGE", "exporter:1",
                                        "HOME", "/")))
                .isEqualTo(
                        new RunnerEnvironment(
                                "e",
                                "n",
                                "pod:n:[a]",
                                "sa",
                                "",
                                new Tracing("otel:4317", "{}"),
                                "exporter:1"));
    }
}
