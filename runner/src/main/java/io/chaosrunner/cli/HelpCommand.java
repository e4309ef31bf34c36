package io.chaosrunner.cli;

import io.chaosrunner.strategy.Parameters;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The command that shows the help of a command, or of all. */
@Command(
        name = "help",
        description = "Shows the help of a command.",
        mixinStandardHelpOptions = true)
final class HelpCommand implements Callable<Integer> {
    @Spec private @Nullable CommandSpec spec;

    @CommandLine.Parameters(
            arity = "0..1",
            paramLabel = "COMMAND",
            description = "Which command; all of them are listed without.")
    private @Nullable String about;

    @Option(
            names = "--man",
            description = "Print the manual page, of all commands, as man(1) reads it.")
    private boolean manual;

    @Override
    public Integer call() {
        CommandLine command = Objects.requireNonNull(spec).commandLine();
        if (manual) {
            if (about != null) {
                throw new ParameterException(
                        command, "--man is of all commands; leave out " + about);
            }
            command.getOut()
                    .print(ManualPage.of(command.getParent(), new Version().getVersion()[0]));
            command.getOut().flush();
            return ExitCode.OK;
        }
        Map<String, CommandLine> all = command.getParent().getSubcommands();
        if (about != null && !all.containsKey(about)) {
            throw new ParameterException(
                    command,
                    "there is no command '%s'%s"
                            .formatted(
                                    about,
                                    Parameters.nearest(about, all.keySet())
                                            .map(near -> "; did you mean '" + near + "'?")
                                            .orElse("")));
        }
        (about == null ? command.getParent() : Objects.requireNonNull(all.get(about)))
                .usage(command.getOut());
        return ExitCode.OK;
    }
}
