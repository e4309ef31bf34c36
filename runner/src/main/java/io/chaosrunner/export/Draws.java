package io.chaosrunner.export;

import io.chaosrunner.export.Timeline.Ongoing;
import io.chaosrunner.history.RunRecord;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/** What a random run drew, beside the weights that it drew by. */
public final class Draws {
    private Draws() {}

    /**
     * An experiment that can be drawn.
     *
     * @param label the name people tell it by
     * @param weight as it is set; 1 if it is not
     * @param drawn how often it was drawn so far
     */
    private record Drawn(String label, double weight, int drawn) {}

    /** Write them as a table; nothing of a run that did not draw, or whose draws nobody kept. */
    public static void write(ReportedRun run, List<Ongoing> ongoing, Page page) {
        List<Drawn> all = run.record().map(record -> of(record, run, ongoing)).orElse(List.of());
        int draws = all.stream().mapToInt(Drawn::drawn).sum();
        if (draws == 0) {
            return;
        }
        double weights = all.stream().mapToDouble(Drawn::weight).sum();
        page.leaf("h2", "Draws, and weights");
        page.open("div", "class", "scroll").open("table");
        page.open("thead").open("tr");
        for (String cell : List.of("Experiment", "Weight", "Of all weights", "Drawn", "Of all")) {
            page.leaf("th", cell, "scope", "col");
        }
        page.close().close();
        page.open("tbody");
        for (Drawn each : all) {
            page.open("tr");
            page.leaf("td", each.label());
            page.leaf("td", number(each.weight()), "class", "num", "data-of", "weight");
            page.leaf("td", share(each.weight(), weights), "class", "num");
            page.leaf("td", Integer.toString(each.drawn()), "class", "num", "data-of", "drawn");
            page.leaf("td", share(each.drawn(), draws), "class", "num");
            page.close();
        }
        page.close().close().close();
    }

    private static List<Drawn> of(RunRecord record, ReportedRun run, List<Ongoing> ongoing) {
        JsonNode settings = record.json().path("settings");
        boolean shuffled = settings.path("shuffle").asString("").equals("true");
        if (!record.text("strategy").equals("random") || shuffled) {
            return List.of();
        }
        Map<Integer, Set<Integer>> iterations = new HashMap<>();
        run.executions().stream()
                .filter(each -> !each.attempts().isEmpty())
                .forEach(each ->
                        iterations
                                .computeIfAbsent(each.slot(), slot -> new HashSet<>())
                                .add(each.iteration()));
        ongoing.forEach(each ->
                iterations
                        .computeIfAbsent(each.slot(), slot -> new HashSet<>())
                        .add(each.iteration()));
        List<String> names =
                record.json()
                        .path("experiments")
                        .valueStream()
                        .map(each -> each.path("name").asString(""))
                        .toList();
        Map<String, Integer> listed = new HashMap<>();
        var drawn = new ArrayList<Drawn>();
        for (int slot = 0; slot < names.size(); slot++) {
            String name = names.get(slot);
            String entry = name + "#" + listed.merge(name, 1, Integer::sum);
            boolean several = names.indexOf(name) != names.lastIndexOf(name);
            drawn.add(
                    new Drawn(
                            several ? entry : name,
                            weight(settings.path("weights"), entry, name),
                            iterations.getOrDefault(slot, Set.of()).size()));
        }
        return drawn;
    }

    /** The weight of one entry beats that of its name. */
    private static double weight(JsonNode weights, String entry, String name) {
        JsonNode set = weights.has(entry) ? weights.path(entry) : weights.path(name);
        try {
            double weight = Double.parseDouble(set.asString("1"));
            return weight > 0 && Double.isFinite(weight) ? weight : 1;
        } catch (NumberFormatException e) {
            // Whoever wrote the record by hand.
            return 1;
        }
    }

    private static String number(double weight) {
        return weight == Math.rint(weight)
                ? String.format(Locale.ROOT, "%.0f", weight)
                : Double.toString(weight);
    }

    private static String share(double part, double all) {
        return String.format(Locale.ROOT, "%.0f %%", 100 * part / all);
    }
}
