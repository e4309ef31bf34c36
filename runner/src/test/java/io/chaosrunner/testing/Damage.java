package io.chaosrunner.testing;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Damages texts as people, editors and other programs do; the same seed does the same damage. */
public final class Damage {
    private static final List<String> VALUES =
            List.of(
                    "null",
                    "true",
                    "0",
                    "-1",
                    "2147483648",
                    "9223372036854775807",
                    "9223372036854775808",
                    "1e400",
                    "0.5",
                    "\"\"",
                    "\" \"",
                    "\"garbage\"",
                    "\"a b\"",
                    "\"\\u0000\\ud800\"",
                    "\"+999999999-12-31T23:59:59Z\"",
                    "\"-999999999-01-01T00:00:00Z\"",
                    "\"+1000000000-01-01T00:00:00Z\"",
                    "\"9999-12-31T23:59:59Z\"",
                    "\"1970-01-01T00:00:00Z\"",
                    "\"2026-02-30T00:00:00Z\"",
                    "\"0-2147483647\"",
                    "\"7-3\"",
                    "\"-5\"",
                    "\"9223372036854775807\"",
                    "\"99999d\"",
                    "\"9223372036854775807ms\"",
                    "\"running\"",
                    "\"stopping\"",
                    "\"abort\"",
                    "\"0..0.0P\"",
                    "\"0..1y2p0ij32e8e7.0P\"",
                    "\"0.-1.0.0P 0.zzzz.0.0P\"",
                    "\"1..0.0P.0.0 0..0.-zzzzzzzzP 5.0.0.0E.2.3\"",
                    "\"P\"",
                    "[]",
                    "{}",
                    "[[]]",
                    "[null,{},\"x\",1]",
                    "{\"x\":\"0-9999999\"}",
                    "{\"\":\"0 1 2\"}");

    private static final List<String> SNIPPETS =
            List.of(
                    "&a [*a]",
                    "*a",
                    "{",
                    "}",
                    "[",
                    "]",
                    "\"",
                    "'",
                    ": ",
                    "\n",
                    "\t",
                    "- ",
                    "? ",
                    "!!",
                    "!!binary x",
                    "#",
                    "|",
                    "\u0000",
                    "\ud800",
                    "…",
                    "-",
                    ".",
                    "~",
                    "1e999",
                    "\\",
                    ",",
                    "---\n",
                    "<<: ",
                    "%YAML 9.9\n");

    private final Random random;

    public Damage(long seed) {
        random = new Random(seed);
    }

    /** Return a text with one to three kinds of damage. */
    public String of(String text) {
        String damaged = text;
        for (int times = 1 + random.nextInt(3); times > 0; times--) {
            damaged = random.nextInt(3) == 0 ? letters(damaged) : values(damaged);
        }
        return damaged;
    }

    /** Change a value, or remove it, if the text is JSON. */
    private String values(String text) {
        JsonNode tree;
        try {
            tree = JsonMapper.shared().readTree(text);
        } catch (RuntimeException e) {
            return letters(text);
        }
        var parents = new ArrayList<JsonNode>();
        gather(tree, parents);
        if (parents.isEmpty()) {
            return value().toString();
        }
        switch (parents.get(random.nextInt(parents.size()))) {
            case ObjectNode object -> {
                List<String> names = new ArrayList<>(object.propertyNames());
                String name = names.get(random.nextInt(names.size()));
                if (random.nextInt(5) == 0) {
                    object.remove(name);
                } else {
                    object.set(name, value());
                }
            }
            case ArrayNode array -> {
                if (random.nextBoolean()) {
                    array.set(random.nextInt(array.size()), value());
                } else {
                    array.add(value());
                }
            }
            default -> throw new AssertionError("has no parts");
        }
        return tree.toString();
    }

    private static void gather(JsonNode node, List<JsonNode> parents) {
        if (node.isContainer() && !node.isEmpty()) {
            parents.add(node);
        }
        node.forEach(each -> gather(each, parents));
    }

    private JsonNode value() {
        int kind = random.nextInt(VALUES.size() + 3);
        return switch (kind) {
            case 0 -> JsonMapper.shared().getNodeFactory().stringNode("x".repeat(100_000));
            case 1 -> nested(100);
            case 2 -> JsonMapper.shared().getNodeFactory().stringNode("0..0.0P ".repeat(5_000));
            default -> JsonMapper.shared().readTree(VALUES.get(kind - 3));
        };
    }

    private static JsonNode nested(int depth) {
        return JsonMapper.shared().readTree("[".repeat(depth) + "]".repeat(depth));
    }

    private String letters(String text) {
        int at = random.nextInt(text.length() + 1);
        int to = Math.min(text.length(), at + random.nextInt(20));
        return switch (random.nextInt(7)) {
            case 0 -> text.substring(0, at);
            case 1 -> text.substring(0, at) + text.substring(to);
            case 2 -> text.substring(0, to) + text.substring(at);
            case 3 -> text.substring(0, at) + (char) random.nextInt(0x180) + text.substring(at);
            case 4 -> text.substring(0, at) + "[".repeat(20_000) + text.substring(at);
            case 5 ->
                    text.substring(0, at) + "9".repeat(1 + random.nextInt(40)) + text.substring(to);
            default ->
                    text.substring(0, at)
                            + SNIPPETS.get(random.nextInt(SNIPPETS.size()))
                            + text.substring(at);
        };
    }
}
