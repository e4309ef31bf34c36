package io.chaosrunner.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.api.parallel.Resources;

/** How {@code next} tells instants. */
@ResourceLock(Resources.SYSTEM_OUT)
@ResourceLock(Resources.SYSTEM_ERR)
class InstantsOfNextTest {
    private static final Pattern INSTANT = Pattern.compile("\\d{4}-\\d\\d-\\d\\dT[\\d:]+Z");

    @TempDir private Path folder;

    private Said next(String settings, String... more) throws IOException {
        Path file =
                Files.writeString(
                        folder.resolve("engine.yaml"),
                        """
                        apiVersion: litmuschaos.io/v1alpha1
                        kind: ChaosEngine
                        metadata:
                          name: nginx
                          annotations:
                            chaosrunner.io/schedule: "{cron: '0 3 * * *', timeZone: Asia/Tokyo%s}"
                        spec: {chaosServiceAccount: x, experiments: [{name: a}]}
                        """
                                .formatted(settings));
        var all = new ArrayList<>(List.of("next", "-f", file.toString()));
        all.addAll(List.of(more));
        return Said.by(all.toArray(String[]::new));
    }

    @Test
    void eachInstantIsToldWithHowFarAwayItIs() throws IOException {
        Said said = next(", exclude: ['12-24'], jitter: 10m", "--count", "400");

        List<String> rows = said.out().lines().skip(1).toList();
        assertThat(rows).as(said.toString()).hasSizeBetween(401, 402);
        assertThat(rows)
                .allMatch(row -> row.matches(".*" + INSTANT + " \\(in \\d+[dhms]\\).*"))
                .anyMatch(row -> row.startsWith("  not ") && row.contains("12-24"))
                .anyMatch(row -> row.contains("(in 1d)  "))
                .noneMatch(row -> row.endsWith(" "));
    }

    @Test
    void whatIsPastIsToldAsSuch() throws IOException {
        Said said = next("", "--from", "2020-01-01T00:00:00Z", "--count", "1");

        assertThat(said.out()).containsPattern("2020-01-01T18:00:00Z \\(\\d+d ago\\)\n");
    }

    @Test
    void theEndOfASuspensionToo() throws IOException {
        Said said = next(", suspend: {until: '2099-01-01'}", "--count", "1");

        assertThat(said.out())
                .containsPattern(
                        "nothing starts before Fri 2099-01-02 00:00:00 \\+09:00 \\(in \\d+d\\)");
    }

    @Test
    void programsGetInstantsAlone() throws IOException {
        assertThat(next("", "-o", "json").out()).doesNotContain("(in ", "ago)");
    }
}
