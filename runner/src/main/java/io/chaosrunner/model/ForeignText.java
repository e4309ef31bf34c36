package io.chaosrunner.model;

import java.util.HexFormat;

/**
 * Texts that a stranger wrote, made fit for an event, a log and a terminal.
 *
 * <p>Control characters, invisible ones and those that turn the direction of writing become visible
 * signs, so that nobody is shown what is not there. Every function here takes a time that grows
 * with the text's length, and no faster. Pure.
 */
public final class ForeignText {
    /** Most code points of a line; the last of a longer text is an ellipsis. */
    public static final int LONGEST = 500;

    private static final int CONTROL_PICTURES = 0x2400;
    private static final int PICTURE_OF_DELETE = 0x2421;
    private static final int REPLACEMENT = 0xFFFD;
    private static final int DELETE = 0x7F;
    private static final int NEXT_LINE = 0x85;
    private static final int LINE_SEPARATOR = 0x2028;
    private static final int PARAGRAPH_SEPARATOR = 0x2029;

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

    /** Return the text as one line: line breaks and the blanks around them become one blank. */
    public static String unbroken(String text) {
        boolean broken = text.codePoints().anyMatch(ForeignText::isLineBreak);
        return broken ? oneLine(text, Integer.MAX_VALUE) : text;
    }

    /**
     * Return the text as one line of at most so many code points: line breaks and the blanks around
     * them become one blank, and a text that is longer ends in an ellipsis.
     */
    public static String oneLine(String text, int most) {
        var line = new StringBuilder();
        int count = 0;
        boolean broken = false;
        int blanks = 0;
        for (int i = 0; i < text.length(); ) {
            int point = text.codePointAt(i);
            i += Character.charCount(point);
            if (isLineBreak(point)) {
                broken = true;
            } else if (Character.isWhitespace(point)) {
                blanks++;
            } else {
                int gap = line.isEmpty() ? 0 : broken ? 1 : blanks;
                line.repeat(' ', Math.min(gap, most)).appendCodePoint(point);
                count += gap + 1;
                if (count > most) {
                    line.setLength(line.offsetByCodePoints(0, most - 1));
                    return line.append('…').toString();
                }
                broken = false;
                blanks = 0;
            }
        }
        return line.toString();
    }

    private static boolean isLineBreak(int point) {
        return (point >= '\n' && point <= '\r')
                || point == NEXT_LINE
                || point == LINE_SEPARATOR
                || point == PARAGRAPH_SEPARATOR;
    }

    /**
     * Return the text with each character that is invisible, or makes a terminal do something,
     * written as {@code \\u} and four digits; line feeds stay. In a JSON text it says the same.
     */
    public static String visible(String text) {
        int i = 0;
        while (i < text.length() && isPlain(text, i)) {
            i++;
        }
        if (i == text.length()) {
            return text;
        }
        var shown = new StringBuilder(text.length() + 16).append(text, 0, i);
        while (i < text.length()) {
            int point = text.codePointAt(i);
            int end = i + Character.charCount(point);
            if (point == '\n' || isShown(point)) {
                shown.append(text, i, end);
            } else {
                for (; i < end; i++) {
                    shown.append("\\u").append(HexFormat.of().toHexDigits(text.charAt(i)));
                }
            }
            i = end;
        }
        return shown.toString();
    }

    /** Tell at once of the characters that most texts consist of. */
    private static boolean isPlain(String text, int at) {
        char c = text.charAt(at);
        return (c >= ' ' && c < DELETE) || c == '\n';
    }

    private static boolean isShown(int point) {
        return switch (Character.getType(point)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR,
                    Character.SURROGATE,
                    Character.PRIVATE_USE,
                    Character.UNASSIGNED ->
                    false;
            default -> !isBlankLetter(point);
        };
    }

    /** Letters and marks by their category, which nothing is drawn for. */
    private static boolean isBlankLetter(int point) {
        return point == 0x034F
                || (point >= 0x115F && point <= 0x1160)
                || (point >= 0x17B4 && point <= 0x17B5)
                || (point >= 0x180B && point <= 0x180F)
                || point == 0x3164
                || (point >= 0xFE00 && point <= 0xFE0D)
                || point == 0xFFA0
                || (point >= 0xE0100 && point <= 0xE01EF);
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
