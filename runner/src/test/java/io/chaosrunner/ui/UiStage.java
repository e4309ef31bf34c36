package io.chaosrunner.ui;

import io.chaosrunner.claim.StartTable.Caller;
import io.chaosrunner.cluster.Cluster.PatchType;
import io.chaosrunner.cluster.Fabric8Cluster;
import io.chaosrunner.cluster.Resource;
import io.chaosrunner.crd.Engine;
import io.chaosrunner.model.EngineRef;
import io.chaosrunner.plugin.StrategyCatalogue;
import io.chaosrunner.run.EngineRun;
import io.chaosrunner.run.RunRequest;
import io.chaosrunner.sandbox.SandboxServer;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** The live page of a sandbox, and a browser that says what it is told to say. */
abstract class UiStage {
    static final UiServer.Limits LIMITS = limits(32, 64, 16, Duration.ofSeconds(10));

    SandboxServer sandbox;
    Fabric8Cluster cluster;
    UiServer server;
    Raw raw;

    static UiServer.Limits limits(int requests, int listeners, int feeds, Duration write) {
        return new UiServer.Limits(
                requests, listeners, feeds, write, Duration.ofMillis(200), Duration.ofSeconds(3));
    }

    @BeforeEach
    void start() {
        sandbox = SandboxServer.start(SandboxServer.Options.DEFAULT.withSpeed(20));
        cluster = Fabric8Cluster.connect(sandbox.url());
        server = served("litmus", LIMITS);
        raw = new Raw(server.url());
    }

    /** Serve anew, in another way. */
    void serve(String namespace, UiServer.Limits limits) {
        server.close();
        server = served(namespace, limits);
        raw = new Raw(server.url());
    }

    private UiServer served(String namespace, UiServer.Limits limits) {
        return UiServer.start(
                cluster,
                new UiServer.Options(
                        namespace,
                        0,
                        "test/1",
                        () -> StrategyCatalogue.load(Optional.empty(), stack -> {}),
                        cluster::log),
                Clock.systemUTC(),
                limits);
    }

    @AfterEach
    void stop() {
        server.close();
        cluster.close();
        sandbox.close();
    }

    static ObjectNode json(String text) {
        return (ObjectNode) JsonMapper.shared().readTree(text.replace('\'', '"'));
    }

    static ArrayNode list(String... experiments) {
        var list = JsonMapper.shared().createArrayNode();
        for (String each : experiments) {
            String[] words = each.split("=", 2);
            ObjectNode experiment = list.addObject().put("name", words[0]);
            if (words.length > 1) {
                experiment
                        .putObject("spec")
                        .putObject("components")
                        .putObject("experimentAnnotations")
                        .put("sandbox.chaosrunner.io/scenario", words[1]);
            }
        }
        return list;
    }

    void engine(String namespace, String name, String execution, String... experiments) {
        ObjectNode engine =
                json(
                        "{'apiVersion':'litmuschaos.io/v1alpha1','kind':'ChaosEngine','metadata':{'name':'"
                                + name
                                + "'},'spec':{'engineState':'active','chaosServiceAccount':'default'}}");
        ((ObjectNode) engine.path("metadata"))
                .putObject("annotations")
                .put("chaosrunner.io/execution", json(execution).toString());
        ((ObjectNode) engine.path("spec")).set("experiments", list(experiments));
        var _ =
                sandbox.load(
                        field -> field,
                        json(
                                "{'apiVersion':'v1','kind':'Namespace','metadata':{'name':'"
                                        + namespace
                                        + "'}}"));
        cluster.create(Resource.ENGINES, namespace, engine);
        var _ = sandbox.ensureExperiments(namespace, name);
    }

    Engine engine(String name) {
        return new Engine(cluster.get(Resource.ENGINES, "litmus", name).orElseThrow());
    }

    void patch(String name, String field, JsonNode value) {
        cluster.patch(
                Resource.ENGINES, "litmus", name, PatchType.MERGE, json("{}").set(field, value));
    }

    void run(String name) {
        var _ =
                new EngineRun(
                                cluster,
                                new RunRequest(
                                        new EngineRef("litmus", name),
                                        Caller.PERSON,
                                        Optional.empty(),
                                        Optional.empty(),
                                        Map.of(),
                                        "test/2"),
                                StrategyCatalogue.load(Optional.empty(), stack -> {}),
                                Clock.systemUTC(),
                                notice -> {})
                        .run();
    }

    Thread begin(String name) {
        return Thread.ofVirtual().start(() -> run(name));
    }
}
