package io.chaosrunner.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.claim.Claim;
import io.chaosrunner.claim.LoggedAttempt;
import io.chaosrunner.cluster.Cluster;
import io.chaosrunner.cluster.ClusterException;
import io.chaosrunner.job.ExecutionLabels;
import io.chaosrunner.job.Launch;
import io.chaosrunner.testing.EngineWorld;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import tools.jackson.databind.node.ObjectNode;

/** Remember all Jobs there ever were, by uid. */
public final class EveryJob implements Cluster.Listener {
    private final Map<String, ObjectNode> jobs = new ConcurrentHashMap<>();

    @Override
    public void present(ObjectNode job) {
        jobs.put(job.path("metadata").path("uid").asString(), job);
    }

    @Override
    public void gone(ObjectNode job) {
        jobs.put(job.path("metadata").path("uid").asString(), job);
    }

    @Override
    public void unavailable(ClusterException why) {
        throw why;
    }

    /** Wait for the news of all Jobs that the claim knows of: they come on another connection. */
    public void awaitAll(EngineWorld world) {
        int known = world.claim().log().size();
        RunBench.until(() -> jobs.size() >= known);
    }

    /** Each Job as {@code slot.iteration.attempt}. */
    public List<String> executions() {
        return jobs.values().stream().map(EveryJob::execution).sorted().toList();
    }

    /** Each Job as {@code slot.iteration.attempt: why}. */
    List<String> decisions() {
        return jobs.values().stream()
                .map(job -> execution(job) + ": " + Launch.read(job).orElseThrow().why())
                .sorted()
                .toList();
    }

    /** The ends that launches followed from and that were not stored then, as Jobs carry them. */
    List<LoggedAttempt> endsKnown(Claim claim) {
        return jobs.values().stream()
                .map(job -> Launch.read(job).orElseThrow().ends())
                .filter(ends -> !ends.isEmpty())
                .flatMap(ends -> Stream.of(ends.split(" ")))
                .map(end -> LoggedAttempt.read(end, claim.runStart()))
                .toList();
    }

    /** What a decision knew is so for ever, to the millisecond, if it had an effect. */
    public void assertEndsStayTrue(Claim claim) {
        for (LoggedAttempt known : endsKnown(claim)) {
            assertThat(claim.log())
                    .filteredOn(known::isSameAttempt)
                    .as("%s", known)
                    .singleElement()
                    .returns(known.end(), LoggedAttempt::end)
                    .returns(known.outcome(), LoggedAttempt::outcome)
                    .returns(known.start(), LoggedAttempt::start);
        }
    }

    private static String execution(ObjectNode job) {
        return RunBench.key(ExecutionLabels.read(job).orElseThrow());
    }
}
