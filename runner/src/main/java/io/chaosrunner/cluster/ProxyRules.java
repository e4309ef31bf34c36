package io.chaosrunner.cluster;

import java.math.BigInteger;
import java.net.IDN;
import java.net.InetAddress;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The proxy that the environment names for an address, by the rules of Go's {@code httpproxy},
 * which are kubectl's: {@code HTTPS_PROXY}, {@code HTTP_PROXY} and {@code NO_PROXY} in capitals go
 * before those in small letters, and this machine itself is never reached through a proxy.
 */
final class ProxyRules {
    private final Map<String, String> variables;
    private final List<Excepted> exceptions = new ArrayList<>();

    /** An entry of {@code NO_PROXY}. */
    private interface Excepted {
        boolean holds(String host, int port, @Nullable InetAddress address);
    }

    private ProxyRules(Map<String, String> variables) {
        this.variables = variables;
        for (String entry : value("NO_PROXY").split(",", -1)) {
            add(entry.strip().toLowerCase(Locale.ROOT));
        }
    }

    static ProxyRules of(Map<String, String> variables) {
        return new ProxyRules(variables);
    }

    private String value(String name) {
        String capitals = variables.getOrDefault(name, "");
        return capitals.isEmpty()
                ? variables.getOrDefault(name.toLowerCase(Locale.ROOT), "")
                : capitals;
    }

    /**
     * Return the proxy for a server.
     *
     * @throws ClusterException if one is meant that cannot be understood
     */
    Optional<Proxy> proxyFor(String server) {
        boolean encrypted = Access.isEncrypted(server);
        String variable = encrypted ? "HTTPS_PROXY" : "HTTP_PROXY";
        if (value(variable).isEmpty()) {
            return Optional.empty();
        }
        URI uri = URI.create(server);
        String host = ascii(Proxy.withoutBrackets(String.valueOf(uri.getHost())));
        int port = uri.getPort() >= 0 ? uri.getPort() : encrypted ? 443 : 80;
        InetAddress address = address(host);
        if (host.equals("localhost") || (address != null && address.isLoopbackAddress())) {
            return Optional.empty();
        }
        String name = host.toLowerCase(Locale.ROOT);
        return exceptions.stream().anyMatch(each -> each.holds(name, port, address))
                ? Optional.empty()
                : Optional.of(Proxy.ofVariable(variable, value(variable)));
    }

    private void add(String entry) {
        if (entry.isEmpty()) {
            return;
        }
        if (entry.equals("*")) {
            exceptions.add((host, port, address) -> true);
            return;
        }
        int slash = entry.indexOf('/');
        if (slash >= 0) {
            addNetwork(entry.substring(0, slash), entry.substring(slash + 1), entry);
            return;
        }
        String host = entry;
        int only = -1;
        int colon = entry.lastIndexOf(':');
        boolean bracketed = entry.startsWith("[") && entry.indexOf(']') == colon - 1;
        if (colon >= 0 && (bracketed || entry.indexOf(':') == colon)) {
            host = Proxy.withoutBrackets(entry.substring(0, colon));
            only = portOf(entry.substring(colon + 1));
        }
        if (host.isEmpty()) {
            return;
        }
        int wanted = only;
        InetAddress exactly = address(host);
        if (exactly != null) {
            exceptions.add((name, port, address) ->
                    exactly.equals(address) && (wanted == -1 || wanted == port));
            return;
        }
        addDomain(host, wanted);
    }

    private void addDomain(String entry, int wanted) {
        String domain = entry.startsWith("*.") ? entry.substring(1) : entry;
        boolean itself = !domain.startsWith(".");
        String suffix = ascii(itself ? "." + domain : domain);
        exceptions.add((name, port, address) ->
                address == null
                        && (name.endsWith(suffix) || (itself && name.equals(suffix.substring(1))))
                        && (wanted == -1 || wanted == port));
    }

    private void addNetwork(String base, String length, String entry) {
        InetAddress network = address(base);
        int bits = portOf(length);
        int width = network == null ? 0 : network.getAddress().length * Byte.SIZE;
        if (network == null || bits < 0 || bits > width) {
            // Neither an address nor a name that a host can have, as in Go.
            addDomain(entry, -1);
            return;
        }
        BigInteger prefix = new BigInteger(1, network.getAddress()).shiftRight(width - bits);
        exceptions.add((name, port, address) ->
                address != null
                        && address.getAddress().length * Byte.SIZE == width
                        && new BigInteger(1, address.getAddress())
                                .shiftRight(width - bits)
                                .equals(prefix));
    }

    /** Return a number; -2, which nothing has, if it is none. */
    private static int portOf(String text) {
        if (text.isEmpty()) {
            return -1;
        }
        return text.matches("\\d{1,5}") ? Integer.parseInt(text) : -2;
    }

    /** Return the address that a text is; null if it is a name, which is not looked up. */
    static @Nullable InetAddress address(String text) {
        if (!text.matches("[0-9]{1,3}([.][0-9]{1,3}){3}|[0-9a-fA-F.]*+:[0-9a-fA-F:.]*+")) {
            return null;
        }
        try {
            return InetAddress.ofLiteral(text);
        } catch (IllegalArgumentException notAnAddress) {
            return null;
        }
    }

    private static String ascii(String name) {
        try {
            return IDN.toASCII(name, IDN.ALLOW_UNASSIGNED);
        } catch (IllegalArgumentException asItIs) {
            return name;
        }
    }
}
