package io.chaosrunner.cli;

import java.util.Map;
import org.snakeyaml.engine.v2.api.Dump;
import org.snakeyaml.engine.v2.api.DumpSettings;
import org.snakeyaml.engine.v2.common.FlowStyle;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** JSON trees written as YAML, which says the same. */
final class YamlTree {
    private YamlTree() {}

    /**
     * Return a tree as one document. What drives a terminal, or turns the direction of writing, is
     * escaped: other than ASCII nothing is written as it is.
     */
    static String text(JsonNode tree) {
        DumpSettings settings =
                DumpSettings.builder()
                        .setDefaultFlowStyle(FlowStyle.BLOCK)
                        .setUseUnicodeEncoding(false)
                        .setSplitLines(false)
                        .build();
        Object plain =
                tree.isObject()
                        ? JsonMapper.shared().convertValue(tree, Map.class)
                        : JsonMapper.shared().convertValue(tree, Object.class);
        return new Dump(settings).dumpToString(plain);
    }
}
