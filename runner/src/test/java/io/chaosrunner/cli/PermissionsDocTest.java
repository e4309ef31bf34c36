package io.chaosrunner.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/** {@code docs/permissions.md} and the Roles of {@code deploy} name the same rights. */
class PermissionsDocTest {
    private static final Path DOC = Path.of("../docs/permissions.md");
    private static final List<Path> ROLES =
            List.of(
                    Path.of("../deploy/rbac"),
                    Path.of("../deploy/schedules"),
                    Path.of("../deploy/schedules-pods"));
    private static final Pattern RIGHTS =
            Pattern.compile("((?:[a-z]+, )*[a-z/]+ |)((?:`[a-z]+`(?:, | or )?)+)");
    private static final Pattern VERB = Pattern.compile("`([a-z]+)`");

    /** The page says of these why no Role has them, or that a person adds them. */
    private static final List<String> OF_NO_ROLE = List.of("secrets get");

    @Test
    void everyRightOfARoleIsExplained() throws IOException {
        assertThat(granted()).isNotEmpty().isSubsetOf(explained());
    }

    @Test
    void everyRightThatIsExplainedIsGrantedByARole() throws IOException {
        TreeSet<String> explained = explained();
        explained.removeAll(OF_NO_ROLE);

        assertThat(explained).isNotEmpty().isSubsetOf(granted());
    }

    @Test
    void onlyItsOwnLeaseIsGranted() throws IOException {
        assertThat(rules())
                .filteredOn(rule -> texts(rule, "resources").contains("leases"))
                .filteredOn(rule -> !texts(rule, "verbs").equals(List.of("create")))
                .isNotEmpty()
                .allSatisfy(rule ->
                        assertThat(texts(rule, "resourceNames"))
                                .containsExactly("chaos-runner-schedule"));
    }

    private static TreeSet<String> explained() throws IOException {
        var rights = new TreeSet<String>();
        for (String line : Files.readAllLines(DOC)) {
            String cell = line.startsWith("| ") ? line.split("\\|", -1)[1] : "";
            String kinds = "";
            Matcher matcher = RIGHTS.matcher(cell);
            while (matcher.find()) {
                // "leases `create`; `get` of the one Lease": the kind is said once.
                kinds = matcher.group(1).isEmpty() ? kinds : matcher.group(1).strip();
                if (!kinds.isEmpty()) {
                    add(kinds, matcher.group(2), rights);
                }
            }
        }
        return rights;
    }

    private static void add(String kinds, String verbs, TreeSet<String> rights) {
        VERB.matcher(verbs)
                .results()
                .forEach(verb ->
                        Stream.of(kinds.split(", "))
                                .forEach(kind -> rights.add(kind + " " + verb.group(1))));
    }

    private static TreeSet<String> granted() throws IOException {
        var rights = new TreeSet<String>();
        for (Map<?, ?> rule : rules()) {
            for (String resource : texts(rule, "resources")) {
                texts(rule, "verbs").forEach(verb -> rights.add(resource + " " + verb));
            }
        }
        return rights;
    }

    private static List<Map<?, ?>> rules() throws IOException {
        var rules = new ArrayList<Map<?, ?>>();
        for (Path folder : ROLES) {
            try (Stream<Path> files = Files.list(folder)) {
                for (Path file : files.filter(f -> f.toString().endsWith(".yaml")).toList()) {
                    var documents =
                            new Load(LoadSettings.builder().build())
                                    .loadAllFromString(Files.readString(file));
                    for (Object document : documents) {
                        if (((Map<?, ?>) document).get("rules") instanceof List<?> list) {
                            list.forEach(rule -> rules.add((Map<?, ?>) rule));
                        }
                    }
                }
            }
        }
        return rules;
    }

    private static List<String> texts(Map<?, ?> rule, String key) {
        return rule.get(key) instanceof List<?> list
                ? list.stream().map(String::valueOf).toList()
                : List.of();
    }
}
