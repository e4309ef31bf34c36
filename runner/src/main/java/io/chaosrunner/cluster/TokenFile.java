package io.chaosrunner.cluster;

import io.chaosrunner.cluster.ClusterException.Kind;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A token in a file that is written anew from time to time, such as a service account's.
 *
 * <p>It is read again after 50 seconds, as client-go does, and when the server refuses it. If it
 * cannot be read the last one that could is used.
 */
final class TokenFile implements Credentials {
    private static final Duration READ_AGAIN = Duration.ofSeconds(50);

    private final Path file;
    private final Optional<String> otherwise;
    private @Nullable String known;
    private long read;

    /**
     * @param otherwise the token that is used while the file cannot be read
     * @throws ClusterException if it cannot be read and there is no other
     */
    TokenFile(Path file, Optional<String> otherwise) {
        this.file = file;
        this.otherwise =
                otherwise.map(
                        token -> Credentials.bearer(token, "the token of the kubeconfig's user"));
        authorization();
    }

    @Override
    public synchronized Optional<String> authorization() {
        if (known == null || System.nanoTime() - read > READ_AGAIN.toNanos()) {
            readIt();
        }
        return Optional.ofNullable(known).or(() -> otherwise);
    }

    @Override
    public synchronized boolean renew(Optional<String> refused) {
        readIt();
        return !authorization().equals(refused);
    }

    private void readIt() {
        try {
            String token = Pem.text(file).strip();
            if (token.isEmpty()) {
                throw new ClusterException(
                        Kind.UNCONFIGURED, "the token's file " + file + " is empty");
            }
            known = Credentials.bearer(token, "the token in " + file);
            read = System.nanoTime();
        } catch (ClusterException e) {
            if (known == null && otherwise.isEmpty()) {
                throw e;
            }
        }
    }
}
