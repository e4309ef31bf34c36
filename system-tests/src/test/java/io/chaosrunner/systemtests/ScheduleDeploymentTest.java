package io.chaosrunner.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.rbac.ClusterRole;
import io.fabric8.kubernetes.api.model.rbac.RoleBinding;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.ResourceLock;

/** Tests of {@code deploy/schedules}: the API server takes it, and its account may do enough. */
@NeedsControlPlane
@Timeout(600)
// Both make the one ClusterRole of deploy/schedules.
@ResourceLock("ClusterRole/chaos-runner-schedule")
class ScheduleDeploymentTest {

    private static final Path FOLDER = Path.of("deploy", "schedules");
    private static final String ACCOUNT = "chaos-runner-schedule";
    private static final PatchContext APPLY =
            new PatchContext.Builder()
                    .withPatchType(PatchType.SERVER_SIDE_APPLY)
                    .withFieldManager("test")
                    .withForce(true)
                    .build();

    private final ServiceStage stage;

    ScheduleDeploymentTest(ControlPlane controlPlane) {
        stage = new ServiceStage(controlPlane);
    }

    @AfterEach
    void close() {
        stage.namespace.admin().rbac().clusterRoles().withName(ACCOUNT).delete();
        stage.close();
    }

    @Test
    void theServiceMissesNoRightOfTheAccountItIsDeployedWith() throws IOException {
        List<HasMetadata> applied = new ArrayList<>(apply("rbac.yaml"));
        applied.addAll(apply("deployment.yaml"));
        applied.addAll(apply("availability.yaml"));
        assertThat(applied)
                .extracting(HasMetadata::getKind)
                .contains("PodDisruptionBudget", "NetworkPolicy");
        assertThat(applied)
                .filteredOn(Deployment.class::isInstance)
                .singleElement()
                .satisfies(object -> {
                    Deployment deployment = (Deployment) object;
                    assertThat(deployment.getSpec().getReplicas()).isEqualTo(2);
                    assertThat(deployment.getSpec().getTemplate().getSpec().getServiceAccountName())
                            .isEqualTo(ACCOUNT);
                });

        stage.engine("modest", "every: 2s", "after=100ms");
        ServiceProcess service = stage.serviceOf(ACCOUNT);

        stage.eventually(() -> stage.number("modest") >= 3);
        stage.eventually(service::leads);
        assertThat(service.output()).doesNotContain("forbidden").doesNotContain("event=trouble");
    }

    private List<HasMetadata> apply(String file) throws IOException {
        var applied = new ArrayList<HasMetadata>();
        try (var yaml =
                Files.newInputStream(
                        ControlPlaneBinaries.sourceRoot().resolve(FOLDER).resolve(file))) {
            for (HasMetadata object : stage.namespace.admin().load(yaml).items()) {
                if (object instanceof RoleBinding binding) {
                    binding.getSubjects().getFirst().setNamespace(stage.namespace.name());
                }
                if (!(object instanceof ClusterRole)) {
                    object.getMetadata().setNamespace(stage.namespace.name());
                }
                applied.add(stage.namespace.admin().resource(object).patch(APPLY));
            }
        }
        return applied;
    }
}
