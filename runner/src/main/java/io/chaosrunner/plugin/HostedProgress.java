package io.chaosrunner.plugin;

import io.chaosrunner.strategy.Execution;
import io.chaosrunner.strategy.Progress;
import io.chaosrunner.strategy.SlotState;
import io.chaosrunner.strategy.SlotState.Active;
import io.chaosrunner.strategy.SlotState.Ended;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * What a plan in a process of its own sees of how far the run is. Immutable.
 *
 * <p>The runner sends a whole progress once, and then what changed: see {@link #write}. One journal
 * of changes is shared by all progresses since; each knows how much of it is its own past.
 */
final class HostedProgress implements Progress {
    private record Change(int slot, SlotState state) {}

    private final Instant now;
    private final Instant runStart;
    private final int active;
    private final int room;
    private final SlotState[] slots;
    private final List<Execution> before;
    private final List<Change> journal;
    private final int length;

    private HostedProgress(
            FrameReader in,
            SlotState[] slots,
            List<Execution> before,
            List<Change> journal,
            List<Change> changes) {
        now = in.instant();
        runStart = in.instant();
        active = in.number();
        room = in.number();
        this.slots = slots;
        this.before = before;
        this.journal = journal;
        changes.forEach(change -> slots[change.slot()] = change.state());
        journal.addAll(changes);
        length = journal.size();
    }

    /**
     * Write what {@link #read} needs to know.
     *
     * @param seen the progress it was told last; null if it knows nothing
     */
    static void write(FrameWriter out, Progress progress, @Nullable Progress seen) {
        Optional<IntStream> changes = seen == null ? Optional.empty() : progress.changesSince(seen);
        out.flag(changes.isPresent());
        if (changes.isPresent()) {
            List<Integer> slots = changes.get().distinct().boxed().toList();
            out.all(
                    slots,
                    slot -> {
                        out.number((int) slot);
                        out.state(progress.state(slot));
                    });
        } else {
            List<Integer> slots = IntStream.range(0, progress.slots()).boxed().toList();
            out.all(slots, slot -> out.state(progress.state(slot)));
            out.all(progress.executions(), out::execution);
        }
        out.instant(progress.now());
        out.instant(progress.runStart());
        out.number(progress.active()).number(progress.room());
    }

    /**
     * Read a progress.
     *
     * @param seen the one read last
     */
    static HostedProgress read(FrameReader in, @Nullable HostedProgress seen) {
        if (!in.flag()) {
            SlotState[] slots = in.all(in::state).toArray(new SlotState[0]);
            List<Execution> executions = List.copyOf(in.all(in::execution));
            return new HostedProgress(in, slots, executions, new ArrayList<>(), List.of());
        }
        if (seen == null) {
            throw new IllegalArgumentException("changes of nothing");
        }
        List<Change> changes = in.all(() -> new Change(in.number(), in.state()));
        return new HostedProgress(in, seen.slots.clone(), seen.before, seen.journal, changes);
    }

    @Override
    public Instant now() {
        return now;
    }

    @Override
    public Instant runStart() {
        return runStart;
    }

    @Override
    public int slots() {
        return slots.length;
    }

    @Override
    public SlotState state(int slot) {
        return slots[slot];
    }

    @Override
    public int active() {
        return active;
    }

    @Override
    public int room() {
        return room;
    }

    @Override
    public IntStream waiting() {
        return IntStream.range(0, slots.length)
                .filter(slot -> slots[slot] instanceof SlotState.Waiting);
    }

    @Override
    public List<Execution> executions() {
        record Key(int slot, int iteration) {}
        var all = new LinkedHashMap<Key, Execution>();
        before.forEach(each -> all.put(new Key(each.slot(), each.iteration()), each));
        for (Change change : journal.subList(0, length)) {
            int slot = change.slot();
            switch (change.state()) {
                case Active now ->
                        all.put(
                                new Key(slot, now.iteration()),
                                new Execution(
                                        slot, now.iteration(), now.since(), Optional.empty()));
                case Ended over ->
                        all.put(
                                new Key(slot, over.iteration()),
                                new Execution(
                                        slot,
                                        over.iteration(),
                                        over.since(),
                                        Optional.of(new Execution.End(over.at(), over.outcome()))));
                case SlotState.Waiting _, SlotState.Skipped _ -> {}
            }
        }
        return new ArrayList<>(all.values());
    }

    @Override
    public Optional<IntStream> changesSince(Progress earlier) {
        return earlier instanceof HostedProgress past
                        && past.journal == journal
                        && past.length <= length
                ? Optional.of(
                        Arrays.stream(
                                journal.subList(past.length, length).stream()
                                        .mapToInt(Change::slot)
                                        .toArray()))
                : Optional.empty();
    }
}
