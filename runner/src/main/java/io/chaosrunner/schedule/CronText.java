package io.chaosrunner.schedule;

import io.chaosrunner.strategy.Parameters;
import java.io.Serial;
import java.text.ParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.quartz.CronExpression;

/**
 * Hold a cron expression as Quartz reads it.
 *
 * <p>Six or seven fields are Quartz' own. Five fields are those of crontab(5): they start at second
 * 0, Sunday is 0 or 7, and a day of month beside a day of week means either, which takes two
 * expressions. Quartz overlooks some mistakes ({@code MONN} passes for Monday): they are found
 * here.
 *
 * @param quartz one or two expressions in Quartz' form; the schedule fires when either does
 * @param everyHour whether the hour is left open, so that the expression means elapsed time rather
 *     than a time of day
 */
record CronText(List<String> quartz, boolean everyHour) {
    private static final String EXAMPLE = "0 0/30 9-17 ? * MON-FRI";
    private static final List<String> DAYS =
            List.of("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT");
    private static final List<String> MONTHS =
            List.of(
                    "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV",
                    "DEC");
    private static final Map<String, String> NICKNAMES =
            Map.of(
                    "@hourly", "0 * * * *",
                    "@daily", "0 0 * * *",
                    "@midnight", "0 0 * * *",
                    "@weekly", "0 0 * * 0",
                    "@monthly", "0 0 1 * *",
                    "@yearly", "0 0 1 1 *",
                    "@annually", "0 0 1 1 *");
    private static final Pattern WORD = Pattern.compile("[A-Za-z]+");
    private static final Pattern NUMBERS = Pattern.compile("(?<![\\d/#])(\\d+)(?:-(\\d+))?");
    private static final List<String> EVERY_HOUR = List.of("*", "*/1", "0/1", "0-23");

    CronText {
        quartz = List.copyOf(quartz);
    }

    /** Say where an expression is wrong, and show one that works. */
    static final class Fault extends Exception {
        @Serial private static final long serialVersionUID = 1L;

        Fault(String message) {
            super(message);
        }
    }

    /** Name the fields in Quartz' order, with what they take and a value that always works. */
    private enum Field {
        SECOND("second", "0-59", "0"),
        MINUTE("minute", "0-59", "0"),
        HOUR("hour", "0-23", "9"),
        DAY_OF_MONTH("day of month", "1-31, ?, L, LW or 15W", "?"),
        MONTH("month", "1-12 or JAN-DEC", "*"),
        DAY_OF_WEEK("day of week", "1-7 with 1 for Sunday, SUN-SAT, ?, 6L or 6#3", "MON-FRI"),
        YEAR("year", "1970-2099", "*");

        private final String words;
        private final String takes;
        private final String works;

        Field(String words, String takes, String works) {
            this.words = words;
            this.takes = takes;
            this.works = works;
        }

        /** Return an expression with one field as given and nothing else that could be wrong. */
        private String alone(String value) {
            return switch (this) {
                case SECOND -> value + " 0 0 ? * *";
                case MINUTE -> "0 " + value + " 0 ? * *";
                case HOUR -> "0 0 " + value + " ? * *";
                case DAY_OF_MONTH -> "0 0 0 " + value + " * " + (value.equals("?") ? "*" : "?");
                case MONTH -> "0 0 0 ? " + value + " *";
                case DAY_OF_WEEK -> "0 0 0 " + (value.equals("?") ? "*" : "?") + " * " + value;
                case YEAR -> "0 0 0 ? * * " + value;
            };
        }

        private List<String> names() {
            return switch (this) {
                case MONTH -> MONTHS;
                case DAY_OF_WEEK -> DAYS;
                default -> List.of();
            };
        }
    }

    /** One field as written; {@code at} counts from 1. */
    private record Written(Field field, String text, int at) {}

    static CronText of(String written) throws Fault {
        String text = written.strip();
        if (text.startsWith("@")) {
            String meant = NICKNAMES.get(text.toLowerCase(Locale.ROOT));
            if (meant == null) {
                throw new Fault(
                        "'%s' is none of %s"
                                .formatted(
                                        text,
                                        NICKNAMES.keySet().stream()
                                                .sorted()
                                                .collect(Collectors.joining(", "))));
            }
            return of(meant);
        }
        List<Written> fields = fields(written);
        boolean crontab = fields.size() == 5;
        var values = new ArrayList<String>();
        for (Written field : fields) {
            values.add(value(field, crontab, fields));
        }
        if (crontab) {
            return crontab(fields, values);
        }
        checkDays(fields, fields.get(3), fields.get(5));
        return new CronText(List.of(String.join(" ", values)), EVERY_HOUR.contains(values.get(2)));
    }

    private static List<Written> fields(String text) throws Fault {
        var parts = new ArrayList<Written>();
        Matcher matcher = Pattern.compile("\\S+").matcher(text);
        var found = new ArrayList<int[]>();
        while (matcher.find()) {
            found.add(new int[] {matcher.start(), matcher.end()});
        }
        if (found.size() < 5 || found.size() > 7) {
            throw new Fault(
                    "'%s' has %d fields; write 5 (minute hour day month weekday), or 6 or 7 as Quartz does (second first, year last); an example that works: \"%s\""
                            .formatted(text, found.size(), EXAMPLE));
        }
        int first = found.size() == 5 ? 1 : 0;
        for (int i = 0; i < found.size(); i++) {
            parts.add(
                    new Written(
                            Field.values()[i + first],
                            text.substring(found.get(i)[0], found.get(i)[1]),
                            found.get(i)[0] + 1));
        }
        return parts;
    }

    /** Return a field's value with numbers for names, in Quartz' numbering. */
    private static String value(Written written, boolean crontab, List<Written> all) throws Fault {
        Field field = written.field();
        int at = written.at();
        var items = new ArrayList<String>();
        for (String item : written.text().split(",", -1)) {
            String value = numbers(item, field, at, all);
            if (crontab && field == Field.DAY_OF_WEEK) {
                value = quartzDays(value, at, all);
            }
            if (item.isEmpty() || item.matches(".*/(0+|\\D.*)?") || !isRead(field.alone(value))) {
                throw fault(item, at, field, all);
            }
            items.add(value);
            at += item.length() + 1;
        }
        String value = String.join(",", items);
        if (!isRead(field.alone(value))) {
            throw fault(written.text(), written.at(), field, all);
        }
        return value;
    }

    private static boolean isRead(String quartz) {
        try {
            new CronExpression(quartz);
            return true;
        } catch (ParseException | IllegalArgumentException e) {
            return false;
        }
    }

    /** Replace names by numbers, for Quartz looks at three letters and overlooks what follows. */
    private static String numbers(String item, Field field, int at, List<Written> all)
            throws Fault {
        var result = new StringBuilder();
        Matcher words = WORD.matcher(item);
        while (words.find()) {
            String word = words.group().toUpperCase(Locale.ROOT);
            int index = field.names().indexOf(word);
            if (index >= 0) {
                boolean crontabSunday = all.size() == 5 && field == Field.DAY_OF_WEEK;
                words.appendReplacement(result, String.valueOf(crontabSunday ? index : index + 1));
            } else if (List.of("L", "W", "LW").contains(word)) {
                words.appendReplacement(result, word);
            } else {
                String hint =
                        Parameters.nearest(word, field.names())
                                .map(near -> "; did you mean " + near + "?")
                                .orElse("");
                throw new Fault(
                        "'%s' at position %d is not a %s (%s)%s; an example that works: \"%s\""
                                .formatted(
                                        words.group(),
                                        at + words.start(),
                                        field.words,
                                        takes(field, all),
                                        hint,
                                        working(field, all)));
            }
        }
        return words.appendTail(result).toString();
    }

    /** Translate crontab's days, 0 or 7 for Sunday, to Quartz', 1 for Sunday. */
    private static String quartzDays(String item, int at, List<Written> all) throws Fault {
        var result = new StringBuilder();
        Matcher numbers = NUMBERS.matcher(item);
        while (numbers.find()) {
            int first = Integer.parseInt(numbers.group(1));
            int last = numbers.group(2) == null ? first : Integer.parseInt(numbers.group(2));
            if (first > 7 || last > 7) {
                throw fault(item, at, Field.DAY_OF_WEEK, all);
            }
            String days = String.valueOf(first % 7 + 1);
            if (first == 0 && last == 7) {
                days = "1-7";
            } else if (numbers.group(2) != null) {
                days += "-" + (last % 7 + 1);
            }
            numbers.appendReplacement(result, days);
        }
        return numbers.appendTail(result).toString();
    }

    private static CronText crontab(List<Written> fields, List<String> values) throws Fault {
        String time = "0 " + values.get(0) + " " + values.get(1) + " ";
        String dayOfMonth = values.get(2);
        String month = " " + values.get(3) + " ";
        String dayOfWeek = values.get(4);
        boolean everyHour = EVERY_HOUR.contains(values.get(1));
        boolean anyDayOfMonth = dayOfMonth.equals("*") || dayOfMonth.equals("?");
        boolean anyDayOfWeek = dayOfWeek.equals("*") || dayOfWeek.equals("?");
        if (anyDayOfWeek) {
            String day = anyDayOfMonth ? "*" : dayOfMonth;
            return new CronText(List.of(time + day + month + "?"), everyHour);
        }
        if (anyDayOfMonth) {
            return new CronText(List.of(time + "?" + month + dayOfWeek), everyHour);
        }
        if (dayOfMonth.startsWith("*") || dayOfWeek.startsWith("*")) {
            Written day = dayOfMonth.startsWith("*") ? fields.get(2) : fields.get(4);
            throw new Fault(
                    "'%s' at position %d (%s): beside the other kind of day, crons disagree on what it means; write * in one of them, or two schedules; an example that works: \"%s\""
                            .formatted(
                                    day.text(),
                                    day.at(),
                                    day.field().words,
                                    with(fields, day.field(), "*")));
        }
        return new CronText(
                List.of(time + dayOfMonth + month + "?", time + "?" + month + dayOfWeek),
                everyHour);
    }

    /** Quartz wants exactly one of the two days to be a question mark. */
    private static void checkDays(List<Written> all, Written ofMonth, Written ofWeek) throws Fault {
        boolean monthOpen = ofMonth.text().equals("?");
        boolean weekOpen = ofWeek.text().equals("?");
        if (monthOpen != weekOpen) {
            return;
        }
        if (monthOpen) {
            throw new Fault(
                    "'?' at position %d (day of week): only one of the two days can be ?; an example that works: \"%s\""
                            .formatted(ofWeek.at(), with(all, Field.DAY_OF_WEEK, "*")));
        }
        Written open = ofWeek.text().equals("*") ? ofWeek : ofMonth;
        throw new Fault(
                "'%s' at position %d (%s): one of day of month and day of week must be ?; an example that works: \"%s\""
                        .formatted(
                                open.text(),
                                open.at(),
                                open.field().words,
                                with(all, open.field(), "?")));
    }

    private static Fault fault(String item, int at, Field field, List<Written> all) {
        return new Fault(
                "'%s' at position %d is not a %s (%s); an example that works: \"%s\""
                        .formatted(item, at, field.words, takes(field, all), working(field, all)));
    }

    private static String takes(Field field, List<Written> all) {
        return all.size() == 5 && field == Field.DAY_OF_WEEK
                ? "0-7 with 0 and 7 for Sunday, or SUN-SAT"
                : field.takes;
    }

    /** Return what was written with one field put right, if that is all that is wrong. */
    private static String working(Field field, List<Written> all) {
        boolean crontabDay = all.size() == 5 && field == Field.DAY_OF_MONTH;
        String mended = with(all, field, crontabDay ? "*" : field.works);
        Optional<Written> other =
                all.stream()
                        .filter(w -> field == Field.DAY_OF_MONTH && w.field() == Field.DAY_OF_WEEK)
                        .filter(w -> w.text().equals("?"))
                        .findFirst();
        if (other.isPresent()) {
            mended = with(all, field, "1");
        }
        try {
            of(mended);
            return mended;
        } catch (Fault e) {
            return EXAMPLE;
        }
    }

    private static String with(List<Written> all, Field field, String value) {
        return all.stream()
                .map(w -> w.field() == field ? value : w.text())
                .collect(Collectors.joining(" "));
    }
}
