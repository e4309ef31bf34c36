package io.chaosrunner.schedule;

import java.time.DateTimeException;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.Month;
import java.time.MonthDay;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** What was probably meant by dates and times that a schedule refuses; see {@link Meant}. */
final class MeantDates {
    /** A range of days of each year has no form of its own; more than these nobody lists. */
    private static final int MOST_DAYS = 31;

    private static final Pattern ORDINAL = Pattern.compile("([0-9]{1,2})(?:st|nd|rd|th)?");
    private static final List<String> NO_END = List.of("never", "none", "forever", "infinite", "");

    private MeantDates() {}

    /** Read a date in the order of somewhere else, such as {@code 25.12.2026} or {@code Dec 25}. */
    static Optional<String> date(String written) {
        String text = written.strip();
        if (text.length() > Meant.LONGEST) {
            return Optional.empty();
        }
        List<String> split =
                Arrays.stream(text.replace(',', ' ').replace('.', ' ').split("[ /-]", -1))
                        .filter(part -> !part.isEmpty())
                        .toList();
        List<String> parts =
                split.size() == 1 && text.length() == "20261225".length()
                        ? List.of(text.substring(0, 4), text.substring(4, 6), text.substring(6))
                        : split;
        if (parts.size() < 2 || parts.size() > 3) {
            return Optional.empty();
        }
        try {
            return named(parts).or(() -> numbered(text, parts));
        } catch (DateTimeException | NumberFormatException e) {
            return Optional.empty();
        }
    }

    /** The order of day and month is plain where one of them has a name. */
    private static Optional<String> named(List<String> parts) {
        Optional<String> name =
                parts.stream().filter(part -> Character.isLetter(part.charAt(0))).findFirst();
        if (name.isEmpty()) {
            return Optional.empty();
        }
        String word = name.get().toLowerCase(Locale.ROOT);
        Optional<Month> month =
                Arrays.stream(Month.values())
                        .filter(each -> word.length() > 2)
                        .filter(each -> each.name().toLowerCase(Locale.ROOT).startsWith(word))
                        .findFirst();
        List<String> rest = parts.stream().filter(part -> !part.equals(name.get())).toList();
        Optional<String> day =
                rest.stream().filter(part -> ORDINAL.matcher(part).matches()).findFirst();
        Optional<String> year = rest.stream().filter(part -> part.length() == 4).findFirst();
        return month.isEmpty() || day.isEmpty() || year.isEmpty() && rest.size() > 1
                ? Optional.empty()
                : Optional.of(
                        iso(
                                year.map(Integer::parseInt),
                                month.get().getValue(),
                                number(day.get())));
    }

    private static int number(String ordinal) {
        Matcher matcher = ORDINAL.matcher(ordinal);
        return matcher.matches() ? Integer.parseInt(matcher.group(1)) : 0;
    }

    private static Optional<String> numbered(String text, List<String> parts) {
        List<Integer> numbers = parts.stream().map(Integer::valueOf).toList();
        boolean year = numbers.size() == 3;
        if (parts.getFirst().length() == 4) {
            return year
                    ? Optional.of(iso(Optional.of(numbers.get(0)), numbers.get(1), numbers.get(2)))
                    : Optional.empty();
        }
        if (year && parts.get(2).length() != 4 || !year && text.indexOf('-') >= 0) {
            return Optional.empty();
        }
        int first = numbers.get(0);
        int second = numbers.get(1);
        Optional<Integer> of = year ? Optional.of(numbers.get(2)) : Optional.empty();
        if (text.indexOf('.') >= 0 || first > 12) {
            return Optional.of(iso(of, second, first));
        }
        return second > 12 ? Optional.of(iso(of, first, second)) : Optional.empty();
    }

    private static String iso(Optional<Integer> year, int month, int day) {
        return year.isPresent()
                ? LocalDate.of(year.get(), month, day).toString()
                : MonthDay.of(month, day).toString().substring(2);
    }

    /**
     * Say what to write instead of something that is no date; a key of its own takes dates only.
     */
    static String exclusion(String key, String written) {
        boolean named = key.equals("dates");
        Optional<String> meant =
                named
                        ? date(written)
                                .or(() ->
                                        span(written)
                                                .map(each ->
                                                        each.substring(1, each.length() - 1)
                                                                + " instead of dates"))
                        : exclusion(written);
        return "write " + meant.orElse("2026-12-25, or 12-25 for every year");
    }

    private static Optional<String> exclusion(String written) {
        boolean clock = written.indexOf(':') >= 0 || written.chars().anyMatch(Character::isLetter);
        return date(written)
                .or(() -> span(written))
                .or(() -> MeantDays.days(written, false).map(days -> "{days: " + days + "}"))
                .or(() ->
                        clock
                                ? MeantDays.hours(written).map(hours -> "{hours: " + hours + "}")
                                : Optional.empty());
    }

    /** Read two times with something between them. */
    private static Optional<String> span(String written) {
        return ends(written)
                .flatMap(ends -> {
                    boolean yearly = isYearly(ends.first()) && isYearly(ends.last());
                    return yearly
                            ? each(ends)
                            : isYearly(ends.first()) || isYearly(ends.last())
                                    ? Optional.empty()
                                    : Optional.of(
                                            "{from: %s, until: %s}"
                                                    .formatted(ends.first(), ends.last()));
                });
    }

    static boolean isYearly(String date) {
        return date.length() == "12-25".length();
    }

    private static Optional<String> each(Ends ends) {
        MonthDay last = MonthDay.parse("--" + ends.last());
        LocalDate day = MonthDay.parse("--" + ends.first()).atYear(2028);
        var days = new ArrayList<String>();
        while (days.size() <= MOST_DAYS) {
            days.add(MonthDay.from(day).toString().substring(2));
            if (MonthDay.from(day).equals(last)) {
                return Optional.of("{dates: [%s]}".formatted(String.join(", ", days)));
            }
            day = day.plusDays(1);
        }
        return Optional.empty();
    }

    /** The two ends of a time. */
    record Ends(String first, String last) {}

    /** Read {@code 2026-12-24/2026-12-26} and the like. */
    static Optional<Ends> ends(String written) {
        if (written.length() > Meant.LONGEST) {
            return Optional.empty();
        }
        for (String between :
                List.of("...", "..", " - ", " to ", " bis ", " until ", "–", "—", "/")) {
            int at = written.indexOf(between);
            if (at > 0) {
                Optional<String> first = time(written.substring(0, at));
                Optional<String> last = time(written.substring(at + between.length()));
                if (first.isPresent() && last.isPresent()) {
                    return Optional.of(new Ends(first.get(), last.get()));
                }
            }
        }
        return Optional.empty();
    }

    /** Say what to write instead of something that is no time. */
    static String time(String key, String written) {
        String word = Meant.bare(written);
        if (word.equals("now") && key.equals("once")) {
            return "write now: true instead of once";
        }
        if (word.equals("now") && key.equals("from")
                || key.equals("until") && NO_END.contains(word)) {
            return "leave it out";
        }
        return ends(written)
                .filter(_ -> !key.equals("once"))
                .map(ends -> "write from: %s and until: %s".formatted(ends.first(), ends.last()))
                .or(() ->
                        moment(written)
                                .filter(each -> !isYearly(each))
                                .map(each -> "write %s: %s".formatted(key, each)))
                .orElse("write 2027-01-31, 2027-01-31T09:00 or 2027-01-31T09:00:00Z");
    }

    static Optional<String> time(String written) {
        String text = written.strip();
        return isTime(text) ? Optional.of(text) : moment(text);
    }

    private static boolean isTime(String text) {
        return Stream.<Function<String, Object>>of(
                        LocalDate::parse,
                        LocalDateTime::parse,
                        OffsetDateTime::parse,
                        each -> MonthDay.parse("--" + each))
                .anyMatch(form -> {
                    try {
                        var unused = form.apply(text);
                        return true;
                    } catch (DateTimeException e) {
                        return false;
                    }
                });
    }

    /** Read a date, or a date with a time of day, that is written as somewhere else. */
    static Optional<String> moment(String written) {
        String text = written.strip();
        int blank = Math.max(text.lastIndexOf(' '), text.lastIndexOf('T'));
        if (text.indexOf(':') < 0 || blank < 0) {
            return date(text);
        }
        Optional<String> date = date(text.substring(0, blank)).filter(each -> !isYearly(each));
        String clock = text.substring(blank + 1);
        String padded = clock.indexOf(':') == 1 ? "0" + clock : clock;
        return date.map(each -> each + "T" + padded).filter(MeantDates::isTime);
    }
}
