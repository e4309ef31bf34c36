package io.chaosrunner.plugin;

import io.chaosrunner.strategy.ExecutionStrategy;
import java.io.IOException;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.Optional;
import java.util.jar.JarFile;
import java.util.jar.Manifest;

/**
 * The class loader of one plug-in jar. It shares exactly the SPI's package with the runner and
 * nothing else, so a jar may bring any library in any version.
 */
final class PluginLoader extends URLClassLoader {
    static {
        registerAsParallelCapable();
    }

    /** Manifest attribute that says which SPI a jar was built for. */
    private static final String SPI = "Chaosrunner-Spi";

    private static final String SPI_MAJOR = "1";
    private static final String SHARED = ExecutionStrategy.class.getPackageName();

    private PluginLoader(String name, URL jar) {
        super(name, new URL[] {jar}, ClassLoader.getPlatformClassLoader());
    }

    static PluginLoader of(Path jar) throws MalformedURLException {
        return new PluginLoader(jar.getFileName().toString(), jar.toUri().toURL());
    }

    /** Say why a jar does not fit this runner's SPI; read before any of its classes is loaded. */
    static Optional<String> mismatch(Path jar) throws IOException {
        try (JarFile file = new JarFile(jar.toFile())) {
            Manifest manifest = file.getManifest();
            String built = manifest == null ? null : manifest.getMainAttributes().getValue(SPI);
            if (built == null) {
                return Optional.of(
                        "its manifest does not say which SPI it was built for; add '%s: %s.0'"
                                .formatted(SPI, SPI_MAJOR));
            }
            return built.split("\\.", 2)[0].equals(SPI_MAJOR)
                    ? Optional.empty()
                    : Optional.of(
                            "was built for SPI %s, but this runner has SPI %s.0"
                                    .formatted(built, SPI_MAJOR));
        }
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
        int dot = name.lastIndexOf('.');
        if (dot > 0 && name.substring(0, dot).equals(SHARED)) {
            return ExecutionStrategy.class.getClassLoader().loadClass(name);
        }
        return super.loadClass(name, resolve);
    }
}
