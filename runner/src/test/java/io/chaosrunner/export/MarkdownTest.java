package io.chaosrunner.export;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MarkdownTest {
    private static final int MEBIBYTE = 1 << 20;

    /** A code span: as many back-quotes before it as behind. */
    private static final Pattern SPAN = Pattern.compile("(?<!`)(`+)(?!`)(.+?)(?<!`)\\1(?!`)");

    private static String text(ReportedRun run) {
        return Markdown.of(List.of(run));
    }

    @Test
    void aSummaryTellsWhatCameOfEachExecutionAndWhereToLook() throws IOException {
        try (var in = MarkdownTest.class.getResourceAsStream("summary.md")) {
            assertThat(text(SampleRuns.run()))
                    .isEqualTo(new String(in.readAllBytes(), StandardCharsets.UTF_8));
        }
    }

    @Test
    void textsOfStrangersStandInCodeSpansOnly() {
        String text = text(SampleRuns.hostile());

        assertThat(text).contains("<script>");
        for (String line : text.lines().toList()) {
            String rest = SPAN.matcher(line).replaceAll("");
            assertThat(rest).as(line).doesNotContain("script", "http", "@all", "](", "::", "&amp;");
        }
        assertThat(text.lines().filter(line -> line.startsWith("|")).toList())
                .hasSize(5)
                .allSatisfy(line ->
                        assertThat(line.chars().filter(c -> c == '|').count()).isEqualTo(5));
        assertThat(text.chars()).noneMatch(c -> c < ' ' && c != '\n');
    }

    @ParameterizedTest
    @CsvSource({
        "plain,`plain`",
        "a`b,``a`b``",
        "`,`` ` ``",
        "``x,``` ``x ```",
        "'two\nlines',`two lines`",
        "'',–"
    })
    void noBackQuoteEndsItsCodeSpan(String text, String written) {
        assertThat(Markdown.code(text, 100)).isEqualTo(written);
    }

    @Test
    void whatThereIsNoRoomForIsSaid() {
        var experiments = new ArrayList<String>();
        for (int i = 0; i < 3_000; i++) {
            experiments.add(
                    "{'name': '%s', 'status': 'Completed', 'verdict': '%s'}"
                            .formatted("\\u202e".repeat(200), i % 2 == 0 ? "Pass" : "Fail"));
        }
        ReportedRun run =
                ReportedRun.of(
                                SampleRuns.ENGINE,
                                SampleRuns.UID,
                                SampleRuns.record(
                                        "{'start': '2026-03-01T10:30:00Z', 'end': '2026-03-01T10:30:00Z', 'experiments': [%s]}"
                                                .formatted(String.join(",", experiments))),
                                List.of())
                        .with(SampleRuns::hostileSaid);

        String text = text(run);

        assertThat(text.getBytes(StandardCharsets.UTF_8)).hasSizeLessThan(MEBIBYTE);
        assertThat(text).contains("And 2800 more, which are not shown.");
        assertThat(text).contains("more did not pass is not shown.");
        assertThat(text.lines().filter(line -> line.startsWith("| `")))
                .hasSize(200)
                .allMatch(line -> line.contains("❌ Fail"));
    }
}
