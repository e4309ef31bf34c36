package io.chaosrunner.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.control.ExperimentReport;
import io.chaosrunner.model.Attempt;
import io.chaosrunner.model.EngineRef;
import io.chaosrunner.model.RunEnd;
import io.chaosrunner.model.RunId;
import io.chaosrunner.model.Verdict;
import io.chaosrunner.status.RunNotice;
import io.chaosrunner.status.StatusEntry;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.databind.json.JsonMapper;

/** What strangers write does not drive a terminal, nor a CI system. */
class PrintedTest {
    private static final Instant NOW = Instant.parse("2026-03-02T12:00:00Z");
    private static final Clock CLOCK = Clock.fixed(NOW, ZoneOffset.UTC);
    private static final EngineRef ENGINE = new EngineRef("n", "e");

    /** ESC, OSC 52, BEL, a C1 control, backspace, next line, bidi, separators, commands. */
    private static final String HOSTILE =
            "::error::x\u001b[31m\u001b]52;c;eA==\u0007\u009b2J\b\u0085\u202e\u2066\u2028\u2029\u200b\r"
                    + "\n::add-path::/tmp\n  ::stop-commands::x\n##vso[task]\n##[error]\n##teamcity[a]";

    private static final Pattern NOT_SHOWN =
            Pattern.compile("[\\p{Cc}\\p{Cf}\\p{Zl}\\p{Zp}&&[^\\n]]");

    private static void assertHarmless(String shown) {
        assertThat(NOT_SHOWN.matcher(shown).find()).as(shown).isFalse();
        assertThat(shown.lines())
                .isNotEmpty()
                .noneMatch(line -> line.stripLeading().startsWith("::"))
                .noneMatch(line -> line.contains("##[") || line.contains("##vso["))
                .noneMatch(line -> line.contains("##teamcity["));
    }

    private static List<RunNotice> notices() {
        var attempt = new Attempt(0, 0, 1, 1, NOW, Optional.empty());
        return List.of(
                new RunNotice.Waiting(HOSTILE),
                new RunNotice.Started(new RunId(1, "x"), HOSTILE, 7, List.of(HOSTILE, "b"), false),
                new RunNotice.Next(NOW.plusSeconds(9), HOSTILE),
                new RunNotice.Launched(attempt, HOSTILE, HOSTILE, HOSTILE, false),
                new RunNotice.Running(attempt, HOSTILE, HOSTILE, HOSTILE),
                new RunNotice.Stopping(attempt, HOSTILE, HOSTILE, HOSTILE),
                new RunNotice.Ended(
                        attempt,
                        HOSTILE,
                        HOSTILE,
                        HOSTILE,
                        entry(),
                        Duration.ofSeconds(1),
                        HOSTILE),
                new RunNotice.Skipped(1, HOSTILE, HOSTILE),
                new RunNotice.Warning(HOSTILE),
                new RunNotice.Finished(new RunEnd(RunEnd.Cause.PLAN, HOSTILE), List.of(entry())));
    }

    private static StatusEntry entry() {
        return new StatusEntry(HOSTILE, HOSTILE, HOSTILE, Verdict.FAIL);
    }

    @Test
    void aPassedTextIsHarmless() {
        var bytes = new ByteArrayOutputStream();
        var text = new StringWriter();
        Printed.to(new PrintStream(bytes, true, StandardCharsets.UTF_8)).println(HOSTILE);
        Printed.to(new PrintWriter(text)).println(HOSTILE);

        assertHarmless(bytes.toString(StandardCharsets.UTF_8));
        assertHarmless(text.toString());
        assertHarmless(Printed.line(HOSTILE));
        assertThat(bytes.toString(StandardCharsets.UTF_8))
                .startsWith("\\u003a:error::x\\u001b\\u005b31m".replace("\\u005b", "["))
                .contains(
                        "\\u202e", "\\u0085", "\n  \\u003a:stop-commands::x", "##vso\\u005btask]");
    }

    @Test
    void plainTextPassesAsItIsHoweverItIsCut() {
        String text = "größer – 日本語 🎉: a::b [x] # ##x\n  │ ├─ c\n";
        byte[] encoded = text.getBytes(StandardCharsets.UTF_8);
        for (int size = 1; size < 8; size++) {
            var bytes = new ByteArrayOutputStream();
            var words = new StringWriter();
            PrintStream stream = Printed.to(new PrintStream(bytes, true, StandardCharsets.UTF_8));
            PrintWriter writer = Printed.to(new PrintWriter(words));
            for (int i = 0; i < encoded.length; i += size) {
                stream.write(encoded, i, Math.min(size, encoded.length - i));
            }
            for (int i = 0; i < text.length(); i += size) {
                writer.write(text, i, Math.min(size, text.length() - i));
            }
            writer.flush();
            assertThat(bytes.toString(StandardCharsets.UTF_8)).isEqualTo(text);
            assertThat(words).hasToString(text);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "':'|'\\u003a'",
                "'a:'|'a:'",
                "'##[x'|'##\\u005bx'",
                "'a ##vso[x'|'a ##vso\\u005bx'",
                "'# #[x'|'# #[x'",
                "'##-[x'|'##-[x'",
            })
    void whatMakesACommandIsWrittenAsItsNumber(String text, String line) {
        assertThat(Printed.line(text)).isEqualTo(line);
        var out = new StringWriter();
        PrintWriter writer = Printed.to(new PrintWriter(out));
        text.chars().forEach(writer::write);
        writer.flush();
        assertThat(out).hasToString(line);
    }

    @ParameterizedTest
    @EnumSource
    void theLogIsHarmless(AuditLog.Format format) {
        var bytes = new ByteArrayOutputStream();
        var out = Printed.to(new PrintStream(bytes, true, StandardCharsets.UTF_8));
        var log = new AuditLog(out, CLOCK, ENGINE, format);
        notices().forEach(log::heard);
        log.note("trouble", HOSTILE);
        log.summary(
                List.of(new ExperimentReport(0, entry(), HOSTILE, HOSTILE, List.of(HOSTILE), true)),
                1);

        String said = bytes.toString(StandardCharsets.UTF_8);
        assertHarmless(said);
        assertThat(said.lines()).hasSize(notices().size() + 2);
        if (format == AuditLog.Format.JSON) {
            assertThat(said.lines().map(JsonMapper.shared()::readTree))
                    .anySatisfy(line ->
                            assertThat(line.path("message").asString("")).isEqualTo(HOSTILE));
        }
    }

    @ParameterizedTest
    @EnumSource
    void aLineOfTheLogIsBounded(AuditLog.Format format) {
        var bytes = new ByteArrayOutputStream();
        var log =
                new AuditLog(
                        new PrintStream(bytes, true, StandardCharsets.UTF_8), CLOCK, null, format);
        log.note("trouble", "x".repeat(1_800_000));

        assertThat(bytes.toString(StandardCharsets.UTF_8))
                .hasSizeLessThan(5_000)
                .contains("(1800000 characters)");
    }

    @Test
    void linesAreHarmless() {
        var bytes = new ByteArrayOutputStream();
        var lines = new ProgressLines(new PrintStream(bytes, true, StandardCharsets.UTF_8), CLOCK);
        notices().forEach(lines::heard);

        String said = bytes.toString(StandardCharsets.UTF_8);
        assertHarmless(said);
        assertThat(said.lines()).hasSize(notices().size());
    }

    @Test
    void theTreeIsHarmless() {
        var board = new RunBoard(ENGINE, ZoneOffset.UTC, Colours.PLAIN, NOW);
        for (RunNotice notice : notices()) {
            board.heard(notice);
            List<String> lines = board.lines(NOW, 200, 50);
            assertThat(lines).noneMatch(line -> line.contains("\n"));
            assertHarmless(String.join("\n", lines));
        }
    }

    @Test
    void theSummaryIsHarmless() {
        List<String> lines =
                new RunSummary(
                                ENGINE,
                                List.of(
                                        new ExperimentReport(
                                                0,
                                                entry(),
                                                HOSTILE,
                                                HOSTILE,
                                                List.of(HOSTILE),
                                                true)),
                                true)
                        .lines(Colours.PLAIN);
        assertThat(lines).noneMatch(line -> line.contains("\n"));
        assertHarmless(String.join("\n", lines));
    }

    @Test
    void aStepThatIsAMillionBlanksIsShownAtOnce() {
        String blanks = " ".repeat(1_000_000) + "x";
        var board = new RunBoard(ENGINE, ZoneOffset.UTC, Colours.PLAIN, NOW);
        board.heard(new RunNotice.Warning(blanks));

        assertThat(board.lines(NOW, 80, 24)).isNotEmpty();
        assertThat(
                        new RunSummary(
                                        ENGINE,
                                        List.of(
                                                new ExperimentReport(
                                                        0,
                                                        entry(),
                                                        HOSTILE,
                                                        blanks,
                                                        List.of(blanks),
                                                        true)),
                                        true)
                                .lines(Colours.PLAIN))
                .isNotEmpty();
    }
}
