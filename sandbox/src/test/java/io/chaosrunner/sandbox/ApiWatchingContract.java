package io.chaosrunner.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.sandbox.ApiClient.Answer;
import io.chaosrunner.sandbox.ApiClient.Event;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** What a watch tells. */
abstract class ApiWatchingContract extends ApiNamespace {
    private String version() {
        return api.get(core("configmaps")).text("/metadata/resourceVersion");
    }

    private List<String> types(List<Event> events) {
        return events.stream().map(Event::type).toList();
    }

    @Test
    void replaysWhatHappenedSinceAVersion() {
        String since = version();
        created(core("configmaps"), configMap("a", ""));
        Answer changed = api.merge(core("configmaps/a"), "{'data':{'k':'v'}}");
        api.merge(core("configmaps/a"), "{'data':{'k':'v'}}");
        api.delete(core("configmaps/a"));

        List<Event> events =
                api.watch(
                                core(
                                        "configmaps?fieldSelector=metadata.name%3Da&resourceVersion="
                                                + since),
                                1)
                        .join();

        assertThat(types(events)).containsExactly("ADDED", "MODIFIED", "DELETED");
        assertThat(events.get(0).text("/kind")).isEqualTo("ConfigMap");
        assertThat(events.get(1).text("/metadata/resourceVersion"))
                .isEqualTo(changed.text("/metadata/resourceVersion"));
        assertThat(events.get(2).text("/data/k")).isEqualTo("v");
        assertThat(Long.parseLong(events.get(2).text("/metadata/resourceVersion")))
                .isGreaterThan(Long.parseLong(changed.text("/metadata/resourceVersion")));
    }

    @Test
    void showsWhatExistsWhenNoVersionIsGiven() {
        created(core("configmaps"), configMap("a", ",'labels':{'l':'1'}"));

        assertThat(types(api.watch(core("configmaps?labelSelector=l"), 1).join()))
                .containsExactly("ADDED");
        assertThat(types(api.watch(core("configmaps?labelSelector=l&resourceVersion=0"), 1).join()))
                .containsExactly("ADDED");
    }

    @Test
    void showsWhatHappensWhileItWatches() {
        CompletableFuture<List<Event>> events =
                api.watch(core("configmaps?labelSelector=l&resourceVersion=" + version()), 3);
        created(core("configmaps"), configMap("a", ",'labels':{'l':'1'}"));
        api.delete(core("configmaps/a"));

        assertThat(types(events.join())).containsExactly("ADDED", "DELETED");
    }

    @Test
    void turnsChangesOfLabelsIntoComingAndGoing() {
        String since = version();
        created(core("configmaps"), configMap("a", ",'labels':{'l':'1'}"));
        Answer left = api.merge(core("configmaps/a"), "{'metadata':{'labels':{'l':'2'}}}");
        api.merge(core("configmaps/a"), "{'data':{'k':'v'}}");
        api.merge(core("configmaps/a"), "{'metadata':{'labels':{'l':'1'}}}");

        List<Event> events =
                api.watch(core("configmaps?labelSelector=l%3D1&resourceVersion=" + since), 1)
                        .join();

        assertThat(types(events)).containsExactly("ADDED", "DELETED", "ADDED");
        assertThat(events.get(1).text("/metadata/labels/l")).isEqualTo("1");
        assertThat(events.get(1).text("/metadata/resourceVersion"))
                .isEqualTo(left.text("/metadata/resourceVersion"));
    }

    @Test
    void seesOnlyItsNamespace() {
        String since = version();
        // A label of its own: others are still being removed elsewhere, which this watch sees.
        created(core("configmaps"), configMap("a", ",'labels':{'across':'1'}"));

        assertThat(
                        api.watch(
                                        "/api/v1/namespaces/default/configmaps?labelSelector=across&resourceVersion="
                                                + since,
                                        1)
                                .join())
                .isEmpty();
        assertThat(
                        types(
                                api.watch(
                                                "/api/v1/configmaps?labelSelector=across&resourceVersion="
                                                        + since,
                                                1)
                                        .join()))
                .containsExactly("ADDED");
    }

    @Test
    void saysGoneWhenTheVersionIsForgotten() {
        List<Event> events = api.watch(litmus("chaosengines?resourceVersion=1"), 5).join();

        assertThat(types(events)).containsExactly("ERROR");
        assertThat(events.get(0).text("/kind")).isEqualTo("Status");
        assertThat(events.get(0).object().path("code").asInt(0)).isEqualTo(410);
        assertThat(events.get(0).text("/reason")).isEqualTo("Expired");
        assertThat(events.get(0).text("/message")).startsWith("too old resource version: 1 (");
    }

    @Test
    void refusesVersionsThatAreNotNumbers() {
        assertThat(api.get(core("configmaps?watch=true&resourceVersion=x")).code()).isEqualTo(500);
    }

    @Test
    void marksTheEndOfWhatExistsWhenBookmarksAreAskedFor() {
        created(core("configmaps"), configMap("a", ",'labels':{'l':'1'}"));

        List<Event> events =
                api.watch(core("configmaps?labelSelector=l&allowWatchBookmarks=true"), 1).join();

        // A server may add bookmarks whenever it likes: before it ends a watch, for one.
        assertThat(types(events)).startsWith("ADDED", "BOOKMARK");
        assertThat(types(events.subList(1, events.size()))).containsOnly("BOOKMARK");
        assertThat(
                        events.stream()
                                .map(e ->
                                        e.text("/metadata/annotations/k8s.io~1initial-events-end"))
                                .toList())
                .startsWith("", "true")
                .containsOnlyOnce("true");
    }
}
