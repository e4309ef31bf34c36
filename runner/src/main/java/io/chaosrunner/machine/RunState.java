package io.chaosrunner.machine;

import io.chaosrunner.model.Attempt;
import io.chaosrunner.model.RunEnd;
import io.chaosrunner.strategy.Execution;
import io.chaosrunner.strategy.SlotState;
import io.chaosrunner.strategy.SlotState.Active;
import java.time.Instant;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Where a run stands. Immutable; every change returns a new state. */
public final class RunState {
    /** A due time for the next attempt of a slot that stays active meanwhile. */
    record Retry(int slot, Instant due) {}

    final Instant now;
    final PersistentList<SlotState> slots;
    final PersistentList<Attempt> attempts;

    /** For each slot the position of its latest attempt in {@link #attempts}, or -1. */
    final PersistentList<Integer> latest;

    final long[] waiting;
    final List<Retry> retries;

    final int active;
    final @Nullable Instant lastStart;
    final @Nullable Instant lastEnd;

    /** Attempts before this position ended or were told to stop for their time-out. */
    final int timedOut;

    final @Nullable public RunEnd end;
    final @Nullable Instant wake;
    final String wakeWhy;
    final int fruitlessWakes;

    /** Whether what runs was told to stop because the run ends. */
    final boolean stopTold;

    final boolean finished;
    final SlotChanges changes;

    private RunState(Draft draft) {
        now = draft.now;
        slots = draft.slots;
        attempts = draft.attempts;
        latest = draft.latest;
        waiting = draft.waiting;
        retries = List.copyOf(draft.retries);
        active = draft.active;
        lastStart = draft.lastStart;
        lastEnd = draft.lastEnd;
        timedOut = draft.timedOut;
        end = draft.end;
        wake = draft.wake;
        wakeWhy = draft.wakeWhy;
        fruitlessWakes = draft.fruitlessWakes;
        stopTold = draft.stopTold;
        finished = draft.finished;
        changes = draft.changes;
    }

    static RunState untouched(int slots, Instant now) {
        Draft draft = new Draft(slots, now);
        return draft.freeze();
    }

    Draft edit() {
        return new Draft(this);
    }

    boolean hasWaiting() {
        return hasBits(waiting);
    }

    private static boolean hasBits(long[] words) {
        for (long word : words) {
            if (word != 0) {
                return true;
            }
        }
        return false;
    }

    IntStream waitingSlots() {
        return BitSet.valueOf(waiting).stream();
    }

    /** Return the attempt a slot is in; empty unless it runs right now. */
    Optional<Attempt> running(int slot) {
        int position = latest.get(slot);
        return position < 0
                ? Optional.empty()
                : Optional.of(attempts.get(position)).filter(Attempt::isRunning);
    }

    List<Attempt> running() {
        var result = new ArrayList<Attempt>();
        for (Attempt attempt : attempts) {
            if (attempt.isRunning()) {
                result.add(attempt);
            }
        }
        return result;
    }

    List<Execution> executions() {
        record Key(int slot, int iteration) {}
        var firsts = new LinkedHashMap<Key, Attempt>();
        var lasts = new LinkedHashMap<Key, Attempt>();
        for (Attempt attempt : attempts) {
            Key key = new Key(attempt.slot(), attempt.iteration());
            firsts.putIfAbsent(key, attempt);
            lasts.put(key, attempt);
        }
        var result = new ArrayList<Execution>();
        firsts.forEach((key, first) -> {
            boolean isActive =
                    slots.get(key.slot()) instanceof Active now
                            && now.iteration() == key.iteration();
            Optional<Execution.End> how =
                    isActive
                            ? Optional.empty()
                            : lasts.getOrDefault(key, first)
                                    .end()
                                    .map(e -> new Execution.End(e.at(), e.outcome()));
            result.add(new Execution(key.slot(), key.iteration(), first.start(), how));
        });
        return result;
    }

    /** Collects changes on the way from one state to the next; never escapes the machine. */
    static final class Draft {
        Instant now;
        PersistentList<SlotState> slots;
        PersistentList<Attempt> attempts;
        PersistentList<Integer> latest;
        long[] waiting;
        List<Retry> retries;
        int active;
        @Nullable Instant lastStart;
        @Nullable Instant lastEnd;
        int timedOut;
        @Nullable RunEnd end;
        @Nullable Instant wake;
        String wakeWhy = "";
        int fruitlessWakes;
        boolean stopTold;
        boolean finished;
        SlotChanges changes;

        private Draft(int count, Instant now) {
            this.now = now;
            slots = PersistentList.of(Collections.nCopies(count, waitingState()));
            attempts = PersistentList.empty();
            latest = PersistentList.of(Collections.nCopies(count, -1));
            BitSet all = new BitSet(count);
            all.set(0, count);
            waiting = all.toLongArray();
            retries = new ArrayList<>();
            changes = SlotChanges.none();
        }

        private Draft(RunState from) {
            now = from.now;
            slots = from.slots;
            attempts = from.attempts;
            latest = from.latest;
            waiting = from.waiting;
            retries = new ArrayList<>(from.retries);
            active = from.active;
            lastStart = from.lastStart;
            lastEnd = from.lastEnd;
            timedOut = from.timedOut;
            end = from.end;
            wake = from.wake;
            wakeWhy = from.wakeWhy;
            fruitlessWakes = from.fruitlessWakes;
            stopTold = from.stopTold;
            finished = from.finished;
            changes = from.changes;
        }

        private static SlotState waitingState() {
            return SlotState.Waiting.WAITING;
        }

        RunState freeze() {
            return new RunState(this);
        }

        boolean hasWaiting() {
            return hasBits(waiting);
        }

        void slot(int index, SlotState state) {
            if (slots.get(index) instanceof SlotState.Waiting) {
                waiting = waiting.clone();
                waiting[index / Long.SIZE] &= ~(1L << (index % Long.SIZE));
            }
            slots = slots.with(index, state);
            changes = changes.plus(index);
        }

        /**
         * Add an attempt and make its slot active; {@code since} is the execution's first start.
         */
        void launched(Attempt attempt) {
            Instant since =
                    slots.get(attempt.slot()) instanceof Active before && attempt.attempt() > 1
                            ? before.since()
                            : attempt.start();
            if (!(slots.get(attempt.slot()) instanceof Active)) {
                active++;
            }
            latest = latest.with(attempt.slot(), attempts.size());
            attempts = attempts.plus(attempt);
            slot(attempt.slot(), new Active(attempt.iteration(), since));
            if (lastStart == null || attempt.start().isAfter(lastStart)) {
                lastStart = attempt.start();
            }
        }

        void attemptEnded(int slot, Attempt.End how) {
            int position = latest.get(slot);
            attempts = attempts.with(position, attempts.get(position).ended(how));
            if (lastEnd == null || how.at().isAfter(lastEnd)) {
                lastEnd = how.at();
            }
        }

        /** End a slot's execution as its latest attempt ended. */
        void executionEnded(int slot) {
            Attempt.End how = attempts.get(latest.get(slot)).end().orElseThrow();
            if (slots.get(slot) instanceof Active was) {
                active--;
                slot(
                        slot,
                        new SlotState.Ended(was.iteration(), was.since(), how.at(), how.outcome()));
            }
        }
    }
}
