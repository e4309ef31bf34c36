package io.chaosrunner.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.chaosrunner.sandbox.ApiClient.Answer;
import io.chaosrunner.sandbox.ApiClient.Event;
import io.chaosrunner.sandbox.SandboxServer.Options;
import java.net.http.HttpClient;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

/** Launch experiments as the runner does and look at what a cluster would show. */
class SimulatedJobTest {
    private static final String PODS = "/api/v1/namespaces/default/pods";
    private static final String JOBS = "/apis/batch/v1/namespaces/default/jobs";
    private static final String RESULT =
            "/apis/litmuschaos.io/v1alpha1/namespaces/default/chaosresults/e-pod-delete";
    private SandboxServer server;
    private HttpClient http;
    private ApiClient api;

    @BeforeEach
    void start() {
        server = SandboxServer.start(Options.DEFAULT.withSpeed(20));
        http = HttpClient.newHttpClient();
        api = new ApiClient(http, server.url(), Map.of());
    }

    @AfterEach
    void stop() {
        server.close();
        http.close();
    }

    private static ConditionFactory eventually() {
        return await().atMost(Duration.ofMinutes(2)).pollInterval(Duration.ofMillis(10));
    }

    private void launch(String scenario) {
        launch("j", scenario, 0);
    }

    private void launch(String name, String scenario, int backoffLimit) {
        Answer made =
                api.post(
                        JOBS,
                        "{'apiVersion':'batch/v1','kind':'Job','metadata':{'name':'"
                                + name
                                + "'},'spec':{'backoffLimit':"
                                + backoffLimit
                                + ",'template':{'metadata':{'labels':{'chaosUID':'schedule','team':'x'},"
                                + "'annotations':{'sandbox.chaosrunner.io/scenario':'"
                                + scenario
                                + "'}},'spec':{'restartPolicy':'Never','containers':[{'name':'"
                                + name
                                + "','image':'go-runner','env':[{'name':'CHAOSENGINE','value':'e'},"
                                + "{'name':'EXPERIMENT_NAME','value':'pod-delete'},"
                                + "{'name':'CHAOS_UID','value':'uid-1'}]}]}}}}");
        assertThat(made.code()).as("%s", made.body()).isEqualTo(201);
    }

    private JsonNode pod() {
        return pods("job-name%3Dj").getLast();
    }

    private List<JsonNode> pods(String selector) {
        return List.copyOf(
                api.get(PODS + "?labelSelector=" + selector).body().path("items").values());
    }

    private JsonNode podIn(String phase) {
        eventually()
                .until(() ->
                        pods("job-name%3Dj").stream()
                                .anyMatch(
                                        pod -> pod.at("/status/phase").asString("").equals(phase)));
        return pod();
    }

    private JsonNode mainState(JsonNode pod) {
        return pod.at("/status/containerStatuses/0/state");
    }

    private String jobCondition() {
        JsonNode conditions = api.get(JOBS + "/j").body().at("/status/conditions");
        return conditions.isEmpty()
                ? ""
                : conditions.get(conditions.size() - 1).path("type").asString("");
    }

    private void awaitJob(String condition) {
        eventually().until(() -> jobCondition().equals(condition));
    }

    private String verdict() {
        return api.get(RESULT).text("/status/experimentStatus/verdict");
    }

    @Test
    void walksThroughItsPhases() {
        String since = api.get(PODS).text("/metadata/resourceVersion");
        Instant start = Instant.now().minusSeconds(1);
        launch("after=2s");
        awaitJob("Complete");

        List<Event> events = api.watch(PODS + "?resourceVersion=" + since, 1).join();

        assertThat(events.stream().map(e -> e.text("/status/phase")).distinct())
                .containsExactly("Pending", "Running", "Succeeded");
        JsonNode terminated = mainState(pod()).path("terminated");
        assertThat(terminated.path("exitCode").asInt(-1)).isZero();
        assertThat(terminated.path("reason").asString("")).isEqualTo("Completed");
        assertThat(terminated.path("finishedAt").asString(""))
                .matches("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ");
        assertThat(Instant.parse(terminated.path("finishedAt").asString("")))
                .isBetween(start, Instant.now());
        assertThat(pod().at("/status/containerStatuses/0/name").asString("")).isEqualTo("j");
        assertThat(pod().at("/spec/nodeName").asString("")).isNotEmpty();
    }

    @Test
    void writesTheResultAsLitmusDoes() {
        launch("after=10s");
        podIn("Running");
        eventually().until(() -> verdict().equals("Awaited"));
        Answer running = api.get(RESULT);
        assertThat(running.text("/status/experimentStatus/phase")).isEqualTo("Running");
        assertThat(running.text("/status/experimentStatus/probeSuccessPercentage"))
                .isEqualTo("Awaited");

        awaitJob("Complete");

        Answer done = api.get(RESULT);
        assertThat(done.text("/status/experimentStatus/phase")).isEqualTo("Completed");
        assertThat(done.text("/status/experimentStatus/verdict")).isEqualTo("Pass");
        assertThat(done.text("/status/experimentStatus/probeSuccessPercentage")).isEqualTo("100");
        assertThat(done.text("/spec/engine")).isEqualTo("e");
        assertThat(done.text("/spec/experiment")).isEqualTo("pod-delete");
        assertThat(done.text("/metadata/labels/team")).isEqualTo("x");
        assertThat(done.text("/metadata/labels/job-name")).isEqualTo("j");
        assertThat(done.text("/metadata/labels/chaosUID")).isEqualTo("uid-1");
        assertThat(done.text("/metadata/uid")).isEqualTo(running.text("/metadata/uid"));
    }

    @ParameterizedTest
    @CsvSource({
        "Pass, Completed, 100, passedRuns",
        "Fail, Completed_With_Probe_Failure, 0, failedRuns",
        "Error, Error, 0, failedRuns",
        "Stopped, Stopped, 0, stoppedRuns"
    })
    void endsWithAnyVerdictAndExitsWithZero(
            String verdict, String phase, String probes, String counter) {
        launch("after=1s verdict=" + verdict);
        awaitJob("Complete");

        Answer result = api.get(RESULT);
        assertThat(result.text("/status/experimentStatus/verdict")).isEqualTo(verdict);
        assertThat(result.text("/status/experimentStatus/phase")).isEqualTo(phase);
        assertThat(result.text("/status/experimentStatus/probeSuccessPercentage"))
                .isEqualTo(probes);
        assertThat(result.body().at("/status/history/" + counter).asInt(0)).isEqualTo(1);
        assertThat(result.text("/status/experimentStatus/errorOutput/reason").isEmpty())
                .isEqualTo(!verdict.equals("Error"));
    }

    @Test
    void usesOneResultAgainAndCounts() {
        launch("j", "after=1s", 0);
        awaitJob("Complete");
        String uid = api.get(RESULT).text("/metadata/uid");
        launch("k", "after=1s verdict=Fail probes=50", 0);
        eventually().until(() -> verdict().equals("Fail"));

        Answer result = api.get(RESULT);
        assertThat(result.text("/metadata/uid")).isEqualTo(uid);
        assertThat(result.body().at("/status/history/passedRuns").asInt(0)).isEqualTo(1);
        assertThat(result.body().at("/status/history/failedRuns").asInt(0)).isEqualTo(1);
        assertThat(result.text("/status/experimentStatus/probeSuccessPercentage")).isEqualTo("50");
        assertThat(result.text("/metadata/labels/job-name")).isEqualTo("k");
    }

    @ParameterizedTest
    @CsvSource({"crash, 1, Error", "oom, 137, OOMKilled"})
    void failsAndLeavesTheResultAwaited(String word, int exitCode, String reason) {
        launch(word + " after=1s");
        awaitJob("Failed");

        JsonNode terminated = mainState(podIn("Failed")).path("terminated");
        assertThat(terminated.path("exitCode").asInt(0)).isEqualTo(exitCode);
        assertThat(terminated.path("reason").asString("")).isEqualTo(reason);
        assertThat(verdict()).isEqualTo("Awaited");
        assertThat(api.get(JOBS + "/j").text("/status/conditions/1/reason"))
                .isEqualTo("BackoffLimitExceeded");
    }

    @Test
    void isTriedAgainAsOftenAsTheJobAllows() {
        launch("j", "crash after=1s then verdict=Pass after=1s", 1);
        awaitJob("Complete");

        assertThat(pods("job-name%3Dj")).hasSize(2);
        assertThat(api.get(JOBS + "/j").body().at("/status/failed").asInt(0)).isEqualTo(1);
        assertThat(verdict()).isEqualTo("Pass");
    }

    @Test
    void canBeEvicted() {
        launch("evicted after=1s");

        JsonNode pod = podIn("Failed");

        assertThat(pod.at("/status/reason").asString("")).isEqualTo("Evicted");
        assertThat(pod.at("/status/message").asString("")).contains("low on resource");
    }

    @Test
    void canLackItsImage() {
        launch("image-pull-error");
        eventually()
                .until(() ->
                        !pods("job-name%3Dj").isEmpty()
                                && mainState(pod())
                                        .at("/waiting/reason")
                                        .asString("")
                                        .equals("ImagePullBackOff"));

        assertThat(pod().at("/status/phase").asString("")).isEqualTo("Pending");
        assertThat(api.get(RESULT).code()).isEqualTo(404);
    }

    @Test
    void canWaitForANode() {
        launch("pending=6s after=1s");
        eventually()
                .until(() ->
                        !pods("job-name%3Dj").isEmpty()
                                && pod().at("/status/conditions/0/reason")
                                        .asString("")
                                        .equals("Unschedulable"));

        assertThat(pod().at("/spec").has("nodeName")).isFalse();
        awaitJob("Complete");
    }

    @Test
    void isStoppedByDeletion() {
        launch("hang");
        podIn("Running");
        eventually().until(() -> verdict().equals("Awaited"));

        api.delete(JOBS + "/j?propagationPolicy=Background");

        eventually().until(() -> pods("job-name%3Dj").isEmpty());
        assertThat(verdict()).isEqualTo("Stopped");
        assertThat(api.get(RESULT).body().at("/status/history/stoppedRuns").asInt(0)).isEqualTo(1);
    }

    @Test
    void diesAtTheJobsDeadline() {
        Answer made =
                api.post(
                        JOBS,
                        "{'apiVersion':'batch/v1','kind':'Job','metadata':{'name':'j'},'spec':{"
                                + "'activeDeadlineSeconds':1,'template':{'metadata':{'annotations':{"
                                + "'sandbox.chaosrunner.io/scenario':'hang'}},'spec':{'restartPolicy':"
                                + "'Never','containers':[{'name':'j','image':'x'}]}}}}");
        assertThat(made.code()).isEqualTo(201);

        awaitJob("Failed");

        assertThat(api.get(JOBS + "/j").text("/status/conditions/1/reason"))
                .isEqualTo("DeadlineExceeded");
        assertThat(pods("job-name%3Dj")).isEmpty();
    }

    @Test
    void writesNothingWhenItIsKilledByForce() {
        launch("hang");
        podIn("Running");
        eventually().until(() -> verdict().equals("Awaited"));

        api.delete(PODS + "/" + pod().at("/metadata/name").asString("") + "?gracePeriodSeconds=0");

        awaitJob("Failed");
        assertThat(verdict()).isEqualTo("Awaited");
    }

    @Test
    void launchesAHelperAndTakesItDown() {
        launch("helper after=8s");
        eventually().until(() -> pods("team%3Dx,!job-name").size() == 1);
        JsonNode helper = pods("team%3Dx,!job-name").getFirst();

        assertThat(helper.at("/metadata/labels/chaosUID").asString("")).isEqualTo("uid-1");
        assertThat(helper.at("/metadata/labels").propertyNames())
                .noneMatch(label -> label.contains("job-name") || label.contains("controller-uid"));
        assertThat(helper.path("metadata").has("ownerReferences")).isFalse();
        awaitJob("Complete");
        eventually().until(() -> pods("team%3Dx,!job-name").isEmpty());
    }

    @Test
    void leavesItsHelperBehindWhenItIsKilled() {
        launch("helper hang");
        eventually().until(() -> pods("team%3Dx,!job-name").size() == 1);

        api.delete(JOBS + "/j?propagationPolicy=Background");
        eventually().until(() -> pods("job-name%3Dj").isEmpty());

        assertThat(pods("team%3Dx,!job-name")).hasSize(1);
        assertThat(api.delete(PODS + "?labelSelector=chaosUID%3Duid-1").code()).isEqualTo(200);
        eventually().until(() -> pods("team%3Dx").isEmpty());
    }

    @Test
    void canBeOutlivedByAMeshProxy() {
        launch("sidecar after=1s");
        eventually()
                .until(() -> !pods("job-name%3Dj").isEmpty() && mainState(pod()).has("terminated"));

        assertThat(pod().at("/status/phase").asString("")).isEqualTo("Running");
        assertThat(pod().at("/status/containerStatuses/1/name").asString(""))
                .isEqualTo("istio-proxy");
        assertThat(pod().at("/status/containerStatuses/1/state").has("running")).isTrue();
        assertThat(verdict()).isEqualTo("Pass");
        assertThat(jobCondition()).isEmpty();
        api.delete(PODS + "/" + pod().at("/metadata/name").asString(""));
        eventually().until(() -> pods("job-name%3Dj").isEmpty());
        assertThat(verdict()).isEqualTo("Pass");
    }

    @Test
    void canEndWithoutAResult() {
        launch("no-result after=1s");
        awaitJob("Complete");

        assertThat(api.get(RESULT).code()).isEqualTo(404);
    }

    @Test
    void canLeaveAnOlderResultUntouched() {
        launch("j", "after=1s", 0);
        awaitJob("Complete");
        String version = api.get(RESULT).text("/metadata/resourceVersion");
        launch("k", "stale-result after=1s", 0);
        eventually().until(() -> api.get(JOBS + "/k").body().at("/status/succeeded").asInt(0) == 1);

        assertThat(api.get(RESULT).text("/metadata/resourceVersion")).isEqualTo(version);
    }

    @Test
    void canLeaveTheResultUnfinished() {
        launch("unfinished-result after=1s");
        awaitJob("Complete");

        assertThat(verdict()).isEqualTo("Awaited");
    }

    @Test
    void canWriteTheResultLate() {
        launch("late-result=10s after=1s");
        awaitJob("Complete");

        assertThat(verdict()).isEqualTo("Awaited");
        eventually().until(() -> verdict().equals("Pass"));
    }

    @Test
    void followsAScriptUnlessAnnotated() {
        server.script("pod-delete", "verdict=Fail after=1s");
        launch("j", "", 0);
        awaitJob("Complete");
        assertThat(verdict()).isEqualTo("Fail");
        launch("k", "verdict=Error after=1s", 0);

        eventually().until(() -> verdict().equals("Error"));
    }

    @Test
    void exitsWhenItsResultIsRefused() {
        api.post(
                JOBS,
                "{'apiVersion':'batch/v1','kind':'Job','metadata':{'name':'j'},'spec':{'template':{"
                        + "'spec':{'restartPolicy':'Never','containers':[{'name':'j','image':'x','env':["
                        + "{'name':'EXPERIMENT_NAME','value':'Not_A_Name'}]}]}}}}");

        JsonNode terminated = mainState(podIn("Failed")).path("terminated");

        assertThat(terminated.path("exitCode").asInt(0)).isEqualTo(1);
        assertThat(terminated.path("message").asString("")).contains("Not_A_Name");
    }

    @Test
    void saysWhatItDoesNotUnderstand() {
        launch("explode");

        JsonNode pod = podIn("Failed");

        assertThat(pod.at("/status/message").asString(""))
                .startsWith("unknown scenario word 'explode'");
        assertThat(Objects.toString(mainState(pod))).contains("explode");
    }
}
