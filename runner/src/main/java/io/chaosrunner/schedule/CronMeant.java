package io.chaosrunner.schedule;

import java.time.Month;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * What was probably meant by a cron expression that is none: each item in the form that it has
 * here, whatever it was written like. Whether the result is an expression is for the reader to
 * tell. Pure.
 */
final class CronMeant {
    private static final Pattern CLOCK = Pattern.compile("([0-9]{1,2}):([0-9]{2})");
    private static final Pattern UNIT =
            Pattern.compile("([0-9]{1,2})(?:AM|PM|H|MIN|M|S|SEC|ST|ND|RD|TH)");
    private static final Pattern WEEKDAY = Pattern.compile("W([0-9]{1,2})");
    private static final Pattern LAST = Pattern.compile("L([A-Z]{2,9})|([A-Z]{2,9})#L");
    private static final Pattern YEAR = Pattern.compile("(?:19[7-9]|20[0-9])[0-9]");
    private static final String NUMBERS = "0123456789";

    private CronMeant() {}

    /**
     * Mend the fields of an expression.
     *
     * @param fields five, or six or seven that begin with the second
     */
    static Optional<String> of(List<String> fields) {
        if (fields.size() == 6 && YEAR.matcher(fields.getLast()).matches()) {
            return Optional.of("0 " + String.join(" ", fields));
        }
        boolean crontab = fields.size() == 5;
        int first = crontab ? 1 : 0;
        var mended = new ArrayList<String>();
        for (int i = 0; i < fields.size(); i++) {
            mended.add(field(i + first, fields.get(i), crontab));
        }
        Matcher clock = CLOCK.matcher(fields.get(2 - first));
        boolean onTheHour = fields.get(1 - first).equals("0") || fields.get(1 - first).equals("*");
        if (clock.matches() && onTheHour) {
            mended.set(2 - first, number(clock.group(1)));
            mended.set(1 - first, number(clock.group(2)));
        }
        return mended.equals(fields) ? Optional.empty() : Optional.of(String.join(" ", mended));
    }

    /** Read {@code 9:00} alone, which is each day. */
    static Optional<String> daily(String word) {
        Matcher clock = CLOCK.matcher(word);
        return clock.matches()
                ? Optional.of(
                                "%s %s * * *"
                                        .formatted(number(clock.group(2)), number(clock.group(1))))
                        .filter(CronReader::isExpression)
                : Optional.empty();
    }

    /** Return where the comment of a line begins; -1 if there is none. */
    static int comment(String line) {
        for (String mark : List.of("#", "//")) {
            int at = line.indexOf(mark);
            int after = at + mark.length();
            boolean alone = at == 0 || at > 0 && Character.isWhitespace(line.charAt(at - 1));
            boolean number = after < line.length() && Character.isDigit(line.charAt(after));
            if (alone && !number) {
                return at;
            }
        }
        return -1;
    }

    /** Write several expressions as schedules. */
    static String schedules(List<?> crons) {
        return "schedules: [%s]"
                .formatted(
                        crons.stream()
                                .limit(ScheduleReader.MOST_SCHEDULES)
                                .map("{cron: \"%s\"}"::formatted)
                                .collect(Collectors.joining(", ")));
    }

    /** Write an expression in quotes: a star at its begin means something else to YAML. */
    static Optional<String> unquoted(String text) {
        String key = "cron:";
        String written = text.indexOf(key) < 0 ? key + text : text;
        int at = written.indexOf(key) + key.length();
        int end =
                IntStream.of(written.indexOf('\n', at), written.indexOf('}', at), written.length())
                        .filter(each -> each >= 0)
                        .min()
                        .orElseThrow();
        for (int i = 0; i < ScheduleReader.MOST_SCHEDULES && end > at; i++) {
            String cron = written.substring(at, end).strip();
            if (CronReader.isExpression(cron)) {
                return Optional.of("it in quotes: cron: \"%s\"".formatted(cron));
            }
            end = written.lastIndexOf(',', end - 1);
        }
        return Optional.empty();
    }

    private static String number(String digits) {
        return String.valueOf(Integer.parseInt(digits));
    }

    private static String field(int kind, String text, boolean crontab) {
        String list = text.toUpperCase(Locale.ROOT);
        for (String and : List.of(";", "&", "|")) {
            list = list.replace(and, ",");
        }
        for (String dash : List.of("..", "\u2013", "\u2014")) {
            list = list.replace(dash, "-");
        }
        // Only crontabs count days from 0.
        boolean fromZero = !crontab && kind == 5 && list.matches("0|0[-,].*");
        var items = new ArrayList<String>();
        for (String item : list.split(",", -1)) {
            if (!item.isEmpty()) {
                items.add(item(kind, item, fromZero));
            }
        }
        String mended = String.join(",", items);
        return mended.equals(text.toUpperCase(Locale.ROOT)) ? text : mended;
    }

    private static String item(int kind, String item, boolean fromZero) {
        if (kind == 5 && item.length() > 7) {
            Optional<String> days =
                    MeantDays.days(item, false).filter(each -> each.indexOf(' ') < 0);
            if (days.isPresent()) {
                return days.get().toUpperCase(Locale.ROOT);
            }
        }
        Function<String, String> end = each -> end(kind, each, fromZero);
        int slash = item.indexOf('/');
        String range = slash < 0 ? item : item.substring(0, slash);
        String step = slash < 0 ? "" : item.substring(slash);
        return String.join("-", Arrays.stream(range.split("-", -1)).map(end).toList()) + step;
    }

    private static String end(int kind, String end, boolean fromZero) {
        Matcher weekday = WEEKDAY.matcher(end);
        Matcher last = LAST.matcher(end);
        if (kind == 3 && weekday.matches()) {
            return weekday.group(1) + "W";
        }
        if (kind == 5 && last.matches()) {
            String day = last.group(1) == null ? last.group(2) : last.group(1);
            return day(day, false).map(each -> each + "L").orElse(end);
        }
        Matcher unit = UNIT.matcher(end);
        if (unit.matches()) {
            return withoutUnit(kind, unit.group(1), end.substring(unit.group(1).length()), end);
        }
        String plain = end.indexOf('+') == 0 ? end.substring(1) : end;
        return switch (kind) {
            case 4 -> month(plain).orElse(plain);
            case 5 -> day(plain, fromZero).orElse(plain);
            default -> plain;
        };
    }

    private static String withoutUnit(int kind, String number, String unit, String end) {
        int value = Integer.parseInt(number);
        return switch (unit) {
            case "AM", "PM" ->
                    kind == 2 && value >= 1 && value <= 12
                            ? String.valueOf(value % 12 + (unit.equals("PM") ? 12 : 0))
                            : end;
            case "H" -> kind == 2 ? number : end;
            case "M", "MIN" -> kind == 1 ? number : end;
            case "S", "SEC" -> kind == 0 ? number : end;
            default -> kind == 3 ? number : end;
        };
    }

    private static Optional<String> day(String word, boolean fromZero) {
        boolean number = word.length() == 1 && NUMBERS.indexOf(word) >= 0;
        return number && !fromZero
                ? Optional.empty()
                : MeantDays.day(word, true).map(each -> each.toUpperCase(Locale.ROOT));
    }

    private static Optional<String> month(String word) {
        return word.length() < 3
                ? Optional.empty()
                : Arrays.stream(Month.values())
                        .map(Enum::name)
                        .filter(name -> name.indexOf(word) == 0)
                        .findFirst()
                        .map(name -> name.substring(0, 3));
    }
}
