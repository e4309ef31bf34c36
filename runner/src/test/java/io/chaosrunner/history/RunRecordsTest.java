package io.chaosrunner.history;

import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.claim.Claim;
import io.chaosrunner.claim.Claim.State;
import io.chaosrunner.claim.FireLedger;
import io.chaosrunner.claim.LoggedAttempt;
import io.chaosrunner.claim.LoggedAttempt.Mark;
import io.chaosrunner.claim.SkipCause;
import io.chaosrunner.model.Fire;
import io.chaosrunner.model.RunId;
import io.chaosrunner.model.Verdict;
import io.chaosrunner.status.StatusEntry;
import io.chaosrunner.strategy.Outcome;
import io.chaosrunner.testing.Engines;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

class RunRecordsTest {
    private static final Instant START = Instant.parse("2026-03-01T10:00:00Z");

    /** A run with that many experiments, the last third of which was skipped. */
    private static RunRecord run(long number, int experiments, String name, String why) {
        var log = new ArrayList<LoggedAttempt>();
        var skipped = new LinkedHashMap<Integer, String>();
        var entries = new ArrayList<StatusEntry>();
        Instant start = START.plusSeconds(3_600 * number);
        for (int slot = 0; slot < experiments; slot++) {
            if (slot < experiments * 2 / 3) {
                log.add(
                        new LoggedAttempt(
                                slot,
                                slot,
                                1,
                                1,
                                start,
                                start.plusSeconds(7),
                                Outcome.PASSED,
                                Mark.PLAIN,
                                why));
                entries.add(StatusEntry.completed(name, "pod", Verdict.PASS));
            } else {
                skipped.put(slot, why);
                entries.add(StatusEntry.leftOut(name));
            }
        }
        FireLedger fires = FireLedger.NONE.next(Optional.of(new Fire(start, "hash")));
        for (int i = 1; i < experiments % 17; i++) {
            Instant at = start.plusSeconds(i);
            fires =
                    fires.skipping(
                            new FireLedger.Skipped(at, at, 1, why + i, SkipCause.OTHER, false),
                            new Fire(at, "hash"));
        }
        ObjectNode settings = Engines.json("{'strategy': 'dag'}");
        settings.put("dependencies", why.repeat(experiments % 50));
        return RunRecord.of(
                new Claim(
                        new Claim.Start(
                                new RunId(number, "id" + number),
                                start,
                                number,
                                settings,
                                "active"),
                        "process",
                        new Claim.Standing(State.FINISHED, why, ""),
                        new Claim.Progress(1, log, skipped),
                        fires),
                entries);
    }

    private static List<Long> numbers(RunRecords records) {
        return records.runs().stream().map(RunRecord::number).toList();
    }

    private static List<String> details(RunRecords records) {
        return records.runs().stream().map(run -> run.text("detail")).toList();
    }

    @Test
    void theLastRunsAreKeptOldestFirst() {
        RunRecords records = RunRecords.NONE;
        for (int number = 1; number <= 5; number++) {
            records = records.with(run(number, 3, "a", "why"), 3);
        }
        assertThat(numbers(records)).containsExactly(3L, 4L, 5L);
        assertThat(details(records)).containsOnly("");
        assertThat(records.run(4)).hasValue(records.runs().get(1));
        assertThat(records.run(2)).isEmpty();
        assertThat(readAgain(records)).isEqualTo(records.text());
    }

    private static String readAgain(RunRecords records) {
        return RunRecords.read(records.text()).orElseThrow().text();
    }

    @Test
    void aRunRecordedAgainTakesThePlaceOfWhatWasSaidBefore() {
        RunRecord second = run(2, 3, "a", "why");
        RunRecords records =
                RunRecords.NONE
                        .with(run(1, 3, "a", "why"), 10)
                        .with(run(2, 1, "a", "cut short"), 10)
                        .with(run(3, 3, "a", "why"), 10)
                        .with(second, 10);
        assertThat(numbers(records)).containsExactly(1L, 2L, 3L);
        assertThat(records.run(2)).hasValue(second);
    }

    @Test
    void whatIsTooLongLosesDetailFromTheOldestOn() {
        RunRecords records = RunRecords.NONE;
        for (int number = 1; number <= 6; number++) {
            records = records.with(run(number, 24, "pod-network-latency", "w".repeat(90)), 10);
        }
        List<String> less = List.of("", "no-why", "no-launches", "summary");
        assertThat(details(records))
                .isSortedAccordingTo(Comparator.comparing(less::indexOf).reversed());
        assertThat(details(records).getLast()).isEmpty();
        assertThat(details(records).getFirst()).isEqualTo("no-why");
        RunRecord oldest = records.runs().getFirst();
        assertThat(oldest.json().path("experiments")).hasSize(24);
        assertThat(oldest.json().path("verdicts").toString()).isEqualTo("{\"Pass\":16,\"N/A\":8}");
    }

    @Test
    void aRunTooLongForAnythingElseIsStillSummedUp() {
        RunRecords records = RunRecords.NONE.with(run(1, 3_000, "x".repeat(63), "why"), 10);
        assertThat(details(records)).containsExactly("summary");
        assertThat(records.runs().getFirst().json().path("verdicts").toString())
                .isEqualTo("{\"Pass\":2000,\"N/A\":1000}");
    }

    @Test
    void manyRunsStayBelow64KiBWhateverTheyConsistOf() {
        int runs = Boolean.getBoolean("exhaustive") ? 10_000 : 1_500;
        var random = new Random(7);
        List<String> names = List.of("a", "pod-network-latency", "x".repeat(250), "\u0001\"\\ü😀");
        RunRecords records = RunRecords.NONE;
        RunRecords summaries = RunRecords.NONE;
        for (int number = 1; number <= runs; number++) {
            int experiments = random.nextInt(100) == 0 ? 1_200 : random.nextInt(12);
            String name = names.get(random.nextInt(names.size()));
            String why = names.get(random.nextInt(names.size())).repeat(1 + random.nextInt(4));
            RunRecord run = run(number, experiments, name, why);
            records = records.with(run, 1 + random.nextInt(100));
            summaries = summaries.summariesWith(run);
            if (number % 50 == 0 || experiments > 1_000) {
                assertThat(bytes(records)).as("run %d", number).isLessThan(52 * 1024);
                assertThat(bytes(summaries)).as("run %d", number).isLessThan(6 * 1024);
                assertThat(readAgain(records)).isEqualTo(records.text());
                assertThat(records.runs().getLast().number()).isEqualTo(number);
                assertThat(summaries.runs().getLast().number()).isEqualTo(number);
            }
        }
        assertThat(summaries.runs()).hasSizeBetween(2, 5);
    }

    /** What an object holding the records takes on the wire, but for its name and owner. */
    private static int bytes(RunRecords records) {
        return JsonMapper.shared()
                .writeValueAsString(Map.of("data", Map.of("runs.json", records.text())))
                .getBytes(StandardCharsets.UTF_8)
                .length;
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "nonsense",
                "{}",
                "3",
                "[1]",
                "[{}]",
                "[{'number':1,'start':'yesterday','end':'2026-03-01T10:00:00Z'}]",
                "[{'number':-1,'start':'2026-03-01T10:00:00Z','end':'2026-03-01T10:00:00Z'}]",
                "[{'number':1,'start':'2026-03-01T10:00:00Z','end':'2026-03-01T10:00:00Z','fire':'noon'}]",
                "[{'number':1,'start':'2026-03-01T10:00:00Z','end':'2026-03-01T10:00:00Z','launches':[{'slot':0,'start':'noon','end':'2026-03-01T10:00:00Z'}]}]",
                "[{'number':1,'start':'2026-03-01T10:00:00Z','end':'2026-03-01T10:00:00Z','launches':[{'slot':0,'start':'2026-03-01T10:00:00Z'}]}]",
                "[{'number':1,'start':'2026-03-01T10:00:00Z','end':'2026-03-01T10:00:00Z','skippedFires':[{'count':1,'from':'2026-03-01T10:00:00Z','to':'noon'}]}]"
            })
    void textThatWasEditedIsNoRecord(String text) {
        assertThat(RunRecords.read(text.replace('\'', '"'))).isEmpty();
    }

    @Test
    void whatTwoPlacesRememberIsPutInOrderAndTheFirstPlaceCounts() {
        RunRecord first = run(2, 3, "a", "first");
        RunRecords records =
                RunRecords.NONE
                        .with(first, 10)
                        .and(
                                RunRecords.NONE
                                        .summariesWith(run(1, 3, "a", "other"))
                                        .summariesWith(run(2, 3, "a", "other"))
                                        .summariesWith(run(3, 3, "a", "other")));
        assertThat(numbers(records)).containsExactly(1L, 2L, 3L);
        assertThat(records.run(2)).hasValue(first);
    }

    @Test
    void whatAnExperimentTakesAsARuleIsTheMedianOfWhatPassed() {
        RunRecords runs =
                new RunRecords(
                        List.of(
                                json(
                                        "{'launches':[{'slot':0,'start':'2026-03-01T10:00:00Z','end':'2026-03-01T10:00:10Z','outcome':'passed'},{'slot':1,'start':'2026-03-01T10:00:00Z','end':'2026-03-01T10:00:01Z','outcome':'failed'}]}"),
                                json(
                                        "{'launches':[{'slot':0,'start':'2026-03-01T11:00:00Z','end':'2026-03-01T11:10:00Z','outcome':'passed'},{'slot':0,'start':'2026-03-01T11:00:00Z','end':'2026-03-01T11:00:30Z','outcome':'passed'}]}"),
                                json("{'detail':'no-launches'}")));

        assertThat(runs.usual()).containsExactly(Map.entry("a", Duration.ofSeconds(30)));
        assertThat(RunRecords.NONE.usual()).isEmpty();
    }

    private static RunRecord json(String text) {
        ObjectNode json = (ObjectNode) JsonMapper.shared().readTree(text.replace('\'', '"'));
        json.putArray("experiments").addObject().put("name", "a");
        json.withArray("experiments").addObject().put("name", "b");
        return new RunRecord(json);
    }
}
