package io.chaosrunner;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What whoever builds this trusts, and on which terms. */
class SupplyChainTest {
    private static final Path TOP = Path.of("..");

    @Test
    void theWrapperTakesNoOtherMavenThanTheOneThatIsPinned() throws IOException {
        var properties = new Properties();
        try (InputStream in =
                Files.newInputStream(TOP.resolve(".mvn/wrapper/maven-wrapper.properties"))) {
            properties.load(in);
        }

        assertThat(properties.getProperty("distributionUrl")).startsWith("https://");
        assertThat(properties.getProperty("distributionSha256Sum")).matches("[0-9a-f]{64}");
    }

    @ParameterizedTest
    @ValueSource(strings = {"LICENSE", "NOTICE", "SECURITY.md", "CODE_OF_CONDUCT.md"})
    void termsAndAddressesAreThere(String file) throws IOException {
        assertThat(Files.readString(TOP.resolve(file))).isNotBlank();
    }
}
