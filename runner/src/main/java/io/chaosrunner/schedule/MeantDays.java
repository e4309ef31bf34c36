package io.chaosrunner.schedule;

import io.chaosrunner.strategy.Parameters;
import java.time.DayOfWeek;
import java.time.format.TextStyle;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** What was probably meant by days and hours that a schedule refuses; see {@link Meant}. */
final class MeantDays {
    private static final List<String> GERMAN =
            List.of(
                    "montag",
                    "dienstag",
                    "mittwoch",
                    "donnerstag",
                    "freitag",
                    "samstag",
                    "sonntag");
    private static final List<String> WEEKDAYS =
            List.of("weekday", "workday", "workweek", "businessday", "workingday", "werktag");
    private static final List<String> EVER =
            List.of("*", "all", "any", "daily", "everyday", "always");
    private static final Pattern CLOCK =
            Pattern.compile("([0-9]{1,2})(?:[:h.]([0-9]{2}))?(am|pm|h|uhr)?");

    private MeantDays() {}

    /** Read the hours of a ChaosSchedule, whose last hour belongs to them. */
    static Optional<String> wholeHours(String written) {
        return items(
                written,
                part ->
                        range(part, MeantDays::clock)
                                .filter(each -> each.indexOf(':') >= 0)
                                .map(Hours::parse)
                                .filter(hours -> hours.size() == 1)
                                .map(List::getFirst)
                                .filter(hours -> hours.from() % 60 == 0 && hours.until() % 60 == 0)
                                .map(hours ->
                                        "%d-%d"
                                                .formatted(
                                                        hours.from() / 60, hours.until() / 60 - 1))
                                .or(() ->
                                        range(part, MeantDays::clock)
                                                .filter(each -> each.indexOf(':') < 0)
                                                .filter(_ ->
                                                        part.chars().noneMatch(Character::isLetter))
                                                .filter(each ->
                                                        Arrays.stream(each.split("-", -1))
                                                                .allMatch(hour ->
                                                                        Integer.parseInt(hour)
                                                                                < 24))));
    }

    /** Say what to write instead of some days. */
    static String days(List<String> written) {
        return instead("days", written, all -> days(all, true), "write Mon, Mon-Fri or a list");
    }

    /** Say what to write instead of some hours. */
    static String hours(List<String> written) {
        return instead(
                "hours",
                written,
                MeantDays::hours,
                "write 9-17, 09:00-17:30 or, over midnight, 22-6");
    }

    private static String instead(
            String key,
            List<String> written,
            Function<String, Optional<String>> meaning,
            String otherwise) {
        String all = String.join(",", written);
        return EVER.contains(Meant.bare(all).replace(" ", ""))
                ? "leave %s out for all of them".formatted(key)
                : meaning.apply(all)
                        .map(each -> "write %s: %s".formatted(key, each))
                        .orElse(otherwise);
    }

    /**
     * Read {@code Mo-Fr}, {@code weekdays}, {@code Tues} or {@code Mon to Wed}.
     *
     * @param numbers whether a number is a day as well, 0 and 7 being Sunday
     */
    static Optional<String> days(String written, boolean numbers) {
        return items(
                written,
                part -> {
                    String word = Meant.bare(part);
                    if (WEEKDAYS.contains(withoutPlural(word))) {
                        return Optional.of("Mon-Fri");
                    }
                    return withoutPlural(word).equals("weekend")
                            ? Optional.of("Sat, Sun")
                            : range(part, each -> day(each, numbers));
                });
    }

    /** Return a day as schedules have it, such as {@code Mon}. */
    static Optional<String> day(String written, boolean numbers) {
        String word = written.toLowerCase(Locale.ROOT).replace(".", "");
        if (word.length() == 1 && numbers && word.charAt(0) >= '0' && word.charAt(0) <= '7') {
            int number = word.charAt(0) - '0';
            return Optional.of(shortName(DayOfWeek.of(number == 0 ? 7 : number)));
        }
        if (word.length() < 2 || !word.chars().allMatch(c -> c >= 'a' && c <= 'z')) {
            return Optional.empty();
        }
        String single = word.equals("weds") ? "wed" : withoutPlural(word);
        Optional<DayOfWeek> begun =
                Arrays.stream(DayOfWeek.values())
                        .filter(day ->
                                Stream.of(day.name().toLowerCase(Locale.ROOT), german(day))
                                        .anyMatch(name ->
                                                name.startsWith(word) || name.startsWith(single)))
                        .findFirst();
        return begun.or(() -> misspelt(single)).map(MeantDays::shortName);
    }

    private static Optional<DayOfWeek> misspelt(String word) {
        return word.length() < "Sunday".length() - 1
                ? Optional.empty()
                : Parameters.nearest(
                                word, Arrays.stream(DayOfWeek.values()).map(Enum::name).toList())
                        .map(DayOfWeek::valueOf);
    }

    private static String german(DayOfWeek day) {
        return GERMAN.get(day.getValue() - 1);
    }

    private static String shortName(DayOfWeek day) {
        return day.getDisplayName(TextStyle.SHORT, Locale.ROOT).substring(0, 3);
    }

    private static String withoutPlural(String word) {
        return word.endsWith("s") ? word.substring(0, word.length() - 1) : word;
    }

    /** Read {@code 9am-5pm}, {@code 9/17}, {@code 0900-1700} or {@code 9}, which is one hour. */
    static Optional<String> hours(String written) {
        return items(
                written,
                part -> {
                    Optional<String> range = range(part, MeantDays::clock);
                    return range.filter(each -> each.indexOf('-') < 0)
                            .map(each -> each + "-" + anHourLater(each))
                            .or(() -> range)
                            .filter(each -> !Hours.parse(each).isEmpty());
                });
    }

    private static String anHourLater(String clock) {
        int colon = clock.indexOf(':');
        int hour = Integer.parseInt(colon < 0 ? clock : clock.substring(0, colon)) + 1;
        return hour + (colon < 0 ? "" : clock.substring(colon));
    }

    private static Optional<String> clock(String written) {
        String text = written.toLowerCase(Locale.ROOT).replace(" ", "");
        if (text.length() == 4 && text.chars().allMatch(Character::isDigit)) {
            return Optional.of(text.substring(0, 2) + ":" + text.substring(2));
        }
        Matcher clock = CLOCK.matcher(text);
        if (!clock.matches()) {
            return Optional.empty();
        }
        int hour = Integer.parseInt(clock.group(1));
        if ("am".equals(clock.group(3)) || "pm".equals(clock.group(3))) {
            if (hour < 1 || hour > 12) {
                return Optional.empty();
            }
            hour = hour % 12 + (clock.group(3).equals("pm") ? 12 : 0);
        }
        return Optional.of(clock.group(2) == null ? "" + hour : hour + ":" + clock.group(2));
    }

    /** Read a list, whatever stands between its items; of several one in brackets. */
    private static Optional<String> items(String written, Function<String, Optional<String>> item) {
        if (written.length() > Meant.LONGEST) {
            return Optional.empty();
        }
        String text = dashes(written);
        for (String and : List.of(";", "&", "+", "|", " and ", " und ")) {
            text = text.replace(and, ",");
        }
        var found = new ArrayList<String>();
        for (String part : text.split(",", -1)) {
            if (part.isBlank()) {
                continue;
            }
            Optional<String> whole = item.apply(part.strip());
            if (whole.isPresent()) {
                found.add(whole.get());
                continue;
            }
            for (String word : part.strip().split(" ", -1)) {
                Optional<String> one = word.isEmpty() ? Optional.of("") : item.apply(word);
                if (one.isEmpty()) {
                    return Optional.empty();
                }
                found.add(one.get());
            }
        }
        found.removeIf(String::isEmpty);
        List<String> all = found.stream().distinct().toList();
        String joined = String.join(", ", all);
        return all.isEmpty()
                ? Optional.empty()
                : Optional.of(joined.indexOf(',') < 0 ? joined : "[" + joined + "]");
    }

    private static Optional<String> range(String text, Function<String, Optional<String>> end) {
        String[] ends = Frame.ends(text);
        List<String> read = Arrays.stream(ends).map(end).flatMap(Optional::stream).toList();
        return ends.length > 2 || read.size() < ends.length
                ? Optional.empty()
                : Optional.of(String.join("-", read));
    }

    /** Write a range with the dash that all take. */
    private static String dashes(String written) {
        String text = written.strip();
        for (String other : List.of("–", "—", "...", "..", "/", " to ", " bis ", " through ")) {
            text = text.replace(other, "-");
        }
        return text.replace(" -", "-").replace("- ", "-");
    }
}
