package io.chaosrunner.cli;

import io.chaosrunner.cluster.Fabric8Cluster;
import io.chaosrunner.cluster.Resource;
import io.chaosrunner.crd.Engine;
import java.io.OutputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/**
 * The words that could stand at a shell's cursor, one in each line; {@value #FILES} stands for the
 * names of files. It never fails, and never takes long.
 */
@Command(name = "__complete", hidden = true)
final class CompleteCommand implements Callable<Integer> {
    private static final String FILES = "@files";

    /** Longer than an API server nearby needs; shorter than somebody waits for a Tab key. */
    private static final Duration LONGEST = Duration.ofSeconds(2);

    /** A shell may read more into other names than their letters. */
    private static final Pattern HARMLESS = Pattern.compile("[A-Za-z0-9_./:@=-]+");

    @Spec private @Nullable CommandSpec spec;
    @ParentCommand private @Nullable ChaosRunner parent;

    @Parameters(arity = "0..*", description = "Words up to the cursor, without the program.")
    private List<String> words = List.of();

    @Override
    public Integer call() {
        CommandLine command = Objects.requireNonNull(spec).commandLine();
        candidates(command.getParent()).stream()
                .filter(each -> HARMLESS.matcher(each).matches())
                .distinct()
                .sorted()
                .forEach(command.getOut()::println);
        command.getOut().flush();
        return ExitCode.OK;
    }

    /** What was typed before the word at the cursor. */
    private static final class Line {
        CommandSpec command;
        final Map<String, String> values = new HashMap<>();
        final List<String> positionals = new ArrayList<>();
        @Nullable OptionSpec open;

        Line(CommandSpec command) {
            this.command = command;
        }

        void take(String word) {
            OptionSpec before = open;
            if (before != null) {
                values.put(before.longestName(), word);
                open = null;
                return;
            }
            int equals = word.indexOf('=');
            OptionSpec option = command.findOption(equals < 0 ? word : word.substring(0, equals));
            if (option != null && equals > 0) {
                values.put(option.longestName(), word.substring(equals + 1));
            } else if (option != null) {
                open = option.arity().max() > 0 ? option : null;
            } else if (command.subcommands().containsKey(word) && positionals.isEmpty()) {
                command = command.subcommands().get(word).getCommandSpec();
            } else if (!word.startsWith("-")) {
                positionals.add(word);
            }
        }
    }

    private List<String> candidates(CommandLine all) {
        // bash takes '--option=value' for three words.
        boolean isSplit =
                words.size() > 1 && words.subList(words.size() - 2, words.size()).contains("=");
        List<String> typed = isSplit || words.contains("=") ? joined(words) : words;
        if (typed.isEmpty()) {
            return List.of();
        }
        var line = new Line(all.getCommandSpec());
        typed.subList(0, typed.size() - 1).forEach(line::take);
        String last = typed.getLast();
        int equals = last.indexOf('=');
        if (line.open == null && last.startsWith("-") && equals > 0) {
            OptionSpec option = line.command.findOption(last.substring(0, equals));
            String written = isSplit ? "" : last.substring(0, equals + 1);
            return option == null
                    ? List.of()
                    : starting(values(option, line), last.substring(equals + 1)).stream()
                            .map(value -> value.equals(FILES) ? value : written + value)
                            .toList();
        }
        return starting(here(line, last), last);
    }

    private static List<String> joined(List<String> words) {
        var joined = new ArrayList<String>();
        for (int i = 0; i < words.size(); i++) {
            if (words.get(i).equals("=") && !joined.isEmpty()) {
                String value = i + 1 < words.size() ? words.get(++i) : "";
                joined.set(joined.size() - 1, joined.getLast() + "=" + value);
            } else {
                joined.add(words.get(i));
            }
        }
        return joined;
    }

    private static List<String> starting(List<String> candidates, String typed) {
        return candidates.stream()
                .filter(each -> each.startsWith(typed) || each.equals(FILES))
                .toList();
    }

    private List<String> here(Line line, String last) {
        if (line.open != null) {
            return values(line.open, line);
        }
        if (last.startsWith("-")) {
            return line.command.options().stream()
                    .filter(option -> !option.hidden())
                    .map(OptionSpec::longestName)
                    .toList();
        }
        if (!line.command.subcommands().isEmpty()) {
            return commands(line.command);
        }
        int at = line.positionals.size();
        return line.command.positionalParameters().stream()
                .filter(each -> each.index().contains(at))
                .findFirst()
                .map((PositionalParamSpec each) -> values(each, line))
                .orElse(List.of());
    }

    private static List<String> commands(CommandSpec command) {
        return command.subcommands().entrySet().stream()
                .filter(each -> !each.getValue().getCommandSpec().usageMessage().hidden())
                .map(Map.Entry::getKey)
                .toList();
    }

    private List<String> values(ArgSpec of, Line line) {
        if (of.type().isEnum()) {
            return Arrays.stream(of.type().getEnumConstants())
                    .map(each -> UsageError.word((Enum<?>) each))
                    .toList();
        }
        return switch (of.paramLabel()) {
            case "NAMESPACE" ->
                    inTime(() -> {
                        try (Fabric8Cluster cluster = connect(line)) {
                            return cluster.namespaces();
                        }
                    });
            case "ENGINE" -> engines(line, engine -> Stream.of(engine.name()));
            case "EXPERIMENT", "NAMES" ->
                    engines(
                            line,
                            engine ->
                                    line.positionals.contains(engine.name())
                                            ? engine.experiments().stream().map(e -> e.name())
                                            : Stream.empty());
            case "CONTEXT" -> inTime(() -> Fabric8Cluster.contexts(kubeconfig(line)));
            case "STRATEGY" ->
                    inTime(() ->
                            Objects.requireNonNull(parent).strategies().all().stream()
                                    .map(each -> each.strategy().name())
                                    .toList());
            case "COMMAND" -> {
                CommandLine all = Objects.requireNonNull(spec).commandLine().getParent();
                yield commands(all.getCommandSpec());
            }
            case "FORMAT" -> List.of("json");
            case "FILE", "DIR" -> List.of(FILES);
            default -> List.of();
        };
    }

    private interface Naming {
        Stream<String> names(Engine engine);
    }

    private List<String> engines(Line line, Naming naming) {
        return inTime(() -> {
            try (Fabric8Cluster cluster = connect(line)) {
                String namespace =
                        Optional.ofNullable(line.values.get("--namespace"))
                                .or(cluster::namespace)
                                .orElse("default");
                return cluster
                        .list(
                                Resource.ENGINES,
                                namespace,
                                found -> naming.names(new Engine(found.object())).toList())
                        .stream()
                        .flatMap(List::stream)
                        .toList();
            }
        });
    }

    private static Optional<Path> kubeconfig(Line line) {
        return Optional.ofNullable(line.values.get("--kubeconfig"))
                .or(() -> Optional.ofNullable(line.values.get("-kubeconfig")))
                .map(Path::of);
    }

    /** A plug-in that gives credentials must not write to the line that is being typed. */
    private static Fabric8Cluster connect(Line line) {
        return Fabric8Cluster.connect(
                kubeconfig(line),
                Optional.ofNullable(line.values.get("--context")),
                OutputStream.nullOutputStream());
    }

    /** Ask, for a bounded time; what fails has no answer. */
    private static List<String> inTime(Callable<List<String>> question) {
        var answer = new CompletableFuture<List<String>>();
        Thread.ofPlatform()
                .daemon()
                .name("completion")
                .start(() -> {
                    try {
                        answer.complete(question.call());
                    } catch (Exception e) {
                        answer.complete(List.of());
                    }
                });
        try {
            return answer.get(LONGEST.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return List.of();
        } catch (ExecutionException | TimeoutException e) {
            return List.of();
        }
    }
}
