package io.chaosrunner.plugin;

import io.chaosrunner.strategy.Decision;
import io.chaosrunner.strategy.ExecutionPlan;
import io.chaosrunner.strategy.ExecutionStrategy;
import io.chaosrunner.strategy.InvalidParameters;
import io.chaosrunner.strategy.Limits;
import io.chaosrunner.strategy.Parameter;
import io.chaosrunner.strategy.StrategyRequest;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.ServiceLoader.Provider;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import sun.misc.Signal;
import sun.misc.SignalHandler;

/**
 * Be the process that a plug-in's code runs in: hear what the runner asks on standard input, call
 * the strategy, answer on standard output.
 *
 * <p>It ends when the runner closes the pipe, whatever the strategy does: the thread that listens
 * runs none of its code. All calls are made by one other thread.
 */
@SuppressWarnings("sunapi") // There is no other way not to hear a signal.
final class PluginHost {
    /** Packages whose classes lie between a strategy and what it was asked. */
    private static final List<String> OURS =
            List.of("io.chaosrunner.strategy.", "io.chaosrunner.plugin.");

    private final Optional<Path> jar;
    private final OutputStream out;
    private final Map<String, ExecutionStrategy> strategies = new HashMap<>();
    private final Map<Integer, Hosted> plans = new HashMap<>();

    /** A plan, and what it was shown last. */
    private static final class Hosted {
        final ExecutionPlan plan;
        @Nullable HostedProgress seen;

        Hosted(ExecutionPlan plan) {
            this.plan = plan;
        }
    }

    private PluginHost(Optional<Path> jar, OutputStream out) {
        this.jar = jar;
        this.out = out;
    }

    /**
     * Serve one source of strategies.
     *
     * @param args the jar's path; none for the class path
     */
    public static void main(String[] args) throws IOException {
        // Ctrl-C reaches all processes of a terminal; when this one ends is for the runner to say.
        for (String signal : List.of("INT", "TERM", "HUP")) {
            Signal.handle(new Signal(signal), SignalHandler.SIG_IGN);
        }
        var in =
                new DataInputStream(
                        new BufferedInputStream(new FileInputStream(FileDescriptor.in)));
        var out = new BufferedOutputStream(new FileOutputStream(FileDescriptor.out));
        // What a strategy prints must not be taken for an answer.
        System.setIn(InputStream.nullInputStream());
        System.setOut(System.err);
        var questions = new LinkedBlockingQueue<FrameReader>();
        var host =
                new PluginHost(
                        args.length == 0 ? Optional.empty() : Optional.of(Path.of(args[0])), out);
        Thread.ofPlatform().daemon().name("strategy").start(() -> host.serve(questions));
        new FrameWriter(Frame.READY).sendTo(out);
        try {
            while (true) {
                questions.add(FrameReader.next(in, Integer.MAX_VALUE));
            }
        } catch (IOException | RuntimeException | Error over) {
            Runtime.getRuntime().halt(0);
        }
    }

    private void serve(LinkedBlockingQueue<FrameReader> questions) {
        while (true) {
            try {
                // A strategy may have left its mark on this thread.
                Thread.interrupted();
                answer(questions.take()).sendTo(out);
            } catch (InterruptedException left) {
                continue;
            } catch (IOException over) {
                Runtime.getRuntime().halt(0);
            }
        }
    }

    private FrameWriter answer(FrameReader question) {
        try {
            return switch (question.kind()) {
                case LOAD -> load();
                case PLAN -> plan(question);
                case LIMITS -> limits(question);
                case NEXT -> next(question);
                default -> throw new IllegalArgumentException("asked " + question.kind());
            };
        } catch (Throwable thrown) {
            var answer = new FrameWriter(Frame.THREW);
            answer.foreign(text(thrown));
            answer.foreign(where(thrown));
            return answer.text(stack(thrown));
        }
    }

    /** Say where a strategy threw, by its own file and line; empty if that is not known. */
    private static String where(Throwable thrown) {
        try {
            return Stream.of(thrown.getStackTrace())
                    .filter(PluginHost::isStrategys)
                    .findFirst()
                    .map(frame -> frame.getFileName() + ":" + frame.getLineNumber())
                    .orElse("");
        } catch (Throwable again) {
            return "";
        }
    }

    /** Tell whether a frame is neither the JDK's, nor the SPI's, nor ours. */
    private static boolean isStrategys(StackTraceElement frame) {
        return frame.getModuleName() == null
                && frame.getFileName() != null
                && frame.getLineNumber() > 0
                && OURS.stream().noneMatch(frame.getClassName()::startsWith);
    }

    private static String stack(Throwable thrown) {
        var stack = new StringWriter();
        try {
            thrown.printStackTrace(new PrintWriter(stack, true));
        } catch (Throwable again) {
            // What was written so far is what there is.
        }
        return stack.getBuffer().length() <= FrameReader.LONGEST_STACK
                ? stack.toString()
                : stack.getBuffer().substring(0, FrameReader.LONGEST_STACK - 1) + "…";
    }

    /** Say what was thrown; its own words may throw in turn. */
    private static String text(Throwable thrown) {
        try {
            return String.valueOf(thrown);
        } catch (Throwable again) {
            return thrown.getClass().getName();
        }
    }

    // ---- Loading -----------------------------------------------------------------------------

    private FrameWriter load() {
        var faults = new ArrayList<String>();
        var described = new ArrayList<Described>();
        try {
            Optional<String> mismatch =
                    jar.isPresent() ? PluginLoader.mismatch(jar.get()) : Optional.empty();
            if (mismatch.isPresent()) {
                faults.add(mismatch.get());
            } else {
                collect(described, faults);
            }
        } catch (IOException e) {
            faults.add("is no readable jar: " + e.getMessage());
        }
        var answer = new FrameWriter(Frame.LOADED);
        answer.all(faults, answer::foreign);
        answer.all(
                described,
                each -> {
                    answer.foreign(each.name());
                    answer.foreign(each.description());
                    answer.all(each.parameters(), answer::parameter);
                });
        return answer;
    }

    private record Described(String name, String description, List<Parameter> parameters) {}

    private void collect(List<Described> described, List<String> faults) throws IOException {
        ClassLoader loader =
                jar.isPresent() ? PluginLoader.of(jar.get()) : PluginHost.class.getClassLoader();
        // A plug-in finds its own resources, as it would in its own program.
        Thread.currentThread().setContextClassLoader(loader);
        Iterator<Provider<ExecutionStrategy>> found =
                ServiceLoader.load(ExecutionStrategy.class, loader).stream().iterator();
        while (true) {
            try {
                if (!found.hasNext()) {
                    break;
                }
                Provider<ExecutionStrategy> provider = found.next();
                if (!StrategyCatalogue.isBuiltIn(provider.type())) {
                    collect(provider.get(), described, faults);
                }
            } catch (ServiceConfigurationError | RuntimeException e) {
                faults.add("cannot be loaded: " + because(e));
            } catch (Throwable broken) {
                faults.add("cannot be loaded: " + text(broken));
                break;
            }
        }
        if (jar.isPresent() && described.isEmpty() && faults.isEmpty()) {
            faults.add(
                    "names no strategy in META-INF/services/" + ExecutionStrategy.class.getName());
        }
    }

    private static String because(Throwable thrown) {
        Throwable cause = thrown.getCause();
        Throwable thrower =
                thrown instanceof ServiceConfigurationError && cause != null ? cause : thrown;
        String where = where(thrower);
        return (thrower == thrown ? "" : text(thrown) + ": ")
                + text(thrower)
                + (where.isEmpty() ? "" : " (" + where + ")");
    }

    private void collect(
            ExecutionStrategy strategy, List<Described> described, List<String> faults) {
        String name = strategy.name();
        if (name == null || !name.matches("[a-z][a-z0-9-]*")) {
            faults.add(
                    "%s has the name '%s'; a name matches [a-z][a-z0-9-]*"
                            .formatted(strategy.getClass().getName(), name));
            return;
        }
        described.add(
                new Described(
                        name,
                        String.valueOf(strategy.description()),
                        List.copyOf(strategy.parameters())));
        strategies.putIfAbsent(name, strategy);
    }

    // ---- Planning ----------------------------------------------------------------------------

    private FrameWriter plan(FrameReader question) {
        question.all(question::number).forEach(plans::remove);
        int id = question.number();
        String name = question.text();
        StrategyRequest request = question.request();
        ExecutionStrategy strategy = strategies.get(name);
        if (strategy == null) {
            throw new IllegalStateException("the jar has no strategy " + name + " any more");
        }
        ExecutionPlan plan;
        try {
            plan = strategy.plan(request);
        } catch (InvalidParameters refusal) {
            var answer = new FrameWriter(Frame.REFUSED);
            return answer.all(refusal.problems(), answer::problem);
        }
        if (plan == null) {
            return new FrameWriter(Frame.NULL);
        }
        plans.put(id, new Hosted(plan));
        return new FrameWriter(Frame.PLANNED);
    }

    private FrameWriter limits(FrameReader question) {
        Limits limits = hosted(question).plan.limits();
        return limits == null
                ? new FrameWriter(Frame.NULL)
                : new FrameWriter(Frame.LIMITED).limits(limits);
    }

    private FrameWriter next(FrameReader question) {
        Hosted hosted = hosted(question);
        HostedProgress progress = HostedProgress.read(question, hosted.seen);
        hosted.seen = progress;
        Decision decision = hosted.plan.next(progress);
        return decision == null
                ? new FrameWriter(Frame.NULL)
                : new FrameWriter(Frame.DECIDED).decision(decision);
    }

    private Hosted hosted(FrameReader question) {
        int id = question.number();
        Hosted hosted = plans.get(id);
        if (hosted == null) {
            throw new IllegalStateException("no plan " + id);
        }
        return hosted;
    }
}
