package io.chaosrunner.cli;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import sun.misc.Signal;
import sun.misc.SignalHandler;

/**
 * Hear Ctrl-C and SIGTERM: the first one asks to end, the second one ends.
 *
 * <p>The JDK's own shutdown hooks cannot tell a second signal from the first, and a shutdown once
 * begun cannot be slowed down until what runs in the cluster is gone.
 */
@SuppressWarnings("sunapi") // There is no other way to hear a signal without ending.
final class Signals {
    private Signals() {}

    /** Handle the signals of a pod. */
    static void handle(Consumer<String> first) {
        handle(first, () -> {}, "INT", "TERM");
    }

    /**
     * Handle the signals of a terminal, its closing among them.
     *
     * @param last runs before the second signal ends the process; must not block
     */
    static void handleAtTerminal(Consumer<String> first, Runnable last) {
        handle(first, last, "INT", "TERM", "HUP");
    }

    private static void handle(Consumer<String> first, Runnable last, String... names) {
        var heard = new AtomicBoolean();
        for (String name : names) {
            SignalHandler before =
                    Signal.handle(
                            new Signal(name),
                            signal -> {
                                if (heard.compareAndSet(false, true)) {
                                    first.accept(word(signal.getName()));
                                } else {
                                    last.run();
                                    Runtime.getRuntime().halt(128 + signal.getNumber());
                                }
                            });
            if (before.equals(SignalHandler.SIG_IGN)) {
                // As under nohup: whoever started this wants it to live on.
                Signal.handle(new Signal(name), before);
            }
        }
    }

    private static String word(String signal) {
        return switch (signal) {
            case "INT" -> "interrupted";
            case "HUP" -> "the terminal was closed";
            default -> "terminated";
        };
    }
}
