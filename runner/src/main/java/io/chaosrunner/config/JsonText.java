package io.chaosrunner.config;

import io.chaosrunner.model.ForeignText;
import java.io.Serial;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** JSON from an annotation or a ConfigMap, where anybody may have written it. */
public final class JsonText {
    /** As large as any object of the API server may be. */
    private static final int MOST_CHARACTERS = 2 * 1024 * 1024;

    private static final int MOST_DEPTH = 64;
    private static final int LONGEST_NUMBER = 100;
    private static final int LONGEST_PROBLEM = 300;

    private static final JsonMapper MAPPER =
            JsonMapper.builder(
                            JsonFactory.builder()
                                    .streamReadConstraints(
                                            StreamReadConstraints.builder()
                                                    .maxNestingDepth(MOST_DEPTH)
                                                    .maxNumberLength(LONGEST_NUMBER)
                                                    .build())
                                    .build())
                    .build();

    private JsonText() {}

    /** Report a text that is no JSON, or none that can be used; the message says why. */
    public static final class Unusable extends RuntimeException {
        @Serial private static final long serialVersionUID = 1L;

        private Unusable(String why) {
            super(why);
        }
    }

    /**
     * Read a text: at most {@value #MOST_CHARACTERS} characters, {@value #MOST_DEPTH} deep.
     *
     * @throws Unusable if it is anything else
     */
    public static JsonNode read(String text) {
        if (text.length() > MOST_CHARACTERS) {
            throw new Unusable("is longer than %,d characters".formatted(MOST_CHARACTERS));
        }
        try {
            return MAPPER.readTree(text);
        } catch (JacksonException e) {
            throw new Unusable(ForeignText.oneLine(e.getOriginalMessage(), LONGEST_PROBLEM));
        }
    }
}
