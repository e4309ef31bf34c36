package io.chaosrunner.strategy.builtin;

import io.chaosrunner.strategy.Decision;
import io.chaosrunner.strategy.ExecutionPlan;
import io.chaosrunner.strategy.ExecutionStrategy;
import io.chaosrunner.strategy.Limits;
import io.chaosrunner.strategy.Parameter;
import io.chaosrunner.strategy.Parameters;
import io.chaosrunner.strategy.Progress;
import io.chaosrunner.strategy.StrategyRequest;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** One experiment after another in engine order, whatever their verdicts: Litmus' own order. */
public final class Sequential implements ExecutionStrategy {

    @Override
    public String name() {
        return "sequential";
    }

    @Override
    public String description() {
        return "one after another, in engine order";
    }

    @Override
    public List<Parameter> parameters() {
        return List.of(
                new Parameter("gap", "duration", "", "least time from an end to the next start"));
    }

    @Override
    public ExecutionPlan plan(StrategyRequest request) {
        Parameters.Reader reader = request.parameters().read();
        Optional<Duration> gap = reader.duration("gap");
        reader.finish();
        Limits one = Limits.none().maxParallel(1);
        return new Plan(gap.map(one::endToStart).orElse(one));
    }

    private record Plan(Limits limits) implements ExecutionPlan {
        @Override
        public Decision next(Progress progress) {
            var first = progress.waiting().findFirst();
            if (first.isEmpty()) {
                return Decision.NOTHING;
            }
            int slot = first.getAsInt();
            String why = slot == 0 ? "first in the list" : "next in the list";
            return Decision.choose().launch(slot, why).build();
        }
    }
}
