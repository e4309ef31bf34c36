package io.chaosrunner.systemtests;

import io.chaosrunner.claim.StartTable.Caller;
import io.chaosrunner.cluster.Cluster;
import io.chaosrunner.model.EngineRef;
import io.chaosrunner.plugin.StrategyCatalogue;
import io.chaosrunner.run.EngineRun;
import io.chaosrunner.run.RunRequest;
import io.chaosrunner.run.RunResult;
import java.time.Clock;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** A run of a namespace's engine by a person, in the JVM of the tests. */
record RunHere(EngineRun run, CompletableFuture<RunResult> result) {

    static RunHere begin(Cluster cluster, TestNamespace namespace) {
        var run =
                new EngineRun(
                        cluster,
                        new RunRequest(
                                new EngineRef(namespace.name(), Stage.ENGINE),
                                Caller.PERSON,
                                Optional.empty(),
                                Optional.empty(),
                                Map.of(),
                                "test"),
                        StrategyCatalogue.onClassPath(),
                        Clock.systemUTC(),
                        notice -> {});
        // On a thread of its own: a run blocks, and the common pool may have but one thread.
        return new RunHere(
                run,
                CompletableFuture.supplyAsync(run::run, task -> Thread.ofPlatform().start(task)));
    }
}
