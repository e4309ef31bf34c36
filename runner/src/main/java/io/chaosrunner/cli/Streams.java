package io.chaosrunner.cli;

import io.chaosrunner.report.Printed;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;

/** Where this process writes texts of strangers: what they hold cannot drive a terminal. */
final class Streams {
    private Streams() {}

    /** What is no terminal, a program reads, and reports and JSON are UTF-8 for it. */
    static PrintStream out() {
        return Terminal.isThere()
                ? Printed.to(System.out)
                : Printed.to(System.out, StandardCharsets.UTF_8);
    }

    /** Of what is printed here, each text is a line. */
    static PrintStream err() {
        return Printed.lines(System.err);
    }

    /** Of what is printed there, each text is a line. */
    static PrintWriter errWriter() {
        return Printed.linesOf(System.err);
    }
}
