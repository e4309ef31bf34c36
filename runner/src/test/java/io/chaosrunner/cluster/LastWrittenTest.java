package io.chaosrunner.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

class LastWrittenTest {
    private final LastWritten written = new LastWritten();

    private static ObjectNode object(String name, int size) {
        ObjectNode object = JsonNodeFactory.instance.objectNode();
        object.putObject("metadata").put("namespace", "n").put("name", name);
        return object.put("text", "x".repeat(size));
    }

    @Test
    void theLastStateIsReturnedUntilItIsForgotten() {
        written.put(Resource.EVENTS, object("a", 1));
        written.put(Resource.EVENTS, object("a", 2));
        assertThat(written.get(Resource.EVENTS, "n", "a")).contains(object("a", 2));
        assertThat(written.get(Resource.CONFIG_MAPS, "n", "a")).isEmpty();
        assertThat(written.get(Resource.EVENTS, "m", "a")).isEmpty();

        written.forget(Resource.EVENTS, object("a", 3));

        assertThat(written.get(Resource.EVENTS, "n", "a")).isEmpty();
    }

    @Test
    void whatWasWrittenLongestAgoMakesRoomAndWhatIsLargeIsNotKept() {
        for (int i = 0; i < 1_000; i++) {
            written.put(Resource.EVENTS, object("object-" + i, 10_000));
        }
        written.put(Resource.EVENTS, object("large", 100_000));

        assertThat(written.get(Resource.EVENTS, "n", "object-0")).isEmpty();
        assertThat(written.get(Resource.EVENTS, "n", "object-700")).isPresent();
        assertThat(written.get(Resource.EVENTS, "n", "object-999")).isPresent();
        assertThat(written.get(Resource.EVENTS, "n", "large")).isEmpty();
    }

    @Test
    void whatBecomesLargeIsForgotten() {
        written.put(Resource.EVENTS, object("a", 1));

        written.put(Resource.EVENTS, object("a", 100_000));

        assertThat(written.get(Resource.EVENTS, "n", "a")).isEmpty();
    }
}
