package io.chaosrunner.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.io.IOException;
import java.net.ConnectException;
import java.net.UnknownHostException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.UnresolvedAddressException;
import java.security.cert.CertPathBuilderException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateExpiredException;
import java.util.List;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLHandshakeException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Why a server is not reached is told without names of Java's classes. */
class ConnectionFaultTest {

    static List<Arguments> faults() {
        return List.of(
                // As the HTTP client has them.
                arguments(
                        caused(new ConnectException(), new ClosedChannelException()),
                        "connection refused"),
                arguments(
                        caused(
                                new ConnectException(),
                                caused(new ConnectException(), new UnresolvedAddressException())),
                        "there is no host of that name"),
                arguments(new UnknownHostException("x"), "there is no host of that name"),
                arguments(new ConnectException("Network is unreachable"), "Network is unreachable"),
                arguments(new TimeoutException(), "it did not answer in time"),
                arguments(new IOException("port out of range:99999"), "port out of range:99999"),
                arguments(
                        new SSLException("Unsupported or unrecognized SSL message"),
                        "it does not speak TLS as it should: Unsupported or unrecognized SSL message"),
                arguments(
                        caused(
                                new SSLHandshakeException("(certificate_unknown) PKIX path …"),
                                new CertPathBuilderException("sun.security.provider…")),
                        "its certificate is not accepted: no authority that is trusted here has signed it"),
                arguments(
                        caused(
                                new SSLHandshakeException("(certificate_unknown) PKIX path …"),
                                new CertificateExpiredException("NotAfter: …")),
                        "its certificate is not accepted: it has expired"),
                arguments(
                        caused(
                                new SSLHandshakeException("(certificate_unknown) No subject …"),
                                new CertificateException("No name matching localhost found")),
                        "its certificate is not accepted: No name matching localhost found"));
    }

    private static Throwable caused(Throwable fault, Throwable cause) {
        return fault.initCause(cause);
    }

    @ParameterizedTest
    @MethodSource("faults")
    void eachFaultHasItsWords(Throwable fault, String words) {
        assertThat(ConnectionFault.words(fault)).isEqualTo(words);
    }
}
