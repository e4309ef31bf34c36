package io.chaosrunner.config;

import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.config.KubernetesYaml.Document;
import io.chaosrunner.config.KubernetesYaml.Limits;
import java.io.IOException;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What kubectl makes of a text; its answers were taken from kubectl 1.32. */
class KubernetesYamlTest {

    private static List<Document> read(String text) {
        var documents = new ArrayList<Document>();
        try {
            KubernetesYaml.read(new StringReader(text), Limits.OF_FILES, documents::add);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return documents;
    }

    private static String json(String text) {
        assertThat(read(text)).hasSize(1);
        return switch (read(text).getFirst()) {
            case Document.Read read -> read.json().toString();
            case Document.Unreadable unreadable -> unreadable.toString();
        };
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "yes|true",
                "Yes|true",
                "on|true",
                "off|false",
                "y|true",
                "n|false",
                "TRUE|true",
                "0777|511",
                "0o17|15",
                "0x1F|31",
                "0b11|3",
                "-0b1|-1",
                "-0x1|-1",
                "1_000|1000",
                "1e3|1000",
                "1E3|1000",
                "1.5e3|1500",
                "12e03|12000",
                "1_e3|1000",
                "+5|5",
                "-0|0",
                "1.0|1",
                ".5|0.5",
                "5.|5",
                "08|8",
                "09.5|9.5",
                "0.10|0.1",
                "10_0.5|100.5",
                "1__0|10",
                "0.1e-2|0.001",
                "100000000000000000000|100000000000000000000",
                "~|null",
                "null|null",
                "Null|null",
                "2026-01-01|\"2026-01-01\"",
                "12:30:45|\"12:30:45\"",
                "=|\"=\"",
                "nan|\"nan\"",
                "1e400|\"1e400\"",
                "0xFFFFFFFFFFFFFFFFFF|\"0xFFFFFFFFFFFFFFFFFF\"",
                "__1|\"__1\"",
                "!!str 5|\"5\"",
                "!!int \"5\"|5",
                "!!bool \"yes\"|true",
                "! 5|\"5\"",
                "!foo 5|\"5\"",
                "!!binary aGk=|\"hi\"",
                "!!timestamp 2026-01-01|\"2026-01-01\"",
                "<<|\"<<\"",
                "'<<'|\"<<\"",
                "'yes'|\"yes\"",
                "{1: a}|{\"1\":\"a\"}",
                "{yes: d}|{\"true\":\"d\"}",
                "{1.5: c}|{\"1.5\":\"c\"}",
                "!!set {a, b}|{\"a\":null,\"b\":null}"
            },
            quoteCharacter = '`')
    void aValueIsWhatKubectlMakesOfIt(String written, String json) {
        assertThat(json("v: " + written)).isEqualTo("{\"v\":" + json + "}");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{<<: *b, a: 9}|{\"a\":9,\"b\":2}",
                "{a: 1, <<: *b}|{\"a\":1,\"b\":2}",
                "{<<: *b, a: 9, b: 8}|{\"a\":9,\"b\":8}",
                "{<<: [*b, *c], z: 0}|{\"z\":0,\"a\":1,\"b\":2,\"d\":4}",
                "{<<: [*c, *b], z: 0}|{\"z\":0,\"b\":3,\"d\":4,\"a\":1}",
                "{<<: {q: 1}}|{\"q\":1}",
                "{<<: {<<: *b, b: 7}}|{\"b\":7,\"a\":1}",
                "{'<<': {q: 1}}|{\"<<\":{\"q\":1}}",
                "[{<<: *b}, {<<: *c}]|[{\"a\":1,\"b\":2},{\"b\":3,\"d\":4}]",
                "{<<: *b, b: 7, <<: {q: 1}}|{\"b\":7,\"a\":1,\"q\":1}",
                "{<<: *b, <<: *b}|{\"a\":1,\"b\":2}"
            },
            quoteCharacter = '`')
    void mergeKeysMergeAndWhatIsWrittenWins(String written, String merged) {
        assertThat(json("x: [&b {a: 1, b: 2}, &c {b: 3, d: 4}]\nv: " + written))
                .endsWith("\"v\":" + merged + "}");
    }

    @Test
    void objectsOfJsonMayFollowEachOther() {
        List<Document> documents =
                read("{\"a\": \"}{\"}{\"b\": 1}\n\n{\n\t\"c\":\n [{}]} \n---\nd: 1\n");

        assertThat(documents).extracting(Document::line).containsExactly(1, 1, 3, 7);
        assertThat(documents)
                .extracting(each -> ((Document.Read) each).json().toString())
                .containsExactly("{\"a\":\"}{\"}", "{\"b\":1}", "{\"c\":[{}]}", "{\"d\":1}");
    }

    @ParameterizedTest
    @ValueSource(strings = {"{\"a\": 1} {b", "{\"a\": 1} [2]", "{\"a\": 1} {\"a\": }"})
    void whatFollowsAnObjectOfJsonAndIsNoneIsNotYaml(String text) {
        assertThat(read(text)).singleElement().isInstanceOf(Document.Unreadable.class);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "a: .inf|has the value .inf, which JSON cannot hold",
                "{~: e}|has a key without a name",
                "{[a]: b}|has a key that is a map or a list",
                "a: 1@b: 2@a: 3|is not YAML: found duplicate key a",
                "a: {b: 1, <<: {b: 2}}|merges (<<) another b than stands above it",
                "a: {<<: {b: 1}, <<: {b: 2}}|merges (<<) another b than stands above it",
                "a: {<<: {b: 1}, b: 3, <<: {b: 2}}|merges (<<) another b than stands above it",
                "a: {<<: 5}|merges (<<) something that is no map",
                "a: *b|is not YAML: found undefined alias b",
                "a: !!binary '%'|has a value with tag !!binary that is not base64",
                "a: [|is not YAML:",
                "a: {{ .Values.x }}@b: c|is it a template? Render it first"
            },
            quoteCharacter = '`')
    void whatCannotBeUsedSaysWhy(String text, String why) {
        assertThat(read(text.replace('@', '\n')))
                .singleElement()
                .isInstanceOfSatisfying(
                        Document.Unreadable.class, each -> assertThat(each.why()).contains(why));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "a: &x [*x]|1|1|x",
                "a: &x {<<: *x}|1|1|x",
                "a: &x@  b:@    c: *x|1|3|x",
                "a: &x@- b:@  - {c: [1, *x]}|1|3|x",
                "&root@a:@  <<: [{q: 1}, *root]|1|3|root",
                "a: &x@  b: &y@    c: *y@    d: *x|2|3|y",
                "a: &x 1@b: &x {c: *x}|2|2|x",
                "a: 'LONG'@b: &x@  c: [*x, *x, *x, *x]|2|3|x"
            })
    void anAnchorThatContainsItselfIsNamedWithTheLineOfItsAlias(
            String text, int anchorsLine, int line, String name) {
        // A long text leaves much to fill in, so that no other bound is met first.
        String yaml = text.replace('@', '\n').replace("LONG", "x".repeat(100_000));

        assertThat(read(yaml))
                .singleElement()
                .isInstanceOfSatisfying(
                        Document.Unreadable.class,
                        each -> {
                            assertThat(each.line()).isEqualTo(line);
                            assertThat(each.why())
                                    .isEqualTo(
                                            "has the alias *%s inside what its anchor &%s, %s, stands for, which would contain itself; write there what is meant"
                                                    .formatted(
                                                            name,
                                                            name,
                                                            anchorsLine == line
                                                                    ? "on the same line"
                                                                    : (line - anchorsLine)
                                                                            + " line"
                                                                            + (line - anchorsLine
                                                                                            == 1
                                                                                    ? ""
                                                                                    : "s")
                                                                            + " above"));
                        });
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "a: &x {b: 1}\nc: {d: *x, e: [*x]}",
                "a: &x {b: &x 1, c: *x}",
                "a: &x [&x {b: 1}, *x]\nb: *x"
            })
    void anAnchorThatIsUsedAfterItsEndOrIsAnotherByThenIsFine(String text) {
        assertThat(read(text)).singleElement().isInstanceOf(Document.Read.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "\n", "# only words\n", "---\n---\n", "---\n# x\n---\nnull\n", "~"})
    void nothingHoldsNoDocument(String text) {
        assertThat(read(text)).isEmpty();
    }

    @Test
    void documentsCountTheirLinesInTheTextAndOneThatIsBrokenSpoilsNoOther() {
        List<Document> documents =
                read("\ufeff# first\na: 1\n---\nb: [\n--- # third\nc: 3\n--- {d: 4}\n...\n");

        assertThat(documents).extracting(Document::line).containsExactly(2, 5, 6, 7);
        assertThat(documents.get(1)).isInstanceOf(Document.Unreadable.class);
        assertThat(((Document.Read) documents.get(3)).json()).hasToString("{\"d\":4}");
    }

    @Test
    void jsonMayBeIndentedByTabs() {
        assertThat(json("{\n\t\"a\": [\n\t\t1\n\t]\n}\n")).isEqualTo("{\"a\":[1]}");
    }

    @Test
    void manyAnchorsAreFineAndABombIsNot() {
        String uses = "  - *a\n".repeat(2_000);
        String bomb =
                """
                a: &a [x, x, x, x, x, x, x, x, x, x]
                b: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a, *a]
                c: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b, *b]
                d: &d [*c, *c, *c, *c, *c, *c, *c, *c, *c, *c]
                e: &e [*d, *d, *d, *d, *d, *d, *d, *d, *d, *d]
                f: &f [*e, *e, *e, *e, *e, *e, *e, *e, *e, *e]
                g: [*f, *f, *f, *f, *f, *f, *f, *f, *f, *f]
                """;

        assertThat(json("a: &a {b: {c: d}}\nlist:\n" + uses)).hasSizeGreaterThan(20_000);
        assertThat(json(bomb)).contains("when its anchors are filled in");
        assertThat(json("a: &a " + "x".repeat(100_000) + "\nb: [" + "*a, ".repeat(200) + "]"))
                .contains("when its anchors are filled in");
    }

    @Test
    void whatIsNestedTooDeepIsSaid() {
        assertThat(json("[".repeat(600) + "]".repeat(600))).contains("more than 500 deep");
        assertThat(json("[".repeat(90_000) + "]".repeat(90_000))).contains("more than 500 deep");
    }
}
