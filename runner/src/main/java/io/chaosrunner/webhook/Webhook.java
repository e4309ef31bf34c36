package io.chaosrunner.webhook;

import io.chaosrunner.cluster.LongLived;
import io.chaosrunner.model.TimeWords;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * An address to which what happens is sent, in order, by a thread of its own: as CloudEvents, or as
 * Slack takes it.
 *
 * <p>Telling never waits: what comes faster than it can be sent is dropped, after a warning. Each
 * request has a time and a few tries. Each kind of trouble is said once, until all is told again
 * and some minutes have passed. The address is a secret as often as not (Slack's are), so no more
 * than its host is ever said. Safe for use by several threads.
 */
public final class Webhook implements AutoCloseable {
    static final String URL = "CHAOS_RUNNER_EVENTS_URL";
    static final String FORMAT = "CHAOS_RUNNER_EVENTS_FORMAT";
    static final String SECRET = "CHAOS_RUNNER_EVENTS_SECRET";

    /** Of the body, as GitHub signs its webhooks: {@code sha256=} and hexadecimal digits. */
    static final String SIGNATURE = "X-Chaosrunner-Signature-256";

    private static final String HMAC = "HmacSHA256";
    private static final int TOO_MANY_REQUESTS = 429;

    /** An address that takes one event and refuses the next is said no more often than this. */
    private static final Duration QUIET = Duration.ofMinutes(5);

    /** The end of a process is not held up unsaid for longer. */
    private static final Duration SOON = Duration.ofMillis(500);

    /**
     * What sending may take.
     *
     * @param waiting how many may wait to be sent
     * @param bytes how much they may hold in all
     * @param tries of each
     * @param pause after the first try that failed; twice as long after each further one
     * @param answer how long one try waits for its answer
     * @param end how long the end of the process waits for what was not sent
     */
    record Limits(
            int waiting, int bytes, int tries, Duration pause, Duration answer, Duration end) {
        static final Limits DEFAULT =
                new Limits(
                        256,
                        1 << 20,
                        4,
                        Duration.ofSeconds(1),
                        Duration.ofSeconds(10),
                        Duration.ofSeconds(5));
    }

    private enum Format {
        CLOUDEVENTS,
        SLACK
    }

    /** What is said once, until the address takes something again. */
    private enum Trouble {
        /** More happens than it takes. */
        TOO_MUCH,
        REFUSED,
        UNREACHABLE,
        SILENT,
        /** The process ends before all is told. */
        ENDED
    }

    private final URI address;
    private final Format format;
    private final Optional<SecretKeySpec> key;
    private final Limits limits;
    private final Clock clock;
    private final Consumer<String> warn;
    private final HttpClient http;
    private final BlockingQueue<byte[]> waiting;

    /** Those that wait, and the one that is being sent. */
    private final AtomicInteger untold = new AtomicInteger();

    private final AtomicInteger bytes = new AtomicInteger();
    private final CountDownLatch closing = new CountDownLatch(1);
    private final LongLived work;
    private final Thread thread;
    private final Set<Trouble> said = EnumSet.noneOf(Trouble.class);
    private Instant lastSaid = Instant.EPOCH;

    private Webhook(
            URI address,
            Format format,
            Optional<SecretKeySpec> key,
            Limits limits,
            Clock clock,
            Consumer<String> warn) {
        this.address = address;
        this.format = format;
        this.key = key;
        this.limits = limits;
        this.clock = clock;
        this.warn = warn;
        waiting = new ArrayBlockingQueue<>(limits.waiting());
        http =
                HttpClient.newBuilder()
                        // To plain http it would ask for an upgrade, which some servers refuse.
                        .version(HttpClient.Version.HTTP_1_1)
                        .connectTimeout(limits.answer())
                        .followRedirects(HttpClient.Redirect.NEVER)
                        .build();
        work = new LongLived("the telling of events", this::send, warn);
        thread = Thread.ofPlatform().name("events").daemon().start(work);
    }

    /**
     * Begin, where the variables of the process name an address.
     *
     * @param warn hears what is wrong, in a sentence
     * @return empty if nobody is to be told, or the address is none
     */
    public static Optional<Webhook> of(
            Map<String, String> variables, Clock clock, Consumer<String> warn) {
        return of(variables, clock, Limits.DEFAULT, warn);
    }

    static Optional<Webhook> of(
            Map<String, String> variables, Clock clock, Limits limits, Consumer<String> warn) {
        String url = variables.getOrDefault(URL, "").strip();
        if (url.isEmpty()) {
            return Optional.empty();
        }
        Optional<URI> address = address(url);
        if (address.isEmpty()) {
            warn.accept(
                    URL + " is no address that begins with https:// or http://: nobody is told");
            return Optional.empty();
        }
        Format format;
        switch (variables.getOrDefault(FORMAT, "")) {
            case "", "cloudevents" -> format = Format.CLOUDEVENTS;
            case "slack" -> format = Format.SLACK;
            default -> {
                warn.accept(FORMAT + " is neither cloudevents nor slack: nobody is told");
                return Optional.empty();
            }
        }
        String secret = variables.getOrDefault(SECRET, "");
        return Optional.of(
                new Webhook(
                        address.get(),
                        format,
                        secret.isEmpty()
                                ? Optional.empty()
                                : Optional.of(
                                        new SecretKeySpec(
                                                secret.getBytes(StandardCharsets.UTF_8), HMAC)),
                        limits,
                        clock,
                        warn));
    }

    private static Optional<URI> address(String url) {
        try {
            URI address = new URI(url);
            boolean http =
                    "https".equals(address.getScheme()) || "http".equals(address.getScheme());
            return http && address.getHost() != null ? Optional.of(address) : Optional.empty();
        } catch (URISyntaxException e) {
            return Optional.empty();
        }
    }

    Clock clock() {
        return clock;
    }

    /** Return how many are to be sent still. */
    int untold() {
        return untold.get();
    }

    /** Have something sent soon; never waits. */
    void tell(Happening happening) {
        if (closing.getCount() == 0) {
            return;
        }
        byte[] body =
                switch (format) {
                    case CLOUDEVENTS -> happening.cloudEvent();
                    case SLACK -> happening.slackMessage();
                };
        untold.incrementAndGet();
        if (bytes.addAndGet(body.length) > limits.bytes() || !waiting.offer(body)) {
            done(body);
            warn(Trouble.TOO_MUCH, "more happens than it takes, so some is not told");
        }
    }

    private void done(byte[] body) {
        bytes.addAndGet(-body.length);
        untold.decrementAndGet();
    }

    private void warn(Trouble trouble, String what) {
        boolean first;
        synchronized (said) {
            first = said.add(trouble);
            if (first) {
                lastSaid = clock.instant();
            }
        }
        if (first) {
            warn.accept("events for %s: %s; runs go on".formatted(address.getHost(), what));
        }
    }

    /** Wait a bounded time for what was not sent yet, and end. */
    @Override
    public void close() {
        closing.countDown();
        try {
            Duration soon = limits.end().compareTo(SOON) < 0 ? limits.end() : SOON;
            if (!thread.join(soon)) {
                warn.accept(
                        "events for %s: waiting up to %s until the last are taken"
                                .formatted(address.getHost(), TimeWords.of(limits.end())));
                thread.join(limits.end().minus(soon));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        int left = untold();
        if (left > 0) {
            warn(Trouble.ENDED, "%d not told before the process ended".formatted(left));
        }
        work.close();
        thread.interrupt();
        http.shutdownNow();
    }

    // ---- The thread ---------------------------------------------------------------------------

    private void send() {
        try {
            while (true) {
                byte[] next = waiting.poll(200, TimeUnit.MILLISECONDS);
                if (next != null) {
                    try {
                        send(next);
                        done(next);
                    } catch (RuntimeException | Error e) {
                        done(next);
                        throw e;
                    }
                } else if (closing.getCount() == 0) {
                    return;
                }
            }
        } catch (InterruptedException e) {
            // The process ends.
        }
    }

    /** What one try came to. */
    private enum Tried {
        TAKEN,
        REFUSED,
        AGAIN
    }

    private void send(byte[] body) throws InterruptedException {
        for (int failed = 0; failed < limits.tries(); failed++) {
            if (failed > 0) {
                TimeUnit.MILLISECONDS.sleep(limits.pause().toMillis() << (failed - 1));
            }
            Tried tried = tried(body);
            if (tried == Tried.TAKEN && waiting.isEmpty()) {
                heal();
            }
            if (tried != Tried.AGAIN) {
                return;
            }
        }
    }

    /** All is told: whatever is wrong from now on is news, though not more often than that. */
    private void heal() {
        Instant now = clock.instant();
        synchronized (said) {
            if (!said.isEmpty() && !now.isBefore(lastSaid.plus(QUIET))) {
                said.clear();
            }
        }
    }

    private Tried tried(byte[] body) throws InterruptedException {
        var answer = http.sendAsync(request(body), HttpResponse.BodyHandlers.ofInputStream());
        try {
            HttpResponse<InputStream> response =
                    answer.get(limits.answer().toMillis(), TimeUnit.MILLISECONDS);
            // Nothing of it is read: it may have no end.
            response.body().close();
            int code = response.statusCode();
            if (code / 100 == 2) {
                return Tried.TAKEN;
            }
            warn(Trouble.REFUSED, "it answers with " + code);
            return code / 100 == 5 || code == TOO_MANY_REQUESTS ? Tried.AGAIN : Tried.REFUSED;
        } catch (ExecutionException e) {
            warn(Trouble.UNREACHABLE, String.valueOf(e.getCause()));
            return Tried.AGAIN;
        } catch (TimeoutException e) {
            answer.cancel(true);
            warn(Trouble.SILENT, "it does not answer within " + TimeWords.of(limits.answer()));
            return Tried.AGAIN;
        } catch (IOException e) {
            // It was answered.
            return Tried.TAKEN;
        }
    }

    private HttpRequest request(byte[] body) {
        HttpRequest.Builder request =
                HttpRequest.newBuilder(address)
                        .timeout(limits.answer())
                        .header(
                                "Content-Type",
                                format == Format.SLACK
                                        ? "application/json"
                                        : "application/cloudevents+json; charset=utf-8")
                        .POST(HttpRequest.BodyPublishers.ofByteArray(body));
        key.ifPresent(secret -> request.header(SIGNATURE, "sha256=" + signature(secret, body)));
        return request.build();
    }

    private static String signature(SecretKeySpec key, byte[] body) {
        try {
            Mac mac = Mac.getInstance(HMAC);
            mac.init(key);
            return HexFormat.of().formatHex(mac.doFinal(body));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JVM has " + HMAC, e);
        }
    }
}
