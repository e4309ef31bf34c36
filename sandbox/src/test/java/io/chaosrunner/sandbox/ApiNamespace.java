package io.chaosrunner.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.chaosrunner.sandbox.ApiClient.Answer;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import tools.jackson.databind.JsonNode;

/** A namespace of its own for each test of a contract, and the objects that are put there. */
abstract class ApiNamespace {
    static final Duration LONG = Duration.ofMinutes(2);
    static final Duration POLL = Duration.ofMillis(20);
    static final String INVALID_PATCH =
            "the server rejected our request due to an error in our request";

    ApiClient api;
    String namespace;

    /** Return a client that may do everything. */
    protected abstract ApiClient api();

    @BeforeEach
    void makeNamespace() {
        api = api();
        Answer made =
                api.post(
                        "/api/v1/namespaces",
                        "{'apiVersion':'v1','kind':'Namespace','metadata':{'generateName':'contract-'}}");
        assertThat(made.code()).isEqualTo(201);
        namespace = made.text("/metadata/name");
        // Pods are refused until the namespace has its default service account.
        eventually().until(() -> api.get(core("serviceaccounts/default")).code() == 200);
    }

    @AfterEach
    void deleteNamespace() {
        api.delete("/api/v1/namespaces/" + namespace);
    }

    static ConditionFactory eventually() {
        return await().atMost(LONG).pollDelay(Duration.ZERO).pollInterval(POLL);
    }

    String core(String rest) {
        return "/api/v1/namespaces/" + namespace + "/" + rest;
    }

    String batch(String rest) {
        return "/apis/batch/v1/namespaces/" + namespace + "/" + rest;
    }

    String litmus(String rest) {
        return "/apis/litmuschaos.io/v1alpha1/namespaces/" + namespace + "/" + rest;
    }

    String leases(String rest) {
        return "/apis/coordination.k8s.io/v1/namespaces/" + namespace + "/" + rest;
    }

    static String configMap(String name, String more) {
        return "{'apiVersion':'v1','kind':'ConfigMap','metadata':{'name':'"
                + name
                + "'"
                + more
                + "}}";
    }

    static String engine(String name, String more) {
        return "{'apiVersion':'litmuschaos.io/v1alpha1','kind':'ChaosEngine','metadata':{'name':'"
                + name
                + "'"
                + more
                + "},'spec':{'engineState':'active','experiments':[{'name':'pod-delete'}]}}";
    }

    static String job(String name, String spec) {
        return "{'apiVersion':'batch/v1','kind':'Job','metadata':{'name':'"
                + name
                + "'},'spec':{'backoffLimit':0"
                + spec
                + ",'template':{'metadata':{'labels':{'app':'x'},'annotations':{'note':'y'}},"
                + "'spec':{'restartPolicy':'Never','containers':[{'name':'main','image':'x:1'}]}}}}";
    }

    static String pod(String name, String more) {
        return "{'apiVersion':'v1','kind':'Pod','metadata':{'name':'"
                + name
                + "'"
                + more
                + "},'spec':{'containers':[{'name':'main','image':'x:1'}]}}";
    }

    Answer created(String path, String body) {
        Answer answer = api.post(path, body);
        assertThat(answer.code()).as("%s", answer.body()).isEqualTo(201);
        return answer;
    }

    static void assertStatus(Answer answer, int code, String reason) {
        assertThat(answer.code()).as("%s", answer.body()).isEqualTo(code);
        assertThat(answer.text("/kind")).isEqualTo("Status");
        assertThat(answer.text("/apiVersion")).isEqualTo("v1");
        assertThat(answer.text("/status")).isEqualTo("Failure");
        assertThat(answer.text("/reason")).isEqualTo(reason);
        assertThat(answer.body().at("/code").asInt(0)).isEqualTo(code);
    }

    static List<String> texts(Stream<JsonNode> nodes, String pointer) {
        return nodes.map(node -> node.at(pointer).asString("")).toList();
    }

    List<String> names(String path) {
        Answer list = api.get(path);
        assertThat(list.code()).as("%s", list.body()).isEqualTo(200);
        return texts(list.body().path("items").values().stream(), "/metadata/name");
    }

    static String encode(String text) {
        return java.net.URLEncoder.encode(text, java.nio.charset.StandardCharsets.UTF_8);
    }
}
