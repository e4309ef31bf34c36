package io.chaosrunner.report;

import io.chaosrunner.model.ForeignText;
import java.io.FilterWriter;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.Charset;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import org.jspecify.annotations.Nullable;

/**
 * What people and programs may be shown of texts that strangers wrote.
 *
 * <p>What is invisible, turns the direction of writing or makes a terminal do something is written
 * as {@code \}{@code u} and four digits, see {@link ForeignText#visible}; so is what would make a
 * CI system take a line for a command of its own ({@code ::} at the beginning of a line, {@code
 * ##[} anywhere). Line feeds stay. JSON says the same afterwards.
 */
public final class Printed {
    private static final int LONGEST_LINE = 2_000;

    private Printed() {}

    /** Return a text as a line, or a part of one, of at most 2,000 characters. */
    public static String line(String text) {
        return new Commands().shown(ForeignText.visible(ForeignText.oneLine(text, LONGEST_LINE)));
    }

    /** Return a stream whose texts pass through here to another one, which is never closed. */
    public static PrintStream to(PrintStream stream) {
        return to(stream, stream.charset());
    }

    /**
     * Return a stream whose texts pass through here to another one, which is never closed, in this
     * charset, whatever the other's own is.
     */
    public static PrintStream to(PrintStream stream, Charset charset) {
        return new PrintStream(new Bytes(stream, charset), true, charset);
    }

    /** Return a writer whose texts pass through here to another one, which is never closed. */
    public static PrintWriter to(PrintWriter writer) {
        return new PrintWriter(new Characters(writer), true);
    }

    /**
     * Return a stream like that of {@link #to(PrintStream)}, where each text that is printed as a
     * line is one: line breaks in it become blanks, as they would begin a line that nobody wrote.
     */
    public static PrintStream lines(PrintStream stream) {
        Charset charset = stream.charset();
        return new PrintStream(new Bytes(stream, charset), true, charset) {
            @Override
            public void println(@Nullable String text) {
                super.println(unbroken(text));
            }
        };
    }

    /** Return a writer to a stream, see {@link #lines(PrintStream)}. */
    public static PrintWriter linesOf(PrintStream stream) {
        return new PrintWriter(to(stream), true) {
            @Override
            public void println(@Nullable String text) {
                super.println(unbroken(text));
            }
        };
    }

    private static String unbroken(@Nullable String text) {
        return ForeignText.unbroken(String.valueOf(text));
    }

    /** Keeps CI systems from taking texts for commands: GitHub's, Azure's and TeamCity's. */
    private static final class Commands {
        private static final String HASHES = "##";
        private static final int LONGEST_PREFIX = "##teamcity".length();

        private final StringBuilder line = new StringBuilder();
        private boolean blank = true;

        String shown(String text) {
            var shown = new StringBuilder(text.length());
            for (int i = 0; i < text.length(); i++) {
                char c = text.charAt(i);
                if ((c == ':' && blank) || (c == '[' && isCommand())) {
                    shown.append("\\u00").append(Integer.toHexString(c));
                } else {
                    shown.append(c);
                }
                if (c == '\n') {
                    blank = true;
                    line.setLength(0);
                } else {
                    blank &= c == ' ';
                    line.append(c);
                    if (line.length() > LONGEST_PREFIX) {
                        line.deleteCharAt(0);
                    }
                }
            }
            return shown.toString();
        }

        private boolean isCommand() {
            int hashes = line.lastIndexOf(HASHES);
            return hashes >= 0
                    && line.chars().skip(hashes + HASHES.length()).allMatch(Character::isLetter);
        }
    }

    private static final class Characters extends FilterWriter {
        private final Commands commands = new Commands();

        /** The first half of a character whose second half is still to come. */
        private String half = "";

        private Characters(Writer to) {
            super(to);
        }

        @Override
        public void write(int c) throws IOException {
            write(String.valueOf((char) c));
        }

        @Override
        public void write(char[] text, int offset, int length) throws IOException {
            write(new String(text, offset, length));
        }

        @Override
        public void write(String text, int offset, int length) throws IOException {
            String all = half + text.substring(offset, offset + length);
            boolean cut = !all.isEmpty() && Character.isHighSurrogate(all.charAt(all.length() - 1));
            half = cut ? all.substring(all.length() - 1) : "";
            String whole = cut ? all.substring(0, all.length() - 1) : all;
            out.write(commands.shown(ForeignText.visible(whole)));
        }

        @Override
        public void close() throws IOException {
            flush();
        }
    }

    private static final class Bytes extends OutputStream {
        private final PrintStream to;
        private final Characters characters;
        private final CharsetDecoder decoder;
        private byte[] rest = {};

        private Bytes(PrintStream to, Charset charset) {
            this.to = to;
            characters = new Characters(new PrintWriter(to, false, charset));
            decoder =
                    charset.newDecoder()
                            .onMalformedInput(CodingErrorAction.REPLACE)
                            .onUnmappableCharacter(CodingErrorAction.REPLACE);
        }

        @Override
        public void write(int b) throws IOException {
            write(new byte[] {(byte) b}, 0, 1);
        }

        @Override
        public synchronized void write(byte[] bytes, int offset, int length) throws IOException {
            ByteBuffer in = ByteBuffer.allocate(rest.length + length);
            in.put(rest).put(bytes, offset, length).flip();
            CharBuffer text = CharBuffer.allocate(in.remaining() * 2 + 2);
            decoder.decode(in, text, false);
            rest = new byte[in.remaining()];
            in.get(rest);
            characters.write(text.flip().toString());
            characters.flush();
        }

        /** A stream keeps to itself that it could not write: whoever asks this one must hear. */
        @Override
        public void flush() throws IOException {
            if (to.checkError()) {
                throw new IOException("not everything could be written");
            }
        }

        @Override
        public void close() throws IOException {
            flush();
        }
    }
}
