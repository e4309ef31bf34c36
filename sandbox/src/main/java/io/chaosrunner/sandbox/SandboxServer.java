package io.chaosrunner.sandbox;

import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsParameters;
import com.sun.net.httpserver.HttpsServer;
import io.chaosrunner.sandbox.ObjectStore.Change;
import io.chaosrunner.sandbox.ObjectStore.Key;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A server of a Kubernetes API with simulated Jobs on a free loopback port, until closed.
 *
 * <p>HTTP, or HTTPS if asked to; no authentication, one node, nothing stored. Any Kubernetes client
 * can use it; watches are chunked HTTP streams (set fabric8's {@code onlyHttpWatches}). Safe for
 * use by several threads.
 */
public final class SandboxServer implements AutoCloseable {
    static {
        // Without it a small answer waits for the client's delayed acknowledgement (40 ms).
        setIfAbsent("sun.net.httpserver.nodelay", "true");
        // Let clients close idle connections, so that no request meets one that is closing.
        setIfAbsent("sun.net.httpserver.idleInterval", "600");
    }

    private static final int BACKLOG = 1_024;

    private final ObjectStore store;
    private final Registry registry;
    private final Kubelet kubelet;
    private final PodLogs logs;
    private final StrictFields strictly;
    private final ApiHandler handler;
    private final HttpServer http;
    private final ExecutorService requests;
    private final ScheduledExecutorService controllers;

    /**
     * One request that was let in.
     *
     * @param verb as RBAC names it: get, list, watch, create, update, patch, delete,
     *     deletecollection
     * @param resource plural, with the subresource if there is one: {@code jobs/status}
     * @param namespace empty at the cluster scope
     * @param name empty for a collection
     */
    public record Request(String verb, String resource, String namespace, String name) {}

    /**
     * How to start a server.
     *
     * @param port 0 for any free one
     * @param speed what simulated durations are divided by; the API's own, such as
     *     activeDeadlineSeconds, are not
     * @param seed of names and uids, so that two runs look alike
     * @param historySize how many changes a watch can look back upon
     * @param kubelet whether pods are run; without it they stay Pending until a client writes their
     *     status
     * @param schemas what the CRDs of custom kinds refuse
     * @param observer sees every request before it is carried out, on the request's thread
     * @param tls serve HTTPS with this; empty means plain HTTP
     */
    public record Options(
            int port,
            double speed,
            long seed,
            int historySize,
            boolean kubelet,
            Schemas schemas,
            Consumer<Request> observer,
            Optional<SSLContext> tls) {
        /** Any port, real time, a kubelet, no schemas. */
        public static final Options DEFAULT =
                new Options(0, 1, 1, 10_000, true, Schemas.NONE, request -> {}, Optional.empty());

        public Options {
            if (!(speed > 0) || historySize < 1) {
                throw new IllegalArgumentException("speed and historySize must be positive");
            }
        }

        public Options withPort(int port) {
            return new Options(port, speed, seed, historySize, kubelet, schemas, observer, tls);
        }

        public Options withSpeed(double speed) {
            return new Options(port, speed, seed, historySize, kubelet, schemas, observer, tls);
        }

        public Options withSeed(long seed) {
            return new Options(port, speed, seed, historySize, kubelet, schemas, observer, tls);
        }

        public Options withHistorySize(int historySize) {
            return new Options(port, speed, seed, historySize, kubelet, schemas, observer, tls);
        }

        public Options withoutKubelet() {
            return new Options(port, speed, seed, historySize, false, schemas, observer, tls);
        }

        public Options withSchemas(Schemas schemas) {
            return new Options(port, speed, seed, historySize, kubelet, schemas, observer, tls);
        }

        public Options withTls(SSLContext tls) {
            return new Options(
                    port, speed, seed, historySize, kubelet, schemas, observer, Optional.of(tls));
        }

        public Options withObserver(Consumer<Request> observer) {
            return new Options(port, speed, seed, historySize, kubelet, schemas, observer, tls);
        }
    }

    private SandboxServer(Options options) {
        Clock clock = Clock.systemUTC();
        store = new ObjectStore(options.historySize());
        registry = new Registry(store, clock, new Random(options.seed()));
        controllers =
                Executors.newSingleThreadScheduledExecutor(
                        Thread.ofPlatform().name("sandbox-controllers").daemon().factory());
        logs = new PodLogs();
        kubelet = new Kubelet(store, registry, controllers, clock, options.speed(), logs);
        JobController jobs =
                new JobController(store, registry, controllers, clock, options.speed());
        GarbageCollector garbage = new GarbageCollector(store, registry);
        List<Consumer<Change>> all = new ArrayList<>(List.of(jobs::handle, garbage::handle));
        if (options.kubelet()) {
            all.add(kubelet::handle);
        }
        all.add(this::addServiceAccount);
        store.listen(change -> all.forEach(controller -> enqueue(controller, change)));
        for (String name : List.of("default", "kube-system", "kube-public", "kube-node-lease")) {
            createNamespace(name);
        }
        strictly = new StrictFields(options.schemas());
        handler = new ApiHandler(store, registry, logs, strictly, options.observer());
        requests = Executors.newVirtualThreadPerTaskExecutor();
        try {
            http = listen(options);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot listen on a loopback port", e);
        }
        http.setExecutor(requests);
        http.createContext("/", handler);
        http.start();
    }

    private static HttpServer listen(Options options) throws IOException {
        var address = new InetSocketAddress(InetAddress.getLoopbackAddress(), options.port());
        if (options.tls().isEmpty()) {
            return HttpServer.create(address, BACKLOG);
        }
        HttpsServer https = HttpsServer.create(address, BACKLOG);
        https.setHttpsConfigurator(
                new HttpsConfigurator(options.tls().get()) {
                    @Override
                    public void configure(HttpsParameters connection) {
                        SSLParameters parameters = getSSLContext().getDefaultSSLParameters();
                        // As kube-apiserver: the client's taste counts.
                        parameters.setUseCipherSuitesOrder(false);
                        connection.setSSLParameters(parameters);
                    }
                });
        return https;
    }

    private static void setIfAbsent(String property, String value) {
        if (System.getProperty(property) == null) {
            System.setProperty(property, value);
        }
    }

    private void enqueue(Consumer<Change> controller, Change change) {
        try {
            controllers.execute(() -> controller.accept(change));
        } catch (RejectedExecutionException e) {
            // The server is closing; nothing needs control any more.
        }
    }

    /** Start a server in real time on any free port. */
    public static SandboxServer start() {
        return start(Options.DEFAULT);
    }

    /**
     * Start a server.
     *
     * @throws UncheckedIOException if the port is taken
     */
    public static SandboxServer start(Options options) {
        return new SandboxServer(options);
    }

    /** Return where to reach it: {@code http://127.0.0.1:port}, with TLS {@code https}. */
    public String url() {
        String scheme = http instanceof HttpsServer ? "https" : "http";
        return scheme + "://127.0.0.1:" + http.getAddress().getPort();
    }

    /**
     * Let an experiment follow a scenario whenever it is launched; {@link Scenario#ANNOTATION} on
     * its Job or pod goes first.
     *
     * @throws IllegalArgumentException if the scenario cannot be read
     */
    public void script(String experiment, String scenario) {
        Scenario.parse(scenario);
        kubelet.script(experiment, scenario);
    }

    /** Let the experiments that hang end as if their time were over, from now on. */
    public void endHanging() {
        controllers.execute(kubelet::endHanging);
    }

    /**
     * Let the container of a pod say a line.
     *
     * @throws IllegalArgumentException if there is no such pod
     */
    public void say(String namespace, String pod, String line) {
        ObjectNode found =
                store.get(new Key(ApiResource.PODS, namespace, pod))
                        .orElseThrow(() ->
                                new IllegalArgumentException("no pod " + namespace + "/" + pod));
        logs.say(ObjectStore.uid(found), Instant.now(), line);
    }

    /**
     * Answer 403 from now on.
     *
     * @param verb as RBAC names it, or {@code *}
     * @param resource a plural, {@code plural/status}, or {@code *}
     */
    public void forbid(String verb, String resource) {
        handler.forbid(verb, resource);
    }

    /** Take back what {@link #forbid} said in the same words. */
    public void allow(String verb, String resource) {
        handler.allow(verb, resource);
    }

    /**
     * Create an object of somebody's file, and its namespace if need be: {@code default} if it
     * names none. What a cluster needs and the sandbox does not, such as roles and CRDs, is left
     * out.
     *
     * @param place where a path of it was found, for messages; the empty path is all of it
     * @return why it could not be created; nothing if it was or is left out
     */
    public List<String> load(UnaryOperator<String> place, ObjectNode object) {
        return new Loading(this, strictly, place, object).problems();
    }

    /**
     * Make up the ChaosExperiments that an engine lists and that do not exist.
     *
     * @return their names, in the engine's order; not those that no object can have, and none if
     *     the engine is unknown
     */
    public List<String> ensureExperiments(String namespace, String engine) {
        Set<String> made = new LinkedHashSet<>();
        JsonNode found =
                store.get(new Key(ApiResource.CHAOS_ENGINES, namespace, engine))
                        .orElseGet(Json::object);
        for (JsonNode listed : Json.items(found.path("spec"), "experiments")) {
            String name = Json.text(listed, "name");
            boolean exists =
                    store.get(new Key(ApiResource.CHAOS_EXPERIMENTS, namespace, name)).isPresent();
            if (!exists && !name.isEmpty()) {
                try {
                    registry.create(ApiResource.CHAOS_EXPERIMENTS, namespace, experiment(name));
                    made.add(name);
                } catch (StatusError e) {
                    // Then it stays missing, as it would in a cluster.
                }
            }
        }
        return List.copyOf(made);
    }

    private static ObjectNode experiment(String name) {
        ObjectNode experiment =
                Json.object(
                        "{'apiVersion':'litmuschaos.io/v1alpha1','kind':'ChaosExperiment',"
                                + "'spec':{'definition':{'scope':'Namespaced',"
                                + "'image':'litmuschaos/go-runner:latest','imagePullPolicy':'Always','command':['/bin/bash']}}}");
        Json.child(experiment, "metadata").put("name", name);
        ObjectNode definition = Json.child(Json.child(experiment, "spec"), "definition");
        definition.putArray("args").add("-c").add("./experiments -name " + name);
        ObjectNode labels = definition.putObject("labels");
        labels.put("name", name);
        labels.put("app.kubernetes.io/part-of", "litmus");
        labels.put("app.kubernetes.io/component", "experiment-job");
        return experiment;
    }

    /** Create an object as a client would, making its namespace first if need be. */
    void create(ApiResource resource, String namespace, ObjectNode object) {
        if (resource.namespaced) {
            store.atomically(() -> {
                if (store.get(new Key(ApiResource.NAMESPACES, "", namespace)).isEmpty()) {
                    createNamespace(namespace);
                }
                return true;
            });
        }
        registry.create(resource, namespace, object);
    }

    private void createNamespace(String name) {
        ObjectNode namespace = Json.object("{'apiVersion':'v1','kind':'Namespace'}");
        namespace.putObject("metadata").put("name", name);
        registry.create(ApiResource.NAMESPACES, "", namespace);
    }

    /** Every namespace gets a default service account, as the real controller sees to. */
    private void addServiceAccount(Change change) {
        Key key = change.key();
        if (key.resource() == ApiResource.NAMESPACES && change.type() == Change.Type.ADDED) {
            ObjectNode account = Json.object("{'apiVersion':'v1','kind':'ServiceAccount'}");
            account.putObject("metadata").put("name", "default");
            try {
                registry.create(ApiResource.SERVICE_ACCOUNTS, key.name(), account);
            } catch (StatusError e) {
                // Somebody created it first, or deleted the namespace already.
                if (e.code() != 409 && e.code() != 404) {
                    throw e;
                }
            }
        }
    }

    /** Stop serving; watches end, simulated containers vanish. */
    @Override
    public void close() {
        store.close();
        http.stop(0);
        controllers.shutdownNow();
        requests.shutdownNow();
    }
}
