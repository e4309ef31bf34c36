package io.chaosrunner.plugin;

import io.chaosrunner.strategy.Decision;
import io.chaosrunner.strategy.Decision.Choice;
import io.chaosrunner.strategy.Execution;
import io.chaosrunner.strategy.InvalidParameters.Problem;
import io.chaosrunner.strategy.Limits;
import io.chaosrunner.strategy.Parameter;
import io.chaosrunner.strategy.PastRun;
import io.chaosrunner.strategy.Slot;
import io.chaosrunner.strategy.SlotState;
import io.chaosrunner.strategy.StrategyRequest;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * A writer of the values of the SPI as one frame, which {@link FrameReader} reads: its length, what
 * it is, the values. Used by one thread.
 */
final class FrameWriter {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final DataOutputStream out = new DataOutputStream(bytes);

    FrameWriter(Frame kind) {
        number(kind.ordinal());
    }

    /** Send all that was written. */
    void sendTo(OutputStream stream) throws IOException {
        byte[] length = {
            (byte) (bytes.size() >>> 24),
            (byte) (bytes.size() >>> 16),
            (byte) (bytes.size() >>> 8),
            (byte) bytes.size()
        };
        stream.write(length);
        bytes.writeTo(stream);
        stream.flush();
    }

    private interface Writing {
        void write(DataOutputStream out) throws IOException;
    }

    private FrameWriter write(Writing what) {
        try {
            what.write(out);
            return this;
        } catch (IOException e) {
            // An array takes everything.
            throw new UncheckedIOException(e);
        }
    }

    FrameWriter number(int value) {
        return write(to -> to.writeInt(value));
    }

    FrameWriter number(long value) {
        return write(to -> to.writeLong(value));
    }

    FrameWriter flag(boolean value) {
        return write(to -> to.writeBoolean(value));
    }

    FrameWriter text(String text) {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        return number(utf8.length).write(to -> to.write(utf8));
    }

    <T> FrameWriter all(Collection<T> values, Consumer<T> each) {
        number(values.size());
        values.forEach(each);
        return this;
    }

    private <T> void optional(Optional<T> value, Consumer<T> write) {
        flag(value.isPresent());
        value.ifPresent(write);
    }

    void instant(Instant instant) {
        number(instant.getEpochSecond()).number(instant.getNano());
    }

    private void duration(Duration duration) {
        number(duration.getSeconds()).number(duration.getNano());
    }

    // ---- What a plan is asked with -----------------------------------------------------------

    FrameWriter request(StrategyRequest request) {
        all(request.slots(), this::slot);
        tree(request.parameters().tree());
        number(request.draws().key());
        return all(request.history(), this::pastRun);
    }

    private void slot(Slot slot) {
        text(slot.experiment());
    }

    private void pastRun(PastRun run) {
        number(run.number());
        instant(run.start());
        all(run.executions(), this::execution);
    }

    void execution(Execution execution) {
        number(execution.slot()).number(execution.iteration());
        instant(execution.since());
        optional(
                execution.end(),
                end -> {
                    instant(end.at());
                    number(end.outcome().ordinal());
                });
    }

    private void tree(Object value) {
        switch (value) {
            case Map<?, ?> map -> {
                number(FrameReader.MAP);
                all(
                        map.entrySet(),
                        entry -> {
                            text(String.valueOf(entry.getKey()));
                            tree(entry.getValue());
                        });
            }
            case List<?> list -> {
                number(FrameReader.LIST);
                all(list, this::tree);
            }
            case Boolean flag -> number(FrameReader.FLAG).flag(flag);
            case Integer number -> number(FrameReader.INTEGER).number(number);
            case Long number -> number(FrameReader.LONG).number(number);
            case Double number ->
                    number(FrameReader.DOUBLE).number(Double.doubleToRawLongBits(number));
            // Numbers of other kinds are larger than any of these, and read as their text.
            default -> number(FrameReader.TEXT).text(value.toString());
        }
    }

    void state(SlotState state) {
        switch (state) {
            case SlotState.Waiting _ -> number(FrameReader.WAITING);
            case SlotState.Active active -> {
                number(FrameReader.ACTIVE).number(active.iteration());
                instant(active.since());
            }
            case SlotState.Ended ended -> {
                number(FrameReader.ENDED).number(ended.iteration());
                instant(ended.since());
                instant(ended.at());
                number(ended.outcome().ordinal());
            }
            case SlotState.Skipped skipped -> number(FrameReader.SKIPPED).text(skipped.why());
        }
    }

    // ---- What a strategy answers -------------------------------------------------------------

    FrameWriter decision(Decision decision) {
        all(decision.launches(), this::choice);
        all(decision.skips(), this::choice);
        optional(
                decision.wake(),
                wake -> {
                    instant(wake.at());
                    foreign(wake.why());
                });
        optional(
                decision.end(),
                end -> {
                    flag(end.failed());
                    foreign(end.why());
                });
        return this;
    }

    private void choice(Choice choice) {
        number(choice.slot());
        foreign(choice.why());
    }

    FrameWriter limits(Limits limits) {
        number(limits.maxParallel().orElse(0));
        optional(limits.startToStart(), this::duration);
        optional(limits.endToStart(), this::duration);
        return flag(limits.mayRepeat());
    }

    void parameter(Parameter parameter) {
        foreign(parameter.name());
        foreign(parameter.type());
        foreign(parameter.defaultValue());
        foreign(parameter.doc());
    }

    void problem(Problem problem) {
        foreign(problem.path());
        foreign(problem.message());
    }

    /** Write a strategy's text, no longer than it is read. */
    void foreign(String text) {
        text(
                text.length() <= FrameReader.LONGEST_FOREIGN
                        ? text
                        : text.substring(0, FrameReader.LONGEST_FOREIGN));
    }
}
