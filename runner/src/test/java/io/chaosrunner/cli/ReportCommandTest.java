package io.chaosrunner.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.cluster.Cluster;
import io.chaosrunner.cluster.Cluster.PatchType;
import io.chaosrunner.cluster.Fabric8Cluster;
import io.chaosrunner.cluster.Resource;
import io.chaosrunner.sandbox.SandboxServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
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
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Reports after the fact, from what the sandbox' API server knows of runs that are over. */
@Timeout(600)
@ResourceLock(Resources.SYSTEM_OUT)
@ResourceLock(Resources.SYSTEM_ERR)
class ReportCommandTest {
    private static final String FILE =
            """
            apiVersion: litmuschaos.io/v1alpha1
            kind: ChaosEngine
            metadata:
              name: nginx
            spec:
              engineState: active
              chaosServiceAccount: chaos
              experiments:
                - name: pod-delete
                  spec:
                    components:
                      experimentAnnotations:
                        sandbox.chaosrunner.io/scenario: verdict=VERDICT
            ---
            apiVersion: litmuschaos.io/v1alpha1
            kind: ChaosExperiment
            metadata:
              name: pod-delete
            spec:
              definition:
                image: litmuschaos/go-runner:3.20.0
                command: [/bin/bash]
                args: [-c, ./experiments -name pod-delete]
                labels:
                  name: pod-delete
            """;

    @TempDir private Path folder;
    private SandboxServer server;
    private Cluster cluster;
    private Path kubeconfig;

    @BeforeEach
    void start() throws IOException {
        server =
                SandboxServer.start(
                        SandboxServer.Options.DEFAULT
                                .withSchemas(new CrdSchemas())
                                .withSpeed(1000));
        cluster = Fabric8Cluster.connect(server.url());
        kubeconfig = SandboxKubeconfig.in(folder, server.url());
    }

    @AfterEach
    void stop() {
        cluster.close();
        server.close();
    }

    private Said say(String... arguments) {
        var all = new ArrayList<>(List.of(arguments));
        all.add("--kubeconfig=" + kubeconfig);
        return Said.by(all.toArray(String[]::new));
    }

    private int run(String verdict, String... more) throws IOException {
        Path file =
                Files.writeString(folder.resolve("engine.yaml"), FILE.replace("VERDICT", verdict));
        var all = new ArrayList<>(List.of("run", "-o", "lines", "-f", file.toString()));
        all.addAll(List.of(more));
        return say(all.toArray(String[]::new)).exitCode();
    }

    private void probes(String status) {
        cluster.patch(
                Resource.RESULTS,
                "default",
                "nginx-pod-delete",
                PatchType.MERGE,
                JsonMapper.shared().readTree("{\"status\": " + status + "}"));
    }

    @Test
    void theLastRunIsReportedWithItsProbesAndItsLog() throws IOException {
        assertThat(run("Pass")).isZero();
        assertThat(run("Fail")).isEqualTo(1);
        probes(
                """
                {"probeStatuses": [
                  {"name": "frontend is up", "type": "httpProbe", "mode": "Continuous",
                   "status": {"verdict": "Failed", "description": "answered 503"}}]}
                """);

        Said markdown = say("report", "nginx");
        Said junit = say("report", "nginx", "-o", "junit");

        assertThat(markdown.exitCode()).as(markdown.err()).isZero();
        assertThat(markdown.out())
                .startsWith("### ❌ Chaos run 2 of `default/nginx`: 0 of 1 passed")
                .contains("- failed probe: `frontend is up`: `answered 503`")
                .contains("- logs: `kubectl logs -n default pod-delete-");
        assertThat(junit.out())
                .contains("<testsuite name=\"run 2 of default/nginx\" tests=\"2\" failures=\"2\"")
                .contains("<testsuite name=\"probes of pod-delete\"");
    }

    @Test
    void thePageHasEventsHelpersAndTheLastLinesOfWhatDidNotPass() throws IOException {
        assertThat(run("Fail", "--report", folder.resolve("run.html").toString())).isEqualTo(1);
        ObjectNode pod = cluster.list(Resource.PODS, "default", "chaosrunner.io/slot=0").getFirst();
        String name = pod.path("metadata").path("name").asString();
        String uid = pod.path("metadata").path("uid").asString();
        for (int i = 0; i < 30; i++) {
            server.say("default", name, "line %d of <b>the log</b>".formatted(i));
            event("e" + i, name, uid, i);
        }
        event("of-another", "another", "another-uid", 99);
        ObjectNode helper = pod.deepCopy();
        ObjectNode metadata = (ObjectNode) helper.path("metadata");
        metadata.remove(List.of("ownerReferences", "uid", "resourceVersion"));
        metadata.put("name", "pod-delete-helper-1");
        helper.remove("status");
        cluster.create(Resource.PODS, "default", helper);

        String page = say("report", "nginx", "-o", "html").out();

        assertThat(page)
                .contains("line 29 of &lt;b&gt;the log", "line 10 of", "The last lines of its log")
                .doesNotContain("line 9 of")
                .contains("Helper pods that are left: pod-delete-helper-1")
                .contains("BackOff ×3", "why 29 &lt;i&gt;", "why 10 ")
                .doesNotContain("why 9 ", "why 99");
        assertThat(Files.readString(folder.resolve("run.html")))
                .contains("The last lines of its log");

        server.forbid("get", "pods/log");
        server.forbid("list", "events");
        String less = say("report", "nginx", "-o", "html").out();
        assertThat(less)
                .contains("What could not be read", "pods/log", "events")
                .doesNotContain("The last lines of its log");
    }

    private void event(String name, String pod, String uid, int second) {
        cluster.create(
                Resource.EVENTS,
                "default",
                (ObjectNode)
                        JsonMapper.shared()
                                .readTree(
                                        """
                                        {"apiVersion": "v1", "kind": "Event", "metadata": {"name": "%s", "namespace": "default"},
                                         "involvedObject": {"kind": "Pod", "namespace": "default", "name": "%s", "uid": "%s"},
                                         "type": "Warning", "reason": "BackOff", "message": "why %d <i>", "count": 3,
                                         "firstTimestamp": "2099-03-01T10:00:00Z", "lastTimestamp": "2099-03-01T10:00:%02dZ"}
                                        """
                                                .formatted(name, pod, uid, second, second % 60)));
    }

    @Test
    void ofEarlierRunsTheRecordIsReportedAndNoOtherRunsProbes() throws IOException {
        assertThat(run("Fail")).isEqualTo(1);
        assertThat(run("Pass")).isZero();
        probes(
                """
                {"probeStatuses": [{"name": "second's", "status": {"verdict": "Passed"}}]}
                """);

        JsonNode json =
                JsonMapper.shared()
                        .readTree(say("report", "nginx", "--last", "5", "-o", "json").out());

        assertThat(json.path("runs").size()).isEqualTo(2);
        JsonNode first = json.path("runs").path(0);
        assertThat(first.path("good").asBoolean()).isFalse();
        assertThat(first.path("record").path("number").asInt()).isEqualTo(1);
        assertThat(first.path("executions").path(0).has("probes")).isFalse();
        JsonNode second = json.path("runs").path(1);
        assertThat(second.path("good").asBoolean()).isTrue();
        assertThat(second.path("engineUid").asString()).isNotEmpty();
        assertThat(second.path("replay").asString())
                .startsWith("chaos-runner run nginx -n default ")
                .endsWith("--set seed=" + second.path("record").path("seed").asLong());
        assertThat(second.path("executions").path(0).path("probes").path(0).path("name").asString())
                .isEqualTo("second's");
        assertThat(say("report", "nginx", "--run", "1").out()).contains("Chaos run 1 of");
    }

    /** What the run itself wrote and what is reported afterwards is one report. */
    @Test
    void theReportOfARunIsTheOneItWroteItself() throws IOException {
        Path junit = folder.resolve("junit.xml");
        Path html = folder.resolve("report.html");
        assertThat(run("Pass", "--junit", junit.toString(), "--report", html.toString())).isZero();

        assertThat(say("report", "nginx", "-o", "junit").out())
                .isEqualTo(Files.readString(junit, StandardCharsets.UTF_8));
        assertThat(say("report", "nginx", "-o", "html").out())
                .isEqualTo(Files.readString(html, StandardCharsets.UTF_8))
                .contains("Chaos run 1 of default/nginx");
    }

    @Test
    void whatThereIsNotIsSaid() throws IOException {
        Said engine = say("report", "nginx");
        assertThat(engine.exitCode()).isEqualTo(3);
        assertThat(engine.err()).contains("ChaosEngine default/nginx does not exist");

        assertThat(run("Pass")).isZero();
        Said run = say("report", "nginx", "--run", "9");
        assertThat(run.exitCode()).isEqualTo(3);
        assertThat(run.err())
                .contains("run 9 of ChaosEngine default/nginx is not recorded; recorded: 1");

        assertThat(say("report", "nginx", "--run", "1", "--last", "2").exitCode()).isEqualTo(2);
        assertThat(say("report", "nginx", "--last", "0").exitCode()).isEqualTo(2);
    }

    @Test
    void anEngineThatNeverRanHasNothingToReport() {
        cluster.create(
                Resource.ENGINES,
                "default",
                (ObjectNode)
                        JsonMapper.shared()
                                .readTree(
                                        """
                                        {"apiVersion": "litmuschaos.io/v1alpha1", "kind": "ChaosEngine",
                                         "metadata": {"name": "idle"},
                                         "spec": {"engineState": "stop", "experiments": [{"name": "pod-delete"}]}}
                                        """));

        Said said = say("report", "idle");

        assertThat(said.exitCode()).isEqualTo(3);
        assertThat(said.err())
                .contains("no run of ChaosEngine default/idle is recorded; begin one:");
    }

    private String replay() {
        return JsonMapper.shared()
                .readTree(say("report", "nginx", "-o", "json").out())
                .path("runs")
                .path(0)
                .path("replay")
                .asString("");
    }

    private int reportTo(OutputStream out) {
        PrintStream before = System.out;
        System.setOut(new PrintStream(out, true, StandardCharsets.US_ASCII));
        try {
            return ChaosRunner.execute("report", "nginx", "--kubeconfig=" + kubeconfig);
        } finally {
            System.setOut(before);
        }
    }

    @Test
    void whereTheLocaleIsAsciiARedirectedReportIsUtf8AllTheSame() throws IOException {
        assertThat(run("Pass")).isZero();
        var written = new ByteArrayOutputStream();

        assertThat(reportTo(written)).isZero();

        assertThat(written.toString(StandardCharsets.UTF_8)).startsWith("### ✅ Chaos run 1 of");
    }

    @Test
    void halfAReportIsNoSuccess() throws IOException {
        assertThat(run("Pass")).isZero();
        var full =
                new OutputStream() {
                    @Override
                    public void write(int b) throws IOException {
                        throw new IOException("no space left on device");
                    }
                };
        PrintStream before = System.err;
        var said = new ByteArrayOutputStream();
        System.setErr(new PrintStream(said, true, StandardCharsets.UTF_8));
        try {
            assertThat(reportTo(full)).isEqualTo(ExitCode.NOT_WRITTEN);
        } finally {
            System.setErr(before);
        }
        assertThat(said.toString(StandardCharsets.UTF_8))
                .contains("the report could not be written to standard output");
    }

    /** More chaos than the run had is not the same decisions again. */
    @Test
    void whatRepeatsARunOfAPartRunsThatPartAlone() throws IOException {
        String one = FILE.substring(FILE.indexOf("    - name: pod-delete"), FILE.indexOf("---"));
        String definition = FILE.substring(FILE.indexOf("---"));
        Path file =
                Files.writeString(
                        folder.resolve("two.yaml"),
                        FILE.replace(one, one + one.replace("pod-delete", "cpu-hog"))
                                        .replace("VERDICT", "Pass")
                                + definition.replace("pod-delete", "cpu-hog"));

        assertThat(say("run", "-o", "lines", "-f", file.toString()).exitCode()).isZero();
        assertThat(replay()).contains(" --set seed=").doesNotContain("--only");

        Said part = say("run", "-o", "lines", "-f", file.toString(), "--only", "cpu-hog");
        assertThat(part.exitCode()).as(part.err()).isZero();
        assertThat(replay()).contains("chaos-runner run nginx -n default --only cpu-hog --set ");
    }
}
