package io.chaosrunner.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class PersistentListTest {

    @Test
    void anyMixOfChangesGivesWhatACopiedListGivesAndOldVersionsStay() {
        for (int seed = 0; seed < 200; seed++) {
            Random random = new Random(seed);
            int initial = random.nextInt(200);
            List<Integer> expected = new ArrayList<>(IntStream.range(0, initial).boxed().toList());
            PersistentList<Integer> list = PersistentList.of(expected);
            List<PersistentList<Integer>> versions = new ArrayList<>(List.of(list));
            List<List<Integer>> copies = new ArrayList<>(List.of(List.copyOf(expected)));
            for (int change = 0; change < 60; change++) {
                int from = random.nextInt(versions.size());
                list = versions.get(from);
                expected = new ArrayList<>(copies.get(from));
                if (expected.isEmpty() || random.nextBoolean()) {
                    list = list.plus(change);
                    expected.add(change);
                } else {
                    int index = random.nextInt(expected.size());
                    list = list.with(index, -change);
                    expected.set(index, -change);
                }
                versions.add(list);
                copies.add(List.copyOf(expected));
            }
            for (int i = 0; i < versions.size(); i++) {
                assertThat(versions.get(i))
                        .as("seed %d, version %d", seed, i)
                        .containsExactlyElementsOf(copies.get(i));
                assertThat(versions.get(i).size()).isEqualTo(copies.get(i).size());
            }
        }
    }

    @Test
    void itRefusesWhatIsOutsideOfIt() {
        PersistentList<String> list = PersistentList.<String>empty().plus("a");
        assertThat(list.isEmpty()).isFalse();
        assertThat(PersistentList.empty().isEmpty()).isTrue();
        assertThatThrownBy(() -> list.get(1)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> list.with(-1, "b")).isInstanceOf(IndexOutOfBoundsException.class);
        var iterator = list.iterator();
        iterator.next();
        assertThatThrownBy(iterator::next).isInstanceOf(NoSuchElementException.class);
    }
}
