package io.chaosrunner.cli;

import io.chaosrunner.cluster.Fabric8Cluster;
import io.chaosrunner.config.KubernetesYaml;
import io.chaosrunner.sandbox.SandboxServer;
import java.io.IOException;
import java.io.InputStream;
import java.io.StringReader;
import java.lang.module.ModuleFinder;
import java.lang.module.ModuleReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.Base64;
import java.util.Map;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import tools.jackson.databind.node.ObjectNode;

/**
 * A rehearsal of what a runner's pod does, and a person, so that an AOT cache holds what they need.
 *
 * <p>The launchers train it with {@code Rehearsal FILE KEYSTORE [terminal]}. FILE has the engine
 * {@code first-run} of namespace {@code default}. KEYSTORE is a PKCS12 file with one key for
 * 127.0.0.1 and password {@value #PASSWORD}: much of a start in a cluster is TLS. Without the last
 * word the cache is for pods alone, and smaller.
 */
final class Rehearsal {
    private static final String PASSWORD = "rehearsal";
    private static final double SPEED = 20;

    private Rehearsal() {}

    public static void main(String[] args) throws IOException, GeneralSecurityException {
        Path file = Path.of(args[0]);
        int exitCode = runInPod(file, Path.of(args[1]));
        loadHttp2();
        if (args.length > 2 && args[2].equals("terminal")) {
            exitCode =
                    Math.max(
                            exitCode,
                            ChaosRunner.execute(
                                    "run", "--sandbox", "--speed", "" + SPEED, "-f", args[0]));
        }
        System.exit(exitCode);
    }

    private static int runInPod(Path file, Path keyStore)
            throws IOException, GeneralSecurityException {
        char[] password = PASSWORD.toCharArray();
        KeyStore keys = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(keyStore)) {
            keys.load(in, password);
        }
        KeyManagerFactory key = KeyManagerFactory.getInstance("PKIX");
        key.init(keys, password);
        SSLContext tls = SSLContext.getInstance("TLS");
        tls.init(key.getKeyManagers(), null, null);
        byte[] certificate = keys.getCertificate(keys.aliases().nextElement()).getEncoded();
        Path kubeconfig = Files.createTempFile("rehearsal", ".kubeconfig");
        try (SandboxServer server =
                SandboxServer.start(SandboxServer.Options.DEFAULT.withSpeed(SPEED).withTls(tls))) {
            load(file, server);
            Files.writeString(kubeconfig, kubeconfig(server.url(), certificate));
            return Main.run(
                    Map.of(
                            "CHAOSENGINE", "first-run",
                            "CHAOS_NAMESPACE", "default",
                            "CHAOS_SVC_ACC", "chaos-runner",
                            "EXPERIMENT_LIST", "pod-delete,pod-cpu-hog"),
                    () -> Fabric8Cluster.connect(kubeconfig));
        } finally {
            Files.delete(kubeconfig);
        }
    }

    private static void load(Path file, SandboxServer server) throws IOException {
        KubernetesYaml.read(
                new StringReader(Files.readString(file)),
                KubernetesYaml.Limits.OF_FILES,
                document -> {
                    if (document instanceof KubernetesYaml.Document.Read read
                            && read.json() instanceof ObjectNode object) {
                        server.load(field -> file + ": " + field, object)
                                .forEach(Streams.err()::println);
                    }
                });
    }

    /** An API server speaks HTTP/2, and the sandbox does not. */
    private static void loadHttp2() throws IOException {
        Module http = ModuleLayer.boot().findModule("java.net.http").orElseThrow();
        try (ModuleReader classes =
                ModuleFinder.ofSystem().find(http.getName()).orElseThrow().open()) {
            classes.list()
                    .filter(name -> name.startsWith("jdk/internal/net/http/"))
                    .filter(name -> name.endsWith(".class"))
                    .map(name -> name.replace('/', '.').replaceFirst("\\.class$", ""))
                    .forEach(name -> Class.forName(http, name));
        }
    }

    private static String kubeconfig(String url, byte[] certificate) {
        String lines = Base64.getMimeEncoder().encodeToString(certificate);
        String pem = "-----BEGIN CERTIFICATE-----\n" + lines + "\n-----END CERTIFICATE-----\n";
        return """
        apiVersion: v1
        kind: Config
        current-context: sandbox
        contexts:
          - name: sandbox
            context: {cluster: sandbox, user: runner, namespace: default}
        clusters:
          - name: sandbox
            cluster: {server: "%s", certificate-authority-data: "%s"}
        users:
          - name: runner
            user: {token: rehearsal}
        """
                .formatted(
                        url,
                        Base64.getEncoder().encodeToString(pem.getBytes(StandardCharsets.UTF_8)));
    }
}
