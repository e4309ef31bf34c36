package io.chaosrunner.schedule;

import static io.chaosrunner.schedule.Schedules.ANCHOR;
import static io.chaosrunner.schedule.Schedules.clock;
import static io.chaosrunner.schedule.Schedules.timetable;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.time.ZoneId;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class PreviewTest {

    private static List<String> preview(String schedule, String from, int count) {
        Timetable timetable = timetable(schedule);
        ZoneId zone = timetable.spec().zone();
        Preview preview = Preview.of(timetable, Instant.parse(from), count);
        var lines = new ArrayList<String>();
        for (Preview.Entry entry : preview.entries()) {
            lines.add(
                    switch (entry) {
                        case Preview.Entry.Fires fires ->
                                (clock(fires.at(), zone) + " " + fires.note()).strip();
                        case Preview.Entry.Excluded not ->
                                "not %s x%d: %s"
                                        .formatted(
                                                clock(not.at(), zone), not.count(), not.reason());
                    });
        }
        preview.end().ifPresent(lines::add);
        return lines;
    }

    @Test
    void whatIsExcludedIsFoldedWithItsReason() {
        assertThat(
                        preview(
                                "{cron: 0 9 * * *, days: Mon-Fri, exclude: [{name: Good Friday, dates: 2026-04-03}]}",
                                "2026-04-02T00:00:00Z",
                                2))
                .containsExactly(
                        "Thu 2026-04-02 09:00",
                        "not Fri 2026-04-03 09:00 x1: Good Friday",
                        "not Sat 2026-04-04 09:00 x2: weekend",
                        "Mon 2026-04-06 09:00");
    }

    @Test
    void aTimeThatTheClocksJumpOverFiresLaterAndSaysSo() {
        assertThat(
                        preview(
                                "{cron: 30 2 * * *, timeZone: Europe/Berlin}",
                                "2026-03-28T12:00:00Z",
                                2))
                .containsExactly(
                        "Sun 2026-03-29 03:30 for 02:30, which the clocks jump over",
                        "Mon 2026-03-30 02:30");
    }

    @Test
    void elapsedTimeLeavesOutWhatTheClocksJumpOver() {
        assertThat(
                        preview(
                                "{cron: 0/30 * * * *, timeZone: Europe/Berlin}",
                                "2026-03-29T00:30:00Z",
                                2))
                .containsExactly(
                        "Sun 2026-03-29 01:30",
                        "not Sun 2026-03-29 03:00 x1: the clocks jump over 02:00",
                        "not Sun 2026-03-29 03:00 x1: the clocks jump over 02:30",
                        "Sun 2026-03-29 03:00");
    }

    @Test
    void aTimeThatComesTwiceFiresOnceAndSaysSo() {
        assertThat(
                        preview(
                                "{cron: 30 2 * * *, timeZone: Europe/Berlin}",
                                "2026-10-24T12:00:00Z",
                                2))
                .containsExactly(
                        "Sun 2026-10-25 02:30",
                        "not Sun 2026-10-25 02:30 x1: 02:30 comes twice, and has fired",
                        "Mon 2026-10-26 02:30");
    }

    @Test
    void theEndIsTold() {
        assertThat(preview("{every: 1h, until: 2026-03-02T11:30}", ANCHOR.toString(), 9))
                .containsExactly("Mon 2026-03-02 10:00", "Mon 2026-03-02 11:00", "no fire follows");
        assertThat(preview("{every: 1h, maxRuns: 1}", ANCHOR.toString(), 9))
                .containsExactly("Mon 2026-03-02 10:00", "maxRuns: 1 runs are all");
    }

    @Test
    void aFireAtTheVeryStartCounts() {
        assertThat(preview("cron: 0 9 * * *", "2026-03-05T09:00:00Z", 1))
                .containsExactly("Thu 2026-03-05 09:00");
    }

    @Test
    void aDenseScheduleIsForetoldThoughItIsShutForLong() {
        List<String> lines = preview("{every: 1s, hours: 9-10}", "2026-03-03T09:59:59Z", 2);
        assertThat(lines)
                .containsExactly(
                        "Tue 2026-03-03 09:59:59",
                        "not Tue 2026-03-03 10:00 x82800: outside hours",
                        "Wed 2026-03-04 09:00");
    }

    @Test
    void whatDoesNotFireIsCountedAndBoundedHoweverLongItLasts() {
        Timetable timetable =
                timetable(
                        "{every: 1s, exclude: [{name: freeze, from: 2026-03-03, until: 2028-02-29T12:00}]}");
        Preview preview = Preview.of(timetable, Instant.parse("2026-03-02T23:59:59Z"), 2);
        Instant begin = Instant.parse("2026-03-03T00:00:00Z");
        Instant end = Instant.parse("2028-02-29T12:00:00Z");
        assertThat(preview.entries().get(1))
                .isEqualTo(
                        new Preview.Entry.Excluded(
                                begin,
                                end.minusSeconds(1),
                                begin.until(end, ChronoUnit.SECONDS),
                                "freeze"));
        assertThat(preview.fires().getLast().at()).isEqualTo(end);
    }

    @Test
    void whatTheClocksTakeFromADenseScheduleIsToldAsOne() {
        assertThat(
                        preview(
                                "{cron: '* * * * * ?', timeZone: Europe/Berlin}",
                                "2026-03-29T00:59:59Z",
                                2))
                .containsExactly(
                        "Sun 2026-03-29 01:59:59",
                        "not Sun 2026-03-29 03:00 x3600: the clocks jump over 02:00 to 02:59:59",
                        "Sun 2026-03-29 03:00");
    }

    @Test
    void eachTimeThatIsMovedSaysSo() {
        assertThat(
                        preview(
                                "{cron: '*/30 2 * * *', timeZone: Europe/Berlin}",
                                "2026-03-29T00:00:00Z",
                                3))
                .containsExactly(
                        "Sun 2026-03-29 03:00 for 02:00, which the clocks jump over",
                        "Sun 2026-03-29 03:30 for 02:30, which the clocks jump over",
                        "Mon 2026-03-30 02:00");
    }

    /** In Havana the clocks jump from 00:00 to 01:00, so once a year 00:15 is 01:15. */
    @Test
    void aSparseWindowCostsNoMoreThanADenseOne() {
        Preview preview =
                Preview.of(
                        timetable(
                                "{cron: '0 */15 0 * * ?', hours: '01:15-01:45', timeZone: America/Havana}"),
                        Instant.parse("2026-03-01T00:00:00Z"),
                        40);
        assertThat(preview.fires()).hasSize(40);
        assertThat(preview.fires().getLast().at()).isEqualTo(Instant.parse("2045-03-12T05:30:00Z"));
        assertThat(preview.entries()).hasSizeLessThan(500);
    }
}
