package io.chaosrunner.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.config.YamlText;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The recipes of docs/ci.md are YAML of the right form; their command lines, see DocsTest. */
class CiRecipesTest {
    private static final Path PAGE = Path.of("..", "docs", "ci.md");
    private static final Pattern BLOCK = Pattern.compile("(?s)\n```yaml\n(.*?)\n```\n");

    private static List<JsonNode> recipes() throws IOException {
        var recipes = new ArrayList<JsonNode>();
        Matcher block = BLOCK.matcher(Files.readString(PAGE));
        while (block.find()) {
            Object tree = YamlText.load(block.group(1));
            recipes.add(JsonMapper.shared().valueToTree(tree));
        }
        return recipes;
    }

    @Test
    void eachRecipeIsYamlAndKeepsTheReportsOfARunThatFailed() throws IOException {
        List<JsonNode> recipes = recipes();

        assertThat(recipes).hasSize(3);
        JsonNode upload = recipes.getFirst().at("/jobs/chaos/steps/4");
        assertThat(upload.path("if").asString("")).isEqualTo("always()");
        assertThat(upload.at("/with/path").asString("")).contains("junit.xml", "report.html");
        JsonNode artifacts = recipes.get(1).at("/chaos/artifacts");
        assertThat(artifacts.path("when").asString("")).isEqualTo("always");
        assertThat(artifacts.at("/reports/junit").asString("")).isEqualTo("junit.xml");
        assertThat(recipes.get(2).path("kind").asString("")).isEqualTo("Task");
    }

    /** A parameter that a shell reads is a way in. */
    @Test
    void noShellReadsWhatSomebodyElseCanSet() throws IOException {
        JsonNode step = recipes().get(2).at("/spec/steps/0");
        assertThat(step.path("script").asString("")).doesNotContain("$(");
        for (JsonNode each : recipes().getFirst().at("/jobs/chaos/steps")) {
            assertThat(each.path("run").asString("")).doesNotContain("${{");
        }
    }
}
