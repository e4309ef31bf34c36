package io.chaosrunner.cli;

import io.chaosrunner.model.ForeignText;
import io.chaosrunner.plugin.StrategyCatalogue;
import io.chaosrunner.strategy.ExecutionStrategy;
import io.chaosrunner.strategy.Parameter;
import java.io.PrintWriter;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** The command that lists the strategies there are, with their parameters. */
@Command(
        name = "strategies",
        description = "Lists the execution strategies and their parameters.",
        mixinStandardHelpOptions = true)
final class StrategiesCommand implements Callable<Integer> {
    @Spec private @Nullable CommandSpec spec;
    @ParentCommand private @Nullable ChaosRunner parent;
    @Mixin private Printing printing = new Printing();

    @Override
    public Integer call() {
        PrintWriter out = Objects.requireNonNull(spec).commandLine().getOut();
        StrategyCatalogue catalogue = Objects.requireNonNull(parent).strategies();
        if (printing.isTree()) {
            printing.print(tree(catalogue), out);
            return ExitCode.OK;
        }
        if (printing.format() == Printing.Format.NAME) {
            catalogue.all().forEach(each -> out.println(each.strategy().name()));
            out.flush();
            return ExitCode.OK;
        }
        for (StrategyCatalogue.Listed each : catalogue.all()) {
            ExecutionStrategy strategy = each.strategy();
            out.println(
                    ForeignText.unbroken(
                            "%s (%s): %s"
                                    .formatted(
                                            strategy.name(),
                                            each.source(),
                                            strategy.description())));
            for (Parameter parameter : strategy.parameters()) {
                out.printf(
                        "    %-14s %s: %s%s%n",
                        parameter.name(),
                        parameter.type(),
                        ForeignText.unbroken(parameter.doc()),
                        parameter.defaultValue().isEmpty()
                                ? ""
                                : " (default " + parameter.defaultValue() + ")");
            }
        }
        for (StrategyCatalogue.Fault fault : catalogue.faults()) {
            out.println(ForeignText.unbroken("not loaded: " + fault));
        }
        out.flush();
        return ExitCode.OK;
    }

    private static ObjectNode tree(StrategyCatalogue catalogue) {
        ObjectNode tree = JsonMapper.shared().createObjectNode();
        ArrayNode strategies = tree.putArray("strategies");
        for (StrategyCatalogue.Listed each : catalogue.all()) {
            ObjectNode one =
                    strategies
                            .addObject()
                            .put("name", each.strategy().name())
                            .put("source", each.source())
                            .put("description", each.strategy().description());
            ArrayNode parameters = one.putArray("parameters");
            for (Parameter parameter : each.strategy().parameters()) {
                parameters
                        .addObject()
                        .put("name", parameter.name())
                        .put("type", parameter.type())
                        .put("default", parameter.defaultValue())
                        .put("doc", parameter.doc());
            }
        }
        ArrayNode notLoaded = tree.putArray("notLoaded");
        catalogue
                .faults()
                .forEach(fault ->
                        notLoaded
                                .addObject()
                                .put("source", fault.source())
                                .put("why", fault.why()));
        return tree;
    }
}
