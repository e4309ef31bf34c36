package io.chaosrunner.export;

import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.export.GitHubAnnotations.Place;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class GitHubAnnotationsTest {

    @Test
    void whatDidNotPassIsShownBesideTheEnginesFile() {
        assertThat(
                        GitHubAnnotations.of(
                                SampleRuns.run(), Optional.of(new Place("chaos/engine.yaml", 7))))
                .containsExactly(
                        "::error file=chaos/engine.yaml,line=7,title=pod-delete%3A Fail::run 12 of litmus/nginx-chaos: failed at: ChaosInject: the target is gone; failed probe frontend is up",
                        "::error file=chaos/engine.yaml,line=7,title=loss #2%3A Error::run 12 of litmus/nginx-chaos: image example/loss:1 cannot be pulled");
    }

    @Test
    void withoutAFileThereIsATitleOnly() {
        assertThat(
                        GitHubAnnotations.of(
                                ReportedRun.ofNone(SampleRuns.ENGINE, List.of("100% of it, gone")),
                                Optional.empty()))
                .containsExactly("::error title=run of litmus/nginx-chaos::100%25 of it, gone");
    }

    @Test
    void noTextOfAStrangerBeginsACommandOrEndsATitle() {
        List<String> commands =
                GitHubAnnotations.of(
                        SampleRuns.hostile(),
                        Optional.of(new Place("a,title=x::b\n::error::y.yaml", 1)));

        assertThat(commands).hasSize(3);
        for (String command : commands) {
            assertThat(command).doesNotContain("\n", "\r", "\u001b");
            String properties = command.substring("::error ".length(), command.indexOf("::", 8));
            assertThat(properties).startsWith("file=a%2Ctitle=x%3A%3Ab%0A").doesNotContain(":");
            assertThat(properties.chars().filter(c -> c == ',').count()).isEqualTo(2);
        }
    }

    @Test
    void noMoreAreWrittenThanGitHubShows() {
        var problems = new ArrayList<String>();
        for (int i = 0; i < 50; i++) {
            problems.add("problem " + i);
        }

        List<String> commands =
                GitHubAnnotations.of(
                        ReportedRun.ofNone(SampleRuns.ENGINE, problems), Optional.empty());

        assertThat(commands).hasSize(10);
        assertThat(commands.getLast()).endsWith("41 more did not pass");
    }

    @Test
    void aGoodRunIsNotTold() {
        ReportedRun good =
                ReportedRun.of(
                        SampleRuns.ENGINE,
                        SampleRuns.UID,
                        SampleRuns.record(
                                "{'start': '2026-03-01T10:30:00Z', 'end': '2026-03-01T10:30:00Z', 'endedBy': 'plan'}"),
                        List.of());

        assertThat(GitHubAnnotations.of(good, Optional.empty())).isEmpty();
    }
}
