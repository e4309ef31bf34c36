package io.chaosrunner.systemtests;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Run a program that dies with this JVM, however the JVM dies. */
final class GuardedProcess implements AutoCloseable {

    /**
     * Waits on a pipe that only the JVM holds. A line means stop; its end without a line means the
     * JVM is gone, SIGKILL included, and nobody else will remove the files. The program is killed,
     * not asked: it keeps nothing worth saving, and asking costs seconds.
     */
    private static final String GUARD =
            """
            home=$1; shift
            exec 3<&0
            "$@" </dev/null 3<&- &
            program=$!
            (
                orphaned=0
                read -r line <&3 || orphaned=1
                trap '' TERM
                kill -9 $program
                exit $orphaned
            ) &
            reader=$!
            wait $program
            status=$?
            exec 2>/dev/null
            kill $reader
            wait $reader
            if [ $? -eq 1 ]; then
                rm -rf -- "$home"
            fi
            exit $status
            """;

    private static final Duration STOP_LIMIT = Duration.ofSeconds(10);
    private static final int SHOWN_LOG_LINES = 15;

    private final String name;
    private final Path log;
    private final Process guard;

    private GuardedProcess(String name, Path log, Process guard) {
        this.name = name;
        this.log = log;
        this.guard = guard;
    }

    /**
     * Start a program in the folder of its name, which must exist.
     *
     * @param home the folder above; all of it is removed when the JVM dies without {@link #close}
     */
    static GuardedProcess start(Path home, String name, Path program, List<String> arguments) {
        Path folder = home.resolve(name);
        Path log = folder.resolve(name + ".log");
        var command = new ArrayList<>(List.of("sh", "-c", GUARD, "guard", home.toString()));
        command.add(program.toString());
        command.addAll(arguments);
        var builder =
                new ProcessBuilder(command)
                        .directory(folder.toFile())
                        .redirectErrorStream(true)
                        .redirectOutput(log.toFile());
        // etcd takes settings from ETCD_*, Go from GO*: whatever is set here must not reach them.
        builder.environment().keySet().removeIf(variable -> !variable.equals("PATH"));
        // Memory is there; a core that collects garbage four times as often is missing elsewhere.
        builder.environment().put("GOGC", "400");
        try {
            return new GuardedProcess(name, log, builder.start());
        } catch (IOException e) {
            throw new UncheckedIOException("cannot start " + name, e);
        }
    }

    /**
     * Wait a moment, to look again at what this program does.
     *
     * @throws IllegalStateException if the program has ended; the end of its log is in the message
     */
    void linger(Duration moment) {
        boolean ended;
        try {
            ended = guard.waitFor(moment);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while waiting for " + name, e);
        }
        if (ended) {
            throw new IllegalStateException(
                    name + " ended with " + guard.exitValue() + "; its log ends:\n" + endOfLog());
        }
    }

    /** Return the last lines of what the program said. */
    String endOfLog() {
        try {
            List<String> lines = Files.readAllLines(log, StandardCharsets.UTF_8);
            return String.join(
                    "\n", lines.subList(Math.max(0, lines.size() - SHOWN_LOG_LINES), lines.size()));
        } catch (IOException e) {
            return "(unreadable: " + e + ")";
        }
    }

    /** Kill the program and wait until it is gone; its files stay. */
    @Override
    public void close() {
        try (var pipe = guard.getOutputStream()) {
            pipe.write('\n');
        } catch (IOException e) {
            // The guard has ended already, and the program with it.
        }
        try {
            if (!guard.waitFor(STOP_LIMIT.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new IllegalStateException(name + " did not stop within " + STOP_LIMIT);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
