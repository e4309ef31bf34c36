package io.chaosrunner.config;

import io.chaosrunner.strategy.InvalidParameters.Problem;
import io.chaosrunner.strategy.Parameters;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/**
 * Whether an engine gets an exporter of metrics: the annotation {@value #ANNOTATION}, which is
 * {@code true}, {@code false}, or a map of what is to be different; else {@code spec.monitoring}.
 *
 * @param enabled whether there is to be one
 * @param image its image; absent means the caller's choice
 * @param serviceAccount its account; absent means the engine's
 * @param problems every problem found; there is no exporter if there is one
 */
public record MonitoringSettings(
        boolean enabled,
        Optional<String> image,
        Optional<String> serviceAccount,
        List<Problem> problems) {

    /** Where the settings stand on the engine. */
    public static final String ANNOTATION = "chaosrunner.io/monitoring";

    private static final List<String> KEYS = List.of("enabled", "image", "serviceAccount");

    /**
     * Read an engine's settings.
     *
     * @param spec the engine's {@code spec}; missing is fine
     * @param written the annotation's value, if there is one; it counts more than the spec
     */
    public static MonitoringSettings of(JsonNode spec, Optional<String> written) {
        return written.map(MonitoringSettings::read)
                .orElseGet(() -> bare(spec.path("monitoring").asBoolean(false), List.of()));
    }

    private static MonitoringSettings read(String text) {
        Object tree;
        try {
            tree = YamlText.load(text);
        } catch (YamlText.Unusable e) {
            tree = null;
        }
        return switch (tree) {
            case Boolean enabled -> bare(enabled, List.of());
            case Map<?, ?> map -> read(map);
            case null, default ->
                    bare(
                            false,
                            List.of(
                                    new Problem(
                                            "metadata.annotations[" + ANNOTATION + "]",
                                            "expected true, false, or keys and values such as 'image: …'")));
        };
    }

    private static MonitoringSettings read(Map<?, ?> map) {
        var written = new LinkedHashMap<String, Object>();
        map.forEach((key, value) -> written.put(String.valueOf(key), value));
        Parameters.Reader reader = Parameters.of(written).read();
        boolean enabled = reader.flag("enabled", true);
        Optional<String> image = reader.text("image");
        Optional<String> account = reader.text("serviceAccount");
        var problems = new ArrayList<>(reader.problems());
        for (String key : written.keySet()) {
            if (!KEYS.contains(key)) {
                problems.add(
                        new Problem(
                                key,
                                "no such setting"
                                        + Parameters.nearest(key, KEYS)
                                                .map(near -> "; did you mean '" + near + "'?")
                                                .orElse("; there are " + String.join(", ", KEYS))));
            }
        }
        return new MonitoringSettings(enabled, image, account, List.copyOf(problems));
    }

    private static MonitoringSettings bare(boolean enabled, List<Problem> problems) {
        return new MonitoringSettings(enabled, Optional.empty(), Optional.empty(), problems);
    }
}
