package io.chaosrunner.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** What an API server did not store, though it was asked to refuse it, is said. */
class DroppedFieldsTest {

    private static JsonNode json(String text) {
        return JsonMapper.shared().readTree(text.replace('\'', '"'));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{'a': 1} | {'a': 1, 'b': 2} | ",
                "{'a': 1} | {'a': 2} | ",
                "{'a': null} | {} | ",
                "{'a': ''} | {} | ",
                "{'a': 0, 'b': false, 'c': [], 'd': {}} | {} | ",
                "{'a': 'x', 'b': ''} | {} | spec.a",
                "{'a': true} | {} | spec.a",
                "{'a': [{'n': 1, 'v': ''}]} | {'a': [{'n': 1}]} | ",
                "{'a': 1} | {} | spec.a",
                "{'a': {'b': 1, 'c': 2}} | {'a': {'b': 1}} | spec.a.c",
                "{'a': [{'n': 1, 'v': 2}]} | {'a': [{'n': 1}]} | spec.a[0].v",
                "{'a': [1]} | {'a': [1, 2]} | ",
                "{'a': 'x'} | {'a': {'b': 1}} | "
            })
    void onlyWhatIsMissingIsNamed(String written, String stored, String field) {
        assertThat(DroppedFields.fields(json(written), json(stored), "spec"))
                .isEqualTo(field == null ? List.of() : List.of(field));
    }

    @Test
    void aServerThatKnowsNoStrictValidationIsToldOf() throws IOException {
        HttpServer old =
                HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        old.createContext(
                "/",
                exchange -> {
                    byte[] stored =
                            exchange.getRequestBody().readAllBytes().length == 0
                                    ? "{}".getBytes(StandardCharsets.UTF_8)
                                    : json("{'kind': 'ChaosEngine', 'metadata': {'name': 'e'}, 'spec': {'engineState': 'stop'}}")
                                            .toString()
                                            .getBytes(StandardCharsets.UTF_8);
                    exchange.sendResponseHeaders(201, stored.length);
                    exchange.getResponseBody().write(stored);
                    exchange.close();
                });
        old.start();
        var told = new CopyOnWriteArrayList<String>();
        try (var cluster =
                Fabric8Cluster.connect(
                        "http://127.0.0.1:%d".formatted(old.getAddress().getPort()))) {
            cluster.hearWarnings(told::add);
            var engine =
                    (ObjectNode)
                            json(
                                    "{'kind': 'ChaosEngine', 'metadata': {'name': 'e'}, 'spec': {'engineState': 'stop', 'jobCleanUpPolcy': 'delete'}}");

            var _ = cluster.createStrictly(Resource.ENGINES, "n", engine);

            assertThat(told)
                    .containsExactly(
                            "it dropped spec.jobCleanUpPolcy of ChaosEngine e, which its version of the schema does not know");
        } finally {
            old.stop(0);
        }
    }
}
