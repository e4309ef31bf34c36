package io.chaosrunner.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.sandbox.ApiClient.Answer;
import org.junit.jupiter.api.Test;

/** What is asked of an API server without being stored. */
abstract class ApiDryRunsContract extends ApiNamespace {
    @Test
    void answerAnUpdateAndStoreNothing() {
        Answer made = created(litmus("chaosengines"), engine("dry", ""));
        String version = made.text("/metadata/resourceVersion");

        Answer answer =
                api.put(
                        litmus("chaosengines/dry?dryRun=All"),
                        engine("dry", ",'resourceVersion':'" + version + "'")
                                .replace("active", "stop"));

        assertThat(answer.code()).as("%s", answer.body()).isEqualTo(200);
        assertThat(answer.text("/spec/engineState")).isEqualTo("stop");
        Answer stored = api.get(litmus("chaosengines/dry"));
        assertThat(stored.text("/spec/engineState")).isEqualTo("active");
        assertThat(stored.text("/metadata/resourceVersion")).isEqualTo(version);
    }
}
