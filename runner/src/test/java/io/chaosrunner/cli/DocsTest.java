package io.chaosrunner.cli;

import static java.util.stream.Collectors.toCollection;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.ParameterException;

/** What the pages of the project say can be followed: their links, and their command lines. */
class DocsTest {
    private static final Path TOP = Path.of("..").toAbsolutePath().normalize();
    private static final Pattern LINK = Pattern.compile("]\\(([^)\\s]+)\\)");

    /** The first cell of a row, if it is nothing but words of the program. */
    private static final Pattern MESSAGE = Pattern.compile("^\\| `([^`]+)` \\|");

    private static final Pattern TEST = Pattern.compile("`([A-Z]\\w*(?:Test|Benchmark))`");
    private static final Pattern OPTION = Pattern.compile("`(--[a-z][a-z-]*)");
    private static final Pattern VARIABLE = Pattern.compile("CHAOS_RUNNER_[A-Z_]*[A-Z]");
    private static final Pattern DECISION =
            Pattern.compile("\\[(?:[Dd]ecisions? )?(\\d+)]\\([./a-z]*0*(\\d+)-");

    private static final Pattern RECORD = Pattern.compile("(\\d{4})-[a-z0-9-]+\\.md");

    /** Options of helm and the like, where a page names them without their program. */
    private static final Set<String> OPTIONS_OF_OTHERS = Set.of("--skip-crds");

    /** A command in a sentence; one with an ellipsis is a part of one. */
    private static final Pattern SHOWN = Pattern.compile("`((?:\\./)?chaos-runner [a-z][^`…]*)`");

    private static final Pattern HEADING = Pattern.compile("^#+ +(.*)$");

    static Stream<Path> pages() throws IOException {
        Set<Path> pages = new TreeSet<>();
        for (String folder : List.of("", "docs", "deploy", "examples", "system-tests", ".github")) {
            try (Stream<Path> files = Files.walk(TOP.resolve(folder), folder.isEmpty() ? 1 : 5)) {
                files.filter(file -> file.toString().endsWith(".md"))
                        .filter(file -> !file.toString().contains("/target/"))
                        .map(TOP::relativize)
                        .forEach(pages::add);
            }
        }
        return pages.stream();
    }

    @Test
    void thereArePagesToLookAt() throws IOException {
        assertThat(pages())
                .contains(Path.of("README.md"), Path.of("docs/architecture.md"))
                .hasSizeGreaterThan(20);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("pages")
    void everyLinkLeadsSomewhere(Path page) throws IOException {
        List<String> dead = new ArrayList<>();
        for (String line : lines(page, false)) {
            Matcher link = LINK.matcher(line);
            while (link.find()) {
                String target = link.group(1);
                if (target.contains("://") || target.startsWith("mailto:")) {
                    continue;
                }
                String[] parts = target.split("#", 2);
                Path file =
                        parts[0].isEmpty()
                                ? TOP.resolve(page)
                                : TOP.resolve(page).resolveSibling(parts[0]).normalize();
                if (!Files.exists(file)
                        || (parts.length == 2 && !anchors(file).contains(parts[1]))) {
                    dead.add(target);
                }
            }
        }
        assertThat(dead).isEmpty();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("pages")
    void everyCommandLineIsUnderstood(Path page) throws IOException {
        List<String> wrong = new ArrayList<>();
        for (String line : lines(page, true)) {
            for (String one : line.split(" \\| | && |<\\(")) {
                fault(one.strip().replaceFirst("^([A-Z_]+=\\S+ +)+", ""))
                        .ifPresent(fault -> wrong.add(one + ": " + fault.getMessage()));
            }
        }
        assertThat(wrong).isEmpty();
    }

    /** A sentence may name a command without what it is asked of. */
    @ParameterizedTest(name = "{0}")
    @MethodSource("pagesOfToday")
    void everyCommandInASentenceIsUnderstood(Path page) throws IOException {
        List<String> wrong = new ArrayList<>();
        Matcher shown = SHOWN.matcher(String.join(" ", lines(page, false)));
        while (shown.find()) {
            fault(shown.group(1))
                    .filter(fault -> !(fault instanceof MissingParameterException))
                    .ifPresent(fault -> wrong.add(shown.group() + ": " + fault.getMessage()));
        }
        assertThat(wrong).isEmpty();
    }

    /** Return what is wrong with a command line of the program; other programs' are let be. */
    private static Optional<ParameterException> fault(String line) {
        List<String> words = words(line);
        if (words.isEmpty() || !words.getFirst().matches("(\\./)?chaos-runner")) {
            return Optional.empty();
        }
        try {
            parse(words.subList(1, words.size()));
            return Optional.empty();
        } catch (ParameterException e) {
            return Optional.of(e);
        }
    }

    /** Pages that say what there is; the others tell what there was. */
    static Stream<Path> pagesOfToday() throws IOException {
        return pages().filter(page ->
                !page.toString().equals("CHANGELOG.md") && !page.startsWith("docs/decisions"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("pagesOfToday")
    void everyTestThatIsNamedIsThere(Path page) throws IOException {
        Set<String> tests = new HashSet<>();
        for (String module : List.of("strategies", "sandbox", "runner", "system-tests")) {
            try (Stream<Path> files = Files.walk(TOP.resolve(module))) {
                files.map(file -> file.getFileName().toString())
                        .filter(name -> name.endsWith(".java"))
                        .forEach(name -> tests.add(name.replace(".java", "")));
            }
        }

        assertThat(tests).containsAll(named(page, TEST));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("pagesOfToday")
    void everyOptionAndVariableThatIsNamedIsThere(Path page) throws IOException {
        CommandLine program = ChaosRunner.commandLine();
        Set<String> options = new HashSet<>(OPTIONS_OF_OTHERS);
        Stream.concat(Stream.of(program), program.getSubcommands().values().stream())
                .flatMap(command -> command.getCommandSpec().options().stream())
                .forEach(option -> options.addAll(List.of(option.names())));

        assertThat(options).containsAll(named(page, OPTION));
        String sources = words();
        assertThat(named(page, VARIABLE)).allMatch(sources::contains);
    }

    @Test
    void everyDecisionHasANumberOfItsOwn() throws IOException {
        List<Integer> numbers = new ArrayList<>();
        for (Path page : pages().filter(each -> each.startsWith("docs/decisions")).toList()) {
            Matcher record = RECORD.matcher(page.getFileName().toString());
            assertThat(record.matches()).as("%s", page).isTrue();
            int number = Integer.parseInt(record.group(1));
            assertThat(Files.readAllLines(TOP.resolve(page)).getFirst())
                    .as("%s", page)
                    .startsWith("# " + number + ". ");
            numbers.add(number);
        }
        assertThat(numbers).isNotEmpty().doesNotHaveDuplicates();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("pages")
    void everyDecisionIsLinkedByItsNumber(Path page) throws IOException {
        Matcher decision = DECISION.matcher(Files.readString(TOP.resolve(page)));
        while (decision.find()) {
            assertThat(decision.group(2)).as(decision.group()).isEqualTo(decision.group(1));
        }
    }

    private static Set<String> named(Path page, Pattern pattern) throws IOException {
        Set<String> names = new TreeSet<>();
        Matcher name = pattern.matcher(Files.readString(TOP.resolve(page)));
        while (name.find()) {
            names.add(name.group(name.groupCount()));
        }
        return names;
    }

    @Test
    void theMessagesOfTheTroubleshootingPageAreTheProgramsOwn() throws IOException {
        String words = words();
        List<String> unknown = new ArrayList<>();
        for (String line : lines(Path.of("docs/troubleshooting.md"), false)) {
            Matcher message = MESSAGE.matcher(line);
            if (message.find()) {
                Stream.of(message.group(1).split("…"))
                        .map(String::strip)
                        .filter(part -> part.length() > 2 && !words.contains(part))
                        .forEach(unknown::add);
            }
        }
        assertThat(unknown).isEmpty();
    }

    /** All that the sources say, with what is broken over lines put together. */
    private static String words() throws IOException {
        StringBuilder all = new StringBuilder(Files.readString(TOP.resolve("chaos-runner")));
        for (String module : List.of("sandbox", "runner")) {
            try (Stream<Path> sources = Files.walk(TOP.resolve(module + "/src/main/java"))) {
                for (Path source :
                        sources.filter(file -> file.toString().endsWith(".java")).toList()) {
                    all.append(Files.readString(source));
                }
            }
        }
        return all.toString().replaceAll("\"\\s*\\+\\s*\"", "");
    }

    private static void parse(List<String> arguments) {
        ChaosRunner.commandLine().parseArgs(arguments.toArray(String[]::new));
    }

    /** The words of a shell command, without its comment, its pipes and what it redirects. */
    private static List<String> words(String line) {
        String command = line.strip().replaceFirst("^\\$ ", "").replaceFirst("(^|\\s)#.*$", "");
        List<String> words = new ArrayList<>();
        Matcher word = Pattern.compile("'([^']*)'|\"([^\"]*)\"|(\\S+)").matcher(command);
        while (word.find()) {
            String one =
                    Stream.of(word.group(1), word.group(2), word.group(3))
                            .filter(text -> text != null)
                            .findFirst()
                            .orElseThrow();
            if (Set.of("|", "||", "&&", "&", ";").contains(one) || one.matches("[012]?[<>].*")) {
                break;
            }
            words.add(one);
        }
        return words;
    }

    /** The lines within fences, or those without; a line that goes on is one. */
    private static List<String> lines(Path page, boolean fenced) throws IOException {
        List<String> lines = new ArrayList<>();
        boolean within = false;
        String begun = "";
        for (String line : Files.readAllLines(TOP.resolve(page))) {
            if (line.strip().startsWith("```")) {
                within = !within;
                continue;
            }
            if (within != fenced) {
                continue;
            }
            if (fenced && line.endsWith("\\")) {
                begun += line.substring(0, line.length() - 1);
                continue;
            }
            lines.add(begun + line);
            begun = "";
        }
        return lines;
    }

    /** The names that a forge gives to the headings of a page. */
    private static Set<String> anchors(Path page) {
        try {
            return Files.readAllLines(page).stream()
                    .map(HEADING::matcher)
                    .filter(Matcher::matches)
                    .map(heading -> heading.group(1).toLowerCase(Locale.ROOT))
                    .map(text -> text.replaceAll("[^\\p{L}\\p{N} _-]", "").replace(' ', '-'))
                    .collect(toCollection(HashSet::new));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
