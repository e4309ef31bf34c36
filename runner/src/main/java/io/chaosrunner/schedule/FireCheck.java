package io.chaosrunner.schedule;

import io.chaosrunner.model.TimeWords;
import io.chaosrunner.schedule.Frame.Exclusion;
import io.chaosrunner.schedule.ScheduleSpec.Kind;
import java.time.DayOfWeek;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The check that a schedule whose settings are right each by itself fires at all, and that its
 * fires keep their order; if not, which setting is to blame.
 *
 * @param anchor from when on it counts
 * @param settings takes note of what is wrong
 */
record FireCheck(ScheduleSpec spec, Instant anchor, SettingReader settings) {
    void run() {
        if (isSound()
                && first(spec.until(), spec.days(), spec.hours(), spec.exclusions()).isEmpty()) {
            blame();
        }
    }

    /** Look at what is plain without computing a fire. */
    private boolean isSound() {
        int before = settings.problems().size();
        if (spec.until().isPresent()) {
            Instant until = spec.until().get();
            if (!until.isAfter(anchor)) {
                never("until", "'%s' is in the past".formatted(until));
            } else if (until.isBefore(spec.start(anchor))) {
                never("until", "'%s' is before from".formatted(until));
            }
        }
        if (spec.kind() instanceof Kind.Once(Instant at) && at.isBefore(anchor)) {
            never("once", "'%s' is in the past".formatted(at));
        }
        if (spec.kind() instanceof Kind.Every(Duration interval)
                && spec.jitter().compareTo(interval) >= 0) {
            settings.problemBeside(
                    "jitter",
                    "must be shorter than every, or runs would change places; the longest is "
                            + longestJitter(interval));
        }
        return settings.problems().size() == before;
    }

    /** In whole seconds, where there are some. */
    private static String longestJitter(Duration interval) {
        Duration longest = interval.minusMillis(1);
        return TimeWords.of(
                longest.toSeconds() == 0 ? longest : longest.truncatedTo(ChronoUnit.SECONDS));
    }

    private void blame() {
        Optional<Instant> named = first(Optional.empty(), Set.of(), List.of(), List.of());
        if (named.isEmpty()) {
            neverNamed();
            return;
        }
        Optional<Instant> first =
                first(Optional.empty(), spec.days(), spec.hours(), spec.exclusions());
        if (first.isPresent()) {
            never(
                    "until",
                    "'%s' is before the first fire at %s"
                            .formatted(spec.until().orElseThrow(), first.get()),
                    "; write a later one, or leave it out");
            return;
        }
        var blamed = new ArrayList<String>();
        if (first(Optional.empty(), Set.of(), spec.hours(), spec.exclusions()).isPresent()) {
            blamed.add("days");
        }
        if (first(Optional.empty(), spec.days(), List.of(), spec.exclusions()).isPresent()) {
            blamed.add("hours");
        }
        if (first(Optional.empty(), spec.days(), spec.hours(), List.of()).isPresent()) {
            blamed.add("exclude");
        }
        settings.problem(
                blamed.isEmpty() ? "" : blamed.getFirst(),
                "nothing would ever run: days, hours and exclude leave no time that fires; the first would be %s%s"
                        .formatted(
                                named.get().atZone(spec.zone()).toOffsetDateTime(),
                                blamed.isEmpty()
                                        ? ""
                                        : ", so change %s or when it fires"
                                                .formatted(String.join(", or ", blamed))));
    }

    private void neverNamed() {
        if (spec.kind() instanceof Kind.Once(Instant at)) {
            never("once", "'%s' is before from".formatted(at));
        } else {
            settings.problem(
                    "cron",
                    "names no time from %s on: its years are over; leave the year out, or write *"
                            .formatted(spec.start(anchor)));
        }
    }

    private void never(String key, String why) {
        never(key, why, "");
    }

    private void never(String key, String why, String remedy) {
        settings.problem(key, why + ", so nothing would ever run" + remedy);
    }

    /** Return the first fire that some of the limits leave. */
    private Optional<Instant> first(
            Optional<Instant> until,
            Set<DayOfWeek> days,
            List<Hours> hours,
            List<Exclusion> exclusions) {
        var part =
                new ScheduleSpec(
                        spec.kind(),
                        spec.zone(),
                        spec.from(),
                        until,
                        days,
                        hours,
                        exclusions,
                        List.of(),
                        spec.jitter(),
                        spec.policy(),
                        spec.hash(),
                        spec.formerly(),
                        spec.name());
        Timetable timetable = Timetable.of(part, anchor, 0);
        return timetable.next(timetable.beginning());
    }
}
