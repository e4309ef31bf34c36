package io.chaosrunner.schedule;

import io.chaosrunner.model.Fire;
import io.chaosrunner.model.ForeignText;
import io.chaosrunner.strategy.Parameters;
import java.io.Serial;
import java.time.DayOfWeek;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * A reader of cron expressions: every character is understood, or the whole is refused with a
 * position and an example that works. Used once.
 *
 * <p>Six or seven fields are as Quartz documents them. Five fields are those of crontab(5): they
 * start at second 0, Sunday is 0 or 7, and a day of month beside a day of week means either. Each
 * item of a list counts, also where Quartz overlooks all but one ({@code MON#1,FRI}).
 */
final class CronReader {
    private static final String EXAMPLE = "0 0/30 9-17 ? * MON-FRI";
    private static final String CRONTAB_EXAMPLE = "*/30 9-17 * * MON-FRI";
    private static final int LONGEST_QUOTE = 200;
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

    private static final Pattern FIELD = Pattern.compile("\\S+");
    private static final Pattern ZONE = Pattern.compile("(?:CRON_)?TZ=(\\S+)\\s*(.*)");
    private static final Pattern RANGE =
            Pattern.compile("(\\*|\\w+)(?:-(\\w+))?(?:/([0-9]{1,9}))?");
    private static final Pattern NUMBER = Pattern.compile("[0-9]{1,4}");
    private static final Pattern WORD = Pattern.compile("[A-Za-z]+");
    private static final Pattern FROM_END = Pattern.compile("L(?:-([0-9]{1,2}))?(W?)");
    private static final Pattern NEAREST = Pattern.compile("([0-9]{1,2})W");
    private static final Pattern LAST = Pattern.compile("(\\w+)L");
    private static final Pattern NTH = Pattern.compile("(\\w+)#([1-5])");
    private static final Pattern SUFFIXED_RANGE = Pattern.compile("(\\w+)-(\\w+?)(L|W|#[1-5])");
    private static final Pattern FOLLOWED =
            Pattern.compile("\\*[#LW].*|(?:[0-9]+|[A-Z]{3})(?:LW?|W|#[0-9]).+");
    private static final Pattern STAR_NUMBER = Pattern.compile("\\*[-:]?([0-9]+)|([0-9]+)\\*");
    private static final Pattern JENKINS = Pattern.compile("H(\\(.*\\))?(/.*)?");
    private static final Pattern OPEN_HOURS = Pattern.compile("(\\*|0+-23)(/[0-9]+)?|0+/[0-9]+");

    private final List<Written> fields;

    /** Whether a fault is to show an example; not for what may be one. */
    private final boolean explaining;

    private CronReader(List<Written> fields, boolean explaining) {
        this.fields = fields;
        this.explaining = explaining;
    }

    /** Where an expression is wrong, and show one that works. */
    static final class Fault extends Exception {
        @Serial private static final long serialVersionUID = 1L;

        Fault(String message) {
            super(message);
        }
    }

    /** Name the fields in Quartz' order, with what they take and a value that always works. */
    private enum Field {
        SECOND("a second", 0, 59, "0-59", "0"),
        MINUTE("a minute", 0, 59, "0-59", "0"),
        HOUR("an hour", 0, 23, "0-23", "9"),
        DAY_OF_MONTH("a day of month", 1, 31, "1-31, L, L-3, LW or 15W", "1"),
        MONTH("a month", 1, 12, "1-12 or JAN-DEC", "*"),
        DAY_OF_WEEK("a day of week", 1, 7, "1-7 with 1 for Sunday, SUN-SAT, 6L or 6#3", "MON-FRI"),
        YEAR(
                "a year",
                Fire.FIRST_YEAR,
                Fire.LAST_YEAR,
                Fire.FIRST_YEAR + "-" + Fire.LAST_YEAR,
                "*");

        private final String words;
        private final int first;
        private final int last;
        private final String takes;
        private final String works;

        Field(String words, int first, int last, String takes, String works) {
            this.words = words;
            this.first = first;
            this.last = last;
            this.takes = takes;
            this.works = works;
        }

        private int size() {
            return last - first + 1;
        }

        private String named() {
            return words.substring(words.indexOf(' ') + 1);
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
    private record Written(Field field, String text, int at) {
        boolean open() {
            return text.equals("*") || text.equals("?");
        }
    }

    /** One item of a field's list, with where it stands. */
    private record Item(Written field, String text, int at) {}

    /** Tell whether a text is an expression. */
    static boolean isExpression(String written) {
        try {
            of(written);
            return true;
        } catch (Fault e) {
            return false;
        }
    }

    static CronClock of(String written) throws Fault {
        String text = written.strip();
        if (text.startsWith("@")) {
            return of(nickname(text));
        }
        Matcher zone = ZONE.matcher(text);
        if (zone.matches()) {
            throw new Fault(
                    "'%s' at position 1: a time zone is a setting of its own; write timeZone: %s and cron: \"%s\""
                            .formatted(
                                    text.substring(0, zone.end(1)),
                                    zone.group(1),
                                    zone.group(2).isEmpty() ? EXAMPLE : zone.group(2)));
        }
        refuseComments(written);
        return new CronReader(split(written), true).read();
    }

    /** Refuse what crontabs have beside an expression: comments, and other lines. */
    private static void refuseComments(String written) throws Fault {
        var lines = new ArrayList<String>();
        Optional<String> comment = Optional.empty();
        for (String line : written.lines().toList()) {
            int at = CronMeant.comment(line);
            if (at >= 0) {
                comment = comment.or(() -> Optional.of(line.substring(at).strip()));
            }
            String rest = (at < 0 ? line : line.substring(0, at)).strip();
            if (!rest.isEmpty()) {
                lines.add(rest);
            }
        }
        boolean several = lines.size() > 1 && lines.stream().allMatch(CronReader::works);
        if (several) {
            throw new Fault(
                    "there are %d expressions; write schedules: [%s] instead of cron"
                            .formatted(
                                    lines.size(),
                                    lines.stream()
                                            .limit(20)
                                            .map("{cron: \"%s\"}"::formatted)
                                            .collect(Collectors.joining(", "))));
        }
        if (comment.isPresent()) {
            String rest = String.join(" ", lines);
            throw new Fault(
                    "'%s' is a comment, which is no part of an expression; an example that works: \"%s\""
                            .formatted(oneLine(comment.get()), works(rest) ? rest : EXAMPLE));
        }
    }

    private static String oneLine(String text) {
        return ForeignText.oneLine(ForeignText.line(text), LONGEST_QUOTE);
    }

    private static String nickname(String text) throws Fault {
        String word = text.toLowerCase(Locale.ROOT);
        String meant = NICKNAMES.get(word);
        if (meant != null) {
            return meant;
        }
        if (word.startsWith("@every")) {
            String interval = text.substring("@every".length()).strip();
            throw new Fault(
                    "'%s' is a setting of its own; write every: %s instead of cron"
                            .formatted(
                                    text,
                                    Parameters.duration(interval).isPresent()
                                            ? interval
                                            : Meant.duration(interval).orElse("30m")));
        }
        if (word.equals("@reboot")) {
            throw new Fault(
                    "'%s' is a setting of its own; write now: true instead of cron, for one run when the engine is started"
                            .formatted(text));
        }
        List<String> known = NICKNAMES.keySet().stream().sorted().toList();
        throw new Fault(
                "'%s' is none of %s%s"
                        .formatted(
                                text,
                                String.join(", ", known),
                                Parameters.nearest(word, known)
                                        .map(near -> "; did you mean " + near + "?")
                                        .orElse("")));
    }

    private static List<Written> split(String text) throws Fault {
        List<MatchResult> found = FIELD.matcher(text).results().toList();
        if (found.size() == 1) {
            Optional<String> meant = alone(text.strip());
            if (meant.isPresent()) {
                throw new Fault("'%s' has 1 field; write %s".formatted(text.strip(), meant.get()));
            }
        }
        if (found.size() < 5 || found.size() > 7) {
            throw new Fault(
                    "'%s' has %d fields; write 5 (minute hour day month weekday), or 6 or 7 as Quartz does (second first, year last); an example that works: \"%s\""
                            .formatted(oneLine(text), found.size(), EXAMPLE));
        }
        int first = found.size() == 5 ? 1 : 0;
        return IntStream.range(0, found.size())
                .mapToObj(i ->
                        new Written(
                                Field.values()[i + first],
                                found.get(i).group(),
                                found.get(i).start() + 1))
                .toList();
    }

    /** Say what to write instead of one word. */
    private static Optional<String> alone(String word) {
        if (NICKNAMES.containsKey("@" + word.toLowerCase(Locale.ROOT))) {
            return Optional.of("cron: \"@%s\"".formatted(word.toLowerCase(Locale.ROOT)));
        }
        return CronMeant.daily(word)
                .map("cron: \"%s\""::formatted)
                .or(() ->
                        Optional.of(word)
                                .filter(each -> Parameters.duration(each).isPresent())
                                .or(() -> Meant.duration(word))
                                .map("every: %s instead of cron"::formatted));
    }

    // ---- The whole ----------------------------------------------------------------------------

    private boolean crontab() {
        return fields.size() == 5;
    }

    private Written field(Field field) {
        return fields.stream().filter(each -> each.field() == field).findFirst().orElseThrow();
    }

    private CronClock read() throws Fault {
        NavigableSet<Integer> seconds =
                crontab() ? new TreeSet<>(Set.of(0)) : numbers(field(Field.SECOND));
        NavigableSet<Integer> minutes = numbers(field(Field.MINUTE));
        NavigableSet<Integer> hours = numbers(field(Field.HOUR));
        Set<CronDay> ofMonth = days(field(Field.DAY_OF_MONTH));
        NavigableSet<Integer> months = numbers(field(Field.MONTH));
        Set<CronDay> ofWeek = days(field(Field.DAY_OF_WEEK));
        NavigableSet<Integer> years =
                fields.size() == 7 ? numbers(field(Field.YEAR)) : CronClock.EVERY_YEAR;
        checkDays(field(Field.DAY_OF_MONTH), field(Field.DAY_OF_WEEK));
        var clock =
                new CronClock(
                        seconds,
                        minutes,
                        hours,
                        either(ofMonth, ofWeek),
                        months,
                        years,
                        OPEN_HOURS.matcher(field(Field.HOUR).text()).matches());
        if (clock.dayFrom(LocalDate.of(Fire.FIRST_YEAR, 1, 1)) == null) {
            Written day = ofMonth.isEmpty() ? field(Field.DAY_OF_WEEK) : field(Field.DAY_OF_MONTH);
            throw fault(
                    items(day).getFirst(),
                    " (%s): no month '%s'%s has such a day"
                            .formatted(
                                    day.field().named(),
                                    field(Field.MONTH).text(),
                                    fields.size() == 7
                                            ? " of the years '" + field(Field.YEAR).text() + "'"
                                            : ""),
                    "28");
        }
        return clock;
    }

    /** Return the union; a field that leaves the day open says nothing beside one that does not. */
    private static Set<CronDay> either(Set<CronDay> ofMonth, Set<CronDay> ofWeek) {
        var days = new HashSet<CronDay>(ofMonth);
        days.addAll(ofWeek);
        return days.isEmpty() ? Set.of(new CronDay.Any()) : days;
    }

    private void checkDays(Written ofMonth, Written ofWeek) throws Fault {
        if (crontab()) {
            if (!ofMonth.open()
                    && !ofWeek.open()
                    && (ofMonth.text().startsWith("*") || ofWeek.text().startsWith("*"))) {
                Written day = ofMonth.text().startsWith("*") ? ofMonth : ofWeek;
                throw new Fault(
                        "'%s' at position %d (%s): beside the other kind of day, crons disagree on what it means; write * in one of them, or two schedules; an example that works: \"%s\""
                                .formatted(
                                        day.text(),
                                        day.at(),
                                        day.field().named(),
                                        with(day.field(), "*")));
            }
            return;
        }
        boolean monthOpen = ofMonth.text().equals("?");
        boolean weekOpen = ofWeek.text().equals("?");
        if (monthOpen && weekOpen) {
            throw new Fault(
                    "'?' at position %d (day of week): only one of the two days can be ?; an example that works: \"%s\""
                            .formatted(ofWeek.at(), with(Field.DAY_OF_WEEK, "*")));
        }
        if (!monthOpen && !weekOpen) {
            Written open = ofWeek.text().equals("*") ? ofWeek : ofMonth;
            if (!open.text().equals("*")) {
                throw new Fault(
                        "'%s' at position %d (%s): one of day of month and day of week must be ?; for the days of either, write both as schedules, \"%s\" and \"%s\"; an example that works: \"%s\""
                                .formatted(
                                        open.text(),
                                        open.at(),
                                        open.field().named(),
                                        with(Field.DAY_OF_WEEK, "?"),
                                        with(Field.DAY_OF_MONTH, "?"),
                                        EXAMPLE));
            }
            throw new Fault(
                    "'%s' at position %d (%s): one of day of month and day of week must be ?; an example that works: \"%s\""
                            .formatted(
                                    open.text(),
                                    open.at(),
                                    open.field().named(),
                                    with(open.field(), "?")));
        }
    }

    // ---- Items --------------------------------------------------------------------------------

    private static List<Item> items(Written field) {
        var items = new ArrayList<Item>();
        int at = field.at();
        for (String text : field.text().split(",", -1)) {
            items.add(new Item(field, text, at));
            at += text.length() + 1;
        }
        return items;
    }

    private NavigableSet<Integer> numbers(Written field) throws Fault {
        var values = new TreeSet<Integer>();
        for (Item item : items(field)) {
            values.addAll(range(item));
        }
        return values;
    }

    /** Return the days that a field names; none if it leaves them open. */
    private Set<CronDay> days(Written field) throws Fault {
        if (field.open()) {
            return Set.of();
        }
        var days = new HashSet<CronDay>();
        for (Item item : items(field)) {
            Optional<CronDay> special =
                    field.field() == Field.DAY_OF_MONTH ? special(item) : specialOfWeek(item);
            special.ifPresent(days::add);
            if (special.isEmpty()) {
                for (int value : range(item)) {
                    days.add(
                            field.field() == Field.DAY_OF_MONTH
                                    ? new CronDay.OfMonth(value)
                                    : new CronDay.OfWeek(dayOfWeek(value)));
                }
            }
        }
        return days;
    }

    /** Read {@code L}, {@code L-3}, {@code LW} or {@code 15W}. */
    private Optional<CronDay> special(Item item) throws Fault {
        String text = item.text().toUpperCase(Locale.ROOT);
        Matcher fromEnd = FROM_END.matcher(text);
        if (fromEnd.matches()) {
            int before = fromEnd.group(1) == null ? 0 : Integer.parseInt(fromEnd.group(1));
            if (before > 30) {
                throw isNot(item, "", "");
            }
            return Optional.of(
                    fromEnd.group(2).isEmpty()
                            ? new CronDay.FromEnd(before)
                            : new CronDay.NearestWeekdayFromEnd(before));
        }
        Matcher nearest = NEAREST.matcher(text);
        return nearest.matches()
                ? Optional.of(new CronDay.NearestWeekday(value(item, nearest.group(1))))
                : Optional.empty();
    }

    /** Read {@code L}, which is Saturday, {@code FRIL} or {@code FRI#2}. */
    private Optional<CronDay> specialOfWeek(Item item) throws Fault {
        String text = item.text().toUpperCase(Locale.ROOT);
        if (text.equals("L")) {
            return Optional.of(new CronDay.OfWeek(DayOfWeek.SATURDAY));
        }
        Matcher nth = NTH.matcher(text);
        if (nth.matches()) {
            return Optional.of(
                    new CronDay.Nth(
                            dayOfWeek(value(item, nth.group(1))), Integer.parseInt(nth.group(2))));
        }
        Matcher last = LAST.matcher(text);
        return last.matches()
                ? Optional.of(new CronDay.Last(dayOfWeek(value(item, last.group(1)))))
                : Optional.empty();
    }

    /** Both numberings count from Sunday: crontab's from 0, Quartz' from 1. */
    private DayOfWeek dayOfWeek(int value) {
        int afterSunday = crontab() ? value % 7 : value - 1;
        return afterSunday == 0 ? DayOfWeek.SUNDAY : DayOfWeek.of(afterSunday);
    }

    /** Read {@code *}, {@code 5}, {@code 5-9}, {@code 5/10} or {@code 5-9/2}. */
    private NavigableSet<Integer> range(Item item) throws Fault {
        Matcher range = RANGE.matcher(item.text());
        if (!range.matches() || (range.group(1).equals("*") && range.group(2) != null)) {
            throw slip(item);
        }
        Field field = item.field().field();
        boolean crontabDay = crontab() && field == Field.DAY_OF_WEEK;
        int least = crontabDay ? 0 : field.first;
        int most = crontabDay ? 6 : field.last;
        int first = range.group(1).equals("*") ? least : value(item, range.group(1));
        int last = most;
        if (range.group(2) != null) {
            last = value(item, range.group(2));
        } else if (range.group(3) == null && !range.group(1).equals("*")) {
            last = first;
        }
        if (crontabDay && first == 7 && range.group(3) != null) {
            first = 0;
        }
        int step = range.group(3) == null ? 1 : Integer.parseInt(range.group(3));
        if (step == 0 || (field == Field.YEAR && last < first)) {
            throw isNot(item, "", "");
        }
        if (step > (field.first == 0 ? field.last : field.size())) {
            throw tooLong(item, range.group(1).equals("*") ? least : first, step);
        }
        return values(first, last < first ? last + field.size() : last, step, field);
    }

    /** Beyond the end of its field, a range goes on at the beginning. */
    private static NavigableSet<Integer> values(int first, int last, int step, Field field) {
        var values = new TreeSet<Integer>();
        for (int i = first; i <= last; i += step) {
            values.add(i > field.last ? i - field.size() : i);
        }
        return values;
    }

    private int value(Item item, String text) throws Fault {
        Field field = item.field().field();
        boolean crontabDay = crontab() && field == Field.DAY_OF_WEEK;
        if (NUMBER.matcher(text).matches()) {
            int value = Integer.parseInt(text);
            if (value < (crontabDay ? 0 : field.first) || value > field.last) {
                boolean afterLast = field.first == 0 && value == field.size();
                throw isNot(item, "", afterLast ? "0" : "");
            }
            return value;
        }
        int index = field.names().indexOf(text.toUpperCase(Locale.ROOT));
        if (index < 0) {
            throw slip(item);
        }
        return crontabDay ? index : index + 1;
    }

    // ---- What is wrong ------------------------------------------------------------------------

    /** Find out what was meant by something that is no item at all. */
    private Fault slip(Item item) {
        Field field = item.field().field();
        String text = item.text().toUpperCase(Locale.ROOT);
        if (JENKINS.matcher(text).matches()) {
            return isNot(
                    item,
                    ": to spread starts by chance, add jitter, such as jitter: 15m",
                    text.contains("/") ? "*" + text.substring(text.indexOf('/')) : "");
        }
        Matcher star = STAR_NUMBER.matcher(text);
        if (star.matches()) {
            String meant = "*/" + (star.group(1) == null ? star.group(2) : star.group(1));
            return isNot(item, "; did you mean " + meant + "?", meant);
        }
        if (field == Field.DAY_OF_WEEK
                && (FROM_END.matcher(text).matches() || NEAREST.matcher(text).matches())) {
            String mended =
                    fields.stream()
                            .map(each ->
                                    switch (each.field()) {
                                        case DAY_OF_MONTH -> text;
                                        case DAY_OF_WEEK -> crontab() ? "*" : "?";
                                        default -> each.text();
                                    })
                            .collect(Collectors.joining(" "));
            return new Fault(
                    "'%s' at position %d is a day of month, not of week; an example that works: \"%s\""
                            .formatted(item.text(), item.at(), works(mended) ? mended : EXAMPLE));
        }
        Matcher suffixed = SUFFIXED_RANGE.matcher(text);
        if (suffixed.matches()) {
            return isNot(
                    item,
                    ": %s belongs to one day, not to a range".formatted(suffixed.group(3)),
                    eachDay(item, suffixed));
        }
        if (FOLLOWED.matcher(text).matches()) {
            return isNot(item, ": L, W and #3 belong to one day, and nothing may follow", "");
        }
        Optional<MatchResult> word =
                WORD.matcher(text)
                        .results()
                        .filter(each -> !field.names().contains(each.group()))
                        .findFirst();
        Optional<String> mended = CronMeant.of(fields.stream().map(Written::text).toList());
        Optional<String> near =
                word.flatMap(each -> near(each.group(), field.names()))
                        .filter(each ->
                                mended.filter(CronReader::works)
                                        .filter(other -> !other.equals(with(field, each)))
                                        .isEmpty());
        return near.isEmpty()
                ? isNot(item, "", "")
                : isNot(
                        item,
                        "; did you mean " + near.get() + "?",
                        text.substring(0, word.get().start())
                                + near.get()
                                + text.substring(word.get().end()));
    }

    private static Optional<String> near(String word, List<String> names) {
        return names.stream()
                .filter(word::startsWith)
                .findFirst()
                .or(() -> Parameters.nearest(word, names));
    }

    /** Write {@code 2#1,3#1,4#1} for {@code 2-4#1}; nothing if the range is none. */
    private String eachDay(Item item, Matcher suffixed) {
        try {
            Item range =
                    new Item(item.field(), suffixed.group(1) + "-" + suffixed.group(2), item.at());
            return range(range).stream()
                    .map(day -> day + suffixed.group(3))
                    .collect(Collectors.joining(","));
        } catch (Fault e) {
            return "";
        }
    }

    private Fault tooLong(Item item, int first, int step) {
        Field field = item.field().field();
        String most = ": a step is at most " + (field.first == 0 ? field.last : field.size());
        String unit =
                switch (field) {
                    case SECOND -> "s";
                    case MINUTE -> "m";
                    case HOUR -> "h";
                    case DAY_OF_MONTH, DAY_OF_WEEK -> "d";
                    case MONTH, YEAR -> "";
                };
        if (step == field.size() && field.first == 0) {
            return isNot(
                    item,
                    "%s, and every %d %ss is %d".formatted(most, step, field.named(), first),
                    String.valueOf(first));
        }
        return isNot(
                item,
                unit.isEmpty()
                        ? most
                        : "%s; for every %d%s, write every: %d%s instead of cron"
                                .formatted(most, step, unit, step, unit),
                "");
    }

    private Fault isNot(Item item, String hint, String meant) {
        Field field = item.field().field();
        String takes =
                crontab() && field == Field.DAY_OF_WEEK
                        ? "0-7 with 0 and 7 for Sunday, SUN-SAT, 5L or 5#3"
                        : field.takes;
        return fault(item, " is not %s (%s)%s".formatted(field.words, takes, hint), meant);
    }

    /**
     * @param complaint what is wrong with an item, as it follows its position
     * @param meant what was probably meant instead; empty if nobody knows
     */
    private Fault fault(Item item, String complaint, String meant) {
        if (!explaining) {
            return new Fault(complaint);
        }
        Field field = item.field().field();
        String instead =
                items(item.field()).stream()
                        .map(each -> each.equals(item) ? meant : each.text())
                        .collect(Collectors.joining(","));
        boolean ofTime = field == Field.SECOND || field == Field.MINUTE || field == Field.HOUR;
        Stream<String> likely =
                Stream.concat(
                        CronMeant.of(fields.stream().map(Written::text).toList()).stream(),
                        meant.isEmpty() ? Stream.empty() : Stream.of(with(field, instead)));
        // Another time of the same days does not fire more often than what was written.
        Stream<String> close =
                ofTime && isTimeOrStep(item.text())
                        ? Stream.of(with(field, field.works))
                        : Stream.empty();
        String example =
                Stream.concat(likely, close)
                        .filter(CronReader::works)
                        .findFirst()
                        .orElse(crontab() ? CRONTAB_EXAMPLE : EXAMPLE);
        return new Fault(
                "'%s' at position %d%s; an example that works: \"%s\""
                        .formatted(item.text(), item.at(), complaint, example));
    }

    private static boolean isTimeOrStep(String text) {
        Matcher range = RANGE.matcher(text);
        return NUMBER.matcher(text).matches() || range.matches() && range.group(3) != null;
    }

    private static boolean works(String text) {
        try {
            new CronReader(split(text), false).read();
            return true;
        } catch (Fault e) {
            return false;
        }
    }

    private String with(Field field, String value) {
        return fields.stream()
                .map(each -> each.field() == field ? value : each.text())
                .collect(Collectors.joining(" "));
    }
}
