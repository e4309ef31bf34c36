package io.chaosrunner.plugin;

import io.chaosrunner.config.ExecutionSettings;
import io.chaosrunner.model.PluginFailure;
import io.chaosrunner.plugin.PluginSource.Contents;
import io.chaosrunner.strategy.ExecutionPlan;
import io.chaosrunner.strategy.ExecutionStrategy;
import io.chaosrunner.strategy.InvalidParameters;
import io.chaosrunner.strategy.InvalidParameters.Problem;
import io.chaosrunner.strategy.Parameter;
import io.chaosrunner.strategy.Parameters;
import io.chaosrunner.strategy.StrategyRequest;
import io.chaosrunner.strategy.builtin.Dag;
import io.chaosrunner.strategy.builtin.Parallel;
import io.chaosrunner.strategy.builtin.RandomDraw;
import io.chaosrunner.strategy.builtin.Sequential;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The strategies by name: the built-in ones, strangers' on the class path, and those in the jars of
 * a folder.
 *
 * <p>Strangers' code runs in processes of its own, one for each jar: whatever a jar does, the worst
 * that comes of it here is a {@link Fault}, or a {@link PluginFailure} of the plan that was asked.
 * None of it runs before somebody asks what there is, or for a plan of a strategy that is not built
 * in. Safe for use by several threads.
 */
public final class StrategyCatalogue {
    /** Where the strategies of this project are said to come from. */
    public static final String BUILT_IN = "built-in";

    static final String CLASS_PATH = "class path";

    /** How long a stranger's strategy may think about anything it is asked. */
    private static final Duration BUDGET = Duration.ofSeconds(10);

    /** More processes at once make a start no faster, and need memory. */
    private static final int LOADED_AT_ONCE = 4;

    private static final List<Listed> BUILT_INS =
            Stream.of(new Dag(), new Parallel(), new RandomDraw(), new Sequential())
                    .map(each -> new Listed(each, BUILT_IN))
                    .toList();

    private final List<PluginSource> sources;
    private final List<Fault> unreadable;

    private StrategyCatalogue(List<PluginSource> sources, List<Fault> unreadable) {
        this.sources = List.copyOf(sources);
        this.unreadable = List.copyOf(unreadable);
    }

    /**
     * A strategy there is.
     *
     * @param source {@value #BUILT_IN}, {@code class path}, or the jar's file name
     */
    public record Listed(ExecutionStrategy strategy, String source) {}

    /** Why a jar gives no strategy. */
    public record Fault(String source, String why) {
        @Override
        public String toString() {
            return source + ": " + why;
        }
    }

    /** Find the strategies on the class path. */
    public static StrategyCatalogue onClassPath() {
        return load(Optional.empty());
    }

    /**
     * Find the strategies on the class path and in a folder's jars.
     *
     * @param folder may be absent or not exist: then there are no plug-ins
     */
    public static StrategyCatalogue load(Optional<Path> folder) {
        return load(folder, stack -> {});
    }

    /**
     * Find the same, and tell where in its code a stranger's strategy threw.
     *
     * @param stacks called by the thread that asked the strategy
     */
    public static StrategyCatalogue load(Optional<Path> folder, Consumer<String> stacks) {
        return load(folder, BUDGET, stacks);
    }

    static StrategyCatalogue load(Optional<Path> folder, Duration budget, Consumer<String> stacks) {
        var faults = new ArrayList<Fault>();
        var sources = new ArrayList<PluginSource>();
        if (hasStrangers()) {
            sources.add(new PluginSource(Optional.empty(), budget, stacks));
        }
        folder.map(dir -> jars(dir, faults)).orElse(List.of()).stream()
                .map(jar -> new PluginSource(Optional.of(jar), budget, stacks))
                .forEach(sources::add);
        return new StrategyCatalogue(sources, faults);
    }

    /** Say why a folder cannot give a strategy; empty if it holds a jar. */
    public static Optional<String> problemOf(Path folder) {
        var faults = new ArrayList<Fault>();
        if (!Files.exists(folder)) {
            return Optional.of(folder + " does not exist");
        }
        if (!Files.isDirectory(folder)) {
            return Optional.of(folder + " is no folder; name the folder that the jars are in");
        }
        return !jars(folder, faults).isEmpty()
                ? Optional.empty()
                : Optional.of(
                        faults.isEmpty()
                                ? folder + " holds no file named *.jar"
                                : faults.getFirst().toString());
    }

    /** Look at names only: no stranger's class is initialised. */
    private static boolean hasStrangers() {
        try {
            return ServiceLoader.load(
                            ExecutionStrategy.class, StrategyCatalogue.class.getClassLoader())
                    .stream()
                    .anyMatch(each -> !isBuiltIn(each.type()));
        } catch (ServiceConfigurationError | LinkageError e) {
            // Whose class is not there did not come with us.
            return true;
        }
    }

    static boolean isBuiltIn(Class<?> type) {
        return BUILT_INS.stream().anyMatch(each -> each.strategy().getClass().equals(type));
    }

    private static List<Path> jars(Path folder, List<Fault> faults) {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        // A mounted ConfigMap shows each file as a link, and once more below a folder "..data".
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.getFileName().toString().endsWith(".jar"))
                    .filter(file -> !file.getFileName().toString().startsWith(".."))
                    .filter(Files::isRegularFile)
                    .sorted()
                    .toList();
        } catch (IOException | UncheckedIOException e) {
            faults.add(new Fault(folder.toString(), "cannot be read: " + e.getMessage()));
            return List.of();
        }
    }

    /** Load what was not loaded yet, each source in a process of its own, several at a time. */
    private List<Contents> contents() {
        if (sources.isEmpty()) {
            return List.of();
        }
        ExecutorService threads =
                Executors.newFixedThreadPool(
                        Math.min(LOADED_AT_ONCE, sources.size()),
                        Thread.ofPlatform().daemon().name("plug-ins ", 0).factory());
        try {
            var contents = new ArrayList<Contents>();
            for (Future<Contents> each :
                    threads.invokeAll(
                            sources.stream()
                                    .<Callable<Contents>>map(source -> source::contents)
                                    .toList())) {
                contents.add(each.get());
            }
            return contents;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new PluginFailure("was interrupted", e);
        } catch (ExecutionException e) {
            throw new IllegalStateException(e);
        } finally {
            threads.shutdownNow();
        }
    }

    /** Return all strategies there are, built-in ones first. */
    public List<Listed> all() {
        return Stream.concat(
                        BUILT_INS.stream(),
                        contents().stream()
                                .flatMap(each -> each.listed().stream())
                                .filter(each -> !isBuiltIn(each.strategy().name())))
                .toList();
    }

    /** Return what could not be loaded, or cannot be used, and why. */
    public List<Fault> faults() {
        var faults = new ArrayList<>(unreadable);
        for (Contents each : contents()) {
            faults.addAll(each.faults());
            each.listed().stream()
                    .filter(listed -> isBuiltIn(listed.strategy().name()))
                    .map(listed ->
                            new Fault(
                                    listed.source(),
                                    "its strategy '%s' is never used: a built-in one has that name"
                                            .formatted(listed.strategy().name())))
                    .forEach(faults::add);
        }
        return List.copyOf(faults);
    }

    /** Tell whether strangers' code is run to plan by a strategy of that name. */
    public boolean asksPlugins(String name) {
        return !sources.isEmpty() && !isBuiltIn(name);
    }

    private static boolean isBuiltIn(String name) {
        return BUILT_INS.stream().anyMatch(each -> each.strategy().name().equals(name));
    }

    /**
     * Plan a run.
     *
     * @throws InvalidParameters if there is no such strategy or more than one, it has no such
     *     parameter, it refuses a value, or it fails; with every problem at once
     */
    public ExecutionPlan plan(String name, StrategyRequest request) {
        if (isBuiltIn(name)) {
            return plan(name, BUILT_INS, List.of(), request);
        }
        // What is loaded to see what there is stays for the plan.
        sources.forEach(PluginSource::enter);
        try {
            return plan(name, all(), faults(), request);
        } catch (PluginFailure e) {
            throw refused("the plug-ins cannot be loaded: the runner %s", e.getMessage());
        } finally {
            sources.forEach(PluginSource::leave);
        }
    }

    private static ExecutionPlan plan(
            String name, List<Listed> all, List<Fault> faults, StrategyRequest request) {
        List<Listed> found =
                all.stream().filter(each -> each.strategy().name().equals(name)).toList();
        if (found.size() != 1) {
            throw refused("%s", unusable(name, found, all, faults));
        }
        ExecutionStrategy strategy = found.getFirst().strategy();
        var problems = new ArrayList<Problem>();
        checkKeys(strategy, request.parameters(), problems);
        ExecutionPlan plan = null;
        try {
            plan = strategy.plan(request);
        } catch (InvalidParameters e) {
            problems.addAll(e.problems());
        } catch (PluginFailure e) {
            problems.add(
                    new Problem(
                            "strategy",
                            "%s (%s) %s"
                                    .formatted(name, found.getFirst().source(), e.getMessage())));
        }
        if (plan == null || !problems.isEmpty()) {
            close(plan);
            throw new InvalidParameters(problems);
        }
        return plan;
    }

    private static InvalidParameters refused(String why, Object... values) {
        return new InvalidParameters(List.of(new Problem("strategy", why.formatted(values))));
    }

    /** Let go of a plan that is not asked any more; one that holds nothing may be left. */
    public static void close(@Nullable ExecutionPlan plan) {
        if (plan instanceof PluginSource.Plan held) {
            held.close();
        }
    }

    private static String unusable(
            String name, List<Listed> found, List<Listed> all, List<Fault> faults) {
        if (found.size() > 1) {
            return "'%s' is ambiguous: it comes from %s; remove all but one"
                    .formatted(
                            name,
                            String.join(" and ", found.stream().map(Listed::source).toList()));
        }
        List<String> names = all.stream().map(each -> each.strategy().name()).sorted().toList();
        String hint =
                Parameters.nearest(name, names)
                        .map(near -> "; did you mean '" + near + "'?")
                        .orElse("; there are " + String.join(", ", names));
        String broken =
                faults.isEmpty()
                        ? ""
                        : "; not loaded: "
                                + String.join(", ", faults.stream().map(Fault::toString).toList());
        return "there is no strategy '" + name + "'" + hint + broken;
    }

    private static void checkKeys(
            ExecutionStrategy strategy, Parameters parameters, List<Problem> problems) {
        List<String> known = strategy.parameters().stream().map(Parameter::name).toList();
        for (String key : parameters.tree().keySet()) {
            if (!known.contains(key)) {
                String has =
                        known.isEmpty() ? "has no parameters" : "has " + String.join(", ", known);
                var words = new ArrayList<>(known);
                words.addAll(ExecutionSettings.KEYS);
                problems.add(
                        new Problem(
                                key,
                                Parameters.nearest(key, words)
                                        .map(near ->
                                                "no such parameter; did you mean '" + near + "'?")
                                        .orElse(
                                                "no such parameter; strategy %s %s"
                                                        .formatted(strategy.name(), has))));
            }
        }
    }
}
