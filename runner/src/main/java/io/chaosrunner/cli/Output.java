package io.chaosrunner.cli;

import io.chaosrunner.claim.Claim;
import io.chaosrunner.cluster.ClusterException;
import io.chaosrunner.control.ExperimentReport;
import io.chaosrunner.history.RunRecords;
import io.chaosrunner.model.EngineRef;
import io.chaosrunner.model.ForeignText;
import io.chaosrunner.report.AuditLog;
import io.chaosrunner.report.Colours;
import io.chaosrunner.report.LiveTree;
import io.chaosrunner.report.ProgressLines;
import io.chaosrunner.report.RunSummary;
import io.chaosrunner.report.SlotEnds;
import io.chaosrunner.status.RunListener;
import io.chaosrunner.status.RunNotice;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.ZoneId;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** How a run is shown; mixed into the commands that show one. */
final class Output {
    @Spec(Spec.Target.MIXEE)
    private @Nullable CommandSpec spec;

    @Option(
            names = {"-o", "--output"},
            paramLabel = "FORMAT",
            description =
                    "tree (default at a terminal), lines (default elsewhere) or json: one object"
                            + " per event.")
    private @Nullable Format format;

    @Option(names = "--no-color", description = "Use no colours; so does a set NO_COLOR.")
    private boolean noColor;

    @Option(
            names = "--audit",
            paramLabel = "FILE",
            description = "Add the audit log to a file, one JSON object per event.")
    private @Nullable Path audit;

    enum Format {
        TREE,
        LINES,
        JSON
    }

    boolean isJson() {
        return format == Format.JSON;
    }

    /**
     * Begin to show a run.
     *
     * @param kubectl whether kubectl reaches what is shown
     * @throws ParameterException if the audit log cannot be written
     */
    Shown open(EngineRef engine, boolean kubectl) {
        return open(engine, kubectl, ReportFiles.NONE);
    }

    /** Begin to show a run, see {@link #open(EngineRef, boolean)}, that is to be reported. */
    Shown open(EngineRef engine, boolean kubectl, ReportFiles.Open reports) {
        Clock clock = Clock.systemUTC();
        AuditLog log = null;
        PrintStream file = null;
        if (audit != null) {
            try {
                file = new PrintStream(append(audit), true, StandardCharsets.UTF_8);
            } catch (IOException e) {
                throw new ParameterException(
                        Objects.requireNonNull(spec).commandLine(),
                        "cannot write " + audit + ": " + e.getMessage());
            }
            log = new AuditLog(file, clock, engine, AuditLog.Format.JSON);
        }
        Format chosen = format != null ? format : Terminal.isThere() ? Format.TREE : Format.LINES;
        Colours colours = Terminal.colours(noColor);
        return switch (chosen) {
            case JSON -> {
                var json = new AuditLog(Streams.out(), clock, engine, AuditLog.Format.JSON);
                yield new Shown(engine, json, json, log, file, null, colours, kubectl, reports);
            }
            case LINES ->
                    new Shown(
                            engine,
                            new ProgressLines(Streams.out(), clock),
                            null,
                            log,
                            file,
                            null,
                            colours,
                            kubectl,
                            reports);
            case TREE -> {
                Terminal terminal = Terminal.open();
                var tree =
                        new LiveTree(
                                System.out,
                                clock,
                                ZoneId.systemDefault(),
                                engine,
                                colours,
                                terminal::size);
                yield new Shown(engine, tree, null, log, file, tree, colours, kubectl, reports);
            }
        };
    }

    /**
     * Open a file for its owner alone. A link is not followed: in a folder that others may write,
     * it would lead to a file of theirs.
     */
    private static OutputStream append(Path file) throws IOException {
        if (Files.isSymbolicLink(file)) {
            throw new IOException("it is a link; name the file itself");
        }
        Set<OpenOption> how =
                Set.of(
                        StandardOpenOption.CREATE,
                        StandardOpenOption.WRITE,
                        StandardOpenOption.APPEND,
                        LinkOption.NOFOLLOW_LINKS);
        try {
            return Channels.newOutputStream(
                    Files.newByteChannel(
                            file,
                            how,
                            PosixFilePermissions.asFileAttribute(
                                    PosixFilePermissions.fromString("rw-------"))));
        } catch (UnsupportedOperationException e) {
            // A file system without such rights.
            return Channels.newOutputStream(Files.newByteChannel(file, how));
        }
    }

    /** A run as it is shown; what it does and what signals say come on different threads. */
    static final class Shown implements RunListener, AutoCloseable {
        private final EngineRef engine;
        private final RunListener screen;
        private final @Nullable AuditLog json;
        private final @Nullable AuditLog log;
        private final @Nullable PrintStream file;
        private final @Nullable LiveTree tree;
        private final Colours colours;
        private final boolean kubectl;
        private final ReportFiles.Open reports;
        private final Map<Integer, SlotEnds> ends = new HashMap<>();

        private Shown(
                EngineRef engine,
                RunListener screen,
                @Nullable AuditLog json,
                @Nullable AuditLog log,
                @Nullable PrintStream file,
                @Nullable LiveTree tree,
                Colours colours,
                boolean kubectl,
                ReportFiles.Open reports) {
            this.engine = engine;
            this.screen = screen;
            this.json = json;
            this.log = log;
            this.file = file;
            this.tree = tree;
            this.colours = colours;
            this.kubectl = kubectl;
            this.reports = reports;
        }

        @Override
        public synchronized void heard(RunNotice notice) {
            if (notice instanceof RunNotice.Ended ended) {
                ends.computeIfAbsent(ended.attempt().slot(), slot -> new SlotEnds()).heard(ended);
            }
            screen.heard(notice);
            reports.heard(notice);
            if (log != null) {
                log.heard(notice);
            }
        }

        /**
         * Show how far experiments are, where that is drawn.
         *
         * @param records asked only then; what it cannot read is not known
         */
        void expect(Supplier<RunRecords> records) {
            if (tree != null) {
                try {
                    tree.expect(records.get().usual());
                } catch (ClusterException | Claim.Unreadable e) {
                    // The run, or whoever looks at its history, says so.
                }
            }
        }

        /** Say what is no part of the run, such as what was stored before it. */
        synchronized void say(String line) {
            if (tree != null) {
                tree.say(List.of(line));
            } else if (json != null) {
                json.note("note", line);
            } else {
                Streams.out().println(ForeignText.unbroken(line));
            }
            if (log != null) {
                log.note("note", line);
            }
        }

        /** Say why nothing was launched, or what went wrong; for stderr too. */
        synchronized void fail(String event, String why) {
            freeze();
            reports.failed(why);
            Streams.err().println("chaos-runner: " + why);
            if (json != null) {
                json.note(event, why);
            }
            if (log != null) {
                log.note(event, why);
            }
        }

        /** Sum up: the last that is shown. */
        synchronized void summary(List<ExperimentReport> found, int exitCode) {
            freeze();
            List<ExperimentReport> findings = found.stream().map(this::explained).toList();
            if (json != null) {
                json.summary(findings, exitCode);
            } else if (!findings.isEmpty()) {
                System.out.println();
                new RunSummary(engine, findings, kubectl)
                        .lines(colours)
                        // Its texts are fit to be shown, and its colours are to be.
                        .forEach(System.out::println);
            }
            if (log != null) {
                log.summary(findings, exitCode);
            }
        }

        private ExperimentReport explained(ExperimentReport report) {
            SlotEnds heard = ends.get(report.slot());
            return report.isBad() && heard != null ? report.because(heard.reason()) : report;
        }

        /** Leave the screen as it is: what is written now comes below. */
        void freeze() {
            if (tree != null) {
                tree.close();
            }
        }

        @Override
        public void close() {
            freeze();
            if (file != null) {
                file.close();
            }
        }
    }
}
