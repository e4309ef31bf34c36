package io.chaosrunner.sandbox;

import io.chaosrunner.sandbox.StatusError.Cause;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** What the API server would refuse in an object: names, labels, owners, pod specs. */
final class Validation {
    private static final String LABEL_NAME = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";
    private static final String DNS_LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
    private static final String DNS_1035 = "[a-z]([-a-z0-9]*[a-z0-9])?";
    private static final String DNS_SUBDOMAIN = DNS_LABEL + "(\\." + DNS_LABEL + ")*";
    private static final int MAX_ANNOTATIONS = 256 * 1024;

    private static final Rule SUBDOMAIN =
            new Rule(
                    DNS_SUBDOMAIN,
                    253,
                    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric"
                            + " characters, '-' or '.', and must start and end with an alphanumeric"
                            + " character (e.g. 'example.com', regex used for validation is '"
                            + DNS_SUBDOMAIN
                            + "')");
    private static final Rule LABEL =
            new Rule(
                    DNS_LABEL,
                    63,
                    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters"
                            + " or '-', and must start and end with an alphanumeric character (e.g."
                            + " 'my-name',  or '123-abc', regex used for validation is '"
                            + DNS_LABEL
                            + "')");
    private static final Rule LABEL_1035 =
            new Rule(
                    DNS_1035,
                    63,
                    "a DNS-1035 label must consist of lower case alphanumeric characters or '-',"
                            + " start with an alphabetic character, and end with an alphanumeric"
                            + " character (e.g. 'my-name',  or 'abc-123', regex used for validation"
                            + " is '"
                            + DNS_1035
                            + "')");
    private static final Rule LABEL_VALUE =
            new Rule(
                    "(" + LABEL_NAME + ")?",
                    63,
                    "a valid label must be an empty string or consist of alphanumeric characters,"
                            + " '-', '_' or '.', and must start and end with an alphanumeric"
                            + " character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used"
                            + " for validation is '("
                            + LABEL_NAME
                            + ")?')");
    private static final Rule QUALIFIED_NAME =
            new Rule(
                    LABEL_NAME,
                    63,
                    "name part must consist of alphanumeric characters, '-', '_' or '.', and must"
                            + " start and end with an alphanumeric character (e.g. 'MyName',  or"
                            + " 'my.name',  or '123-abc', regex used for validation is '"
                            + LABEL_NAME
                            + "')");

    private final List<Cause> causes = new ArrayList<>();

    private record Rule(Pattern pattern, int length, String message) {
        Rule(String regex, int length, String message) {
            this(Pattern.compile(regex), length, message);
        }
    }

    private Validation() {}

    /**
     * Refuse an object that the real server would not store.
     *
     * @throws StatusError 422 naming every fault found
     */
    static void check(ApiResource resource, ObjectNode object) {
        Validation validation = new Validation();
        JsonNode metadata = object.path("metadata");
        validation.name(resource, Json.text(metadata, "name"));
        validation.labels(metadata.path("labels"), "metadata.labels");
        validation.annotations(metadata.path("annotations"));
        validation.owners(metadata);
        switch (resource) {
            case PODS -> validation.podSpec(object.path("spec"), "spec");
            case JOBS -> validation.job(object);
            case EVENTS -> validation.event(object);
            default -> {}
        }
        if (!validation.causes.isEmpty()) {
            throw StatusError.invalid(resource, Json.text(metadata, "name"), validation.causes);
        }
    }

    private void name(ApiResource resource, String name) {
        String field = "metadata.name";
        switch (resource) {
            case NAMESPACES -> {
                if (name.contains(".")) {
                    causes.add(Cause.invalid(field, name, "must not contain dots"));
                } else {
                    text(LABEL, name, field);
                }
            }
            case SERVICES -> text(LABEL_1035, name, field);
            // Events are named after what happened, upper case and all; anything fit for a path.
            case EVENTS -> {
                if (name.contains("/") || name.contains("%")) {
                    causes.add(Cause.invalid(field, name, "may not contain '/' or '%'"));
                }
            }
            default -> text(SUBDOMAIN, name, field);
        }
    }

    private void text(Rule rule, String value, String field) {
        if (value.length() > rule.length) {
            causes.add(
                    Cause.invalid(
                            field, value, "must be no more than " + rule.length + " characters"));
        }
        if (!rule.pattern.matcher(value).matches()) {
            causes.add(Cause.invalid(field, value, rule.message));
        }
    }

    private void labels(JsonNode labels, String field) {
        for (Map.Entry<String, JsonNode> label : labels.properties()) {
            qualifiedName(label.getKey(), label.getKey(), field);
            text(LABEL_VALUE, label.getValue().asString(), field);
        }
    }

    private void annotations(JsonNode annotations) {
        long size = 0;
        for (Map.Entry<String, JsonNode> annotation : annotations.properties()) {
            String key = annotation.getKey();
            qualifiedName(key.toLowerCase(Locale.ROOT), key, "metadata.annotations");
            size += key.getBytes(StandardCharsets.UTF_8).length;
            size += annotation.getValue().asString().getBytes(StandardCharsets.UTF_8).length;
        }
        if (size > MAX_ANNOTATIONS) {
            causes.add(
                    new Cause(
                            "FieldValueTooLong",
                            "Too long: may not be more than " + MAX_ANNOTATIONS + " bytes",
                            "metadata.annotations"));
        }
    }

    private void qualifiedName(String checked, String shown, String field) {
        int slash = checked.indexOf('/');
        String name = checked.substring(slash + 1);
        if (slash >= 0) {
            String prefix = checked.substring(0, slash);
            if (!SUBDOMAIN.pattern.matcher(prefix).matches() || prefix.length() > 253) {
                causes.add(Cause.invalid(field, shown, "prefix part " + SUBDOMAIN.message));
            }
        }
        if (name.length() > 63) {
            causes.add(Cause.invalid(field, shown, "name part must be no more than 63 characters"));
        }
        if (!QUALIFIED_NAME.pattern.matcher(name).matches()) {
            causes.add(Cause.invalid(field, shown, QUALIFIED_NAME.message));
        }
    }

    private void owners(JsonNode metadata) {
        int controllers = 0;
        for (JsonNode owner : Json.items(metadata, "ownerReferences")) {
            for (String part : List.of("apiVersion", "kind", "name", "uid")) {
                if (Json.text(owner, part).isEmpty()) {
                    causes.add(
                            Cause.invalid(
                                    "metadata.ownerReferences." + part, "", "must not be empty"));
                }
            }
            controllers += owner.path("controller").asBoolean(false) ? 1 : 0;
        }
        if (controllers > 1) {
            causes.add(
                    Cause.invalid(
                            "metadata.ownerReferences",
                            "",
                            "Only one reference can have Controller set to true"));
        }
    }

    private void job(ObjectNode job) {
        JsonNode template = job.path("spec").path("template");
        labels(template.path("metadata").path("labels"), "spec.template.labels");
        podSpec(template.path("spec"), "spec.template.spec");
        String restartPolicy = Json.text(template, "spec", "restartPolicy");
        String field = "spec.template.spec.restartPolicy";
        if (restartPolicy.isEmpty()) {
            causes.add(Cause.required(field, "valid values: \"OnFailure\", \"Never\""));
        } else if (!Set.of("OnFailure", "Never").contains(restartPolicy)) {
            causes.add(
                    new Cause(
                            "FieldValueNotSupported",
                            "Unsupported value: \""
                                    + restartPolicy
                                    + "\": supported values: \"OnFailure\", \"Never\"",
                            field));
        }
    }

    private void podSpec(JsonNode spec, String field) {
        String account = Json.text(spec, "serviceAccountName");
        if (!account.isEmpty()) {
            text(SUBDOMAIN, account, field + ".serviceAccountName");
        }
        Set<String> volumes = new HashSet<>();
        int index = 0;
        for (JsonNode volume : Json.items(spec, "volumes")) {
            String name = Json.text(volume, "name");
            String at = field + ".volumes[" + index++ + "].name";
            if (name.isEmpty()) {
                causes.add(Cause.required(at, ""));
            } else {
                text(LABEL, name, at);
            }
            if (!volumes.add(name)) {
                causes.add(Cause.duplicate(at, name));
            }
        }
        if (Json.items(spec, "containers").isEmpty()) {
            causes.add(Cause.required(field + ".containers", ""));
        }
        Set<String> names = new HashSet<>();
        index = 0;
        for (JsonNode container : Json.items(spec, "containers")) {
            container(container, field + ".containers[" + index++ + "]", names, volumes);
        }
    }

    private void container(
            JsonNode container, String field, Set<String> names, Set<String> volumes) {
        String name = Json.text(container, "name");
        if (name.isEmpty()) {
            causes.add(Cause.required(field + ".name", ""));
        } else {
            text(LABEL, name, field + ".name");
        }
        if (!names.add(name)) {
            causes.add(Cause.duplicate(field + ".name", name));
        }
        if (Json.text(container, "image").isEmpty()) {
            causes.add(Cause.required(field + ".image", ""));
        }
        int index = 0;
        for (JsonNode env : Json.items(container, "env")) {
            if (Json.text(env, "name").isEmpty()) {
                causes.add(Cause.required(field + ".env[" + index + "].name", ""));
            }
            if (!Json.text(env, "value").isEmpty() && env.hasNonNull("valueFrom")) {
                causes.add(
                        Cause.invalid(
                                field + ".env[" + index + "].valueFrom",
                                "",
                                "may not be specified when `value` is not empty"));
            }
            index++;
        }
        Set<String> paths = new HashSet<>();
        index = 0;
        for (JsonNode mount : Json.items(container, "volumeMounts")) {
            String at = field + ".volumeMounts[" + index++ + "]";
            String volume = Json.text(mount, "name");
            String path = Json.text(mount, "mountPath");
            if (!volumes.contains(volume)) {
                causes.add(
                        new Cause(
                                "FieldValueNotFound",
                                "Not found: \"" + volume + "\"",
                                at + ".name"));
            }
            if (path.isEmpty()) {
                causes.add(Cause.required(at + ".mountPath", ""));
            } else if (!paths.add(path)) {
                causes.add(Cause.invalid(at + ".mountPath", path, "must be unique"));
            }
        }
    }

    private void event(ObjectNode event) {
        String about = Json.text(event, "involvedObject", "namespace");
        String own = Json.text(event, "metadata", "namespace");
        if (!about.equals(own) && !(about.isEmpty() && own.equals("default"))) {
            causes.add(
                    Cause.invalid(
                            "involvedObject.namespace", about, "does not match event.namespace"));
        }
    }
}
