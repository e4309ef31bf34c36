package io.chaosrunner.job;

import io.chaosrunner.model.ExecutionId;
import io.chaosrunner.model.ExperimentSpec;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/**
 * Names of Jobs, and of containers after them.
 *
 * <p>A name is {@code <experiment>-<6 of [a-z0-9]>}, where the six letters are hashed from the
 * execution's identity: whoever tries to launch an execution a second time meets the first Job. It
 * is always a DNS label, because it names the experiment's container as well; an experiment's name
 * with dots gets dashes, one that is too long is cut.
 */
public final class JobName {
    /** How many names one execution may choose from. */
    public static final int SALTS = 50;

    private static final Pattern OF_POD = Pattern.compile(".*-([a-z0-9]{6})-[a-z0-9]{5}");
    private static final String SIDECAR = "-sidecar-";
    private static final int SUFFIX = 1 + 6;

    private JobName() {}

    /**
     * Name the Job of one execution.
     *
     * @param salt 0 for the first choice; 1, 2 … if that name is taken by somebody else
     */
    public static String of(ExperimentSpec spec, ExecutionId execution, int salt) {
        // Room for the names of the sidecars, which are longer than the Job's.
        int limit =
                spec.sidecars().isEmpty() ? DnsLabel.LIMIT : DnsLabel.LIMIT - SIDECAR.length() - 6;
        String experiment = DnsLabel.of(spec.experiment(), limit - SUFFIX);
        return (experiment.isEmpty() ? "experiment" : experiment) + "-" + letters(execution, salt);
    }

    /** Tell by a pod's name alone whether a Job of that execution made it. */
    public static boolean isOfPod(String pod, ExecutionId execution) {
        Matcher name = OF_POD.matcher(pod);
        return name.matches()
                && IntStream.range(0, SALTS)
                        .mapToObj(salt -> letters(execution, salt))
                        .anyMatch(name.group(1)::equals);
    }

    private static String letters(ExecutionId execution, int salt) {
        return Base36.six(execution.engineUid() + "/" + execution + "/" + salt);
    }

    /** Names the container of one sidecar. */
    static String ofSidecar(String job, int index) {
        return job + SIDECAR + Base36.six(job + SIDECAR + index);
    }
}
