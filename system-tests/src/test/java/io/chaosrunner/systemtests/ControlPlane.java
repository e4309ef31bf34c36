package io.chaosrunner.systemtests;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/**
 * Run a real Kubernetes control plane on loopback: etcd, the API server and the controllers for
 * Jobs, service accounts, namespaces and garbage collection.
 *
 * <p>There is no scheduler and no kubelet, unless {@link RealNode} brings them: a Job's pod appears
 * and then stays as it is until a test changes its status. The CRDs in {@code deploy/crds} are
 * installed.
 */
final class ControlPlane implements AutoCloseable {

    private static final Duration START_LIMIT = Duration.ofMinutes(5);
    private static final Duration CLIENT_LIMIT = Duration.ofMinutes(2);
    private static final Duration MOMENT = Duration.ofMillis(25);
    private static final int PORT_ATTEMPTS = 3;
    private static final Path CRDS = Path.of("deploy", "crds");
    private static final Pattern TOKEN = Pattern.compile("\"token\"\\s*:\\s*\"([^\"]+)\"");
    private static final Pattern CRD_PLURAL = Pattern.compile("(?m)^ {2}name: *\"?([a-z0-9-]+)[.]");

    private final Path home;
    private final boolean audited;
    private final @Nullable Path scheduler;
    private final List<String> apiServerFlags;
    private final List<GuardedProcess> processes = new ArrayList<>();
    private final int port = freePort();
    private final String database = "http://127.0.0.1:" + freePort();
    private final String adminToken = UUID.randomUUID().toString();
    private final String controllersToken = UUID.randomUUID().toString();
    private final Path servingCertificate;
    private @Nullable ApiCalls admin;
    private volatile boolean filesKept;

    private ControlPlane(
            Path home, boolean audited, @Nullable Path scheduler, List<String> apiServerFlags) {
        this.home = home;
        this.audited = audited;
        this.scheduler = scheduler;
        this.apiServerFlags = apiServerFlags;
        this.servingCertificate =
                home.resolve("kube-apiserver").resolve("certificates").resolve("apiserver.crt");
    }

    /** Say in one line why no control plane can be started here; empty when one can. */
    static Optional<String> whyUnavailable() {
        return ControlPlaneBinaries.find().whyMissing();
    }

    /**
     * Return the one control plane of this JVM; the first call starts it, the JVM's end stops it.
     */
    static ControlPlane shared() {
        return Shared.OURS.get();
    }

    /** Return another one, likewise, with the CRDs that Litmus ships: the runner must not care. */
    static ControlPlane sharedWithLitmusCrds() {
        return Shared.LITMUS.get();
    }

    /** Return the shared ones that have started. */
    static List<ControlPlane> sharedThatStarted() {
        return Stream.of(Shared.OURS, Shared.LITMUS)
                .flatMap(shared -> shared.ifStarted().stream())
                .toList();
    }

    /**
     * Start a control plane and wait until it serves and has made the first service account. Its
     * CRDs are those in {@code deploy/crds}.
     *
     * @throws IllegalStateException if the programs are missing, or one of them ends or is too
     *     slow; its files are kept and the message says where
     */
    static ControlPlane start() {
        return start(ControlPlaneBinaries.sourceRoot().resolve(CRDS));
    }

    /** Start a control plane that keeps a log of every request, see {@link #auditLog}. */
    static ControlPlane startAudited() {
        return start(ControlPlaneBinaries.sourceRoot().resolve(CRDS), true, null, List.of());
    }

    /** Start a control plane whose API server is given more flags. */
    static ControlPlane startWith(String... apiServerFlags) {
        return start(
                ControlPlaneBinaries.sourceRoot().resolve(CRDS),
                false,
                null,
                List.of(apiServerFlags));
    }

    /**
     * Start a control plane that real nodes can join: there is a scheduler, pods find the API
     * server's certificate, and a node that is ready is free to be used.
     *
     * @param scheduler the program kube-scheduler
     */
    static ControlPlane startForNodes(Path scheduler) {
        return start(ControlPlaneBinaries.sourceRoot().resolve(CRDS), false, scheduler, List.of());
    }

    /** Start a control plane with the CRDs of a folder instead of those in {@code deploy/crds}. */
    static ControlPlane start(Path crds) {
        return start(crds, false, null, List.of());
    }

    private static ControlPlane start(
            Path crds, boolean audited, @Nullable Path scheduler, List<String> apiServerFlags) {
        ControlPlaneBinaries binaries = ControlPlaneBinaries.find();
        binaries.whyMissing()
                .ifPresent(why -> {
                    throw new IllegalStateException(why);
                });
        for (int attempt = 1; ; attempt++) {
            var controlPlane = new ControlPlane(newHome(), audited, scheduler, apiServerFlags);
            try {
                controlPlane.launch(binaries, crds(crds));
                return controlPlane;
            } catch (RuntimeException e) {
                // Ports are chosen before they are bound; another process can be quicker.
                boolean portTaken = controlPlane.anyLogSays("address already in use");
                if (portTaken && attempt < PORT_ATTEMPTS) {
                    controlPlane.close();
                    continue;
                }
                controlPlane.keepFiles();
                controlPlane.close();
                throw new IllegalStateException(
                        "control plane did not start; its files are in " + controlPlane.home, e);
            }
        }
    }

    /**
     * Return the file to which an audited API server writes one JSON object for each request that
     * it has answered: an {@code Event} of {@code audit.k8s.io/v1}, without bodies.
     */
    Path auditLog() {
        return home.resolve("kube-apiserver").resolve("audit.log");
    }

    private List<String> auditing() {
        if (!audited) {
            return List.of();
        }
        Path policy =
                write(
                        home.resolve("kube-apiserver").resolve("audit-policy.yaml"),
                        """
                        apiVersion: audit.k8s.io/v1
                        kind: Policy
                        omitStages: [RequestReceived]
                        rules:
                          - level: Metadata
                            userGroups: [system:serviceaccounts]
                          - level: None
                        """);
        return List.of("--audit-policy-file=" + policy, "--audit-log-path=" + auditLog());
    }

    /** Return the API server's address. */
    String url() {
        return "https://127.0.0.1:" + port;
    }

    /** Return the API server's port. */
    int port() {
        return port;
    }

    /** Return the certificates to trust, as PEM. */
    String caPem() {
        try {
            return Files.readString(servingCertificate);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Return a kubeconfig that may do everything. */
    String adminKubeconfig() {
        return kubeconfig("admin", adminToken, "default");
    }

    /** Return a kubeconfig that may do what RBAC grants a service account, good for an hour. */
    String kubeconfigFor(String namespace, String serviceAccount) {
        return kubeconfig(serviceAccount, tokenFor(namespace, serviceAccount), namespace);
    }

    /** Return a bearer token of a service account, good for an hour. */
    String tokenFor(String namespace, String serviceAccount) {
        String path =
                "/api/v1/namespaces/" + namespace + "/serviceaccounts/" + serviceAccount + "/token";
        String answer =
                admin().create(
                                path,
                                """
                                apiVersion: authentication.k8s.io/v1
                                kind: TokenRequest
                                spec:
                                  expirationSeconds: 3600
                                """);
        Matcher token = TOKEN.matcher(answer);
        if (!token.find()) {
            throw new IllegalStateException("no token in the answer to " + path);
        }
        return token.group(1);
    }

    /** Return a new client that may do everything; the caller closes it. */
    KubernetesClient adminClient() {
        return client(adminKubeconfig());
    }

    /** Return a new client with a service account's rights; the caller closes it. */
    KubernetesClient clientFor(String namespace, String serviceAccount) {
        return client(kubeconfigFor(namespace, serviceAccount));
    }

    /** Leave logs and settings on disk when this stops, to look into a failure, and say where. */
    void keepFiles() {
        if (!filesKept) {
            filesKept = true;
            // Now: what a JVM says while it ends, test runners do not show.
            System.err.println("control plane: files kept in " + home);
        }
    }

    /** Return the folder with the programs' logs and settings. */
    Path home() {
        return home;
    }

    /** Have the database forget all that is not current: old versions cannot be watched from. */
    void compact() {
        long revision =
                new JsonMapper()
                        .readTree(etcd("range", "{\"key\":\"AA==\"}"))
                        .at("/header/revision")
                        .asLong();
        etcd("compaction", "{\"revision\":%d,\"physical\":true}".formatted(revision));
    }

    private String etcd(String operation, String body) {
        var request =
                HttpRequest.newBuilder(URI.create(database + "/v3/kv/" + operation))
                        .POST(HttpRequest.BodyPublishers.ofString(body))
                        .build();
        try (var client = HttpClient.newHttpClient()) {
            var answer = client.send(request, HttpResponse.BodyHandlers.ofString());
            if (answer.statusCode() != 200) {
                throw new IllegalStateException(answer.toString() + answer.body());
            }
            return answer.body();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        for (GuardedProcess process : processes.reversed()) {
            process.close();
        }
        processes.clear();
        if (admin != null) {
            admin.close();
        }
        // The database is of no use to a reader, and its log is 64 MB from the start.
        delete(home.resolve("etcd").resolve("data"));
        if (!filesKept) {
            delete(home);
        }
    }

    private void launch(ControlPlaneBinaries binaries, List<String> crds) {
        Instant deadline = Instant.now().plus(START_LIMIT);
        Path etcdHome = folder("etcd");
        launch(
                "etcd",
                binaries.etcd(),
                "--data-dir=" + etcdHome.resolve("data"),
                "--listen-client-urls=" + database,
                "--advertise-client-urls=" + database,
                "--listen-peer-urls=http://127.0.0.1:0",
                "--log-level=warn",
                "--unsafe-no-fsync");

        Path apiHome = folder("kube-apiserver");
        Path tokens =
                write(
                        apiHome.resolve("tokens.csv"),
                        adminToken
                                + ",admin,admin,system:masters\n"
                                + controllersToken
                                + ",system:kube-controller-manager,controllers,system:masters\n");
        KeyPair serviceAccountKeys = newKeyPair();
        Path privateKey =
                write(
                        apiHome.resolve("service-accounts.key"),
                        pem("PRIVATE KEY", serviceAccountKeys.getPrivate().getEncoded()));
        Path publicKey =
                write(
                        apiHome.resolve("service-accounts.pub"),
                        pem("PUBLIC KEY", serviceAccountKeys.getPublic().getEncoded()));
        var arguments =
                new ArrayList<>(
                        List.of(
                                "--etcd-servers=" + database,
                                "--bind-address=127.0.0.1",
                                // Said, not guessed: the guess needs a network interface with a
                                // route.
                                "--advertise-address=127.0.0.1",
                                "--secure-port=" + port,
                                // It writes its own certificate there.
                                "--cert-dir=" + servingCertificate.getParent(),
                                "--token-auth-file=" + tokens,
                                "--authorization-mode=RBAC",
                                "--service-account-issuer=https://kubernetes.default.svc",
                                "--service-account-signing-key-file=" + privateKey,
                                "--service-account-key-file=" + publicKey,
                                "--service-cluster-ip-range=10.96.0.0/24",
                                // Endpoints may not be loopback addresses: it would complain for
                                // ever.
                                "--endpoint-reconciler-type=none"));
        arguments.addAll(auditing());
        arguments.addAll(apiServerFlags);
        GuardedProcess apiServer =
                launch("kube-apiserver", binaries.apiServer(), arguments.toArray(String[]::new));
        // The certificate is complete once the port answers.
        await("its port", apiServer, deadline, () -> ApiCalls.accepts(port));
        var calls = new ApiCalls(url(), caPem(), adminToken);
        admin = calls;
        await("/readyz", apiServer, deadline, () -> calls.answers("/readyz"));

        // Before the controllers: a garbage collector that does not know a kind yet takes up to 40
        // s
        // to notice that the first owner of that kind is gone.
        for (String crd : crds) {
            calls.create("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", crd);
        }
        for (String crd : crds) {
            Matcher plural = CRD_PLURAL.matcher(crd);
            if (plural.find()) {
                await(
                        "the API of " + plural.group(1),
                        apiServer,
                        deadline,
                        () -> calls.discovers(plural.group(1)));
            }
        }

        Path controllersHome = folder("kube-controller-manager");
        Path kubeconfig =
                write(
                        controllersHome.resolve("kubeconfig"),
                        kubeconfig("controllers", controllersToken, "default"));
        String controllerNames =
                "job-controller,garbage-collector-controller"
                        + ",serviceaccount-controller,serviceaccount-token-controller"
                        + ",namespace-controller,pod-garbage-collector-controller"
                        + ",clusterrole-aggregation-controller,resourcequota-controller"
                        + ",validatingadmissionpolicy-status-controller";
        if (scheduler != null) {
            controllerNames +=
                    ",root-ca-certificate-publisher-controller,node-lifecycle-controller";
        }
        GuardedProcess controllers =
                launch(
                        "kube-controller-manager",
                        binaries.controllerManager(),
                        "--kubeconfig=" + kubeconfig,
                        "--service-account-private-key-file=" + privateKey,
                        "--use-service-account-credentials=false",
                        "--leader-elect=false",
                        "--secure-port=0",
                        "--root-ca-file=" + servingCertificate,
                        "--controllers=" + controllerNames,
                        // The default, 20 a second, would make tests with many Jobs measure it.
                        "--kube-api-qps=500",
                        "--kube-api-burst=1000");
        await(
                "the default service account",
                controllers,
                deadline,
                () -> calls.answers("/api/v1/namespaces/default/serviceaccounts/default"));
        if (scheduler != null) {
            folder("kube-scheduler");
            launch(
                    "kube-scheduler",
                    scheduler,
                    "--kubeconfig=" + kubeconfig,
                    "--leader-elect=false",
                    "--secure-port=0");
        }
    }

    private GuardedProcess launch(String name, Path program, String... arguments) {
        GuardedProcess process = GuardedProcess.start(home, name, program, List.of(arguments));
        processes.add(process);
        return process;
    }

    private static void await(
            String what, GuardedProcess provider, Instant deadline, BooleanSupplier isThere) {
        while (!isThere.getAsBoolean()) {
            if (Instant.now().isAfter(deadline)) {
                throw new IllegalStateException(
                        what
                                + " is not there after "
                                + START_LIMIT
                                + "; the log ends:\n"
                                + provider.endOfLog());
            }
            provider.linger(MOMENT);
        }
    }

    private boolean anyLogSays(String words) {
        return processes.stream().anyMatch(process -> process.endOfLog().contains(words));
    }

    private static List<String> crds(Path folder) {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> files = Files.walk(folder)) {
            var crds = new ArrayList<String>();
            for (Path file : files.filter(f -> f.toString().endsWith(".yaml")).sorted().toList()) {
                for (String document : Files.readString(file).split("(?m)^---\\s*$")) {
                    if (document.contains("kind: CustomResourceDefinition")) {
                        crds.add(document);
                    }
                }
            }
            return crds;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private ApiCalls admin() {
        if (admin == null) {
            throw new IllegalStateException("the control plane has not started");
        }
        return admin;
    }

    private static KubernetesClient client(String kubeconfig) {
        Config config = Config.fromKubeconfig(kubeconfig);
        // An informer whose first list is not answered in time never tells anything.
        config.setConnectionTimeout((int) CLIENT_LIMIT.toMillis());
        config.setRequestTimeout((int) CLIENT_LIMIT.toMillis());
        return new KubernetesClientBuilder().withConfig(config).build();
    }

    private String kubeconfig(String user, String token, String namespace) {
        return """
        apiVersion: v1
        kind: Config
        current-context: test
        clusters:
        - name: test
          cluster:
            server: %s
            certificate-authority-data: %s
        users:
        - name: %s
          user:
            token: %s
        contexts:
        - name: test
          context:
            cluster: test
            user: %s
            namespace: %s
        """
                .formatted(
                        url(),
                        Base64.getEncoder()
                                .encodeToString(caPem().getBytes(StandardCharsets.US_ASCII)),
                        user,
                        token,
                        user,
                        namespace);
    }

    private static KeyPair newKeyPair() {
        try {
            // Elliptic: an RSA key takes longer to find than etcd to start.
            var generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(new ECGenParameterSpec("secp256r1"));
            return generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String pem(String type, byte[] content) {
        String body =
                Base64.getMimeEncoder(64, "\n".getBytes(StandardCharsets.US_ASCII))
                        .encodeToString(content);
        return "-----BEGIN " + type + "-----\n" + body + "\n-----END " + type + "-----\n";
    }

    private static int freePort() {
        try (var socket = new ServerSocket(0, 1, InetAddress.ofLiteral("127.0.0.1"))) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Path newHome() {
        try {
            return Files.createTempDirectory("chaosrunner-control-plane-");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Path folder(String name) {
        try {
            return Files.createDirectory(home.resolve(name));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Path write(Path file, String content) {
        try {
            return Files.writeString(file, content);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void delete(Path root) {
        if (!Files.exists(root)) {
            return;
        }
        try (Stream<Path> tree = Files.walk(root)) {
            for (Path path : tree.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(path);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Hold the control plane that all tests of a JVM use, or the reason why it did not start. */
    private static final class Shared {

        /** Remembered, failure included: every test would wait for the same failure again. */
        static final Shared OURS = new Shared(ControlPlane::start);

        static final Shared LITMUS = new Shared(() -> ControlPlane.start(LitmusCrdsTest.folder()));

        private final Supplier<ControlPlane> starter;

        private @Nullable ControlPlane controlPlane;
        private @Nullable RuntimeException failure;

        private Shared(Supplier<ControlPlane> starter) {
            this.starter = starter;
        }

        synchronized ControlPlane get() {
            if (failure != null) {
                throw new IllegalStateException("as before: " + failure.getMessage(), failure);
            }
            if (controlPlane == null) {
                try {
                    controlPlane = starter.get();
                } catch (RuntimeException e) {
                    failure = e;
                    throw e;
                }
                ControlPlane started = controlPlane;
                Runtime.getRuntime().addShutdownHook(new Thread(started::close));
            }
            return controlPlane;
        }

        synchronized Optional<ControlPlane> ifStarted() {
            return Optional.ofNullable(controlPlane);
        }
    }
}
