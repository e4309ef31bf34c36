package io.chaosrunner.ui;

import io.chaosrunner.cluster.Cluster;
import io.chaosrunner.cluster.Cluster.Selection;
import io.chaosrunner.cluster.Resource;
import io.chaosrunner.crd.Engine;
import io.chaosrunner.crd.WrittenTime;
import io.chaosrunner.export.HtmlReport;
import io.chaosrunner.export.Page;
import io.chaosrunner.model.EngineRef;
import io.chaosrunner.model.TimeWords;
import io.chaosrunner.model.Verdict;
import io.chaosrunner.report.EngineTable;
import io.chaosrunner.status.EngineStanding;
import io.chaosrunner.status.StatusEntry;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** The page of all engines with the run each is in, or was in last: what {@code list} lists. */
final class EnginesView implements View {
    private final Site site;
    private final Following<Row> engines;

    /**
     * What is kept of an engine.
     *
     * @param facts of {@code get -o json}, but for its experiments; empty if it cannot be read
     * @param verdicts how many experiments have each; those that wait have none
     * @param waiting how many experiments wait
     * @param problem why it cannot be read; empty if it can
     */
    private record Row(
            EngineRef ref,
            String uid,
            Mark mark,
            ObjectNode facts,
            Map<Verdict, Integer> verdicts,
            int waiting,
            String problem) {
        private static Row of(ObjectNode json) {
            var engine = new Engine(json);
            try {
                ObjectNode facts = EngineTable.json(engine);
                facts.remove("experiments");
                List<StatusEntry> entries = EngineStanding.of(engine).entries();
                return new Row(
                        engine.ref(),
                        engine.uid(),
                        Mark.of(engine),
                        facts,
                        counted(entries),
                        EnginesView.waiting(entries),
                        "");
            } catch (RuntimeException e) {
                return new Row(
                        engine.ref(),
                        engine.uid(),
                        Mark.UNREADABLE,
                        JsonMapper.shared().createObjectNode(),
                        Map.of(),
                        0,
                        String.valueOf(e.getMessage()));
            }
        }

        private String text(String field) {
            return facts.path(field).asString("");
        }
    }

    EnginesView(Cluster cluster, Site site, String namespace) {
        this.site = site;
        engines =
                new Following<>(
                        cluster, Resource.ENGINES, namespace, new Selection.Labelled(""), Row::of);
    }

    @Override
    public void look() {
        engines.look();
    }

    @Override
    public AutoCloseable follow(Runnable changed) {
        return engines.follow(changed);
    }

    @Override
    public Duration pace() {
        return Duration.ofSeconds(1);
    }

    @Override
    public Rendering render(Instant now) {
        List<Row> rows =
                engines.objects().stream()
                        .sorted(
                                Comparator.comparing((Row row) -> row.ref().namespace())
                                        .thenComparing(row -> row.ref().name())
                                        .thenComparing(Row::uid))
                        .toList();
        var writer = new Rendering.Writer("Engines");
        Page page = writer.page();
        page.leaf("h1", "Engines");
        writer.part("p", "count", part -> part.text(count(rows)), "class", "sum");
        writer.part("div", "trouble", part -> trouble(engines.trouble(), part));
        if (!rows.isEmpty()) {
            page.open("table");
            header(
                    page,
                    "Engine",
                    "State",
                    "Run",
                    "Verdicts",
                    "Strategy",
                    "Began",
                    "Carried out by, or why it ended");
            page.open("tbody");
            rows.forEach(row -> writer.part("tr", "r-" + row.uid(), part -> cells(row, now, part)));
            page.close().close();
        }
        return writer.done();
    }

    /** Say that what is shown may be old or lack something. */
    static void trouble(Optional<String> why, Page page) {
        why.ifPresent(
                each -> page.leaf("p", "What is shown may be old: " + each, "class", "problem"));
    }

    static void header(Page page, String... cells) {
        page.open("thead").open("tr");
        for (String cell : cells) {
            page.leaf("th", cell, "scope", "col");
        }
        page.close().close();
    }

    private static String count(List<Row> rows) {
        if (rows.isEmpty()) {
            return "There is no ChaosEngine here.";
        }
        var states = new TreeMap<Mark, Integer>();
        rows.forEach(row -> states.merge(row.mark(), 1, Integer::sum));
        var words = new StringBuilder();
        states.forEach((state, count) ->
                words.append(words.isEmpty() ? "" : ", ")
                        .append(count)
                        .append(' ')
                        .append(state.words()));
        return words.toString();
    }

    private void cells(Row row, Instant now, Page page) {
        page.open("td");
        page.open("a", "href", site.engine(row.ref()));
        page.leaf("span", row.ref().namespace() + "/", "class", "sum").text(row.ref().name());
        page.close().close();
        page.leaf("td", row.mark().shown(), "class", "num " + row.mark().kind());
        page.leaf("td", row.text("run"), "class", "num", "data-of", "run");
        page.open("td");
        verdicts(row.verdicts(), row.waiting(), page);
        page.close();
        page.leaf("td", row.text("strategy"), "data-of", "by");
        page.leaf(
                "td",
                WrittenTime.read(row.text("runStart"))
                        .map(start -> TimeWords.relative(start, now))
                        .orElse(""),
                "class",
                "num",
                "data-of",
                "began");
        page.leaf(
                "td",
                row.problem() + row.text(row.mark().isUnderWay() ? "owner" : "reason"),
                "class",
                "why");
    }

    /** Write how many experiments have each verdict, and how many wait. */
    static void verdicts(List<StatusEntry> entries, Page page) {
        verdicts(counted(entries), waiting(entries), page);
    }

    private static Map<Verdict, Integer> counted(List<StatusEntry> entries) {
        var verdicts = new TreeMap<Verdict, Integer>();
        entries.stream()
                .filter(each -> !each.isWaiting())
                .forEach(each -> verdicts.merge(each.verdict(), 1, Integer::sum));
        return verdicts;
    }

    private static int waiting(List<StatusEntry> entries) {
        return (int) entries.stream().filter(StatusEntry::isWaiting).count();
    }

    private static void verdicts(Map<Verdict, Integer> verdicts, int waiting, Page page) {
        boolean first = true;
        for (Map.Entry<Verdict, Integer> each : verdicts.entrySet()) {
            page.text(first ? "" : ", ");
            first = false;
            page.leaf(
                    "span",
                    each.getValue() + " " + each.getKey().word(),
                    "class",
                    "num " + HtmlReport.kind(each.getKey()));
        }
        if (waiting > 0) {
            page.text((first ? "" : ", ") + waiting + " waiting");
        }
    }
}
