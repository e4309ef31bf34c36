package io.chaosrunner.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.chaosrunner.sandbox.SandboxServer;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.api.parallel.Resources;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The command that serves the live page, in a process of its own where it goes on. */
@Timeout(180)
@ResourceLock(Resources.SYSTEM_OUT)
@ResourceLock(Resources.SYSTEM_ERR)
class UiCommandTest {
    private static final String ENGINE =
            """
            apiVersion: litmuschaos.io/v1alpha1
            kind: ChaosEngine
            metadata: {name: nginx}
            spec:
              engineState: active
              chaosServiceAccount: default
              experiments:
                - name: pod-delete
                  spec: {components: {experimentAnnotations: {sandbox.chaosrunner.io/scenario: after=20s}}}
            """;

    @TempDir private Path folder;

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "ui --port 65536        | --port must be from 0 to 65535",
                "ui --port -1           | --port must be from 0 to 65535",
                "ui -A -n litmus        | -A and -n contradict each other",
                "run --ui -f engine.yaml | --ui is for --sandbox",
            })
    void refusesWhatContradictsItself(String command, String why) {
        Said said = Said.by(command.split(" "));

        assertThat(said.exitCode()).isEqualTo(ExitCode.INVALID);
        assertThat(said.err()).contains(why);
    }

    @Test
    void namesAPortThatIsTaken() throws IOException {
        try (SandboxServer sandbox = SandboxServer.start();
                ServerSocket taken = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            Said said =
                    Said.by(
                            "ui",
                            "--kubeconfig=" + SandboxKubeconfig.in(folder, sandbox.url()),
                            "--port",
                            Integer.toString(taken.getLocalPort()));

            assertThat(said.exitCode()).isEqualTo(ExitCode.INVALID);
            assertThat(said.err())
                    .contains("cannot listen on port " + taken.getLocalPort())
                    .contains("--port");
        }
    }

    @Test
    void printsOneAddressAndServesItUntilItIsInterrupted() throws Exception {
        try (SandboxServer sandbox = SandboxServer.start()) {
            Process ui =
                    command("ui", "--kubeconfig=" + SandboxKubeconfig.in(folder, sandbox.url()));
            try (BufferedReader out = ui.inputReader(StandardCharsets.UTF_8)) {
                String url = out.readLine();
                assertThat(url)
                        .matches(
                                "http://127\\.0\\.0\\.1:[0-9]+/[0-9a-f]{32}/\\?token=[A-Za-z0-9_-]{43}");
                assertThat(page(url)).contains("<h1>Engines</h1>");
                assertBounded(URI.create(url).getPort());

                interrupt(ui);
                assertThat(ui.waitFor(60, TimeUnit.SECONDS)).isTrue();
                assertThat(ui.exitValue()).isZero();
                assertThat(out.readLine()).isNull();
            } finally {
                ui.destroyForcibly();
            }
        }
    }

    /** The bounds of the JDK's server belong to its process, so they are seen in one of its own. */
    private static void assertBounded(int port) throws Exception {
        try (Socket large = new Socket("127.0.0.1", port)) {
            large.getOutputStream()
                    .write(
                            ("GET / HTTP/1.1\r\nHost: " + "x".repeat(40_000) + "\r\n\r\n")
                                    .getBytes(StandardCharsets.US_ASCII));
            String answer =
                    new String(large.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
            assertThat(answer).doesNotContain("200 OK").doesNotContain(" 403 ");
        } catch (IOException e) {
            // It was hung up on.
        }
        var idle = new ArrayList<Socket>();
        try {
            for (int i = 0; i < 300; i++) {
                idle.add(new Socket("127.0.0.1", port));
            }
            assertThat(isClosed(idle.getLast())).isTrue();
            assertThat(isClosed(idle.getFirst())).isFalse();
        } finally {
            for (Socket each : idle) {
                each.close();
            }
        }
    }

    private static boolean isClosed(Socket socket) throws IOException {
        socket.setSoTimeout(2_000);
        try {
            return socket.getInputStream().read() < 0;
        } catch (SocketTimeoutException e) {
            return false;
        } catch (IOException e) {
            return true;
        }
    }

    @Test
    void aRunInTheSandboxHasAPageBesideIt() throws Exception {
        Path file = Files.writeString(folder.resolve("engine.yaml"), ENGINE);
        Process run = command("run", "--sandbox", "--ui", "--speed", "4", "-f", file.toString());
        try (BufferedReader err = run.errorReader(StandardCharsets.UTF_8)) {
            String line = err.readLine();
            while (line != null && !line.contains("the live page: ")) {
                line = err.readLine();
            }
            assertThat(line).isNotNull();
            String url = line.substring(line.indexOf("http"));

            await().untilAsserted(() ->
                    assertThat(page(url)).contains("<h1>default/nginx</h1>", "▶ running"));
            assertThat(run.waitFor(60, TimeUnit.SECONDS)).isTrue();
            assertThat(run.exitValue()).isZero();
        } finally {
            run.destroyForcibly();
        }
    }

    private static String page(String url) throws Exception {
        URI uri = URI.create(url);
        String token = uri.getQuery().replace("token=", "");
        try (HttpClient client = HttpClient.newHttpClient()) {
            return client.send(
                            HttpRequest.newBuilder(URI.create(url.substring(0, url.indexOf('?'))))
                                    .header("Authorization", "Bearer " + token)
                                    .build(),
                            BodyHandlers.ofString())
                    .body();
        }
    }

    private static void interrupt(Process process) throws Exception {
        new ProcessBuilder("kill", "-INT", Long.toString(process.pid())).start().waitFor();
    }

    private static Process command(String... arguments) throws IOException {
        var line =
                new ArrayList<>(
                        List.of(
                                // A build in the background hands on that Ctrl-C is ignored.
                                "env",
                                "--default-signal=INT",
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "-XX:TieredStopAtLevel=1",
                                "-XX:+UseSerialGC",
                                "-cp",
                                System.getProperty("java.class.path"),
                                "io.chaosrunner.cli.Main"));
        line.addAll(List.of(arguments));
        return new ProcessBuilder(line).start();
    }
}
