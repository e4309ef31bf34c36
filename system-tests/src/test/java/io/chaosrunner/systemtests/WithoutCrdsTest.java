package io.chaosrunner.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Each command that talks to a cluster, on one where nobody has installed Litmus. */
@NeedsControlPlane
@Timeout(600)
class WithoutCrdsTest {

    private static final List<String> COMMANDS =
            List.of(
                    "run -f " + example(),
                    "run -f " + example() + " --launch=operator",
                    "run first-run",
                    "list",
                    "list -A",
                    "wait first-run",
                    "stop first-run",
                    "history first-run",
                    "schedule --health-port=0");

    /** The object of the file that could not be stored. */
    private static final String PLACE =
            "\\S+/first-run.yaml:[0-9]+: ChaosExperiment default/pod-delete: ";

    private static Path example() {
        return ControlPlaneBinaries.sourceRoot().resolve("examples/first-run.yaml");
    }

    @Test
    void everyCommandSaysInOneSentenceThatTheCrdsAreMissing(@TempDir Path folder) {
        try (ControlPlane bare = ControlPlane.start(folder.resolve("no-crds"))) {
            for (String command : COMMANDS) {
                try (TerminalProcess process =
                        TerminalProcess.start(folder, bare.adminKubeconfig(), command.split(" "))) {
                    TerminalProcess.Said said = process.end();

                    assertThat(said.all().strip().lines())
                            .as(command)
                            .singleElement()
                            .asString()
                            .matches(
                                    "chaos-runner: "
                                            + (command.startsWith("run -f") ? PLACE : "")
                                            + "the API server at https://127.0.0.1:[0-9]+ does not serve .*; install Litmus' CRDs");
                    assertThat(said.exitCode()).as(command).isEqualTo(3);
                }
            }
        }
    }
}
