package io.chaosrunner.systemtests;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Run chaos-runner as a person at a terminal does: as a process with arguments, until it ends. */
final class TerminalProcess implements AutoCloseable {

    private static final long LIMIT_SECONDS = 180;

    private final Process process;
    private final Path out;
    private final Path err;

    /** What a process said, and how it ended. */
    record Said(int exitCode, String out, String err) {
        String all() {
            return out + err;
        }
    }

    private TerminalProcess(Process process, Path out, Path err) {
        this.process = process;
        this.out = out;
        this.err = err;
    }

    /** Start a process that does what these arguments say, with the rights of a kubeconfig. */
    static TerminalProcess start(Path folder, String kubeconfig, String... arguments) {
        try {
            Path config =
                    Files.writeString(
                            Files.createTempFile(folder, "person", ".kubeconfig"), kubeconfig);
            Path out = Files.createTempFile(folder, "person", ".out");
            Path err = Files.createTempFile(folder, "person", ".err");
            var all = new ArrayList<String>();
            if (!kubeconfig.isEmpty()) {
                // Before the command's name, where it is understood even if it means nothing to
                // that.
                all.add("--kubeconfig=" + config);
            }
            all.addAll(List.of(arguments));
            // Of a job in the background everybody inherits that Ctrl-C is ignored.
            var command = new ArrayList<>(List.of("env", "--default-signal=INT"));
            command.addAll(RunnerProgram.command(all));
            var builder =
                    new ProcessBuilder(command)
                            .redirectInput(new File("/dev/null"))
                            .redirectOutput(out.toFile())
                            .redirectError(err.toFile());
            builder.environment().keySet().removeIf(name -> !name.equals("PATH"));
            builder.environment().put("KUBECONFIG", config.toString());
            return new TerminalProcess(builder.start(), out, err);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Send a signal, such as {@code INT}: Ctrl-C. */
    void signal(String name) {
        try {
            int sent =
                    new ProcessBuilder("kill", "-" + name, Long.toString(process.pid()))
                            .start()
                            .waitFor();
            if (sent != 0) {
                throw new IllegalStateException("kill -" + name + " failed: " + said());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Kill it with SIGKILL; returns when it is dead. */
    void kill() {
        process.destroyForcibly().onExit().join();
    }

    boolean hasSaid(String words) {
        return (read(out) + read(err)).contains(words);
    }

    /** Wait for its end. */
    Said end() {
        try {
            if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
                throw new AssertionError("it goes on; it said: " + read(out) + read(err));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return said();
    }

    private Said said() {
        return new Said(process.isAlive() ? -1 : process.exitValue(), read(out), read(err));
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        kill();
    }
}
