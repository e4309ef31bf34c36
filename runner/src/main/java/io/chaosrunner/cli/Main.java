package io.chaosrunner.cli;

import io.chaosrunner.cluster.Fabric8Cluster;
import io.chaosrunner.config.Allowed;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * The start of the program.
 *
 * <p>In a pod that the chaos-operator made there is no command line to read. Not loading what reads
 * it saves a fifth of the start (docs/decisions/0002-start-up.md).
 */
public final class Main {
    private Main() {}

    /** Run the program and end the process. */
    public static void main(String[] args) {
        Thread.setDefaultUncaughtExceptionHandler(Main::died);
        System.exit(run(System.getenv(), Fabric8Cluster::connect, args));
    }

    /** A thread that lacks memory takes the process with it: nobody waits for what it was to do. */
    private static void died(Thread thread, Throwable cause) {
        if (cause instanceof OutOfMemoryError) {
            Runtime.getRuntime().halt(ThisProcess.outOfMemory(Streams.errWriter()));
        }
        System.err.print("Exception in thread \"" + thread.getName() + "\" ");
        cause.printStackTrace();
    }

    static int run(
            Map<String, String> variables, Supplier<Fabric8Cluster> connect, String... args) {
        if (args.length > 0 || !OperatorsRunner.isMeant(variables)) {
            return ChaosRunner.execute(args);
        }
        try {
            return new OperatorsRunner(
                            variables,
                            connect,
                            () -> ThisProcess.strategies(Optional.empty(), ThisProcess::logStack),
                            Map.of(),
                            Allowed.of(variables))
                    .run();
        } catch (RuntimeException e) {
            return ThisProcess.bug(e, Streams.errWriter());
        }
    }
}
