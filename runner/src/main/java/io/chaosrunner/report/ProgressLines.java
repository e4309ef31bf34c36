package io.chaosrunner.report;

import io.chaosrunner.model.TimeWords;
import io.chaosrunner.status.RunListener;
import io.chaosrunner.status.RunNotice;
import java.io.PrintStream;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;

/** What a run does as lines for a person, each with the time since the run began. */
public final class ProgressLines implements RunListener {
    private final PrintStream out;
    private final Clock clock;
    private final Instant begin;
    private int running;

    /**
     * @param out where lines go; never closed here
     */
    public ProgressLines(PrintStream out, Clock clock) {
        this.out = out;
        this.clock = clock;
        begin = clock.instant();
    }

    @Override
    public void heard(RunNotice notice) {
        switch (notice) {
            case RunNotice.Started started ->
                    line(
                            "run",
                            "%s %d: %d %s, strategy %s, seed %d"
                                    .formatted(
                                            started.resumed() ? "resumed run" : "run",
                                            started.run().number(),
                                            started.experiments().size(),
                                            started.experiments().size() == 1
                                                    ? "experiment"
                                                    : "experiments",
                                            started.strategy(),
                                            started.seed()));
            case RunNotice.Waiting waiting -> line("wait", waiting.why());
            case RunNotice.Next next -> {
                // While something runs, it is the next thing one hears of.
                if (running == 0) {
                    line(
                            "next",
                            "%s at %s"
                                    .formatted(
                                            next.why(), TimeWords.at(next.at(), clock.instant())));
                }
            }
            case RunNotice.Launched launched -> {
                running++;
                line(
                        launched.adopted() ? "adopt" : "launch",
                        "%s as Job %s%s"
                                .formatted(
                                        launched.experiment(),
                                        launched.job(),
                                        inBrackets(launched.why())));
            }
            case RunNotice.Running running ->
                    line("running", "%s in pod %s".formatted(running.experiment(), running.pod()));
            case RunNotice.Ended ended -> {
                running = Math.max(0, running - 1);
                line(
                        ended.entry().verdict().word(),
                        "%s, %s%s%s"
                                .formatted(
                                        ended.experiment(),
                                        ended.entry().status(),
                                        ended.took().isZero()
                                                ? ""
                                                : " after " + TimeWords.of(tenths(ended.took())),
                                        ended.detail().isEmpty() ? "" : ": " + ended.detail()));
            }
            case RunNotice.Skipped skipped ->
                    line("skip", skipped.experiment() + inBrackets(skipped.why()));
            case RunNotice.Stopping stopping ->
                    line("stop", stopping.experiment() + inBrackets(stopping.why()));
            case RunNotice.CleanedUp cleaned ->
                    line(
                            "clean",
                            "Job %s %s"
                                    .formatted(
                                            cleaned.job(),
                                            cleaned.deleted() ? "deleted" : "retained"));
            case RunNotice.Wrote _ -> {}
            case RunNotice.Warning warning -> line("warning", warning.message());
            case RunNotice.Finished finished -> line("done", finished.end().why());
        }
    }

    private void line(String what, String text) {
        Duration since = Duration.between(begin, clock.instant());
        out.printf(Locale.ROOT, "%7s  %-8s %s%n", seconds(since), what, Printed.line(text));
        out.flush();
    }

    private static String inBrackets(String text) {
        return text.isEmpty() ? "" : " (" + text + ")";
    }

    private static Duration tenths(Duration duration) {
        return Duration.ofMillis(duration.toMillis() / 100 * 100);
    }

    private static String seconds(Duration duration) {
        return String.format(Locale.ROOT, "%.1fs", Math.max(0, duration.toMillis()) / 1000.0);
    }
}
