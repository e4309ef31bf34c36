package io.chaosrunner.config;

import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.strategy.InvalidParameters.Problem;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class MonitoringSettingsTest {

    private static MonitoringSettings of(String spec, String annotation) {
        JsonNode tree = JsonMapper.shared().readTree(spec);
        return MonitoringSettings.of(tree, Optional.ofNullable(annotation));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{}||false",
                "{\"monitoring\": true}||true",
                "{\"monitoring\": false}||false",
                "{}|true|true",
                "{\"monitoring\": true}|false|false",
                "{}|image: x|true",
                "{}|{image: x, enabled: false}|false"
            })
    void theAnnotationCountsMoreThanTheSpec(String spec, String annotation, boolean enabled) {
        MonitoringSettings settings = of(spec, annotation);

        assertThat(settings.enabled()).isEqualTo(enabled);
        assertThat(settings.problems()).isEmpty();
    }

    @Test
    void imageAndAccountCanBeChosen() {
        MonitoringSettings settings = of("{}", "image: mine:1\nserviceAccount: exporter\n");

        assertThat(settings.image()).contains("mine:1");
        assertThat(settings.serviceAccount()).contains("exporter");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "yes|metadata.annotations[chaosrunner.io/monitoring]: expected true, false, or keys and values such as 'image: …'",
                "''|metadata.annotations[chaosrunner.io/monitoring]: expected true, false, or keys and values such as 'image: …'",
                "[a|metadata.annotations[chaosrunner.io/monitoring]: expected true, false, or keys and values such as 'image: …'",
                "imgae: x|imgae: no such setting; did you mean 'image'?",
                "port: 1|port: no such setting; there are enabled, image, serviceAccount",
                "image: [x]|image: expected text, but found a list [x]",
                "enabled: 1|enabled: '1' is neither true nor false"
            })
    void aProblemIsToldWithItsPath(String annotation, String problem) {
        assertThat(of("{}", annotation).problems()).map(Problem::toString).containsExactly(problem);
    }
}
