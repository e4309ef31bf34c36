package io.chaosrunner.export;

import io.chaosrunner.crd.Result;
import io.chaosrunner.export.ReportedRun.Execution;
import io.chaosrunner.export.ReportedRun.Said;
import io.chaosrunner.history.RunRecord;
import io.chaosrunner.model.EngineRef;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Runs to be reported. */
final class SampleRuns {
    static final EngineRef ENGINE = new EngineRef("litmus", "nginx-chaos");
    static final String UID = "0f3e";

    /** What a stranger would like each format to take for its own. */
    static final String HOSTILE =
            "a]]><x y=\"'\">&amp;| `code` ``` [l](http://e.vil) @all #1 ![i](u) <script>alert(1)</script>"
                    + "\n::error::no\r\n| - | \u001b[31m\u202e\u0000\ud800 ::stop-commands::x %0A </testsuite>";

    private SampleRuns() {}

    /** Return the record of a run with everything that there can be in one. */
    static RunRecord record() {
        return record(
                """
                {'number': 12, 'id': 'k3f9', 'fire': '2026-03-01T10:30:00Z', 'seed': 97310338645120,
                 'strategy': 'dag',
                 'settings': {'strategy': 'dag', 'dependencies': {'cpu-hog': ['pod-delete.passed']},
                   'deadline': '10m', 'retries': 1, 'seed': 3},
                 'start': '2026-03-01T10:30:00.213Z', 'end': '2026-03-01T10:31:48Z',
                 'endedBy': 'plan', 'reason': 'every experiment was launched or skipped',
                 'verdicts': {'Pass': 2, 'Fail': 1, 'Error': 1, 'N/A': 1},
                 'experiments': [
                  {'name': 'pod-delete', 'status': 'Completed', 'verdict': 'Fail'},
                  {'name': 'cpu-hog', 'status': 'Skipped', 'verdict': 'N/A'},
                  {'name': 'drain', 'status': 'Completed', 'verdict': 'Pass'},
                  {'name': 'drain', 'status': 'Completed', 'verdict': 'Pass'},
                  {'name': 'loss', 'status': 'Completed', 'verdict': 'Error'}],
                 'launches': [
                  {'slot': 0, 'iteration': 1, 'attempt': 1, 'start': '2026-03-01T10:30:00.213Z',
                   'end': '2026-03-01T10:30:48.300Z', 'outcome': 'failed', 'why': 'nothing to wait for'},
                  {'slot': 2, 'iteration': 1, 'attempt': 1, 'start': '2026-03-01T10:30:01Z',
                   'end': '2026-03-01T10:30:02Z', 'outcome': 'error', 'why': 'nothing to wait for'},
                  {'slot': 2, 'iteration': 1, 'attempt': 2, 'start': '2026-03-01T10:30:12Z',
                   'end': '2026-03-01T10:30:30.5Z', 'outcome': 'passed', 'why': 'retry 1 of 1'},
                  {'slot': 3, 'iteration': 1, 'attempt': 1, 'start': '2026-03-01T10:30:01Z',
                   'end': '2026-03-01T10:30:03Z', 'outcome': 'passed'},
                  {'slot': 4, 'iteration': 2, 'attempt': 1, 'start': '2026-03-01T10:31:01Z',
                   'end': '2026-03-01T10:31:48Z', 'outcome': 'error'},
                  {'slot': 4, 'iteration': 1, 'attempt': 1, 'start': '2026-03-01T10:30:01Z',
                   'end': '2026-03-01T10:30:04Z', 'outcome': 'passed'}],
                 'skips': [{'slot': 1, 'why': 'pod-delete did not pass'}]}
                """);
    }

    static RunRecord record(String json) {
        return new RunRecord((ObjectNode) JsonMapper.shared().readTree(json.replace('\'', '"')));
    }

    /** Return that run, with what its first experiment said of itself. */
    static ReportedRun run() {
        return ReportedRun.of(ENGINE, UID, record(), List.of())
                .with(each ->
                        switch (each.label()) {
                            case "pod-delete" ->
                                    new Said(
                                            "",
                                            Optional.of(failed("frontend is up")),
                                            "pod-delete-x1-abc");
                            case "loss #2" ->
                                    new Said(
                                            "image example/loss:1 cannot be pulled",
                                            Optional.empty(),
                                            "");
                            default -> each.said();
                        });
    }

    /** Return a ChaosResult of which one probe failed. */
    static Result failed(String probe) {
        return result("ChaosInject: the target is gone", probe, "the page answered 503");
    }

    static Result result(String failStep, String probe, String description) {
        ObjectNode json = JsonMapper.shared().createObjectNode();
        ObjectNode status = json.putObject("status");
        status.putObject("experimentStatus")
                .put("phase", "Completed_With_Probe_Failure")
                .put("verdict", "Fail")
                .put("failStep", failStep)
                .put("probeSuccessPercentage", "33");
        var probes = status.putArray("probeStatuses");
        probes.addObject()
                .put("name", "database is up")
                .put("type", "cmdProbe")
                .put("mode", "Edge")
                .putObject("status")
                .put("verdict", "Passed");
        probes.addObject()
                .put("name", probe)
                .put("type", "httpProbe")
                .put("mode", "Continuous")
                .putObject("status")
                .put("verdict", "Failed")
                .put("description", description);
        probes.addObject()
                .put("name", "queue drains")
                .put("type", "promProbe")
                .put("mode", "EOT")
                .putObject("status")
                .put("verdict", "N/A");
        return new Result(json);
    }

    /** Return a run in which every text that can be a stranger's is hostile. */
    static ReportedRun hostile() {
        String text = JsonMapper.shared().writeValueAsString(HOSTILE);
        RunRecord record =
                new RunRecord(
                        (ObjectNode)
                                JsonMapper.shared()
                                        .readTree(
                                                """
                                                {"number": 1, "id": "x", "seed": 1, "strategy": %1$s, "fire": "2026-03-01T10:30:00Z",
                                                 "settings": {"strategy": %1$s, %1$s: [%1$s]},
                                                 "start": "2026-03-01T10:30:00Z", "end": "2026-03-01T10:30:40Z",
                                                 "endedBy": %1$s, "reason": %1$s, "verdicts": {%1$s: 1},
                                                 "experiments": [
                                                  {"name": %1$s, "status": %1$s, "verdict": "Fail"},
                                                  {"name": %1$s, "status": %1$s, "verdict": %1$s},
                                                  {"name": %1$s, "status": %1$s, "verdict": "N/A"}],
                                                 "launches": [{"slot": 0, "iteration": 0, "attempt": -1,
                                                  "start": "2026-03-01T10:30:00Z", "end": "2026-03-01T10:30:40Z",
                                                  "outcome": %1$s, "why": %1$s}],
                                                 "skips": [{"slot": 2, "why": %1$s}]}
                                                """
                                                        .formatted(text)));
        return ReportedRun.of(new EngineRef(HOSTILE, HOSTILE), HOSTILE, record, List.of())
                .with(SampleRuns::said)
                .lacking(List.of(HOSTILE));
    }

    private static Said said(Execution each) {
        return each.slot() == 0 ? hostileSaid(each) : each.said();
    }

    static Said hostileSaid(Execution each) {
        return new Said(
                HOSTILE,
                Optional.of(result(HOSTILE, HOSTILE, HOSTILE)),
                HOSTILE,
                new Evidence(
                        List.of(new Evidence.Event(HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE, 2)),
                        List.of(HOSTILE),
                        List.of(HOSTILE, HOSTILE)));
    }
}
