package io.chaosrunner.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.history.RunHistory.Remembered;
import io.chaosrunner.history.RunRecords;
import io.chaosrunner.model.EngineRef;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class HistoryReportTest {
    private static final EngineRef ENGINE = new EngineRef("n", "e");

    private static final RunRecords RUNS =
            RunRecords.read(
                            """
                            [{'number': 1, 'id': 'x', 'seed': 42, 'strategy': 'sequential',
                              'start': '2026-03-01T10:00:00.250Z', 'end': '2026-03-01T10:01:30Z',
                              'endedBy': 'plan', 'reason': 'all were launched',
                              'verdicts': {'Pass': 1}, 'detail': 'summary'},
                             {'number': 2, 'id': 'y', 'fire': '2026-03-01T11:00:00Z', 'seed': 7,
                              'strategy': 'dag', 'settings': {'strategy': 'dag'},
                              'start': '2026-03-01T11:00:00Z', 'end': '2026-03-01T11:00:35Z',
                              'endedBy': 'failure', 'reason': 'a ended as failed',
                              'verdicts': {'Fail': 1, 'N/A': 1},
                              'experiments': [
                                {'name': 'a', 'status': 'Completed', 'verdict': 'Fail'},
                                {'name': 'bb', 'status': 'Skipped', 'verdict': 'N/A'}],
                              'launches': [
                                {'slot': 0, 'iteration': 1, 'attempt': 1,
                                 'start': '2026-03-01T11:00:00Z', 'end': '2026-03-01T11:00:04Z',
                                 'outcome': 'error', 'why': 'nothing to wait for'},
                                {'slot': 0, 'iteration': 1, 'attempt': 2,
                                 'start': '2026-03-01T11:00:14.500Z', 'end': '2026-03-01T11:00:35Z',
                                 'outcome': 'failed', 'why': 'retry 1 of 1'}],
                              'skips': [{'slot': 1, 'why': 'a did not pass'}],
                              'skippedFires': [
                                {'from': '2026-03-01T12:00:00Z', 'to': '2026-03-01T13:00:00Z',
                                 'count': 2, 'reason': 'nobody was there'}]}]
                            """
                                    .replace('\'', '"'))
                    .orElseThrow();

    private static final Remembered ALL =
            new Remembered(RUNS, List.of("ConfigMap n/e-runs"), List.of("something"));

    private static final Instant NOW = Instant.parse("2026-03-02T06:00:01Z");

    private static String said(Consumer<PrintWriter> report) {
        var text = new StringWriter();
        report.accept(new PrintWriter(text));
        return text.toString();
    }

    @Test
    void aTableHasALineForEachRunAndOneForTheFiresThatStartedNone() {
        assertThat(said(out -> HistoryReport.table(ENGINE, ALL, false, NOW, out)))
                .isEqualTo(
                        """
                        RUN  STARTED                         FIRE                  TOOK   STRATEGY    SEED  VERDICTS       ENDED BY
                        1    2026-03-01T10:00:00Z (20h ago)  -                     1m29s  sequential  42    1 Pass         plan
                        2    2026-03-01T11:00:00Z (19h ago)  2026-03-01T11:00:00Z  35s    dag         7     1 Fail, 1 N/A  failure: a ended as failed
                             2 fires skipped, 2026-03-01T12:00:00Z to 2026-03-01T13:00:00Z: nobody was there

                        one of them in full: chaos-runner history e -n n --run 2
                        read from ConfigMap n/e-runs
                        not read: something
                        """);
    }

    @Test
    void oneRunIsShownWithEveryDecisionAndHowToMakeThemAgain() {
        assertThat(said(out -> HistoryReport.one(ENGINE, ALL, RUNS.run(2).orElseThrow(), NOW, out)))
                .isEqualTo(
                        """
                        run 2 (y) of ChaosEngine n/e

                          started   2026-03-01T11:00:00Z (19h ago), took 35s
                          fire      2026-03-01T11:00:00Z
                          strategy  dag, seed 7
                          settings  {"strategy":"dag"}
                          ended by  failure: a ended as failed
                          verdicts  1 Fail, 1 N/A

                          +0s     launch  a          error   after 4s     nothing to wait for
                          +14.5s  launch  a retry 1  failed  after 20.5s  retry 1 of 1
                                  skip    bb                              a did not pass

                          EXPERIMENT  VERDICT  STATUS
                          a           Fail     Completed
                          bb          N/A      Skipped

                             2 fires skipped, 2026-03-01T12:00:00Z to 2026-03-01T13:00:00Z: nobody was there

                          the same decisions again: chaos-runner run e -n n --set seed=7
                        read from ConfigMap n/e-runs
                        not read: something
                        """);
    }

    @Test
    void aRunOfWhichLittleWasKeptSaysSo() {
        assertThat(said(out -> HistoryReport.one(ENGINE, ALL, RUNS.run(1).orElseThrow(), NOW, out)))
                .contains("not everything was kept (summary)")
                .doesNotContain("EXPERIMENT", "settings");
    }

    @Test
    void anEngineWithoutRunsSaysSo() {
        var none = new Remembered(RunRecords.NONE, List.of(), List.of());
        assertThat(said(out -> HistoryReport.table(ENGINE, none, false, NOW, out)))
                .isEqualTo(
                        "no run of ChaosEngine n/e is recorded; begin one: chaos-runner run e -n n\n");
    }

    @Test
    void thePageShowsTheRecordsOfItsExampleAsTheProgramDoes() throws IOException {
        String page = Files.readString(Path.of("../docs/history.md"));
        JsonNode example =
                JsonMapper.shared().readTree(page.split("```json\n|\n```\n\\| field")[1]);
        RunRecords runs = RunRecords.read(example.path("runs").toString()).orElseThrow();
        var engine =
                new EngineRef(
                        example.path("namespace").asString(), example.path("engine").asString());
        List<String> sources =
                example.path("sources").valueStream().map(JsonNode::asString).toList();
        var all = new Remembered(runs, sources, List.of());
        Instant now = Instant.parse("2026-03-01T13:00:01Z");

        assertThat(page)
                .contains(said(out -> HistoryReport.table(engine, all, false, now, out)))
                .contains("--set seed=" + runs.run(11).orElseThrow().json().path("seed"));
        assertThat(
                        said(out ->
                                HistoryReport.one(
                                        engine, all, runs.run(12).orElseThrow(), now, out)))
                .contains("depends on nothing", "needs pod-delete.passed, but pod-delete failed");
    }

    @Test
    void machinesGetTheRecordsAsTheyAreStored() {
        JsonNode json =
                JsonMapper.shared()
                        .readTree(HistoryReport.json(ENGINE, ALL, RUNS.runs()).toString());
        assertThat(json.path("namespace").asString()).isEqualTo("n");
        assertThat(json.path("engine").asString()).isEqualTo("e");
        assertThat(json.path("sources").toString()).isEqualTo("[\"ConfigMap n/e-runs\"]");
        assertThat(json.path("problems").toString()).isEqualTo("[\"something\"]");
        assertThat(json.path("runs").toString())
                .isEqualTo(JsonMapper.shared().readTree(RUNS.text()).toString());
    }
}
