package io.chaosrunner.cluster;

/**
 * The count of what goes to the API server. Called by many threads; must neither block nor throw.
 */
public interface ClusterMeter {
    /** Counts nothing. */
    ClusterMeter NONE =
            new ClusterMeter() {
                @Override
                public void asked(String verb, int code) {}

                @Override
                public void watchesAgain(Resource resource) {}
            };

    /** The code of a request that nobody answered. */
    int NO_ANSWER = 0;

    /**
     * Count one request; each time that one is tried again counts.
     *
     * @param verb GET, POST, PUT, PATCH, DELETE, or WATCH or LOG for an answer that goes on
     * @param code the HTTP status, or {@link #NO_ANSWER}
     */
    void asked(String verb, int code);

    /** Count a watch that was opened anew after an earlier one of the same objects. */
    void watchesAgain(Resource resource);
}
