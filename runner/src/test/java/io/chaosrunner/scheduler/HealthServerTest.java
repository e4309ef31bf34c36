package io.chaosrunner.scheduler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Tests of {@link HealthServer}: what it answers, and what strangers may take. */
@Timeout(300)
class HealthServerTest {
    private static final String LIVE = "GET /livez HTTP/1.1\r\nHost: h\r\n\r\n";
    private static final String METRICS = LIVE.replace("livez", "metrics");
    private static final HealthServer.Limits PATIENT =
            new HealthServer.Limits(8, 4_096, Duration.ofHours(1));

    private final List<String> told = new CopyOnWriteArrayList<>();
    private volatile Optional<String> trouble = Optional.empty();
    private volatile byte[] counted = "a 1\n".getBytes(StandardCharsets.US_ASCII);
    private final AtomicInteger counts = new AtomicInteger();

    @Test
    void itSaysInOneLineHowTheServiceIs() throws IOException {
        try (HealthServer health = start(PATIENT)) {
            assertThat(ask(health, LIVE)).startsWith("HTTP/1.1 200 OK\r\n").endsWith("stands\n");
            assertThat(ask(health, LIVE.replace("livez", "readyz?verbose"))).contains(" 200 ");

            trouble = Optional.of("no Lease");

            assertThat(ask(health, LIVE)).startsWith("HTTP/1.1 200 OK\r\n");
            assertThat(ask(health, LIVE.replace("livez", "readyz")))
                    .startsWith("HTTP/1.1 503 ")
                    .endsWith("no Lease\n");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "GET / HTTP/1.1, 404",
        "GET /livez/x HTTP/1.1, 404",
        "POST /livez HTTP/1.1, 405",
        "GET /livez, 400",
        "GET /livez HTTP/2.0, 400",
        "'', 400",
    })
    void whatIsNoQuestionForItIsRefused(String line, int code) throws IOException {
        try (HealthServer health = start(PATIENT)) {
            assertThat(ask(health, line + "\r\n\r\n")).startsWith("HTTP/1.1 " + code + " ");
            assertThat(ask(health, LIVE)).contains(" 200 ");
        }
    }

    @Test
    void aRequestThatIsTooLargeIsCutOff() throws IOException {
        try (HealthServer health = start(PATIENT)) {
            assertThat(ask(health, "GET /livez HTTP/1.1\r\nX: " + "x".repeat(4_096 - 24)))
                    .startsWith("HTTP/1.1 431 ");
        }
    }

    @Test
    void whoeverAsksIsAnsweredHoweverManyOthersDoNotFinish() throws IOException {
        List<Socket> strangers = new ArrayList<>();
        try (HealthServer health = start(PATIENT)) {
            for (int i = 0; i < 300; i++) {
                Socket stranger = connect(health);
                strangers.add(stranger);
                send(stranger, "GET /livez HTTP/1.1\r\nX: " + "x".repeat(1_000));
                if (i % 20 == 0) {
                    assertThat(ask(health, LIVE)).contains(" 200 ");
                }
            }
            assertThat(ask(health, LIVE)).contains(" 200 ");
            assertThat(isClosed(strangers.getFirst())).isTrue();
            assertThat(health.isAlive()).isTrue();
        } finally {
            for (Socket stranger : strangers) {
                stranger.close();
            }
        }
    }

    @Test
    void whoeverDoesNotFinishInTimeIsCutOff() throws IOException {
        try (HealthServer health =
                        start(new HealthServer.Limits(8, 4_096, Duration.ofMillis(200)));
                Socket stranger = connect(health)) {
            send(stranger, "GET /li");

            assertThat(isClosed(stranger)).isTrue();
            assertThat(ask(health, LIVE)).contains(" 200 ");
        }
    }

    @Test
    void whoeverGoesAwayHarmsNobody() throws IOException {
        try (HealthServer health = start(PATIENT)) {
            for (int i = 0; i < 50; i++) {
                Socket stranger = connect(health);
                stranger.setSoLinger(true, 0);
                send(stranger, LIVE.substring(0, i % LIVE.length()));
                stranger.close();
            }
            assertThat(ask(health, LIVE)).contains(" 200 ");
        }
    }

    @Test
    void anErrorIsSaidAndItAnswersAgainAndIsNotReadyForAWhile() throws IOException {
        var failed = new AtomicBoolean();
        try (HealthServer health =
                HealthServer.start(
                        "127.0.0.1",
                        0,
                        () -> {
                            if (!failed.getAndSet(true)) {
                                throw new StackOverflowError("deep");
                            }
                            return "stands";
                        },
                        Optional::empty,
                        Optional.empty(),
                        told::add)) {
            assertThat(ask(health, LIVE)).isEmpty();

            assertThat(ask(health, LIVE)).contains(" 200 ").endsWith("stands\n");
            assertThat(told)
                    .singleElement()
                    .asString()
                    .contains("answering at the health port failed (1 times lately)");
            assertThat(ask(health, LIVE.replace("livez", "readyz")))
                    .contains(" 503 ")
                    .contains("StackOverflowError: deep");
        }
    }

    @Test
    void aFailureOfWhatItAsksEndsOneConnectionOnly() throws IOException {
        try (HealthServer health =
                HealthServer.start(
                        "127.0.0.1",
                        0,
                        () -> "stands",
                        () -> {
                            throw new IllegalStateException("a bug");
                        },
                        Optional.empty(),
                        told::add)) {
            assertThat(ask(health, LIVE.replace("livez", "readyz"))).isEmpty();
            assertThat(ask(health, LIVE)).contains(" 200 ");
        }
    }

    @Test
    void whatIsCountedIsAnsweredAsItIs() throws IOException {
        try (HealthServer health = start(PATIENT)) {
            assertThat(ask(health, METRICS))
                    .isEqualTo(
                            "HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4\r\n"
                                    + "Content-Length: 4\r\nConnection: close\r\n\r\na 1\n");
            assertThat(ask(health, METRICS.replace("GET", "HEAD")))
                    .contains("Content-Length: 4\r\n")
                    .endsWith("\r\n\r\n");
            assertThat(ask(health, METRICS.replace("GET", "POST"))).startsWith("HTTP/1.1 405 ");
        }
    }

    /** A scraper reads all of it, though it is more than a socket takes at once. */
    @Test
    void aLongAnswerArrivesWhole() throws IOException {
        counted = "a".repeat(256 << 10).getBytes(StandardCharsets.US_ASCII);
        try (HealthServer health = start(PATIENT)) {
            assertThat(ask(health, METRICS)).endsWith("\r\n\r\n" + "a".repeat(256 << 10));
        }
    }

    @Test
    void moreThanALimitIsNotSent() throws IOException {
        counted = new byte[(256 << 10) + 1];
        try (HealthServer health = start(PATIENT)) {
            assertThat(ask(health, METRICS))
                    .startsWith("HTTP/1.1 500 ")
                    .endsWith("more is counted than is sent\n");
        }
    }

    @Test
    void whoeverAsksAllTheTimeHasItCountedOnceASecond() throws IOException {
        try (HealthServer health = start(PATIENT)) {
            long begin = System.nanoTime();
            for (int i = 0; i < 100; i++) {
                assertThat(ask(health, METRICS)).endsWith("a 1\n");
            }
            long seconds = TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - begin);
            assertThat(counts.get()).isBetween(1, (int) seconds + 1);
        }
    }

    @Test
    void whereNothingIsCountedThereIsNoSuchPage() throws IOException {
        try (HealthServer health =
                HealthServer.start(
                        "127.0.0.1",
                        0,
                        () -> "stands",
                        Optional::empty,
                        Optional.empty(),
                        told::add)) {
            assertThat(ask(health, METRICS)).startsWith("HTTP/1.1 404 ");
        }
    }

    @Test
    void anAddressThatCannotBeHadIsNamed() {
        assertThatThrownBy(() ->
                        HealthServer.start(
                                "192.0.2.1",
                                0,
                                () -> "",
                                Optional::empty,
                                Optional.empty(),
                                told::add))
                .isInstanceOf(UncheckedIOException.class)
                .hasMessage("address 192.0.2.1, port 0");
    }

    private HealthServer start(HealthServer.Limits limits) {
        return HealthServer.start(
                "127.0.0.1",
                0,
                () -> "stands",
                () -> trouble,
                Optional.of(
                        new HealthServer.Page(
                                "text/plain; version=0.0.4",
                                () -> {
                                    counts.incrementAndGet();
                                    return counted;
                                })),
                told::add,
                limits);
    }

    private static Socket connect(HealthServer health) throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), health.port());
        socket.setSoTimeout(120_000);
        return socket;
    }

    private static void send(Socket socket, String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
    }

    private static String ask(HealthServer health, String request) throws IOException {
        try (Socket socket = connect(health)) {
            send(socket, request);
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    /** Waits until the other side has closed it. */
    private static boolean isClosed(Socket socket) {
        try {
            return socket.getInputStream().read() < 0;
        } catch (java.net.SocketTimeoutException e) {
            return false;
        } catch (IOException e) {
            return true;
        }
    }
}
