package io.chaosrunner.validate;

import io.chaosrunner.crd.Schema;
import java.math.BigDecimal;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;

/** What Kubernetes demands of names, labels and the parts of a pod that Litmus passes on. */
final class Syntax {
    // Possessive: a text of a million letters takes neither its square in steps nor the stack.
    private static final Pattern DNS_LABEL = Pattern.compile("[a-z0-9]++(?:-++[a-z0-9]++)*+");
    private static final Pattern SUBDOMAIN =
            Pattern.compile("[a-z0-9]++(?:-++[a-z0-9]++)*+(?:\\.[a-z0-9]++(?:-++[a-z0-9]++)*+)*+");
    private static final Pattern LABEL_NAME =
            Pattern.compile("[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?");
    private static final Pattern ENV_NAME = Pattern.compile("[-._a-zA-Z][-._a-zA-Z0-9]*");
    private static final Pattern QUANTITY =
            Pattern.compile(
                    "[+-]?(?:\\d++(?:\\.\\d*+)?+|\\.\\d++)(?:[KMGTPE]i|[numkMGTPE]|[eE][+-]?\\d++)?");
    private static final Pattern PLAIN_DURATION =
            Pattern.compile("\\s*(\\d+(?:\\.\\d+)?)\\s*([A-Za-z]*)\\s*");

    /** What people write for a unit, and what Go calls it; Go has no days. */
    private static final Map<String, String> UNITS =
            Map.ofEntries(
                    Map.entry("", "s"),
                    Map.entry("s", "s"),
                    Map.entry("sec", "s"),
                    Map.entry("secs", "s"),
                    Map.entry("second", "s"),
                    Map.entry("seconds", "s"),
                    Map.entry("m", "m"),
                    Map.entry("min", "m"),
                    Map.entry("mins", "m"),
                    Map.entry("minute", "m"),
                    Map.entry("minutes", "m"),
                    Map.entry("h", "h"),
                    Map.entry("hr", "h"),
                    Map.entry("hour", "h"),
                    Map.entry("hours", "h"),
                    Map.entry("ms", "ms"),
                    Map.entry("msec", "ms"),
                    Map.entry("d", "d"),
                    Map.entry("day", "d"),
                    Map.entry("days", "d"));

    private static final int LABEL_LIMIT = 63;
    private static final int SUBDOMAIN_LIMIT = 253;

    private static final Set<String> PULL_POLICIES = Set.of("Always", "IfNotPresent", "Never");
    private static final Set<String> RESOURCES = Set.of("claims", "limits", "requests");
    private static final Set<String> OPERATORS = Set.of("Exists", "Equal");
    private static final Set<String> EFFECTS =
            Set.of("NoSchedule", "PreferNoSchedule", "NoExecute");

    private final Document document;

    Syntax(Document document) {
        this.document = document;
    }

    /** Checks an object's own metadata. */
    void metadata() {
        JsonNode metadata = document.json().path("metadata");
        if (document.name().isEmpty()) {
            document.error("metadata.name", " is missing; name the object");
        } else if (!document.isNamed()) {
            // As the API server appends it.
            objectName(document.generateName() + "x", "metadata.generateName");
        } else {
            objectName(document.name(), "metadata.name");
        }
        String namespace = document.namespace();
        if (!namespace.isEmpty()
                && (namespace.length() > LABEL_LIMIT || !DNS_LABEL.matcher(namespace).matches())) {
            document.error(
                    "metadata.namespace",
                    ": '" + namespace + "' is no name of a namespace; use a-z, 0-9 and -");
        }
        labels(metadata.path("labels"), "metadata.labels");
        annotations(metadata.path("annotations"), "metadata.annotations");
    }

    /** Checks the name of an object: of this one, or of one it refers to. */
    void objectName(String name, String path) {
        if (name.length() > SUBDOMAIN_LIMIT) {
            document.error(path, " is longer than " + SUBDOMAIN_LIMIT + " characters");
        } else if (!SUBDOMAIN.matcher(name).matches()) {
            document.error(
                    path,
                    ": '"
                            + name
                            + "' is no name for Kubernetes; use a-z, 0-9, - and ., with a letter or"
                            + " digit at both ends");
        }
    }

    /** Checks the name of a service account. */
    void account(String name, String path) {
        if (name.length() > SUBDOMAIN_LIMIT || !SUBDOMAIN.matcher(name).matches()) {
            document.error(
                    path,
                    ": '"
                            + name
                            + "' is no name of a service account; use a-z, 0-9, - and ., with a"
                            + " letter or digit at both ends, at most "
                            + SUBDOMAIN_LIMIT);
        }
    }

    /** Checks a duration that an experiment's Go code reads. */
    void duration(JsonNode value, String path) {
        String text = value.asString("");
        boolean isOne = GoDuration.isOne(text);
        if (!value.isString() || text.isEmpty() || (isOne && GoDuration.isInRange(text))) {
            return;
        }
        Matcher plain = PLAIN_DURATION.matcher(text);
        String unit =
                plain.matches()
                        ? UNITS.getOrDefault(plain.group(2).toLowerCase(Locale.ROOT), "")
                        : "";
        String meant = unit.isEmpty() ? "5s" : duration(plain.group(1), unit);
        if (isOne || !GoDuration.isInRange(meant)) {
            document.error(
                    path,
                    ": '%s' is longer than Go can hold; write at most \"%s\""
                            .formatted(text, GoDuration.LONGEST));
        } else {
            document.error(
                    path,
                    ": '%s' is no duration of Go, whose units are ms, s, m and h; write %s\"%s\""
                            .formatted(text, unit.isEmpty() ? "such as " : "", meant));
        }
    }

    private static String duration(String number, String unit) {
        return unit.equals("d")
                ? new BigDecimal(number)
                                .multiply(BigDecimal.valueOf(24))
                                .stripTrailingZeros()
                                .toPlainString()
                        + "h"
                : number + unit;
    }

    void labels(JsonNode labels, String path) {
        labels.properties()
                .forEach(label -> {
                    String at = Schema.child(path, label.getKey());
                    key(label.getKey(), at);
                    if (!text(label.getValue(), at)) {
                        return;
                    }
                    String value = label.getValue().asString();
                    if (value.length() > LABEL_LIMIT
                            || !(value.isEmpty() || LABEL_NAME.matcher(value).matches())) {
                        document.error(
                                at,
                                ": '"
                                        + value
                                        + "' is no label; use at most 63 letters, digits, -, _ and"
                                        + " ., with a letter or digit at both ends");
                    }
                });
    }

    void annotations(JsonNode annotations, String path) {
        annotations
                .properties()
                .forEach(annotation -> {
                    String at = Schema.child(path, annotation.getKey());
                    key(annotation.getKey(), at);
                    text(annotation.getValue(), at);
                });
    }

    /** Checks a list of environment variables. */
    void env(JsonNode list, String path) {
        Map<String, Integer> first = new HashMap<>();
        for (int i = 0; i < list.size(); i++) {
            String at = path + "[" + i + "]";
            String name = list.path(i).path("name").asString("");
            if (!name.isEmpty() && !ENV_NAME.matcher(name).matches()) {
                document.error(
                        at + ".name",
                        ": '"
                                + name
                                + "' is no name of a variable; use letters, digits, -, _ and .,"
                                + " not beginning with a digit");
            }
            if (!list.path(i).path("value").asString("").isEmpty()
                    && list.path(i).path("valueFrom").isObject()) {
                document.error(at, " has both value and valueFrom; keep one of them");
            }
            Integer before = first.putIfAbsent(name, i);
            if (before != null && !name.isEmpty()) {
                document.warning(
                        at,
                        ": %s is set in line %d already, which has no effect then; keep one of them"
                                .formatted(name, document.line(path + "[" + before + "]")));
            }
        }
    }

    /** Checks a pull policy. */
    void pullPolicy(JsonNode policy, String path) {
        oneOf(policy, PULL_POLICIES, path);
    }

    void tolerations(JsonNode list, String path) {
        for (int i = 0; i < list.size(); i++) {
            String at = path + "[" + i + "]";
            oneOf(list.path(i).path("operator"), OPERATORS, at + ".operator");
            oneOf(list.path(i).path("effect"), EFFECTS, at + ".effect");
        }
    }

    /** Checks requests and limits. */
    void resources(JsonNode resources, String path) {
        for (String part : resources.propertyNames()) {
            if (!RESOURCES.contains(part)) {
                document.warning(
                        Schema.child(path, part),
                        " is no field of resources, so the API server drops it"
                                + Document.meant(part, RESOURCES));
            }
        }
        for (String part : new String[] {"limits", "requests"}) {
            resources
                    .path(part)
                    .properties()
                    .forEach(quantity -> {
                        String at = Schema.child(path + "." + part, quantity.getKey());
                        String text = quantity.getValue().asString("");
                        if (!QUANTITY.matcher(text).matches()) {
                            document.error(
                                    at, ": '" + text + "' is no quantity; write 500m, 2 or 128Mi");
                        }
                    });
        }
    }

    /** Checks mounted ConfigMaps or Secrets: their names, and {@link #places}. */
    void mounts(JsonNode list, String path, Map<String, String> taken) {
        for (int i = 0; i < list.size(); i++) {
            String name = list.path(i).path("name").asString("");
            if (!name.isEmpty()) {
                objectName(name, path + "[" + i + "].name");
            }
        }
        places(list, path, taken);
    }

    /** Checks that no two things are mounted at one place. */
    void places(JsonNode list, String path, Map<String, String> taken) {
        for (int i = 0; i < list.size(); i++) {
            String mountPath = list.path(i).path("mountPath").asString("");
            String at = path + "[" + i + "].mountPath";
            String before = mountPath.isEmpty() ? null : taken.putIfAbsent(mountPath, at);
            if (before != null) {
                document.error(
                        at,
                        ": something is mounted at %s already, by %s; choose another place"
                                .formatted(mountPath, before));
            }
        }
    }

    private void oneOf(JsonNode word, Set<String> words, String path) {
        String text = word.asString("");
        if (!text.isEmpty() && !words.contains(text)) {
            document.error(
                    path,
                    ": '%s' is none of %s%s"
                            .formatted(
                                    text,
                                    String.join(", ", words.stream().sorted().toList()),
                                    Document.meant(text, words)));
        }
    }

    private boolean text(JsonNode value, String path) {
        if (!value.isString()) {
            document.error(
                    path,
                    value.isValueNode() && !value.isNull()
                            ? " must be text, but is %s; put it in quotes: \"%s\""
                                    .formatted(
                                            value, document.asText(path).orElse(value.asString("")))
                            : " must be text, but is " + value);
        }
        return value.isString();
    }

    private void key(String key, String path) {
        int slash = key.indexOf('/');
        String name = key.substring(slash + 1);
        boolean prefix =
                slash < 0
                        || (slash <= SUBDOMAIN_LIMIT
                                && SUBDOMAIN.matcher(key.substring(0, slash)).matches());
        if (!prefix || name.length() > LABEL_LIMIT || !LABEL_NAME.matcher(name).matches()) {
            document.error(
                    path,
                    ": '"
                            + key
                            + "' is no key; use at most 63 letters, digits, -, _ and ., after an"
                            + " optional 'domain/'");
        }
    }
}
