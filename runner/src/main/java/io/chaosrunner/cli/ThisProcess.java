package io.chaosrunner.cli;

import io.chaosrunner.plugin.StrategyCatalogue;
import io.chaosrunner.report.AuditLog;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;

/** What the environment tells every command of this process. */
final class ThisProcess {
    private ThisProcess() {}

    /** Return a name for this process: where it is, for people; random, so that none is alike. */
    static String instance() {
        String host = variable("HOSTNAME", "");
        String random = UUID.randomUUID().toString().substring(0, 13);
        long pid = ProcessHandle.current().pid();
        return host.isEmpty() ? pid + "/" + random : host + "/" + pid + "/" + random;
    }

    /** Return who is at the terminal, as the machine says. */
    static String person() {
        String user = System.getProperty("user.name", "");
        String host = variable("HOSTNAME", "");
        return (user.isEmpty() ? "somebody" : user) + (host.isEmpty() ? "" : "@" + host);
    }

    static AuditLog.Format logFormat() {
        return variable("CHAOS_RUNNER_LOG_FORMAT", "").equalsIgnoreCase("json")
                ? AuditLog.Format.JSON
                : AuditLog.Format.TEXT;
    }

    /** Write a stack to the log of a pod. */
    static void logStack(String stack) {
        new AuditLog(Streams.out(), Clock.systemUTC(), null, logFormat())
                .note("strategy-threw", stack);
    }

    /**
     * Load the strategies, those of a folder's jars among them.
     *
     * @param plugins empty means the folder that the environment names
     * @param stacks hears the stack of whatever one of a jar throws
     */
    static StrategyCatalogue strategies(Optional<Path> plugins, Consumer<String> stacks) {
        Path folder =
                plugins.orElseGet(() ->
                        Path.of(variable("CHAOS_RUNNER_PLUGINS", "/opt/chaos-runner/plugins")));
        return StrategyCatalogue.load(Optional.of(folder), stacks);
    }

    /** Say that this program is at fault, and with what; return the exit code. */
    static int bug(Exception e, PrintWriter err) {
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (cause instanceof OutOfMemoryError) {
                return outOfMemory(err);
            }
        }
        err.println("chaos-runner: this is a bug; please report it");
        e.printStackTrace(err);
        return ExitCode.BUG;
    }

    /** Say that the heap is too small, and how to have a larger one; return the exit code. */
    static int outOfMemory(PrintWriter err) {
        long heap = Runtime.getRuntime().maxMemory() >> 20;
        err.println(
                "chaos-runner: out of memory, with a heap of %d MB; set a larger one: CHAOS_RUNNER_HEAP=%dm"
                        .formatted(heap, 4 * heap));
        return ExitCode.BUG;
    }

    private static String variable(String name, String otherwise) {
        return System.getenv().getOrDefault(name, otherwise);
    }
}
