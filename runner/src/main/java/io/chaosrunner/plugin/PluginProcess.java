package io.chaosrunner.plugin;

import static java.util.Objects.requireNonNull;

import io.chaosrunner.model.ForeignText;
import io.chaosrunner.model.PluginFailure;
import io.chaosrunner.model.TimeWords;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A process that runs the code of one plug-in, and ask it one thing at a time.
 *
 * <p>What it does not answer in time, or not as it should, kills it. {@link #close} may be called
 * by any thread at any time; a question under way fails by it.
 */
final class PluginProcess implements AutoCloseable {
    /** A JVM is there within a tenth of a second; of an overloaded machine no jar is guilty. */
    private static final Duration LONGEST_START = Duration.ofSeconds(60);

    private static final Duration LAST_MOMENT = Duration.ofSeconds(5);
    private static final int MOST_LAST_WORDS = 200;

    /**
     * Small and soon there: docs/decisions/0024-strategies-in-processes-of-their-own.md. Virtual
     * threads and the common pool get one processor, and the JVM's own words stay off the pipe.
     */
    private static final List<String> OPTIONS =
            List.of(
                    "-Xmx32m",
                    "-XX:+UseSerialGC",
                    "-XX:TieredStopAtLevel=1",
                    "-XX:ActiveProcessorCount=1",
                    "-XX:-UsePerfData",
                    "-XX:+UnlockDiagnosticVMOptions",
                    "-XX:ArchiveRelocationMode=0",
                    "-XX:+DisplayVMOutputToStderr",
                    "-XX:-CreateCoredumpOnCrash",
                    "-Xlog:disable",
                    "-Xlog:all=error:stderr");

    /** Options meant for the runner's JVM, its secrets and addresses are not for a strategy. */
    private static final Set<String> VARIABLES =
            Set.of(
                    "PATH",
                    "HOME",
                    "LANG",
                    "LC_ALL",
                    "LC_CTYPE",
                    "TZ",
                    "TMPDIR",
                    "LD_LIBRARY_PATH",
                    "MALLOC_ARENA_MAX");

    private final Process process;
    private final String source;
    private final Consumer<String> stacks;
    private final DataInputStream answers;
    private final ExecutorService thread;
    private final StringBuffer lastWords = new StringBuffer();
    private volatile boolean closed;

    private PluginProcess(Process process, String source, Consumer<String> stacks) {
        this.process = process;
        this.source = source;
        this.stacks = stacks;
        answers = new DataInputStream(new BufferedInputStream(process.getInputStream()));
        thread =
                Executors.newSingleThreadExecutor(
                        Thread.ofPlatform().daemon().name("plug-in " + source).factory());
        Thread.ofPlatform()
                .daemon()
                .name("words of plug-in " + source)
                .start(() -> listen(process.getErrorStream()));
    }

    /**
     * Start a process.
     *
     * @param jar the plug-in; empty for what is on the class path
     * @param stacks hears where in its code a strategy threw, and what led there
     * @throws PluginFailure if it cannot be started
     */
    static PluginProcess start(Optional<Path> jar, String source, Consumer<String> stacks) {
        var command = new ArrayList<String>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(OPTIONS);
        command.add(PluginHost.class.getName());
        jar.ifPresent(path -> command.add(path.toAbsolutePath().toString()));
        var builder = new ProcessBuilder(command);
        builder.environment().keySet().retainAll(VARIABLES);
        builder.environment().put("CLASSPATH", System.getProperty("java.class.path"));
        PluginProcess started;
        try {
            started = new PluginProcess(builder.start(), source, stacks);
        } catch (IOException e) {
            throw new PluginFailure("cannot get a process of its own: " + e.getMessage(), e);
        }
        FrameReader ready =
                started.answer(started.thread.submit(() -> started.read()), LONGEST_START);
        if (ready.kind() != Frame.READY) {
            throw started.failed("answered what it was not asked", null);
        }
        return started;
    }

    /** Tell whether it can be asked. */
    boolean isAlive() {
        return !closed && process.isAlive();
    }

    /**
     * Ask, and wait for the answer.
     *
     * @throws PluginFailure if there is none within the budget, or the strategy threw something
     */
    FrameReader ask(FrameWriter question, Duration budget) {
        FrameReader answer =
                answer(
                        thread.submit(() -> {
                            question.sendTo(process.getOutputStream());
                            return read();
                        }),
                        budget);
        if (answer.kind() == Frame.THREW) {
            String what = read(answer, answer::foreign);
            String where = read(answer, answer::foreign);
            stacks.accept("plug-in %s threw: %s".formatted(source, read(answer, answer::stack)));
            throw new PluginFailure("threw " + what + (where.isEmpty() ? "" : " (" + where + ")"));
        }
        return answer;
    }

    /** Read the values of an answer. */
    <T> T read(FrameReader answer, Supplier<T> values) {
        try {
            return answer.read(values);
        } catch (FrameReader.Malformed e) {
            throw failed("answered what no strategy can", e);
        }
    }

    /** Refuse an answer to another question. */
    PluginFailure unexpected(FrameReader answer) {
        return failed("answered " + answer.kind() + " to another question", null);
    }

    private FrameReader read() throws IOException {
        return FrameReader.next(answers, FrameReader.LARGEST_ANSWER);
    }

    private FrameReader answer(Future<FrameReader> asked, Duration budget) {
        try {
            return asked.get(budget.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            throw failed("did not answer within " + TimeWords.of(budget), e);
        } catch (InterruptedException e) {
            close();
            Thread.currentThread().interrupt();
            throw new PluginFailure("was interrupted", e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof FrameReader.Malformed) {
                throw failed("answered what no strategy can", e);
            }
            throw failed(end(requireNonNull(e.getCause())), e);
        }
    }

    private String end(Throwable cause) {
        try {
            // A pipe is closed a moment before its process is over.
            if (cause instanceof EOFException || !process.isAlive()) {
                return process.waitFor(LAST_MOMENT.toMillis(), TimeUnit.MILLISECONDS)
                        ? "ended its process with exit code " + process.exitValue() + lastWords()
                        : "closed the pipe of its process";
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return "cannot be asked: " + cause.getMessage();
    }

    private String lastWords() {
        String words = lastWords.toString().strip();
        int line = words.lastIndexOf('\n');
        return words.isEmpty() ? "" : ": " + ForeignText.line(words.substring(line + 1).strip());
    }

    private PluginFailure failed(String what, @Nullable Throwable cause) {
        close();
        return cause == null ? new PluginFailure(what) : new PluginFailure(what, cause);
    }

    /**
     * Take what it prints, which nobody reads unless it dies, so that it does not wait for that.
     */
    private void listen(InputStream stream) {
        char[] some = new char[1024];
        try (Reader words = new InputStreamReader(stream, StandardCharsets.UTF_8)) {
            for (int count = words.read(some); count >= 0; count = words.read(some)) {
                lastWords.append(some, 0, count);
                lastWords.delete(0, Math.max(0, lastWords.length() - MOST_LAST_WORDS));
            }
        } catch (IOException e) {
            // It is dead.
        }
    }

    /** Kill it. */
    @Override
    public void close() {
        closed = true;
        process.destroyForcibly();
        thread.shutdownNow();
    }
}
