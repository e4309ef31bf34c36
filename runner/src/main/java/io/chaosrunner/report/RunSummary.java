package io.chaosrunner.report;

import io.chaosrunner.control.ExperimentReport;
import io.chaosrunner.model.EngineRef;
import io.chaosrunner.model.Verdict;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The sum of a run for people: a table of verdicts, and for what did not pass, why and where to
 * look.
 */
public final class RunSummary {
    private final EngineRef engine;
    private final List<ExperimentReport> findings;
    private final boolean kubectl;

    /**
     * @param kubectl whether the cluster can be asked with kubectl; the sandbox is gone by then
     */
    public RunSummary(EngineRef engine, List<ExperimentReport> findings, boolean kubectl) {
        this.engine = engine;
        this.findings = List.copyOf(findings);
        this.kubectl = kubectl;
    }

    /** Return the lines. */
    public List<String> lines(Colours colours) {
        var lines = new ArrayList<String>();
        int width = "EXPERIMENT".length();
        for (ExperimentReport finding : findings) {
            width = Math.max(width, oneLine(finding.entry().name()).length());
        }
        String row = "  %-" + width + "s  %s  %s";
        lines.add(row.formatted("EXPERIMENT", "VERDICT ", "STATUS"));
        for (ExperimentReport finding : findings) {
            Verdict verdict = finding.entry().verdict();
            lines.add(
                    row.formatted(
                            oneLine(finding.entry().name()),
                            colours.of(verdict, String.format(Locale.ROOT, "%-8s", verdict.word())),
                            oneLine(finding.entry().status())));
        }
        lines.add("");
        lines.add("  " + count());
        for (ExperimentReport finding : findings) {
            if (finding.isBad()) {
                explain(finding, colours, lines);
            }
        }
        return lines;
    }

    private String count() {
        long passed = findings.stream().filter(f -> f.entry().verdict() == Verdict.PASS).count();
        long leftOut =
                findings.stream()
                        .filter(f -> f.entry().verdict() == Verdict.NOT_APPLICABLE)
                        .count();
        return "%d of %d passed%s"
                .formatted(
                        passed,
                        findings.size() - leftOut,
                        leftOut == 0 ? "" : ", " + leftOut + " left out");
    }

    private void explain(ExperimentReport finding, Colours colours, List<String> lines) {
        var said = new ArrayList<String>();
        if (!finding.reason().isEmpty()) {
            said.add("why: " + oneLine(finding.reason()));
        }
        if (!finding.failStep().isEmpty()) {
            said.add("failed at: " + oneLine(finding.failStep()));
        }
        finding.failedProbes().forEach(probe -> said.add("failed probe: " + oneLine(probe)));
        if (kubectl && finding.hasLogs()) {
            said.add(
                    "kubectl logs -n %s %s"
                            .formatted(engine.namespace(), oneLine(finding.entry().pod())));
        }
        if (!said.isEmpty()) {
            lines.add("");
            lines.add("  " + colours.bold(oneLine(finding.entry().name())));
            said.forEach(line -> lines.add("    " + line));
        }
    }

    private static String oneLine(String text) {
        return Printed.line(text);
    }
}
