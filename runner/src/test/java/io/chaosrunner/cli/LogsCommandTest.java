package io.chaosrunner.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.chaosrunner.cluster.Cluster;
import io.chaosrunner.cluster.Fabric8Cluster;
import io.chaosrunner.cluster.PodLog;
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
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.api.parallel.Resources;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The logs of a run's pods, from the sandbox' API server. */
@Timeout(600)
@ResourceLock(Resources.SYSTEM_OUT)
@ResourceLock(Resources.SYSTEM_ERR)
class LogsCommandTest {

    @TempDir private Path folder;
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private PrintStream outBefore;
    private PrintStream errBefore;
    private SandboxServer server;
    private Cluster cluster;
    private Path kubeconfig;

    @BeforeEach
    void start() throws IOException {
        server =
                SandboxServer.start(
                        SandboxServer.Options.DEFAULT.withSchemas(new CrdSchemas()).withSpeed(20));
        cluster = Fabric8Cluster.connect(server.url());
        kubeconfig = SandboxKubeconfig.in(folder, server.url());
        outBefore = System.out;
        errBefore = System.err;
        System.setOut(new PrintStream(out, true, StandardCharsets.UTF_8));
        System.setErr(new PrintStream(err, true, StandardCharsets.UTF_8));
    }

    @AfterEach
    void stop() {
        System.setOut(outBefore);
        System.setErr(errBefore);
        cluster.close();
        server.close();
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

    /** Forget what was said so far. */
    private void listen() {
        out.reset();
        err.reset();
    }

    private String out() {
        return out.toString(StandardCharsets.UTF_8);
    }

    private String err() {
        return err.toString(StandardCharsets.UTF_8);
    }

    /** An engine that runs experiments {@code one}, {@code two} … one after another. */
    private String file(String policy, String... scenarios) throws IOException {
        String[] names = {"one", "two", "three"};
        var file =
                new StringBuilder(
                        """
                        apiVersion: litmuschaos.io/v1alpha1
                        kind: ChaosEngine
                        metadata: {name: nginx}
                        spec:
                          engineState: active
                          chaosServiceAccount: chaos
                          jobCleanUpPolicy: POLICY
                          experiments:
                        """
                                .replace("POLICY", policy));
        for (int i = 0; i < scenarios.length; i++) {
            file.append(
                    "  - {name: %s, spec: {components: {experimentAnnotations: {sandbox.chaosrunner.io/scenario: '%s'}}}}%n"
                            .formatted(names[i], scenarios[i]));
        }
        for (int i = 0; i < scenarios.length; i++) {
            file.append(
                    """
                    ---
                    apiVersion: litmuschaos.io/v1alpha1
                    kind: ChaosExperiment
                    metadata: {name: NAME}
                    spec:
                      definition:
                        image: litmuschaos/go-runner:3.20.0
                        command: [/bin/bash]
                        args: [-c, ./experiments -name NAME]
                        labels: {name: NAME}
                    """
                            .replace("NAME", names[i]));
        }
        return Files.writeString(folder.resolve("engine.yaml"), file).toString();
    }

    private void run(String policy, String... scenarios) throws IOException {
        assertThat(execute("run", "-f", file(policy, scenarios))).as(err()).isLessThan(2);
        listen();
    }

    private String pod(String part) {
        return cluster.list(Resource.PODS, "default", "").stream()
                .map(pod -> pod.path("metadata").path("name").asString(""))
                .filter(name -> name.contains(part))
                .findFirst()
                .orElseThrow();
    }

    private void awaitRunning(String experiment) {
        await().atMost(Duration.ofMinutes(1))
                .until(() ->
                        cluster.get(Resource.ENGINES, "default", "nginx").stream()
                                .flatMap(engine -> new Engine(engine).statusEntries().stream())
                                .map(StatusEntry::read)
                                .anyMatch(entry ->
                                        entry.isRunning() && entry.name().equals(experiment)));
    }

    private void awaitOut(String text) {
        await().atMost(Duration.ofMinutes(1)).until(() -> out().contains(text));
    }

    @Test
    void theLogOfTheOneExperimentOfTheLastRunIsShownAsItIs() throws IOException {
        run("retain", "after=1s");
        server.say("default", pod("one-"), "of the first run");
        execute("run", "nginx");
        listen();

        assertThat(execute("logs", "nginx")).as(err()).isZero();

        assertThat(out())
                .isEqualTo(
                        """
                        experiment one begins, simulated
                        experiment one ends: Pass
                        """);
        assertThat(err()).isEmpty();
    }

    @Test
    void severalExperimentsAreToldApartAndOneIsShownByItsName() throws IOException {
        run("retain", "after=1s", "after=1s verdict=Fail");

        assertThat(execute("logs", "nginx")).isZero();
        assertThat(out())
                .isEqualTo(
                        """
                        [one] experiment one begins, simulated
                        [one] experiment one ends: Pass
                        [two] experiment two begins, simulated
                        [two] experiment two ends: Fail
                        """);

        listen();
        assertThat(execute("logs", "nginx", "two", "--tail", "1")).isZero();
        assertThat(out()).isEqualTo("experiment two ends: Fail\n");
    }

    @Test
    void aHelperIsMarkedWithItsName() throws Exception {
        CompletableFuture<Integer> run = begin("run", "-f", file("retain", "hang helper"));
        awaitRunning("one");
        await().until(() -> !cluster.list(Resource.PODS, "default", "").isEmpty());
        listen();

        assertThat(execute("logs", "nginx")).as(err()).isZero();

        assertThat(out())
                .contains("[one] experiment one begins, simulated\n")
                .contains("[one helper %s] helper begins, simulated\n".formatted(pod("helper")));
        execute("stop", "nginx");
        run.get(2, TimeUnit.MINUTES);
    }

    @Test
    void iterationsAreToldApart() throws IOException {
        execute(
                "run",
                "-f",
                file("retain", "after=1s"),
                "--set",
                "strategy=random",
                "--set",
                "iterations=2");
        listen();

        assertThat(execute("logs", "nginx")).as(err()).isZero();

        assertThat(out())
                .contains("[one] experiment one ends: Pass\n")
                .contains("[one #2] experiment one ends: Pass\n");
    }

    @Test
    void whatIsGoneIsSaidByNameAndWhy() throws IOException {
        run("delete", "after=1s", "after=1s");

        assertThat(execute("logs", "nginx")).isEqualTo(3);

        assertThat(out()).isEmpty();
        assertThat(err())
                .containsPattern(
                        "one: pod one-[a-z0-9]{6}-[a-z0-9]{5} is gone: removed by jobCleanUpPolicy delete\n")
                .contains("two: pod two-")
                .contains("there are no logs of run 1 of ChaosEngine default/nginx");
    }

    @Test
    void followingGoesOnAcrossExperimentsAndEndsWithTheRun() throws Exception {
        CompletableFuture<Integer> run = begin("run", "-f", file("retain", "hang", "hang"));
        awaitRunning("one");
        listen();

        CompletableFuture<Integer> logs = begin("logs", "-f", "nginx");
        awaitOut("[one] experiment one begins, simulated\n");
        server.say("default", pod("one-"), "half-way");
        awaitOut("[one] half-way\n");
        server.endHanging();

        assertThat(logs.get(2, TimeUnit.MINUTES)).isZero();
        assertThat(run.get(2, TimeUnit.MINUTES)).isZero();
        assertThat(out())
                .containsSubsequence(
                        "[one] experiment one begins, simulated\n",
                        "[one] half-way\n",
                        "[one] experiment one ends: Pass\n")
                // Each log is a stream of its own: only within one is there an order.
                .containsSubsequence(
                        "[two] experiment two begins, simulated\n",
                        "[two] experiment two ends: Pass\n")
                .containsOnlyOnce("half-way");
        assertThat(err()).contains("run 1 of ChaosEngine default/nginx is over");
    }

    /** A coarse clock, or one that an experiment sets, writes such times. */
    @Test
    void followingShowsEachLineWhateverTimesTheNodeWrites() throws Exception {
        CompletableFuture<Integer> run = begin("run", "-f", file("retain", "hang"));
        awaitRunning("one");
        CompletableFuture<Integer> logs = begin("logs", "-f", "nginx");
        awaitOut("experiment one begins, simulated\n");
        Instant at = Instant.now();

        server.say(
                "default",
                pod("one-"),
                "line 1\n%s line 2\n%s line 3\n%s line 4".formatted(at, at, at.minusSeconds(60)));

        awaitOut("line 1\nline 2\nline 3\nline 4\n");
        server.endHanging();
        assertThat(logs.get(2, TimeUnit.MINUTES)).isZero();
        run.get(2, TimeUnit.MINUTES);
    }

    @Test
    void followingARunWhoseJobsAreDeletedShowsThemToTheirEnd() throws Exception {
        CompletableFuture<Integer> run = begin("run", "-f", file("delete", "hang", "hang"));
        awaitRunning("one");

        CompletableFuture<Integer> logs = begin("logs", "-f", "nginx");
        awaitOut("[one] experiment one begins, simulated\n");
        server.endHanging();

        assertThat(logs.get(2, TimeUnit.MINUTES)).isZero();
        run.get(2, TimeUnit.MINUTES);
        assertThat(out())
                .contains("[one] experiment one ends: Pass\n", "[two] experiment two ends: Pass\n");
        assertThat(err()).doesNotContain("is gone");
    }

    @Test
    void followingShowsOnceWhatHadEndedBefore() throws Exception {
        CompletableFuture<Integer> run = begin("run", "-f", file("retain", "after=1s", "hang"));
        awaitRunning("two");
        listen();
        CompletableFuture<Integer> logs = begin("logs", "-f", "nginx", "--tail=1");
        awaitOut("[two] experiment two begins, simulated\n");
        server.endHanging();

        assertThat(logs.get(2, TimeUnit.MINUTES)).isZero();
        run.get(2, TimeUnit.MINUTES);
        assertThat(out())
                .containsOnlyOnce("[one] experiment one ends: Pass\n")
                .doesNotContain("[one] experiment one begins");
    }

    @Test
    void experimentsOfTheSameNameAreToldApartByTheirPlace() throws IOException {
        String twice =
                Files.readString(Path.of(file("retain", "after=1s", "after=1s")))
                        .replace("name: two", "name: one");
        Path file =
                Files.writeString(
                        folder.resolve("twice.yaml"), twice.substring(0, twice.lastIndexOf("---")));
        execute("run", "-f", file.toString());
        listen();

        assertThat(execute("logs", "nginx", "one")).as(err()).isZero();

        assertThat(out())
                .contains("[one experiments[0]] experiment one ends: Pass\n")
                .contains("[one experiments[1]] experiment one ends: Pass\n");
    }

    @Test
    void followingWhatIsOverShowsItAndEnds() throws IOException {
        run("retain", "after=1s");

        assertThat(execute("logs", "-f", "nginx")).isZero();

        assertThat(out()).endsWith("experiment one ends: Pass\n");
    }

    @Test
    void followingEndsWhenTheEngineIsDeleted() throws Exception {
        CompletableFuture<Integer> run = begin("run", "-f", file("retain", "hang"));
        awaitRunning("one");
        CompletableFuture<Integer> logs = begin("logs", "-f", "nginx");
        awaitOut("experiment one begins, simulated\n");

        var engine = new Engine(cluster.get(Resource.ENGINES, "default", "nginx").orElseThrow());
        cluster.delete(
                Resource.ENGINES, "default", "nginx", engine.uid(), Cluster.Propagation.BACKGROUND);

        assertThat(logs.get(2, TimeUnit.MINUTES)).isEqualTo(3);
        assertThat(err()).contains("ChaosEngine default/nginx is gone");
        run.get(3, TimeUnit.MINUTES);
    }

    @Test
    void whatAPodSaysCannotDriveATerminalOrACiSystem() throws IOException {
        run("retain", "after=1s", "after=1s");
        String pod = pod("one-");
        server.say(
                "default", pod, "\u001b[2J\u001b]0;title\u0007 \u202egnp.exe \u200bzero\u2028line");
        server.say("default", pod, "::error::no command");
        server.say("default", pod, "##[command]no command");
        server.say("default", pod, "a\tb\r");
        server.say("default", pod, "\ud83d\ude00 fine");

        assertThat(execute("logs", "nginx")).isZero();

        assertThat(out())
                .contains(
                        "[one] \\u001b[2J\\u001b]0;title\\u0007 \\u202egnp.exe \\u200bzero\\u2028line\n")
                .contains("[one] ::error::no command\n")
                .contains("##\\u005bcommand]")
                .contains("[one] a       b\n")
                .contains("[one] \ud83d\ude00 fine\n");
        listen();
        assertThat(execute("logs", "nginx", "one")).isZero();
        assertThat(out()).contains("\\u003a:error::no command\n");
    }

    @Test
    void aLineOfAnyLengthIsBounded() throws IOException {
        run("retain", "after=1s");
        server.say("default", pod("one-"), "x".repeat(1 << 20));
        server.say("default", pod("one-"), "the next");

        assertThat(execute("logs", "nginx")).isZero();

        assertThat(out().lines())
                .allMatch(line -> line.length() < PodLog.LONGEST_LINE + 100)
                .anyMatch(line -> line.endsWith(" bytes more"))
                .endsWith("the next");
    }

    @Test
    void timesAreShownWhereTheyAreAskedForAndOldLinesAreNot() throws IOException {
        run("retain", "after=1s");

        assertThat(execute("logs", "nginx", "--timestamps", "--since=1h")).isZero();

        assertThat(out().lines())
                .hasSize(2)
                .allMatch(
                        line -> line.matches("20\\d\\d-\\d\\d-\\d\\dT[0-9:.]+Z experiment one .*"));
    }

    @Test
    void aPodThatHasNotStartedTellsWhy() throws Exception {
        CompletableFuture<Integer> run = begin("run", "-f", file("retain", "image-pull-error"));
        await().atMost(Duration.ofMinutes(1))
                .until(() ->
                        cluster.list(Resource.PODS, "default", "").stream()
                                .anyMatch(pod -> pod.toString().contains("ImagePull")));
        listen();

        assertThat(execute("logs", "nginx")).isEqualTo(3);

        assertThat(err())
                .containsPattern(
                        "one: pod one-.* has no log so far: (ErrImagePull|ImagePullBackOff), ");
        execute("stop", "nginx");
        run.get(2, TimeUnit.MINUTES);
    }

    @Test
    void theRightThatIsMissingIsNamed() throws IOException {
        run("retain", "after=1s");
        server.forbid("get", "pods/log");

        assertThat(execute("logs", "nginx")).isEqualTo(3);

        assertThat(err())
                .contains("this takes the right to get pods/log in namespace default")
                .contains("docs/permissions.md")
                .doesNotContain("\tat ");
    }

    @Test
    void theRightThatIsMissingEndsFollowingToo() throws Exception {
        CompletableFuture<Integer> run = begin("run", "-f", file("retain", "hang"));
        awaitRunning("one");
        server.forbid("get", "pods/log");
        listen();

        assertThat(begin("logs", "-f", "nginx").get(2, TimeUnit.MINUTES)).isEqualTo(3);

        assertThat(err()).contains("this takes the right to get pods/log in namespace default");
        execute("stop", "nginx");
        run.get(2, TimeUnit.MINUTES);
    }

    @Test
    void followingWorksWhereNothingMayBeWatched() throws Exception {
        server.forbid("watch", "pods");
        server.forbid("watch", "chaosengines");
        CompletableFuture<Integer> run = begin("run", "-f", file("retain", "hang", "hang"));
        awaitRunning("one");

        CompletableFuture<Integer> logs = begin("logs", "-f", "nginx");
        awaitOut("[one] experiment one begins, simulated\n");
        server.endHanging();

        assertThat(logs.get(2, TimeUnit.MINUTES)).isZero();
        run.get(2, TimeUnit.MINUTES);
        assertThat(out()).contains("[two] experiment two ends: Pass\n");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    logs nginx onee | 2 | lists no experiment 'onee'; did you mean 'one'?
                    logs ngnix | 3 | does not exist; did you mean 'nginx'?
                    logs nginx --tail=-2 | 2 | --tail: '-2'
                    logs nginx --tail=x | 2 | --tail: 'x' is not a whole number
                    logs nginx --since=soon | 2 | --since: 'soon' is not a positive duration
                    logs nginx -c nowhere | 3 | no pod has a container 'nowhere'; there are one-
                    logs nginx -p | 3 | previous terminated container
                    logs nginx -p -f | 2 | --previous and --follow contradict
                    logs | 2 | ENGINE
                    """)
    void whatCannotBeShownIsSaidInALine(String line, int exitCode, String words)
            throws IOException {
        run("retain", "after=1s");

        assertThat(execute(line.split(" "))).as(err()).isEqualTo(exitCode);

        assertThat(err()).contains(words).doesNotContain("\tat ");
    }

    @Test
    void whatWasNotLaunchedIsSaidWithTheReason() throws IOException {
        execute("run", "-f", file("retain", "after=1s"), "--set", "strategy=paralel");
        listen();

        assertThat(execute("logs", "nginx")).isEqualTo(3);

        assertThat(err()).contains("one was not launched: ", "did you mean 'parallel'?");
    }

    @Test
    void anEngineThatHasNotRunHasNoLogs() throws IOException {
        cluster.create(
                Resource.ENGINES,
                "default",
                (tools.jackson.databind.node.ObjectNode)
                        tools.jackson.databind.json.JsonMapper.shared()
                                .readTree(
                                        """
                                        {"apiVersion": "litmuschaos.io/v1alpha1", "kind": "ChaosEngine",
                                         "metadata": {"name": "idle"}, "spec": {"engineState": "stop", "experiments": [{"name": "one"}]}}
                                        """));

        assertThat(execute("logs", "-f", "idle")).isEqualTo(3);

        assertThat(err()).contains("ChaosEngine default/idle has not run so far");
    }
}
