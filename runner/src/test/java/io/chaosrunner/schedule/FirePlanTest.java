package io.chaosrunner.schedule;

import static io.chaosrunner.schedule.Schedules.ANCHOR;
import static io.chaosrunner.schedule.Schedules.clock;
import static io.chaosrunner.schedule.Schedules.timetable;
import static org.assertj.core.api.Assertions.assertThat;

import io.chaosrunner.claim.SkipCause;
import io.chaosrunner.schedule.FirePlan.LastRun;
import io.chaosrunner.schedule.FirePlan.Situation;
import io.chaosrunner.schedule.FirePlan.Step;
import io.chaosrunner.schedule.ScheduleSpec.StopWhen;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Times without a date are of Monday March 2; the schedule's anchor is ten o'clock. */
class FirePlanTest {

    private static Instant at(String clock) {
        return clock.contains("T")
                ? LocalDateTime.parse(clock).toInstant(ZoneOffset.UTC)
                : ANCHOR.atZone(ZoneOffset.UTC).with(LocalTime.parse(clock)).toInstant();
    }

    private static LastRun run(String start, String end) {
        return new LastRun("run 1", at(start), at(end), Optional.of(StopWhen.PASSED));
    }

    /** Decide as words; {@code settled} is empty for a schedule of which nothing is settled. */
    private static String decide(
            String schedule, String settled, Optional<LastRun> last, String now) {
        Timetable timetable = timetable(schedule);
        Instant from = settled.isEmpty() ? timetable.beginning() : at(settled);
        return words(
                FirePlan.decide(
                        timetable, new Situation(from, last.isPresent() ? 1 : 0, last), at(now)));
    }

    private static String words(Step step) {
        String action =
                switch (step) {
                    case Step.Launch(var fire, var skipped) -> "run " + time(fire.at());
                    case Step.Wait(var fire, Instant until, var skipped) -> "wait " + time(until);
                    case Step.Over(String why, var skipped) -> "over, " + why;
                };
        String skipped =
                step.skipped().stream()
                        .map(s ->
                                "%s-%s x%d %s"
                                        .formatted(
                                                time(s.from()),
                                                time(s.to()),
                                                s.count(),
                                                s.reason()))
                        .collect(Collectors.joining("; "));
        return skipped.isEmpty() ? action : action + " (" + skipped + ")";
    }

    private static String time(Instant instant) {
        return clock(instant, ZoneOffset.UTC).substring(15);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    OVERLAP    | every: 10m                                          | 10:35
                    LATER_FIRE | {every: 10m, overlap: queue}                        | 10:35
                    MISSED     | {every: 20m, startingDeadline: 1m, missed: skip}    | 10:45
                    SUSPENDED  | {every: 40m, suspend: true}                         | 10:45
                    """)
    void whyAFireIsSkippedIsAValueToo(SkipCause cause, String schedule, String now) {
        Timetable timetable = timetable(schedule);
        Step step =
                FirePlan.decide(
                        timetable,
                        new Situation(at("10:00"), 1, Optional.of(run("10:00:01", "10:35"))),
                        at(now));

        assertThat(step.skipped()).isNotEmpty();
        assertThat(step.skipped().getLast().cause()).isEqualTo(cause);
        assertThat(step.skipped().getLast().suspended()).isEqualTo(cause == SkipCause.SUSPENDED);
    }

    @Test
    void theFirstFireIsTheAnchor() {
        assertThat(decide("every: 1h", "", Optional.empty(), "10:00:20")).isEqualTo("run 10:00");
    }

    @Test
    void aFireThatIsSettledIsNotStartedAgain() {
        assertThat(decide("every: 1h", "10:00", Optional.of(run("10:00:20", "10:07")), "10:07:01"))
                .isEqualTo("wait 11:00");
    }

    @Test
    void aFireDuringARunIsSkipped() {
        assertThat(decide("every: 10m", "10:00", Optional.of(run("10:00:01", "10:35")), "10:35"))
                .isEqualTo("wait 10:40 (10:10-10:30 x3 run 1 was still going on)");
    }

    @Test
    void aFireDuringARunWaitsInTheQueueAndTheLatestIsStarted() {
        assertThat(
                        decide(
                                "{every: 10m, overlap: queue}",
                                "10:00",
                                Optional.of(run("10:00:01", "10:35")),
                                "10:35"))
                .isEqualTo("run 10:30 (10:10-10:20 x2 a later fire was due as well)");
    }

    @Test
    void waitingInTheQueueIsNotBeingMissed() {
        assertThat(
                        decide(
                                "{every: 2h, overlap: queue}",
                                "10:00",
                                Optional.of(run("10:00:01", "13:45")),
                                "13:45:01"))
                .isEqualTo("run 12:00");
    }

    @Test
    void aDeadlineThatIsGivenHoldsInTheQueueToo() {
        assertThat(
                        decide(
                                "{every: 2h, overlap: queue, startingDeadline: 30m}",
                                "10:00",
                                Optional.of(run("10:00:01", "13:45")),
                                "13:45:01"))
                .isEqualTo("wait 14:00 (12:00-12:00 x1 missed: nothing started it within 30m)");
    }

    @Test
    void missedFiresAreSkippedAndFolded() {
        assertThat(decide("every: 10m", "10:00", Optional.of(run("10:00", "10:02")), "11:07"))
                .isEqualTo("wait 11:10 (10:10-11:00 x6 missed: nothing started it within 5m)");
    }

    @Test
    void aFireThatIsALittleLateIsStarted() {
        assertThat(decide("every: 10m", "10:00", Optional.of(run("10:00", "10:02")), "11:04"))
                .isEqualTo("run 11:00 (10:10-10:50 x5 missed: nothing started it within 5m)");
    }

    @Test
    void theLatestOfMissedFiresCanBeRunOnce() {
        assertThat(
                        decide(
                                "{every: 2h, missed: runOnce}",
                                "10:00",
                                Optional.of(run("10:00", "10:02")),
                                "17:30"))
                .isEqualTo("run 16:00 (12:00-14:00 x2 a later fire was due as well)");
    }

    @Test
    void catchingUpHasItsDeadline() {
        assertThat(
                        decide(
                                "{every: 2h, missed: runOnce, startingDeadline: 1h}",
                                "10:00",
                                Optional.of(run("10:00", "10:02")),
                                "17:30"))
                .isEqualTo("wait 18:00 (12:00-16:00 x3 missed: nothing started it within 1h)");
    }

    @Test
    void aSuspendedScheduleSkipsAndGoesOn() {
        assertThat(decide("{every: 1h, suspend: true}", "", Optional.empty(), "12:00:01"))
                .isEqualTo("wait 13:00 (10:00-12:00 x3 suspended)");
    }

    @Test
    void reasonsAreKeptApart() {
        assertThat(decide("every: 10m", "10:00", Optional.of(run("10:00:01", "10:25")), "11:08"))
                .isEqualTo(
                        "wait 11:10 (10:10-10:20 x2 run 1 was still going on;"
                                + " 10:30-11:00 x4 missed: nothing started it within 5m)");
    }

    @Test
    void aScheduleEndsAfterItsLastFire() {
        assertThat(
                        decide(
                                "{every: 1h, until: 2026-03-02T11:00}",
                                "11:00",
                                Optional.of(run("11:00", "11:02")),
                                "11:02"))
                .isEqualTo("over, no fire is left");
        assertThat(
                        decide(
                                "{every: 1h, until: 2026-03-02T11:00}",
                                "10:00",
                                Optional.empty(),
                                "12:00"))
                .isEqualTo(
                        "over, no fire is left (11:00-11:00 x1 missed: nothing started it within 5m)");
    }

    @Test
    void aScheduleEndsAfterItsLastRun() {
        assertThat(
                        decide(
                                "{every: 1h, maxRuns: 1}",
                                "10:00",
                                Optional.of(run("10:00", "10:02")),
                                "10:02"))
                .isEqualTo("over, maxRuns: 1 runs were started");
    }

    @Test
    void aScheduleEndsWhenARunEndsAsItWaitsFor() {
        Optional<LastRun> passed = Optional.of(run("10:00", "10:02"));
        assertThat(decide("{every: 1h, stopWhen: passed}", "10:00", passed, "10:02"))
                .isEqualTo("over, stopWhen: run 1 passed");
        assertThat(decide("{every: 1h, stopWhen: failed}", "10:00", passed, "10:02"))
                .isEqualTo("wait 11:00");
        var stopped = new LastRun("run 1", at("10:00"), at("10:02"), Optional.empty());
        assertThat(decide("{every: 1h, stopWhen: failed}", "10:00", Optional.of(stopped), "10:02"))
                .isEqualTo("wait 11:00");
    }

    @Test
    void aRunWaitsForItsJitter() {
        Timetable timetable = timetable("{every: 1h, jitter: 30m}");
        Instant start = timetable.start(ANCHOR);
        var nothing = new Situation(timetable.beginning(), 0, Optional.empty());
        assertThat(FirePlan.decide(timetable, nothing, start.minusMillis(1)))
                .isEqualTo(new Step.Wait(timetable.fire(ANCHOR), start, List.of()));
        assertThat(FirePlan.decide(timetable, nothing, start))
                .isEqualTo(new Step.Launch(timetable.fire(ANCHOR), List.of()));
    }

    @Test
    void manyMissedFiresAreFoldedInSteps() {
        Timetable timetable = timetable("every: 1s");
        Instant now = ANCHOR.plusSeconds(250_000);
        Instant settled = timetable.beginning();
        long folded = 0;
        int steps = 0;
        while (true) {
            Step step =
                    FirePlan.decide(timetable, new Situation(settled, 0, Optional.empty()), now);
            assertThat(step.skipped()).hasSizeLessThanOrEqualTo(2);
            folded += step.skipped().stream().mapToLong(s -> s.count()).sum();
            steps++;
            if (step instanceof Step.Launch(var fire, var skipped)) {
                assertThat(fire.at()).isEqualTo(now);
                break;
            }
            settled = step.skipped().getLast().to();
        }
        assertThat(folded).isEqualTo(250_000);
        assertThat(steps).isLessThanOrEqualTo(4);
    }

    // ---- Where a start is late and the schedule has shut ---------------------------------------

    @Test
    void whatIsCaughtUpWaitsForTheNextOpening() {
        String schedule = "{cron: 50 9-16 * * *, hours: 9-17, missed: runOnce}";
        Optional<LastRun> last = Optional.of(run("14:50", "14:52"));
        assertThat(decide(schedule, "14:50", last, "22:00"))
                .isEqualTo("wait 09:00 (15:50-15:50 x1 a later fire was due as well)");
        assertThat(decide(schedule, "15:50", last, "2026-03-03T09:00")).isEqualTo("run 16:50");
    }

    @Test
    void whatIsCaughtUpGivesWayToAFireAtTheNextOpening() {
        assertThat(
                        decide(
                                "{every: 30m, hours: 9-17, missed: runOnce}",
                                "16:00",
                                Optional.of(run("15:30", "15:32")),
                                "22:00"))
                .isEqualTo("wait 09:00 (16:30-16:30 x1 too late: outside hours)");
    }

    @Test
    void nothingIsCaughtUpAtAWeekend() {
        assertThat(
                        decide(
                                "{cron: 0 12 * * *, days: Mon-Fri, missed: runOnce}",
                                "12:00",
                                Optional.empty(),
                                "2026-03-08T03:00"))
                .startsWith("wait 00:00 (12:00-12:00 x3 a later fire was due as well)");
    }

    @Test
    void nothingIsCaughtUpInAFreeze() {
        String schedule =
                "{cron: 0 12 * * *, missed: runOnce, exclude: [{name: freeze, from: 2026-03-03, until: 2026-03-10}]}";
        assertThat(decide(schedule, "", Optional.empty(), "2026-03-04T08:00"))
                .isEqualTo("wait 00:00");
        assertThat(decide(schedule, "", Optional.empty(), "2026-03-11T00:00"))
                .isEqualTo("run 12:00");
    }

    @Test
    void nothingIsCaughtUpAfterTheEnd() {
        assertThat(
                        decide(
                                "{every: 1h, missed: runOnce, until: 2026-03-02T17:00}",
                                "16:00",
                                Optional.empty(),
                                "2026-03-05T08:00"))
                .isEqualTo("over, no fire is left (17:00-17:00 x1 too late: until has passed)");
    }

    @Test
    void whatCannotStartWithinItsDeadlineDoesNotWaitForTheNextOpening() {
        assertThat(
                        decide(
                                "{cron: 50 9-16 * * *, hours: 9-17, missed: runOnce, startingDeadline: 8h}",
                                "15:50",
                                Optional.empty(),
                                "22:00"))
                .isEqualTo("wait 09:50 (16:50-16:50 x1 too late: outside hours)");
    }

    @Test
    void aQueuedFireWaitsForTheNextOpeningAndIsNotMissedMeanwhile() {
        String schedule = "{cron: 30 10-16 * * *, hours: 9-17, overlap: queue}";
        Optional<LastRun> last = Optional.of(run("15:30", "19:00"));
        assertThat(decide(schedule, "15:30", last, "19:00")).isEqualTo("wait 09:00");
        assertThat(decide(schedule, "15:30", last, "2026-03-03T09:00")).isEqualTo("run 16:30");
        assertThat(decide(schedule, "15:30", last, "2026-03-03T09:06"))
                .isEqualTo("wait 10:30 (16:30-16:30 x1 missed: nothing started it within 5m)");
    }

    @Test
    void aFireThatIsALittleLateDoesNotStartOutsideItsHours() {
        String schedule = "{cron: 59 9-16 * * *, hours: 9-17}";
        assertThat(decide(schedule, "15:59", Optional.empty(), "16:59:59")).isEqualTo("run 16:59");
        assertThat(decide(schedule, "15:59", Optional.empty(), "17:00"))
                .isEqualTo("wait 09:59 (16:59-16:59 x1 too late: outside hours)");
    }

    @Test
    void aFireThatReplacesARunDoesNotStartOutsideItsHours() {
        assertThat(
                        decide(
                                "{cron: 59 9-16 * * *, hours: 9-17, overlap: replace}",
                                "15:59",
                                Optional.of(run("15:59", "17:01")),
                                "17:01"))
                .isEqualTo("wait 09:59 (16:59-16:59 x1 too late: outside hours)");
    }

    @Test
    void anEngineThatIsToRunNowRunsOnceWheneverSomebodyIsThere() {
        assertThat(decide("now: true", "", Optional.empty(), "2026-03-09T10:00"))
                .isEqualTo("run 10:00");
        assertThat(decide("now: true", "10:00", Optional.of(run("10:00", "10:01")), "10:02"))
                .isEqualTo("over, no fire is left");
        assertThat(decide("{now: true, startingDeadline: 1h}", "", Optional.empty(), "11:00:01"))
                .startsWith("over, no fire is left (10:00-10:00 x1 missed");
    }

    @Test
    void anEngineThatIsToRunNowWaitsForItsHours() {
        assertThat(decide("{now: true, hours: 14-16}", "", Optional.empty(), "12:00"))
                .isEqualTo("wait 14:00");
        assertThat(decide("{now: true, hours: 9-16}", "", Optional.empty(), "22:00"))
                .isEqualTo("wait 09:00");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{cron: 0 * * * *, jitter: 8h}",
                "{cron: 0 * * * *, jitter: 2h}",
                "{cron: '*/30 * * * *', jitter: 1h}",
                "{cron: '*/30 9-12,22 * * *', days: Mon-Fri, hours: 9-23, jitter: 5h}",
                "{cron: 0 */2 * * *, timeZone: Europe/Berlin, jitter: 2h}"
            })
    void withJitterBeyondTheGapNothingIsMissedWhileSomebodyIsThere(String schedule) {
        Timetable timetable = timetable(schedule);
        Instant settled = timetable.beginning();
        Instant now = ANCHOR;
        for (int runs = 0; runs < 1440; ) {
            switch (FirePlan.decide(
                    timetable, new Situation(settled, runs, Optional.empty()), now)) {
                case Step.Launch(var fire, var skipped) -> {
                    assertThat(skipped).isEmpty();
                    assertThat(timetable.next(settled)).contains(fire.at());
                    settled = fire.at();
                    runs++;
                }
                case Step.Wait(var fire, Instant until, var skipped) -> {
                    assertThat(skipped).isEmpty();
                    assertThat(until).isAfter(now);
                    now = until;
                }
                case Step.Over over -> throw new AssertionError(over);
            }
        }
    }

    // ---- All that waited are run ---------------------------------------------------------------

    @Test
    void everyFireThatWaitedForARunIsRunInItsTurn() {
        String all = "{every: 10m, overlap: queueAll}";
        assertThat(decide(all, "10:00", Optional.of(run("10:00:01", "10:35")), "10:35"))
                .isEqualTo("run 10:10");
        assertThat(decide(all, "10:10", Optional.of(run("10:35", "11:05")), "11:05"))
                .isEqualTo("run 10:20");
        assertThat(decide(all, "10:20", Optional.of(run("11:05", "11:06")), "11:06"))
                .isEqualTo("run 10:30");
    }

    @Test
    void moreFiresThanTheBoundDoNotWait() {
        assertThat(
                        decide(
                                "{every: 1m, overlap: queueAll}",
                                "10:00",
                                Optional.of(run("10:00:01", "10:35:30")),
                                "10:35:31"))
                .isEqualTo("run 10:26 (10:01-10:25 x25 more than 10 fires waited)");
    }

    @Test
    void firesThatNobodyWasThereForAreNotQueued() {
        assertThat(
                        decide(
                                "{every: 10m, overlap: queueAll}",
                                "10:10",
                                Optional.of(run("10:00", "10:02")),
                                "11:07"))
                .isEqualTo("wait 11:10 (10:20-11:00 x5 missed: nothing started it within 5m)");
        assertThat(
                        decide(
                                "{every: 10m, overlap: queueAll, missed: runOnce}",
                                "10:10",
                                Optional.of(run("10:00", "10:02")),
                                "11:07"))
                .startsWith("run 11:00 (10:20-10:50 x4 ");
    }

    @Test
    void queuedFiresWaitForTheNextOpeningAndForADeadlineNoLonger() {
        String all = "{cron: '*/30 9-16 * * *', hours: 9-17, overlap: queueAll}";
        Optional<LastRun> last = Optional.of(run("15:30", "19:00"));
        assertThat(decide(all, "15:30", last, "19:00")).isEqualTo("wait 09:00");
        assertThat(decide(all, "15:30", last, "2026-03-03T09:00")).isEqualTo("run 16:00");
        assertThat(
                        decide(
                                "{every: 10m, overlap: queueAll, startingDeadline: 12m}",
                                "10:00",
                                Optional.of(run("10:00:01", "10:35")),
                                "10:35"))
                .isEqualTo("run 10:30 (10:10-10:20 x2 missed: nothing started it within 12m)");
    }

    // ---- A suspension that ends by itself ------------------------------------------------------

    @Test
    void firesBeforeTheEndOfASuspensionAreSkippedWithItsNoteAndLaterOnesRun() {
        String schedule =
                "{every: 1h, missed: runOnce, suspend: {until: 2026-03-02T12:30, note: release}}";
        assertThat(decide(schedule, "", Optional.empty(), "11:10"))
                .isEqualTo("wait 12:00 (10:00-11:00 x2 suspended: release)");
        assertThat(decide(schedule, "11:00", Optional.empty(), "12:40"))
                .as("what was due while it was suspended is not caught up")
                .isEqualTo("wait 13:00 (12:00-12:00 x1 suspended: release)");
        assertThat(decide(schedule, "12:00", Optional.empty(), "13:00")).isEqualTo("run 13:00");
    }

    @Test
    void anEngineThatIsToRunNowWaitsForTheEndOfASuspension() {
        String schedule = "{now: true, suspend: {until: 2026-03-02T12:30}}";
        assertThat(decide(schedule, "", Optional.empty(), "11:10")).isEqualTo("wait 12:30");
        assertThat(decide(schedule, "", Optional.empty(), "12:30")).isEqualTo("run 10:00");
    }

    /** Processes come and go, runs take their time, and every fire is settled exactly once. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16})
    void everyFireIsOneRunOrOneSkip(long seed) {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        String overlap = List.of("skip", "queue", "replace", "queueAll").get((int) (seed % 4));
        String missed = seed % 3 == 0 ? "skip" : "runOnce";
        Timetable timetable =
                timetable(
                        "{every: 7m, jitter: 6m, hours: 8-20, overlap: %s, missed: %s}"
                                .formatted(overlap, missed));
        var settledFires = new ArrayList<Instant>();
        Instant now = ANCHOR;
        Instant settled = timetable.beginning();
        Optional<LastRun> last = Optional.empty();
        long runs = 0;
        Instant end = ANCHOR.plusSeconds(10 * 86_400);
        while (now.isBefore(end)) {
            Step step = FirePlan.decide(timetable, new Situation(settled, runs, last), now);
            for (var skipped : step.skipped()) {
                long count = 0;
                Instant fire = skipped.from();
                while (true) {
                    count++;
                    settledFires.add(fire);
                    if (fire.equals(skipped.to())) {
                        break;
                    }
                    fire = timetable.next(fire).orElseThrow();
                }
                assertThat(skipped.count()).isEqualTo(count);
                settled = skipped.to();
            }
            switch (step) {
                case Step.Launch(var fire, var skipped) -> {
                    assertThat(fire.at()).isAfter(settled);
                    settledFires.add(fire.at());
                    settled = fire.at();
                    runs++;
                    Instant over = now.plusSeconds(random.nextInt(1_200));
                    last = Optional.of(new LastRun("r", now, over, Optional.empty()));
                    now = over;
                }
                case Step.Wait(var fire, Instant until, var skipped) ->
                        // Sometimes nobody is there.
                        now =
                                random.nextInt(20) == 0
                                        ? now.plusSeconds(random.nextInt(20_000))
                                        : until;
                case Step.Over over -> throw new AssertionError(over);
            }
        }
        var expected = new ArrayList<Instant>();
        for (Optional<Instant> next = timetable.next(timetable.beginning());
                !next.orElseThrow().isAfter(settled);
                next = timetable.next(next.get())) {
            expected.add(next.get());
        }
        assertThat(settledFires).isEqualTo(expected);
        assertThat(runs).isGreaterThan(100);
    }
}
