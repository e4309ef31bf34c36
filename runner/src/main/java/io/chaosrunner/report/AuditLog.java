package io.chaosrunner.report;

import io.chaosrunner.model.EngineRef;
import io.chaosrunner.run.Attempt;
import io.chaosrunner.run.RunListener;
import io.chaosrunner.run.RunNotice;
import io.chaosrunner.status.StatusEntry;
import java.io.PrintStream;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Write one line of {@code key=value} pairs for everything a run does: one story per run, from the
 * claim to the last clean-up, each line complete in itself.
 */
public final class AuditLog implements RunListener {
    private final PrintStream out;
    private final Clock clock;
    private final EngineRef engine;
    private String run = "";
    private List<String> experiments = List.of();

    /**
     * @param out where lines go; never closed here
     */
    public AuditLog(PrintStream out, Clock clock, EngineRef engine) {
        this.out = out;
        this.clock = clock;
        this.engine = engine;
    }

    @Override
    public void heard(RunNotice notice) {
        switch (notice) {
            case RunNotice.Started started -> {
                run = started.run().number() + "/" + started.run().id();
                experiments = started.experiments();
                line(
                        started.resumed() ? "run-resumed" : "run-started",
                        null,
                        "strategy",
                        started.strategy(),
                        "seed",
                        started.seed(),
                        "experiments",
                        String.join(",", started.experiments()));
            }
            case RunNotice.Waiting waiting -> line("waiting", null, "why", waiting.why());
            case RunNotice.Next next -> line("next", null, "at", next.at(), "why", next.why());
            case RunNotice.Launched launched ->
                    line(
                            launched.adopted() ? "job-adopted" : "job-created",
                            launched.attempt(),
                            "job",
                            launched.job(),
                            "why",
                            launched.why());
            case RunNotice.Running running ->
                    line("running", running.attempt(), "job", running.job(), "pod", running.pod());
            case RunNotice.Ended ended ->
                    line(
                            "ended",
                            ended.attempt(),
                            "job",
                            ended.job(),
                            "pod",
                            ended.pod(),
                            "status",
                            ended.entry().status(),
                            "verdict",
                            ended.entry().verdict().word(),
                            "took",
                            ended.took(),
                            "detail",
                            ended.detail());
            case RunNotice.Skipped skipped ->
                    line(
                            "skipped",
                            null,
                            "slot",
                            skipped.slot(),
                            "experiment",
                            skipped.experiment(),
                            "why",
                            skipped.why());
            case RunNotice.Stopping stopping ->
                    line(
                            "stopping",
                            stopping.attempt(),
                            "job",
                            stopping.job(),
                            "why",
                            stopping.why());
            case RunNotice.CleanedUp cleaned ->
                    line(
                            cleaned.deleted() ? "job-deleted" : "job-retained",
                            cleaned.attempt(),
                            "job",
                            cleaned.job());
            case RunNotice.Warning warning -> line("warning", null, "message", warning.message());
            case RunNotice.Finished finished ->
                    line(
                            "run-finished",
                            null,
                            "cause",
                            finished.end().cause(),
                            "why",
                            finished.end().why(),
                            "verdicts",
                            verdicts(finished.entries()));
        }
    }

    /** Write a line that is no notice, such as why nothing was launched. */
    public void note(String event, String message) {
        line(event, null, "message", message);
    }

    private static String verdicts(List<StatusEntry> entries) {
        return String.join(
                ",", entries.stream().map(e -> e.name() + "=" + e.verdict().word()).toList());
    }

    private void line(String event, @Nullable Attempt attempt, Object... pairs) {
        var text = new StringBuilder();
        text.append(Instant.now(clock).truncatedTo(ChronoUnit.MILLIS));
        append(text, "event", event);
        append(text, "engine", engine);
        append(text, "run", run);
        if (attempt != null) {
            append(text, "slot", attempt.slot());
            append(text, "iteration", attempt.iteration());
            append(text, "attempt", attempt.attempt());
            if (attempt.slot() < experiments.size()) {
                append(text, "experiment", experiments.get(attempt.slot()));
            }
        }
        for (int i = 0; i < pairs.length; i += 2) {
            append(text, Objects.toString(pairs[i]), pairs[i + 1]);
        }
        out.println(text);
        out.flush();
    }

    private static void append(StringBuilder text, String key, Object value) {
        String plain = value.toString();
        if (plain.isEmpty()) {
            return;
        }
        text.append(' ').append(key).append('=');
        if (plain.matches("[A-Za-z0-9_./:,=+-]*")) {
            text.append(plain);
        } else {
            String escaped =
                    plain.replace("\\", "\\\\")
                            .replace("\"", "\\\"")
                            .replace("\r", "\\r")
                            .replace("\n", "\\n");
            text.append('"').append(escaped).append('"');
        }
    }
}
