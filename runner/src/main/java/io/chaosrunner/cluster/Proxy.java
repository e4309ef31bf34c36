package io.chaosrunner.cluster;

import io.chaosrunner.cluster.ClusterException.Kind;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * A proxy that leads to the API server.
 *
 * @param scheme {@code http}, {@code https}, {@code socks5} or {@code socks5h}
 * @param host its name or address
 * @param login who asks it, and with which password
 */
record Proxy(String scheme, String host, int port, Optional<Login> login) {
    private static final Set<String> KUBECONFIG = Set.of("http", "https", "socks5");
    private static final Set<String> VARIABLE = Set.of("http", "https", "socks5", "socks5h");

    /** Who asks a proxy. */
    record Login(String user, String password) {
        @Override
        public String toString() {
            return user;
        }
    }

    /** Return what may be printed: without the password. */
    @Override
    public String toString() {
        return "%s://%s:%d".formatted(scheme, host.contains(":") ? "[" + host + "]" : host, port);
    }

    boolean isSocks() {
        return scheme.startsWith("socks");
    }

    boolean isEncrypted() {
        return scheme.equals("https");
    }

    /**
     * Read a {@code proxy-url} of a kubeconfig.
     *
     * @throws ClusterException if it is none
     */
    static Proxy ofKubeconfig(String url, String cluster) {
        return parse(url, KUBECONFIG)
                .orElseThrow(() ->
                        new ClusterException(
                                Kind.UNCONFIGURED,
                                "the proxy-url of cluster '%s' cannot be used: it must be http://, https:// or socks5:// and a host"
                                        .formatted(cluster)));
    }

    /**
     * Read an environment variable: an address, or host and port of a proxy of scheme http.
     *
     * @throws ClusterException if it is neither
     */
    static Proxy ofVariable(String name, String value) {
        return parse(value.contains("://") ? value : "http://" + value, VARIABLE)
                .orElseThrow(() ->
                        new ClusterException(
                                Kind.UNCONFIGURED,
                                "the environment's %s cannot be used: it must be http://, https:// or socks5:// and a host"
                                        .formatted(name)));
    }

    private static Optional<Proxy> parse(String url, Set<String> schemes) {
        int colon = url.indexOf("://");
        if (colon < 0) {
            return Optional.empty();
        }
        String scheme = url.substring(0, colon).toLowerCase(Locale.ROOT);
        String rest = url.substring(colon + "://".length());
        String authority = rest.split("[/?#]", 2)[0];
        // As in Go: a password may hold an @, too.
        int at = authority.lastIndexOf('@');
        String address = authority.substring(at + 1);
        int last = address.lastIndexOf(':');
        boolean hasPort = last > address.lastIndexOf(']');
        String host = withoutBrackets(hasPort ? address.substring(0, last) : address);
        String port = hasPort ? address.substring(last + 1) : "";
        if (!schemes.contains(scheme)
                || host.isEmpty()
                || host.chars().anyMatch(each -> each <= ' ' || each == '[' || each == ']')
                || !port.matches("\\d{0,5}")) {
            return Optional.empty();
        }
        Optional<Login> login = at < 0 ? Optional.empty() : login(authority.substring(0, at));
        int number = port.isEmpty() ? defaultPort(scheme) : Integer.parseInt(port);
        return at >= 0 && login.isEmpty() || number > 0xffff
                ? Optional.empty()
                : Optional.of(new Proxy(scheme, host, number, login));
    }

    private static int defaultPort(String scheme) {
        return switch (scheme) {
            case "http" -> 80;
            case "https" -> 443;
            default -> 1080;
        };
    }

    private static Optional<Login> login(String text) {
        int colon = text.indexOf(':');
        Optional<String> user = decoded(colon < 0 ? text : text.substring(0, colon));
        Optional<String> password = decoded(colon < 0 ? "" : text.substring(colon + 1));
        return user.flatMap(name -> password.map(word -> new Login(name, word)));
    }

    private static Optional<String> decoded(String text) {
        var bytes = new ByteArrayOutputStream();
        byte[] raw = text.getBytes(StandardCharsets.UTF_8);
        for (int i = 0; i < raw.length; i++) {
            if (raw[i] != '%') {
                bytes.write(raw[i]);
                continue;
            }
            int high = i + 2 < raw.length ? Character.digit(raw[i + 1], 16) : -1;
            int low = i + 2 < raw.length ? Character.digit(raw[i + 2], 16) : -1;
            if (high < 0 || low < 0) {
                return Optional.empty();
            }
            bytes.write(high << 4 | low);
            i += 2;
        }
        return Optional.of(bytes.toString(StandardCharsets.UTF_8));
    }

    static String withoutBrackets(String host) {
        return host.startsWith("[") && host.endsWith("]")
                ? host.substring(1, host.length() - 1)
                : host;
    }
}
