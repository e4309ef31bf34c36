package io.chaosrunner.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Tests of {@code .github/workflows}, which nothing runs before they are needed. */
@NeedsTools
@Timeout(300)
class WorkflowsTest {

    private static final Path FOLDER =
            ControlPlaneBinaries.sourceRoot().resolve(".github/workflows");

    @TempDir private Path home;

    @Test
    void actionlintFindsNothing() throws IOException {
        assertThat(lint(FOLDER)).isEmpty();
    }

    @Test
    void actionlintWouldFindASlip() throws IOException {
        Path slip = home.resolve("release.yml");
        Files.writeString(
                slip,
                Files.readString(FOLDER.resolve("release.yml"))
                        .replace(
                                "needs.version.outputs.version", "needs.versions.outputs.version"));

        assertThat(lint(home)).contains("versions");
    }

    @Test
    void whatIsReleasedIsMadeByTheReleaseBuild() throws IOException {
        String workflow = Files.readString(FOLDER.resolve("release.yml"));
        String assemble =
                Files.readString(
                        ControlPlaneBinaries.sourceRoot().resolve("deploy/release/assemble"));

        assertThat(List.of("chaos-runner.cdx.json", "RELEASE-NOTES.md", "SHA256SUMS"))
                .allMatch(workflow::contains)
                .allMatch(assemble::contains);
        assertThat(workflow).contains("chaos-runner-chart-$VERSION.tgz");
        assertThat(assemble).contains("chaos-runner-chart-$version.tgz");
        assertThat(workflow).contains("file: deploy/image/Dockerfile");
    }

    /** Lint all workflows of a folder; without the programs that it may find on a machine. */
    private String lint(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            List<String> workflows =
                    files.map(Path::toString).filter(name -> name.endsWith(".yml")).toList();
            return ToolProgram.ACTIONLINT
                    .run(
                            home,
                            Stream.concat(
                                            Stream.of("-no-color", "-shellcheck=", "-pyflakes="),
                                            workflows.stream())
                                    .toList())
                    .out();
        }
    }
}
