package io.chaosrunner.validate;

import io.chaosrunner.resolve.Flaw;
import io.chaosrunner.strategy.Parameters;
import io.chaosrunner.validate.Finding.Severity;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.Node;
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
     * Reads all objects of a text; those before a syntax error are returned as well.
     *
     * @param findings where everything goes that is wrong with the text and its objects
     */
    static List<Document> read(String file, String yaml, List<Finding> findings) {
        var documents = new ArrayList<Document>();
        try {
            Iterator<Object> values = new Load(settings(file)).loadAllFromString(yaml).iterator();
            for (Node node : new Compose(settings(file)).composeAllFromString(yaml)) {
                JsonNode json = JsonMapper.shared().valueToTree(values.next());
                Lines lines = Lines.of(node);
                if (json.path("kind").asString("").equals("List")) {
                    for (int i = 0; i < json.path("items").size(); i++) {
                        documents.add(
                                new Document(
                                        file,
                                        lines,
                                        "items[" + i + "].",
                                        json.path("items").path(i),
                                        findings));
                    }
                } else if (!json.isNull()) {
                    documents.add(new Document(file, lines, "", json, findings));
                }
            }
        } catch (YamlEngineException fault) {
            findings.add(
                    new Finding(
                            Severity.ERROR,
                            file,
                            Lines.lineOf(fault) + 1,
                            "",
                            "",
                            "is not YAML: " + Lines.reason(fault)));
        }
        return documents;
    }

    private static LoadSettings settings(String file) {
        return LoadSettings.builder().setLabel(file).build();
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

    String name() {
        return json.path("metadata").path("name").asString("");
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
