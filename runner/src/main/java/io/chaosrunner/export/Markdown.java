package io.chaosrunner.export;

import io.chaosrunner.crd.Result;
import io.chaosrunner.export.ReportedRun.Execution;
import io.chaosrunner.model.ForeignText;
import io.chaosrunner.model.TimeWords;
import io.chaosrunner.model.Verdict;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * A run as Markdown, in GitHub's form, for the summary of a CI job: what came of each execution,
 * and of what did not pass why, and where to look.
 *
 * <p>Every text of a stranger stands in a code span, where it is neither markup nor link nor
 * mention. Less than a mebibyte for each run, as GitHub shows no more of a step: where there is too
 * much, what did not pass comes first, and how much is missing is said.
 */
public final class Markdown {
    /** What is explained no further, once there is so much text. */
    private static final int ENOUGH_BYTES = 256 * 1024;

    private static final int MOST_ROWS = 200;
    private static final int MOST_PROBLEMS = 10;
    private static final int MOST_EXPLAINED = 50;
    private static final int MOST_PROBES = 10;
    private static final int LONGEST = 500;
    private static final int LONGEST_CELL = 120;
    private static final int LONGEST_COMMAND = 2_000;

    private final ReportedRun run;
    private final StringBuilder text = new StringBuilder();

    private Markdown(ReportedRun run) {
        this.run = run;
    }

    /** Return the text. */
    public static String of(List<ReportedRun> runs) {
        var all = new StringBuilder();
        for (ReportedRun run : runs) {
            all.append(all.isEmpty() ? "" : "\n").append(new Markdown(run).text());
        }
        return all.toString();
    }

    private String text() {
        line(
                "### %s Chaos run %s%s: %s",
                switch (run.standing()) {
                    case PASSED -> "✅";
                    case GOES_ON -> "⏳";
                    case END_NOT_SEEN -> "❓";
                    case NOT_PASSED, DID_NOT_RUN -> "❌";
                },
                run.record()
                        .filter(each -> each.number() > 0)
                        .map(each -> each.number() + " of ")
                        .orElse("of "),
                code(
                        run.engine().namespace().isEmpty()
                                ? run.engine().name()
                                : run.engine().toString(),
                        LONGEST),
                switch (run.standing()) {
                    case PASSED, NOT_PASSED, GOES_ON -> run.count();
                    case END_NOT_SEEN, DID_NOT_RUN -> run.standing().words();
                });
        List<String> problems = run.problems();
        for (String problem : problems.subList(0, Math.min(MOST_PROBLEMS, problems.size()))) {
            line("");
            line("⚠️ %s", code(problem, LONGEST));
        }
        if (problems.size() > MOST_PROBLEMS) {
            line("");
            line("And %d more problems.", problems.size() - MOST_PROBLEMS);
        }
        if (!run.executions().isEmpty()) {
            table();
        }
        explanations();
        run.record()
                .ifPresent(record -> {
                    line("");
                    line(
                            "%sSeed %d, strategy %s, started %s%s.",
                            record.text("fire").isEmpty()
                                    ? ""
                                    : "Fire " + code(record.text("fire"), LONGEST) + ". ",
                            record.json().path("seed").asLong(0),
                            code(record.text("strategy"), LONGEST_CELL),
                            record.start(),
                            record.isEndKnown() ? ", took " + TimeWords.of(record.took()) : "");
                });
        Commands.replay(run)
                .filter(replay -> run.inCluster())
                .map(replay ->
                        switch (replay) {
                            case Commands.Replay.Command(String line) ->
                                    code(line, LONGEST_COMMAND);
                            case Commands.Replay.None(String why) ->
                                    "no command makes them, as " + why;
                        })
                .ifPresent(replay -> {
                    line("");
                    line("The same decisions again: %s", replay);
                });
        for (String unread : run.unread()) {
            line("");
            line("Not read: %s", code(unread, LONGEST));
        }
        return text.toString();
    }

    private void table() {
        line("");
        line("| Experiment | Verdict | Took | Tries |");
        line("|---|---|---:|---:|");
        List<Execution> rows =
                run.executions().stream()
                        .sorted(Comparator.comparing(each -> !each.isBad()))
                        .toList();
        List<Execution> shown = rows.subList(0, Math.min(MOST_ROWS, rows.size()));
        // In the order of the run again, if all are shown.
        for (Execution each : shown.size() == rows.size() ? run.executions() : shown) {
            line(
                    "| %s | %s %s | %s | %s |",
                    cell(each.label()),
                    sign(each.verdict()),
                    each.verdict().word(),
                    each.took().map(TimeWords::of).orElse("–"),
                    each.attempts().isEmpty() ? "–" : Integer.toString(each.attempts().size()));
        }
        if (shown.size() < rows.size()) {
            line("");
            line("And %d more, which are not shown.", rows.size() - shown.size());
        }
    }

    private void explanations() {
        List<Execution> told =
                run.executions().stream()
                        .filter(each ->
                                each.isBad()
                                        || (ReportedRun.isSkipped(each)
                                                && !each.said().reason().isEmpty()))
                        .sorted(Comparator.comparing(each -> !each.isBad()))
                        .toList();
        int count = 0;
        for (Execution each : told) {
            if (count == MOST_EXPLAINED || bytes() > ENOUGH_BYTES) {
                line("");
                line("Why %d more did not pass is not shown.", told.size() - count);
                return;
            }
            count++;
            line("");
            line("**%s** %s", code(each.label(), LONGEST), each.verdict().word());
            explanation(each).forEach(item -> line("- %s", item));
        }
    }

    private List<String> explanation(Execution each) {
        var items = new ArrayList<String>();
        if (!each.failStep().isEmpty()) {
            items.add("failed at: " + code(each.failStep(), LONGEST));
        }
        if (!each.said().reason().isEmpty()) {
            items.add(code(each.said().reason(), LONGEST));
        }
        List<Result.Probe> failed = each.probes().stream().filter(Result.Probe::hasFailed).toList();
        for (Result.Probe probe : failed.subList(0, Math.min(MOST_PROBES, failed.size()))) {
            items.add(
                    "failed probe: %s%s"
                            .formatted(
                                    code(probe.name(), LONGEST),
                                    probe.description().isEmpty()
                                            ? ""
                                            : ": " + code(probe.description(), LONGEST)));
        }
        if (failed.size() > MOST_PROBES) {
            items.add("%d more failed probes".formatted(failed.size() - MOST_PROBES));
        }
        Commands.logs(run, each)
                .forEach(command -> items.add("logs: " + code(command, LONGEST_COMMAND)));
        if (items.isEmpty()) {
            items.add(code(each.status(), LONGEST));
        }
        return items;
    }

    private int bytes() {
        return text.toString().getBytes(StandardCharsets.UTF_8).length;
    }

    private static String sign(Verdict verdict) {
        return switch (verdict) {
            case PASS -> "✅";
            case FAIL, ERROR -> "❌";
            case STOPPED -> "⏹️";
            case AWAITED -> "⏳";
            case NOT_APPLICABLE -> "⏭️";
        };
    }

    private void line(String format, Object... arguments) {
        text.append(format.formatted(arguments)).append('\n');
    }

    /** A bar would end the cell, even in a code span. */
    private static String cell(String name) {
        return code(name, LONGEST_CELL).replace("|", "\\u007c");
    }

    /** Return a text in a code span, which no back-quotes of its own can end. */
    static String code(String foreign, int longest) {
        String shown = ForeignText.visible(ForeignText.oneLine(foreign, longest));
        if (shown.isBlank()) {
            return "–";
        }
        int run = 0;
        int longestRun = 0;
        for (int i = 0; i < shown.length(); i++) {
            run = shown.charAt(i) == '`' ? run + 1 : 0;
            longestRun = Math.max(longestRun, run);
        }
        String fence = "`".repeat(longestRun + 1);
        String gap = shown.startsWith("`") || shown.endsWith("`") ? " " : "";
        return fence + gap + shown + gap + fence;
    }
}
