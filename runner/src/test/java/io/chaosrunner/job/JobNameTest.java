package io.chaosrunner.job;

import static io.chaosrunner.resolve.Manifests.UID;
import static io.chaosrunner.resolve.Manifests.engine;
import static io.chaosrunner.resolve.Manifests.experiment;
import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.crd.Engine;
import io.chaosrunner.model.ExecutionId;
import io.chaosrunner.model.ExperimentSpec;
import io.chaosrunner.resolve.ExperimentResolver;
import io.chaosrunner.resolve.Resolution.Resolved;
import io.chaosrunner.resolve.RunnerEnvironment;
import java.util.HashSet;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JobNameTest {
    private static final String DNS_LABEL = "[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?";
    private static final ExecutionId EXECUTION = new ExecutionId(UID, "k3f9a2", 0, 1, 1);

    @Test
    @DisplayName("3: a name is the experiment's and six letters")
    void plain() {
        assertThat(JobName.of(spec("pod-delete", false), EXECUTION, 0))
                .matches("^pod-delete-[a-z0-9]{6}$");
    }

    @Test
    @DisplayName("The letters never change: running Jobs of an older runner must be met")
    void stable() {
        assertThat(JobName.of(spec("pod-delete", false), EXECUTION, 0))
                .isEqualTo("pod-delete-5g63aj");
        assertThat(JobName.of(spec("pod-delete", false), EXECUTION, 1))
                .isEqualTo("pod-delete-pj7hos");
    }

    @Test
    @DisplayName("Any part of the identity, and the salt, gives another name")
    void distinct() {
        ExperimentSpec spec = spec("pod-delete", false);
        var names = new HashSet<String>();
        names.add(JobName.of(spec, EXECUTION, 0));
        names.add(JobName.of(spec, EXECUTION, 1));
        names.add(JobName.of(spec, new ExecutionId("other-uid", "k3f9a2", 0, 1, 1), 0));
        names.add(JobName.of(spec, new ExecutionId(UID, "other", 0, 1, 1), 0));
        names.add(JobName.of(spec, new ExecutionId(UID, "k3f9a2", 1, 1, 1), 0));
        names.add(JobName.of(spec, new ExecutionId(UID, "k3f9a2", 0, 2, 1), 0));
        names.add(JobName.of(spec, new ExecutionId(UID, "k3f9a2", 0, 1, 2), 0));

        assertThat(names).hasSize(7);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "pod-delete",
                "team.example.pod-delete",
                "0-starts-with-a-digit",
                "a-name-of-exactly-fifty-six-characters-and-not-one-more-",
                "a-name-that-would-be-cut-in-the-middle-of-a-dash-and-a-.-word",
                "...",
                "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
            })
    @DisplayName("Job and sidecar names are DNS labels, whatever the experiment is called")
    void alwaysValid(String experiment) {
        assertThat(JobName.of(spec(experiment, false), EXECUTION, 0)).matches(DNS_LABEL);
        String job = JobName.of(spec(experiment, true), EXECUTION, 0);
        assertThat(job).matches(DNS_LABEL);
        assertThat(JobName.ofSidecar(job, 0)).matches(DNS_LABEL);
        assertThat(JobName.ofSidecar(job, 1)).isNotEqualTo(JobName.ofSidecar(job, 0));
    }

    @Test
    @DisplayName("The longest name that Litmus can launch is not cut")
    void longest() {
        String longest = "x".repeat(56);
        assertThat(JobName.of(spec(longest, false), EXECUTION, 0)).startsWith(longest + "-");
        String withSidecar = "x".repeat(41);
        assertThat(JobName.of(spec(withSidecar, true), EXECUTION, 0)).startsWith(withSidecar + "-");
    }

    private static ExperimentSpec spec(String experiment, boolean sidecar) {
        Engine engine =
                engine(
                        """
                        metadata: {annotations: {sidecar/enabled: '%s'}}
                        spec:
                          components: {sidecar: [{image: i}]}
                          experiments: [{name: '%s'}]
                        """
                                .formatted(sidecar, experiment));
        var resolution =
                ExperimentResolver.resolve(engine, 0, experiment(), RunnerEnvironment.of(engine));
        return ((Resolved) resolution).spec();
    }

    @Test
    @DisplayName("A pod's name tells of which execution it is, whatever the salt")
    void ofPod() {
        String job = JobName.of(spec("pod-delete", false), EXECUTION, 3);
        assertThat(JobName.isOfPod(job + "-x7b2k", EXECUTION)).isTrue();
        assertThat(JobName.isOfPod(job + "-x7b2k", new ExecutionId(UID, "k3f9a2", 0, 1, 2)))
                .isFalse();
        assertThat(JobName.isOfPod("Yet to be launched", EXECUTION)).isFalse();
        assertThat(JobName.isOfPod(job, EXECUTION)).isFalse();
        assertThat(JobName.isOfPod("", EXECUTION)).isFalse();
    }
}
