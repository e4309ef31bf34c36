package io.chaosrunner.ui;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.net.Socket;
import java.time.Duration;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Tests of how many may listen, and how slowly. */
@Timeout(300)
class UiBoundsTest extends UiStage {
    @Test
    void listenersAreBounded() throws Exception {
        serve("litmus", limits(4, 2, 1, Duration.ofSeconds(10)));
        engine("litmus", "nginx", "{}", "a");
        try (Raw.Stream one = raw.listen("")) {
            one.until("nginx");
            try (Raw.Stream another = raw.listen("schedules")) {
                assertThat(another.code()).isEqualTo(503);
            }
            try (Raw.Stream two = raw.listen("")) {
                two.until("nginx");
                try (Raw.Stream three = raw.listen("")) {
                    assertThat(three.code()).isEqualTo(503);
                }
            }
            assertThat(raw.get("").code()).isEqualTo(200);
        }
    }

    @Test
    void aListenerThatDoesNotReadIsDisconnected() throws Exception {
        serve("litmus", limits(4, 4, 4, Duration.ofMillis(300)));
        engine("litmus", "large", "{}", "first");
        try (Socket slow = raw.connect()) {
            slow.setReceiveBufferSize(1_024);
            raw.send(
                    slow,
                    "GET",
                    raw.path + "e/litmus/large",
                    raw.bearer(),
                    "Accept: text/event-stream");
            await().until(() -> server.listeners() == 1);
            var round = new int[1];
            await().pollInterval(Duration.ofMillis(200))
                    .until(() -> {
                        // The page is sent whole, as it has another experiment each time.
                        String[] more =
                                IntStream.range(0, 4_000 + ++round[0])
                                        .mapToObj(
                                                i -> "a-long-name-of-an-experiment-".repeat(7) + i)
                                        .toArray(String[]::new);
                        patch("large", "spec", json("{}").set("experiments", list(more)));
                        return server.listeners() == 0;
                    });
        }
        assertThat(raw.get("").code()).isEqualTo(200);
    }
}
