package io.chaosrunner.ui;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.chaosrunner.claim.Claim;
import io.chaosrunner.status.EngineStanding;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests of a run that is stopped from its page. */
@Timeout(300)
class UiStopTest extends UiStage {
    @Test
    void stoppingAsksThenStopsAndSaysSo() throws Exception {
        engine("litmus", "nginx", "{}", "a=after=2h");
        Thread run = begin("nginx");
        await().until(() -> EngineStanding.of(engine("nginx")).isUnderWay());

        String question = raw.get("e/litmus/nginx/stop").body();
        assertThat(question).contains("Stop run 1 of litmus/nginx?", "method=\"post\"");
        assertThat(EngineStanding.of(engine("nginx")).isUnderWay()).isTrue();
        String id = Claim.of(engine("nginx")).orElseThrow().run().id();
        assertThat(question).contains("value=\"" + id + "\"");

        Raw.Answer stopped = raw.post("e/litmus/nginx/stop", "run=" + id, raw.origin);
        assertThat(stopped.code()).isEqualTo(303);
        assertThat(stopped.header("Location")).isEqualTo(raw.path + "e/litmus/nginx");
        run.join();
        await().untilAsserted(() ->
                assertThat(raw.get("e/litmus/nginx").body())
                        .contains("stopped, and what ran is gone", "Stopped"));
        assertThat(server.stopping()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "null",
                "https://evil.example",
                "http://127.0.0.1",
                "http://127.0.0.1:1",
                "https://127.0.0.1:PORT",
                "http://127.0.0.1:PORT.evil.example",
                "http://localhost:PORT/"
            })
    void onlyPagesOfOursStop(String origin) throws Exception {
        engine("litmus", "nginx", "{}", "a=after=2h");
        Thread run = begin("nginx");
        await().until(() -> EngineStanding.of(engine("nginx")).isUnderWay());
        String id = Claim.of(engine("nginx")).orElseThrow().run().id();

        Raw.Answer answer =
                raw.post(
                        "e/litmus/nginx/stop",
                        "run=" + id,
                        origin.replace("PORT", Integer.toString(raw.port)));

        assertThat(answer.code()).isEqualTo(403);
        assertThat(EngineStanding.of(engine("nginx")).phase())
                .isEqualTo(EngineStanding.Phase.RUNNING);
        assertThat(engine("nginx").annotation(Claim.STOP_ANNOTATION)).isEmpty();
        raw.post("e/litmus/nginx/stop", "run=" + id, raw.origin);
        run.join();
    }

    @Test
    void aRunThatThePersonDidNotSeeIsNotStopped() throws Exception {
        engine("litmus", "nginx", "{}", "a=after=2h");
        Thread run = begin("nginx");
        await().until(() -> EngineStanding.of(engine("nginx")).isUnderWay());

        assertThat(raw.post("e/litmus/nginx/stop", "run=another", raw.origin).code())
                .isEqualTo(409);
        assertThat(raw.post("e/litmus/nginx/stop", "", raw.origin).code()).isEqualTo(400);
        assertThat(raw.post("e/litmus/nginx/stop", "x".repeat(5_000), raw.origin).code())
                .isEqualTo(413);
        assertThat(engine("nginx").annotation(Claim.STOP_ANNOTATION)).isEmpty();
        String id = Claim.of(engine("nginx")).orElseThrow().run().id();
        raw.post("e/litmus/nginx/stop", "run=" + id, raw.origin);
        run.join();
    }

    @Test
    void whatIsAskedForByReadingStopsNothing() throws IOException {
        engine("litmus", "nginx", "{}", "a");

        assertThat(raw.get("e/litmus/nginx/stop").body()).contains("Nothing of litmus/nginx");
        assertThat(raw.post("e/litmus/nginx", "run=", raw.origin).code()).isEqualTo(404);
        assertThat(raw.post("", "run=", raw.origin).code()).isEqualTo(404);
    }

    @Test
    void whoListensIsToldHowThingsStandAtTheEnd() throws Exception {
        engine("litmus", "nginx", "{}", "a=after=10s");
        try (Raw.Stream page = raw.listen("e/litmus/nginx")) {
            page.until("event: whole");
            run("nginx");
            server.close();
            page.until("1 of 1 passed");
        }
    }
}
