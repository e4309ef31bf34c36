package io.chaosrunner.ui;

import io.chaosrunner.claim.Claim;
import io.chaosrunner.cluster.Cluster;
import io.chaosrunner.cluster.Resource;
import io.chaosrunner.crd.Engine;
import io.chaosrunner.export.Evidence;
import io.chaosrunner.export.HtmlReport;
import io.chaosrunner.export.Page;
import io.chaosrunner.export.ReportedRun;
import io.chaosrunner.export.RunReader;
import io.chaosrunner.history.RunHistory;
import io.chaosrunner.history.RunHistory.Remembered;
import io.chaosrunner.history.RunRecord;
import io.chaosrunner.model.EngineRef;
import io.chaosrunner.ui.UiServer.Answer;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The pages there are, and what each answers. */
final class Pages {
    private static final String ENGINE = "e";
    private static final String RUNS = "runs";
    private static final String STOP = "stop";
    private static final String RUN_FIELD = "run";

    /** A number of so many digits is one of a long. */
    private static final int MOST_DIGITS = 18;

    private static final String STYLE_TYPE = "text/css; charset=utf-8";
    private static final String SCRIPT_TYPE = "text/javascript; charset=utf-8";

    private final Cluster cluster;
    private final Evidence.Logs logs;
    private final Site site;
    private final String namespace;
    private final Stops stops;
    private final Clock clock;

    Pages(
            Cluster cluster,
            Evidence.Logs logs,
            Site site,
            String namespace,
            Stops stops,
            Clock clock) {
        this.cluster = cluster;
        this.logs = logs;
        this.site = site;
        this.namespace = namespace;
        this.stops = stops;
        this.clock = clock;
    }

    /** Return what shows a page that stays current; empty if the path is none of one. */
    Optional<View> view(List<String> path) {
        if (path.equals(List.of(""))) {
            return Optional.of(new EnginesView(cluster, site, namespace));
        }
        if (path.equals(List.of("schedules"))) {
            return Optional.of(new SchedulesView(cluster, site, namespace, clock));
        }
        return path.size() == 3
                ? engine(path).map(ref -> new EngineView(cluster, site, ref, stops, clock))
                : Optional.empty();
    }

    /** Return the engine that a path begins with, if it is one of those that are shown. */
    private Optional<EngineRef> engine(List<String> path) {
        boolean is =
                path.size() >= 3
                        && path.getFirst().equals(ENGINE)
                        && isName(path.get(1))
                        && isName(path.get(2))
                        && (namespace.isEmpty() || namespace.equals(path.get(1)));
        return is ? Optional.of(new EngineRef(path.get(1), path.get(2))) : Optional.empty();
    }

    /** What would be another path of the API server is no name. */
    private static boolean isName(String word) {
        return !word.isEmpty()
                && !word.equals(".")
                && !word.equals("..")
                && word.indexOf('/') < 0
                && word.indexOf('%') < 0;
    }

    private static boolean isNumber(String word) {
        return !word.isEmpty()
                && word.length() <= MOST_DIGITS
                && word.chars().allMatch(each -> each >= '0' && each <= '9');
    }

    Answer get(List<String> path) {
        if (path.equals(List.of("style.css"))) {
            return new Answer(200, STYLE_TYPE, Site.STYLE, Map.of());
        }
        if (path.equals(List.of("live.js"))) {
            return new Answer(200, SCRIPT_TYPE, Site.SCRIPT, Map.of());
        }
        Optional<View> view = view(path);
        if (view.isPresent()) {
            view.get().look();
            String current =
                    path.size() > 1
                            ? ""
                            : path.getFirst().isEmpty() ? site.engines() : site.schedules();
            return Answer.html(200, site.page(view.get().render(clock.instant()), current));
        }
        Optional<EngineRef> engine = engine(path);
        if (engine.isPresent() && path.size() == 4 && path.get(3).equals(STOP)) {
            return ask(engine.get());
        }
        if (engine.isPresent()
                && path.size() == 5
                && path.get(3).equals(RUNS)
                && isNumber(path.get(4))) {
            return run(engine.get(), Long.parseLong(path.get(4)));
        }
        return problem(404, "There is no such page.");
    }

    Answer post(List<String> path, Map<String, String> fields) {
        Optional<EngineRef> engine = engine(path);
        if (engine.isEmpty() || path.size() != 4 || !path.get(3).equals(STOP)) {
            return problem(404, "There is no such page.");
        }
        if (!fields.containsKey(RUN_FIELD)) {
            return problem(400, "It is not said which run is to be stopped.");
        }
        EngineRef ref = engine.get();
        Optional<String> refused = stops.begin(ref, fields.getOrDefault(RUN_FIELD, ""));
        return refused.map(why -> problem(409, "Nothing was stopped: " + why + "."))
                .orElseGet(() -> Answer.seeOther(site.engine(ref)));
    }

    // ---- A run that is over --------------------------------------------------------------------

    /** Show the report of a run, which has a style and a script of its own. */
    private Answer run(EngineRef ref, long number) {
        Optional<Engine> engine = read(ref);
        if (engine.isEmpty()) {
            return gone(ref);
        }
        try {
            Remembered remembered = RunHistory.of(cluster, engine.get());
            Optional<RunRecord> record =
                    remembered.runs().runs().reversed().stream()
                            .filter(each -> each.number() == number)
                            .findFirst();
            if (record.isEmpty()) {
                return problem(404, "Run %d of %s is not recorded.".formatted(number, ref));
            }
            var reader = new RunReader(cluster, engine.get(), remembered);
            ReportedRun run = Evidence.read(cluster, logs, reader.run(record.get()));
            return Answer.html(200, HtmlReport.of(List.of(run)))
                    .with(
                            "Content-Security-Policy",
                            HtmlReport.policy() + "; frame-ancestors 'none'");
        } catch (Claim.Unreadable e) {
            return problem(200, String.valueOf(e.getMessage()));
        }
    }

    // ---- Stopping ------------------------------------------------------------------------------

    /** Ask a person whether the run is to be stopped that is under way now. */
    private Answer ask(EngineRef ref) {
        Optional<Engine> engine = read(ref);
        if (engine.isEmpty()) {
            return gone(ref);
        }
        var writer = new Rendering.Writer("Stop " + ref + "?");
        Page page = writer.page();
        if (!Mark.of(engine.get()).isUnderWay()) {
            page.leaf("h1", "Nothing of " + ref + " is running");
            page.leaf("a", "Back", "href", site.engine(ref));
            return Answer.html(200, site.still(writer.done()));
        }
        String run =
                Claim.of(engine.get())
                        .filter(Claim::isOfRun)
                        .map(claim -> "run " + claim.run().number())
                        .orElse("the run");
        page.leaf("h1", "Stop %s of %s?".formatted(run, ref));
        page.leaf(
                "p",
                "What runs is removed, helper pods included; what waits is not launched. Experiments that are cut short have the verdict Stopped. This is what chaos-runner stop does.");
        page.open("form", "method", "post", "action", site.stop(ref));
        page.open("input", "type", "hidden", "name", RUN_FIELD, "value", Stops.run(engine.get()))
                .close();
        page.leaf("button", "Stop it", "class", "act", "type", "submit");
        page.close();
        page.leaf("a", "Let it go on", "href", site.engine(ref));
        return Answer.html(200, site.still(writer.done()));
    }

    private Optional<Engine> read(EngineRef ref) {
        return cluster.get(Resource.ENGINES, ref.namespace(), ref.name()).map(Engine::new);
    }

    private Answer gone(EngineRef ref) {
        return problem(404, "There is no ChaosEngine %s.".formatted(ref));
    }

    /** Return a page that says what went wrong. */
    Answer problem(int code, String why) {
        var writer = new Rendering.Writer("Not shown");
        writer.page().leaf("h1", "Not shown").leaf("p", why, "class", "problem");
        writer.page().leaf("a", "To the engines", "href", site.engines());
        return Answer.html(code, site.still(writer.done()));
    }
}
