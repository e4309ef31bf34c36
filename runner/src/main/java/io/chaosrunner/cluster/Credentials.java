package io.chaosrunner.cluster;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Optional;

/**
 * What proves who asks. It may change while a run goes on: a token's file is written anew, a
 * plug-in is run again.
 *
 * <p>Thread-safe.
 */
interface Credentials {
    /** No credentials: the server calls it {@code system:anonymous}. */
    Credentials NONE = new Credentials() {};

    /**
     * Return the value of the header {@code Authorization} for a request that is sent now.
     *
     * @throws ClusterException with the reason if it cannot be had
     */
    default Optional<String> authorization() {
        return Optional.empty();
    }

    /**
     * Return the certificate, and its key, for a connection that is opened now.
     *
     * @throws ClusterException with the reason if it cannot be had
     */
    default Optional<ClientKey> clientKey() {
        return Optional.empty();
    }

    /**
     * Look for newer ones, because the server refused those that there are.
     *
     * @param refused the value that was refused
     * @return whether there are others
     */
    default boolean renew(Optional<String> refused) {
        return false;
    }

    /**
     * A certificate and its key.
     *
     * @param certificates PEM
     * @param key PEM
     */
    record ClientKey(String certificates, String key) {
        @Override
        public String toString() {
            return "ClientKey[…]";
        }
    }

    /** A token that stays. */
    static Credentials ofToken(String token) {
        Optional<String> value = Optional.of(bearer(token, "the token of the kubeconfig's user"));
        return new Credentials() {
            @Override
            public Optional<String> authorization() {
                return value;
            }
        };
    }

    /** A name and a password that stay. */
    static Credentials ofPassword(String user, String password) {
        Optional<String> value = Optional.of(basic(user, password));
        return new Credentials() {
            @Override
            public Optional<String> authorization() {
                return value;
            }
        };
    }

    static String basic(String user, String password) {
        return "Basic "
                + Base64.getEncoder()
                        .encodeToString((user + ":" + password).getBytes(StandardCharsets.UTF_8));
    }

    /**
     * Return the header's value for a token.
     *
     * @param what names the token, which itself is a secret
     * @throws ClusterException if no header can hold it
     */
    static String bearer(String token, String what) {
        if (token.chars().anyMatch(each -> each <= ' ' || each >= 0x7f)) {
            throw new ClusterException(
                    ClusterException.Kind.UNCONFIGURED,
                    what
                            + " holds a character that no HTTP header can; is there a line break in it?");
        }
        return "Bearer " + token;
    }
}
