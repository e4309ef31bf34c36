package io.chaosrunner.report;

import static java.util.Objects.requireNonNull;

import io.chaosrunner.config.Dependencies;
import io.chaosrunner.model.Attempt;
import io.chaosrunner.model.EngineRef;
import io.chaosrunner.model.Verdict;
import io.chaosrunner.status.RunNotice;
import io.chaosrunner.status.StatusEntry;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Where each experiment of a run stands, and a tree of it that fits a terminal. Pure but for what
 * it remembers; not for use by several threads.
 */
final class RunBoard {
    /** Below this, nothing sensible can be drawn. */
    private static final int LEAST_WIDTH = 20;

    private static final int LEAST_HEIGHT = 5;

    /** Branch, word and the space between. */
    private static final int BESIDE_NAME = 13;

    private static final int MOST_WARNINGS = 3;

    /** Width of what leads to a row from where it hangs. */
    private static final int STEM = 3;

    /** A bar, and the least width of a terminal that has room for it. */
    private static final int BAR = 8;

    private static final int WIDTH_FOR_BAR = 72;
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("HH:mm:ss", Locale.ROOT);

    private final EngineRef engine;
    private final ZoneId zone;
    private final Colours colours;
    private final Instant begin;
    private final List<Row> rows = new ArrayList<>();

    /** What each row waits for, by the conditions of the run. */
    private final Map<Row, List<Row>> waitsFor = new HashMap<>();

    /** How many wait for one another before a row. */
    private final Map<Row, Integer> depths = new HashMap<>();

    /** How long experiments take as a rule, by their names. */
    private final Map<String, Duration> usual = new HashMap<>();

    private final List<String> warnings = new ArrayList<>();
    private String title = "";
    private String strategy = "";
    private String doing = "";
    private RunNotice.@Nullable Next next;
    private boolean over;

    /** Order of drawing where not all rows fit: what moves goes first. */
    private enum Stage {
        STOPPING,
        RUNNING,
        LAUNCHED,
        BAD,
        WAITING,
        PASSED,
        SKIPPED
    }

    private static final class Row {
        final String name;
        Stage stage = Stage.WAITING;
        String text = "";
        String status = "";
        String where = "";
        @Nullable Instant since;
        Verdict verdict = Verdict.NOT_APPLICABLE;

        final SlotEnds ends = new SlotEnds();

        Row(String name) {
            this.name = oneLine(name);
        }

        boolean isOver() {
            return switch (stage) {
                case PASSED, BAD, SKIPPED -> true;
                case STOPPING, RUNNING, LAUNCHED, WAITING -> false;
            };
        }
    }

    RunBoard(EngineRef engine, ZoneId zone, Colours colours, Instant begin) {
        this.engine = engine;
        this.zone = zone;
        this.colours = colours;
        this.begin = begin;
    }

    boolean isOver() {
        return over;
    }

    /** Take in how long experiments take as a rule, by their names. */
    void expect(Map<String, Duration> durations) {
        durations.forEach((name, each) -> usual.put(oneLine(name), each));
    }

    void heard(RunNotice notice) {
        switch (notice) {
            case RunNotice.Started started -> started(started);
            case RunNotice.Waiting waiting -> doing = oneLine(waiting.why());
            case RunNotice.Next set -> next = set;
            case RunNotice.Launched launched -> {
                Row row = row(launched.attempt(), launched.experiment());
                row.stage = Stage.LAUNCHED;
                row.since = launched.attempt().start();
                row.text = String.join(", ", parts(times(launched.attempt()), row.ends.tally()));
                row.where = because(launched.why());
                doing = "";
            }
            case RunNotice.Running running -> {
                Row row = row(running.attempt(), running.experiment());
                if (row.stage != Stage.STOPPING) {
                    row.stage = Stage.RUNNING;
                }
                if (row.since == null) {
                    row.since = running.attempt().start();
                }
            }
            case RunNotice.Ended ended -> {
                Row row = row(ended.attempt(), ended.experiment());
                row.verdict = ended.entry().verdict();
                row.stage = row.verdict == Verdict.PASS ? Stage.PASSED : Stage.BAD;
                row.since = null;
                row.status = ended.entry().status();
                row.ends.heard(ended);
                row.text =
                        String.join(
                                ", ",
                                parts(
                                        row.status,
                                        attempts(ended.attempt()),
                                        row.ends.tally(),
                                        words(ended.took())));
                row.where = ended.detail();
            }
            case RunNotice.Skipped skipped -> {
                Row row = row(skipped.slot(), skipped.experiment());
                row.stage = Stage.SKIPPED;
                row.text = "";
                row.where = skipped.why();
            }
            case RunNotice.Stopping stopping -> {
                Row row = row(stopping.attempt(), stopping.experiment());
                row.stage = Stage.STOPPING;
                next = null;
                row.where = because(stopping.why());
            }
            case RunNotice.CleanedUp _, RunNotice.Wrote _ -> {}
            case RunNotice.Warning warning -> {
                warnings.remove(warning.message());
                warnings.add(warning.message());
            }
            case RunNotice.Finished finished -> finished(finished);
        }
    }

    private void started(RunNotice.Started started) {
        rows.clear();
        waitsFor.clear();
        depths.clear();
        started.experiments().forEach(name -> rows.add(new Row(name)));
        Map<String, Row> named = new HashMap<>();
        for (int slot = 0; slot < rows.size(); slot++) {
            named.putIfAbsent(started.experiments().get(slot), rows.get(slot));
        }
        Dependencies.of(started.settings(), started.experiments())
                .forEach((name, others) ->
                        waitsFor.put(
                                requireNonNull(named.get(name)),
                                others.stream()
                                        .map(other -> requireNonNull(named.get(other)))
                                        .toList()));
        measure();
        title =
                "run %d%s%s%s"
                        .formatted(
                                started.run().number(),
                                started.resumed() ? ", taken up" : "",
                                started.strategy().isEmpty() ? "" : ", " + started.strategy(),
                                started.strategy().isEmpty() ? "" : ", seed " + started.seed());
        strategy = started.strategy();
        doing = "";
        next = null;
    }

    private void finished(RunNotice.Finished finished) {
        over = true;
        next = null;
        doing = finished.end().why();
        for (int slot = 0; slot < finished.entries().size(); slot++) {
            StatusEntry entry = finished.entries().get(slot);
            Row row = row(slot, entry.name());
            row.since = null;
            row.verdict = entry.verdict();
            row.stage =
                    switch (entry.verdict()) {
                        case PASS -> Stage.PASSED;
                        case NOT_APPLICABLE -> Stage.SKIPPED;
                        case FAIL, ERROR, STOPPED, AWAITED -> Stage.BAD;
                    };
            if (row.stage != Stage.SKIPPED && !row.status.equals(entry.status())) {
                row.text = entry.status();
            }
            if (row.stage == Stage.BAD && row.where.isEmpty()) {
                // The last iteration may have passed, and an earlier one have failed.
                row.where = row.ends.reason();
            }
        }
    }

    private Row row(Attempt attempt, String name) {
        return row(attempt.slot(), name);
    }

    private Row row(int slot, String name) {
        while (rows.size() <= slot) {
            rows.add(new Row(name));
        }
        return rows.get(slot);
    }

    private static String times(Attempt attempt) {
        String iteration = attempt.iteration() > 1 ? "#" + attempt.iteration() : "";
        String retry = attempt.attempt() > 1 ? "retry " + (attempt.attempt() - 1) : "";
        return iteration.isEmpty() || retry.isEmpty() ? iteration + retry : iteration + " " + retry;
    }

    private static String attempts(Attempt last) {
        return last.attempt() > 1 ? last.attempt() + " attempts" : "";
    }

    private static String because(String why) {
        return why.isEmpty() ? "" : "(" + why + ")";
    }

    /** Draw at most so many lines, none wider than the terminal. */
    List<String> lines(Instant now, int width, int height) {
        int columns = Math.max(LEAST_WIDTH, width);
        int most = Math.max(LEAST_HEIGHT, height);
        var lines = new ArrayList<String>();
        lines.add(head(now, columns));
        List<String> all = foot(now, columns);
        // Head, one row and what the rest is doing come first.
        List<String> foot = all.subList(Math.max(0, all.size() - (most - 3)), all.size());
        int room = Math.max(1, most - lines.size() - foot.size());
        List<Row> shown = shown(room);
        List<Branch> branches = branches(shown, columns);
        int nameWidth =
                Math.min(
                        Math.min(columns / 2, columns - BESIDE_NAME),
                        branches.stream().mapToInt(Branch::width).max().orElse(1));
        branches.forEach(branch -> lines.add(row(branch, nameWidth, now, columns)));
        if (shown.size() < rows.size()) {
            lines.add(rest(shown, columns));
        }
        lines.addAll(foot);
        return lines;
    }

    private String head(Instant now, int columns) {
        String left = oneLine(engine + "  " + title);
        String right = words(Duration.between(begin, now));
        int gap = columns - left.length() - right.length();
        return gap < 1
                ? colours.bold(cut(left, columns))
                : colours.bold(left) + " ".repeat(gap) + right;
    }

    /** All rows in their order; where they do not fit, those that say most. */
    private List<Row> shown(int room) {
        if (rows.size() <= room) {
            return rows;
        }
        var chosen =
                rows.stream()
                        .sorted(Comparator.comparing(row -> row.stage))
                        .limit(Math.max(1, room - 1))
                        .collect(Collectors.toSet());
        return rows.stream().filter(chosen::contains).toList();
    }

    /**
     * A row where it hangs in the tree.
     *
     * @param stem what is drawn before its name
     */
    private record Branch(Row row, String stem) {
        /** Return what it takes of the columns of names; each has a stem of its own first. */
        int width() {
            return stem.length() - STEM + row.name.length();
        }
    }

    /**
     * Hang each row below what it waits for, of several below the one that is deepest; where that
     * would leave no room for names, side by side.
     */
    private List<Branch> branches(List<Row> shown, int columns) {
        Map<Row, List<Row>> below = new HashMap<>();
        List<Row> top = new ArrayList<>();
        Set<Row> seen = Set.copyOf(shown);
        for (Row row : shown) {
            above(row, seen)
                    .ifPresentOrElse(
                            each -> below.computeIfAbsent(each, key -> new ArrayList<>()).add(row),
                            () -> top.add(row));
        }
        var branches = new ArrayList<Branch>();
        hang(top, below, "", shown.size() < rows.size(), branches);
        boolean fits =
                branches.size() == shown.size()
                        && branches.stream().allMatch(each -> each.stem().length() <= columns / 4);
        if (!fits) {
            branches.clear();
            hang(shown, Map.of(), "", shown.size() < rows.size(), branches);
        }
        return branches;
    }

    /**
     * @param more whether something is drawn at the same place after these
     */
    private static void hang(
            List<Row> siblings,
            Map<Row, List<Row>> below,
            String stem,
            boolean more,
            List<Branch> branches) {
        for (int i = 0; i < siblings.size(); i++) {
            Row row = siblings.get(i);
            boolean last = i == siblings.size() - 1 && !more;
            branches.add(new Branch(row, stem + (last ? "└─ " : "├─ ")));
            hang(
                    below.getOrDefault(row, List.of()),
                    below,
                    stem + (last ? "   " : "│  "),
                    false,
                    branches);
        }
    }

    /** Return what a row hangs below, of those that are shown; empty if it waits for none. */
    private Optional<Row> above(Row row, Set<Row> shown) {
        return waitsFor.getOrDefault(row, List.of()).stream()
                .filter(shown::contains)
                .reduce((one, other) -> depth(other) < depth(one) ? one : other);
    }

    private int depth(Row row) {
        return depths.getOrDefault(row, 0);
    }

    /**
     * Count how many wait for one another before each row. A chain may be as long as the engine, so
     * this is no recursion; what waits for itself, in settings written by hand, is never reached.
     */
    private void measure() {
        Map<Row, List<Row>> waiting = new HashMap<>();
        Map<Row, Integer> missing = new HashMap<>();
        waitsFor.forEach((row, others) -> {
            missing.put(row, others.size());
            others.forEach(
                    each -> waiting.computeIfAbsent(each, key -> new ArrayList<>()).add(row));
        });
        var reached = new ArrayDeque<Row>();
        rows.stream().filter(row -> missing.getOrDefault(row, 0) == 0).forEach(reached::add);
        while (!reached.isEmpty()) {
            Row row = reached.remove();
            for (Row each : waiting.getOrDefault(row, List.of())) {
                depths.merge(each, depth(row) + 1, Math::max);
                if (missing.merge(each, -1, Integer::sum) == 0) {
                    reached.add(each);
                }
            }
        }
    }

    private String rest(List<Row> shown, int columns) {
        Map<String, Integer> counts = new LinkedHashMap<>();
        rows.stream()
                .filter(row -> !shown.contains(row))
                .sorted(Comparator.comparing(row -> row.stage))
                .forEach(row -> counts.merge(word(row), 1, Integer::sum));
        return colours.dim(cut("└─ and " + counted(counts), columns));
    }

    private String row(Branch branch, int nameWidth, Instant now, int columns) {
        Row row = branch.row();
        String name = cut(branch.stem() + row.name, STEM + nameWidth);
        String padded = name + " ".repeat(STEM + nameWidth - name.length());
        String word = String.format(Locale.ROOT, "%-8s", word(row));
        Instant since = row.since;
        String elapsed = since == null ? "" : progress(row, Duration.between(since, now), columns);
        String tail =
                oneLine(
                        String.join(
                                "  ",
                                parts(
                                        elapsed,
                                        row.text,
                                        row.stage == Stage.WAITING ? after(row) : row.where)));
        int room = columns - padded.length() - 2 - word.length() - 2;
        return room < 4 || tail.isEmpty()
                ? padded + "  " + coloured(row, word.strip())
                : padded + "  " + coloured(row, word) + "  " + cut(tail, room);
    }

    /** Say how long an experiment has gone on, and how far that is, of one that is known. */
    private String progress(Row row, Duration elapsed, int columns) {
        @Nullable Duration whole = row.stage == Stage.STOPPING ? null : usual.get(row.name);
        if (whole == null || whole.toSeconds() < 1) {
            return words(elapsed);
        }
        long full = Math.clamp(elapsed.toMillis() * BAR / whole.toMillis(), 0, BAR);
        String bar = "█".repeat((int) full) + "░".repeat(BAR - (int) full) + " ";
        return "%s %sof %s"
                .formatted(words(elapsed), columns < WIDTH_FOR_BAR ? "" : bar, words(whole));
    }

    /** Say what an experiment that waits its turn still waits for; empty if for none by name. */
    private String after(Row row) {
        String names =
                waitsFor.getOrDefault(row, List.of()).stream()
                        .filter(each -> !each.isOver())
                        .map(each -> each.name)
                        .collect(Collectors.joining(", "));
        return names.isEmpty() ? row.where : "after " + names;
    }

    private static List<String> parts(String... parts) {
        var said = new ArrayList<String>();
        for (String part : parts) {
            if (!part.isEmpty()) {
                said.add(part);
            }
        }
        return said;
    }

    private static String word(Row row) {
        return switch (row.stage) {
            case STOPPING -> "stopping";
            case RUNNING -> "running";
            case LAUNCHED -> "starting";
            case BAD, PASSED -> row.verdict.word();
            case WAITING -> "waiting";
            case SKIPPED -> "skipped";
        };
    }

    private String coloured(Row row, String word) {
        return switch (row.stage) {
            case STOPPING -> colours.warning(word);
            case RUNNING, LAUNCHED -> colours.running(word);
            case BAD, PASSED -> colours.of(row.verdict, word);
            case WAITING, SKIPPED -> colours.dim(word);
        };
    }

    private List<String> foot(Instant now, int columns) {
        var foot = new ArrayList<String>();
        for (String warning :
                warnings.subList(Math.max(0, warnings.size() - MOST_WARNINGS), warnings.size())) {
            foot.add(colours.warning(cut("! " + oneLine(warning), columns)));
        }
        RunNotice.Next coming = next;
        if (coming != null && coming.at().isAfter(now)) {
            foot.add(
                    cut(
                            "next at %s, in %s: %s"
                                    .formatted(
                                            TIME.format(coming.at().atZone(zone)),
                                            words(Duration.between(now, coming.at())),
                                            oneLine(coming.why())),
                            columns));
        } else if (!doing.isEmpty()) {
            foot.add(cut(oneLine(doing), columns));
        }
        Map<String, Integer> counts = new LinkedHashMap<>();
        rows.stream()
                .sorted(Comparator.comparing(row -> row.stage))
                .forEach(row -> counts.merge(word(row), 1, Integer::sum));
        if (!counts.isEmpty()) {
            foot.add(colours.dim(cut(counted(counts) + repeated(), columns)));
        }
        return foot;
    }

    /** Say how many executions passed, where an experiment has several. */
    private String repeated() {
        int ended = rows.stream().mapToInt(row -> row.ends.count()).sum();
        int passed = rows.stream().mapToInt(row -> row.ends.passed()).sum();
        boolean several = rows.stream().anyMatch(row -> row.ends.count() > 1);
        return several
                ? "; %d of %d %s passed"
                        .formatted(
                                passed, ended, strategy.equals("random") ? "draws" : "executions")
                : "";
    }

    private static String counted(Map<String, Integer> counts) {
        return counts.entrySet().stream()
                .map(count -> count.getValue() + " " + count.getKey())
                .collect(Collectors.joining(", "));
    }

    private static String cut(String text, int width) {
        return text.length() <= width ? text : text.substring(0, Math.max(0, width - 1)) + "…";
    }

    private static String oneLine(String text) {
        return Printed.line(text);
    }

    /** Write a duration as a clock shows it. */
    static String words(Duration duration) {
        long seconds = Math.max(0, duration.toSeconds());
        return seconds < 3600
                ? String.format(Locale.ROOT, "%02d:%02d", seconds / 60, seconds % 60)
                : String.format(
                        Locale.ROOT,
                        "%d:%02d:%02d",
                        seconds / 3600,
                        seconds % 3600 / 60,
                        seconds % 60);
    }
}
