package io.chaosrunner.scheduler;

import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.model.EngineRef;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests of {@link Shares}: who of those that wait gets a place. */
class SharesTest {

    @Test
    void whoeverIsAloneHasAllPlaces() {
        assertThat(held(asking(Shares.of(4), "a", 9))).containsExactly(Map.entry("a", 4));
    }

    @Test
    void aNamespaceOfManyEnginesLeavesTheOthersTheirShare() {
        Shares shares = asking(Shares.of(10).with(engines("victim", 3)), "greedy", 60);
        assertThat(held(shares)).containsExactly(Map.entry("greedy", 7));

        assertThat(held(asking(settled(shares), "victim", 3)))
                .as("without a wait, though the other has had everything it may")
                .containsOnly(Map.entry("greedy", 7), Map.entry("victim", 3));
    }

    @Test
    void namespacesThatWantMoreThanThereIsShareItEvenly() {
        Shares shares = asking(asking(asking(Shares.of(10), "a", 20), "b", 20), "c", 2);

        assertThat(held(shares.with(engines("c", 2))))
                .containsOnly(Map.entry("a", 4), Map.entry("b", 4), Map.entry("c", 2));
    }

    @Test
    void whatCannotBeSharedEvenlyIsNotLeftUnused() {
        assertThat(held(asking(asking(Shares.of(5), "a", 20), "b", 20)).values())
                .containsExactlyInAnyOrder(3, 2);
    }

    @Test
    void whereThereAreMoreNamespacesThanPlacesTheyTakeTurns() {
        Shares shares = Shares.of(2);
        for (String namespace : List.of("a", "b", "c")) {
            shares = asking(shares, namespace, 2);
        }
        var turns = new ArrayList<String>();
        for (int i = 0; i < 6; i++) {
            shares = settled(shares);
            assertThat(shares.held()).hasSize(Math.min(2, 6 - i));
            EngineRef ended =
                    shares.held().stream()
                            .min((one, other) -> one.toString().compareTo(other.toString()))
                            .orElseThrow();
            turns.add(ended.namespace());
            shares = shares.freeing(ended).without(ended);
        }
        assertThat(turns).containsExactlyInAnyOrder("a", "a", "b", "b", "c", "c");
        assertThat(turns.subList(0, 3)).contains("a", "b");
        assertThat(turns.subList(1, 5)).contains("c");
    }

    @Test
    void withinANamespaceWhoeverCameFirstIsFirst() {
        Shares shares = Shares.of(1).asking(engine("a", 2)).asking(engine("a", 1));

        assertThat(shares.turns()).containsExactly(engine("a", 2));
        assertThat(shares.withdrawing(engine("a", 2)).turns()).containsExactly(engine("a", 1));
    }

    @Test
    void aRunThatIsTakenUpHasItsPlaceHoweverFewThereAre() {
        Shares shares = Shares.of(1).granting(engine("a", 1)).granting(engine("b", 1));

        assertThat(shares.held()).hasSize(2);
        assertThat(shares.asking(engine("c", 1)).turns()).isEmpty();
        assertThat(shares.asking(engine("c", 1)).freeing(engine("a", 1)).turns())
                .as("there is still one more than there may be")
                .isEmpty();
    }

    @Test
    void anEngineHasOnePlaceAtMost() {
        Shares shares = Shares.of(4).granting(engine("a", 1)).asking(engine("a", 1));

        assertThat(shares.turns()).isEmpty();
        assertThat(shares.freeing(engine("a", 1)).turns()).containsExactly(engine("a", 1));
    }

    /**
     * Whatever happened before: no more places than there are, none unused that somebody may have,
     * and a namespace that holds less than its even share and asks is served as soon as one is free
     * or was always kept for it.
     */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
    void whateverHappensAShareIsKept(long seed) {
        var random = new Random(seed);
        int places = 1 + random.nextInt(12);
        var all = new ArrayList<EngineRef>();
        for (int namespace = 0; namespace < 1 + random.nextInt(5); namespace++) {
            all.addAll(engines("n" + namespace, 1 + random.nextInt(15)));
        }
        Shares shares = Shares.of(places).with(all);
        int namespaces = (int) all.stream().map(EngineRef::namespace).distinct().count();
        int even = places / namespaces;
        for (int step = 0; step < 400; step++) {
            EngineRef one = all.get(random.nextInt(all.size()));
            shares =
                    switch (random.nextInt(4)) {
                        case 0 -> shares.freeing(one);
                        case 1 -> shares.withdrawing(one);
                        default -> shares.asking(one);
                    };
            shares = settled(shares);

            assertThat(shares.held().size()).isLessThanOrEqualTo(places);
            Map<String, Integer> held = held(shares);
            Set<EngineRef> running = shares.held();
            Set<String> waiting =
                    shares.waiting().stream()
                            .filter(engine -> !running.contains(engine))
                            .map(EngineRef::namespace)
                            .collect(Collectors.toSet());
            for (String namespace : waiting) {
                assertThat(held.getOrDefault(namespace, 0))
                        .as("step %d: %s", step, shares)
                        .isGreaterThanOrEqualTo(even);
            }
            if (namespaces == 1 && !waiting.isEmpty()) {
                assertThat(shares.held()).hasSize(places);
            }
        }
    }

    private static Shares settled(Shares shares) {
        Shares then = shares;
        for (EngineRef turn : shares.turns()) {
            then = then.granting(turn);
        }
        return then;
    }

    private static Shares asking(Shares shares, String namespace, int engines) {
        Shares then = shares;
        for (EngineRef engine : engines(namespace, engines)) {
            then = then.asking(engine);
        }
        return then;
    }

    private static Map<String, Integer> held(Shares shares) {
        var held = new HashMap<String, Integer>();
        settled(shares).held().forEach(e -> held.merge(e.namespace(), 1, Integer::sum));
        return held;
    }

    private static List<EngineRef> engines(String namespace, int count) {
        return IntStream.rangeClosed(1, count).mapToObj(i -> engine(namespace, i)).toList();
    }

    private static EngineRef engine(String namespace, int number) {
        return new EngineRef(namespace, "e" + number);
    }
}
