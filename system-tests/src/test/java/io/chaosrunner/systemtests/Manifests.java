package io.chaosrunner.systemtests;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.rbac.ClusterRole;
import io.fabric8.kubernetes.api.model.rbac.RoleBinding;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.Set;
import java.util.TreeSet;

/**
 * Accounts and rights of {@code deploy}, applied to one namespace: what binds an account of another
 * one binds that of this one, and ClusterRoles have names of their own, as the API server is
 * shared.
 */
final class Manifests implements AutoCloseable {
    private static final PatchContext APPLY =
            new PatchContext.Builder()
                    .withPatchType(PatchType.SERVER_SIDE_APPLY)
                    .withFieldManager("test")
                    .withForce(true)
                    .build();

    private final TestNamespace namespace;
    private final Set<String> clusterRoles = new TreeSet<>();

    Manifests(TestNamespace namespace) {
        this.namespace = namespace;
    }

    /** Apply what a file holds; its path is that in the repository. */
    void apply(String file) {
        try (var yaml = Files.newInputStream(ControlPlaneBinaries.sourceRoot().resolve(file))) {
            namespace.admin().load(yaml).items().forEach(this::apply);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void apply(HasMetadata object) {
        if (object instanceof ClusterRole) {
            object.getMetadata().setName(own(object.getMetadata().getName()));
            clusterRoles.add(object.getMetadata().getName());
        } else {
            object.getMetadata().setNamespace(namespace.name());
        }
        if (object instanceof RoleBinding binding) {
            binding.getSubjects().getFirst().setNamespace(namespace.name());
            if (binding.getRoleRef().getKind().equals("ClusterRole")) {
                binding.getRoleRef().setName(own(binding.getRoleRef().getName()));
            }
        }
        namespace.admin().resource(object).patch(APPLY);
    }

    private String own(String clusterRole) {
        return clusterRole + "-" + namespace.name();
    }

    /** Remove what does not go with the namespace. */
    @Override
    public void close() {
        clusterRoles.forEach(
                name -> namespace.admin().rbac().clusterRoles().withName(name).delete());
    }
}
