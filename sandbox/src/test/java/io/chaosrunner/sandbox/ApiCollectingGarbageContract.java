package io.chaosrunner.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.sandbox.ApiClient.Answer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What becomes of the objects of an owner that is gone. */
abstract class ApiCollectingGarbageContract extends ApiNamespace {
    private String owner;

    @BeforeEach
    void makeOwner() {
        Answer made = created(litmus("chaosengines"), engine("owner", ""));
        owner = made.text("/metadata/uid");
    }

    private String owned(String name, String uid, String more) {
        return "{'apiVersion':'litmuschaos.io/v1alpha1','kind':'ChaosEngine','name':'"
                + name
                + "','uid':'"
                + uid
                + "'"
                + more
                + "}";
    }

    private void dependent(String name, String owners) {
        created(core("configmaps"), configMap(name, ",'ownerReferences':[" + owners + "]"));
    }

    private void awaitGone(String path) {
        eventually().until(() -> api.get(path).code() == 404);
    }

    @Test
    void deletesWhatLostItsOwner() {
        dependent("d", owned("owner", owner, ""));

        api.delete(litmus("chaosengines/owner"));

        awaitGone(core("configmaps/d"));
    }

    @Test
    void deletesWhatNeverHadItsOwner() {
        dependent("d", owned("owner", "11111111-2222-4333-8444-555555555555", ""));

        awaitGone(core("configmaps/d"));
    }

    @Test
    void keepsWhatHasAnotherOwnerAndDropsTheReference() {
        String other = created(litmus("chaosengines"), engine("other", "")).text("/metadata/uid");
        dependent("d", owned("owner", owner, "") + "," + owned("other", other, ""));

        api.delete(litmus("chaosengines/owner"));

        eventually()
                .until(() ->
                        api.get(core("configmaps/d")).body().at("/metadata/ownerReferences").size()
                                == 1);
        assertThat(api.get(core("configmaps/d")).text("/metadata/ownerReferences/0/name"))
                .isEqualTo("other");
    }

    @Test
    void orphansWhenAsked() {
        dependent("d", owned("owner", owner, ""));

        Answer deleted = api.delete(litmus("chaosengines/owner?propagationPolicy=Orphan"));

        assertThat(deleted.text("/metadata/finalizers/0")).isEqualTo("orphan");
        awaitGone(litmus("chaosengines/owner"));
        Answer left = api.get(core("configmaps/d"));
        assertThat(left.code()).isEqualTo(200);
        assertThat(left.body().path("metadata").has("ownerReferences")).isFalse();
    }

    @Test
    void deletesBlockingDependentsFirstInTheForeground() {
        created(
                core("configmaps"),
                configMap(
                        "d",
                        ",'finalizers':['x.io/hold'],'ownerReferences':["
                                + owned("owner", owner, ",'blockOwnerDeletion':true")
                                + "]"));

        Answer deleted =
                api.delete(litmus("chaosengines/owner"), "{'propagationPolicy':'Foreground'}");

        assertThat(deleted.text("/metadata/finalizers/0")).isEqualTo("foregroundDeletion");
        assertThat(deleted.text("/metadata/deletionTimestamp")).isNotEmpty();
        eventually()
                .until(() ->
                        !api.get(core("configmaps/d"))
                                .text("/metadata/deletionTimestamp")
                                .isEmpty());
        assertThat(api.get(litmus("chaosengines/owner")).code()).isEqualTo(200);

        api.merge(core("configmaps/d"), "{'metadata':{'finalizers':null}}");
        awaitGone(litmus("chaosengines/owner"));
        awaitGone(core("configmaps/d"));
    }

    @Test
    void doesNotWaitForDependentsThatDoNotBlock() {
        created(
                core("configmaps"),
                configMap(
                        "d",
                        ",'finalizers':['x.io/hold'],'ownerReferences':["
                                + owned("owner", owner, ",'blockOwnerDeletion':false")
                                + "]"));

        api.delete(litmus("chaosengines/owner?propagationPolicy=Foreground"));

        awaitGone(litmus("chaosengines/owner"));
        eventually()
                .until(() ->
                        !api.get(core("configmaps/d"))
                                .text("/metadata/deletionTimestamp")
                                .isEmpty());
        api.merge(core("configmaps/d"), "{'metadata':{'finalizers':null}}");
    }

    @Test
    void letsNothingNewIntoADeletedNamespace() {
        created(core("configmaps"), configMap("held", ",'finalizers':['x.io/hold']"));
        api.delete("/api/v1/namespaces/" + namespace);

        // A moment passes until the real server's cache of namespaces knows.
        eventually()
                .until(() ->
                        api.post(core("secrets"), "{'metadata':{'generateName':'s-'}}").code()
                                == 403);
        Answer answer = api.post(core("configmaps"), configMap("a", ""));

        assertStatus(answer, 403, "Forbidden");
        assertThat(answer.text("/message"))
                .isEqualTo(
                        "configmaps \"a\" is forbidden: unable to create new content in namespace "
                                + namespace
                                + " because it is being terminated");
        assertThat(answer.text("/details/causes/0/reason")).isEqualTo("NamespaceTerminating");
        api.merge(core("configmaps/held"), "{'metadata':{'finalizers':null}}");
        awaitGone("/api/v1/namespaces/" + namespace);
    }

    @Test
    void emptiesADeletedNamespace() {
        created(core("configmaps"), configMap("a", ""));

        Answer deleted = api.delete("/api/v1/namespaces/" + namespace);

        assertThat(deleted.text("/status/phase")).isEqualTo("Terminating");
        awaitGone("/api/v1/namespaces/" + namespace);
        assertThat(api.get(core("configmaps/a")).code()).isEqualTo(404);
    }
}
