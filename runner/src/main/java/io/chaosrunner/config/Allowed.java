package io.chaosrunner.config;

import io.chaosrunner.model.ExperimentSpec;
import io.chaosrunner.strategy.InvalidParameters.Problem;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The bounds of what engines may name: the service accounts and the images of the pods that are
 * made for them.
 *
 * <p>Who writes a ChaosEngine has pods made under any account of its namespace, as with Litmus.
 * Whoever runs the runner can allow less. A name is allowed if each rule has a pattern for it: a
 * star stands for any text, slashes included, and a question mark for one character.
 *
 * <p>An immutable value.
 *
 * @param serviceAccounts the rules for accounts; none allows all
 * @param images the rules for images, as they are written in the pod; none allows all
 */
public record Allowed(List<Rule> serviceAccounts, List<Rule> images) {
    /** Everything, as with Litmus. */
    public static final Allowed ANYTHING = new Allowed(List.of(), List.of());

    private static final String ACCOUNTS = "CHAOS_RUNNER_ALLOWED_SERVICE_ACCOUNTS";
    private static final String IMAGES = "CHAOS_RUNNER_ALLOWED_IMAGES";

    /** Experiments make helper pods of the image that this variable names. */
    private static final String HELPER_IMAGE = "LIB_IMAGE";

    public Allowed {
        serviceAccounts = List.copyOf(serviceAccounts);
        images = List.copyOf(images);
    }

    /**
     * Hold patterns of which one must match.
     *
     * @param source who says so: an option or a variable
     */
    public record Rule(String source, List<String> patterns) {
        public Rule {
            patterns = List.copyOf(patterns);
        }

        private boolean allows(String name) {
            return patterns.stream().anyMatch(pattern -> matches(pattern, name));
        }
    }

    /** Read what a process was told by its command line; an empty list allows all. */
    public static Allowed of(List<String> serviceAccounts, List<String> images) {
        return new Allowed(
                rule("--allowed-service-accounts", serviceAccounts),
                rule("--allowed-images", images));
    }

    /** Read what a process was told by its environment; a blank variable allows all. */
    public static Allowed of(Map<String, String> variables) {
        return new Allowed(
                rule(ACCOUNTS, words(variables.get(ACCOUNTS))),
                rule(IMAGES, words(variables.get(IMAGES))));
    }

    private static List<String> words(@Nullable String list) {
        return list == null
                ? List.of()
                : Stream.of(list.split(","))
                        .map(String::strip)
                        .filter(word -> !word.isEmpty())
                        .toList();
    }

    private static List<Rule> rule(String source, List<String> patterns) {
        return patterns.isEmpty() ? List.of() : List.of(new Rule(source, patterns));
    }

    /** Allow what both allow. */
    public Allowed and(Allowed other) {
        return new Allowed(
                Stream.concat(serviceAccounts.stream(), other.serviceAccounts.stream()).toList(),
                Stream.concat(images.stream(), other.images.stream()).toList());
    }

    /** Return the words of a command line by which another process is told the same. */
    public List<String> arguments() {
        return rules().filter(rule -> !isVariable(rule))
                .map(rule -> rule.source() + "=" + String.join(",", rule.patterns()))
                .toList();
    }

    /** Return the environment by which another process is told the rest. */
    public Map<String, String> variables() {
        return rules().filter(Allowed::isVariable)
                .collect(
                        Collectors.toMap(
                                Rule::source,
                                rule -> String.join(",", rule.patterns()),
                                (one, _) -> one));
    }

    private Stream<Rule> rules() {
        return Stream.concat(serviceAccounts.stream(), images.stream());
    }

    private static boolean isVariable(Rule rule) {
        return rule.source().equals(ACCOUNTS) || rule.source().equals(IMAGES);
    }

    /** Tell whether there are images that are not allowed. */
    public boolean boundsImages() {
        return !images.isEmpty();
    }

    /** Say what stands against a service account. */
    public Optional<String> againstServiceAccount(String name) {
        return against(serviceAccounts, "service account", name);
    }

    /** Say what stands against an image. */
    public Optional<String> againstImage(String image) {
        return against(images, "image", image);
    }

    /** Say what stands against the pods that an engine itself describes. */
    public List<Problem> against(JsonNode engineSpec) {
        var problems = new ArrayList<Problem>();
        String account = engineSpec.path("chaosServiceAccount").asString("");
        if (!account.isEmpty()) {
            againstServiceAccount(account)
                    .ifPresent(why -> problems.add(new Problem("spec.chaosServiceAccount", why)));
        }
        JsonNode components = engineSpec.path("components");
        int sidecar = 0;
        for (JsonNode each : components.path("sidecar")) {
            image(
                    each.path("image"),
                    "spec.components.sidecar[%d].image".formatted(sidecar++),
                    problems);
        }
        int experiment = 0;
        for (JsonNode each : engineSpec.path("experiments")) {
            image(
                    each.path("spec").path("components").path("experimentImage"),
                    "spec.experiments[%d].spec.components.experimentImage".formatted(experiment++),
                    problems);
        }
        return problems;
    }

    /** Say what stands against the runner's pod that the chaos-operator would make of an engine. */
    public List<Problem> againstRunner(JsonNode engineSpec) {
        var problems = new ArrayList<>(against(engineSpec));
        image(
                engineSpec.path("components").path("runner").path("image"),
                "spec.components.runner.image",
                problems);
        return problems;
    }

    private void image(JsonNode image, String path, List<Problem> problems) {
        String name = image.asString("");
        if (!name.isEmpty()) {
            againstImage(name).ifPresent(why -> problems.add(new Problem(path, why)));
        }
    }

    /** Say what stands against an experiment's pod, as it is about to be made. */
    public List<String> against(ExperimentSpec spec) {
        return Stream.of(
                        againstServiceAccount(spec.pod().serviceAccount()).stream(),
                        againstImage(spec.container().image()).stream(),
                        spec.sidecars().stream()
                                .flatMap(sidecar -> againstImage(sidecar.image()).stream()),
                        helperImages(spec).flatMap(image -> againstImage(image).stream()))
                .flatMap(all -> all)
                .toList();
    }

    private static Stream<String> helperImages(ExperimentSpec spec) {
        return spec.container().env().stream()
                .filter(variable -> variable.path("name").asString("").equals(HELPER_IMAGE))
                .map((ObjectNode variable) -> variable.path("value").asString(""))
                .filter(image -> !image.isEmpty());
    }

    private static Optional<String> against(List<Rule> rules, String kind, String name) {
        return rules.stream()
                .filter(rule -> !rule.allows(name))
                .findFirst()
                .map(rule ->
                        "%s '%s' is not allowed here: %s is %s; name another one, or have whoever runs chaos-runner allow it"
                                .formatted(
                                        kind,
                                        name,
                                        rule.source(),
                                        String.join(",", rule.patterns())));
    }

    /** Match without going back further than to the last star: linear in either length. */
    static boolean matches(String pattern, String text) {
        int p = 0;
        int t = 0;
        int star = -1;
        int mark = 0;
        while (t < text.length()) {
            char wanted = p < pattern.length() ? pattern.charAt(p) : 0;
            if (p < pattern.length() && wanted == '*') {
                star = p++;
                mark = t;
            } else if (p < pattern.length() && (wanted == '?' || wanted == text.charAt(t))) {
                p++;
                t++;
            } else if (star >= 0) {
                p = star + 1;
                t = ++mark;
            } else {
                return false;
            }
        }
        while (p < pattern.length() && pattern.charAt(p) == '*') {
            p++;
        }
        return p == pattern.length();
    }
}
