package io.chaosrunner.ui;

import static java.util.concurrent.TimeUnit.SECONDS;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.WebSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** One page of a browser without a window, spoken to by the protocol of its developer tools. */
final class Chromium implements AutoCloseable {
    private static final String LISTENS = "DevTools listening on ws://127.0.0.1:";

    /** Its first start on a machine that is busy. */
    private static final Duration LONGEST = Duration.ofSeconds(60);

    private final Process process;
    private final Path folder;
    private final HttpClient http = HttpClient.newHttpClient();
    private final WebSocket socket;
    private final AtomicInteger calls = new AtomicInteger();
    private final Map<Integer, CompletableFuture<JsonNode>> answers = new ConcurrentHashMap<>();
    private final List<String> events = new CopyOnWriteArrayList<>();

    /** Return the program; empty if this machine has none. */
    static Optional<Path> program() {
        return Stream.of(System.getenv().getOrDefault("PATH", "").split(":", -1))
                .filter(folder -> !folder.isEmpty())
                .map(folder -> Path.of(folder, "chromium"))
                .filter(Files::isExecutable)
                .findFirst();
    }

    Chromium(Path program) throws IOException {
        folder = Files.createTempDirectory("chromium");
        process =
                new ProcessBuilder(
                                program.toString(),
                                "--headless",
                                // It shows pages of ours only, and where it is root has no other
                                // way.
                                "--no-sandbox",
                                "--disable-gpu",
                                "--disable-dev-shm-usage",
                                "--no-first-run",
                                "--hide-scrollbars",
                                "--remote-debugging-port=0",
                                "--user-data-dir=" + folder,
                                "about:blank")
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                        .start();
        int port = port(process.errorReader());
        socket =
                http.newWebSocketBuilder()
                        .buildAsync(page(port), new Heard())
                        .orTimeout(LONGEST.toSeconds(), SECONDS)
                        .join();
        call("Page.enable", "{}");
    }

    private static int port(BufferedReader said) throws IOException {
        String line = said.readLine();
        while (line != null && !line.startsWith(LISTENS)) {
            line = said.readLine();
        }
        if (line == null) {
            throw new IOException("chromium ended before it listened");
        }
        // What it says from now on is not to block it.
        var _ = Thread.ofVirtual().start(() -> said.lines().forEach(each -> {}));
        return Integer.parseInt(line.substring(LISTENS.length()).split("/", 2)[0]);
    }

    private URI page(int port) throws IOException {
        try {
            String pages =
                    http.send(
                                    HttpRequest.newBuilder(
                                                    URI.create(
                                                            "http://127.0.0.1:%d/json/list"
                                                                    .formatted(port)))
                                            .timeout(LONGEST)
                                            .build(),
                                    BodyHandlers.ofString())
                            .body();
            return JsonMapper.shared()
                    .readTree(pages)
                    .valueStream()
                    .filter(each -> each.path("type").asString("").equals("page"))
                    .map(each -> URI.create(each.path("webSocketDebuggerUrl").asString("")))
                    .findFirst()
                    .orElseThrow(() -> new IOException("chromium has no page: " + pages));
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
    }

    private final class Heard implements WebSocket.Listener {
        private final StringBuilder text = new StringBuilder();

        @Override
        public CompletionStage<?> onText(WebSocket socket, CharSequence part, boolean last) {
            text.append(part);
            if (last) {
                JsonNode said = JsonMapper.shared().readTree(text.toString());
                text.setLength(0);
                CompletableFuture<JsonNode> asked = answers.remove(said.path("id").asInt(-1));
                if (asked == null) {
                    events.add(said.path("method").asString(""));
                } else {
                    asked.complete(said);
                }
            }
            socket.request(1);
            return CompletableFuture.completedFuture(null);
        }

        @Override
        public void onError(WebSocket socket, Throwable why) {
            answers.values().forEach(each -> each.completeExceptionally(why));
        }
    }

    /** Call a method of the protocol, and return its result. */
    JsonNode call(String method, String parameters) {
        int id = calls.incrementAndGet();
        var answer = new CompletableFuture<JsonNode>();
        answers.put(id, answer);
        ObjectNode call =
                JsonMapper.shared().createObjectNode().put("id", id).put("method", method);
        call.set("params", JsonMapper.shared().readTree(parameters));
        socket.sendText(call.toString(), true).join();
        JsonNode said = answer.orTimeout(LONGEST.toSeconds(), SECONDS).join();
        if (said.has("error")) {
            throw new IllegalStateException(method + ": " + said.path("error"));
        }
        return said.path("result");
    }

    private static String quoted(String text) {
        return JsonMapper.shared().writeValueAsString(text);
    }

    /** Open an address, and wait until its page is there. */
    void open(String url) {
        call("Page.navigate", "{\"url\": %s}".formatted(quoted(url)));
        eval(
                "new Promise(done => document.readyState === 'complete' ? done(1) : addEventListener('load', () => done(1)))");
    }

    /** Return what an expression is in the page, a promise once it is kept. */
    JsonNode eval(String expression) {
        JsonNode said =
                call(
                        "Runtime.evaluate",
                        "{\"expression\": %s, \"awaitPromise\": true, \"returnByValue\": true}"
                                .formatted(quoted(expression)));
        if (said.has("exceptionDetails")) {
            throw new IllegalStateException(expression + ": " + said.path("exceptionDetails"));
        }
        return said.path("result").path("value");
    }

    /** Return the text that the page shows. */
    String text() {
        return eval("document.body ? document.body.innerText : ''").asString("");
    }

    /** Tell how often something of the page asked a person something, as alert does. */
    long dialogs() {
        return events.stream().filter("Page.javascriptDialogOpening"::equals).count();
    }

    /** Look at the page in another width, and in the dark or not. */
    void look(int width, boolean dark) {
        call(
                "Emulation.setDeviceMetricsOverride",
                "{\"width\": %d, \"height\": 900, \"deviceScaleFactor\": 1, \"mobile\": %b}"
                        .formatted(width, width < 600));
        call(
                "Emulation.setEmulatedMedia",
                "{\"features\": [{\"name\": \"prefers-color-scheme\", \"value\": \"%s\"}]}"
                        .formatted(dark ? "dark" : "light"));
    }

    @Override
    public void close() {
        socket.abort();
        http.shutdownNow();
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
        try {
            process.waitFor();
            try (Stream<Path> all = Files.walk(folder)) {
                all.sorted(Comparator.reverseOrder()).forEach(each -> each.toFile().delete());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
