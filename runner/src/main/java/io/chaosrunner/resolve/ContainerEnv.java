package io.chaosrunner.resolve;

import io.chaosrunner.resolve.Problems.Check;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * The environment of the experiment's container while it is put together: one {@code EnvVar} per
 * name, later writers win, a name keeps the place of its first writer.
 */
final class ContainerEnv {
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
    private static final Pattern REFERENCE = Pattern.compile("\\$\\(([^()$]+)\\)");

    private final Map<String, ObjectNode> variables = new LinkedHashMap<>();

    /** Sets a literal. */
    void put(String name, String value) {
        variables.put(name, JSON.objectNode().put("name", name).put("value", value));
    }

    /** Sets a literal, unless it says nothing. */
    void putIfGiven(String name, String value) {
        if (!value.isEmpty()) {
            put(name, value);
        }
    }

    /** Sets a variable from a field of the pod. */
    void putField(String name, String fieldPath) {
        ObjectNode variable = JSON.objectNode().put("name", name);
        variable.putObject("valueFrom")
                .putObject("fieldRef")
                .put("apiVersion", "v1")
                .put("fieldPath", fieldPath);
        variables.put(name, variable);
    }

    /** Sets what a user wrote, whole. */
    void putAll(FieldPath list, Problems problems) {
        variables(list, Check.EnvParseError, problems)
                .forEach(variable -> variables.put(variable.path("name").asString(), variable));
    }

    /** Reads a list of {@code EnvVar}; one without a name is a problem. */
    static List<ObjectNode> variables(FieldPath list, Check check, Problems problems) {
        var result = new ArrayList<ObjectNode>();
        for (int i = 0; i < list.size(); i++) {
            FieldPath variable = list.at(i);
            if (!(variable.node() instanceof ObjectNode object)
                    || variable.at("name").text().isEmpty()) {
                problems.add(check, variable.at("name").problem(" is empty; name the variable"));
            } else {
                result.add(object);
            }
        }
        return result;
    }

    /** Tells whether a variable takes its value from elsewhere. */
    boolean isIndirect(String name) {
        ObjectNode variable = variables.get(name);
        return variable != null && variable.path("valueFrom").isObject();
    }

    /** Returns the literal value of a variable; empty if there is none. */
    String literal(String name) {
        ObjectNode variable = variables.get(name);
        return variable == null ? "" : variable.path("value").asString("");
    }

    /**
     * Returns the variables in the order of their first writers, except that one whose value refers
     * to another as {@code $(NAME)} comes after it: the kubelet expands only what it has seen.
     */
    List<ObjectNode> toList() {
        var ordered = new ArrayList<ObjectNode>();
        var seen = new HashSet<String>();
        variables.keySet().forEach(name -> append(name, seen, ordered));
        return ordered;
    }

    private void append(String name, Set<String> seen, List<ObjectNode> ordered) {
        ObjectNode variable = variables.get(name);
        if (variable == null || !seen.add(name)) {
            return;
        }
        Matcher reference = REFERENCE.matcher(literal(name));
        while (reference.find()) {
            append(reference.group(1), seen, ordered);
        }
        ordered.add(variable);
    }
}
