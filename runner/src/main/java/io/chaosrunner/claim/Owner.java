package io.chaosrunner.claim;

/** The kind of process that a claim names: the name begins with it. */
public enum Owner {
    /** The scheduling service's own. */
    SERVICE("schedule/"),
    /** One in a pod that the scheduling service made for a run. */
    SERVICES_POD("schedule-pod/"),
    /** A person's, or the chaos-operator's runner. */
    OTHER("");

    private final String prefix;

    Owner(String prefix) {
        this.prefix = prefix;
    }

    /** Return the name of a process of this kind. */
    public String name(String process) {
        return prefix + process;
    }

    /** Tell whose the process of a name is. */
    static Owner of(String instance) {
        if (instance.startsWith(SERVICE.prefix)) {
            return SERVICE;
        }
        return instance.startsWith(SERVICES_POD.prefix) ? SERVICES_POD : OTHER;
    }
}
