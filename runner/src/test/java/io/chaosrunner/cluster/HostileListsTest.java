package io.chaosrunner.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.chaosrunner.cluster.Cluster.Listener;
import io.chaosrunner.cluster.Cluster.Selection;
import io.chaosrunner.cluster.ClusterException.Kind;
import io.chaosrunner.cluster.ScriptedServer.Answer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.node.ObjectNode;

/** One object of a list that nobody can read does not keep the others from being served. */
@Execution(ExecutionMode.CONCURRENT)
class HostileListsTest {
    private static final Answer EXPIRED = Answer.refusal(410, "Expired");

    private static String engine(String name, String spec) {
        return """
        {"metadata": {"name": "%s", "namespace": "n", "uid": "uid-%s", "resourceVersion": "7",\
         "managedFields": [1]}, "spec": %s}\
        """
                .formatted(name, name, spec)
                .strip();
    }

    private static String deep(int depth) {
        return "{\"x\": " + "[".repeat(depth) + "]".repeat(depth) + "}";
    }

    private static Answer page(String next, String... engines) {
        return Answer.of(
                200,
                "{\"items\": [%s], \"metadata\": {\"resourceVersion\": \"9\", \"continue\": \"%s\"}}"
                        .formatted(String.join(",", engines), next));
    }

    private static List<String> list(Answer... answers) {
        try (var server = new ScriptedServer(answers);
                var cluster = Fabric8Cluster.connect(server.url())) {
            return cluster.list(
                    Resource.ENGINES,
                    "n",
                    found ->
                            found.object().path("metadata").path("name").asString()
                                    + (found.isWhole() ? "" : " " + found.flaw()));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {250, 500, 600, 9_999})
    void anObjectThatIsNestedDeepIsNamedAndTheOthersAreServed(int depth) {
        assertThat(list(page("", engine("a", "{}"), engine("b", deep(depth)), engine("c", "{}"))))
                .containsExactly("a", "b is nested more than 200 deep", "c");
    }

    @Test
    void anObjectWithManyValuesIsNamedAndTheOthersAreServed() {
        String many = "{\"x\": [" + "[],".repeat(400_000) + "[]]}";

        assertThat(list(page("", engine("a", many), engine("b", "{}"))))
                .containsExactly("a holds more than 200,000 values", "b");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"a\": 1e400}",
                "{\"a\": 123456789012345678901234567890}",
                "{\"a\": -0.0, \"b\": null, \"c\": [true, false, {}]}",
                "[]",
                "\"text\"",
            })
    void whateverAnObjectHoldsItIsServed(String spec) {
        assertThat(list(page("", engine("a", spec)))).containsExactly("a");
    }

    @Test
    void longNamesAndTextsAreServed() {
        String name = "x".repeat(100_000);

        assertThat(list(page("", engine("a", "{\"%s\": \"%s\"}".formatted(name, name)))))
                .containsExactly("a");
        assertThat(list(page("", engine("a", "{\"x\": 1%s}".formatted("0".repeat(5_000))))))
                .containsExactly("a");
    }

    @Test
    void aListIsReadPageByPage() {
        assertThat(list(page("p2", engine("a", "{}")), page("p3"), page("", engine("b", "{}"))))
                .containsExactly("a", "b");
    }

    @Test
    void aListWhoseVersionIsGoneMeanwhileIsBegunAgain() {
        assertThat(
                        list(
                                page("p2", engine("a", "{}")),
                                EXPIRED,
                                page("p2", engine("a", "{}")),
                                page("", engine("b", "{}"))))
                .containsExactly("a", "b");
    }

    @Test
    void aListWhoseVersionIsGoneAgainAndAgainIsReadInOne() {
        assertThat(
                        list(
                                page("p2", engine("a", "{}")),
                                EXPIRED,
                                page("p2", engine("a", "{}")),
                                EXPIRED,
                                page("", engine("a", "{}"), engine("b", "{}"))))
                .containsExactly("a", "b");
    }

    @Test
    void aPageThatIsCutOffIsAskedForAgain() {
        Answer cut =
                (exchange, closed) -> {
                    exchange.sendResponseHeaders(200, 100_000);
                    exchange.getResponseBody().write("{\"items\": [{\"meta".getBytes());
                    exchange.close();
                };

        assertThat(list(cut, page("", engine("a", "{}")))).containsExactly("a");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "<html>", "[]", "{\"items\": [1]}", "{\"items\": [[]]}", "{\"a\":"})
    void whatIsNoListIsSaid(String answer) {
        assertThatThrownBy(() -> list(Answer.of(200, answer)))
                .isInstanceOf(ClusterException.class)
                .hasMessageContaining("GET /apis/litmuschaos.io");
    }

    @Test
    void anObjectIsReadWithoutWhatIsBeyondLimitsButNotStoredWithoutIt() {
        try (var server = new ScriptedServer(Answer.of(200, engine("a", deep(600))));
                var cluster = Fabric8Cluster.connect(server.url())) {
            assertThat(cluster.get(Resource.ENGINES, "n", "a").orElseThrow().path("metadata"))
                    .hasToString(
                            "{\"name\":\"a\",\"namespace\":\"n\",\"uid\":\"uid-a\",\"resourceVersion\":\"7\"}");
        }
        String kinds =
                "{\"resources\": [{\"kind\": \"ChaosEngine\", \"name\": \"chaosengines\", \"namespaced\": true}]}";
        try (var server =
                        new ScriptedServer(
                                Answer.of(200, kinds), Answer.of(200, engine("a", deep(600))));
                var cluster = Fabric8Cluster.connect(server.url())) {
            ObjectNode wanted = ObjectReader.read(engine("a", "{}"), 0).object();
            wanted.put("apiVersion", "litmuschaos.io/v1alpha1").put("kind", "ChaosEngine");
            assertThatThrownBy(() ->
                            new AnyObjects(cluster).store(wanted, AnyObjects.Different.UPDATE))
                    .isInstanceOfSatisfying(
                            ClusterException.class,
                            e -> assertThat(e.kind()).isEqualTo(Kind.INVALID))
                    .hasMessageContaining("is nested more than 200 deep");
        }
    }

    /** Hears as words. */
    private static final class Ear implements Listener {
        final List<String> heard = new CopyOnWriteArrayList<>();

        @Override
        public ObjectNode kept(ObjectNode object) {
            return object.remove(List.of("spec"));
        }

        @Override
        public void present(ObjectNode object) {
            heard.add(object.path("metadata").path("name").asString() + object.path("spec"));
        }

        @Override
        public void gone(ObjectNode object) {
            heard.add("gone " + object.path("metadata").path("name").asString());
        }

        @Override
        public void beyondLimits(ObjectNode object, String why) {
            heard.add(object.path("metadata").path("name").asString() + " " + why);
        }

        @Override
        public void unavailable(ClusterException why) {
            heard.add("unavailable");
        }
    }

    @Test
    void aFollowingTellsOfAnObjectBeyondLimitsOnceForEachChange() {
        var ear = new Ear();
        String late = engine("d", deep(600)).replace("\"7\"", "\"12\"");
        try (var server =
                        new ScriptedServer(
                                page("p2", engine("a", "{}"), engine("b", deep(600))),
                                page("", engine("c", "{}")),
                                Answer.watch(
                                        "{\"type\": \"MODIFIED\", \"object\": " + late + "}",
                                        "{\"type\": \"ADDED\", \"object\": "
                                                + engine("e", "{}")
                                                + "}",
                                        "{\"type\": \"MODIFIED\", \"object\": " + late + "}"));
                var cluster = Fabric8Cluster.connect(server.url());
                var _ =
                        cluster.follow(
                                Resource.ENGINES,
                                "n",
                                new Selection.Labelled(""),
                                Duration.ofMillis(10),
                                ear)) {
            var expected =
                    new ArrayList<>(
                            List.of(
                                    "a",
                                    "c",
                                    "b is nested more than 200 deep",
                                    "d is nested more than 200 deep",
                                    "e"));
            await().atMost(Duration.ofMinutes(1))
                    .untilAsserted(() -> assertThat(ear.heard).containsExactlyElementsOf(expected));
        }
    }
}
