package io.chaosrunner.systemtests;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;

/** Run {@code chaos-runner schedule} as a process, with the rights of one account. */
final class ServiceProcess implements AutoCloseable {

    private static final long LIMIT_SECONDS = 180;

    private final Process process;
    private final Path output;

    private ServiceProcess(Process process, Path output) {
        this.process = process;
        this.output = output;
    }

    /** Start it for one namespace; it finds a free port for its health by itself. */
    static ServiceProcess start(TestNamespace namespace, String kubeconfig, String... arguments) {
        return start(namespace, kubeconfig, Map.of(), arguments);
    }

    /** Do the same with further variables in its environment. */
    static ServiceProcess start(
            TestNamespace namespace,
            String kubeconfig,
            Map<String, String> variables,
            String... arguments) {
        var command =
                new ArrayList<>(
                        List.of(
                                "schedule",
                                "--namespace",
                                namespace.name(),
                                "--lease-namespace",
                                namespace.name()));
        command.addAll(Arrays.asList(arguments));
        return start(namespace, kubeconfig, variables, command);
    }

    /** Start it with the words of a container, but for the port of its health. */
    static ServiceProcess startAsDeployed(
            TestNamespace namespace, String kubeconfig, List<String> words) {
        return start(namespace, kubeconfig, Map.of(), words);
    }

    private static ServiceProcess start(
            TestNamespace namespace,
            String kubeconfig,
            Map<String, String> variables,
            List<String> words) {
        Path folder = namespace.folder("services");
        String name = UUID.randomUUID().toString().substring(0, 8);
        Path output = folder.resolve(name + ".log");
        Path access = folder.resolve(name + ".kubeconfig");
        var command = new ArrayList<>(words);
        command.add("--health-port=0");
        try {
            Files.writeString(access, kubeconfig);
            var builder =
                    new ProcessBuilder(RunnerProgram.command(command))
                            .redirectErrorStream(true)
                            .redirectOutput(output.toFile());
            builder.environment().clear();
            builder.environment().putAll(variables);
            builder.environment().put("KUBECONFIG", access.toString());
            return new ServiceProcess(builder.start(), output);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Return all it has said so far. */
    String output() {
        try {
            return Files.readString(output, StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Tell whether it leads now. */
    boolean leads() {
        String said = output();
        return process.isAlive()
                && said.lastIndexOf("event=leading") > said.lastIndexOf("event=leads-no-more");
    }

    /** Return when something was first said. */
    Instant when(String event) {
        return output().lines()
                .filter(line -> line.contains("event=" + event))
                .map(line -> Instant.parse(line.substring(0, line.indexOf(' '))))
                .findFirst()
                .orElseThrow();
    }

    /** Return how many threads it has, and how many MB of memory it holds; on Linux. */
    long[] size() throws IOException {
        long[] size = new long[2];
        for (String line : Files.readAllLines(Path.of("/proc/" + process.pid() + "/status"))) {
            String[] words = line.split("\\s+", -1);
            if (words[0].equals("Threads:")) {
                size[0] = Long.parseLong(words[1]);
            } else if (words[0].equals("VmRSS:")) {
                size[1] = Long.parseLong(words[1]) >> 10;
            }
        }
        return size;
    }

    /** Have it collect all garbage; returns how many KiB its objects take then. */
    long live() throws IOException {
        Path jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd");
        Process asked =
                new ProcessBuilder(
                                jcmd.toString(), Long.toString(process.pid()), "GC.class_histogram")
                        .redirectErrorStream(true)
                        .start();
        String said = new String(asked.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        String[] total =
                said.lines()
                        .filter(line -> line.startsWith("Total"))
                        .findFirst()
                        .orElseThrow(() -> new IOException(said))
                        .split("\\s+", -1);
        return Long.parseLong(total[2]) >> 10;
    }

    /** Kill it with SIGKILL; returns when it is dead. */
    void kill() {
        process.destroyForcibly().onExit().join();
    }

    /** Send SIGTERM, without waiting. */
    void end() {
        process.destroy();
    }

    /** Send SIGTERM; returns its exit code. */
    int terminate() throws InterruptedException {
        end();
        if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
            throw new AssertionError("it does not end; it said:\n" + output());
        }
        return process.exitValue();
    }

    /** Return the address of its health endpoints; empty while it has none. */
    String health() {
        return output().lines()
                .filter(line -> line.contains("event=healthy"))
                .map(line -> line.replaceFirst(".*message=\"?([^\" ]+)\"?.*", "$1"))
                .findFirst()
                .orElse("");
    }

    @Override
    public void close() {
        kill();
    }
}
