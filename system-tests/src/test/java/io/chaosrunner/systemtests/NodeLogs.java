package io.chaosrunner.systemtests;

import com.sun.net.httpserver.HttpExchange;
import io.fabric8.kubernetes.api.model.NodeAddressBuilder;
import io.fabric8.kubernetes.api.model.NodeDaemonEndpointsBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * The logs of a node's pods, as a kubelet gives them to the API server; for {@link FakeKubelet},
 * whose containers say nothing by themselves.
 */
final class NodeLogs implements AutoCloseable {
    private final LoopbackHttps server;
    private final Map<String, List<Line>> lines = new HashMap<>();
    private final Set<String> ended = new HashSet<>();
    private final List<String> requests = new CopyOnWriteArrayList<>();
    private int cuts;

    private record Line(Instant at, String text) {}

    private NodeLogs(Path folder) {
        server = LoopbackHttps.start(folder, this::answer);
    }

    /** Serve the logs of a node's pods; the API server is told where. */
    static NodeLogs of(TestNamespace namespace) {
        var logs = new NodeLogs(namespace.folder("logs"));
        KubernetesClient admin = namespace.admin();
        admin.nodes()
                .withName("node-of-" + namespace.name())
                .editStatus(node -> {
                    node.getStatus()
                            .setAddresses(
                                    List.of(
                                            new NodeAddressBuilder()
                                                    .withType("InternalIP")
                                                    .withAddress("127.0.0.1")
                                                    .build()));
                    node.getStatus()
                            .setDaemonEndpoints(
                                    new NodeDaemonEndpointsBuilder()
                                            .withNewKubeletEndpoint(logs.server.port())
                                            .build());
                    return node;
                });
        return logs;
    }

    /** Let a pod's container say a line. */
    synchronized void say(String pod, String line) {
        lines.computeIfAbsent(pod, unused -> new ArrayList<>()).add(new Line(Instant.now(), line));
        notifyAll();
    }

    /** End the streams of a pod that has ended. */
    synchronized void end(String pod) {
        ended.add(pod);
        notifyAll();
    }

    /** End every stream that is open, as proxies and kubelets do; the containers go on. */
    synchronized void cut() {
        cuts++;
        notifyAll();
    }

    /** Return what was asked for, path and query. */
    List<String> requests() {
        return List.copyOf(requests);
    }

    private void answer(HttpExchange exchange) throws IOException {
        String query = String.valueOf(exchange.getRequestURI().getRawQuery());
        requests.add(exchange.getRequestURI().toString());
        // /containerLogs/NAMESPACE/POD/CONTAINER
        String pod = exchange.getRequestURI().getPath().split("/")[3];
        Instant since = Instant.EPOCH;
        for (String parameter : query.split("&")) {
            if (parameter.startsWith("sinceTime=")) {
                since =
                        Instant.parse(
                                URLDecoder.decode(
                                        parameter.substring("sinceTime=".length()),
                                        StandardCharsets.UTF_8));
            }
        }
        boolean follow = query.contains("follow=true");
        exchange.getResponseHeaders().set("Content-Type", "text/plain");
        try (exchange) {
            write(exchange, pod, since, follow);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** As with a kubelet, even the headers come with the first line. */
    private void write(HttpExchange exchange, String pod, Instant since, boolean follow)
            throws IOException, InterruptedException {
        int next = 0;
        int cutsBefore;
        synchronized (this) {
            cutsBefore = cuts;
        }
        OutputStream out = null;
        while (true) {
            List<Line> more;
            boolean isLast;
            synchronized (this) {
                List<Line> all = lines.getOrDefault(pod, List.of());
                isLast = !follow || ended.contains(pod) || cuts > cutsBefore;
                if (all.size() == next && !isLast) {
                    wait();
                    continue;
                }
                more = List.copyOf(all.subList(next, all.size()));
                next = all.size();
            }
            if (out == null) {
                exchange.sendResponseHeaders(200, 0);
                out = exchange.getResponseBody();
            }
            for (Line line : more) {
                // In the kubelet, too, it counts to the second.
                if (line.at().getEpochSecond() >= since.getEpochSecond()) {
                    out.write(
                            (line.at() + " " + line.text() + "\n")
                                    .getBytes(StandardCharsets.UTF_8));
                }
            }
            out.flush();
            if (isLast) {
                return;
            }
        }
    }

    @Override
    public void close() {
        server.close();
    }
}
