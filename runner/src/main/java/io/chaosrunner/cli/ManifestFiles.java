package io.chaosrunner.cli;

import io.chaosrunner.config.KubernetesYaml;
import io.chaosrunner.config.KubernetesYaml.Limits;
import io.chaosrunner.config.Lines;
import io.chaosrunner.config.ManifestItem;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Serial;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import tools.jackson.databind.node.ObjectNode;

/**
 * The files that people name with {@code -f}; mixed into every command that reads some, so that
 * each means the same by them.
 */
final class ManifestFiles {
    private static final String STANDARD_INPUT = "standard input";

    /** Beside a Chart.yaml these make objects only when Helm renders them. */
    private static final Set<String> HELMS_OWN = Set.of("templates", "charts");

    @Option(
            names = {"-f", "--filename"},
            paramLabel = "FILE",
            arity = "1..*",
            description =
                    "YAML or JSON with the objects; a folder with such files; - is standard input."
                            + " Can be given several times.")
    private List<String> files = List.of();

    /** Takes documents as they are read. */
    interface Taker {
        /**
         * Take one document.
         *
         * @param found whether its file was found in a folder rather than named
         */
        void take(String file, boolean found, KubernetesYaml.Document document);

        /** Hear of a folder or file that is left out, and why. */
        void leftOut(String what);
    }

    /**
     * Objects of files, in their order.
     *
     * @param passedOver what no cluster gets, and how often there was something of the sort
     */
    record Objects(List<FileObject> all, Map<String, Integer> passedOver) {}

    /** Says each thing that cannot be read in a line of its own. */
    static final class Unreadable extends ParameterException {
        @Serial private static final long serialVersionUID = 1L;

        private final transient List<String> problems;

        private Unreadable(CommandLine command, List<String> problems) {
            super(command, String.join(System.lineSeparator(), problems));
            this.problems = List.copyOf(problems);
        }

        List<String> problems() {
            return problems;
        }
    }

    boolean areGiven() {
        return !files.isEmpty();
    }

    /** Return the files as they were named. */
    @Override
    public String toString() {
        return files.stream()
                .map(file -> file.equals("-") ? STANDARD_INPUT : file)
                .collect(Collectors.joining(", "));
    }

    /**
     * Read every document.
     *
     * @throws ParameterException if a file cannot be read, or holds nothing at all
     */
    void read(CommandLine command, Taker taker) {
        for (String file : files) {
            if (file.isEmpty()) {
                // It would be the working folder, with whatever engine is there.
                throw new ParameterException(command, "-f " + UsageError.EMPTY);
            }
            var counting = new Counting(taker);
            String name = file.equals("-") ? STANDARD_INPUT : file;
            try {
                if (file.equals("-")) {
                    read(System.in, name, false, counting);
                } else if (Files.isDirectory(Path.of(file))) {
                    walk(Path.of(file), command, counting);
                } else {
                    readFile(Path.of(file), false, counting);
                }
            } catch (IOException e) {
                throw new ParameterException(command, problem(name, e), e);
            }
            if (counting.documents == 0) {
                throw new ParameterException(
                        command,
                        file.equals("-")
                                ? "standard input is empty; did the command before it fail?"
                                : file + " holds no object; is it the right one?");
            }
        }
    }

    private static void walk(Path folder, CommandLine command, Counting taker) throws IOException {
        var found = new ArrayList<Path>();
        Files.walkFileTree(
                folder,
                new SimpleFileVisitor<>() {
                    @Override
                    public FileVisitResult preVisitDirectory(
                            Path each, BasicFileAttributes attributes) {
                        if (each.equals(folder)) {
                            return FileVisitResult.CONTINUE;
                        }
                        boolean hidden = each.getFileName().toString().startsWith(".");
                        boolean helms =
                                HELMS_OWN.contains(each.getFileName().toString())
                                        && Files.exists(each.resolveSibling("Chart.yaml"));
                        if (helms) {
                            taker.leftOut("folder of Helm templates");
                        }
                        return hidden || helms
                                ? FileVisitResult.SKIP_SUBTREE
                                : FileVisitResult.CONTINUE;
                    }

                    @Override
                    public FileVisitResult visitFile(Path each, BasicFileAttributes attributes) {
                        String name = each.getFileName().toString();
                        if (!name.startsWith(".")
                                && name.matches(".*\\.(yaml|yml|json)")
                                && Files.isRegularFile(each)) {
                            found.add(each);
                        }
                        return FileVisitResult.CONTINUE;
                    }
                });
        if (found.isEmpty()) {
            throw new ParameterException(
                    command, folder + " holds no file named *.yaml, *.yml or *.json");
        }
        found.sort(null);
        for (Path each : found) {
            readFile(each, true, taker);
        }
    }

    private static void readFile(Path file, boolean found, Taker taker) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            read(in, file.toString(), found, taker);
        } catch (CharacterCodingException e) {
            var withName = new IOException(file + " is not text in UTF-8");
            withName.initCause(e);
            throw withName;
        }
    }

    private static void read(InputStream in, String name, boolean found, Taker taker)
            throws IOException {
        // A decoder of its own refuses what is not UTF-8, where a charset would replace it.
        KubernetesYaml.read(
                new InputStreamReader(in, StandardCharsets.UTF_8.newDecoder()),
                Limits.OF_FILES,
                document -> taker.take(name, found, document));
    }

    private static String problem(String name, IOException e) {
        if (name.startsWith("https://") || name.startsWith("http://")) {
            return "%s is no file, and nothing is downloaded; write curl -fsS %s | chaos-runner … -f -"
                    .formatted(name, name);
        }
        return switch (e) {
            case NoSuchFileException _, FileNotFoundException _ ->
                    "cannot read " + name + ": there is no such file; is the path right?";
            case AccessDeniedException _ -> "cannot read " + name + ": its rights forbid it";
            case CharacterCodingException _ -> name + " is not text in UTF-8";
            default ->
                    e.getCause() instanceof CharacterCodingException
                            ? String.valueOf(e.getMessage())
                            : "cannot read " + name + "; is the path right?";
        };
    }

    private static final class Counting implements Taker {
        private final Taker taker;
        private int documents;

        private Counting(Taker taker) {
            this.taker = taker;
        }

        @Override
        public void take(String file, boolean found, KubernetesYaml.Document document) {
            documents +=
                    document instanceof KubernetesYaml.Document.Read read
                            ? ManifestItem.of(read.json()).size()
                            : 1;
            taker.take(file, found, document);
        }

        @Override
        public void leftOut(String what) {
            taker.leftOut(what);
        }
    }

    /**
     * Read the objects that a predicate wants.
     *
     * @param wanted by kind
     * @throws ParameterException naming file and line of everything that is no object
     */
    Objects objects(CommandLine command, Predicate<String> wanted) {
        var collected = new Collected(wanted);
        read(command, collected);
        if (!collected.problems.isEmpty()) {
            throw new Unreadable(command, collected.problems);
        }
        return new Objects(collected.objects, collected.passedOver);
    }

    private static final class Collected implements Taker {
        /** In bytes; what overlays build may be larger than the memory for it. */
        private static final int MOST_OF_LINES = 2 << 20;

        private static final Set<String> PLACED = Set.of("ChaosEngine", "ChaosSchedule");
        private final Predicate<String> wanted;
        private final List<FileObject> objects = new ArrayList<>();
        private final Map<String, Integer> passedOver = new TreeMap<>();
        private final List<String> problems = new ArrayList<>();
        private final SecureRandom random = new SecureRandom();

        /** What the lines of documents may still take. */
        private int left = MOST_OF_LINES;

        /** The last that are kept: the objects of a List share them. */
        private Lines.@Nullable Packed last;

        private Collected(Predicate<String> wanted) {
            this.wanted = wanted;
        }

        @Override
        public void leftOut(String what) {
            passedOver.merge(what, 1, Integer::sum);
        }

        @Override
        public void take(String file, boolean found, KubernetesYaml.Document document) {
            String place = file + ":" + document.line();
            switch (document) {
                case KubernetesYaml.Document.Unreadable unreadable -> {
                    if (found && unreadable.template()) {
                        leftOut("template");
                    } else {
                        problems.add(place + ": " + unreadable.why());
                    }
                }
                case KubernetesYaml.Document.Read read -> {
                    for (ManifestItem item : ManifestItem.of(read.json())) {
                        take(file, found, item, read.lines());
                    }
                }
            }
        }

        private void take(String file, boolean found, ManifestItem item, Lines lines) {
            if (found && item.input().isPresent()) {
                leftOut(item.input().get());
                return;
            }
            String place = file + ":" + lines.line(item.path());
            if (!(item.json() instanceof ObjectNode object)
                    || item.apiVersion().isEmpty()
                    || item.kind().isEmpty()) {
                problems.add(
                        place
                                + ": is no Kubernetes object; expected apiVersion, kind and"
                                + " metadata");
                return;
            }
            if (object.path("metadata").path("name").asString("").isEmpty()
                    && object.path("metadata").path("generateName").asString("").isEmpty()) {
                problems.add(place + ": %s has no metadata.name".formatted(item.kind()));
                return;
            }
            if (wanted.test(item.kind())) {
                // Always kept of the one that is meant: where there are many, none is.
                boolean isFirst =
                        PLACED.contains(item.kind())
                                && objects.stream().noneMatch(other -> other.is(item.kind()));
                Lines.Packed packed = lines.packed();
                Optional<ObjectLines> known =
                        keep(packed) || isFirst
                                ? Optional.of(new ObjectLines(file, packed, item.path()))
                                : Optional.empty();
                objects.add(FileObject.of(place, object, known).named(random));
            }
        }

        /** Tell whether there is memory for the lines of one more document, and take it. */
        private boolean keep(Lines.Packed lines) {
            if (lines == last) {
                return true;
            }
            boolean fits = lines.text().length <= left;
            if (fits) {
                last = lines;
                left -= lines.text().length;
            }
            return fits;
        }
    }

    /**
     * Find the one ChaosEngine among some objects.
     *
     * @throws ParameterException if there is none or more than one
     */
    FileObject engine(List<FileObject> objects, CommandLine command) {
        List<FileObject> engines = objects.stream().filter(FileObject::isEngine).toList();
        if (engines.size() != 1) {
            throw new ParameterException(
                    command,
                    "expected one ChaosEngine in %s, but found %s"
                            .formatted(
                                    this,
                                    engines.isEmpty()
                                            ? "none"
                                            : engines.size()
                                                    + ": "
                                                    + engines.stream()
                                                            .map(each ->
                                                                    each.name()
                                                                            + " ("
                                                                            + each.place()
                                                                            + ")")
                                                            .collect(Collectors.joining(", "))));
        }
        return engines.getFirst();
    }
}
