package io.chaosrunner.ui;

import io.chaosrunner.crd.Engine;
import io.chaosrunner.model.Verdict;
import io.chaosrunner.status.EngineStanding;
import io.chaosrunner.status.RunOutcome;
import java.util.Optional;

/** How an engine stands, in the order in which people look for it, and how that looks. */
enum Mark {
    STOPPING("■", "stop", "stopping"),
    RUNNING("▶", "going", "running"),
    FAILED("✗", "fail", "did not pass"),
    UNREADABLE("!", "error", "cannot be read"),
    ENDED("■", "stop", "was stopped"),
    PASSED("✓", "pass", "passed"),
    IDLE("–", "none", "idle");

    private final String sign;
    private final String kind;
    private final String words;

    Mark(String sign, String kind, String words) {
        this.sign = sign;
        this.kind = kind;
        this.words = words;
    }

    static Mark of(Engine engine) {
        EngineStanding standing = EngineStanding.of(engine);
        return switch (standing.phase()) {
            case STOPPING -> STOPPING;
            case RUNNING -> RUNNING;
            case IDLE -> IDLE;
            case ABORTED -> ENDED;
            case FINISHED -> ended(standing);
        };
    }

    private static Mark ended(EngineStanding standing) {
        if (standing.claim().isEmpty()) {
            boolean passed =
                    standing.entries().stream()
                            .allMatch(each ->
                                    each.verdict() == Verdict.PASS
                                            || each.verdict() == Verdict.NOT_APPLICABLE);
            return passed ? PASSED : FAILED;
        }
        Optional<RunOutcome> outcome = RunOutcome.of(standing.claim().get(), standing.entries());
        return outcome.map(each -> each == RunOutcome.PASSED ? PASSED : FAILED).orElse(ENDED);
    }

    /** Return the class that the style sheet colours it by. */
    String kind() {
        return kind;
    }

    String words() {
        return words;
    }

    /** Return the words with a sign, so that no colour is needed to tell it. */
    String shown() {
        return sign + " " + words;
    }

    boolean isUnderWay() {
        return this == STOPPING || this == RUNNING;
    }
}
