package io.chaosrunner.machine;

import io.chaosrunner.machine.RunState.Draft;
import io.chaosrunner.model.ForeignText;
import io.chaosrunner.model.RunLimits;
import io.chaosrunner.strategy.Decision;
import io.chaosrunner.strategy.Decision.Choice;
import io.chaosrunner.strategy.Slot;
import io.chaosrunner.strategy.SlotState;
import io.chaosrunner.strategy.SlotState.Ended;
import io.chaosrunner.strategy.SlotState.Waiting;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The rules of the SPI that a plan's decisions are checked against; what breaks one is {@link
 * BrokenPlan}.
 */
record DecisionRules(List<Slot> slots, RunLimits limits) {

    /** Check what a decision names; return it with reasons that may be shown to anybody. */
    Decision check(@Nullable Decision decision, Draft draft) {
        if (decision == null) {
            throw new BrokenPlan("answered null");
        }
        Set<Integer> named = new HashSet<>();
        for (Choice choice :
                Stream.concat(decision.launches().stream(), decision.skips().stream()).toList()) {
            if (choice.slot() < 0 || choice.slot() >= slots.size()) {
                throw new BrokenPlan("named slot %d of %d".formatted(choice.slot(), slots.size()));
            }
            if (!named.add(choice.slot())) {
                throw new BrokenPlan("named " + name(choice.slot()) + " twice in one decision");
            }
        }
        for (Choice skip : decision.skips()) {
            if (!(draft.slots.get(skip.slot()) instanceof Waiting)) {
                throw new BrokenPlan(
                        "skipped %s, which is %s"
                                .formatted(name(skip.slot()), draft.slots.get(skip.slot())));
            }
        }
        for (Choice launch : decision.launches()) {
            SlotState state = draft.slots.get(launch.slot());
            boolean may = state instanceof Waiting || (state instanceof Ended && limits.repeats());
            if (!may) {
                throw new BrokenPlan(
                        "launched %s, which is %s".formatted(name(launch.slot()), state));
            }
        }
        return shown(decision);
    }

    private static Decision shown(Decision decision) {
        var shown = Decision.choose();
        decision.launches()
                .forEach(each -> shown.launch(each.slot(), ForeignText.line(each.why())));
        decision.skips().forEach(each -> shown.skip(each.slot(), ForeignText.line(each.why())));
        decision.wake().ifPresent(each -> shown.wakeAt(each.at(), ForeignText.line(each.why())));
        decision.end()
                .ifPresent(end -> {
                    String why = ForeignText.line(end.why());
                    var _ = end.failed() ? shown.fail(why) : shown.done(why);
                });
        return shown.build();
    }

    /** Check a decision that changes nothing: something else must. */
    void checkWait(Optional<Decision.Wake> wake, Draft draft) {
        if (wake.isPresent() && !wake.get().at().isAfter(draft.now)) {
            throw new BrokenPlan(
                    "asked to be woken at %s, which is not after %s"
                            .formatted(wake.get().at(), draft.now));
        }
        var room = new LaunchBudget(limits);
        boolean mayWait =
                draft.active > 0
                        || wake.isPresent()
                        || !room.paceIsOpen(draft)
                        || room.isFull(draft)
                        || !draft.hasWaiting();
        if (!mayWait) {
            throw new BrokenPlan(
                    "is stuck: nothing runs, nothing is launched, no wake is set, and experiments wait");
        }
    }

    private String name(int slot) {
        return slots.get(slot).experiment();
    }
}
