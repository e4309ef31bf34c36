package io.chaosrunner.ui;

import io.chaosrunner.claim.Claim;
import io.chaosrunner.cluster.Cluster;
import io.chaosrunner.cluster.Cluster.Selection;
import io.chaosrunner.cluster.Resource;
import io.chaosrunner.config.Dependencies;
import io.chaosrunner.config.ExecutionSettings;
import io.chaosrunner.crd.Engine;
import io.chaosrunner.export.Draws;
import io.chaosrunner.export.HtmlReport;
import io.chaosrunner.export.Page;
import io.chaosrunner.export.ReportedRun;
import io.chaosrunner.export.ReportedRun.Execution;
import io.chaosrunner.export.Timeline;
import io.chaosrunner.history.RunHistory;
import io.chaosrunner.history.RunHistory.Remembered;
import io.chaosrunner.history.RunRecord;
import io.chaosrunner.job.ExecutionLabels;
import io.chaosrunner.job.Launch;
import io.chaosrunner.model.EngineRef;
import io.chaosrunner.model.ExecutionId;
import io.chaosrunner.model.RunLimits;
import io.chaosrunner.model.TimeWords;
import io.chaosrunner.status.EngineStanding;
import io.chaosrunner.status.StatusEntry;
import io.chaosrunner.strategy.Parameters;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The page of one engine: its run as it goes on, what comes next, and the runs before it. */
final class EngineView implements View {
    private static final Duration PACE = Duration.ofSeconds(1);

    /** A page of many executions is larger, and is made anew less often. */
    private static final Duration PACE_OF_EACH = Duration.ofMillis(4);

    private static final int MOST_TOLD_NEXT = 3;

    private final Cluster cluster;
    private final Site site;
    private final EngineRef ref;
    private final Stops stops;
    private final Fires fires;
    private final Following<Engine> engines;
    private @Nullable Following<Optional<Job>> jobs;
    private String uid = "";
    private @Nullable Runnable changed;
    private @Nullable AutoCloseable watchOfJobs;
    private Duration pace = PACE;

    /** What is kept of a Job. */
    private record Job(ExecutionId id, Launch launch) {}

    EngineView(Cluster cluster, Site site, EngineRef ref, Stops stops, Clock clock) {
        this.cluster = cluster;
        this.site = site;
        this.ref = ref;
        this.stops = stops;
        fires = new Fires(cluster, clock);
        engines =
                new Following<>(
                        cluster,
                        Resource.ENGINES,
                        ref.namespace(),
                        new Selection.Named(ref.name()),
                        Engine::new);
    }

    private Following<Optional<Job>> jobsOf(String uid) {
        return new Following<>(
                cluster,
                Resource.JOBS,
                ref.namespace(),
                new Selection.Labelled(ExecutionLabels.selectorOfEngine(uid)),
                json ->
                        ExecutionLabels.read(json)
                                .flatMap(id ->
                                        Launch.read(json).map(launch -> new Job(id, launch))));
    }

    private Optional<Engine> engine() {
        return engines.objects().stream().findFirst();
    }

    @Override
    public void look() {
        engines.look();
        engine().ifPresent(engine -> {
            uid = engine.uid();
            Following<Optional<Job>> found = jobsOf(uid);
            found.look();
            jobs = found;
        });
    }

    @Override
    public AutoCloseable follow(Runnable heard) {
        changed = heard;
        AutoCloseable watch = engines.follow(heard);
        return () -> {
            watch.close();
            if (watchOfJobs != null) {
                watchOfJobs.close();
            }
        };
    }

    /** An engine that was made anew has Jobs of its own. */
    private void followJobs(Engine engine) {
        Runnable heard = changed;
        if (heard == null || (watchOfJobs != null && engine.uid().equals(uid))) {
            return;
        }
        try {
            if (watchOfJobs != null) {
                watchOfJobs.close();
            }
        } catch (Exception e) {
            // It follows nothing any more.
        }
        Following<Optional<Job>> of = jobs;
        if (of == null || !engine.uid().equals(uid)) {
            uid = engine.uid();
            of = jobsOf(uid);
            jobs = of;
        }
        watchOfJobs = of.follow(heard);
    }

    @Override
    public Duration pace() {
        return pace;
    }

    @Override
    public Rendering render(Instant now) {
        Optional<Engine> engine = engine();
        engine.ifPresent(this::followJobs);
        try {
            Optional<Shown> shown = engine.map(each -> new Shown(each, now));
            return shown.isPresent()
                    ? page(shown.get()::write)
                    : page(writer -> none("There is no ChaosEngine of that name.", writer));
        } catch (Claim.Unreadable e) {
            return page(writer -> none(String.valueOf(e.getMessage()), writer));
        } catch (RuntimeException e) {
            return page(writer -> none("This engine cannot be shown: " + e, writer));
        }
    }

    private static void none(String why, Rendering.Writer writer) {
        writer.part("p", "none", part -> part.text(why), "class", "problem");
    }

    private Rendering page(Consumer<Rendering.Writer> content) {
        var writer = new Rendering.Writer(ref.toString());
        writer.page().leaf("h1", ref.toString());
        writer.part(
                "div",
                "trouble",
                part -> {
                    EnginesView.trouble(engines.trouble(), part);
                    Optional.ofNullable(jobs)
                            .flatMap(Following::trouble)
                            .ifPresent(why ->
                                    part.leaf(
                                            "p",
                                            "When experiments begin is seen late: " + why,
                                            "class",
                                            "note"));
                });
        writer.part("div", "stop", this::stop);
        content.accept(writer);
        return writer.done();
    }

    private void stop(Page page) {
        stops.of(ref)
                .ifPresent(stop ->
                        page.leaf(
                                "p",
                                "Stop: " + stop.words(),
                                "class",
                                "note" + (!stop.over() ? "" : stop.good() ? " good" : " bad"),
                                "role",
                                "status"));
    }

    /** The page of an engine as it is at one time. */
    private final class Shown {
        private final Engine engine;
        private final Instant now;
        private final EngineStanding standing;
        private final Mark mark;
        private final Optional<Claim> claim;
        private final Remembered remembered;
        private final Optional<ReportedRun> run;
        private final List<Timeline.Ongoing> ongoing;
        private final RunLimits limits;
        private final Map<String, List<String>> waitsFor;

        private Shown(Engine engine, Instant now) {
            this.engine = engine;
            this.now = now;
            standing = EngineStanding.of(engine);
            mark = Mark.of(engine);
            claim = standing.claim().filter(Claim::isOfRun);
            remembered = RunHistory.of(cluster, engine);
            run = claim.map(this::reported);
            limits =
                    claim.map(each -> ExecutionSettings.of(each.execution()).limits())
                            .orElse(RunLimits.NONE);
            waitsFor =
                    claim.map(each ->
                                    Dependencies.of(
                                            each.execution(),
                                            standing.entries().stream()
                                                    .map(StatusEntry::name)
                                                    .toList()))
                            .orElse(Map.of());
            ongoing = ongoing();
            int rows = run.map(each -> each.executions().size()).orElse(0);
            Duration slower = PACE_OF_EACH.multipliedBy(rows);
            pace = slower.compareTo(PACE) > 0 ? slower : PACE;
        }

        private ReportedRun reported(Claim of) {
            return ReportedRun.of(
                    ref, engine.uid(), RunRecord.of(of, RunHistory.entries(engine, of)), List.of());
        }

        /** Return the attempts of this run that were launched, and of which no end is known. */
        private List<Timeline.Ongoing> ongoing() {
            if (claim.isEmpty() || run.isEmpty() || !standing.isUnderWay()) {
                return List.of();
            }
            Set<List<Integer>> over = new HashSet<>();
            for (Execution each : run.get().executions()) {
                each.attempts()
                        .forEach(attempt ->
                                over.add(
                                        List.of(each.slot(), each.iteration(), attempt.attempt())));
            }
            String id = claim.get().run().id();
            return Optional.ofNullable(jobs).stream()
                    .flatMap(each -> each.objects().stream())
                    .flatMap(Optional::stream)
                    .filter(job -> job.id().runId().equals(id))
                    .filter(job ->
                            !over.contains(
                                    List.of(
                                            job.id().slot(),
                                            job.id().iteration(),
                                            job.id().attempt())))
                    .map(job ->
                            new Timeline.Ongoing(
                                    job.id().slot(),
                                    job.id().iteration(),
                                    job.id().attempt(),
                                    job.launch().start(),
                                    job.launch().why()))
                    .sorted(Comparator.comparing(Timeline.Ongoing::start))
                    .toList();
        }

        private void write(Rendering.Writer writer) {
            writer.part("div", "standing", this::standing);
            writer.part("dl", "facts", this::facts);
            writer.part("div", "next", this::next);
            writer.part("div", "history", this::history);
            Page page = writer.page();
            if (mark.isUnderWay()) {
                writer.goesOn();
            }
            if (run.isEmpty()) {
                entries(writer);
                return;
            }
            ReportedRun of = run.get();
            page.leaf("h2", "Timeline");
            Timeline.live(of, ongoing, now, this::why, writer);
            writer.part("div", "draws", part -> Draws.write(of, ongoing, part));
            page.leaf("h2", "Experiments");
            page.open("table");
            EnginesView.header(page, "Experiment", "Stands", "Took", "Why");
            page.open("tbody");
            for (Execution each : of.executions()) {
                writer.part("tr", Timeline.id(of, each), part -> execution(each, part));
            }
            page.close().close();
        }

        private void standing(Page page) {
            page.open("p");
            page.leaf("span", mark.shown(), "class", "standing " + mark.kind());
            page.text(" ");
            if (mark.isUnderWay()) {
                EnginesView.verdicts(standing.entries(), page);
            } else {
                run.ifPresent(each -> page.text(each.count()));
            }
            page.close();
            if (mark.isUnderWay()) {
                page.open("p");
                page.leaf(
                        "a", "Stop this run…", "class", "act", "id", "ask", "href", site.stop(ref));
                page.close();
            }
        }

        private void facts(Page page) {
            claim.ifPresent(of -> {
                fact(
                        page,
                        "Run",
                        "%d, began %s"
                                .formatted(of.run().number(), TimeWords.at(of.runStart(), now)));
                run.flatMap(ReportedRun::record)
                        .ifPresent(record -> fact(page, "Strategy", record.text("strategy")));
                fact(page, "Seed", Long.toString(of.seed()));
                fact(page, mark.isUnderWay() ? "Carried out by" : "Ended", owner(of));
            });
            if (claim.isEmpty() && EngineStanding.isOperators(engine)) {
                fact(page, "Carried out by", "chaos-operator");
            }
            limits.deadline().ifPresent(each -> fact(page, "Deadline", TimeWords.of(each)));
        }

        private String owner(Claim of) {
            return !mark.isUnderWay()
                    ? of.reason()
                    : EngineStanding.isOperators(engine) ? "chaos-operator" : of.instance();
        }

        private static void fact(Page page, String name, String value) {
            if (!value.isBlank()) {
                page.leaf("dt", name).leaf("dd", value);
            }
        }

        /** Say what comes next, and when: of the run, and of the schedule. */
        private void next(Page page) {
            List<Execution> waiting =
                    run.stream()
                            .flatMap(each -> each.executions().stream())
                            .filter(this::isWaiting)
                            .toList();
            Optional<Fires.Coming> coming = fires.of(engine, now);
            if ((!mark.isUnderWay() || waiting.isEmpty()) && coming.isEmpty()) {
                return;
            }
            page.leaf("h2", "What comes next");
            page.open("ul");
            if (mark.isUnderWay()) {
                waiting.stream()
                        .limit(MOST_TOLD_NEXT)
                        .forEach(each -> page.leaf("li", each.label() + ": " + why(each)));
                if (waiting.size() > MOST_TOLD_NEXT) {
                    page.leaf(
                            "li",
                            "%d more wait (below)".formatted(waiting.size() - MOST_TOLD_NEXT));
                }
            }
            coming.ifPresent(each -> {
                each.fires()
                        .forEach(fire -> page.leaf("li", "next run " + TimeWords.at(fire, now)));
                if (!each.note().isEmpty()) {
                    page.leaf("li", "schedule: " + each.note());
                }
            });
            page.close();
        }

        private boolean isWaiting(Execution each) {
            return each.status().equals(StatusEntry.WAITING)
                    && ongoing.stream().noneMatch(going -> going.slot() == each.slot());
        }

        /** Say why an execution has not been launched. */
        private String why(Execution each) {
            if (!isWaiting(each) || !mark.isUnderWay()) {
                return each.said().reason().isEmpty() ? each.status() : each.said().reason();
            }
            if (mark == Mark.STOPPING) {
                return "is launched no more: the run is being stopped";
            }
            List<String> before =
                    waitsFor.getOrDefault(each.experiment(), List.of()).stream()
                            .filter(this::isNotOver)
                            .toList();
            if (!before.isEmpty()) {
                return "waits for " + String.join(", ", before);
            }
            if (ongoing.size() >= limits.maxParallel()) {
                return "waits for a place: %d of %d are taken"
                        .formatted(ongoing.size(), limits.maxParallel());
            }
            Optional<Instant> distance = afterDistance();
            return distance.map(at -> "not before " + TimeWords.at(at, now))
                    .orElseGet(() ->
                            "waits for its turn"
                                    + run.flatMap(ReportedRun::record)
                                            .map(record -> " (" + record.text("strategy") + ")")
                                            .orElse(""));
        }

        private boolean isNotOver(String experiment) {
            return standing.entries().stream()
                    .filter(entry -> entry.name().equals(experiment))
                    .anyMatch(entry -> entry.isWaiting() || entry.isRunning());
        }

        /** Return when the distances between launches let the next one be, if that is to come. */
        private Optional<Instant> afterDistance() {
            Stream<Instant> starts =
                    Stream.concat(
                            ongoing.stream().map(Timeline.Ongoing::start),
                            tries().map(ReportedRun.Try::start));
            return Stream.concat(
                            distance("stagger").stream()
                                    .flatMap(each -> starts.map(start -> start.plus(each))),
                            distance("gap").stream()
                                    .flatMap(each -> tries().map(one -> one.end().plus(each))))
                    .max(Comparator.naturalOrder())
                    .filter(now::isBefore);
        }

        private Optional<Duration> distance(String setting) {
            return claim.flatMap(
                    of -> Parameters.duration(of.execution().path(setting).asString("")));
        }

        private Stream<ReportedRun.Try> tries() {
            return run.stream()
                    .flatMap(each -> each.executions().stream())
                    .flatMap(each -> each.attempts().stream());
        }

        private void history(Page page) {
            List<RunRecord> runs =
                    remembered.runs().runs().stream().filter(each -> each.number() > 0).toList();
            if (!runs.isEmpty()) {
                page.leaf("h2", "Runs");
                strip(runs, ref, site, page);
            }
            for (String problem : remembered.problems()) {
                page.leaf("p", "Not all runs are known: " + problem, "class", "note");
            }
        }

        /** Write the experiments of an engine that this runner never ran. */
        private void entries(Rendering.Writer writer) {
            Page page = writer.page();
            page.leaf("h2", "Experiments");
            page.open("table");
            EnginesView.header(page, "Experiment", "Verdict", "Status");
            page.open("tbody");
            List<StatusEntry> entries =
                    standing.entries().isEmpty()
                            ? engine.experiments().stream()
                                    .map(each -> StatusEntry.waiting(each.name()))
                                    .toList()
                            : standing.entries();
            for (int slot = 0; slot < entries.size(); slot++) {
                StatusEntry entry = entries.get(slot);
                writer.part(
                        "tr",
                        "s" + slot,
                        part -> {
                            part.leaf("td", entry.name());
                            part.leaf(
                                    "td",
                                    HtmlReport.sign(entry.verdict()) + " " + entry.verdict().word(),
                                    "class",
                                    "num " + HtmlReport.kind(entry.verdict()));
                            part.leaf("td", entry.isWaiting() ? "not run" : entry.status());
                        });
            }
            page.close().close();
        }

        private void execution(Execution each, Page page) {
            Optional<Timeline.Ongoing> going =
                    ongoing.stream()
                            .filter(one -> one.slot() == each.slot())
                            .reduce((one, later) -> later);
            page.leaf("td", each.label());
            if (going.isPresent()) {
                page.leaf("td", "▶ running" + times(going.get()), "class", "num going");
                page.leaf(
                        "td",
                        TimeWords.inSeconds(Duration.between(going.get().start(), now)),
                        "class",
                        "num");
                page.leaf("td", going.get().why(), "class", "why");
                return;
            }
            boolean waiting = isWaiting(each);
            page.leaf(
                    "td",
                    waiting
                            ? "… waiting"
                            : HtmlReport.sign(each.verdict()) + " " + each.verdict().word(),
                    "class",
                    "num " + (waiting ? "none" : HtmlReport.kind(each.verdict())));
            page.leaf("td", each.took().map(TimeWords::of).orElse(""), "class", "num");
            page.leaf(
                    "td",
                    each.attempts().isEmpty()
                            ? why(each)
                            : each.attempts().getLast().why()
                                    + (each.attempts().size() > 1
                                            ? " (attempt %d)"
                                                    .formatted(each.attempts().getLast().attempt())
                                            : ""),
                    "class",
                    "why");
        }

        private static String times(Timeline.Ongoing going) {
            return (going.iteration() > 1 ? " #" + going.iteration() : "")
                    + (going.attempt() > 1 ? ", retry " + (going.attempt() - 1) : "");
        }
    }

    /** Write a sign for each run, in the colour of its outcome, that leads to its report. */
    static void strip(List<RunRecord> runs, EngineRef ref, Site site, Page page) {
        page.open("ol", "class", "strip");
        for (RunRecord each : runs) {
            ReportedRun run = ReportedRun.of(ref, "", each, List.of());
            ReportedRun.Standing standing = run.standing();
            String when = each.start().truncatedTo(ChronoUnit.SECONDS).toString();
            page.open("li");
            page.leaf(
                    "a",
                    standing.sign() + " " + each.number(),
                    "class",
                    standing == ReportedRun.Standing.GOES_ON ? "going" : HtmlReport.kind(standing),
                    "href",
                    site.run(ref, each.number()),
                    "title",
                    "run %d of %s: %s, %s"
                            .formatted(each.number(), when, standing.words(), run.count()));
            page.close();
        }
        page.close();
    }
}
