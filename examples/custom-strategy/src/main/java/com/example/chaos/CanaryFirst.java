package com.example.chaos;

import io.chaosrunner.strategy.Decision;
import io.chaosrunner.strategy.ExecutionPlan;
import io.chaosrunner.strategy.ExecutionStrategy;
import io.chaosrunner.strategy.Outcome;
import io.chaosrunner.strategy.Parameter;
import io.chaosrunner.strategy.Parameters;
import io.chaosrunner.strategy.Progress;
import io.chaosrunner.strategy.Slot;
import io.chaosrunner.strategy.SlotState;
import io.chaosrunner.strategy.StrategyRequest;
import java.util.List;
import java.util.Locale;

/** Run one experiment alone, and the rest in parallel only if it passed. */
public final class CanaryFirst implements ExecutionStrategy {

    @Override
    public String name() {
        return "canary-first";
    }

    @Override
    public String description() {
        return "one experiment alone, the rest in parallel only if it passed";
    }

    @Override
    public List<Parameter> parameters() {
        return List.of(
                new Parameter(
                        "canary",
                        "name",
                        "the first experiment",
                        "which experiment goes first, alone"));
    }

    @Override
    public ExecutionPlan plan(StrategyRequest request) {
        List<String> names = request.slots().stream().map(Slot::experiment).toList();
        Parameters.Reader reader = request.parameters().read();
        String canary =
                reader.text("canary").orElseGet(() -> names.isEmpty() ? "" : names.getFirst());
        int slot = names.indexOf(canary);
        if (slot < 0 && !names.isEmpty()) {
            reader.problem(
                    "canary", "the engine lists no experiment '" + canary + "'; it lists " + names);
        }
        reader.finish();
        return progress -> next(progress, slot, canary);
    }

    private static Decision next(Progress progress, int slot, String canary) {
        if (slot < 0) {
            return Decision.NOTHING;
        }
        return switch (progress.state(slot)) {
            case SlotState.Waiting waiting ->
                    Decision.choose().launch(slot, "the canary goes first").build();
            case SlotState.Active active -> Decision.NOTHING;
            case SlotState.Ended ended when ended.outcome() == Outcome.PASSED -> {
                Decision.Builder rest = Decision.choose();
                progress.waiting().forEach(each -> rest.launch(each, canary + " passed"));
                yield rest.build();
            }
            case SlotState.Ended ended -> {
                String how = ended.outcome().name().toLowerCase(Locale.ROOT);
                Decision.Builder rest = Decision.choose();
                progress.waiting().forEach(each -> rest.skip(each, canary + " ended as " + how));
                yield rest.build();
            }
            case SlotState.Skipped skipped -> Decision.NOTHING;
        };
    }
}
