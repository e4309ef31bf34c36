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
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** The command that lists engines with the run each is in, or was in last. */
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

    @Mixin private Printing printing = new Printing();

    @Override
    public Integer call() {
        PrintWriter out = Objects.requireNonNull(spec).commandLine().getOut();
        try (Fabric8Cluster cluster = Objects.requireNonNull(parent).connect()) {
            String namespace = all ? "" : namespaced.in(cluster);
            if (printing.isTree()) {
                printing.print(EngineTable.json(engines(cluster, namespace)), out);
                return ExitCode.OK;
            }
            Instant now = Instant.now();
            List<List<String>> engines =
                    each(cluster, namespace, engine -> EngineTable.cells(engine, now)).stream()
                            .sorted(
                                    Comparator.comparing(List<String>::getFirst)
                                            .thenComparing(cells -> cells.get(1)))
                            .toList();
            if (engines.isEmpty()) {
                Objects.requireNonNull(spec)
                        .commandLine()
                        .getErr()
                        .println(
                                all
                                        ? "There is no ChaosEngine."
                                        : "There is no ChaosEngine in namespace "
                                                + namespace
                                                + ".");
            } else if (printing.format() == Printing.Format.NAME) {
                engines.forEach(cells -> out.println(GetCommand.KIND + cells.get(1)));
            } else {
                EngineTable.lines(engines, all, printing.format() == Printing.Format.WIDE)
                        .forEach(out::println);
            }
            out.flush();
            return ExitCode.OK;
        }
    }

    /** Read engines one by one: each may be large. Those beyond limits are said, and left out. */
    private <T> List<T> each(Fabric8Cluster cluster, String namespace, Function<Engine, T> keep) {
        var left = new TreeSet<String>();
        List<Optional<T>> kept =
                cluster.list(
                        Resource.ENGINES,
                        namespace,
                        found -> {
                            var engine = new Engine(found.object());
                            if (!found.isWhole()) {
                                left.add(
                                        "ChaosEngine %s %s; it is left out"
                                                .formatted(engine.ref(), found.flaw()));
                                return Optional.empty();
                            }
                            return Optional.of(keep.apply(engine));
                        });
        left.forEach(line -> spec().commandLine().getErr().println("chaos-runner: " + line));
        return kept.stream().flatMap(Optional::stream).toList();
    }

    private CommandSpec spec() {
        return Objects.requireNonNull(spec);
    }

    private List<Engine> engines(Fabric8Cluster cluster, String namespace) {
        return each(cluster, namespace, Function.identity()).stream()
                .sorted(Comparator.comparing(Engine::namespace).thenComparing(Engine::name))
                .toList();
    }
}
