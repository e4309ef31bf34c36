package io.chaosrunner.validate;

import io.chaosrunner.config.Lines;
import io.chaosrunner.config.ManifestItem;
import io.chaosrunner.config.YamlText;
import io.chaosrunner.crd.Schema;
import io.chaosrunner.resolve.FieldProblem;
import io.chaosrunner.strategy.Parameters;
import io.chaosrunner.validate.Finding.Severity;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** One object of a file, with what is found wrong in it. */
class Document implements Schema.Findings {
    private static final String SPEC = "spec";

    /** The API server adds five letters, and keeps to the length of a label. */
    private static final int LONGEST_PREFIX = 58;

    /** Fields that Go reads as durations. */
    private static final Pattern DURATION =
            Pattern.compile(
                    ".*\\.runProperties\\.(probeTimeout|interval|probePollingInterval|initialDelay|evaluationTimeout)");

    private final String file;
    private final boolean stored;
    private final Lines lines;

    /** Where the object stands in its YAML document: {@code items[0].} in a List, else nothing. */
    private final String prefix;

    /** What of the written object stands for {@code spec} here. */
    private final String spec;

    private final JsonNode json;
    private final List<Finding> findings;

    private Document(
            String file,
            boolean stored,
            Lines lines,
            String prefix,
            String spec,
            JsonNode json,
            List<Finding> findings) {
        this.file = file;
        this.stored = stored;
        this.lines = lines;
        this.prefix = prefix;
        this.spec = spec;
        this.json = json;
        this.findings = findings;
    }

    /**
     * Takes one thing of a file.
     *
     * @param stored whether it is an object as the cluster holds it, and no file of a person
     * @param findings where everything goes that is wrong with it
     */
    static Document of(
            String file, boolean stored, Lines lines, ManifestItem item, List<Finding> findings) {
        return new Document(file, stored, lines, item.path(), SPEC, item.json(), findings);
    }

    /** Returns the engine that a schedule would create, with its lines and places in this. */
    Document engine() {
        ObjectNode engine = JsonMapper.shared().createObjectNode();
        engine.put("apiVersion", apiVersion()).put("kind", "ChaosEngine");
        engine.set("metadata", json.path("metadata"));
        JsonNode template = json.path(SPEC).path("engineTemplateSpec");
        if (!template.isMissingNode()) {
            engine.set(SPEC, template);
        }
        return new Document(
                file, stored, lines, prefix, SPEC + ".engineTemplateSpec", engine, findings) {
            @Override
            public String toString() {
                return Document.this.toString();
            }
        };
    }

    /** Returns the path in the written object. */
    private String inFile(String path) {
        boolean inSpec =
                path.equals(SPEC) || path.startsWith(SPEC + ".") || path.startsWith(SPEC + "[");
        return inSpec ? spec + path.substring(SPEC.length()) : path;
    }

    String file() {
        return file;
    }

    /** Returns whether the cluster holds the object, with what others than its author wrote. */
    boolean isStored() {
        return stored;
    }

    /** Returns the object; an empty one if it is none. */
    ObjectNode json() {
        return json instanceof ObjectNode object ? object : JsonMapper.shared().createObjectNode();
    }

    boolean isObject() {
        return json.isObject();
    }

    String kind() {
        return json.path("kind").asString("");
    }

    String apiVersion() {
        return json.path("apiVersion").asString("");
    }

    /** Returns the name; the beginning of one if the API server is to make it. */
    String name() {
        String name = json.path("metadata").path("name").asString("");
        String generated = generateName();
        return name.isEmpty()
                ? generated.substring(0, Math.min(LONGEST_PREFIX, generated.length()))
                : name;
    }

    /** Returns what the API server makes a name from; it cuts it. */
    String generateName() {
        return json.path("metadata").path("generateName").asString("");
    }

    boolean isNamed() {
        return !json.path("metadata").path("name").asString("").isEmpty();
    }

    /** Returns the namespace as written; empty if none is. */
    String namespace() {
        return json.path("metadata").path("namespace").asString("");
    }

    int line() {
        return line("");
    }

    int line(String path) {
        return lines.line(prefix + inFile(path));
    }

    @Override
    public Optional<String> asText(String path) {
        return lines.written(prefix + inFile(path))
                .map(text ->
                        DURATION.matcher(path).matches() && text.matches("\\d+(\\.\\d+)?")
                                ? text + "s"
                                : text);
    }

    /** Says that a setting in the YAML of an annotation cannot work. */
    void errorInside(String annotation, String path, String message) {
        add(Severity.ERROR, lines.lineOfSetting(prefix, annotation, path), annotation, message);
    }

    /** Says that something cannot work; the text goes on where the path ends. */
    @Override
    public void error(String path, String text) {
        add(Severity.ERROR, line(path), path, inFile(path) + text);
    }

    /** Says the same of something that is missing, where something else stands for it. */
    void errorAt(String instead, String path, String text) {
        add(Severity.ERROR, line(instead), path, inFile(path) + text);
    }

    /**
     * Says that something has no effect, or another than was meant; unless it is known to be
     * refused: one fault is said once.
     */
    @Override
    public void warning(String path, String text) {
        if (hasError(path)) {
            return;
        }
        add(Severity.WARNING, line(path), path, inFile(path) + text);
    }

    /** Says that the YAML inside a text is beyond what is read of it. */
    void beyondLimits(String path, YamlText.Unusable fault) {
        add(
                Severity.ERROR,
                lines.lineInside(prefix + inFile(path), fault.line()),
                path,
                inFile(path) + " " + fault.getMessage());
    }

    /** Says that the YAML inside a text is none. */
    void notYaml(String path, YamlEngineException fault) {
        add(
                Severity.ERROR,
                lines.lineOfFault(prefix + inFile(path), fault),
                path,
                inFile(path) + " is not YAML: " + Lines.reason(fault));
    }

    /** Passes on what resolving an engine found, unless an error is known there already. */
    void add(Severity severity, FieldProblem problem) {
        if (!hasError(problem.path())) {
            add(
                    severity,
                    line(problem.path()),
                    problem.path(),
                    problem.sentence().replace(problem.path(), inFile(problem.path())));
        }
    }

    void add(Severity severity, int line, String path, String message) {
        var finding = new Finding(severity, file, line, toString(), inFile(path), message);
        if (!findings.contains(finding)) {
            findings.add(finding);
        }
    }

    /** Tells whether something at this very path is known to be wrong. */
    boolean hasError(String path) {
        return findings.stream()
                .anyMatch(finding ->
                        finding.severity() == Severity.ERROR
                                && finding.path().equals(inFile(path))
                                && finding.object().equals(toString())
                                && finding.file().equals(file));
    }

    /** Returns "; did you mean …?", or nothing. */
    static String meant(String word, Collection<String> words) {
        return Parameters.nearest(word, words)
                .map(near -> "; did you mean '" + near + "'?")
                .orElse("");
    }

    @Override
    public String toString() {
        String name = namespace().isEmpty() ? name() : namespace() + "/" + name();
        return name.isEmpty() ? kind() : kind() + " " + name;
    }
}
