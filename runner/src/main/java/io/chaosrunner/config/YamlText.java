package io.chaosrunner.config;

import java.io.Serial;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/** Read YAML that stands in an annotation, where anybody may have written it. */
public final class YamlText {
    private static final int DEEPEST = 50;
    private static final int LONGEST_PROBLEM = 300;

    private YamlText() {}

    /** Report a text that is no YAML, or none that can be used; the message says why. */
    public static final class Unusable extends RuntimeException {
        @Serial private static final long serialVersionUID = 1L;

        private Unusable(String why) {
            super(why);
        }
    }

    /**
     * Read a text: maps, lists and values, at most 50 deep.
     *
     * @throws Unusable if it is anything else
     */
    public static @Nullable Object load(String text) {
        Object tree;
        try {
            tree = new Load(LoadSettings.builder().build()).loadFromString(text);
        } catch (RuntimeException e) {
            throw new Unusable("is not YAML: " + oneLine(String.valueOf(e.getMessage())));
        } catch (StackOverflowError e) {
            throw tooDeep();
        }
        // A list may hold itself: what has no end is too deep as well.
        checkDepth(tree, DEEPEST);
        return tree;
    }

    private static void checkDepth(@Nullable Object tree, int left) {
        if (left == 0) {
            throw tooDeep();
        }
        Collection<?> parts =
                switch (tree) {
                    case Map<?, ?> map -> map.values();
                    case Collection<?> list -> list;
                    case null, default -> List.of();
                };
        parts.forEach(each -> checkDepth(each, left - 1));
    }

    private static Unusable tooDeep() {
        return new Unusable("is nested more than %d deep".formatted(DEEPEST));
    }

    private static String oneLine(String text) {
        String line = text.strip().replaceAll("\\s*\\R\\s*", " ");
        return line.length() <= LONGEST_PROBLEM ? line : line.substring(0, LONGEST_PROBLEM) + "…";
    }
}
