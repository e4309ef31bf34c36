package io.chaosrunner.systemtests;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Say where the programs of a Kubernetes control plane are, or should be. */
record ControlPlaneBinaries(Path etcd, Path apiServer, Path controllerManager) {

    private static final Path BUILD = Path.of("system-tests", "control-plane", "build");

    /**
     * Look in {@code KUBEBUILDER_ASSETS} first, program by program, then where the build script
     * puts them.
     */
    static ControlPlaneBinaries find() {
        Path built = builtDirectory();
        return new ControlPlaneBinaries(
                locate("etcd", built),
                locate("kube-apiserver", built),
                locate("kube-controller-manager", built));
    }

    /** Name the missing programs and the remedy in one line; empty when all are there. */
    Optional<String> whyMissing() {
        List<Path> missing =
                Stream.of(etcd, apiServer, controllerManager)
                        .filter(program -> !Files.isExecutable(program))
                        .toList();
        if (missing.isEmpty()) {
            return Optional.empty();
        }
        String names =
                missing.stream()
                        .map(program -> String.valueOf(program.getFileName()))
                        .collect(Collectors.joining(", "));
        // Only the built directory can lack a program: what was given elsewhere is there.
        return Optional.of(
                "no control plane: %s not in %s; run %s"
                        .formatted(names, missing.getFirst().getParent(), BUILD));
    }

    /** Return the root of the source tree this JVM runs in. */
    static Path sourceRoot() {
        Path start = Path.of("").toAbsolutePath();
        for (Path folder = start; folder != null; folder = folder.getParent()) {
            if (Files.isExecutable(folder.resolve(BUILD))) {
                return folder;
            }
        }
        throw new IllegalStateException(BUILD + " is in no folder above " + start);
    }

    private static Path locate(String program, Path built) {
        String assets = System.getenv("KUBEBUILDER_ASSETS");
        if (assets != null && !assets.isBlank()) {
            Path given = Path.of(assets).resolve(program);
            if (Files.isExecutable(given)) {
                return given;
            }
        }
        return built.resolve(program);
    }

    private static Path builtDirectory() {
        return printedBy(BUILD);
    }

    /**
     * Ask a build script where it puts its programs, whether they are there or not.
     *
     * @param build the script, from the root of the source tree
     */
    static Path printedBy(Path build) {
        try {
            Process print =
                    new ProcessBuilder(sourceRoot().resolve(build).toString(), "--print")
                            .redirectError(ProcessBuilder.Redirect.INHERIT)
                            .start();
            String directory;
            try (var output = print.getInputStream()) {
                directory = new String(output.readAllBytes(), StandardCharsets.UTF_8).strip();
            }
            int status = print.waitFor();
            // 3 says "not built yet": whyMissing() tells that better.
            if ((status != 0 && status != 3) || directory.isEmpty()) {
                throw new IllegalStateException(build + " --print ended with " + status);
            }
            return Path.of(directory);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted in " + build + " --print", e);
        }
    }
}
