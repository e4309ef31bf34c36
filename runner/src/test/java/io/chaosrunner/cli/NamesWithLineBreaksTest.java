package io.chaosrunner.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.sandbox.SandboxServer;
import io.chaosrunner.testing.SandboxTexts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.api.parallel.Resources;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A line break in a name, or in any text of a stranger, begins no line that nobody wrote. */
@Timeout(600)
@ResourceLock(Resources.SYSTEM_OUT)
@ResourceLock(Resources.SYSTEM_ERR)
class NamesWithLineBreaksTest {
    /** What begins a line is found by it; {@code <} is a line break. */
    private static final String BROKEN = "FORGED";

    private static final String ENGINE =
            """
            apiVersion: litmuschaos.io/v1alpha1
            kind: ChaosEngine
            metadata:
              name: "a<"
              annotations:
                chaosrunner.io/execution: '{"strategy": "b<", "c<": 1, "maxParallel": "d<"}'
                chaosrunner.io/schedule: '{"cron": "e<", "timeZone": "f<", "g<": 1}'
            spec:
              engineState: active
              chaosServiceAccount: "h<"
              "i<": 1
              experiments: [{name: "j<", spec: {components: {env: [{name: "k<", "l<": 1}]}}}]
            """;
    private static final String UNSCHEDULED =
            """
            apiVersion: litmuschaos.io/v1alpha1
            kind: ChaosEngine
            metadata: {name: "a<"}
            spec: {engineState: active, chaosServiceAccount: a, experiments: [{name: "b<"}]}
            """;
    private static final String TWO =
            """
            apiVersion: litmuschaos.io/v1alpha1
            kind: ChaosEngine
            metadata: {name: "a<"}
            spec: {}
            ---
            apiVersion: litmuschaos.io/v1alpha1
            kind: ChaosEngine
            metadata: {name: "b<"}
            spec: {}
            """;
    private static final String NAMELESS =
            """
            apiVersion: litmuschaos.io/v1alpha1
            kind: "ChaosEngine<"
            metadata: {}
            ---
            kind: "a<"
            """;
    private static final String UNKNOWN =
            """
            apiVersion: "a<"
            kind: "b<"
            metadata: {name: "c<"}
            ---
            apiVersion: litmuschaos.io/v1alpha1
            kind: ChaosEngine
            metadata: {name: nginx}
            spec: {engineState: active, chaosServiceAccount: a, experiments: [{name: "b<"}]}
            """;
    private static final String SUSPENDED =
            """
            apiVersion: litmuschaos.io/v1alpha1
            kind: ChaosEngine
            metadata:
              name: nginx
              annotations:
                chaosrunner.io/schedule: '{"every": "1h", "suspend": {"until": "2999-01-01T00:00:00Z", "note": "x<"}, "exclude": [{"name": "y<", "hours": "1-23"}]}'
            spec: {engineState: active, chaosServiceAccount: a, experiments: [{name: pod-delete}]}
            """;

    @TempDir private Path folder;
    private SandboxServer server;
    private Path kubeconfig;

    @BeforeEach
    void start() throws IOException {
        server = SandboxServer.start(SandboxServer.Options.DEFAULT.withSchemas(new CrdSchemas()));
        kubeconfig = SandboxKubeconfig.in(folder, server.url());
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private Said say(String words) {
        return Said.by(
                Stream.concat(Stream.of(words.split(" ")), Stream.of("--kubeconfig=" + kubeconfig))
                        .toArray(String[]::new));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "validate",
                "next",
                "plan",
                "run --sandbox",
                "run --sandbox --skip-missing",
                "run --dry-run=server",
                "run",
                "run --skip-missing",
                "run --if-different=update"
            })
    void whatAFileSaysStaysInTheLinesOfTheProgram(String command) throws IOException {
        for (String text : new String[] {ENGINE, UNSCHEDULED, TWO, NAMELESS, UNKNOWN, SUSPENDED}) {
            Path file =
                    Files.writeString(
                            folder.resolve("file.yaml"), text.replace("<", "\\n" + BROKEN));

            Said said = say(command + " -f " + file);

            assertThat(said.out() + said.err())
                    .as(said.toString())
                    .isNotEmpty()
                    .doesNotContain("\n" + BROKEN);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "validate nginx",
                "next nginx",
                "plan nginx",
                "list",
                "get nginx",
                "history nginx",
                "logs nginx",
                "stop nginx",
                "wait nginx --timeout=1s",
                "trigger nginx",
                "backfill nginx --from=2027-01-01T00:00:00Z --until=2027-01-01T01:00:00Z",
                "run nginx --dry-run=server",
                "run nginx"
            })
    void whatTheClusterSaysStaysThereToo(String command) {
        SandboxTexts.load(
                server,
                ENGINE.replace("name: \"a<\"", "name: nginx")
                        .replace("  \"i<\": 1\n", "")
                        .replace(", \"l<\": 1", "")
                        .replace("<", "\\n" + BROKEN));

        Said said = say(command);

        assertThat(said.out() + said.err())
                .as(said.toString())
                .isNotEmpty()
                .doesNotContain("\n" + BROKEN);
    }

    @Test
    void whatIsWrongWithSeveralObjectsHasALineForEach() throws IOException {
        Path file =
                Files.writeString(
                        folder.resolve("file.yaml"), NAMELESS.replace("<", "\\n" + BROKEN));

        assertThat(say("run --sandbox -f " + file).err().lines())
                .hasSize(3)
                .first()
                .asString()
                .startsWith("chaos-runner: " + file + ":1: ");
    }
}
