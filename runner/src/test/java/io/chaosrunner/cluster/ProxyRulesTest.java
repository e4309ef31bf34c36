package io.chaosrunner.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is expected here is what Go's httpproxy, which is kubectl's, answered. */
class ProxyRulesTest {
    private static final List<String> SERVERS =
            List.of(
                    "https://api.example:6443",
                    "https://API.Example",
                    "https://10.1.2.3:6443",
                    "https://[2001:db8::1]:6443",
                    "https://example:6443",
                    "https://localhost:6443",
                    "https://127.0.0.9",
                    "https://[::1]:1",
                    "http://api.example");

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '"',
            value = {
                "\"\", PPPPP----",
                "\" *\", ---------",
                "example, --PP-----",
                "example:6443, -PPP-----",
                ".example, --PPP----",
                "*.example, --PPP----",
                "api.example:443, P-PPP----",
                "10.0.0.0/8, PP-PP----",
                "\" 10.1.2.3 \", PP-PP----",
                "10.1.2.3:6443, PP-PP----",
                "10.1.2.3:1, PPPPP----",
                "2001:db8::/32, PPP-P----",
                "2001:db8::1, PPP-P----",
                "[2001:db8::1]:6443, PPP-P----",
                "[2001:db8::1], PPPPP----",
                "\"a, api.example ,b\", --PPP----",
                "API.EXAMPLE, --PPP----",
                "ample, PPPPP----",
                "10.0.0.0/99, PPPPP----",
                "example:abc, PPPPP----",
                ":6443, PPPPP----",
                "\",,\", PPPPP----"
            })
    void exceptionsAreThoseOfGo(String none, String expected) {
        var rules = ProxyRules.of(Map.of("HTTPS_PROXY", "http://p:1", "NO_PROXY", none));

        assertThat(
                        SERVERS.stream()
                                .map(server -> rules.proxyFor(server).isPresent() ? "P" : "-")
                                .collect(Collectors.joining()))
                .isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({
        "http://p:1, http://p:1, ''",
        "p:1, http://p:1, ''",
        "p, http://p:80, ''",
        "HTTP://P:1, http://P:1, ''",
        "https://p, https://p:443, ''",
        "socks5://p, socks5://p:1080, ''",
        "http://[::1]:3, http://[::1]:3, ''",
        "http://u:p@w@p:1, http://p:1, u p@w",
        "https://u:p%40w@p, https://p:443, u p@w",
        "u:pw@p:1, http://p:1, u pw",
        "http://u@p:1/path?q, http://p:1, u "
    })
    void addressesAreReadAsInGo(String value, String proxy, String login) {
        Proxy found = Proxy.ofVariable("HTTPS_PROXY", value);

        assertThat(found).hasToString(proxy);
        assertThat(found.login().map(each -> each.user() + " " + each.password()).orElse(""))
                .isEqualTo(login.contains(" ") || login.isEmpty() ? login : login + " ");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {" http://p:1", "http://", "ftp://p:1", "http://p:x", "http://me:%zz@p:1"})
    void aProxyThatCannotBeUnderstoodIsRefusedByTheVariablesName(String value) {
        var rules = ProxyRules.of(Map.of("https_proxy", value));

        assertThatThrownBy(() -> rules.proxyFor("https://api.example"))
                .isInstanceOf(ClusterException.class)
                .hasMessageContaining("HTTPS_PROXY")
                .hasMessageNotContaining("%zz");
        assertThat(rules.proxyFor("https://127.0.0.1")).isEmpty();
    }

    @Test
    void capitalsGoBeforeSmallLetters() {
        var both = Map.of("HTTPS_PROXY", "http://big:1", "https_proxy", "http://small:1");
        var small = Map.of("HTTPS_PROXY", "", "https_proxy", "http://small:1");

        assertThat(ProxyRules.of(both).proxyFor("https://a").map(Proxy::host)).contains("big");
        assertThat(ProxyRules.of(small).proxyFor("https://a").map(Proxy::host)).contains("small");
        assertThat(ProxyRules.of(both).proxyFor("http://a")).isEmpty();
    }
}
