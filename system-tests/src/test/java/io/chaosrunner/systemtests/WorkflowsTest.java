package io.chaosrunner.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

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
    void actionlintFindsNothingInTheRecipeOfTheDocs() throws IOException {
        String page = Files.readString(ControlPlaneBinaries.sourceRoot().resolve("docs/ci.md"));
        int begin = page.indexOf("```yaml\nname:") + "```yaml\n".length();
        String recipe = page.substring(begin, page.indexOf("```", begin));
        Files.writeString(home.resolve("chaos.yml"), recipe);

        assertThat(recipe).startsWith("name: Chaos");
        assertThat(lint(home)).isEmpty();
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

    @Test
    void theImageIsBuiltWithThePomOfEachModule() throws IOException {
        Path root = ControlPlaneBinaries.sourceRoot();
        String dockerfile = Files.readString(root.resolve("deploy/image/Dockerfile"));
        List<String> modules =
                Pattern.compile("<module>([^<]+)</module>")
                        .matcher(Files.readString(root.resolve("pom.xml")))
                        .results()
                        .map(module -> module.group(1))
                        .toList();

        assertThat(modules).contains("runner", "deploy/release");
        assertThat(modules)
                .allSatisfy(module ->
                        assertThat(dockerfile)
                                .contains("COPY %1$s/pom.xml %1$s/\n".formatted(module)));
    }

    @Test
    void krewIsToldWhereEachArchiveIsAndItsChecksum() throws Exception {
        Files.writeString(home.resolve("chaos-runner-1.2.3-linux-x64.tar.gz"), "abc");
        Files.writeString(home.resolve("chaos-runner-1.2.3-linux-aarch64.tar.gz"), "");
        Process manifest =
                new ProcessBuilder(
                                ControlPlaneBinaries.sourceRoot()
                                        .resolve("deploy/krew/manifest")
                                        .toString(),
                                "some/fork",
                                "1.2.3",
                                home.toString())
                        .redirectOutput(home.resolve("chaos.yaml").toFile())
                        .redirectError(ProcessBuilder.Redirect.INHERIT)
                        .start();
        assertThat(manifest.waitFor()).isZero();

        JsonNode plugin =
                JsonMapper.shared()
                        .valueToTree(
                                (Object)
                                        new KubernetesSerialization()
                                                .unmarshal(
                                                        Files.readString(
                                                                home.resolve("chaos.yaml")),
                                                        Map.class));
        assertThat(plugin.at("/metadata/name").asString()).isEqualTo("chaos");
        assertThat(plugin.at("/spec/version").asString()).isEqualTo("v1.2.3");
        JsonNode amd64 = plugin.at("/spec/platforms/0");
        assertThat(amd64.at("/selector/matchLabels/arch").asString()).isEqualTo("amd64");
        assertThat(amd64.get("uri").asString())
                .isEqualTo(
                        "https://github.com/some/fork/releases/download/v1.2.3/chaos-runner-1.2.3-linux-x64.tar.gz");
        assertThat(amd64.get("sha256").asString())
                .isEqualTo("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assertThat(plugin.at("/spec/platforms/1/sha256").asString())
                .isEqualTo("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
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
