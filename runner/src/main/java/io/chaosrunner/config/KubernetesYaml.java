package io.chaosrunner.config;

import java.io.BufferedReader;
import java.io.FilterReader;
import java.io.IOException;
import java.io.Reader;
import java.io.Serial;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.snakeyaml.engine.v2.api.ConstructNode;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.common.ScalarStyle;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.nodes.Tag;
import org.snakeyaml.engine.v2.resolver.ScalarResolver;
import org.snakeyaml.engine.v2.schema.Schema;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * The documents of a YAML or JSON text as kubectl reads them (sigs.k8s.io/yaml): {@code yes} and
 * {@code on} are true, {@code 0777} is octal, {@code <<} merges, objects of JSON may follow each
 * other. What tools disagree about is refused: a key that is written twice, and one above a {@code
 * <<} that merges another value of it, which kubectl takes and others do not.
 *
 * <p>One document is held at a time, and each is read for itself: one that is not YAML does not
 * spoil the others.
 */
public final class KubernetesYaml {
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    /** What a value counts beside its text. */
    private static final int VALUE = 16;

    private static final JsonFactory JSON = new JsonFactory();
    private static final String MARKER = "---";
    private static final Set<String> NULLS = Set.of("", "~", "null", "Null", "NULL");
    private static final Set<String> TRUE =
            Set.of("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON");
    private static final Set<String> FALSE =
            Set.of("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF");
    private static final Pattern NO_NUMBER =
            Pattern.compile("[-+]?\\.(inf|Inf|INF)|\\.(nan|NaN|NAN)");
    private static final Pattern INTEGER =
            Pattern.compile(
                    "([-+]?)(?:0[xX](?<hex>[0-9a-fA-F]+)|0[bB](?<binary>[01]+)"
                            + "|0[oO]?(?<octal>[0-7]+)|(?<decimal>0|[1-9][0-9]*))");
    private static final Pattern FLOAT =
            Pattern.compile("[-+]?(\\.[0-9]+|[0-9]+(\\.[0-9]*)?)([eE][-+]?[0-9]+)?");

    /** Marks a scalar without quotes and without a tag, whose type follows from its text. */
    private static final Tag PLAIN = new Tag("!plain");

    private static final LoadSettings SETTINGS =
            LoadSettings.builder()
                    .setSchema(new Untyped())
                    // What anchors add is bounded by size here, and no other size is wrong.
                    .setMaxAliasesForCollections(Integer.MAX_VALUE)
                    .setCodePointLimit(Integer.MAX_VALUE)
                    // Refused here, with a line.
                    .setAllowNonScalarKeys(true)
                    .build();

    /** An API server stores no object of more than 1.5 MiB. */
    private static final int LONGEST_TEXT = 16 << 20;

    /** What overlays build is tens of megabytes. */
    private static final int LONGEST_FILE = 256 << 20;

    private static final int MOST_VALUES = 1_000_000;

    private final Limits limits;

    /** What anchors and merge keys may still add. */
    private long left;

    private KubernetesYaml(Limits limits, int length) {
        this.limits = limits;
        this.left = (long) length * (1 + VALUE) + limits.expansion();
    }

    /**
     * Bounds of a document.
     *
     * @param deepest how many maps and lists may stand in each other
     * @param expansion how many characters anchors may add, where each value counts as 16 more
     */
    public record Limits(int deepest, int expansion) {
        /** Bounds of people's own files: what is greater, no API server stores. */
        public static final Limits OF_FILES = new Limits(500, 8 << 20);

        /** Anchors are bounded by what they add. */
        private YamlText.Limits ofText() {
            return new YamlText.Limits(LONGEST_TEXT + 1, deepest, MOST_VALUES, true);
        }
    }

    /** One document that is not empty. */
    public sealed interface Document {
        /** Return the line of the text that it begins on, from 1. */
        int line();

        /**
         * A document that can be used.
         *
         * @param lines of its parts
         * @param json its value; never null
         */
        record Read(int line, Lines lines, JsonNode json) implements Document {}

        /**
         * One that cannot.
         *
         * @param line where it ceases to be YAML
         * @param why such as {@code is not YAML: …}
         * @param template whether it has marks of a template, which makes YAML only when rendered
         */
        record Unreadable(int line, String why, boolean template) implements Document {}
    }

    /** Says that a node cannot be used. */
    private static final class Unusable extends RuntimeException {
        @Serial private static final long serialVersionUID = 1L;

        private final transient Node at;

        private Unusable(Node at, String why) {
            super(why);
            this.at = at;
        }
    }

    /**
     * Read a text from its beginning to its end.
     *
     * @param to receives each document as soon as it is read
     */
    public static void read(Reader text, Limits limits, Consumer<Document> to) throws IOException {
        var bounded = new Bounded(text);
        var lines = new BufferedReader(bounded);
        var document = new StringBuilder();
        int begin = 1;
        int number = 0;
        try {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                number++;
                if (number == 1 && line.startsWith("\ufeff")) {
                    line = line.substring(1);
                }
                if (isMarker(line)) {
                    one(document, begin, limits, to);
                    document.setLength(0);
                    begin = number;
                    bounded.beginDocument();
                }
                document.append(line).append('\n');
            }
        } catch (TooLong e) {
            to.accept(new Document.Unreadable(begin, String.valueOf(e.getMessage()), false));
            return;
        }
        one(document, begin, limits, to);
    }

    /** Reads no more than can be used, for a file may have no end, and a document, too. */
    private static final class Bounded extends FilterReader {
        private long left = LONGEST_FILE;
        private long leftOfDocument = LONGEST_TEXT;

        private Bounded(Reader text) {
            super(text);
        }

        @Override
        public int read(char[] buffer, int offset, int length) throws IOException {
            int read = super.read(buffer, offset, length);
            left -= Math.max(0, read);
            leftOfDocument -= Math.max(0, read);
            if (left < 0 || leftOfDocument < 0) {
                throw new TooLong(left < 0 ? LONGEST_FILE : LONGEST_TEXT);
            }
            return read;
        }

        private void beginDocument() {
            leftOfDocument = LONGEST_TEXT;
        }
    }

    private static final class TooLong extends IOException {
        @Serial private static final long serialVersionUID = 1L;

        private TooLong(int limit) {
            super(
                    "is part of a %s of more than %d MiB, and no more is read; give the objects in smaller ones"
                            .formatted(limit == LONGEST_TEXT ? "document" : "file", limit >> 20));
        }
    }

    private static boolean isMarker(String line) {
        return line.startsWith(MARKER)
                && (line.length() == MARKER.length()
                        || Character.isWhitespace(line.charAt(MARKER.length())));
    }

    private static void one(StringBuilder text, int line, Limits limits, Consumer<Document> to) {
        String yaml = text.toString();
        // JSON may be indented by tabs, YAML may not.
        if (yaml.stripLeading().startsWith("{")) {
            yaml = withoutTabs(yaml);
        }
        Document read;
        try {
            YamlText.check(yaml, limits.ofText());
            Optional<Node> root = new Compose(SETTINGS).composeString(yaml);
            if (root.isEmpty()) {
                return;
            }
            JsonNode json = new KubernetesYaml(limits, yaml.length()).value(root.get(), 0);
            if (json.isNull()) {
                return;
            }
            read =
                    new Document.Read(
                            line + line(root.get()), Lines.of(root.get(), line, yaml), json);
        } catch (YamlText.Unusable e) {
            read = unreadable(line + e.line(), String.valueOf(e.getMessage()), yaml);
        } catch (Unusable e) {
            read = unreadable(line + line(e.at), String.valueOf(e.getMessage()), yaml);
        } catch (YamlEngineException e) {
            List<Integer> ends = jsonObjects(yaml);
            if (ends.size() > 1) {
                several(yaml, ends, line, limits, to);
                return;
            }
            read = unreadable(line + Lines.lineOf(e), "is not YAML: " + Lines.reason(e), yaml);
        } catch (StackOverflowError e) {
            read = unreadable(line, tooDeep(limits), yaml);
        }
        to.accept(read);
    }

    /** Read JSON objects that follow each other, as programs such as jq write them. */
    private static void several(
            String text, List<Integer> ends, int line, Limits limits, Consumer<Document> to) {
        int from = 0;
        int at = line;
        for (int end : ends) {
            String object = text.substring(from, end);
            String blanks = object.substring(0, object.length() - object.stripLeading().length());
            int begin = at + lineBreaks(blanks);
            one(new StringBuilder(object.strip()), begin, limits, to);
            at += lineBreaks(object);
            from = end;
        }
    }

    private static int lineBreaks(String text) {
        return (int) text.chars().filter(c -> c == '\n').count();
    }

    /** Find where each of the JSON objects ends that a text consists of; empty if it has others. */
    private static List<Integer> jsonObjects(String text) {
        if (!text.stripLeading().startsWith("{")) {
            return List.of();
        }
        var ends = new ArrayList<Integer>();
        try (JsonParser parser = JSON.createParser(ObjectReadContext.empty(), text)) {
            while (parser.nextToken() != null) {
                if (parser.currentToken() != JsonToken.START_OBJECT) {
                    return List.of();
                }
                parser.skipChildren();
                ends.add((int) parser.currentLocation().getCharOffset());
            }
        } catch (JacksonException e) {
            return List.of();
        }
        return ends;
    }

    /** Know the lines of a document that was read before. */
    static Lines lines(String yaml, int begin) {
        Node root = new Compose(SETTINGS).composeString(yaml).orElseThrow();
        return Lines.of(root, begin, yaml);
    }

    private static String withoutTabs(String json) {
        var plain = new StringBuilder(json);
        boolean indent = true;
        for (int i = 0; i < plain.length(); i++) {
            char c = plain.charAt(i);
            if (indent && c == '\t') {
                plain.setCharAt(i, ' ');
            }
            indent = c == '\n' || (indent && Character.isWhitespace(c));
        }
        return plain.toString();
    }

    private static Document unreadable(int line, String why, String yaml) {
        boolean template = yaml.contains("{{");
        return new Document.Unreadable(
                line,
                template ? why + "; is it a template? Render it first, as with helm template" : why,
                template);
    }

    private static int line(Node node) {
        return node.getStartMark().map(mark -> mark.getLine()).orElse(0);
    }

    private static String tooDeep(Limits limits) {
        return "is nested more than %d deep".formatted(limits.deepest());
    }

    // ---- Values ------------------------------------------------------------------------------

    private JsonNode value(Node node, int depth) {
        if (depth > limits.deepest()) {
            throw new Unusable(node, tooDeep(limits));
        }
        spend(node, VALUE);
        return switch (node) {
            case MappingNode map -> map(map, depth);
            case SequenceNode list -> {
                ArrayNode array = NODES.arrayNode(list.getValue().size());
                for (Node each : list.getValue()) {
                    array.add(value(each, depth + 1));
                }
                yield array;
            }
            case ScalarNode scalar -> {
                spend(node, scalar.getValue().length());
                yield scalar(scalar);
            }
            default -> throw new Unusable(node, "is not YAML: it holds a " + node.getNodeType());
        };
    }

    private void spend(Node node, int size) {
        left -= size;
        if (left < 0) {
            throw new Unusable(
                    node,
                    "grows by more than %d characters when its anchors are filled in"
                            .formatted(limits.expansion()));
        }
    }

    private ObjectNode map(MappingNode map, int depth) {
        ObjectNode object = NODES.objectNode();
        var merges = new ArrayList<Merge>();
        for (NodeTuple field : map.getValue()) {
            if (isMerge(field.getKeyNode())) {
                merges.add(
                        new Merge(
                                field.getKeyNode(),
                                field.getValueNode(),
                                new HashSet<>(object.propertyNames())));
                continue;
            }
            String key = key(field.getKeyNode());
            spend(field.getKeyNode(), key.length());
            if (object.has(key)) {
                throw new Unusable(field.getKeyNode(), "is not YAML: found duplicate key " + key);
            }
            object.set(key, value(field.getValueNode(), depth + 1));
        }
        var merged = new HashSet<String>();
        for (Merge merge : merges) {
            for (Map.Entry<String, JsonNode> field : merged(merge.maps(), depth).properties()) {
                String key = field.getKey();
                JsonNode present = object.putIfAbsent(key, field.getValue());
                if (present == null) {
                    merged.add(key);
                } else if ((merge.above().contains(key) || merged.contains(key))
                        && !present.equals(field.getValue())) {
                    throw new Unusable(
                            merge.at(),
                            "merges (<<) another %s than stands above it, and tools disagree about which counts; write << first, and once"
                                    .formatted(key));
                }
            }
        }
        return object;
    }

    /**
     * A merge key.
     *
     * @param above the keys that are written above it
     */
    private record Merge(Node at, Node value, Set<String> above) {
        private List<Node> maps() {
            return value instanceof SequenceNode list ? list.getValue() : List.of(value);
        }
    }

    /** Return what several maps have together; the first that has a key counts. */
    private ObjectNode merged(List<Node> maps, int depth) {
        ObjectNode merged = NODES.objectNode();
        for (Node each : maps) {
            if (!(each instanceof MappingNode map)) {
                throw new Unusable(each, "merges (<<) something that is no map");
            }
            ((ObjectNode) value(map, depth + 1))
                    .properties()
                    .forEach(field -> merged.putIfAbsent(field.getKey(), field.getValue()));
        }
        return merged;
    }

    private static boolean isMerge(Node key) {
        return key instanceof ScalarNode scalar
                && scalar.getScalarStyle() == ScalarStyle.PLAIN
                && scalar.getValue().equals("<<");
    }

    private static String key(Node node) {
        if (!(node instanceof ScalarNode scalar)) {
            throw new Unusable(node, "has a key that is a map or a list");
        }
        JsonNode key = scalar(scalar);
        if (key.isNull()) {
            throw new Unusable(node, "has a key without a name");
        }
        return key.asString();
    }

    private static JsonNode scalar(ScalarNode scalar) {
        String text = scalar.getValue();
        Tag tag = scalar.getTag();
        if (tag.equals(PLAIN)
                || tag.equals(Tag.INT)
                || tag.equals(Tag.FLOAT)
                || tag.equals(Tag.BOOL)
                || tag.equals(Tag.NULL)) {
            if (NO_NUMBER.matcher(text).matches()) {
                throw new Unusable(scalar, "has the value " + text + ", which JSON cannot hold");
            }
            return plain(text);
        }
        if (tag.equals(Tag.BINARY)) {
            try {
                return NODES.stringNode(
                        new String(
                                Base64.getDecoder().decode(text.replaceAll("\\s", "")),
                                StandardCharsets.UTF_8));
            } catch (IllegalArgumentException e) {
                throw new Unusable(scalar, "has a value with tag !!binary that is not base64");
            }
        }
        return NODES.stringNode(text);
    }

    /** Return the value of a text without quotes. */
    static JsonNode plain(String text) {
        if (NULLS.contains(text)) {
            return NODES.nullNode();
        }
        if (TRUE.contains(text) || FALSE.contains(text)) {
            return NODES.booleanNode(TRUE.contains(text));
        }
        char first = text.charAt(0);
        if (Character.isDigit(first) || first == '-' || first == '+' || first == '.') {
            String number = text.replace("_", "");
            Matcher integer = INTEGER.matcher(number);
            if (integer.matches()) {
                return integer(integer, text);
            }
            if (FLOAT.matcher(number).matches()) {
                return real(number, text);
            }
        }
        return NODES.stringNode(text);
    }

    private static JsonNode integer(Matcher parts, String text) {
        String sign = parts.group(1).equals("-") ? "-" : "";
        for (Map.Entry<String, Integer> base :
                Map.of("hex", 16, "binary", 2, "octal", 8, "decimal", 10).entrySet()) {
            String digits = parts.group(base.getKey());
            if (digits != null) {
                var value = new BigInteger(sign + digits, base.getValue());
                if (value.bitLength() < Long.SIZE) {
                    return NODES.numberNode(value.longValue());
                }
                return base.getValue() == 10 ? NODES.numberNode(value) : NODES.stringNode(text);
            }
        }
        throw new IllegalStateException(text);
    }

    private static JsonNode real(String number, String text) {
        double value = Double.parseDouble(number);
        if (Double.isInfinite(value)) {
            return NODES.stringNode(text);
        }
        // JSON of Go has no ".0".
        return value == Math.rint(value) && Math.abs(value) < 1e15
                ? NODES.numberNode((long) value)
                : NODES.numberNode(value);
    }

    /** Leaves the types of plain scalars to {@link #plain}. */
    private static final class Untyped implements Schema {
        @Override
        public ScalarResolver getScalarResolver() {
            return (value, implicit) -> implicit ? PLAIN : Tag.STR;
        }

        @Override
        public Map<Tag, ConstructNode> getSchemaTagConstructors() {
            return Map.of();
        }
    }
}
