package io.chaosrunner.export;

import io.chaosrunner.config.ExecutionSettings;
import io.chaosrunner.history.RunRecord;
import io.chaosrunner.model.TimeWords;
import io.chaosrunner.strategy.Parameters;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The times in which no further attempt began, and what of the run's record kept it from beginning:
 * its {@code maxParallel}, or the least distance that its strategy keeps. Nothing is concluded from
 * a setting whose meaning only a strategy of somebody else knows. Immutable.
 */
final class Holds {
    /** What is recorded to a second may begin so much too early. */
    private static final Duration TOLERANCE = Duration.ofSeconds(1);

    private final List<Hold> all;
    private final NavigableSet<Instant> starts;
    private final OptionalInt cap;
    private final Optional<Distance> distance;

    /** What is known of such a time. */
    enum Kind {
        /** As many attempts ran as may at once. */
        CAP,
        /** The least distance from the attempt before was not over. */
        DISTANCE,
        /** Nothing ran; the next launch says why it began when it did. */
        IDLE
    }

    /** Such a time. */
    record Hold(Kind kind, Instant from, Instant to) {}

    /**
     * An attempt.
     *
     * @param end when it ended; empty if it goes on
     */
    record Span(Instant start, Optional<Instant> end) {}

    /**
     * The least distance that a strategy keeps.
     *
     * @param setting name of the parameter
     */
    private record Distance(String setting, Duration least, boolean fromEnd) {}

    private Holds(
            List<Hold> all,
            NavigableSet<Instant> starts,
            OptionalInt cap,
            Optional<Distance> distance) {
        this.all = all;
        this.starts = starts;
        this.cap = cap;
        this.distance = distance;
    }

    /**
     * @param until to where the run is known
     */
    static Holds of(RunRecord record, List<Span> attempts, Instant until) {
        List<Span> spans = attempts.stream().sorted(Comparator.comparing(Span::start)).toList();
        OptionalInt cap = cap(record);
        Optional<Distance> distance = distance(record);
        var all = new ArrayList<Hold>();
        idle(spans, all);
        cap.ifPresent(most -> whereRunning(most, spans, until, all));
        distance.ifPresent(each -> distances(each, spans, all));
        var starts = new TreeSet<Instant>();
        spans.forEach(each -> starts.add(each.start()));
        return new Holds(List.copyOf(all), starts, cap, distance);
    }

    private static OptionalInt cap(RunRecord record) {
        return record.json().path("settings") instanceof ObjectNode settings
                        && settings.has("maxParallel")
                ? OptionalInt.of(ExecutionSettings.of(settings).limits().maxParallel())
                : OptionalInt.empty();
    }

    private static Optional<Distance> distance(RunRecord record) {
        JsonNode settings = record.json().path("settings");
        return switch (record.text("strategy")) {
            case "sequential" -> distance(settings, "gap", true);
            case "parallel" -> distance(settings, "stagger", false);
            case "random" ->
                    distance(
                            settings,
                            "minInterval",
                            settings.path("from").asString("").equals("end"));
            default -> Optional.empty();
        };
    }

    private static Optional<Distance> distance(JsonNode settings, String setting, boolean fromEnd) {
        return Parameters.duration(settings.path(setting).asString(""))
                .filter(Duration::isPositive)
                .map(least -> new Distance(setting, least, fromEnd));
    }

    /** Add when so many ran, until one of them ended. */
    private static void whereRunning(int most, List<Span> spans, Instant until, List<Hold> all) {
        record Turn(Instant at, int change) {}
        List<Turn> turns =
                spans.stream()
                        .flatMap(each ->
                                Stream.of(
                                        new Turn(each.start(), 1),
                                        new Turn(each.end().orElse(until), -1)))
                        // Whoever ends makes room for whoever begins at that instant.
                        .sorted(Comparator.comparing(Turn::at).thenComparing(Turn::change))
                        .toList();
        int running = 0;
        Instant full = Instant.MAX;
        for (Turn each : turns) {
            boolean was = running >= most;
            running += each.change();
            if (running >= most && !was) {
                full = each.at();
            } else if (running < most && was && full.isBefore(each.at())) {
                all.add(new Hold(Kind.CAP, full, each.at()));
            }
        }
    }

    /** Add the distance before each start, where it was kept. */
    private static void distances(Distance of, List<Span> spans, List<Hold> all) {
        var from = new TreeSet<Instant>();
        for (Span each : spans) {
            (of.fromEnd() ? each.end() : Optional.of(each.start())).ifPresent(from::add);
        }
        Instant told = Instant.MIN;
        for (Span each : spans) {
            @Nullable Instant before = from.lower(each.start());
            if (before == null || told.equals(each.start())) {
                continue;
            }
            told = each.start();
            Instant opens = before.plus(of.least());
            if (!opens.isAfter(told.plus(TOLERANCE))) {
                all.add(new Hold(Kind.DISTANCE, before, opens.isAfter(told) ? told : opens));
            }
        }
    }

    private static void idle(List<Span> spans, List<Hold> all) {
        Instant busy = spans.isEmpty() ? Instant.MAX : spans.getFirst().start();
        for (Span each : spans) {
            if (busy.isBefore(each.start())) {
                all.add(new Hold(Kind.IDLE, busy, each.start()));
            }
            Instant end = each.end().orElse(Instant.MAX);
            busy = end.isAfter(busy) ? end : busy;
        }
    }

    /** Return them by their kinds, each in the order of time. */
    List<Hold> all() {
        return all;
    }

    /** Say what such a time is, in words. */
    String words(Kind kind) {
        return switch (kind) {
            case CAP -> {
                int most = cap.orElse(1);
                yield most == 1
                        ? "the only place was taken (maxParallel: 1)"
                        : "all %d places were taken (maxParallel: %d)".formatted(most, most);
            }
            case DISTANCE ->
                    distance.map(each ->
                                    "%s: %s from %s"
                                            .formatted(
                                                    each.setting(),
                                                    TimeWords.of(each.least()),
                                                    each.fromEnd()
                                                            ? "an end to the next start"
                                                            : "one start to the next"))
                            .orElse("");
            case IDLE -> "nothing ran";
        };
    }

    /**
     * Say what let an attempt not begin before, and up to when by the clock of the run; empty if
     * nothing did that is known, or others began since.
     */
    String before(Instant start, Instant begin) {
        @Nullable Instant last = starts.lower(start);
        if (last == null) {
            return "";
        }
        return all.stream()
                .filter(each -> each.kind() != Kind.IDLE)
                .filter(each -> each.to().isAfter(last) && !each.to().isAfter(start))
                .map(each ->
                        "until +%s %s"
                                .formatted(
                                        TimeWords.of(Duration.between(begin, each.to())),
                                        words(each.kind())))
                .collect(Collectors.joining("; "));
    }
}
