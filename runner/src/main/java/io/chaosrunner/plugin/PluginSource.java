package io.chaosrunner.plugin;

import io.chaosrunner.model.PluginFailure;
import io.chaosrunner.plugin.StrategyCatalogue.Fault;
import io.chaosrunner.plugin.StrategyCatalogue.Listed;
import io.chaosrunner.strategy.Decision;
import io.chaosrunner.strategy.ExecutionPlan;
import io.chaosrunner.strategy.ExecutionStrategy;
import io.chaosrunner.strategy.InvalidParameters;
import io.chaosrunner.strategy.Limits;
import io.chaosrunner.strategy.Parameter;
import io.chaosrunner.strategy.Progress;
import io.chaosrunner.strategy.StrategyRequest;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One jar, or the class path, and the process its code runs in as long as somebody needs it.
 *
 * <p>All runs of one jar share the process, one question at a time. If one of them brings it to its
 * end, the others go on in a new one: a fresh plan answers the same. Safe for use by several
 * threads.
 */
final class PluginSource {
    /**
     * A jar that did not load is not tried again before: it may take the whole budget each time.
     */
    private static final Duration FAILURE_STANDS = Duration.ofMinutes(10);

    private final Optional<Path> jar;
    private final String name;
    private final Duration budget;
    private final Consumer<String> stacks;

    /** Held while the process is asked; what takes no time is guarded by this object. */
    private final ReentrantLock turn = new ReentrantLock(true);

    private final List<Integer> forgotten = new ArrayList<>();
    private @Nullable Contents contents;
    private long triedAt;
    private @Nullable PluginProcess process;
    private int users;
    private int plans;

    /** What was found in it. */
    record Contents(List<Listed> listed, List<Fault> faults) {}

    /**
     * @param jar empty for the class path
     * @param budget how long a strategy may think about anything it is asked
     * @param stacks hears the stack of whatever a strategy throws
     */
    PluginSource(Optional<Path> jar, Duration budget, Consumer<String> stacks) {
        this.jar = jar;
        this.budget = budget;
        this.stacks = stacks;
        name = jar.map(path -> path.getFileName().toString()).orElse(StrategyCatalogue.CLASS_PATH);
    }

    /** Have the process stay, once there is one, until {@link #leave}. */
    synchronized void enter() {
        users++;
    }

    synchronized void leave() {
        users--;
        if (users == 0 && process != null) {
            process.close();
            process = null;
            forgotten.clear();
        }
    }

    /** Return what is in it: as last loaded, or else loaded now. */
    Contents contents() {
        enter();
        try {
            Optional<Contents> known = known();
            return known.isPresent() ? known.get() : inTurn(running -> known().orElseThrow());
        } catch (PluginFailure e) {
            return new Contents(List.of(), List.of(new Fault(name, e.getMessage())));
        } finally {
            leave();
        }
    }

    private synchronized Optional<Contents> known() {
        boolean stands =
                contents != null
                        && (!contents.listed().isEmpty()
                                || System.nanoTime() - triedAt < FAILURE_STANDS.toNanos());
        return stands ? Optional.ofNullable(contents) : Optional.empty();
    }

    private synchronized void remember(Contents loaded) {
        contents = loaded;
        triedAt = System.nanoTime();
    }

    private <T> T inTurn(Function<PluginProcess, T> ask) {
        try {
            turn.lockInterruptibly();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new PluginFailure("was interrupted", e);
        }
        try {
            return ask.apply(running());
        } finally {
            turn.unlock();
        }
    }

    /** Return a process that has loaded its strategies. */
    private PluginProcess running() {
        synchronized (this) {
            if (process != null && process.isAlive()) {
                return process;
            }
        }
        PluginProcess started = PluginProcess.start(jar, name, stacks);
        Contents loaded = loaded(started);
        synchronized (this) {
            remember(loaded);
            process = started;
            forgotten.clear();
        }
        return started;
    }

    private Contents loaded(PluginProcess started) {
        try {
            FrameReader answer = started.ask(new FrameWriter(Frame.LOAD), budget);
            if (answer.kind() != Frame.LOADED) {
                throw started.unexpected(answer);
            }
            return started.read(answer, () -> contents(answer));
        } catch (PluginFailure e) {
            String why = e.getMessage() + " while it was loaded";
            if (!Thread.currentThread().isInterrupted()) {
                remember(new Contents(List.of(), List.of(new Fault(name, why))));
            }
            throw new PluginFailure(why, e);
        }
    }

    private Contents contents(FrameReader answer) {
        List<Fault> faults = answer.all(() -> new Fault(name, answer.foreign()));
        List<Listed> listed =
                answer.all(() ->
                        new Listed(
                                new Strategy(
                                        answer.foreign(),
                                        answer.foreign(),
                                        List.copyOf(answer.all(answer::parameter))),
                                name));
        return new Contents(List.copyOf(listed), List.copyOf(faults));
    }

    /** Stand for a strategy of the jar. */
    private final class Strategy implements ExecutionStrategy {
        private final String name;
        private final String description;
        private final List<Parameter> parameters;

        Strategy(String name, String description, List<Parameter> parameters) {
            this.name = name;
            this.description = description;
            this.parameters = parameters;
        }

        @Override
        public String name() {
            return name;
        }

        @Override
        public String description() {
            return description;
        }

        @Override
        public List<Parameter> parameters() {
            return parameters;
        }

        @Override
        public ExecutionPlan plan(StrategyRequest request) {
            enter();
            boolean made = false;
            try {
                Plan plan = new Plan(name, request);
                plan.make();
                made = true;
                return plan;
            } finally {
                if (!made) {
                    leave();
                }
            }
        }
    }

    /** Stand for a plan. Its owner closes it; the process ends with its last plan. */
    final class Plan implements ExecutionPlan, AutoCloseable {
        private final int id;
        private final String strategy;
        private final StrategyRequest request;
        private @Nullable Limits limits;
        private @Nullable PluginProcess madeIn;
        private @Nullable Progress seen;
        private boolean closed;

        private Plan(String strategy, StrategyRequest request) {
            this.strategy = strategy;
            this.request = request;
            synchronized (PluginSource.this) {
                id = plans++;
            }
        }

        /** Have it made, limits and all. */
        private void make() {
            try {
                inTurn(this::make);
            } catch (PluginFailure e) {
                throw new PluginFailure("cannot plan: it " + e.getMessage(), e);
            }
            try {
                limits = inTurn(this::limits);
            } catch (PluginFailure e) {
                throw new PluginFailure("cannot tell its limits: it " + e.getMessage(), e);
            }
        }

        private PluginProcess make(PluginProcess running) {
            var question = new FrameWriter(Frame.PLAN);
            synchronized (PluginSource.this) {
                question.all(forgotten, question::number);
                forgotten.clear();
            }
            question.number(id).text(strategy).request(request);
            FrameReader answer = running.ask(question, budget);
            switch (answer.kind()) {
                case PLANNED -> {
                    madeIn = running;
                    seen = null;
                }
                case NULL -> throw new PluginFailure("returned null");
                case REFUSED ->
                        throw running.read(
                                answer, () -> new InvalidParameters(answer.all(answer::problem)));
                default -> throw running.unexpected(answer);
            }
            return running;
        }

        /** See that it is in that process: its own may have been lost. */
        private void settle(PluginProcess running) {
            if (madeIn != running) {
                try {
                    make(running);
                } catch (InvalidParameters e) {
                    throw new PluginFailure("refused what it had planned before", e);
                }
            }
        }

        private Limits limits(PluginProcess running) {
            settle(running);
            FrameReader answer = running.ask(new FrameWriter(Frame.LIMITS).number(id), budget);
            return switch (answer.kind()) {
                case LIMITED -> running.read(answer, answer::limits);
                case NULL -> throw new PluginFailure("returned null");
                default -> throw running.unexpected(answer);
            };
        }

        @Override
        public Limits limits() {
            return limits == null ? Limits.none() : limits;
        }

        @Override
        public Decision next(Progress progress) {
            return inTurn(running -> next(running, progress));
        }

        private Decision next(PluginProcess running, Progress progress) {
            settle(running);
            var question = new FrameWriter(Frame.NEXT).number(id);
            HostedProgress.write(question, progress, seen);
            FrameReader answer = running.ask(question, budget);
            seen = progress;
            return switch (answer.kind()) {
                case DECIDED -> running.read(answer, answer::decision);
                case NULL -> throw new PluginFailure("answered null");
                default -> throw running.unexpected(answer);
            };
        }

        @Override
        public void close() {
            synchronized (PluginSource.this) {
                if (!closed) {
                    closed = true;
                    forgotten.add(id);
                    leave();
                }
            }
        }
    }
}
