package io.chaosrunner.testing;

import io.chaosrunner.cluster.Cluster;
import io.chaosrunner.cluster.Resource;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import org.jspecify.annotations.Nullable;

/** A cluster between whose calls and answers a test may step. */
public final class TamperedCluster {
    private TamperedCluster() {}

    /** Carries a call out. */
    public interface Call {
        @Nullable Object goOn();
    }

    /** Answers a call, by itself or by letting it go on. */
    public interface Tampering {
        @Nullable Object answer(String verb, Resource resource, @Nullable Object[] args, Call call);
    }

    public static Cluster of(Cluster cluster, Tampering tampering) {
        return (Cluster)
                Proxy.newProxyInstance(
                        Cluster.class.getClassLoader(),
                        new Class<?>[] {Cluster.class},
                        (proxy, method, args) -> {
                            Call call =
                                    () -> {
                                        try {
                                            return method.invoke(cluster, args);
                                        } catch (InvocationTargetException e) {
                                            throw (RuntimeException) e.getCause();
                                        } catch (IllegalAccessException e) {
                                            throw new IllegalStateException(e);
                                        }
                                    };
                            return args != null && args[0] instanceof Resource resource
                                    ? tampering.answer(method.getName(), resource, args, call)
                                    : call.goOn();
                        });
    }
}
