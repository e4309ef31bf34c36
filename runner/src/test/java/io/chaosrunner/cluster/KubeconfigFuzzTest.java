package io.chaosrunner.cluster;

import io.chaosrunner.cluster.ClusterException.Kind;
import io.chaosrunner.testing.Fuzz;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Whatever a kubeconfig and its variables hold, it is followed, or refused with a reason. */
class KubeconfigFuzzTest {
    @TempDir private Path folder;

    @ParameterizedTest
    @ValueSource(
            strings = {
                """
                {"apiVersion":"v1","kind":"Config","current-context":"x","preferences":{},\
                "contexts":[{"name":"x","context":{"cluster":"c","user":"u","namespace":"n"}},\
                {"name":"y","context":{"cluster":"d","user":"v"}}],"clusters":[{"name":"c",\
                "cluster":{"server":"https://api.example:6443/x","tls-server-name":"t",\
                "insecure-skip-tls-verify":false,"proxy-url":"socks5://u:p@proxy:1080",\
                "disable-compression":true}},{"name":"d","cluster":{"server":"http://h"}}],\
                "users":[{"name":"u","user":{"token":"t","as":"a","as-groups":["g"],"as-uid":"1",\
                "as-user-extra":{"k":["v"]}}},{"name":"v","user":{"username":"n","password":"p"}}]}\
                """,
                """
                {"current-context":"x","contexts":[{"name":"x","context":{"cluster":"c","user":"u"}}],\
                "clusters":[{"name":"c","cluster":{"server":"https://a","certificate-authority":"ca"}}],\
                "users":[{"name":"u","user":{"tokenFile":"t","client-certificate":"c",\
                "client-key":"k"}}]}\
                """,
                """
                apiVersion: v1
                kind: Config
                current-context: x
                contexts: [{name: x, context: {cluster: c, user: u}}]
                clusters:
                - name: c
                  cluster: {server: "https://[::1]:6443", certificate-authority-data: TUlJQg==}
                users:
                - name: u
                  user: {client-certificate-data: LS0tLS1CRUdJTg==, client-key-data: LS0tLS1CRUdJTg==}
                """
            })
    void aKubeconfigIsFollowedOrRefused(String sound) {
        Path file = folder.resolve("config");
        Fuzz.damage(
                sound,
                damaged -> {
                    try {
                        Files.writeString(file, damaged.replace('\ud800', '?'));
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                    read(Map.of(), Optional.of(file));
                });
    }

    @Test
    void theEnvironmentIsFollowedOrRefused() {
        Fuzz.damage(
                """
                {"KUBECONFIG":"a:b","HOME":"/home/x","KUBERNETES_SERVICE_HOST":"10.0.0.1",\
                "KUBERNETES_SERVICE_PORT":"443","HTTPS_PROXY":"http://u:p@proxy:3128",\
                "https_proxy":"socks5://proxy","NO_PROXY":"10.0.0.0/8,.example,*","no_proxy":"::1/64",\
                "HTTP_PROXY":"proxy:80"}\
                """,
                damaged -> {
                    var variables = new HashMap<String, String>();
                    try {
                        if (JsonMapper.shared().readTree(damaged) instanceof ObjectNode all) {
                            all.properties()
                                    .forEach(each ->
                                            variables.put(
                                                    each.getKey(), each.getValue().asString("")));
                        }
                    } catch (JacksonException e) {
                        // No process begins with that.
                    }
                    // Nor with a NUL.
                    variables
                            .entrySet()
                            .removeIf(each -> (each.getKey() + each.getValue()).contains("\0"));
                    // Whatever files it names.
                    read(variables, Optional.empty());
                    try {
                        ProxyRules.of(variables).proxyFor("https://api.example:6443");
                        ProxyRules.of(variables).proxyFor("https://[::1]:6443");
                    } catch (ClusterException e) {
                        unconfigured(e);
                    }
                });
    }

    private static void read(Map<String, String> variables, Optional<Path> file) {
        try {
            Access access =
                    Kubeconfig.read(
                            variables, file, Optional.empty(), OutputStream.nullOutputStream());
            access.credentials().authorization();
        } catch (ClusterException e) {
            unconfigured(e);
        }
    }

    private static void unconfigured(ClusterException e) {
        if (e.kind() != Kind.UNCONFIGURED) {
            throw new IllegalStateException("not said as a fault of the configuration", e);
        }
    }
}
