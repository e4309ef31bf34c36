package io.chaosrunner.run;

import io.chaosrunner.crd.Engine;
import io.chaosrunner.engine.ExporterDeployment;
import io.chaosrunner.engine.OldRunCleaner;
import io.chaosrunner.resolve.RunnerEnvironment;

/** What a run does beside its experiments, and never waits for. */
record Housekeeping(RunContext context, OwnedRun taken) {
    /** As many objects of old runs are removed by each run, and twice what a run makes. */
    private static final int OLD_OBJECTS = 100;

    /** See to what exports metrics, if it is wanted. */
    void monitor(Engine engine) {
        var monitor =
                new ExporterDeployment(
                        context.cluster,
                        engine,
                        context.request
                                .environment()
                                .map(RunnerEnvironment::monitorImage)
                                .filter(image -> !image.isEmpty()),
                        context.request.allowed(),
                        context::tell);
        if (monitor.isWanted()) {
            context.mailbox.work(() -> {
                monitor.ensure();
                return new RunMessage.WorkDone();
            });
        }
    }

    /** Remove what earlier runs left beyond what is to be kept. */
    void removeOldRuns(Engine engine) {
        context.mailbox.work(() -> {
            new OldRunCleaner(context.cluster, engine, context::tell)
                    .removeBefore(
                            taken.claim().run().number(),
                            taken.settings().history(),
                            OLD_OBJECTS + 2 * taken.planned().slots().size());
            return new RunMessage.WorkDone();
        });
    }
}
