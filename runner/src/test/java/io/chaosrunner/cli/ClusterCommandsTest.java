package io.chaosrunner.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.chaosrunner.claim.Claim;
import io.chaosrunner.cluster.Cluster;
import io.chaosrunner.cluster.Cluster.PatchType;
import io.chaosrunner.cluster.Fabric8Cluster;
import io.chaosrunner.cluster.Resource;
import io.chaosrunner.crd.Engine;
import io.chaosrunner.sandbox.SandboxServer;
import io.chaosrunner.status.StatusEntry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.json.JsonMapper;

/** The commands of a terminal against an API server, in this process. */
@Timeout(600)
class ClusterCommandsTest {

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
                        sandbox.chaosrunner.io/scenario: SCENARIO
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
            ---
            apiVersion: v1
            kind: ConfigMap
            metadata:
              name: script
            data:
              run.sh: VALUE
            """;

    @TempDir private Path folder;
    private SandboxServer server;
    private Cluster cluster;
    private Path kubeconfig;

    @BeforeEach
    void start() throws IOException {
        server =
                SandboxServer.start(
                        SandboxServer.Options.DEFAULT.withSchemas(new CrdSchemas()).withSpeed(20));
        cluster = Fabric8Cluster.connect(server.url());
        kubeconfig =
                Files.writeString(folder.resolve("config"), SandboxKubeconfig.text(server.url()));
    }

    @AfterEach
    void stop() {
        cluster.close();
        server.close();
    }

    /** What a command said, and how it ended. */
    private record Said(int exitCode, String out, String err) {}

    private Said say(String... arguments) {
        var out = new ByteArrayOutputStream();
        var err = new ByteArrayOutputStream();
        PrintStream outBefore = System.out;
        PrintStream errBefore = System.err;
        System.setOut(new PrintStream(out, true, StandardCharsets.UTF_8));
        System.setErr(new PrintStream(err, true, StandardCharsets.UTF_8));
        try {
            int exitCode = execute(arguments);
            return new Said(
                    exitCode,
                    out.toString(StandardCharsets.UTF_8),
                    err.toString(StandardCharsets.UTF_8));
        } finally {
            System.setOut(outBefore);
            System.setErr(errBefore);
        }
    }

    private int execute(String... arguments) {
        var all = new ArrayList<>(List.of(arguments));
        all.add("--kubeconfig=" + kubeconfig);
        return ChaosRunner.execute(all.toArray(String[]::new));
    }

    private CompletableFuture<Integer> begin(String... arguments) {
        return CompletableFuture.supplyAsync(
                () -> execute(arguments), task -> Thread.ofPlatform().start(task));
    }

    private String file(String scenario, String value) throws IOException {
        return Files.writeString(
                        folder.resolve("engine.yaml"),
                        FILE.replace("SCENARIO", scenario).replace("VALUE", value))
                .toString();
    }

    private Engine engine() {
        return new Engine(cluster.get(Resource.ENGINES, "default", "nginx").orElseThrow());
    }

    private String entry() {
        return engine().statusEntries().stream()
                .map(StatusEntry::read)
                .map(entry -> entry.status() + " " + entry.verdict().word())
                .reduce("", String::concat);
    }

    private void awaitEntry(String text) {
        await().atMost(Duration.ofMinutes(2)).until(() -> existsWith(text));
    }

    private boolean existsWith(String text) {
        return cluster.get(Resource.ENGINES, "default", "nginx").isPresent()
                && entry().equals(text);
    }

    @Test
    void aFileIsBroughtToTheClusterAndRun() throws IOException {
        Said said = say("run", "-f", file("after=1s", "echo"));

        assertThat(said.exitCode()).as(said.err()).isEqualTo(0);
        assertThat(said.out())
                .contains("ChaosExperiment default/pod-delete created")
                .contains("ConfigMap default/script created")
                .contains("ChaosEngine default/nginx created")
                .contains("1 of 1 passed");
        assertThat(engine().engineState())
                .as("what an installed operator leaves alone")
                .isEqualTo("stop");
        assertThat(entry()).isEqualTo("Completed Pass");
    }

    @Test
    void theSameFileAgainIsTheNextRunOfTheSameEngine() throws IOException {
        String file = file("after=1s", "echo");
        assertThat(execute("run", "-f", file)).isEqualTo(0);
        String uid = engine().uid();

        Said said = say("run", "-f", file);

        assertThat(said.exitCode()).as(said.err()).isEqualTo(0);
        assertThat(said.out()).contains("run 2:").doesNotContain("created", "made as");
        assertThat(engine().uid()).isEqualTo(uid);
    }

    @Test
    void anEngineWithAScheduleIsRunOnceAndThatIsSaid() throws IOException {
        execute("run", "-f", file("verdict=Pass", "one"));
        patch(
                """
                {"metadata": {"annotations": {"chaosrunner.io/schedule": "cron: '0 3 * * *'"}}}
                """);

        Said said = say("run", "nginx");

        assertThat(said.exitCode()).isZero();
        assertThat(said.out())
                .contains("ChaosEngine default/nginx has a schedule; this is one run, now");
    }

    @Test
    void anEngineOfTheClusterIsRunByItsName() throws IOException {
        assertThat(execute("run", "-f", file("after=1s", "echo"))).isEqualTo(0);

        assertThat(say("run", "nginx").out()).contains("run 2:", "1 of 1 passed");
    }

    @Test
    void anEngineIsMadeAsItsFileHasIt() throws IOException {
        assertThat(execute("run", "-f", file("after=1s", "echo"))).isEqualTo(0);

        Said said = say("run", "-f", file("verdict=Fail", "echo"));

        assertThat(said.exitCode()).isEqualTo(1);
        assertThat(said.out())
                .contains("ChaosEngine default/nginx made as the file has it: spec.exp");
    }

    @Test
    void nothingIsLaunchedWhereTheClusterHasSomethingElseThanTheFile() throws IOException {
        assertThat(execute("run", "-f", file("after=1s", "echo"))).isEqualTo(0);
        String file = file("after=1s", "rm");

        Said said = say("run", "-f", file);

        assertThat(said.exitCode()).isEqualTo(3);
        assertThat(said.err())
                .contains("ConfigMap default/script differs in data[run.sh]", "--if-different");
        assertThat(said.err() + said.out()).doesNotContain("rm -", "run 2:");
        assertThat(say("run", "-f", file, "--if-different=keep").out())
                .contains("kept as the cluster has it", "run 2:");
        assertThat(say("run", "-f", file, "--if-different=update").out())
                .contains(
                        "ConfigMap default/script made as the file has it: data[run.sh]", "run 3:");
        assertThat(say("run", "-f", file).exitCode()).isEqualTo(0);
    }

    @Test
    void anEngineThatTheOperatorRunsIsLeftToIt() throws IOException {
        String file = file("after=1s", "echo");
        assertThat(execute("run", "-f", file)).isEqualTo(0);
        patch(
                "{\"spec\":{\"engineState\":\"active\"},\"status\":{\"engineStatus\":\"initialized\"}}");

        for (String launch : List.of("direct", "operator")) {
            Said said = say("run", "-f", file, "--launch=" + launch);

            assertThat(said.exitCode()).isEqualTo(3);
            assertThat(said.err())
                    .contains("run by the chaos-operator", "chaos-runner stop nginx -n default");
        }
    }

    @Test
    void anEngineWhoseClaimCannotBeReadIsNotChanged() throws IOException {
        assertThat(execute("run", "-f", file("after=1s", "echo"))).isEqualTo(0);
        patch("{\"metadata\":{\"annotations\":{\"chaosrunner.io/run\":\"edited\"}}}");
        String before = engine().resourceVersion();

        Said said = say("run", "-f", file("verdict=Fail", "echo"));

        assertThat(said.exitCode()).isEqualTo(3);
        assertThat(said.err()).contains("cannot be read", "remove it if no run is under way");
        assertThat(engine().resourceVersion()).isEqualTo(before);
    }

    @Test
    void aNamespaceThatContradictsTheFileIsRefused() throws IOException {
        Path file =
                Files.writeString(
                        folder.resolve("other.yaml"),
                        FILE.replace("name: nginx", "name: nginx\n  namespace: other"));

        Said said = say("run", "-f", file.toString(), "-n", "default");

        assertThat(said.exitCode()).isEqualTo(2);
        assertThat(said.err()).contains("ChaosEngine other/nginx is in namespace other");
    }

    @Test
    void aRunIsStoppedFromElsewhere() throws Exception {
        CompletableFuture<Integer> run = begin("run", "-f", file("hang helper", "echo"));
        awaitEntry("Running Awaited");

        assertThat(execute("run", "nginx")).as("a second one is refused").isEqualTo(3);
        Said said = say("stop", "nginx");

        assertThat(said.exitCode()).as(said.err()).isEqualTo(0);
        assertThat(run.get(2, TimeUnit.MINUTES)).isEqualTo(4);
        assertThat(entry()).isEqualTo("Forcefully Aborted Stopped");
        assertThat(cluster.list(Resource.PODS, "default", "")).isEmpty();
        assertThat(engine().annotation("chaosrunner.io/stop")).isEmpty();
        assertThat(say("stop", "nginx").out()).contains("nothing is running");
        assertThat(execute("wait", "nginx")).isEqualTo(4);
    }

    @Test
    void stopByForceTakesTheRunFromItsOwner() throws Exception {
        CompletableFuture<Integer> run = begin("run", "-f", file("hang helper", "echo"));
        awaitEntry("Running Awaited");

        assertThat(say("stop", "nginx", "--force").exitCode()).isEqualTo(0);

        assertThat(run.get(2, TimeUnit.MINUTES)).as("it lost its claim").isEqualTo(4);
        assertThat(entry()).isEqualTo("Forcefully Aborted Stopped");
        assertThat(cluster.list(Resource.PODS, "default", "")).isEmpty();
    }

    @Test
    void aRunWhoseOwnerIsDeadIsRefusedThenResumed() throws Exception {
        CompletableFuture<Integer> run = begin("run", "-f", file("after=60s", "echo"));
        awaitEntry("Running Awaited");

        Said said = say("run", "nginx");

        assertThat(said.exitCode()).isEqualTo(3);
        assertThat(said.err()).contains("owned by process", "--resume", "chaos-runner stop");
        assertThat(execute("run", "nginx", "--resume")).isEqualTo(0);
        assertThat(run.get(2, TimeUnit.MINUTES)).as("it lost its claim").isEqualTo(4);
        assertThat(Claim.of(engine()).orElseThrow().run().number()).isEqualTo(1);
        assertThat(cluster.list(Resource.JOBS, "default", "")).hasSize(1);
    }

    @Test
    void aRunIsAwaitedFromElsewhere() throws Exception {
        CompletableFuture<Integer> run = begin("run", "-f", file("after=40s verdict=Fail", "echo"));
        awaitEntry("Running Awaited");

        Said early = say("wait", "nginx", "--timeout=1ms");
        int late = execute("wait", "nginx");

        assertThat(early.exitCode()).isEqualTo(5);
        assertThat(early.err()).contains("not over after", "it goes on");
        assertThat(late).isEqualTo(1);
        assertThat(run.get(2, TimeUnit.MINUTES)).isEqualTo(1);
    }

    @Test
    void aRunOfSomebodyElseIsWatchedAndNothingIsWritten() throws Exception {
        CompletableFuture<Integer> run = begin("run", "-f", file("after=40s verdict=Fail", "echo"));
        awaitEntry("Running Awaited");

        Said said = say("watch", "nginx", "-o", "lines");

        assertThat(said.exitCode()).isEqualTo(1);
        assertThat(said.out()).contains("running", "Fail").contains("0 of 1 passed");
        assertThat(run.get(2, TimeUnit.MINUTES)).isEqualTo(1);
        assertThat(say("watch", "nginx", "-o", "lines").exitCode()).as("the last one").isEqualTo(1);
    }

    @Test
    void theSummarySaysWhyAnExperimentEndedAsItDid() throws IOException {
        String file = file("oom", "echo");

        assertThat(say("run", "-f", file).out()).contains("why: pod ", "OOMKilled");
        Said said = say("run", "-f", file, "-o", "json");
        var summary = JsonMapper.shared().readTree(said.out().lines().toList().getLast());

        assertThat(summary.at("/event").asString()).isEqualTo("summary");
        assertThat(summary.at("/results/0/reason").asString())
                .contains("ended with exit code 137: OOMKilled");
    }

    @Test
    void theSummarySaysWhyAnEarlierIterationFailedThoughTheLastOnePassed() throws IOException {
        String[] run = {
            "run",
            "-f",
            file("oom then verdict=Pass", "echo"),
            "--set",
            "strategy=random",
            "--set",
            "iterations=3",
            "-o",
            "json"
        };
        var summary = JsonMapper.shared().readTree(say(run).out().lines().toList().getLast());

        assertThat(summary.at("/results/0/verdict").asString()).isEqualTo("Error");
        assertThat(summary.at("/results/0/reason").asString()).contains("OOMKilled");
    }

    @Test
    void aRunThatNothingWasLaunchedForEndsTheWaitAsTheRun() throws IOException {
        String[] run = {"run", "-f", file("verdict=Pass", "one"), "--set", "strategy=paralel"};
        assertThat(execute(run)).isEqualTo(2);

        Said said = say("wait", "nginx");

        assertThat(said.exitCode()).isEqualTo(2);
        assertThat(said.out() + said.err())
                .contains("ChaosEngine default/nginx: ", "did you mean 'parallel'?");
    }

    @Test
    void enginesAreListedWithTheirLastRun() throws IOException {
        assertThat(execute("run", "-f", file("after=1s verdict=Fail", "echo"))).isEqualTo(1);

        assertThat(say("list").out())
                .matches("(?s)ENGINE +RUN +STATE .*nginx +1 +finished +sequential +1 Fail +- .*");
        assertThat(say("list", "-A").out()).contains("NAMESPACE", "default");
        var json = JsonMapper.shared().readTree(say("list", "-o", "json").out());
        assertThat(json.at("/0/experiments/0/verdict").asString()).isEqualTo("Fail");
        assertThat(say("list", "-n", "empty").err()).contains("no ChaosEngine in namespace empty");
    }

    @Test
    void aNameThatIsNearlyRightIsCorrected() throws IOException {
        assertThat(execute("run", "-f", file("after=1s", "echo"))).isEqualTo(0);

        for (String command : List.of("run", "stop", "wait", "watch")) {
            Said said = say(command, "ngnix");

            assertThat(said.exitCode()).isEqualTo(3);
            assertThat(said.err()).contains("default/ngnix does not exist; did you mean 'nginx'?");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "run, 2, name a ChaosEngine of the cluster",
        "run nginx --context=there, 2, has no context 'there'; it has here",
        "run -f nowhere.yaml, 2, cannot read nowhere.yaml",
        "stop nginx --timeout=soon, 2, not a positive duration",
        "list -o xml, 2, xml",
        "lst, 2, lst",
        "stpo nginx, 2, stop",
        "run nginx --sandbx, 2, --sandbox"
    })
    void whatIsMistypedIsSaidShortly(String line, int exitCode, String words) {
        Said said = say(line.split(" "));

        assertThat(said.exitCode()).as(said.err()).isEqualTo(exitCode);
        assertThat(said.err()).contains(words).doesNotContain("\tat ");
    }

    @ParameterizedTest
    @CsvSource({
        "'', names no context",
        "'foo: [', is no kubeconfig",
        "'foo: bar', names no context"
    })
    void aFileThatIsNoKubeconfigIsNamed(String content, String words) throws IOException {
        Files.writeString(kubeconfig, content);

        Said said = say("list");

        assertThat(said.exitCode()).isEqualTo(2);
        assertThat(said.err()).contains(kubeconfig.toString(), words).doesNotContain("\tat ");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    certificate-authority: /no/such.pem | | certificate-authority, /no/such.pem
                    certificate-authority-data: bm9uc2Vuc2U= | | certificate-authority, PEM
                    certificate-authority-data: '***' | | certificate-authority, PEM
                    | client-certificate: /no/such.crt, client-key: /no/such.key | client certificate or key, /no/such
                    | client-certificate-data: bm9uc2Vuc2U=, client-key-data: bm9uc2Vuc2U= | client certificate or key, PEM
                    """,
            quoteCharacter = '"')
    void certificatesThatCannotBeUsedAreNamed(
            @Nullable String cluster, @Nullable String user, String words) throws IOException {
        Files.writeString(
                kubeconfig,
                """
                apiVersion: v1
                kind: Config
                current-context: c
                contexts: [{name: c, context: {cluster: c, user: c}}]
                clusters: [{name: c, cluster: {server: 'https://127.0.0.1:1', %s}}]
                users: [{name: c, user: {%s}}]
                """
                        .formatted(
                                Objects.requireNonNullElse(cluster, ""),
                                Objects.requireNonNullElse(user, "")));

        Said said = say("list");

        assertThat(said.exitCode()).isEqualTo(2);
        assertThat(said.err())
                .contains(words.split(", "))
                .contains("https://127.0.0.1:1")
                .doesNotContain("\tat ");
    }

    @Test
    void aKubeconfigThatIsNotThereIsNamed() throws IOException {
        Files.delete(kubeconfig);

        Said said = say("list");

        assertThat(said.exitCode()).isEqualTo(2);
        assertThat(said.err()).contains("cannot read kubeconfig " + kubeconfig);
    }

    @Test
    void anApiServerThatDoesNotAnswerIsNamed() throws IOException {
        Files.writeString(kubeconfig, SandboxKubeconfig.text("http://127.0.0.1:1"));

        Said said = say("list");

        assertThat(said.exitCode()).isEqualTo(3);
        assertThat(said.err())
                .contains("no API server answers at http://127.0.0.1:1 (connection refused)")
                .doesNotContain("\tat ");
    }

    @Test
    void whatBecomesOfATriggerIsTheExitCode() throws IOException {
        Said missing = say("trigger", "nginx");
        assertThat(missing.exitCode()).isEqualTo(3);
        assertThat(missing.err()).contains("does not exist");

        execute("run", "-f", file("after=1s", "x"));
        Said unscheduled = say("trigger", "nginx");
        assertThat(unscheduled.exitCode()).isEqualTo(2);
        assertThat(unscheduled.err()).contains("chaos-runner run nginx -n default");

        patch(
                "{\"metadata\": {\"annotations\": {\"chaosrunner.io/schedule\": \"cron: 0 0 1 1 *\"}}}");
        Said possible = say("trigger", "nginx", "--dry-run");
        assertThat(possible.exitCode()).isZero();
        assertThat(possible.out()).contains("a run would be started now");

        Said unanswered = say("trigger", "nginx", "--timeout=1s");
        assertThat(unanswered.exitCode()).isEqualTo(5);
        assertThat(unanswered.err())
                .contains("nobody took the request within 1s", "chaos-runner schedule");

        patch(
                "{\"metadata\": {\"annotations\": {\"chaosrunner.io/schedule\": \"cron: 0 0 1 1 *\\nsuspend: true\"}}}");
        Said suspended = say("trigger", "nginx");
        assertThat(suspended.exitCode()).isEqualTo(4);
        assertThat(suspended.err()).contains("no run is started: suspended");
    }

    @ParameterizedTest
    @CsvSource({
        "--id=../x, --id",
        "--timeout=2h, --timeout is at most 1h",
        "--timeout=0s, --timeout"
    })
    void aTriggerThatCannotBeMeantIsRefused(String option, String words) {
        Said said = say("trigger", "nginx", option);

        assertThat(said.exitCode()).isEqualTo(2);
        assertThat(said.err()).contains(words);
    }

    private void patch(String merge) {
        cluster.patch(
                Resource.ENGINES,
                "default",
                "nginx",
                PatchType.MERGE,
                JsonMapper.shared().readTree(merge));
    }
}
