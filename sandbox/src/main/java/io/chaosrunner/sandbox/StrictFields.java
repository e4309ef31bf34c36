package io.chaosrunner.sandbox;

import io.chaosrunner.sandbox.StatusError.Cause;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.node.ObjectNode;

/**
 * The fields that a CRD does not know, refused of a custom resource as {@code
 * fieldValidation=Strict} does.
 */
record StrictFields(Schemas schemas) {
    /**
     * Check an object; built-in kinds are not checked.
     *
     * @throws StatusError 400 naming every unknown field; 422 naming every wrong value
     */
    void check(ApiResource resource, ObjectNode object) {
        if (!resource.custom()) {
            return;
        }
        var unknown = new ArrayList<String>();
        var wrong = new ArrayList<Cause>();
        for (Schemas.Problem problem : schemas.problems(resource.plural, object)) {
            if (problem.unknown()) {
                unknown.add(problem.path());
            } else {
                wrong.add(new Cause("FieldValueInvalid", problem.text().strip(), problem.path()));
            }
        }
        if (!unknown.isEmpty()) {
            throw StatusError.unknownFields(resource, unknown);
        }
        if (!wrong.isEmpty()) {
            throw StatusError.invalid(
                    resource, Json.text(object, "metadata", "name"), List.copyOf(wrong));
        }
    }
}
