package io.chaosrunner.validate;

import io.chaosrunner.crd.Engine;
import io.chaosrunner.strategy.InvalidParameters.Problem;
import java.util.List;

/** A check of one annotation of an engine that another room knows how to read. */
@FunctionalInterface
public interface AnnotationCheck {
    /**
     * Find every problem.
     *
     * @param text the annotation's value, which is YAML
     * @return with paths inside that YAML, or paths of the engine that begin with {@code spec} or
     *     {@code metadata}
     */
    List<Problem> problems(Engine engine, String text);
}
