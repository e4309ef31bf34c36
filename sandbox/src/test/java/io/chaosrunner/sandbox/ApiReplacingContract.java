package io.chaosrunner.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.sandbox.ApiClient.Answer;
import org.junit.jupiter.api.Test;

/** What replacing an object does. */
abstract class ApiReplacingContract extends ApiNamespace {
    @Test
    void refusesAStaleVersion() {
        created(core("configmaps"), configMap("a", ""));

        Answer answer = api.put(core("configmaps/a"), configMap("a", ",'resourceVersion':'1'"));

        assertStatus(answer, 409, "Conflict");
        assertThat(answer.text("/message"))
                .isEqualTo(
                        "Operation cannot be fulfilled on configmaps \"a\": the object has been"
                                + " modified; please apply your changes to the latest version"
                                + " and try again");
        assertThat(answer.text("/details/name")).isEqualTo("a");
        assertThat(answer.text("/details/kind")).isEqualTo("configmaps");
    }

    @Test
    void needsAVersionForCustomResourcesAndLeasesOnly() {
        created(core("configmaps"), configMap("a", ""));
        created(litmus("chaosengines"), engine("a", ""));
        String lease =
                "{'apiVersion':'coordination.k8s.io/v1','kind':'Lease','metadata':{'name':'a'},"
                        + "'spec':{'holderIdentity':'x'}}";
        created(leases("leases"), lease);

        assertThat(api.put(core("configmaps/a"), configMap("a", "")).code()).isEqualTo(200);
        Answer engine = api.put(litmus("chaosengines/a"), engine("a", ""));
        assertStatus(engine, 422, "Invalid");
        assertThat(engine.text("/message"))
                .isEqualTo(
                        "chaosengines.litmuschaos.io \"a\" is invalid: metadata.resourceVersion:"
                                + " Invalid value: 0: must be specified for an update");
        assertStatus(api.put(leases("leases/a"), lease), 422, "Invalid");
    }

    @Test
    void refusesTheUidOfAnother() {
        created(core("configmaps"), configMap("a", ""));

        assertStatus(
                api.put(core("configmaps/a"), configMap("a", ",'uid':'other'")), 409, "Conflict");
    }

    @Test
    void refusesAMissingOrOtherName() {
        created(core("configmaps"), configMap("a", ""));

        assertStatus(api.put(core("configmaps/a"), configMap("b", "")), 400, "BadRequest");
        assertStatus(api.put(core("configmaps/a"), "{'data':{}}"), 400, "BadRequest");
    }

    @Test
    void doesNotCreate() {
        assertStatus(api.put(core("configmaps/a"), configMap("a", "")), 404, "NotFound");
    }

    @Test
    void keepsIdentity() {
        Answer made = created(litmus("chaosengines"), engine("a", ""));
        String version = made.text("/metadata/resourceVersion");

        Answer changed =
                api.put(
                        litmus("chaosengines/a"),
                        engine("a", ",'resourceVersion':'" + version + "','generation':99")
                                .replace("'active'", "'stop'"));

        assertThat(changed.code()).isEqualTo(200);
        assertThat(changed.text("/metadata/uid")).isEqualTo(made.text("/metadata/uid"));
        assertThat(changed.text("/metadata/creationTimestamp"))
                .isEqualTo(made.text("/metadata/creationTimestamp"));
        assertThat(changed.body().at("/metadata/generation").asInt(0)).isEqualTo(2);
        assertThat(changed.text("/metadata/resourceVersion")).isNotEqualTo(version);
    }

    @Test
    void leavesTheVersionAloneWhenNothingChanges() {
        Answer made = created(litmus("chaosengines"), engine("a", ""));

        Answer same = api.put(litmus("chaosengines/a"), made.body().toString());

        assertThat(same.code()).isEqualTo(200);
        assertThat(same.text("/metadata/resourceVersion"))
                .isEqualTo(made.text("/metadata/resourceVersion"));
    }

    @Test
    void refusesVersionsThatAreNotNumbers() {
        created(core("configmaps"), configMap("a", ""));

        assertThat(api.put(core("configmaps/a"), configMap("a", ",'resourceVersion':'x'")).code())
                .isEqualTo(500);
    }
}
