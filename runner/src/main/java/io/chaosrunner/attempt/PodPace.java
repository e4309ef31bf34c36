package io.chaosrunner.attempt;

import java.time.Duration;
import java.time.Instant;
import java.util.Collection;

/**
 * When the pods of a run are read where they cannot be watched: each second where something is
 * about to begin or to end, seldom where nothing is.
 *
 * <p>An experiment says how long its fault lasts. It may end much sooner, for its first checks fail
 * in seconds, but the longer it has run the less likely that gets: so it is looked for each second
 * in the first three, then after as long again, at most seven seconds apart. It may end later, for
 * it looks after its target: so for ten seconds from its time on it is looked for each second, and
 * then the less often the longer it is past it, at most three seconds apart. Pure.
 */
final class PodPace {
    private static final Duration OFTEN = Duration.ofSeconds(1);
    private static final Duration SOMETIMES = Duration.ofSeconds(3);
    private static final Duration SELDOM = Duration.ofSeconds(7);

    /** So long something is looked for each second that may come at any time. */
    private static final Duration FRESH = Duration.ofSeconds(10);

    private static final Duration YOUNG = Duration.ofSeconds(3);

    private PodPace() {}

    /** What may happen to the pods of an attempt. */
    sealed interface Prospect {
        /** From when on it may. */
        Instant since();

        /** Something may begin or end at any time. */
        record Soon(Instant since) implements Prospect {}

        /** An experiment runs, and is expected to end after a time. */
        record Due(Instant since, Duration after) implements Prospect {}

        /** It is over; of what it left something may still appear. */
        record Over(Instant since) implements Prospect {}
    }

    /**
     * Return when to read next. What is expected of several adds up: a reading is for all of them.
     *
     * @param last when the last reading began
     * @param somethingNew whether it brought something new; where several are looked for, more may
     *     come at about the same time
     */
    static Instant next(
            Collection<? extends Prospect> prospects, Instant last, boolean somethingNew) {
        double perSecond =
                prospects.stream()
                        .mapToDouble(each -> 1 / seconds(Duration.between(last, next(each, last))))
                        .sum();
        if (perSecond == 0) {
            return last.plus(SELDOM);
        }
        boolean several = prospects.size() > 1;
        double least = seconds(OFTEN) / (several && somethingNew ? 2 : 1);
        return last.plusMillis(Math.round(1000 * Math.max(least, 1 / perSecond)));
    }

    private static Instant next(Prospect prospect, Instant last) {
        Instant from = last.isBefore(prospect.since()) ? prospect.since() : last;
        Duration age = Duration.between(prospect.since(), from);
        Duration distance =
                switch (prospect) {
                    case Prospect.Soon _ -> slower(age);
                    case Prospect.Due(_, Duration after) -> distance(age, after);
                    case Prospect.Over _ -> between(OFTEN, age, SELDOM);
                };
        return from.plus(distance);
    }

    private static Duration distance(Duration age, Duration after) {
        if (age.compareTo(YOUNG) < 0) {
            return OFTEN;
        }
        Duration left = after.minus(age);
        if (!left.isPositive()) {
            return slower(left.negated());
        }
        // In equal parts: else the last but one would fall just before the end.
        Duration part = left.dividedBy(left.dividedBy(SELDOM) + 1);
        return between(OFTEN, age, part);
    }

    /** Often at first, then the slower the longer it lasts. */
    private static Duration slower(Duration age) {
        return between(OFTEN, age.dividedBy(FRESH.toSeconds()), SOMETIMES);
    }

    private static Duration between(Duration least, Duration wanted, Duration most) {
        Duration capped = wanted.compareTo(most) > 0 ? most : wanted;
        return capped.compareTo(least) < 0 ? least : capped;
    }

    private static double seconds(Duration duration) {
        return duration.toMillis() / 1000.0;
    }
}
