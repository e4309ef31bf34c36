package io.chaosrunner.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.sandbox.SandboxServer;
import io.chaosrunner.testing.SandboxTexts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.api.parallel.Resources;

/** Lists of holidays as {@code next} and {@code validate} show them. */
@Timeout(600)
@ResourceLock(Resources.SYSTEM_OUT)
@ResourceLock(Resources.SYSTEM_ERR)
class HolidaysAtTheTerminalTest {
    private static final String ENGINE =
            """
            apiVersion: litmuschaos.io/v1alpha1
            kind: ChaosEngine
            metadata:
              name: nginx
              namespace: default
              annotations:
                chaosrunner.io/schedule: "{cron: '0 3 * * *', holidays: office}"
            spec:
              engineState: stop
              chaosServiceAccount: chaos
              experiments: [{name: a}]
            """;

    private static final String LIST =
            """
            apiVersion: v1
            kind: ConfigMap
            metadata: {name: office, namespace: default}
            data: {days: "2026-12-25 Christmas"}
            """;

    @TempDir private Path folder;

    @Test
    void aListAmongTheFilesIsLeftOut() throws IOException {
        Said said = next(ENGINE + "---\n" + LIST);

        assertThat(said.exitCode()).isZero();
        assertThat(said.out())
                .contains("not Fri 2026-12-25 03:00:00", "holiday: Christmas (office)")
                .contains("Sat 2026-12-26 03:00:00")
                .doesNotContain("\nFri 2026-12-25");
        assertThat(said.err())
                .contains("the last holiday of ConfigMap office is on 2026-12-25; does it know");
    }

    @Test
    void aListThatIsNotAmongThemIsSaid() throws IOException {
        Said said = next(ENGINE + "---\n" + LIST.replace("namespace: default", "namespace: other"));

        assertThat(said.exitCode()).isZero();
        assertThat(said.out()).contains("Fri 2026-12-25 03:00:00");
        assertThat(said.err())
                .contains(
                        "the holidays of ConfigMap office are not left out here: it is not among");
    }

    @Test
    void aDamagedListIsSaidByPreviewAndValidationWithItsLine() throws IOException {
        String damaged = ENGINE + "---\n" + LIST.replace("2026-12-25", "25.12.2026");

        Said said = next(damaged);
        assertThat(said.exitCode()).isEqualTo(ExitCode.INVALID);
        assertThat(said.out())
                .contains(
                        "Nothing starts: holidays are not known: ",
                        "days: line 1: '25.12.2026'",
                        "Which of these fires are on holidays is not known",
                        "Fri 2026-12-25 03:00:00");
        assertThat(Said.by("next", "-f", file(damaged), "-o", "json").out())
                .contains("\"uncertain\" : true");
        Said validated = Said.by("validate", "-f", file(damaged));
        assertThat(validated.exitCode()).isEqualTo(ExitCode.INVALID);
        assertThat(validated.out())
                .contains(":16: error: data: days: line 1: '25.12.2026' is not a date");
        assertThat(
                        Said.by("validate", "-f", file(damaged.replace(", holidays: office", "")))
                                .exitCode())
                .as("whoever names it not may write what he likes")
                .isZero();
    }

    @Test
    void ofAnEngineInTheClusterTheListsOfItsNamespaceAreRead() throws IOException {
        try (SandboxServer server =
                SandboxServer.start(SandboxServer.Options.DEFAULT.withSchemas(new CrdSchemas()))) {
            SandboxTexts.load(server, ENGINE);
            server.ensureExperiments("default", "nginx");
            String config = SandboxKubeconfig.in(folder, server.url()).toString();
            Said missing = Said.by("--kubeconfig", config, "next", "nginx");
            assertThat(missing.exitCode()).isEqualTo(ExitCode.INVALID);
            assertThat(missing.out())
                    .contains(
                            "Nothing starts: holidays are not known: ConfigMap office: there is none in namespace default");

            SandboxTexts.load(server, LIST);
            Said said =
                    Said.by(
                            "--kubeconfig",
                            config,
                            "next",
                            "nginx",
                            "--from",
                            "2026-12-24T12:00:00Z");
            assertThat(said.exitCode()).isZero();
            assertThat(said.out())
                    .contains("holiday: Christmas (office)")
                    .doesNotContain("Nothing");
            assertThat(Said.by("--kubeconfig", config, "validate", "nginx").exitCode()).isZero();
        }
    }

    private Said next(String text) throws IOException {
        return Said.by("next", "-f", file(text), "--from", "2026-12-24T12:00:00Z");
    }

    private String file(String text) throws IOException {
        return Files.writeString(folder.resolve("engine.yaml"), text).toString();
    }
}
