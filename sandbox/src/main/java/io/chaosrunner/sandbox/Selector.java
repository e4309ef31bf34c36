package io.chaosrunner.sandbox;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** A choice of objects by label selector and field selector. */
final class Selector {
    private static final Pattern SET =
            Pattern.compile("(\\S+)\\s+(in|notin)\\s*\\(([^()]*)\\)", Pattern.DOTALL);
    private static final Pattern COMPARISON =
            Pattern.compile("([^=!<>()\\s]+)\\s*(==|=|!=)\\s*([^=!]*)");
    private static final Pattern EXISTENCE = Pattern.compile("(!?)\\s*([^=!<>\\s(),]+)");
    private static final Map<ApiResource, Set<String>> FIELDS =
            Map.of(
                    ApiResource.PODS,
                    Set.of(
                            "status.phase",
                            "spec.nodeName",
                            "spec.restartPolicy",
                            "spec.schedulerName",
                            "spec.serviceAccountName",
                            "status.podIP"),
                    ApiResource.EVENTS,
                    Set.of(
                            "involvedObject.kind",
                            "involvedObject.namespace",
                            "involvedObject.name",
                            "involvedObject.uid",
                            "involvedObject.apiVersion",
                            "involvedObject.resourceVersion",
                            "reason",
                            "reportingComponent",
                            "type"),
                    ApiResource.JOBS,
                    Set.of("status.successful"),
                    ApiResource.NAMESPACES,
                    Set.of("status.phase"),
                    ApiResource.SECRETS,
                    Set.of("type"));

    private final Predicate<ObjectNode> matches;

    private Selector(Predicate<ObjectNode> matches) {
        this.matches = matches;
    }

    static Selector everything() {
        return new Selector(object -> true);
    }

    /**
     * Parse both selectors of a request.
     *
     * @throws StatusError 400 if one cannot be read or names a field that is not indexed
     */
    static Selector parse(ApiResource resource, String labels, String fields) {
        List<Predicate<ObjectNode>> all = new ArrayList<>();
        for (String requirement : split(labels)) {
            all.add(label(requirement));
        }
        for (String requirement : split(fields)) {
            all.add(field(resource, requirement));
        }
        return new Selector(object -> all.stream().allMatch(p -> p.test(object)));
    }

    boolean matches(ObjectNode object) {
        return matches.test(object);
    }

    private static List<String> split(String selector) {
        List<String> parts = new ArrayList<>();
        int depth = 0;
        int start = 0;
        for (int i = 0; i < selector.length(); i++) {
            char c = selector.charAt(i);
            depth += c == '(' ? 1 : c == ')' ? -1 : 0;
            if (c == ',' && depth == 0) {
                parts.add(selector.substring(start, i).trim());
                start = i + 1;
            }
        }
        parts.add(selector.substring(start).trim());
        return parts.stream().filter(p -> !p.isEmpty()).toList();
    }

    private static Predicate<ObjectNode> label(String requirement) {
        Matcher set = SET.matcher(requirement);
        if (set.matches()) {
            Set<String> values =
                    Arrays.stream(set.group(3).split(",", -1))
                            .map(String::trim)
                            .collect(Collectors.toSet());
            String key = set.group(1);
            // "notin" also chooses what lacks the label altogether, as "!=" does.
            return set.group(2).equals("in")
                    ? object -> labels(object).has(key) && values.contains(label(object, key))
                    : object -> !labels(object).has(key) || !values.contains(label(object, key));
        }
        Matcher comparison = COMPARISON.matcher(requirement);
        if (comparison.matches()) {
            String key = comparison.group(1);
            String value = comparison.group(3).trim();
            return comparison.group(2).equals("!=")
                    ? object -> !labels(object).has(key) || !label(object, key).equals(value)
                    : object -> labels(object).has(key) && label(object, key).equals(value);
        }
        Matcher existence = EXISTENCE.matcher(requirement);
        if (existence.matches()) {
            boolean wanted = existence.group(1).isEmpty();
            return object -> labels(object).has(existence.group(2)) == wanted;
        }
        throw StatusError.badRequest("unable to parse requirement: " + requirement);
    }

    private static JsonNode labels(ObjectNode object) {
        return object.path("metadata").path("labels");
    }

    private static String label(ObjectNode object, String key) {
        return Json.text(labels(object), key);
    }

    private static Predicate<ObjectNode> field(ApiResource resource, String requirement) {
        Matcher comparison = COMPARISON.matcher(requirement);
        if (!comparison.matches()) {
            throw StatusError.badRequest("invalid selector: '" + requirement + "'");
        }
        String name = comparison.group(1);
        boolean known =
                name.equals("metadata.name")
                        || (name.equals("metadata.namespace") && resource.namespaced)
                        || FIELDS.getOrDefault(resource, Set.of()).contains(name);
        if (!known) {
            throw StatusError.badRequest("field label not supported: " + name);
        }
        String[] path =
                name.equals("status.successful")
                        ? new String[] {"status", "succeeded"}
                        : name.split("\\.");
        String value = comparison.group(3).trim();
        boolean equal = !comparison.group(2).equals("!=");
        return object -> fieldText(object, path).equals(value) == equal;
    }

    private static String fieldText(ObjectNode object, String[] path) {
        JsonNode at = object;
        for (String name : path) {
            at = at.path(name);
        }
        return at.isMissingNode() || at.isNull() ? "" : at.asString();
    }
}
