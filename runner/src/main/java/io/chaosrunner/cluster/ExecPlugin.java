package io.chaosrunner.cluster;

import io.chaosrunner.cluster.ClusterException.Kind;
import io.chaosrunner.model.TimeWords;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Clock;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * A program of the kubeconfig that says what proves who asks, run as kubectl runs it.
 *
 * <p>It is run when credentials are asked for and there are none, or they have expired, and when
 * the server refuses them. Only its standard output is read, and never shown: it is a secret. What
 * it writes to standard error is the person's.
 */
final class ExecPlugin implements Credentials {
    private static final String GROUP = "client.authentication.k8s.io/";
    private static final Set<String> VERSIONS = Set.of(GROUP + "v1", GROUP + "v1beta1");

    /** A person may have to log in meanwhile. */
    private static final Duration LONGEST_RUN = Duration.ofMinutes(5);

    /** A plug-in that failed is not run for each of the requests that wait for it. */
    private static final Duration AFTER_FAILURE = Duration.ofSeconds(5);

    private static final int LONGEST_ANSWER = 1 << 20;
    private static final int LONGEST_QUOTE = 300;

    private final Settings settings;
    private final OutputStream errors;
    private final Clock clock;
    private @Nullable Given given;
    private @Nullable ClusterException failure;
    private long failed;
    private long renewed;

    /** Tells how a plug-in uses the person's keyboard. */
    enum Mode {
        NEVER,
        IF_AVAILABLE,
        ALWAYS
    }

    /**
     * What a kubeconfig says of it.
     *
     * @param user the name of the kubeconfig's user
     * @param command a path, or a name that is looked for in {@code PATH}
     * @param variables what is added to the environment
     * @param apiVersion of what it is given and gives
     * @param installHint what to do if there is no such program
     * @param cluster what it is told of the cluster, if it asks for it
     * @param environment the environment of this process
     */
    record Settings(
            String user,
            String command,
            List<String> arguments,
            Map<String, String> variables,
            String apiVersion,
            Mode mode,
            Optional<String> installHint,
            Optional<ObjectNode> cluster,
            Map<String, String> environment) {}

    /** What it gave, until when it holds. */
    private record Given(
            Optional<String> authorization, Optional<ClientKey> key, @Nullable Instant expires) {}

    /**
     * @param errors where its standard error goes
     * @throws ClusterException if the version is not known
     */
    ExecPlugin(Settings settings, OutputStream errors, Clock clock) {
        this.settings = settings;
        this.errors = errors;
        this.clock = clock;
        if (!VERSIONS.contains(settings.apiVersion())) {
            throw unconfigured(
                    "the exec plug-in of user '%s' cannot be run: its apiVersion '%s' is none of %sv1 and %sv1beta1"
                            .formatted(settings.user(), settings.apiVersion(), GROUP, GROUP));
        }
    }

    @Override
    public Optional<String> authorization() {
        return current().authorization();
    }

    @Override
    public Optional<ClientKey> clientKey() {
        return current().key();
    }

    @Override
    public synchronized boolean renew(Optional<String> refused) {
        Given before = current();
        if (!before.authorization().equals(refused)) {
            return true;
        }
        if (renewed != 0 && System.nanoTime() - renewed < AFTER_FAILURE.toNanos()) {
            return false;
        }
        renewed = System.nanoTime();
        given = new Given(before.authorization(), before.key(), Instant.MIN);
        Given fresh = current();
        return !fresh.authorization().equals(before.authorization())
                || !fresh.key().equals(before.key());
    }

    /** Whoever asks meanwhile waits: a person shall not be asked twice at once. */
    private synchronized Given current() {
        Given known = given;
        if (known != null
                && (known.expires() == null || clock.instant().isBefore(known.expires()))) {
            return known;
        }
        if (failure != null && System.nanoTime() - failed < AFTER_FAILURE.toNanos()) {
            throw failure;
        }
        try {
            Given fresh = run();
            given = fresh;
            failure = null;
            return fresh;
        } catch (ClusterException e) {
            // What worked may work again; a run goes on as with any refusal.
            failure = known == null ? e : new ClusterException(Kind.FORBIDDEN, words(e), e);
            failed = System.nanoTime();
            throw failure;
        }
    }

    private static String words(ClusterException e) {
        return String.valueOf(e.getMessage());
    }

    private Given run() {
        boolean interactive = isInteractive();
        var builder = new ProcessBuilder();
        builder.command().add(program().toString());
        builder.command().addAll(settings.arguments());
        builder.environment().putAll(settings.variables());
        builder.environment().put("KUBERNETES_EXEC_INFO", info(interactive));
        if (interactive) {
            // It talks with a person, maybe only if it finds a terminal.
            builder.redirectInput(ProcessBuilder.Redirect.INHERIT);
            builder.redirectError(ProcessBuilder.Redirect.INHERIT);
        }
        Process process;
        try {
            process = builder.start();
            process.getOutputStream().close();
        } catch (IOException e) {
            throw unconfigured(named() + " cannot be started: " + Kubeconfig.words(e));
        }
        var said = new Tail();
        CompletableFuture<byte[]> answer = new CompletableFuture<>();
        Thread errorReader = Thread.ofVirtual().start(() -> pass(process.getErrorStream(), said));
        Thread.ofVirtual().start(() -> read(process.getInputStream(), answer));
        try {
            if (!process.waitFor(LONGEST_RUN.toSeconds(), TimeUnit.SECONDS)) {
                throw unconfigured(
                        named() + " did not end within %s".formatted(TimeWords.of(LONGEST_RUN)));
            }
            // What it started and left may hold the pipes open.
            errorReader.join(Duration.ofSeconds(1));
            if (process.exitValue() != 0) {
                throw unconfigured(
                        "%s ended with %d%s".formatted(named(), process.exitValue(), said.quote()));
            }
            return decode(answer.get(LONGEST_RUN.toSeconds(), TimeUnit.SECONDS));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ClusterException(Kind.UNREACHABLE, named() + ": interrupted", e);
        } catch (java.util.concurrent.ExecutionException
                | java.util.concurrent.TimeoutException e) {
            throw unconfigured(named() + " did not say what it gives");
        } finally {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        }
    }

    private static void read(InputStream stream, CompletableFuture<byte[]> answer) {
        try (stream) {
            answer.complete(stream.readNBytes(LONGEST_ANSWER));
            stream.transferTo(OutputStream.nullOutputStream());
        } catch (IOException e) {
            answer.completeExceptionally(e);
        }
    }

    /** Hand on what it says as it says it: a question may not end with a line. */
    private void pass(InputStream stream, Tail said) {
        byte[] buffer = new byte[1 << 10];
        try (stream) {
            for (int length = stream.read(buffer); length >= 0; length = stream.read(buffer)) {
                errors.write(buffer, 0, length);
                errors.flush();
                said.add(buffer, length);
            }
        } catch (IOException e) {
            // It is over.
        }
    }

    private boolean isInteractive() {
        return switch (settings.mode()) {
            case NEVER -> false;
            case IF_AVAILABLE -> isTerminal();
            case ALWAYS -> {
                if (!isTerminal()) {
                    throw unconfigured(
                            named()
                                    + " cannot be run: it has interactiveMode Always, and standard input is not a terminal");
                }
                yield true;
            }
        };
    }

    /** Ask a shell: {@link java.io.Console} speaks of standard output as well. */
    private static boolean isTerminal() {
        try {
            return new ProcessBuilder("sh", "-c", "[ -t 0 ]")
                            .redirectInput(ProcessBuilder.Redirect.INHERIT)
                            .start()
                            .waitFor()
                    == 0;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /** Find the program as Go does, which runs nothing that only the current folder has. */
    private Path program() {
        String command = settings.command();
        if (command.contains(File.separator)) {
            Path path = Path.of(command);
            if (isProgram(path)) {
                return path;
            }
            throw missing(
                    Files.exists(path) ? " is no program that may be run" : " does not exist");
        }
        for (String folder :
                settings.environment().getOrDefault("PATH", "").split(File.pathSeparator)) {
            Path path = Path.of(folder, command);
            if (path.isAbsolute() && isProgram(path)) {
                return path;
            }
        }
        throw missing(" is not in PATH");
    }

    private static boolean isProgram(Path path) {
        return Files.isRegularFile(path) && Files.isExecutable(path);
    }

    private ClusterException missing(String why) {
        return unconfigured(
                named()
                        + why
                        + settings.installHint().map(hint -> ": " + oneLine(hint)).orElse(""));
    }

    private String info(boolean interactive) {
        ObjectNode info = JsonMapper.shared().createObjectNode();
        info.put("kind", "ExecCredential").put("apiVersion", settings.apiVersion());
        ObjectNode spec = info.putObject("spec");
        settings.cluster().ifPresent(cluster -> spec.set("cluster", cluster));
        spec.put("interactive", interactive);
        return info.toString();
    }

    private Given decode(byte[] answer) {
        Tree tree;
        try {
            tree = Tree.parse(new String(answer, StandardCharsets.UTF_8), "what it says");
            String kind = tree.text("kind").orElse("");
            String version = tree.text("apiVersion").orElse("");
            if (!kind.equals("ExecCredential") || !version.equals(settings.apiVersion())) {
                throw unconfigured(
                        "it is configured to give an ExecCredential of %s, and gives %s of %s"
                                .formatted(
                                        settings.apiVersion(),
                                        kind.isEmpty() ? "something" : kind,
                                        version.isEmpty() ? "no version" : version));
            }
            Tree status = tree.map("status").orElseThrow(() -> unconfigured("it gives no status"));
            return given(status);
        } catch (ClusterException | GeneralSecurityException e) {
            throw unconfigured(named() + " gives no credentials: " + e.getMessage());
        }
    }

    private static Given given(Tree status) throws GeneralSecurityException {
        Optional<String> token = status.text("token");
        Optional<String> certificates = status.text("clientCertificateData");
        Optional<String> key = status.text("clientKeyData");
        if (certificates.isPresent() != key.isPresent()) {
            throw unconfigured("it gives only one of certificate and key");
        }
        if (token.isEmpty() && key.isEmpty()) {
            throw unconfigured("it gives neither a token nor a certificate and key");
        }
        Optional<ClientKey> pair = certificates.map(pem -> new ClientKey(pem, key.orElseThrow()));
        if (pair.isPresent()) {
            var unused = Tls.keyStore(pair.get());
        }
        return new Given(
                token.map(text -> Credentials.bearer(text, "its token")),
                pair,
                status.text("expirationTimestamp").map(ExecPlugin::instant).orElse(null));
    }

    private static Instant instant(String text) {
        try {
            return OffsetDateTime.parse(text).toInstant();
        } catch (DateTimeException e) {
            throw unconfigured("its expirationTimestamp is no time such as 2030-01-02T03:04:05Z");
        }
    }

    private String named() {
        return "the exec plug-in %s of user '%s'".formatted(settings.command(), settings.user());
    }

    private static ClusterException unconfigured(String message) {
        return new ClusterException(Kind.UNCONFIGURED, message);
    }

    private static String oneLine(String text) {
        String line =
                text.replaceAll("\u001b\\[[0-9;]*[A-Za-z]", "")
                        .replaceAll("\\p{Cntrl}+", " ")
                        .strip();
        return line.length() <= LONGEST_QUOTE ? line : line.substring(0, LONGEST_QUOTE) + "…";
    }

    /** The last that was said. */
    private static final class Tail {
        private final StringBuilder text = new StringBuilder();

        synchronized void add(byte[] bytes, int length) {
            text.append(new String(bytes, 0, length, StandardCharsets.UTF_8));
            text.delete(0, Math.max(0, text.length() - (1 << 12)));
        }

        synchronized String quote() {
            List<String> lines = text.toString().lines().filter(line -> !line.isBlank()).toList();
            return lines.isEmpty() ? "" : ": " + oneLine(lines.getLast());
        }
    }
}
