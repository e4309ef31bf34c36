package io.chaosrunner.ui;

import com.sun.net.httpserver.Headers;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The decision on who may ask: whoever has the token, of a page that this server made.
 *
 * <p>Browsers send cookies to every port of a host. So the cookie is bound to a path that nobody
 * knows either: another program at this machine is not sent it.
 */
final class Gate {
    private static final String COOKIE = "chaos-runner";
    private static final String BEARER = "Bearer ";
    private static final int TOKEN_BYTES = 32;
    private static final int PATH_BYTES = 16;

    private final String token;
    private final String base;
    private final List<String> hosts;

    private Gate(String token, String base, int port) {
        this.token = token;
        this.base = base;
        hosts = List.of("127.0.0.1:" + port, "localhost:" + port);
    }

    /** Make one with a new token of 256 bits. */
    static Gate at(int port) {
        var random = new SecureRandom();
        byte[] token = new byte[TOKEN_BYTES];
        byte[] path = new byte[PATH_BYTES];
        random.nextBytes(token);
        random.nextBytes(path);
        return new Gate(
                Base64.getUrlEncoder().withoutPadding().encodeToString(token),
                "/" + HexFormat.of().formatHex(path) + "/",
                port);
    }

    /** Return the path under which everything is; it begins and ends with a slash. */
    String base() {
        return base;
    }

    /** Return what a person opens. */
    String url() {
        return url(base);
    }

    /** Return the same for one of the pages. */
    String url(String path) {
        return "http://%s%s?token=%s".formatted(hosts.getFirst(), path, token);
    }

    /** Return the header that makes a browser keep the token. */
    String cookie() {
        return "%s=%s; Path=%s; HttpOnly; SameSite=Strict".formatted(COOKIE, token, base);
    }

    /**
     * Tell whether a request was meant for this server. A page of the web may have its own name
     * point here, and its browser then sends that.
     */
    boolean isMeant(Headers headers) {
        List<String> host = headers.getOrDefault("Host", List.of());
        return host.size() == 1 && hosts.contains(host.getFirst().toLowerCase(Locale.ROOT));
    }

    /** Tell whether a request comes from one of our pages: what changes something has to. */
    boolean isOurs(Headers headers) {
        List<String> origin = headers.getOrDefault("Origin", List.of());
        return origin.size() == 1
                && hosts.stream().map(host -> "http://" + host).anyMatch(origin.getFirst()::equals);
    }

    /** Tell whether the cookie or the header has the token. */
    boolean knows(Headers headers) {
        List<String> authorization = headers.getOrDefault("Authorization", List.of());
        if (!authorization.isEmpty()) {
            String only = authorization.getFirst();
            return authorization.size() == 1
                    && only.startsWith(BEARER)
                    && isToken(only.substring(BEARER.length()));
        }
        return headers.getOrDefault("Cookie", List.of()).stream()
                .flatMap(line -> List.of(line.split(";", -1)).stream())
                .map(String::strip)
                .filter(each -> each.startsWith(COOKIE + "="))
                .anyMatch(each -> isToken(each.substring(COOKIE.length() + 1)));
    }

    /** Tell whether the query of an address has the token. */
    boolean knows(@Nullable String query) {
        return Optional.ofNullable(query)
                .filter(text -> text.startsWith("token="))
                .filter(text -> isToken(text.substring("token=".length())))
                .isPresent();
    }

    /** However long a wrong one agrees with the right one, it takes the same time. */
    private boolean isToken(String word) {
        return MessageDigest.isEqual(
                word.getBytes(StandardCharsets.UTF_8), token.getBytes(StandardCharsets.UTF_8));
    }
}
