package io.chaosrunner.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.chaosrunner.export.ReportedRun.Said;
import java.io.IOException;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;
import org.xml.sax.SAXException;

class HtmlReportTest {
    private static final Set<String> ELEMENTS =
            Set.of(
                    "body", "main", "h1", "h2", "p", "span", "dl", "dt", "dd", "pre", "button",
                    "ol", "ul", "li", "div", "svg", "g", "a", "line", "rect", "text", "title",
                    "label", "input", "details", "summary", "table", "thead", "tr", "th", "td",
                    "tbody", "footer");

    private static String page(ReportedRun run) {
        return HtmlReport.of(List.of(run));
    }

    private static String between(String page, String from, String to) {
        int begin = page.indexOf(from) + from.length();
        return page.substring(begin, page.indexOf(to, begin));
    }

    /** Return what strangers' texts are in, as a tree. */
    private static Element body(String page) {
        String body = "<body" + between(page, "<body", "\n<script>") + "</body>";
        try {
            var factory = DocumentBuilderFactory.newDefaultInstance();
            factory.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
            return factory.newDocumentBuilder()
                    .parse(new InputSource(new StringReader(body)))
                    .getDocumentElement();
        } catch (ParserConfigurationException | SAXException | IOException e) {
            throw new AssertionError(body, e);
        }
    }

    private static List<Element> all(Element body, String name) {
        NodeList found = body.getElementsByTagName(name);
        var elements = new ArrayList<Element>();
        for (int i = 0; i < found.getLength(); i++) {
            elements.add((Element) found.item(i));
        }
        return elements;
    }

    private static List<Element> ofClass(Element body, String name, String kind) {
        return all(body, name).stream()
                .filter(each -> List.of(each.getAttribute("class").split(" ")).contains(kind))
                .toList();
    }

    private static String sha256(String text) throws NoSuchAlgorithmException {
        return Base64.getEncoder()
                .encodeToString(
                        MessageDigest.getInstance("SHA-256")
                                .digest(text.getBytes(StandardCharsets.UTF_8)));
    }

    @Test
    void textsOfStrangersAreNeverMarkup() {
        String page = page(SampleRuns.hostile());
        Element body = body(page);

        assertThat(body.getTextContent()).contains("<script>alert(1)</script>", "a]]><x y=\"'\">");
        for (Element each : all(body, "*")) {
            assertThat(ELEMENTS).contains(each.getTagName());
            for (int i = 0; i < each.getAttributes().getLength(); i++) {
                String name = each.getAttributes().item(i).getNodeName();
                assertThat(name).doesNotStartWith("on").isNotEqualTo("src").isNotEqualTo("style");
                if (name.equals("href")) {
                    assertThat(each.getAttribute(name)).matches("#e\\d+-\\d+-\\d+");
                }
            }
        }
        assertThat(between(page, "<title>", "</title>")).contains("&lt;script").doesNotContain("<");
        assertThat(page.chars()).noneMatch(c -> c < ' ' && c != '\n');
        assertThat(page).doesNotContain("\u202e");
    }

    @Test
    void nothingIsFetchedAndNoOtherScriptRuns() throws NoSuchAlgorithmException {
        String page = page(SampleRuns.run());

        assertThat(page)
                .contains(
                        "default-src 'none'; style-src 'sha256-%s'; script-src 'sha256-%s';"
                                .formatted(
                                        sha256(between(page, "<style>", "</style>")),
                                        sha256(between(page, "<script>", "</script>"))));
        assertThat(page).doesNotContain("src=", "url(", "@import", "http:", "https:");
    }

    @Test
    void thePageTellsWhatCameOfTheRunAndHowToMakeItAgain() {
        Element body = body(page(SampleRuns.run()));

        assertThat(all(body, "h1").getFirst().getTextContent())
                .isEqualTo("Chaos run 12 of litmus/nginx-chaos");
        assertThat(body.getTextContent())
                .contains("✗ did not pass 3 of 5 passed, 1 left out")
                .contains("--set seed=97310338645120")
                .contains("ChaosInject: the target is gone")
                .contains("the page answered 503")
                .contains("kubectl logs -n litmus pod-delete-x1-abc")
                .contains("image example/loss:1 cannot be pulled");
        assertThat(all(body, "details").getFirst().hasAttribute("open"))
                .as("what did not pass comes first, and is open")
                .isTrue();
    }

    @Test
    void theTimelineHasABarForEachAttemptAndALineForWhatWaited() {
        ReportedRun run =
                ReportedRun.of(
                        SampleRuns.ENGINE,
                        SampleRuns.UID,
                        SampleRuns.record(
                                """
                                {'number': 1, 'start': '2026-03-01T10:30:00Z', 'end': '2026-03-01T10:31:40Z', 'endedBy': 'deadline',
                                 'settings': {'deadline': '50s', 'dependencies': {'b': ['not a.failed and c'], 'x': ['b']}},
                                 'experiments': [{'name': 'a', 'verdict': 'Pass'}, {'name': 'b', 'verdict': 'Fail'},
                                  {'name': 'c', 'status': 'Skipped', 'verdict': 'N/A'}],
                                 'launches': [
                                  {'slot': 0, 'iteration': 1, 'attempt': 1, 'start': '2026-03-01T10:30:00Z', 'end': '2026-03-01T10:30:10Z', 'outcome': 'error'},
                                  {'slot': 0, 'iteration': 1, 'attempt': 2, 'start': '2026-03-01T10:30:20Z', 'end': '2026-03-01T10:30:40Z', 'outcome': 'passed'},
                                  {'slot': 1, 'iteration': 1, 'attempt': 1, 'start': '2026-03-01T10:30:50Z', 'end': '2026-03-01T10:31:40Z', 'outcome': 'failed'}],
                                 'skips': [{'slot': 2, 'why': 'nobody drew it'}]}
                                """),
                        List.of());

        Element body = body(page(run));

        assertThat(ofClass(body, "rect", "bar"))
                .extracting(
                        each -> each.getAttribute("class"),
                        each -> each.getAttribute("x"),
                        each -> each.getAttribute("width"))
                .containsExactly(
                        tuple("bar error", "0.00%", "10.00%"),
                        tuple("bar pass", "20.00%", "20.00%"),
                        tuple("bar fail", "50.00%", "50.00%"));
        assertThat(ofClass(body, "line", "edge"))
                .extracting(each -> each.getAttribute("x1"), each -> each.getAttribute("x2"))
                .containsExactly(tuple("40.00%", "50.00%"));
        assertThat(ofClass(body, "g", "deadline").getFirst().getTextContent())
                .isEqualTo("deadline: 50s");
        assertThat(ofClass(body, "text", "label").getLast().getTextContent())
                .isEqualTo("– c · nobody drew it");
    }

    private static ReportedRun held(String strategy, String settings, String launches) {
        return ReportedRun.of(
                SampleRuns.ENGINE,
                SampleRuns.UID,
                SampleRuns.record(
                        """
                        {'number': 1, 'start': '2026-03-01T10:30:00Z', 'end': '2026-03-01T10:31:40Z', 'endedBy': 'plan',
                         'strategy': '%s', 'settings': {%s},
                         'experiments': [{'name': 'a', 'verdict': 'Pass'}, {'name': 'b', 'verdict': 'Pass'}, {'name': 'c', 'verdict': 'Pass'}],
                         'launches': [%s]}
                        """
                                .formatted(strategy, settings, launches)),
                List.of());
    }

    private static String launch(int slot, int from, int to) {
        return "{'slot': %d, 'iteration': 1, 'attempt': 1, 'start': '%s', 'end': '%s', 'outcome': 'passed', 'why': 'w%d'}"
                .formatted(slot, at(from), at(to), slot);
    }

    private static Instant at(int second) {
        return Instant.parse("2026-03-01T10:30:00Z").plusSeconds(second);
    }

    private static List<String> titles(Element body, String kind) {
        return ofClass(body, "rect", kind).stream()
                .filter(each -> each.hasAttribute("x"))
                .map(Element::getTextContent)
                .toList();
    }

    private static List<String> whys(Element body) {
        return ofClass(body, "td", "why").stream().map(Element::getTextContent).toList();
    }

    private static List<String> legend(Element body) {
        return all(ofClass(body, "ul", "legend").getFirst(), "li").stream()
                .map(each -> each.getTextContent().strip())
                .toList();
    }

    @Test
    void theTimelineShowsWhenAllPlacesWereTaken() {
        Element body =
                body(
                        page(
                                held(
                                        "parallel",
                                        "'maxParallel': 2, 'deadline': '10m'",
                                        String.join(
                                                ",",
                                                launch(0, 0, 40),
                                                launch(1, 0, 100),
                                                launch(2, 41, 90)))));

        assertThat(ofClass(body, "rect", "held"))
                .extracting(each -> each.getAttribute("x"), each -> each.getAttribute("width"))
                .containsExactly(tuple("0.00%", "40.00%"), tuple("41.00%", "49.00%"));
        assertThat(titles(body, "cap"))
                .containsExactly(
                        "+0s to +40s: all 2 places were taken (maxParallel: 2)",
                        "+41s to +1m30s: all 2 places were taken (maxParallel: 2)");
        assertThat(whys(body))
                .containsExactly(
                        "w0", "w1", "w2; until +40s all 2 places were taken (maxParallel: 2)");
        assertThat(legend(body))
                .containsExactly(
                        "passed",
                        "all 2 places were taken (maxParallel: 2)",
                        "deadline: 10m, after what is drawn");
    }

    @Test
    void theTimelineShowsTheDistancesThatAStrategyKept() {
        String launches = String.join(",", launch(0, 0, 20), launch(1, 50, 60), launch(2, 95, 100));

        Element gap = body(page(held("sequential", "'gap': '30s'", launches)));
        assertThat(titles(gap, "distance"))
                .containsExactly(
                        "+20s to +50s: gap: 30s from an end to the next start",
                        "+1m to +1m30s: gap: 30s from an end to the next start");
        assertThat(titles(gap, "idle"))
                .containsExactly("+20s to +50s: nothing ran", "+1m to +1m35s: nothing ran");
        assertThat(whys(gap))
                .containsExactly(
                        "w0",
                        "w1; until +50s gap: 30s from an end to the next start",
                        "w2; until +1m30s gap: 30s from an end to the next start");
        assertThat(legend(gap))
                .containsExactly("passed", "gap: 30s from an end to the next start", "nothing ran");

        assertThat(titles(body(page(held("parallel", "'stagger': '10s'", launches))), "distance"))
                .containsExactly(
                        "+0s to +10s: stagger: 10s from one start to the next",
                        "+50s to +1m: stagger: 10s from one start to the next");
        assertThat(
                        titles(
                                body(
                                        page(
                                                held(
                                                        "random",
                                                        "'minInterval': '10s', 'from': 'end'",
                                                        launches))),
                                "distance"))
                .containsExactly(
                        "+20s to +30s: minInterval: 10s from an end to the next start",
                        "+1m to +1m10s: minInterval: 10s from an end to the next start");
    }

    /** A strategy of somebody else may mean another thing, and what was not kept held nothing. */
    @Test
    void whatTheRecordDoesNotSayIsNotDrawn() {
        String launches = String.join(",", launch(0, 0, 20), launch(1, 40, 60));

        for (ReportedRun run :
                List.of(
                        held("theirs", "'gap': '10s'", launches),
                        held("sequential", "'gap': '30s'", launches),
                        held("sequential", "'gap': 'soon'", launches),
                        held("parallel", "", launches))) {
            Element body = body(page(run));
            assertThat(titles(body, "distance")).isEmpty();
            assertThat(titles(body, "cap")).isEmpty();
            assertThat(whys(body)).containsExactly("w0", "w1");
        }
    }

    private static List<List<String>> draws(ReportedRun run) {
        return all(body(page(run)), "table").stream()
                .filter(each -> all(each, "th").getFirst().getTextContent().equals("Experiment"))
                .flatMap(each -> all(each, "tr").stream().skip(1))
                .map(row -> all(row, "td").stream().map(Element::getTextContent).toList())
                .toList();
    }

    @Test
    void drawsAreShownBesideTheirWeights() {
        String launches =
                String.join(
                        ",",
                        launch(0, 0, 1),
                        launch(0, 2, 3).replace("'iteration': 1", "'iteration': 2"),
                        // Tried again, drawn once.
                        launch(0, 4, 5)
                                .replace(
                                        "'iteration': 1, 'attempt': 1",
                                        "'iteration': 2, 'attempt': 2"),
                        launch(1, 6, 7));

        assertThat(
                        draws(
                                held(
                                        "random",
                                        "'iterations': 3, 'weights': {'a': 3, 'b': '0.5', 'c': 'much'}",
                                        launches)))
                .containsExactly(
                        List.of("a", "3", "67 %", "2", "67 %"),
                        List.of("b", "0.5", "11 %", "1", "33 %"),
                        List.of("c", "1", "22 %", "0", "0 %"));
        assertThat(draws(held("random", "'shuffle': true", launches))).isEmpty();
        assertThat(draws(held("theirs", "'weights': {'a': 3}", launches))).isEmpty();
        assertThat(draws(held("random", "'iterations': 3", ""))).isEmpty();
    }

    @Test
    void ofAnExperimentThatIsListedTwiceEachEntryHasAWeight() {
        ReportedRun run =
                ReportedRun.of(
                        SampleRuns.ENGINE,
                        SampleRuns.UID,
                        SampleRuns.record(
                                """
                                {'number': 1, 'start': '2026-03-01T10:30:00Z', 'end': '2026-03-01T10:31:40Z', 'endedBy': 'plan',
                                 'strategy': 'random', 'settings': {'weights': {'a': 2, 'a#2': 6}},
                                 'experiments': [{'name': 'a', 'verdict': 'Pass'}, {'name': 'a', 'verdict': 'Pass'}],
                                 'launches': [%s]}
                                """
                                        .formatted(launch(1, 0, 1))),
                        List.of());

        assertThat(draws(run))
                .containsExactly(
                        List.of("a#1", "2", "25 %", "0", "0 %"),
                        List.of("a#2", "6", "75 %", "1", "100 %"));
    }

    @Test
    void severalRunsAreOnOnePageAndEachLinkLeadsToItsOwn() {
        ReportedRun other =
                ReportedRun.of(
                        SampleRuns.ENGINE,
                        SampleRuns.UID,
                        SampleRuns.record(SampleRuns.record().json().put("number", 13).toString()),
                        List.of());

        Element body = body(HtmlReport.of(List.of(SampleRuns.run(), other)));

        List<String> ids =
                all(body, "details").stream()
                        .map(each -> each.getAttribute("id"))
                        .filter(id -> !id.isEmpty())
                        .toList();
        assertThat(ids).doesNotHaveDuplicates().hasSize(12);
        assertThat(all(body, "a")).hasSize(12);
        assertThat(new HashSet<>(ids))
                .containsAll(
                        all(body, "a").stream()
                                .map(each -> each.getAttribute("href").substring(1))
                                .toList());
        assertThat(all(body, "h1").getFirst().getTextContent()).startsWith("Chaos run 13 of");
    }

    @Test
    void aRunIsShownBesideTheOthersThatAreRecorded() {
        var before =
                SampleRuns.record(
                        "{'number': 11, 'id': 'b', 'start': '2026-03-01T10:00:00Z', 'end': '2026-03-01T10:00:40Z', 'endedBy': 'plan', 'verdicts': {'Pass': 2}, 'detail': 'summary'}");

        Element body = body(page(SampleRuns.run().among(List.of(before, SampleRuns.record()))));

        assertThat(all(all(body, "ol").getFirst(), "li"))
                .extracting(Element::getTextContent, each -> each.getAttribute("class"))
                .containsExactly(tuple("✓ 11 · 40s", "pass"), tuple("✗ 12 · 1m47s", "fail this"));
    }

    @Test
    void aRunThatGoesOnBesideAnotherHasNotFailed() {
        var now =
                SampleRuns.record(
                        "{'number': 13, 'id': 'c', 'start': '2026-03-01T11:00:00Z', 'end': '2026-03-01T11:00:00Z', 'endedBy': 'running'}");

        Element body = body(page(SampleRuns.run().among(List.of(SampleRuns.record(), now))));

        assertThat(all(all(body, "ol").getFirst(), "li"))
                .extracting(Element::getTextContent, each -> each.getAttribute("class"))
                .containsExactly(tuple("✗ 12 · 1m47s", "fail this"), tuple("… 13 · ?", "none"));
    }

    /** What is not known of a run cannot be made again. */
    @Test
    void aRunOfWhichOnlyASummaryIsRecordedHasNoCommandButAReason() {
        ReportedRun run =
                ReportedRun.of(
                        SampleRuns.ENGINE,
                        SampleRuns.UID,
                        SampleRuns.record(
                                "{'number': 12, 'id': 'k', 'seed': 7, 'strategy': 'dag', 'start': '2026-03-01T10:30:00Z', 'end': '2026-03-01T10:31:40Z', 'endedBy': 'plan', 'verdicts': {'Pass': 2}, 'detail': 'summary'}"),
                        List.of());

        for (String text :
                List.of(
                        page(run),
                        Markdown.of(List.of(run)),
                        JUnitXml.of(List.of(run)),
                        JsonReport.of(List.of(run)).toString())) {
            assertThat(text)
                    .doesNotContain("chaos-runner run ")
                    .contains("only a summary of the run is recorded, without its settings");
        }
    }

    @Test
    void ofARunThatNeverBeganThereIsWhy() {
        Element body = body(page(ReportedRun.ofNone(SampleRuns.ENGINE, List.of("no Secret"))));

        assertThat(body.getTextContent()).contains("✗ did not run", "no Secret");
        assertThat(all(body, "svg")).isEmpty();
    }

    /**
     * Litmus: the sum of weight and percentage, by the sum of weights; no result counts nothing.
     */
    @Test
    void theScoreIsTheShareOfProbesThatPassed() {
        ReportedRun run =
                ReportedRun.of(
                        SampleRuns.ENGINE,
                        SampleRuns.UID,
                        SampleRuns.record(
                                """
                                {'start': '2026-03-01T10:30:00Z', 'end': '2026-03-01T10:31:40Z', 'endedBy': 'plan', 'experiments': [
                                  {'name': 'a', 'verdict': 'Fail'}, {'name': 'b', 'verdict': 'Error'}, {'name': 'c', 'verdict': 'N/A'}]}
                                """),
                        List.of());

        assertThat(run.with(each -> result(each.slot() == 0)).score())
                .isEqualTo(OptionalInt.of(33 / 2));
        assertThat(SampleRuns.run().score())
                .as("nobody knows the probes of those that passed")
                .isEmpty();
    }

    private static Said result(boolean known) {
        return known ? new Said("", Optional.of(SampleRuns.failed("frontend")), "") : Said.NOTHING;
    }
}
