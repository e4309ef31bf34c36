package io.chaosrunner.cli;

import io.chaosrunner.cluster.Cluster;
import io.chaosrunner.export.Evidence;
import io.chaosrunner.export.GitHubAnnotations;
import io.chaosrunner.export.HtmlReport;
import io.chaosrunner.export.JUnitXml;
import io.chaosrunner.export.Markdown;
import io.chaosrunner.export.ReportedRun;
import io.chaosrunner.export.SeenRun;
import io.chaosrunner.model.EngineRef;
import io.chaosrunner.status.RunListener;
import io.chaosrunner.status.RunNotice;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/**
 * The files that a run is reported in; mixed into the command that runs.
 *
 * <p>Each is written twice. Before the run begins, with an error that no end of the run was seen:
 * whoever reads it after the process was killed must not take the file of an earlier run for this
 * one's; and what cannot be written is known before anything is launched. And when the run is over.
 * A file is there whole or not at all.
 */
final class ReportFiles {
    /** Nothing is reported. */
    static final Open NONE = new Open(List.of(), Optional.empty(), false, false, null, "", null);

    private static final String UNSEEN =
            "its end was not seen: it goes on, or chaos-runner was killed and what it launched may go on";

    @Option(
            names = "--junit",
            paramLabel = "FILE",
            description =
                    "Write the run as JUnit XML: a case for each execution, and for each of its"
                            + " probes.")
    private @Nullable Path junit;

    @Option(
            names = "--summary",
            paramLabel = "FILE",
            description =
                    "Write the run as Markdown. In GitHub Actions it is added to the job's summary in"
                            + " any case.")
    private @Nullable Path summary;

    @Option(
            names = "--report",
            paramLabel = "FILE",
            description =
                    "Write the run as one HTML page: timeline, decisions, probes, and how the runs"
                            + " before came out.")
    private @Nullable Path html;

    /**
     * A file, and the form of what is written to it.
     *
     * @param hasEvidence whether it shows events and logs
     */
    record Target(
            String option,
            Path file,
            Function<List<ReportedRun>, String> form,
            boolean hasEvidence) {
        Target(String option, Path file, Function<List<ReportedRun>, String> form) {
            this(option, file, form, false);
        }
    }

    boolean areGiven() {
        return junit != null || summary != null || html != null;
    }

    /**
     * Begin to report a run.
     *
     * @param what what is to be run, until that is known better
     * @param environment says whether this is a job of GitHub's
     * @throws ParameterException if a file cannot be written
     */
    Open open(CommandLine command, String what, Map<String, String> environment) {
        Optional<Path> step =
                Optional.ofNullable(environment.get("GITHUB_STEP_SUMMARY"))
                        .filter(each -> !each.isBlank())
                        .map(Path::of);
        var targets = new ArrayList<Target>();
        if (junit != null) {
            targets.add(new Target("--junit", junit, JUnitXml::of));
        }
        boolean stepIsAsked = summary != null && step.isPresent() && isSame(step.get(), summary);
        if (summary != null && !stepIsAsked) {
            targets.add(new Target("--summary", summary, Markdown::of));
        }
        if (html != null) {
            targets.add(new Target("--report", html, HtmlReport::of, true));
        }
        Set<Path> files = new HashSet<>();
        step.ifPresent(file -> files.add(file.toAbsolutePath().normalize()));
        for (Target target : targets) {
            if (!files.add(target.file().toAbsolutePath().normalize())) {
                throw new ParameterException(
                        command, target.option() + ": another report is written to that file");
            }
        }
        boolean annotated = "true".equals(environment.get("GITHUB_ACTIONS"));
        if (targets.isEmpty() && step.isEmpty() && !annotated) {
            return NONE;
        }
        List<ReportedRun> unseen = List.of(ReportedRun.ofUnseen(new EngineRef("", what), UNSEEN));
        for (Target target : targets) {
            try {
                write(target.file(), target.form().apply(unseen));
            } catch (IOException e) {
                throw new ParameterException(
                        command,
                        "%s: cannot write %s: %s"
                                .formatted(
                                        target.option(), target.file(), words(target.file(), e)));
            }
        }
        if (stepIsAsked) {
            try {
                add(step.get(), "");
            } catch (IOException e) {
                throw new ParameterException(
                        command,
                        "--summary: cannot write %s: %s"
                                .formatted(step.get(), words(step.get(), e)));
            }
        }
        return new Open(
                targets,
                step,
                stepIsAsked,
                annotated,
                new SeenRun(Clock.systemUTC()),
                what,
                command);
    }

    private static boolean isSame(Path one, Path other) {
        return one.toAbsolutePath().normalize().equals(other.toAbsolutePath().normalize());
    }

    /** Write a file beside the old one and put it in its place: nobody reads half of it. */
    private static void write(Path file, String text) throws IOException {
        if (Files.isSymbolicLink(file)) {
            throw new IOException("it is a link; name the file itself");
        }
        if (Files.exists(file, LinkOption.NOFOLLOW_LINKS) && !Files.isRegularFile(file)) {
            throw new IOException(
                    Files.isDirectory(file) ? "it is a folder" : "it is no regular file");
        }
        Path beside =
                file.resolveSibling(".%s.%s".formatted(file.getFileName(), UUID.randomUUID()));
        try {
            Files.writeString(beside, text, StandardCharsets.UTF_8, StandardOpenOption.CREATE_NEW);
            Files.move(beside, file, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Files.deleteIfExists(beside);
        }
    }

    /** Add to what others wrote in that file. */
    private static void add(Path file, String text) throws IOException {
        Files.writeString(file, text, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }

    private static String words(Path file, Exception e) {
        Path folder = file.toAbsolutePath().getParent();
        return switch (e) {
            case NoSuchFileException _ -> "there is no folder " + folder;
            case AccessDeniedException _ -> "this user may not write in " + folder;
            case FileSystemException other when other.getReason() != null -> other.getReason();
            case IOException _ -> String.valueOf(e.getMessage());
            default -> "this is a bug: " + e;
        };
    }

    /** A run that is being reported. */
    static final class Open implements RunListener {
        private final List<Target> targets;
        private final Optional<Path> step;
        private final boolean stepIsAsked;
        private final boolean annotated;
        private final @Nullable SeenRun seen;
        private Evidence.@Nullable Logs logs;
        private final @Nullable CommandLine command;
        private EngineRef engine;
        private Optional<GitHubAnnotations.Place> place = Optional.empty();
        private boolean sandbox;

        Open(
                List<Target> targets,
                Optional<Path> step,
                boolean stepIsAsked,
                boolean annotated,
                @Nullable SeenRun seen,
                String what,
                @Nullable CommandLine command) {
            this.targets = List.copyOf(targets);
            this.step = step;
            this.stepIsAsked = stepIsAsked;
            this.annotated = annotated;
            this.seen = seen;
            this.command = command;
            engine = new EngineRef("", what);
        }

        @Override
        public void heard(RunNotice notice) {
            if (seen != null) {
                seen.heard(notice);
            }
        }

        /** Hear why nothing was launched, or what came between the run and its end. */
        void failed(String why) {
            if (seen != null) {
                seen.failed(why);
            }
        }

        /** Say which engine it is of. */
        void isOf(EngineRef ref) {
            if (seen != null) {
                engine = ref;
            }
        }

        /** Say where the engine stands. */
        void isOf(FileObject file) {
            if (seen == null || !annotated) {
                return;
            }
            int colon = file.place().lastIndexOf(':');
            if (colon > 0 && Files.isRegularFile(Path.of(file.place().substring(0, colon)))) {
                place =
                        Optional.of(
                                new GitHubAnnotations.Place(
                                        file.place().substring(0, colon),
                                        Integer.parseInt(file.place().substring(colon + 1))));
            }
        }

        /** Say where the logs of experiments that did not pass come from. */
        Open withLogs(Evidence.Logs from) {
            if (seen != null) {
                logs = from;
            }
            return this;
        }

        /** Say that the cluster goes with this process. */
        Open ofSandbox() {
            sandbox = seen != null;
            return this;
        }

        /** Report a run that came to no end of its own: all that is known is what was seen. */
        void endWithout(String why) {
            failed(why);
            endWithout();
        }

        void endWithout() {
            SeenRun all = seen;
            if (all != null) {
                write(() -> all.report(engine));
            }
        }

        /**
         * Write the reports: the run is over.
         *
         * @return the exit code, which tells also whether they could be written
         */
        int end(Cluster cluster, EngineRef ref, int exitCode) {
            SeenRun all = seen;
            if (all == null) {
                return exitCode;
            }
            boolean written =
                    write(() -> {
                        ReportedRun seenRun = all.report(ref, cluster);
                        ReportedRun run =
                                logs != null && targets.stream().anyMatch(Target::hasEvidence)
                                        ? Evidence.read(cluster, logs, seenRun)
                                        : seenRun;
                        // Whatever it is, nobody must take it for a run that passed.
                        return run.isGood() && exitCode != ExitCode.OK
                                ? run.and("chaos-runner ended with exit code " + exitCode)
                                : run;
                    });
            return written || exitCode != ExitCode.OK ? exitCode : ExitCode.NOT_WRITTEN;
        }

        /**
         * Write all of it, as far as that goes: what is wrong with one report is no reason to leave
         * another one out, and none to lose the verdict.
         *
         * @return whether everything that was asked for was written
         */
        private boolean write(Supplier<ReportedRun> reported) {
            ReportedRun run;
            try {
                run = sandbox ? reported.get().ofSandbox() : reported.get();
            } catch (RuntimeException e) {
                say("the run could not be reported; this is a bug: " + e);
                return targets.isEmpty() && !stepIsAsked;
            }
            boolean all = true;
            for (Target target : targets) {
                try {
                    ReportFiles.write(target.file(), target.form().apply(List.of(run)));
                } catch (IOException | RuntimeException e) {
                    all = false;
                    say(
                            "the report %s %s could not be written: %s"
                                    .formatted(
                                            target.option(),
                                            target.file(),
                                            words(target.file(), e)));
                }
            }
            if (step.isPresent()) {
                try {
                    add(step.get(), Markdown.of(List.of(run)) + "\n");
                } catch (IOException | RuntimeException e) {
                    all &= !stepIsAsked;
                    say("$GITHUB_STEP_SUMMARY could not be written: " + words(step.get(), e));
                }
            }
            if (annotated) {
                try {
                    // GitHub reads both streams, and what is on the other may be JSON.
                    GitHubAnnotations.of(run, place).forEach(System.err::println);
                } catch (RuntimeException e) {
                    say("what went wrong could not be annotated; this is a bug: " + e);
                }
            }
            return all;
        }

        private void say(String problem) {
            if (command != null) {
                command.getErr().println("chaos-runner: " + problem);
            }
        }
    }
}
