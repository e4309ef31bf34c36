package io.chaosrunner.export;

import io.chaosrunner.crd.Result;
import io.chaosrunner.export.ReportedRun.Execution;
import java.util.List;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Runs as one JSON object: each run's record as {@code history} has it, and beside it what else is
 * known. The form is described in {@code docs/reports.md}; fields are only ever added.
 */
public final class JsonReport {

    private JsonReport() {}

    /** Return the object. */
    public static ObjectNode of(List<ReportedRun> runs) {
        ObjectNode json = JsonMapper.shared().createObjectNode();
        ArrayNode list = json.putArray("runs");
        runs.forEach(run -> list.add(of(run)));
        return json;
    }

    private static ObjectNode of(ReportedRun run) {
        ObjectNode json = JsonMapper.shared().createObjectNode();
        json.put("namespace", run.engine().namespace()).put("engine", run.engine().name());
        json.put("engineUid", run.engineUid());
        json.put("good", run.isGood());
        json.put("standing", run.standing().word());
        json.put("count", run.count());
        run.problems().forEach(json.putArray("problems")::add);
        run.unread().forEach(json.putArray("unread")::add);
        Commands.replay(run)
                .ifPresent(replay -> {
                    switch (replay) {
                        case Commands.Replay.Command(String line) -> json.put("replay", line);
                        case Commands.Replay.None(String why) -> json.put("noReplay", why);
                    }
                });
        run.record().ifPresent(record -> json.set("record", record.json()));
        ArrayNode executions = json.putArray("executions");
        for (Execution each : run.executions()) {
            write(each, executions.addObject());
        }
        return json;
    }

    private static void write(Execution each, ObjectNode json) {
        json.put("slot", each.slot())
                .put("experiment", each.experiment())
                .put("iteration", each.iteration())
                .put("label", each.label())
                .put("verdict", each.verdict().word());
        put(json, "status", each.status());
        each.took().ifPresent(took -> json.put("tookMillis", took.toMillis()));
        put(json, "failStep", each.failStep());
        put(json, "reason", each.said().reason());
        put(json, "pod", each.said().pod());
        if (!each.probes().isEmpty()) {
            ArrayNode probes = json.putArray("probes");
            for (Result.Probe probe : each.probes()) {
                ObjectNode one = probes.addObject();
                one.put("name", probe.name()).put("type", probe.type());
                one.put("mode", probe.mode()).put("verdict", probe.verdict());
                put(one, "description", probe.description());
            }
        }
    }

    private static void put(ObjectNode json, String key, String value) {
        if (!value.isEmpty()) {
            json.put(key, value);
        }
    }
}
