package io.chaosrunner.strategy.builtin;

import io.chaosrunner.strategy.Parameters;
import io.chaosrunner.strategy.builtin.Circuit.Gate;
import io.chaosrunner.strategy.builtin.Circuit.Word;
import java.io.Serial;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Conditions such as {@code a.passed and not (b.failed or c)}, parsed straight into gates.
 *
 * <p>{@code not} binds closer than {@code and}, and that closer than {@code or}. A name may itself
 * hold dots: the longest listed name wins, so {@code a.passed} is the experiment of that name if
 * there is one. A name alone means {@code .finished}.
 */
final class Conditions {
    private static final Pattern TOKEN = Pattern.compile("[()]|[A-Za-z0-9][A-Za-z0-9._#-]*+|\\S");
    private static final List<String> WORDS =
            Arrays.stream(Word.values()).map(Word::toString).toList();

    /** Deeper nesting is a mistake, and would use up the stack. */
    private static final int DEEPEST = 100;

    private final SlotNames names;
    private final Circuit.Builder circuit;

    Conditions(SlotNames names, Circuit.Builder circuit) {
        this.names = names;
        this.circuit = circuit;
    }

    /**
     * A parsed condition.
     *
     * @param gate true once the condition holds
     * @param mentions every slot it asks
     */
    record Condition(Gate gate, Set<Integer> mentions) {}

    /**
     * Parse one condition.
     *
     * @param problems takes what is wrong with it
     * @return empty if something is
     */
    Optional<Condition> parse(String text, List<String> problems) {
        var parser = new Parser(text);
        try {
            Gate gate = parser.whole();
            problems.addAll(parser.unknown);
            return parser.unknown.isEmpty()
                    ? Optional.of(new Condition(gate, parser.mentions))
                    : Optional.empty();
        } catch (Malformed malformed) {
            problems.addAll(parser.unknown);
            problems.add("'" + text + "': " + malformed.getMessage());
            return Optional.empty();
        }
    }

    private final class Parser {
        private final List<String> tokens = new ArrayList<>();
        private final List<String> unknown = new ArrayList<>();
        private final Set<Integer> mentions = new LinkedHashSet<>();
        private int next;
        private int depth;

        private Parser(String text) {
            Matcher matcher = TOKEN.matcher(text);
            while (matcher.find()) {
                tokens.add(matcher.group());
            }
        }

        Gate whole() {
            Gate gate = or(true);
            if (next < tokens.size()) {
                throw new Malformed("expected 'and', 'or' or the end, but found '" + peek() + "'");
            }
            return gate;
        }

        /** Parse a disjunction, or its negation if the opposite is wanted. */
        private Gate or(boolean wanted) {
            var parts = new ArrayList<Gate>(List.of(and(wanted)));
            while (accept("or")) {
                parts.add(and(wanted));
            }
            return parts.size() == 1 ? parts.getFirst() : circuit.join(!wanted, parts);
        }

        private Gate and(boolean wanted) {
            var parts = new ArrayList<Gate>(List.of(unary(wanted)));
            while (accept("and")) {
                parts.add(unary(wanted));
            }
            return parts.size() == 1 ? parts.getFirst() : circuit.join(wanted, parts);
        }

        private Gate unary(boolean wanted) {
            boolean positive = wanted;
            while (accept("not")) {
                positive = !positive;
            }
            if (!accept("(")) {
                return atom(positive);
            }
            if (++depth > DEEPEST) {
                throw new Malformed("nested more than " + DEEPEST + " deep");
            }
            Gate gate = or(positive);
            if (!accept(")")) {
                throw new Malformed("expected ')', but " + found());
            }
            depth--;
            return gate;
        }

        private Gate atom(boolean positive) {
            String token = peek();
            if (token.isEmpty()
                    || !Character.isLetterOrDigit(token.charAt(0))
                    || token.equals("and")
                    || token.equals("or")) {
                throw new Malformed(
                        "expected a name, but "
                                + found()
                                + "; write for example a.passed and not b.failed");
            }
            next++;
            String name = token;
            Word word = Word.FINISHED;
            int dot = token.lastIndexOf('.');
            if (names.find(token).isEmpty() && dot > 0) {
                String state = token.substring(dot + 1);
                if (WORDS.contains(state)) {
                    name = token.substring(0, dot);
                    word = Word.values()[WORDS.indexOf(state)];
                } else if (!names.find(token.substring(0, dot)).isEmpty()) {
                    unknown.add(unknownWord(state));
                    return circuit.join(true, List.of());
                }
            }
            if (names.find(name).isEmpty()) {
                unknown.add(names.unknown(name));
                return circuit.join(true, List.of());
            }
            mentions.addAll(names.find(name));
            return circuit.atom(name, word, !positive);
        }

        private boolean accept(String token) {
            boolean here = peek().equals(token);
            if (here) {
                next++;
            }
            return here;
        }

        private String peek() {
            return next < tokens.size() ? tokens.get(next) : "";
        }

        private String found() {
            return next < tokens.size() ? "found '" + peek() + "'" : "the condition ends";
        }

        private static String unknownWord(String word) {
            return "'%s' is none of %s%s"
                    .formatted(
                            word,
                            String.join(", ", WORDS),
                            Parameters.nearest(word, WORDS)
                                    .map(near -> "; did you mean '" + near + "'?")
                                    .orElse(""));
        }
    }

    private static final class Malformed extends RuntimeException {
        @Serial private static final long serialVersionUID = 1L;

        Malformed(String message) {
            super(message);
        }
    }
}
