package io.chaosrunner.job;

import static io.chaosrunner.resolve.Manifests.yaml;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

class EventWordsTest {

    private static List<JsonNode> events(String text) {
        return StreamSupport.stream(yaml("e: " + text).path("e").spliterator(), false).toList();
    }

    @Test
    void whatWasSaidLastCountsWhicheverWayItsTimeIsWritten() {
        var events =
                events(
                        """
                        [{reason: FailedCreate, message: older, lastTimestamp: '2026-03-01T12:00:09Z'},
                         {reason: FailedCreate, message: last, lastTimestamp: null,
                          eventTime: '2026-03-01T12:00:10.123456Z'},
                         {reason: FailedCreate, message: no time},
                         {reason: FailedCreate, message: nonsense, lastTimestamp: soon}]
                        """);

        assertThat(EventWords.ofJobWithoutPod(events))
                .contains(new EventWords("FailedCreate", "last"));
    }

    @Test
    void aSeriesWasSaidLastWhenItWasObservedLast() {
        var events =
                events(
                        """
                        [{reason: FailedCreate, message: once, eventTime: '2026-03-01T12:00:05Z'},
                         {reason: FailedCreate, message: again, eventTime: '2026-03-01T12:00:00Z',
                          series: {count: 7, lastObservedTime: '2026-03-01T12:01:00Z'}}]
                        """);

        assertThat(EventWords.ofJobWithoutPod(events))
                .contains(new EventWords("FailedCreate", "again"));
    }

    @Test
    void otherEventsExplainNothing() {
        var events =
                events(
                        """
                        [{reason: SuccessfulCreate, message: m}, {reason: Killing, message: m},
                         {message: m}, {reason: 7}, {}, 5, null]
                        """);

        assertThat(EventWords.ofJobWithoutPod(events)).isEmpty();
        assertThat(EventWords.ofDeletedPod(events)).isEmpty();
        assertThat(EventWords.ofDeletedPod(List.of())).isEmpty();
    }

    @Test
    void whoDeletedAPodIsToldByItsReason() {
        var events =
                events(
                        """
                        [{reason: Killing, message: m, lastTimestamp: '2026-03-01T12:00:09Z'},
                         {reason: Preempted, message: Preempted by pod x on node y}]
                        """);

        assertThat(EventWords.ofDeletedPod(events))
                .contains(new EventWords("Preempted", "Preempted by pod x on node y"));
    }
}
