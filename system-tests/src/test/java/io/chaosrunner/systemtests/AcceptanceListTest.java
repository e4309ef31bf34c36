package io.chaosrunner.systemtests;

import static java.util.stream.Collectors.toCollection;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Every case of the acceptance list is some test's: its display name begins with the number. */
class AcceptanceListTest {

    private static final int CASES = 57;
    private static final List<String> SOURCES =
            List.of("runner/src/test/java", "system-tests/src/test/java");
    private static final Pattern NAME =
            Pattern.compile(
                    "@DisplayName\\(\\s*\"((?:\\d+, )*\\d+)(?:, differs)?: ", Pattern.MULTILINE);

    @Test
    void everyNumberHasATest() throws IOException {
        Set<Integer> missing =
                IntStream.rangeClosed(1, CASES).boxed().collect(toCollection(TreeSet::new));
        for (String source : SOURCES) {
            try (Stream<Path> files =
                    Files.walk(ControlPlaneBinaries.sourceRoot().resolve(source))) {
                for (Path file : files.filter(f -> f.toString().endsWith("Test.java")).toList()) {
                    NAME.matcher(Files.readString(file))
                            .results()
                            .flatMap(name -> Stream.of(name.group(1).split(", ")))
                            .map(Integer::valueOf)
                            .forEach(missing::remove);
                }
            }
        }

        assertThat(missing).as("cases without a test").isEmpty();
    }
}
