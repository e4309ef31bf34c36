package io.chaosrunner.control;

import io.chaosrunner.claim.Claim;
import io.chaosrunner.crd.Engine;
import io.chaosrunner.holidays.HolidayList;
import io.chaosrunner.schedule.ChaosScheduleSettings;
import io.chaosrunner.schedule.EngineSchedule;
import io.chaosrunner.schedule.Preview;
import io.chaosrunner.schedule.ScheduleSpec;
import io.chaosrunner.schedule.Timetable;
import io.chaosrunner.strategy.InvalidParameters;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/**
 * What comes next of the schedule of an engine or a ChaosSchedule.
 *
 * @param schedule as it is written
 * @param standstill why nothing starts, by the words of a ChaosSchedule; empty if runs start
 * @param holidays the lists that it names, as far as they were read
 * @param preview what fires, and what does not
 * @param doubt why nobody knows which of the fires start; empty if that is known
 */
public record NextFires(
        ScheduleSpec schedule,
        Optional<String> standstill,
        Map<String, HolidayList> holidays,
        Preview preview,
        Optional<String> doubt) {

    /** Kind of an object that is a schedule itself. */
    public static final String CHAOS_SCHEDULE = "ChaosSchedule";

    /** Reads lists of holidays by their names. */
    public interface Lists extends Function<Set<String>, Map<String, HolidayList>> {}

    /**
     * Foretell the fires of an object; empty if it has no schedule.
     *
     * @param isStored whether it is one of a cluster, so that what is stored with it counts
     * @param flags overriding values of the schedule's settings
     * @param begin where to begin; a fire at that instant counts
     * @param most how many fires to find
     * @throws InvalidParameters if the schedule is unusable
     */
    public static Optional<NextFires> of(
            Engine holder,
            boolean isStored,
            Map<String, Object> flags,
            Lists lists,
            Instant begin,
            int most) {
        Instant anchor = holder.created().equals(Instant.EPOCH) ? begin : holder.created();
        Optional<String> standstill = ScheduleSpec.standstill(holder.json());
        Optional<ScheduleSpec> read =
                isChaosSchedule(holder)
                        ? Optional.of(ScheduleSpec.of(holder.json(), flags, anchor))
                        : ScheduleSpec.of(
                                holder.annotation(ScheduleSpec.ANNOTATION), flags, anchor);
        if (read.isEmpty()) {
            return Optional.empty();
        }
        Optional<EngineSchedule> stored = isStored ? stored(holder, flags) : Optional.empty();
        Map<String, HolidayList> holidays = lists.apply(read.get().lists());
        Timetable timetable =
                stored.map(EngineSchedule::timetable)
                        .orElseGet(() ->
                                Timetable.of(
                                        read.get(), anchor, holder.ref().toString().hashCode()));
        Optional<String> over =
                standstill
                        .filter(_ -> isComplete(holder))
                        .or(() ->
                                stored.filter(each -> !each.isUnknown())
                                        .flatMap(EngineSchedule::end));
        Preview preview =
                over.map(Preview::over)
                        .orElseGet(() ->
                                Preview.of(
                                        timetable.knowing(known(holidays)).starting(),
                                        stored.map(EngineSchedule::countedRuns).orElse(0L),
                                        firstShown(read.get(), begin),
                                        most));
        Optional<String> doubt = over.isPresent() ? Optional.empty() : doubt(holidays);
        return Optional.of(new NextFires(read.get(), standstill, holidays, preview, doubt));
    }

    /**
     * Return from when on fires are shown: what fires while a schedule is suspended is skipped, but
     * for the one fire of {@code now}, which waits. A suspension without an end hides nothing.
     */
    private static Instant firstShown(ScheduleSpec schedule, Instant begin) {
        return schedule.kind() instanceof ScheduleSpec.Kind.Now
                        || !schedule.policy().suspendedAt(begin)
                ? begin
                : schedule.policy().resume().orElse(begin);
    }

    /** Read what is stored with an engine: a claim that nobody can read tells nothing of fires. */
    private static Optional<EngineSchedule> stored(Engine holder, Map<String, Object> flags) {
        if (isChaosSchedule(holder)) {
            return Optional.empty();
        }
        try {
            return EngineSchedule.of(holder, flags);
        } catch (Claim.Unreadable e) {
            return Optional.empty();
        }
    }

    private static boolean isChaosSchedule(Engine holder) {
        return holder.json().path("kind").asString("").equals(CHAOS_SCHEDULE);
    }

    private static boolean isComplete(Engine holder) {
        return new ChaosScheduleSettings(holder.json()).state()
                == ChaosScheduleSettings.State.COMPLETE;
    }

    private static Map<String, HolidayList> known(Map<String, HolidayList> lists) {
        var known = new HashMap<>(lists);
        known.values().removeIf(HolidayList.Unknown.class::isInstance);
        return known;
    }

    private static Optional<String> doubt(Map<String, HolidayList> lists) {
        return lists.values().stream()
                .filter(HolidayList.Unknown.class::isInstance)
                .map(HolidayList.Unknown.class::cast)
                .map(list -> HolidayList.UNKNOWN + list.why())
                .findFirst();
    }
}
