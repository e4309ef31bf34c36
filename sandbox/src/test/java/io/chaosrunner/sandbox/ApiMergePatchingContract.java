package io.chaosrunner.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.sandbox.ApiClient.Answer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a merge patch (RFC 7386) does. */
abstract class ApiMergePatchingContract extends ApiNamespace {
    @BeforeEach
    void makeEngine() {
        created(litmus("chaosengines"), engine("a", ""));
    }

    private Answer patch(String patch) {
        return api.merge(litmus("chaosengines/a"), patch);
    }

    @Test
    void mergesObjectsReplacesArraysAndRemovesNulls() {
        patch("{'spec':{'list':[1,2],'gone':1,'kept':{'x':1}}}");

        Answer answer = patch("{'spec':{'list':[9],'gone':null,'kept':{'y':2,'z':null}}}");

        assertThat(answer.code()).isEqualTo(200);
        assertThat(answer.body().at("/spec/list").toString()).isEqualTo("[9]");
        assertThat(answer.body().path("spec").has("gone")).isFalse();
        assertThat(answer.body().at("/spec/kept").toString()).isEqualTo("{\"x\":1,\"y\":2}");
        assertThat(answer.text("/spec/engineState")).isEqualTo("active");
    }

    @Test
    void dropsNullsInsideArraysUnlikeTheRfc() {
        assertThat(patch("{'spec':{'list':[{'a':null},null]}}").body().at("/spec/list").toString())
                .isEqualTo("[{},null]");
    }

    @Test
    void writesStatusAndCountsAGeneration() {
        Answer answer = patch("{'status':{'experiments':[{'name':'x'}]}}");

        assertThat(answer.text("/status/experiments/0/name")).isEqualTo("x");
        assertThat(answer.body().at("/metadata/generation").asInt(0)).isEqualTo(2);
    }

    @Test
    void countsNoGenerationForMetadata() {
        Answer before = api.get(litmus("chaosengines/a"));

        Answer after = patch("{'metadata':{'annotations':{'k':'v'}}}");

        assertThat(after.text("/metadata/annotations/k")).isEqualTo("v");
        assertThat(after.body().at("/metadata/generation").asInt(0)).isEqualTo(1);
        assertThat(after.text("/metadata/resourceVersion"))
                .isNotEqualTo(before.text("/metadata/resourceVersion"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}",
                "{'spec':{'engineState':'active'}}",
                "{'metadata':{'labels':{}}}",
                "{'metadata':{'unknown':1}}",
                "{'metadata':{'generation':77,'creationTimestamp':null}}",
                "{'spec':{'none':null}}"
            })
    void leavesTheVersionAloneWhenNothingChanges(String patch) {
        Answer before = api.get(litmus("chaosengines/a"));

        Answer after = patch(patch);

        assertThat(after.code()).isEqualTo(200);
        assertThat(after.text("/metadata/resourceVersion"))
                .isEqualTo(before.text("/metadata/resourceVersion"));
    }

    @Test
    void takesTheVersionAsAPrecondition() {
        String version = api.get(litmus("chaosengines/a")).text("/metadata/resourceVersion");
        String patch = "{'metadata':{'resourceVersion':'" + version + "'},'spec':{'n':1}}";

        assertThat(patch(patch).code()).isEqualTo(200);
        assertStatus(patch(patch), 409, "Conflict");
    }

    @Test
    void refusesAnotherUidNameOrNamespace() {
        Answer uid = patch("{'metadata':{'uid':'x'}}");

        assertStatus(uid, 422, "Invalid");
        assertThat(uid.text("/message")).contains("metadata.uid").contains("field is immutable");
        assertStatus(patch("{'metadata':{'name':'x'}}"), 400, "BadRequest");
        assertStatus(patch("{'metadata':{'namespace':'x'}}"), 400, "BadRequest");
    }

    @Test
    void refusesLabelsThatAreInvalidOrNotText() {
        assertStatus(patch("{'metadata':{'labels':{'a':'b c'}}}"), 422, "Invalid");
        assertStatus(patch("{'metadata':{'labels':{'a':3}}}"), 422, "Invalid");
    }

    @ParameterizedTest
    @ValueSource(strings = {"x", "[1]", "3", "null"})
    void refusesWhatIsNotAnObject(String patch) {
        assertStatus(patch(patch), 400, "BadRequest");
    }

    @Test
    void doesNotCreate() {
        assertStatus(api.merge(litmus("chaosengines/b"), "{'spec':{'n':1}}"), 404, "NotFound");
        assertStatus(
                api.merge(
                        litmus("chaosengines/b"),
                        "{'metadata':{'resourceVersion':'3'},'spec':{'n':1}}"),
                404,
                "NotFound");
    }

    @Test
    void isNotStrategicForCustomResources() {
        assertStatus(
                api.call(
                        "PATCH",
                        litmus("chaosengines/a"),
                        "{'spec':{}}",
                        "application/strategic-merge-patch+json"),
                415,
                "UnsupportedMediaType");
        assertStatus(
                api.call("PATCH", litmus("chaosengines/a"), "{}", "application/json"),
                415,
                "UnsupportedMediaType");
    }

    @Test
    void hasNoStatusSubresource() {
        assertStatus(api.get(litmus("chaosengines/a/status")), 404, "NotFound");
        assertStatus(api.merge(litmus("chaosengines/a/status"), "{'status':{}}"), 404, "NotFound");
        assertStatus(api.put(litmus("chaosengines/a/status"), engine("a", "")), 404, "NotFound");
    }
}
