package io.chaosrunner.sandbox;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How a simulated experiment goes: words separated by spaces, in any order.
 *
 * <table>
 * <caption>Words</caption>
 * <tr><td>{@code verdict=Fail}</td><td>Pass (default), Fail, Error or Stopped</td></tr>
 * <tr><td>{@code after=2s}</td><td>how long the container runs; 3s by default</td></tr>
 * <tr><td>{@code probes=50}</td><td>probeSuccessPercentage of the final result</td></tr>
 * <tr><td>{@code crash}</td><td>exits 1 and leaves the result Awaited</td></tr>
 * <tr><td>{@code oom}</td><td>killed for its memory: exit 137, OOMKilled</td></tr>
 * <tr><td>{@code evicted}</td><td>the pod is evicted from its node</td></tr>
 * <tr><td>{@code deleted}</td><td>somebody deletes the pod, which has its grace period to end</td></tr>
 * <tr><td>{@code force-deleted}</td><td>somebody deletes the pod with grace period 0</td></tr>
 * <tr><td>{@code abandon}</td><td>exits 0, and its helper pod, which has a grace period of a second,
 * goes on</td></tr>
 * <tr><td>{@code hang}</td><td>runs until somebody deletes it</td></tr>
 * <tr><td>{@code image-pull-error}</td><td>never starts: the image cannot be pulled</td></tr>
 * <tr><td>{@code pending=5s}</td><td>cannot be scheduled for that long</td></tr>
 * <tr><td>{@code helper}</td><td>launches a helper pod that has no owner; a killed experiment
 * leaves it behind</td></tr>
 * <tr><td>{@code sidecar}</td><td>a mesh proxy stays running after the experiment</td></tr>
 * <tr><td>{@code no-result}</td><td>there is no ChaosResult at the end</td></tr>
 * <tr><td>{@code stale-result}</td><td>the result of an earlier run is left untouched</td></tr>
 * <tr><td>{@code unfinished-result}</td><td>exits 0 with the result still Awaited</td></tr>
 * <tr><td>{@code late-result=2s}</td><td>the final result comes after the container ended</td></tr>
 * </table>
 *
 * <p>{@code then} between two scenarios: the first launch plays the first, the next launch the
 * next, and the last is played from then on: {@code crash then verdict=Pass}.
 *
 * @param probes percentage of successful probes, or -1 for what the verdict implies
 */
public record Scenario(
        Ending ending,
        String verdict,
        Duration after,
        Duration pending,
        Result result,
        Duration lateness,
        int probes,
        boolean helper,
        boolean sidecar) {
    /** The annotation, on a Job or pod, that holds a scenario. */
    public static final String ANNOTATION = "sandbox.chaosrunner.io/scenario";

    private static final Pattern DURATION_PART = Pattern.compile("(\\d{1,7})(ms|s|m|h)");
    private static final Pattern DURATION = Pattern.compile("(?:\\d{1,7}+(?:ms|s|m|h))++");
    private static final Pattern THEN = Pattern.compile("(?<!\\s)\\s+then\\s+");

    /** How the container ends. */
    public enum Ending {
        EXIT,
        CRASH,
        OOM,
        EVICTED,
        DELETED,
        FORCE_DELETED,
        ABANDON,
        HANG,
        IMAGE_PULL_ERROR
    }

    /** What becomes of the ChaosResult. */
    public enum Result {
        WRITTEN,
        NONE,
        STALE,
        UNFINISHED
    }

    /**
     * Parse a text.
     *
     * @return at least one scenario, in the order in which launches play them
     * @throws IllegalArgumentException naming every problem
     */
    public static List<Scenario> parse(String text) {
        List<String> problems = new ArrayList<>();
        List<Scenario> scenarios = parse(text, problems);
        if (!problems.isEmpty()) {
            throw new IllegalArgumentException(String.join("; ", problems));
        }
        return scenarios;
    }

    /** Return what is wrong with a text; nothing if it can be played. */
    public static List<String> problems(String text) {
        List<String> problems = new ArrayList<>();
        parse(text, problems);
        return problems;
    }

    private static List<Scenario> parse(String text, List<String> problems) {
        return THEN.splitAsStream(text.trim())
                .map(part -> new Parser(problems).parse(part))
                .toList();
    }

    /** Read one scenario, noting every problem and going on. */
    private static final class Parser {
        private final List<String> problems;
        private final List<String> endings = new ArrayList<>();
        private Ending ending = Ending.EXIT;
        private String verdict = "Pass";
        private Duration after = Duration.ofSeconds(3);
        private Duration pending = Duration.ZERO;
        private Result result = Result.WRITTEN;
        private Duration lateness = Duration.ZERO;
        private int probes = -1;
        private boolean helper;
        private boolean sidecar;

        Parser(List<String> problems) {
            this.problems = problems;
        }

        Scenario parse(String text) {
            for (String word : text.trim().split("\\s+")) {
                if (!word.isEmpty()) {
                    int equals = word.indexOf('=');
                    if (equals < 0) {
                        bare(word);
                    } else {
                        valued(word.substring(0, equals), word.substring(equals + 1), word);
                    }
                }
            }
            if (endings.size() > 1) {
                problems.add("only one of these can happen: " + String.join(", ", endings));
            }
            return new Scenario(
                    ending, verdict, after, pending, result, lateness, probes, helper, sidecar);
        }

        private void bare(String word) {
            switch (word) {
                case "crash" -> end(word, Ending.CRASH);
                case "oom" -> end(word, Ending.OOM);
                case "evicted" -> end(word, Ending.EVICTED);
                case "deleted" -> end(word, Ending.DELETED);
                case "force-deleted" -> end(word, Ending.FORCE_DELETED);
                case "abandon" -> {
                    end(word, Ending.ABANDON);
                    helper = true;
                }
                case "hang" -> end(word, Ending.HANG);
                case "image-pull-error" -> end(word, Ending.IMAGE_PULL_ERROR);
                case "no-result" -> result = Result.NONE;
                case "stale-result" -> result = Result.STALE;
                case "unfinished-result" -> result = Result.UNFINISHED;
                case "helper" -> helper = true;
                case "sidecar" -> sidecar = true;
                case "verdict", "after", "pending", "late-result", "probes" ->
                        problems.add("scenario word '" + word + "' needs a value: " + word + "=…");
                default -> unknown(word);
            }
        }

        private void valued(String name, String value, String word) {
            switch (name) {
                case "verdict" -> {
                    if (Set.of("Pass", "Fail", "Error", "Stopped").contains(value)) {
                        verdict = value;
                    } else {
                        problems.add(
                                "scenario word '"
                                        + word
                                        + "': the verdict is Pass, Fail, Error or Stopped");
                    }
                }
                case "after" -> after = duration(value, word);
                case "pending" -> pending = duration(value, word);
                case "late-result" -> lateness = duration(value, word);
                case "probes" -> {
                    if (value.matches("\\d{1,2}|100")) {
                        probes = Integer.parseInt(value);
                    } else {
                        problems.add("scenario word '" + word + "': a percentage, 0 to 100");
                    }
                }
                default -> unknown(word);
            }
        }

        private void end(String word, Ending how) {
            endings.add(word);
            ending = how;
        }

        private void unknown(String word) {
            problems.add(
                    "unknown scenario word '"
                            + word
                            + "'; known are verdict=, after=, probes=, pending=, crash, oom,"
                            + " evicted, deleted, force-deleted, abandon, hang, image-pull-error,"
                            + " helper, sidecar, no-result, stale-result, unfinished-result,"
                            + " late-result=, then");
        }

        private Duration duration(String value, String word) {
            if (!DURATION.matcher(value).matches()) {
                problems.add("scenario word '" + word + "': a duration such as 500ms, 2s or 1m30s");
                return Duration.ZERO;
            }
            Duration sum = Duration.ZERO;
            Matcher part = DURATION_PART.matcher(value);
            while (part.find()) {
                long number = Long.parseLong(part.group(1));
                sum =
                        sum.plus(
                                switch (part.group(2)) {
                                    case "ms" -> Duration.ofMillis(number);
                                    case "s" -> Duration.ofSeconds(number);
                                    case "m" -> Duration.ofMinutes(number);
                                    default -> Duration.ofHours(number);
                                });
            }
            return sum;
        }
    }
}
