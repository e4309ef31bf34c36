package io.chaosrunner.holidays;

import io.chaosrunner.model.ForeignText;
import java.io.Serial;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.time.MonthDay;
import java.time.temporal.ChronoField;
import java.time.temporal.TemporalAccessor;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import tools.jackson.databind.node.ObjectNode;

/**
 * A reader of lists of holidays: text with one date a line, and iCalendar files. Strangers write
 * them, so what is read of them is bounded; a list that is damaged anywhere is not used at all.
 * Used once.
 */
public final class HolidayReader {
    /** Most characters of all files of a list together. */
    public static final int LONGEST = 256 * 1024;

    /** Most days of a list; each counts as often as it is named, and those of each year each. */
    static final int MOST_DAYS = 20_000;

    private static final String CALENDAR = ".ics";
    private static final int LONGEST_NAME = 50;
    private static final int LONGEST_QUOTE = 40;

    private final Map<LocalDate, String> dates = new HashMap<>();
    private final Map<MonthDay, String> yearly = new HashMap<>();
    private int named;

    /** Reports a list that cannot be used, and which line or event is to be mended. */
    public static final class Unusable extends Exception {
        @Serial private static final long serialVersionUID = 1L;

        Unusable(String message) {
            super(message);
        }
    }

    private HolidayReader() {}

    /**
     * Read a list.
     *
     * @param configMap the whole object
     * @throws Unusable if a file of it is damaged or too long, or all together name no day
     */
    public static HolidayList.Days read(ObjectNode configMap) throws Unusable {
        for (var binary : configMap.path("binaryData").properties()) {
            throw new Unusable(
                    "%s is not UTF-8 text"
                            .formatted(ForeignText.oneLine(binary.getKey(), LONGEST_NAME)));
        }
        var files = new HashMap<String, String>();
        for (var file : configMap.path("data").properties()) {
            files.put(file.getKey(), file.getValue().asString(""));
        }
        return read(files);
    }

    /** Return how many characters all files of a list have together. */
    public static int length(ObjectNode configMap) {
        return configMap
                .path("data")
                .valueStream()
                .mapToInt(file -> file.asString("").length())
                .sum();
    }

    /**
     * Read all files of a list.
     *
     * @param files their texts by name; those named {@code *.ics} are iCalendar, all others text
     * @throws Unusable if one is damaged or too long, or all together name no day
     */
    static HolidayList.Days read(Map<String, String> files) throws Unusable {
        long length = files.values().stream().mapToLong(String::length).sum();
        if (length > LONGEST) {
            throw new Unusable(
                    "it has %,d characters, and %,d are the most".formatted(length, LONGEST));
        }
        var reader = new HolidayReader();
        for (var file : new TreeMap<>(files).entrySet()) {
            try {
                reader.take(file.getKey(), file.getValue());
            } catch (Unusable e) {
                throw new Unusable(
                        "%s: %s"
                                .formatted(
                                        ForeignText.oneLine(file.getKey(), LONGEST_NAME),
                                        e.getMessage()));
            }
        }
        if (reader.dates.isEmpty() && reader.yearly.isEmpty()) {
            throw new Unusable(
                    "it names no day; write dates such as 2026-12-25, one a line, or take the list out of the schedule");
        }
        return new HolidayList.Days(reader.dates, reader.yearly);
    }

    private void take(String name, String text) throws Unusable {
        String unmarked = text.startsWith("\uFEFF") ? text.substring(1) : text;
        if (name.endsWith(CALENDAR)) {
            // Only here: who has no such file never loads its library.
            CalendarFile.read(unmarked, this);
        } else {
            int number = 0;
            for (String line : (Iterable<String>) unmarked.lines()::iterator) {
                number++;
                line(number, line);
            }
        }
    }

    /** A date, and what people call it; what follows a # is for people only. */
    private void line(int number, String line) throws Unusable {
        int comment = line.indexOf('#');
        String said = (comment < 0 ? line : line.substring(0, comment)).strip();
        if (said.isEmpty()) {
            return;
        }
        int end = 0;
        while (end < said.length() && !Character.isWhitespace(said.charAt(end))) {
            end++;
        }
        String date = said.substring(0, end);
        String name = said.substring(end);
        checkNoOther(number, name);
        try {
            if (date(date) instanceof MonthDay each) {
                day(each, name);
            } else {
                day(LocalDate.parse(date), name);
            }
        } catch (DateTimeException e) {
            throw new Unusable(
                    "line %d: '%s' is not a date; write 2026-12-25, or 12-25 for every year%s"
                            .formatted(
                                    number,
                                    ForeignText.oneLine(date, LONGEST_QUOTE),
                                    date.equals("BEGIN:VCALENDAR")
                                            ? "; an iCalendar file has a key that ends in .ics"
                                            : ""));
        }
    }

    /** Who writes two dates on a line means both, or those from one to the other. */
    private static void checkNoOther(int number, String name) throws Unusable {
        Optional<String> word =
                Arrays.stream(name.strip().split("\\s+", -1))
                        .filter(each -> each.chars().anyMatch(Character::isLetterOrDigit))
                        .findFirst()
                        .filter(HolidayReader::isDate);
        if (word.isPresent()) {
            throw new Unusable(
                    "line %d: '%s' would be overlooked: write one date a line"
                            .formatted(number, word.get()));
        }
    }

    private static boolean isDate(String word) {
        try {
            return date(word).isSupported(ChronoField.DAY_OF_MONTH);
        } catch (DateTimeException e) {
            return false;
        }
    }

    /** Read {@code 2026-12-25}, or {@code 12-25}. */
    private static TemporalAccessor date(String word) {
        return word.length() == "12-25".length()
                ? MonthDay.parse("--" + word)
                : LocalDate.parse(word);
    }

    /** Take a day, whose first name counts. */
    void day(LocalDate date, String name) throws Unusable {
        dates.putIfAbsent(date, called(name));
        checkCount();
    }

    private void day(MonthDay day, String name) throws Unusable {
        yearly.putIfAbsent(day, called(name));
        checkCount();
    }

    private static String called(String name) {
        return ForeignText.oneLine(ForeignText.line(name.strip()), LONGEST_NAME);
    }

    private void checkCount() throws Unusable {
        named++;
        if (named > MOST_DAYS) {
            throw new Unusable("there are more than %,d days".formatted(MOST_DAYS));
        }
    }
}
