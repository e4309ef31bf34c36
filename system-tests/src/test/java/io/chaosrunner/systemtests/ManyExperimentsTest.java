package io.chaosrunner.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.systemtests.ApiProxy.Call;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Engines that list many experiments: nothing is lost, and no call is made for nothing. */
@NeedsControlPlane
@Timeout(600)
class ManyExperimentsTest {

    private static final String ENGINE = "engine-nginx";

    @Test
    void twoHundredInParallelEndWithTwoHundredVerdicts(ControlPlane controlPlane) {
        try (TestNamespace namespace = TestNamespace.create(controlPlane);
                ApiProxy proxy = ApiProxy.start(controlPlane);
                FakeKubelet kubelet = FakeKubelet.start(namespace, proxy::kubeconfigFor)) {
            List<String> names = IntStream.range(0, 200).mapToObj(i -> "experiment-" + i).toList();
            names.forEach(namespace::experiment);
            EngineManifest engine =
                    namespace
                            .newEngine(ENGINE)
                            .account(namespace.powerful())
                            .annotation(
                                    "chaosrunner.io/execution",
                                    "{strategy: parallel, maxParallel: 50}");
            for (int i = 0; i < names.size(); i++) {
                String verdict = i % 10 == 7 ? "Fail" : "Pass";
                engine.experiment(names.get(i), "verdict=" + verdict + " after=200ms");
            }
            engine.create();

            RunnerPod.create(namespace, ENGINE).awaitCompletion(kubelet);

            List<Map<String, String>> entries = namespace.entries(ENGINE);
            assertThat(entries)
                    .extracting((Map<String, String> e) -> e.get("name"))
                    .isEqualTo(names);
            for (int i = 0; i < names.size(); i++) {
                assertThat(entries.get(i))
                        .as(names.get(i))
                        .containsEntry("status", "Completed")
                        .containsEntry("verdict", i % 10 == 7 ? "Fail" : "Pass");
            }
            assertThat(namespace.jobs()).hasSize(200);
            Map<String, Integer> byKind = new TreeMap<>();
            for (Call call : proxy.calls()) {
                byKind.merge(call.verb() + " " + call.resource(), 1, Integer::sum);
            }
            double each = proxy.calls().size() / 200.0;
            System.out.printf("API calls for each of 200 in parallel: %.1f %s%n", each, byKind);
            assertThat(each).isLessThanOrEqualTo(6);
        }
    }

    @Test
    void fiveEntriesOfOneExperimentHaveFiveEntriesAndFiveResults(ControlPlane controlPlane) {
        for (String strategy : List.of("sequential", "parallel")) {
            try (TestNamespace namespace = TestNamespace.create(controlPlane);
                    FakeKubelet kubelet = FakeKubelet.start(namespace)) {
                namespace.experiment("pod-delete");
                EngineManifest engine =
                        namespace
                                .newEngine(ENGINE)
                                .account(namespace.podDeleteSa())
                                .annotation("chaosrunner.io/execution", "strategy: " + strategy);
                List<String> verdicts = List.of("Pass", "Fail", "Pass", "Error", "Pass");
                for (String verdict : verdicts) {
                    engine.experiment("pod-delete", "verdict=" + verdict + " after=200ms");
                }
                engine.create();

                RunnerPod.create(namespace, ENGINE).awaitCompletion(kubelet);

                assertThat(namespace.entries(ENGINE))
                        .as(strategy)
                        .extracting((Map<String, String> e) -> e.get("verdict"))
                        .isEqualTo(verdicts);
                var results = new HashMap<String, String>();
                Litmus.results(namespace.admin(), namespace.name())
                        .all()
                        .list()
                        .getItems()
                        .forEach(result ->
                                results.put(
                                        result.getMetadata().getName(),
                                        result.get("status", "experimentStatus", "verdict")));
                for (int i = 0; i < verdicts.size(); i++) {
                    assertThat(results)
                            .containsEntry(ENGINE + "-pod-delete-s" + i, verdicts.get(i));
                }
            }
        }
    }

    @Test
    void aGraphOfSixtyStartsNothingBeforeItsTimeAndLeavesOutWhatCannotRun(
            ControlPlane controlPlane) {
        try (TestNamespace namespace = TestNamespace.create(controlPlane);
                FakeKubelet kubelet = FakeKubelet.start(namespace)) {
            // Six chains of ten; the fourth link of the last chain fails, so six links never run.
            var dependencies = new StringBuilder();
            List<String> names =
                    IntStream.range(0, 60).mapToObj(i -> "link-" + i / 10 + "-" + i % 10).toList();
            names.forEach(namespace::experiment);
            EngineManifest engine = namespace.newEngine(ENGINE).account(namespace.podDeleteSa());
            for (int i = 0; i < 60; i++) {
                if (i % 10 > 0) {
                    dependencies
                            .append("  ")
                            .append(names.get(i))
                            .append(": [")
                            .append(names.get(i - 1))
                            .append(".passed]\n");
                }
                String verdict = i == 53 ? "Fail" : "Pass";
                engine.experiment(names.get(i), "verdict=" + verdict + " after=100ms");
            }
            engine.annotation(
                    "chaosrunner.io/execution", "strategy: dag\ndependencies:\n" + dependencies);
            engine.create();

            RunnerPod.create(namespace, ENGINE).awaitCompletion(kubelet);

            List<Map<String, String>> entries = namespace.entries(ENGINE);
            for (int i = 0; i < 60; i++) {
                String expected = i == 53 ? "Fail" : i > 53 ? "N/A" : "Pass";
                assertThat(entries.get(i)).as(names.get(i)).containsEntry("verdict", expected);
            }
            assertThat(namespace.jobs()).hasSize(54);
        }
    }
}
