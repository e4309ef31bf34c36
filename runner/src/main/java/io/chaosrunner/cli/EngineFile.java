package io.chaosrunner.cli;

import io.chaosrunner.config.YamlText;
import java.util.LinkedHashMap;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;

/** Read the settings that people pass to commands. */
final class EngineFile {
    private EngineFile() {}

    /**
     * Read values as YAML, so that {@code maxParallel=3} is a number here as in the annotation.
     *
     * @throws ParameterException if one is not YAML
     */
    static Map<String, Object> settings(Map<String, String> written, CommandLine command) {
        var result = new LinkedHashMap<String, Object>();
        written.forEach((key, value) -> {
            try {
                Object parsed = YamlText.load(value);
                result.put(key, parsed == null ? "" : parsed);
            } catch (YamlText.Unusable e) {
                throw new ParameterException(
                        command, "--set %s: '%s' is not a YAML value".formatted(key, value));
            }
        });
        return result;
    }
}
