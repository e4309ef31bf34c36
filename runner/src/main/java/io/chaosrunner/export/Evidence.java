package io.chaosrunner.export;

import io.chaosrunner.cluster.Cluster;
import io.chaosrunner.cluster.ClusterException;
import io.chaosrunner.cluster.PodLog;
import io.chaosrunner.cluster.Resource;
import io.chaosrunner.export.ReportedRun.Execution;
import io.chaosrunner.export.ReportedRun.Said;
import io.chaosrunner.history.RunRecord;
import io.chaosrunner.job.ExecutionLabels;
import io.chaosrunner.job.LaunchedJob;
import io.chaosrunner.model.ExecutionId;
import io.chaosrunner.model.ForeignText;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What the cluster still has of an execution that did not pass.
 *
 * @param events of its Job, its pod and its helpers, the oldest first; at most {@value
 *     #MOST_EVENTS}, the last ones
 * @param helpers names of the helper pods that are left
 * @param log the last lines of its pod's log; at most {@value #MOST_LINES}
 */
public record Evidence(List<Event> events, List<String> helpers, List<String> log) {
    /** Nothing is known. */
    static final Evidence NONE = new Evidence(List.of(), List.of(), List.of());

    private static final int MOST_EVENTS = 20;
    private static final int MOST_LINES = 20;

    /** Of how many executions it is read; each takes some requests. */
    private static final int MOST_EXECUTIONS = 20;

    private static final Duration LONGEST = Duration.ofSeconds(10);

    public Evidence {
        events = List.copyOf(events);
        helpers = List.copyOf(helpers);
        log = List.copyOf(log);
    }

    /**
     * One event.
     *
     * @param when it was seen last, as it is written
     * @param of kind and name of what it is about
     * @param type Normal or Warning
     * @param count how often it was seen
     */
    public record Event(
            String when, String of, String type, String reason, String message, long count) {}

    /** Where logs come from. */
    public interface Logs {
        /**
         * Open the log of a pod.
         *
         * @throws ClusterException if that is refused, or there is none
         */
        PodLog log(String namespace, String pod, PodLog.Query query);
    }

    /**
     * Read it for those executions of a run that did not pass, so many and so long as is
     * reasonable; what is not read is said.
     */
    public static ReportedRun read(Cluster cluster, Logs logs, ReportedRun run) {
        List<Execution> bad = run.executions().stream().filter(Execution::isBad).toList();
        return bad.isEmpty() || run.record().isEmpty() || run.goesOn()
                ? run
                : new Reader(cluster, logs, run, run.record().get()).read(bad);
    }

    /** Reads it. Used once, by one thread. */
    private static final class Reader {
        private final Cluster cluster;
        private final Logs logs;
        private final ReportedRun run;
        private final RunRecord record;
        private final long end = System.nanoTime() + LONGEST.toNanos();

        /** Each reason once, however many requests it fails. */
        private final Set<String> unread;

        private final Map<ExecutionId, List<ObjectNode>> pods = new HashMap<>();

        private Reader(Cluster cluster, Logs logs, ReportedRun run, RunRecord record) {
            this.cluster = cluster;
            this.logs = logs;
            this.run = run;
            this.record = record;
            unread = new LinkedHashSet<>(run.unread());
        }

        private ReportedRun read(List<Execution> bad) {
            try {
                cluster.list(
                                Resource.PODS,
                                run.engine().namespace(),
                                ExecutionLabels.selectorOfRun(run.engineUid(), record.text("id")))
                        .forEach(pod ->
                                ExecutionLabels.read(pod)
                                        .ifPresent(id ->
                                                pods.computeIfAbsent(id, _ -> new ArrayList<>())
                                                        .add(pod)));
            } catch (ClusterException | IllegalArgumentException e) {
                unread.add(String.valueOf(e.getMessage()));
            }
            Map<Execution, Evidence> found = new HashMap<>();
            for (Execution each : bad.subList(0, Math.min(bad.size(), MOST_EXECUTIONS))) {
                if (System.nanoTime() < end) {
                    found.put(each, of(each));
                }
            }
            if (found.size() < bad.size()) {
                unread.add(
                        "events and logs of %d of the %d experiments that did not pass"
                                .formatted(bad.size() - found.size(), bad.size()));
            }
            return run.with(
                            each -> {
                                Said said = each.said();
                                return new Said(
                                        said.reason(),
                                        said.result(),
                                        said.pod(),
                                        found.getOrDefault(each, NONE));
                            })
                    .lacking(List.copyOf(unread));
        }

        private Evidence of(Execution each) {
            var id =
                    new ExecutionId(
                            run.engineUid(),
                            record.text("id"),
                            each.slot(),
                            each.iteration(),
                            each.lastAttempt());
            var events = new ArrayList<Event>();
            var helpers = new ArrayList<String>();
            var log = new ArrayList<String>();
            for (ObjectNode pod : pods.getOrDefault(id, List.of())) {
                String name = pod.path("metadata").path("name").asString("");
                String uid = pod.path("metadata").path("uid").asString("");
                addEvents(Resource.PODS, name, uid, events);
                Optional<LaunchedJob> job = LaunchedJob.ofPod(pod);
                if (job.isPresent()) {
                    addEvents(Resource.JOBS, job.get().name(), job.get().uid(), events);
                    addLog(name, container(pod, job.get()), log);
                } else {
                    helpers.add(name);
                }
            }
            events.sort(Comparator.comparing(Event::when));
            return new Evidence(
                    events.subList(Math.max(0, events.size() - MOST_EVENTS), events.size()),
                    helpers,
                    log);
        }

        private void addEvents(Resource resource, String name, String uid, List<Event> events) {
            try {
                for (ObjectNode json :
                        cluster.eventsOf(resource, run.engine().namespace(), name, uid)) {
                    events.add(
                            new Event(
                                    when(json),
                                    resource.kind() + " " + name,
                                    json.path("type").asString(""),
                                    json.path("reason").asString(""),
                                    ForeignText.line(json.path("message").asString("")),
                                    Math.max(1, json.path("count").asLong(1))));
                }
            } catch (ClusterException e) {
                unread.add(String.valueOf(e.getMessage()));
            }
        }

        private static String when(JsonNode event) {
            for (String field : List.of("lastTimestamp", "eventTime", "firstTimestamp")) {
                String time = event.path(field).asString("");
                if (!time.isEmpty()) {
                    return time;
                }
            }
            return event.path("metadata").path("creationTimestamp").asString("");
        }

        private static String container(JsonNode pod, LaunchedJob job) {
            List<String> names =
                    pod.path("spec")
                            .path("containers")
                            .valueStream()
                            .map(each -> each.path("name").asString(""))
                            .toList();
            return names.contains(job.name()) || names.isEmpty() ? job.name() : names.getFirst();
        }

        private void addLog(String pod, String container, List<String> lines) {
            var query =
                    new PodLog.Query(
                            container,
                            false,
                            false,
                            OptionalLong.of(MOST_LINES),
                            Optional.empty(),
                            Optional.empty());
            try (PodLog log = logs.log(run.engine().namespace(), pod, query)) {
                Optional<PodLog.Line> line = log.next();
                while (line.isPresent() && lines.size() < MOST_LINES) {
                    lines.add(ForeignText.line(line.get().text()));
                    line = log.next();
                }
            } catch (ClusterException e) {
                unread.add(String.valueOf(e.getMessage()));
            }
        }
    }
}
