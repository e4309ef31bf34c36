package io.chaosrunner.sandbox;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** What the simulated containers said, until their pods are gone. Thread-safe. */
final class PodLogs {
    private static final int MOST_LINES = 10_000;

    private final Map<String, Log> logs = new HashMap<>();

    private record Line(Instant at, String text) {}

    private static final class Log {
        final List<Line> lines = new ArrayList<>();
        boolean ended;
    }

    /** What a request asks for. */
    record Asked(boolean follow, boolean timestamps, int tail, Instant since) {
        static Asked of(Map<String, String> query, Instant now) {
            return new Asked(
                    isTrue(query, "follow"),
                    isTrue(query, "timestamps"),
                    (int)
                            Math.min(
                                    Integer.MAX_VALUE,
                                    number(query, "tailLines", Integer.MAX_VALUE, 0)),
                    since(query, now));
        }

        private static Instant since(Map<String, String> query, Instant now) {
            String time = query.getOrDefault("sinceTime", "");
            if (!time.isEmpty()) {
                try {
                    return Instant.parse(time);
                } catch (DateTimeParseException e) {
                    throw StatusError.badRequest("parsing time \"" + time + "\"");
                }
            }
            return query.containsKey("sinceSeconds")
                    ? now.minusSeconds(number(query, "sinceSeconds", 0, 1))
                    : Instant.EPOCH;
        }

        private static long number(
                Map<String, String> query, String parameter, long otherwise, long least) {
            String text = query.getOrDefault(parameter, "");
            try {
                long number = text.isEmpty() ? otherwise : Long.parseLong(text);
                if (number >= least) {
                    return number;
                }
            } catch (NumberFormatException e) {
                // Said below.
            }
            throw StatusError.badRequest(
                    "%s: Invalid value: %s: must be greater than or equal to %d"
                            .formatted(parameter, text, least));
        }
    }

    static boolean isTrue(Map<String, String> query, String parameter) {
        String text = query.getOrDefault(parameter, "");
        return text.equals("true") || text.equals("1");
    }

    /** See that a pod has a container of that name which has started. */
    static void check(JsonNode pod, String container, boolean previous) {
        String name = Json.text(pod, "metadata", "name");
        List<String> containers =
                Json.items(pod.path("spec"), "containers").stream()
                        .map(each -> Json.text(each, "name"))
                        .toList();
        if (container.isEmpty() && containers.size() > 1) {
            throw StatusError.badRequest(
                    "a container name must be specified for pod %s, choose one of: %s"
                            .formatted(name, containers));
        }
        if (!container.isEmpty() && !containers.contains(container)) {
            throw StatusError.badRequest(
                    "container %s is not valid for pod %s".formatted(container, name));
        }
        String meant = container.isEmpty() ? containers.getFirst() : container;
        if (previous) {
            throw StatusError.badRequest(
                    "previous terminated container \"%s\" in pod \"%s\" not found"
                            .formatted(meant, name));
        }
        JsonNode state =
                Json.items(pod.path("status"), "containerStatuses").stream()
                        .filter(each -> Json.text(each, "name").equals(meant))
                        .findFirst()
                        .map(each -> each.path("state"))
                        .orElse(Json.object());
        if (!state.has("running") && !state.has("terminated")) {
            String why = Json.text(state, "waiting", "message");
            throw StatusError.badRequest(
                    "container \"%s\" in pod \"%s\" is waiting to start: %s"
                            .formatted(meant, name, why.isEmpty() ? "ContainerCreating" : why));
        }
    }

    synchronized void say(String uid, Instant at, String text) {
        Log log = logs.computeIfAbsent(uid, unused -> new Log());
        if (log.lines.size() < MOST_LINES) {
            log.lines.add(new Line(at, text));
            notifyAll();
        }
    }

    /** The container ended: nothing more is said. */
    synchronized void end(String uid) {
        logs.computeIfAbsent(uid, unused -> new Log()).ended = true;
        notifyAll();
    }

    synchronized void remove(String uid) {
        end(uid);
        logs.remove(uid);
    }

    /**
     * Write what was asked for; with {@code follow} until the container ends.
     *
     * @throws IOException if the client is gone
     */
    void write(String uid, Asked asked, OutputStream out) throws IOException, InterruptedException {
        Log log = of(uid);
        int next = -1;
        while (true) {
            List<Line> more;
            boolean ended;
            synchronized (this) {
                if (next < 0) {
                    next = Math.max(0, log.lines.size() - asked.tail());
                } else if (log.lines.size() == next && !log.ended) {
                    TimeUnit.SECONDS.timedWait(this, 1);
                }
                more = List.copyOf(log.lines.subList(next, log.lines.size()));
                next = log.lines.size();
                ended = log.ended;
            }
            for (Line line : more) {
                if (!line.at().isBefore(asked.since())) {
                    String at = asked.timestamps() ? line.at() + " " : "";
                    out.write((at + line.text() + "\n").getBytes(StandardCharsets.UTF_8));
                }
            }
            out.flush();
            if (ended || !asked.follow()) {
                return;
            }
        }
    }

    private synchronized Log of(String uid) {
        @Nullable Log log = logs.get(uid);
        if (log == null) {
            var none = new Log();
            none.ended = true;
            return none;
        }
        return log;
    }
}
