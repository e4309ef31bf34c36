package io.chaosrunner.cluster;

import com.google.common.base.Throwables;
import io.chaosrunner.cluster.Access.Header;
import io.chaosrunner.cluster.Access.Trust;
import io.chaosrunner.cluster.ClusterException.Kind;
import io.chaosrunner.cluster.Credentials.ClientKey;
import io.chaosrunner.model.ForeignText;
import java.io.File;
import java.io.OutputStream;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * A kubeconfig as kubectl reads it, and what is wrong if it cannot be used.
 *
 * <p>docs/kubeconfig.md has every field. What kubectl refuses is refused; where it would guess an
 * address or go on without credentials that are named, this is refused, too: chaos would run in
 * another cluster, or by another account, than the one meant.
 */
final class Kubeconfig {
    private static final String EXEC_EXTENSION = "client.authentication.k8s.io/exec";
    private static final String FLAGS_OF_TOKENS = "!#$&'*+-.^_`|~";

    private static final int LONGEST_PROBLEM = 500;
    private static final Duration READ_AGAIN = Duration.ofSeconds(10);

    private final Map<String, String> variables;
    private final OutputStream errors;

    /** The first that is named wins, as a whole. */
    private final Map<String, Entry> clusters = new LinkedHashMap<>();

    private final Map<String, Entry> users = new LinkedHashMap<>();
    private final Map<String, Entry> contexts = new LinkedHashMap<>();
    private Optional<String> current = Optional.empty();
    private boolean said;

    /** What stands under a name, and in the files of which folder. */
    private record Entry(Tree tree, Path folder) {
        Optional<Path> file(String name) {
            return tree.text(name).map(path -> folder.resolve(path).normalize());
        }
    }

    private Kubeconfig(Map<String, String> variables, OutputStream errors) {
        this.variables = variables;
        this.errors = errors;
    }

    /**
     * Find out how the API server is reached.
     *
     * @param variables the environment
     * @param file the one file that counts; empty means those of {@code KUBECONFIG}, else the one
     *     in the home folder, else what a pod has
     * @param context one of its contexts; empty means its current one
     * @param errors where exec plug-ins speak to the person
     * @throws ClusterException of kind {@link Kind#UNCONFIGURED} with what is wrong
     */
    static Access read(
            Map<String, String> variables,
            Optional<Path> file,
            Optional<String> context,
            OutputStream errors) {
        return read(
                variables, file, new Choice(context, Optional.empty(), Optional.empty()), errors);
    }

    /**
     * What a person chooses among what kubeconfigs hold; each empty means what the context says.
     *
     * @param context one of its contexts; empty means its current one
     */
    record Choice(Optional<String> context, Optional<String> cluster, Optional<String> user) {}

    /** Find out the same, for a person who chooses. */
    static Access read(
            Map<String, String> variables,
            Optional<Path> file,
            Choice choice,
            OutputStream errors) {
        if (file.isPresent() && !Files.isReadable(file.get())) {
            throw unconfigured(
                    "cannot read kubeconfig "
                            + file.get()
                            + "; name an existing file with --kubeconfig");
        }
        List<Path> files = file.map(List::of).orElseGet(() -> files(variables));
        List<Path> found = files.stream().filter(Files::exists).toList();
        var kubeconfig = new Kubeconfig(variables, errors);
        found.forEach(kubeconfig::add);
        String named = String.join(", ", files.stream().map(Path::toString).toList());
        if (!kubeconfig.said) {
            if (file.isPresent()) {
                throw unconfigured(named + " names no context: it is empty");
            }
            return Access.ofPod(variables)
                    .orElseThrow(() ->
                            unconfigured(
                                    "no cluster to talk to: %s says nothing, and this is no pod; name a kubeconfig with --kubeconfig or KUBECONFIG, or use --sandbox"
                                            .formatted(named)));
        }
        return kubeconfig.access(named, choice);
    }

    /** Return the names of all contexts; of files that cannot be read there are none. */
    static List<String> contexts(Map<String, String> variables, Optional<Path> file) {
        var kubeconfig = new Kubeconfig(variables, OutputStream.nullOutputStream());
        file.map(List::of).orElseGet(() -> files(variables)).stream()
                .filter(Files::isReadable)
                .forEach(kubeconfig::add);
        return List.copyOf(kubeconfig.contexts.keySet());
    }

    private static List<Path> files(Map<String, String> variables) {
        String named = variables.getOrDefault("KUBECONFIG", "");
        if (named.isEmpty()) {
            String home = variables.getOrDefault("HOME", "");
            return List.of(
                    Path.of(
                            home.isEmpty() ? System.getProperty("user.home") : home,
                            ".kube",
                            "config"));
        }
        var files = new LinkedHashSet<Path>();
        for (String each : named.split(File.pathSeparator)) {
            if (!each.isEmpty()) {
                files.add(Path.of(each));
            }
        }
        return List.copyOf(files);
    }

    private void add(Path file) {
        if (!Files.isRegularFile(file.toAbsolutePath()) && Files.isDirectory(file)) {
            throw unconfigured(file + " is no kubeconfig: it is a folder");
        }
        try {
            Tree tree = Tree.parse(Pem.text(file), "it");
            if (tree.isEmpty()) {
                return;
            }
            said = true;
            if (!tree.text("apiVersion").orElse("v1").equals("v1")
                    || !tree.text("kind").orElse("Config").equals("Config")) {
                throw unconfigured("it is not of apiVersion v1 and kind Config");
            }
            Path folder =
                    Optional.ofNullable(file.toAbsolutePath().getParent()).orElse(Path.of("/"));
            add(tree, "clusters", "cluster", folder, clusters);
            add(tree, "users", "user", folder, users);
            add(tree, "contexts", "context", folder, contexts);
            current = current.or(() -> tree.text("current-context"));
        } catch (ClusterException e) {
            throw new ClusterException(
                    Kind.UNCONFIGURED, file + " is no kubeconfig: " + e.getMessage(), e);
        }
    }

    private static void add(
            Tree tree, String list, String kind, Path folder, Map<String, Entry> all) {
        var here = new LinkedHashMap<String, Entry>();
        for (Tree each : tree.maps(list)) {
            String name = each.text("name").orElse("");
            Tree content = each.map(kind).orElseGet(Tree::empty);
            if (here.put(name, new Entry(content, folder)) != null) {
                throw unconfigured("%s has two of the name '%s'".formatted(list, name));
            }
        }
        here.forEach(all::putIfAbsent);
    }

    private Access access(String named, Choice choice) {
        if (contexts.isEmpty() && choice.cluster().isEmpty()) {
            throw unconfigured(named + " names no context: it is no kubeconfig");
        }
        Optional<String> name = choice.context().or(() -> current);
        if (name.isEmpty() && choice.cluster().isEmpty()) {
            throw unconfigured(
                    "%s has no current-context; name one with --context: %s"
                            .formatted(named, String.join(", ", contexts.keySet())));
        }
        Entry context = name.map(contexts::get).orElse(null);
        if (name.isPresent() && context == null) {
            throw unconfigured(
                    "the kubeconfig has no context '%s'%s; it has %s"
                            .formatted(
                                    name.get(),
                                    choice.context().isPresent() ? "" : ", its current-context",
                                    String.join(", ", contexts.keySet())));
        }
        Tree said = context == null ? Tree.empty() : context.tree();
        String clusterName =
                choice.cluster()
                        .or(() -> said.text("cluster"))
                        .orElseThrow(() ->
                                unconfigured(
                                        "context '%s' names no cluster"
                                                .formatted(name.orElse(""))));
        Entry cluster =
                choice.cluster().isPresent()
                        ? chosen(clusters, "cluster", clusterName)
                        : referred(clusters, "cluster", clusterName, name.orElse(""));
        Optional<String> userName = choice.user().or(() -> said.text("user"));
        Optional<Entry> user =
                userName.map(each ->
                        choice.user().isPresent()
                                ? chosen(users, "user", each)
                                : referred(users, "user", each, name.orElse("")));

        String server =
                address(
                        cluster.tree()
                                .text("server")
                                .orElseThrow(() ->
                                        unconfigured(
                                                "cluster '%s' names no server"
                                                        .formatted(clusterName))),
                        clusterName);
        Trust trust = trust(cluster, clusterName, server);
        Optional<Proxy> given =
                cluster.tree().text("proxy-url").map(url -> Proxy.ofKubeconfig(url, clusterName));
        Credentials credentials = Credentials.NONE;
        List<Header> actingAs = List.of();
        if (user.isPresent()) {
            String label = userName.orElseThrow();
            Credentials found =
                    credentials(user.get(), label, server, () -> info(cluster, trust, given));
            // Secrets are not sent for all to read, as with kubectl.
            credentials = Access.isEncrypted(server) ? found : Credentials.NONE;
            actingAs = actingAs(user.get().tree(), label);
        }
        return new Access(
                server,
                said.text("namespace"),
                trust,
                given.or(() -> ProxyRules.of(variables).proxyFor(server)),
                credentials,
                actingAs);
    }

    private static Entry chosen(Map<String, Entry> entries, String kind, String name) {
        Entry entry = entries.get(name);
        if (entry == null) {
            throw unconfigured(
                    "the kubeconfig has no %s '%s'; it has %s"
                            .formatted(kind, name, String.join(", ", entries.keySet())));
        }
        return entry;
    }

    private static Entry referred(
            Map<String, Entry> entries, String kind, String name, String context) {
        Entry entry = entries.get(name);
        if (entry == null) {
            throw unconfigured(
                    "context '%s' names the %s '%s', which the kubeconfig does not have"
                            .formatted(context, kind, name));
        }
        return entry;
    }

    private static String address(String server, String cluster) {
        String url = server.contains("://") ? server : "http://" + server;
        try {
            URI uri = URI.create(url).parseServerAuthority();
            if (uri.getHost() != null
                    && uri.getUserInfo() == null
                    && (Access.isEncrypted(url)
                            || url.toLowerCase(Locale.ROOT).startsWith("http://"))) {
                String path = uri.getRawPath() == null ? "" : uri.getRawPath();
                return Access.withoutSlash(
                        uri.getScheme().toLowerCase(Locale.ROOT)
                                + "://"
                                + uri.getRawAuthority()
                                + path);
            }
        } catch (IllegalArgumentException | URISyntaxException notAnAddress) {
            // Said below.
        }
        throw unconfigured(
                "the server of cluster '%s' cannot be used: it must be http:// or https:// and a host"
                        .formatted(cluster));
    }

    private static Trust trust(Entry cluster, String name, String server) {
        boolean anybody = cluster.tree().flag("insecure-skip-tls-verify");
        Optional<byte[]> authorities =
                data(cluster, "certificate-authority", "cluster '%s', %s,".formatted(name, server));
        if (anybody && authorities.isPresent()) {
            throw unconfigured(
                    "cluster '%s' has both a certificate-authority and insecure-skip-tls-verify"
                            .formatted(name));
        }
        return new Trust(authorities, anybody, cluster.tree().text("tls-server-name"));
    }

    /** Return what stands in a file, or after it with -data in the kubeconfig itself. */
    private static Optional<byte[]> data(Entry entry, String name, String whose) {
        Optional<String> inline = entry.tree().text(name + "-data");
        Optional<Path> file = entry.file(name);
        if (inline.isPresent() && file.isPresent()) {
            throw unconfigured("%s has both %s and %s-data".formatted(whose, name, name));
        }
        try {
            return file.map(Pem::bytes)
                    .or(() ->
                            inline.map(text ->
                                    Base64.getDecoder().decode(text.replaceAll("[\r\n]", ""))));
        } catch (IllegalArgumentException e) {
            throw unconfigured(
                    "%s-data of %s cannot be used: it must be PEM in base64"
                            .formatted(name, whose));
        } catch (ClusterException e) {
            throw unconfigured(
                    "%s of %s cannot be used: %s".formatted(name, whose, e.getMessage()));
        }
    }

    private static Credentials tokenFile(String whose, Path file, Optional<String> token) {
        try {
            return new TokenFile(file, token);
        } catch (ClusterException e) {
            throw new ClusterException(e.kind(), whose + ", tokenFile: " + e.getMessage(), e);
        }
    }

    private Credentials credentials(
            Entry user, String name, String server, Supplier<ObjectNode> info) {
        String whose = "user '" + name + "'";
        Tree tree = user.tree();
        if (tree.has("auth-provider")) {
            throw unconfigured(
                    "%s has an auth-provider, which is not supported; use the exec plug-in that replaced it"
                            .formatted(whose));
        }
        Optional<String> token = tree.text("token");
        Optional<Path> tokenFile = user.file("tokenFile");
        Optional<String> login = tree.text("username").or(() -> tree.text("password").map(_ -> ""));
        if (login.isPresent() && (token.isPresent() || tokenFile.isPresent())) {
            throw unconfigured(
                    whose + " has both a token and a name and password; only one is allowed");
        }
        Optional<Credentials> certificate = certificate(user, whose, server);
        Optional<Credentials> header =
                tokenFile
                        .map(file -> tokenFile(whose, file, token))
                        .or(() -> token.map(Credentials::ofToken))
                        .or(() ->
                                login.map(each ->
                                        Credentials.ofPassword(
                                                each, tree.text("password").orElse(""))));
        Optional<Tree> exec = tree.map("exec");
        Optional<Credentials> plugin = exec.map(each -> plugin(each, user, name, info));
        if (header.isPresent() && certificate.isPresent()) {
            return new Both(header.get(), certificate.get());
        }
        // A plug-in is not asked for what there is.
        return header.or(() -> certificate).or(() -> plugin).orElse(Credentials.NONE);
    }

    /** A header from one, a certificate from the other. */
    private record Both(Credentials header, Credentials certificate) implements Credentials {
        @Override
        public Optional<String> authorization() {
            return header.authorization();
        }

        @Override
        public Optional<ClientKey> clientKey() {
            return certificate.clientKey();
        }

        @Override
        public boolean renew(Optional<String> refused) {
            return header.renew(refused) | certificate.renew(refused);
        }
    }

    private static Optional<Credentials> certificate(Entry user, String whose, String server) {
        Tree tree = user.tree();
        if (!tree.has("client-certificate") && !tree.has("client-certificate-data")) {
            return Optional.empty();
        }
        // Read once to see that they are there; files are read again for each connection.
        try {
            if (data(user, "client-certificate", whose).isEmpty()) {
                return Optional.empty();
            }
            if (data(user, "client-key", whose).isEmpty()) {
                throw unconfigured(whose + " has a client-certificate, but no client-key");
            }
        } catch (ClusterException e) {
            throw unconfigured(
                    "the client certificate or key for %s cannot be used: %s"
                            .formatted(server, e.getMessage()));
        }
        return Optional.of(new CertificateFiles(user, whose));
    }

    /** A certificate of the kubeconfig; one in files may be renewed there. */
    private static final class CertificateFiles implements Credentials {
        private final Entry user;
        private final String whose;
        private ClientKey used;
        private long read;

        CertificateFiles(Entry user, String whose) {
            this.user = user;
            this.whose = whose;
            used = read();
        }

        private ClientKey read() {
            read = System.nanoTime();
            return new ClientKey(text("client-certificate"), text("client-key"));
        }

        private String text(String name) {
            return new String(data(user, name, whose).orElseThrow(), StandardCharsets.UTF_8);
        }

        @Override
        public synchronized Optional<ClientKey> clientKey() {
            if (System.nanoTime() - read > READ_AGAIN.toNanos()) {
                try {
                    used = read();
                } catch (ClusterException e) {
                    // Being written, maybe.
                }
            }
            return Optional.of(used);
        }

        @Override
        public synchronized boolean renew(Optional<String> refused) {
            ClientKey before = used;
            read -= READ_AGAIN.toNanos();
            return !clientKey().equals(Optional.of(before));
        }
    }

    private Credentials plugin(Tree exec, Entry user, String name, Supplier<ObjectNode> info) {
        String whose = "the exec plug-in of user '" + name + "'";
        String command =
                exec.text("command").orElseThrow(() -> unconfigured(whose + " has no command"));
        String version =
                exec.text("apiVersion")
                        .orElseThrow(() -> unconfigured(whose + " has no apiVersion"));
        var added = new LinkedHashMap<String, String>();
        for (Tree each : exec.maps("env")) {
            String variable = each.text("name").orElse("");
            if (variable.isEmpty() || variable.contains("=")) {
                throw unconfigured(whose + " has an env entry without a name that can be used");
            }
            added.put(variable, each.text("value").orElse(""));
        }
        ExecPlugin.Mode mode =
                switch (exec.text("interactiveMode").orElse("")) {
                    case "Never" -> ExecPlugin.Mode.NEVER;
                    case "IfAvailable" -> ExecPlugin.Mode.IF_AVAILABLE;
                    case "Always" -> ExecPlugin.Mode.ALWAYS;
                    case "" -> {
                        if (!version.endsWith("/v1beta1")) {
                            throw unconfigured(
                                    whose
                                            + " has no interactiveMode: it must be Never, IfAvailable or Always");
                        }
                        yield ExecPlugin.Mode.IF_AVAILABLE;
                    }
                    default ->
                            throw unconfigured(
                                    "interactiveMode of %s must be Never, IfAvailable or Always"
                                            .formatted(whose));
                };
        return new ExecPlugin(
                new ExecPlugin.Settings(
                        name,
                        // A name alone is looked for in PATH.
                        command.contains(File.separator)
                                ? user.folder().resolve(command).normalize().toString()
                                : command,
                        exec.texts("args"),
                        added,
                        version,
                        mode,
                        exec.text("installHint"),
                        exec.flag("provideClusterInfo")
                                ? Optional.of(info.get())
                                : Optional.empty(),
                        variables),
                errors,
                Clock.systemUTC());
    }

    private static ObjectNode info(Entry cluster, Trust trust, Optional<Proxy> proxy) {
        ObjectNode info = JsonMapper.shared().createObjectNode();
        cluster.tree().text("server").ifPresent(server -> info.put("server", server));
        trust.name().ifPresent(name -> info.put("tls-server-name", name));
        if (trust.anybody()) {
            info.put("insecure-skip-tls-verify", true);
        }
        trust.authorities().ifPresent(pem -> info.put("certificate-authority-data", pem));
        if (proxy.isPresent()) {
            info.put("proxy-url", cluster.tree().text("proxy-url").orElseThrow());
        }
        if (cluster.tree().flag("disable-compression")) {
            info.put("disable-compression", true);
        }
        info.putNull("config");
        for (Tree extension : cluster.tree().maps("extensions")) {
            if (extension.text("name").orElse("").equals(EXEC_EXTENSION)) {
                info.set("config", extension.json("extension"));
            }
        }
        return info;
    }

    private static List<Header> actingAs(Tree user, String name) {
        var headers = new ArrayList<Header>();
        Optional<String> as = user.text("as");
        Optional<String> uid = user.text("as-uid");
        List<String> groups = user.texts("as-groups");
        Map<String, List<String>> extra = user.textsByName("as-user-extra");
        if (as.isEmpty()) {
            if (uid.isPresent() || !groups.isEmpty() || !extra.isEmpty()) {
                throw unconfigured(
                        "user '%s' has as-uid, as-groups or as-user-extra, but not as"
                                .formatted(name));
            }
            return headers;
        }
        headers.add(new Header("Impersonate-User", value(as.get(), "as")));
        uid.ifPresent(each -> headers.add(new Header("Impersonate-Uid", value(each, "as-uid"))));
        groups.forEach(
                group -> headers.add(new Header("Impersonate-Group", value(group, "as-groups"))));
        extra.forEach((key, values) ->
                values.forEach(each ->
                        headers.add(
                                new Header(
                                        "Impersonate-Extra-" + escaped(key),
                                        value(each, "as-user-extra")))));
        return headers;
    }

    /** Return the bytes of a text in UTF-8 as characters: how headers are sent. */
    private static String value(String text, String name) {
        if (text.chars().anyMatch(each -> each < ' ' && each != '\t' || each == 0x7f)) {
            throw unconfigured(name + " holds a character that no HTTP header can");
        }
        return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
    }

    /** Write what is no letter of a header's name as RFC 3986 has it. */
    private static String escaped(String key) {
        var escaped = new StringBuilder();
        for (byte each : key.getBytes(StandardCharsets.UTF_8)) {
            boolean plain =
                    each >= '0' && each <= '9'
                            || each >= 'a' && each <= 'z'
                            || each >= 'A' && each <= 'Z'
                            || FLAGS_OF_TOKENS.indexOf(each) >= 0;
            if (plain) {
                escaped.append((char) each);
            } else {
                escaped.append("%%%02X".formatted(each));
            }
        }
        return escaped.toString();
    }

    private static ClusterException unconfigured(String message) {
        return new ClusterException(Kind.UNCONFIGURED, message);
    }

    /** Return what was wrong, from whatever the library made of it. */
    static String words(Throwable problem) {
        Throwable root = Throwables.getRootCause(problem);
        String message = root.getMessage();
        return root.getClass().getSimpleName() + (message == null ? "" : ": " + oneLine(message));
    }

    private static String oneLine(String text) {
        return ForeignText.oneLine(text, LONGEST_PROBLEM);
    }
}
