package io.chaosrunner.cli;

import io.chaosrunner.cluster.Fabric8Cluster;
import io.chaosrunner.cluster.Resource;
import io.chaosrunner.crd.Engine;
import io.chaosrunner.report.EngineTable;
import java.io.PrintWriter;
import java.time.Instant;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** The command that shows one engine with the run it is in, or was in last. */
@Command(
        name = "get",
        description = "Shows a ChaosEngine with its last run and each experiment of it.",
        mixinStandardHelpOptions = true)
final class GetCommand implements Callable<Integer> {
    /** As kubectl names objects. */
    static final String KIND = "chaosengine.litmuschaos.io/";

    @Spec private @Nullable CommandSpec spec;
    @ParentCommand private @Nullable ChaosRunner parent;

    @Parameters(paramLabel = "ENGINE", description = "Name of the ChaosEngine.")
    private String engine = "";

    @Mixin private Namespaced namespaced = new Namespaced();
    @Mixin private Printing printing = new Printing();

    @Override
    public Integer call() {
        PrintWriter out = Objects.requireNonNull(spec).commandLine().getOut();
        try (Fabric8Cluster cluster = Objects.requireNonNull(parent).connect()) {
            Engine found =
                    new Engine(
                            StoredObject.named(
                                    cluster, namespaced.engine(cluster, engine), Resource.ENGINES));
            if (printing.isTree()) {
                printing.print(EngineTable.json(found), out);
            } else if (printing.format() == Printing.Format.NAME) {
                out.println(KIND + found.name());
            } else {
                EngineTable.of(found, Instant.now()).forEach(out::println);
            }
            out.flush();
            return ExitCode.OK;
        }
    }
}
