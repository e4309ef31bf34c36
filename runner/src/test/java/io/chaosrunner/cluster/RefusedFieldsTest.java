package io.chaosrunner.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

class RefusedFieldsTest {
    private final ObjectNode status = JsonMapper.shared().createObjectNode();

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "strict decoding error: unknown field \"spec.a[0].b\"|[spec.a[0].b]",
                "strict decoding error: unknown field \"a\", duplicate field \"b.c\", unknown field \"a\"|[a, b.c]",
                "json: cannot unmarshal number into Go struct field ConfigMap.data of type string|[data]",
                "json: cannot unmarshal string into Go struct field Container.spec.containers.ports of type int|[spec.containers.ports]",
                "json: cannot unmarshal number into Go struct field ObjectMeta.name of type string|[metadata.name]",
                "json: cannot unmarshal number into Go struct field ObjectMeta.metadata.name of type string|[metadata.name]",
                "pods \"x\" is forbidden: exceeded quota|[]"
            })
    void whatADecoderSaysNamesFields(String message, String fields) {
        status.put("message", message);

        assertThat(RefusedFields.of(status)).hasToString(fields);
    }

    @Test
    void causesNameFieldsAndNothingElseIsLookedFor() {
        status.put("message", "unknown field \"x\"");
        var causes = status.putObject("details").putArray("causes");
        causes.addObject().put("field", "spec.b");
        causes.addObject().put("field", "<nil>");
        causes.addObject().put("message", "of no field");
        causes.addObject().put("field", "spec.a[1]");
        causes.addObject().put("field", "spec.b");

        assertThat(RefusedFields.of(status)).containsExactly("spec.b", "spec.a[1]");
    }

    @Test
    void ofManyFieldsSomeAreEnough() {
        status.put("message", many());

        assertThat(RefusedFields.of(status)).hasSize(50).startsWith("x0", "x1");
    }

    private static String many() {
        var text = new StringBuilder();
        for (int i = 0; i < 1_000; i++) {
            text.append("unknown field \"x").append(i).append("\", ");
        }
        return text.toString();
    }
}
