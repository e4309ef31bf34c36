package io.chaosrunner.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.chaosrunner.cluster.Cluster;
import io.chaosrunner.cluster.Fabric8Cluster;
import io.chaosrunner.export.HtmlReport;
import io.chaosrunner.export.SeenRun;
import io.chaosrunner.model.EngineRef;
import io.chaosrunner.sandbox.SandboxServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.api.parallel.Resources;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;

/**
 * The files that {@code run} reports a run in: there before it begins, and whatever comes of it.
 */
@ResourceLock(Resources.SYSTEM_OUT)
@ResourceLock(Resources.SYSTEM_ERR)
class ReportFilesTest {
    private static final Path EXAMPLES = Path.of("..", "examples");
    private static final EngineRef ENGINE = new EngineRef("litmus", "nginx-chaos");

    @TempDir Path folder;

    private static Said run(String example, String... more) {
        var words =
                new ArrayList<>(
                        List.of("run", "--sandbox", "--speed", "1000", "-o", "lines", "-f"));
        words.add(EXAMPLES.resolve(example).toString());
        words.addAll(List.of(more));
        return Said.by(words.toArray(String[]::new));
    }

    private List<Path> files() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.sorted().toList();
        }
    }

    @Test
    void aRunIsWrittenAsJUnitXmlAndAsMarkdown() throws IOException {
        Path junit = folder.resolve("junit.xml");
        Path summary = folder.resolve("summary.md");

        Said said =
                run("first-run.yaml", "--junit", junit.toString(), "--summary", summary.toString());

        assertThat(said.exitCode()).isZero();
        assertThat(junit)
                .content()
                .contains("tests=\"2\" failures=\"0\" errors=\"0\" skipped=\"0\"")
                .contains("name=\"pod-delete\"")
                .contains("<property name=\"seed\"")
                .contains("<property name=\"engine.uid\"")
                .doesNotContain("kubectl");
        assertThat(summary)
                .content()
                .startsWith("### ✅ Chaos run 1 of `")
                .contains("2 of 2 passed");
        assertThat(files()).containsExactly(junit, summary);
    }

    @Test
    void noCommandIsNamedThatMeantTheSandboxOfARun() {
        Path junit = folder.resolve("junit.xml");
        Path page = folder.resolve("page.html");

        Said said = run("first-run.yaml", "--junit", junit.toString(), "--report", page.toString());

        assertThat(said.exitCode()).isZero();

        for (Path report : List.of(junit, page)) {
            assertThat(report)
                    .content()
                    .contains("the sandbox that it ran in is gone")
                    .doesNotContain("chaos-runner run ");
        }
    }

    @Test
    void whatFailedIsAFailureThatSaysWhyAndTheExitCodeIsTheRuns() {
        Path junit = folder.resolve("junit.xml");

        Said said = run("failures.yaml", "--junit", junit.toString());

        assertThat(said.exitCode()).isEqualTo(1);
        assertThat(junit)
                .content()
                .contains("tests=\"5\" failures=\"4\"")
                .contains("ended with exit code 137: OOMKilled");
    }

    @Test
    void aFileThatCannotBeWrittenIsSaidBeforeAnythingIsLaunched() throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "");
        Path link = Files.createSymbolicLink(folder.resolve("link.xml"), file);
        Map<Path, String> problems =
                Map.of(
                        folder.resolve("no/junit.xml"),
                        "there is no folder " + folder.resolve("no"),
                        folder,
                        "it is a folder",
                        link,
                        "it is a link; name the file itself",
                        file.resolve("junit.xml"),
                        "");

        problems.forEach((path, why) -> {
            Said said = run("first-run.yaml", "--junit", path.toString());
            assertThat(said.exitCode()).isEqualTo(2);
            assertThat(said.err()).contains("--junit: cannot write " + path + ": " + why);
            assertThat(said.out()).isEmpty();
        });
        assertThat(files()).containsExactly(file, link);
    }

    @Test
    void oneFileIsNotTwoReports() {
        String file = folder.resolve("report").toString();

        Said said = run("first-run.yaml", "--junit", file, "--summary", folder + "/./report");

        assertThat(said.exitCode()).isEqualTo(2);
        assertThat(said.err()).contains("--summary: another report is written to that file");
    }

    @Test
    void whatNeverBeganIsAnErrorInPlaceOfAnEarlierRunsFile() throws IOException {
        Path junit = Files.writeString(folder.resolve("junit.xml"), "<testsuites/>");
        Path wrong = Files.writeString(folder.resolve("e.yaml"), "kind: List\nitems: []\n");

        Said said =
                Said.by("run", "--sandbox", "-f", wrong.toString(), "--junit", junit.toString());

        assertThat(said.exitCode()).isEqualTo(2);
        assertThat(junit).content().contains("errors=\"1\"").contains("e.yaml");
    }

    @Test
    void aClusterThatDoesNotAnswerIsAnErrorInTheReport() {
        Path junit = folder.resolve("junit.xml");

        Said said =
                Said.by(
                        "run",
                        "nginx",
                        "--kubeconfig",
                        folder.resolve("none").toString(),
                        "--junit",
                        junit.toString());

        assertThat(said.exitCode()).isEqualTo(2);
        assertThat(junit).content().contains("name=\"run of nginx\"").contains("errors=\"1\"");
    }

    @Test
    void aDryRunHasNothingToReport() {
        Said said = Said.by("run", "nginx", "--dry-run=server", "--junit", folder + "/junit.xml");

        assertThat(said.exitCode()).isEqualTo(2);
        assertThat(said.err()).contains("--dry-run runs nothing");
    }

    // ---- Beneath the command line --------------------------------------------------------------

    private final StringWriter problems = new StringWriter();

    private ReportFiles.Open open(Map<String, String> environment, String... options) {
        var files = new ReportFiles();
        CommandLine command = new CommandLine(files).setErr(new PrintWriter(problems, true));
        command.parseArgs(options);
        return files.open(command, "engine.yaml", environment);
    }

    @Test
    void whileTheRunGoesOnItsFileSaysThatNoEndWasSeen() throws IOException {
        Path junit = Files.writeString(folder.resolve("junit.xml"), "<testsuites/>");

        ReportFiles.Open open = open(Map.of(), "--junit", junit.toString());

        assertThat(junit).content().contains("errors=\"1\"").contains("its end was not seen");
        open.endWithout("the API server is gone");
        assertThat(junit).content().contains("the API server is gone");
    }

    /** It is what remains of a process that was killed, while what it launched goes on. */
    @Test
    void aFileWhoseRunHasNotEndedDoesNotSayThatNothingRan() throws IOException {
        Path html = folder.resolve("report.html");
        Path summary = folder.resolve("summary.md");

        open(Map.of(), "--report", html.toString(), "--summary", summary.toString());

        for (Path each : List.of(html, summary)) {
            assertThat(each)
                    .content()
                    .contains("its end was not seen")
                    .doesNotContain("did not run", "nothing is known to have run");
        }
    }

    @Test
    void whatEndsBeforeTheRunIsOfItsEngineOnceThatIsKnown() {
        Path junit = folder.resolve("junit.xml");

        Said said = run("first-run.yaml", "--only", "nothing-like-it", "--junit", junit.toString());

        assertThat(said.exitCode()).isEqualTo(2);
        assertThat(junit).content().containsPattern("classname=\"[a-z]+[.][a-z-]+\"");
    }

    @Test
    void aReportThatCannotBeWrittenAtTheEndLeavesTheVerdict() throws IOException {
        Path inner = Files.createDirectory(folder.resolve("inner"));
        Path junit = inner.resolve("junit.xml");
        ReportFiles.Open open = open(Map.of(), "--junit", junit.toString());
        Files.delete(junit);
        Files.delete(inner);

        try (SandboxServer server =
                        SandboxServer.start(
                                SandboxServer.Options.DEFAULT.withSchemas(new CrdSchemas()));
                Cluster cluster = Fabric8Cluster.connect(server.url())) {
            assertThat(open.end(cluster, ENGINE, ExitCode.NOT_PASSED))
                    .isEqualTo(ExitCode.NOT_PASSED);
            assertThat(open.end(cluster, ENGINE, ExitCode.OK)).isEqualTo(ExitCode.NOT_WRITTEN);
        }
        assertThat(problems.toString())
                .contains("the report --junit " + junit + " could not be written: there is no");
    }

    @Test
    void inGitHubActionsTheJobsSummaryIsAddedToAndErrorsAreAnnotated() throws IOException {
        Path step = Files.writeString(folder.resolve("step"), "before\n");
        PrintStream errors = System.err;
        var said = new ByteArrayOutputStream();
        System.setErr(new PrintStream(said, true, StandardCharsets.UTF_8));
        try {
            open(Map.of("GITHUB_STEP_SUMMARY", step.toString(), "GITHUB_ACTIONS", "true"))
                    .endWithout("50% of it, gone");
        } finally {
            System.setErr(errors);
        }

        assertThat(step).content().startsWith("before\n### ❌ Chaos run of `engine.yaml`");
        assertThat(said.toString(StandardCharsets.UTF_8))
                .isEqualTo("::error title=run of engine.yaml::50%25 of it, gone\n");
    }

    @Test
    void outsideOfGitHubActionsNothingIsWrittenThatNobodyAskedFor() throws IOException {
        PrintStream errors = System.err;
        var said = new ByteArrayOutputStream();
        System.setErr(new PrintStream(said, true, StandardCharsets.UTF_8));
        try {
            open(Map.of("GITHUB_ACTIONS", "", "GITHUB_STEP_SUMMARY", "")).endWithout("no");
        } finally {
            System.setErr(errors);
        }

        assertThat(said.toString(StandardCharsets.UTF_8)).isEmpty();
        assertThat(files()).isEmpty();
    }

    @Test
    void aWrongCommandLineIsAnErrorInPlaceOfAnEarlierRunsFile() throws IOException {
        Path junit = Files.writeString(folder.resolve("junit.xml"), "<testsuites/>");

        Said said = run("first-run.yaml", "--resume", "--junit", junit.toString());

        assertThat(said.exitCode()).isEqualTo(2);
        assertThat(junit).content().contains("errors=\"1\"").contains("no earlier run");
    }

    /** A bug in what reports a run is none of the run. */
    @Test
    void whatGoesWrongInAReportLeavesTheVerdict() {
        Path junit = folder.resolve("junit.xml");
        ReportFiles.Open open = open(Map.of(), "--junit", junit.toString());
        var broken =
                (Cluster)
                        Proxy.newProxyInstance(
                                Cluster.class.getClassLoader(),
                                new Class<?>[] {Cluster.class},
                                (proxy, method, arguments) -> {
                                    throw new IllegalStateException("a bug");
                                });

        assertThat(open.end(broken, ENGINE, ExitCode.NOT_PASSED)).isEqualTo(ExitCode.NOT_PASSED);
        assertThat(open.end(broken, ENGINE, ExitCode.OK)).isEqualTo(ExitCode.NOT_WRITTEN);
        assertThat(problems.toString()).contains("a bug");
        assertThat(junit).content().contains("errors=\"1\"");
    }

    @Test
    void whatGoesWrongInOneReportLeavesTheOthers() {
        Path html = folder.resolve("report.html");
        var broken =
                new ReportFiles.Target(
                        "--junit",
                        folder.resolve("junit.xml"),
                        runs -> {
                            throw new IllegalStateException("a bug");
                        });
        var open =
                new ReportFiles.Open(
                        List.of(broken, new ReportFiles.Target("--report", html, HtmlReport::of)),
                        Optional.empty(),
                        false,
                        false,
                        new SeenRun(Clock.systemUTC()),
                        "engine.yaml",
                        new CommandLine(new ReportFiles()).setErr(new PrintWriter(problems, true)));

        open.endWithout("the API server is gone");

        assertThat(html).content().contains("the API server is gone");
        assertThat(problems.toString()).contains("--junit").contains("a bug");
    }

    @Test
    void theJobsSummaryIsTriedBeforeTheRunIfItIsNamed() {
        String step = folder.resolve("no/step").toString();

        assertThatThrownBy(() -> open(Map.of("GITHUB_STEP_SUMMARY", step), "--summary", step))
                .isInstanceOf(ParameterException.class)
                .hasMessageContaining("--summary: cannot write " + step + ": there is no folder");
        assertThat(open(Map.of("GITHUB_STEP_SUMMARY", step))).isNotNull();
    }

    @Test
    void theJobsSummaryIsAReportThatWasAskedForIfItIsNamed() throws IOException {
        Path inner = Files.createDirectory(folder.resolve("inner"));
        Path step = inner.resolve("step");
        Map<String, String> environment = Map.of("GITHUB_STEP_SUMMARY", step.toString());
        ReportFiles.Open named = open(environment, "--summary", step.toString());
        ReportFiles.Open notNamed = open(environment);
        Files.deleteIfExists(step);
        Files.delete(inner);

        try (SandboxServer server =
                        SandboxServer.start(
                                SandboxServer.Options.DEFAULT.withSchemas(new CrdSchemas()));
                Cluster cluster = Fabric8Cluster.connect(server.url())) {
            assertThat(named.end(cluster, ENGINE, ExitCode.OK)).isEqualTo(ExitCode.NOT_WRITTEN);
            assertThat(notNamed.end(cluster, ENGINE, ExitCode.OK)).isEqualTo(ExitCode.OK);
        }
    }

    @Test
    void noReportTakesThePlaceOfTheJobsSummary() throws IOException {
        Path step = Files.writeString(folder.resolve("step"), "before\n");

        assertThatThrownBy(() ->
                        open(
                                Map.of("GITHUB_STEP_SUMMARY", step.toString()),
                                "--junit",
                                step.toString()))
                .isInstanceOf(ParameterException.class)
                .hasMessageContaining("--junit: another report is written to that file");
        assertThat(step).content().isEqualTo("before\n");
    }

    @Test
    void theJobsSummaryIsAddedToOnceIfItIsNamedToo() throws IOException {
        Path step = Files.writeString(folder.resolve("step"), "before\n");

        open(Map.of("GITHUB_STEP_SUMMARY", step.toString()), "--summary", step.toString())
                .endWithout("gone");

        assertThat(step).content().startsWith("before\n").containsOnlyOnce("### ");
    }

    @Test
    void aFileInAFolderThatThereIsNotIsNoUseOfTheOption() {
        assertThatThrownBy(() -> open(Map.of(), "--summary", folder + "/no/summary.md"))
                .isInstanceOf(ParameterException.class)
                .hasMessageContaining("--summary: cannot write");
    }
}
