package io.chaosrunner.cluster;

/** The namespaced resources that the runner touches, by their path on the API server. */
public enum Resource {
    /** LitmusChaos engines. */
    ENGINES("/apis/litmuschaos.io/v1alpha1", "chaosengines", "ChaosEngine"),
    /** LitmusChaos experiments. */
    EXPERIMENTS("/apis/litmuschaos.io/v1alpha1", "chaosexperiments", "ChaosExperiment"),
    /** LitmusChaos results. */
    RESULTS("/apis/litmuschaos.io/v1alpha1", "chaosresults", "ChaosResult"),
    /** LitmusChaos schedules. */
    SCHEDULES("/apis/litmuschaos.io/v1alpha1", "chaosschedules", "ChaosSchedule"),
    /** Jobs. */
    JOBS("/apis/batch/v1", "jobs", "Job"),
    /** Pods. */
    PODS("/api/v1", "pods", "Pod"),
    /** Core events, the kind that Litmus writes. */
    EVENTS("/api/v1", "events", "Event"),
    /** ConfigMaps. */
    CONFIG_MAPS("/api/v1", "configmaps", "ConfigMap"),
    /** Secrets; only their presence is ever read. */
    SECRETS("/api/v1", "secrets", "Secret"),
    /** Service accounts. */
    SERVICE_ACCOUNTS("/api/v1", "serviceaccounts", "ServiceAccount"),
    /** Deployments, of exporters. */
    DEPLOYMENTS("/apis/apps/v1", "deployments", "Deployment"),
    /** Services, of exporters. */
    SERVICES("/api/v1", "services", "Service"),
    /** Leases: which of several processes leads. */
    LEASES("/apis/coordination.k8s.io/v1", "leases", "Lease");

    private final String api;
    private final String plural;
    private final String kind;

    Resource(String api, String plural, String kind) {
        this.api = api;
        this.plural = plural;
        this.kind = kind;
    }

    /** Tell whether strangers write these objects, so that no list of them is read at once. */
    boolean isPaged() {
        return api.contains("litmuschaos");
    }

    /** Return the plural as written in a Role. */
    public String plural() {
        return plural;
    }

    /** Return the kind of one of them. */
    public String kind() {
        return kind;
    }

    /** Return the plural, and what brings it to a cluster that has none. */
    String whereFrom() {
        return api.contains("litmuschaos") ? plural + "; install Litmus' CRDs" : plural;
    }

    /** Return the API group as written in a Role; empty for the core group. */
    public String group() {
        String[] parts = api.split("/");
        return parts[1].equals("api") ? "" : parts[2];
    }

    String path(String namespace) {
        return namespace.isEmpty()
                ? api + "/" + plural
                : api + "/namespaces/" + ApiServer.encode(namespace) + "/" + plural;
    }
}
