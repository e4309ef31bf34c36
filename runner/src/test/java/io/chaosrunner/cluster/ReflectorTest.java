package io.chaosrunner.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.chaosrunner.cluster.Cluster.Listener;
import io.chaosrunner.cluster.Cluster.Listing;
import io.chaosrunner.cluster.Cluster.Pace;
import io.chaosrunner.cluster.Cluster.Selection;
import io.chaosrunner.cluster.ScriptedServer.Answer;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** What a following makes of an API server, or of a proxy before it, that is not at its best. */
class ReflectorTest {
    private static final Selection NAMED = new Selection.Named("x");
    private static final Selection ALL = new Selection.Labelled("");
    private static final Duration SOON = Duration.ofMillis(10);
    private static final Duration NEVER = Duration.ofHours(1);

    /** Of whoever goes on asking for what is forbidden. */
    private static final Selection INSISTING = new Selection.Labelled("insisting");

    private static final Answer FORBIDDEN = Answer.refusal(403, "Forbidden");
    private static final Answer TOO_OLD = Answer.refusal(410, "Expired");

    private static String pod(String name, int version) {
        return """
        {"metadata": {"name": "%s", "uid": "uid-%s", "resourceVersion": "%d"}}\
        """
                .formatted(name, name, version)
                .strip();
    }

    private static ObjectNode json(String object) {
        return (ObjectNode) JsonMapper.shared().readTree(object);
    }

    private static Answer object(int version) {
        return Answer.of(200, pod("x", version));
    }

    private static Answer list(int version, String... pods) {
        return Answer.of(
                200,
                "{\"metadata\": {\"resourceVersion\": \"%d\"}, \"items\": [%s]}"
                        .formatted(version, Arrays.stream(pods).collect(Collectors.joining(","))));
    }

    private static String event(String type, String object) {
        return "{\"type\": \"%s\", \"object\": %s}".formatted(type, object);
    }

    /** Follows what a scripted server says, and keeps what is heard as words. */
    private static final class Follower implements Listener, AutoCloseable {
        final ScriptedServer server;
        final Fabric8Cluster cluster;
        final Reflector reflector;
        final List<String> heard = new CopyOnWriteArrayList<>();
        final List<ObjectNode> gone = new CopyOnWriteArrayList<>();
        final Selection selection;

        Follower(Selection selection, Duration pollEvery, Duration refusal, Answer... script) {
            this(selection, Listing.NONE, Pace.every(pollEvery), refusal, script);
        }

        Follower(
                Selection selection, Listing known, Pace pace, Duration refusal, Answer... script) {
            server = new ScriptedServer(script);
            this.selection = selection;
            cluster = Fabric8Cluster.connect(server.url());
            reflector =
                    new Reflector(
                            cluster,
                            Resource.PODS,
                            "n",
                            selection,
                            known,
                            pace,
                            this,
                            new Reflector.Pauses(NEVER, NEVER, refusal, SOON, SOON));
            reflector.start();
        }

        @Override
        public void present(ObjectNode object) {
            heard.add(words("", object));
        }

        @Override
        public void gone(ObjectNode object) {
            gone.add(object);
            heard.add(words("gone ", object));
        }

        @Override
        public void unavailable(ClusterException why) {
            heard.add("unavailable");
        }

        @Override
        public boolean asksAgain() {
            return selection.equals(INSISTING);
        }

        @Override
        public void troubled(String bug) {
            heard.add(bug.replaceFirst(" failed .*", " failed"));
        }

        @Override
        public void failing(ClusterException why) {
            heard.add("failing");
        }

        @Override
        public void goesOn() {
            heard.add("goes on");
        }

        @Override
        public void polling(ClusterException why) {
            heard.add("polling");
        }

        private static String words(String what, ObjectNode object) {
            var metadata = object.path("metadata");
            return what
                    + metadata.path("name").asString()
                    + metadata.path("resourceVersion").asString()
                    + (metadata.has("managedFields") ? " with managedFields" : "");
        }

        void untilHeard(String... words) {
            until(() -> assertThat(heard).containsExactly(words));
        }

        void untilRequested(String... requests) {
            until(() -> assertThat(server.requests()).containsExactly(requests));
        }

        void untilOver() {
            until(() -> assertThat(reflector.thread.isAlive()).isFalse());
        }

        private static void until(org.awaitility.core.ThrowingRunnable holds) {
            await().atMost(Duration.ofMinutes(2)).pollInterval(SOON).untilAsserted(holds);
        }

        @Override
        public void close() {
            reflector.close();
            untilOver();
            cluster.close();
            server.close();
        }
    }

    @Test
    void whoManagesWhichFieldIsLeftOut() {
        Answer list = list(1, managed("x", 1));
        Answer watch = Answer.watch(event("MODIFIED", managed("x", 2)));
        try (var follower = new Follower(ALL, NEVER, NEVER, list, watch)) {
            follower.untilHeard("x1", "x2");
        }
        try (var follower = new Follower(NAMED, NEVER, NEVER, Answer.of(200, managed("x", 1)))) {
            follower.untilHeard("x1");
        }
    }

    @Test
    void whatWentUnseenIsToldByWhatTellsItApart() {
        String pod =
                """
                {"metadata": {"name": "x", "namespace": "n", "uid": "uid-x", "resourceVersion": "1",
                  "labels": {"a": "b"}, "ownerReferences": [{"name": "job"}], "annotations": {"c": "d"}},
                 "spec": {"containers": []}, "status": {"phase": "Running"}}
                """;
        String told =
                """
                {"metadata": {"name": "x", "namespace": "n", "uid": "uid-x", "resourceVersion": "1",
                  "labels": {"a": "b"}, "ownerReferences": [{"name": "job"}]}}
                """;
        try (var follower = new Follower(ALL, NEVER, NEVER, list(1, pod), TOO_OLD, list(2))) {
            follower.untilHeard("x1", "gone x1");
            assertThat(follower.gone).containsExactly(ObjectReader.read(told, 0).object());
        }
    }

    private static String managed(String name, int version) {
        return pod(name, version)
                .replace(
                        "\"uid\"",
                        "\"managedFields\": [{\"manager\": \"m\", \"fieldsV1\": {\"f:spec\": {}}}], \"uid\"");
    }

    @Test
    void anObjectThatIsTooOldToWatchFromIsListedForAYoungerVersion() {
        try (var follower =
                new Follower(
                        NAMED,
                        NEVER,
                        NEVER,
                        object(5),
                        TOO_OLD,
                        list(900, pod("x", 5)),
                        Answer.watch(event("MODIFIED", pod("x", 901))))) {
            follower.untilHeard("x5", "x901");
            follower.untilRequested("get", "watch 5", "list metadata.name=x", "watch 900");
        }
    }

    @Test
    void whoMayNotListAsksFromThenOn() {
        try (var follower =
                new Follower(
                        NAMED, SOON, NEVER, object(5), TOO_OLD, FORBIDDEN, object(5), object(5),
                        object(6))) {
            follower.untilHeard("x5", "polling", "x6");
            assertThat(follower.server.requests())
                    .startsWith("get", "watch 5", "list metadata.name=x", "get", "get", "get")
                    .filteredOn(request -> request.startsWith("watch"))
                    .hasSize(1);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    1000 | 0    | false | 1000
                    1000 | 200  | false | 800
                    1000 | 200  | true  | 300
                    1000 | 900  | true  | -400
                    1000 | 5000 | false | -4000
                    """)
    void readingsBeginEvenlyAndTwiceAsOftenWhileSomethingIsNew(
            long every, long since, boolean somethingNew, long left) {
        assertThat(
                        Pace.every(Duration.ofMillis(every))
                                .untilNext(Duration.ofMillis(since), somethingNew))
                .hasMillis(left);
    }

    @Test
    void whatIsKnownIsNeitherReadNorToldBeforeItChanges() {
        try (var follower =
                new Follower(
                        ALL,
                        new Listing("5", List.of(json(pod("a", 4)), json(pod("b", 5)))),
                        Pace.every(NEVER),
                        NEVER,
                        Answer.watch(
                                event("MODIFIED", pod("a", 6)), event("DELETED", pod("b", 7))))) {
            follower.untilHeard("a6", "gone b7");
            follower.untilRequested("watch 5");
        }
    }

    @Test
    void aRefusedWatchFromWhatIsKnownCostsOneAttemptAndNoReadingBeforeOneIsDue() {
        var due = new Semaphore(0);
        Pace pace =
                (since, somethingNew) -> due.tryAcquire() ? Duration.ZERO : Duration.ofMinutes(5);
        try (var follower =
                new Follower(
                        ALL,
                        new Listing("5", List.of(json(pod("a", 4)), json(pod("b", 5)))),
                        pace,
                        NEVER,
                        FORBIDDEN,
                        list(8, pod("a", 8)))) {
            follower.untilHeard("polling");
            follower.untilRequested("watch 5");

            due.release();
            follower.reflector.reconsider();

            follower.untilHeard("polling", "a8", "gone b5");
            follower.untilRequested("watch 5", "list");
        }
    }

    @Test
    void watchingBeginsWhenThePaceSaysSo() {
        var mayWatch = new AtomicBoolean();
        Pace pace =
                new Pace() {
                    @Override
                    public boolean mayWatch() {
                        return mayWatch.get();
                    }

                    @Override
                    public Duration untilNext(Duration since, boolean somethingNew) {
                        return NEVER;
                    }
                };
        try (var follower =
                new Follower(
                        NAMED,
                        new Listing("5", List.of(json(pod("x", 5)))),
                        pace,
                        NEVER,
                        Answer.watch(event("MODIFIED", pod("x", 6))))) {
            mayWatch.set(true);
            follower.reflector.reconsider();

            follower.untilHeard("x6");
            follower.untilRequested("watch 5");
        }
    }

    @Test
    void anErrorInAWatchDoesNotRepeatWhatCameBefore() {
        try (var follower =
                new Follower(
                        ALL,
                        NEVER,
                        NEVER,
                        list(1),
                        Answer.watch(
                                event("ADDED", pod("a", 2)),
                                event("BOOKMARK", "{\"metadata\": {\"resourceVersion\": \"7\"}}"),
                                event("ERROR", "{\"code\": 500, \"message\": \"etcd\"}")),
                        Answer.watch(event("MODIFIED", pod("a", 8))))) {
            follower.untilHeard("a2", "a8");
            follower.untilRequested("list", "watch 1", "watch 7");
        }
    }

    @Test
    void aVersionThatBecomesTooOldDuringAWatchIsReadAgain() {
        try (var follower =
                new Follower(
                        ALL,
                        NEVER,
                        NEVER,
                        list(1, pod("a", 1)),
                        Answer.watch(event("ERROR", "{\"code\": 410, \"message\": \"too old\"}")),
                        list(20, pod("b", 9)),
                        Answer.watch())) {
            follower.untilHeard("a1", "b9", "gone a1");
            follower.untilRequested("list", "watch 1", "list", "watch 20");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"type\": \"ADDED\", \"object\": \"a pod\"}",
                "{\"type\": \"ADDED\"}",
                "{\"type\": \"ADDED\", \"object\": {\"meta",
                "[]",
                "<html>502 Bad Gateway</html>"
            })
    void whatIsNoEventIsReadAgain(String line) {
        try (var follower =
                new Follower(
                        ALL,
                        NEVER,
                        NEVER,
                        list(1),
                        Answer.of(200, event("ADDED", pod("a", 2)) + "\n" + line),
                        list(3, pod("a", 2), pod("b", 3)),
                        Answer.watch(event("ADDED", pod("c", 4))))) {
            follower.untilHeard("a2", "b3", "c4");
            follower.untilRequested("list", "watch 1", "list", "watch 3");
        }
    }

    @Test
    void anAnswerThatIsNoListIsAskedForAgain() {
        try (var follower =
                new Follower(
                        ALL,
                        NEVER,
                        NEVER,
                        list(1, "\"a pod\""),
                        list(2, pod("a", 2)),
                        Answer.watch())) {
            follower.untilHeard("a2");
        }
    }

    /** Whatever goes wrong in the thread that follows: nobody else follows these objects. */
    @Test
    void aBugIsSaidAndEverythingIsReadAgain() {
        var faults = new AtomicInteger(1);
        Pace pace =
                new Pace() {
                    @Override
                    public boolean mayWatch() {
                        if (faults.getAndDecrement() > 0) {
                            throw new StackOverflowError("injected");
                        }
                        return true;
                    }

                    @Override
                    public Duration untilNext(Duration since, boolean somethingNew) {
                        return NEVER;
                    }
                };
        try (var follower =
                new Follower(
                        ALL,
                        Listing.NONE,
                        pace,
                        NEVER,
                        list(1, pod("a", 1)),
                        list(2, pod("a", 1), pod("b", 2)),
                        Answer.watch(event("MODIFIED", pod("b", 3))))) {
            follower.untilHeard("a1", "following pods failed", "b2", "b3");
            follower.untilRequested("list", "list", "watch 2");
        }
    }

    @Test
    void aServerThatFailsForAWhileIsToldOfOnceAndOnceMoreWhenItIsOver() {
        Answer unavailable = Answer.refusal(503, "ServiceUnavailable");
        try (var follower =
                new Follower(
                        ALL,
                        NEVER,
                        NEVER,
                        list(1, pod("a", 1)),
                        unavailable,
                        unavailable,
                        unavailable,
                        unavailable,
                        Answer.watch(event("MODIFIED", pod("a", 2))))) {
            follower.untilHeard("a1", "failing", "goes on", "a2");
        }
    }

    @Test
    void aRightThatIsMissingForAWhileIsWaitedFor() {
        try (var follower =
                new Follower(
                        ALL,
                        SOON,
                        NEVER,
                        list(1, pod("a", 1)),
                        FORBIDDEN,
                        FORBIDDEN,
                        FORBIDDEN,
                        list(4, pod("a", 4)))) {
            follower.untilHeard("a1", "polling", "a4");
        }
    }

    @Test
    void aRightThatStaysMissingIsReportedOnce() {
        try (var follower =
                new Follower(
                        ALL,
                        SOON,
                        Duration.ofMillis(50),
                        list(1, pod("a", 1)),
                        FORBIDDEN,
                        FORBIDDEN)) {
            follower.untilHeard("a1", "polling", "unavailable");
            follower.untilOver();
        }
    }

    @Test
    void whoeverInsistsHearsAgainOnceTheRightIsBack() {
        var given = new CountDownLatch(1);
        try (var follower =
                new Follower(
                        INSISTING,
                        SOON,
                        Duration.ZERO,
                        list(1, pod("a", 1)),
                        FORBIDDEN,
                        FORBIDDEN,
                        FORBIDDEN,
                        (exchange, closed) -> {
                            try {
                                given.await();
                            } catch (InterruptedException e) {
                                Thread.currentThread().interrupt();
                            }
                            list(2, pod("a", 2)).give(exchange, closed);
                        })) {
            follower.untilHeard("a1", "polling", "unavailable");
            assertThat(follower.reflector.trouble())
                    .hasValueSatisfying(
                            why -> assertThat(why).contains("nothing is heard of pods"));

            given.countDown();
            follower.untilHeard("a1", "polling", "unavailable", "goes on", "a2");
            assertThat(follower.reflector.trouble()).isEmpty();
        }
    }

    @Test
    void aRightThatNeverWasIsReportedAtOnce() {
        try (var follower = new Follower(ALL, NEVER, NEVER, FORBIDDEN)) {
            follower.untilHeard("unavailable");
            follower.untilOver();
            follower.untilRequested("list");
        }
    }

    @Test
    void aProxyThatEndsEveryWatchAtOnceIsAskedAsSeldomAsWithoutWatching() {
        try (var follower = new Follower(ALL, NEVER, NEVER, list(1), Answer.of(200, ""))) {
            follower.untilRequested("list", "watch 1");
            await().during(Duration.ofMillis(200))
                    .atMost(Duration.ofSeconds(10))
                    .until(() -> follower.server.requests().size() == 2);
        }
    }

    @Test
    void closingEndsAWatchThatSaysNothing() {
        try (var follower = new Follower(ALL, NEVER, NEVER, list(1), Answer.watch())) {
            follower.untilRequested("list", "watch 1");
        }
    }

    @Test
    void closingEndsARequestThatIsNotAnswered() {
        try (var follower = new Follower(ALL, NEVER, NEVER, list(1), Answer.silence())) {
            follower.untilRequested("list", "watch 1");
        }
    }
}
