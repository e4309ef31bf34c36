package io.chaosrunner.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.claim.Claim;
import io.chaosrunner.claim.StartTable.Caller;
import io.chaosrunner.cluster.Resource;
import io.chaosrunner.engine.ChaosPods;
import io.chaosrunner.testing.EngineWorld;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** An engine is deleted, and made anew under its name, while a run removes or stores something. */
@Execution(ExecutionMode.CONCURRENT)
class MadeAnewTest {

    @ParameterizedTest(name = "{0}, at the first {2} of {3}, under {1}")
    @CsvSource({
        "oom helper, retain, delete, pods",
        "oom helper, delete, delete, pods",
        "force-deleted helper, retain, delete, pods",
        "abandon, retain, delete, pods",
        "hang helper, retain, delete, jobs",
        "hang helper, retain, delete, pods",
        "helper, delete, delete, jobs",
        "helper, retain, create, configmaps",
        "helper after=20s, retain, list, pods"
    })
    void whatTheOldOneLaunchedGoesAndTheNewOneIsLeftAlone(
            String scenario, String policy, String verb, String resource) {
        var world =
                EngineWorld.start()
                        .engineWith("{'spec': {'jobCleanUpPolicy': '%s'}}".formatted(policy), "a")
                        .script("a", scenario);
        String old = world.engine().uid();
        var ready = new AtomicBoolean();
        var once = new AtomicBoolean();
        try (RunBench bench = new RunBench(world, Caller.PERSON)) {
            world.onRequest(request -> {
                ready.compareAndSet(
                        false,
                        request.verb().equals("create") && request.resource().equals("jobs"));
                if (ready.get()
                        && request.verb().equals(verb)
                        && request.resource().equals(resource)
                        && once.compareAndSet(false, true)) {
                    world.delete(Resource.ENGINES, "e");
                    world.listing("a");
                }
            });
            var result = bench.begin();
            if (scenario.startsWith("hang") || verb.equals("list")) {
                bench.untilRunning("a");
                bench.stop("Ctrl-C");
            }

            assertThat(RunBench.finished(result)).isNotInstanceOf(RunResult.Completed.class);
            assertThat(once).isTrue();
            assertThat(world.engine().uid()).isNotEqualTo(old);
            assertThat(world.engine().annotation(Claim.ANNOTATION)).isEmpty();
            assertThat(world.engine().statusEntries()).isEmpty();
            RunBench.until(() -> world.list(Resource.PODS).stream().noneMatch(ChaosPods::isLive));
        }
    }

    /** The operator goes by the names of its pods, so that of the old engine is the new one's. */
    @Test
    void theOperatorsRunnerRunsTheEngineThatTookThePlaceOfItsOwn() {
        var world = EngineWorld.start().listing("a");
        String old = world.engine().uid();
        var once = new AtomicBoolean();
        try (RunBench bench = new RunBench(world, Caller.OPERATOR)) {
            world.onRequest(request -> {
                if (request.verb().equals("patch")
                        && request.resource().equals("chaosengines")
                        && once.compareAndSet(false, true)) {
                    world.delete(Resource.ENGINES, "e");
                    world.listing("a");
                }
            });

            assertThat(bench.run()).isInstanceOf(RunResult.Completed.class);
            assertThat(world.engine().uid()).isNotEqualTo(old);
            assertThat(world.entries()).containsExactly("a: Completed/Pass");
        }
    }
}
