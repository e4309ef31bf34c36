package io.chaosrunner.export;

import io.chaosrunner.crd.Result;
import io.chaosrunner.export.ReportedRun.Execution;
import io.chaosrunner.export.ReportedRun.Try;
import io.chaosrunner.history.RunRecord;
import io.chaosrunner.model.TimeWords;
import io.chaosrunner.model.Verdict;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;

/**
 * Runs as one HTML page for people: self-contained, without network, readable without JavaScript,
 * at the width of a telephone, in the dark and on paper.
 *
 * <p>A Content-Security-Policy in the page lets no other script run than its own, and nothing be
 * fetched.
 */
public final class HtmlReport {
    private static final String SCRIPT =
            """
            document.querySelectorAll('[data-copy]').forEach(function (b) {
              b.hidden = false;
              b.addEventListener('click', function () {
                navigator.clipboard.writeText(b.previousElementSibling.textContent).then(function () {
                  b.textContent = 'Copied';
                });
              });
            });
            document.querySelectorAll('[data-bad]').forEach(function (b) {
              b.parentElement.hidden = false;
              b.addEventListener('change', function () {
                document.body.classList.toggle('only-bad', b.checked);
              });
            });
            function show() {
              var d = document.getElementById(location.hash.slice(1));
              if (d && d.tagName === 'DETAILS') { d.open = true; d.scrollIntoView(); }
            }
            window.addEventListener('hashchange', show);
            show();
            """;

    private static final String STYLE =
            """
            html{color-scheme:light dark;--bg:#fff;--fg:#1c2128;--soft:#57606a;--line:#d0d7de;--box:#f6f8fa;
            --pass:#1a7f37;--fail:#cf222e;--error:#8250df;--stop:#9a6700;--none:#6e7781;--link:#0550ae}
            @media(prefers-color-scheme:dark){html{--bg:#0d1117;--fg:#e6edf3;--soft:#9ea7b3;--line:#30363d;--box:#161b22;
            --pass:#3fb950;--fail:#ff7b72;--error:#d2a8ff;--stop:#d29922;--none:#9ea7b3;--link:#79c0ff}}
            *{box-sizing:border-box}
            body{margin:0 auto;max-width:72rem;padding:1rem;background:var(--bg);color:var(--fg);
            font:1rem/1.5 system-ui,sans-serif;overflow-wrap:anywhere}
            h1{font-size:1.4rem;margin:.5rem 0}h2{font-size:1.1rem;margin:1.8rem 0 .5rem}
            a{color:var(--link)}code,pre{font:.9em ui-monospace,monospace}
            pre{background:var(--box);border:1px solid var(--line);border-radius:6px;padding:.5rem;margin:.3rem 0;white-space:pre-wrap}
            .standing{display:inline-block;border:2px solid;border-radius:6px;padding:.1rem .6rem;font-weight:600}
            dl{display:grid;grid-template-columns:max-content 1fr;gap:.15rem 1rem;margin:.5rem 0}
            dt{color:var(--soft)}dd{margin:0}
            .problem{border-left:4px solid var(--fail);background:var(--box);padding:.4rem .8rem;margin:.5rem 0}
            .pass{color:var(--pass)}.fail{color:var(--fail)}.error{color:var(--error)}.stop{color:var(--stop)}.none{color:var(--none)}
            .scroll{overflow-x:auto}table{border-collapse:collapse;width:100%;font-size:.92rem}
            th,td{text-align:left;vertical-align:top;padding:.25rem .6rem .25rem 0;border-bottom:1px solid var(--line)}
            th{color:var(--soft);font-weight:600}.num{white-space:nowrap}.why{min-width:11rem}
            .timeline{border:1px solid var(--line);border-radius:6px;padding:.4rem .8rem;max-height:75vh;overflow:auto}
            svg{display:block;font:12px system-ui,sans-serif}svg a{text-decoration:none}
            .label{fill:var(--fg);paint-order:stroke;stroke:var(--bg);stroke-width:3px}.tick{fill:var(--soft);font-size:11px}.track{fill:var(--box)}
            .grid{stroke:var(--line)}.edge{stroke:var(--soft);stroke-width:1.5;stroke-dasharray:3 3}
            .deadline line{stroke:var(--fail);stroke-width:2;stroke-dasharray:6 3}
            .between{stroke:var(--none);stroke-width:2}
            rect.cap{fill:color-mix(in srgb,var(--stop) 50%,var(--bg))}rect.distance{fill:color-mix(in srgb,var(--link) 50%,var(--bg))}
            rect.idle{fill:color-mix(in srgb,var(--none) 30%,var(--bg))}
            .legend{display:flex;flex-wrap:wrap;gap:.1rem 1.1rem;list-style:none;padding:.4rem 0 0;margin:.4rem 0 0;border-top:1px solid var(--line);
            color:var(--soft);font-size:.85rem}.legend svg{display:inline-block}
            rect.pass{fill:var(--pass)}rect.fail{fill:var(--fail)}rect.error{fill:var(--error)}rect.stop{fill:var(--stop)}
            .runs{display:flex;flex-wrap:wrap;gap:.35rem;list-style:none;padding:0;margin:.5rem 0}
            .runs li{border:1px solid var(--line);border-radius:6px;padding:.1rem .5rem;font-size:.9rem}
            .runs .this{border-width:2px;font-weight:600}
            details{border:1px solid var(--line);border-radius:6px;padding:.3rem .8rem;margin:.35rem 0}
            summary{cursor:pointer}:focus-visible{outline:2px solid var(--link);outline-offset:2px}
            .only-bad .good{display:none}label{font-size:.9rem}
            button{font:inherit;font-size:.85rem}
            footer{margin-top:2rem;color:var(--soft);font-size:.85rem}
            @media(max-width:40rem){dl{grid-template-columns:1fr;gap:0}dd{margin-bottom:.35rem}
            thead{display:none}tr{display:flex;flex-wrap:wrap;gap:0 .8rem;border-bottom:1px solid var(--line);padding:.3rem 0}
            td{border:0;padding:0}td.why{flex-basis:100%}}
            @media print{html{color-scheme:light}.timeline{max-height:none;overflow:visible}button,label{display:none}
            body{max-width:none}details,tr{break-inside:avoid}}
            """;

    private final Page page = new Page();

    private HtmlReport() {}

    /**
     * Return the page.
     *
     * @param runs what is reported, oldest first; at least one
     */
    public static String of(List<ReportedRun> runs) {
        var report = new HtmlReport();
        ReportedRun newest = runs.getLast();
        report.page.open("body");
        for (ReportedRun run : runs.reversed()) {
            report.run(run);
        }
        report.page.leaf("footer", "Written by chaos-runner. This page fetches nothing.");
        var title = new Page();
        title.leaf("title", newest.title() + ": " + newest.count());
        return """
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta http-equiv="Content-Security-Policy" content="%s">
        """
                        .formatted(policy())
                + title
                + "\n<style>"
                + STYLE
                + "</style>\n</head>\n"
                // Its body ends after the script.
                + report.page
                + "\n<script>"
                + SCRIPT
                + "</script>\n</body>\n</html>\n";
    }

    /**
     * Return the Content-Security-Policy of the page, which allows its own script and style only.
     */
    public static String policy() {
        return "default-src 'none'; style-src 'sha256-%s'; script-src 'sha256-%s'; base-uri 'none'; form-action 'none'"
                .formatted(hash(STYLE), hash(SCRIPT));
    }

    /** Return the style sheet, for other pages that are to look alike. */
    public static String style() {
        return STYLE;
    }

    private static String hash(String text) {
        try {
            return Base64.getEncoder()
                    .encodeToString(
                            MessageDigest.getInstance("SHA-256")
                                    .digest(text.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    private void run(ReportedRun run) {
        page.open("main");
        page.leaf("h1", "Chaos " + run.title());
        page.open("p");
        ReportedRun.Standing standing = run.standing();
        page.leaf(
                "span",
                standing.sign() + " " + standing.words(),
                "class",
                "standing " + kind(standing));
        page.text(" " + run.count());
        page.close();
        for (String problem : run.problems()) {
            page.leaf("p", problem, "class", "problem");
        }
        facts(run);
        replay(run);
        comparison(run);
        if (!run.executions().isEmpty()) {
            page.leaf("h2", "Timeline");
            Timeline.draw(run, Parts.once(page));
            Draws.write(run, List.of(), page);
            executions(run);
        }
        run.record().ifPresent(record -> decisions(run, record));
        run.record().ifPresent(this::schedule);
        unread(run);
        page.close();
    }

    // ---- At the top ----------------------------------------------------------------------------

    private void facts(ReportedRun run) {
        page.open("dl");
        run.score()
                .ifPresent(score ->
                        fact(
                                "Resilience score",
                                "%d %% (probes that passed; each experiment weighs 10, as Litmus has it by default)"
                                        .formatted(score)));
        run.record()
                .ifPresent(record -> {
                    fact("Started", record.start().truncatedTo(ChronoUnit.SECONDS).toString());
                    fact("Took", record.isEndKnown() ? TimeWords.of(record.took()) : "not known");
                    fact("Strategy", record.text("strategy"));
                    fact("Seed", Long.toString(record.json().path("seed").asLong(0)));
                    fact(
                            "Ended by",
                            record.text("endedBy")
                                    + (record.text("reason").isEmpty()
                                            ? ""
                                            : ": " + record.text("reason")));
                    JsonNode cause = record.json().path("cause");
                    fact(
                            "Fire",
                            String.join(
                                    " ",
                                    List.of(
                                            record.text("fire"),
                                            cause.path("kind").asString(""),
                                            cause.path("by").asString(""),
                                            cause.path("note").asString(""))));
                    if (!record.text("detail").isEmpty()) {
                        fact(
                                "Not kept",
                                record.text("detail") + ": the record of all runs is bounded");
                    }
                });
        fact(
                "Engine",
                run.engine() + (run.engineUid().isEmpty() ? "" : ", uid " + run.engineUid()));
        page.close();
    }

    private void fact(String name, String value) {
        if (!value.isBlank()) {
            page.leaf("dt", name).leaf("dd", value);
        }
    }

    private void replay(ReportedRun run) {
        Commands.replay(run)
                .ifPresent(replay -> {
                    page.leaf("h2", "The same decisions again");
                    switch (replay) {
                        case Commands.Replay.Command(String line) -> {
                            page.leaf("pre", line);
                            page.leaf("button", "Copy", "data-copy", "", "hidden", "");
                        }
                        case Commands.Replay.None(String why) ->
                                page.leaf("p", "No command makes them: " + why, "class", "none");
                    }
                });
    }

    private void comparison(ReportedRun run) {
        List<RunRecord> runs = run.recorded().stream().filter(each -> each.number() > 0).toList();
        if (runs.size() < 2) {
            return;
        }
        page.leaf("h2", "Beside the other runs that are recorded");
        page.open("ol", "class", "runs");
        for (RunRecord each : runs) {
            ReportedRun.Standing standing =
                    ReportedRun.of(run.engine(), "", each, List.of()).standing();
            boolean now = run.record().filter(each::isSameRun).isPresent();
            page.open("li", "class", kind(standing) + (now ? " this" : ""));
            page.text(
                    "%s %d · %s"
                            .formatted(
                                    standing.sign(),
                                    each.number(),
                                    each.isEndKnown() ? TimeWords.of(each.took()) : "?"));
            page.close();
        }
        page.close();
    }

    // ---- Experiments ---------------------------------------------------------------------------

    private void executions(ReportedRun run) {
        page.leaf("h2", "Experiments");
        page.open("label", "hidden", "");
        page.open("input", "type", "checkbox", "data-bad", "").close();
        page.text(" only what did not pass");
        page.close();
        List<Execution> badFirst =
                run.executions().stream()
                        .sorted(Comparator.comparing(each -> !each.isBad()))
                        .toList();
        for (Execution each : badFirst) {
            execution(run, each);
        }
    }

    private void execution(ReportedRun run, Execution each) {
        var attributes =
                new ArrayList<>(
                        List.of(
                                "id",
                                Timeline.id(run, each),
                                "class",
                                each.isBad() ? "bad" : "good"));
        if (each.isBad()) {
            attributes.addAll(List.of("open", ""));
        }
        page.open("details", attributes.toArray(String[]::new));
        page.open("summary");
        page.leaf(
                "span",
                sign(each.verdict()) + " " + each.verdict().word(),
                "class",
                kind(each.verdict()));
        page.text(" " + each.label());
        each.took()
                .ifPresent(took -> page.leaf("span", " · " + TimeWords.of(took), "class", "none"));
        page.close();
        page.open("dl");
        fact("Failed at", each.failStep());
        fact(ReportedRun.isSkipped(each) ? "Not launched" : "Reason", each.said().reason());
        fact("Status", each.status());
        each.said()
                .result()
                .ifPresent(result -> {
                    fact("ChaosResult", result.name());
                    result.probeSuccess()
                            .ifPresent(share -> fact("Probes that passed", share + " %"));
                });
        page.close();
        probes(each);
        evidence(each.said().evidence());
        for (String command : Commands.logs(run, each)) {
            page.leaf("pre", command);
        }
        page.close();
    }

    /** Write what the cluster still has of an execution that did not pass. */
    private void evidence(Evidence evidence) {
        if (!evidence.helpers().isEmpty()) {
            page.leaf("p", "Helper pods that are left: " + String.join(", ", evidence.helpers()));
        }
        if (!evidence.events().isEmpty()) {
            page.open("div", "class", "scroll").open("table");
            header("Event", "Of", "Reason", "It says");
            for (Evidence.Event event : evidence.events()) {
                page.open("tr");
                page.leaf("td", event.when(), "class", "num").leaf("td", event.of());
                page.leaf(
                        "td",
                        event.reason() + (event.count() > 1 ? " ×" + event.count() : ""),
                        "class",
                        event.type().equals("Warning") ? "fail" : "none");
                page.leaf("td", event.message(), "class", "why");
                page.close();
            }
            page.close().close();
        }
        if (!evidence.log().isEmpty()) {
            page.leaf("p", "The last lines of its log:");
            page.leaf("pre", String.join("\n", evidence.log()));
        }
    }

    private void probes(Execution each) {
        if (each.probes().isEmpty()) {
            return;
        }
        page.open("div", "class", "scroll").open("table");
        header("Probe", "Type", "When", "Verdict", "It says");
        for (Result.Probe probe : each.probes()) {
            page.open("tr");
            page.leaf("td", probe.name()).leaf("td", probe.type()).leaf("td", probe.mode());
            page.leaf(
                    "td",
                    probe.verdict(),
                    "class",
                    probe.hasPassed() ? "pass" : probe.hasFailed() ? "fail" : "none");
            page.leaf("td", probe.description(), "class", "why");
            page.close();
        }
        page.close().close();
    }

    private void header(String... cells) {
        page.open("thead").open("tr");
        for (String cell : cells) {
            page.leaf("th", cell, "scope", "col");
        }
        page.close().close();
    }

    // ---- Decisions -----------------------------------------------------------------------------

    /** A launch of one attempt, to be told in the order of time. */
    private record Launched(Execution execution, Try attempt) {}

    private void decisions(ReportedRun run, RunRecord record) {
        List<Launched> launches =
                run.executions().stream()
                        .flatMap(each ->
                                each.attempts().stream().map(one -> new Launched(each, one)))
                        .sorted(Comparator.comparing(each -> each.attempt().start()))
                        .toList();
        page.leaf("h2", "Decisions, and why");
        if (launches.isEmpty() && record.json().path("skips").isEmpty()) {
            page.leaf("p", "None is recorded.", "class", "none");
        } else {
            page.open("div", "class", "scroll").open("table");
            header("At", "What", "Came to", "After", "Why");
            Holds holds =
                    Holds.of(record, Timeline.spans(run.executions(), List.of()), record.start());
            for (Launched each : launches) {
                launch(record.start(), each, holds);
            }
            for (Execution each : run.executions()) {
                if (each.attempts().isEmpty() && ReportedRun.isSkipped(each)) {
                    page.open("tr");
                    page.leaf("td", "–").leaf("td", "leave out " + each.label());
                    page.leaf("td", "–").leaf("td", "–");
                    page.leaf("td", ReportedRun.whyNot(each), "class", "why");
                    page.close();
                }
            }
            page.close().close();
        }
        JsonNode settings = record.json().path("settings");
        if (settings.isObject() && !settings.isEmpty()) {
            page.open("details").leaf("summary", "Settings of the run");
            page.leaf("pre", settings.toPrettyString());
            page.close();
        }
    }

    private void launch(Instant begin, Launched each, Holds holds) {
        Try attempt = each.attempt();
        page.open("tr", "class", each.execution().isBad() ? "bad" : "good");
        page.leaf(
                "td", "+" + TimeWords.of(Duration.between(begin, attempt.start())), "class", "num");
        page.leaf(
                "td",
                "launch "
                        + each.execution().label()
                        + (attempt.attempt() > 1 ? ", retry " + (attempt.attempt() - 1) : ""));
        page.leaf("td", Timeline.word(attempt.outcome()));
        page.leaf(
                "td",
                TimeWords.of(Duration.between(attempt.start(), attempt.end())),
                "class",
                "num");
        page.leaf(
                "td",
                Stream.of(attempt.why(), holds.before(attempt.start(), begin))
                        .filter(words -> !words.isEmpty())
                        .collect(Collectors.joining("; ")),
                "class",
                "why");
        page.close();
    }

    private void schedule(RunRecord record) {
        JsonNode skipped = record.json().path("skippedFires");
        if (skipped.isEmpty() && record.text("scheduleOver").isEmpty()) {
            return;
        }
        page.leaf("h2", "Fires since then that started no run");
        if (!record.text("scheduleOver").isEmpty()) {
            page.leaf("p", "The schedule is over: " + record.text("scheduleOver"));
        }
        page.open("div", "class", "scroll").open("table");
        header("From", "To", "Fires", "Why");
        for (JsonNode each : skipped) {
            page.open("tr");
            page.leaf("td", each.path("from").asString(""), "class", "num");
            page.leaf("td", each.path("to").asString(""), "class", "num");
            page.leaf("td", Long.toString(each.path("count").asLong(0)));
            page.leaf("td", each.path("reason").asString(""), "class", "why");
            page.close();
        }
        page.close().close();
    }

    private void unread(ReportedRun run) {
        if (!run.unread().isEmpty()) {
            page.leaf("h2", "What could not be read");
            page.open("ul");
            run.unread().forEach(each -> page.leaf("li", each));
            page.close();
        }
    }

    // ---- Words ---------------------------------------------------------------------------------

    /** Return a sign for a verdict, so that no colour is needed to tell it. */
    public static String sign(Verdict verdict) {
        return switch (verdict) {
            case PASS -> "✓";
            case FAIL -> "✗";
            case ERROR -> "!";
            case STOPPED -> "■";
            case AWAITED -> "…";
            case NOT_APPLICABLE -> "–";
        };
    }

    /** Return the class that {@link #style} colours a standing by. */
    public static String kind(ReportedRun.Standing standing) {
        return switch (standing) {
            case PASSED -> "pass";
            case NOT_PASSED, DID_NOT_RUN -> "fail";
            case END_NOT_SEEN -> "error";
            case GOES_ON -> "none";
        };
    }

    /** Return the class that {@link #style} colours a verdict by. */
    public static String kind(Verdict verdict) {
        return switch (verdict) {
            case PASS -> "pass";
            case FAIL -> "fail";
            case ERROR -> "error";
            case STOPPED -> "stop";
            case AWAITED, NOT_APPLICABLE -> "none";
        };
    }
}
