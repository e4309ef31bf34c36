package io.chaosrunner.report;

import io.chaosrunner.model.Verdict;

/** Colour text for a terminal, or leave it plain. */
public enum Colours {
    /** ANSI escapes. */
    ANSI,
    /** No escapes. */
    PLAIN;

    private static final String GREEN = "32";
    private static final String RED = "31";
    private static final String YELLOW = "33";
    private static final String CYAN = "36";
    private static final String BOLD = "1";
    private static final String DIM = "2";

    String bold(String text) {
        return in(BOLD, text);
    }

    String dim(String text) {
        return in(DIM, text);
    }

    String running(String text) {
        return in(CYAN, text);
    }

    String warning(String text) {
        return in(YELLOW, text);
    }

    String bad(String text) {
        return in(RED, text);
    }

    String of(Verdict verdict, String text) {
        return switch (verdict) {
            case PASS -> in(GREEN, text);
            case FAIL, ERROR -> in(RED, text);
            case STOPPED, AWAITED -> in(YELLOW, text);
            case NOT_APPLICABLE -> in(DIM, text);
        };
    }

    private String in(String code, String text) {
        return this == PLAIN || text.isEmpty() ? text : "\u001b[" + code + "m" + text + "\u001b[0m";
    }
}
