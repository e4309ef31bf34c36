package io.chaosrunner.sandbox;

import java.util.List;
import java.util.stream.Collectors;
import tools.jackson.databind.node.ObjectNode;

/** The Status body of a refused request. */
final class StatusError extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final int code;
    private final transient ObjectNode status;
    private final transient List<String> fields;

    /** One field at fault, as {@code details.causes} lists it. */
    record Cause(String reason, String message, String field) {
        static Cause invalid(String field, String value, String message) {
            return new Cause(
                    "FieldValueInvalid",
                    "Invalid value: " + Json.MAPPER.writeValueAsString(value) + ": " + message,
                    field);
        }

        static Cause required(String field, String message) {
            String text = message.isEmpty() ? "Required value" : "Required value: " + message;
            return new Cause("FieldValueRequired", text, field);
        }

        static Cause duplicate(String field, String value) {
            return new Cause(
                    "FieldValueDuplicate",
                    "Duplicate value: " + Json.MAPPER.writeValueAsString(value),
                    field);
        }
    }

    private StatusError(int code, String reason, String message) {
        this(code, reason, message, List.of());
    }

    private StatusError(int code, String reason, String message, List<String> fields) {
        super(message);
        this.code = code;
        this.fields = fields;
        this.status =
                Json.object()
                        .put("kind", "Status")
                        .put("apiVersion", "v1")
                        .set("metadata", Json.object())
                        .put("status", "Failure")
                        .put("message", message);
        if (!reason.isEmpty()) {
            status.put("reason", reason);
        }
        status.put("code", code);
    }

    private StatusError details(String name, String group, String kind) {
        ObjectNode details = Json.child(status, "details");
        if (!name.isEmpty()) {
            details.put("name", name);
        }
        if (!group.isEmpty()) {
            details.put("group", group);
        }
        details.put("kind", kind);
        return this;
    }

    int code() {
        return code;
    }

    ObjectNode status() {
        return status;
    }

    /** Return the paths in the object that are at fault; empty if none is. */
    List<String> fields() {
        return fields;
    }

    static StatusError notFound(ApiResource resource, String name) {
        return new StatusError(
                        404, "NotFound", resource.qualifiedPlural() + " \"" + name + "\" not found")
                .details(name, resource.group, resource.plural);
    }

    static StatusError noSuchResource() {
        StatusError error =
                new StatusError(
                        404, "NotFound", "the server could not find the requested resource");
        error.status.putObject("details");
        return error;
    }

    static StatusError methodNotAllowed() {
        StatusError error =
                new StatusError(
                        405,
                        "MethodNotAllowed",
                        "the server does not allow this method on the requested resource");
        error.status.putObject("details");
        return error;
    }

    static StatusError alreadyExists(ApiResource resource, String name, boolean deleting) {
        return new StatusError(
                        409,
                        "AlreadyExists",
                        (deleting ? "object is being deleted: " : "")
                                + resource.qualifiedPlural()
                                + " \""
                                + name
                                + "\" already exists")
                .details(name, resource.group, resource.plural);
    }

    static StatusError conflict(ApiResource resource, String name) {
        return conflict(
                resource,
                name,
                "the object has been modified; please apply your changes to the latest version"
                        + " and try again");
    }

    static StatusError conflict(ApiResource resource, String name, String why) {
        return new StatusError(
                        409,
                        "Conflict",
                        "Operation cannot be fulfilled on "
                                + resource.qualifiedPlural()
                                + " \""
                                + name
                                + "\": "
                                + why)
                .details(name, resource.group, resource.plural);
    }

    /** A precondition of DELETE failed; the real server names the kind here, not the plural. */
    static StatusError precondition(ApiResource resource, String name, String why) {
        return new StatusError(
                        409,
                        "Conflict",
                        "Operation cannot be fulfilled on "
                                + resource.qualifiedKind()
                                + " \""
                                + name
                                + "\": "
                                + why)
                .details(name, resource.group, resource.kind);
    }

    static StatusError invalid(ApiResource resource, String name, List<Cause> causes) {
        return invalid(resource.qualifiedKind(), resource.group, resource.kind, name, causes);
    }

    static StatusError mustBeSpecifiedForUpdate(ApiResource resource, String name) {
        return invalid(
                resource.qualifiedPlural(),
                resource.group,
                resource.plural,
                name,
                List.of(
                        new Cause(
                                "FieldValueInvalid",
                                "Invalid value: 0: must be specified for an update",
                                "metadata.resourceVersion")));
    }

    static StatusError invalid(
            String qualified, String group, String kind, String name, List<Cause> causes) {
        List<String> texts =
                causes.stream().map(c -> c.field() + ": " + c.message()).distinct().toList();
        String all = texts.size() == 1 ? texts.getFirst() : "[" + String.join(", ", texts) + "]";
        StatusError error =
                new StatusError(
                        422,
                        "Invalid",
                        qualified + " \"" + name + "\" is invalid: " + all,
                        causes.stream().map(Cause::field).toList());
        if (!kind.isEmpty()) {
            error.details(name, group, kind);
        }
        var list = Json.child(error.status, "details").putArray("causes");
        for (Cause cause : causes) {
            list.addObject()
                    .put("reason", cause.reason())
                    .put("message", cause.message())
                    .put("field", cause.field());
        }
        return error;
    }

    /** A JSON patch that does not apply: the real server does not say why. */
    static StatusError patchRejected() {
        StatusError error =
                new StatusError(
                        422,
                        "Invalid",
                        "the server rejected our request due to an error in our request");
        error.status.putObject("details");
        return error;
    }

    static StatusError badRequest(String message) {
        return new StatusError(400, "BadRequest", message);
    }

    /** A strict decoder's refusal, which names every field that is unknown. */
    static StatusError unknownFields(ApiResource resource, List<String> paths) {
        return new StatusError(
                400,
                "BadRequest",
                "%s in version \"%s\" cannot be handled as a %s: strict decoding error: %s"
                        .formatted(
                                resource.kind,
                                resource.version,
                                resource.kind,
                                paths.stream()
                                        .map(path -> "unknown field \"" + path + "\"")
                                        .collect(Collectors.joining(", "))),
                List.copyOf(paths));
    }

    static StatusError unsupportedMediaType(String accepted) {
        return new StatusError(
                415,
                "UnsupportedMediaType",
                "the body of the request was in an unknown format - accepted media types include: "
                        + accepted);
    }

    static StatusError forbidden(
            ApiResource resource, String name, String verb, String what, String scope) {
        return new StatusError(
                        403,
                        "Forbidden",
                        resource.qualifiedPlural()
                                + (name.isEmpty() ? "" : " \"" + name + "\"")
                                + " is forbidden: User \"sandbox\" cannot "
                                + verb
                                + " resource \""
                                + what
                                + "\" in API group \""
                                + resource.group
                                + "\" "
                                + scope)
                .details(name, resource.group, resource.plural);
    }

    /** Nothing new may come into a namespace that is going. */
    static StatusError terminating(ApiResource resource, String name, String namespace) {
        StatusError error =
                new StatusError(
                                403,
                                "Forbidden",
                                resource.qualifiedPlural()
                                        + " \""
                                        + name
                                        + "\" is forbidden: unable to create new content in"
                                        + " namespace "
                                        + namespace
                                        + " because it is being terminated")
                        .details(name, resource.group, resource.plural);
        Json.child(error.status, "details")
                .putArray("causes")
                .addObject()
                .put("reason", "NamespaceTerminating")
                .put("message", "namespace " + namespace + " is being terminated")
                .put("field", "metadata.namespace");
        return error;
    }

    static StatusError expired(String message) {
        return new StatusError(410, "Expired", message);
    }

    static StatusError tooLargeResourceVersion(long asked, long current) {
        StatusError error =
                new StatusError(
                        504,
                        "Timeout",
                        "Timeout: Too large resource version: " + asked + ", current: " + current);
        ObjectNode details = error.status.putObject("details");
        details.putArray("causes")
                .addObject()
                .put("reason", "ResourceVersionTooLarge")
                .put("message", "Too large resource version");
        details.put("retryAfterSeconds", 1);
        return error;
    }

    static StatusError internal(String message) {
        return new StatusError(500, "", message);
    }
}
