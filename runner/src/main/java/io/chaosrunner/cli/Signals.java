package io.chaosrunner.cli;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import sun.misc.Signal;

/**
 * Hear Ctrl-C and SIGTERM: the first one asks to end, the second one ends.
 *
 * <p>The JDK's own shutdown hooks cannot tell a second signal from the first, and a shutdown once
 * begun cannot be slowed down until what runs in the cluster is gone.
 */
@SuppressWarnings("sunapi") // There is no other way to hear a signal without ending.
final class Signals {
    private Signals() {}

    static void handle(Consumer<String> first) {
        var heard = new AtomicBoolean();
        for (String name : new String[] {"INT", "TERM"}) {
            Signal.handle(
                    new Signal(name),
                    signal -> {
                        if (heard.compareAndSet(false, true)) {
                            first.accept(
                                    signal.getName().equals("INT") ? "interrupted" : "terminated");
                        } else {
                            Runtime.getRuntime().halt(128 + signal.getNumber());
                        }
                    });
        }
    }
}
