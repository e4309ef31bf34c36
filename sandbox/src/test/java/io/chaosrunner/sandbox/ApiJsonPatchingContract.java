package io.chaosrunner.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.sandbox.ApiClient.Answer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a JSON patch (RFC 6902) does. */
abstract class ApiJsonPatchingContract extends ApiNamespace {
    @BeforeEach
    void makeEngine() {
        created(
                litmus("chaosengines"),
                engine("a", "").replace("'experiments'", "'list':[1,2,3],'experiments'"));
    }

    private Answer patch(String patch) {
        return api.jsonPatch(litmus("chaosengines/a"), patch);
    }

    @Test
    void appliesEveryOperation() {
        Answer answer =
                patch(
                        "[{'op':'test','path':'/spec/list/0','value':1},"
                                + "{'op':'add','path':'/spec/list/1','value':9},"
                                + "{'op':'add','path':'/spec/list/-','value':4},"
                                + "{'op':'remove','path':'/spec/list/0'},"
                                + "{'op':'replace','path':'/spec/engineState','value':'stop'},"
                                + "{'op':'copy','from':'/spec/list','path':'/spec/copied'},"
                                + "{'op':'move','from':'/spec/list','path':'/spec/moved'},"
                                + "{'op':'add','path':'/metadata/annotations','value':{}},"
                                + "{'op':'add','path':'/metadata/annotations/a~1b','value':'v'}]");

        assertThat(answer.code()).as("%s", answer.body()).isEqualTo(200);
        assertThat(answer.body().at("/spec/moved").toString()).isEqualTo("[9,2,3,4]");
        assertThat(answer.body().at("/spec/copied").toString()).isEqualTo("[9,2,3,4]");
        assertThat(answer.body().path("spec").has("list")).isFalse();
        assertThat(answer.text("/spec/engineState")).isEqualTo("stop");
        assertThat(answer.text("/metadata/annotations/a~1b")).isEqualTo("v");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "[{'op':'test','path':'/spec/engineState','value':'stop'}]",
                "[{'op':'test','path':'/spec/engineState'}]",
                "[{'op':'test','path':'/spec/list','value':[1,2]}]",
                "[{'op':'test','path':'/spec/list/7','value':null}]",
                "[{'op':'test','path':'/spec/none/deeper','value':null}]",
                "[{'op':'test','path':'/metadata/resourceVersion','value':'1'}]",
                "[{'op':'add','path':'/spec/none/deeper','value':1}]",
                "[{'op':'add','path':'/spec/list/7','value':1}]",
                "[{'op':'add','path':'/spec/list/x','value':1}]",
                "[{'op':'remove','path':'/spec/none'}]",
                "[{'op':'remove','path':'/spec/list/7'}]",
                "[{'op':'remove','path':'/spec/list/-'}]",
                "[{'op':'replace','path':'/spec/list/7','value':1}]",
                "[{'op':'nonsense','path':'/spec/list','value':1}]",
                "[{'path':'/spec/list','value':1}]",
                "[{'op':'add','value':1}]",
                "[{'op':'move','from':'/spec/list','path':'/spec/list/0'}]"
            })
    void refusesWhatDoesNotApply(String patch) {
        Answer before = api.get(litmus("chaosengines/a"));

        Answer answer = patch(patch);

        assertStatus(answer, 422, "Invalid");
        assertThat(answer.text("/message")).isEqualTo(INVALID_PATCH);
        assertThat(api.get(litmus("chaosengines/a")).text("/metadata/resourceVersion"))
                .isEqualTo(before.text("/metadata/resourceVersion"));
    }

    @Test
    void isAtomic() {
        patch(
                "[{'op':'add','path':'/spec/n','value':1},"
                        + "{'op':'test','path':'/spec/n','value':2}]");

        assertThat(api.get(litmus("chaosengines/a")).body().path("spec").has("n")).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "[{'op':'test','path':'/spec/none','value':null}] -> null",
                "[{'op':'replace','path':'/spec/none','value':1}] -> 1",
                "[{'op':'add','path':'/spec/none'}] -> null",
                "[{'op':'copy','from':'/spec/nothing','path':'/spec/none'}] -> null",
                "[{'op':'add','path':'spec/none','value':1}] -> missing"
            })
    void isLenientWhereTheServersLibraryIs(String given) {
        String[] parts = given.split(" -> ", -1);

        Answer answer = patch(parts[0]);

        assertThat(answer.code()).as("%s", answer.body()).isEqualTo(200);
        String value = answer.body().at("/spec/none").toString();
        assertThat(value.isEmpty() ? "null" : value)
                .isEqualTo(parts[1].equals("missing") ? "null" : parts[1]);
    }

    @Test
    void takesTheVersionAsAPrecondition() {
        Answer answer =
                patch(
                        "[{'op':'replace','path':'/metadata/resourceVersion','value':'1'},"
                                + "{'op':'add','path':'/spec/n','value':1}]");

        assertStatus(answer, 409, "Conflict");
    }

    @Test
    void leavesTheVersionAloneWhenNothingChanges() {
        Answer before = api.get(litmus("chaosengines/a"));

        assertThat(patch("[]").text("/metadata/resourceVersion"))
                .isEqualTo(before.text("/metadata/resourceVersion"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"x", "{'op':'add'}", "3"})
    void refusesWhatIsNotAnArray(String patch) {
        assertStatus(patch(patch), 400, "BadRequest");
    }

    @Test
    void changesBuiltInObjectsToo() {
        created(core("configmaps"), configMap("a", ""));

        Answer answer =
                api.jsonPatch(
                        core("configmaps/a"), "[{'op':'add','path':'/data','value':{'k':'v'}}]");

        assertThat(answer.text("/data/k")).isEqualTo("v");
        assertStatus(
                api.jsonPatch(core("configmaps/a"), "[{'op':'test','path':'/data/k','value':'w'}]"),
                422,
                "Invalid");
    }
}
