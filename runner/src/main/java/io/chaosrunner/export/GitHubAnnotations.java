package io.chaosrunner.export;

import io.chaosrunner.export.ReportedRun.Execution;
import io.chaosrunner.model.ForeignText;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What went wrong in a run, as workflow commands that GitHub shows beside the file: {@code ::error
 * file=…,line=…,title=…::…}. GitHub shows ten of a step. Each is one line, whatever a stranger
 * wrote.
 */
public final class GitHubAnnotations {
    private static final int MOST = 10;
    private static final int LONGEST = 1_000;
    private static final int LONGEST_TITLE = 200;

    private GitHubAnnotations() {}

    /**
     * A line of a file.
     *
     * @param file as the person named it, from the work folder
     * @param line from 1
     */
    public record Place(String file, int line) {}

    /**
     * Return the commands; none if the run is good.
     *
     * @param place where the engine stands in a file; empty if it is in none
     */
    public static List<String> of(ReportedRun run, Optional<Place> place) {
        var commands = new ArrayList<String>();
        for (String problem : run.problems()) {
            commands.add(command(place, run.title(), problem));
        }
        for (Execution each : run.executions()) {
            if (each.isBad()) {
                commands.add(
                        command(
                                place,
                                "%s: %s".formatted(each.label(), each.verdict().word()),
                                run.title() + ": " + message(each)));
            }
        }
        if (commands.size() > MOST) {
            int more = commands.size() - MOST + 1;
            commands.subList(MOST - 1, commands.size()).clear();
            commands.add(command(place, run.title(), "%d more did not pass".formatted(more)));
        }
        return commands;
    }

    private static String message(Execution each) {
        var said = new ArrayList<String>();
        if (!each.failStep().isEmpty()) {
            said.add("failed at: " + each.failStep());
        }
        if (!each.said().reason().isEmpty()) {
            said.add(each.said().reason());
        }
        each.probes().stream()
                .filter(probe -> probe.hasFailed())
                .forEach(probe -> said.add("failed probe " + probe.name()));
        return said.isEmpty() ? each.verdict().word() : String.join("; ", said);
    }

    private static String command(Optional<Place> place, String title, String message) {
        String where =
                place.map(each -> "file=%s,line=%d,".formatted(property(each.file()), each.line()))
                        .orElse("");
        return "::error %stitle=%s::%s"
                .formatted(
                        where,
                        property(oneLine(title, LONGEST_TITLE)),
                        data(oneLine(message, LONGEST)));
    }

    private static String oneLine(String text, int longest) {
        return ForeignText.visible(ForeignText.oneLine(text, longest));
    }

    private static String data(String text) {
        return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A");
    }

    private static String property(String text) {
        return data(text).replace(":", "%3A").replace(",", "%2C");
    }
}
