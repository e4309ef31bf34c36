package io.chaosrunner.cli;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;
import picocli.CommandLine.MaxValuesExceededException;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.OverwrittenOptionException;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** What is wrong with a command line in the words of its help, not in those of Java. */
final class UsageError {
    /** What is wrong with a value that is empty, where nothing would be something else. */
    static final String EMPTY = "is empty; is the variable set that stands there?";

    private UsageError() {}

    static String words(ParameterException e) {
        ArgSpec at = e.getArgSpec();
        return switch (e) {
            case UnmatchedArgumentException unmatched -> unmatched(unmatched);
            case MissingParameterException missing
                    when missing.getMissing().getFirst() instanceof OptionSpec option ->
                    "%s needs a value: %s".formatted(name(option), usage(option));
            case MissingParameterException missing ->
                    "name what is meant: "
                            + missing.getMissing().stream()
                                    .map(ArgSpec::paramLabel)
                                    .collect(Collectors.joining(" "));
            case OverwrittenOptionException twice ->
                    "%s is given twice".formatted(name(twice.getOverwritten()));
            case MaxValuesExceededException many when at instanceof OptionSpec option ->
                    "%s takes one value".formatted(name(option));
            default ->
                    at != null && "".equals(e.getValue()) && at.type() == Path.class
                            ? "%s %s".formatted(name(at), EMPTY)
                            : at == null || e.getValue() == null
                                    ? String.valueOf(e.getMessage())
                                    : "%s: %s".formatted(name(at), unfit(at, e.getValue()));
        };
    }

    private static String unmatched(UnmatchedArgumentException e) {
        String first = e.getUnmatched().getFirst();
        return e.isUnknownOption()
                ? "there is no option '%s'".formatted(first)
                : e.getCommandLine().getSubcommands().isEmpty()
                        ? "'%s' is one word too many".formatted(first)
                        : "there is no command '%s'".formatted(first);
    }

    private static String name(ArgSpec at) {
        return at instanceof OptionSpec option ? option.longestName() : at.paramLabel();
    }

    private static String usage(OptionSpec option) {
        return option.longestName() + " " + option.paramLabel();
    }

    private static String unfit(ArgSpec at, String value) {
        Class<?> type = at.isMultiValue() ? at.auxiliaryTypes()[0] : at.type();
        if (at.typeInfo().isMap()) {
            return "'%s' is not of the form %s".formatted(value, at.paramLabel());
        }
        if (at.type().isEnum()) {
            return "'%s' is none of %s"
                    .formatted(
                            value,
                            Arrays.stream(at.type().getEnumConstants())
                                    .map(each -> word((Enum<?>) each))
                                    .collect(Collectors.joining(", ")));
        }
        if (type == double.class) {
            return "'%s' is not a number".formatted(value);
        }
        return type == int.class || type == long.class || type == Long.class
                ? "'%s' is not a whole number".formatted(value)
                : "'%s' cannot be used".formatted(value);
    }

    /** Return a constant as people write it. */
    static String word(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
