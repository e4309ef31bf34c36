package io.chaosrunner.scheduler;

import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.crd.Engine;
import io.chaosrunner.schedule.ScheduleSpec;
import java.time.Instant;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

class ChaosScheduleReconcilerTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"every\":\"1h\",\"suspend\":true}     | true",
                "{\"every\": \"1h\", \"suspend\": true}  | true",
                "{every: 1h, suspend: true}            | true",
                "{every: 1h, suspend: false}           | false",
                "{every: 1h} # once \"suspend\":true   | false",
                "{every: 1h, timeZone: ['suspend':true | false",
                "''                                    | false",
            })
    void whetherAnEngineWasSuspendedIsReadFromItsScheduleNotFromItsSpelling(
            String schedule, boolean suspended) {
        ObjectNode json = JsonMapper.shared().createObjectNode();
        json.putObject("metadata").putObject("annotations").put(ScheduleSpec.ANNOTATION, schedule);

        assertThat(ChaosScheduleReconciler.isSuspended(new Engine(json), Instant.EPOCH))
                .isEqualTo(suspended);
    }
}
