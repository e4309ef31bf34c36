package io.chaosrunner.ui;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests of who may ask for the live page. */
@Timeout(300)
class UiServerTest extends UiStage {
    @Test
    void theTokenOpensThePageOnceAndTheCookieFromThenOn() throws IOException {
        Raw.Answer opened = raw.plainly("GET", raw.path + "?token=" + raw.token);

        assertThat(opened.code()).isEqualTo(303);
        assertThat(opened.header("Location")).isEqualTo(raw.path);
        assertThat(opened.header("Set-Cookie"))
                .contains("HttpOnly")
                .contains("SameSite=Strict")
                .contains("Path=" + raw.path);
        String cookie = opened.header("Set-Cookie").split(";", -1)[0];
        Raw.Answer page = raw.plainly("GET", raw.path, "Cookie: a=b; " + cookie);
        assertThat(page.code()).isEqualTo(200);
        assertThat(page.body()).contains("<h1>Engines</h1>").doesNotContain(raw.token);
    }

    @Test
    void theTokenHas256BitsAndEachServerItsOwn() {
        assertThat(raw.token).matches("[A-Za-z0-9_-]{43}");
        String before = raw.token;
        serve("litmus", LIMITS);
        assertThat(raw.token).isNotEqualTo(before);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "GET  | BASE                     | ''",
                "GET  | BASE?token=              | ''",
                "GET  | BASE?token=TOKENx        | ''",
                "GET  | BASE?tokn=TOKEN          | ''",
                "GET  | BASEstyle.css            | ''",
                "GET  | BASEschedules            | Cookie: chaos-runner=",
                "GET  | BASE                     | Cookie: chaos-runner=wrong",
                "GET  | BASE                     | Authorization: Basic TOKEN",
                "GET  | BASE                     | Authorization: Bearer",
                "POST | BASEe/litmus/a/stop?token=TOKEN | Origin: ORIGIN",
                "GET  | /                        | ''",
                "GET  | /elsewhere               | ''",
            })
    void withoutTheTokenNothingIsTold(String method, String path, String header)
            throws IOException {
        Raw.Answer answer = raw.plainly(method, filled(path), filled(header));

        assertThat(answer.code()).isEqualTo(401);
        assertThat(answer.body()).doesNotContain("<").contains("chaos-runner printed");
    }

    private String filled(String text) {
        return text.replace("BASE", raw.path)
                .replace("TOKEN", raw.token)
                .replace("ORIGIN", raw.origin);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "evil.example",
                "evil.example:PORT",
                "127.0.0.1",
                "localhost",
                "127.0.0.1:1",
                "127.0.0.1:PORT.evil.example",
                "localhost.evil.example:PORT",
                "127.0.0.1:PORT@evil.example",
                "[::1]:PORT",
                "0.0.0.0:PORT",
                ""
            })
    void anotherHostIsTurnedAwayThoughItHasTheToken(String host) throws IOException {
        Raw.Answer answer =
                raw.exactly(
                        "GET %s HTTP/1.1\r\nHost: %s\r\n%s\r\nConnection: close\r\n\r\n"
                                .formatted(
                                        raw.path,
                                        host.replace("PORT", Integer.toString(raw.port)),
                                        raw.bearer()));

        assertThat(answer.code()).isEqualTo(403);
        assertThat(answer.body()).doesNotContain("<h1>");
    }

    @Test
    void bothNamesOfTheLoopbackAreItsOwn() throws IOException {
        assertThat(
                        raw.exactly(
                                        "GET %s HTTP/1.1\r\nHost: LocalHost:%d\r\n%s\r\nConnection: close\r\n\r\n"
                                                .formatted(raw.path, raw.port, raw.bearer()))
                                .code())
                .isEqualTo(200);
    }

    @Test
    void everyAnswerForbidsWhatAPageHasNoNeedOf() throws IOException {
        for (Raw.Answer answer :
                List.of(
                        raw.get(""),
                        raw.get("schedules"),
                        raw.get("style.css"),
                        raw.get("nothing"),
                        raw.plainly("GET", raw.path))) {
            assertThat(answer.header("Content-Security-Policy"))
                    .contains("default-src 'none'", "script-src 'self'", "frame-ancestors 'none'")
                    .doesNotContain("unsafe");
            assertThat(answer.header("Cache-Control")).isEqualTo("no-store");
            assertThat(answer.header("X-Frame-Options")).isEqualTo("DENY");
            assertThat(answer.header("X-Content-Type-Options")).isEqualTo("nosniff");
            assertThat(answer.header("Access-Control-Allow-Origin")).isEmpty();
        }
        assertThat(raw.get("").body()).doesNotContain("<style").doesNotContain("style=");
        assertThat(raw.get("").body().split("<script", -1)).hasSize(2);
    }

    @ParameterizedTest
    @ValueSource(strings = {"PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"})
    void otherMethodsAreNone(String method) throws IOException {
        assertThat(raw.plainly(method, raw.path, raw.bearer()).code()).isEqualTo(405);
    }
}
