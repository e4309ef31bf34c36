package io.chaosrunner.systemtests;

import static io.chaosrunner.systemtests.Stage.ENGINE;
import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.systemtests.TerminalProcess.Said;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** {@code chaos-runner logs} against a real API server, which asks the node. */
@NeedsControlPlane
@Timeout(600)
@Execution(ExecutionMode.CONCURRENT)
class LogsTest {
    private final Stage stage;
    private final NodeLogs node;
    private final Path folder;
    private final List<TerminalProcess> processes = new ArrayList<>();

    LogsTest(ControlPlane controlPlane, @TempDir Path folder) {
        stage = new Stage(controlPlane);
        node = NodeLogs.of(stage.namespace);
        this.folder = folder;
    }

    @AfterEach
    void close() {
        processes.forEach(TerminalProcess::close);
        node.close();
        stage.close();
    }

    private TerminalProcess begin(String... arguments) {
        return beginWith(
                stage.namespace
                        .controlPlane()
                        .adminKubeconfig()
                        .replace("namespace: default", "namespace: " + stage.namespace.name()),
                arguments);
    }

    private TerminalProcess beginWith(String kubeconfig, String... arguments) {
        TerminalProcess process = TerminalProcess.start(folder, kubeconfig, arguments);
        processes.add(process);
        return process;
    }

    /** The pod of a Job, or with {@code helper} one that no Job made. */
    private String pod(String prefix) {
        Pattern name =
                Pattern.compile(
                        // A helper's name has as many letters.
                        prefix + "-(?!helper-)[a-z0-9]{6}-[a-z0-9]{5}|" + prefix + "-[a-z0-9]{5}");
        stage.eventually(
                "a pod of " + prefix,
                () -> stage.podNames().stream().anyMatch(name.asMatchPredicate()));
        return stage.podNames().stream().filter(name.asMatchPredicate()).findFirst().orElseThrow();
    }

    private void awaitRunning(String experiment) {
        stage.eventually(
                experiment + " runs",
                () -> stage.entries().contains(experiment + " Running Awaited"));
    }

    @Test
    void aRunIsFollowedThoughItsStreamsAreCut() {
        stage.createTwo(stage.namespace.podDeleteSa(), "after=1h helper");
        TerminalProcess run = begin("run", ENGINE);
        awaitRunning("pod-delete");
        String experiment = pod("pod-delete");
        String helper = pod("pod-delete-helper");
        // Most likely of one second, and so both of them come again.
        node.say(experiment, "zero");
        node.say(experiment, "one");

        TerminalProcess logs = begin("logs", "-f", ENGINE);
        stage.eventually("the first lines", () -> logs.hasSaid("[pod-delete] one\n"));
        node.cut();
        stage.eventually(
                "the log is asked for again",
                () -> node.requests().stream().filter(r -> r.contains("sinceTime")).count() > 0);
        node.say(experiment, "two");
        stage.eventually("the second line", () -> logs.hasSaid("[pod-delete] two\n"));
        node.say(helper, "of the helper");
        stage.eventually(
                "the helper's line",
                () -> logs.hasSaid("[pod-delete helper %s] of the helper\n".formatted(helper)));
        node.say(experiment, "three");
        node.end(experiment);
        node.end(helper);
        stage.kubelet.endExperiments();

        String second = pod("pod-cpu-hog");
        node.say(second, "of the second");
        node.end(second);
        Said said = logs.end();
        assertThat(run.end().exitCode()).isZero();
        assertThat(said.exitCode()).as(said.all()).isZero();
        assertThat(said.out())
                .containsSubsequence(
                        "[pod-delete] one\n", "[pod-delete] two\n", "[pod-delete] three\n")
                .contains("[pod-cpu-hog] of the second\n")
                .containsOnlyOnce("[pod-delete] zero\n")
                .containsOnlyOnce("[pod-delete] one\n")
                .containsOnlyOnce("[pod-delete] two\n");
        assertThat(said.err()).contains("run 1 of ChaosEngine", "is over");
    }

    @Test
    void ctrlCEndsFollowingAtOnceAndNothingElse() {
        stage.createTwo(stage.namespace.podDeleteSa(), "after=1h");
        TerminalProcess run = begin("run", ENGINE);
        awaitRunning("pod-delete");
        String experiment = pod("pod-delete");
        node.say(experiment, "one");
        TerminalProcess logs = begin("logs", "-f", ENGINE);
        stage.eventually("the first line", () -> logs.hasSaid("one"));

        logs.signal("INT");

        assertThat(logs.end().exitCode()).isEqualTo(130);
        assertThat(stage.entries()).contains("pod-delete Running Awaited");
        assertThat(node.requests())
                .isNotEmpty()
                .allMatch(request -> request.contains("/" + experiment + "/"));
        stage.kubelet.endExperiments();
        assertThat(run.end().exitCode()).isZero();
    }

    @Test
    void anAccountThatMayNotReadLogsHearsWhichRightItLacks() {
        stage.createTwo(stage.namespace.podDeleteSa(), "after=200ms");
        assertThat(begin("run", ENGINE).end().exitCode()).isZero();
        String account =
                stage.namespace.account(
                        "reader",
                        TestNamespace.rule(
                                "litmuschaos.io", "chaosengines", "get", "list", "watch"),
                        TestNamespace.rule("", "pods", "get", "list", "watch"));

        Said said =
                beginWith(
                                stage.namespace
                                        .controlPlane()
                                        .kubeconfigFor(stage.namespace.name(), account),
                                "logs",
                                ENGINE)
                        .end();

        assertThat(said.exitCode()).isEqualTo(3);
        assertThat(said.err())
                .contains(
                        "this takes the right to get pods/log in namespace "
                                + stage.namespace.name())
                .doesNotContain("\tat ");
    }

    @Test
    void aPodWhoseNodeDoesNotAnswerIsNamedWithTheServersWords() {
        stage.createTwo(stage.namespace.podDeleteSa(), "after=200ms");
        assertThat(begin("run", ENGINE).end().exitCode()).isZero();
        node.close();

        Said said = begin("logs", ENGINE, "pod-delete").end();

        assertThat(said.exitCode()).isEqualTo(3);
        assertThat(said.err())
                .contains("pod-delete: pod " + pod("pod-delete"))
                .contains("has no log that can be read: ", "connection refused");
    }
}
