package io.chaosrunner.model;

import io.chaosrunner.strategy.Outcome;
import java.util.Optional;

/**
 * What became of an experiment, in Litmus' words.
 *
 * <p>Source: ChaosResult {@code status.experimentStatus.verdict} and ChaosEngine {@code
 * status.experiments[].verdict}.
 */
public enum Verdict {
    /** The hypothesis held. */
    PASS("Pass"),
    /** The hypothesis did not hold, or the experiment could not be launched. */
    FAIL("Fail"),
    /** The experiment itself went wrong. */
    ERROR("Error"),
    /** The experiment was cut short. */
    STOPPED("Stopped"),
    /** No verdict so far. */
    AWAITED("Awaited"),
    /** Not launched. */
    NOT_APPLICABLE("N/A");

    private final String word;

    Verdict(String word) {
        this.word = word;
    }

    /** Return the word as written in status. */
    public String word() {
        return word;
    }

    /** Tell whether a ChaosResult with this verdict is done. */
    public boolean isTerminal() {
        return switch (this) {
            case PASS, FAIL, ERROR, STOPPED -> true;
            case AWAITED, NOT_APPLICABLE -> false;
        };
    }

    /** Return the verdict of an execution that ended like this. */
    public static Verdict of(Outcome outcome) {
        return switch (outcome) {
            case PASSED -> PASS;
            case FAILED -> FAIL;
            case STOPPED -> STOPPED;
            case ERROR -> ERROR;
        };
    }

    /** Return the worse of two: Error is worse than Fail, Fail than Stopped, Stopped than Pass. */
    public Verdict worse(Verdict other) {
        return other.severity() > severity() ? other : this;
    }

    private int severity() {
        return switch (this) {
            case AWAITED, NOT_APPLICABLE -> 0;
            case PASS -> 1;
            case STOPPED -> 2;
            case FAIL -> 3;
            case ERROR -> 4;
        };
    }

    /** Return the verdict of that word; empty if Litmus has no such word. */
    public static Optional<Verdict> ofWord(String word) {
        for (Verdict verdict : values()) {
            if (verdict.word.equals(word)) {
                return Optional.of(verdict);
            }
        }
        return Optional.empty();
    }
}
