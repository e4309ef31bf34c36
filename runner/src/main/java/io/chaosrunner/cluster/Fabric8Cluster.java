package io.chaosrunner.cluster;

import io.chaosrunner.cluster.ClusterException.Kind;
import io.chaosrunner.cluster.Credentials.ClientKey;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.http.HttpRequest;
import io.fabric8.kubernetes.client.http.HttpResponse;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.exc.JacksonIOException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.MissingNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Reach the API server through the fabric8 client.
 *
 * <p>fabric8 is handed a finished configuration: how the server is reached stands in {@link Access}
 * (docs/decisions/0044-our-own-kubeconfig.md). Bodies stay JSON trees and each call here is exactly
 * one request: the client's typed operations read before they patch and pay for reflection at
 * start-up.
 */
public final class Fabric8Cluster implements Cluster {

    /** More requests at once gain nothing (measured), and the JDK's client sets no bound. */
    private static final int REQUESTS_IN_FLIGHT = 64;

    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(5);
    private static final Duration REQUEST_TIMEOUT = Duration.ofSeconds(15);

    /** A little longer, so that the client has the first word on who was late. */
    private static final Duration LONGEST_ANSWER = REQUEST_TIMEOUT.plusSeconds(1);

    /** An answer that is streamed may take longer, but not for ever. */
    private static final Duration LONGEST_PAGE = Duration.ofMinutes(1);

    /** A container that has nothing to say is no failure, but its connection may be one. */
    private static final Duration LONGEST_SILENCE = Duration.ofMinutes(2);

    private static final int LONGEST_REFUSAL = 1 << 20;

    /** As clients of Kubernetes do. */
    private static final int PAGE = 500;

    /** A list of pages is begun so often before it is read in one. */
    private static final int PAGINGS = 2;

    private static final int GREETINGS = 3;
    private static final int HTTP_NOT_FOUND = 404;

    /** Asks the server to refuse what it would drop; servers before 1.25 do not know it. */
    static final String STRICT = "?fieldValidation=Strict";

    /** {@code 299 - "text"}: code, agent, and a quoted sentence. */
    private static final Pattern WARNING =
            Pattern.compile("\\d{3} \\S+ \"((?:[^\"\\\\]++|\\\\.)*+)\"");

    private static final int HTTP_TOO_MANY_REQUESTS = 429;

    private final JsonMapper mapper = JsonMapper.shared();
    private final Semaphore inFlight = new Semaphore(REQUESTS_IN_FLIGHT);
    private final Access access;
    private final Optional<ProxyBridge> bridge;
    private final Config config;
    private final Connections connections;
    private final String base;

    /** What the connections show; once there is another, others are opened. */
    private final AtomicReference<Optional<ClientKey>> shown;

    private volatile Consumer<String> warnings = sentence -> {};
    private volatile boolean closed;

    private Fabric8Cluster(Access access, Connections.Limits limits) {
        this.access = access;
        base = access.server();
        // Asked for now, so that what is wrong with them is known before any request goes out.
        var unused = access.credentials().authorization();
        shown = new AtomicReference<>(access.credentials().clientKey());
        config = config(REQUEST_TIMEOUT);
        bridge = access.proxy().map(this::bridge);
        connections = new Connections(this::newClient, URI.create(base), limits);
    }

    private ProxyBridge bridge(Proxy proxy) {
        try {
            return new ProxyBridge(access, proxy);
        } catch (IOException e) {
            throw new ClusterException(
                    Kind.UNREACHABLE, "the proxy %s cannot be used: %s".formatted(proxy, e), e);
        }
    }

    private Config config(Duration requestTimeout) {
        return new ConfigBuilder(Config.empty())
                .withMasterUrl(base)
                .withNamespace(access.namespace().orElse("default"))
                // Retries are ours: bounded, with jitter, and aware of what is safe.
                .withRequestRetryBackoffLimit(0)
                .withRequestTimeout((int) requestTimeout.toMillis())
                .build();
    }

    private Connections.Opened newClient() {
        var factory = new HttpClients(access, bridge, CONNECT_TIMEOUT);
        return new Connections.Opened(factory.newBuilder(config).build(), factory);
    }

    /**
     * See that there are credentials, before a connection is used: a plug-in may take its time, and
     * if it fails no request shall go out.
     *
     * @return whether connections show another certificate from now on
     */
    private boolean isKeyNew() {
        var unused = access.credentials().authorization();
        Optional<ClientKey> key = access.credentials().clientKey();
        boolean isNew = !shown.getAndSet(key).equals(key);
        if (isNew) {
            connections.renew();
        }
        return isNew;
    }

    private Connections.Stream open(Connections.Use use) {
        var unused = isKeyNew();
        return connections.open(use);
    }

    /**
     * Connect as the environment says: {@code KUBECONFIG}, its default place, or in-cluster.
     *
     * @throws ClusterException if there is nothing to go by
     */
    public static Fabric8Cluster connect() {
        return connect(Optional.empty(), Optional.empty());
    }

    /**
     * Connect with a kubeconfig file.
     *
     * @throws ClusterException if it cannot be read
     */
    public static Fabric8Cluster connect(Path kubeconfig) {
        return connect(Optional.of(kubeconfig), Optional.empty());
    }

    /**
     * Connect as a person at a terminal says.
     *
     * @param kubeconfig empty means as the environment says
     * @param context one of the kubeconfig's contexts; empty means its current one
     * @throws ClusterException if the file cannot be read or has no such context
     */
    public static Fabric8Cluster connect(Optional<Path> kubeconfig, Optional<String> context) {
        return connect(kubeconfig, context, System.err);
    }

    /**
     * Connect in the same way.
     *
     * @param errors where exec plug-ins speak to the person
     */
    public static Fabric8Cluster connect(
            Optional<Path> kubeconfig, Optional<String> context, OutputStream errors) {
        return connect(kubeconfig, context, Optional.empty(), Optional.empty(), errors);
    }

    /**
     * Connect in the same way, with another cluster or user than the context's.
     *
     * @param cluster one of the kubeconfig's clusters; empty means the context's
     * @param user one of the kubeconfig's users; empty means the context's
     */
    public static Fabric8Cluster connect(
            Optional<Path> kubeconfig,
            Optional<String> context,
            Optional<String> cluster,
            Optional<String> user,
            OutputStream errors) {
        return new Fabric8Cluster(
                Kubeconfig.read(
                        System.getenv(),
                        kubeconfig,
                        new Kubeconfig.Choice(context, cluster, user),
                        errors),
                Connections.Limits.DEFAULT);
    }

    /** Return the contexts of the kubeconfig that {@link #connect} would read. */
    public static List<String> contexts(Optional<Path> kubeconfig) {
        return Kubeconfig.contexts(System.getenv(), kubeconfig);
    }

    /** Return the names of namespaces; of very many, those of one page. */
    public List<String> namespaces() {
        JsonNode all = call("GET", "/api/v1/namespaces?limit=" + PAGE, null, null);
        return all.path("items")
                .valueStream()
                .map(each -> each.path("metadata").path("name").asString(""))
                .toList();
    }

    /** Connect to a server that asks for no credentials, such as the sandbox. */
    public static Fabric8Cluster connect(String url) {
        return connect(url, Connections.Limits.DEFAULT);
    }

    static Fabric8Cluster connect(String url, Connections.Limits limits) {
        return new Fabric8Cluster(Access.to(url), limits);
    }

    /**
     * See that something answers, soon: a person waits. Only an answer that takes too long is asked
     * for again.
     *
     * @throws ClusterException of kind {@link Kind#UNREACHABLE} if nothing does
     */
    public void ping() {
        for (int attempt = 1; ; attempt++) {
            try {
                callOnce("GET", "/version", null, null);
                return;
            } catch (ClusterException e) {
                if (e.kind() != Kind.UNREACHABLE) {
                    // It answers; what it grants is seen with the first real request.
                    return;
                }
                Throwable cause = e.getCause();
                boolean late =
                        cause instanceof HttpTimeoutException || cause instanceof TimeoutException;
                if (!late || attempt == GREETINGS) {
                    throw new ClusterException(
                            Kind.UNREACHABLE,
                            "no API server answers at %s%s; is it running, and is the kubeconfig's context the right one?"
                                    .formatted(
                                            base,
                                            bridge.flatMap(ProxyBridge::failure)
                                                    .or(() ->
                                                            Optional.ofNullable(cause)
                                                                    .map(Fabric8Cluster::words))
                                                    .map(why -> " (" + why + ")")
                                                    .orElse("")),
                            e);
                }
            }
        }
    }

    private static String words(Throwable cause) {
        String message = cause.getMessage();
        return message == null ? cause.getClass().getSimpleName() : message;
    }

    /** Return where the API server is. */
    public String url() {
        return base;
    }

    /** Return the namespace that the kubeconfig's context names. */
    public Optional<String> namespace() {
        return access.namespace();
    }

    @Override
    public Optional<ObjectNode> get(Resource resource, String namespace, String name) {
        try {
            return Optional.of(call("GET", path(resource, namespace, name), null, null));
        } catch (ClusterException e) {
            if (e.kind() == Kind.NOT_FOUND) {
                return Optional.empty();
            }
            throw e;
        }
    }

    @Override
    public Listing listing(Resource resource, String namespace, String selector) {
        All<ObjectNode> all = all(resource, namespace, labelQuery(selector), Found::object);
        return new Listing(all.version(), all.items());
    }

    /** Of what is not wanted nothing is kept: it may be large. */
    @Override
    public Optional<List<ObjectNode>> listNamed(
            Resource resource, String namespace, Predicate<String> wanted, int most) {
        var kept = new ArrayList<Found>();
        Page<Boolean> page =
                page(
                        resource,
                        namespace,
                        "limit=" + most,
                        found -> wanted.test(name(found.object())) && kept.add(found));
        // Where an answer was cut off, some came twice.
        Map<String, Found> byName = new LinkedHashMap<>();
        kept.forEach(found -> byName.put(name(found.object()), found));
        boolean isAll = page.next().isEmpty() && page.items().size() <= most;
        return isAll && byName.values().stream().allMatch(Found::isWhole)
                ? Optional.of(byName.values().stream().map(Found::object).toList())
                : Optional.empty();
    }

    private static String name(ObjectNode object) {
        return object.path("metadata").path("name").asString("");
    }

    /** Anybody may write events of anything: of very many, those of one page are enough. */
    @Override
    public List<ObjectNode> eventsOf(Resource resource, String namespace, String name, String uid) {
        String fields =
                "involvedObject.kind="
                        + resource.kind()
                        + ",involvedObject.name="
                        + name
                        + (uid.isEmpty() ? "" : ",involvedObject.uid=" + uid);
        String query = "fieldSelector=" + encode(fields) + "&limit=" + PAGE;
        return page(Resource.EVENTS, namespace, query, Found::object).items();
    }

    /**
     * Read all objects of a namespace, or of all where its name is empty, one by one: no more than
     * one is held at a time, beside what is kept of each.
     *
     * @param keep called for each object, and again for some where an answer was cut off
     */
    public <T> List<T> list(Resource resource, String namespace, Function<Found, T> keep) {
        return all(resource, namespace, "", keep).items();
    }

    /**
     * See that objects may be listed; reads one at most.
     *
     * @throws ClusterException if they may not, or are not served
     */
    public void checkList(Resource resource, String namespace) {
        page(resource, namespace, "limit=1", Found::isWhole);
    }

    <T> All<T> all(Resource resource, String namespace, String query, Function<Found, T> keep) {
        for (int attempt = 1; resource.isPaged() && attempt <= PAGINGS; attempt++) {
            try {
                return pages(resource, namespace, query, keep);
            } catch (ClusterException e) {
                if (e.kind() != Kind.GONE) {
                    throw e;
                }
                // It took so long that the version which the first page showed is gone.
            }
        }
        Page<T> whole = page(resource, namespace, query, keep);
        return new All<>(whole.version(), whole.items());
    }

    private <T> All<T> pages(
            Resource resource, String namespace, String query, Function<Found, T> keep) {
        String limited = (query.isEmpty() ? "" : query + "&") + "limit=" + PAGE;
        var items = new ArrayList<T>();
        Page<T> page = page(resource, namespace, limited, keep);
        items.addAll(page.items());
        while (!page.next().isEmpty()) {
            page = page(resource, namespace, limited + "&continue=" + encode(page.next()), keep);
            items.addAll(page.items());
        }
        return new All<>(page.version(), items);
    }

    private <T> Page<T> page(
            Resource resource, String namespace, String query, Function<Found, T> keep) {
        String path = resource.path(namespace) + (query.isEmpty() ? "" : "?" + query);
        try {
            return retried(() -> pageOnce(path, keep));
        } catch (ClusterException e) {
            // A namespace that does not exist has an empty list.
            throw e.kind() == Kind.NOT_FOUND
                    ? new ClusterException(
                            Kind.NOT_FOUND,
                            "the API server at %s does not serve %s"
                                    .formatted(base, resource.whereFrom()),
                            e)
                    : e;
        }
    }

    /** Read one answer as it comes: it may be larger than memory. */
    private <T> Page<T> pageOnce(String path, Function<Found, T> keep) {
        String what = "GET " + path;
        acquire();
        try (Connections.Stream stream = open(Connections.Use.REQUEST)) {
            HttpRequest request =
                    stream.http()
                            .newHttpRequestBuilder()
                            .uri(base + path)
                            .setHeader("Accept", "application/json")
                            .timeout(REQUEST_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)
                            .build();
            HttpResponse<InputStream> response =
                    await(what, stream, send(stream, request, InputStream.class));
            try (InputStream body = response.body()) {
                stream.reads(body);
                CompletableFuture<Void> late = closedAfter(body, LONGEST_PAGE);
                try {
                    if (!response.isSuccessful()) {
                        throw refusal(
                                "GET", path, response.code(), body.readNBytes(LONGEST_REFUSAL));
                    }
                    Page<T> page = Page.read(body, keep, stream::heard);
                    stream.heard();
                    return page;
                } finally {
                    late.cancel(false);
                }
            } catch (JacksonIOException | IOException e) {
                throw new ClusterException(
                        Kind.UNREACHABLE, what + ": the answer was cut off: " + e.getMessage(), e);
            } catch (JacksonException | ClassCastException e) {
                throw new ClusterException(
                        Kind.SERVER,
                        what + ": the answer is no list of objects; is this an API server?",
                        e);
            }
        } finally {
            inFlight.release();
        }
    }

    private static CompletableFuture<Void> closedAfter(InputStream body, Duration longest) {
        return CompletableFuture.runAsync(
                () -> {
                    try {
                        body.close();
                    } catch (IOException e) {
                        // Whoever reads from it hears of it.
                    }
                },
                CompletableFuture.delayedExecutor(longest.toMillis(), TimeUnit.MILLISECONDS));
    }

    /** A part of a list, and where the next one begins; empty if it is the last. */
    private record Page<T>(String version, String next, List<T> items) {
        static <T> Page<T> read(InputStream body, Function<Found, T> keep, Runnable heard) {
            var items = new ArrayList<T>();
            JsonNode metadata = MissingNode.getInstance();
            try (JsonParser parser = ObjectReader.parser(body)) {
                if (parser.nextToken() != JsonToken.START_OBJECT) {
                    throw new ClassCastException("no object");
                }
                while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
                    String name = parser.currentName();
                    JsonToken token = parser.nextToken();
                    if (name.equals("items") && token == JsonToken.START_ARRAY) {
                        while (parser.nextToken() != JsonToken.END_ARRAY) {
                            Found found = ObjectReader.next(parser, 0);
                            withoutManagedFields(found.object());
                            items.add(keep.apply(found));
                            heard.run();
                        }
                    } else if (name.equals("metadata") && token == JsonToken.START_OBJECT) {
                        metadata = ObjectReader.next(parser, 0).object();
                    } else {
                        parser.skipChildren();
                    }
                }
                if (parser.currentToken() != JsonToken.END_OBJECT) {
                    throw new ClassCastException("no end");
                }
            }
            return new Page<>(
                    metadata.path("resourceVersion").asString(""),
                    metadata.path("continue").asString(""),
                    items);
        }
    }

    @Override
    public ObjectNode create(Resource resource, String namespace, ObjectNode object) {
        return call("POST", resource.path(namespace), "application/json", object);
    }

    @Override
    public ObjectNode createStrictly(Resource resource, String namespace, ObjectNode object) {
        return told(
                object,
                call("POST", resource.path(namespace) + STRICT, "application/json", object));
    }

    /** Servers before 1.25 do not know strict validation: what they dropped is said. */
    ObjectNode told(ObjectNode written, ObjectNode stored) {
        DroppedFields.fields(written.path("spec"), stored.path("spec"), "spec")
                .forEach(field ->
                        warnings.accept(
                                "it dropped %s of %s %s, which its version of the schema does not know"
                                        .formatted(
                                                field,
                                                written.path("kind").asString(""),
                                                written.path("metadata")
                                                        .path("name")
                                                        .asString(""))));
        return stored;
    }

    @Override
    public ObjectNode replace(Resource resource, ObjectNode object) {
        return replace(resource, object, "");
    }

    @Override
    public ObjectNode replaceStrictly(Resource resource, ObjectNode object) {
        return told(object, replace(resource, object, STRICT));
    }

    private ObjectNode replace(Resource resource, ObjectNode object, String query) {
        JsonNode metadata = object.path("metadata");
        String name =
                path(
                        resource,
                        metadata.path("namespace").asString(),
                        metadata.path("name").asString());
        return call("PUT", name + query, "application/json", object);
    }

    /**
     * Hear what the API server warns of, such as a Pod that a namespace's policy will refuse.
     *
     * @param listener called on the thread of the request, once for each sentence; replaces the one
     *     before
     */
    public void hearWarnings(Consumer<String> listener) {
        Set<String> told = ConcurrentHashMap.newKeySet();
        warnings =
                sentence -> {
                    if (told.add(sentence)) {
                        listener.accept(sentence);
                    }
                };
    }

    /** Tell whether this account may do something, as the API server sees it. */
    public boolean may(String verb, Resource resource, String namespace) {
        ObjectNode review = mapper.createObjectNode();
        review.put("apiVersion", "authorization.k8s.io/v1").put("kind", "SelfSubjectAccessReview");
        review.putObject("spec")
                .putObject("resourceAttributes")
                .put("verb", verb)
                .put("group", resource.group())
                .put("resource", resource.plural())
                .put("namespace", namespace);
        return call(
                        "POST",
                        "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
                        "application/json",
                        review)
                .path("status")
                .path("allowed")
                .asBoolean(false);
    }

    @Override
    public ObjectNode patch(
            Resource resource, String namespace, String name, PatchType type, JsonNode patch) {
        return call("PATCH", path(resource, namespace, name), type.mediaType(), patch);
    }

    @Override
    public void delete(
            Resource resource, String namespace, String name, String uid, Propagation propagation) {
        ObjectNode options = mapper.createObjectNode();
        options.put("kind", "DeleteOptions").put("apiVersion", "v1");
        options.put("propagationPolicy", propagation.word());
        options.putObject("preconditions").put("uid", uid);
        try {
            call("DELETE", path(resource, namespace, name), "application/json", options);
        } catch (ClusterException e) {
            // Gone, or already another object of the same name: what was asked for holds.
            if (e.kind() != Kind.NOT_FOUND && e.kind() != Kind.CONFLICT) {
                throw e;
            }
        }
    }

    @Override
    public Following follow(
            Resource resource,
            String namespace,
            Selection selection,
            Listing known,
            Pace pace,
            Listener listener) {
        Reflector reflector =
                new Reflector(
                        this,
                        resource,
                        namespace,
                        selection,
                        known,
                        pace,
                        listener,
                        Reflector.Patience.DEFAULT);
        reflector.start();
        return reflector;
    }

    /** Say what of the way to the API server does not go on as it should. */
    public Optional<String> trouble() {
        return connections.trouble().or(() -> bridge.flatMap(ProxyBridge::trouble));
    }

    /**
     * Open the log of a pod's container.
     *
     * <p>A container that says nothing for two minutes may be one of a log that ends, without a
     * line, while the container goes on: it is to be opened again.
     *
     * @throws ClusterException of kind {@link Kind#NOT_FOUND} if the pod is gone, {@link
     *     Kind#INVALID} if it has no such container or the container has not started
     */
    public PodLog log(String namespace, String pod, PodLog.Query query) {
        String path = path(Resource.PODS, namespace, pod) + "/log?" + query.parameters();
        return query.follow() ? openLog(path, true) : retried(() -> openLog(path, false));
    }

    private PodLog openLog(String path, boolean follows) {
        // Nodes answer once the container says something.
        Duration longest = follows ? LONGEST_SILENCE : LONGEST_ANSWER;
        Connections.Stream stream = open(Connections.Use.WATCH);
        boolean open = false;
        try {
            CompletableFuture<HttpResponse<InputStream>> answer =
                    askForStream(stream, path, "text/plain, */*", longest);
            Optional<HttpResponse<InputStream>> response =
                    awaitWithin(longest, "GET " + path, stream, answer);
            if (response.isEmpty() && !follows) {
                throw unanswered("GET " + path, stream);
            }
            if (response.isPresent() && !response.get().isSuccessful()) {
                throw refusal("GET", path, response.get());
            }
            InputStream body =
                    response.map(HttpResponse::body).orElseGet(InputStream::nullInputStream);
            stream.reads(body);
            open = true;
            return new PodLog(stream, body);
        } finally {
            if (!open) {
                stream.close();
            }
        }
    }

    /** Open a watch: one JSON event per line, until the server ends it. */
    Watch watch(Resource resource, String namespace, String query, String version, Duration ends) {
        String path =
                resource.path(namespace)
                        + "?watch=true&allowWatchBookmarks=true"
                        + "&resourceVersion="
                        + encode(version)
                        + "&timeoutSeconds="
                        + ends.toSeconds()
                        + (query.isEmpty() ? "" : "&" + query);
        Connections.Stream stream = open(Connections.Use.WATCH);
        boolean open = false;
        try {
            HttpResponse<InputStream> response =
                    await(
                            "watch " + path,
                            stream,
                            askForStream(stream, path, "application/json", ends));
            if (!response.isSuccessful()) {
                throw refusal("watch", path, response);
            }
            stream.reads(response.body());
            open = true;
            return new Watch(stream, response.body());
        } finally {
            if (!open) {
                stream.close();
            }
        }
    }

    /**
     * Ask for an answer that is streamed.
     *
     * @param longest how long that may take, beyond what any request may
     */
    private CompletableFuture<HttpResponse<InputStream>> askForStream(
            Connections.Stream stream, String path, String accept, Duration longest) {
        HttpRequest request =
                stream.http()
                        .newHttpRequestBuilder()
                        .uri(base + path)
                        .setHeader("Accept", accept)
                        .forStreaming()
                        .timeout(longest.plus(REQUEST_TIMEOUT).toMillis(), TimeUnit.MILLISECONDS)
                        .build();
        return send(stream, request, InputStream.class);
    }

    /** A watch that is open, and the stream that it holds. */
    record Watch(Connections.Stream stream, InputStream body) implements AutoCloseable {
        @Override
        public void close() {
            try {
                body.close();
            } catch (IOException e) {
                // Nothing is read from it any more.
            } finally {
                stream.close();
            }
        }
    }

    JsonNode parse(String json) {
        return ObjectReader.read(json, 0).object();
    }

    /** Drop what nobody here asks for, and what is the greater part of a Job that is kept. */
    static ObjectNode withoutManagedFields(ObjectNode object) {
        if (object.path("metadata") instanceof ObjectNode metadata) {
            metadata.remove("managedFields");
        }
        return object;
    }

    /**
     * Make a client with a connection of its own, for what the library does as a whole.
     *
     * @param requestTimeout how long each of its requests waits for an answer
     */
    OwnClient ownClient(Duration requestTimeout) {
        var factory = new HttpClients(access, bridge, CONNECT_TIMEOUT);
        return new OwnClient(
                new KubernetesClientBuilder()
                        .withConfig(config(requestTimeout))
                        .withHttpClientFactory(factory)
                        .build(),
                factory);
    }

    /** A client that shares nothing with any other. */
    record OwnClient(KubernetesClient client, HttpClients factory) implements AutoCloseable {
        /** End what is under way, too; does not wait. */
        @Override
        public void close() {
            client.close();
            factory.abort();
        }
    }

    boolean isClosed() {
        return closed;
    }

    @Override
    public void close() {
        closed = true;
        connections.close();
        bridge.ifPresent(ProxyBridge::close);
    }

    static String labelQuery(String selector) {
        return selector.isEmpty() ? "" : "labelSelector=" + encode(selector);
    }

    static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    private static String path(Resource resource, String namespace, String name) {
        return resource.path(namespace) + "/" + encode(name);
    }

    ObjectNode call(
            String method, String path, @Nullable String mediaType, @Nullable JsonNode body) {
        return answer(method, path, mediaType, body).object();
    }

    /** Ask, and tell whether the answer is all of the object. */
    Found answer(String method, String path, @Nullable String mediaType, @Nullable JsonNode body) {
        return retried(() -> callOnce(method, path, mediaType, body));
    }

    private <T> T retried(Supplier<T> call) {
        for (int failed = 1; ; failed++) {
            try {
                return call.get();
            } catch (ClusterException e) {
                if (!e.isTransient() || failed == RetryBackoff.ATTEMPTS || closed) {
                    throw e;
                }
                pause(RetryBackoff.pause(failed, ThreadLocalRandom.current().nextDouble()));
            }
        }
    }

    private Found callOnce(
            String method, String path, @Nullable String mediaType, @Nullable JsonNode body) {
        String what = method + " " + path;
        acquire();
        HttpResponse<byte[]> response;
        try (Connections.Stream stream = open(Connections.Use.REQUEST)) {
            HttpRequest.Builder builder =
                    stream.http()
                            .newHttpRequestBuilder()
                            .uri(base + path)
                            .setHeader("Accept", "application/json")
                            .timeout(REQUEST_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
            if (mediaType != null && body != null) {
                builder.method(method, mediaType, mapper.writeValueAsString(body));
            }
            response = await(what, stream, send(stream, builder.build(), byte[].class));
        } finally {
            inFlight.release();
        }
        for (String header : response.headers("Warning")) {
            Matcher sentences = WARNING.matcher(header);
            while (sentences.find()) {
                warnings.accept(sentences.group(1).replaceAll("\\\\(.)", "$1"));
            }
        }
        byte[] content = response.body() == null ? new byte[0] : response.body();
        if (!response.isSuccessful()) {
            throw refusal(method, path, response.code(), content);
        }
        try {
            Found found = ObjectReader.read(content);
            withoutManagedFields(found.object());
            return found;
        } catch (JacksonException | ClassCastException e) {
            throw new ClusterException(
                    Kind.SERVER,
                    what + ": the answer is no JSON object; is this an API server?",
                    e);
        }
    }

    private static <T> CompletableFuture<HttpResponse<T>> send(
            Connections.Stream stream, HttpRequest request, Class<T> body) {
        try {
            return stream.http().sendAsync(request, body);
        } catch (IllegalStateException | RejectedExecutionException closedMeanwhile) {
            return CompletableFuture.failedFuture(closedMeanwhile);
        }
    }

    private ClusterException refusal(
            String method, String path, HttpResponse<InputStream> response) {
        try (InputStream body = response.body()) {
            return refusal(method, path, response.code(), body.readNBytes(LONGEST_REFUSAL));
        } catch (IOException e) {
            return new ClusterException(Kind.UNREACHABLE, method + " " + path + ": " + e, e);
        }
    }

    private ClusterException refusal(String method, String path, int code, byte[] body) {
        String message = "";
        String reason = "";
        try {
            JsonNode status = parse(new String(body, StandardCharsets.UTF_8));
            message = status.path("message").asString("");
            reason = status.path("reason").asString("");
        } catch (JacksonException | ClassCastException notJson) {
            message = new String(body, StandardCharsets.UTF_8).strip();
        }
        Kind kind =
                switch (code) {
                    case HTTP_NOT_FOUND -> Kind.NOT_FOUND;
                    case 409 ->
                            reason.equals("AlreadyExists") ? Kind.ALREADY_EXISTS : Kind.CONFLICT;
                    // With other credentials it may be answered.
                    case 401 -> isKeyNew() ? Kind.SERVER : Kind.FORBIDDEN;
                    case 403 -> Kind.FORBIDDEN;
                    case 410 -> Kind.GONE;
                    case 415 -> Kind.UNSUPPORTED;
                    case HTTP_TOO_MANY_REQUESTS -> Kind.SERVER;
                    default -> code >= 500 ? Kind.SERVER : Kind.INVALID;
                };
        return new ClusterException(
                kind,
                "%s %s: %d %s".formatted(method, path, code, message.isEmpty() ? reason : message));
    }

    /** A request has a time-out of its own; a watch has one that is longer than its life. */
    private <T> T await(String what, Connections.Stream stream, CompletableFuture<T> future) {
        return awaitWithin(LONGEST_ANSWER, what, stream, future)
                .orElseThrow(() -> unanswered(what, stream));
    }

    private ClusterException unanswered(String what, Connections.Stream stream) {
        var late = new TimeoutException();
        stream.failed(late);
        return new ClusterException(Kind.UNREACHABLE, what + ": no answer from " + base, late);
    }

    /** Return the answer; empty if none came in time, and none is awaited any more. */
    private <T> Optional<T> awaitWithin(
            Duration longest, String what, Connections.Stream stream, CompletableFuture<T> future) {
        try {
            T answer = future.get(longest.toMillis(), TimeUnit.MILLISECONDS);
            stream.heard();
            return Optional.of(answer);
        } catch (ExecutionException e) {
            Throwable cause = e.getCause() == null ? e : e.getCause();
            if (cause instanceof ClusterException credentials) {
                stream.heard();
                throw credentials;
            }
            stream.failed(cause);
            String why = bridge.flatMap(ProxyBridge::failure).orElseGet(cause::toString);
            throw new ClusterException(
                    Kind.UNREACHABLE, what + ": no answer from " + base + ": " + why, cause);
        } catch (TimeoutException e) {
            future.cancel(true);
            return Optional.empty();
        } catch (InterruptedException e) {
            future.cancel(true);
            Thread.currentThread().interrupt();
            throw new ClusterException(Kind.UNREACHABLE, what + ": interrupted", e);
        }
    }

    private void acquire() {
        try {
            inFlight.acquire();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ClusterException(Kind.UNREACHABLE, "interrupted", e);
        }
    }

    private static void pause(Duration duration) {
        try {
            TimeUnit.MILLISECONDS.sleep(duration.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ClusterException(Kind.UNREACHABLE, "interrupted", e);
        }
    }

    /** The objects of a list, and the version to watch from. */
    record All<T>(String version, List<T> items) {}
}
