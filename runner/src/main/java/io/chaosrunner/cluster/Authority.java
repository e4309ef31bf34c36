package io.chaosrunner.cluster;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.function.Function;

/**
 * Trust the authority that the configuration names, and no other, as kubectl does.
 *
 * <p>The client adds it to those that a trust store holds: by default all that the JDK knows, which
 * also takes time to read. So it is given a store that holds none.
 */
final class Authority {
    private Authority() {}

    /** Build something from a configuration, which is as given where no authority is named. */
    static <T> T alone(Config config, Function<Config, T> builder) {
        if (!isNamed(config) || config.getTrustStoreFile() != null) {
            return builder.apply(config);
        }
        Path nobody;
        try {
            nobody = Files.createTempFile("chaos-runner", ".truststore");
        } catch (IOException e) {
            // Nothing may be written here: then the JDK's count, too.
            return builder.apply(config);
        }
        try {
            writeEmpty(nobody);
            return builder.apply(
                    new ConfigBuilder(config).withTrustStoreFile(nobody.toString()).build());
        } catch (IOException | GeneralSecurityException e) {
            return builder.apply(config);
        } finally {
            delete(nobody);
        }
    }

    private static boolean isNamed(Config config) {
        return config.getCaCertData() != null || config.getCaCertFile() != null;
    }

    private static void writeEmpty(Path file) throws IOException, GeneralSecurityException {
        KeyStore empty = KeyStore.getInstance(KeyStore.getDefaultType());
        empty.load(null, null);
        try (OutputStream out = Files.newOutputStream(file)) {
            empty.store(out, null);
        }
    }

    private static void delete(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            // 24 bytes that nobody misses.
        }
    }
}
