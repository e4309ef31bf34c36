package io.chaosrunner.cli;

import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The page of every setting is what the program and its schemas say.
 *
 * <p>{@code -Dreference.write=true} writes it anew; CONTRIBUTING.md has the command.
 */
@Execution(ExecutionMode.SAME_THREAD) // Its parts are written into one file.
class ReferenceTest {
    private static final Path TOP = Path.of("..").toAbsolutePath().normalize();
    private static final Path PAGE = TOP.resolve("docs/reference.md");

    /** Parts of the page that are not written by hand. */
    enum Part {
        COMMON {
            @Override
            String text() {
                return table(ChaosRunner.commandLine().getCommandSpec().options().stream());
            }
        },
        COMMANDS {
            @Override
            String text() {
                return commands();
            }
        },
        EXIT_CODES {
            @Override
            String text() {
                return ExitCode.MEANINGS.entrySet().stream()
                        .map(each -> row(each.getKey(), each.getValue()))
                        .collect(joining("", row("code", "means") + row("---", "---"), ""));
            }
        },
        EXECUTION {
            @Override
            String text() throws IOException {
                return settings("execution");
            }
        },
        SCHEDULE {
            @Override
            String text() throws IOException {
                return settings("schedule");
            }
        };

        abstract String text() throws IOException;

        private Pattern place() {
            return Pattern.compile(
                    "(?s)(?<=<!-- %1$s: written by ReferenceTest -->\n).*?(?=<!-- end of %1$s -->)"
                            .formatted(name()));
        }
    }

    @ParameterizedTest(name = "{0}")
    @EnumSource(Part.class)
    void thePageSaysWhatTheProgramSays(Part part) throws IOException {
        Matcher place = part.place().matcher(Files.readString(PAGE));

        assertThat(place.find()).as("a place for " + part).isTrue();
        if (Boolean.getBoolean("reference.write")) {
            Files.writeString(PAGE, place.replaceFirst(Matcher.quoteReplacement(part.text())));
            return;
        }
        assertThat(place.group()).isEqualTo(part.text());
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(strings = {"\"(chaosrunner\\.io/[a-z-]+)\"", "\\b(CHAOS_RUNNER_[A-Z_]+)\\b"})
    void whatTheSourcesNameHasARow(String name) throws IOException {
        String page = Files.readString(PAGE);
        Set<String> named = new TreeSet<>();
        Matcher found = Pattern.compile(name).matcher(sources());
        while (found.find()) {
            named.add(found.group(1));
        }

        assertThat(named).hasSizeGreaterThan(5);
        assertThat(named).allSatisfy(each -> assertThat(page).contains("`" + each + "`"));
    }

    @Test
    void nothingHasARowThatTheSourcesDoNotName() throws IOException {
        String sources = sources();
        List<String> rows = new ArrayList<>();
        Matcher row =
                Pattern.compile("(?m)^\\| `(chaosrunner\\.io/[a-z-]+|CHAOS_RUNNER_[A-Z_]+)`")
                        .matcher(Files.readString(PAGE));
        while (row.find()) {
            rows.add(row.group(1));
        }

        assertThat(rows).hasSizeGreaterThan(20);
        assertThat(rows).allSatisfy(each -> assertThat(sources).contains(each));
    }

    private static String sources() throws IOException {
        try (Stream<Path> files = Files.walk(TOP.resolve("runner/src/main/java"))) {
            StringBuilder all = new StringBuilder(Files.readString(TOP.resolve("chaos-runner")));
            for (Path file : files.filter(each -> each.toString().endsWith(".java")).toList()) {
                all.append(Files.readString(file));
            }
            return all.toString();
        }
    }

    // ---- Commands ------------------------------------------------------------------------------

    private static String commands() {
        StringBuilder text = new StringBuilder();
        ChaosRunner.commandLine().getSubcommands().values().stream()
                .map(CommandLine::getCommandSpec)
                .filter(command -> !command.usageMessage().hidden())
                .forEach(command -> text.append(command(command)));
        return text.toString();
    }

    private static String command(CommandSpec command) {
        String words =
                command.positionalParameters().stream()
                        .map(PositionalParamSpec::paramLabel)
                        .map(label -> " " + label)
                        .collect(joining());
        List<ArgSpec> own = new ArrayList<>(command.positionalParameters());
        command.options().stream().filter(option -> !option.inherited()).forEach(own::add);
        String common =
                command.options().stream()
                        .filter(OptionSpec::inherited)
                        .map(option -> code(option.longestName()))
                        .collect(joining(", "));
        return "### chaos-runner %s%s\n%s\n\n%s%s\n"
                .formatted(
                        command.name(),
                        words,
                        String.format(String.join(" ", command.usageMessage().description())),
                        own.isEmpty() ? "" : table(own.stream()),
                        common.isEmpty() ? "" : "\nAnd of all commands: " + common + ".\n");
    }

    private static String table(Stream<? extends ArgSpec> arguments) {
        return arguments
                .filter(each -> !each.hidden() && !isHelp(each))
                .map(each -> row(code(names(each)), meaning(each)))
                .collect(joining("", row("", "means") + row("---", "---"), ""));
    }

    private static boolean isHelp(ArgSpec argument) {
        return argument instanceof OptionSpec option
                && (option.usageHelp() || option.versionHelp());
    }

    private static String names(ArgSpec argument) {
        if (!(argument instanceof OptionSpec option)) {
            return argument.paramLabel();
        }
        String names = String.join(", ", option.names());
        return option.arity().max() == 0 ? names : names + " " + option.paramLabel();
    }

    private static String meaning(ArgSpec argument) {
        return String.format(String.join(" ", argument.description())).replaceAll("\\s+", " ");
    }

    // ---- Settings ------------------------------------------------------------------------------

    private static String settings(String schema) throws IOException {
        JsonNode root =
                JsonMapper.shared()
                        .readTree(
                                Files.readString(
                                        TOP.resolve("docs/schemas/" + schema + ".schema.json")));
        StringBuilder text =
                new StringBuilder(row("setting", "takes", "default", "means"))
                        .append(row("---", "---", "---", "---"));
        root.path("properties")
                .properties()
                .forEach(each -> text.append(setting(root, each.getKey(), each.getValue())));
        return text.toString();
    }

    private static String setting(JsonNode root, String name, JsonNode setting) {
        JsonNode defined = resolved(root, setting);
        String meaning = setting.path("description").asString("");
        return row(
                code(name),
                takes(root, setting),
                setting.has("default") ? code(setting.path("default").asString()) : "",
                meaning.isEmpty() ? defined.path("description").asString("") : meaning);
    }

    private static JsonNode resolved(JsonNode root, JsonNode setting) {
        String name = setting.path("$ref").asString("").replace("#/definitions/", "");
        return name.isEmpty() ? setting : root.path("definitions").path(name);
    }

    private static String takes(JsonNode root, JsonNode setting) {
        String kind = setting.path("$ref").asString("").replace("#/definitions/", "");
        switch (kind) {
            case "duration":
                return "duration";
            case "positive":
                return "whole number from 1";
            case "whole":
                return "whole number";
            case "flag":
                return "`true`, `false`";
            case "text":
                return "text";
            case "texts":
                return "text, or list of texts";
            default:
                break;
        }
        JsonNode defined = resolved(root, setting);
        if (defined.has("enum")) {
            Set<String> words = new TreeSet<>();
            defined.path("enum").forEach(word -> words.add(code(word.asString())));
            return String.join(", ", words);
        }
        Set<String> kinds = new TreeSet<>();
        for (JsonNode one : defined.has("anyOf") ? defined.path("anyOf") : List.of(defined)) {
            kinds.add(one.has("enum") || one.has("$ref") ? takes(root, one) : type(one));
        }
        // A number may be written as a text.
        if (kinds.contains("whole number")) {
            kinds.remove("text");
        }
        return String.join(", or ", kinds);
    }

    private static String type(JsonNode setting) {
        JsonNode type = setting.path("type");
        return switch (type.isArray() ? type.path(0).asString() : type.asString("string")) {
            case "integer" -> "whole number";
            case "array" -> "list";
            case "object" -> "keys and values";
            default -> "text";
        };
    }

    private static String code(String text) {
        return "`" + text + "`";
    }

    private static String row(String... cells) {
        return "| "
                + Stream.of(cells)
                        .map(cell -> cell.replace("|", "\\|").strip())
                        .collect(joining(" | "))
                + " |\n";
    }
}
