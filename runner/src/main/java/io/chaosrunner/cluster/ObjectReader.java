package io.chaosrunner.cluster;

import java.io.InputStream;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * A reader of one object that the API server holds, within limits of depth and number: what is
 * beyond them is left out of the tree, and said. Used once.
 *
 * <p>An API server stores 1.5 MiB an object, 10,000 deep. Nothing that is read here is a tenth as
 * deep as what is kept.
 */
final class ObjectReader {
    static final int DEEPEST = 200;
    static final int MOST_VALUES = 200_000;

    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    /** What one object holds must not end the reading of the others. */
    private static final JsonFactory JSON =
            JsonFactory.builder()
                    .streamReadConstraints(
                            StreamReadConstraints.builder()
                                    .maxNestingDepth(50_000)
                                    .maxNameLength(Integer.MAX_VALUE)
                                    .maxStringLength(Integer.MAX_VALUE)
                                    .maxNumberLength(100_000)
                                    .build())
                    .build();

    private final JsonParser parser;
    private final int deepest;
    private int values;
    private String flaw = "";

    private ObjectReader(JsonParser parser, int deepest) {
        this.parser = parser;
        this.deepest = deepest;
    }

    static JsonParser parser(InputStream json) {
        return JSON.createParser(ObjectReadContext.empty(), json);
    }

    /**
     * Read the whole of a text.
     *
     * @param around how many objects stand around the one that matters
     * @throws JacksonException if it is no JSON
     * @throws ClassCastException if it is no object
     */
    static Found read(String json, int around) {
        try (JsonParser parser = JSON.createParser(ObjectReadContext.empty(), json)) {
            parser.nextToken();
            return next(parser, around);
        }
    }

    /** Read the whole of a text in UTF-8. */
    static Found read(byte[] json) {
        try (JsonParser parser = JSON.createParser(ObjectReadContext.empty(), json)) {
            parser.nextToken();
            return next(parser, 0);
        }
    }

    /** Read the object that a parser stands at the beginning of, up to its end. */
    static Found next(JsonParser parser, int around) {
        if (parser.currentToken() != JsonToken.START_OBJECT) {
            throw new ClassCastException("no object");
        }
        var reader = new ObjectReader(parser, DEEPEST + around);
        ObjectNode object = reader.object(1);
        return new Found(object, reader.flaw);
    }

    private @Nullable JsonNode value(int depth) {
        values++;
        if (values > MOST_VALUES) {
            return leaveOut("holds more than %,d values".formatted(MOST_VALUES));
        }
        return switch (parser.currentToken()) {
            case START_OBJECT -> depth > deepest ? tooDeep() : object(depth);
            case START_ARRAY -> depth > deepest ? tooDeep() : array(depth);
            case VALUE_STRING -> NODES.stringNode(parser.getString());
            case VALUE_NUMBER_INT ->
                    switch (parser.getNumberType()) {
                        case INT -> NODES.numberNode(parser.getIntValue());
                        case LONG -> NODES.numberNode(parser.getLongValue());
                        default -> NODES.numberNode(parser.getBigIntegerValue());
                    };
            case VALUE_NUMBER_FLOAT -> NODES.numberNode(parser.getDoubleValue());
            case VALUE_TRUE -> NODES.booleanNode(true);
            case VALUE_FALSE -> NODES.booleanNode(false);
            default -> NODES.nullNode();
        };
    }

    private ObjectNode object(int depth) {
        ObjectNode object = NODES.objectNode();
        while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
            String name = parser.currentName();
            parser.nextToken();
            JsonNode value = value(depth + 1);
            if (value != null) {
                object.set(name, value);
            }
        }
        return object;
    }

    private ArrayNode array(int depth) {
        ArrayNode array = NODES.arrayNode();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            JsonNode value = value(depth + 1);
            if (value != null) {
                array.add(value);
            }
        }
        return array;
    }

    private @Nullable JsonNode tooDeep() {
        return leaveOut("is nested more than %d deep".formatted(DEEPEST));
    }

    private @Nullable JsonNode leaveOut(String why) {
        if (flaw.isEmpty()) {
            flaw = why;
        }
        parser.skipChildren();
        return null;
    }

    /** Drop what nobody here asks for, and what is the greater part of a Job that is kept. */
    static void dropManagedFields(ObjectNode object) {
        if (object.path("metadata") instanceof ObjectNode metadata) {
            metadata.remove("managedFields");
        }
    }
}
