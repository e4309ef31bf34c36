package io.chaosrunner.cluster;

/** Name the namespaced resources the runner touches, by their path on the API server. */
public enum Resource {
    /** LitmusChaos engines. */
    ENGINES("/apis/litmuschaos.io/v1alpha1", "chaosengines"),
    /** LitmusChaos experiments. */
    EXPERIMENTS("/apis/litmuschaos.io/v1alpha1", "chaosexperiments"),
    /** LitmusChaos results. */
    RESULTS("/apis/litmuschaos.io/v1alpha1", "chaosresults"),
    /** LitmusChaos schedules. */
    SCHEDULES("/apis/litmuschaos.io/v1alpha1", "chaosschedules"),
    /** Jobs. */
    JOBS("/apis/batch/v1", "jobs"),
    /** Pods. */
    PODS("/api/v1", "pods"),
    /** Core events, the kind that Litmus writes. */
    EVENTS("/api/v1", "events"),
    /** ConfigMaps. */
    CONFIG_MAPS("/api/v1", "configmaps"),
    /** Secrets; only their presence is ever read. */
    SECRETS("/api/v1", "secrets"),
    /** Service accounts. */
    SERVICE_ACCOUNTS("/api/v1", "serviceaccounts"),
    /** Deployments, of exporters. */
    DEPLOYMENTS("/apis/apps/v1", "deployments"),
    /** Services, of exporters. */
    SERVICES("/api/v1", "services"),
    /** Leases: which of several processes leads. */
    LEASES("/apis/coordination.k8s.io/v1", "leases");

    private final String api;
    private final String plural;

    Resource(String api, String plural) {
        this.api = api;
        this.plural = plural;
    }

    /** Tell whether strangers write these objects, so that no list of them is read at once. */
    boolean isPaged() {
        return api.contains("litmuschaos");
    }

    /** Return the plural as written in a Role. */
    public String plural() {
        return plural;
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
                : api + "/namespaces/" + namespace + "/" + plural;
    }
}
