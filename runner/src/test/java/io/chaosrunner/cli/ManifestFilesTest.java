package io.chaosrunner.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.api.parallel.Resources;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What {@code -f} means, to each command alike. */
@ResourceLock(Resources.SYSTEM_OUT)
@ResourceLock(Resources.SYSTEM_ERR)
class ManifestFilesTest {
    private static final String ENGINE =
            """
            apiVersion: litmuschaos.io/v1alpha1
            kind: ChaosEngine
            metadata:
              name: e
              namespace: default
              annotations: {chaosrunner.io/schedule: "every: 1h"}
            spec:
              engineState: active
              chaosServiceAccount: default
              experiments:
                - name: pod-delete
            """;

    private static final String EXPERIMENT =
            """
            apiVersion: litmuschaos.io/v1alpha1
            kind: ChaosExperiment
            metadata: {name: pod-delete, namespace: default}
            spec:
              definition:
                image: litmuschaos/go-runner:3.20.0
                command: [/bin/bash]
                args: [-c, ./experiments -name pod-delete]
                labels: {name: pod-delete}
                env:
                  - {name: TOTAL_CHAOS_DURATION, value: "30"}
            """;

    private static final String BOTH = ENGINE + "---\n" + EXPERIMENT;

    @TempDir Path folder;

    private static String[] reading(String command, String... files) {
        String[] before =
                command.equals("run")
                        ? new String[] {"run", "--sandbox", "--speed", "50", "-o", "lines"}
                        : new String[] {command};
        var all = new String[before.length + 2 * files.length];
        System.arraycopy(before, 0, all, 0, before.length);
        for (int i = 0; i < files.length; i++) {
            all[before.length + 2 * i] = "-f";
            all[before.length + 2 * i + 1] = files[i];
        }
        return all;
    }

    private String file(String name, String text) throws IOException {
        Path file = folder.resolve(name);
        Files.createDirectories(file.getParent());
        return Files.writeString(file, text).toString();
    }

    @ParameterizedTest
    @ValueSource(strings = {"run", "plan", "next", "validate"})
    void standardInputIsAFile(String command) {
        assertThat(Said.given(BOTH, reading(command, "-")).exitCode()).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"run", "plan", "next", "validate"})
    void severalFilesAreOneInput(String command) throws IOException {
        assertThat(
                        Said.by(
                                        reading(
                                                command,
                                                file("a.yaml", EXPERIMENT),
                                                file("b.yaml", ENGINE)))
                                .exitCode())
                .isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"run", "plan", "next", "validate"})
    void aFolderIsItsFiles(String command) throws IOException {
        file("engine.yaml", ENGINE);
        file("sub/experiment.yml", EXPERIMENT);
        file(".git/engine.yaml", ENGINE);
        file("notes.txt", "no: [yaml");

        assertThat(Said.by(reading(command, folder.toString())).exitCode()).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"run", "plan", "next", "validate"})
    void whatOtherToolsReadIsPassedOverInAFolder(String command) throws IOException {
        file("engine.yaml", BOTH);
        file("kustomization.yaml", "resources: [engine.yaml]\n");
        file(
                "full/kustomization.yaml",
                "apiVersion: kustomize.config.k8s.io/v1beta1\n"
                        + "kind: Kustomization\n"
                        + "resources: []\n");
        file("Chart.yaml", "apiVersion: v2\nname: shop\nversion: 0.1.0\n");
        file("values.yaml", "enabled: true\n");
        file("board.json", "{\"title\": \"dashboard\", \"panels\": []}");
        file(
                "pod-delete.chartserviceversion.yaml",
                "apiVersion: litmuschaos.io/v1alpha1\n"
                        + "kind: ChartServiceVersion\n"
                        + "metadata: {name: p}\n");
        file("templates/engine.yaml", "kind: {{ .Values.kind }}\n");
        file("other/engine.yaml", "kind: ChaosEngine\nmetadata: {{ .Values.meta }}\n");

        Said said = Said.by(reading(command, folder.toString()));

        assertThat(said.exitCode()).isZero();
        if (command.equals("validate")) {
            assertThat(said.out().lines().toList())
                    .containsExactly(
                            "passed over: Chart (1), ChartServiceVersion (1), Kustomization (1),"
                                    + " folder of Helm templates (1), something without apiVersion"
                                    + " and kind (3), template (1)",
                            "nothing wrong in 2 objects");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"run", "plan", "next", "validate"})
    void aFailedPipeIsNoSuccess(String command) throws IOException {
        for (String nothing : new String[] {"", "\n\n", "# no\n", "---\n---\n", "null\n"}) {
            Said said = Said.given(nothing, reading(command, "-"));

            assertThat(said.exitCode()).isEqualTo(2);
            assertThat(said.err()).contains("standard input is empty; did the command before it");
            said = Said.by(reading(command, file("a.yaml", BOTH), file("b.yaml", nothing)));
            assertThat(said.exitCode()).isEqualTo(2);
            assertThat(said.err()).contains("b.yaml holds no object");
        }
        assertThat(
                        Said.given("apiVersion: v1\nkind: List\nitems: []\n", reading(command, "-"))
                                .exitCode())
                .isEqualTo(2);
    }

    @ParameterizedTest
    @ValueSource(strings = {"run", "plan", "next", "validate"})
    void whatCannotBeReadNamesFileAndLine(String command) throws IOException {
        String broken = file("broken.yaml", BOTH + "---\na: 1\nb: [\n");
        String bare = file("bare.yaml", BOTH + "---\nmetadata: {name: a}\n");
        Path latin = folder.resolve("latin.yaml");
        Files.write(latin, "a: \u00e9".getBytes(StandardCharsets.ISO_8859_1));

        Said said = Said.by(reading(command, broken));
        assertThat(said.exitCode()).isEqualTo(2);
        assertThat(said.out() + said.err()).contains(broken + ":27: ").contains("is not YAML: ");
        said = Said.by(reading(command, bare));
        assertThat(said.exitCode()).isEqualTo(2);
        assertThat(said.out() + said.err()).contains(bare + ":25: ").contains("apiVersion");
        said = Said.by(reading(command, latin.toString()));
        assertThat(said.exitCode()).isEqualTo(2);
        assertThat(said.err()).contains(latin + " is not text in UTF-8");
        said = Said.by(reading(command, folder.resolve("none.yaml").toString()));
        assertThat(said.exitCode()).isEqualTo(2);
        assertThat(said.err()).contains("none.yaml: there is no such file");
    }

    @ParameterizedTest
    @ValueSource(strings = {"List", "ChaosEngineList", "ChaosExperimentList"})
    void listsAreTheirItems(String kind) {
        String items = (kind.equals("ChaosExperimentList") ? EXPERIMENT : ENGINE).indent(2);
        String list =
                "apiVersion: litmuschaos.io/v1alpha1\nkind: %s\nitems:\n-%s---\n%s"
                        .formatted(
                                kind,
                                items.substring(1),
                                kind.equals("ChaosExperimentList") ? ENGINE : EXPERIMENT);

        for (String command : new String[] {"run", "plan", "validate"}) {
            Said said = Said.given(list, reading(command, "-"));
            assertThat(said.exitCode()).as(command + said).isZero();
            assertThat(said.out()).doesNotContain("made up");
        }
    }

    @Test
    void itemsOfATypedListNeedNotRepeatTheirKind() {
        String list =
                "apiVersion: litmuschaos.io/v1alpha1\n"
                        + "kind: ChaosEngineList\n"
                        + "items:\n"
                        + "- metadata: {name: e}\n"
                        + "  spec: {chaosServiceAccount: a, experiments: [{name: pod-delete}]}\n";

        assertThat(Said.given(list, reading("plan", "-")).exitCode()).isZero();
        assertThat(Said.given(list, reading("validate", "-")).out()).contains("in 1 object");
    }

    @Test
    void twoEnginesAreNamedWithTheirPlaces() {
        Said said = Said.given(BOTH + "---\n" + ENGINE, reading("plan", "-"));

        assertThat(said.exitCode()).isEqualTo(2);
        assertThat(said.err()).contains("found 2: e (standard input:1), e (standard input:25)");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{apiVersion: v1, kind: List}",
                "{apiVersion: v1, kind: List, items: null}",
                "{apiVersion: v1, kind: List, items: []}",
                "{apiVersion: litmuschaos.io/v1alpha1, kind: ChaosEngineList, items: null}",
                "{apiVersion: v1, kind: List, items: [{apiVersion: v1, kind: List, items: null}]}"
            })
    void aListOfNothingIsAnEmptyInput(String list) {
        for (String command : List.of("validate", "plan", "next", "run")) {
            Said said = Said.given(list, reading(command, "-"));
            assertThat(said.exitCode()).as(said.toString()).isEqualTo(2);
            assertThat(said.err()).contains("standard input is empty");
        }
    }

    @Test
    void aListWithoutAListIsRefused() {
        Said said =
                Said.given("apiVersion: v1\nkind: List\nitems: {a: 1}\n", reading("validate", "-"));
        assertThat(said.exitCode()).as(said.toString()).isEqualTo(2);
        assertThat(said.out()).contains("standard input:3: error: apiVersion is missing");
    }

    @Test
    void whatJqWritesIsRead() {
        String json =
                """
                {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}}
                {"apiVersion": "litmuschaos.io/v1alpha1", "kind": "ChaosEngine", "metadata": {"name": "e"},
                  "spec": {"engineState": "active", "chaosServiceAccount": "a", "experiments": [{"name": "pod-delete"}]}}
                """;
        assertThat(Said.given(json, reading("plan", "-")).out()).contains("pod-delete");
        assertThat(Said.given(json, reading("validate", "-")).out())
                .contains("standard input:3: warning: spec.experiments[0].name");
    }

    @Test
    void aMergedFieldRuns() {
        String merged =
                BOTH.replace(
                        "    - name: pod-delete\n---",
                        """
                            - name: pod-delete
                              spec: &common
                                components:
                                  env: [{name: TARGET_PODS, value: canary-0}]
                            - name: pod-delete
                              spec:
                                <<: *common
                        ---\
                        """);

        Said said = Said.given(merged, reading("run", "-"));
        assertThat(said.exitCode()).as(said.toString()).isZero();
        assertThat(Said.given(merged, reading("validate", "-")).out()).doesNotContain("<<");
    }

    @Test
    void aNameIsMadeWhereTheFileLeavesItToTheServer() {
        String generated = BOTH.replace("  name: e\n", "  generateName: shop-\n");

        Said said = Said.given(generated, reading("run", "-"));

        assertThat(said.exitCode()).as(said.toString()).isZero();
        assertThat(said.out()).containsPattern("default/shop-[a-z0-9]{5}\\b");
        assertThat(Said.given(generated, reading("plan", "-")).exitCode()).isZero();
        assertThat(Said.given(generated, reading("next", "-")).exitCode()).isZero();
        said = Said.given(generated, reading("validate", "-"));
        assertThat(said.exitCode()).isZero();
        assertThat(said.out()).doesNotContain("metadata");
        said = Said.given(generated.replace("shop-", "Shop-"), reading("validate", "-"));
        assertThat(said.exitCode()).isEqualTo(2);
        assertThat(said.out()).contains("metadata.generateName");
    }

    @Test
    void anExportedObjectRuns() {
        String exported =
                BOTH.replace(
                                "  name: e\n",
                                "  name: e\n"
                                        + "  resourceVersion: '12'\n"
                                        + "  uid: 7f1d1a4e-0000-4000-8000-000000000001\n"
                                        + "  creationTimestamp: '2026-01-01T00:00:00Z'\n"
                                        + "  generation: 3\n"
                                        + "  managedFields: [{manager: kubectl}]\n")
                        .replace(
                                "chaosrunner.io/schedule: \"every: 1h\"",
                                "chaosrunner.io/stop: '{}', chaosrunner.io/run: '{}'")
                        .replace(
                                "name: pod-delete, namespace",
                                "resourceVersion: '4711', generation: 1, name: pod-delete,"
                                        + " namespace")
                        .replace(
                                "spec:\n  engine",
                                "status: {engineStatus: completed, experiments: [{name: pod-delete,"
                                        + " status: Completed}]}\n"
                                        + "spec:\n"
                                        + "  engine");

        Said said = Said.given(exported, reading("run", "-"));

        assertThat(said.exitCode()).as(said.toString()).isZero();
        assertThat(said.out()).contains("Pass");
    }

    @Test
    void whatTheApiServerRefusesTheSandboxRefuses() {
        String misspelt =
                BOTH.replace(
                        "- name: pod-delete\n---",
                        "- name: pod-delete\n"
                                + "      spec: {components: {env: [{name: A, VALUE: x}]}}\n"
                                + "---");
        Said said = Said.given(misspelt, reading("run", "-"));
        assertThat(said.exitCode()).isEqualTo(2);
        assertThat(said.err())
                .contains("unknown field \"spec.experiments[0].spec.components.env[0].VALUE\"");
        said = Said.given(misspelt, reading("validate", "-"));
        assertThat(said.exitCode()).isEqualTo(2);
        assertThat(said.out()).contains("the API server refuses it; did you mean 'value'?");

        said =
                Said.given(
                        BOTH.replace(
                                "chaosServiceAccount: default", "chaosServiceAccount: ${CHAOS_SA}"),
                        reading("run", "-"));
        assertThat(said.exitCode()).as(said.toString()).isNotZero();
        assertThat(said.out() + said.err()).contains("serviceAccountName");

        said = Said.given(BOTH.replace("value: \"30\"", "value: on"), reading("run", "-"));
        assertThat(said.exitCode()).isEqualTo(2);
        assertThat(said.err()).contains("spec.definition.env[0].value");
    }

    @Test
    void nothingIsInjectedWhileSomethingIsMissing() {
        String mounting =
                BOTH.replace(
                        "- name: pod-delete\n---",
                        "- name: pod-delete\n"
                                + "    - name: pod-delete\n"
                                + "      spec: {components: {configMaps: [{name: script, mountPath:"
                                + " /m}]}}\n"
                                + "---");

        Said said = Said.given(mounting, reading("run", "-"));
        assertThat(said.exitCode()).isEqualTo(2);
        assertThat(said.err())
                .contains("ConfigMap default/script does not exist, and pod-delete needs it")
                .contains("--skip-missing");
        assertThat(said.out()).doesNotContain(" launch ");
        assertThat(
                        Said.given(
                                        mounting,
                                        "run",
                                        "--sandbox",
                                        "--skip-missing",
                                        "--speed",
                                        "50",
                                        "-f",
                                        "-")
                                .exitCode())
                .isEqualTo(1);
        assertThat(
                        Said.given(
                                        mounting
                                                + "---\n"
                                                + "apiVersion: v1\n"
                                                + "kind: ConfigMap\n"
                                                + "metadata: {name: script}\n"
                                                + "---\n"
                                                + "apiVersion: batch/v1\n"
                                                + "kind: CronJob\n"
                                                + "metadata: {name: other}\n",
                                        reading("run", "-"))
                                .exitCode())
                .isZero();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "  experiments:|  experiment:|did you mean 'experiments' instead of 'experiment' in"
                        + " spec?",
                "  experiments:|  Experiments:|did you mean 'experiments' instead of 'Experiments'"
                        + " in spec?",
                "  experiments:|  exeriments:|did you mean 'experiments' instead of 'exeriments' in"
                        + " spec?",
                "spec:|sepc:|did you mean 'spec' instead of 'sepc' in the ChaosEngine?",
                "    - name: pod-delete|    []|list the experiments to run",
                "    - name: pod-delete|    {name: pod-delete}|list"
            })
    void nothingToRunIsNoSuccess(String part, String written, String meant) {
        String engine = ENGINE.replaceFirst(part, written);
        assertThat(engine).isNotEqualTo(ENGINE);
        for (String command : new String[] {"run", "plan", "validate"}) {
            Said said = Said.given(engine, reading(command, "-"));

            assertThat(said.exitCode()).as(command + said).isEqualTo(2);
            assertThat(said.out() + said.err()).contains("spec").contains(meant);
        }
    }

    @Test
    void anAddressIsNoFileAndWhatToDoInsteadIsSaid() {
        Said said = Said.by("validate", "-f", "https://example.org/engine.yaml");

        assertThat(said.exitCode()).isEqualTo(2);
        assertThat(said.err()).contains("curl -fsS https://example.org/engine.yaml | chaos-runner");
    }

    @ParameterizedTest
    @ValueSource(strings = {"validate", "plan", "next", "run --sandbox"})
    void anEmptyNameOfAFileIsNotTheWorkingFolder(String command) {
        Said said = Said.by((command + " -f ").split(" ", -1));

        assertThat(said.exitCode()).isEqualTo(2);
        assertThat(said.err()).contains("-f is empty").doesNotContain(".yaml");
    }

    @ParameterizedTest
    @ValueSource(strings = {"--kubeconfig", "--plugins", "--audit", "--junit", "--summary"})
    void norIsAnEmptyPath(String option) {
        Said said = Said.by("run", "x", option, "");

        assertThat(said.exitCode()).isEqualTo(2);
        assertThat(said.err()).contains("chaos-runner: " + option + " is empty; is the variable");
    }
}
