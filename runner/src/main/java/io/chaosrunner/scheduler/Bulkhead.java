package io.chaosrunner.scheduler;

import io.chaosrunner.cluster.LongLived;
import io.chaosrunner.model.EngineRef;
import io.chaosrunner.model.TimeWords;
import io.chaosrunner.schedule.EngineSchedule;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * A few threads of their own for what strangers' objects ask to be computed, each object within a
 * budget.
 *
 * <p>One namespace has half of the threads at most. Of several that wait, the one is next that has
 * used least; within it, objects that have kept within their budget go before those that have not.
 * So an object waits for others' no longer than one budget. What overruns its budget is
 * interrupted; if that does not end it, its thread is given up for a new one, and the object is
 * refused for as long as it goes on.
 *
 * <p>Safe for use by several threads.
 */
final class Bulkhead implements AutoCloseable {
    /** Honest objects need a thousandth of it. */
    static final Duration BUDGET = Duration.ofSeconds(1);

    /** So many that go on for ever are too much for one process. */
    private static final int MOST_LOST = 8;

    private static final Duration LOOK = Duration.ofMillis(20);

    /** However little it computes: nothing here has anything to wait for. */
    private static final Duration LONGEST = Duration.ofMinutes(1);

    private final long budget;
    private final int share;
    private final ToLongFunction<Thread> used;
    private final Consumer<String> told;
    private final Map<String, Namespace> namespaces = new HashMap<>();
    private final Set<EngineRef> aside = new HashSet<>();
    private final Set<Task<?>> lost = new HashSet<>();
    private final Set<Worker> workers = new HashSet<>();
    private int made;
    private boolean closed;

    /** An object needed more than it may. */
    static final class Overrun extends RuntimeException {
        private static final long serialVersionUID = 1;

        Overrun(String message) {
            super(message);
        }
    }

    /** What waits and runs of one namespace. */
    private static final class Namespace {
        private final Queue<Task<?>> waiting = new ArrayDeque<>();
        private final Queue<Task<?>> afterOthers = new ArrayDeque<>();
        private int running;
        private long used;

        boolean isIdle() {
            return !isWaiting() && running == 0;
        }

        boolean isWaiting() {
            return !waiting.isEmpty() || !afterOthers.isEmpty();
        }
    }

    /**
     * Where it is computed.
     *
     * @param used what the thread had computed before
     */
    private record Begun(Thread thread, long used) {}

    private record Task<T>(
            EngineRef object,
            Supplier<T> work,
            CompletableFuture<Begun> begun,
            CompletableFuture<T> result,
            CompletableFuture<Void> over) {

        void run() {
            try {
                result.complete(work.get());
            } catch (Throwable e) {
                // An Error, such as a stack that overflowed, is the asker's to deal with.
                result.completeExceptionally(e);
            }
        }
    }

    /**
     * @param threads at least 2
     * @param used how many nanoseconds a thread has computed so far
     * @param told hears of threads that fail
     */
    Bulkhead(int threads, Duration budget, ToLongFunction<Thread> used, Consumer<String> told) {
        this.budget = budget.toNanos();
        this.used = used;
        this.told = told;
        share = Math.max(1, threads / 2);
        for (int i = 0; i < threads; i++) {
            hire();
        }
    }

    /** Return one with as many threads as there are processors, which count what they compute. */
    static Bulkhead ofProcessors(Consumer<String> told) {
        ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        return new Bulkhead(
                Math.max(2, Runtime.getRuntime().availableProcessors()),
                BUDGET,
                thread ->
                        threads.isThreadCpuTimeSupported()
                                ? threads.getThreadCpuTime(thread.threadId())
                                : System.nanoTime(),
                told);
    }

    private synchronized void hire() {
        var worker = new Worker(made++);
        workers.add(worker);
        worker.thread.start();
    }

    /**
     * Compute something, and wait for it.
     *
     * @param work without side effects that outlast its object; ends when it is interrupted
     * @throws Overrun if it needs too much
     */
    <T> T compute(EngineRef object, Supplier<T> work) {
        Task<T> task =
                new Task<>(
                        object,
                        work,
                        new CompletableFuture<>(),
                        new CompletableFuture<>(),
                        new CompletableFuture<>());
        enqueue(task);
        try {
            T result = await(task, task.begun().get());
            synchronized (this) {
                aside.remove(object);
            }
            return result;
        } catch (ExecutionException e) {
            throw failed(e.getCause());
        } catch (InterruptedException e) {
            abandon(task);
            Thread.currentThread().interrupt();
            throw new CancellationException("interrupted");
        }
    }

    private synchronized void abandon(Task<?> task) {
        if (!task.begun().cancel(false) && !task.result().isDone()) {
            task.begun().join().thread().interrupt();
        }
    }

    private static RuntimeException failed(@Nullable Throwable cause) {
        if (cause instanceof Error error) {
            throw error;
        }
        return cause instanceof RuntimeException failure
                ? failure
                : new IllegalStateException(cause);
    }

    private <T> T await(Task<T> task, Begun begun) throws InterruptedException, ExecutionException {
        Thread thread = begun.thread();
        long since = System.nanoTime();
        while (true) {
            try {
                return task.result().get(LOOK.toMillis(), TimeUnit.MILLISECONDS);
            } catch (TimeoutException e) {
                boolean tooMuch = used.applyAsLong(thread) - begun.used() > budget;
                boolean tooLong = System.nanoTime() - since > LONGEST.toNanos();
                if ((tooMuch || tooLong) && overrun(task, thread)) {
                    throw new Overrun(words());
                }
            }
        }
    }

    /** End a task that is not over yet; tells whether it was not. */
    private boolean overrun(Task<?> task, Thread thread) throws InterruptedException {
        synchronized (this) {
            if (task.result().isDone()) {
                return false;
            }
            aside.add(task.object());
            thread.interrupt();
        }
        try {
            task.over().get(budget, TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            giveUp(task, thread);
        } catch (ExecutionException e) {
            // It is over.
        }
        return true;
    }

    private void giveUp(Task<?> task, Thread thread) {
        synchronized (this) {
            if (task.over().isDone() || !workers.removeIf(worker -> worker.thread.equals(thread))) {
                return;
            }
            lost.add(task);
            Namespace of = namespace(task);
            of.running--;
        }
        hire();
    }

    private String words() {
        return ("what its schedule asks for takes more than %s of computing, so it is put aside and tried again after"
                        + " longer and longer pauses: write fewer exclusions and hours, or a later %s")
                .formatted(TimeWords.of(Duration.ofNanos(budget)), EngineSchedule.ANCHOR);
    }

    private synchronized void enqueue(Task<?> task) {
        if (closed) {
            throw new CancellationException("this process leads no more");
        }
        if (lost.stream().anyMatch(other -> other.object().equals(task.object()))) {
            throw new Overrun(words());
        }
        Namespace of = namespace(task);
        if (of.isIdle()) {
            // Whoever asked for nothing saves nothing up.
            of.used = Math.max(of.used, leastUsed());
        }
        (aside.contains(task.object()) ? of.afterOthers : of.waiting).add(task);
        notifyAll();
    }

    private Namespace namespace(Task<?> task) {
        return namespaces.computeIfAbsent(task.object().namespace(), _ -> new Namespace());
    }

    private long leastUsed() {
        return namespaces.values().stream()
                .filter(each -> !each.isIdle())
                .mapToLong(each -> each.used)
                .min()
                .orElse(0);
    }

    /** Return the next task, once there is one; null if the worker is not wanted any more. */
    private synchronized @Nullable Task<?> next(Worker worker) throws InterruptedException {
        while (!closed && workers.contains(worker)) {
            Optional<Namespace> turn =
                    namespaces.values().stream()
                            .filter(each -> each.isWaiting() && each.running < share)
                            .min(Comparator.comparingLong(each -> each.used));
            if (turn.isPresent()) {
                Namespace of = turn.get();
                Task<?> next = of.waiting.poll();
                of.running++;
                return next == null ? of.afterOthers.remove() : next;
            }
            wait();
        }
        return null;
    }

    private synchronized void over(Worker worker, Task<?> task, long needed) {
        task.over().complete(null);
        lost.remove(task);
        // Nothing of the next one is meant by a late interruption.
        boolean _ = Thread.interrupted();
        Namespace of = namespace(task);
        of.used += needed;
        if (workers.contains(worker)) {
            of.running--;
        }
        if (of.isIdle()) {
            namespaces.remove(task.object().namespace());
        }
        notifyAll();
    }

    /** Remember an object no more. */
    synchronized void forget(EngineRef object) {
        aside.remove(object);
    }

    /** Return how many objects have overrun their budget and have not kept within it since. */
    synchronized int putAside() {
        return aside.size();
    }

    /** Return how many computations wait for a thread. */
    synchronized int waiting() {
        return namespaces.values().stream()
                .mapToInt(each -> each.waiting.size() + each.afterOthers.size())
                .sum();
    }

    /** Say what keeps objects from being computed as they should; empty if nothing does. */
    synchronized Optional<String> trouble() {
        if (closed) {
            return Optional.empty();
        }
        if (lost.size() >= MOST_LOST) {
            return Optional.of(
                    "%d computations of schedules do not end: restart this process"
                            .formatted(lost.size()));
        }
        return workers.stream()
                .map(worker -> worker.work.trouble())
                .flatMap(Optional::stream)
                .findFirst();
    }

    /** Take on nothing more. */
    @Override
    public synchronized void close() {
        closed = true;
        for (Worker worker : workers) {
            worker.work.close();
            worker.thread.interrupt();
        }
        for (Namespace each : namespaces.values()) {
            each.waiting.forEach(task -> task.begun().cancel(false));
            each.afterOthers.forEach(task -> task.begun().cancel(false));
        }
        notifyAll();
    }

    private final class Worker {
        private final LongLived work;
        private final Thread thread;

        Worker(int number) {
            work = new LongLived("the computing of schedules", this::work, told);
            thread = Thread.ofPlatform().name("compute-" + number).daemon().unstarted(work);
        }

        private void work() {
            try {
                for (Task<?> task = next(this); task != null; task = next(this)) {
                    long begin = used.applyAsLong(thread);
                    try {
                        if (task.begun().complete(new Begun(thread, begin))) {
                            task.run();
                        }
                    } finally {
                        over(this, task, used.applyAsLong(thread) - begin);
                    }
                }
            } catch (InterruptedException e) {
                // It is closed; else it is begun again.
                if (!isClosed()) {
                    throw new IllegalStateException(e);
                }
            }
        }

        private boolean isClosed() {
            synchronized (Bulkhead.this) {
                return closed;
            }
        }
    }
}
