package io.chaosrunner.validate;

import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.config.ExecutionSettings;
import io.chaosrunner.config.KubernetesYaml;
import io.chaosrunner.config.ManifestItem;
import io.chaosrunner.config.YamlText;
import io.chaosrunner.crd.Engine;
import io.chaosrunner.plugin.StrategyCatalogue;
import io.chaosrunner.run.PlannedRun;
import io.chaosrunner.schedule.ScheduleSpec;
import io.chaosrunner.strategy.InvalidParameters.Problem;
import io.chaosrunner.strategy.Parameter;
import io.chaosrunner.testing.JsonSchema;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * What {@code docs/schemas} says is what the code reads. The schema of the engine is made of the
 * CRD; {@code -Dschemas=write} writes it anew.
 */
class SchemasTest {
    private static final Path ENGINE = Path.of("../docs/schemas/chaosengine.schema.json");
    private static final Pattern MODELINE =
            Pattern.compile("^# yaml-language-server: \\$schema=(\\S+)$", Pattern.MULTILINE);
    private static final Path CRD = Path.of("../deploy/crds/chaosengines.yaml");
    private static final JsonSchema EXECUTION = JsonSchema.named("execution.schema.json");

    // ---- The engine --------------------------------------------------------------------------

    private static ObjectNode engineSchema() throws IOException {
        Object crd = new Load(LoadSettings.builder().build()).loadFromString(Files.readString(CRD));
        JsonNode structural =
                JsonMapper.shared().valueToTree(crd).at("/spec/versions/0/schema/openAPIV3Schema");
        ObjectNode schema = JsonMapper.shared().createObjectNode();
        schema.put("$schema", "http://json-schema.org/draft-07/schema#")
                .put("$id", "https://chaosrunner.io/schemas/chaosengine.schema.json")
                .put("title", "ChaosEngine of LitmusChaos, as chaos-runner runs it");
        schema.put("type", "object").putArray("required").add("apiVersion").add("kind");
        // Beside the engine a file may hold what it needs.
        schema.putObject("if")
                .putObject("properties")
                .putObject("kind")
                .put("const", "ChaosEngine");
        schema.putObject("then").put("$ref", "#/definitions/engine");
        ObjectNode engine = schema.putObject("definitions").putObject("engine");
        engine.setAll(converted(structural, ""));
        ObjectNode properties = engine.withObject("properties");
        properties.putObject("apiVersion").put("const", "litmuschaos.io/v1alpha1");
        properties.putObject("kind").put("const", "ChaosEngine");
        ObjectNode metadata = properties.putObject("metadata").put("type", "object");
        ObjectNode annotations =
                metadata.putObject("properties").putObject("annotations").put("type", "object");
        ObjectNode ours = annotations.putObject("properties");
        ours.set(
                ExecutionSettings.ANNOTATION,
                annotation("How a run is executed; YAML as in execution.schema.json."));
        ours.set(
                ScheduleSpec.ANNOTATION,
                annotation("When it runs; YAML as in schedule.schema.json."));
        annotations.putObject("additionalProperties").put("type", "string");
        engine.putArray("required").add("metadata").add("spec");
        return schema;
    }

    private static ObjectNode annotation(String description) {
        return JsonMapper.shared()
                .createObjectNode()
                .put("type", "string")
                .put("description", description);
    }

    private static ObjectNode converted(JsonNode structural, String path) {
        ObjectNode schema = JsonMapper.shared().createObjectNode();
        for (String word :
                List.of(
                        "type",
                        "description",
                        "pattern",
                        "minLength",
                        "minProperties",
                        "required",
                        "oneOf",
                        "enum",
                        "minimum",
                        "maximum")) {
            if (structural.has(word)) {
                schema.set(word, structural.get(word).deepCopy());
            }
        }
        if (structural.path("x-kubernetes-int-or-string").asBoolean(false)) {
            schema.putArray("type").add("integer").add("string");
        }
        if (structural.has("items")) {
            schema.set("items", converted(structural.get("items"), path + "[]"));
        }
        if (structural.path("additionalProperties").isObject()) {
            schema.set(
                    "additionalProperties",
                    converted(structural.get("additionalProperties"), path + ".*"));
        }
        if (structural.has("properties")) {
            fields(structural, path, schema);
        }
        return schema;
    }

    /** A field that Litmus does not know is kept by the API server, and has no effect. */
    private static void fields(JsonNode structural, String path, ObjectNode schema) {
        ObjectNode properties = schema.putObject("properties");
        structural
                .path("properties")
                .properties()
                .forEach(field ->
                        properties.set(
                                field.getKey(),
                                converted(
                                        field.getValue(),
                                        path.isEmpty()
                                                ? field.getKey()
                                                : path + "." + field.getKey())));
        Set<String> known = EngineCheck.KNOWN.getOrDefault(path, Set.of());
        for (String name : new TreeSet<>(known)) {
            if (!properties.has(name) && !Set.of("execution", "schedule").contains(name)) {
                properties.putObject(name);
            }
        }
        boolean keepsAll = structural.path("x-kubernetes-preserve-unknown-fields").asBoolean(false);
        if (!path.isEmpty() && (!keepsAll || !known.isEmpty())) {
            schema.put("additionalProperties", false);
        }
    }

    @Test
    void theSchemaOfTheEngineIsMadeOfItsCrd() throws IOException {
        String made =
                JsonMapper.shared()
                                .writerWithDefaultPrettyPrinter()
                                .writeValueAsString(engineSchema())
                        + "\n";
        if (System.getProperty("schemas", "").equals("write")) {
            Files.writeString(ENGINE, made);
        }

        assertThat(Files.readString(ENGINE)).isEqualTo(made);
    }

    static Stream<Path> examples() throws IOException {
        try (Stream<Path> files = Files.walk(Path.of("../examples"), 2)) {
            return files
                    .filter(file -> file.toString().endsWith(".yaml"))
                    // It is copied to where no schema is beside it.
                    .filter(file -> !file.toString().contains("custom-strategy"))
                    .toList()
                    .stream();
        }
    }

    @ParameterizedTest
    @MethodSource("examples")
    void everyExampleIsAccepted(Path file) throws IOException {
        JsonSchema engine = JsonSchema.named("chaosengine.schema.json");
        String text = Files.readString(file);
        Matcher named = MODELINE.matcher(text);
        assertThat(named.find()).as("names its schema").isTrue();
        assertThat(file.resolveSibling(named.group(1)).normalize()).isEqualTo(ENGINE);
        for (ObjectNode object : objects(text, "ChaosExperiment")) {
            assertThat(engine.accepts(object)).isTrue();
        }
        for (ObjectNode object : objects(text, "ChaosEngine")) {
            assertThat(engine.accepts(object)).isTrue();
            new Engine(object)
                    .annotation(ExecutionSettings.ANNOTATION)
                    .ifPresent(held -> assertThat(EXECUTION.accepts(tree(held))).isTrue());
            new Engine(object)
                    .annotation(ScheduleSpec.ANNOTATION)
                    .ifPresent(held ->
                            assertThat(JsonSchema.named("schedule.schema.json").accepts(tree(held)))
                                    .isTrue());
        }
    }

    private static List<ObjectNode> objects(String text, String kind) throws IOException {
        var objects = new ArrayList<ObjectNode>();
        KubernetesYaml.read(
                new StringReader(text),
                KubernetesYaml.Limits.OF_FILES,
                document -> {
                    if (document instanceof KubernetesYaml.Document.Read read) {
                        for (ManifestItem item : ManifestItem.of(read.json())) {
                            if (item.kind().equals(kind)
                                    && item.json() instanceof ObjectNode object) {
                                objects.add(object);
                            }
                        }
                    }
                });
        return objects;
    }

    private static JsonNode tree(String text) {
        return JsonMapper.shared().valueToTree(YamlText.load(text));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{engineSate: active, experiments: [{name: a}]}",
                "{engineState: running, experiments: [{name: a}]}",
                "{experiments: {name: a}}",
                "{experiments: [{name: a, rnk: 1}]}",
                "{experiments: [{name: a, spec: {components: {env: [{name: A, VALUE: x}]}}}]}",
                "{experiments: [{name: a, spec: {components: {env: [{name: A, value: 5}]}}}]}",
                "{experiments: [{name: 5}]}",
                "{terminationGracePeriodSeconds: '5'}",
                "{jobCleanUpPolicy: Delete}",
                "{execution: {strategy: dag}}"
            })
    void whatValidateTellsOfAnEngineAnEditorTells(String spec) throws IOException {
        String text =
                "{apiVersion: litmuschaos.io/v1alpha1, kind: ChaosEngine, metadata: {name: e}, spec: %s}"
                        .formatted(spec);

        assertThat(objects(text, "ChaosEngine"))
                .singleElement()
                .matches(object -> !JsonSchema.named("chaosengine.schema.json").accepts(object));
    }

    // ---- Execution ---------------------------------------------------------------------------

    @Test
    void everyKeyThatIsReadIsInTheSchemaAndNoOther() {
        var keys = new TreeSet<>(ExecutionSettings.KEYS);
        for (StrategyCatalogue.Listed each : StrategyCatalogue.onClassPath().all()) {
            each.strategy().parameters().stream().map(Parameter::name).forEach(keys::add);
        }

        assertThat(EXECUTION.root().path("properties").propertyNames())
                .containsExactlyInAnyOrderElementsOf(keys);
        assertThat(EXECUTION.root().at("/definitions/key/enum").toString())
                .isEqualTo(JsonMapper.shared().writeValueAsString(ExecutionSettings.KEYS));
    }

    private static boolean isPlanned(String text) {
        var settings =
                ExecutionSettings.of(
                        JsonMapper.shared().createObjectNode(), Optional.of(text), Map.of());
        var problems = new ArrayList<Problem>(settings.problems());
        Optional<PlannedRun> run =
                PlannedRun.of(
                        StrategyCatalogue.onClassPath(), settings, List.of("a", "b"), 1, problems);
        run.ifPresent(PlannedRun::close);
        return problems.isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}",
                "strategy: sequential",
                "gap: 30s",
                "{maxParallel: 3, deadline: 1h30m, experimentTimeout: 10m, onFailure: stop, retries: 0}",
                "{retries: '2', retryBackoff: 500ms, retainOnFailure: true, seed: 7, history: 100}",
                "{strategy: parallel, stagger: 1m, maxParallel: '2'}",
                "{strategy: dag, dependencies: {b: [a.passed]}, onUnmet: fail}",
                "{strategy: dag, dependencies: {b: a}}",
                "{strategy: random, iterations: 4, minInterval: 1m, weights: {a: 2, b: 0.5}}",
                "{strategy: random, shuffle: true, noRepeat: 'false'}"
            })
    void whatIsPlannedIsAccepted(String text) {
        assertThat(isPlanned(text)).isTrue();
        assertThat(EXECUTION.accepts(tree(text))).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{maxParallel: 0}",
                "{maxParallel: two}",
                "{maxParallel: 1.5}",
                "{maxParallel: [1]}",
                "{deadline: 30}",
                "{deadline: 0s}",
                "{deadline: ''}",
                "{deadline: 5 m}",
                "{onFailure: halt}",
                "{retries: -1}",
                "{retainOnFailure: yes}",
                "{history: 0}",
                "{history: 101}",
                "{stratgy: dag}",
                "{stagger: 1m}",
                "{strategy: dag, gap: 1m}",
                "{strategy: dag, dependencies: [a]}",
                "{strategy: dag, dependencies: {b: [{a: passed}]}}",
                "{strategy: dag, onUnmet: wait}",
                "{strategy: random, iterations: 1, weights: {a: 0}}",
                "{strategy: random, iterations: 1, distribution: normal}",
                "{strategy: random, iterations: none}",
                "text"
            })
    void whatIsRefusedByItsFormIsRefusedByTheSchemaToo(String text) {
        assertThat(isPlanned(text)).isFalse();
        assertThat(EXECUTION.accepts(tree(text))).isFalse();
    }
}
