package io.chaosrunner.cli;

import io.chaosrunner.cluster.Fabric8Cluster;
import io.chaosrunner.cluster.Resource;
import io.chaosrunner.crd.Engine;
import io.chaosrunner.report.EngineTable;
import java.io.PrintWriter;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** List engines with the run each is in, or was in last. */
@Command(
        name = "list",
        description = "Lists the ChaosEngines of a namespace with their last run.",
        mixinStandardHelpOptions = true)
final class ListCommand implements Callable<Integer> {
    @Spec private @Nullable CommandSpec spec;
    @ParentCommand private @Nullable ChaosRunner parent;
    @Mixin private Namespaced namespaced = new Namespaced();

    @Option(
            names = {"-A", "--all-namespaces"},
            description = "Look into all namespaces.")
    private boolean all;

    @Option(
            names = {"-o", "--output"},
            paramLabel = "FORMAT",
            defaultValue = "text",
            description = "text or json (default: ${DEFAULT-VALUE}).")
    private Format format = Format.TEXT;

    enum Format {
        TEXT,
        JSON
    }

    @Override
    public Integer call() {
        PrintWriter out = Objects.requireNonNull(spec).commandLine().getOut();
        try (Fabric8Cluster cluster = Objects.requireNonNull(parent).connect()) {
            String namespace = all ? "" : namespaced.in(cluster);
            List<Engine> engines = engines(cluster, namespace);
            if (format == Format.JSON) {
                out.println(EngineTable.json(engines));
            } else if (engines.isEmpty()) {
                Objects.requireNonNull(spec)
                        .commandLine()
                        .getErr()
                        .println(
                                all
                                        ? "There is no ChaosEngine."
                                        : "There is no ChaosEngine in namespace "
                                                + namespace
                                                + ".");
            } else {
                EngineTable.lines(engines, all, Instant.now()).forEach(out::println);
            }
            out.flush();
            return ExitCode.OK;
        }
    }

    private static List<Engine> engines(Fabric8Cluster cluster, String namespace) {
        return cluster.list(Resource.ENGINES, namespace, "").stream()
                .map(Engine::new)
                .sorted(Comparator.comparing(Engine::namespace).thenComparing(Engine::name))
                .toList();
    }
}
