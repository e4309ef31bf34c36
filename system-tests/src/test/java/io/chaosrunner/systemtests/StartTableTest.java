package io.chaosrunner.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a runner's pod does with an engine it did not see before, row by row. */
@NeedsControlPlane
@Timeout(600)
class StartTableTest {

    private static final String ENGINE = "engine-nginx";
    private static final String RUNNER = ENGINE + "-runner";
    private static final Pattern CLAIM =
            Pattern.compile("\"number\":(\\d+),\"id\":\"([a-z0-9]+)\".*\"state\":\"(\\w+)\"");

    private final TestNamespace namespace;
    private final FakeKubelet kubelet;

    StartTableTest(ControlPlane controlPlane) {
        namespace = TestNamespace.create(controlPlane);
        kubelet = FakeKubelet.start(namespace);
        namespace.experiment("pod-delete");
    }

    @AfterEach
    void close() {
        try (namespace;
                kubelet) {
            assertThat(kubelet).isNotNull();
        }
    }

    @Test
    void withoutAClaimItIsRunOneWhateverTheEntriesSay() {
        engine("verdict=Pass after=100ms");
        patch("{\"status\":{\"experiments\":[{\"name\":\"old\",\"status\":\"Completed\"}]}}");

        runToItsEnd();

        assertThat(claim()).isEqualTo(new Claim(1, claim().id(), "finished"));
        assertThat(entries()).containsExactly("pod-delete Completed Pass");
        assertThat(namespace.jobs()).hasSize(1);
    }

    @Test
    void aRunningClaimWithEntriesIsTakenUp() {
        engine("verdict=Pass after=1h");
        Claim before = runUntilItsExperimentRunsAndRemoveIt();
        kubelet.endExperiments();

        runToItsEnd();

        assertThat(claim()).isEqualTo(new Claim(1, before.id(), "finished"));
        assertThat(entries()).containsExactly("pod-delete Completed Pass");
        assertThat(namespace.jobs()).hasSize(1);
    }

    @Test
    void aRunningClaimWithoutEntriesMeansTheOperatorRestartedTheEngine() {
        engine("verdict=Pass after=1h");
        Claim before = runUntilItsExperimentRunsAndRemoveIt();
        kubelet.endExperiments();
        patch("{\"status\":{\"experiments\":null}}");

        runToItsEnd();

        assertThat(claim().number()).isEqualTo(2);
        assertThat(claim().id()).isNotEqualTo(before.id());
        assertThat(entries()).containsExactly("pod-delete Completed Pass");
        assertThat(namespace.jobs()).hasSize(2);
    }

    @Test
    void aFinishedClaimWithoutEntriesMeansTheSame() {
        engine("verdict=Pass after=100ms then verdict=Fail after=100ms");
        runToItsEnd();
        Claim before = claim();
        removeRunner();
        patch("{\"status\":{\"experiments\":null}}");

        runToItsEnd();

        assertThat(claim().number()).isEqualTo(2);
        assertThat(claim().id()).isNotEqualTo(before.id());
        assertThat(entries()).containsExactly("pod-delete Completed Fail");
        assertThat(namespace.jobs()).hasSize(2);
    }

    @Test
    void aFinishedClaimWithEntriesLaunchesNothing() {
        engine("verdict=Pass after=100ms");
        runToItsEnd();
        Claim before = claim();
        removeRunner();

        runToItsEnd();

        assertThat(claim()).isEqualTo(before);
        assertThat(entries()).containsExactly("pod-delete Completed Pass");
        assertThat(namespace.jobs()).hasSize(1);
        assertThat(kubelet.runner(RUNNER).output()).contains("event=nothing-launched");
    }

    private void engine(String scenario) {
        namespace
                .newEngine(ENGINE)
                .account(namespace.podDeleteSa())
                .cleanUp("retain")
                .experiment("pod-delete", scenario)
                .create();
    }

    private void runToItsEnd() {
        RunnerPod.create(namespace, ENGINE).awaitCompletion(kubelet);
    }

    private Claim runUntilItsExperimentRunsAndRemoveIt() {
        RunnerPod.create(namespace, ENGINE);
        TestNamespace.eventually(() -> entries().contains("pod-delete Running Awaited"));
        Claim claim = claim();
        removeRunner();
        return claim;
    }

    private void removeRunner() {
        var pod = namespace.admin().pods().inNamespace(namespace.name()).withName(RUNNER);
        pod.withGracePeriod(1).delete();
        TestNamespace.eventually(() -> pod.get() == null);
    }

    private void patch(String patch) {
        Litmus.engines(namespace.admin(), namespace.name())
                .named(ENGINE)
                .patch(PatchContext.of(PatchType.JSON_MERGE), patch);
    }

    private List<String> entries() {
        return namespace.entries(ENGINE).stream()
                .map((Map<String, String> entry) ->
                        entry.get("name") + " " + entry.get("status") + " " + entry.get("verdict"))
                .toList();
    }

    private Claim claim() {
        GenericKubernetesResource engine = namespace.engine(ENGINE);
        String text = engine.getMetadata().getAnnotations().get("chaosrunner.io/run");
        Matcher matcher = CLAIM.matcher(text);
        assertThat(matcher.find()).as(text).isTrue();
        return new Claim(Long.parseLong(matcher.group(1)), matcher.group(2), matcher.group(3));
    }

    private record Claim(long number, String id, String state) {}
}
