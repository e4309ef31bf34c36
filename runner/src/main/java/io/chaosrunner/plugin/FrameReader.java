package io.chaosrunner.plugin;

import io.chaosrunner.model.ForeignText;
import io.chaosrunner.strategy.Decision;
import io.chaosrunner.strategy.Draws;
import io.chaosrunner.strategy.Execution;
import io.chaosrunner.strategy.InvalidParameters.Problem;
import io.chaosrunner.strategy.Limits;
import io.chaosrunner.strategy.Outcome;
import io.chaosrunner.strategy.Parameter;
import io.chaosrunner.strategy.Parameters;
import io.chaosrunner.strategy.PastRun;
import io.chaosrunner.strategy.Slot;
import io.chaosrunner.strategy.SlotState;
import io.chaosrunner.strategy.StrategyRequest;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * A reader of the values of one frame, as {@link FrameWriter} wrote them. Used by one thread.
 *
 * <p>A plug-in's process may send anything: every count is held against what is left of the frame,
 * and whatever cannot be read is {@link Malformed}.
 */
final class FrameReader {
    static final int MAP = 0;
    static final int LIST = 1;
    static final int FLAG = 2;
    static final int INTEGER = 3;
    static final int LONG = 4;
    static final int DOUBLE = 5;
    static final int TEXT = 6;

    static final int WAITING = 0;
    static final int ACTIVE = 1;
    static final int ENDED = 2;
    static final int SKIPPED = 3;

    /** More characters than any line shows; a strategy's longer texts are cut before they go. */
    static final int LONGEST_FOREIGN = 2 * ForeignText.LONGEST + 2;

    /** More characters than a stack that somebody reads to its end. */
    static final int LONGEST_STACK = 8_000;

    /** Room for a decision on each of a thousand slots, each with the longest of reasons. */
    static final int LARGEST_ANSWER = 4 << 20;

    private final ByteBuffer in;
    private final Frame kind;

    /** Reports what is no frame of this program's. */
    static final class Malformed extends IOException {
        private static final long serialVersionUID = 1L;

        Malformed(Throwable cause) {
            super(cause);
        }

        Malformed(String message) {
            super(message);
        }
    }

    private FrameReader(byte[] bytes) throws Malformed {
        in = ByteBuffer.wrap(bytes);
        Frame[] kinds = Frame.values();
        int ordinal = bytes.length < Integer.BYTES ? -1 : in.getInt();
        if (ordinal < 0 || ordinal >= kinds.length) {
            throw new Malformed("kind " + ordinal);
        }
        kind = kinds[ordinal];
    }

    /** Wait for the next frame and read it. */
    static FrameReader next(DataInputStream stream, int largest) throws IOException {
        int length = stream.readInt();
        if (length < 0 || length > largest) {
            throw new Malformed("length " + length);
        }
        byte[] bytes = new byte[length];
        stream.readFully(bytes);
        return new FrameReader(bytes);
    }

    Frame kind() {
        return kind;
    }

    /** Read with what the SPI's own constructors refuse, and what does not fit, as one fault. */
    <T> T read(Supplier<T> values) throws Malformed {
        try {
            return values.get();
        } catch (RuntimeException e) {
            throw new Malformed(e);
        }
    }

    int number() {
        return in.getInt();
    }

    long longNumber() {
        return in.getLong();
    }

    boolean flag() {
        return in.get() != 0;
    }

    String text() {
        byte[] utf8 = new byte[count()];
        in.get(utf8);
        return new String(utf8, StandardCharsets.UTF_8);
    }

    /** Read how many follow; each takes at least a byte. */
    private int count() {
        int count = in.getInt();
        if (count < 0 || count > in.remaining()) {
            throw new IllegalArgumentException("count " + count);
        }
        return count;
    }

    <T> List<T> all(Supplier<T> each) {
        int count = count();
        var values = new ArrayList<T>();
        for (int i = 0; i < count; i++) {
            values.add(each.get());
        }
        return values;
    }

    private <T> Optional<T> optional(Supplier<T> value) {
        return flag() ? Optional.of(value.get()) : Optional.empty();
    }

    Instant instant() {
        return Instant.ofEpochSecond(longNumber(), nanos());
    }

    private Duration duration() {
        return Duration.ofSeconds(longNumber(), nanos());
    }

    private int nanos() {
        int nanos = number();
        if (nanos < 0 || nanos > 999_999_999) {
            throw new DateTimeException("nanos " + nanos);
        }
        return nanos;
    }

    private Outcome outcome() {
        return Outcome.values()[number()];
    }

    // ---- What a plan is asked with -----------------------------------------------------------

    StrategyRequest request() {
        List<String> names = all(this::text);
        var slots = new ArrayList<Slot>();
        for (int i = 0; i < names.size(); i++) {
            slots.add(new Slot(i, names.get(i)));
        }
        if (!(tree() instanceof Map<?, ?> map)) {
            throw new IllegalArgumentException("parameters are no map");
        }
        var tree = new LinkedHashMap<String, Object>();
        map.forEach((key, value) -> tree.put(key.toString(), value));
        return new Request(
                List.copyOf(slots),
                Parameters.of(tree),
                Draws.keyed(longNumber()),
                List.copyOf(all(this::pastRun)));
    }

    private record Request(
            List<Slot> slots, Parameters parameters, Draws draws, List<PastRun> history)
            implements StrategyRequest {}

    private PastRun pastRun() {
        return new PastRun(longNumber(), instant(), all(this::execution));
    }

    Execution execution() {
        return new Execution(
                number(),
                number(),
                instant(),
                optional(() -> new Execution.End(instant(), outcome())));
    }

    private Object tree() {
        int type = number();
        return switch (type) {
            case MAP -> {
                var map = new LinkedHashMap<String, Object>();
                int count = count();
                for (int i = 0; i < count; i++) {
                    String key = text();
                    map.put(key, tree());
                }
                yield map;
            }
            case LIST -> all(this::tree);
            case FLAG -> flag();
            case INTEGER -> number();
            case LONG -> longNumber();
            case DOUBLE -> Double.longBitsToDouble(longNumber());
            case TEXT -> text();
            default -> throw new IllegalArgumentException("type " + type);
        };
    }

    SlotState state() {
        int type = number();
        return switch (type) {
            case WAITING -> SlotState.Waiting.WAITING;
            case ACTIVE -> new SlotState.Active(number(), instant());
            case ENDED -> new SlotState.Ended(number(), instant(), instant(), outcome());
            case SKIPPED -> new SlotState.Skipped(text());
            default -> throw new IllegalArgumentException("state " + type);
        };
    }

    // ---- What a strategy answers -------------------------------------------------------------

    Decision decision() {
        var decision = Decision.choose();
        all(() -> decision.launch(number(), foreign()));
        all(() -> decision.skip(number(), foreign()));
        optional(() -> decision.wakeAt(instant(), foreign()));
        optional(() -> flag() ? decision.fail(foreign()) : decision.done(foreign()));
        return decision.build();
    }

    Limits limits() {
        int most = number();
        Limits limits = most == 0 ? Limits.none() : Limits.none().maxParallel(most);
        Optional<Duration> startToStart = optional(this::duration);
        Optional<Duration> endToStart = optional(this::duration);
        limits = startToStart.map(limits::startToStart).orElse(limits);
        limits = endToStart.map(limits::endToStart).orElse(limits);
        return flag() ? limits.repeats() : limits;
    }

    Parameter parameter() {
        return new Parameter(foreign(), foreign(), foreign(), foreign());
    }

    Problem problem() {
        return new Problem(foreign(), foreign());
    }

    /** Read what a strategy threw, with its lines. */
    String stack() {
        String text = text();
        return ForeignText.visible(
                text.substring(0, Math.min(LONGEST_STACK, text.length())).replace("\t", "    "));
    }

    /** Read a strategy's text: the door through which all of a plug-in's texts come. */
    String foreign() {
        return ForeignText.line(text());
    }
}
