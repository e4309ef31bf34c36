package io.chaosrunner.schedule;

import io.chaosrunner.config.YamlText;
import io.chaosrunner.model.ForeignText;
import io.chaosrunner.schedule.ScheduleSpec.Kind;
import io.chaosrunner.schedule.ScheduleSpec.Policy;
import io.chaosrunner.schedule.SettingReader.Bound;
import io.chaosrunner.strategy.InvalidParameters;
import io.chaosrunner.strategy.InvalidParameters.Problem;
import io.chaosrunner.strategy.Parameters;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/**
 * The reader of one {@link ScheduleSpec}: what makes it fire, alone or as one of several. When it
 * may fire at all is a {@link Frame}, what is made of its fires the {@link PolicyReader}'s, and
 * whether it ever fires the {@link FireCheck}'s. Every problem is collected. Used once.
 */
final class ScheduleReader {
    static final List<String> KINDS = List.of("cron", "every", "once", "now", "schedules");

    /** What one of several schedules may say, beside its name and what the others share. */
    static final List<String> PART_KINDS = List.of("cron", "every", "once");

    static final List<String> TIMING =
            List.of("timeZone", "from", "until", "days", "hours", "exclude", "holidays", "jitter");

    /** Most schedules in one list. */
    static final int MOST_SCHEDULES = 20;

    /** What holds for all of several schedules. */
    private static final List<String> FOR_ALL = all(PolicyReader.KEYS, List.of("jitter"));

    private static final List<String> PART =
            all(PART_KINDS, List.of("name"), TIMING).stream()
                    .filter(key -> !FOR_ALL.contains(key))
                    .toList();

    private static final List<String> WHOLE = all(KINDS, TIMING, PolicyReader.KEYS);

    /** What may be said in the value of a setting, or in each of its values. */
    private static final Map<String, List<String>> INSIDE =
            Map.of(
                    "suspend",
                    PolicyReader.SUSPENSION,
                    "stopWhen",
                    PolicyReader.STOP_RULES,
                    "exclude",
                    Frame.EXCLUSION,
                    "schedules",
                    PART);

    private static final int LONGEST_NAME = 40;

    private final Instant anchor;

    /**
     * @param anchor when its engine was created
     */
    ScheduleReader(Instant anchor) {
        this.anchor = anchor;
    }

    /**
     * Read a schedule, whole.
     *
     * @return empty if neither says anything
     * @throws InvalidParameters listing every problem
     */
    Optional<ScheduleSpec> read(Optional<String> written, Map<String, ?> flags) {
        var tree = new LinkedHashMap<String, Object>();
        written.ifPresent(text -> tree.putAll(parse(text)));
        tree.putAll(flags);
        if (tree.isEmpty()) {
            return Optional.empty();
        }
        var settings = new SettingReader(tree, "");
        Optional<ScheduleSpec> spec = read(settings);
        if (!settings.problems().isEmpty()) {
            throw new InvalidParameters(settings.problems());
        }
        return spec;
    }

    // ---- The text -----------------------------------------------------------------------------

    private static Map<String, Object> parse(String text) {
        String why;
        try {
            Object tree = YamlText.load(text);
            if (tree instanceof Map<?, ?> map) {
                var result = new LinkedHashMap<String, Object>();
                map.forEach((key, value) ->
                        result.put(String.valueOf(key), said(String.valueOf(key), value, WHOLE)));
                return result;
            }
            why =
                    "expected keys and values, such as 'every: 30m', but found '%s'%s"
                            .formatted(
                                    tree == null ? "" : tree,
                                    tree == null ? "" : write(Meant.schedule(tree)));
        } catch (YamlText.Unusable e) {
            why = e.getMessage() + write(CronMeant.unquoted(text));
        }
        throw new InvalidParameters(
                List.of(new Problem("metadata.annotations[" + ScheduleSpec.ANNOTATION + "]", why)));
    }

    /**
     * Keep what YAML takes for a key without a value, as in {@code {days: Sat, Sun}}: who wrote it
     * meant something. A setting without a value says nothing.
     *
     * @param known the settings that there are beside it
     */
    private static @Nullable Object said(String key, @Nullable Object value, List<String> known) {
        return switch (value) {
            case null -> known.contains(key) ? null : "";
            case Map<?, ?> map -> {
                List<String> inside = INSIDE.getOrDefault(key, List.of());
                var result = new LinkedHashMap<String, Object>();
                map.forEach((inner, each) ->
                        result.put(
                                String.valueOf(inner), said(String.valueOf(inner), each, inside)));
                yield result;
            }
            case List<?> list -> list.stream().map(each -> said(key, each, List.of(key))).toList();
            default -> value;
        };
    }

    private static String write(Optional<String> meant) {
        return meant.map("; write "::concat).orElse("");
    }

    // ---- One, or several ----------------------------------------------------------------------

    /** Return what the settings say; of no use if they have a problem. */
    private Optional<ScheduleSpec> read(SettingReader settings) {
        settings.checkKeys(WHOLE, List.of());
        Frame frame = Frame.read(settings);
        Duration jitter = settings.duration("jitter").orElse(Duration.ZERO);
        Policy policy = PolicyReader.read(settings, frame.zone());
        String formerly = formerly(settings.tree());
        boolean several =
                KINDS.stream().filter(settings::has).toList().equals(List.of("schedules"));
        if (several) {
            List<ScheduleSpec> parts = parts(settings, frame, jitter, policy);
            settings.finish();
            return settings.problems().isEmpty()
                    ? Optional.of(several(parts, frame.zone(), jitter, policy, formerly))
                    : Optional.empty();
        }
        Optional<Kind> kind = kind(settings, frame.zone(), KINDS);
        settings.finish();
        return checked(kind.map(each -> frame.spec(each, jitter, policy, formerly, "")), settings);
    }

    private Optional<ScheduleSpec> checked(Optional<ScheduleSpec> spec, SettingReader settings) {
        if (settings.problems().isEmpty()) {
            spec.ifPresent(each -> new FireCheck(each, anchor, settings).run());
        }
        return spec;
    }

    @SafeVarargs
    private static List<String> all(List<String>... keys) {
        return Stream.of(keys).flatMap(List::stream).toList();
    }

    private List<ScheduleSpec> parts(
            SettingReader settings, Frame shared, Duration jitter, Policy policy) {
        var parts = new ArrayList<ScheduleSpec>();
        if (!(settings.get("schedules") instanceof List<?> list) || list.isEmpty()) {
            settings.problem(
                    "schedules",
                    "is no list of schedules; write [{cron: \"0 9 * * Mon-Fri\"}, {every: 6h, days: [Sat, Sun]}]");
            return parts;
        }
        if (list.size() > MOST_SCHEDULES) {
            settings.problem(
                    "schedules",
                    "lists %d, and %d are the most".formatted(list.size(), MOST_SCHEDULES));
            return parts;
        }
        for (int i = 0; i < list.size(); i++) {
            String key = "schedules[" + i + "]";
            if (list.get(i) instanceof Map<?, ?> map) {
                var tree = new LinkedHashMap<Object, Object>();
                if (settings.has("timeZone")) {
                    tree.put("timeZone", shared.zone().getId());
                }
                tree.putAll(map);
                var part = new SettingReader(tree, key + ".");
                part(part, shared, jitter, policy).ifPresent(parts::add);
                settings.problems().addAll(part.problems());
            } else {
                settings.problem(
                        key,
                        "'%s' is no schedule; write {cron: \"0 9 * * Mon-Fri\"}"
                                .formatted(list.get(i)));
            }
        }
        return parts;
    }

    /** Read one of several. */
    private Optional<ScheduleSpec> part(
            SettingReader settings, Frame shared, Duration jitter, Policy policy) {
        if (settings.has("now")) {
            settings.problem(
                    "now",
                    "cannot be one of several; leave it out, and have a run at once by chaos-runner trigger");
            return Optional.empty();
        }
        for (String key : settings.tree().keySet()) {
            if (FOR_ALL.contains(key)) {
                settings.problem(
                        key,
                        "holds for all schedules; write it beside schedules, not in one of them");
            }
        }
        settings.checkKeys(PART, FOR_ALL);
        Frame frame = Frame.read(settings);
        Optional<Kind> kind = kind(settings, frame.zone(), PART_KINDS);
        String name = settings.text("name").orElseGet(() -> called(settings));
        String line = ForeignText.oneLine(ForeignText.line(name), LONGEST_NAME);
        settings.finish();
        Frame both = frame.within(shared, settings);
        return checked(kind.map(each -> both.spec(each, jitter, policy, "", line)), settings);
    }

    private static String called(SettingReader settings) {
        return PART_KINDS.stream()
                .filter(settings::has)
                .findFirst()
                .map(kind -> kind + " " + settings.get(kind))
                .orElse("");
    }

    private static ScheduleSpec several(
            List<ScheduleSpec> parts,
            ZoneId zone,
            Duration jitter,
            Policy policy,
            String formerly) {
        boolean begin = parts.stream().allMatch(part -> part.from().isPresent());
        return new ScheduleSpec(
                new Kind.Several(parts),
                zone,
                begin
                        ? parts.stream()
                                .flatMap(part -> part.from().stream())
                                .min(Comparator.naturalOrder())
                        : Optional.empty(),
                Optional.empty(),
                Set.of(),
                List.of(),
                List.of(),
                List.of(),
                jitter,
                policy,
                ScheduleSpec.hash(parts),
                formerly,
                "");
    }

    /** The name of its words, from which everything but the policy counted. */
    private static String formerly(Map<String, Object> tree) {
        var timing = new TreeMap<>(tree);
        timing.keySet().removeAll(PolicyReader.KEYS);
        var crc = new CRC32();
        crc.update(timing.toString().getBytes(StandardCharsets.UTF_8));
        return String.format(Locale.ROOT, "%08x", crc.getValue());
    }

    // ---- What makes it fire -------------------------------------------------------------------

    private static Optional<Kind> kind(SettingReader settings, ZoneId zone, List<String> kinds) {
        List<String> given = kinds.stream().filter(settings::has).toList();
        if (given.isEmpty()
                && settings.tree().keySet().stream().anyMatch(key -> Meant.isCalled(key, kinds))) {
            // What it means was told with that key.
            return Optional.empty();
        }
        if (given.size() != 1) {
            String all = String.join(", ", kinds);
            settings.problem(
                    given.isEmpty() ? "" : given.getLast(),
                    given.isEmpty()
                            ? "nothing says when to run; write one of " + all
                            : "only one of %s can be given, but there are %s"
                                    .formatted(all, String.join(" and ", given)));
            return Optional.empty();
        }
        return switch (given.getFirst()) {
            case "cron" -> cron(settings, kinds.contains("schedules"));
            case "every" -> every(settings);
            case "once" -> settings.instant("once", zone, Bound.FIRST_FIRE).map(Kind.Once::new);
            default -> {
                Object written = settings.get("now");
                Optional<String> moment = MeantDates.moment(String.valueOf(written));
                if (moment.isPresent()) {
                    settings.problem(
                            "now",
                            "'%s' is neither true nor false; write once: %s instead of now"
                                    .formatted(written, moment.get()));
                } else if (!settings.flag("now", true)) {
                    settings.problem(
                            "now", "'false' is no schedule; leave it out, or write suspend: true");
                }
                yield Optional.of(new Kind.Now());
            }
        };
    }

    private static Optional<Kind> cron(SettingReader settings, boolean whole) {
        if (settings.get("cron") instanceof List<?> list) {
            settings.problem(
                    "cron",
                    "is a list, but a schedule has one expression; write one, such as \"%s\"%s"
                            .formatted(
                                    list.isEmpty() ? "0 9 * * *" : list.getFirst(),
                                    whole && !list.isEmpty()
                                            ? ", or all of them: " + CronMeant.schedules(list)
                                            : ""));
            return Optional.empty();
        }
        try {
            Optional<String> text = settings.text("cron");
            return text.isEmpty()
                    ? Optional.empty()
                    : Optional.of(new Kind.Cron(CronReader.of(text.get())));
        } catch (CronReader.Fault e) {
            settings.problem("cron", String.valueOf(e.getMessage()));
            return Optional.empty();
        }
    }

    private static Optional<Kind> every(SettingReader settings) {
        Object written = settings.get("every");
        if (written instanceof String text
                && Parameters.duration(text).isEmpty()
                && CronReader.isExpression(text)) {
            settings.problem(
                    "every",
                    "'%s' is a cron expression; write cron: \"%s\" instead of every"
                            .formatted(text, text));
            return Optional.empty();
        }
        Optional<Duration> interval = settings.duration("every");
        if (interval.filter(each -> each.compareTo(Duration.ofSeconds(1)) < 0).isPresent()) {
            settings.problem("every", "'%s' is shorter than 1s".formatted(written));
            return Optional.empty();
        }
        return interval.map(Kind.Every::new);
    }
}
