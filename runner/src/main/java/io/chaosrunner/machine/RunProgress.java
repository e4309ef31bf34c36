package io.chaosrunner.machine;

import io.chaosrunner.strategy.Execution;
import io.chaosrunner.strategy.Progress;
import io.chaosrunner.strategy.SlotState;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/** What a plan sees of a state. */
final class RunProgress implements Progress {
    private final RunState state;
    private final Instant runStart;
    private final LaunchBudget room;

    RunProgress(RunState state, Instant runStart, LaunchBudget room) {
        this.state = state;
        this.runStart = runStart;
        this.room = room;
    }

    @Override
    public Instant now() {
        return state.now;
    }

    @Override
    public Instant runStart() {
        return runStart;
    }

    @Override
    public int slots() {
        return state.slots.size();
    }

    @Override
    public SlotState state(int slot) {
        return state.slots.get(slot);
    }

    @Override
    public int active() {
        return state.active;
    }

    @Override
    public int room() {
        return room.of(state.edit());
    }

    @Override
    public IntStream waiting() {
        return state.waitingSlots();
    }

    @Override
    public List<Execution> executions() {
        return state.executions();
    }

    @Override
    public Optional<IntStream> changesSince(Progress earlier) {
        return earlier instanceof RunProgress before
                        && state.changes.descendsFrom(before.state.changes)
                ? Optional.of(state.changes.since(before.state.changes))
                : Optional.empty();
    }
}
