package io.chaosrunner.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import io.chaosrunner.testing.TestProxy;
import io.fabric8.kubernetes.api.model.rbac.ClusterRoleBindingBuilder;
import io.fabric8.kubernetes.api.model.rbac.ClusterRoleBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.json.JsonMapper;

/**
 * One file, asked by the program and, where there is one, by kubectl: both get in, or neither.
 *
 * <p>What kubectl says is known; it only shows that this is so.
 */
@NeedsControlPlane
@Timeout(600)
class KubeconfigTest {
    private static final String ANSWER =
            "{\"apiVersion\":\"client.authentication.k8s.io/v1\",\"kind\":\"ExecCredential\",\"status\":{\"token\":\"%s\"}}";

    private final ControlPlane controlPlane;
    private final String token;

    @TempDir private Path folder;

    KubeconfigTest(ControlPlane controlPlane) {
        this.controlPlane = controlPlane;
        var matcher =
                Pattern.compile("token: *\"?([^\"\\s}]+)").matcher(controlPlane.adminKubeconfig());
        assertThat(matcher.find()).isTrue();
        token = matcher.group(1);
    }

    private record Said(int code, String out, String err) {}

    @BeforeEach
    void writeAuthority() throws IOException {
        Files.writeString(folder.resolve("ca.crt"), controlPlane.caPem());
    }

    // ---- As whom -------------------------------------------------------------------------------

    @Test
    void whoIsNamedByAsIsAskedFor() throws Exception {
        Path file = kubeconfig("", "token: " + token + ", as: jane");

        Said said = both(file, false);

        assertThat(said.err()).contains("403").contains("\"jane\"");
        assertThat(said.code()).isEqualTo(3);
    }

    @Test
    void theGroupsOfAsGrantWhatTheyGrant() throws Exception {
        String group = "readers-" + System.nanoTime();
        try (KubernetesClient admin = controlPlane.adminClient()) {
            admin.resource(
                            new ClusterRoleBuilder()
                                    .withNewMetadata()
                                    .withName(group)
                                    .endMetadata()
                                    .addNewRule()
                                    .withApiGroups("litmuschaos.io")
                                    .withResources("chaosengines")
                                    .withVerbs("list")
                                    .endRule()
                                    .build())
                    .create();
            admin.resource(
                            new ClusterRoleBindingBuilder()
                                    .withNewMetadata()
                                    .withName(group)
                                    .endMetadata()
                                    .withNewRoleRef(
                                            "rbac.authorization.k8s.io", "ClusterRole", group)
                                    .addNewSubject(
                                            "rbac.authorization.k8s.io", "Group", group, null)
                                    .build())
                    .create();
        }

        both(
                kubeconfig(
                        "", "token: %s, as: jörg, as-groups: [other, %s]".formatted(token, group)),
                true);
    }

    @Test
    void headersOfImpersonationAreThoseOfKubectl() throws Exception {
        var seen = new CopyOnWriteArrayList<Map<String, List<String>>>();
        HttpServer server =
                HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext(
                "/",
                exchange -> {
                    var headers = new TreeMap<String, List<String>>();
                    exchange.getRequestHeaders()
                            .forEach((name, values) -> {
                                if (name.startsWith("Impersonate")
                                        || name.equals("Authorization")) {
                                    headers.put(name, values.stream().sorted().toList());
                                }
                            });
                    seen.add(headers);
                    byte[] body = "{\"kind\":\"List\",\"items\":[],\"metadata\":{}}".getBytes();
                    exchange.getResponseHeaders().set("Content-Type", "application/json");
                    exchange.sendResponseHeaders(200, body.length);
                    exchange.getResponseBody().write(body);
                    exchange.close();
                });
        server.start();
        try {
            Path file =
                    Files.writeString(
                            folder.resolve("config"),
                            """
                            apiVersion: v1
                            kind: Config
                            current-context: x
                            contexts: [{name: x, context: {cluster: c, user: u, namespace: default}}]
                            clusters: [{name: c, cluster: {server: "http://127.0.0.1:%d"}}]
                            users:
                              - name: u
                                user:
                                  token: not-sent-in-the-clear
                                  as: "jane doe"
                                  as-uid: 06f6ce97
                                  as-groups: [one, "two, three"]
                                  as-user-extra:
                                    scopes.example.com/x: [a, "b c"]
                                    "Ä %%": [z]
                                    none: []
                            """
                                    .formatted(server.getAddress().getPort()));

            run(file, Map.of(), "list");
            Map<String, List<String>> ours = seen.getLast();

            assertThat(ours)
                    .isEqualTo(
                            Map.of(
                                    "Impersonate-user",
                                    List.of("jane doe"),
                                    "Impersonate-uid",
                                    List.of("06f6ce97"),
                                    "Impersonate-group",
                                    List.of("one", "two, three"),
                                    "Impersonate-extra-scopes.example.com%2fx",
                                    List.of("a", "b c"),
                                    "Impersonate-extra-%c3%84%20%25",
                                    List.of("z")));
            if (kubectl().isPresent()) {
                kubectl(file, Map.of(), "get", "--raw", "/version");
                assertThat(seen.getLast()).isEqualTo(ours);
            }
        } finally {
            server.stop(0);
        }
    }

    // ---- Credentials ---------------------------------------------------------------------------

    @Test
    void aTokenIsReadFromItsFileBesideTheKubeconfig() throws Exception {
        Files.writeString(folder.resolve("token"), token + "\n");

        both(kubeconfig("", "tokenFile: token"), true);
    }

    @Test
    void whatAPluginWritesToStandardErrorIsThePersons() throws Exception {
        script(
                "plugin.sh",
                "echo 'a newer version is available' >&2",
                "echo '" + ANSWER.formatted(token) + "'");

        Said said = both(kubeconfig("", exec("")), true);

        assertThat(said.err()).contains("a newer version is available");
        assertThat(said.out() + said.err()).doesNotContain(token);
    }

    @Test
    void aPluginIsToldWhatKubectlTellsIt() throws Exception {
        script(
                "plugin.sh",
                "[ -n \"$KUBERNETES_EXEC_INFO\" ] || exit 3",
                "echo \"$KUBERNETES_EXEC_INFO\" >> info",
                "echo \"$GREETING $1\" >> arguments",
                "echo '" + ANSWER.formatted(token) + "'");
        Path file =
                kubeconfig(
                        "tls-server-name: kubernetes.default, extensions: [{name: client.authentication.k8s.io/exec, extension: {audience: a, numbers: [1]}}], ",
                        exec(
                                "provideClusterInfo: true, args: [one], env: [{name: GREETING, value: hello}], "));

        run(file, Map.of(), "list");
        Optional<Said> kubectl = kubectl(file, Map.of(), "get", "chaosengines");

        List<String> info =
                Files.readAllLines(folder.resolve("info")).stream()
                        .filter(line -> !line.isBlank())
                        .toList();
        var ours = JsonMapper.shared().readTree(info.getFirst());
        assertThat(ours.at("/spec/cluster/server").asString()).isEqualTo(controlPlane.url());
        assertThat(ours.at("/spec/cluster/config/audience").asString()).isEqualTo("a");
        assertThat(ours.at("/spec/interactive").asBoolean(true)).isFalse();
        assertThat(Files.readString(folder.resolve("arguments"))).startsWith("hello one\n");
        if (kubectl.isPresent()) {
            assertThat(JsonMapper.shared().readTree(info.getLast())).isEqualTo(ours);
        }
    }

    @Test
    void aPluginThatFailsIsSaidInOneSentenceAndNothingIsAsked() throws Exception {
        script("plugin.sh", "echo 'session expired, run: cloud login' >&2", "exit 1");

        Said said = both(kubeconfig("", exec("")), false);

        assertThat(said.code()).isEqualTo(2);
        assertThat(said.err().lines())
                .hasSize(2)
                .first()
                .isEqualTo("session expired, run: cloud login");
        assertThat(said.err())
                .contains("plugin.sh of user 'u' ended with 1: session expired, run: cloud login");
    }

    @Test
    void aPluginThatIsMissingIsSaidWithItsHint() throws Exception {
        Path file =
                kubeconfig(
                        "",
                        exec("installHint: install cloud-cli, ")
                                .replace("./plugin.sh", "no-such-plugin"));

        Said said = both(file, false);

        assertThat(said.code()).isEqualTo(2);
        assertThat(said.err().lines())
                .singleElement()
                .asString()
                .contains("no-such-plugin", "install cloud-cli");
    }

    @Test
    void aPluginIsAskedAgainWhenTheServerRefusesWhatItGave() throws Exception {
        script(
                "plugin.sh",
                "if [ -f asked ]; then t=" + token + "; else t=stale; touch asked; fi",
                "printf '" + ANSWER + "' $t");

        Said said = run(kubeconfig("", exec("")), Map.of(), "list");

        assertThat(said.code()).as(said.err()).isZero();
    }

    // ---- The way to the server -----------------------------------------------------------------

    @ParameterizedTest
    @ValueSource(strings = {"http", "socks5", "http://me:se%40cret@", "socks5://me:se%40cret@"})
    void aProxyOfTheKubeconfigLeadsToTheServer(String url) throws Exception {
        Optional<String> login = url.contains("@") ? Optional.of("me:se@cret") : Optional.empty();
        try (TestProxy proxy =
                url.startsWith("http")
                        ? TestProxy.http(controlPlane.port(), login)
                        : TestProxy.socks(controlPlane.port(), login)) {
            String address = (url.contains("@") ? url : url + "://") + "127.0.0.1:" + proxy.port();

            both(behind("proxy-url: '" + address + "', "), true);

            assertThat(proxy.asked()).contains("api.example:26443");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "HTTPS_PROXY, '', ''",
        "https_proxy, '', ''",
        "HTTPS_PROXY, me:secret, ''",
        "HTTPS_PROXY, me:secret, 'other.example, 10.0.0.0/8'",
    })
    void aProxyOfTheEnvironmentLeadsToTheServer(String variable, String login, String except)
            throws Exception {
        try (TestProxy proxy =
                TestProxy.http(
                        controlPlane.port(), Optional.of(login).filter(each -> !each.isEmpty()))) {
            String at = login.isEmpty() ? "" : login + "@";
            Map<String, String> environment =
                    Map.of(
                            variable,
                            "http://" + at + "127.0.0.1:" + proxy.port(),
                            "no_proxy",
                            except);
            Path file = behind("");

            Said named = run(file, environment, "list");
            var more = new TreeMap<>(environment);
            more.put("KUBECONFIG", file.toString());
            Said inEnvironment = run(null, more, "list");

            assertThat(named.code()).as(named.err()).isZero();
            assertThat(inEnvironment.code()).as(inEnvironment.err()).isZero();
            kubectl(file, environment, "get", "chaosengines")
                    .ifPresent(said -> assertThat(said.code()).as(said.err()).isZero());
        }
    }

    @Test
    void aProxyThatRefusesIsNamedWithoutItsPassword() throws Exception {
        try (TestProxy proxy = TestProxy.http(controlPlane.port(), Optional.of("me:right"))) {
            Said said =
                    both(
                            behind("proxy-url: 'http://me:wrong@127.0.0.1:" + proxy.port() + "', "),
                            false);

            assertThat(said.code()).isEqualTo(3);
            assertThat(said.err())
                    .contains("the proxy http://127.0.0.1:" + proxy.port(), "407")
                    .doesNotContain("wrong");
        }
    }

    @ParameterizedTest
    @CsvSource({"kubernetes.default, true", "kubernetes.example, false"})
    void theServersCertificateIsCheckedByTheNameThatIsGiven(String name, boolean isRight)
            throws Exception {
        both(kubeconfig("tls-server-name: " + name + ", ", "token: " + token), isRight);
    }

    @Test
    void nothingIsCheckedWhereThatIsAskedFor() throws Exception {
        Path file =
                Files.writeString(
                        folder.resolve("config"),
                        Files.readString(
                                        kubeconfig(
                                                "tls-server-name: nobody.example, ",
                                                "token: " + token))
                                .replace(
                                        "certificate-authority: ca.crt",
                                        "insecure-skip-tls-verify: true"));

        both(file, true);
    }

    // ---- What decides --------------------------------------------------------------------------

    @ParameterizedTest
    @CsvSource({
        "KUBERNETES_NAMESPACE, prod",
        "KUBERNETES_MASTER, https://127.0.0.1:1",
        "KUBERNETES_AUTH_TOKEN, zzz",
        "KUBERNETES_TRUST_CERTIFICATES, true",
        "KUBERNETES_CERTS_CA_FILE, /no/such",
        "JAVA_TOOL_OPTIONS, -Dkubernetes.auth.token=zzz -Dkubernetes.master=https://127.0.0.1:1 -Dkubernetes.namespace=prod -Dhttp.proxyHost=127.0.0.1",
    })
    void noOtherVariableOverrulesTheKubeconfig(String name, String value) throws Exception {
        Path file = kubeconfig("", "token: " + token);

        Said said = run(null, Map.of("KUBECONFIG", file.toString(), name, value), "list");

        assertThat(said.code()).as(said.err()).isZero();
        assertThat(said.out()).doesNotContain("prod");
    }

    @Test
    void theFirstOfSeveralFilesDecidesAndPathsAreThoseOfTheirFile() throws Exception {
        Path other = Files.createDirectory(folder.resolve("other"));
        Files.writeString(other.resolve("right"), token);
        Path first =
                Files.writeString(
                        folder.resolve("first"),
                        "current-context: x\ncontexts: [{name: x, context: {cluster: c, user: u}}]");
        Path second =
                Files.writeString(
                        other.resolve("second"),
                        """
                        current-context: wrong
                        contexts: [{name: x, context: {cluster: none, user: none}}]
                        users: [{name: u, user: {tokenFile: right}}]
                        clusters: [{name: c, cluster: {server: "%s", certificate-authority: ../ca.crt}}]
                        """
                                .formatted(controlPlane.url()));
        String all =
                String.join(
                        File.pathSeparator, "" + folder.resolve("none"), "" + first, "" + second);

        Said said = run(null, Map.of("KUBECONFIG", all), "list");

        assertThat(said.code()).as(said.err()).isZero();
        kubectl(null, Map.of("KUBECONFIG", all), "get", "chaosengines")
                .ifPresent(each -> assertThat(each.code()).as(each.err()).isZero());
    }

    // ---- The two programs ----------------------------------------------------------------------

    /** Ask with both, named by option and by variable: the answer is the same. */
    private Said both(Path file, boolean getIn) throws Exception {
        Said said = run(file, Map.of(), "list");
        assertThat(said.code() == 0).as(said.out() + said.err()).isEqualTo(getIn);
        assertThat(said.err()).doesNotContain("\tat ").doesNotContain(token);
        kubectl(file, Map.of(), "get", "chaosengines")
                .ifPresent(each ->
                        assertThat(each.code() == 0).as("kubectl: " + each.err()).isEqualTo(getIn));
        return said;
    }

    private Said run(@Nullable Path file, Map<String, String> environment, String... arguments)
            throws Exception {
        var command = new ArrayList<>(List.of(arguments));
        if (file != null) {
            command.addAll(List.of("--kubeconfig", file.toString()));
        }
        return end(RunnerProgram.command(command), environment);
    }

    private Optional<Said> kubectl(
            @Nullable Path file, Map<String, String> environment, String... arguments)
            throws Exception {
        Optional<Path> program = kubectl();
        if (program.isEmpty()) {
            return Optional.empty();
        }
        var command = new ArrayList<>(List.of(program.get().toString()));
        command.addAll(List.of(arguments));
        if (file != null) {
            command.addAll(List.of("--kubeconfig", file.toString()));
        }
        return Optional.of(end(command, environment));
    }

    private static Optional<Path> kubectl() {
        return Stream.of(System.getenv("PATH").split(File.pathSeparator))
                .map(each -> Path.of(each, "kubectl"))
                .filter(Files::isExecutable)
                .findFirst();
    }

    private Said end(List<String> command, Map<String, String> environment) throws Exception {
        Path out = Files.createTempFile(folder, "said", ".out");
        Path err = Files.createTempFile(folder, "said", ".err");
        var builder =
                new ProcessBuilder(command)
                        .directory(folder.toFile())
                        .redirectInput(new File("/dev/null"))
                        .redirectOutput(out.toFile())
                        .redirectError(err.toFile());
        builder.environment().keySet().removeIf(name -> !name.equals("PATH"));
        builder.environment().put("HOME", folder.toString());
        builder.environment().putAll(environment);
        Process process = builder.start();
        assertThat(process.waitFor(3, TimeUnit.MINUTES)).isTrue();
        return new Said(process.exitValue(), Files.readString(out), Files.readString(err));
    }

    private Path kubeconfig(String cluster, String user) throws IOException {
        return kubeconfig(controlPlane.url(), cluster, user);
    }

    /** A server whose name only a proxy knows. */
    private Path behind(String cluster) throws IOException {
        return kubeconfig(
                "https://api.example:26443",
                cluster + "tls-server-name: kubernetes.default, ",
                "token: " + token);
    }

    private Path kubeconfig(String server, String cluster, String user) throws IOException {
        return Files.writeString(
                folder.resolve("config"),
                """
                apiVersion: v1
                kind: Config
                current-context: x
                contexts: [{name: x, context: {cluster: c, user: u, namespace: default}}]
                clusters: [{name: c, cluster: {%sserver: "%s", certificate-authority: ca.crt}}]
                users: [{name: u, user: {%s}}]
                """
                        .formatted(cluster, server, user));
    }

    private static String exec(String more) {
        return "exec: {%sapiVersion: client.authentication.k8s.io/v1, interactiveMode: IfAvailable, command: ./plugin.sh}"
                .formatted(more);
    }

    private void script(String name, String... lines) throws IOException {
        Path file =
                Files.writeString(
                        folder.resolve(name), "#!/bin/sh\n" + String.join("\n", lines) + "\n");
        assertThat(file.toFile().setExecutable(true)).isTrue();
    }
}
