package io.chaosrunner.job;

import io.chaosrunner.model.ExperimentSpec.HostFile;
import io.chaosrunner.model.ExperimentSpec.Mount;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * The volumes of one pod: each ConfigMap, Secret and host file once, however often it is mounted.
 *
 * <p>A volume is named after its object, as Litmus does. Where Kubernetes would refuse that (a name
 * with dots, or a ConfigMap and a Secret of one name), six letters are added.
 */
final class Volumes {
    /** Readable by all, writable by the owner: 0644. */
    private static final int MODE = 420;

    private final ArrayNode volumes = JsonNodeFactory.instance.arrayNode();
    private final Map<String, String> nameBySource = new HashMap<>();
    private final Set<String> taken = new HashSet<>();

    /** Returns the volumes so far, in the order in which they were first mounted. */
    ArrayNode json() {
        return volumes;
    }

    void mountConfigMap(Mount mount, ArrayNode volumeMounts) {
        ObjectNode source = source(volumes).put("name", mount.name()).put("defaultMode", MODE);
        mount(mount.name(), "configMap", source, mount.mountPath(), volumeMounts);
    }

    void mountSecret(Mount mount, ArrayNode volumeMounts) {
        ObjectNode source =
                source(volumes).put("secretName", mount.name()).put("defaultMode", MODE);
        mount(mount.name(), "secret", source, mount.mountPath(), volumeMounts);
    }

    void mountHostFile(HostFile file, ArrayNode volumeMounts) {
        ObjectNode source = source(volumes).put("path", file.nodePath()).put("type", file.type());
        mount(file.name(), "hostPath", source, file.mountPath(), volumeMounts);
    }

    private void mount(
            String wish, String kind, ObjectNode source, String path, ArrayNode volumeMounts) {
        String name =
                nameBySource.computeIfAbsent(
                        wish + " " + kind + " " + source,
                        key -> {
                            String free = freeName(wish, key);
                            volumes.addObject().put("name", free).set(kind, source);
                            return free;
                        });
        volumeMounts.addObject().put("name", name).put("mountPath", path);
    }

    private String freeName(String wish, String key) {
        String name = wish;
        for (int salt = 0; !DnsLabel.isValid(name) || !taken.add(name); salt++) {
            String prefix = DnsLabel.of(wish, DnsLabel.LIMIT - 7);
            name = (prefix.isEmpty() ? "volume" : prefix) + "-" + Base36.six(key + " " + salt);
        }
        return name;
    }

    private static ObjectNode source(ArrayNode factory) {
        return factory.objectNode();
    }
}
