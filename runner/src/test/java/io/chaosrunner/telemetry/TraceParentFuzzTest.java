package io.chaosrunner.telemetry;

import io.chaosrunner.testing.Fuzz;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Whatever the operator says of a trace, it is followed, or another one begins. */
class TraceParentFuzzTest {
    /** It says with a stack trace what it passes over; kept, or it is made anew. */
    private static final Logger LIBRARY = Logger.getLogger("io.opentelemetry.api.baggage");

    @BeforeAll
    static void quieten() {
        LIBRARY.setLevel(Level.OFF);
    }

    @AfterAll
    static void letItSpeak() {
        LIBRARY.setLevel(null);
    }

    @Test
    void aTraceIsFollowedOrANewOneBegins() {
        Fuzz.damage(
                """
                {"traceparent":"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",\
                "tracestate":"a=b,c=d","baggage":"k=v;p=1,l=%20w"}\
                """,
                damaged -> TraceParent.write(TraceParent.read(damaged, why -> {})));
    }
}
