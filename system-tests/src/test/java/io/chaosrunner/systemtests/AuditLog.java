package io.chaosrunner.systemtests;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Read from the API server's own audit log what the service accounts of a namespace asked for. */
final class AuditLog {
    private static final Pattern VERB = Pattern.compile("\"verb\":\"([a-z]+)\"");
    private static final Pattern RESOURCE = Pattern.compile("\"resource\":\"([a-z]+)\"");
    private static final Pattern RECEIVED =
            Pattern.compile("\"requestReceivedTimestamp\":\"([^\"]+)\"");
    private static final Pattern STAGE_AT = Pattern.compile("\"stageTimestamp\":\"([^\"]+)\"");
    private static final String BEGUN = "\"stage\":\"ResponseStarted\"";

    private final Path file;
    private final String account;

    AuditLog(ControlPlane audited, TestNamespace namespace) {
        file = audited.auditLog();
        account = "\"username\":\"system:serviceaccount:" + namespace.name() + ":";
    }

    /** One request; a watch counts from when it was opened. */
    record Request(String verb, String resource, Instant received) {
        boolean isWrite() {
            return List.of("patch", "update").contains(verb);
        }
    }

    /** Return all requests, in no order. */
    List<Request> requests() throws IOException {
        return lines().stream()
                .filter(line -> line.contains(BEGUN) == isWatch(line))
                .map(line ->
                        new Request(
                                first(VERB, line),
                                first(RESOURCE, line),
                                Instant.parse(first(RECEIVED, line))))
                .toList();
    }

    /** Count requests by verb and resource. */
    Map<String, Integer> calls(Predicate<Request> which) throws IOException {
        var result = new TreeMap<String, Integer>();
        for (Request each : requests()) {
            if (which.test(each)) {
                result.merge(each.verb() + " " + each.resource(), 1, Integer::sum);
            }
        }
        return result;
    }

    /** Return the most watches that were open at once, by resource, of those that had begun. */
    Map<String, Integer> mostWatches() throws IOException {
        record Change(Instant at, int by, String resource) {}
        var changes = new ArrayList<Change>();
        for (String line : lines()) {
            if (isWatch(line)) {
                changes.add(
                        new Change(
                                Instant.parse(first(STAGE_AT, line)),
                                line.contains(BEGUN) ? 1 : -1,
                                first(RESOURCE, line)));
            }
        }
        changes.sort((one, other) -> one.at().compareTo(other.at()));
        var open = new TreeMap<String, Integer>();
        var most = new TreeMap<String, Integer>();
        for (Change change : changes) {
            int now = open.merge(change.resource(), change.by(), Integer::sum);
            most.merge(change.resource(), now, Math::max);
        }
        return most;
    }

    private List<String> lines() throws IOException {
        try (var all = Files.lines(file)) {
            return all.filter(line -> line.contains(account)).toList();
        }
    }

    private static boolean isWatch(String line) {
        return line.contains("\"verb\":\"watch\"");
    }

    private static String first(Pattern pattern, String line) {
        Matcher matcher = pattern.matcher(line);
        return matcher.find() ? matcher.group(1) : "";
    }
}
