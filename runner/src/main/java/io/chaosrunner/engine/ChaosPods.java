package io.chaosrunner.engine;

import io.chaosrunner.cluster.Cluster;
import io.chaosrunner.cluster.Cluster.Listing;
import io.chaosrunner.cluster.Resource;
import io.chaosrunner.crd.Engine;
import io.chaosrunner.job.ExecutionLabels;
import io.chaosrunner.job.LaunchedJob;
import io.chaosrunner.job.PodState;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import tools.jackson.databind.node.ObjectNode;

/** The pods of an engine's experiments that have not ended, helpers included. */
public final class ChaosPods {
    private ChaosPods() {}

    /** Return them without the operator's runner, which carries the same label. */
    public static List<ObjectNode> of(Cluster cluster, Engine engine) {
        return seen(cluster, engine).items();
    }

    /** Return them with the version as of which they were all there was. */
    public static Listing seen(Cluster cluster, Engine engine) {
        return seen(all(cluster, engine), engine);
    }

    /** Find them in {@link #all}. */
    public static Listing seen(Listing all, Engine engine) {
        return new Listing(
                all.version(), live(all).filter(pod -> !name(pod).equals(runner(engine))).toList());
    }

    /** Return the pod of the operator's runner, if there is one that has not ended. */
    public static Optional<ObjectNode> runner(Cluster cluster, Engine engine) {
        return runner(all(cluster, engine), engine);
    }

    /** Find it in {@link #all}. */
    public static Optional<ObjectNode> runner(Listing all, Engine engine) {
        return live(all).filter(pod -> name(pod).equals(runner(engine))).findFirst();
    }

    /** Read all pods that bear the engine's label, ended ones included. */
    public static Listing all(Cluster cluster, Engine engine) {
        return cluster.listing(
                Resource.PODS, engine.namespace(), ExecutionLabels.selectorOfEngine(engine.uid()));
    }

    private static Stream<ObjectNode> live(Listing all) {
        return all.items().stream().filter(ChaosPods::isLive);
    }

    private static String runner(Engine engine) {
        return engine.ref().runner();
    }

    public static List<String> names(List<ObjectNode> pods) {
        return pods.stream().map(ChaosPods::name).toList();
    }

    /**
     * Tell whether a pod has not ended. A mesh may keep one alive whose experiment is over: it does
     * not count.
     */
    public static boolean isLive(ObjectNode pod) {
        String phase = pod.path("status").path("phase").asString("");
        boolean isOver =
                LaunchedJob.ofPod(pod)
                        .filter(job -> PodState.of(pod, job.name()) instanceof PodState.Finished)
                        .isPresent();
        return !phase.equals("Succeeded") && !phase.equals("Failed") && !isOver;
    }

    private static String name(ObjectNode pod) {
        return pod.path("metadata").path("name").asString("");
    }
}
