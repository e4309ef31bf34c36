package io.chaosrunner.resolve;

import io.chaosrunner.crd.Engine;
import io.chaosrunner.crd.Experiment;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.MissingNode;

/**
 * A node and where it stands, so that a message can name both object and path.
 *
 * @param object such as {@code ChaosEngine litmus/nginx-chaos}
 * @param path such as {@code spec.experiments[0].name}
 * @param node missing if there is nothing there
 */
record FieldPath(String object, String path, JsonNode node) {

    static FieldPath of(Engine engine) {
        return new FieldPath("ChaosEngine " + engine.ref(), "", engine.json());
    }

    static FieldPath of(Experiment experiment, String namespace) {
        return new FieldPath(
                "ChaosExperiment " + namespace + "/" + experiment.name(), "", experiment.json());
    }

    /** Returns what is below, one name a step. */
    FieldPath at(String... names) {
        FieldPath place = this;
        for (String name : names) {
            String path = place.path.isEmpty() ? name : place.path + "." + name;
            place = new FieldPath(object, path, place.node.path(name));
        }
        return place;
    }

    /** Returns one element of the list here. */
    FieldPath at(int index) {
        return new FieldPath(object, path + "[" + index + "]", node.path(index));
    }

    /** Returns the number of elements of the list here; 0 if it is no list. */
    int size() {
        return node.isArray() ? node.size() : 0;
    }

    /** Returns the text here; empty if there is none. */
    String text() {
        return node.asString("");
    }

    /** Returns the node; a missing one if it says nothing: null, or an empty list or map. */
    JsonNode orMissing() {
        boolean empty = node.isNull() || (node.isContainer() && node.isEmpty());
        return empty ? MissingNode.getInstance() : node;
    }

    /** Says what is wrong here; the text goes on where the path ends. */
    FieldProblem problem(String text) {
        return new FieldProblem(object, path, path + text);
    }

    @Override
    public String toString() {
        return object + ": " + path;
    }
}
