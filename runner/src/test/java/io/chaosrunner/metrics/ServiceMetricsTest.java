package io.chaosrunner.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.claim.Claim;
import io.chaosrunner.claim.FireLedger.Skipped;
import io.chaosrunner.claim.SkipCause;
import io.chaosrunner.cluster.ClusterMeter;
import io.chaosrunner.cluster.Resource;
import io.chaosrunner.model.Attempt;
import io.chaosrunner.model.EngineRef;
import io.chaosrunner.model.Fire;
import io.chaosrunner.model.RunEnd;
import io.chaosrunner.model.Verdict;
import io.chaosrunner.status.RunListener;
import io.chaosrunner.status.RunNotice;
import io.chaosrunner.status.StatusEntry;
import io.chaosrunner.strategy.Outcome;
import io.chaosrunner.testing.Engines;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests of {@link ServiceMetrics}: what is counted, and that its list in the docs is true. */
class ServiceMetricsTest {
    private static final Instant NOON = Instant.parse("2026-03-02T12:00:00Z");
    private static final EngineRef ENGINE = new EngineRef("shop", "nightly");
    private static final Pattern ROW =
            Pattern.compile("^\\| `(chaosrunner_[a-z_]+)` \\| (\\w+) \\|(.*)$");
    private static final Pattern NAME = Pattern.compile("chaosrunner_[a-z_]+");
    private static final Pattern LABEL = Pattern.compile("([a-z_]+)=\"");

    private final ServiceMetrics metrics = new ServiceMetrics("1.2.3", () -> 7);

    @Test
    void firesAreCountedByCauseAndTheScheduleIsJudgedByItsOwn() {
        metrics.fired(ENGINE, new Fire(NOON, "x"), NOON, NOON.plusMillis(1_500));
        metrics.fired(
                ENGINE,
                new Fire(NOON, "x", new Fire.Cause(Fire.Kind.TRIGGER, "t", "me", "")),
                NOON,
                NOON.plusSeconds(90));

        assertThat(value("chaosrunner_fires_started_total{cause=\"schedule\"}")).isEqualTo("1.0");
        assertThat(value("chaosrunner_fires_started_total{cause=\"trigger\"}")).isEqualTo("1.0");
        assertThat(value("chaosrunner_fires_started_total{cause=\"backfill\"}")).isEqualTo("0.0");
        assertThat(value("chaosrunner_schedule_skew_seconds_sum")).isEqualTo("1.5");
        assertThat(value("chaosrunner_schedule_skew_seconds_bucket{le=\"1.0\"}")).isEqualTo("0");
        assertThat(value("chaosrunner_schedule_skew_seconds_bucket{le=\"2.5\"}")).isEqualTo("1");
    }

    @Test
    void whatIsSkippedTogetherCountsEach() {
        metrics.skipped(ENGINE, new Skipped(NOON, "run 1 was still going on", SkipCause.OVERLAP));
        metrics.skipped(
                ENGINE,
                new Skipped(NOON, NOON.plusSeconds(60), 12, "late", SkipCause.MISSED, false));

        assertThat(value("chaosrunner_fires_skipped_total{reason=\"overlap\"}")).isEqualTo("1.0");
        assertThat(value("chaosrunner_fires_skipped_total{reason=\"missed\"}")).isEqualTo("12.0");
        assertThat(value("chaosrunner_fires_skipped_total{reason=\"holiday\"}")).isEqualTo("0.0");
    }

    @Test
    void aRunIsCountedByItsOutcomeAndItsExperimentsByTheirVerdicts() {
        metrics.ended(
                ENGINE,
                finished(RunEnd.Cause.PLAN),
                List.of(
                        StatusEntry.completed("a", "p", Verdict.PASS),
                        StatusEntry.completed("b", "p", Verdict.PASS)));
        metrics.ended(
                ENGINE,
                finished(RunEnd.Cause.PLAN),
                List.of(
                        StatusEntry.completed("a", "p", Verdict.PASS),
                        StatusEntry.completed("b", "p", Verdict.ERROR)));
        metrics.ended(
                ENGINE,
                finished(RunEnd.Cause.ABORT),
                List.of(StatusEntry.waiting("a").aborted(), StatusEntry.leftOut("b")));

        assertThat(value("chaosrunner_runs_total{outcome=\"passed\"}")).isEqualTo("1.0");
        assertThat(value("chaosrunner_runs_total{outcome=\"failed\"}")).isEqualTo("1.0");
        assertThat(value("chaosrunner_runs_total{outcome=\"stopped\"}")).isEqualTo("1.0");
        assertThat(value("chaosrunner_executions_total{verdict=\"pass\"}")).isEqualTo("3.0");
        assertThat(value("chaosrunner_executions_total{verdict=\"error\"}")).isEqualTo("1.0");
        assertThat(value("chaosrunner_executions_total{verdict=\"stopped\"}")).isEqualTo("1.0");
        assertThat(value("chaosrunner_run_duration_seconds_count")).isEqualTo("3");
        assertThat(value("chaosrunner_run_duration_seconds_sum")).isEqualTo("270.0");
    }

    @Test
    void whatARunOfThisProcessTellsIsTimed() {
        RunListener run = metrics.run(ENGINE);
        var attempt = new Attempt(0, 0, 1, 1, NOON, Optional.empty());
        run.heard(
                new RunNotice.Launched(
                        attempt, "a", "job", "", false, Optional.of(Duration.ofMillis(300))));
        // What an earlier process launched, nobody here waited for.
        run.heard(new RunNotice.Launched(attempt, "b", "job", "", true));
        var end = new Attempt.End(NOON.plusMillis(60_300), Outcome.PASSED, false);
        run.heard(
                new RunNotice.Ended(
                        attempt.ended(end),
                        "a",
                        "job",
                        "pod",
                        StatusEntry.completed("a", "pod", Verdict.PASS),
                        Duration.ofMillis(61_300),
                        ""));
        run.heard(new RunNotice.Wrote(4));
        run.heard(new RunNotice.Wrote(1));

        assertThat(value("chaosrunner_job_launch_seconds_sum")).isEqualTo("0.3");
        assertThat(value("chaosrunner_job_launch_seconds_count")).isEqualTo("1");
        assertThat(value("chaosrunner_verdict_seconds_sum")).isEqualTo("1.0");
        assertThat(value("chaosrunner_engine_writes_total")).isEqualTo("2.0");
        assertThat(value("chaosrunner_engine_changes_total")).isEqualTo("5.0");
    }

    /** Clocks are set, of which a histogram must not hear. */
    @Test
    void noTimeIsLessThanNothing() {
        metrics.fired(ENGINE, new Fire(NOON, "x"), NOON, NOON.minusSeconds(60));

        assertThat(value("chaosrunner_schedule_skew_seconds_sum")).isEqualTo("0.0");
        assertThat(value("chaosrunner_schedule_skew_seconds_bucket{le=\"0.05\"}")).isEqualTo("1");
    }

    @Test
    void requestsAreCountedByVerbAndCode() {
        metrics.asked("GET", 200);
        metrics.asked("PATCH", 409);
        metrics.asked("GET", ClusterMeter.NO_ANSWER);
        metrics.watchesAgain(Resource.ENGINES);

        assertThat(value("chaosrunner_api_requests_total{code=\"200\",verb=\"GET\"}"))
                .isEqualTo("1.0");
        assertThat(value("chaosrunner_api_requests_total{code=\"409\",verb=\"PATCH\"}"))
                .isEqualTo("1.0");
        assertThat(value("chaosrunner_api_requests_total{code=\"none\",verb=\"GET\"}"))
                .isEqualTo("1.0");
        assertThat(value("chaosrunner_watch_restarts_total{resource=\"chaosengines\"}"))
                .isEqualTo("1.0");
    }

    @Test
    void oneLeadsOrStandsBy() {
        assertThat(value("chaosrunner_leader")).isEqualTo("0.0");
        metrics.leads(true);
        assertThat(value("chaosrunner_leader")).isEqualTo("1.0");
        metrics.leads(false);
        assertThat(value("chaosrunner_leader")).isEqualTo("0.0");
        assertThat(value("chaosrunner_engines_driven")).isEqualTo("7.0");
        assertThat(value("chaosrunner_build_info{version=\"1.2.3\"}")).isEqualTo("1");
    }

    /** Whoever writes engines, verdicts or codes by the thousand makes no thousand series. */
    @Test
    void nothingThatIsInAClusterMakesASeries() throws IOException {
        for (int i = 0; i < 2_000; i++) {
            var engine = new EngineRef("n" + i, "e" + i);
            metrics.fired(engine, new Fire(NOON, "s" + i), NOON, NOON);
            metrics.skipped(engine, new Skipped(NOON, "reason " + i, SkipCause.OTHER));
            metrics.ended(
                    engine,
                    finished(RunEnd.Cause.PLAN),
                    List.of(StatusEntry.completed("x" + i, "p", Verdict.PASS)));
            metrics.asked("VERB" + i, i);
        }
        for (String verb : List.of("GET", "POST", "PUT", "PATCH", "DELETE", "WATCH", "LOG")) {
            for (int code = 0; code < 1_000; code++) {
                metrics.asked(verb, code);
            }
        }
        for (Resource resource : Resource.values()) {
            metrics.watchesAgain(resource);
        }
        String text = new String(metrics.text(), StandardCharsets.UTF_8);
        Matcher bound =
                Pattern.compile("at most (\\d+) series")
                        .matcher(Files.readString(Path.of("../docs/tracing-and-monitoring.md")));

        assertThat(bound.find()).isTrue();
        assertThat(text.lines().filter(line -> !line.startsWith("#")))
                .hasSizeLessThanOrEqualTo(Integer.parseInt(bound.group(1)));
        assertThat(text).contains("{code=\"4xx\"", "{code=\"5xx\"", "{code=\"none\"");
    }

    @Test
    void theListInTheDocsIsWhatThereIs() throws IOException {
        for (Verdict verdict : Verdict.values()) {
            metrics.ended(
                    ENGINE,
                    finished(RunEnd.Cause.PLAN),
                    List.of(StatusEntry.completed("a", "p", verdict)));
        }
        metrics.asked("GET", 200);
        metrics.watchesAgain(Resource.ENGINES);
        var exposed = new TreeSet<String>();
        String name = "";
        String type = "";
        for (String line : new String(metrics.text(), StandardCharsets.UTF_8).lines().toList()) {
            String[] words = line.split(" ", 4);
            if (line.startsWith("# TYPE ")) {
                name = words[2];
                type = words[3];
            } else if (!line.startsWith("#")) {
                var labels = new TreeSet<String>();
                Matcher label = LABEL.matcher(line);
                while (label.find()) {
                    if (!label.group(1).equals("le")) {
                        labels.add(label.group(1));
                    }
                }
                exposed.add("%s %s %s".formatted(name, type, labels));
            }
        }
        var documented = new ArrayList<String>();
        for (String line : Files.readAllLines(Path.of("../docs/tracing-and-monitoring.md"))) {
            Matcher row = ROW.matcher(line);
            if (row.matches()) {
                var labels = new TreeSet<String>();
                Matcher label = Pattern.compile("`([a-z]+)`:").matcher(row.group(3));
                while (label.find()) {
                    labels.add(label.group(1));
                }
                documented.add("%s %s %s".formatted(row.group(1), row.group(2), labels));
            }
        }
        assertThat(documented).containsExactlyInAnyOrderElementsOf(exposed);
    }

    /** A reason that is a value in the program is one in the docs. */
    @Test
    void everyReasonIsInTheDocs() throws IOException {
        String page = Files.readString(Path.of("../docs/tracing-and-monitoring.md"));

        for (SkipCause cause : SkipCause.values()) {
            assertThat(page).contains("`" + cause.word() + "`");
        }
    }

    /** A new reason must be classified: whether a schedule asks for it, or somebody must look. */
    private static boolean wakesSomebody(SkipCause cause) {
        return switch (cause) {
            case MISSED, NO_POD, HOLIDAY_UNKNOWN, FORBIDDEN -> true;
            case OVERLAP, LATER_FIRE, SUSPENDED, HOLIDAY, CLOSED, CHANGED, OTHER -> false;
        };
    }

    @Test
    void whatNoScheduleAsksForRaisesAnAlertWhichIsTested() throws IOException {
        Matcher asked =
                Pattern.compile("fires_skipped_total\\{reason=~\"([a-z_|]+)\"}")
                        .matcher(deployed("alerts.yaml"));
        List<String> reasons =
                Arrays.stream(SkipCause.values())
                        .filter(ServiceMetricsTest::wakesSomebody)
                        .map(SkipCause::word)
                        .toList();

        assertThat(asked.find()).isTrue();
        assertThat(asked.group(1).split("\\|", -1)).containsExactlyInAnyOrderElementsOf(reasons);
        assertThat(reasons)
                .allSatisfy(reason ->
                        assertThat(deployed("alerts-test.yaml"))
                                .contains("{severity: warning, reason: " + reason + "}"));
    }

    /** A query may find 0 also of a metric that there is not; so names are looked up. */
    @ParameterizedTest
    @ValueSource(strings = {"alerts.yaml", "alerts-test.yaml", "dashboard.json"})
    void whatIsAskedInDeployIsExposed(String file) throws IOException {
        metrics.asked("GET", 200);
        Set<String> exposed = new HashSet<>();
        new String(metrics.text(), StandardCharsets.UTF_8)
                .lines()
                .filter(line -> !line.startsWith("#"))
                .forEach(line -> exposed.add(line.split("[{ ]", 2)[0]));

        assertThat(NAME.matcher(deployed(file)).results().map(MatchResult::group))
                .hasSizeGreaterThan(5)
                .isSubsetOf(exposed);
    }

    private static String deployed(String file) throws IOException {
        return Files.readString(Path.of("../deploy/observability", file));
    }

    private String value(String series) {
        return new String(metrics.text(), StandardCharsets.UTF_8)
                .lines()
                .filter(line -> line.startsWith(series + " "))
                .map(line -> line.substring(series.length() + 1))
                .findFirst()
                .orElse("");
    }

    private static Claim finished(RunEnd.Cause cause) {
        Claim running = Engines.claim(Claim.State.RUNNING);
        return running.endingBy(cause.word(), "").finished(running.runStart().plusSeconds(90), "");
    }
}
