package io.chaosrunner.config;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * One thing of a manifest: what stands in a document, or in a List of one.
 *
 * @param path where it stands in its document, such as {@code items[0].}; empty if it is all of it
 * @param json what it is, which need not be an object
 */
public record ManifestItem(String path, JsonNode json) {
    private static final String LIST = "List";

    /** Take a document apart: {@code List} and typed lists such as {@code ChaosEngineList}. */
    public static List<ManifestItem> of(JsonNode document) {
        var items = new ArrayList<ManifestItem>();
        add("", document, items);
        return items;
    }

    private static void add(String path, JsonNode json, List<ManifestItem> items) {
        String kind = json.path("kind").asString("");
        JsonNode listed = json.path("items");
        boolean isList = kind.equals(LIST) || (kind.endsWith(LIST) && json.has("items"));
        if (isList && (listed.isMissingNode() || listed.isNull())) {
            return;
        }
        if (!isList || !listed.isArray()) {
            items.add(
                    kind.equals(LIST)
                            ? new ManifestItem(path + "items.", listed)
                            : new ManifestItem(path, json));
            return;
        }
        String apiVersion = json.path("apiVersion").asString("");
        String ofItems = kind.substring(0, kind.length() - LIST.length());
        for (int i = 0; i < json.path("items").size(); i++) {
            JsonNode item = json.path("items").path(i);
            if (item instanceof ObjectNode object && !ofItems.isEmpty()) {
                // Items of typed lists need not repeat what the list says.
                if (!object.has("kind")) {
                    object.put("kind", ofItems);
                }
                if (!object.has("apiVersion") && !apiVersion.isEmpty()) {
                    object.put("apiVersion", apiVersion);
                }
            }
            add(path + "items[" + i + "].", item, items);
        }
    }

    public String apiVersion() {
        return json.path("apiVersion").asString("");
    }

    public String kind() {
        return json.path("kind").asString("");
    }

    /** Return what a file is that a tool reads and no cluster gets; empty if a cluster may. */
    public Optional<String> input() {
        if (kind().equals("ChartServiceVersion") && apiVersion().startsWith("litmuschaos.io/")) {
            return Optional.of("ChartServiceVersion");
        }
        if (apiVersion().startsWith("kustomize.config.k8s.io/")) {
            return Optional.of("Kustomization");
        }
        if (!kind().isEmpty() || !json.path("metadata").isMissingNode()) {
            return Optional.empty();
        }
        if (apiVersion().isEmpty()) {
            return Optional.of("something without apiVersion and kind");
        }
        return json.has("name") && json.has("version") ? Optional.of("Chart") : Optional.empty();
    }
}
