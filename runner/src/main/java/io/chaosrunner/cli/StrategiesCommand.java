package io.chaosrunner.cli;

import io.chaosrunner.plugin.StrategyCatalogue;
import io.chaosrunner.strategy.ExecutionStrategy;
import io.chaosrunner.strategy.Parameter;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** List the strategies there are, with their parameters. */
@Command(
        name = "strategies",
        description = "Lists the execution strategies and their parameters.",
        mixinStandardHelpOptions = true)
final class StrategiesCommand implements Callable<Integer> {
    @Spec private @Nullable CommandSpec spec;

    @Override
    public Integer call() {
        PrintWriter out = java.util.Objects.requireNonNull(spec).commandLine().getOut();
        for (ExecutionStrategy strategy : StrategyCatalogue.onClassPath().all()) {
            out.printf("%s: %s%n", strategy.name(), strategy.description());
            for (Parameter parameter : strategy.parameters()) {
                out.printf(
                        "    %-14s %-12s %s%s%n",
                        parameter.name(),
                        parameter.type(),
                        parameter.doc(),
                        parameter.defaultValue().isEmpty()
                                ? ""
                                : " (default " + parameter.defaultValue() + ")");
            }
        }
        out.flush();
        return ExitCode.OK;
    }
}
