package io.chaosrunner;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every regular expression of the product takes any text of a million characters, in a number of
 * steps that grows with its length and not with its square, and without the depth of the stack.
 */
class LinearRegexTest {
    private static final int MILLION = 1_000_000;

    /** Enough to tell what is repeated at the greatest cost, and a square from a line. */
    private static final int SHORT = 2_000;

    /** A tenth of this is more than any needs today; a square is a thousand times as much. */
    private static final int MOST_STEPS_EACH = 100;

    /** Those whose text is cut to so many characters before. */
    private static final Map<String, Integer> CUT = Map.of("^-+|-+$", 63, "^[-_.]+|[-_.]+$", 63);

    /** Those that are searched for in a text, by {@code find}; all others match a whole text. */
    private static final String SOUGHT =
            """
            (?<!/)/+$
            (?<!\\s)\\s+then\\s+
            (?:unknown|duplicate) field "([^"\\\\]++)"
            is forbidden: User "[^"]*+" cannot [a-z]
            Go struct field ([A-Za-z]++)\\.([^ ]++) of type
            (\\d{1,7})(ms|s|m|h)
            \\G(\\d*+)(?:\\.(\\d*+))?(ns|us|µs|μs|ms|s|m|h)
            ([0-9]{1,7})(?:[.,]([0-9]{1,3}))?([A-Za-z]+)
            -----BEGIN ([A-Z0-9 ]+)-----\\s*?\\R([^-]*+(?:-(?!----)[^-]*+)*+)-----END \\1-----
            [()]|[A-Za-z0-9][A-Za-z0-9._#-]*+|\\S
            [.\\[].*
            [/?#]
            [A-Za-z]+
            \\$\\(([^()$]+)\\)
            \\..*
            \\S+
            \\[\\d+]
            \\d{3} \\S+ "((?:[^"\\\\]++|\\\\.)*+)"
            \\p{Cntrl}+
            \\s+
            \\x1b\\[[0-9;]*[A-Za-z]
            \\x1b\\[[0-9]*+m
            ^-+|-+$
            ^[-_.]+|[-_.]+$
            ^schedule\\.?
            \\.[^.]*$
            com([./])example[./]chaos|com\\.example|canary-first|CanaryFirst|(?<=<chaos-runner\\.version>)[^<]+
            """;

    private static final String MATCHED =
            """
            ([0-9]{1,2})(?:[:h.]([0-9]{2}))?(am|pm|h|uhr)?
            [0-9]{1,9}
            ([0-9]{1,2})(?:st|nd|rd|th)?
            ([0-9]{1,2}):([0-9]{2})
            ([0-9]{1,2})(?:AM|PM|H|MIN|M|S|SEC|ST|ND|RD|TH)
            W([0-9]{1,2})
            L([A-Z]{2,9})|([A-Z]{2,9})#L
            (?:19[7-9]|20[0-9])[0-9]
            0|0[-,].*
            (!?)\\s*([^=!<>\\s(),]+)
            (-?[0-9a-z]+)([PFES])([!~]?)
            (?:(\\d+)d)?(?:(\\d+)h)?(?:(\\d+)m)?(?:(\\d+)s)?(?:(\\d+)ms)?
            (?:CRON_)?TZ=(\\S+)\\s*(.*)
            (?:\\d{1,7}+(?:ms|s|m|h))++
            ([-+]?)(?:0[xX](?<hex>[0-9a-fA-F]+)|0[bB](?<binary>[01]+)|0[oO]?(?<octal>[0-7]+)|(?<decimal>0|[1-9][0-9]*))
            ([0-9]{1,2})W
            ([^=!<>()\\s]+)\\s*(==|=|!=)\\s*([^=!]*)
            (\\*|0+-23)(/[0-9]+)?|0+/[0-9]+
            (\\*|\\w+)(?:-(\\w+))?(?:/([0-9]{1,9}))?
            (\\S+)\\s+(in|notin)\\s*\\(([^()]*)\\)
            (\\d{1,2})(?::(\\d{2}))?\\s*-\\s*(\\d{1,2})(?::(\\d{2}))?
            (\\w+)#([1-5])
            (\\w+)-(\\w+?)(L|W|#[1-5])
            (\\w+)L
            .*(Z|[+-]\\d{2}:?\\d{2})
            .*-([a-z0-9]{6})-[a-z0-9]{5}
            .*\\.(yaml|yml|json)
            .*\\.runProperties\\.(probeTimeout|interval|probePollingInterval|initialDelay|evaluationTimeout)
            H(\\(.*\\))?(/.*)?
            L(?:-([0-9]{1,2}))?(W?)
            [ -~]{1,300}
            [+-]?(?:\\d++(?:\\.\\d*+)?+|\\.\\d++)(?:[KMGTPE]i|[numkMGTPE]|[eE][+-]?\\d++)?
            [-+]?(?:0|(?:(?:\\d++(?:\\.\\d*+)?+|\\.\\d++)(?:ns|us|µs|μs|ms|s|m|h))++)
            [-+]?(\\.[0-9]+|[0-9]+(\\.[0-9]*)?)([eE][-+]?[0-9]+)?
            [-+]?\\.(inf|Inf|INF)|\\.(nan|NaN|NAN)
            [-._a-zA-Z][-._a-zA-Z0-9]*
            [0-9]{1,3}([.][0-9]{1,3}){3}|[0-9a-fA-F.]*+:[0-9a-fA-F:.]*+
            [0-9]{1,4}
            [0-9]{1,6}
            [01]?\\d|2[0-3]
            [A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?
            [A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?
            [A-Za-z0-9]([-_.A-Za-z0-9]{0,61}[A-Za-z0-9])?
            [A-Za-z0-9][A-Za-z0-9.-]*+
            [A-Za-z0-9][A-Za-z0-9._/=-]*+
            [A-Za-z0-9_./:,=+-]*+
            [A-Za-z0-9_][A-Za-z0-9_-]*+
            [A-Za-z0-9_./:@=-]+
            [\\w/-]+
            [a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?
            [a-z0-9]++(?:-++[a-z0-9]++)*+
            [a-z0-9]++(?:-++[a-z0-9]++)*+(?:\\.[a-z0-9]++(?:-++[a-z0-9]++)*+)*+
            [a-z][a-z0-9-]*
            [a-z][a-z0-9]*+(?:-[a-z0-9]++)*+
            [a-z][a-z0-9_]*+(?:\\.[a-z][a-z0-9_]*+)*+
            \\*[#LW].*|(?:[0-9]+|[A-Z]{3})(?:LW?|W|#[0-9]).+
            \\*[-:]?([0-9]+)|([0-9]+)\\*
            \\^\\(([\\w|]+)\\)\\??\\$
            \\d+(\\.\\d+)?
            \\d{0,5}
            \\d{1,2}|100
            \\d{1,5}
            \\d{2}-\\d{2}
            \\d{4}-\\d{2}-\\d{2}
            \\s*(\\d+(?:\\.\\d+)?)\\s*([A-Za-z]*)\\s*
            """;

    /** Where an expression is made of what is no literal, and why that is no stranger's. */
    private static final Map<String, String> MADE =
            Map.of(
                    "Schema.java", "a pattern of the schemas in deploy/crds",
                    "Validation.java", "a constant of the same class, on a text of bounded length");

    private static final Pattern USE =
            Pattern.compile(
                    "(?:Pattern\\.(?:compile|matches)\\(|\\.matches\\(|\\.replaceAll\\(|\\.replaceFirst\\(|\\.split\\(|\\.splitAsStream\\()"
                            + "\\s*+((?:\"(?:[^\"\\\\\\n]|\\\\.)*+\"\\s*+\\+?\\s*+)++)[,)]");

    private static final Pattern MAKING =
            Pattern.compile("Pattern\\.(?:compile|matches)\\(\\s*+(?!\")");

    private static final Pattern LITERAL = Pattern.compile("\"((?:[^\"\\\\\\n]|\\\\.)*+)\"");

    /** What is repeated. */
    private static final List<String> PARTS =
            List.of(
                    " ",
                    "\n",
                    " \n",
                    "\r\n\t",
                    "a",
                    "A",
                    "a.",
                    "a-",
                    "a-a",
                    "-",
                    ".",
                    "..",
                    "0",
                    "0-",
                    "00:",
                    "9a",
                    "1s",
                    "1.",
                    "1",
                    "1d",
                    "_",
                    "*",
                    ",",
                    "[",
                    "\u001b[",
                    "\u001b[1",
                    "$(",
                    "$(a)",
                    "in (a)",
                    "a = ",
                    " = ",
                    "\\S",
                    "/",
                    "(",
                    "H(",
                    "L",
                    "W",
                    "A9",
                    "=",
                    "a,",
                    ":",
                    "::",
                    "ms1",
                    "+1",
                    "\"",
                    "\\",
                    "\\\"",
                    "200 a \"",
                    "200 a \"x\\",
                    "!",
                    "a then ",
                    "-----BEGIN X-----\n",
                    "-----BEGIN X-----\n-");

    /** Counts the characters that are looked at. */
    private record Counted(String text, long[] looks, long most) implements CharSequence {
        @Override
        public int length() {
            return text.length();
        }

        @Override
        public char charAt(int index) {
            looks[0]++;
            if (looks[0] > most) {
                throw new AssertionError("more than " + most + " steps");
            }
            return text.charAt(index);
        }

        @Override
        public CharSequence subSequence(int start, int end) {
            return text.subSequence(start, end);
        }

        @Override
        public String toString() {
            return text;
        }
    }

    static Stream<String> all() {
        return Stream.concat(SOUGHT.lines(), MATCHED.lines());
    }

    @Test
    void everyExpressionOfTheProductIsOnTheList() {
        var found = new TreeSet<String>();
        var made = new TreeMap<String, String>();
        sources((file, source) -> {
            Matcher use = USE.matcher(source);
            while (use.find()) {
                var regex = new StringBuilder();
                Matcher literal = LITERAL.matcher(use.group(1));
                while (literal.find()) {
                    regex.append(literal.group(1).replace("\\u001b", "\\\\x1b").translateEscapes());
                }
                if (repeats(regex.toString())) {
                    found.add(regex.toString());
                }
            }
            if (MAKING.matcher(source).find()) {
                made.put(file, "");
            }
        });
        assertThat(found).containsExactlyInAnyOrderElementsOf(all().toList());
        assertThat(made.keySet()).containsExactlyInAnyOrderElementsOf(MADE.keySet());
    }

    /** Without a quantifier nothing is tried twice. */
    private static boolean repeats(String regex) {
        return Pattern.compile("[*+?{]").matcher(regex.replaceAll("\\\\.", "")).find();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("all")
    void itsStepsGrowWithTheTextAndNotWithItsSquare(String regex) {
        Pattern pattern = Pattern.compile(regex);
        boolean sought = SOUGHT.lines().anyMatch(regex::equals);
        int length = CUT.getOrDefault(regex, SHORT);
        String worst = "";
        long most = -1;
        for (String part : PARTS) {
            for (String text : texts(part, length)) {
                long steps = steps(pattern, sought, text);
                if (steps > most) {
                    most = steps;
                    worst = part;
                }
            }
        }
        if (!CUT.containsKey(regex)) {
            for (String text : texts(worst, MILLION).subList(0, 2)) {
                steps(pattern, sought, text);
            }
        }
    }

    private static List<String> texts(String part, int length) {
        String text = part.repeat(length / part.length());
        return List.of(text, text + "!", "a" + text, "1" + text + "a", "a" + text + "\u0000");
    }

    /** Return how many characters were looked at; those that are too many are a failure. */
    private static long steps(Pattern pattern, boolean sought, String text) {
        var looks = new long[1];
        var counted = new Counted(text, looks, (long) MOST_STEPS_EACH * (text.length() + 10));
        Matcher matcher = pattern.matcher(counted);
        try {
            if (sought) {
                while (matcher.find()) {
                    // Onwards.
                }
            } else {
                boolean _ = matcher.matches();
            }
        } catch (AssertionError | StackOverflowError e) {
            String begin = text.substring(0, Math.min(40, text.length()));
            throw new AssertionError("%d × '%s…'".formatted(text.length(), begin), e);
        }
        return looks[0];
    }

    private interface Reader {
        void read(String file, String source);
    }

    private static void sources(Reader reader) {
        for (Path root :
                List.of(
                        Path.of("src/main/java"),
                        Path.of("../sandbox/src/main/java"),
                        Path.of("../strategies/src/main/java"))) {
            try (Stream<Path> files = Files.walk(root)) {
                for (Path file : files.filter(f -> f.toString().endsWith(".java")).toList()) {
                    reader.read(file.getFileName().toString(), Files.readString(file));
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
