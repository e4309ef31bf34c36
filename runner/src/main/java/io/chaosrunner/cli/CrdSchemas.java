package io.chaosrunner.cli;

import io.chaosrunner.crd.Schema;
import io.chaosrunner.sandbox.Schemas;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import tools.jackson.databind.node.ObjectNode;

/** The schemas of our CRDs, for a sandbox. */
public final class CrdSchemas implements Schemas {
    private final Map<String, Schema> read = new ConcurrentHashMap<>();

    @Override
    public List<Problem> problems(String plural, ObjectNode object) {
        var problems = new ArrayList<Problem>();
        read.computeIfAbsent(plural, crd -> Schema.ofCrd(crd, Map.of()))
                .check(
                        object,
                        new Schema.Findings() {
                            @Override
                            public void error(String path, String text) {
                                problems.add(new Problem(path, false, text));
                            }

                            @Override
                            public void unknown(String path, String text) {
                                problems.add(new Problem(path, true, text));
                            }

                            @Override
                            public void warning(String path, String text) {
                                // It is stored as it is.
                            }
                        });
        return problems;
    }
}
