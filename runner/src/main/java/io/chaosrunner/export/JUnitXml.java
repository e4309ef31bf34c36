package io.chaosrunner.export;

import io.chaosrunner.crd.Result;
import io.chaosrunner.export.ReportedRun.Execution;
import io.chaosrunner.export.ReportedRun.Try;
import io.chaosrunner.history.RunRecord;
import io.chaosrunner.model.ForeignText;
import io.chaosrunner.model.TimeWords;
import io.chaosrunner.strategy.Outcome;
import java.io.StringWriter;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import javax.xml.stream.XMLOutputFactory;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamWriter;

/**
 * A run as JUnit XML, as CI systems read it: the run is a suite, each execution a case, and its
 * probes are a suite within. It holds a failure or an error if, and only if, the run is not good.
 *
 * <p>Keeps to the schema of Jenkins' xUnit plug-in (junit-10), which Maven's Surefire writes too:
 * no attribute that it does not list. Of texts nothing is lost but what XML cannot hold, which is
 * written as {@code \}{@code u} and four digits.
 */
public final class JUnitXml {
    private static final int LONGEST_LINE = 2_000;
    private static final int LONGEST_NAME = 300;

    private final ReportedRun run;
    private final StringWriter text = new StringWriter();
    private final XMLStreamWriter xml;
    private int depth;

    /** Whether what is written now has elements in it already. */
    private boolean holdsElements;

    private JUnitXml(ReportedRun run) throws XMLStreamException {
        this.run = run;
        xml = XMLOutputFactory.newDefaultFactory().createXMLStreamWriter(text);
    }

    /** Return the whole document; its encoding is UTF-8. */
    public static String of(List<ReportedRun> runs) {
        try {
            var document = new StringBuilder("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
            document.append("<testsuites name=\"chaos-runner\">");
            for (ReportedRun run : runs) {
                var one = new JUnitXml(run);
                one.depth = 1;
                one.suite();
                one.xml.close();
                document.append(one.text);
            }
            return document.append("\n</testsuites>\n").toString();
        } catch (XMLStreamException e) {
            throw new IllegalStateException("this is a bug: " + e.getMessage(), e);
        }
    }

    /** How many cases a suite has, and how they came out. */
    private record Count(int all, int failures, int errors, int skipped) {
        Count and(Count other) {
            return new Count(
                    all + other.all,
                    failures + other.failures,
                    errors + other.errors,
                    skipped + other.skipped);
        }
    }

    private void suite() throws XMLStreamException {
        Count count = new Count(run.problems().size(), 0, run.problems().size(), 0);
        for (Execution each : run.executions()) {
            count = count.and(count(each)).and(probes(each));
        }
        start("testsuite");
        attribute("name", run.title());
        attributes(count);
        Optional<RunRecord> record = run.record();
        if (record.isPresent()) {
            if (record.get().isEndKnown()) {
                attribute("time", seconds(record.get().took()));
            }
            attribute("timestamp", record.get().start().truncatedTo(ChronoUnit.SECONDS).toString());
        }
        properties();
        for (Execution each : run.executions()) {
            execution(each);
        }
        for (String problem : run.problems()) {
            start("testcase");
            attribute("classname", className());
            attribute("name", "the run itself");
            ill("error", run.endUnseen() ? "end-not-seen" : "run", problem, List.of(problem));
            end();
        }
        for (Execution each : run.executions()) {
            probeSuite(each);
        }
        end();
    }

    private void properties() throws XMLStreamException {
        start("properties");
        property("engine", run.engine().toString());
        property("engine.uid", run.engineUid());
        if (run.record().isPresent()) {
            RunRecord record = run.record().get();
            property("run", Long.toString(record.number()));
            property("run.id", record.text("id"));
            property("seed", Long.toString(record.json().path("seed").asLong(0)));
            property("strategy", record.text("strategy"));
            property("endedBy", record.text("endedBy"));
            property("reason", record.text("reason"));
            property("fire", record.text("fire"));
        }
        Optional<Commands.Replay> replay = Commands.replay(run);
        if (replay.isPresent()) {
            switch (replay.get()) {
                case Commands.Replay.Command(String line) -> property("replay", line);
                case Commands.Replay.None(String why) -> property("replay.none", why);
            }
        }
        for (String unread : run.unread()) {
            property("unread", unread);
        }
        end();
    }

    private void property(String name, String value) throws XMLStreamException {
        if (!value.isEmpty()) {
            start("property");
            attribute("name", name);
            attribute("value", line(value));
            end();
        }
    }

    // ---- Executions ----------------------------------------------------------------------------

    private static Count count(Execution each) {
        return switch (each.verdict()) {
            case PASS -> new Count(1, 0, 0, 0);
            case NOT_APPLICABLE -> new Count(1, 0, 0, 1);
            case FAIL -> new Count(1, 1, 0, 0);
            case ERROR, STOPPED, AWAITED -> new Count(1, 0, 1, 0);
        };
    }

    private void execution(Execution each) throws XMLStreamException {
        start("testcase");
        attribute("classname", className());
        attribute("name", each.label());
        if (each.took().isPresent()) {
            attribute("time", seconds(each.took().get()));
        }
        switch (each.verdict()) {
            case PASS -> {}
            case NOT_APPLICABLE -> {
                start("skipped");
                attribute("message", ReportedRun.whyNot(each));
                end();
            }
            case FAIL -> ill("failure", each.verdict().word(), message(each), lines(each));
            case ERROR, STOPPED, AWAITED ->
                    ill("error", each.verdict().word(), message(each), lines(each));
        }
        for (Try earlier : earlier(each)) {
            start(
                    (each.isBad() ? "rerun" : "flaky")
                            + (earlier.outcome() == Outcome.FAILED ? "Failure" : "Error"));
            attribute("type", earlier.outcome().name().toLowerCase(Locale.ROOT));
            attribute("message", "attempt " + earlier.attempt());
            end();
        }
        List<String> decisions = decisions(each);
        if (!decisions.isEmpty()) {
            start("system-out");
            characters(decisions);
            end();
        }
        end();
    }

    private static List<Try> earlier(Execution each) {
        return each.attempts().size() < 2
                ? List.of()
                : each.attempts().subList(0, each.attempts().size() - 1);
    }

    /** Return the one line that lists show. */
    private static String message(Execution each) {
        if (!each.failStep().isEmpty()) {
            return each.failStep();
        }
        if (!each.said().reason().isEmpty()) {
            return each.said().reason();
        }
        return each.probes().stream()
                .filter(Result.Probe::hasFailed)
                .findFirst()
                .map(probe -> "probe " + probe.name() + " failed")
                .orElse("the verdict is " + each.verdict().word());
    }

    private List<String> lines(Execution each) {
        var lines = new ArrayList<String>();
        lines.add("verdict: " + each.verdict().word());
        if (!each.status().isEmpty()) {
            lines.add("status: " + each.status());
        }
        if (!each.failStep().isEmpty()) {
            lines.add("failed at: " + each.failStep());
        }
        if (!each.said().reason().isEmpty()) {
            lines.add("reason: " + each.said().reason());
        }
        for (Result.Probe probe : each.probes()) {
            lines.add(
                    "probe %s: %s%s"
                            .formatted(
                                    probe.name(),
                                    probe.verdict(),
                                    probe.description().isEmpty()
                                            ? ""
                                            : ", " + probe.description()));
        }
        Commands.logs(run, each).forEach(command -> lines.add("logs: " + command));
        return lines;
    }

    private static List<String> decisions(Execution each) {
        var lines = new ArrayList<String>();
        for (Try attempt : each.attempts()) {
            lines.add(
                    "attempt %d: launched at %s%s; %s after %s"
                            .formatted(
                                    attempt.attempt(),
                                    attempt.start(),
                                    attempt.why().isEmpty() ? "" : ", because " + attempt.why(),
                                    attempt.outcome().name().toLowerCase(Locale.ROOT),
                                    TimeWords.of(
                                            Duration.between(attempt.start(), attempt.end()))));
        }
        return lines;
    }

    // ---- Probes --------------------------------------------------------------------------------

    private static Count probes(Execution each) {
        var count = new Count(0, 0, 0, 0);
        for (Result.Probe probe : each.probes()) {
            count =
                    count.and(
                            new Count(
                                    1,
                                    failsWith(probe, each) ? 1 : 0,
                                    0,
                                    probe.hasPassed() || failsWith(probe, each) ? 0 : 1));
        }
        return count;
    }

    /** An experiment that passed all the same has judged its probes. */
    private static boolean failsWith(Result.Probe probe, Execution each) {
        return probe.hasFailed() && each.isBad();
    }

    private void probeSuite(Execution each) throws XMLStreamException {
        if (each.probes().isEmpty()) {
            return;
        }
        start("testsuite");
        attribute("name", "probes of " + each.label());
        attributes(probes(each));
        for (Result.Probe probe : each.probes()) {
            start("testcase");
            attribute("classname", className() + "." + each.label());
            attribute("name", "%s (%s, %s)".formatted(probe.name(), probe.type(), probe.mode()));
            if (failsWith(probe, each)) {
                ill("failure", probe.verdict(), probe.description(), List.of(probe.description()));
            } else if (!probe.hasPassed()) {
                start("skipped");
                attribute(
                        "message",
                        probe.verdict()
                                + (probe.description().isEmpty()
                                        ? ""
                                        : ": " + probe.description()));
                end();
            }
            end();
        }
        end();
    }

    // ---- XML -----------------------------------------------------------------------------------

    /** Return the engine as a class is named: the namespace as its package. */
    private String className() {
        return run.engine().namespace().isEmpty()
                ? run.engine().name()
                : run.engine().namespace() + "." + run.engine().name();
    }

    private void ill(String element, String type, String message, List<String> lines)
            throws XMLStreamException {
        start(element);
        attribute("type", type);
        attribute("message", line(message));
        characters(lines);
        end();
    }

    private void attributes(Count count) throws XMLStreamException {
        attribute("tests", Integer.toString(count.all()));
        attribute("failures", Integer.toString(count.failures()));
        attribute("errors", Integer.toString(count.errors()));
        attribute("skipped", Integer.toString(count.skipped()));
    }

    private void start(String element) throws XMLStreamException {
        xml.writeCharacters("\n" + "  ".repeat(depth));
        xml.writeStartElement(element);
        depth++;
        holdsElements = false;
    }

    private void end() throws XMLStreamException {
        depth--;
        if (holdsElements) {
            xml.writeCharacters("\n" + "  ".repeat(depth));
        }
        xml.writeEndElement();
        holdsElements = true;
    }

    private void attribute(String name, String value) throws XMLStreamException {
        xml.writeAttribute(
                name,
                name.equals("value") || name.equals("message")
                        ? line(value)
                        : ForeignText.visible(ForeignText.oneLine(value, LONGEST_NAME)));
    }

    private void characters(List<String> lines) throws XMLStreamException {
        for (String each : lines) {
            xml.writeCharacters("\n" + line(each));
        }
        xml.writeCharacters("\n");
    }

    private static String line(String text) {
        return ForeignText.visible(ForeignText.oneLine(text, LONGEST_LINE));
    }

    /** In Surefire's form: seconds with three digits after the point, and no sign. */
    private static String seconds(Duration duration) {
        long millis = Math.max(0, duration.toMillis());
        return String.format(Locale.ROOT, "%d.%03d", millis / 1_000, millis % 1_000);
    }
}
