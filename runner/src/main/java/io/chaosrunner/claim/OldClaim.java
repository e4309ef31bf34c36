package io.chaosrunner.claim;

import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A claim that an earlier version wrote, brought to today's form.
 *
 * <p>Until {@link #FORM} came, a run that a fire ended, and a stop that had suspended the schedule,
 * were told from the words of the reason. They are read here and nowhere else.
 */
final class OldClaim {
    /** Marks claims of today's form, where the forms differ. */
    static final int FORM = 2;

    private static final String ABORT = "abort";
    private static final String REPLACED = "replaced";
    private static final String REPLACED_BY = "replaced by the fire of ";
    private static final String SUSPENDED = "suspended";
    private static final String SCHEDULE_SUSPENDED = "; its schedule is suspended";

    private OldClaim() {}

    /** Change a claim as read; one of today's form is left as it is. */
    static void upgrade(ObjectNode claim) {
        if (claim.path("form").asInt(1) >= FORM) {
            return;
        }
        String reason = claim.path("reason").asString("");
        if (claim.path("ending").asString("").equals(ABORT)) {
            if (reason.startsWith(REPLACED_BY)) {
                claim.put("ending", REPLACED);
            } else if (reason.endsWith(SCHEDULE_SUSPENDED)) {
                claim.put(SUSPENDED, true);
                claim.put(
                        "reason",
                        reason.substring(0, reason.length() - SCHEDULE_SUSPENDED.length()));
            }
        }
        for (JsonNode fires : claim.path("skippedFires")) {
            if (fires instanceof ObjectNode skipped
                    && skipped.path("reason").asString("").equals(SUSPENDED)) {
                skipped.put(SUSPENDED, true);
            }
        }
    }
}
