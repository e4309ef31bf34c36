package io.chaosrunner.cluster;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Where the API server is, whom to trust there, and as whom to ask: all that a kubeconfig or a
 * pod's account says, finished. Nothing else may decide on it.
 *
 * @param server the address that paths are appended to, without a slash at its end
 * @param namespace the namespace that is meant where none is named
 * @param trust whom to trust at the server
 * @param proxy the proxy that leads to the server
 * @param credentials what proves who asks
 * @param actingAs headers that say as whom to act, such as {@code Impersonate-User}
 */
record Access(
        String server,
        Optional<String> namespace,
        Trust trust,
        Optional<Proxy> proxy,
        Credentials credentials,
        List<Header> actingAs) {

    /** Where a pod finds its account. */
    static final Path POD_FOLDER = Path.of("/var/run/secrets/kubernetes.io/serviceaccount");

    /** Says where the files of the account are, if not where Kubernetes puts them. */
    private static final String POD_FOLDER_VARIABLE = "CHAOS_RUNNER_SERVICE_ACCOUNT";

    /** A header of each request. A name may come several times. */
    record Header(String name, String value) {}

    /**
     * Whom to trust at the server.
     *
     * @param authorities certificates in PEM; empty means those that the machine trusts
     * @param anybody whether nothing is checked
     * @param name the name in the server's certificate, if it is not the address'
     */
    record Trust(Optional<byte[]> authorities, boolean anybody, Optional<String> name) {
        static final Trust MACHINE = new Trust(Optional.empty(), false, Optional.empty());
    }

    /** Reach a server that asks for nothing. */
    static Access to(String server) {
        return new Access(
                withoutSlash(server),
                Optional.of("default"),
                Trust.MACHINE,
                Optional.empty(),
                Credentials.NONE,
                List.of());
    }

    /**
     * Reach the API server as a pod does: by what the kubelet gives to each.
     *
     * @param variables the environment
     * @return empty if this is no pod
     */
    static Optional<Access> ofPod(Map<String, String> variables) {
        String host = variables.getOrDefault("KUBERNETES_SERVICE_HOST", "");
        String port = variables.getOrDefault("KUBERNETES_SERVICE_PORT", "");
        Path folder =
                Optional.ofNullable(variables.get(POD_FOLDER_VARIABLE))
                        .map(Path::of)
                        .orElse(POD_FOLDER);
        Path token = folder.resolve("token");
        if (host.isEmpty() || port.isEmpty() || !Files.isRegularFile(token)) {
            return Optional.empty();
        }
        String server = "https://" + (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
        Optional<String> namespace =
                Optional.ofNullable(variables.get("POD_NAMESPACE"))
                        .or(() -> text(folder.resolve("namespace")))
                        .map(String::strip)
                        .filter(name -> !name.isEmpty());
        Trust trust =
                new Trust(
                        text(folder.resolve("ca.crt"))
                                .map(pem -> pem.getBytes(StandardCharsets.UTF_8)),
                        false,
                        Optional.empty());
        return Optional.of(
                new Access(
                        server,
                        namespace,
                        trust,
                        ProxyRules.of(variables).proxyFor(server),
                        new TokenFile(token, Optional.empty()),
                        List.of()));
    }

    private static Optional<String> text(Path file) {
        return Files.isReadable(file) ? Optional.of(Pem.text(file)) : Optional.empty();
    }

    /** Tell whether connections to the server are encrypted. */
    boolean isEncrypted() {
        return isEncrypted(server);
    }

    static boolean isEncrypted(String server) {
        return server.toLowerCase(Locale.ROOT).startsWith("https://");
    }

    static String withoutSlash(String url) {
        return url.endsWith("/") ? withoutSlash(url.substring(0, url.length() - 1)) : url;
    }
}
