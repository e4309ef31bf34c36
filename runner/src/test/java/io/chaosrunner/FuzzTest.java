package io.chaosrunner;

import io.chaosrunner.claim.Claim;
import io.chaosrunner.claim.FireLedger;
import io.chaosrunner.config.Allowed;
import io.chaosrunner.config.ExecutionSettings;
import io.chaosrunner.config.KubernetesYaml;
import io.chaosrunner.config.MonitoringSettings;
import io.chaosrunner.crd.Author;
import io.chaosrunner.crd.Engine;
import io.chaosrunner.crd.Experiment;
import io.chaosrunner.crd.Result;
import io.chaosrunner.history.RunRecords;
import io.chaosrunner.holidays.HolidayReader;
import io.chaosrunner.job.JobFactory;
import io.chaosrunner.job.Launch;
import io.chaosrunner.job.RunnerJob;
import io.chaosrunner.model.ExecutionId;
import io.chaosrunner.model.ExperimentSpec;
import io.chaosrunner.model.RunId;
import io.chaosrunner.plugin.StrategyCatalogue;
import io.chaosrunner.report.EngineTable;
import io.chaosrunner.resolve.ExperimentResolver;
import io.chaosrunner.resolve.Resolution;
import io.chaosrunner.resolve.RunnerEnvironment;
import io.chaosrunner.schedule.ScheduleSpec;
import io.chaosrunner.status.EngineStanding;
import io.chaosrunner.strategy.InvalidParameters;
import io.chaosrunner.testing.Fuzz;
import io.chaosrunner.validate.Validation;
import java.io.IOException;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Whatever comes through a door for strangers' texts gives a value or a refusal. */
class FuzzTest {
    private static final Instant ANCHOR = Instant.parse("2026-03-01T00:00:00Z");

    private static final RunId RUN = new RunId(1, "r");
    private static final StrategyCatalogue STRATEGIES = StrategyCatalogue.load(Optional.empty());

    enum Door {
        CLAIM(
                """
                {"form":2,"number":1,"id":"x","instance":"schedule/1","state":"finished",\
                "runStart":"2026-03-02T10:00:00Z","seed":7,"starts":1,"execution":{},\
                "skipped":{"so":"0-3"},"whys":{"x":"0"},"runEnd":"2026-03-02T10:01:00Z",\
                "settledFire":{"at":"2026-03-02T10:00:00Z","schedule":"5e364426"},"log":"0..4k.3P"}\
                """,
                text -> {
                    ObjectNode json = JsonMapper.shared().createObjectNode();
                    json.putObject("metadata").putObject("annotations").put(Claim.ANNOTATION, text);
                    EngineStanding.of(new Engine(json)).claim().ifPresent(Claim::text);
                }),
        RECORD(
                """
                [{"number":1,"id":"x","seed":42,"start":"2026-03-01T10:00:00Z",\
                "end":"2026-03-01T10:01:30Z","launches":[{"slot":0,"start":"2026-03-01T10:00:00Z",\
                "end":"2026-03-01T10:00:04Z"}],"skips":[{"slot":1,"why":"so"}]}]\
                """,
                text -> RunRecords.read(text).ifPresent(RunRecords::text)),
        EXECUTION(
                "strategy: dag\ndependencies: {b: [a.passed]}\nmaxParallel: 2\ndeadline: 1h\nseed: 7\n",
                text ->
                        ExecutionSettings.of(
                                JsonMapper.shared().createObjectNode(),
                                Optional.of(text),
                                Map.of())),
        SCHEDULE(
                """
                {"every":"1h","timeZone":"Europe/Berlin","from":"2026-03-01T00:00:00Z",\
                "days":["Mon"],"hours":["09:00-17:00"],"exclude":[{"dates":["2026-12-24"]}],\
                "jitter":"5m","maxRuns":9,"overlap":"replace"}\
                """,
                text -> ScheduleSpec.of(Optional.of(text), Map.of(), ANCHOR)),
        CRON(
                "cron: '0 9 * * 1-5'\ntimeZone: Europe/Berlin\n",
                text -> ScheduleSpec.of(Optional.of(text), Map.of(), ANCHOR)),
        HOLIDAYS("2026-12-24 Christmas Eve\n12-31 # every year\n", text -> holidays("days", text)),
        CALENDAR(
                """
                BEGIN:VCALENDAR
                VERSION:2.0
                BEGIN:VEVENT
                UID:1
                SUMMARY:Day off
                DTSTART;VALUE=DATE:20261225
                DTEND;VALUE=DATE:20261227
                RRULE:FREQ=YEARLY;INTERVAL=2;BYMONTH=12;BYDAY=-1FR;UNTIL=20401231
                EXDATE;VALUE=DATE:20281229
                RDATE;VALUE=DATE:20270101,20270102
                END:VEVENT
                BEGIN:VEVENT
                DTSTART;TZID=Europe/Berlin:20270501T120000
                DURATION:PT6H
                RRULE:FREQ=YEARLY;BYMONTHDAY=1,-1;BYSETPOS=1;COUNT=5
                END:VEVENT
                END:VCALENDAR
                """,
                text -> holidays("days.ics", text)),
        RUNNER_JOB(
                """
                {"metadata":{"name":"e-run-1","uid":"u","creationTimestamp":"2026-03-01T00:00:00Z",\
                "labels":{"chaosrunner.io/runner-of":"u"},"annotations":{"chaosrunner.io/fire":\
                "2026-03-01T00:00:00Z 5e364426 {\\"kind\\":\\"trigger\\",\\"id\\":\\"t\\"}"},\
                "ownerReferences":[{"kind":"ChaosEngine","name":"e"}]},"status":{"ready":1,\
                "conditions":[{"type":"Failed","status":"True","reason":"r","message":"m",\
                "lastTransitionTime":"2026-03-01T00:00:00Z"}]}}\
                """,
                text -> {
                    JsonNode job = tree(text);
                    RunnerJob.engineOf(job);
                    RunnerJob.ownerOf(job);
                    FireLedger.handedOver(RunnerJob.read(job).fire());
                }),
        MONITORING(
                "image: mine:1\nserviceAccount: exporter\n",
                text ->
                        MonitoringSettings.of(
                                JsonMapper.shared().createObjectNode(), Optional.of(text))),
        CHAOS_SCHEDULE(
                """
                {"metadata":{"name":"s","creationTimestamp":"2026-03-01T00:00:00Z"},"spec":{\
                "schedule":{"repeat":{"properties":{"minChaosInterval":{"hour":{"everyNthHour":2}}},\
                "workHours":{"includedHours":"9-17"},"workDays":{"includedDays":"Mon,Tue"}}},\
                "engineTemplateSpec":{}}}\
                """,
                text -> {
                    if (tree(text) instanceof ObjectNode object) {
                        ScheduleSpec.of(object, Map.of(), ANCHOR);
                    }
                }),
        AUTHOR(
                """
                {"metadata":{"namespace":"n","annotations":{"chaosrunner.io/author":\
                "system:serviceaccount:ci:argo","chaosrunner.io/author-groups":"sre,dev"}}}\
                """,
                text -> {
                    if (tree(text) instanceof ObjectNode object) {
                        Author.of(new Engine(object));
                    }
                }),
        RESULT(
                """
                {"metadata":{"uid":"u","labels":{"a":"b"}},"status":{"experimentStatus":{\
                "phase":"Completed","verdict":"Fail","failStep":"x","errorOutput":{"reason":"y"}},\
                "probeStatuses":[{"name":"p","status":{"verdict":"Failed","description":"d"}}]}}\
                """,
                text -> {
                    var result = new Result(tree(text));
                    result.verdict();
                    result.failStep();
                    result.failedProbes();
                    result.isTerminal();
                    result.version();
                }),
        ENGINE(
                """
                {"apiVersion":"litmuschaos.io/v1alpha1","kind":"ChaosEngine","metadata":{"name":"e",\
                "namespace":"n","uid":"u","creationTimestamp":"2026-03-01T00:00:00Z"},"spec":{\
                "engineState":"active","chaosServiceAccount":"sa","jobCleanUpPolicy":"retain",\
                "terminationGracePeriodSeconds":30,"appinfo":{"appns":"n","applabel":"a=b",\
                "appkind":"deployment"},"selectors":{"pods":[{"namespace":"n","names":"p"}]},\
                "components":{"runner":{"image":"i"},"sidecar":[{"image":"s","env":[]}]},\
                "experiments":[{"name":"a","spec":{"components":{"env":[{"name":"X","value":"1"}],\
                "configMaps":[{"name":"c","mountPath":"/c"}],"secrets":[],"nodeSelector":{"a":"b"},\
                "statusCheckTimeouts":{"delay":2,"timeout":180},"resources":{"limits":{"cpu":"1"}}},\
                "probe":[{"name":"p","type":"httpProbe","mode":"SOT","runProperties":{\
                "probeTimeout":"5s","interval":"2s","attempt":1}}]}}]},"status":{\
                "engineStatus":"initialized","experiments":[{"name":"a","status":"Running",\
                "verdict":"Awaited","lastUpdateTime":"2026-03-01T00:00:00Z"}]}}\
                """,
                text -> {
                    if (tree(text) instanceof ObjectNode object) {
                        use(new Engine(object));
                    }
                }),
        EXPERIMENT(
                """
                {"apiVersion":"litmuschaos.io/v1alpha1","kind":"ChaosExperiment","metadata":{\
                "name":"a","namespace":"n"},"spec":{"definition":{"scope":"Namespaced",\
                "image":"go-runner:1","imagePullPolicy":"Always","command":["/bin/bash"],\
                "args":["-c","./x"],"env":[{"name":"LIB_IMAGE","value":"l:1"},{"name":"S",\
                "valueFrom":{"secretKeyRef":{"name":"s","key":"k"}}}],"labels":{"name":"a"},\
                "hostPID":true,"configMaps":[{"name":"c","mountPath":"/c"}],"secrets":[],\
                "hostFileVolumes":[{"name":"h","mountPath":"/h","nodePath":"/h"}],\
                "securityContext":{"podSecurityContext":{},"containerSecurityContext":{}}}}}\
                """,
                text -> {
                    if (tree(text) instanceof ObjectNode object) {
                        launch(
                                new Engine((ObjectNode) tree(Door.valueOf("ENGINE").sound)),
                                new Experiment(object),
                                Map.of());
                    }
                }),
        ENVIRONMENT(
                """
                {"CHAOSENGINE":"e","CHAOS_NAMESPACE":"n","TARGETS":"deployment:n:[a=b];pod:n:[p]",\
                "EXPERIMENT_LIST":"a,b","CHAOS_SVC_ACC":"sa","AUXILIARY_APPINFO":"x","CLIENT_UUID":"c",\
                "OTEL_EXPORTER_OTLP_ENDPOINT":"otel:4317","CHAOS_MONITOR_IMAGE":"m:1",\
                "TRACE_PARENT":"{\\"traceparent\\":\\"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\\"}",\
                "CHAOS_RUNNER_ALLOWED_SERVICE_ACCOUNTS":"a*,b","CHAOS_RUNNER_ALLOWED_IMAGES":"r/*"}\
                """,
                text -> {
                    if (tree(text) instanceof ObjectNode object) {
                        var variables = new HashMap<String, String>();
                        object.properties()
                                .forEach(each ->
                                        variables.put(each.getKey(), each.getValue().asString("")));
                        Allowed.of(variables)
                                .against(tree(Door.valueOf("ENGINE").sound).path("spec"));
                        launch(
                                new Engine((ObjectNode) tree(Door.valueOf("ENGINE").sound)),
                                new Experiment((ObjectNode) tree(Door.valueOf("EXPERIMENT").sound)),
                                variables);
                    }
                }),
        FILE(
                "a: &x {b: [1, 2.5, yes]}\nc: {<<: *x, d: '1'}\n---\nkind: List\nitems: [{}]\n",
                text -> {
                    try {
                        KubernetesYaml.read(
                                new StringReader(text),
                                KubernetesYaml.Limits.OF_FILES,
                                document -> {});
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                });

        private final String sound;
        private final Consumer<String> use;

        Door(String sound, Consumer<String> use) {
            this.sound = sound;
            this.use = use;
        }

        private static JsonNode tree(String text) {
            try {
                return JsonMapper.shared().readTree(text);
            } catch (JacksonException e) {
                // The API server sends JSON.
                return JsonMapper.shared().createObjectNode();
            }
        }
    }

    private static void holidays(String key, String text) {
        ObjectNode list = JsonMapper.shared().createObjectNode();
        list.putObject("data").put(key, text);
        try {
            HolidayReader.read(list);
        } catch (HolidayReader.Unusable refused) {
            // With its reason.
        }
    }

    /** All that is read of an engine, whoever reads it. */
    private static void use(Engine engine) {
        EngineStanding.of(engine);
        engine.experiments();
        engine.nothingListed();
        engine.deleting();
        engine.created();
        Allowed.of(List.of("a*"), List.of("r/*")).against(engine.spec());
        Allowed.of(List.of("a*"), List.of("r/*")).againstRunner(engine.spec());
        EngineTable.json(List.of(engine));
        EngineTable.lines(List.of(engine), true, ANCHOR);
        ExecutionSettings.of(engine.spec(), Optional.empty(), Map.of());
        MonitoringSettings.of(engine.spec(), Optional.empty());
        ScheduleSpec.standstill(engine.json());
        var experiment = new Experiment((ObjectNode) Door.tree(Door.EXPERIMENT.sound));
        launch(engine, experiment, Map.of());
        var all = new Validation.Collection();
        try {
            KubernetesYaml.read(
                    new StringReader(engine.json().toString()),
                    KubernetesYaml.Limits.OF_FILES,
                    document -> all.add("f", false, document));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        all.validate(STRATEGIES, Map.of(), ANCHOR);
    }

    /** Resolve the first entry, and make its Job. */
    private static void launch(
            Engine engine, Experiment experiment, Map<String, String> variables) {
        if (engine.experiments().isEmpty()) {
            return;
        }
        RunnerEnvironment environment =
                variables.isEmpty()
                        ? RunnerEnvironment.of(engine)
                        : RunnerEnvironment.of(variables);
        if (ExperimentResolver.resolve(engine, 0, experiment, environment)
                instanceof Resolution.Resolved(ExperimentSpec spec, var warnings)) {
            Allowed.of(List.of("a*"), List.of("r/*")).against(spec);
            new JobFactory(RUN, "sequential", null)
                    .job(
                            spec,
                            new ExecutionId("u", RUN.id(), 0, 1, 1),
                            new Launch(ANCHOR, 0, "", ""),
                            0);
        }
    }

    @ParameterizedTest
    @EnumSource
    void aDoorGivesAValueOrARefusal(Door door) {
        Fuzz.damage(
                door.sound,
                damaged -> {
                    try {
                        door.use.accept(damaged);
                    } catch (InvalidParameters refused) {
                        // With its reasons.
                    }
                });
    }
}
