package io.chaosrunner.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.sandbox.ApiClient.Answer;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What creating an object does. */
abstract class ApiCreatingContract extends ApiNamespace {
    @Test
    void givesIdentity() {
        Instant before = Instant.now().minusSeconds(2);

        Answer made = created(core("configmaps"), configMap("a", ""));

        assertThat(made.text("/kind")).isEqualTo("ConfigMap");
        assertThat(made.text("/metadata/namespace")).isEqualTo(namespace);
        assertThat(made.text("/metadata/uid")).matches("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}");
        assertThat(made.text("/metadata/resourceVersion")).matches("[0-9]+");
        assertThat(made.text("/metadata/creationTimestamp"))
                .matches("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ");
        assertThat(Instant.parse(made.text("/metadata/creationTimestamp")))
                .isBetween(before, Instant.now().plusSeconds(2));
    }

    @Test
    void ignoresTheIdentityAClientSends() {
        Answer made =
                created(
                        litmus("chaosengines"),
                        engine(
                                "a",
                                ",'uid':'abc','generation':7,"
                                        + "'creationTimestamp':'2020-01-01T00:00:00Z',"
                                        + "'deletionTimestamp':'2020-01-01T00:00:00Z'"));

        assertThat(made.text("/metadata/uid")).isNotEqualTo("abc");
        assertThat(made.body().at("/metadata/generation").asInt(0)).isEqualTo(1);
        assertThat(made.text("/metadata/creationTimestamp")).doesNotStartWith("2020");
        assertThat(made.body().path("metadata").has("deletionTimestamp")).isFalse();
    }

    @Test
    void refusesADuplicate() {
        created(core("configmaps"), configMap("a", ""));

        Answer again = api.post(core("configmaps"), configMap("a", ""));

        assertStatus(again, 409, "AlreadyExists");
        assertThat(again.text("/message")).isEqualTo("configmaps \"a\" already exists");
        assertThat(again.text("/details/name")).isEqualTo("a");
        assertThat(again.text("/details/kind")).isEqualTo("configmaps");
    }

    @Test
    void refusesADuplicateCustomResourceByItsGroup() {
        created(litmus("chaosengines"), engine("a", ""));

        Answer again = api.post(litmus("chaosengines"), engine("a", ""));

        assertStatus(again, 409, "AlreadyExists");
        assertThat(again.text("/message"))
                .isEqualTo("chaosengines.litmuschaos.io \"a\" already exists");
        assertThat(again.text("/details/group")).isEqualTo("litmuschaos.io");
    }

    @Test
    void generatesNames() {
        String body = "{'apiVersion':'v1','kind':'ConfigMap','metadata':{'generateName':'gen-'}}";

        Answer one = created(core("configmaps"), body);
        Answer two = created(core("configmaps"), body);

        assertThat(one.text("/metadata/name")).matches("gen-[a-z0-9]{5}");
        assertThat(two.text("/metadata/name")).isNotEqualTo(one.text("/metadata/name"));
        assertThat(one.text("/metadata/generateName")).isEqualTo("gen-");
    }

    @ParameterizedTest
    @ValueSource(strings = {"A", "a_b", "-a", "a-", "a..b", "a b"})
    void refusesBadNames(String name) {
        Answer answer = api.post(litmus("chaosengines"), engine(name, ""));

        assertStatus(answer, 422, "Invalid");
        assertThat(answer.text("/message"))
                .startsWith("ChaosEngine.litmuschaos.io \"" + name + "\" is invalid")
                .contains("metadata.name: Invalid value: \"" + name + "\"");
        assertThat(answer.text("/details/kind")).isEqualTo("ChaosEngine");
        assertThat(answer.text("/details/causes/0/reason")).isEqualTo("FieldValueInvalid");
        assertThat(answer.text("/details/causes/0/field")).isEqualTo("metadata.name");
    }

    @Test
    void refusesAMissingName() {
        Answer answer =
                api.post(
                        core("configmaps"), "{'apiVersion':'v1','kind':'ConfigMap','metadata':{}}");

        assertStatus(answer, 422, "Invalid");
        assertThat(answer.text("/message"))
                .contains("metadata.name: Required value: name or generateName is required");
    }

    @Test
    void refusesNamesLongerThan253() {
        assertStatus(api.post(core("configmaps"), configMap("a".repeat(254), "")), 422, "Invalid");
        created(core("configmaps"), configMap("a".repeat(253), ""));
    }

    @ParameterizedTest
    @ValueSource(strings = {"'a b':'c'", "'a':'b c'", "'a':'-b'", "'/a':'b'", "'A_/x':'b'"})
    void refusesBadLabels(String label) {
        Answer answer = api.post(core("configmaps"), configMap("a", ",'labels':{" + label + "}"));

        assertStatus(answer, 422, "Invalid");
        assertThat(answer.text("/details/causes/0/field")).isEqualTo("metadata.labels");
    }

    @Test
    void refusesLabelValuesLongerThan63() {
        String label = ",'labels':{'a':'" + "x".repeat(64) + "'}";

        assertStatus(api.post(core("configmaps"), configMap("a", label)), 422, "Invalid");
    }

    @Test
    void refusesLabelsThatAreNotText() {
        Answer answer = api.post(core("configmaps"), configMap("a", ",'labels':{'a':1}"));

        assertStatus(answer, 400, "BadRequest");
    }

    @Test
    void refusesAnnotationsLargerThan256Kibibytes() {
        String annotation = ",'annotations':{'a':'" + "x".repeat(256 * 1024) + "'}";

        Answer answer = api.post(core("configmaps"), configMap("a", annotation));

        assertStatus(answer, 422, "Invalid");
        assertThat(answer.text("/details/causes/0/field")).isEqualTo("metadata.annotations");
    }

    @Test
    void refusesOwnersWithoutUid() {
        Answer answer =
                api.post(
                        core("configmaps"),
                        configMap(
                                "a",
                                ",'ownerReferences':[{'apiVersion':'v1','kind':'Pod','name':'p'}]"));

        assertStatus(answer, 422, "Invalid");
        assertThat(answer.text("/message"))
                .contains("metadata.ownerReferences.uid: Invalid value: \"\": must not be empty");
    }

    @Test
    void acceptsUpperCaseInEventNames() {
        created(
                core("events"),
                "{'apiVersion':'v1','kind':'Event','metadata':{'name':'ExperimentJobCreatepod-delete'},"
                        + "'involvedObject':{'kind':'ChaosEngine','name':'e','namespace':'"
                        + namespace
                        + "'},'reason':'r','type':'Normal'}");
    }

    @Test
    void refusesEventsAboutAnotherNamespace() {
        Answer answer =
                api.post(
                        core("events"),
                        "{'apiVersion':'v1','kind':'Event','metadata':{'name':'e'},"
                                + "'involvedObject':{'kind':'ChaosEngine','name':'e','namespace':'other'}}");

        assertStatus(answer, 422, "Invalid");
    }

    @Test
    void refusesAnotherNamespaceInTheBody() {
        Answer answer = api.post(core("configmaps"), configMap("a", ",'namespace':'other'"));

        assertStatus(answer, 400, "BadRequest");
        assertThat(answer.text("/message"))
                .isEqualTo(
                        "the namespace of the provided object does not match the namespace sent"
                                + " on the request");
    }

    @Test
    void refusesNamespacesThatDoNotExist() {
        Answer answer = api.post("/api/v1/namespaces/no-such/configmaps", configMap("a", ""));

        assertStatus(answer, 404, "NotFound");
        assertThat(answer.text("/message")).isEqualTo("namespaces \"no-such\" not found");
    }

    @Test
    void refusesAResourceVersion() {
        Answer answer = api.post(core("configmaps"), configMap("a", ",'resourceVersion':'5'"));

        assertThat(answer.code()).isEqualTo(500);
        assertThat(answer.text("/message"))
                .isEqualTo("resourceVersion should not be set on objects to be created");
    }

    @Test
    void refusesOtherKinds() {
        assertStatus(api.post(core("configmaps"), pod("a", "")), 400, "BadRequest");
        assertStatus(api.post(litmus("chaosengines"), configMap("a", "")), 400, "BadRequest");
        assertStatus(
                api.post(
                        litmus("chaosengines"),
                        engine("a", "").replace("ChaosEngine", "ChaosResult")),
                422,
                "Invalid");
    }

    @Test
    void needsTheKindOfACustomResourceOnly() {
        created(core("configmaps"), "{'metadata':{'name':'a'}}");
        assertStatus(
                api.post(litmus("chaosengines"), "{'metadata':{'name':'a'}}"), 400, "BadRequest");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "x", "[]", "{"})
    void refusesWhatIsNotAnObject(String body) {
        assertStatus(api.post(core("configmaps"), body), 400, "BadRequest");
    }

    @Test
    void refusesOtherMediaTypes() {
        assertStatus(
                api.call("POST", core("configmaps"), configMap("a", ""), "text/plain"),
                415,
                "UnsupportedMediaType");
    }

    @Test
    void refusesUnknownFieldsWhereAskedTo() {
        String body =
                "{'apiVersion':'litmuschaos.io/v1alpha1','kind':'ChaosEngine',"
                        + "'metadata':{'name':'a'},'spec':{'experiments':[{'name':'x','spec':"
                        + "{'components':{'env':[{'name':'A','VALUE':'1'}]}}}]}}";

        Answer answer = api.post(litmus("chaosengines?fieldValidation=Strict"), body);

        assertStatus(answer, 400, "BadRequest");
        assertThat(answer.text("/message"))
                .contains("unknown field \"spec.experiments[0].spec.components.env[0].VALUE\"");
        created(litmus("chaosengines?fieldValidation=Strict"), body.replace("VALUE", "value"));
    }

    @Test
    void storesNothingInADryRun() {
        created(core("configmaps?dryRun=All"), configMap("a", ""));

        assertStatus(api.get(core("configmaps/a")), 404, "NotFound");
    }

    @Test
    void keepsUnknownFieldsAndStatusOfAnEngine() {
        Answer made =
                created(
                        litmus("chaosengines"),
                        "{'apiVersion':'litmuschaos.io/v1alpha1','kind':'ChaosEngine',"
                                + "'metadata':{'name':'a','unknown':1},'spec':{'mine':{'deep':[1,null]}},"
                                + "'status':{'mine':1},'unknown':1}");

        assertThat(made.body().at("/spec/mine").toString()).isEqualTo("{\"deep\":[1,null]}");
        assertThat(made.body().at("/status/mine").asInt(0)).isEqualTo(1);
        assertThat(made.body().path("metadata").has("unknown")).isFalse();
        assertThat(made.body().has("unknown")).isFalse();
    }

    @Test
    void ignoresTheStatusOfAJob() {
        Answer made =
                created(
                        batch("jobs"),
                        job("a", "").replaceFirst("}}$", "},'status':{'succeeded':5}}"));

        assertThat(made.body().path("status").has("succeeded")).isFalse();
    }

    @Test
    void encodesTheTextOfASecret() {
        Answer made =
                created(
                        core("secrets"),
                        "{'apiVersion':'v1','kind':'Secret','metadata':{'name':'a'},"
                                + "'stringData':{'k':'v'}}");

        assertThat(made.text("/data/k")).isEqualTo("dg==");
        assertThat(made.text("/type")).isEqualTo("Opaque");
        assertThat(made.body().has("stringData")).isFalse();
    }
}
