package io.chaosrunner.strategy.builtin;

import java.time.Duration;

/** Values the way users write them. */
final class Words {
    private Words() {}

    /** Return for example {@code 1h30m}, {@code 42s} or {@code 1s500ms}; {@code 0s} for none. */
    static String of(Duration duration) {
        long[] size = {86_400_000, 3_600_000, 60_000, 1_000, 1};
        String[] unit = {"d", "h", "m", "s", "ms"};
        var text = new StringBuilder();
        long rest = duration.toMillis();
        for (int i = 0; i < size.length; i++) {
            if (rest / size[i] > 0) {
                text.append(rest / size[i]).append(unit[i]);
                rest %= size[i];
            }
        }
        return text.isEmpty() ? "0s" : text.toString();
    }
}
