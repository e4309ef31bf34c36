package io.chaosrunner.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.chaosrunner.cluster.Cluster.Following;
import io.chaosrunner.cluster.Cluster.Listener;
import io.chaosrunner.cluster.Cluster.Listing;
import io.chaosrunner.cluster.Cluster.Pace;
import io.chaosrunner.cluster.Cluster.PatchType;
import io.chaosrunner.cluster.Cluster.Propagation;
import io.chaosrunner.cluster.Cluster.Selection;
import io.chaosrunner.cluster.ClusterException.Kind;
import io.chaosrunner.cluster.ScriptedServer.Answer;
import io.chaosrunner.sandbox.SandboxServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

@Timeout(120)
class SharedClusterTest {
    private static final String NAMESPACE = "default";
    private static final String COMMON = "chaosrunner.io/run";
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final Duration LINGER = Duration.ofMinutes(2);
    private static final Pace NEVER = (since, somethingNew) -> Duration.ofHours(1);
    private static final Pace OFTEN = Pace.every(Duration.ofMillis(20));

    private final List<String> requests = new CopyOnWriteArrayList<>();
    private final SandboxServer server =
            SandboxServer.start(
                    SandboxServer.Options.DEFAULT
                            .withoutKubelet()
                            .withObserver(
                                    each -> requests.add(each.verb() + " " + each.resource())));
    private final Fabric8Cluster direct = Fabric8Cluster.connect(server.url());
    private final SharedCluster cluster = new SharedCluster(direct, COMMON, LINGER);

    @AfterEach
    void close() {
        cluster.close();
        server.close();
    }

    // ---- One watch for all ---------------------------------------------------------------------

    @Test
    void allRunsOfANamespaceHaveOneWatchForAKind() {
        List<Heard> runs =
                IntStream.range(0, 20).mapToObj(i -> follow("run-" + i, Listing.NONE)).toList();
        runs.forEach(run -> await().atMost(LIMIT).until(() -> run.watches));

        IntStream.range(0, 20).forEach(i -> pod("pod-" + i, "run-" + i));

        for (int i = 0; i < 20; i++) {
            Heard run = runs.get(i);
            await().atMost(LIMIT).until(() -> !run.words.isEmpty());
            assertThat(run.words).containsExactly("pod-" + i);
        }
        assertThat(requests.stream().filter("watch pods"::equals)).hasSize(1);
        assertThat(follow("run-0", Listing.NONE).trouble()).isEmpty();
    }

    @Test
    void aRunThatKnowsWhatThereIsCostsNoRequest() {
        Heard first = follow("one", Listing.NONE);
        await().atMost(LIMIT).until(() -> first.watches);
        Listing nothing = direct.listing(Resource.PODS, NAMESPACE, COMMON + "=two");
        int before = requests.size();

        Heard second = follow("two", nothing);
        await().atMost(LIMIT).until(() -> second.watches);

        assertThat(requests).hasSize(before);
        pod("pod", "two");
        await().atMost(LIMIT).until(() -> !second.words.isEmpty());
        assertThat(second.words).containsExactly("pod");
        assertThat(first.words).isEmpty();
    }

    @Test
    void aWatchGoesOnForAWhileWhenNobodyTakesPart() {
        Heard first = follow("one", Listing.NONE);
        await().atMost(LIMIT).until(() -> first.watches);
        first.following.close();

        Heard next = follow("one", Listing.NONE);

        await().atMost(LIMIT).until(() -> next.watches);
        assertThat(watchesOf("pods")).isEqualTo(1);
    }

    @Test
    void aWatchEndsThenAndBeginsAnewWithTheNextRun() {
        var brief = new SharedCluster(direct, COMMON, Duration.ZERO);
        Heard first = begin(brief, new Heard("one"), Listing.NONE, NEVER);
        Heard second = begin(brief, new Heard("two"), Listing.NONE, NEVER);
        await().atMost(LIMIT).until(() -> first.watches && second.watches);
        assertThat(watchesOf("pods")).isEqualTo(1);
        first.following.close();
        second.following.close();

        Heard next = begin(brief, new Heard("one"), Listing.NONE, NEVER);

        await().atMost(LIMIT).until(() -> next.watches);
        assertThat(watchesOf("pods")).isEqualTo(2);
        pod("pod", "one");
        await().atMost(LIMIT).until(() -> !next.words.isEmpty());
        assertThat(first.words).isEmpty();
    }

    @Test
    void whoOverhearsOthersCostsNoRequestAndHearsWhatChanges() {
        pod("before", "two");
        Heard others = follow("one", Listing.NONE);
        await().atMost(LIMIT).until(() -> others.watches);
        int before = requests.size();

        Heard run = overhear("two");
        await().atMost(LIMIT).until(() -> run.watches);

        assertThat(requests).hasSize(before);
        pod("pod", "two");
        await().atMost(LIMIT).until(() -> !run.words.isEmpty());
        assertThat(run.words).containsExactly("pod");
    }

    @Test
    void whoOverhearsIsLeftAloneWhereWatchingIsForbidden() {
        server.forbid("watch", "pods");
        Heard run = overhear("two");
        var three = new Selection.Labelled(COMMON + "=three");
        await().atMost(LIMIT)
                .until(() ->
                        cluster.overhear(Resource.PODS, NAMESPACE, three, new Heard("three"))
                                .isEmpty());
        Heard reads = follow("one", Listing.NONE, OFTEN);
        await().atMost(LIMIT).until(() -> reads.polls);

        pod("pod", "two");
        pod("mark", "one");

        await().atMost(LIMIT).until(() -> reads.words.contains("mark"));
        assertThat(run.words).isEmpty();
        assertThat(run.watches || run.polls).isFalse();
        assertThat(direct.overhear(Resource.PODS, NAMESPACE, three, new Heard("three"))).isEmpty();
    }

    @Test
    void whoGoesAloneWhileItIsToldOfAWatchHearsThatItHasEnded() {
        var selection = new Selection.Labelled(COMMON + "=one");
        var all = new SharedFollowing(Optional.empty(), LINGER);
        var ends = new AtomicInteger();
        SharedPart part =
                SharedPart.overhearing(
                        direct,
                        Resource.PODS,
                        NAMESPACE,
                        selection,
                        Wanted.of(NAMESPACE, selection).orElseThrow(),
                        new Heard("one") {
                            @Override
                            public void watching() {
                                all.watchEnded();
                                all.polling(new ClusterException(Kind.FORBIDDEN, "watch pods"));
                            }

                            @Override
                            public void watchEnded() {
                                ends.incrementAndGet();
                            }
                        });
        all.join(part);
        part.start();

        all.watching();

        await().atMost(LIMIT).until(() -> ends.get() == 1);
    }

    // ---- What a run hears that comes to others' watch ------------------------------------------

    @Test
    void whatChangedSinceARunLookedIsTold() {
        pod("old", "two");
        Heard others = follow("one", Listing.NONE);
        Listing earlier = direct.listing(Resource.PODS, NAMESPACE, COMMON + "=two");
        pod("new", "two");
        pod("mark", "one");
        await().atMost(LIMIT).until(() -> others.words.contains("mark"));

        Heard run = follow("two", earlier);

        await().atMost(LIMIT).until(() -> run.watches);
        assertThat(run.words).containsExactly("new");
    }

    @Test
    void whatWentSinceARunLookedIsToldAndNothingThatWentBefore() {
        pod("before", "two");
        pod("after", "two");
        Heard others = follow("one", Listing.NONE);
        await().atMost(LIMIT).until(() -> others.watches);
        delete("before");
        Listing earlier = direct.listing(Resource.PODS, NAMESPACE, COMMON + "=two");
        delete("after");
        pod("mark", "one");
        await().atMost(LIMIT).until(() -> others.words.contains("mark"));

        Heard run = follow("two", earlier);

        await().atMost(LIMIT).until(() -> run.watches);
        pod("next", "two");
        await().atMost(LIMIT).until(() -> run.words.contains("next"));
        assertThat(run.words).containsExactly("gone after", "next");
    }

    /** Its label was taken away and given back, and it was read before the first was heard. */
    @Test
    void anObjectThatWentBeforeItWasReadIsThere() {
        pod("pod", "two");
        Listing now = direct.listing(Resource.PODS, NAMESPACE, COMMON + "=two");
        ObjectNode earlier = now.items().getFirst().deepCopy();
        String version = earlier.at("/metadata/resourceVersion").asString();
        earlier.withObject("/metadata").put("resourceVersion", "" + (Long.parseLong(version) - 1));
        var heard = new Heard("two");
        var selection = new Cluster.Selection.Labelled(COMMON + "=two");
        var part =
                new SharedPart(
                        direct,
                        Resource.PODS,
                        NAMESPACE,
                        selection,
                        Wanted.of(NAMESPACE, selection).orElseThrow(),
                        now,
                        NEVER,
                        heard);
        part.takesPart(new SharedFollowing(Optional.of(heard), Duration.ZERO), true);
        part.gone(earlier, true);
        part.joins(now.items(), List.of());
        part.watches();
        part.start();

        await().atMost(LIMIT).until(() -> heard.watches);
        part.close();
        assertThat(heard.words).isEmpty();
    }

    @Test
    void aRunThatKnowsNothingReadsWhatThereIsOnce() {
        pod("mine", "two");
        Heard others = follow("one", Listing.NONE);
        await().atMost(LIMIT).until(() -> others.watches);
        delete("mine");
        pod("again", "two");

        Heard run = follow("two", Listing.NONE);

        await().atMost(LIMIT).until(() -> run.watches);
        pod("mark", "two");
        await().atMost(LIMIT).until(() -> run.words.contains("mark"));
        assertThat(run.words).containsExactly("again", "mark");
        assertThat(watchesOf("pods")).isEqualTo(1);
    }

    @Test
    void anObjectWhoseLabelsAreTakenAwayIsGone() {
        pod("pod", "one");
        Heard run = follow("one", Listing.NONE);
        await().atMost(LIMIT).until(() -> run.words.contains("pod"));

        label("pod", "two");

        await().atMost(LIMIT).until(() -> run.words.size() == 2);
        assertThat(run.words).containsExactly("pod", "gone pod");
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void whatIsToldAddsUpToWhatThereIs(long seed) {
        var random = new Random(seed);
        List<Heard> runs = new ArrayList<>();
        for (int step = 0; step < 150; step++) {
            String name = "pod-" + random.nextInt(8);
            String run = "run-" + random.nextInt(3);
            switch (random.nextInt(8)) {
                case 0, 1 -> podUnlessThere(name, run);
                case 2 -> delete(name);
                case 3 -> label(name, run);
                case 4 -> change(name, step);
                case 5 ->
                        runs.add(
                                follow(
                                        run,
                                        direct.listing(
                                                Resource.PODS, NAMESPACE, COMMON + "=" + run)));
                case 6 -> runs.add(follow(run, Listing.NONE));
                default -> {
                    if (!runs.isEmpty() && random.nextInt(3) == 0) {
                        runs.remove(random.nextInt(runs.size())).following.close();
                    }
                }
            }
        }
        for (int i = 0; i < 3; i++) {
            pod("last-" + i, "run-" + i);
        }

        for (Heard run : runs) {
            Map<String, String> there = versions(run.run);
            await().atMost(LIMIT).untilAsserted(() -> assertThat(run.there).isEqualTo(there));
            assertThat(run.stale).isEmpty();
        }
        assertThat(watchesOf("pods")).isLessThanOrEqualTo(runs.size());
    }

    // ---- One object, of which others hear as well
    // ------------------------------------------------

    @Test
    void whoFollowsOneObjectSharesAWatchOfAll() {
        configMap("mine");
        Heard all = lead(json -> {});
        await().atMost(LIMIT).until(() -> all.watches && all.words.contains("mine"));
        ObjectNode mine = direct.get(Resource.CONFIG_MAPS, NAMESPACE, "mine").orElseThrow();
        int before = requests.size();
        Heard one = new Heard("");
        one.following =
                cluster.follow(
                        Resource.CONFIG_MAPS,
                        NAMESPACE,
                        new Selection.Named("mine"),
                        new Listing(version(mine), List.of(mine)),
                        NEVER,
                        one);
        await().atMost(LIMIT).until(() -> one.watches);
        assertThat(requests).hasSize(before);

        configMap("other");
        annotate("mine", "1");

        await().atMost(LIMIT).until(() -> one.words.size() == 1);
        assertThat(one.words).containsExactly("mine");
        assertThat(one.last.at("/data/key").asString("")).isEqualTo("value");
        assertThat(watchesOf("configmaps")).isEqualTo(1);
    }

    @Test
    void whatNobodyWantsIsNotKeptAndWhoComesLaterReadsIt() {
        configMap("mine");
        ObjectNode earlier = direct.get(Resource.CONFIG_MAPS, NAMESPACE, "mine").orElseThrow();
        annotate("mine", "1");
        Heard all = lead(json -> json.remove("data"));
        await().atMost(LIMIT).until(() -> all.words.contains("mine"));
        assertThat(all.last.has("data")).isFalse();

        Heard one = new Heard("");
        one.following =
                cluster.follow(
                        Resource.CONFIG_MAPS,
                        NAMESPACE,
                        new Selection.Named("mine"),
                        new Listing(version(earlier), List.of(earlier)),
                        NEVER,
                        one);

        await().atMost(LIMIT).until(() -> one.words.contains("mine"));
        assertThat(one.last.at("/data/key").asString("")).isEqualTo("value");
    }

    @Test
    void whoFollowsOneObjectGoesOnWhenTheOneWhoFollowedAllEnds() {
        configMap("mine");
        Heard all = lead(json -> {});
        await().atMost(LIMIT).until(() -> all.watches);
        Heard one = new Heard("");
        one.following =
                cluster.follow(
                        Resource.CONFIG_MAPS,
                        NAMESPACE,
                        new Selection.Named("mine"),
                        Listing.NONE,
                        NEVER,
                        one);
        await().atMost(LIMIT).until(() -> one.watches);

        all.following.close();
        annotate("mine", "2");

        await().atMost(LIMIT).until(() -> one.words.size() == 2);
        assertThat(all.words).containsExactly("mine");
    }

    // ---- Where it does not work
    // ------------------------------------------------------------------

    @Test
    void whereWatchingIsForbiddenEachReadsAlone() {
        server.forbid("watch", "pods");
        Heard one = follow("one", Listing.NONE, OFTEN);
        Heard two = follow("two", Listing.NONE, OFTEN);
        await().atMost(LIMIT).until(() -> one.polls && two.polls);

        pod("pod", "two");

        await().atMost(LIMIT).until(() -> two.words.contains("pod"));
        delete("pod");
        await().atMost(LIMIT).until(() -> two.words.contains("gone pod"));
        assertThat(one.words).isEmpty();
        assertThat(one.watches || two.watches).isFalse();
    }

    @Test
    void whereReadingIsForbiddenTooEachIsTold() {
        server.forbid("watch", "pods");
        server.forbid("list", "pods");

        Heard one = follow("one", Listing.NONE, OFTEN);
        Heard two = follow("two", Listing.NONE, OFTEN);

        await().atMost(LIMIT).until(() -> one.unavailable && two.unavailable);
    }

    @Test
    void whenTheServerIsAwayEachIsTold() {
        Heard one = follow("one", Listing.NONE);
        Heard two = follow("two", Listing.NONE);
        await().atMost(LIMIT).until(() -> one.watches && two.watches);

        server.close();

        await().atMost(LIMIT).until(() -> one.fails && two.fails);
        assertThat(one.following.trouble()).isPresent();
        Heard late = follow("three", new Listing("1", List.of()));
        await().atMost(LIMIT).until(() -> late.fails);
    }

    @Test
    void aWatchThatEndsAtOnceIsOpenedAgainAndOneThatIsTooOldMissesNothing() {
        String mine =
                "{\"metadata\": {\"name\": \"%s\", \"namespace\": \"default\", \"uid\": \"%s\","
                        + " \"resourceVersion\": \"%d\", \"labels\": {\"%s\": \"%s\"}}}";
        String first = mine.formatted("first", "a", 3, COMMON, "one");
        String other = mine.formatted("other", "b", 7, COMMON, "two");
        String list = "{\"metadata\": {\"resourceVersion\": \"%d\"}, \"items\": [%s]}";
        String tooOld =
                "{\"type\": \"ERROR\", \"object\": {\"kind\": \"Status\", \"code\": 410}}\n";
        try (var scripted =
                        new ScriptedServer(
                                Answer.of(200, list.formatted(5, first)),
                                Answer.of(200, ""),
                                Answer.of(200, tooOld),
                                Answer.of(200, list.formatted(8, other)),
                                Answer.watch());
                var shared =
                        new SharedCluster(Fabric8Cluster.connect(scripted.url()), COMMON, LINGER)) {
            Heard one = begin(shared, new Heard("one"), Listing.NONE, NEVER);
            await().atMost(LIMIT).until(() -> one.watches);
            Heard two = begin(shared, new Heard("two"), new Listing("5", List.of()), NEVER);

            await().atMost(LIMIT).until(() -> !two.words.isEmpty() && one.words.size() == 2);

            assertThat(one.words).containsExactly("first", "gone first");
            assertThat(two.words).containsExactly("other");
            assertThat(scripted.requests())
                    .containsExactly(
                            "list " + COMMON, "watch 5", "watch 5", "list " + COMMON, "watch 8");
        }
    }

    @Test
    void whoComesWhileTheWatchIsCutIsToldOfTheNextOneOnceItIsThere() {
        String list = "{\"metadata\": {\"resourceVersion\": \"%d\"}, \"items\": [%s]}";
        String pod =
                "{\"metadata\": {\"name\": \"pod\", \"namespace\": \"default\", \"uid\": \"a\", \"resourceVersion\": \"3\", \"labels\": {\"%s\": \"two\"}}}"
                        .formatted(COMMON);
        var reopens = new CountDownLatch(1);
        Answer late =
                (exchange, closed) -> {
                    try {
                        reopens.await();
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                    Answer.watch(
                                    "{\"type\": \"ADDED\", \"object\": %s}"
                                            .formatted(
                                                    pod.replace("\"a\"", "\"b\"")
                                                            .replace("\"3\"", "\"9\"")))
                            .give(exchange, closed);
                };
        try (var scripted =
                        new ScriptedServer(
                                Answer.of(200, list.formatted(5, pod)),
                                Answer.of(200, ""),
                                late,
                                Answer.of(200, list.formatted(5, pod)));
                var shared =
                        new SharedCluster(Fabric8Cluster.connect(scripted.url()), COMMON, LINGER)) {
            var one = new Counting("one");
            begin(shared, one, Listing.NONE, NEVER);
            await().atMost(LIMIT).until(() -> scripted.requests().size() == 3 && one.ends == 1);

            var two = new Counting("two");
            begin(shared, two, Listing.NONE, NEVER);
            await().atMost(LIMIT).until(() -> two.words.size() == 1);
            assertThat(two.told).isZero();
            reopens.countDown();

            await().atMost(LIMIT).until(() -> two.words.size() == 2);
            assertThat(two.told).isEqualTo(1);
            assertThat(one.told).isEqualTo(2);
        }
    }

    @Test
    void aSlowRunHoldsUpNoOther() {
        var goOn = new CountDownLatch(1);
        Heard slow = new Heard("one");
        slow.heed =
                () -> {
                    try {
                        goOn.await();
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                };
        begin(slow, Listing.NONE, NEVER);
        Heard quick = follow("two", Listing.NONE);
        await().atMost(LIMIT).until(() -> quick.watches);
        pod("slow", "one");
        for (int i = 0; i < 50; i++) {
            change("slow", i);
        }

        pod("quick", "two");

        await().atMost(LIMIT).until(() -> quick.words.contains("quick"));
        goOn.countDown();
        await().atMost(LIMIT)
                .until(() -> slow.last.at("/metadata/annotations/n").asString("").equals("49"));
        // What came meanwhile is told once.
        assertThat(slow.words.size()).isLessThan(40);
    }

    @Test
    void aRunThatCannotTakeAnObjectHurtsNoOther() {
        Heard fails = new Heard("one");
        fails.heed =
                () -> {
                    throw new IllegalStateException("cannot be taken");
                };
        begin(fails, Listing.NONE, NEVER);
        Heard goesOn = follow("two", Listing.NONE);
        await().atMost(LIMIT).until(() -> goesOn.watches);
        pod("bad", "one");
        await().atMost(LIMIT).until(() -> fails.troubles > 0);

        pod("good", "two");

        await().atMost(LIMIT).until(() -> goesOn.words.contains("good"));
        assertThat(goesOn.troubles).isZero();
    }

    // ---- What is there -------------------------------------------------------------------------

    private int watchesOf(String resource) {
        return (int) requests.stream().filter(("watch " + resource)::equals).count();
    }

    private Heard overhear(String run) {
        var heard = new Heard(run);
        heard.following =
                cluster.overhear(
                                Resource.PODS,
                                NAMESPACE,
                                new Selection.Labelled(COMMON + "=" + run),
                                heard)
                        .orElseThrow();
        return heard;
    }

    private Heard follow(String run, Listing known) {
        return follow(run, known, NEVER);
    }

    private Heard follow(String run, Listing known, Pace pace) {
        return begin(new Heard(run), known, pace);
    }

    private Heard begin(Heard heard, Listing known, Pace pace) {
        return begin(cluster, heard, known, pace);
    }

    private static Heard begin(Cluster by, Heard heard, Listing known, Pace pace) {
        known.items().forEach(each -> heard.there.put(name(each), version(each)));
        heard.following =
                by.follow(
                        Resource.PODS,
                        NAMESPACE,
                        new Selection.Labelled(COMMON + "=" + heard.run),
                        known,
                        pace,
                        heard);
        return heard;
    }

    private Heard lead(Consumer<ObjectNode> reduce) {
        Heard all =
                new Heard("") {
                    @Override
                    public ObjectNode kept(ObjectNode object) {
                        ObjectNode less = object.deepCopy();
                        reduce.accept(less);
                        return less;
                    }
                };
        all.following =
                cluster.follow(
                        Resource.CONFIG_MAPS,
                        NAMESPACE,
                        new Selection.Labelled(""),
                        Listing.NONE,
                        NEVER,
                        all);
        return all;
    }

    private Map<String, String> versions(String run) {
        Map<String, String> versions = new HashMap<>();
        direct.list(Resource.PODS, NAMESPACE, COMMON + "=" + run)
                .forEach(each -> versions.put(name(each), version(each)));
        return versions;
    }

    private void pod(String name, String run) {
        direct.create(
                Resource.PODS,
                NAMESPACE,
                json(
                        """
                        {"apiVersion": "v1", "kind": "Pod",
                         "metadata": {"name": "%s", "labels": {"%s": "%s"}},
                         "spec": {"containers": [{"name": "c", "image": "i"}]}}
                        """
                                .formatted(name, COMMON, run)));
    }

    private void podUnlessThere(String name, String run) {
        if (direct.get(Resource.PODS, NAMESPACE, name).isEmpty()) {
            pod(name, run);
        }
    }

    private void delete(String name) {
        direct.get(Resource.PODS, NAMESPACE, name)
                .ifPresent(pod ->
                        direct.delete(
                                Resource.PODS,
                                NAMESPACE,
                                name,
                                pod.at("/metadata/uid").asString(),
                                Propagation.BACKGROUND));
    }

    private void label(String name, String run) {
        patch(name, "{\"metadata\": {\"labels\": {\"%s\": \"%s\"}}}".formatted(COMMON, run));
    }

    private void change(String name, int n) {
        patch(name, "{\"metadata\": {\"annotations\": {\"n\": \"%d\"}}}".formatted(n));
    }

    private void patch(String name, String patch) {
        if (direct.get(Resource.PODS, NAMESPACE, name).isPresent()) {
            direct.patch(Resource.PODS, NAMESPACE, name, PatchType.MERGE, json(patch));
        }
    }

    private void configMap(String name) {
        direct.create(
                Resource.CONFIG_MAPS,
                NAMESPACE,
                json(
                        """
                        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "%s"},
                         "data": {"key": "value"}}
                        """
                                .formatted(name)));
    }

    private void annotate(String name, String n) {
        direct.patch(
                Resource.CONFIG_MAPS,
                NAMESPACE,
                name,
                PatchType.MERGE,
                json("{\"metadata\": {\"annotations\": {\"n\": \"%s\"}}}".formatted(n)));
    }

    private static ObjectNode json(String text) {
        return (ObjectNode) JsonMapper.shared().readTree(text);
    }

    private static String name(ObjectNode object) {
        return object.at("/metadata/name").asString("");
    }

    private static String version(ObjectNode object) {
        return object.at("/metadata/resourceVersion").asString("");
    }

    /** Counts how often it is told that a watch is open, and has ended. */
    private static final class Counting extends Heard {
        volatile int told;
        volatile int ends;

        Counting(String run) {
            super(run);
        }

        @Override
        public void watching() {
            super.watching();
            told++;
        }

        @Override
        public void watchEnded() {
            ends++;
        }
    }

    /** Keeps what is heard, and what that adds up to. */
    private static class Heard implements Listener {
        final String run;
        final List<String> words = new CopyOnWriteArrayList<>();
        final Map<String, String> there = new ConcurrentHashMap<>();

        /** What was told of a version older than one that was told before. */
        final List<String> stale = new CopyOnWriteArrayList<>();

        Following following = () -> {};
        Runnable heed = () -> {};
        volatile ObjectNode last = json("{}");
        volatile boolean watches;
        volatile boolean fails;
        volatile boolean polls;
        volatile boolean unavailable;
        volatile int troubles;

        Heard(String run) {
            this.run = run;
        }

        Optional<String> trouble() {
            return following.trouble();
        }

        @Override
        public void present(ObjectNode object) {
            heed.run();
            words.add(name(object));
            last = object;
            String before = there.put(name(object), version(object));
            if (before != null && Long.parseLong(before) >= Long.parseLong(version(object))) {
                stale.add("%s %s after %s".formatted(name(object), version(object), before));
            }
        }

        @Override
        public void gone(ObjectNode object) {
            heed.run();
            words.add("gone " + name(object));
            String before = there.remove(name(object));
            if (before != null && Long.parseLong(before) > Long.parseLong(version(object))) {
                // It is another one of that name that has gone.
                there.put(name(object), before);
            }
        }

        @Override
        public void failing(ClusterException why) {
            fails = true;
        }

        @Override
        public void watching() {
            watches = true;
        }

        @Override
        public void polling(ClusterException why) {
            polls = true;
        }

        @Override
        public void unavailable(ClusterException why) {
            unavailable = true;
        }

        @Override
        public void troubled(String bug) {
            troubles++;
        }
    }
}
