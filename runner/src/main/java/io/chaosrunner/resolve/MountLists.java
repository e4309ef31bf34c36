package io.chaosrunner.resolve;

import io.chaosrunner.model.ExperimentSpec.HostFile;
import io.chaosrunner.model.ExperimentSpec.Mount;
import io.chaosrunner.model.ExperimentSpec.Mounts;
import io.chaosrunner.resolve.Problems.Check;
import java.util.ArrayList;
import java.util.List;

/** What a container mounts, as ChaosExperiment and engine say together. */
final class MountLists {
    private MountLists() {}

    /**
     * Merges by name: the engine moves what the ChaosExperiment mounts, and adds the rest.
     *
     * @param definition the ChaosExperiment's {@code spec.definition}
     * @param components {@code spec.components} of the engine's entry
     */
    static Mounts merge(FieldPath definition, FieldPath components, Problems problems) {
        return new Mounts(
                merge("configMaps", definition, components, problems),
                merge("secrets", definition, components, problems),
                hostFiles(definition.at("hostFileVolumes"), problems));
    }

    private static List<Mount> merge(
            String kind, FieldPath definition, FieldPath components, Problems problems) {
        Check check = Check.ExperimentDependencyCheck;
        List<Mount> merged = new ArrayList<>(read(definition.at(kind), check, problems));
        int own = merged.size();
        for (Mount wish : read(components.at(kind), check, problems)) {
            boolean moved = false;
            for (int i = 0; i < own; i++) {
                if (merged.get(i).name().equals(wish.name())) {
                    merged.set(i, wish);
                    moved = true;
                }
            }
            if (!moved) {
                merged.add(wish);
            }
        }
        // The same object at the same place twice is one mount; Kubernetes would refuse two.
        return merged.stream().distinct().toList();
    }

    /** Reads a list of {name, mountPath}; an empty part is a problem. */
    static List<Mount> read(FieldPath list, Check check, Problems problems) {
        var mounts = new ArrayList<Mount>();
        for (int i = 0; i < list.size(); i++) {
            FieldPath mount = list.at(i);
            if (complete(mount, check, problems, "name", "mountPath")) {
                mounts.add(new Mount(mount.at("name").text(), mount.at("mountPath").text()));
            }
        }
        return mounts;
    }

    private static List<HostFile> hostFiles(FieldPath list, Problems problems) {
        var files = new ArrayList<HostFile>();
        for (int i = 0; i < list.size(); i++) {
            FieldPath file = list.at(i);
            if (complete(
                    file,
                    Check.ExperimentDependencyCheck,
                    problems,
                    "name",
                    "mountPath",
                    "nodePath")) {
                String type = file.at("type").text();
                files.add(
                        new HostFile(
                                file.at("name").text(),
                                file.at("mountPath").text(),
                                file.at("nodePath").text(),
                                type.isEmpty() ? "File" : type));
            }
        }
        return files;
    }

    private static boolean complete(
            FieldPath place, Check check, Problems problems, String... mandatory) {
        boolean complete = true;
        for (String part : mandatory) {
            if (place.at(part).text().isEmpty()) {
                String name = place.at("name").text();
                problems.add(
                        check,
                        place.at(part)
                                .problem(
                                        " is empty"
                                                + (name.isEmpty() ? "" : " (" + name + ")")
                                                + "; fill it in or remove the entry"));
                complete = false;
            }
        }
        return complete;
    }
}
