package io.chaosrunner.cli;

import io.chaosrunner.crd.Engine;
import io.chaosrunner.crd.EngineExperiment;
import io.chaosrunner.history.RunRecord;
import io.chaosrunner.model.Verdict;
import io.chaosrunner.strategy.Parameters;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Which of an engine's experiments are run; mixed into the command that runs them. */
final class ExperimentSelection {
    @Option(
            names = "--only",
            paramLabel = "NAMES",
            split = ",",
            description =
                    "Run these experiments of the engine alone, in its order; several with commas.")
    private List<String> only = List.of();

    @Option(
            names = "--failed",
            description = "Run those experiments alone that did not pass in the engine's last run.")
    private boolean failed;

    boolean isPart() {
        return failed || !only.isEmpty();
    }

    boolean needsLastRun() {
        return failed;
    }

    /**
     * Return the names of what is run; empty if that is all of the engine.
     *
     * @param runs the engine's runs, oldest first; asked only if they decide
     * @throws ParameterException if there is no such experiment, or nothing to run
     */
    Optional<List<String>> names(
            Engine engine, Supplier<List<RunRecord>> runs, CommandLine command) {
        if (!isPart()) {
            return Optional.empty();
        }
        if (failed && !only.isEmpty()) {
            throw new ParameterException(command, "--only and --failed contradict each other");
        }
        List<String> listed = engine.experiments().stream().map(EngineExperiment::name).toList();
        Set<String> wanted =
                failed ? notPassed(engine, runs.get(), command) : new LinkedHashSet<>(only);
        String option = failed ? "--failed" : "--only";
        for (String name : wanted) {
            if (!listed.contains(name)) {
                throw new ParameterException(
                        command,
                        "%s: ChaosEngine %s lists no experiment '%s'%s"
                                .formatted(
                                        option,
                                        engine.ref(),
                                        name,
                                        Parameters.nearest(name, listed)
                                                .map(near -> "; did you mean '" + near + "'?")
                                                .orElse(
                                                        "; it lists "
                                                                + String.join(", ", listed))));
            }
            if (Collections.frequency(listed, name) > 1) {
                throw new ParameterException(
                        command,
                        "%s: ChaosEngine %s lists '%s' more than once, so its name alone does not say which is meant; run the engine whole"
                                .formatted(option, engine.ref(), name));
            }
        }
        return Optional.of(listed.stream().filter(wanted::contains).toList());
    }

    private static Set<String> notPassed(Engine engine, List<RunRecord> runs, CommandLine command) {
        Optional<RunRecord> last =
                runs.stream().filter(run -> run.number() > 0).reduce((before, run) -> run);
        if (last.isEmpty()) {
            throw new ParameterException(
                    command,
                    "--failed: no run of ChaosEngine %s is recorded".formatted(engine.ref()));
        }
        ObjectNode run = last.get().json();
        if (run.path("experiments").isEmpty()) {
            throw new ParameterException(
                    command,
                    "--failed: of run %d of ChaosEngine %s only a summary is recorded; name the experiments with --only"
                            .formatted(last.get().number(), engine.ref()));
        }
        var names = new LinkedHashSet<String>();
        run.path("experiments")
                .forEach(each -> {
                    if (!each.path("verdict").asString("").equals(Verdict.PASS.word())) {
                        names.add(each.path("name").asString(""));
                    }
                });
        if (names.isEmpty()) {
            throw new ParameterException(
                    command,
                    "--failed: every experiment of run %d of ChaosEngine %s passed; there is nothing to run"
                            .formatted(last.get().number(), engine.ref()));
        }
        return names;
    }

    /** Return an engine as if it listed nothing but these experiments. */
    static Engine reduced(Engine engine, Optional<List<String>> names) {
        if (names.isEmpty()) {
            return engine;
        }
        ObjectNode json = engine.json().deepCopy();
        var kept = new ArrayList<>(json.path("spec").path("experiments").valueStream().toList());
        kept.removeIf(each -> !names.get().contains(each.path("name").asString("")));
        ArrayNode experiments = json.withObject("spec").putArray("experiments");
        kept.forEach(experiments::add);
        return new Engine(json);
    }
}
