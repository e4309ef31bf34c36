package io.chaosrunner.systemtests;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.EnvVar;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Run chaos-runner as the container of a pod would: as a process with the pod's environment and
 * arguments and nothing else.
 *
 * <p>What leads it to the API server is added, see {@link PodAccess}. A process that fails is
 * started again at once, if the pod's restart policy says so.
 */
final class RunnerContainer {

    private final PodLife life;
    private final Container container;
    private final Path output;
    private final Map<String, String> access;
    private final List<Integer> exitCodes = new CopyOnWriteArrayList<>();
    private volatile @Nullable Process process;

    RunnerContainer(PodLife life, String name, Path folder, Map<String, String> access) {
        this.life = life;
        this.container =
                life.pod().getSpec().getContainers().stream()
                        .filter(c -> c.getName().equals(name))
                        .findFirst()
                        .orElseThrow();
        this.output = folder.resolve("runner.log");
        this.access = access;
        try {
            Files.createFile(output);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Return all that the processes so far have written. */
    String output() {
        try {
            return Files.readString(output, StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Return how the processes so far ended, in their order. */
    List<Integer> exitCodes() {
        return List.copyOf(exitCodes);
    }

    /** Kill the process with SIGKILL; returns when it is dead. */
    void kill() {
        Process now = process;
        if (now != null) {
            now.destroyForcibly().onExit().join();
        }
    }

    /** Run until a process succeeds or the pod is deleted. */
    void live() throws InterruptedException {
        life.bind();
        try {
            Process now = start();
            life.running(null);
            while (true) {
                await(CompletableFuture.anyOf(now.onExit(), life.deletion()));
                if (life.deletion().isDone()) {
                    terminate(now);
                    return;
                }
                int exitCode = now.exitValue();
                exitCodes.add(exitCode);
                if (exitCode == 0 || life.pod().getSpec().getRestartPolicy().equals("Never")) {
                    life.ended(exitCode);
                    return;
                }
                now = start();
                life.restarted(container.getName(), exitCode);
            }
        } finally {
            kill();
        }
    }

    private void terminate(Process now) throws InterruptedException {
        if (life.grace().isPositive()) {
            now.destroy();
            if (!now.waitFor(life.grace().toMillis(), TimeUnit.MILLISECONDS)) {
                now.destroyForcibly();
            }
        } else {
            now.destroyForcibly();
        }
        int exitCode = now.waitFor();
        exitCodes.add(exitCode);
        if (life.grace().isPositive()) {
            life.ended(exitCode);
        }
        life.remove();
    }

    private Process start() {
        var builder =
                new ProcessBuilder(RunnerProgram.command(container.getArgs()))
                        .redirectErrorStream(true)
                        .redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null")))
                        .redirectOutput(ProcessBuilder.Redirect.appendTo(output.toFile()));
        builder.environment().clear();
        for (EnvVar variable : container.getEnv()) {
            // The API server drops an empty value; a kubelet gives it all the same.
            String value = variable.getValue() == null ? "" : variable.getValue();
            builder.environment().put(variable.getName(), value);
        }
        builder.environment().putAll(access);
        try {
            Process started = builder.start();
            process = started;
            return started;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void await(CompletableFuture<?> event) throws InterruptedException {
        try {
            event.get();
        } catch (ExecutionException e) {
            throw new IllegalStateException(e);
        }
    }
}
