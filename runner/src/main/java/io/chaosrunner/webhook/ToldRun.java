package io.chaosrunner.webhook;

import io.chaosrunner.model.EngineRef;
import io.chaosrunner.model.RunEnd;
import io.chaosrunner.model.RunId;
import io.chaosrunner.status.RunListener;
import io.chaosrunner.status.RunNotice;
import io.chaosrunner.status.StatusEntry;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** What others are told of the runs that this process carries out for one engine. */
public final class ToldRun implements RunListener {
    private final Webhook webhook;
    private final EngineRef engine;
    private @Nullable RunId run;

    public ToldRun(Webhook webhook, EngineRef engine) {
        this.webhook = webhook;
        this.engine = engine;
    }

    @Override
    public void heard(RunNotice notice) {
        if (notice instanceof RunNotice.Started started) {
            run = started.run();
            if (!started.resumed()) {
                begun(started);
            }
        } else if (notice instanceof RunNotice.Finished finished && run != null) {
            webhook.tell(
                    ended(
                            webhook,
                            engine,
                            run,
                            finished.end().cause().isAbort(),
                            finished.end(),
                            finished.entries()));
        }
    }

    private void begun(RunNotice.Started started) {
        ObjectNode data = data(started.run());
        data.put("strategy", started.strategy()).put("seed", started.seed());
        ArrayNode experiments = data.putArray("experiments");
        started.experiments().stream().limit(100).forEach(experiments::add);
        webhook.tell(
                Happening.of(
                        started.run().id() + "/begun",
                        "run.begun",
                        engine,
                        webhook.clock().instant(),
                        "%s: run %d begins, %d experiments"
                                .formatted(
                                        engine,
                                        started.run().number(),
                                        started.experiments().size()),
                        data));
    }

    static ObjectNode data(RunId run) {
        return JsonMapper.shared()
                .createObjectNode()
                .put("run", run.number())
                .put("runId", run.id());
    }

    static Happening ended(
            Webhook webhook,
            EngineRef engine,
            RunId run,
            boolean stopped,
            RunEnd end,
            List<StatusEntry> entries) {
        return ended(webhook, engine, run, stopped, end.cause().word(), end.why(), entries);
    }

    static Happening ended(
            Webhook webhook,
            EngineRef engine,
            RunId run,
            boolean stopped,
            String endedBy,
            String why,
            List<StatusEntry> entries) {
        ObjectNode data = data(run).put("endedBy", endedBy).put("reason", why);
        String verdicts = Happening.verdicts(entries, data);
        return Happening.of(
                run.id() + (stopped ? "/stopped" : "/ended"),
                stopped ? "run.stopped" : "run.ended",
                engine,
                webhook.clock().instant(),
                "%s: run %d %s: %s%s"
                        .formatted(
                                engine,
                                run.number(),
                                stopped ? "was stopped" : "ended",
                                verdicts,
                                stopped ? " (" + why + ")" : ""),
                data);
    }
}
