package io.chaosrunner.sandbox;

import java.util.Arrays;
import java.util.Optional;

/**
 * The resources the sandbox serves, with what the API server treats differently from one to the
 * next.
 */
enum ApiResource {
    PODS("", "v1", "pods", "Pod", true, true),
    EVENTS("", "v1", "events", "Event", true, false),
    CONFIG_MAPS("", "v1", "configmaps", "ConfigMap", true, false),
    SECRETS("", "v1", "secrets", "Secret", true, false),
    NAMESPACES("", "v1", "namespaces", "Namespace", false, true),
    SERVICE_ACCOUNTS("", "v1", "serviceaccounts", "ServiceAccount", true, false),
    SERVICES("", "v1", "services", "Service", true, true),
    JOBS("batch", "v1", "jobs", "Job", true, true),
    DEPLOYMENTS("apps", "v1", "deployments", "Deployment", true, true),
    LEASES("coordination.k8s.io", "v1", "leases", "Lease", true, false),
    CHAOS_ENGINES("litmuschaos.io", "v1alpha1", "chaosengines", "ChaosEngine", true, false),
    CHAOS_EXPERIMENTS(
            "litmuschaos.io", "v1alpha1", "chaosexperiments", "ChaosExperiment", true, false),
    CHAOS_RESULTS("litmuschaos.io", "v1alpha1", "chaosresults", "ChaosResult", true, false),
    CHAOS_SCHEDULES("litmuschaos.io", "v1alpha1", "chaosschedules", "ChaosSchedule", true, false);

    final String group;
    final String version;
    final String plural;
    final String kind;
    final boolean namespaced;

    /** Whether status is written through {@code /status} only. The Litmus CRDs have none. */
    final boolean statusSubresource;

    ApiResource(
            String group,
            String version,
            String plural,
            String kind,
            boolean namespaced,
            boolean statusSubresource) {
        this.group = group;
        this.version = version;
        this.plural = plural;
        this.kind = kind;
        this.namespaced = namespaced;
        this.statusSubresource = statusSubresource;
    }

    static Optional<ApiResource> of(String group, String version, String plural) {
        return Arrays.stream(values())
                .filter(r -> r.group.equals(group) && r.version.equals(version))
                .filter(r -> r.plural.equals(plural))
                .findFirst();
    }

    static Optional<ApiResource> ofKind(String apiVersion, String kind) {
        return Arrays.stream(values())
                .filter(r -> r.apiVersion().equals(apiVersion) && r.kind.equals(kind))
                .findFirst();
    }

    String apiVersion() {
        return group.isEmpty() ? version : group + "/" + version;
    }

    /** Return the name messages use: {@code jobs.batch}, {@code pods}. */
    String qualifiedPlural() {
        return group.isEmpty() ? plural : plural + "." + group;
    }

    /** Return the name messages use: {@code Job.batch}, {@code Pod}. */
    String qualifiedKind() {
        return group.isEmpty() ? kind : kind + "." + group;
    }

    /** Whether this is a custom resource: stored as sent, and decoded without Go types. */
    boolean custom() {
        return group.equals("litmuschaos.io");
    }

    /** Whether PUT may leave out resourceVersion. */
    boolean unconditionalUpdate() {
        return !custom() && this != LEASES;
    }

    /** Whether the server counts generations. Others keep whatever number the creator sent. */
    boolean countsGenerations() {
        return custom() || this == PODS || this == JOBS || this == DEPLOYMENTS;
    }

    /** Whether DELETE answers with the object it removed rather than with a Status. */
    boolean returnsDeletedObject() {
        return this == PODS || this == SERVICES || this == SERVICE_ACCOUNTS;
    }
}
