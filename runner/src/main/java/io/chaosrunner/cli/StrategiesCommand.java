package io.chaosrunner.cli;

import io.chaosrunner.plugin.StrategyCatalogue;
import io.chaosrunner.strategy.ExecutionStrategy;
import io.chaosrunner.strategy.Parameter;
import java.io.PrintWriter;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** List the strategies there are, with their parameters. */
@Command(
        name = "strategies",
        description = "Lists the execution strategies and their parameters.",
        mixinStandardHelpOptions = true)
final class StrategiesCommand implements Callable<Integer> {
    @Spec private @Nullable CommandSpec spec;
    @ParentCommand private @Nullable ChaosRunner parent;

    @Override
    public Integer call() {
        PrintWriter out = Objects.requireNonNull(spec).commandLine().getOut();
        StrategyCatalogue catalogue = Objects.requireNonNull(parent).strategies();
        for (StrategyCatalogue.Listed each : catalogue.all()) {
            ExecutionStrategy strategy = each.strategy();
            out.printf("%s (%s): %s%n", strategy.name(), each.source(), strategy.description());
            for (Parameter parameter : strategy.parameters()) {
                out.printf(
                        "    %-14s %s: %s%s%n",
                        parameter.name(),
                        parameter.type(),
                        parameter.doc(),
                        parameter.defaultValue().isEmpty()
                                ? ""
                                : " (default " + parameter.defaultValue() + ")");
            }
        }
        for (StrategyCatalogue.Fault fault : catalogue.faults()) {
            out.printf("not loaded: %s%n", fault);
        }
        out.flush();
        return ExitCode.OK;
    }
}
