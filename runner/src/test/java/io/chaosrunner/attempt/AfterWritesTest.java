package io.chaosrunner.attempt;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class AfterWritesTest {
    private final AfterWrites<String> after = new AfterWrites<>();

    @Test
    void whatWaitedForAnEditionComesInTheOrderInWhichItWasAsked() {
        after.add(2, "third");
        after.add(1, "first");
        after.add(1, "second");
        after.add(3, "fourth");

        assertThat(after.stored(0)).isEmpty();
        assertThat(after.stored(2)).containsExactly("first", "second", "third");
        assertThat(after.isEmpty()).isFalse();
        assertThat(after.stored(3)).containsExactly("fourth");
        assertThat(after.isEmpty()).isTrue();
    }

    @Test
    void nothingIsDueTwice() {
        after.add(1, "once");

        assertThat(after.stored(1)).containsExactly("once");
        assertThat(after.stored(1)).isEmpty();
    }
}
