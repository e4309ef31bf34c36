package io.chaosrunner.systemtests;

import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * What is left of a ChaosEngine once the operator has read it into its Go types and written it
 * back.
 */
final class TypedEngine {

    /** The fields of the Go types. One without a value is kept as it is, with all below it. */
    private static final JsonNode FIELDS =
            new KubernetesSerialization()
                    .unmarshal(
                            """
                            apiVersion:
                            kind:
                            metadata:
                            spec:
                              appinfo: {appns: , applabel: , appkind: }
                              selectors:
                                workloads: [{kind: , namespace: , names: , labels: }]
                                pods: [{names: , namespace: }]
                              defaultHealthCheck:
                              chaosServiceAccount:
                              auxiliaryAppInfo:
                              engineState:
                              jobCleanUpPolicy:
                              terminationGracePeriodSeconds:
                              components:
                                runner:
                                  image:
                                  type:
                                  args:
                                  command:
                                  imagePullPolicy:
                                  imagePullSecrets:
                                  runnerAnnotations:
                                  runnerLabels:
                                  nodeSelector:
                                  configMaps: [{name: , mountPath: }]
                                  secrets: [{name: , mountPath: }]
                                  tolerations:
                                  resources:
                                sidecar:
                                - image:
                                  imagePullPolicy:
                                  secrets: [{name: , mountPath: }]
                                  envFrom:
                                  env:
                              experiments:
                              - name:
                                spec:
                                  probe:
                                  components:
                                    env:
                                    configMaps: [{name: , mountPath: }]
                                    secrets: [{name: , mountPath: }]
                                    experimentAnnotations:
                                    experimentImage:
                                    experimentImagePullSecrets:
                                    nodeSelector:
                                    tolerations:
                                    resources:
                                    statusCheckTimeouts: {delay: , timeout: }
                            status:
                              engineStatus:
                              experiments:
                              - name:
                                runner:
                                experimentPod:
                                status:
                                verdict:
                                lastUpdateTime:
                            """,
                            JsonNode.class);

    private TypedEngine() {}

    /**
     * Return the engine without what the Go types do not know, and without empty lists and maps.
     */
    static ObjectNode of(ObjectNode stored) {
        return (ObjectNode) known(stored, FIELDS);
    }

    private static JsonNode known(JsonNode value, JsonNode fields) {
        if (fields instanceof ObjectNode object && value instanceof ObjectNode) {
            ObjectNode result = JsonNodeFactory.instance.objectNode();
            object.properties()
                    .forEach(field -> {
                        JsonNode there = value.path(field.getKey());
                        if (!there.isMissingNode() && !there.isNull() && !isEmpty(there)) {
                            result.set(field.getKey(), known(there, field.getValue()));
                        }
                    });
            return result;
        }
        if (fields instanceof ArrayNode items && value instanceof ArrayNode) {
            ArrayNode result = JsonNodeFactory.instance.arrayNode();
            value.forEach(item -> result.add(known(item, items.path(0))));
            return result;
        }
        return value.deepCopy();
    }

    private static boolean isEmpty(JsonNode value) {
        return value.isContainer() && value.isEmpty();
    }
}
