package io.chaosrunner.cli;

import io.chaosrunner.report.Printed;
import java.io.PrintStream;

/** Where this process writes texts of strangers: what they hold cannot drive a terminal. */
final class Streams {
    private Streams() {}

    static PrintStream out() {
        return Printed.to(System.out);
    }

    static PrintStream err() {
        return Printed.to(System.err);
    }
}
