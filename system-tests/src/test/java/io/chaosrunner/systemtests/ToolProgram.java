package io.chaosrunner.systemtests;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Run helm, kubectl and others, as {@code system-tests/tools/build} makes or gets them. */
final class ToolProgram {

    static final ToolProgram HELM = new ToolProgram("helm");
    static final ToolProgram KUBECTL = new ToolProgram("kubectl");
    static final ToolProgram ACTIONLINT = new ToolProgram("actionlint");
    static final ToolProgram PROMETHEUS = new ToolProgram("prometheus");
    static final ToolProgram PROMTOOL = new ToolProgram("promtool");

    private static final Path BUILD = Path.of("system-tests", "tools", "build");
    private static final long LIMIT_SECONDS = 180;

    private final String name;

    private ToolProgram(String name) {
        this.name = name;
    }

    /** What a program said, and how it ended. */
    record Said(int exitCode, String out, String err) {
        /** Return what it printed; fails with its complaint if it did not end well. */
        String good() {
            if (exitCode != 0) {
                throw new AssertionError("ended with " + exitCode + ": " + err + out);
            }
            return out;
        }
    }

    /** Name the missing programs and the remedy in one line; empty when all are there. */
    static Optional<String> whyMissing() {
        List<String> missing =
                Stream.of(HELM, KUBECTL, ACTIONLINT, PROMETHEUS, PROMTOOL)
                        .filter(tool -> !Files.isExecutable(tool.path()))
                        .map(tool -> tool.name)
                        .toList();
        return missing.isEmpty()
                ? Optional.empty()
                : Optional.of("no %s; run %s".formatted(String.join(", ", missing), BUILD));
    }

    /**
     * Run it until it ends, at the root of the source tree.
     *
     * @param home an empty folder, where it may keep what it likes
     * @throws AssertionError if it has not ended after three minutes
     */
    Said run(Path home, List<String> arguments) {
        return run(home, "", arguments);
    }

    /** Do the same, with something to read. */
    Said run(Path home, String input, List<String> arguments) {
        var command = new ArrayList<>(List.of(path().toString()));
        command.addAll(arguments);
        try {
            Path out = Files.createTempFile(home, name, ".out");
            Path err = Files.createTempFile(home, name, ".err");
            var builder =
                    new ProcessBuilder(command)
                            .directory(ControlPlaneBinaries.sourceRoot().toFile())
                            .redirectOutput(out.toFile())
                            .redirectError(err.toFile());
            builder.environment().keySet().removeIf(variable -> !variable.equals("PATH"));
            builder.environment().put("HOME", home.toString());
            Process process = builder.start();
            try (OutputStream in = process.getOutputStream()) {
                in.write(input.getBytes(StandardCharsets.UTF_8));
            }
            if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new AssertionError(command + " does not end");
            }
            return new Said(process.exitValue(), Files.readString(out), Files.readString(err));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted in " + command, e);
        }
    }

    Path path() {
        return ControlPlaneBinaries.printedBy(BUILD).resolve(name);
    }
}
