package io.chaosrunner.schedule;

import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.zone.ZoneOffsetTransition;
import java.time.zone.ZoneRules;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The instants of one zone that a cron expression's times are, and what a change of the clocks
 * makes of them.
 *
 * <p>An expression that names hours means times of day, each once a day and none lost: one that the
 * clocks jump over fires later by the length of the jump, and one that comes twice fires the first
 * time. An expression that leaves the hour open means elapsed time: what is jumped over is left
 * out, and what comes twice fires twice.
 */
final class CronTimes implements Timetable.Times {
    /** No clock is further from UTC. */
    private static final Duration MOST_OFFSET = Duration.ofHours(18);

    private final CronClock cron;
    private final ZoneRules rules;

    CronTimes(CronClock cron, ZoneId zone) {
        this.cron = cron;
        rules = zone.getRules();
    }

    /**
     * What a change of the clocks took away: a time that is jumped over, or the second time of one
     * that comes twice.
     *
     * @param clock what the clock would show
     * @param change the change
     */
    record LeftOut(LocalDateTime clock, ZoneOffsetTransition change) {
        /** Return when it would have fired, if the change had not been. */
        Instant instead() {
            return change.isGap() ? change.getInstant() : clock.toInstant(change.getOffsetAfter());
        }
    }

    @Override
    public Optional<Instant> after(Instant instant) {
        Instant last = instant;
        while (true) {
            Instant next = last.plusNanos(1);
            ZoneOffset offset = rules.getOffset(next);
            ZoneOffsetTransition begin = rules.previousTransition(next.plusNanos(1));
            ZoneOffsetTransition end = rules.nextTransition(next);
            LocalDateTime shown = LocalDateTime.ofInstant(last, offset);
            Instant found = null;
            if (begin != null && !cron.hoursOpen()) {
                LocalDateTime before = begin.getDateTimeBefore();
                if (begin.isGap()) {
                    LocalDateTime ran = LocalDateTime.ofInstant(last, begin.getOffsetBefore());
                    LocalDateTime jumped = cron.after(later(ran, before.minusNanos(1)));
                    if (jumped != null && jumped.isBefore(begin.getDateTimeAfter())) {
                        found = jumped.toInstant(begin.getOffsetBefore());
                    }
                } else {
                    // Until the clock shows what it showed before, all has fired already.
                    shown = later(shown, before.minusNanos(1));
                }
            }
            LocalDateTime clock = cron.after(shown);
            if (clock != null && (end == null || clock.isBefore(end.getDateTimeBefore()))) {
                Instant plain = clock.toInstant(offset);
                found = found == null || plain.isBefore(found) ? plain : found;
            }
            if (found != null) {
                return Optional.of(found);
            }
            if (end == null) {
                return Optional.empty();
            }
            // Nothing is named before this one, also where the clocks fall back; and no clock
            // shows it sooner than so long before UTC's does.
            clock = cron.after(earlier(shown, end.getDateTimeAfter().minusNanos(1)));
            if (clock == null) {
                return Optional.empty();
            }
            Instant earliest = clock.toInstant(ZoneOffset.UTC).minus(MOST_OFFSET).minusNanos(1);
            Instant change = end.getInstant().minusNanos(1);
            last = earliest.isAfter(change) ? earliest : change;
        }
    }

    @Override
    public long count(Instant from, Instant until) {
        long count = 0;
        Instant at = from;
        while (at.isBefore(until)) {
            ZoneOffsetTransition begin = rules.previousTransition(at.plusNanos(1));
            ZoneOffsetTransition end = rules.nextTransition(at);
            Instant settled =
                    begin == null || cron.hoursOpen()
                            ? at
                            : begin.getInstant().plus(begin.getDuration().abs());
            Instant stop =
                    end == null || until.isBefore(end.getInstant()) ? until : end.getInstant();
            if (at.isBefore(settled)) {
                stop = settled.isBefore(stop) ? settled : stop;
                Optional<Instant> next = after(at.minusNanos(1));
                while (next.isPresent() && next.get().isBefore(stop)) {
                    count++;
                    next = after(next.get());
                }
            } else {
                ZoneOffset offset = rules.getOffset(at);
                count +=
                        cron.count(
                                LocalDateTime.ofInstant(at, offset),
                                LocalDateTime.ofInstant(stop, offset));
            }
            at = stop;
        }
        return count;
    }

    /** Return the next change of the clocks; empty if there is none. */
    Optional<Instant> changeAfter(Instant instant) {
        return Optional.ofNullable(rules.nextTransition(instant))
                .map(ZoneOffsetTransition::getInstant);
    }

    /** Return the time that the clocks jumped over and for which an instant stands in. */
    Optional<LocalDateTime> standsFor(Instant fire) {
        ZoneOffsetTransition change = rules.previousTransition(fire.plusNanos(1));
        if (change == null || !change.isGap() || cron.hoursOpen()) {
            return Optional.empty();
        }
        LocalDateTime clock = LocalDateTime.ofInstant(fire, change.getOffsetBefore());
        return clock.isBefore(change.getDateTimeAfter())
                        && clock.equals(cron.after(clock.minusNanos(1)))
                ? Optional.of(clock)
                : Optional.empty();
    }

    /** Return what the changes of the clocks after one instant, up to another, took away. */
    List<LeftOut> leftOut(Instant after, Instant until) {
        var result = new ArrayList<LeftOut>();
        ZoneOffsetTransition change = rules.nextTransition(after);
        while (change != null && !change.getInstant().isAfter(until)) {
            if (change.isGap() == cron.hoursOpen()) {
                LocalDateTime from = earlier(change.getDateTimeBefore(), change.getDateTimeAfter());
                LocalDateTime to = later(change.getDateTimeBefore(), change.getDateTimeAfter());
                LocalDateTime clock = cron.after(from.minusNanos(1));
                while (clock != null && clock.isBefore(to)) {
                    result.add(new LeftOut(clock, change));
                    clock = cron.after(clock);
                }
            }
            change = rules.nextTransition(change.getInstant());
        }
        return result;
    }

    private static LocalDateTime earlier(LocalDateTime one, LocalDateTime other) {
        return one.isBefore(other) ? one : other;
    }

    private static LocalDateTime later(LocalDateTime one, LocalDateTime other) {
        return one.isAfter(other) ? one : other;
    }
}
