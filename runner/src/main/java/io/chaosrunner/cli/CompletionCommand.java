package io.chaosrunner.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The command that prints what makes a shell complete command lines. */
@Command(
        name = "completion",
        description = {
            "Prints what makes a shell complete commands, options and their values.",
            "Names of engines, namespaces and contexts come from the cluster, within two seconds."
        },
        mixinStandardHelpOptions = true)
final class CompletionCommand implements Callable<Integer> {
    @Spec private @Nullable CommandSpec spec;

    @Parameters(paramLabel = "SHELL", description = "bash, zsh or fish.")
    private @Nullable Shell shell;

    enum Shell {
        BASH,
        ZSH,
        FISH
    }

    @Override
    public Integer call() {
        PrintWriter out = Objects.requireNonNull(spec).commandLine().getOut();
        out.print(script(Objects.requireNonNull(shell)));
        out.flush();
        return ExitCode.OK;
    }

    private static String script(Shell shell) {
        String name = "/completion/chaos-runner." + UsageError.word(shell);
        try (InputStream in = CompletionCommand.class.getResourceAsStream(name)) {
            return new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
