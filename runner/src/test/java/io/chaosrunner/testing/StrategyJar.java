package io.chaosrunner.testing;

import io.chaosrunner.strategy.ExecutionStrategy;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;

/** Make the jar of a stranger's strategy, compiled from source against the SPI alone. */
public final class StrategyJar {
    private static final String SERVICE = "META-INF/services/" + ExecutionStrategy.class.getName();

    private final Map<String, byte[]> entries = new LinkedHashMap<>();
    private final Manifest manifest = new Manifest();

    private StrategyJar() {
        manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
        attribute("Chaosrunner-Spi", "1.0");
    }

    /** Begin a jar that holds nothing but a manifest. */
    public static StrategyJar empty() {
        return new StrategyJar();
    }

    /** Begin the jar of one class named {@code Stranger}, which is found as a service. */
    public static StrategyJar of(String source) {
        return empty().compiled("Stranger", source).service("Stranger");
    }

    /**
     * Write a strategy's source of which some members do something else.
     *
     * @param members as Java has them, such as {@code public String name() { return "x"; }}
     */
    public static String source(String name, String... members) {
        String all = String.join("\n", members);
        var more = new ArrayList<String>();
        if (!all.contains(" name()")) {
            more.add("public String name() { return \"" + name + "\"; }");
        }
        if (!all.contains(" plan(")) {
            more.add("public ExecutionPlan plan(StrategyRequest request) { return new Plan(); }");
        }
        if (!all.contains(" next(")) {
            more.add(
                    """
                    static Decision next(Progress progress) {
                        var decision = Decision.choose();
                        progress.waiting().forEach(slot -> decision.launch(slot, "now"));
                        return decision.build();
                    }
                    """);
        }
        if (!all.contains(" limits()")) {
            more.add("static Limits limits() { return Limits.none(); }");
        }
        return """
        import io.chaosrunner.strategy.*;
        import java.util.*;
        public final class Stranger implements ExecutionStrategy {
            %s
            %s
            static final class Plan implements ExecutionPlan {
                public Decision next(Progress progress) { return Stranger.next(progress); }
                public Limits limits() { return Stranger.limits(); }
            }
        }
        """
                .formatted(all, String.join("\n", more));
    }

    /** Add all that a source compiles to. */
    public StrategyJar compiled(String name, String source) {
        return compiled("", Map.of(name, source));
    }

    /**
     * Add all that some sources compile to, below a folder of the jar.
     *
     * @param sources by the name of the class, with its package
     */
    public StrategyJar compiled(String folder, Map<String, String> sources) {
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        try {
            Path classes = Files.createTempDirectory("stranger");
            List<SimpleJavaFileObject> units =
                    sources.entrySet().stream()
                            .map(each -> unit(each.getKey(), each.getValue()))
                            .toList();
            List<String> options =
                    List.of("-proc:none", "-nowarn", "-d", classes.toString(), "-cp", spi());
            if (!compiler.getTask(null, null, null, options, null, units).call()) {
                throw new IllegalArgumentException("does not compile: " + sources);
            }
            try (Stream<Path> files = Files.walk(classes)) {
                for (Path file : files.filter(Files::isRegularFile).toList()) {
                    entry(folder + classes.relativize(file), Files.readAllBytes(file));
                }
            }
            return this;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static SimpleJavaFileObject unit(String name, String source) {
        return new SimpleJavaFileObject(
                URI.create("string:///" + name.replace('.', '/') + ".java"),
                SimpleJavaFileObject.Kind.SOURCE) {
            @Override
            public CharSequence getCharContent(boolean ignoreEncodingErrors) {
                return source;
            }
        };
    }

    private static String spi() {
        return Path.of(
                        ExecutionStrategy.class
                                .getProtectionDomain()
                                .getCodeSource()
                                .getLocation()
                                .getPath())
                .toString();
    }

    /** Name the classes of the strategies, one a line. */
    public StrategyJar service(String lines) {
        return entry(SERVICE, lines.getBytes(StandardCharsets.UTF_8));
    }

    /** Add any entry, or replace it. */
    public StrategyJar entry(String path, byte[] content) {
        entries.put(path, content);
        return this;
    }

    /** Return the content of an entry that was added. */
    public byte[] entry(String path) {
        return Objects.requireNonNull(entries.get(path));
    }

    /** Set an attribute of the manifest. */
    public StrategyJar attribute(String name, String value) {
        manifest.getMainAttributes().putValue(name, value);
        return this;
    }

    /** Remove an attribute of the manifest. */
    public StrategyJar without(String attribute) {
        manifest.getMainAttributes().remove(new Attributes.Name(attribute));
        return this;
    }

    /** Write the jar. */
    public Path write(Path file) {
        try (var jar = new JarOutputStream(Files.newOutputStream(file), manifest)) {
            for (Map.Entry<String, byte[]> each : entries.entrySet()) {
                jar.putNextEntry(new JarEntry(each.getKey()));
                jar.write(each.getValue());
            }
            return file;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
