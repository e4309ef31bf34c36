package io.chaosrunner.systemtests;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Run a test on the one {@link RealNode} of this JVM, which it takes as a parameter.
 *
 * <p>Such tests run only by {@code system-tests/real-node/run}: the tag keeps them out of other
 * Maven runs.
 */
@Documented
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@Tag("real-node")
@ExtendWith(RealNodeExtension.class)
@interface NeedsRealNode {}
