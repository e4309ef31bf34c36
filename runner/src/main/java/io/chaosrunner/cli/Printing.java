package io.chaosrunner.cli;

import io.chaosrunner.model.ForeignText;
import java.io.PrintWriter;
import picocli.CommandLine.Option;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The form in which a command shows what there is; mixed into those that list or get. */
final class Printing {
    @Option(
            names = {"-o", "--output"},
            paramLabel = "FORMAT",
            defaultValue = "text",
            description = "text, wide, name, json or yaml (default: ${DEFAULT-VALUE}).")
    private Format format = Format.TEXT;

    enum Format {
        TEXT,
        WIDE,
        NAME,
        JSON,
        YAML
    }

    Format format() {
        return format;
    }

    boolean isTree() {
        return format == Format.JSON || format == Format.YAML;
    }

    /** Print a tree as JSON or as YAML, whichever was asked for. */
    void print(JsonNode tree, PrintWriter out) {
        if (format == Format.YAML) {
            out.print(YamlTree.text(tree));
        } else {
            out.println(
                    ForeignText.visible(
                            JsonMapper.shared()
                                    .writerWithDefaultPrettyPrinter()
                                    .writeValueAsString(tree)));
        }
        out.flush();
    }
}
