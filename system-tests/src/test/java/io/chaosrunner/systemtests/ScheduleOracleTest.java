package io.chaosrunner.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.claim.Claim;
import io.chaosrunner.claim.FireLedger.Skipped;
import io.chaosrunner.crd.Engine;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Kill the leader again and again under many schedules, and hold what happened against what should
 * have: every fire one run, or one recorded skip.
 *
 * <p>An onlooker sees every version of every engine. {@code -Dchaosrunner.oracle.schedules=50
 * -Dchaosrunner.oracle.seconds=300} makes it the long one.
 */
@NeedsControlPlane
@Timeout(value = 30, unit = TimeUnit.MINUTES)
class ScheduleOracleTest {

    private static final int SCHEDULES = Integer.getInteger("chaosrunner.oracle.schedules", 12);
    private static final Duration LENGTH =
            Duration.ofSeconds(Integer.getInteger("chaosrunner.oracle.seconds", 75));
    private static final long SEED = Long.getLong("chaosrunner.oracle.seed", 20261125);
    private static final Duration EVERY = Duration.ofSeconds(15);
    private static final int FIRST_KILL_SECONDS = 20;
    private static final int KILL_SPREAD_SECONDS = 21;

    private final ServiceStage stage;
    private final Map<String, Story> stories = new ConcurrentHashMap<>();
    private final Set<String> jobs = ConcurrentHashMap.newKeySet();
    private final Map<String, Set<String>> jobsOfRun = new ConcurrentHashMap<>();

    ScheduleOracleTest(ControlPlane controlPlane) {
        stage = new ServiceStage(controlPlane);
    }

    @AfterEach
    void close() {
        stage.close();
    }

    @Test
    void everyFireIsOneRunOrOneRecordedSkipWhoeverIsKilled() {
        try (var engines = followEngines();
                var jobWatch = followJobs()) {
            assertThat(List.of(engines, jobWatch)).doesNotContainNull();
            Instant until = Instant.now().plus(LENGTH);
            for (int i = 0; i < SCHEDULES; i++) {
                stage.engine(
                        "engine-" + i,
                        "{every: %ds, until: '%s'%s}"
                                .formatted(
                                        EVERY.toSeconds(),
                                        until,
                                        i % 3 == 0 ? "" : ", jitter: " + i % 3 + "s"),
                        i % 4 == 0 ? "after=18s" : "after=1s");
            }
            int kills = killLeaders(until);
            stage.eventually(() -> stories.values().stream().allMatch(Story::isOver));

            assertThat(kills).isPositive();
            assertThat(stories).hasSize(SCHEDULES);
            assertThat(stories.values()).allSatisfy(ScheduleOracleTest::check);
            assertThat(jobsOfRun).allSatisfy((run, ofRun) -> assertThat(ofRun).hasSize(1));
            assertThat(jobsOfRun)
                    .hasSize(stories.values().stream().mapToInt(each -> each.runs.size()).sum());
        }
    }

    /** Returns how many were killed. */
    private int killLeaders(Instant until) {
        var random = new Random(SEED);
        var replicas = new ArrayList<>(List.of(stage.service(), stage.service()));
        Instant next = Instant.now().plusSeconds(FIRST_KILL_SECONDS);
        int kills = 0;
        while (Instant.now().isBefore(until)) {
            Instant due = next;
            stage.eventually(() -> !Instant.now().isBefore(due));
            Optional<ServiceProcess> leader =
                    replicas.stream().filter(ServiceProcess::leads).findFirst();
            if (leader.isPresent()) {
                leader.get().kill();
                replicas.remove(leader.get());
                replicas.add(stage.service());
                kills++;
                next =
                        Instant.now()
                                .plusSeconds(FIRST_KILL_SECONDS)
                                .plusSeconds(random.nextInt(KILL_SPREAD_SECONDS));
            } else {
                next = Instant.now().plusSeconds(1);
            }
        }
        return kills;
    }

    private static void check(Story story) {
        Map<Instant, Integer> settled = new TreeMap<>();
        story.runs.values().forEach(fire -> settled.merge(fire, 1, Integer::sum));
        for (Instant at = story.first(); !at.isAfter(story.until()); at = at.plus(EVERY)) {
            Instant fire = at;
            for (Skipped skip : story.skips) {
                if (!fire.isBefore(skip.from()) && !fire.isAfter(skip.to())) {
                    settled.merge(fire, 1, Integer::sum);
                    break;
                }
            }
            assertThat(settled.getOrDefault(fire, 0))
                    .as(
                            "%s: fire of %s in runs %s, skips %s",
                            story.name, fire, story.runs, story.skips)
                    .isEqualTo(1);
        }
        long skipped = story.skips.stream().mapToLong(Skipped::count).sum();
        assertThat(settled).hasSize(Math.toIntExact(story.runs.size() + skipped));
    }

    /** What an engine's claims have said, over all its versions. */
    private static final class Story {
        private final String name;
        private final Instant created;
        private final Instant end;
        private final Map<String, Instant> runs = new ConcurrentHashMap<>();
        private final Set<Skipped> skips = new HashSet<>();
        private volatile Optional<Claim> last = Optional.empty();

        Story(Engine engine, Instant end) {
            name = engine.name();
            created = engine.created();
            this.end = end;
        }

        Instant first() {
            return created;
        }

        Instant until() {
            return end;
        }

        synchronized void saw(Engine engine) {
            last = Claim.of(engine);
            last.ifPresent(claim -> {
                if (claim.isOfRun()) {
                    claim.fires()
                            .started()
                            .ifPresent(fire -> runs.put(claim.run().id(), fire.at()));
                }
                for (Skipped skip : claim.fires().skipped()) {
                    // A record that grew takes the place of what it was.
                    skips.removeIf(old -> old.from().equals(skip.from()));
                    skips.add(skip);
                }
            });
        }

        boolean isOver() {
            return last.filter(claim -> claim.state() == Claim.State.FINISHED)
                    .flatMap(claim -> claim.fires().settled())
                    .filter(fire -> fire.at().plus(EVERY).isAfter(end))
                    .isPresent();
        }
    }

    private SharedIndexInformer<GenericKubernetesResource> followEngines() {
        return Litmus.engines(stage.namespace.admin(), stage.namespace.name())
                .all()
                .inform(
                        new ResourceEventHandler<>() {
                            @Override
                            public void onAdd(GenericKubernetesResource object) {
                                Engine engine = read(object);
                                stories.computeIfAbsent(
                                                engine.name(),
                                                name -> new Story(engine, end(engine)))
                                        .saw(engine);
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

    private Engine read(GenericKubernetesResource object) {
        String json = stage.namespace.admin().getKubernetesSerialization().asJson(object);
        return new Engine((ObjectNode) JsonMapper.shared().readTree(json));
    }

    private static Instant end(Engine engine) {
        String schedule = engine.annotation(ServiceStage.SCHEDULE).orElseThrow();
        return Instant.parse(schedule.replaceFirst(".*until: '([^']+)'.*", "$1"));
    }

    private SharedIndexInformer<Job> followJobs() {
        return stage.namespace
                .admin()
                .batch()
                .v1()
                .jobs()
                .inNamespace(stage.namespace.name())
                .inform(
                        new ResourceEventHandler<>() {
                            @Override
                            public void onAdd(Job job) {
                                Map<String, String> labels = job.getMetadata().getLabels();
                                if (jobs.add(job.getMetadata().getUid())) {
                                    jobsOfRun
                                            .computeIfAbsent(
                                                    labels.get("chaosrunner.io/run"),
                                                    run -> ConcurrentHashMap.newKeySet())
                                            .add(job.getMetadata().getUid());
                                }
                            }

                            @Override
                            public void onUpdate(Job before, Job now) {}

                            @Override
                            public void onDelete(Job job, boolean unknown) {}
                        });
    }
}
