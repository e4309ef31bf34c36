package io.chaosrunner.webhook;

import io.chaosrunner.claim.Claim;
import io.chaosrunner.claim.FireLedger.Skipped;
import io.chaosrunner.model.EngineRef;
import io.chaosrunner.model.Fire;
import io.chaosrunner.model.RunEnd;
import io.chaosrunner.scheduler.ServiceListener;
import io.chaosrunner.status.RunListener;
import io.chaosrunner.status.StatusEntry;
import java.time.Instant;
import java.util.List;
import tools.jackson.databind.json.JsonMapper;

/** What others are told of the scheduling service, and by it of the runs that others carry out. */
public final class ToldService implements ServiceListener {
    private final Webhook webhook;

    public ToldService(Webhook webhook) {
        this.webhook = webhook;
    }

    @Override
    public RunListener run(EngineRef engine) {
        return notice -> {};
    }

    @Override
    public void note(EngineRef engine, String event, String message) {}

    @Override
    public void note(String event, String message) {}

    @Override
    public void fired(EngineRef engine, Fire fire, Instant planned, Instant at) {
        webhook.tell(
                Happening.of(
                        "%s/%s/%s/%s/started"
                                .formatted(
                                        engine,
                                        fire.cause().kind().word(),
                                        fire.cause().id(),
                                        fire.at()),
                        "fire.started",
                        engine,
                        at,
                        "%s: a run is launched for the %s".formatted(engine, fire),
                        JsonMapper.shared()
                                .createObjectNode()
                                .put("cause", fire.cause().kind().word())
                                .put("fire", fire.at().toString())
                                .put("planned", planned.toString())
                                .put("by", fire.cause().by())
                                .put("note", fire.cause().note())));
    }

    @Override
    public void skipped(EngineRef engine, Skipped fires) {
        webhook.tell(
                Happening.of(
                        "%s/%s/%s/skipped".formatted(engine, fires.from(), fires.to()),
                        "fire.skipped",
                        engine,
                        webhook.clock().instant(),
                        "%s: %s: %s"
                                .formatted(
                                        engine,
                                        fires.count() == 1
                                                ? "the fire of %s is skipped".formatted(fires.to())
                                                : "%d fires are skipped".formatted(fires.count()),
                                        fires.reason()),
                        JsonMapper.shared()
                                .createObjectNode()
                                .put("from", fires.from().toString())
                                .put("to", fires.to().toString())
                                .put("count", fires.count())
                                .put("cause", fires.cause().word())
                                .put("reason", fires.reason())));
    }

    @Override
    public void ended(EngineRef engine, Claim claim, List<StatusEntry> entries) {
        boolean stopped = RunEnd.Cause.of(claim.ending()).filter(RunEnd.Cause::isAbort).isPresent();
        Happening ended =
                ToldRun.ended(
                        webhook,
                        engine,
                        claim.run(),
                        stopped,
                        claim.ending(),
                        claim.reason(),
                        entries);
        claim.fires()
                .started()
                .ifPresent(fire ->
                        ended.data()
                                .put("cause", fire.cause().kind().word())
                                .put("fire", fire.at().toString()));
        webhook.tell(ended);
    }
}
