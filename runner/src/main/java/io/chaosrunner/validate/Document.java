package io.chaosrunner.validate;

import io.chaosrunner.config.Lines;
import io.chaosrunner.config.ManifestItem;
import io.chaosrunner.config.YamlText;
import io.chaosrunner.resolve.Flaw;
import io.chaosrunner.strategy.Parameters;
import io.chaosrunner.validate.Finding.Severity;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** One object of a file, with what is found wrong in it. */
final class Document {
    private final String file;
    private final Lines lines;

    /** Where the object stands in its YAML document: {@code items[0].} in a List, else nothing. */
    private final String prefix;

    private final JsonNode json;
    private final List<Finding> findings;

    private Document(
            String file, Lines lines, String prefix, JsonNode json, List<Finding> findings) {
        this.file = file;
        this.lines = lines;
        this.prefix = prefix;
        this.json = json;
        this.findings = findings;
    }

    /**
     * Takes one thing of a file.
     *
     * @param findings where everything goes that is wrong with it
     */
    static Document of(String file, Lines lines, ManifestItem item, List<Finding> findings) {
        return new Document(file, lines, item.path(), item.json(), findings);
    }

    String file() {
        return file;
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
        return name.isEmpty() ? generateName() : name;
    }

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
        return lines.line(prefix + path);
    }

    /** Returns the text of a value as the file has it, without quotes. */
    Optional<String> written(String path) {
        return lines.written(prefix + path);
    }

    /** Returns the lines of the YAML inside a text of this object. */
    Optional<Lines> inside(String path) {
        return lines.inside(prefix + path);
    }

    /** Says that something cannot work; the text goes on where the path ends. */
    void error(String path, String text) {
        add(Severity.ERROR, line(path), path, path + text);
    }

    /** Says that something has no effect, or another than was meant. */
    void warning(String path, String text) {
        add(Severity.WARNING, line(path), path, path + text);
    }

    /** Says that the YAML inside a text is beyond what is read of it. */
    void beyondLimits(String path, YamlText.Unusable fault) {
        add(
                Severity.ERROR,
                lines.lineInside(prefix + path, fault.line()),
                path,
                path + " " + fault.getMessage());
    }

    /** Says that the YAML inside a text is none. */
    void notYaml(String path, YamlEngineException fault) {
        add(
                Severity.ERROR,
                lines.lineOfFault(prefix + path, fault),
                path,
                path + " is not YAML: " + Lines.reason(fault));
    }

    /** Passes on what resolving an engine found, unless an error is known there already. */
    void add(Severity severity, Flaw flaw) {
        if (!hasError(flaw.path())) {
            add(severity, line(flaw.path()), flaw.path(), flaw.sentence());
        }
    }

    void add(Severity severity, int line, String path, String message) {
        var finding = new Finding(severity, file, line, toString(), path, message);
        if (!findings.contains(finding)) {
            findings.add(finding);
        }
    }

    /** Tells whether something at this very path is known to be wrong. */
    boolean hasError(String path) {
        return findings.stream()
                .anyMatch(finding ->
                        finding.severity() == Severity.ERROR
                                && finding.path().equals(path)
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
