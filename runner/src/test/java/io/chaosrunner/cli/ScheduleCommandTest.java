package io.chaosrunner.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.api.parallel.Resources;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How the service decides, by its words alone, who carries out runs. */
@ResourceLock(Resources.SYSTEM_OUT)
@ResourceLock(Resources.SYSTEM_ERR)
class ScheduleCommandTest {
    /** Nothing answers there: whoever gets so far has understood the words. */
    private static final List<String> NOWHERE = List.of("--kubeconfig=/nowhere/kubeconfig");

    @ParameterizedTest
    @ValueSource(
            strings = {
                "-A",
                "-n a,b",
                "-n a -n b",
                "-A --runner-account=x",
                "-n a,b --most-runs=3"
            })
    void severalNamespacesNeedAnImageForTheirPodsOrAWordThatTheyShareTheProcess(String words) {
        Said said = said(words);

        assertThat(said.exitCode()).isEqualTo(ExitCode.INVALID);
        assertThat(said.err()).contains("--runner-image").contains("--launch=direct");
    }

    @ParameterizedTest
    @ValueSource(strings = {"--launch=pod", "--launch=pod -n a --runner-image="})
    void podsNeedAnImage(String words) {
        Said said = said(words);

        assertThat(said.exitCode()).isEqualTo(ExitCode.INVALID);
        assertThat(said.err()).contains("--launch=pod needs --runner-image");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "-n a",
                "-n a,a",
                "-A --launch=direct",
                "-n a,b --launch=operator",
                "-n a,b --runner-image=r",
                "--launch=POD --runner-image=r"
            })
    void whatIsSaidClearlyIsUnderstood(String words) {
        assertThat(said(words).err())
                .doesNotContain("--runner-image")
                .contains("/nowhere/kubeconfig");
    }

    private static Said said(String words) {
        return Said.by(
                Stream.of(
                                Stream.of("schedule"),
                                NOWHERE.stream(),
                                Stream.of(words.split(" ")).filter(word -> !word.isEmpty()))
                        .flatMap(all -> all)
                        .toArray(String[]::new));
    }
}
