package io.chaosrunner.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.claim.Claim;
import io.chaosrunner.claim.FireLedger;
import io.chaosrunner.model.Fire;
import io.chaosrunner.model.RunId;
import io.chaosrunner.sandbox.SandboxServer;
import io.chaosrunner.schedule.ScheduleSpec;
import io.chaosrunner.testing.SandboxTexts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.api.parallel.Resources;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.json.JsonMapper;

/** What {@code next} says of schedules of which nothing starts, for now or for good. */
@Timeout(600)
@ResourceLock(Resources.SYSTEM_OUT)
@ResourceLock(Resources.SYSTEM_ERR)
class NextCommandTest {
    private static final String CHAOS_SCHEDULE =
            """
            apiVersion: litmuschaos.io/v1alpha1
            kind: ChaosSchedule
            metadata: {name: nginx, namespace: default}
            spec:
              scheduleState: active
              schedule:
                repeat: {properties: {minChaosInterval: {minute: {everyNthMinute: 30}}}}
              engineTemplateSpec:
                chaosServiceAccount: chaos
                experiments: [{name: a}]
            """;

    private static final String ENGINE =
            """
            apiVersion: litmuschaos.io/v1alpha1
            kind: ChaosEngine
            metadata:
              name: nginx
              namespace: default
              annotations:
                chaosrunner.io/schedule: "{cron: '0 3 * * *'}"
            spec:
              engineState: active
              chaosServiceAccount: chaos
              experiments: [{name: a}]
            """;

    @TempDir private Path folder;

    @Test
    void aScheduleThatIsCompleteHasNoFires() throws IOException {
        String complete = CHAOS_SCHEDULE.replace("State: active", "State: complete");
        Said text = next(complete);
        Said json = next(complete, "-o", "json");

        assertThat(text.exitCode()).isZero();
        assertThat(text.out())
                .isEqualToNormalizingNewlines(
                        "Nothing starts: spec.scheduleState is complete: it is over.\n");
        assertThat(json.out())
                .contains("\"entries\" : [ ]", "\"end\" : \"spec.scheduleState is complete: it is");
    }

    @ParameterizedTest
    @ValueSource(strings = {"halt", "stop"})
    void aScheduleThatMayGoOnShowsWhatWouldFire(String state) throws IOException {
        assertThat(next(CHAOS_SCHEDULE.replace("State: active", "State: " + state)).out())
                .contains("Nothing starts: spec.scheduleState is " + state, "Thu 2026-12-24 12:30");
    }

    @Test
    void aSuspensionThatIsOverIsNotToldAsIfItHeld() throws IOException {
        String suspended = "'0 3 * * *', suspend: {until: 2026-12-23, note: release}";
        Said over = next(ENGINE.replace("'0 3 * * *'", suspended));
        Said overJson = next(ENGINE.replace("'0 3 * * *'", suspended), "-o", "json");
        Said held = next(ENGINE.replace("'0 3 * * *'", suspended.replace("12-23", "12-25")));

        assertThat(over.out()).doesNotContain("suspended", "release");
        assertThat(overJson.out())
                .contains("\"suspended\" : false")
                .doesNotContain("suspendedUntil");
        assertThat(held.out()).contains("nothing starts before Sat 2026-12-26 00:00", "release");
    }

    @Test
    void theFiresShownOfASuspensionThatEndsAreThoseThatStart() throws IOException {
        String suspended = "'0 3 * * *', suspend: {until: 2026-12-25}";

        assertThat(next(ENGINE.replace("'0 3 * * *'", suspended)).out())
                .contains("\nSat 2026-12-26 03:00:00")
                .doesNotContain("Fri 2026-12-25 03:00:00");
        assertThat(next(ENGINE.replace("'0 3 * * *'", suspended), "-o", "json").out())
                .contains("\"suspendedUntil\" : \"2026-12-26T00:00:00Z\"")
                .doesNotContain("\"at\" : \"2026-12-25");
        assertThat(next(ENGINE.replace("'0 3 * * *'", "'0 3 * * *', suspend: true")).out())
                .contains("nothing starts before suspend is removed", "Fri 2026-12-25 03:00:00");
        assertThat(
                        next(ENGINE.replace(
                                        "cron: '0 3 * * *'",
                                        "now: true, suspend: {until: 2026-12-25}"))
                                .out())
                .contains("nothing starts before Sat 2026-12-26", "\nThu 2026-12-24 ");
    }

    @Test
    void runsThatWereStartedAreNotForetoldAgain() throws IOException {
        try (SandboxServer server =
                SandboxServer.start(SandboxServer.Options.DEFAULT.withSchemas(new CrdSchemas()))) {
            String config = SandboxKubeconfig.in(folder, server.url()).toString();
            SandboxTexts.load(server, claimed("maxRuns: 3"));
            Said two = Said.by("--kubeconfig", config, "next", "nginx");
            assertThat(two.out().lines()).hasSize(4);
            assertThat(two.out()).endsWith("Then it is over: maxRuns: 3 runs are all.\n");
        }
        try (SandboxServer server =
                SandboxServer.start(SandboxServer.Options.DEFAULT.withSchemas(new CrdSchemas()))) {
            String config = SandboxKubeconfig.in(folder, server.url()).toString();
            SandboxTexts.load(server, claimed("maxRuns: 1"));
            Said none = Said.by("--kubeconfig", config, "next", "nginx");
            assertThat(none.exitCode()).isZero();
            assertThat(none.out()).isEqualTo("Then it is over: maxRuns: 1 runs were started.\n");
        }
    }

    /** An engine of whose schedule one run was started. */
    private static String claimed(String setting) {
        String schedule = "{cron: '0 3 * * *', %s}".formatted(setting);
        Instant fire = Instant.parse("2026-03-02T03:00:00Z");
        String hash = ScheduleSpec.of(Optional.of(schedule), Map.of(), fire).orElseThrow().hash();
        String claim =
                new Claim(
                                new Claim.Start(
                                        new RunId(1, "id"),
                                        fire,
                                        1,
                                        JsonMapper.shared().createObjectNode(),
                                        "active"),
                                "process",
                                new Claim.Standing(Claim.State.FINISHED, "done", ""),
                                new Claim.Progress(1, List.of(), Map.of()),
                                FireLedger.NONE.next(Optional.of(new Fire(fire, hash))))
                        .text();
        return ENGINE.replace(
                "schedule: \"{cron: '0 3 * * *'}\"",
                "schedule: \"%s\"\n    %s: '%s'".formatted(schedule, Claim.ANNOTATION, claim));
    }

    private Said next(String text, String... more) throws IOException {
        Path file = Files.writeString(folder.resolve("file.yaml"), text);
        String[] all = new String[5 + more.length];
        System.arraycopy(
                new String[] {"next", "-f", file.toString(), "--from", "2026-12-24T12:00:00Z"},
                0,
                all,
                0,
                5);
        System.arraycopy(more, 0, all, 5, more.length);
        return Said.by(all);
    }
}
