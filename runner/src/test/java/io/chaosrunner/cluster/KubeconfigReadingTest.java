package io.chaosrunner.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.chaosrunner.cluster.Access.Header;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a kubeconfig says, and what is said of one that cannot be followed. */
class KubeconfigReadingTest {
    private static final String SECRET = "very-secret-token";
    private static final String GIVES =
            "echo '{\"apiVersion\": \"client.authentication.k8s.io/v1\", \"kind\": \"ExecCredential\", \"status\": {%s}}'";

    @TempDir private Path folder;
    private final ByteArrayOutputStream errors = new ByteArrayOutputStream();

    private Access read(String cluster, String user) throws IOException {
        return read(
                """
                apiVersion: v1
                kind: Config
                current-context: x
                contexts: [{name: x, context: {cluster: c, user: u}}]
                clusters: [{name: c, cluster: {server: "https://api.example", %s}}]
                users: [{name: u, user: {%s}}]
                """
                        .formatted(cluster, user));
    }

    private Access read(String text) throws IOException {
        Path file = Files.writeString(folder.resolve("config"), text);
        return Kubeconfig.read(environment(), Optional.of(file), Optional.empty(), errors);
    }

    private static Map<String, String> environment() {
        return Map.of("PATH", System.getenv("PATH"));
    }

    private Optional<String> authorization(String user) throws IOException {
        return read("", user).credentials().authorization();
    }

    // ---- Which file ----------------------------------------------------------------------------

    @Test
    void theHomeOfTheEnvironmentCounts() throws IOException {
        Path home = Files.createDirectories(folder.resolve("home/.kube"));
        Files.writeString(
                home.resolve("config"),
                "{\"current-context\":\"x\",\n\t\"contexts\":[{\"name\":\"x\",\"context\":{\"cluster\":\"c\"}}],\n\t\"clusters\":[{\"name\":\"c\",\"cluster\":{\"server\":\"https://home\"}}]}");

        Access access =
                Kubeconfig.read(
                        Map.of("HOME", folder.resolve("home").toString()),
                        Optional.empty(),
                        Optional.empty(),
                        errors);

        assertThat(access.server()).isEqualTo("https://home");
        assertThat(access.namespace()).isEmpty();
    }

    private Access chosen(Optional<String> cluster, Optional<String> user, String head)
            throws IOException {
        Path file =
                Files.writeString(
                        folder.resolve("config"),
                        head
                                + """
                                contexts: [{name: x, context: {cluster: c, user: u, namespace: ns}}]
                                clusters:
                                - {name: c, cluster: {server: "https://api.example"}}
                                - {name: d, cluster: {server: "https://other.example"}}
                                users: [{name: u, user: {token: one}}, {name: v, user: {token: two}}]
                                """);
        return Kubeconfig.read(
                environment(),
                Optional.of(file),
                new Kubeconfig.Choice(Optional.empty(), cluster, user),
                errors);
    }

    @Test
    void anotherClusterOrUserThanTheContextsIsChosenByName() throws IOException {
        String current = "current-context: x\n";
        Access cluster = chosen(Optional.of("d"), Optional.empty(), current);
        assertThat(cluster.server()).isEqualTo("https://other.example");
        assertThat(cluster.namespace()).contains("ns");
        assertThat(cluster.credentials().authorization()).contains("Bearer one");
        assertThat(
                        chosen(Optional.empty(), Optional.of("v"), current)
                                .credentials()
                                .authorization())
                .contains("Bearer two");
        assertThat(chosen(Optional.of("d"), Optional.of("v"), "").server())
                .as("without a context")
                .isEqualTo("https://other.example");
    }

    @Test
    void aClusterOrUserThatThereIsNotIsRefusedWithThoseThereAre() {
        assertThatThrownBy(() -> chosen(Optional.of("e"), Optional.empty(), "current-context: x\n"))
                .hasMessage("the kubeconfig has no cluster 'e'; it has c, d");
        assertThatThrownBy(() -> chosen(Optional.empty(), Optional.of("w"), "current-context: x\n"))
                .hasMessage("the kubeconfig has no user 'w'; it has u, v");
        assertThatThrownBy(() -> chosen(Optional.empty(), Optional.of("v"), ""))
                .hasMessageContaining("no current-context");
    }

    /** Found by {@link KubeconfigFuzzTest}: no path may hold it. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "client-certificate: \"a\\0b\", client-key: k",
                "tokenFile: \"\\0\"",
                "exec: {apiVersion: client.authentication.k8s.io/v1, command: \"/bin/\\0\", interactiveMode: Never}",
                "exec: {apiVersion: client.authentication.k8s.io/v1, command: x, args: [\"\\0\"], interactiveMode: Never}",
            })
    void aNulIsSaidAndNotFollowed(String user) {
        assertThatThrownBy(() -> authorization(user))
                .isInstanceOf(ClusterException.class)
                .hasMessageContaining("holds a character that ends a text");
    }

    @Test
    void aPodHasWhatTheKubeletGivesItAndNothingElse() throws IOException {
        Files.writeString(folder.resolve("token"), SECRET + "\n");
        Files.writeString(folder.resolve("namespace"), "there");
        var variables =
                Map.of(
                        "HOME", "/no/such/home",
                        "KUBERNETES_SERVICE_HOST", "fd00::1",
                        "KUBERNETES_SERVICE_PORT", "443",
                        "CHAOS_RUNNER_SERVICE_ACCOUNT", folder.toString(),
                        "KUBERNETES_MASTER", "https://elsewhere",
                        "KUBERNETES_AUTH_TOKEN", "other");

        Access access = Kubeconfig.read(variables, Optional.empty(), Optional.empty(), errors);

        assertThat(access.server()).isEqualTo("https://[fd00::1]:443");
        assertThat(access.namespace()).contains("there");
        assertThat(access.credentials().authorization()).contains("Bearer " + SECRET);
    }

    // ---- What is refused -----------------------------------------------------------------------

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "''|auth-provider: {name: oidc}|auth-provider",
                "''|token: 12345|users[0].user.token must be a text",
                "''|as: no|users[0].user.as must be a text",
                "''|token: t, username: me, password: p|both a token and a name",
                "''|as-groups: [a]|but not as",
                "''|as-uid: a|but not as",
                "''|as-user-extra: {a: [b]}|but not as",
                "''|'as: \"a\\r\\nInjected: b\"'|as holds a character",
                "''|as-groups: a, as: b|as-groups must be a list",
                "''|tokenFile: none|there is no such file",
                "''|tokenFile: none|user 'u', tokenFile: cannot read",
                "''|client-certificate: a, client-certificate-data: YQ==|both client-certificate and client-certificate-data",
                "''|client-certificate-data: YQ==|no client-key",
                "''|exec: {command: a, apiVersion: client.authentication.k8s.io/v1alpha1, interactiveMode: Never}|v1alpha1",
                "''|exec: {command: a, apiVersion: client.authentication.k8s.io/v1}|interactiveMode",
                "''|exec: {command: a, apiVersion: client.authentication.k8s.io/v1, interactiveMode: Sometimes}|interactiveMode",
                "''|exec: {apiVersion: client.authentication.k8s.io/v1, interactiveMode: Never}|no command",
                "''|exec: {command: a, interactiveMode: Never}|no apiVersion",
                "''|exec: {command: a, apiVersion: client.authentication.k8s.io/v1, interactiveMode: Never, env: [{value: a}]}|env",
                "insecure-skip-tls-verify: true, certificate-authority-data: YQ==|''|both",
                "insecure-skip-tls-verify: maybe|''|true or false",
                "'proxy-url: ftp://u:pw@p'|''|proxy-url",
                "proxy-url: p|''|proxy-url",
                "'proxy-url: \"http://[::1\"'|''|proxy-url",
                "'proxy-url: \"http://::1]:80\"'|''|proxy-url",
            })
    void whatCannotBeFollowedIsRefusedByName(String cluster, String user, String words) {
        assertThatThrownBy(() -> read(cluster, user))
                .isInstanceOfSatisfying(
                        ClusterException.class,
                        e -> assertThat(e.kind()).isEqualTo(ClusterException.Kind.UNCONFIGURED))
                .hasMessageContaining(words)
                .hasMessageNotContaining("pw")
                .hasMessageNotContaining("12345");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "a: 'very-secret-token\nb: c",
                "a: very-secret-token: c",
                "{{ very-secret-token }}: a",
                "very-secret-token: 1\nvery-secret-token: 2",
                "a: *very-secret-token",
                "a: !very-secret-token b",
                "a: \"\\very-secret-token\"",
                "{\"a\": very-secret-token,",
                "very-secret-token",
                "- very-secret-token",
                "a:\n\tvery-secret-token"
            })
    void whatIsNoYamlIsSaidWithoutAnyOfIt(String text) {
        assertThatThrownBy(() -> read(text))
                .isInstanceOf(ClusterException.class)
                .hasMessageContaining("is no kubeconfig")
                .hasMessageNotContaining("secret")
                .hasMessageNotContaining("\n");
    }

    @ParameterizedTest
    @CsvSource({
        "'current-context: none', no context 'none'",
        "'', no current-context",
        "'current-context: z', 'the user ''none'', which'",
        "'current-context: w', 'the cluster ''none'', which'",
    })
    void whatIsNamedMustExist(String line, String words) {
        String text =
                """
                contexts:
                  - {name: z, context: {cluster: c, user: none}}
                  - {name: w, context: {cluster: none}}
                clusters: [{name: c, cluster: {server: "https://a"}}]
                """;
        assertThatThrownBy(() -> read(text + line))
                .isInstanceOf(ClusterException.class)
                .hasMessageContaining(words);
    }

    // ---- Credentials ---------------------------------------------------------------------------

    @Test
    void aTokenThatIsReadAgainIsTheFiles() throws IOException {
        Path file = Files.writeString(folder.resolve("token"), "one");
        Credentials credentials = read("", "tokenFile: token, token: other").credentials();
        assertThat(credentials.authorization()).contains("Bearer one");

        Files.writeString(file, "two\n");

        assertThat(credentials.renew(Optional.of("Bearer one"))).isTrue();
        assertThat(credentials.authorization()).contains("Bearer two");
        Files.delete(file);
        assertThat(credentials.renew(Optional.of("Bearer two"))).isFalse();
        assertThat(credentials.authorization()).contains("Bearer two");
    }

    @Test
    void aTokenWithALineBreakIsRefusedAndNotShown() {
        assertThatThrownBy(() -> read("", "token: \"very-secret\\ntoken\""))
                .isInstanceOf(ClusterException.class)
                .hasMessageContaining("line break")
                .hasMessageNotContaining("secret");
    }

    @Test
    void nameAndPasswordAreSent() throws IOException {
        assertThat(authorization("username: me, password: 'a:b'")).contains("Basic bWU6YTpi");
    }

    @Test
    void overHttpNoCredentialsAreSent() throws IOException {
        Access access =
                read(
                        """
                        current-context: x
                        contexts: [{name: x, context: {cluster: c, user: u}}]
                        clusters: [{name: c, cluster: {server: "127.0.0.1:8080/"}}]
                        users: [{name: u, user: {token: t, as: jane}}]
                        """);

        assertThat(access.server()).isEqualTo("http://127.0.0.1:8080");
        assertThat(access.credentials().authorization()).isEmpty();
        assertThat(access.actingAs()).containsExactly(new Header("Impersonate-User", "jane"));
    }

    // ---- Plug-ins ------------------------------------------------------------------------------

    private String plugin(String more, String... lines) throws IOException {
        Path file =
                Files.writeString(
                        folder.resolve("plugin"), "#!/bin/sh\n" + String.join("\n", lines) + "\n");
        assertThat(file.toFile().setExecutable(true)).isTrue();
        return "exec: {command: ./plugin, apiVersion: client.authentication.k8s.io/v1, interactiveMode: Never%s}"
                .formatted(more);
    }

    @Test
    void aPluginIsRunAgainOnceWhatItGaveHasExpiredAndNotBefore() throws IOException {
        String counts = "echo x >> \"$0.runs\"; n=$(wc -l < \"$0.runs\" | tr -d ' ')";
        Credentials stays =
                read("", plugin("", counts, GIVES.formatted("\"token\": \"t'$n'\""))).credentials();
        assertThat(stays.authorization()).contains("Bearer t1");
        assertThat(stays.authorization()).contains("Bearer t1");
        Files.delete(folder.resolve("plugin.runs"));

        Credentials expires =
                read(
                                "",
                                plugin(
                                        "",
                                        counts,
                                        GIVES.formatted(
                                                "\"token\": \"t'$n'\", \"expirationTimestamp\": \"2020-01-01T01:00:00+01:00\"")))
                        .credentials();

        assertThat(expires.authorization()).contains("Bearer t1");
        assertThat(expires.authorization()).contains("Bearer t2");
    }

    @Test
    void aPluginIsNotRunWhereThereIsAToken() throws IOException {
        assertThat(authorization("token: t, " + plugin("", "exit 1"))).contains("Bearer t");
        assertThat(errors.toString(StandardCharsets.UTF_8)).isEmpty();
    }

    @Test
    void whatAPluginSaysIsThePersonsAndWhatItGivesIsNobodys() throws IOException {
        assertThatThrownBy(() ->
                        authorization(
                                plugin(
                                        "",
                                        "echo hello >&2",
                                        "printf '\\033[1mlog in\\033[0m' >&2",
                                        "echo " + SECRET,
                                        "exit 7")))
                .isInstanceOf(ClusterException.class)
                .hasMessageEndingWith("of user 'u' ended with 7: log in")
                .hasMessageNotContaining(SECRET);
        assertThat(errors.toString(StandardCharsets.UTF_8)).startsWith("hello\n");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "echo very-secret-token|no map",
                "echo '{very-secret-token'|YAML",
                "true|ExecCredential",
                "echo '{\"kind\": \"ExecCredential\", \"apiVersion\": \"client.authentication.k8s.io/v1beta1\"}'|v1beta1",
                "echo '{\"kind\": \"ExecCredential\", \"apiVersion\": \"client.authentication.k8s.io/v1\"}'|no status",
                "echo '{\"kind\": \"ExecCredential\", \"apiVersion\": \"client.authentication.k8s.io/v1\", \"status\": {}}'|neither",
                "echo '{\"kind\": \"ExecCredential\", \"apiVersion\": \"client.authentication.k8s.io/v1\", \"status\": {\"clientKeyData\": \"very-secret-token\"}}'|only one",
                "echo '{\"kind\": \"ExecCredential\", \"apiVersion\": \"client.authentication.k8s.io/v1\", \"status\": {\"token\": \"a very-secret-token\"}}'|character",
                "echo '{\"kind\": \"ExecCredential\", \"apiVersion\": \"client.authentication.k8s.io/v1\", \"status\": {\"token\": \"a\", \"expirationTimestamp\": \"very-secret-token\"}}'|expirationTimestamp",
                "echo '{\"kind\": \"ExecCredential\", \"apiVersion\": \"client.authentication.k8s.io/v1\", \"status\": {\"clientCertificateData\": \"very-secret-token\", \"clientKeyData\": \"b\"}}'|it holds none",
            })
    void whatIsNoCredentialIsSaidWithoutAnyOfIt(String line, String words) {
        assertThatThrownBy(() -> authorization(plugin("", line)))
                .isInstanceOf(ClusterException.class)
                .hasMessageContaining("plugin of user 'u' gives no credentials")
                .hasMessageContaining(words)
                .hasMessageNotContaining("secret");
    }

    @Test
    void aPluginThatNeedsATerminalIsNotRunWithoutOne() {
        assertThatThrownBy(() ->
                        authorization(plugin("", "touch \"$0.ran\"").replace("Never", "Always")))
                .isInstanceOf(ClusterException.class)
                .hasMessageContaining("not a terminal");
        assertThat(folder.resolve("plugin.ran")).doesNotExist();
    }
}
