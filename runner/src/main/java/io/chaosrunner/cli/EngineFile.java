package io.chaosrunner.cli;

import io.chaosrunner.crd.Engine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Read what people pass to commands: YAML files and {@code --set} values. */
final class EngineFile {
    private EngineFile() {}

    /**
     * Read the one ChaosEngine of some files; other objects are passed over.
     *
     * @throws ParameterException if there is none or more than one, or a file is unusable
     */
    static Engine read(List<Path> files, CommandLine command) {
        return engine(objects(files, command), files, command);
    }

    /**
     * Find the one ChaosEngine among the objects of some files.
     *
     * @throws ParameterException if there is none or more than one
     */
    static Engine engine(List<ObjectNode> objects, List<Path> files, CommandLine command) {
        List<Engine> engines =
                objects.stream().filter(EngineFile::isEngine).map(Engine::new).toList();
        if (engines.size() != 1) {
            throw new ParameterException(
                    command,
                    "expected one ChaosEngine in %s, but found %d"
                            .formatted(
                                    files.stream()
                                            .map(Path::toString)
                                            .collect(Collectors.joining(", ")),
                                    engines.size()));
        }
        return engines.getFirst();
    }

    static boolean isEngine(ObjectNode object) {
        return object.path("kind").asString("").equals("ChaosEngine");
    }

    /**
     * Read all objects of some files, those of Lists among them.
     *
     * @throws ParameterException if a file is unusable
     */
    static List<ObjectNode> objects(List<Path> files, CommandLine command) {
        var objects = new ArrayList<ObjectNode>();
        for (Path file : files) {
            String yaml;
            try {
                yaml = Files.readString(file);
            } catch (IOException e) {
                throw new ParameterException(
                        command, "cannot read " + file + "; is the path right?");
            }
            try {
                for (Object document :
                        new Load(LoadSettings.builder().build()).loadAllFromString(yaml)) {
                    add(JsonMapper.shared().valueToTree(document), file, objects, command);
                }
            } catch (YamlEngineException e) {
                throw new ParameterException(
                        command,
                        file
                                + " is not YAML: "
                                + String.valueOf(e.getMessage())
                                        .strip()
                                        .replaceAll("\\s*\\R\\s*", " "));
            }
        }
        return objects;
    }

    private static void add(
            JsonNode json, Path file, List<ObjectNode> objects, CommandLine command) {
        if (json.isNull() || json.isMissingNode()) {
            return;
        }
        if (json.path("kind").asString("").equals("List")) {
            json.path("items").forEach(item -> add(item, file, objects, command));
            return;
        }
        if (!(json instanceof ObjectNode object)
                || json.path("apiVersion").asString("").isEmpty()
                || json.path("kind").asString("").isEmpty()
                || json.path("metadata").path("name").asString("").isEmpty()) {
            throw new ParameterException(
                    command, file + " holds a document without apiVersion, kind or metadata.name");
        }
        objects.add(object);
    }

    /**
     * Read values as YAML, so that {@code maxParallel=3} is a number here as in the annotation.
     *
     * @throws ParameterException if one is not YAML
     */
    static Map<String, Object> settings(Map<String, String> written, CommandLine command) {
        var result = new LinkedHashMap<String, Object>();
        written.forEach((key, value) -> {
            try {
                Object parsed = new Load(LoadSettings.builder().build()).loadFromString(value);
                result.put(key, parsed == null ? "" : parsed);
            } catch (YamlEngineException e) {
                throw new ParameterException(
                        command, "--set %s: '%s' is not a YAML value".formatted(key, value));
            }
        });
        return result;
    }
}
