package io.chaosrunner.cluster;

import io.chaosrunner.cluster.ClusterException.Kind;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.MissingNode;

/** Lists of objects, read page by page and object by object: no more than one is held at a time. */
final class ObjectLists {
    /** As clients of Kubernetes do. */
    static final int PAGE = 500;

    /** A list of pages is begun so often before it is read in one. */
    private static final int PAGINGS = 2;

    private final ApiServer server;

    ObjectLists(ApiServer server) {
        this.server = server;
    }

    <T> All<T> all(Resource resource, String namespace, String query, Function<Found, T> keep) {
        for (int attempt = 1; resource.isPaged() && attempt <= PAGINGS; attempt++) {
            try {
                return pages(resource, namespace, query, keep);
            } catch (ClusterException e) {
                if (e.kind() != Kind.GONE) {
                    throw e;
                }
                // It took so long that the version which the first page showed is gone.
            }
        }
        Page<T> whole = page(resource, namespace, query, keep);
        return new All<>(whole.version(), whole.items());
    }

    private <T> All<T> pages(
            Resource resource, String namespace, String query, Function<Found, T> keep) {
        String limited = (query.isEmpty() ? "" : query + "&") + "limit=" + PAGE;
        var items = new ArrayList<T>();
        Page<T> page = page(resource, namespace, limited, keep);
        items.addAll(page.items());
        while (!page.next().isEmpty()) {
            page =
                    page(
                            resource,
                            namespace,
                            limited + "&continue=" + ApiServer.encode(page.next()),
                            keep);
            items.addAll(page.items());
        }
        return new All<>(page.version(), items);
    }

    <T> Page<T> page(Resource resource, String namespace, String query, Function<Found, T> keep) {
        String path = resource.path(namespace) + (query.isEmpty() ? "" : "?" + query);
        try {
            return server.read(path, (body, heard) -> Page.read(body, keep, heard));
        } catch (ClusterException e) {
            // A namespace that does not exist has an empty list.
            throw e.kind() == Kind.NOT_FOUND
                    ? new ClusterException(
                            Kind.NOT_FOUND,
                            "the API server at %s does not serve %s"
                                    .formatted(server.address(), resource.whereFrom()),
                            e)
                    : e;
        }
    }

    /** A part of a list, and where the next one begins; empty if it is the last. */
    record Page<T>(String version, String next, List<T> items) {
        static <T> Page<T> read(InputStream body, Function<Found, T> keep, Runnable heard) {
            var items = new ArrayList<T>();
            JsonNode metadata = MissingNode.getInstance();
            try (JsonParser parser = ObjectReader.parser(body)) {
                if (parser.nextToken() != JsonToken.START_OBJECT) {
                    throw new ClassCastException("no object");
                }
                while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
                    String name = parser.currentName();
                    JsonToken token = parser.nextToken();
                    if (name.equals("items") && token == JsonToken.START_ARRAY) {
                        while (parser.nextToken() != JsonToken.END_ARRAY) {
                            Found found = ObjectReader.next(parser, 0);
                            ObjectReader.dropManagedFields(found.object());
                            items.add(keep.apply(found));
                            heard.run();
                        }
                    } else if (name.equals("metadata") && token == JsonToken.START_OBJECT) {
                        metadata = ObjectReader.next(parser, 0).object();
                    } else {
                        parser.skipChildren();
                    }
                }
                if (parser.currentToken() != JsonToken.END_OBJECT) {
                    throw new ClassCastException("no end");
                }
            }
            return new Page<>(
                    metadata.path("resourceVersion").asString(""),
                    metadata.path("continue").asString(""),
                    items);
        }
    }

    /** The objects of a list, and the version to watch from. */
    record All<T>(String version, List<T> items) {}

    static String labelQuery(String selector) {
        return selector.isEmpty() ? "" : "labelSelector=" + ApiServer.encode(selector);
    }
}
