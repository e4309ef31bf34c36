package io.chaosrunner.cli;

import io.chaosrunner.cluster.Fabric8Cluster;
import io.chaosrunner.ui.UiServer;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** The command that serves the live page to a browser on this machine. */
@Command(
        name = "ui",
        description = {
            "Serves a page with the ChaosEngines, their runs and schedules to a browser on this machine, until Ctrl-C.",
            "It is served on 127.0.0.1 alone. Whoever has the address that is printed can see and stop what you can."
        },
        mixinStandardHelpOptions = true)
final class UiCommand implements Callable<Integer> {
    private static final int LARGEST_PORT = 65_535;

    @Spec private @Nullable CommandSpec spec;
    @ParentCommand private @Nullable ChaosRunner parent;
    @Mixin private Namespaced namespaced = new Namespaced();

    @Option(
            names = {"-A", "--all-namespaces"},
            description = "Show all namespaces.")
    private boolean all;

    @Option(
            names = "--port",
            paramLabel = "PORT",
            defaultValue = "0",
            description = "Port of 127.0.0.1; 0 for any free one (default: ${DEFAULT-VALUE}).")
    private int port;

    @Override
    public Integer call() throws InterruptedException {
        CommandLine command = Objects.requireNonNull(spec).commandLine();
        if (port < 0 || port > LARGEST_PORT) {
            throw new ParameterException(command, "--port must be from 0 to 65535, but is " + port);
        }
        if (all && namespaced.asked().isPresent()) {
            throw new ParameterException(command, "-A and -n contradict each other");
        }
        PrintWriter out = command.getOut();
        PrintWriter err = command.getErr();
        ChaosRunner runner = Objects.requireNonNull(parent);
        try (Fabric8Cluster cluster = runner.connect();
                UiServer server =
                        UiServer.start(
                                cluster,
                                new UiServer.Options(
                                        all ? "" : namespaced.in(cluster),
                                        port,
                                        ThisProcess.instance(),
                                        runner::strategies,
                                        cluster::log))) {
            var over = new CountDownLatch(1);
            Signals.handleAtTerminal(why -> over.countDown(), () -> {});
            out.println(server.url());
            out.flush();
            err.println("chaos-runner: open this address in a browser; Ctrl-C ends it");
            err.flush();
            over.await();
            server.stopping()
                    .forEach(ref ->
                            err.println(
                                    "chaos-runner: the run of ChaosEngine %s is being stopped; Ctrl-C again leaves it to whoever carries it out"
                                            .formatted(ref)));
            err.flush();
            return ExitCode.OK;
        } catch (UncheckedIOException e) {
            err.println(
                    "chaos-runner: %s (%s); name another one with --port"
                            .formatted(
                                    e.getMessage(),
                                    Objects.requireNonNull(e.getCause()).getMessage()));
            return ExitCode.INVALID;
        }
    }
}
