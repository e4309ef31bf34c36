package io.chaosrunner.plugin;

import io.chaosrunner.config.ExecutionSettings;
import io.chaosrunner.strategy.ExecutionPlan;
import io.chaosrunner.strategy.ExecutionStrategy;
import io.chaosrunner.strategy.InvalidParameters;
import io.chaosrunner.strategy.InvalidParameters.Problem;
import io.chaosrunner.strategy.Parameter;
import io.chaosrunner.strategy.Parameters;
import io.chaosrunner.strategy.StrategyRequest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.ServiceLoader.Provider;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Find strategies by name: those on the class path, and those in the jars of a folder.
 *
 * <p>A jar that cannot be used is a fault of its own: it is told, and matters to a run only if that
 * run asks for a strategy that is not there. Immutable and safe for use by several threads. Jars
 * are trusted code: they run in this process, each behind a class loader of its own. None of them
 * runs before somebody asks what there is, or for a plan.
 */
public final class StrategyCatalogue {
    /** Where the strategies of this project are said to come from. */
    public static final String BUILT_IN = "built-in";

    private static final String CLASS_PATH = "class path";

    private final Supplier<Loaded> loading;
    private final boolean hasPlugins;
    private @Nullable Loaded loaded;

    private StrategyCatalogue(Supplier<Loaded> loading, boolean hasPlugins) {
        this.loading = loading;
        this.hasPlugins = hasPlugins;
    }

    private synchronized Loaded loaded() {
        if (loaded == null) {
            loaded = loading.get();
        }
        return loaded;
    }

    private record Loaded(List<Listed> listed, List<Fault> faults) {}

    /**
     * A strategy there is.
     *
     * @param source {@value #BUILT_IN}, {@code class path}, or the jar's file name
     */
    public record Listed(ExecutionStrategy strategy, String source) {}

    /** Say why a jar gives no strategy. */
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
        var faults = new ArrayList<Fault>();
        List<Path> jars = folder.map(dir -> jars(dir, faults)).orElse(List.of());
        return new StrategyCatalogue(
                () -> {
                    var listed = new ArrayList<Listed>();
                    collect(CLASS_PATH, classPath().stream(), listed, faults);
                    jars.forEach(jar -> load(jar, listed, faults));
                    return new Loaded(List.copyOf(listed), List.copyOf(faults));
                },
                !jars.isEmpty() || hasStrangers());
    }

    private static boolean hasStrangers() {
        try {
            return classPath().stream().anyMatch(each -> !isBuiltIn(each.type()));
        } catch (ServiceConfigurationError e) {
            // Whose class is not there did not come with us.
            return true;
        }
    }

    /** Return a catalogue of the built-in strategies alone, of which no stranger's code is run. */
    public StrategyCatalogue withoutPlugins() {
        return new StrategyCatalogue(
                () -> {
                    var listed = new ArrayList<Listed>();
                    var faults = new ArrayList<Fault>();
                    collect(
                            CLASS_PATH,
                            classPath().stream().filter(each -> isBuiltIn(each.type())),
                            listed,
                            faults);
                    return new Loaded(List.copyOf(listed), List.copyOf(faults));
                },
                false);
    }

    private static ServiceLoader<ExecutionStrategy> classPath() {
        return ServiceLoader.load(
                ExecutionStrategy.class, StrategyCatalogue.class.getClassLoader());
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
        } catch (IOException e) {
            faults.add(new Fault(folder.toString(), "cannot be read: " + e.getMessage()));
            return List.of();
        }
    }

    private static void load(Path jar, List<Listed> listed, List<Fault> faults) {
        String source = jar.getFileName().toString();
        try {
            Optional<String> mismatch = PluginLoader.mismatch(jar);
            if (mismatch.isPresent()) {
                faults.add(new Fault(source, mismatch.get()));
                return;
            }
            int before = listed.size() + faults.size();
            collect(
                    source,
                    ServiceLoader.load(ExecutionStrategy.class, PluginLoader.of(jar)).stream(),
                    listed,
                    faults);
            if (listed.size() + faults.size() == before) {
                faults.add(
                        new Fault(
                                source,
                                "names no strategy in META-INF/services/"
                                        + ExecutionStrategy.class.getName()));
            }
        } catch (IOException e) {
            faults.add(new Fault(source, "is no readable jar: " + e.getMessage()));
        }
    }

    private static void collect(
            String source,
            Stream<Provider<ExecutionStrategy>> found,
            List<Listed> listed,
            List<Fault> faults) {
        var strategies = found.iterator();
        while (true) {
            try {
                if (!strategies.hasNext()) {
                    return;
                }
                ExecutionStrategy strategy = strategies.next().get();
                String name = strategy.name();
                if (name == null || !name.matches("[a-z][a-z0-9-]*")) {
                    faults.add(
                            new Fault(
                                    source,
                                    "%s has the name '%s'; a name matches [a-z][a-z0-9-]*"
                                            .formatted(strategy.getClass().getName(), name)));
                } else {
                    listed.add(
                            new Listed(
                                    strategy, isBuiltIn(strategy.getClass()) ? BUILT_IN : source));
                }
            } catch (ServiceConfigurationError | LinkageError | RuntimeException e) {
                faults.add(new Fault(source, "cannot be loaded: " + e));
                if (e instanceof LinkageError) {
                    return;
                }
            }
        }
    }

    private static boolean isBuiltIn(Class<?> type) {
        return type.getPackageName().equals("io.chaosrunner.strategy.builtin")
                && type.getClassLoader() == StrategyCatalogue.class.getClassLoader();
    }

    /** Return all strategies there are, built-in ones first. */
    public List<Listed> all() {
        return loaded().listed();
    }

    /** Return what could not be loaded, and why. */
    public List<Fault> faults() {
        return loaded().faults();
    }

    /** Tell whether there may be strategies that strangers wrote; none of their code is run. */
    public boolean hasPlugins() {
        return hasPlugins;
    }

    /** Tell whether a strategy of that name is built in. */
    public boolean isBuiltIn(String name) {
        return withoutPlugins().all().stream()
                .anyMatch(each -> each.strategy().name().equals(name));
    }

    /**
     * Plan a run.
     *
     * @throws InvalidParameters if there is no such strategy or more than one, it has no such
     *     parameter, it refuses a value, or it fails; with every problem at once
     */
    public ExecutionPlan plan(String name, StrategyRequest request) {
        List<Listed> found = named(name);
        if (found.size() != 1) {
            throw new InvalidParameters(List.of(new Problem("strategy", unusable(name, found))));
        }
        ExecutionStrategy strategy = found.getFirst().strategy();
        var problems = new ArrayList<Problem>();
        ExecutionPlan plan = null;
        try {
            plan =
                    PluginLoader.withContext(
                            strategy,
                            () -> {
                                checkKeys(strategy, request.parameters(), problems);
                                return strategy.plan(request);
                            });
            if (plan == null) {
                problems.add(new Problem("strategy", name + " planned nothing: it returned null"));
            }
        } catch (InvalidParameters e) {
            problems.addAll(e.problems());
        } catch (RuntimeException | LinkageError e) {
            problems.add(
                    new Problem(
                            "strategy",
                            "%s (%s) cannot plan: %s"
                                    .formatted(name, found.getFirst().source(), e)));
        }
        if (plan == null || !problems.isEmpty()) {
            throw new InvalidParameters(problems);
        }
        return plan;
    }

    private List<Listed> named(String name) {
        return all().stream().filter(each -> each.strategy().name().equals(name)).toList();
    }

    private String unusable(String name, List<Listed> found) {
        if (found.size() > 1) {
            return "'%s' is ambiguous: it comes from %s; remove all but one"
                    .formatted(
                            name,
                            String.join(" and ", found.stream().map(Listed::source).toList()));
        }
        List<String> names = all().stream().map(each -> each.strategy().name()).sorted().toList();
        String hint =
                Parameters.nearest(name, names)
                        .map(near -> "; did you mean '" + near + "'?")
                        .orElse("; there are " + String.join(", ", names));
        String broken =
                faults().isEmpty()
                        ? ""
                        : "; not loaded: "
                                + String.join(
                                        ", ", faults().stream().map(Fault::toString).toList());
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
