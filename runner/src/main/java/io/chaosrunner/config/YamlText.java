package io.chaosrunner.config;

import io.chaosrunner.model.ForeignText;
import java.io.Serial;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.LoadSettingsBuilder;
import org.snakeyaml.engine.v2.api.lowlevel.Parse;
import org.snakeyaml.engine.v2.common.Anchor;
import org.snakeyaml.engine.v2.common.ScalarStyle;
import org.snakeyaml.engine.v2.events.AliasEvent;
import org.snakeyaml.engine.v2.events.Event;
import org.snakeyaml.engine.v2.events.NodeEvent;
import org.snakeyaml.engine.v2.events.ScalarEvent;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/**
 * YAML that anybody may have written, read within limits.
 *
 * <p>A text is measured before it is built, event by event, which costs neither memory nor stack.
 * Files are read by {@link KubernetesYaml}. Pure.
 */
public final class YamlText {
    private static final int LONGEST_PROBLEM = 300;

    private YamlText() {}

    /**
     * Bound a text.
     *
     * @param characters length of the text
     * @param depth of maps and lists in each other
     * @param nodes values, keys, maps and lists
     * @param aliases whether a node may stand in several places; each counts as one node here
     */
    public record Limits(int characters, int depth, int nodes, boolean aliases) {
        /** All annotations of an object share 256 KiB. */
        public static final Limits ANNOTATION = new Limits(256 * 1024, 50, 50_000, false);
    }

    /** Report a text that is no YAML, or none that can be used; the message says why. */
    public static final class Unusable extends RuntimeException {
        @Serial private static final long serialVersionUID = 1L;

        private final int line;

        private Unusable(String why, int line) {
            super(why);
            this.line = line;
        }

        /** Return the line of the text, from 0. */
        public int line() {
            return line;
        }
    }

    /**
     * Read the text of an annotation: maps, lists and values.
     *
     * @throws Unusable if it is anything else, or beyond {@link Limits#ANNOTATION}
     */
    public static @Nullable Object load(String text) {
        check(text, Limits.ANNOTATION);
        try {
            return new Load(settings().build()).loadFromString(text);
        } catch (YamlEngineException e) {
            throw notYaml(e);
        }
    }

    /** Return the settings to load or compose a text with that was checked. */
    public static LoadSettingsBuilder settings() {
        return LoadSettings.builder().setCodePointLimit(Integer.MAX_VALUE);
    }

    /**
     * Measure a text up to its end, or its first fault: whoever loads it meets that fault, too.
     *
     * @throws Unusable if it is beyond the limits
     */
    public static void check(String text, Limits limits) {
        if (text.length() > limits.characters()) {
            throw new Unusable("is longer than %,d characters".formatted(limits.characters()), 0);
        }
        var measure = new Measure(limits);
        try {
            for (Event event : new Parse(settings().build()).parseString(text)) {
                measure.take(event);
            }
        } catch (YamlEngineException e) {
            // Loading stops here as well.
        }
    }

    private static Unusable notYaml(YamlEngineException e) {
        return new Unusable(
                "is not YAML: "
                        + ForeignText.oneLine(String.valueOf(e.getMessage()), LONGEST_PROBLEM),
                0);
    }

    private static final class Measure {
        private static final int LONGEST_NUMBER = 400;

        private final Limits limits;
        private int nodes;

        /** The maps and lists that have begun. */
        private final Deque<NodeEvent> open = new ArrayDeque<>();

        /** Those of them that an anchor stands for now. */
        private final Map<Anchor, NodeEvent> anchored = new HashMap<>();

        private Measure(Limits limits) {
            this.limits = limits;
        }

        private void take(Event event) {
            switch (event.getEventId()) {
                case MappingStart, SequenceStart -> {
                    var begun = (NodeEvent) event;
                    open.push(begun);
                    if (open.size() > limits.depth()) {
                        throw unusable(
                                "is nested more than %d deep".formatted(limits.depth()), event);
                    }
                    begun.getAnchor().ifPresent(anchor -> anchored.put(anchor, begun));
                    count(event);
                }
                case MappingEnd, SequenceEnd -> {
                    NodeEvent ended = open.pop();
                    ended.getAnchor().ifPresent(anchor -> anchored.remove(anchor, ended));
                }
                case Scalar -> {
                    ((ScalarEvent) event).getAnchor().ifPresent(anchored::remove);
                    if (isEndlessNumber((ScalarEvent) event)) {
                        throw unusable(
                                "holds a number of more than %d digits".formatted(LONGEST_NUMBER),
                                event);
                    }
                    count(event);
                }
                case Alias -> {
                    Anchor alias = ((AliasEvent) event).getAlias();
                    if (!limits.aliases()) {
                        throw unusable(
                                "holds the alias *%s; write what it stands for".formatted(alias),
                                event);
                    }
                    NodeEvent around = anchored.get(alias);
                    if (around != null) {
                        throw unusable(
                                "has the alias *%s inside what its anchor &%s, %s, stands for, which would contain itself; write there what is meant"
                                        .formatted(alias, alias, above(line(event) - line(around))),
                                event);
                    }
                    count(event);
                }
                case Comment, DocumentStart, DocumentEnd, StreamStart, StreamEnd -> {}
            }
        }

        private void count(Event event) {
            nodes++;
            if (nodes > limits.nodes()) {
                throw unusable("holds more than %,d values".formatted(limits.nodes()), event);
            }
        }

        /** The JDK takes a time that grows with the square of the length for such a number. */
        private static boolean isEndlessNumber(ScalarEvent scalar) {
            String text = scalar.getValue();
            return text.length() > LONGEST_NUMBER
                    && (scalar.getScalarStyle() == ScalarStyle.PLAIN || scalar.getTag().isPresent())
                    && text.chars()
                            .allMatch(c ->
                                    c < 0x80 && "+-.0123456789eExXoOabcdfABCDF_".indexOf(c) >= 0)
                    && text.chars().limit(2).anyMatch(c -> c >= '0' && c <= '9' || c == '.');
        }

        private static Unusable unusable(String why, Event event) {
            return new Unusable(why, line(event));
        }

        private static int line(Event event) {
            return event.getStartMark().map(mark -> mark.getLine()).orElse(0);
        }

        private static String above(int lines) {
            return lines == 0
                    ? "on the same line"
                    : lines == 1 ? "1 line above" : lines + " lines above";
        }
    }
}
