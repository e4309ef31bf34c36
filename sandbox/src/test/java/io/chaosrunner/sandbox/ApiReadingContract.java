package io.chaosrunner.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.sandbox.ApiClient.Answer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** What getting and listing objects answers. */
abstract class ApiReadingContract extends ApiNamespace {
    @Test
    void answersNotFoundWithAStatus() {
        Answer built = api.get(core("configmaps/none"));
        Answer custom = api.get(litmus("chaosengines/none"));

        assertStatus(built, 404, "NotFound");
        assertThat(built.text("/message")).isEqualTo("configmaps \"none\" not found");
        assertThat(built.text("/details/kind")).isEqualTo("configmaps");
        assertStatus(custom, 404, "NotFound");
        assertThat(custom.text("/message"))
                .isEqualTo("chaosengines.litmuschaos.io \"none\" not found");
        assertThat(custom.text("/details/group")).isEqualTo("litmuschaos.io");
    }

    @Test
    void answersNotFoundForUnknownResources() {
        assertStatus(api.get(core("nonsense")), 404, "NotFound");
        assertThat(api.get(litmus("nonsense")).code()).isEqualTo(404);
        assertThat(api.get("/apis/no.such/v1/namespaces/default/things").code()).isEqualTo(404);
    }

    @Test
    void listsInOrderOfNamesWithAVersion() {
        created(core("configmaps"), configMap("b", ",'labels':{'l':'1'}"));
        Answer last = created(core("configmaps"), configMap("a", ",'labels':{'l':'1'}"));

        Answer list = api.get(core("configmaps?labelSelector=l"));

        assertThat(list.text("/kind")).isEqualTo("ConfigMapList");
        assertThat(texts(list.body().path("items").values().stream(), "/metadata/name"))
                .containsExactly("a", "b");
        assertThat(list.body().at("/items/0").has("kind")).isFalse();
        assertThat(Long.parseLong(list.text("/metadata/resourceVersion")))
                .isGreaterThanOrEqualTo(Long.parseLong(last.text("/metadata/resourceVersion")));
    }

    @Test
    void listsCustomResourcesWithTheirKind() {
        created(litmus("chaosengines"), engine("a", ""));

        Answer list = api.get(litmus("chaosengines"));

        assertThat(list.text("/kind")).isEqualTo("ChaosEngineList");
        assertThat(list.text("/items/0/kind")).isEqualTo("ChaosEngine");
        assertThat(list.text("/items/0/apiVersion")).isEqualTo("litmuschaos.io/v1alpha1");
    }

    @Test
    void listsEmptyCollections() {
        Answer list = api.get(litmus("chaosresults"));

        assertThat(list.code()).isEqualTo(200);
        assertThat(list.body().path("items").isArray()).isTrue();
        assertThat(list.body().path("items").isEmpty()).isTrue();
    }

    @Test
    void listsAcrossNamespaces() {
        created(core("configmaps"), configMap("a", ",'labels':{'own':'" + namespace + "'}"));

        assertThat(names("/api/v1/configmaps?labelSelector=own%3D" + namespace))
                .containsExactly("a");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "k=a -> a",
                "k==a -> a",
                "k!=a -> b,none",
                "k in (a,b) -> a,b",
                "k in (a) -> a",
                "k notin (a) -> b,none",
                "k -> a,b",
                "!k -> none",
                "k,k!=b -> a",
                "k in (a,b),k!=a,set=x -> b",
                "k= -> ",
                "io.x/k=v -> a"
            })
    void selectsByLabel(String given) {
        created(core("configmaps"), configMap("a", ",'labels':{'k':'a','set':'x','io.x/k':'v'}"));
        created(core("configmaps"), configMap("b", ",'labels':{'k':'b','set':'x'}"));
        created(core("configmaps"), configMap("none", ",'labels':{'set':'x'}"));
        String selector = given.split(" -> ", -1)[0] + ",set";
        String expected = given.split(" -> ", -1)[1];

        assertThat(String.join(",", names(core("configmaps?labelSelector=" + encode(selector)))))
                .isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(strings = {"k===a", "k in a", "k in (a", "=a", "k>"})
    void refusesSelectorsItCannotRead(String selector) {
        assertStatus(
                api.get(core("configmaps?labelSelector=" + encode(selector))), 400, "BadRequest");
    }

    @Test
    void selectsByField() {
        created(core("configmaps"), configMap("a", ",'labels':{'l':'1'}"));
        created(core("configmaps"), configMap("b", ",'labels':{'l':'1'}"));

        assertThat(names(core("configmaps?fieldSelector=metadata.name%3Da"))).containsExactly("a");
        assertThat(names(core("configmaps?labelSelector=l&fieldSelector=metadata.name!%3Da")))
                .containsExactly("b");
        assertThat(
                        names(
                                core(
                                        "configmaps?labelSelector=l&fieldSelector=metadata.namespace%3D"
                                                + namespace)))
                .containsExactly("a", "b");
        assertStatus(api.get(core("configmaps?fieldSelector=data.x%3Da")), 400, "BadRequest");
    }

    @Test
    void selectsPodsByPhase() {
        created(core("pods"), pod("a", ""));
        created(core("pods"), pod("b", ""));
        api.merge(core("pods/b/status"), "{'status':{'phase':'Running'}}");

        assertThat(names(core("pods?fieldSelector=status.phase%3DPending"))).containsExactly("a");
        assertThat(names(core("pods?fieldSelector=status.phase!%3DPending"))).containsExactly("b");
    }

    @Test
    void servesItsHealthAndVersion() {
        assertThat(api.get("/readyz").code()).isEqualTo(200);
        assertThat(api.get("/version").text("/major")).isEqualTo("1");
    }

    @Test
    void describesWhatItServes() {
        assertThat(api.get("/api").text("/kind")).isEqualTo("APIVersions");
        assertThat(texts(api.get("/apis").body().path("groups").values().stream(), "/name"))
                .contains("batch", "apps", "coordination.k8s.io", "litmuschaos.io");
        JsonNode jobs = api.get("/apis/batch/v1").body().path("resources");
        assertThat(texts(jobs.values().stream(), "/name")).contains("jobs", "jobs/status");
        JsonNode litmus = api.get("/apis/litmuschaos.io/v1alpha1").body().path("resources");
        assertThat(texts(litmus.values().stream(), "/name"))
                .contains("chaosengines", "chaosresults")
                .doesNotContain("chaosengines/status");
        assertThat(texts(api.get("/api/v1").body().path("resources").values().stream(), "/name"))
                .contains("pods", "pods/status", "configmaps");
    }

    @Test
    void reviewsAccess() {
        Answer review =
                api.post(
                        "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
                        "{'apiVersion':'authorization.k8s.io/v1','kind':'SelfSubjectAccessReview',"
                                + "'spec':{'resourceAttributes':{'verb':'watch','resource':'pods'}}}");

        assertThat(review.code()).isEqualTo(201);
        assertThat(review.body().at("/status/allowed").asBoolean(false)).isTrue();
    }
}
