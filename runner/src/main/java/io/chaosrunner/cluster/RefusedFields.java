package io.chaosrunner.cluster;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;

/** The fields of an object that an API server names where it refuses it. */
final class RefusedFields {
    /** More places help nobody. */
    private static final int MOST = 50;

    /** What strict decoders say; they have no causes. */
    private static final Pattern STRICT =
            Pattern.compile("(?:unknown|duplicate) field \"([^\"\\\\]++)\"");

    /** What Go's decoder says of a wrong type: a path without indexes, behind a type's name. */
    private static final Pattern TYPE =
            Pattern.compile("Go struct field ([A-Za-z]++)\\.([^ ]++) of type");

    private RefusedFields() {}

    /** Returns their paths, such as {@code spec.experiments[0].name}; empty if none is named. */
    static List<String> of(JsonNode status) {
        var fields = new ArrayList<String>();
        for (JsonNode cause : status.path("details").path("causes")) {
            add(cause.path("field").asString(""), fields);
        }
        if (fields.isEmpty()) {
            String message = status.path("message").asString("");
            for (Matcher said = STRICT.matcher(message); said.find(); ) {
                add(said.group(1), fields);
            }
            for (Matcher said = TYPE.matcher(message); said.find(); ) {
                boolean isBare =
                        said.group(1).equals("ObjectMeta")
                                && !said.group(2).startsWith("metadata.");
                add(isBare ? "metadata." + said.group(2) : said.group(2), fields);
            }
        }
        return fields;
    }

    private static void add(String field, List<String> fields) {
        boolean isPath = !field.isEmpty() && !field.equals("<nil>");
        if (isPath && fields.size() < MOST && !fields.contains(field)) {
            fields.add(field);
        }
    }
}
