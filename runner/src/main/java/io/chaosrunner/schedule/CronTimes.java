package io.chaosrunner.schedule;

import java.text.ParseException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.time.zone.ZoneOffsetTransition;
import java.time.zone.ZoneRules;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.Optional;
import java.util.TimeZone;
import org.jspecify.annotations.Nullable;
import org.quartz.CronExpression;

/**
 * Turn what the clock on the wall shows at each fire of a cron expression into instants.
 *
 * <p>Quartz finds the clock's times; what a change of the clocks makes of them is decided here, the
 * way cron(8) does. An expression that names hours means a time of day: one that the clocks jump
 * over fires later by the length of the jump, and one that occurs twice fires the first time. An
 * expression that leaves the hour open means elapsed time: what is jumped over is left out, and
 * what occurs twice fires twice. (Quartz by itself skips the first kind in spring, and leaves an
 * hour without the second kind in autumn.)
 */
final class CronTimes implements Timetable.Times {
    private static final TimeZone UTC = TimeZone.getTimeZone(ZoneOffset.UTC);

    private final List<CronExpression> expressions = new ArrayList<>();
    private final boolean everyHour;
    private final ZoneRules rules;

    CronTimes(CronText cron, ZoneId zone) {
        for (String text : cron.quartz()) {
            try {
                CronExpression expression = new CronExpression(text);
                expression.setTimeZone(UTC);
                expressions.add(expression);
            } catch (ParseException e) {
                throw new IllegalArgumentException(text, e);
            }
        }
        everyHour = cron.everyHour();
        rules = zone.getRules();
    }

    /**
     * What a change of the clocks made of a time that the expression names.
     *
     * @param clock what the clock would show
     * @param change the change
     * @param moved when it fires instead; empty if it does not
     */
    record Oddity(LocalDateTime clock, ZoneOffsetTransition change, Optional<Instant> moved) {
        /** Return when it would have fired, if the change had not been. */
        Instant instead() {
            return change.isGap() ? change.getInstant() : clock.toInstant(change.getOffsetAfter());
        }
    }

    @Override
    public Optional<Instant> after(Instant instant) {
        Instant last = instant;
        while (true) {
            Instant next = last.plusMillis(1);
            ZoneOffsetTransition begin = rules.previousTransition(next.plusNanos(1));
            ZoneOffsetTransition end = rules.nextTransition(next);
            LocalDateTime shown = LocalDateTime.ofInstant(last, rules.getOffset(next));
            Instant found = null;
            if (!everyHour && begin != null && begin.isOverlap()) {
                // Until the clock shows what it showed before the change, all has fired already.
                shown = later(shown, justBefore(begin.getDateTimeBefore()));
            }
            if (!everyHour && begin != null && begin.isGap()) {
                LocalDateTime jumped =
                        clockAfter(
                                later(
                                        LocalDateTime.ofInstant(last, begin.getOffsetBefore()),
                                        justBefore(begin.getDateTimeBefore())));
                if (jumped != null && jumped.isBefore(begin.getDateTimeAfter())) {
                    found = jumped.toInstant(begin.getOffsetBefore());
                }
            }
            LocalDateTime clock = clockAfter(shown);
            if (clock != null && (end == null || clock.isBefore(end.getDateTimeBefore()))) {
                Instant plain = clock.toInstant(rules.getOffset(next));
                found = found == null || plain.isBefore(found) ? plain : found;
            }
            if (found != null) {
                return Optional.of(found);
            }
            if (clock == null || end == null) {
                return Optional.empty();
            }
            last = end.getInstant().minusMillis(1);
        }
    }

    /**
     * Return the clock's times between two instants that did not fire as written: left out or moved
     * in spring, fired once instead of twice in autumn.
     */
    List<Oddity> oddities(Instant after, Instant until) {
        var result = new ArrayList<Oddity>();
        ZoneOffsetTransition change = rules.nextTransition(after);
        while (change != null && !change.getInstant().isAfter(until)) {
            if (change.isGap() || !everyHour) {
                LocalDateTime from = change.getDateTimeBefore();
                LocalDateTime to = change.getDateTimeAfter();
                LocalDateTime first = change.isGap() ? from : to;
                LocalDateTime last = change.isGap() ? to : from;
                LocalDateTime clock = clockAfter(justBefore(first));
                while (clock != null && clock.isBefore(last)) {
                    result.add(
                            new Oddity(
                                    clock,
                                    change,
                                    change.isGap() && !everyHour
                                            ? Optional.of(clock.toInstant(change.getOffsetBefore()))
                                            : Optional.empty()));
                    clock = clockAfter(clock);
                }
            }
            change = rules.nextTransition(change.getInstant());
        }
        return result;
    }

    private @Nullable LocalDateTime clockAfter(LocalDateTime clock) {
        Date after = Date.from(clock.toInstant(ZoneOffset.UTC));
        Date first = null;
        for (CronExpression expression : expressions) {
            Date found = expression.getNextValidTimeAfter(after);
            if (found != null && (first == null || found.before(first))) {
                first = found;
            }
        }
        return first == null ? null : LocalDateTime.ofInstant(first.toInstant(), ZoneOffset.UTC);
    }

    private static LocalDateTime justBefore(LocalDateTime clock) {
        return clock.minus(1, ChronoUnit.MILLIS);
    }

    private static LocalDateTime later(LocalDateTime one, LocalDateTime other) {
        return one.isAfter(other) ? one : other;
    }
}
