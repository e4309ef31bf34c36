package io.chaosrunner.scheduler;

import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.model.EngineRef;
import io.chaosrunner.scheduler.Places.Place;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Tests of {@link Places}: nobody waits for a place that is free. */
class PlacesTest {
    private static final EngineRef ONE = new EngineRef("a", "1");
    private static final EngineRef TWO = new EngineRef("a", "2");
    private static final EngineRef OTHER = new EngineRef("b", "1");

    private final List<String> woken = new ArrayList<>();
    private final Places places = new Places(1);

    @Test
    void whoeverWaitsIsWokenWhenAPlaceIsGivenBack() {
        Place held = places.take(ONE, wake("one")).orElseThrow();
        assertThat(places.take(OTHER, wake("other"))).isEmpty();
        assertThat(places.take(TWO, wake("two"))).isEmpty();

        held.close();

        assertThat(woken).containsExactly("other");
        assertThat(places.take(TWO, wake("two"))).as("it is not its turn").isEmpty();
        assertThat(places.take(OTHER, wake("other"))).isPresent();
    }

    @Test
    void whoeverAsksNoMoreMakesWayForTheNext() {
        Place held = places.take(ONE, wake("one")).orElseThrow();
        assertThat(places.take(OTHER, wake("other"))).isEmpty();
        assertThat(places.take(TWO, wake("two"))).isEmpty();
        held.close();
        woken.clear();

        places.withdraw(OTHER);
        assertThat(woken).containsExactly("two");
        woken.clear();

        places.forget(TWO);
        assertThat(woken).isEmpty();
        assertThat(places.take(ONE, wake("one"))).isPresent();
    }

    @Test
    void aPlaceIsGivenBackOnce() {
        Place held = places.take(ONE, wake("one")).orElseThrow();
        held.close();
        Place next = places.take(ONE, wake("one")).orElseThrow();

        held.close();

        assertThat(places.take(TWO, wake("two"))).isEmpty();
        next.close();
        assertThat(woken).containsExactly("two");
    }

    private Runnable wake(String who) {
        return () -> woken.add(who);
    }
}
