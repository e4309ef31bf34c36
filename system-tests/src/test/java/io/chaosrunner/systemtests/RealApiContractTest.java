package io.chaosrunner.systemtests;

import io.chaosrunner.sandbox.ApiClient;
import io.chaosrunner.sandbox.ApiContract;
import io.fabric8.kubernetes.client.Config;
import java.net.http.HttpClient;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** Hold the contract that the sandbox keeps to a real API server: it is the measure. */
@NeedsControlPlane
@Execution(ExecutionMode.CONCURRENT)
class RealApiContractTest extends ApiContract {
    private static HttpClient http;

    @BeforeAll
    static void connect(ControlPlane controlPlane) {
        http =
                HttpClient.newBuilder()
                        .proxy(HttpClient.Builder.NO_PROXY)
                        .sslContext(ApiCalls.trusting(controlPlane.caPem()))
                        .build();
    }

    @AfterAll
    static void disconnect() {
        http.close();
    }

    @Override
    protected ApiClient api() {
        ControlPlane controlPlane = ControlPlane.shared();
        String token = Config.fromKubeconfig(controlPlane.adminKubeconfig()).getAutoOAuthToken();
        return new ApiClient(http, controlPlane.url(), Map.of("Authorization", "Bearer " + token));
    }
}
