package io.chaosrunner.sandbox;

import io.chaosrunner.crd.Schema;
import io.chaosrunner.sandbox.StatusError.Cause;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import tools.jackson.databind.node.ObjectNode;

/** Refuse of a custom resource what its CRD does not know, as {@code fieldValidation=Strict}. */
final class StrictFields {
    private static final Map<ApiResource, Schema> SCHEMAS = new ConcurrentHashMap<>();

    private StrictFields() {}

    /**
     * Check an object; built-in kinds are not checked.
     *
     * @throws StatusError 400 naming every unknown field; 422 naming every wrong value
     */
    static void check(ApiResource resource, ObjectNode object) {
        if (!resource.custom()) {
            return;
        }
        var unknown = new ArrayList<String>();
        var wrong = new ArrayList<Cause>();
        SCHEMAS.computeIfAbsent(resource, r -> Schema.ofCrd(r.plural, Map.of()))
                .check(
                        object,
                        new Schema.Findings() {
                            @Override
                            public void error(String path, String text) {
                                wrong.add(new Cause("FieldValueInvalid", text.strip(), path));
                            }

                            @Override
                            public void unknown(String path, String text) {
                                unknown.add(path);
                            }

                            @Override
                            public void warning(String path, String text) {
                                // It is stored as it is.
                            }
                        });
        if (!unknown.isEmpty()) {
            throw StatusError.unknownFields(resource, unknown);
        }
        if (!wrong.isEmpty()) {
            throw StatusError.invalid(
                    resource, Json.text(object, "metadata", "name"), List.copyOf(wrong));
        }
    }
}
