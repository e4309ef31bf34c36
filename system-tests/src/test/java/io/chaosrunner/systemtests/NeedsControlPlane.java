package io.chaosrunner.systemtests;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Run a test against the shared {@link ControlPlane}, which it may take as a parameter.
 *
 * <p>Where the programs are not built the test is skipped, and the reason says how to build them.
 * With {@code CHAOSRUNNER_SYSTEM_TESTS=required} in the environment it fails instead.
 */
@Documented
@Inherited
@Target({ElementType.TYPE, ElementType.METHOD})
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(ControlPlaneExtension.class)
@interface NeedsControlPlane {}
