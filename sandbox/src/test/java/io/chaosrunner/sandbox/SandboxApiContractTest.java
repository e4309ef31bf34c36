package io.chaosrunner.sandbox;

import java.net.http.HttpClient;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import tools.jackson.databind.node.ObjectNode;

/** Hold the sandbox to what the real API server does, with as much of a schema as is asked for. */
@Execution(ExecutionMode.CONCURRENT)
class SandboxApiContractTest extends ApiContract {
    private static SandboxServer server;
    private static HttpClient http;

    @BeforeAll
    static void start() {
        server =
                SandboxServer.start(
                        SandboxServer.Options.DEFAULT
                                .withoutKubelet()
                                .withSchemas((plural, object) -> unknownInEnv(object)));
        http = HttpClient.newHttpClient();
    }

    private static List<Schemas.Problem> unknownInEnv(ObjectNode object) {
        String env = "spec.experiments[0].spec.components.env[0]";
        return object.at("/spec/experiments/0/spec/components/env/0").propertyNames().stream()
                .filter(field -> !field.equals("name") && !field.equals("value"))
                .map(field -> new Schemas.Problem(env + "." + field, true, ""))
                .toList();
    }

    @AfterAll
    static void stop() {
        http.close();
        server.close();
    }

    @Override
    protected ApiClient api() {
        return new ApiClient(http, server.url(), Map.of());
    }
}
