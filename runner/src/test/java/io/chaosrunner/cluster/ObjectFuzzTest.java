package io.chaosrunner.cluster;

import io.chaosrunner.testing.Fuzz;
import org.junit.jupiter.api.Test;
import tools.jackson.core.JacksonException;

/** Whatever an API server sends, it is an object, one with a flaw, or none. */
class ObjectFuzzTest {
    @Test
    void anObjectIsReadOrItIsNone() {
        Fuzz.damage(
                """
                {"type":"MODIFIED","object":{"apiVersion":"litmuschaos.io/v1alpha1",\
                "kind":"ChaosEngine","metadata":{"name":"e","namespace":"n","uid":"u",\
                "managedFields":[{"f:x":{}}],"annotations":{"a":"b"}},"spec":{"n":1.5,"m":-7,\
                "l":[1,[2,[3]]],"t":true,"z":null},"status":{"s":"\\u00e9"}}}\
                """,
                damaged -> {
                    try {
                        ObjectReader.dropManagedFields(ObjectReader.read(damaged, 1).object());
                    } catch (JacksonException | ClassCastException e) {
                        // It is none, and whoever asked says so.
                    }
                });
    }
}
