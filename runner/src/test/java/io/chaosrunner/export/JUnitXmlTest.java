package io.chaosrunner.export;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.crd.Result;
import io.chaosrunner.export.ReportedRun.Said;
import java.io.IOException;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.w3c.dom.Element;
import org.w3c.dom.Node;
import org.xml.sax.ErrorHandler;
import org.xml.sax.InputSource;
import org.xml.sax.SAXException;
import org.xml.sax.SAXParseException;

class JUnitXmlTest {

    /**
     * What an element may have, by the schema junit-10 of Jenkins' xUnit plug-in.
     *
     * @param required attributes that must be there
     * @param optional attributes that may be there
     * @param children elements that may be in it
     * @param text whether it may hold text
     */
    private record Rule(
            Set<String> required, Set<String> optional, Set<String> children, boolean text) {}

    private static final Rule SAYS = new Rule(Set.of(), Set.of("type", "message"), Set.of(), true);
    private static final Rule AGAIN =
            new Rule(
                    Set.of("type"),
                    Set.of("message"),
                    Set.of("stackTrace", "system-out", "system-err"),
                    true);
    private static final Rule STREAM = new Rule(Set.of(), Set.of(), Set.of(), true);

    private static final Map<String, Rule> RULES =
            Map.ofEntries(
                    Map.entry(
                            "testsuites",
                            new Rule(
                                    Set.of(),
                                    Set.of("name", "time", "tests", "failures", "errors"),
                                    Set.of("testsuite"),
                                    false)),
                    Map.entry(
                            "testsuite",
                            new Rule(
                                    Set.of("name", "tests", "failures", "errors"),
                                    Set.of(
                                            "group",
                                            "time",
                                            "skipped",
                                            "timestamp",
                                            "hostname",
                                            "id",
                                            "package",
                                            "file",
                                            "log",
                                            "url"),
                                    Set.of(
                                            "testsuite",
                                            "properties",
                                            "testcase",
                                            "system-out",
                                            "system-err"),
                                    false)),
                    Map.entry(
                            "properties", new Rule(Set.of(), Set.of(), Set.of("property"), false)),
                    Map.entry(
                            "property",
                            new Rule(Set.of("name", "value"), Set.of(), Set.of(), false)),
                    Map.entry(
                            "testcase",
                            new Rule(
                                    Set.of("name"),
                                    Set.of("time", "classname", "group"),
                                    Set.of(
                                            "skipped",
                                            "error",
                                            "failure",
                                            "rerunFailure",
                                            "rerunError",
                                            "flakyFailure",
                                            "flakyError",
                                            "system-out",
                                            "system-err"),
                                    false)),
                    Map.entry("skipped", SAYS),
                    Map.entry("error", SAYS),
                    Map.entry("failure", SAYS),
                    Map.entry("rerunFailure", AGAIN),
                    Map.entry("rerunError", AGAIN),
                    Map.entry("flakyFailure", AGAIN),
                    Map.entry("flakyError", AGAIN),
                    Map.entry("system-out", STREAM),
                    Map.entry("system-err", STREAM));

    /** The schema's own, without its ways to match one text in many. */
    private static final Pattern TIME = Pattern.compile("[0-9]++(?:\\.[0-9]*+)?+");

    private static Element parsed(String xml) {
        try {
            var factory = DocumentBuilderFactory.newDefaultInstance();
            factory.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
            var builder = factory.newDocumentBuilder();
            builder.setErrorHandler(
                    new ErrorHandler() {
                        @Override
                        public void warning(SAXParseException e) throws SAXException {
                            throw e;
                        }

                        @Override
                        public void error(SAXParseException e) throws SAXException {
                            throw e;
                        }

                        @Override
                        public void fatalError(SAXParseException e) throws SAXException {
                            throw e;
                        }
                    });
            return builder.parse(new InputSource(new StringReader(xml))).getDocumentElement();
        } catch (ParserConfigurationException | SAXException | IOException e) {
            throw new AssertionError(xml, e);
        }
    }

    /** Check an element and all in it against the rules; return how its cases came out. */
    private static int[] check(Element element) {
        Rule rule = requireNonNull(RULES.get(element.getTagName()), element.getTagName());
        List<String> attributes = new ArrayList<>();
        for (int i = 0; i < element.getAttributes().getLength(); i++) {
            attributes.add(element.getAttributes().item(i).getNodeName());
        }
        assertThat(attributes).as(element.getTagName()).containsAll(rule.required());
        attributes.removeAll(rule.required());
        assertThat(rule.optional()).as(element.getTagName()).containsAll(attributes);
        if (element.hasAttribute("time")) {
            assertThat(element.getAttribute("time")).matches(TIME);
        }
        int[] count = new int[4];
        for (Node child = element.getFirstChild(); child != null; child = child.getNextSibling()) {
            if (child instanceof Element inner) {
                assertThat(rule.children()).as(element.getTagName()).contains(inner.getTagName());
                int[] more = check(inner);
                for (int i = 0; i < count.length; i++) {
                    count[i] += more[i];
                }
            } else if (!rule.text()) {
                assertThat(child.getTextContent()).as(element.getTagName()).isBlank();
            }
        }
        switch (element.getTagName()) {
            case "testcase" -> count[0]++;
            case "failure" -> count[1]++;
            case "error" -> count[2]++;
            case "skipped" -> count[3]++;
            case "testsuite" ->
                    assertThat(count)
                            .as(element.getAttribute("name"))
                            .containsExactly(
                                    number(element, "tests"),
                                    number(element, "failures"),
                                    number(element, "errors"),
                                    number(element, "skipped"));
            default -> {}
        }
        return count;
    }

    private static int number(Element element, String attribute) {
        return Integer.parseInt(element.getAttribute(attribute));
    }

    private static String text(ReportedRun run) {
        return JUnitXml.of(List.of(run));
    }

    private static String golden(String name) throws IOException {
        try (var in = JUnitXmlTest.class.getResourceAsStream(name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    @Test
    void aRunIsASuiteAnExecutionACaseAndItsProbesASuiteWithin() throws IOException {
        String xml = text(SampleRuns.run());

        check(parsed(xml));
        assertThat(xml).isEqualTo(golden("junit.xml"));
    }

    @Test
    void textsOfStrangersAreTextsAndNothingIsLostThatXmlCanHold() {
        Element suites = parsed(text(SampleRuns.hostile()));

        check(suites);
        assertThat(suites.getElementsByTagName("testsuite").getLength()).isEqualTo(2);
        assertThat(suites.getElementsByTagName("failure").item(0).getTextContent())
                .contains("a]]><x y=\"'\">&amp;| `code`")
                .contains("</testsuite>")
                .contains("\\u001b[31m\\u202e\\u0000\\ud800")
                .doesNotContain("\n::error");
        assertThat(suites.getElementsByTagName("x").getLength()).isZero();
        assertThat(suites.getElementsByTagName("script").getLength()).isZero();
    }

    @Test
    void whatWasNotLaunchedIsAnErrorThatSaysWhy() {
        Element suites =
                parsed(text(ReportedRun.ofNone(SampleRuns.ENGINE, List.of("no such Secret"))));

        assertThat(check(suites)).containsExactly(1, 0, 1, 0);
        Element error = (Element) suites.getElementsByTagName("error").item(0);
        assertThat(error.getAttribute("message")).isEqualTo("no such Secret");
    }

    /** A red run must not be green, whatever it ended by and however little is kept of it. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "{'endedBy': 'abort', 'experiments': [{'name': 'a', 'status': 'Completed', 'verdict': 'Pass'}]}",
                "{'endedBy': 'deadline', 'experiments': []}",
                "{'endedBy': 'running', 'experiments': [{'name': 'a', 'status': 'Completed', 'verdict': 'Pass'}]}",
                "{'endedBy': 'interrupted'}",
                "{'experiments': [{'name': 'a', 'status': 'Completed', 'verdict': 'Pass'}]}",
                "{'endedBy': 'plan', 'experiments': [{'name': 'a', 'status': 'Running', 'verdict': 'Awaited'}]}",
                "{'endedBy': 'plan', 'experiments': [{'name': 'a', 'status': 'Forcefully Aborted', 'verdict': 'Stopped'}]}",
                "{'endedBy': 'plan', 'experiments': [{'name': 'a', 'status': 'Completed', 'verdict': 'pass'}]}",
                "{'endedBy': 'plan', 'verdicts': {'Pass': 3, 'Error': 1}, 'detail': 'summary'}",
                "{'endedBy': 'plan', 'verdicts': {'Fail': 1}, 'experiments': [{'name': 'a', 'verdict': 'Pass'}]}"
            })
    void aRunThatIsNotGoodHoldsAFailureOrAnError(String json) {
        ReportedRun run = ofPart(json);

        int[] count = check(parsed(text(run)));
        assertThat(run.isGood()).isFalse();
        assertThat(count[1] + count[2]).isPositive();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{'endedBy': 'plan', 'experiments': []}",
                "{'endedBy': 'plan', 'verdicts': {'Pass': 1, 'N/A': 1}, 'detail': 'summary'}",
                "{'endedBy': 'plan', 'experiments': [{'name': 'a', 'status': 'Completed', 'verdict': 'Pass'}, {'name': 'b', 'status': 'Skipped', 'verdict': 'N/A'}]}"
            })
    void aGoodRunHoldsNone(String json) {
        ReportedRun run = ofPart(json);

        int[] count = check(parsed(text(run)));
        assertThat(run.isGood()).isTrue();
        assertThat(count[1] + count[2]).isZero();
    }

    @Test
    void aProbeThatFailedMakesNoGoodRunRed() {
        ReportedRun run =
                ofPart(
                                "{'endedBy': 'plan', 'experiments': [{'name': 'a', 'status': 'Completed', 'verdict': 'Pass'}]}")
                        .with(each -> new Said("", Optional.of(SampleRuns.failed("frontend")), ""));

        assertThat(check(parsed(text(run)))).containsExactly(4, 0, 0, 2);
    }

    private static ReportedRun ofPart(String json) {
        return ReportedRun.of(
                SampleRuns.ENGINE,
                SampleRuns.UID,
                SampleRuns.record(
                        "{'number': 1, 'id': 'x', 'start': '2026-03-01T10:30:00Z', 'end': '2026-03-01T10:30:40Z', "
                                + json.substring(1)),
                List.of());
    }

    @Test
    void severalRunsAreSeveralSuites() {
        Element suites = parsed(JUnitXml.of(List.of(SampleRuns.run(), SampleRuns.run())));

        check(suites);
        assertThat(suites.getElementsByTagName("properties").getLength()).isEqualTo(2);
    }

    @Test
    void aProbeKnowsHowItCameOut() {
        List<Result.Probe> probes = SampleRuns.failed("frontend").probes();

        assertThat(probes).extracting(Result.Probe::hasPassed).containsExactly(true, false, false);
        assertThat(probes).extracting(Result.Probe::hasFailed).containsExactly(false, true, false);
    }
}
