package io.chaosrunner.cluster;

import java.io.Serial;
import java.util.List;

/** A request that the API server refused, or that did not reach it. */
public final class ClusterException extends RuntimeException {
    @Serial private static final long serialVersionUID = 1L;

    /** Who can act on a failure, and how. */
    public enum Kind {
        /** Nobody said, or not in a way that can be understood, where the API server is. */
        UNCONFIGURED,
        /** The object, or the whole kind, does not exist. */
        NOT_FOUND,
        /** An object of that name exists already. */
        ALREADY_EXISTS,
        /** The object has changed since it was read. */
        CONFLICT,
        /** The object or patch is not acceptable; also a failed {@code test} of a JSON patch. */
        INVALID,
        /** The account may not do this. */
        FORBIDDEN,
        /** The version to watch from is too old. */
        GONE,
        /** The patch type is not supported. */
        UNSUPPORTED,
        /** The server failed, after all retries. */
        SERVER,
        /** No answer, after all retries. */
        UNREACHABLE
    }

    private final Kind kind;
    private final transient List<String> fields;

    /**
     * @param kind who can act
     * @param message what failed, on which object, and what the server said
     */
    public ClusterException(Kind kind, String message) {
        this(kind, message, List.of());
    }

    /**
     * @param fields paths in the object that was written, which the server names as wrong
     */
    ClusterException(Kind kind, String message, List<String> fields) {
        super(message);
        this.kind = kind;
        this.fields = List.copyOf(fields);
    }

    ClusterException(Kind kind, String message, Throwable cause) {
        super(message, cause);
        this.kind = kind;
        this.fields = List.of();
    }

    /** Return what to throw when this thread was interrupted, which it stays. */
    public static ClusterException interrupted() {
        Thread.currentThread().interrupt();
        return new ClusterException(Kind.UNREACHABLE, "interrupted");
    }

    /** Return who can act. */
    public Kind kind() {
        return kind;
    }

    /** Return the paths in the object that was written that are at fault, if the server says so. */
    public List<String> fields() {
        return fields;
    }

    /** Tell whether the same request may succeed later without anybody acting. */
    public boolean isTransient() {
        return kind == Kind.SERVER || kind == Kind.UNREACHABLE;
    }
}
