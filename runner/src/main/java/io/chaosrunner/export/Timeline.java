package io.chaosrunner.export;

import static java.util.Objects.requireNonNull;

import io.chaosrunner.config.Dependencies;
import io.chaosrunner.config.ExecutionSettings;
import io.chaosrunner.export.Holds.Hold;
import io.chaosrunner.export.ReportedRun.Execution;
import io.chaosrunner.export.ReportedRun.Try;
import io.chaosrunner.history.RunRecord;
import io.chaosrunner.model.ForeignText;
import io.chaosrunner.model.TimeWords;
import io.chaosrunner.strategy.Outcome;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * The timeline of a run as SVG: a row for each execution with a bar for each attempt, what waited
 * for what, when nothing more was to begin, and the deadline. Across, everything is in hundredths
 * of the width, so that it fits a telephone and a wall.
 */
public final class Timeline {
    private static final int ROW = 34;
    private static final int AXIS = 22;
    private static final int ABOVE_BAR = 18;
    private static final int BAR = 12;
    private static final int LONGEST_LABEL = 80;
    private static final int TICKS = 4;
    private static final Duration SHORT = Duration.ofSeconds(20);

    /** How long the axis of a run may be that goes on: in seconds, in minutes, and so on. */
    private static final List<Long> STEPS =
            List.of(
                    4L, 8L, 12L, 16L, 20L, 24L, 32L, 40L, 48L, 60L, 80L, 100L, 120L, 160L, 200L,
                    240L);

    /** Of the width, of what is to be seen. */
    private static final double LEAST_SHARE = 0.004;

    private final Parts parts;

    /** What is written to now. */
    private Page page;

    private final ReportedRun run;
    private final List<Execution> rows;
    private final RunRecord record;
    private final Instant begin;
    private final long millis;
    private final Optional<Duration> deadline;
    private final List<Ongoing> ongoing;
    private final Instant until;
    private final Function<Execution, String> whyNot;
    private final Holds holds;

    /** What is drawn of {@link #holds}. */
    private final List<Hold> held;

    /** Whether something was seen to wait for something. */
    private boolean edges;

    /** Where the row of the first execution begins. */
    private final int top;

    /**
     * An attempt that goes on.
     *
     * @param slot position in {@code spec.experiments}
     * @param iteration from 1
     * @param attempt from 1
     * @param start when it was launched
     * @param why why it was launched; empty if that is not known
     */
    public record Ongoing(int slot, int iteration, int attempt, Instant start, String why) {}

    private Timeline(
            Parts parts,
            ReportedRun run,
            RunRecord record,
            List<Ongoing> ongoing,
            Instant until,
            Function<Execution, String> whyNot) {
        this.ongoing = ongoing;
        this.until = until;
        this.whyNot = whyNot;
        this.parts = parts;
        page = parts.page();
        this.run = run;
        rows = run.executions();
        this.record = record;
        begin = record.start();
        deadline =
                record.json().path("settings") instanceof ObjectNode settings
                        ? ExecutionSettings.of(settings).limits().deadline()
                        : Optional.empty();
        long longest = Math.max(1, record.took().toMillis());
        for (Execution each : rows) {
            for (Try attempt : each.attempts()) {
                longest = Math.max(longest, Duration.between(begin, attempt.end()).toMillis());
            }
        }
        if (!ongoing.isEmpty()) {
            longest = roomFor(Math.max(longest, Duration.between(begin, until).toMillis()));
        }
        millis = longest;
        holds = Holds.of(record, spans(rows, ongoing), until);
        held = together();
        top = AXIS + (held.isEmpty() ? 0 : ROW);
    }

    /**
     * Return how long the axis of a run is that goes on: it grows by steps, so that what is over
     * stays where it is drawn in between.
     */
    private static long roomFor(long millis) {
        long unit = 1_000;
        while (STEPS.getLast() * unit < millis) {
            unit *= 60;
        }
        long of = unit;
        return STEPS.stream()
                .map(each -> each * of)
                .filter(each -> each >= millis)
                .findFirst()
                .orElse(millis);
    }

    /** Return when a run's executions were tried. */
    static List<Holds.Span> spans(List<Execution> rows, List<Ongoing> ongoing) {
        return Stream.concat(
                        rows.stream()
                                .flatMap(each -> each.attempts().stream())
                                .map(each -> new Holds.Span(each.start(), Optional.of(each.end()))),
                        ongoing.stream()
                                .map(each -> new Holds.Span(each.start(), Optional.empty())))
                .toList();
    }

    /** Return what can be seen: times as one that nothing visible is between. */
    private List<Hold> together() {
        var seen = new ArrayList<Hold>();
        for (Hold each : holds.all()) {
            @Nullable Hold last = seen.isEmpty() ? null : seen.getLast();
            if (last != null
                    && last.kind() == each.kind()
                    && at(each.from()) - at(last.to()) < LEAST_SHARE) {
                seen.set(seen.size() - 1, new Hold(each.kind(), last.from(), each.to()));
            } else {
                seen.add(each);
            }
        }
        seen.removeIf(each -> at(each.to()) - at(each.from()) < LEAST_SHARE);
        return seen;
    }

    /** Draw a run's executions; nothing if none was launched, or the record keeps no launches. */
    static void draw(ReportedRun run, Parts page) {
        if (run.record().isPresent()
                && run.executions().stream().anyMatch(each -> !each.attempts().isEmpty())) {
            new Timeline(
                            page,
                            run,
                            run.record().get(),
                            List.of(),
                            run.record().get().start(),
                            ReportedRun::whyNot)
                    .draw();
        }
    }

    /**
     * Draw a run that goes on, as it stands now; nothing if none was launched.
     *
     * @param ongoing the attempts that go on
     * @param whyNot what is said of an execution that was not launched so far
     */
    public static void live(
            ReportedRun run,
            List<Ongoing> ongoing,
            Instant now,
            Function<Execution, String> whyNot,
            Parts page) {
        boolean any =
                !ongoing.isEmpty()
                        || run.executions().stream().anyMatch(each -> !each.attempts().isEmpty());
        if (any && run.record().isPresent()) {
            new Timeline(page, run, run.record().get(), ongoing, now, whyNot).draw();
        }
    }

    /**
     * Tell whether a row is that of an attempt; a new iteration is on that of the one before it.
     */
    private boolean isOf(Execution row, Ongoing each) {
        if (row.slot() != each.slot() || row.iteration() == each.iteration()) {
            return row.slot() == each.slot();
        }
        List<Execution> ofSlot =
                rows.stream().filter(other -> other.slot() == each.slot()).toList();
        return ofSlot.stream().noneMatch(other -> other.iteration() == each.iteration())
                && ofSlot.getLast().equals(row);
    }

    private void draw() {
        int height = top + rows.size() * ROW + 4;
        page.open(
                "div",
                "class",
                "timeline",
                "tabindex",
                "0",
                "role",
                "region",
                "aria-label",
                "Timeline");
        page.open(
                "svg",
                "width",
                "100%",
                "height",
                Integer.toString(height),
                "role",
                "img",
                "aria-label",
                "When each experiment ran; the table of decisions says the same");
        // What is drawn later lies on top.
        for (int i = 0; i < rows.size(); i++) {
            track(top + i * ROW);
        }
        part("g", "t-axis", () -> axis(height));
        if (!held.isEmpty()) {
            part("g", "t-held", this::held);
        }
        edges();
        for (int i = 0; i < rows.size(); i++) {
            Execution each = rows.get(i);
            int y = top + i * ROW;
            part("g", "t-" + id(run, each), () -> row(each, y));
        }
        page.close();
        part("ul", "t-legend", this::legend, "class", "legend");
        page.close();
    }

    private void part(String element, String id, Runnable content, String... attributes) {
        Page around = page;
        parts.part(
                element,
                id,
                part -> {
                    page = part;
                    content.run();
                },
                attributes);
        page = around;
    }

    /** Draw when nothing more was to begin, or nothing ran. */
    private void held() {
        page.leaf(
                "text", "held back", "class", "label", "x", "0", "y", Integer.toString(AXIS + 14));
        track(AXIS);
        for (Hold each : held) {
            bar(
                    "held " + kind(each.kind()),
                    each.from(),
                    each.to(),
                    AXIS + ABOVE_BAR,
                    "+%s to +%s: %s"
                            .formatted(
                                    TimeWords.of(Duration.between(begin, each.from())),
                                    TimeWords.of(Duration.between(begin, each.to())),
                                    holds.words(each.kind())));
        }
    }

    /** Say what each colour and line that is drawn means. */
    private void legend() {
        Set<Holds.Kind> kinds = EnumSet.noneOf(Holds.Kind.class);
        held.forEach(each -> kinds.add(each.kind()));
        Set<Outcome> outcomes = EnumSet.noneOf(Outcome.class);
        rows.forEach(row -> row.attempts().forEach(each -> outcomes.add(each.outcome())));
        outcomes.forEach(each -> entry("sample " + kind(each), word(each)));
        if (!ongoing.isEmpty()) {
            entry("sample going", "goes on");
        }
        kinds.forEach(each -> entry("sample " + kind(each), holds.words(each)));
        if (edges) {
            entry("edge", "waited for");
        }
        deadline.ifPresent(each ->
                entry(
                        "deadline",
                        "deadline: "
                                + TimeWords.of(each)
                                + (each.toMillis() > millis ? ", after what is drawn" : "")));
    }

    private void entry(String kind, String words) {
        page.open("li");
        page.open("svg", "width", "18", "height", "10", "aria-hidden", "true");
        if (kind.startsWith("sample")) {
            page.open("rect", "class", kind, "width", "18", "height", "10", "rx", "2").close();
        } else {
            page.open("g", "class", kind);
            line("sample", "0", 5, "18", 5);
            page.close();
        }
        page.close();
        page.text(" " + words);
        page.close();
    }

    private void axis(int height) {
        for (int i = 0; i <= TICKS; i++) {
            String x = percent(i * 1.0 / TICKS);
            line("grid", x, 16, x, height);
            page.leaf(
                    "text",
                    i == 0 ? "0" : "+" + tick(Duration.ofMillis(millis * i / TICKS)),
                    "class",
                    "tick",
                    "x",
                    x,
                    "y",
                    "11",
                    "text-anchor",
                    i == 0 ? "start" : i == TICKS ? "end" : "middle");
        }
        long over = deadline.map(Duration::toMillis).orElse(Long.MAX_VALUE);
        if (over <= millis) {
            String x = percent(over * 1.0 / millis);
            page.open("g", "class", "deadline");
            page.leaf("title", "deadline: " + TimeWords.of(Duration.ofMillis(over)));
            line("", x, 14, x, height);
            page.close();
        }
    }

    /** Say a time on the axis; of a short run to a tenth of a second. */
    private String tick(Duration since) {
        return millis < SHORT.toMillis()
                ? TimeWords.of(Duration.ofMillis((since.toMillis() + 50) / 100 * 100))
                : TimeWords.inSeconds(since);
    }

    private void track(int top) {
        page.open(
                        "rect",
                        "class",
                        "track",
                        "x",
                        "0",
                        "y",
                        Integer.toString(top + ABOVE_BAR),
                        "width",
                        "100%",
                        "height",
                        Integer.toString(BAR),
                        "rx",
                        "2")
                .close();
    }

    private void row(Execution each, int top) {
        List<Ongoing> goingOn = ongoing.stream().filter(going -> isOf(each, going)).toList();
        page.open("a", "href", "#" + id(run, each));
        page.leaf(
                "text",
                ForeignText.oneLine(
                        HtmlReport.sign(each.verdict())
                                + " "
                                + ForeignText.oneLine(each.label(), LONGEST_LABEL)
                                + each.took().map(took -> " · " + TimeWords.of(took)).orElse("")
                                + (each.attempts().isEmpty() && goingOn.isEmpty()
                                        ? " · " + whyNot.apply(each)
                                        : ""),
                        2 * LONGEST_LABEL),
                "class",
                "label",
                "x",
                "0",
                "y",
                Integer.toString(top + 14));
        page.close();
        int middle = top + ABOVE_BAR;
        for (int i = 1; i < each.attempts().size(); i++) {
            between(each, each.attempts().get(i - 1), each.attempts().get(i), middle);
        }
        for (Try attempt : each.attempts()) {
            bar(
                    "bar " + kind(attempt.outcome()),
                    attempt.start(),
                    attempt.end(),
                    middle,
                    "%s, attempt %d: %s after %s%s"
                            .formatted(
                                    each.label(),
                                    attempt.attempt(),
                                    word(attempt.outcome()),
                                    TimeWords.of(Duration.between(attempt.start(), attempt.end())),
                                    attempt.why().isEmpty() ? "" : "; " + attempt.why()));
        }
        for (Ongoing going : goingOn) {
            bar(
                    "bar going",
                    going.start(),
                    until,
                    middle,
                    "%s, attempt %d: goes on since %s%s"
                            .formatted(
                                    each.label(),
                                    going.attempt(),
                                    going.start(),
                                    going.why().isEmpty() ? "" : "; " + going.why()));
        }
    }

    private void between(Execution each, Try before, Try after, int top) {
        if (before.end().isBefore(after.start())) {
            page.open("g", "class", "between");
            page.leaf(
                    "title",
                    "%s: %s from attempt %d to attempt %d"
                            .formatted(
                                    each.label(),
                                    TimeWords.of(Duration.between(before.end(), after.start())),
                                    before.attempt(),
                                    after.attempt()));
            line(
                    "between",
                    percent(at(before.end())),
                    top + BAR / 2,
                    percent(at(after.start())),
                    top + BAR / 2);
            page.close();
        }
    }

    private void bar(String kind, Instant start, Instant end, int top, String title) {
        double from = at(start);
        double width = Math.max(LEAST_SHARE, at(end) - from);
        page.open(
                "rect",
                "class",
                kind,
                "x",
                // One that has just begun is to be seen, too.
                percent(Math.min(from, 1 - width)),
                "y",
                Integer.toString(top),
                "width",
                percent(width),
                "height",
                Integer.toString(BAR),
                "rx",
                "2");
        page.leaf("title", title);
        page.close();
    }

    /** Draw a line from the end of what was waited for to the start of what waited. */
    private void edges() {
        Map<String, Integer> ofName = new HashMap<>();
        for (int i = 0; i < rows.size(); i++) {
            ofName.putIfAbsent(rows.get(i).experiment(), i);
        }
        List<String> names = rows.stream().map(row -> row.experiment()).toList();
        Dependencies.of(record.json().path("settings"), names)
                .forEach((experiment, waitsFor) -> {
                    int to = requireNonNull(ofName.get(experiment));
                    part(
                            "g",
                            "w-" + id(run, rows.get(to)),
                            () ->
                                    waitsFor.forEach(
                                            each -> edge(requireNonNull(ofName.get(each)), to)));
                });
    }

    private Optional<Instant> firstStart(Execution row) {
        return row.attempts().isEmpty()
                ? ongoing.stream()
                        .filter(going -> isOf(row, going))
                        .map(Ongoing::start)
                        .min(Comparator.naturalOrder())
                : Optional.of(row.attempts().getFirst().start());
    }

    private void edge(int from, int to) {
        List<Try> before = rows.get(from).attempts();
        Optional<Instant> after = firstStart(rows.get(to));
        if (before.isEmpty() || after.isEmpty() || from == to) {
            return;
        }
        edges = true;
        line(
                "edge",
                percent(at(before.getLast().end())),
                top + from * ROW + ABOVE_BAR + BAR / 2,
                percent(at(after.get())),
                top + to * ROW + ABOVE_BAR + BAR / 2);
    }

    private void line(String kind, String x1, int y1, String x2, int y2) {
        page.open(
                        "line",
                        "class",
                        kind,
                        "x1",
                        x1,
                        "y1",
                        Integer.toString(y1),
                        "x2",
                        x2,
                        "y2",
                        Integer.toString(y2))
                .close();
    }

    private double at(Instant instant) {
        double share = Duration.between(begin, instant).toMillis() * 1.0 / millis;
        return Math.min(1, Math.max(0, share));
    }

    private static String percent(double share) {
        return String.format(Locale.ROOT, "%.2f%%", 100 * share);
    }

    /** Return what links lead to: of several runs on a page, each has its own. */
    public static String id(ReportedRun run, Execution each) {
        return "e%d-%d-%d"
                .formatted(
                        run.record().map(RunRecord::number).orElse(0L),
                        each.slot(),
                        each.iteration());
    }

    private static String kind(Holds.Kind kind) {
        return switch (kind) {
            case CAP -> "cap";
            case DISTANCE -> "distance";
            case IDLE -> "idle";
        };
    }

    static String word(Outcome outcome) {
        return outcome.name().toLowerCase(Locale.ROOT);
    }

    private static String kind(Outcome outcome) {
        return switch (outcome) {
            case PASSED -> "pass";
            case FAILED -> "fail";
            case ERROR -> "error";
            case STOPPED -> "stop";
        };
    }
}
