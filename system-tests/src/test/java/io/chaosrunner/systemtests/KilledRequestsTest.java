package io.chaosrunner.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.claim.Claim;
import io.chaosrunner.systemtests.ApiProxy.Call;
import io.chaosrunner.systemtests.ApiProxy.Fault;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * What people ask of a schedule, where the command that asks and the service that answers are
 * processes, and each is killed (SIGKILL) at a write: nothing is lost, and nothing runs twice.
 */
@NeedsControlPlane
@Timeout(900)
@Execution(ExecutionMode.CONCURRENT)
class KilledRequestsTest {
    private static final String PATCH = "patch chaosengines";
    private static final String CREATE = "create jobs";

    private final ControlPlane controlPlane;
    private final ServiceStage stage;
    private final List<ApiProxy> proxies = new ArrayList<>();
    private final List<TerminalProcess> commands = new ArrayList<>();
    private int services;

    KilledRequestsTest(ControlPlane controlPlane) {
        this.controlPlane = controlPlane;
        stage = new ServiceStage(controlPlane);
    }

    @AfterEach
    void close() {
        commands.forEach(TerminalProcess::close);
        try (stage) {
            proxies.forEach(ApiProxy::close);
        }
    }

    /** The n-th write of a kind, which may still reach the API server when the process is dead. */
    private record Moment(String write, int number, boolean carriedOut) {}

    @Test
    void aTriggerWhoseCommandAndServicesAreKilledStartsOneRun() {
        stage.engine("t", "{cron: 0 0 1 1 *, history: 50}", "after=100ms");
        List<Moment> moments = List.of(new Moment(PATCH, 1, true), new Moment(CREATE, 1, false));
        for (int i = 0; i < moments.size(); i++) {
            String id = "r" + i;
            ApiProxy proxy = proxy();
            TerminalProcess killed = trigger(proxy, id);
            killAt(proxy, new Moment(PATCH, 1, true), killed::kill);
            stage.eventually(() -> isAsked(id));
            TerminalProcess again = trigger(proxy(), id);
            killServiceAt(moments.get(i));
            ServiceProcess last = service(proxy());
            int runs = i + 1;

            assertThat(again.end().all()).contains("run " + runs);
            stage.eventually(() -> stage.number("t") == runs && isOver("t"));
            last.kill();
        }

        assertThat(stage.jobsPerRun("t")).hasSize(moments.size()).allSatisfy(this::isOne);
        assertThat(history("t"))
                .extracting(run -> run.path("cause").path("note").asString())
                .containsExactlyInAnyOrder("r0", "r1");
    }

    @Test
    void aBackfillWhoseCommandAndServicesAreKilledRunsEachFireOnce() {
        Instant first =
                Instant.now().truncatedTo(ChronoUnit.SECONDS).minus(Duration.ofMinutes(210));
        List<Instant> past =
                IntStream.range(0, 4).mapToObj(i -> first.plus(Duration.ofHours(i))).toList();
        stage.engine("b", "{every: 1h, from: '%s', history: 50}".formatted(first), "after=100ms");
        ServiceProcess skipping = service(proxy());
        stage.eventually(() ->
                stage.claim("b").filter(claim -> !claim.fires().skipped().isEmpty()).isPresent());
        skipping.kill();
        assertThat(stage.claim("b").orElseThrow().fires().skipped().getLast().to())
                .isEqualTo(past.getLast());

        ApiProxy proxy = proxy();
        TerminalProcess killed = backfill(proxy, first);
        killAt(proxy, new Moment(PATCH, 1, false), killed::kill);
        assertThat(killed.end().exitCode()).isEqualTo(137);
        assertThat(backfill(proxy(), first).end().exitCode()).isZero();
        for (Moment moment :
                List.of(
                        new Moment(PATCH, 1, true),
                        new Moment(CREATE, 1, true),
                        new Moment(PATCH, 3, false))) {
            killServiceAt(moment);
        }
        service(proxy());
        stage.eventually(() -> stage.number("b") == past.size() && isOver("b"));

        assertThat(stage.jobsPerRun("b")).hasSize(past.size()).allSatisfy(this::isOne);
        List<JsonNode> runs = history("b");
        assertThat(runs)
                .extracting(run -> Instant.parse(run.path("fire").asString()))
                .containsExactlyInAnyOrderElementsOf(past);
        assertThat(runs)
                .extracting(run -> run.path("cause").path("kind").asString())
                .containsOnly("backfill");
    }

    private void isOne(String run, long jobs) {
        assertThat(jobs).as("Jobs of run %s", run).isEqualTo(1);
    }

    private boolean isAsked(String id) {
        return stage.engine("t")
                .path("metadata")
                .path("annotations")
                .path("chaosrunner.io/trigger")
                .asString("")
                .contains(id);
    }

    private boolean isOver(String engine) {
        return stage.claim(engine)
                .filter(claim -> claim.state() == Claim.State.FINISHED)
                .isPresent();
    }

    /** Start a service and see it die. */
    private void killServiceAt(Moment moment) {
        ApiProxy proxy = proxy();
        ServiceProcess service = service(proxy);
        var dead = new AtomicBoolean();
        killAt(
                proxy,
                moment,
                () -> {
                    service.kill();
                    dead.set(true);
                });
        stage.eventually(dead::get);
    }

    /** Of a Lease that nobody holds: who was killed can do no more. */
    private ServiceProcess service(ApiProxy proxy) {
        services++;
        return stage.serviceThrough(proxy, "--lease", "service-" + services);
    }

    private ApiProxy proxy() {
        ApiProxy proxy = ApiProxy.start(controlPlane);
        proxies.add(proxy);
        return proxy;
    }

    private static void killAt(ApiProxy proxy, Moment moment, Runnable deed) {
        var writes = new AtomicInteger();
        proxy.inject(
                new Fault.After(() -> {
                    deed.run();
                    if (!moment.carriedOut()) {
                        throw new IllegalStateException("the client is dead");
                    }
                }),
                1,
                call ->
                        isKind(call, moment.write())
                                && writes.incrementAndGet() == moment.number());
    }

    private static boolean isKind(Call call, String write) {
        return (call.verb() + " " + call.resource()).equals(write);
    }

    private TerminalProcess trigger(ApiProxy proxy, String id) {
        return command(proxy, "trigger", "t", "--id", id, "--note", id, "--timeout", "10m");
    }

    private TerminalProcess backfill(ApiProxy proxy, Instant first) {
        return command(
                proxy,
                "backfill",
                "b",
                "--from",
                first.toString(),
                "--until",
                "2099-01-01T00:00:00Z");
    }

    private TerminalProcess command(ApiProxy proxy, String... words) {
        TerminalProcess command =
                TerminalProcess.start(
                        stage.namespace.folder("commands"), stage.kubeconfigThrough(proxy), words);
        commands.add(command);
        return command;
    }

    private List<JsonNode> history(String engine) {
        String said = command(proxy(), "history", engine, "-o", "json").end().out();
        // What is recorded before the first run is none.
        return JsonMapper.shared()
                .readTree(said)
                .path("runs")
                .valueStream()
                .filter(run -> run.path("number").asLong() > 0)
                .toList();
    }
}
