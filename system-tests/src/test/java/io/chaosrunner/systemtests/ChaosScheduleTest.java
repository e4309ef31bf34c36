package io.chaosrunner.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import tools.jackson.databind.JsonNode;

/** ChaosSchedules as Litmus has them, driven by the service on a real API server. */
@NeedsControlPlane
@Timeout(600)
@Execution(ExecutionMode.CONCURRENT)
class ChaosScheduleTest {

    private final ServiceStage stage;

    ChaosScheduleTest(ControlPlane controlPlane) {
        stage = new ServiceStage(controlPlane);
    }

    @AfterEach
    void close() {
        stage.close();
    }

    @Test
    @DisplayName("58: a schedule for now has its engine at once, and is complete when that is")
    void aScheduleForNow() {
        schedule("now", Map.of("now", true), "after=1s");
        stage.service();

        stage.eventually(() -> status("now").at("/active/0/name").asString("").equals("now"));
        assertThat(status("now").at("/schedule/status").asString()).isEqualTo("running");
        stage.eventually(() -> state("now").equals("complete"));

        JsonNode status = status("now");
        assertThat(status.at("/schedule/status").asString()).isEqualTo("completed");
        assertThat(status.at("/schedule/endTime").asString()).isNotEmpty();
        assertThat(status.at("/schedule/runInstances").asInt()).isEqualTo(1);
        assertThat(status.at("/schedule/expectedNextRunTime").isMissingNode()).isTrue();
        assertThat(status.at("/lastScheduleTime").asString()).isNotEmpty();
        assertThat(status.at("/lastScheduleCompletionTime").asString()).isNotEmpty();
        assertThat(status.path("active").size()).isZero();
        assertThat(stage.namespace.jobs()).hasSize(1);
    }

    @Test
    @DisplayName("59: a schedule that repeats has one engine at once, which runs on the minutes")
    void aScheduleThatRepeats() {
        schedule("repeat", everyMinute(Map.of()), "after=200ms");
        stage.service();

        stage.eventually(() -> !stage.engine("repeat").isMissingNode());
        JsonNode engine = stage.engine("repeat");
        assertThat(engine.at("/metadata/ownerReferences/0/kind").asString())
                .isEqualTo("ChaosSchedule");
        assertThat(engine.at("/metadata/labels/app").asString()).isEqualTo("chaos-engine");
        assertThat(engine.at("/metadata/labels/team").asString()).isEqualTo("shop");
        assertThat(engine.at("/metadata/labels/chaosUID").asString())
                .isEqualTo(stage.schedule("repeat").at("/metadata/uid").asString());
        stage.eventually(() -> status("repeat").at("/schedule/runInstances").asInt(0) == 1);
        stage.eventually(() -> status("repeat").has("lastScheduleCompletionTime"));

        JsonNode status = status("repeat");
        Instant last = Instant.parse(status.path("lastScheduleTime").asString());
        assertThat(last).isEqualTo(last.truncatedTo(ChronoUnit.MINUTES));
        assertThat(status.at("/schedule/expectedNextRunTime").asString())
                .isEqualTo(last.plus(1, ChronoUnit.MINUTES).toString());
        assertThat(
                        Litmus.engines(stage.namespace.admin(), stage.namespace.name())
                                .all()
                                .list()
                                .getItems())
                .hasSize(1);
        assertThat(stage.schedule("repeat").at("/spec/tomorrow").asString()).isEqualTo("kept");
    }

    @Test
    @DisplayName(
            "60: past its end it is complete; halted it starts nothing until it is active again")
    void aScheduleThatEndsAndOneThatIsHalted() {
        schedule(
                "ended",
                everyMinute(
                        Map.of(
                                "timeRange",
                                Map.of(
                                        "endTime",
                                        Instant.now()
                                                .truncatedTo(ChronoUnit.MINUTES)
                                                .plus(61, ChronoUnit.SECONDS)
                                                .toString()))),
                "after=200ms");
        schedule("halted", Map.of("now", true), "after=200ms");
        stage.patch("ChaosSchedule", "halted", "{'spec':{'scheduleState':'halt'}}");
        stage.service();

        stage.eventually(
                () -> status("halted").at("/schedule/status").asString("").equals("halted"));
        stage.eventually(() -> state("ended").equals("complete"));
        assertThat(status("ended").at("/schedule/status").asString()).isEqualTo("completed");
        assertThat(status("ended").at("/schedule/endTime").asString()).isNotEmpty();
        assertThat(stage.jobsPerRun("halted")).isEmpty();

        schedule("again", everyMinute(Map.of()), "after=200ms");
        stage.patch("ChaosSchedule", "again", "{'spec':{'scheduleState':'halt'}}");
        stage.eventually(
                () -> status("again").at("/schedule/status").asString("").equals("halted"));
        stage.patch("ChaosSchedule", "again", "{'spec':{'scheduleState':'active'}}");
        stage.eventually(() -> status("again").at("/schedule/runInstances").asInt(0) == 1);
    }

    @Test
    void aScheduleThatMakesNoSenseIsRefusedWithItsReason() {
        schedule(
                "zero",
                Map.of(
                        "repeat",
                        Map.of(
                                "properties",
                                Map.of(
                                        "minChaosInterval",
                                        Map.of("minute", Map.of("everyNthMinute", 0))))),
                "after=200ms");
        stage.service();

        stage.eventually(() -> !stage.namespace.events("zero-runner").isEmpty());
        var event = stage.namespace.events("zero-runner").getFirst();
        assertThat(event.getInvolvedObject().getKind()).isEqualTo("ChaosSchedule");
        assertThat(event.getMessage())
                .isEqualTo(
                        "spec.schedule.repeat.properties.minChaosInterval.minute.everyNthMinute: must be at least 1, but is 0");
    }

    @Test
    void aScheduleThatIsStoppedEndsWhatRuns() {
        schedule("stop", Map.of("now", true), "hang");
        stage.service();
        stage.eventually(() -> stage.namespace.pods().size() == 1);

        stage.patch("ChaosSchedule", "stop", "{'spec':{'scheduleState':'stop'}}");

        stage.eventually(() ->
                stage.namespace.entries("stop").stream()
                        .allMatch(entry -> "Forcefully Aborted".equals(entry.get("status"))));
        stage.eventually(
                () -> status("stop").at("/schedule/status").asString("").equals("stopped"));
        assertThat(stage.namespace.pods()).isEmpty();
    }

    private void schedule(String name, Map<String, Object> when, String scenario) {
        GenericKubernetesResource object = Litmus.object("ChaosSchedule", name);
        object.getMetadata().setLabels(Map.of("team", "shop"));
        object.setAdditionalProperty(
                "spec",
                Map.of(
                        "tomorrow",
                        "kept",
                        "schedule",
                        when,
                        "engineTemplateSpec",
                        Map.of(
                                "engineState",
                                "active",
                                "chaosServiceAccount",
                                "powerful",
                                "experiments",
                                List.of(
                                        Map.of(
                                                "name",
                                                "pod-delete",
                                                "spec",
                                                Map.of(
                                                        "components",
                                                        Map.of(
                                                                "experimentAnnotations",
                                                                Map.of(
                                                                        io.chaosrunner.sandbox
                                                                                .Scenario
                                                                                .ANNOTATION,
                                                                        scenario))))))));
        Litmus.schedules(stage.namespace.admin(), stage.namespace.name()).create(object);
    }

    private static Map<String, Object> everyMinute(Map<String, Object> more) {
        var repeat = new HashMap<String, Object>(more);
        repeat.put(
                "properties",
                Map.of("minChaosInterval", Map.of("minute", Map.of("everyNthMinute", 1))));
        return Map.of("repeat", repeat);
    }

    private JsonNode status(String name) {
        return stage.schedule(name).path("status");
    }

    private String state(String name) {
        return stage.schedule(name).at("/spec/scheduleState").asString("");
    }
}
