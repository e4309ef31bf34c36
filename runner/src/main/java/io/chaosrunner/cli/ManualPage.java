package io.chaosrunner.cli;

import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * The manual page of the program, in roff with the macros of man(7): what the help of all commands
 * says, written from the same model.
 */
final class ManualPage {
    private final StringBuilder page = new StringBuilder();

    private ManualPage() {}

    /**
     * Write the page, in ASCII.
     *
     * @param version as it is told, such as {@code chaos-runner 0.1.0}
     */
    static String of(CommandLine all, String version) {
        var manual = new ManualPage();
        manual.write(all, version);
        return manual.page.toString();
    }

    private void write(CommandLine all, String version) {
        CommandSpec program = all.getCommandSpec();
        // Without a date: one version gives the same page each time.
        page.append(
                ".TH CHAOS\\-RUNNER 1 \"\" \"%s\" \"User Commands\"\n".formatted(text(version)));
        request(".SH NAME");
        line(program.name() + " - " + description(program));
        request(".SH SYNOPSIS");
        page.append(".B %s\n".formatted(text(program.name())));
        line("[OPTIONS] COMMAND [ARGUMENTS]");
        request(".SH DESCRIPTION");
        line(
                "Options that mean something to a command are understood before and after its name. "
                        + program.name()
                        + " help COMMAND shows the help of one.");
        request(".SH OPTIONS");
        arguments(program.options().stream());
        request(".SH COMMANDS");
        all.getSubcommands().values().stream()
                .map(CommandLine::getCommandSpec)
                .filter(command -> !command.usageMessage().hidden())
                .forEach(command -> command(program, command));
        request(".SH EXIT STATUS");
        ExitCode.MEANINGS.forEach((code, meaning) -> {
            request(".TP");
            page.append(".B %s\n".formatted(text(code)));
            line(meaning);
        });
        request(".SH ENVIRONMENT");
        line(
                "Variables are listed in docs/reference.md of the project, with settings of runs and schedules.");
    }

    private void command(CommandSpec program, CommandSpec command) {
        String words =
                command.positionalParameters().stream()
                        .map(each -> " " + each.paramLabel())
                        .collect(Collectors.joining());
        page.append(".SS \"%s\"\n".formatted(text(program.name() + " " + command.name() + words)));
        line(description(command));
        arguments(command.positionalParameters().stream());
        arguments(command.options().stream().filter(option -> !option.inherited()));
        String common =
                command.options().stream()
                        .filter(OptionSpec::inherited)
                        .map(OptionSpec::longestName)
                        .collect(Collectors.joining(", "));
        if (!common.isEmpty()) {
            request(".PP");
            line("And " + common + ".");
        }
        List<String> footer = List.of(command.usageMessage().footer());
        if (!footer.isEmpty()) {
            // As it stands: examples are command lines.
            request(".PP");
            request(".nf");
            footer.stream().map(ManualPage::formatted).forEach(this::line);
            request(".fi");
        }
    }

    private void arguments(Stream<? extends ArgSpec> arguments) {
        arguments
                .filter(each -> !each.hidden())
                .forEach(each -> {
                    request(".TP");
                    page.append(".B \"%s\"\n".formatted(text(names(each))));
                    line(formatted(String.join(" ", each.description())).replaceAll("\\s+", " "));
                });
    }

    private static String names(ArgSpec argument) {
        if (!(argument instanceof OptionSpec option)) {
            return argument.paramLabel();
        }
        String names = String.join(", ", option.names());
        return option.arity().max() == 0 ? names : names + " " + option.paramLabel();
    }

    private static String description(CommandSpec command) {
        return formatted(String.join(" ", command.usageMessage().description()));
    }

    /** Texts of the model are formats. */
    private static String formatted(String text) {
        return String.format(Locale.ROOT, text);
    }

    private void request(String name) {
        page.append(name).append('\n');
    }

    /** Write a line of text, which is no request whatever it begins with. */
    private void line(String text) {
        String escaped = text(text);
        page.append(escaped.startsWith(".") || escaped.startsWith("'") ? "\\&" : "")
                .append(escaped)
                .append('\n');
    }

    private static String text(String text) {
        var escaped = new StringBuilder();
        text.codePoints()
                .forEach(point -> {
                    switch (point) {
                        case '\\' -> escaped.append("\\e");
                        // An option must be found, and copied, as it is typed.
                        case '-' -> escaped.append("\\-");
                        case '\'' -> escaped.append("\\(aq");
                        case '"' -> escaped.append("\\(dq");
                        case '`' -> escaped.append("\\(ga");
                        case '^' -> escaped.append("\\(ha");
                        case '~' -> escaped.append("\\(ti");
                        case '\n' -> escaped.append(' ');
                        default -> {
                            if (point < 0x80) {
                                escaped.appendCodePoint(point);
                            } else {
                                escaped.append("\\[u%04X]".formatted(point));
                            }
                        }
                    }
                });
        return escaped.toString();
    }
}
