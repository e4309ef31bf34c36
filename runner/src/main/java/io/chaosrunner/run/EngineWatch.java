package io.chaosrunner.run;

import io.chaosrunner.cluster.Cluster;
import io.chaosrunner.cluster.Cluster.Following;
import io.chaosrunner.cluster.Cluster.Selection;
import io.chaosrunner.cluster.ClusterException;
import io.chaosrunner.cluster.EngineWriter;
import io.chaosrunner.cluster.EngineWriter.Refusal;
import io.chaosrunner.cluster.Resource;
import io.chaosrunner.crd.Engine;
import io.chaosrunner.status.Claim;
import io.chaosrunner.status.EngineUpdate.Objection;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * Heed what becomes of the engine: whether it is still there, still ours, and does not say stop.
 *
 * <p>Owned by the run's thread, but for what {@link EngineWriter} and {@link Launcher} call.
 */
final class EngineWatch implements EngineWriter.Listener, AutoCloseable {
    private static final Duration POLL = Duration.ofSeconds(2);

    private final RunContext context;
    private final Claim claimed;
    private final Loop loop;
    private volatile Engine engine;
    private @Nullable Following following;
    private boolean gone;

    /** What the loop does about it. */
    interface Loop {
        /** Launch and write nothing more. */
        void hush();

        /** Stop all that runs, and write that it was stopped. */
        void stop(String why);

        /** Remove all that runs; nothing can be written any more. */
        void removeAll(RunResult then);
    }

    /**
     * @param taken the engine, as the claim's write returned it
     */
    EngineWatch(RunContext context, Claim claimed, Engine taken, Loop loop) {
        this.context = context;
        this.claimed = claimed;
        this.loop = loop;
        engine = taken;
    }

    /** Return the engine as last seen; any thread may ask. */
    Engine engine() {
        return engine;
    }

    /** Tell whether the engine is gone, and with it everything that could be written. */
    boolean isGone() {
        return gone;
    }

    void follow() {
        following =
                context.cluster.follow(
                        Resource.ENGINES,
                        engine.namespace(),
                        new Selection.Named(engine.name()),
                        POLL,
                        new Cluster.Listener() {
                            @Override
                            public void present(ObjectNode json) {
                                context.mailbox.add(() -> heed(Optional.of(new Engine(json))));
                            }

                            @Override
                            public void gone(ObjectNode json) {
                                context.mailbox.add(() -> heed(Optional.empty()));
                            }

                            @Override
                            public void unavailable(ClusterException why) {
                                // It is read before and after each launch all the same.
                            }
                        });
    }

    /** Tell whether an engine, just read, lets this run launch; any thread may ask. */
    boolean allowsLaunch(Engine now) {
        return claimed.lostOn(now).isEmpty() && !asksToStop(now);
    }

    private boolean asksToStop(Engine now) {
        if (context.underOperator()) {
            return now.stopRequested();
        }
        return now.deleting()
                || EngineStop.isAsked(now, claimed.run())
                || !now.engineState().equals(claimed.engineState());
    }

    private String whyStop(Engine now) {
        if (now.deleting()) {
            return "the engine is being deleted";
        }
        return EngineStop.isAsked(now, claimed.run())
                ? "somebody asked with chaos-runner stop"
                : "the engine says stop";
    }

    /** Heed the engine as it is now; empty if there is none. */
    void heed(Optional<Engine> found) {
        if (found.isEmpty() || !found.get().uid().equals(engine.uid())) {
            heedGone();
            return;
        }
        engine = found.get();
        Optional<String> lost = claimed.lostOn(engine);
        if (lost.isPresent()) {
            context.end(new RunResult.Left(lost.get(), false));
        } else if (asksToStop(engine)) {
            if (context.underOperator()) {
                operatorStops();
            } else {
                loop.stop(whyStop(engine));
            }
        }
    }

    /** Nothing can be recorded any more; what runs must not outlive the engine. */
    private void heedGone() {
        if (context.underOperator()) {
            context.end(new RunResult.Left("the engine was deleted", false));
        } else if (!gone) {
            gone = true;
            loop.removeAll(
                    new RunResult.Left("the engine was deleted; what ran was removed", false));
        }
    }

    /**
     * The operator removes what runs, and this process with it; status is its own. Ending before
     * that with success would let it call the engine completed, so wait to be removed.
     */
    private void operatorStops() {
        loop.hush();
        context.tell(new RunNotice.Waiting("engineState is stop: the operator ends this run"));
        Instant end = context.now().plus(context.patience.operator());
        while (!context.isLeaving() && context.now().isBefore(end)) {
            context.mailbox.discard(Duration.ofSeconds(1));
        }
        context.end(new RunResult.Left("the operator ends this run", true));
    }

    @Override
    public void refused(Refusal refusal) {
        context.mailbox.add(() -> {
            switch (refusal) {
                case Refusal.EngineGone() -> heedGone();
                case Refusal.Objected(Objection.Aborted()) ->
                        context.end(new RunResult.Left("the operator aborted the run", false));
                case Refusal.Objected(Objection.ClaimLost(String why)) ->
                        context.end(new RunResult.Left(why, false));
            }
        });
    }

    @Override
    public void failed(RuntimeException why) {
        context.mailbox.add(() -> {
            throw why;
        });
    }

    @Override
    public void close() {
        if (following != null) {
            following.close();
        }
    }
}
