package io.chaosrunner.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.api.parallel.Resources;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Every command that reads a file says the same line of what is wrong in it. */
@ResourceLock(Resources.SYSTEM_OUT)
@ResourceLock(Resources.SYSTEM_ERR)
class PlacesOfProblemsTest {
    private static final String ENGINE =
            """
            apiVersion: litmuschaos.io/v1alpha1
            kind: ChaosEngine
            metadata:
              name: e
              annotations:
                chaosrunner.io/schedule: |
                  cron: "99 * * * *"
                  timeZone: Europe/Berln
                chaosrunner.io/execution: |
                  strategy: paralel
                  maxParallel: x
            spec:
              chaosServiceAccount: x
              experiments: [{name: a}]
            """;

    private static final String SCHEDULE =
            """
            apiVersion: litmuschaos.io/v1alpha1
            kind: ChaosSchedule
            metadata: {name: s}
            spec:
              schedule:
                repeat:
                  timeRange: {startTime: "02:00"}
                  properties:
                    minChaosInterval: {hour: {everyNthHour: 2}}
              engineTemplateSpec:
                chaosServiceAccount: x
                experiments: [{name: a}]
            """;

    @TempDir private Path folder;

    @ParameterizedTest
    @CsvSource({
        "validate, 7, schedule.cron: '99'",
        "validate, 8, schedule.timeZone: 'Europe/Berln'",
        "validate, 10, strategy: there is no strategy 'paralel'",
        "validate, 11, maxParallel: 'x'",
        "next, 7, schedule.cron: '99'",
        "next, 8, schedule.timeZone: 'Europe/Berln'",
        "plan, 10, strategy: there is no strategy 'paralel'",
        "plan, 11, maxParallel: 'x'",
        "run --sandbox, 10, strategy: there is no strategy 'paralel'",
        "run --sandbox, 11, maxParallel: 'x'"
    })
    void aSettingOfAnEngine(String command, int line, String problem) throws IOException {
        assertPlaced(command, "engine.yaml", ENGINE, line, problem);
    }

    @Test
    void aFieldThatLitmusKnowsNothingOfIsSaidBeforeItsEngineRuns() throws IOException {
        Path file = folder.resolve("engine.yaml");
        Files.writeString(
                file,
                """
                apiVersion: litmuschaos.io/v1alpha1
                kind: ChaosEngine
                metadata: {name: e}
                spec:
                  chaosServiceAccount: x
                  jobCleanupPolicy: delete
                  experiments:
                    - name: a
                      spec: {components: {nodeSelectors: {a: b}}}
                """);

        Said said = Said.by("run", "--sandbox", "--speed", "50", "-f", file.toString());

        assertThat(said.exitCode()).as(said.err()).isZero();
        assertThat(said.out() + said.err())
                .contains(
                        "ChaosEngine e: spec.jobCleanupPolicy is unknown to Litmus",
                        "did you mean 'jobCleanUpPolicy'?",
                        "spec.experiments[0].spec.components.nodeSelectors is unknown to Litmus",
                        "did you mean 'nodeSelector'?");
    }

    @ParameterizedTest
    @CsvSource({
        "next, 12, schedule.cron: '99'",
        "plan, 15, strategy: there is no",
        "run --sandbox, 15, strategy: there is no"
    })
    void aSettingOfAnEngineInAList(String command, int line, String problem) throws IOException {
        String list =
                "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: ConfigMap\n  metadata: {name: c}\n- "
                        + ENGINE.indent(2).strip();

        assertPlaced(command, "list.yaml", list, line + 1, problem);
    }

    @ParameterizedTest
    @CsvSource({"validate", "plan", "run --sandbox"})
    void anEngineThatListsNothing(String command) throws IOException {
        assertPlaced(
                command,
                "engine.yaml",
                "# first\n---\n" + ENGINE.replace("experiments:", "experiment:"),
                16,
                "spec.experiments is empty; did you mean 'experiments' instead of");
    }

    @ParameterizedTest
    @CsvSource({
        "experiments: [{name: a}], experiments:@    - name: a@      rnk: 1, 16, 'unknown field \"spec.experiments[0].rnk\"'",
        "experiments: [{name: a}], experiments:@    - name: a@      spec: {components: {env: [@        {VALUE: c}]}}, 17, .env[0].VALUE",
        "experiments: [{name: a}], experiments:@    - name: a@      spec:@        components: {experimentAnnotations: {@          sandbox.chaosrunner.io/scenario: bogus}}, 18, bogus",
        "experiments: [{name: a}], experiments:@    - nme: a, 15, experiments[0]",
        "metadata:, x: 1@metadata:, 3, 'unknown field \"x\"'"
    })
    void aFieldThatTheSandboxRefuses(String part, String written, int line, String problem)
            throws IOException {
        assertPlaced(
                "run --sandbox",
                "engine.yaml",
                ENGINE.replace(part, written.replace('@', '\n')),
                line,
                problem);
    }

    @ParameterizedTest
    @CsvSource({"validate", "next"})
    void aFieldOfASchedule(String command) throws IOException {
        assertPlaced(
                command,
                "schedule.yaml",
                SCHEDULE,
                7,
                "spec.schedule.repeat.timeRange.startTime: '02:00' is not a time");
    }

    @ParameterizedTest
    @CsvSource({
        "plan --set maxParallel=y, --set maxParallel: 'y' is not",
        "plan --set strategy=dga, --set strategy: there is no strategy 'dga'",
        "run --sandbox --set maxParallel=y, --set maxParallel: 'y' is not",
        "run --sandbox --set bogus=1 --set strategy=sequential, --set bogus: ",
        "next --schedule cron=x, --schedule cron: 'x' has",
        "next --schedule {=x, --schedule {: ",
        "next --schedule cron={, --schedule cron: '{' is not a YAML value",
        "plan --set maxParallel={, --set maxParallel: '{' is not a YAML value",
        "plan --verdict z=Pass, --verdict z: the engine lists no such experiment"
    })
    void anOptionIsNamedWhereItIsTheOptionThatIsWrong(String command, String problem)
            throws IOException {
        Path file = Files.writeString(folder.resolve("engine.yaml"), ENGINE);

        Said said = Said.by((command + " -f " + file).split(" ", -1));

        assertThat(said.exitCode()).isEqualTo(2);
        assertThat(said.err().lines())
                .as(said.err())
                .anyMatch(line -> line.startsWith("chaos-runner: " + problem));
    }

    private void assertPlaced(String command, String name, String text, int line, String problem)
            throws IOException {
        Path file = Files.writeString(folder.resolve(name), text);

        Said said = Said.by((command + " -f " + file).split(" ", -1));

        assertThat(said.exitCode()).isEqualTo(2);
        assertThat((said.out() + said.err()).lines())
                .as(said.out() + said.err())
                .anyMatch(
                        each -> each.contains(file + ":" + line + ": ") && each.contains(problem));
    }
}
