package io.chaosrunner.sandbox;

import java.net.http.HttpClient;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** Hold the sandbox to what the real API server does. */
@Execution(ExecutionMode.CONCURRENT)
class SandboxApiContractTest extends ApiContract {
    private static SandboxServer server;
    private static HttpClient http;

    @BeforeAll
    static void start() {
        server = SandboxServer.start(SandboxServer.Options.DEFAULT.withoutKubelet());
        http = HttpClient.newHttpClient();
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
