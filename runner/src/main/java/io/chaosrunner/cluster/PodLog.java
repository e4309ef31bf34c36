package io.chaosrunner.cluster;

import io.chaosrunner.cluster.ClusterException.Kind;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * The log of one container, line by line, as far as it was asked for. Owned by one thread; any
 * thread may close it.
 */
public final class PodLog implements AutoCloseable {
    /** Most bytes of a line; of a longer one the rest is passed over. */
    public static final int LONGEST_LINE = 16 * 1024;

    private final Connections.Stream stream;
    private final InputStream body;

    /**
     * What to read.
     *
     * @param container its name
     * @param follow whether to go on until the container ends
     * @param previous whether the container that was here before its last restart is meant
     * @param tail how many of the last lines; empty means all
     * @param age how old a line may be; empty means any
     * @param after no line before that second; empty means any. Together with an age it decides
     *     alone
     */
    public record Query(
            String container,
            boolean follow,
            boolean previous,
            OptionalLong tail,
            Optional<Duration> age,
            Optional<Instant> after) {

        /** Return a query for what follows a line that was read. */
        public Query since(Instant line) {
            return new Query(
                    container,
                    follow,
                    previous,
                    OptionalLong.empty(),
                    Optional.empty(),
                    Optional.of(line));
        }

        String parameters() {
            var parameters =
                    new StringBuilder("timestamps=true&container=")
                            .append(ApiServer.encode(container));
            if (follow) {
                parameters.append("&follow=true");
            }
            if (previous) {
                parameters.append("&previous=true");
            }
            tail.ifPresent(lines -> parameters.append("&tailLines=").append(lines));
            if (after.isPresent()) {
                parameters.append("&sinceTime=").append(ApiServer.encode(after.get().toString()));
            } else if (age.isPresent()) {
                // A part of a second is a second: 0 is refused.
                long seconds = age.get().plusNanos(999_999_999).toSeconds();
                parameters.append("&sinceSeconds=").append(seconds);
            }
            return parameters.toString();
        }
    }

    /**
     * One line.
     *
     * @param at when the container runtime read it; empty if it does not say
     * @param text the line without its end; of a stranger
     * @param passedOver how many of its bytes were passed over
     */
    public record Line(Optional<Instant> at, String text, long passedOver) {}

    PodLog(Connections.Stream stream, InputStream body) {
        this.stream = stream;
        this.body = new BufferedInputStream(body);
    }

    /**
     * Read the next line; empty at the end, which is no word on whether the container has ended.
     *
     * @throws ClusterException of kind {@link Kind#UNREACHABLE} if the stream breaks
     */
    public Optional<Line> next() {
        try {
            var bytes = new ByteArrayOutputStream();
            long passedOver = 0;
            int b = body.read();
            if (b < 0) {
                return Optional.empty();
            }
            stream.heard();
            for (; b >= 0 && b != '\n'; b = body.read()) {
                if (bytes.size() < LONGEST_LINE) {
                    bytes.write(b);
                } else {
                    passedOver++;
                }
            }
            return Optional.of(line(bytes.toString(StandardCharsets.UTF_8), passedOver));
        } catch (IOException e) {
            throw new ClusterException(Kind.UNREACHABLE, "the log's stream broke: " + e, e);
        }
    }

    private static Line line(String written, long passedOver) {
        String text = written.endsWith("\r") ? written.substring(0, written.length() - 1) : written;
        int blank = text.indexOf(' ');
        try {
            Instant at =
                    OffsetDateTime.parse(blank < 0 ? text : text.substring(0, blank)).toInstant();
            return new Line(
                    Optional.of(at), blank < 0 ? "" : text.substring(blank + 1), passedOver);
        } catch (DateTimeParseException e) {
            return new Line(Optional.empty(), text, passedOver);
        }
    }

    @Override
    public void close() {
        try {
            body.close();
        } catch (IOException e) {
            // Nothing is read from it any more.
        } finally {
            stream.close();
        }
    }
}
