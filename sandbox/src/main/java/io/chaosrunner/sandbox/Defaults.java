package io.chaosrunner.sandbox;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Fill in what the API server fills in, as far as this program or its tests can see it. */
final class Defaults {
    private static final List<String> KEPT =
            List.of(
                    "parallelism",
                    "completions",
                    "backoffLimit",
                    "selector",
                    "manualSelector",
                    "completionMode",
                    "suspend",
                    "podReplacementPolicy",
                    "replicas",
                    "strategy",
                    "clusterIP",
                    "clusterIPs",
                    "nodeName",
                    "serviceAccountName",
                    "serviceAccount",
                    "finalizers");

    private Defaults() {}

    /** Complete a new object. */
    static void created(ApiResource resource, ObjectNode object) {
        switch (resource) {
            case JOBS -> job(object);
            case PODS -> podSpec(Json.child(object, "spec"), true);
            case DEPLOYMENTS -> deployment(object);
            case NAMESPACES -> namespace(object);
            case SERVICES -> service(object);
            default -> {}
        }
        always(resource, object);
    }

    /** Complete a changed object; what the server itself once filled in is kept if left out. */
    static void updated(ApiResource resource, ObjectNode object, ObjectNode old) {
        if (resource.statusSubresource) {
            ObjectNode spec = Json.child(object, "spec");
            for (String name : KEPT) {
                JsonNode value = old.path("spec").get(name);
                if (value != null) {
                    spec.putIfAbsent(name, value);
                }
            }
        }
        always(resource, object);
    }

    private static void always(ApiResource resource, ObjectNode object) {
        switch (resource) {
            case SECRETS -> {
                JsonNode plain = object.remove("stringData");
                if (plain != null) {
                    ObjectNode data = Json.child(object, "data");
                    plain.properties()
                            .forEach(e -> data.put(e.getKey(), base64(e.getValue().asString())));
                }
                putIfAbsent(object, "{'type':'Opaque'}");
            }
            case EVENTS ->
                    putIfAbsent(
                            object,
                            "{'source':{},'firstTimestamp':null,'lastTimestamp':null,"
                                    + "'eventTime':null,'reportingComponent':'',"
                                    + "'reportingInstance':''}");
            default -> {}
        }
    }

    private static void job(ObjectNode job) {
        ObjectNode spec = Json.child(job, "spec");
        String uid = ObjectStore.uid(job);
        String name = Json.text(job, "metadata", "name");
        ObjectNode template = Json.child(spec, "template");
        ObjectNode labels = Json.child(Json.child(template, "metadata"), "labels");
        labels.put("batch.kubernetes.io/controller-uid", uid);
        labels.put("batch.kubernetes.io/job-name", name);
        labels.put("controller-uid", uid);
        labels.put("job-name", name);
        // A Job without labels of its own shows its template's.
        ObjectNode metadata = Json.child(job, "metadata");
        if (!metadata.has("labels")) {
            metadata.set("labels", labels.deepCopy());
        }
        putIfAbsent(
                spec,
                "{'parallelism':1,'completions':1,'backoffLimit':6,'manualSelector':false,"
                        + "'completionMode':'NonIndexed','suspend':false,"
                        + "'podReplacementPolicy':'TerminatingOrFailed'}");
        Json.child(Json.child(spec, "selector"), "matchLabels")
                .put("batch.kubernetes.io/controller-uid", uid);
        podSpec(Json.child(template, "spec"), false);
    }

    private static void podSpec(ObjectNode spec, boolean pod) {
        if (pod) {
            putIfAbsent(
                    spec,
                    "{'restartPolicy':'Always','serviceAccountName':'default',"
                            + "'enableServiceLinks':true,'priority':0,"
                            + "'preemptionPolicy':'PreemptLowerPriority'}");
            spec.put("serviceAccount", Json.text(spec, "serviceAccountName"));
        }
        if (!Json.text(spec, "serviceAccountName").isEmpty()) {
            spec.put("serviceAccount", Json.text(spec, "serviceAccountName"));
        }
        putIfAbsent(
                spec,
                "{'terminationGracePeriodSeconds':30,'dnsPolicy':'ClusterFirst',"
                        + "'securityContext':{},'schedulerName':'default-scheduler'}");
        for (JsonNode item : Json.items(spec, "containers")) {
            if (item instanceof ObjectNode container) {
                String image = Json.text(container, "image");
                String tag = image.substring(image.lastIndexOf('/') + 1);
                boolean moving =
                        !tag.contains("@") && (!tag.contains(":") || tag.endsWith(":latest"));
                putIfAbsent(
                        container,
                        "{'resources':{},'terminationMessagePath':'/dev/termination-log',"
                                + "'terminationMessagePolicy':'File','imagePullPolicy':'"
                                + (moving ? "Always" : "IfNotPresent")
                                + "'}");
            }
        }
        for (JsonNode volume : Json.items(spec, "volumes")) {
            for (String source : new String[] {"configMap", "secret"}) {
                if (volume.path(source) instanceof ObjectNode found) {
                    putIfAbsent(found, "{'defaultMode':420}");
                }
            }
        }
    }

    private static void deployment(ObjectNode deployment) {
        ObjectNode spec = Json.child(deployment, "spec");
        putIfAbsent(
                spec,
                "{'replicas':1,'revisionHistoryLimit':10,'progressDeadlineSeconds':600,"
                        + "'strategy':{'type':'RollingUpdate','rollingUpdate':"
                        + "{'maxUnavailable':'25%','maxSurge':'25%'}}}");
        ObjectNode template = Json.child(Json.child(spec, "template"), "spec");
        putIfAbsent(template, "{'restartPolicy':'Always'}");
        podSpec(template, false);
    }

    private static void namespace(ObjectNode namespace) {
        ObjectNode metadata = Json.child(namespace, "metadata");
        Json.child(metadata, "labels")
                .put("kubernetes.io/metadata.name", Json.text(metadata, "name"));
        putIfAbsent(Json.child(namespace, "spec"), "{'finalizers':['kubernetes']}");
    }

    private static void service(ObjectNode service) {
        putIfAbsent(
                Json.child(service, "spec"),
                "{'clusterIP':'10.96.0.10','clusterIPs':['10.96.0.10'],'type':'ClusterIP',"
                        + "'sessionAffinity':'None','ipFamilies':['IPv4'],"
                        + "'ipFamilyPolicy':'SingleStack','internalTrafficPolicy':'Cluster'}");
    }

    private static void putIfAbsent(ObjectNode object, String defaults) {
        for (Map.Entry<String, JsonNode> entry : Json.object(defaults).properties()) {
            object.putIfAbsent(entry.getKey(), entry.getValue());
        }
    }

    /** Encode as the server stores secrets. */
    private static String base64(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }
}
