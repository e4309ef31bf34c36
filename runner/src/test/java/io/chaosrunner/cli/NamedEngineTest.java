package io.chaosrunner.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.sandbox.SandboxServer;
import io.chaosrunner.testing.SandboxTexts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.api.parallel.Resources;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/** What is asked of an engine that is in the cluster, and of parts of it. */
@Timeout(600)
@ResourceLock(Resources.SYSTEM_OUT)
@ResourceLock(Resources.SYSTEM_ERR)
class NamedEngineTest {
    private static final String ENGINE =
            """
            apiVersion: litmuschaos.io/v1alpha1
            kind: ChaosEngine
            metadata:
              name: nginx
              namespace: default
              annotations:
                chaosrunner.io/schedule: "{cron: '0 3 * * *'}"
            spec:
              engineState: stop
              chaosServiceAccount: chaos
              experiments:
                - {name: a}
                - name: b
                  spec: {components: {experimentAnnotations: {sandbox.chaosrunner.io/scenario: verdict=Fail}}}
                - {name: c}
            """;

    @TempDir private Path folder;
    private SandboxServer server;
    private Path kubeconfig;

    @BeforeEach
    void start() throws IOException {
        server =
                SandboxServer.start(
                        SandboxServer.Options.DEFAULT.withSchemas(new CrdSchemas()).withSpeed(50));
        SandboxTexts.load(server, ENGINE);
        server.ensureExperiments("default", "nginx");
        kubeconfig = SandboxKubeconfig.in(folder, server.url());
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private Said say(String... arguments) {
        var all = new ArrayList<>(List.of(arguments));
        all.add("--kubeconfig=" + kubeconfig);
        return Said.by(all.toArray(String[]::new));
    }

    @Test
    void itIsPlannedPreviewedAndValidatedByItsName() {
        assertThat(say("plan", "nginx").out()).contains("a  ", "b  ", "c  ", "over after 15m");
        assertThat(say("next", "nginx", "--count", "2").out().lines()).hasSize(3);
        Said validated = say("validate", "nginx");
        assertThat(validated.exitCode()).as(validated.toString()).isZero();
        assertThat(validated.out()).contains("in 4 objects");
    }

    /** Nobody wrote what a run left there, so there is no file to remove it from. */
    @Test
    void whatARunLeftOnTheEngineIsNoFindingOfValidate() {
        say("run", "nginx");
        assertThat(say("get", "nginx", "-o", "json").out()).contains("finished");

        Said validated = say("validate", "nginx", "--strict");

        assertThat(validated.out()).isEqualToIgnoringNewLines("nothing wrong in 4 objects");
        assertThat(validated.exitCode()).isZero();
    }

    @Test
    void aNameThatIsNotThereIsSaidWithWhatThereIs() {
        for (String command : List.of("plan", "next", "validate")) {
            Said said = say(command, "ngnix");
            assertThat(said.exitCode()).isEqualTo(ExitCode.CLUSTER);
            assertThat(said.err()).contains("did you mean 'nginx'?");
            assertThat(say(command).exitCode()).isEqualTo(ExitCode.INVALID);
            assertThat(say(command, "nginx", "-f", "x").exitCode()).isEqualTo(ExitCode.INVALID);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "'', ENGINE is empty",
        "a/b, did you mean 'b'?",
        "chaosengine.litmuschaos.io/nginx, did you mean 'nginx'?",
        "../../pods, did you mean 'pods'?",
        ".., is no name",
        "a%2Fb, is no name"
    })
    void aNameThatNothingCanHaveIsRefusedByEveryCommand(String name, String why) {
        for (String command :
                List.of(
                        "plan",
                        "next",
                        "validate",
                        "run",
                        "get",
                        "history",
                        "logs",
                        "stop",
                        "wait",
                        "trigger",
                        "report")) {
            Said said = say(command, name);
            assertThat(said.exitCode()).as(command + said).isEqualTo(ExitCode.INVALID);
            assertThat(said.err()).as(command).contains(why).doesNotContain("\tat ");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a b", "A", "a/b", "../default", "-x", "ä", "a%20b", "a?b", "a.b"})
    void aNamespaceThatThereCannotBeIsRefusedByEveryCommand(String namespace) {
        for (String command : List.of("plan", "run", "get", "history", "logs", "stop", "list")) {
            Said said =
                    command.equals("list")
                            ? say(command, "-n=" + namespace)
                            : say(command, "nginx", "-n=" + namespace);
            assertThat(said.exitCode()).as(command + said).isEqualTo(ExitCode.INVALID);
            assertThat(said.err()).as(command).contains("-n").doesNotContain("\tat ");
        }
    }

    @Test
    void aNamespaceOfAFileThatThereCannotBeIsNoBug() throws IOException {
        for (String namespace : List.of("a b", "a/b", "../default", "ä", "a%20b", "a?b")) {
            Path file =
                    Files.writeString(
                            folder.resolve("engine.yaml"),
                            ENGINE.replace(
                                    "namespace: default", "namespace: '%s'".formatted(namespace)));
            Said said = say("run", "-f", file.toString());
            assertThat(said.exitCode()).as(said.toString()).isIn(2, 3);
            assertThat(said.err()).doesNotContain("\tat ", "this is a bug");
        }
    }

    @Test
    void onlyWhatIsNamedIsRunInTheEnginesOrder() {
        Said said = say("run", "nginx", "--only", "c,a");

        assertThat(said.exitCode()).as(said.toString()).isZero();
        assertThat(said.out()).contains("2 of 2 passed").doesNotContain("  b  ");
        assertThat(said.out().indexOf("launch   a ")).isLessThan(said.out().indexOf("launch   c "));
    }

    @Test
    void whatDidNotPassIsRunAgain() {
        assertThat(say("run", "nginx", "--failed").err()).contains("no run of ChaosEngine");
        assertThat(say("run", "nginx").exitCode()).isEqualTo(ExitCode.NOT_PASSED);

        Said again = say("run", "nginx", "--failed");

        assertThat(again.exitCode()).isEqualTo(ExitCode.NOT_PASSED);
        assertThat(again.out()).contains("0 of 1 passed").doesNotContain("launch   a ");
        assertThat(say("run", "nginx", "--only", "a").exitCode()).isZero();
        Said nothing = say("run", "nginx", "--failed");
        assertThat(nothing.exitCode()).isEqualTo(ExitCode.INVALID);
        assertThat(nothing.err()).contains("passed; there is nothing to run");
    }

    @Test
    void whatCannotBeChosenIsRefusedBeforeAnythingIsStored() {
        assertThat(say("run", "nginx", "--only", "d").err()).contains("lists no experiment 'd'");
        assertThat(say("run", "nginx", "--only", "a", "--failed").err()).contains("contradict");
        assertThat(say("run", "nginx", "--only", "a", "--resume").err()).contains("new run");
        assertThat(say("list").out()).contains("idle").doesNotContain("finished");
    }

    @Test
    void whatThereIsIsShownInEachForm() {
        assertThat(say("run", "nginx").exitCode()).isEqualTo(ExitCode.NOT_PASSED);

        assertThat(say("list", "-o", "name").out()).isEqualTo("chaosengine.litmuschaos.io/nginx\n");
        assertThat(say("list", "-o", "wide").out()).contains("SEED", "RUN ID", "REASON");
        assertThat(say("list").out()).contains("AGE").doesNotContain("SEED", "REASON");
        assertThat(say("get", "nginx").out())
                .contains("engine", "nginx", "EXPERIMENT", "b           Completed  Fail");
        assertThat(say("get", "nginx", "-o", "name").out())
                .isEqualTo("chaosengine.litmuschaos.io/nginx\n");
        assertThat(say("history", "nginx", "-o", "name").out()).isEqualTo("1\n");
        assertThat(say("history", "nginx", "-o", "wide").out()).contains("RUN ID");
        assertThat(Said.by("strategies", "-o", "name").out().lines())
                .containsExactly("dag", "parallel", "random", "sequential");
        for (String[] line :
                List.of(
                        new String[] {"list"},
                        new String[] {"get", "nginx"},
                        new String[] {"history", "nginx"},
                        new String[] {"strategies"})) {
            assertThat(yaml(shown(line, "yaml")))
                    .as(String.join(" ", line))
                    .isEqualTo(yaml(shown(line, "json")))
                    .isNotNull();
        }
        assertThat(say("get", "ngnix").err()).contains("did you mean 'nginx'?");
        assertThat(say("list", "-o", "xml").err())
                .contains("--output: 'xml' is none of text, wide, name, json, yaml");
    }

    private String shown(String[] line, String format) {
        var all = new ArrayList<>(List.of(line));
        all.add("-o=" + format);
        Said said =
                line[0].equals("strategies")
                        ? Said.by(all.toArray(String[]::new))
                        : say(all.toArray(String[]::new));
        assertThat(said.exitCode()).isZero();
        return said.out();
    }

    private static Object yaml(String text) {
        return new Load(LoadSettings.builder().build()).loadFromString(text);
    }

    @Test
    void aNameThatIsListedTwiceDoesNotSayWhichIsMeant() throws IOException {
        Path file =
                Files.writeString(
                        folder.resolve("twice.yaml"),
                        ENGINE.replace("name: nginx", "name: twice")
                                .replace("{name: c}", "{name: a}"));

        Said said = say("run", "-f", file.toString(), "--only", "a");

        assertThat(said.exitCode()).isEqualTo(ExitCode.INVALID);
        assertThat(said.err()).contains("lists 'a' more than once");
        assertThat(say("list").out()).doesNotContain("twice");
    }

    @Test
    void aNumberForTheNamespaceIsStillTheNumberOfFiresBesideAFile() throws IOException {
        Path file = Files.writeString(folder.resolve("engine.yaml"), ENGINE);

        Said said = Said.by("next", "-f", file.toString(), "-n", "4");

        assertThat(said.exitCode()).isZero();
        assertThat(said.out().lines()).hasSize(5);
        assertThat(said.err()).contains("-n is the namespace; write --count 4");
        assertThat(Said.by("next", "-f", file.toString(), "--count", "0").exitCode())
                .isEqualTo(ExitCode.INVALID);
    }

    @Test
    void whatIsWrongIsSaidWithFileAndLine() throws IOException {
        Path file =
                Files.writeString(
                        folder.resolve("engine.yaml"),
                        "# first\n---\n"
                                + ENGINE.replace(
                                        "chaosrunner.io/schedule: \"{cron: '0 3 * * *'}\"",
                                        "chaosrunner.io/execution: 'maxParallel: none'\n    chaosrunner.io/schedule: 'every: soon'"));

        Said plan = Said.by("plan", "-f", file.toString());
        Said next = Said.by("next", "-f", file.toString());

        assertThat(plan.exitCode()).isEqualTo(ExitCode.INVALID);
        assertThat(plan.err())
                .contains("chaos-runner: " + file + ":9: ChaosEngine default/nginx: maxP");
        assertThat(next.exitCode()).isEqualTo(ExitCode.INVALID);
        assertThat(next.err())
                .contains(
                        "chaos-runner: "
                                + file
                                + ":10: ChaosEngine default/nginx: schedule.every:");
    }

    @Test
    void aFolderOfPlugInsThatGivesNoneIsAnError() throws IOException {
        Path file = Files.writeString(folder.resolve("engine.yaml"), ENGINE);
        for (String folder :
                List.of(
                        this.folder.resolve("nowhere").toString(),
                        file.toString(),
                        Files.createDirectory(this.folder.resolve("empty")).toString())) {
            for (String[] line :
                    List.of(
                            new String[] {"strategies"},
                            new String[] {"plan", "-f", file.toString()},
                            new String[] {"validate", "-f", file.toString()},
                            new String[] {"run", "--sandbox", "-f", file.toString()})) {
                var all = new ArrayList<>(List.of(line));
                all.add("--plugins=" + folder);
                Said said = Said.by(all.toArray(String[]::new));
                assertThat(said.exitCode()).as(all.toString()).isEqualTo(ExitCode.INVALID);
                assertThat(said.err()).contains("chaos-runner: --plugins: " + folder);
            }
        }
    }
}
