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

/** All experiments at once, in engine order where the run's {@code maxParallel} holds some back. */
public final class Parallel implements ExecutionStrategy {

    @Override
    public String name() {
        return "parallel";
    }

    @Override
    public String description() {
        return "all at once, up to the run's maxParallel";
    }

    @Override
    public List<Parameter> parameters() {
        return List.of(
                new Parameter("stagger", "duration", "", "least time from one start to the next"));
    }

    @Override
    public ExecutionPlan plan(StrategyRequest request) {
        Parameters.Reader reader = request.parameters().read();
        Optional<Duration> stagger = reader.duration("stagger");
        reader.finish();
        return new Plan(
                stagger.map(Limits.none()::startToStart).orElse(Limits.none()),
                stagger.map(d -> "staggered by " + Words.of(d)).orElse("nothing to wait for"));
    }

    private record Plan(Limits limits, String why) implements ExecutionPlan {
        @Override
        public Decision next(Progress progress) {
            var decision = Decision.choose();
            progress.waiting()
                    .limit(progress.room())
                    .forEach(
                            slot -> decision.launch(slot, slot == 0 ? "nothing to wait for" : why));
            return decision.build();
        }
    }
}
