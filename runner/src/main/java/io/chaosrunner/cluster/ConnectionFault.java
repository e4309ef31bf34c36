package io.chaosrunner.cluster;

import com.google.common.base.Throwables;
import java.net.ConnectException;
import java.net.UnknownHostException;
import java.nio.channels.UnresolvedAddressException;
import java.security.cert.CertPathBuilderException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLException;

/** Why there is no connection to a server, in the words of the field, not of Java. Pure. */
final class ConnectionFault {
    private ConnectionFault() {}

    static String words(Throwable fault) {
        return certificate(fault)
                .map("its certificate is not accepted: "::concat)
                .orElseGet(() -> otherWords(fault));
    }

    /** Return why the server's certificate is not accepted; empty if that is not what it is. */
    static Optional<String> certificate(Throwable fault) {
        List<Throwable> chain = Throwables.getCausalChain(fault);
        if (has(chain, CertPathBuilderException.class)) {
            return Optional.of("no authority that is trusted here has signed it");
        }
        if (has(chain, CertificateExpiredException.class)) {
            return Optional.of("it has expired");
        }
        if (has(chain, CertificateNotYetValidException.class)) {
            return Optional.of("it is not valid yet; is the clock right?");
        }
        return chain.stream()
                .filter(CertificateException.class::isInstance)
                .findFirst()
                .map(ConnectionFault::message);
    }

    private static String otherWords(Throwable fault) {
        List<Throwable> chain = Throwables.getCausalChain(fault);
        if (has(chain, UnresolvedAddressException.class)
                || has(chain, UnknownHostException.class)) {
            return "there is no host of that name";
        }
        if (has(chain, SSLException.class)) {
            return "it does not speak TLS as it should: " + message(fault);
        }
        if (fault.getMessage() == null) {
            // The HTTP client says no more of either.
            if (fault instanceof ConnectException) {
                return "connection refused";
            }
            if (fault instanceof TimeoutException) {
                return "it did not answer in time";
            }
        }
        return message(fault);
    }

    private static String message(Throwable fault) {
        String message = fault.getMessage();
        return message == null ? fault.getClass().getSimpleName() : message;
    }

    private static boolean has(List<Throwable> chain, Class<? extends Throwable> kind) {
        return chain.stream().anyMatch(kind::isInstance);
    }
}
