package io.chaosrunner.systemtests;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.GenericKubernetesResourceBuilder;
import io.fabric8.kubernetes.api.model.GenericKubernetesResourceList;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.NonNamespaceOperation;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;

/** Reach the kinds of LitmusChaos, and start new objects of them. */
final class Litmus {

    private static final String GROUP = "litmuschaos.io";
    private static final String VERSION = "v1alpha1";

    private Litmus() {}

    static Objects engines(KubernetesClient client, String namespace) {
        return of(client, namespace, "ChaosEngine", "chaosengines");
    }

    static Objects experiments(KubernetesClient client, String namespace) {
        return of(client, namespace, "ChaosExperiment", "chaosexperiments");
    }

    static Objects results(KubernetesClient client, String namespace) {
        return of(client, namespace, "ChaosResult", "chaosresults");
    }

    static Objects schedules(KubernetesClient client, String namespace) {
        return of(client, namespace, "ChaosSchedule", "chaosschedules");
    }

    /** Return a new, bare object. */
    static GenericKubernetesResource object(String kind, String name) {
        return new GenericKubernetesResourceBuilder()
                .withApiVersion(GROUP + "/" + VERSION)
                .withKind(kind)
                .withNewMetadata()
                .withName(name)
                .endMetadata()
                .build();
    }

    /** Return where an object, or with an empty name all of a kind, is found. */
    static String path(String namespace, String plural, String name) {
        return "/apis/%s/%s/namespaces/%s/%s%s"
                .formatted(GROUP, VERSION, namespace, plural, name.isEmpty() ? "" : "/" + name);
    }

    /** Return an object as it is stored; a missing node if there is none of that name. */
    static JsonNode read(TestNamespace namespace, String plural, String name) {
        return name.isEmpty()
                ? JsonNodeFactory.instance.missingNode()
                : namespace.read(path(namespace.name(), plural, name));
    }

    private static Objects of(
            KubernetesClient client, String namespace, String kind, String plural) {
        var context =
                new ResourceDefinitionContext.Builder()
                        .withGroup(GROUP)
                        .withVersion(VERSION)
                        .withKind(kind)
                        .withPlural(plural)
                        .withNamespaced(true)
                        .build();
        return new Objects(client.genericKubernetesResources(context).inNamespace(namespace));
    }

    /** The objects of one kind in a namespace; a short name for a long type. */
    record Objects(
            NonNamespaceOperation<
                            GenericKubernetesResource,
                            GenericKubernetesResourceList,
                            Resource<GenericKubernetesResource>>
                    all) {

        Resource<GenericKubernetesResource> named(String name) {
            return all.withName(name);
        }

        GenericKubernetesResource create(GenericKubernetesResource object) {
            return all.resource(object).create();
        }
    }
}
