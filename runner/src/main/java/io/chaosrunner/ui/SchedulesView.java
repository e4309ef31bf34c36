package io.chaosrunner.ui;

import io.chaosrunner.claim.Claim;
import io.chaosrunner.cluster.Cluster;
import io.chaosrunner.cluster.Cluster.Selection;
import io.chaosrunner.cluster.Resource;
import io.chaosrunner.control.NextFires;
import io.chaosrunner.crd.Engine;
import io.chaosrunner.export.Page;
import io.chaosrunner.history.RunHistory;
import io.chaosrunner.history.RunRecord;
import io.chaosrunner.model.EngineRef;
import io.chaosrunner.model.TimeWords;
import io.chaosrunner.schedule.ScheduleSpec;
import io.chaosrunner.status.EngineStanding;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;

/**
 * The page of the engines that have a schedule, and ChaosSchedules that have no engine so far: when
 * each fires next, and what became of past fires.
 */
final class SchedulesView implements View {
    private static final int MOST_PAST = 30;

    private final Cluster cluster;
    private final Site site;
    private final Fires fires;
    private final Following<Optional<Engine>> engines;
    private final Following<Engine> chaosSchedules;
    private final Map<EngineRef, Past> past = new HashMap<>();

    /**
     * What is remembered of an engine's runs.
     *
     * @param at the last run as it was when they were read
     */
    private record Past(String at, List<RunRecord> runs, List<String> problems) {}

    SchedulesView(Cluster cluster, Site site, String namespace, Clock clock) {
        this.cluster = cluster;
        this.site = site;
        fires = new Fires(cluster, clock);
        engines =
                new Following<>(
                        cluster,
                        Resource.ENGINES,
                        namespace,
                        new Selection.Labelled(""),
                        json ->
                                Optional.of(new Engine(json))
                                        .filter(engine ->
                                                engine.annotation(ScheduleSpec.ANNOTATION)
                                                        .isPresent()));
        chaosSchedules =
                new Following<>(
                        cluster,
                        Resource.SCHEDULES,
                        namespace,
                        new Selection.Labelled(""),
                        // A list leaves the kind of its objects out.
                        json -> new Engine(json.deepCopy().put("kind", NextFires.CHAOS_SCHEDULE)));
    }

    @Override
    public void look() {
        engines.look();
        chaosSchedules.look();
    }

    @Override
    public AutoCloseable follow(Runnable changed) {
        AutoCloseable ofEngines = engines.follow(changed);
        // Whoever may not read them, or has none, is not to ask again and again.
        AutoCloseable others =
                chaosSchedules.trouble().isPresent() ? () -> {} : chaosSchedules.follow(changed);
        return () -> {
            ofEngines.close();
            others.close();
        };
    }

    @Override
    public Duration pace() {
        return Duration.ofSeconds(2);
    }

    @Override
    public Rendering render(Instant now) {
        List<Engine> driven = engines.objects().stream().flatMap(Optional::stream).toList();
        Set<String> owners =
                driven.stream().flatMap(SchedulesView::owners).collect(Collectors.toSet());
        List<Engine> scheduled =
                Stream.concat(
                                driven.stream(),
                                chaosSchedules.objects().stream()
                                        .filter(each -> !owners.contains(each.uid())))
                        .sorted(
                                Comparator.comparing(Engine::namespace)
                                        .thenComparing(Engine::name)
                                        .thenComparing(Engine::uid))
                        .toList();
        var refs = scheduled.stream().map(Engine::ref).collect(Collectors.toSet());
        fires.keep(refs);
        past.keySet().retainAll(refs);
        var writer = new Rendering.Writer("Schedules");
        Page page = writer.page();
        page.leaf("h1", "Schedules");
        writer.part("div", "trouble", this::trouble);
        if (scheduled.isEmpty()) {
            page.leaf("p", "Nothing here has a schedule.", "class", "sum");
            return writer.done();
        }
        page.open("table");
        EnginesView.header(page, "Engine", "State", "Next runs", "Past runs");
        page.open("tbody");
        for (Engine each : scheduled) {
            writer.part("tr", "r-" + each.uid(), part -> row(each, now, part));
        }
        page.close().close();
        return writer.done();
    }

    /** Return the uids of the ChaosSchedules that an engine was made for. */
    private static Stream<String> owners(Engine engine) {
        return engine.json()
                .path("metadata")
                .path("ownerReferences")
                .valueStream()
                .filter(owner -> owner.path("kind").asString("").equals(NextFires.CHAOS_SCHEDULE))
                .map(owner -> owner.path("uid").asString(""));
    }

    private void trouble(Page page) {
        EnginesView.trouble(engines.trouble(), page);
        if (!chaosSchedules.isAbsent()) {
            chaosSchedules
                    .trouble()
                    .ifPresent(why ->
                            page.leaf(
                                    "p",
                                    "ChaosSchedules that have no engine yet are not shown: " + why,
                                    "class",
                                    "note"));
        }
    }

    private static boolean isChaosSchedule(Engine each) {
        return each.json().path("kind").asString("").equals(NextFires.CHAOS_SCHEDULE);
    }

    /** Write a ChaosSchedule that the service has not made an engine of. */
    private void chaosSchedule(Engine schedule, Instant now, Page page) {
        page.open("td");
        page.leaf("span", schedule.namespace() + "/", "class", "sum").text(schedule.name());
        page.leaf("span", " ChaosSchedule", "class", "sum");
        page.close();
        page.leaf("td", "– no engine yet", "class", "num none");
        page.open("td", "class", "why");
        fires.of(schedule, now).ifPresent(each -> coming(each, now, page));
        page.close();
        page.leaf("td", "");
    }

    private void row(Engine engine, Instant now, Page page) {
        if (isChaosSchedule(engine)) {
            chaosSchedule(engine, now, page);
            return;
        }
        page.open("td");
        page.open("a", "href", site.engine(engine.ref()));
        page.leaf("span", engine.namespace() + "/", "class", "sum").text(engine.name());
        page.close();
        if (owners(engine).findAny().isPresent()) {
            page.leaf("span", " ChaosSchedule", "class", "sum");
        }
        page.close();
        Mark mark;
        Optional<Fires.Coming> coming;
        Past known;
        try {
            mark = Mark.of(engine);
            coming = fires.of(engine, now);
            known = remembered(engine);
        } catch (RuntimeException e) {
            // Each reason is told in its own place; what is left is a bug, of this row alone.
            page.leaf("td", "cannot be shown: " + e, "class", "error");
            return;
        }
        page.leaf("td", mark.shown(), "class", "num " + mark.kind());
        page.open("td", "class", "why");
        coming.ifPresent(each -> coming(each, now, page));
        page.close();
        page.open("td");
        past(known, engine.ref(), page);
        page.close();
    }

    private static void coming(Fires.Coming coming, Instant now, Page page) {
        for (Instant fire : coming.fires()) {
            page.leaf("div", TimeWords.at(fire, now), "class", "num");
        }
        if (!coming.note().isEmpty()) {
            page.leaf("div", coming.note(), "class", coming.good() ? "sum" : "error");
        }
    }

    private void past(Past known, EngineRef ref, Page page) {
        List<RunRecord> runs = known.runs().stream().filter(each -> each.number() > 0).toList();
        EngineView.strip(
                runs.subList(Math.max(0, runs.size() - MOST_PAST), runs.size()), ref, site, page);
        long skipped = 0;
        String why = "";
        for (RunRecord run : known.runs()) {
            for (JsonNode each : run.json().path("skippedFires")) {
                skipped += each.path("count").asLong(0);
                why = each.path("reason").asString("");
            }
        }
        if (skipped > 0) {
            page.leaf(
                    "div",
                    "%d fires started no run; the last: %s".formatted(skipped, why),
                    "class",
                    "sum");
        }
        known.problems().forEach(each -> page.leaf("div", each, "class", "error"));
    }

    /** Records of runs that are over change no more: they are read again when there is another. */
    private Past remembered(Engine engine) {
        EngineStanding standing = EngineStanding.of(engine);
        String at =
                engine.uid()
                        + standing.phase()
                        + standing.claim()
                                .map(claim -> claim.run() + " " + claim.fires())
                                .orElse("");
        Past known = past.get(engine.ref());
        if (known == null || !known.at().equals(at)) {
            known = read(engine, at);
            past.put(engine.ref(), known);
        }
        return known;
    }

    private Past read(Engine engine, String at) {
        try {
            RunHistory.Remembered remembered = RunHistory.of(cluster, engine);
            return new Past(at, remembered.runs().runs(), remembered.problems());
        } catch (Claim.Unreadable e) {
            return new Past(at, List.of(), List.of(String.valueOf(e.getMessage())));
        }
    }
}
