package io.chaosrunner.report;

import io.chaosrunner.machine.Forecast;
import io.chaosrunner.model.TimeWords;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.Locale;
import java.util.stream.IntStream;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A forecast as people and machines read it: as bars, or as JSON. Equal forecasts give equal bytes.
 */
public final class ForecastReport {
    private static final int BAR = 40;

    private ForecastReport() {}

    /** Write one line for each attempt, with a bar from its start to its end. */
    public static void text(
            Forecast forecast, String strategy, long seed, Duration assumed, PrintWriter out) {
        out.printf(
                Locale.ROOT,
                "strategy %s, seed %d, each experiment assumed to take %s%n%n",
                strategy,
                seed,
                TimeWords.of(assumed));
        int width =
                IntStream.concat(
                                forecast.rows().stream().mapToInt(r -> name(r).length()),
                                forecast.skipped().stream()
                                        .mapToInt(s -> s.slot().experiment().length()))
                        .max()
                        .orElse(1);
        for (Forecast.Row row : forecast.rows()) {
            out.printf(
                    Locale.ROOT,
                    "  %-" + width + "s  %s  %7s %7s  %s%n",
                    name(row),
                    bar(row, forecast.took()),
                    TimeWords.of(row.start()),
                    TimeWords.of(row.end()),
                    Printed.line(row.why()));
        }
        for (Forecast.Skip skip : forecast.skipped()) {
            out.printf(
                    Locale.ROOT,
                    "  %-" + width + "s  %s  %7s %7s  %s%n",
                    Printed.line(skip.slot().experiment()),
                    " ".repeat(BAR),
                    TimeWords.of(skip.at()),
                    "skip",
                    Printed.line(skip.why()));
        }
        out.printf(
                Locale.ROOT,
                "%n  over after %s: %s%n",
                TimeWords.of(forecast.took()),
                Printed.line(forecast.end().why()));
        out.flush();
    }

    /** Write one JSON object. */
    public static void json(
            Forecast forecast, String strategy, long seed, Duration assumed, PrintWriter out) {
        ObjectNode json = JsonMapper.shared().createObjectNode();
        json.put("strategy", strategy).put("seed", seed).put("assumed", TimeWords.of(assumed));
        ArrayNode attempts = json.putArray("attempts");
        for (Forecast.Row row : forecast.rows()) {
            attempts.addObject()
                    .put("slot", row.slot().index())
                    .put("experiment", row.slot().experiment())
                    .put("iteration", row.iteration())
                    .put("attempt", row.attempt())
                    .put("startMillis", row.start().toMillis())
                    .put("endMillis", row.end().toMillis())
                    .put("outcome", row.outcome().name().toLowerCase(Locale.ROOT))
                    .put("why", row.why());
        }
        ArrayNode skipped = json.putArray("skipped");
        for (Forecast.Skip skip : forecast.skipped()) {
            skipped.addObject()
                    .put("slot", skip.slot().index())
                    .put("experiment", skip.slot().experiment())
                    .put("atMillis", skip.at().toMillis())
                    .put("why", skip.why());
        }
        json.putObject("end")
                .put("cause", forecast.end().cause().name().toLowerCase(Locale.ROOT))
                .put("why", forecast.end().why())
                .put("atMillis", forecast.took().toMillis());
        Printed.to(out)
                .println(
                        JsonMapper.shared()
                                .writerWithDefaultPrettyPrinter()
                                .writeValueAsString(json));
        out.flush();
    }

    private static String name(Forecast.Row row) {
        String name = Printed.line(row.slot().experiment());
        if (row.iteration() > 1) {
            name += " #" + row.iteration();
        }
        return row.attempt() > 1 ? name + " retry " + (row.attempt() - 1) : name;
    }

    private static String bar(Forecast.Row row, Duration whole) {
        long millis = Math.max(1, whole.toMillis());
        int from = (int) Math.min(BAR - 1, row.start().toMillis() * BAR / millis);
        int to = (int) Math.min(BAR, Math.max(from + 1, row.end().toMillis() * BAR / millis));
        return " ".repeat(from) + "#".repeat(to - from) + " ".repeat(BAR - to);
    }
}
