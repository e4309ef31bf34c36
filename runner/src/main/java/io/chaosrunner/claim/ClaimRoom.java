package io.chaosrunner.claim;

import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntPredicate;
import tools.jackson.databind.node.ObjectNode;

/**
 * The room that a {@link Claim} may take on its engine, and what it is given to: settings, then
 * what is known of earlier runs, then attempts, then reasons.
 */
final class ClaimRoom {
    /** Kept free of the log: names, times, and which slots were skipped. */
    private static final int REST_BYTES = 4 * 1024;

    private ClaimRoom() {}

    /** Return how many attempts there is room for beside the settings and earlier runs. */
    static int mostAttempts(ObjectNode execution, EarlierRuns past) {
        int settings = execution.toString().getBytes(StandardCharsets.UTF_8).length;
        int room = Claim.MOST_BYTES - REST_BYTES - settings - past.bytes();
        return Math.max(0, room / LoggedAttempt.MOST_CHARACTERS);
    }

    /**
     * Reasons live in the room that attempts do not need yet, and give way to them: the latest
     * first, those of launches before those of skips.
     */
    static void make(int mostAttempts, List<LoggedAttempt> log, Map<Integer, String> skips) {
        int room = (mostAttempts - log.size()) * LoggedAttempt.MOST_CHARACTERS;
        int ofSkips = ClaimText.reasons(skips).bytes();
        int told =
                longestBeginning(
                        log.size(),
                        n -> ClaimText.whys(log.subList(0, n)).bytes() + ofSkips <= room);
        log.subList(told, log.size()).replaceAll(each -> each.because(""));
        if (ofSkips <= room) {
            return;
        }
        List<Integer> slots = List.copyOf(skips.keySet());
        int explained =
                longestBeginning(
                        slots.size(),
                        n ->
                                ClaimText.reasons(explaining(skips, slots.subList(0, n))).bytes()
                                        <= room);
        skips.putAll(explaining(skips, slots.subList(0, explained)));
    }

    /** Return the skips with the reasons of these slots alone. */
    private static Map<Integer, String> explaining(
            Map<Integer, String> skips, List<Integer> slots) {
        var result = new LinkedHashMap<Integer, String>();
        skips.keySet().forEach(slot -> result.put(slot, ""));
        slots.forEach(slot -> result.put(slot, skips.getOrDefault(slot, "")));
        return result;
    }

    /** Return how many of the first fit; none is the least, whether it fits or not. */
    private static int longestBeginning(int size, IntPredicate fits) {
        if (fits.test(size)) {
            return size;
        }
        int fitting = 0;
        int tooMany = size;
        while (tooMany - fitting > 1) {
            int middle = (fitting + tooMany) / 2;
            if (fits.test(middle)) {
                fitting = middle;
            } else {
                tooMany = middle;
            }
        }
        return fitting;
    }
}
