package io.chaosrunner.testing;

import static java.util.Objects.requireNonNull;

import io.chaosrunner.cluster.Resource;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BiConsumer;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/**
 * What the Roles of a file grant, each right as {@code get pods}.
 *
 * <p>The sandbox refuses as RBAC does, but for names of objects.
 */
public final class GrantedRights {
    private static final List<String> VERBS =
            List.of("get", "list", "watch", "create", "update", "patch", "delete");

    private GrantedRights() {}

    public static TreeSet<String> of(Path file) {
        var rights = new TreeSet<String>();
        for (Object document :
                new Load(LoadSettings.builder().build()).loadAllFromString(text(file))) {
            if (((Map<?, ?>) document).get("rules") instanceof List<?> rules) {
                for (Object rule : rules) {
                    for (Object resource : words(rule, "resources")) {
                        for (Object verb : words(rule, "verbs")) {
                            rights.add(verb + " " + resource);
                        }
                    }
                }
            }
        }
        return rights;
    }

    /** Refuse all but these rights from now on. */
    public static void refuseAllBut(EngineWorld world, Set<String> granted) {
        each((verb, resource) -> {
            if (!granted.contains(verb + " " + resource)) {
                world.server().forbid(verb, resource);
            }
        });
    }

    /** Refuse nothing any more. */
    public static void allowAll(EngineWorld world) {
        each((verb, resource) -> world.server().allow(verb, resource));
    }

    private static void each(BiConsumer<String, String> action) {
        for (String verb : VERBS) {
            for (Resource resource : Resource.values()) {
                action.accept(verb, resource.plural());
            }
        }
    }

    private static List<?> words(Object rule, String key) {
        return (List<?>) requireNonNull(((Map<?, ?>) rule).get(key), key);
    }

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
