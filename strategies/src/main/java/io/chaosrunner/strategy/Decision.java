package io.chaosrunner.strategy;

import static java.util.Objects.requireNonNull;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What should happen now.
 *
 * <p>Built, never constructed, so that it may grow. Immutable. The runner carries it out in this
 * order: all skips (then it asks again before any launch); launches in order of preference, while
 * there is room; the end, if nothing was refused for lack of room. What was not carried out is
 * forgotten, not queued.
 */
public final class Decision {

    /** Wait: legal while something is active, a pace limit is closed, or no slot is waiting. */
    public static final Decision NOTHING = choose().build();

    private final List<Choice> launches;
    private final List<Choice> skips;
    private final @Nullable Wake wake;
    private final @Nullable End end;

    private Decision(Builder builder) {
        launches = List.copyOf(builder.launches);
        skips = List.copyOf(builder.skips);
        wake = builder.wake;
        end = builder.end;
    }

    /** Begin a decision. */
    public static Builder choose() {
        return new Builder();
    }

    /** Return what to launch, in order of preference. */
    public List<Choice> launches() {
        return launches;
    }

    /** Return what will never be launched in this run. */
    public List<Choice> skips() {
        return skips;
    }

    /** Return when to be asked again at the latest. */
    public Optional<Wake> wake() {
        return Optional.ofNullable(wake);
    }

    /** Return the end of this plan, if it launches nothing more. */
    public Optional<End> end() {
        return Optional.ofNullable(end);
    }

    @Override
    public String toString() {
        return "launch " + launches + ", skip " + skips + ", wake " + wake + ", end " + end;
    }

    /**
     * Name a slot and the cause of its choice.
     *
     * @param slot index of the slot
     * @param why one line: the cause ("a passed", "draw 17, gap 42 s"), not a paraphrase
     */
    public record Choice(int slot, String why) {
        public Choice {
            requireNonNull(why, "why is null");
        }
    }

    /**
     * Name the next instant at which time alone changes the answer.
     *
     * @param at must not depend on {@link Progress#now()}, or it would run away
     * @param why one line for "what happens next"
     */
    public record Wake(Instant at, String why) {
        public Wake {
            requireNonNull(at, "at is null");
            requireNonNull(why, "why is null");
        }
    }

    /**
     * Say that the plan launches nothing more.
     *
     * @param failed true if the run counts as failed
     * @param why one line; also the reason of the slots that are left
     */
    public record End(boolean failed, String why) {
        public End {
            requireNonNull(why, "why is null");
        }
    }

    /** Build a decision; used by one thread. */
    public static final class Builder {
        private final List<Choice> launches = new ArrayList<>();
        private final List<Choice> skips = new ArrayList<>();
        private @Nullable Wake wake;
        private @Nullable End end;

        private Builder() {}

        /** Launch a slot, after those already named; more than {@link Progress#room()} is fine. */
        public Builder launch(int slot, String why) {
            launches.add(new Choice(slot, why));
            return this;
        }

        /** Skip a waiting slot for good. */
        public Builder skip(int slot, String why) {
            skips.add(new Choice(slot, why));
            return this;
        }

        /** Ask again at an instant; the earliest one given counts. */
        public Builder wakeAt(Instant at, String why) {
            if (wake == null || at.isBefore(wake.at())) {
                wake = new Wake(at, why);
            }
            return this;
        }

        /** Launch nothing more. */
        public Builder done(String why) {
            end = new End(false, why);
            return this;
        }

        /** Launch nothing more, and count the run as failed. */
        public Builder fail(String why) {
            end = new End(true, why);
            return this;
        }

        /** Return the decision. */
        public Decision build() {
            return new Decision(this);
        }
    }
}
