package io.chaosrunner.model;

/**
 * Make one line of a text that a stranger wrote, fit for an event, a log and a terminal.
 *
 * <p>Control characters, invisible ones and those that turn the direction of writing become visible
 * signs, so that nobody is shown what is not there. Pure.
 */
public final class ForeignText {
    /** Most code points of a line; the last of a longer text is an ellipsis. */
    public static final int LONGEST = 500;

    private static final int CONTROL_PICTURES = 0x2400;
    private static final int PICTURE_OF_DELETE = 0x2421;
    private static final int REPLACEMENT = 0xFFFD;
    private static final int DELETE = 0x7F;

    private ForeignText() {}

    /** Return the text as one line of at most {@value #LONGEST} code points. */
    public static String line(String text) {
        var line = new StringBuilder();
        int count = 0;
        for (int i = 0; i < text.length(); ) {
            int point = text.codePointAt(i);
            i += Character.charCount(point);
            count++;
            if (count == LONGEST && i < text.length()) {
                return line.append('…').toString();
            }
            line.appendCodePoint(visible(point));
        }
        return line.toString();
    }

    private static int visible(int point) {
        return switch (Character.getType(point)) {
            case Character.CONTROL ->
                    point < ' '
                            ? CONTROL_PICTURES + point
                            : point == DELETE ? PICTURE_OF_DELETE : REPLACEMENT;
            case Character.FORMAT,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR,
                    Character.SURROGATE,
                    Character.PRIVATE_USE,
                    Character.UNASSIGNED ->
                    REPLACEMENT;
            default -> point;
        };
    }
}
