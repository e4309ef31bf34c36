package io.chaosrunner.config;

import io.chaosrunner.model.ForeignText;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.InflaterInputStream;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.common.ScalarStyle;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;

/** The lines of a file on which each part of a YAML tree stands. Lines count from 1. */
public final class Lines {
    private static final int LONGEST_REASON = 500;
    private static final String SCHEDULE = "schedule.";

    private final Node root;
    private final int offset;

    /** Whether each line of the tree is a line of the file; else all of it stands on the first. */
    private final boolean exact;

    /** What the tree was made from; empty if that is not known. */
    private final String text;

    private @Nullable Packed packed;

    private Lines(Node root, int offset, boolean exact, String text) {
        this.root = root;
        this.offset = offset;
        this.exact = exact;
        this.text = text;
    }

    /**
     * Know the lines of a document.
     *
     * @param begin the line of the file that it begins on, from 1
     * @param text what the document was made from
     */
    static Lines of(Node root, int begin, String text) {
        return new Lines(root, begin, true, text);
    }

    /**
     * The lines of a document in little memory: a tree of nodes is many times as large as its text.
     *
     * @param text deflated
     */
    public record Packed(byte[] text, int begin) {
        /** Read the document again. */
        public Lines unpacked() {
            try (var in = new InflaterInputStream(new ByteArrayInputStream(text))) {
                return KubernetesYaml.lines(
                        new String(in.readAllBytes(), StandardCharsets.UTF_8), begin);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof Packed packed
                    && Arrays.equals(text, packed.text)
                    && begin == packed.begin;
        }

        @Override
        public int hashCode() {
            return Arrays.hashCode(text);
        }
    }

    /** Return these lines in little memory; the same each time. */
    public Packed packed() {
        if (packed == null) {
            packed = pack();
        }
        return packed;
    }

    private Packed pack() {
        var bytes = new ByteArrayOutputStream();
        try (var out = new DeflaterOutputStream(bytes)) {
            out.write(text.getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return new Packed(bytes.toByteArray(), offset);
    }

    /** Return the line of a path, or of the nearest part above it that exists. */
    public int line(String path) {
        return number(find(root, path, start(root)));
    }

    /**
     * Read the YAML inside a text of this tree, such as an annotation's value. In a literal block
     * its lines are lines of the file.
     *
     * @return empty if there is no text at the path, or it is not YAML
     */
    private Optional<Lines> inside(String path) {
        if (!(node(root, path) instanceof ScalarNode text)) {
            return Optional.empty();
        }
        try {
            YamlText.check(text.getValue(), YamlText.Limits.ANNOTATION);
            return new Compose(YamlText.settings().build())
                    .composeString(text.getValue())
                    .map(inner -> new Lines(inner, firstLine(text), isLiteral(text), ""));
        } catch (YamlEngineException | YamlText.Unusable notYaml) {
            return Optional.empty();
        }
    }

    /**
     * Return the line of a setting that an annotation of an object holds as YAML, or of the nearest
     * part above it that exists.
     *
     * @param object where the object stands in this tree, such as {@code items[0].}
     * @param annotation its path in the object
     * @param setting its path in the annotation's YAML, also with the word before it that a
     *     ChaosSchedule has; or the path of a field of the object
     */
    public int lineOfSetting(String object, String annotation, String setting) {
        if (isField(setting)) {
            return line(object + setting);
        }
        String key = setting.startsWith(SCHEDULE) ? setting.substring(SCHEDULE.length()) : setting;
        return inside(object + annotation)
                .map(yaml -> yaml.line(key))
                .orElseGet(() -> line(object + annotation));
    }

    /**
     * Tell whether a problem's path names a field of the object, not a setting of an annotation.
     */
    public static boolean isField(String path) {
        return path.startsWith("spec.") || path.startsWith("metadata.");
    }

    /** Return the line of the file at which the text at a path ceases to be YAML. */
    public int lineOfFault(String path, YamlEngineException fault) {
        if (!(node(root, path) instanceof ScalarNode text)) {
            return line(path);
        }
        return firstLine(text) + (isLiteral(text) ? lineOf(fault) : 0);
    }

    /** Return the line of the file that is a line, from 0, of the text at a path. */
    public int lineInside(String path, int line) {
        return node(root, path) instanceof ScalarNode text
                ? firstLine(text) + (isLiteral(text) ? line : 0)
                : line(path);
    }

    /** Return the line at which a text ceases to be YAML, from 0. */
    static int lineOf(YamlEngineException fault) {
        return fault instanceof MarkedYamlEngineException marked
                ? marked.getProblemMark()
                        .or(marked::getContextMark)
                        .map(mark -> mark.getLine())
                        .orElse(0)
                : 0;
    }

    /** Say in one line what is wrong with a text that is not YAML. */
    public static String reason(YamlEngineException fault) {
        String problem =
                fault instanceof MarkedYamlEngineException marked ? marked.getProblem() : null;
        return ForeignText.oneLine(
                String.valueOf(problem == null ? fault.getMessage() : problem), LONGEST_REASON);
    }

    /** Return the text of a scalar as the file has it, without quotes; empty if it is none. */
    public Optional<String> written(String path) {
        return node(root, path) instanceof ScalarNode text
                ? Optional.of(text.getValue())
                : Optional.empty();
    }

    private int firstLine(ScalarNode text) {
        return number(start(text)) + (isLiteral(text) ? 1 : 0);
    }

    private int number(int line) {
        return exact ? line + offset : offset;
    }

    private static boolean isLiteral(ScalarNode text) {
        return text.getScalarStyle() == ScalarStyle.LITERAL;
    }

    private static int start(Node node) {
        return node.getStartMark().map(mark -> mark.getLine()).orElse(0);
    }

    private static int find(Node node, String path, int line) {
        Step step = step(node, path);
        return step == null ? line : find(step.node, step.rest, step.line);
    }

    private static @Nullable Node node(Node node, String path) {
        if (path.isEmpty()) {
            return node;
        }
        Step step = step(node, path);
        return step == null ? null : node(step.node, step.rest);
    }

    /** A node one step further down, the line it begins on, and the path that is left. */
    private record Step(Node node, int line, String rest) {}

    /** Keys may contain dots themselves, so the longest that fits is the one that is meant. */
    private static @Nullable Step step(Node node, String path) {
        String rest = path.startsWith(".") ? path.substring(1) : path;
        Step longest = null;
        if (node instanceof MappingNode map) {
            for (NodeTuple tuple : map.getValue()) {
                if (tuple.getKeyNode() instanceof ScalarNode key) {
                    String left = after(key.getValue(), rest);
                    if (left != null
                            && (longest == null || left.length() < longest.rest.length())) {
                        longest = new Step(tuple.getValueNode(), start(key), left);
                    }
                }
            }
        } else if (node instanceof SequenceNode list) {
            for (int i = 0; i < list.getValue().size(); i++) {
                String left = after(Integer.toString(i), rest);
                if (left != null) {
                    Node element = list.getValue().get(i);
                    longest = new Step(element, start(element), left);
                }
            }
        }
        return longest;
    }

    private static @Nullable String after(String key, String path) {
        for (String written : new String[] {key, "[" + key + "]"}) {
            if (path.startsWith(written)) {
                String left = path.substring(written.length());
                if (left.isEmpty() || left.startsWith(".") || left.startsWith("[")) {
                    return left;
                }
            }
        }
        return null;
    }
}
