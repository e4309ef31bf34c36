package io.chaosrunner.attempt;

import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.cluster.Cluster;
import io.chaosrunner.cluster.ClusterException;
import io.chaosrunner.cluster.ClusterException.Kind;
import io.chaosrunner.cluster.Resource;
import io.chaosrunner.testing.EngineWorld;
import io.chaosrunner.testing.TamperedCluster;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class NamedObjectsTest {
    private final AtomicLong now = new AtomicLong();
    private EngineWorld world = EngineWorld.start().listing("a", "b", "c", "d");

    @AfterEach
    void close() {
        world.close();
    }

    @Test
    void severalWantedAtOnceAreReadByOneList() {
        NamedObjects objects = objects(world.connect());
        objects.expect(4);
        read(objects, "a", "b", "c", "d");
        assertThat(calls()).isEqualTo("0 get, 1 list");
    }

    @Test
    void fewAreReadOneByOne() {
        NamedObjects objects = objects(world.connect());
        objects.expect(2);
        read(objects, "a", "b");
        assertThat(calls()).isEqualTo("2 get, 0 list");
    }

    @Test
    void whatIsWantedOneAfterAnotherIsListedOnceItIsMany() {
        NamedObjects objects = objects(world.connect());
        for (int i = 0; i < 20; i++) {
            objects.expect(1);
            read(objects, "a");
        }
        assertThat(calls()).isEqualTo("2 get, 1 list");
    }

    @Test
    void aListIsNotBelievedForLong() {
        NamedObjects objects = objects(world.connect());
        objects.expect(4);
        now.addAndGet(NamedObjects.FRESH.toNanos());
        objects.expect(1);
        read(objects, "a");
        assertThat(calls()).isEqualTo("1 get, 1 list");
    }

    @Test
    void whatIsNotListedIsReadByNameUnlessWhatWasEarlierCounts() {
        NamedObjects objects = objects(world.connect());
        objects.expect(4);
        assertThat(objects.getEarlier("missing")).isEmpty();
        assertThat(calls()).isEqualTo("0 get, 1 list");
        assertThat(objects.get("missing")).isEmpty();
        assertThat(calls()).isEqualTo("1 get, 1 list");
    }

    @ParameterizedTest
    @EnumSource(
            value = Kind.class,
            names = {"FORBIDDEN", "NOT_FOUND", "INVALID"})
    void whoMayNotListReadsOneByOneAndTriesOnce(Kind refusal) {
        var lists = new AtomicLong();
        NamedObjects objects =
                objects(
                        TamperedCluster.of(
                                world.connect(),
                                (verb, resource, args, call) -> {
                                    if (verb.equals("listNamed")) {
                                        lists.incrementAndGet();
                                        throw new ClusterException(refusal, "no");
                                    }
                                    return call.goOn();
                                }));
        for (int i = 0; i < 3; i++) {
            objects.expect(4);
            read(objects, "a");
        }
        assertThat(lists).hasValue(1);
        assertThat(calls()).isEqualTo("3 get, 0 list");
    }

    @Test
    void aNamespaceFullOfOthersObjectsIsNotRead() {
        world.close();
        world =
                EngineWorld.start()
                        .listing(
                                IntStream.rangeClosed(0, NamedObjects.MOST)
                                        .mapToObj(i -> "x" + i)
                                        .toArray(String[]::new));
        NamedObjects objects = objects(world.connect());
        objects.expect(4);
        objects.expect(4);
        read(objects, "x1", "x2");
        assertThat(calls()).isEqualTo("2 get, 1 list");
    }

    private NamedObjects objects(Cluster cluster) {
        return new NamedObjects(
                cluster,
                Resource.EXPERIMENTS,
                EngineWorld.ENGINE.namespace(),
                name -> true,
                now::get);
    }

    private static void read(NamedObjects objects, String... names) {
        for (String name : names) {
            assertThat(objects.get(name).orElseThrow().at("/metadata/name").asString(""))
                    .isEqualTo(name);
        }
    }

    private String calls() {
        return "%d get, %d list"
                .formatted(
                        world.count("get", "chaosexperiments"),
                        world.count("list", "chaosexperiments"));
    }
}
