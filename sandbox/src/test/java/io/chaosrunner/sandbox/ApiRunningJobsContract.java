package io.chaosrunner.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.sandbox.ApiClient.Answer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** What the Job controller does. */
abstract class ApiRunningJobsContract extends ApiNamespace {
    private String podName(String job) {
        eventually().until(() -> names(core("pods?labelSelector=job-name%3D" + job)).size() == 1);
        return names(core("pods?labelSelector=job-name%3D" + job)).getFirst();
    }

    private void setPhase(String pod, String phase, int exitCode) {
        Answer answer =
                api.merge(
                        core("pods/" + pod + "/status"),
                        "{'status':{'phase':'"
                                + phase
                                + "','containerStatuses':[{'name':'main','image':'x:1','imageID':'',"
                                + "'ready':false,'restartCount':0,'state':{'terminated':{'exitCode':"
                                + exitCode
                                + ",'reason':'Completed','startedAt':'2026-01-01T00:00:00Z',"
                                + "'finishedAt':'2026-01-01T00:00:01Z'}}}]}}");
        assertThat(answer.code()).as("%s", answer.body()).isEqualTo(200);
    }

    private JsonNode condition(String job, String type) {
        eventually()
                .until(() ->
                        texts(
                                        api
                                                .get(batch("jobs/" + job))
                                                .body()
                                                .at("/status/conditions")
                                                .values()
                                                .stream(),
                                        "/type")
                                .contains(type));
        return api.get(batch("jobs/" + job)).body().at("/status/conditions").values().stream()
                .filter(condition -> condition.path("type").asString("").equals(type))
                .findFirst()
                .orElseThrow();
    }

    private void awaitNoPods(String job) {
        eventually().until(() -> names(core("pods?labelSelector=job-name%3D" + job)).isEmpty());
    }

    @Test
    void completesTheJob() {
        Answer made = created(batch("jobs"), job("a", ""));
        String uid = made.text("/metadata/uid");

        assertThat(made.text("/spec/selector/matchLabels/batch.kubernetes.io~1controller-uid"))
                .isEqualTo(uid);
        assertThat(made.text("/spec/template/metadata/labels/job-name")).isEqualTo("a");
        assertThat(made.text("/spec/template/metadata/labels/controller-uid")).isEqualTo(uid);
        assertThat(made.body().at("/spec/completions").asInt(0)).isEqualTo(1);
        assertThat(made.body().at("/metadata/generation").asInt(0)).isEqualTo(1);
        // Without labels of its own the Job shows its template's.
        assertThat(made.text("/metadata/labels/app")).isEqualTo("x");
    }

    @Test
    void createsThePod() {
        String uid = created(batch("jobs"), job("a", "")).text("/metadata/uid");

        Answer pod = api.get(core("pods/" + podName("a")));

        assertThat(pod.text("/metadata/name")).matches("a-[a-z0-9]{5}");
        assertThat(pod.text("/metadata/generateName")).isEqualTo("a-");
        assertThat(pod.text("/metadata/labels/app")).isEqualTo("x");
        assertThat(pod.text("/metadata/labels/job-name")).isEqualTo("a");
        assertThat(pod.text("/metadata/labels/controller-uid")).isEqualTo(uid);
        assertThat(pod.text("/metadata/labels/batch.kubernetes.io~1job-name")).isEqualTo("a");
        assertThat(pod.text("/metadata/labels/batch.kubernetes.io~1controller-uid")).isEqualTo(uid);
        assertThat(pod.text("/metadata/annotations/note")).isEqualTo("y");
        JsonNode owner = pod.body().at("/metadata/ownerReferences/0");
        assertThat(owner.path("kind").asString("")).isEqualTo("Job");
        assertThat(owner.path("apiVersion").asString("")).isEqualTo("batch/v1");
        assertThat(owner.path("uid").asString("")).isEqualTo(uid);
        assertThat(owner.path("controller").asBoolean(false)).isTrue();
        assertThat(owner.path("blockOwnerDeletion").asBoolean(false)).isTrue();
        assertThat(pod.text("/metadata/finalizers/0"))
                .isEqualTo("batch.kubernetes.io/job-tracking");
        assertThat(pod.text("/status/phase")).isEqualTo("Pending");
        eventually()
                .until(() -> api.get(batch("jobs/a")).body().at("/status/active").asInt(0) == 1);
    }

    @Test
    void completesWhenThePodSucceeds() {
        created(batch("jobs"), job("a", ""));
        String pod = podName("a");

        setPhase(pod, "Succeeded", 0);

        assertThat(condition("a", "Complete").path("status").asString("")).isEqualTo("True");
        JsonNode status = api.get(batch("jobs/a")).body().path("status");
        assertThat(status.path("succeeded").asInt(0)).isEqualTo(1);
        assertThat(status.has("active")).isFalse();
        assertThat(status.path("completionTime").asString("")).isNotEmpty();
        assertThat(texts(status.path("conditions").values().stream(), "/type"))
                .containsExactly("SuccessCriteriaMet", "Complete");
        eventually()
                .until(() ->
                        !api.get(core("pods/" + pod)).body().path("metadata").has("finalizers"));
    }

    @Test
    void failsWhenThePodFailsAndNoRetryIsLeft() {
        created(batch("jobs"), job("a", ""));
        String pod = podName("a");

        setPhase(pod, "Failed", 1);

        assertThat(condition("a", "Failed").path("reason").asString(""))
                .isEqualTo("BackoffLimitExceeded");
        assertThat(api.get(batch("jobs/a")).body().at("/status/failed").asInt(0)).isEqualTo(1);
        assertThat(names(core("pods?labelSelector=job-name%3Da"))).containsExactly(pod);
    }

    @Test
    void failsAtItsDeadlineAndDeletesThePod() {
        created(batch("jobs"), job("a", ",'activeDeadlineSeconds':1"));
        podName("a");

        assertThat(condition("a", "Failed").path("reason").asString(""))
                .isEqualTo("DeadlineExceeded");
        awaitNoPods("a");
    }

    @Test
    void failsWhenItsPodIsDeleted() {
        created(batch("jobs"), job("a", ""));

        api.delete(core("pods/" + podName("a")));

        assertThat(condition("a", "Failed").path("reason").asString(""))
                .isEqualTo("BackoffLimitExceeded");
        awaitNoPods("a");
    }

    @Test
    void takesItsPodsAlongInTheBackground() {
        created(batch("jobs"), job("a", ""));
        podName("a");

        Answer deleted = api.delete(batch("jobs/a?propagationPolicy=Background"));

        assertThat(deleted.text("/status")).isEqualTo("Success");
        assertThat(api.get(batch("jobs/a")).code()).isEqualTo(404);
        awaitNoPods("a");
    }

    @Test
    void takesItsPodsAlongInTheForeground() {
        created(batch("jobs"), job("a", ""));
        podName("a");

        Answer deleted = api.delete(batch("jobs/a"), "{'propagationPolicy':'Foreground'}");

        assertThat(deleted.text("/metadata/finalizers/0")).isEqualTo("foregroundDeletion");
        eventually().until(() -> api.get(batch("jobs/a")).code() == 404);
        assertThat(names(core("pods?labelSelector=job-name%3Da"))).isEmpty();
    }

    @Test
    void leavesItsPodsBehindWhenDeletedWithoutAPolicy() {
        created(batch("jobs"), job("a", ""));
        String pod = podName("a");
        setPhase(pod, "Succeeded", 0);
        condition("a", "Complete");

        Answer deleted = api.delete(batch("jobs/a"));

        assertThat(deleted.text("/metadata/finalizers/0")).isEqualTo("orphan");
        eventually().until(() -> api.get(batch("jobs/a")).code() == 404);
        Answer left = api.get(core("pods/" + pod));
        assertThat(left.code()).isEqualTo(200);
        assertThat(left.body().path("metadata").has("ownerReferences")).isFalse();
    }

    @Test
    void goesWithTheEngineThatOwnsIt() {
        String uid = created(litmus("chaosengines"), engine("e", "")).text("/metadata/uid");
        created(
                batch("jobs"),
                job("a", "")
                        .replace(
                                "'name':'a'}",
                                "'name':'a','ownerReferences':[{'apiVersion':'litmuschaos.io/v1alpha1',"
                                        + "'kind':'ChaosEngine','name':'e','uid':'"
                                        + uid
                                        + "'}]}"));
        podName("a");

        api.delete(litmus("chaosengines/e"));

        eventually().until(() -> api.get(batch("jobs/a")).code() == 404);
        awaitNoPods("a");
    }

    @Test
    void keepsSpecAndStatusApart() {
        created(batch("jobs"), job("a", ",'suspend':true"));

        Answer main =
                api.merge(batch("jobs/a"), "{'status':{'failed':7},'spec':{'backoffLimit':3}}");
        Answer status =
                api.merge(
                        batch("jobs/a/status"),
                        "{'metadata':{'annotations':{'k':'v'}},'spec':{'backoffLimit':5}}");

        assertThat(main.body().at("/status/failed").asInt(0)).isZero();
        assertThat(main.body().at("/spec/backoffLimit").asInt(0)).isEqualTo(3);
        assertThat(main.body().at("/metadata/generation").asInt(0)).isEqualTo(2);
        assertThat(status.body().at("/spec/backoffLimit").asInt(0)).isEqualTo(3);
        assertThat(api.get(batch("jobs/a/status")).code()).isEqualTo(200);
    }

    @Test
    void doesNotLetItsTemplateChange() {
        created(batch("jobs"), job("a", ",'suspend':true"));

        Answer answer =
                api.merge(
                        batch("jobs/a"),
                        "{'spec':{'template':{'spec':{'serviceAccountName':'x'}}}}");

        assertStatus(answer, 422, "Invalid");
        assertThat(answer.text("/message")).contains("field is immutable");
    }

    @Test
    void refusesNamesThatCannotBeLabels() {
        assertStatus(api.post(batch("jobs"), job("a".repeat(64), "")), 422, "Invalid");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "'restartPolicy':'Never','containers':[]",
                "'containers':[{'name':'main','image':'x'}]",
                "'restartPolicy':'Always','containers':[{'name':'main','image':'x'}]",
                "'restartPolicy':'Never','containers':[{'name':'Main','image':'x'}]",
                "'restartPolicy':'Never','containers':[{'name':'main'}]",
                "'restartPolicy':'Never','containers':[{'name':'main','image':'x','volumeMounts':"
                        + "[{'name':'v','mountPath':'/x'}]}]",
                "'restartPolicy':'Never','containers':[{'name':'main','image':'x'}],"
                        + "'volumes':[{'name':'a.b','emptyDir':{}}]",
                "'restartPolicy':'Never','containers':[{'name':'main','image':'x'}],"
                        + "'volumes':[{'name':'a','emptyDir':{}},{'name':'a','emptyDir':{}}]",
                "'restartPolicy':'Never','containers':[{'name':'main','image':'x'},"
                        + "{'name':'main','image':'x'}]"
            })
    void refusesPodsThatCannotBe(String spec) {
        Answer answer =
                api.post(
                        batch("jobs"),
                        "{'apiVersion':'batch/v1','kind':'Job','metadata':{'name':'a'},"
                                + "'spec':{'template':{'spec':{"
                                + spec
                                + "}}}}");

        assertStatus(answer, 422, "Invalid");
        assertThat(answer.text("/details/causes/0/field")).startsWith("spec.template.spec.");
    }
}
