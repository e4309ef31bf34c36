package io.chaosrunner.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.sandbox.ApiClient.Answer;
import java.time.Instant;
import org.junit.jupiter.api.Test;

/** What deleting an object does. */
abstract class ApiDeletingContract extends ApiNamespace {
    @Test
    void answersWithWhatWasDeleted() {
        Answer made = created(litmus("chaosengines"), engine("a", ""));

        Answer deleted = api.delete(litmus("chaosengines/a"));

        assertThat(deleted.code()).isEqualTo(200);
        assertThat(deleted.text("/kind")).isEqualTo("Status");
        assertThat(deleted.text("/status")).isEqualTo("Success");
        assertThat(deleted.text("/details/name")).isEqualTo("a");
        assertThat(deleted.text("/details/kind")).isEqualTo("chaosengines");
        assertThat(deleted.text("/details/uid")).isEqualTo(made.text("/metadata/uid"));
        assertStatus(api.get(litmus("chaosengines/a")), 404, "NotFound");
        assertStatus(api.delete(litmus("chaosengines/a")), 404, "NotFound");
    }

    @Test
    void checksPreconditions() {
        Answer made = created(core("configmaps"), configMap("a", ""));

        Answer uid = api.delete(core("configmaps/a"), "{'preconditions':{'uid':'x'}}");
        Answer version =
                api.delete(core("configmaps/a"), "{'preconditions':{'resourceVersion':'1'}}");

        assertStatus(uid, 409, "Conflict");
        assertThat(uid.text("/message"))
                .isEqualTo(
                        "Operation cannot be fulfilled on ConfigMap \"a\": the UID in the"
                                + " precondition (x) does not match the UID in record ("
                                + made.text("/metadata/uid")
                                + "). The object might have been deleted and then recreated");
        assertStatus(version, 409, "Conflict");
        Answer right =
                api.delete(
                        core("configmaps/a"),
                        "{'preconditions':{'uid':'" + made.text("/metadata/uid") + "'}}");
        assertThat(right.code()).isEqualTo(200);
    }

    @Test
    void refusesUnknownPolicies() {
        created(core("configmaps"), configMap("a", ""));

        assertStatus(api.delete(core("configmaps/a"), "{'propagationPolicy':'X'}"), 422, "Invalid");
        assertStatus(api.delete(core("configmaps/a?propagationPolicy=X")), 422, "Invalid");
    }

    @Test
    void waitsForFinalizers() {
        created(litmus("chaosengines"), engine("a", ",'finalizers':['x.io/one','x.io/two']"));

        Answer deleted = api.delete(litmus("chaosengines/a"));
        Answer again = api.delete(litmus("chaosengines/a"));

        assertThat(deleted.text("/kind")).isEqualTo("ChaosEngine");
        assertThat(deleted.text("/metadata/deletionTimestamp")).isNotEmpty();
        assertThat(deleted.body().at("/metadata/generation").asInt(0)).isEqualTo(2);
        assertThat(again.text("/metadata/resourceVersion"))
                .isEqualTo(deleted.text("/metadata/resourceVersion"));
        Answer duplicate = api.post(litmus("chaosengines"), engine("a", ""));
        assertStatus(duplicate, 409, "AlreadyExists");
        assertThat(duplicate.text("/message")).startsWith("object is being deleted: ");

        api.merge(litmus("chaosengines/a"), "{'metadata':{'finalizers':['x.io/two']}}");
        assertThat(api.get(litmus("chaosengines/a")).code()).isEqualTo(200);
        Answer last = api.merge(litmus("chaosengines/a"), "{'metadata':{'finalizers':null}}");
        assertThat(last.code()).isEqualTo(200);
        assertThat(api.get(litmus("chaosengines/a")).code()).isEqualTo(404);
    }

    @Test
    void acceptsNoNewFinalizersAndNoUndoing() {
        created(litmus("chaosengines"), engine("a", ",'finalizers':['x.io/one']"));
        api.delete(litmus("chaosengines/a"));

        Answer more =
                api.merge(
                        litmus("chaosengines/a"),
                        "{'metadata':{'finalizers':['x.io/one','x.io/two']}}");
        Answer undo =
                api.merge(litmus("chaosengines/a"), "{'metadata':{'deletionTimestamp':null}}");

        assertStatus(more, 422, "Invalid");
        assertThat(more.text("/message"))
                .contains("no new finalizers can be added if the object is being deleted");
        assertThat(undo.text("/metadata/deletionTimestamp")).isNotEmpty();
        api.merge(litmus("chaosengines/a"), "{'metadata':{'finalizers':null}}");
    }

    @Test
    void deletesACollectionBySelector() {
        created(core("configmaps"), configMap("a", ",'labels':{'l':'1'}"));
        created(core("configmaps"), configMap("b", ",'labels':{'l':'1'}"));
        created(core("configmaps"), configMap("c", ",'labels':{'l':'2'}"));

        Answer deleted = api.delete(core("configmaps?labelSelector=l%3D1"));

        assertThat(deleted.code()).isEqualTo(200);
        assertThat(deleted.text("/kind")).isEqualTo("ConfigMapList");
        assertThat(texts(deleted.body().path("items").values().stream(), "/metadata/name"))
                .containsExactly("a", "b");
        assertThat(names(core("configmaps?labelSelector=l"))).containsExactly("c");
    }

    @Test
    void removesUnscheduledPodsAtOnce() {
        created(core("pods"), pod("a", ""));

        Answer deleted = api.delete(core("pods/a"));

        assertThat(deleted.text("/kind")).isEqualTo("Pod");
        assertThat(deleted.text("/metadata/deletionTimestamp")).isNotEmpty();
        assertThat(deleted.body().at("/metadata/deletionGracePeriodSeconds").asInt(-1)).isZero();
        assertThat(api.get(core("pods/a")).code()).isEqualTo(404);
    }

    @Test
    void givesScheduledPodsTimeUnlessForced() {
        created(core("pods"), pod("a", "").replace("'containers'", "'nodeName':'n','containers'"));

        Answer deleted = api.delete(core("pods/a"));

        assertThat(deleted.body().at("/metadata/deletionGracePeriodSeconds").asInt(0))
                .isEqualTo(30);
        assertThat(Instant.parse(deleted.text("/metadata/deletionTimestamp")))
                .isAfter(Instant.now().plusSeconds(20));
        assertThat(api.get(core("pods/a")).code()).isEqualTo(200);
        Answer shorter = api.delete(core("pods/a"), "{'gracePeriodSeconds':5}");
        assertThat(shorter.body().at("/metadata/deletionGracePeriodSeconds").asInt(0)).isEqualTo(5);
        assertThat(api.delete(core("pods/a?gracePeriodSeconds=0")).code()).isEqualTo(200);
        assertThat(api.get(core("pods/a")).code()).isEqualTo(404);
    }
}
