package io.chaosrunner.engine;

import io.chaosrunner.cluster.Cluster;
import io.chaosrunner.cluster.ClusterException;
import io.chaosrunner.cluster.ClusterException.Kind;
import io.chaosrunner.cluster.Resource;
import io.chaosrunner.crd.Engine;
import io.chaosrunner.status.EngineEvent;
import io.chaosrunner.status.RunNotice;
import java.time.Clock;
import java.util.Optional;
import java.util.function.Consumer;
import tools.jackson.databind.node.ObjectNode;

/** Emit events on one engine. A run never fails because an event could not be written. */
public final class EventWriter {
    private static final int MOST_CONFLICTS = 5;

    private final Cluster cluster;
    private final Engine engine;
    private final Clock clock;
    private final Consumer<RunNotice> notices;
    private volatile boolean forbidden;

    /**
     * @param notices hears why an event was not written
     */
    public EventWriter(Cluster cluster, Engine engine, Clock clock, Consumer<RunNotice> notices) {
        this.cluster = cluster;
        this.engine = engine;
        this.clock = clock;
        this.notices = notices;
    }

    /** Write an event, or say why it was not written. */
    public void emit(EngineEvent event) {
        if (forbidden) {
            return;
        }
        try {
            write(event);
        } catch (ClusterException e) {
            if (e.kind() == Kind.FORBIDDEN) {
                forbidden = true;
                notices.accept(
                        new RunNotice.Warning(
                                "no events are written: " + e.getMessage() + "; the run goes on"));
            } else {
                notices.accept(
                        new RunNotice.Warning(
                                "event %s was not written: %s"
                                        .formatted(event.reason(), e.getMessage())));
            }
        }
    }

    private void write(EngineEvent event) {
        String name = event.name(engine);
        Optional<ObjectNode> written =
                cluster.lastWritten(Resource.EVENTS, engine.namespace(), name);
        if (written.isPresent() && isCountedOn(written.get(), event)) {
            return;
        }
        for (int conflicts = 0; ; conflicts++) {
            try {
                cluster.create(
                        Resource.EVENTS, engine.namespace(), event.json(engine, clock.instant()));
                return;
            } catch (ClusterException e) {
                if (e.kind() != Kind.ALREADY_EXISTS) {
                    throw e;
                }
            }
            var before = cluster.get(Resource.EVENTS, engine.namespace(), name);
            if (before.isEmpty()) {
                continue;
            }
            ObjectNode again = event.again(before.get(), clock.instant());
            try {
                cluster.replace(Resource.EVENTS, again);
                return;
            } catch (ClusterException e) {
                if (e.kind() != Kind.CONFLICT || conflicts == MOST_CONFLICTS) {
                    throw e;
                }
            }
        }
    }

    /** Count an event on, if it still is as this process wrote it: its time may be over. */
    private boolean isCountedOn(ObjectNode written, EngineEvent event) {
        try {
            cluster.replace(Resource.EVENTS, event.again(written, clock.instant()));
            return true;
        } catch (ClusterException e) {
            if (e.isTransient() || e.kind() == Kind.FORBIDDEN) {
                throw e;
            }
            return false;
        }
    }
}
