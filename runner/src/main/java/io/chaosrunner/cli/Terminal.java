package io.chaosrunner.cli;

import io.chaosrunner.report.Colours;
import io.chaosrunner.report.LiveTree;
import java.io.Console;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import sun.misc.Signal;

/**
 * Know the terminal this process writes to, if it is one.
 *
 * <p>The JDK does not tell a terminal's size. {@code stty} does, on every Unix; it is asked at the
 * start and when the terminal says that it was resized.
 */
@SuppressWarnings("sunapi") // There is no other way to hear of a resize.
final class Terminal {
    private static final LiveTree.Size USUAL = new LiveTree.Size(80, 24);
    private static final int LONGEST_SECONDS = 2;

    private volatile LiveTree.Size size = USUAL;

    private Terminal() {}

    /** Tell whether a tree can be drawn and drawn again. */
    static boolean isThere() {
        Console console = System.console();
        return console != null && console.isTerminal() && !"dumb".equals(System.getenv("TERM"));
    }

    /** Say whether to colour what goes to a terminal, see no-color.org. */
    static Colours colours(boolean noColor) {
        String environment = System.getenv("NO_COLOR");
        boolean off = noColor || (environment != null && !environment.isEmpty());
        return off || !isThere() ? Colours.PLAIN : Colours.ANSI;
    }

    /** Begin to know the terminal's size. */
    static Terminal open() {
        var terminal = new Terminal();
        terminal.measure();
        try {
            Signal.handle(new Signal("WINCH"), signal -> terminal.measure());
        } catch (IllegalArgumentException e) {
            // No such signal here: the size stays as it was.
        }
        return terminal;
    }

    LiveTree.Size size() {
        return size;
    }

    private void measure() {
        try {
            Process stty =
                    new ProcessBuilder("stty", "size")
                            .redirectInput(new File("/dev/tty"))
                            .redirectError(ProcessBuilder.Redirect.DISCARD)
                            .start();
            String said =
                    new String(stty.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
            stty.waitFor(LONGEST_SECONDS, TimeUnit.SECONDS);
            String[] numbers = said.strip().split(" ");
            int lines = Integer.parseInt(numbers[0]);
            int columns = Integer.parseInt(numbers[1]);
            if (lines > 0 && columns > 0) {
                size = new LiveTree.Size(columns, lines);
            }
        } catch (IOException | NumberFormatException | ArrayIndexOutOfBoundsException e) {
            // No stty, or no size: what was known is as good as anything.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
