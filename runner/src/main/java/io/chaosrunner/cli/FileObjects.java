package io.chaosrunner.cli;

import io.chaosrunner.cluster.AnyObjects;
import io.chaosrunner.cluster.AnyObjects.Different;
import io.chaosrunner.cluster.AnyObjects.Stored;
import io.chaosrunner.cluster.Fabric8Cluster;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Bring the objects of files to the cluster: create what is missing, leave what is the same, and
 * never run with something other than the files have without saying so.
 */
final class FileObjects {
    private final AnyObjects cluster;
    private List<FileObject> objects;
    private final String namespace;

    /** Say what to do about an object that is not as the file has it. */
    enum IfDifferent {
        /** Launch nothing, and name each. */
        REFUSE,
        /** Make it as the file has it. */
        UPDATE,
        /** Leave it, and name it. */
        KEEP
    }

    /**
     * @param namespace of objects that name none
     */
    FileObjects(Fabric8Cluster cluster, List<FileObject> objects, String namespace) {
        this.cluster = new AnyObjects(cluster);
        this.objects = List.copyOf(objects);
        this.namespace = namespace;
    }

    /**
     * Give each object that lives in a namespace and names none the one that is meant.
     *
     * @return what is wrong if an object names another one than was asked for
     */
    Optional<String> settleNamespaces(Optional<String> asked) {
        var settled = new ArrayList<FileObject>();
        for (FileObject object : objects) {
            String given = object.namespace();
            if (asked.isPresent() && !given.isEmpty() && !given.equals(asked.get())) {
                return Optional.of(
                        "%s: %s is in namespace %s by its file, but -n says %s; leave one of them out"
                                .formatted(object.place(), object, given, asked.get()));
            }
            settled.add(
                    given.isEmpty() && cluster.isNamespaced(object.apiVersion(), object.kind())
                            ? object.in(namespace)
                            : object);
        }
        objects = List.copyOf(settled);
        return Optional.empty();
    }

    List<FileObject> all() {
        return objects;
    }

    /**
     * Store all objects but the engine, in the order of the files; namespaces first.
     *
     * @param say hears of each that was created, changed, or kept though it differs
     * @return why nothing may be launched; empty if all is as it should be
     */
    Optional<String> store(IfDifferent ifDifferent, Consumer<String> say) {
        var different = new ArrayList<String>();
        for (FileObject object : ordered()) {
            Stored stored =
                    cluster.store(
                            object.json(),
                            ifDifferent == IfDifferent.UPDATE
                                    ? Different.UPDATE
                                    : Different.REPORT);
            switch (stored) {
                case Stored.Created() -> say.accept(object + " created");
                case Stored.Same() -> {}
                case Stored.Updated(var fields) ->
                        say.accept(
                                "%s made as the file has it: %s"
                                        .formatted(object, String.join(", ", fields)));
                case Stored.Differs(var fields) -> {
                    String what = object + " differs in " + String.join(", ", fields);
                    if (ifDifferent == IfDifferent.KEEP) {
                        say.accept(what + "; kept as the cluster has it");
                    } else {
                        different.add(what);
                    }
                }
            }
        }
        return different.isEmpty()
                ? Optional.empty()
                : Optional.of(
                        "the cluster has other objects than the file: %s; take the file's with --if-different=update, or the cluster's with --if-different=keep"
                                .formatted(String.join("; ", different)));
    }

    private List<FileObject> ordered() {
        var ordered = new ArrayList<FileObject>();
        objects.stream().filter(FileObjects::isNamespace).forEach(ordered::add);
        objects.stream()
                .filter(object -> !isNamespace(object) && !object.isEngine())
                .forEach(ordered::add);
        return ordered;
    }

    private static boolean isNamespace(FileObject object) {
        return object.is("Namespace");
    }
}
