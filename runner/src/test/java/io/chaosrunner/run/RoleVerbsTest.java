package io.chaosrunner.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.claim.StartTable.Caller;
import io.chaosrunner.cluster.Cluster;
import io.chaosrunner.cluster.Resource;
import io.chaosrunner.history.RunRecords;
import io.chaosrunner.status.RunNotice;
import io.chaosrunner.testing.EngineWorld;
import io.chaosrunner.testing.GrantedRights;
import io.chaosrunner.testing.TamperedCluster;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.node.ObjectNode;

/**
 * No verb of the runner's Roles is there for nothing: each is taken away in turn, and something
 * that was promised is missing, and said; or other verbs are used in its place.
 *
 * <p>The sandbox refuses as RBAC does. That the API server reads the Roles as they are meant is
 * tested on it, by {@code RunnerRoleTest}.
 */
@Execution(ExecutionMode.CONCURRENT)
class RoleVerbsTest {
    private static final Path ROLES = Path.of("../deploy/rbac");

    /** What is run: it is what a right is for. */
    private enum Scenario {
        ONE {
            @Override
            EngineWorld world() {
                return EngineWorld.start().engineWith(CLEAN, "a");
            }
        },
        THREE {
            @Override
            EngineWorld world() {
                return EngineWorld.start()
                        .script("a", "after=200s")
                        .engineWith(CLEAN, "a", "b", "c");
            }
        },
        TOGETHER {
            @Override
            EngineWorld world() {
                EngineWorld world = EngineWorld.start().engineWith(CLEAN, "a", "b", "c", "d");
                world.edit(
                        "{'metadata': {'annotations': {'chaosrunner.io/execution': 'strategy:"
                                + " parallel'}}}");
                return world;
            }
        },
        TWICE {
            @Override
            EngineWorld world() {
                return EngineWorld.start().engineWith(CLEAN, "a");
            }

            @Override
            Caller caller() {
                return Caller.PERSON;
            }

            @Override
            int runs() {
                return 2;
            }
        },
        MOUNTS {
            @Override
            EngineWorld world() {
                EngineWorld world = EngineWorld.start().engineWith(CLEAN, "a");
                world.load(
                        EngineWorld.json(
                                "{'apiVersion': 'v1', 'kind': 'ConfigMap', 'metadata': {'name':"
                                        + " 'c', 'namespace': 'n'}}"));
                world.edit(
                        Resource.EXPERIMENTS,
                        "a",
                        "{'spec': {'definition': {'configMaps': [{'name': 'c', 'mountPath':"
                                + " '/c'}]}}}");
                return world;
            }
        },
        HELPER {
            @Override
            EngineWorld world() {
                return EngineWorld.start().script("a", "oom helper").engineWith(CLEAN, "a");
            }
        },
        SUSPENDED_JOB {
            @Override
            EngineWorld world() {
                return EngineWorld.start().engineWith(SHORT_WAIT, "a");
            }

            @Override
            void tamper(Cluster cluster, ObjectNode job) {
                job.withObject("/spec").put("suspend", true);
            }
        },
        JOB_WITHOUT_POD {
            @Override
            EngineWorld world() {
                return EngineWorld.start().engineWith(SHORT_WAIT, "a");
            }

            @Override
            void tamper(Cluster cluster, ObjectNode job) {
                job.withObject("/spec").put("parallelism", 0);
            }
        },
        STRANGERS_JOB {
            private final AtomicBoolean made = new AtomicBoolean();

            @Override
            EngineWorld world() {
                made.set(false);
                return EngineWorld.start().engineWith(SHORT_WAIT, "a");
            }

            @Override
            void tamper(Cluster cluster, ObjectNode job) {
                if (made.compareAndSet(false, true)) {
                    ObjectNode other = job.deepCopy();
                    String name = job.path("metadata").path("name").asString("");
                    other.withObject("/metadata").removeAll().put("name", name);
                    other.withObject("/spec").put("parallelism", 0);
                    cluster.create(Resource.JOBS, "n", other);
                }
            }
        };

        abstract EngineWorld world();

        Caller caller() {
            return Caller.OPERATOR;
        }

        int runs() {
            return 1;
        }

        /** Change a Job before it is created. */
        void tamper(Cluster cluster, ObjectNode job) {}
    }

    private static final String CLEAN = "{'spec': {'jobCleanUpPolicy': 'delete'}}";
    private static final String SHORT_WAIT =
            "{'spec': {'experiments': [{'name': 'a', 'spec': {'components': {'statusCheckTimeouts':"
                    + " {'timeout': 2}}}}]}}";

    /** Says that it is read by other verbs: the comfort is gone, and nothing else. */
    private static final String READS = "reads";

    /** Says that the refusal is told. */
    private static final String REFUSED = "refused";

    static Stream<Arguments> rights() {
        return Stream.of(
                right("least.yaml", "get chaosengines", Scenario.ONE, REFUSED),
                right(
                        "least.yaml",
                        "patch chaosengines",
                        Scenario.ONE,
                        "cannot update resource \"chaosengines\""),
                right("least.yaml", "get chaosexperiments", Scenario.ONE, REFUSED),
                right("least.yaml", "get chaosresults", Scenario.ONE, REFUSED),
                right("least.yaml", "create jobs", Scenario.ONE, REFUSED),
                right("least.yaml", "list pods", Scenario.ONE, REFUSED),
                right("runner.yaml", "get chaosengines", Scenario.ONE, REFUSED),
                right(
                        "runner.yaml",
                        "patch chaosengines",
                        Scenario.ONE,
                        "cannot update resource \"chaosengines\""),
                right("runner.yaml", "watch chaosengines", Scenario.THREE, READS),
                right("runner.yaml", "get chaosexperiments", Scenario.ONE, REFUSED),
                right("runner.yaml", "list chaosexperiments", Scenario.TOGETHER, READS),
                right("runner.yaml", "get chaosresults", Scenario.ONE, REFUSED),
                right("runner.yaml", "list chaosresults", Scenario.TOGETHER, READS),
                right("runner.yaml", "watch chaosresults", Scenario.THREE, READS),
                right("runner.yaml", "create jobs", Scenario.ONE, REFUSED),
                right("runner.yaml", "get jobs", Scenario.STRANGERS_JOB, "adopted=true"),
                right("runner.yaml", "list jobs", Scenario.SUSPENDED_JOB, REFUSED),
                right("runner.yaml", "delete jobs", Scenario.ONE, "will be retained"),
                right("runner.yaml", "list pods", Scenario.ONE, REFUSED),
                right("runner.yaml", "watch pods", Scenario.THREE, READS),
                right("runner.yaml", "delete pods", Scenario.HELPER, REFUSED),
                right("runner.yaml", "create events", Scenario.ONE, "no events are written"),
                right("runner.yaml", "get events", Scenario.TWICE, REFUSED),
                right("runner.yaml", "update events", Scenario.TWICE, REFUSED),
                right(
                        "runner.yaml",
                        "list events",
                        Scenario.JOB_WITHOUT_POD,
                        "may not list events"),
                right("runner.yaml", "get configmaps", Scenario.MOUNTS, "not checked"),
                right("runner.yaml", "create configmaps", Scenario.ONE, "history on the engine"),
                right("runner.yaml", "update configmaps", Scenario.TWICE, "history on the engine"));
    }

    /** What comes of scenarios under whole Roles: several verbs are compared with it. */
    private static final Map<String, Run> WHOLE = new ConcurrentHashMap<>();

    private static Arguments right(String file, String right, Scenario scenario, String without) {
        return Arguments.of(file, right, scenario, without);
    }

    @ParameterizedTest
    @MethodSource("rights")
    void withoutAVerbSomethingThatWasPromisedIsMissingAndSaid(
            String file, String right, Scenario scenario, String without) {
        TreeSet<String> granted = granted(file);
        Run whole = WHOLE.computeIfAbsent(file + " " + scenario, _ -> run(scenario, granted(file)));
        assertThat(granted.remove(right)).isTrue();
        Run part = run(scenario, granted);

        if (without.equals(READS)) {
            // How often it is read depends on time, how it is read does not.
            String[] words = right.split(" ");
            assertThat(whole.count(right)).as(right).isPositive();
            assertThat(part.count(right)).as(right).isZero();
            assertThat(part.count("get " + words[1]) + part.count("list " + words[1]))
                    .as(words[1])
                    // Whoever cannot list reads each by itself.
                    .isGreaterThanOrEqualTo(words[0].equals("list") ? 4 : 1);
        } else {
            String words =
                    without.equals(REFUSED)
                            ? "cannot %s resource \"%s\"".formatted((Object[]) right.split(" "))
                            : without;
            assertThat(part.said()).contains(words);
            assertThat(whole.said()).doesNotContain(words);
        }
    }

    @Test
    void noVerbOfTheRolesIsForgottenHere() {
        for (String file : List.of("least.yaml", "runner.yaml")) {
            assertThat(rights().filter(each -> each.get()[0].equals(file)))
                    .extracting(each -> (String) each.get()[1])
                    .as(file)
                    .containsExactlyInAnyOrderElementsOf(granted(file));
        }
    }

    // ---- Props --------------------------------------------------------------------------------

    /**
     * What came of it.
     *
     * @param said whatever anybody is told
     * @param counts how often each verb was carried out on each resource
     */
    private record Run(String said, Map<String, Long> counts) {
        long count(String right) {
            return counts.getOrDefault(right, 0L);
        }
    }

    private static Run run(Scenario scenario, TreeSet<String> granted) {
        EngineWorld world = scenario.world();
        Cluster admin = world.connect();
        Cluster cluster =
                TamperedCluster.of(
                        admin,
                        (verb, resource, args, call) -> {
                            if (resource == Resource.JOBS && verb.equals("create")) {
                                scenario.tamper(admin, (ObjectNode) args[2]);
                            }
                            return call.goOn();
                        });
        var said = new StringBuilder();
        GrantedRights.refuseAllBut(world, granted);
        try (RunBench bench = new RunBench(world, scenario.caller(), cluster, "process-1")) {
            for (int i = 0; i < scenario.runs(); i++) {
                said.append(i == 0 ? bench.run() : again(world, scenario, cluster, said))
                        .append('\n');
            }
            for (RunNotice notice : bench.notices) {
                said.append(notice).append('\n');
            }
            var counts = new TreeMap<String, Long>();
            world.requests()
                    .forEach(request -> {
                        counts.merge(request.verb() + " " + request.resource(), 1L, Long::sum);
                    });
            GrantedRights.allowAll(world);
            said.append(world.entries()).append('\n').append(world.list(Resource.EVENTS));
            said.append(
                    world.engine().annotation(RunRecords.ANNOTATION).isPresent()
                            ? "\nhistory on the engine"
                            : "");
            return new Run(said.toString(), counts);
        }
    }

    private static RunResult again(
            EngineWorld world, Scenario scenario, Cluster cluster, StringBuilder said) {
        var second = new RunBench(world, scenario.caller(), cluster, "process-2");
        RunResult result = second.run();
        second.notices.forEach(notice -> said.append(notice).append('\n'));
        return result;
    }

    private static TreeSet<String> granted(String file) {
        return GrantedRights.of(ROLES.resolve(file));
    }
}
