package io.chaosrunner.cli;

import io.chaosrunner.cluster.Fabric8Cluster;
import io.chaosrunner.cluster.Resource;
import io.chaosrunner.control.HolidayLists;
import io.chaosrunner.control.NextFires;
import io.chaosrunner.crd.Engine;
import io.chaosrunner.holidays.HolidayList;
import io.chaosrunner.holidays.HolidayReader;
import io.chaosrunner.model.EngineRef;
import io.chaosrunner.model.ForeignText;
import io.chaosrunner.model.TimeWords;
import io.chaosrunner.schedule.Preview;
import io.chaosrunner.schedule.Preview.Entry;
import io.chaosrunner.schedule.ScheduleSpec;
import io.chaosrunner.strategy.InvalidParameters;
import java.io.PrintWriter;
import java.time.Clock;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** The command that shows when an engine's schedule fires, without touching anything. */
@Command(
        name = "next",
        description = "Shows when a schedule fires next, and which times do not fire and why.",
        mixinStandardHelpOptions = true)
final class NextCommand implements Callable<Integer> {
    private static final String CHAOS_SCHEDULE = NextFires.CHAOS_SCHEDULE;
    private static final String CONFIG_MAP = "ConfigMap";

    private static final DateTimeFormatter LOCAL =
            DateTimeFormatter.ofPattern("EEE yyyy-MM-dd HH:mm:ss xxx", Locale.ROOT);

    @Spec private @Nullable CommandSpec spec;

    @ParentCommand private @Nullable ChaosRunner parent;

    @CommandLine.Parameters(
            arity = "0..1",
            paramLabel = "ENGINE",
            description = "Name of a ChaosEngine or ChaosSchedule that is in the cluster.")
    private @Nullable String engine;

    @Mixin private ManifestFiles files = new ManifestFiles();
    @Mixin private Namespaced namespaced = new Namespaced();

    @Option(
            names = "--count",
            paramLabel = "N",
            defaultValue = "10",
            description = "How many fires to show (default: ${DEFAULT-VALUE}).")
    private int count;

    @Option(
            names = "--from",
            paramLabel = "TIME",
            description = "Where to begin, such as 2027-01-31T09:00:00Z; now by default.")
    private @Nullable String from;

    @Option(
            names = "--schedule",
            paramLabel = "KEY=VALUE",
            description = "Override one setting of the engine's schedule, such as every=30m.")
    private Map<String, String> schedule = Map.of();

    @Option(
            names = {"-o", "--output"},
            paramLabel = "FORMAT",
            defaultValue = "text",
            description = "text or json (default: ${DEFAULT-VALUE}).")
    private String output = "text";

    @Override
    public Integer call() {
        CommandLine command = Objects.requireNonNull(spec).commandLine();
        if (!output.equals("text") && !output.equals("json")) {
            throw new ParameterException(command, "-o is text or json, but is '" + output + "'");
        }
        int most = count(command);
        Instant now = Clock.systemUTC().instant();
        Instant begin = begin(command, now);
        if ((engine == null) != files.areGiven()) {
            throw new ParameterException(
                    command,
                    "name a ChaosEngine or ChaosSchedule of the cluster, or a file with one: -f"
                            + " FILE");
        }
        if (engine == null) {
            List<FileObject> objects =
                    files.objects(
                                    command,
                                    Set.of("ChaosEngine", CHAOS_SCHEDULE, CONFIG_MAP)::contains)
                            .all();
            EngineTarget meant = holder(command, objects);
            return show(
                    command,
                    meant,
                    names -> holidays(objects, meant.engine().namespace(), names, begin),
                    begin,
                    now,
                    most);
        }
        try (Fabric8Cluster cluster = Objects.requireNonNull(parent).connect()) {
            EngineRef ref = namespaced.engine(cluster, engine);
            return show(
                    command,
                    new EngineTarget(
                            new Engine(
                                    StoredObject.named(
                                            cluster, ref, Resource.ENGINES, Resource.SCHEDULES))),
                    names ->
                            new HolidayLists(cluster, Clock.systemUTC())
                                    .read(ref.namespace(), names)
                                    .lists(),
                    begin,
                    now,
                    most);
        }
    }

    private int show(
            CommandLine command,
            EngineTarget meant,
            NextFires.Lists lists,
            Instant begin,
            Instant now,
            int most) {
        Engine holder = meant.engine();
        Overrides overrides = Overrides.of("--schedule", schedule, command);
        Optional<NextFires> found;
        try {
            found = NextFires.of(holder, engine != null, overrides.values(), lists, begin, most);
        } catch (InvalidParameters e) {
            e.problems()
                    .forEach(problem ->
                            command.getErr()
                                    .println(
                                            "chaos-runner: "
                                                    + meant.sentence(
                                                            ScheduleSpec.ANNOTATION,
                                                            overrides,
                                                            problem)));
            return ExitCode.INVALID;
        }
        if (found.isEmpty()) {
            command.getErr()
                    .println(
                            "chaos-runner: %s%s has no schedule; write the annotation %s"
                                    .formatted(
                                            meant.place(), meant.name(), ScheduleSpec.ANNOTATION));
            return ExitCode.INVALID;
        }
        NextFires fires = found.get();
        Preview preview = fires.preview();
        Optional<String> doubt = fires.doubt();
        notes(fires.schedule().lists(), fires.holidays(), preview)
                .forEach(note -> command.getErr().println("chaos-runner: " + note));
        var shown =
                new Shown(
                        fires.schedule(),
                        fires.standstill().or(() -> doubt),
                        doubt.isPresent(),
                        begin,
                        now);
        if (output.equals("json")) {
            shown.json(preview, command.getOut());
        } else {
            shown.text(preview, command.getOut());
        }
        return doubt.isPresent() ? ExitCode.INVALID : ExitCode.OK;
    }

    /** Beside a file there is no namespace to name, and -n was the number of fires once. */
    private int count(CommandLine command) {
        Optional<String> number = namespaced.asked().filter(each -> each.matches("[0-9]{1,6}"));
        int most = count;
        if (files.areGiven() && number.isPresent()) {
            most = Integer.parseInt(number.get());
            command.getErr()
                    .printf(
                            "chaos-runner: -n is the namespace; write --count %d for the number of"
                                    + " fires%n",
                            most);
        }
        if (most < 1) {
            throw new ParameterException(command, "--count must be at least 1, but is " + most);
        }
        return most;
    }

    private EngineTarget holder(CommandLine command, List<FileObject> read) {
        List<FileObject> objects = read.stream().filter(each -> !each.is(CONFIG_MAP)).toList();
        List<FileObject> schedules =
                objects.stream().filter(object -> object.is(CHAOS_SCHEDULE)).toList();
        FileObject holder =
                schedules.size() == 1 && schedules.size() == objects.size()
                        ? schedules.getFirst()
                        : files.engine(objects, command);
        return EngineTarget.of(holder);
    }

    /** Read the lists that are among the files; of others nothing is known here. */
    private static Map<String, HolidayList> holidays(
            List<FileObject> objects, String namespace, Set<String> names, Instant now) {
        var lists = new HashMap<String, HolidayList>();
        for (FileObject object : objects) {
            boolean near =
                    namespace.isEmpty()
                            || object.namespace().isEmpty()
                            || object.namespace().equals(namespace);
            if (object.is(CONFIG_MAP) && near && names.contains(object.name())) {
                lists.put(object.name(), list(object, now));
            }
        }
        return lists;
    }

    private static HolidayList list(FileObject object, Instant now) {
        try {
            return HolidayReader.read(object.json());
        } catch (HolidayReader.Unusable e) {
            return new HolidayList.Unknown(
                    "%s: ConfigMap %s: %s".formatted(object.place(), object.name(), e.getMessage()),
                    now);
        }
    }

    /** Say which days are not left out although they may be holidays. */
    private static List<String> notes(
            Set<String> names, Map<String, HolidayList> lists, Preview preview) {
        Optional<Instant> last = preview.fires().reversed().stream().map(Entry::at).findFirst();
        var notes = new ArrayList<String>();
        for (String name : names) {
            switch (lists.get(name)) {
                case null ->
                        notes.add(
                                "the holidays of ConfigMap %s are not left out here: it is not among the files"
                                        .formatted(name));
                case HolidayList.Unknown _ -> {}
                case HolidayList.Days days ->
                        days.last()
                                .filter(end ->
                                        last.filter(at ->
                                                        at.isAfter(
                                                                end.plusDays(2)
                                                                        .atStartOfDay(
                                                                                ZoneOffset.UTC)
                                                                        .toInstant()))
                                                .isPresent())
                                .ifPresent(end ->
                                        notes.add(
                                                "the last holiday of ConfigMap %s is on %s; does it know of later ones?"
                                                        .formatted(name, end)));
            }
        }
        return notes;
    }

    private Instant begin(CommandLine command, Instant now) {
        if (from == null) {
            return now.truncatedTo(ChronoUnit.SECONDS);
        }
        try {
            return OffsetDateTime.parse(from).toInstant();
        } catch (DateTimeException e) {
            throw new ParameterException(
                    command,
                    "--from: '%s' is not a time; write 2027-01-31T09:00:00Z".formatted(from));
        }
    }

    /**
     * What is shown of a schedule.
     *
     * @param standstill why nothing starts; empty if runs start
     * @param uncertain whether nobody knows which of the fires start, as a list cannot be used
     * @param begin from when on fires are shown
     * @param now what instants are told relative to
     */
    private record Shown(
            ScheduleSpec schedule,
            Optional<String> standstill,
            boolean uncertain,
            Instant begin,
            Instant now) {
        /** A suspension that is over by then is none. */
        private boolean suspended() {
            return schedule.policy().suspendedAt(begin);
        }

        private void text(Preview preview, PrintWriter out) {
            ZoneId zone = schedule.zone();
            standstill.ifPresent(
                    why -> out.println("Nothing starts: " + ForeignText.unbroken(why) + "."));
            if (uncertain) {
                out.println(
                        "Which of these fires are on holidays is not known: none starts until the"
                                + " list can be used.");
            }
            if (suspended()) {
                out.printf(
                                "The schedule is suspended: nothing starts before %s.%s",
                                schedule.policy()
                                        .resume()
                                        .map(at ->
                                                "%s (%s)"
                                                        .formatted(
                                                                clock(at, zone),
                                                                TimeWords.relative(at, now)))
                                        .orElse("suspend is removed"),
                                schedule.policy().note().isEmpty()
                                        ? ""
                                        : " Note: "
                                                + ForeignText.unbroken(schedule.policy().note()))
                        .println();
            }
            if (!preview.entries().isEmpty()) {
                out.println(row("FIRES (" + zone + ")", "UTC", ""));
            }
            preview.entries().forEach(entry -> out.println(row(entry, zone)));
            preview.end()
                    .filter(why -> !standstill.equals(Optional.of(why)))
                    .ifPresent(why ->
                            out.println("Then it is over: " + ForeignText.unbroken(why) + "."));
            out.flush();
        }

        private String row(Entry entry, ZoneId zone) {
            return switch (entry) {
                case Entry.Fires(Instant at, Instant start, String note, String cause) ->
                        row(
                                LOCAL.format(at.atZone(zone)),
                                TimeWords.at(at, now),
                                joined(
                                        cause,
                                        note,
                                        start.equals(at) ? "" : "starts " + clock(start, zone)));
                case Entry.Excluded(Instant at, Instant to, long times, String reason) ->
                        row(
                                "  not " + LOCAL.format(at.atZone(zone)),
                                TimeWords.at(at, now),
                                times == 1
                                        ? reason
                                        : "%s (%d times until %s)"
                                                .formatted(reason, times, clock(to, zone)));
            };
        }

        private static String row(String local, String utc, String more) {
            return "%-38s  %-30s  %s"
                    .formatted(local, utc, ForeignText.unbroken(more))
                    .stripTrailing();
        }

        private static String joined(String... words) {
            return Stream.of(words)
                    .filter(each -> !each.isEmpty())
                    .collect(Collectors.joining(", "));
        }

        private static String clock(Instant instant, ZoneId zone) {
            return LOCAL.format(instant.truncatedTo(ChronoUnit.SECONDS).atZone(zone));
        }

        private void json(Preview preview, PrintWriter out) {
            ZoneId zone = schedule.zone();
            ObjectNode json = JsonMapper.shared().createObjectNode();
            json.put("timeZone", zone.getId())
                    .put("suspended", suspended() || standstill.isPresent());
            schedule.policy()
                    .resume()
                    .filter(_ -> suspended())
                    .ifPresent(at -> json.put("suspendedUntil", at.toString()));
            standstill.ifPresent(why -> json.put("standstill", why));
            if (uncertain) {
                json.put("uncertain", true);
            }
            ArrayNode entries = json.putArray("entries");
            for (Entry entry : preview.entries()) {
                ObjectNode one = entries.addObject();
                one.put("fires", entry instanceof Entry.Fires)
                        .put("at", entry.at().toString())
                        .put("local", local(entry.at(), zone));
                switch (entry) {
                    case Entry.Fires(Instant at, Instant start, String note, String cause) -> {
                        one.put("start", start.toString());
                        if (!cause.isEmpty()) {
                            one.put("cause", cause);
                        }
                        if (!note.isEmpty()) {
                            one.put("note", note);
                        }
                    }
                    case Entry.Excluded(Instant at, Instant to, long times, String reason) ->
                            one.put("until", to.toString())
                                    .put("count", times)
                                    .put("reason", reason);
                }
            }
            preview.end().ifPresent(why -> json.put("end", why));
            out.println(
                    JsonMapper.shared().writerWithDefaultPrettyPrinter().writeValueAsString(json));
            out.flush();
        }
    }

    private static String local(Instant instant, ZoneId zone) {
        return DateTimeFormatter.ISO_OFFSET_DATE_TIME.format(instant.atZone(zone));
    }
}
