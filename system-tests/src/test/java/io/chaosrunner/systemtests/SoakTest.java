package io.chaosrunner.systemtests;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.claim.Claim;
import io.chaosrunner.claim.FireLedger.Skipped;
import io.chaosrunner.crd.Engine;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.LongUnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Many engines of ten namespaces, half of them edited by somebody hostile, and leaders that are
 * killed: for as long as {@code -Dchaosrunner.soak.seconds} says (3600). CONTRIBUTING.md has the
 * command.
 *
 * <p>{@code -Dchaosrunner.soak.engines} (200), {@code -Dchaosrunner.soak.every} (seconds between
 * two fires, 120), {@code -Dchaosrunner.soak.kill} (seconds until a leader is killed, at most twice
 * as many, 300) and {@code -Dchaosrunner.soak.seed} make it larger or another one.
 */
@NeedsControlPlane
@Tag("soak")
@Timeout(value = 3, unit = TimeUnit.HOURS)
class SoakTest {
    private static final int NAMESPACES = 10;
    private static final int ENGINES = Integer.getInteger("chaosrunner.soak.engines", 200);
    private static final Duration LENGTH =
            Duration.ofSeconds(Integer.getInteger("chaosrunner.soak.seconds", 3600));
    private static final Duration EVERY =
            Duration.ofSeconds(Integer.getInteger("chaosrunner.soak.every", 120));
    private static final long SEED = Long.getLong("chaosrunner.soak.seed", 20261128);
    private static final int BETWEEN_KILLS_SECONDS =
            Integer.getInteger("chaosrunner.soak.kill", 300);
    private static final Duration WARM = Duration.ofSeconds(30);

    /** Looks at a leader, a second apart, in a third of its life: fewer say nothing of growth. */
    private static final int ENOUGH_LOOKS = 100;

    /** Looks from one collection of all garbage to the next. */
    private static final int COLLECTED = 15;

    /** What some runs more or less have in hand. */
    private static final long NOISE_KIB = 8 << 10;

    /** The whole heap is there from the start, so that what grows is not the heap. */
    private static final Map<String, String> WHOLE_HEAP =
            Map.of("JAVA_TOOL_OPTIONS", "-Xms128m -XX:+AlwaysPreTouch");

    /** Of the limit that deploy/schedules sets. */
    private static final long MOST_MB = 320;

    /** What 64 runs may need at once; a thread for each fire, edit or watch would soon be more. */
    private static final long MOST_THREADS = 250;

    private static final PatchContext MERGE = PatchContext.of(PatchType.JSON_MERGE);

    /** What somebody may write into his own engine. */
    private static final List<String> HOSTILE =
            List.of(
                    annotation("schedule", "every: never"),
                    annotation("schedule", "[".repeat(100_000)),
                    annotation("schedule", "{cron: '* * * * * ?', jitter: 1s}"),
                    annotation("schedule", "now: true"),
                    annotation("schedule", "every: 10s"),
                    json("{'metadata':{'annotations':{'chaosrunner.io/schedule':null}}}"),
                    annotation("run", "{}"),
                    annotation("run", "nonsense"),
                    annotation("run", "[".repeat(10_000)),
                    json("{'metadata':{'annotations':{'chaosrunner.io/run':null}}}"),
                    annotation("stop", "x"),
                    annotation("suspended", "by hand"),
                    annotation("replaced", "x"),
                    annotation("trigger", "{'id':'a b'}"),
                    annotation("backfill", "]"),
                    annotation("execution", "deadline: -1s"),
                    json("{'spec':{'engineState':'active'}}"),
                    json("{'spec':{'engineState':'stop'}}"),
                    json("{'status':{'experiments':[]}}"));

    private final ControlPlane controlPlane;
    private final ServiceStage stage;
    private final List<TestNamespace> namespaces = new ArrayList<>();
    private final List<FakeKubelet> kubelets = new ArrayList<>();
    private final Map<String, Story> stories = new ConcurrentHashMap<>();

    /** What was seen of each leader: threads and resident MB, and KiB of living objects. */
    private final Map<ServiceProcess, List<long[]>> sizes = new HashMap<>();

    private final Map<ServiceProcess, List<long[]>> lives = new HashMap<>();

    SoakTest(ControlPlane controlPlane) {
        this.controlPlane = controlPlane;
        stage = new ServiceStage(controlPlane);
        namespaces.add(stage.namespace);
    }

    private static String annotation(String name, String value) {
        return json("{'metadata':{'annotations':{'chaosrunner.io/%s':VALUE}}}".formatted(name))
                .replace("VALUE", JsonMapper.shared().writeValueAsString(value));
    }

    private static String json(String text) {
        return text.replace('\'', '"');
    }

    @AfterEach
    void close() {
        stage.close();
        kubelets.forEach(FakeKubelet::close);
        namespaces.stream().skip(1).forEach(TestNamespace::close);
    }

    @Test
    void noFireIsLostOrDoubledWhateverIsWrittenAndWhoeverIsKilled(TestReporter reporter)
            throws IOException {
        var watches = new ArrayList<SharedIndexInformer<GenericKubernetesResource>>();
        for (int i = 1; i < NAMESPACES; i++) {
            TestNamespace more = TestNamespace.create(controlPlane);
            more.experiment("pod-delete");
            namespaces.add(more);
            kubelets.add(FakeKubelet.start(more));
        }
        namespaces.forEach(each -> watches.add(follow(each)));
        for (int i = 0; i < ENGINES; i++) {
            namespaces
                    .get(i % NAMESPACES)
                    .newEngine(name(i))
                    .spec("engineState", "stop")
                    .account("default")
                    .annotation(
                            ServiceStage.SCHEDULE,
                            "{every: %ds, overlap: queueAll, startingDeadline: 1h}"
                                    .formatted(EVERY.toSeconds()))
                    .experiment("pod-delete", "after=100ms")
                    .create();
        }

        int kills = disturb(reporter);

        watches.forEach(SharedIndexInformer::close);
        assertThat(stories).hasSize(ENGINES / 2);
        assertThat(stories.values()).allSatisfy(Story::check);
        assertThat(stage.story())
                .doesNotContain("this is a bug")
                .doesNotContain("OutOfMemory")
                .doesNotContain("\tat ");
        reporter.publishEntry("kills", Integer.toString(kills));
        reporter.publishEntry(
                "runs",
                Integer.toString(
                        stories.values().stream().mapToInt(each -> each.runs.size()).sum()));
        for (var each : sizes.entrySet()) {
            if (each.getValue().size() >= 3 * ENOUGH_LOOKS) {
                checkFlat("threads", each.getValue(), 0, before -> before + 10, reporter);
                checkFlat("MB", each.getValue(), 1, before -> before + before / 10, reporter);
                checkFlat(
                        "live KiB",
                        requireNonNull(lives.get(each.getKey())),
                        0,
                        before -> before + NOISE_KIB,
                        reporter);
            }
        }
    }

    private static String name(int i) {
        return (isVictim(i) ? "victim-" : "edited-") + i;
    }

    /** Half of each namespace's. */
    private static boolean isVictim(int i) {
        return i / NAMESPACES % 2 == 0;
    }

    /** Edit and kill until the time is over; returns how often it was killed. */
    private int disturb(TestReporter reporter) throws IOException {
        var random = new Random(SEED);
        var replicas = new ArrayList<>(List.of(service(), service()));
        Instant until = Instant.now().plus(LENGTH);
        Instant kill = Instant.now().plusSeconds(BETWEEN_KILLS_SECONDS);
        var began = new HashMap<ServiceProcess, Instant>();
        int kills = 0;
        while (Instant.now().isBefore(until)) {
            Instant next = Instant.now().plusSeconds(1);
            stage.eventually(() -> !Instant.now().isBefore(next));
            edit(random);
            for (ServiceProcess each : replicas) {
                Instant since = began.computeIfAbsent(each, _ -> Instant.now());
                if (each.leads() && since.plus(WARM).isBefore(Instant.now())) {
                    List<long[]> looks = sizes.computeIfAbsent(each, _ -> new ArrayList<>());
                    looks.add(check(each));
                    if (looks.size() % COLLECTED == 0) {
                        lives.computeIfAbsent(each, _ -> new ArrayList<>())
                                .add(new long[] {each.live()});
                    }
                }
            }
            if (Instant.now().isAfter(kill) && Instant.now().plus(WARM).isBefore(until)) {
                ServiceProcess leader =
                        replicas.stream()
                                .filter(ServiceProcess::leads)
                                .findFirst()
                                .orElse(replicas.getFirst());
                reporter.publishEntry(
                        "killed with",
                        "%d threads, %d MB".formatted(size(leader)[0], size(leader)[1]));
                leader.kill();
                replicas.remove(leader);
                replicas.add(service());
                kills++;
                kill =
                        Instant.now()
                                .plusSeconds(BETWEEN_KILLS_SECONDS)
                                .plusSeconds(random.nextInt(BETWEEN_KILLS_SECONDS));
            }
        }
        return kills;
    }

    private static long[] size(ServiceProcess process) {
        try {
            return process.size();
        } catch (IOException e) {
            throw new AssertionError(process.output(), e);
        }
    }

    private static long[] check(ServiceProcess leader) {
        long[] size = size(leader);
        assertThat(size[0]).as("threads").isLessThan(MOST_THREADS);
        assertThat(size[1]).as("MB").isLessThan(MOST_MB);
        return size;
    }

    /** The last third of a leader's life needs no more than the one before it, but for noise. */
    private static void checkFlat(
            String what,
            List<long[]> sizes,
            int which,
            LongUnaryOperator most,
            TestReporter reporter) {
        int third = sizes.size() / 3;
        long before = median(sizes.subList(third, 2 * third), which);
        long last = median(sizes.subList(2 * third, sizes.size()), which);
        reporter.publishEntry(what, "%d, then %d".formatted(before, last));
        assertThat(last).as(what).isLessThanOrEqualTo(most.applyAsLong(before));
    }

    private static long median(List<long[]> sizes, int which) {
        return sizes.stream().mapToLong(size -> size[which]).sorted().toArray()[sizes.size() / 2];
    }

    private void edit(Random random) {
        int i = random.nextInt(ENGINES);
        if (isVictim(i)) {
            return;
        }
        TestNamespace namespace = namespaces.get(i % NAMESPACES);
        Litmus.engines(namespace.admin(), namespace.name())
                .named(name(i))
                .patch(MERGE, HOSTILE.get(random.nextInt(HOSTILE.size())));
    }

    private ServiceProcess service() {
        var arguments = new ArrayList<>(List.of("--launch=direct"));
        namespaces.stream().skip(1).forEach(each -> arguments.add("--namespace=" + each.name()));
        return stage.serviceAsAdmin(WHOLE_HEAP, arguments.toArray(String[]::new));
    }

    // ---- What is seen ------------------------------------------------------------------------

    private SharedIndexInformer<GenericKubernetesResource> follow(TestNamespace namespace) {
        return Litmus.engines(namespace.admin(), namespace.name())
                .all()
                .inform(
                        new ResourceEventHandler<>() {
                            @Override
                            public void onAdd(GenericKubernetesResource object) {
                                String json =
                                        namespace
                                                .admin()
                                                .getKubernetesSerialization()
                                                .asJson(object);
                                Engine engine =
                                        new Engine((ObjectNode) JsonMapper.shared().readTree(json));
                                if (engine.name().startsWith("victim-")) {
                                    stories.computeIfAbsent(engine.ref().toString(), Story::new)
                                            .saw(engine);
                                }
                            }

                            @Override
                            public void onUpdate(
                                    GenericKubernetesResource before,
                                    GenericKubernetesResource now) {
                                onAdd(now);
                            }

                            @Override
                            public void onDelete(
                                    GenericKubernetesResource object, boolean unknown) {}
                        });
    }

    /** What a victim's claims have said, over all its versions. */
    private static final class Story {
        private final String name;
        private final Map<String, Instant> runs = new TreeMap<>();
        private final Set<Skipped> skips = new HashSet<>();
        private Instant created = Instant.EPOCH;

        Story(String name) {
            this.name = name;
        }

        synchronized void saw(Engine engine) {
            created = engine.created();
            Claim.of(engine)
                    .ifPresent(claim -> {
                        claim.fires()
                                .started()
                                .filter(_ -> claim.isOfRun())
                                .ifPresent(fire -> runs.put(claim.run().id(), fire.at()));
                        skips.addAll(claim.fires().skipped());
                    });
        }

        /** From the first fire to about the last of all each began a run, and only one. */
        synchronized void check() {
            assertThat(skips).as(name + ": skipped").isEmpty();
            assertThat(runs.values()).as(name).doesNotHaveDuplicates();
            Instant fire = created;
            for (Instant at : runs.values().stream().sorted().toList()) {
                assertThat(at).as("%s: runs %s", name, runs).isEqualTo(fire);
                fire = fire.plus(EVERY);
            }
            // The last one may be under way, and one behind it, while a leader is followed by
            // another.
            assertThat(runs.size())
                    .as("%s: runs %s", name, runs)
                    .isGreaterThanOrEqualTo((int) Math.max(1, LENGTH.dividedBy(EVERY) - 1));
        }
    }
}
