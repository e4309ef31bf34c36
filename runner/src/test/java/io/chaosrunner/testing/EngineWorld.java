package io.chaosrunner.testing;

import io.chaosrunner.claim.Claim;
import io.chaosrunner.cli.CrdSchemas;
import io.chaosrunner.cluster.Cluster.Listener;
import io.chaosrunner.cluster.Cluster.PatchType;
import io.chaosrunner.cluster.Cluster.Propagation;
import io.chaosrunner.cluster.Cluster.Selection;
import io.chaosrunner.cluster.Fabric8Cluster;
import io.chaosrunner.cluster.Resource;
import io.chaosrunner.crd.Engine;
import io.chaosrunner.model.EngineRef;
import io.chaosrunner.sandbox.SandboxServer;
import io.chaosrunner.sandbox.SandboxServer.Request;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * A sandbox with one engine {@code e} in namespace {@code n}, and somebody who looks on.
 *
 * <p>Experiments run for some milliseconds. Objects are written as JSON with single quotes.
 */
public final class EngineWorld implements AutoCloseable {
    public static final EngineRef ENGINE = new EngineRef("n", "e");

    private final SandboxServer server;
    private final Fabric8Cluster onlooker;
    private final List<Request> requests = new ArrayList<>();
    private volatile Consumer<Request> hook = request -> {};
    private final List<Request> ours = new ArrayList<>();

    private EngineWorld(SandboxServer.Options options) {
        server = SandboxServer.start(options.withObserver(this::observe));
        onlooker = Fabric8Cluster.connect(server.url());
    }

    /** A world whose experiments take a fiftieth of what their scenarios say. */
    public static EngineWorld start() {
        return new EngineWorld(
                SandboxServer.Options.DEFAULT.withSpeed(50).withSchemas(new CrdSchemas()));
    }

    public static EngineWorld start(SandboxServer.Options options) {
        return new EngineWorld(options);
    }

    private void observe(Request request) {
        synchronized (requests) {
            if (ours.remove(request)) {
                return;
            }
            requests.add(request);
        }
        hook.accept(request);
    }

    /** Announce a request of the onlooker, which does not count. */
    private void announce(String verb, Resource resource, String name) {
        synchronized (requests) {
            ours.add(new Request(verb, resource.plural(), "n", name));
        }
    }

    public SandboxServer server() {
        return server;
    }

    /** Connect as the runner does. */
    public Fabric8Cluster connect() {
        return Fabric8Cluster.connect(server.url());
    }

    /** The requests so far, but for the onlooker's. */
    public List<Request> requests() {
        synchronized (requests) {
            return List.copyOf(requests);
        }
    }

    public long count(String verb, String resource) {
        return requests().stream()
                .filter(r -> r.verb().equals(verb) && r.resource().equals(resource))
                .count();
    }

    /** Have something done on each request before it is carried out. */
    public void onRequest(Consumer<Request> action) {
        hook = action;
    }

    // ---- What is there ------------------------------------------------------------------------

    /** Create the engine with these experiments, and each of them. */
    public EngineWorld listing(String... experiments) {
        return engineWith("{}", experiments);
    }

    /** Create the engine with a part of its own, merged into it, and its experiments. */
    public EngineWorld engineWith(String part, String... experiments) {
        String list =
                Arrays.stream(experiments)
                        .map(name -> "{'name': '%s'}".formatted(name))
                        .collect(Collectors.joining(", "));
        ObjectNode engine =
                json(
                        """
                        {'apiVersion': 'litmuschaos.io/v1alpha1', 'kind': 'ChaosEngine',
                         'metadata': {'name': 'e', 'namespace': 'n'},
                         'spec': {'engineState': 'active', 'chaosServiceAccount': 'sa',
                                  'unknown': {'kept': [1]}, 'experiments': [%s]},
                         'status': {'engineStatus': 'initialized', 'tomorrow': true}}
                        """
                                .formatted(list));
        merge(engine, json(part));
        load(engine);
        server.ensureExperiments("n", "e");
        return this;
    }

    /** Let an experiment follow a scenario. */
    public EngineWorld script(String experiment, String scenario) {
        server.script(experiment, scenario);
        return this;
    }

    public EngineWorld load(JsonNode object) {
        var problems = server.load(field -> "test: " + field, (ObjectNode) object.deepCopy());
        if (!problems.isEmpty()) {
            throw new IllegalArgumentException(String.join("; ", problems));
        }
        return this;
    }

    /** Merge-patch the engine, as a user or the operator would. */
    public void edit(String patch) {
        edit(Resource.ENGINES, "e", patch);
    }

    public void edit(Resource resource, String name, String patch) {
        announce("patch", resource, name);
        onlooker.patch(resource, "n", name, PatchType.MERGE, json(patch));
    }

    public void delete(Resource resource, String name) {
        announce("get", resource, name);
        onlooker.get(resource, "n", name)
                .ifPresent(object -> {
                    announce("delete", resource, name);
                    onlooker.delete(
                            resource,
                            "n",
                            name,
                            object.path("metadata").path("uid").asString(),
                            Propagation.BACKGROUND);
                });
    }

    // ---- What is seen -------------------------------------------------------------------------

    public Engine engine() {
        return new Engine(get(Resource.ENGINES, "e").orElseThrow());
    }

    public Optional<ObjectNode> get(Resource resource, String name) {
        announce("get", resource, name);
        return onlooker.get(resource, "n", name);
    }

    public Claim claim() {
        return Claim.of(engine()).orElseThrow();
    }

    public List<ObjectNode> list(Resource resource) {
        announce("list", resource, "");
        return onlooker.list(resource, "n", "");
    }

    public List<String> names(Resource resource) {
        return list(resource).stream()
                .map(o -> o.path("metadata").path("name").asString())
                .toList();
    }

    /** The status entries as {@code name: status/verdict}. */
    public List<String> entries() {
        return engine().statusEntries().stream()
                .map(entry ->
                        "%s: %s/%s"
                                .formatted(
                                        entry.path("name").asString(),
                                        entry.path("status").asString(),
                                        entry.path("verdict").asString()))
                .toList();
    }

    /** The engine's events as {@code reason type xcount}, in the order of their creation. */
    public List<String> events(String experiment) {
        String uid = engine().uid();
        return list(Resource.EVENTS).stream()
                .filter(event ->
                        event.path("metadata")
                                .path("name")
                                .asString()
                                .equals(event.path("reason").asString() + experiment + uid))
                .sorted(
                        Comparator.comparing(event ->
                                event.path("metadata").path("creationTimestamp").asString()))
                .map(event ->
                        "%s %s x%d"
                                .formatted(
                                        event.path("reason").asString(),
                                        event.path("type").asString(),
                                        event.path("count").asInt()))
                .toList();
    }

    public String message(String reason) {
        return list(Resource.EVENTS).stream()
                .filter(event -> event.path("reason").asString().equals(reason))
                .map(event -> event.path("message").asString())
                .collect(Collectors.joining("; "));
    }

    /** Follow all Jobs there ever are; the listener is called by one thread. */
    public void followJobs(Listener listener) {
        announce("list", Resource.JOBS, "");
        announce("watch", Resource.JOBS, "");
        onlooker.follow(
                Resource.JOBS, "n", new Selection.Labelled(""), Duration.ofSeconds(1), listener);
    }

    public static ObjectNode json(String text) {
        return (ObjectNode) JsonMapper.shared().readTree(text.replace('\'', '"'));
    }

    private static void merge(ObjectNode into, JsonNode part) {
        part.properties()
                .forEach(e -> {
                    if (e.getValue() instanceof ObjectNode child
                            && into.path(e.getKey()) instanceof ObjectNode present) {
                        merge(present, child);
                    } else {
                        into.set(e.getKey(), e.getValue());
                    }
                });
    }

    @Override
    public void close() {
        onlooker.close();
        server.close();
    }
}
