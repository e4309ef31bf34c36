package io.chaosrunner.cluster;

import io.chaosrunner.cluster.ClusterException.Kind;
import io.chaosrunner.crd.Author;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A cluster reached through the fabric8 client: the verbs of {@link Cluster}, and those that only a
 * terminal or the service needs.
 *
 * <p>Bodies stay JSON trees and each call here is exactly one request: the client's typed
 * operations read before they patch and pay for reflection at start-up.
 */
public final class Fabric8Cluster implements Cluster {

    /** Asks the server to refuse what it would drop; servers before 1.25 do not know it. */
    static final String STRICT = "?fieldValidation=Strict";

    private static final String REVIEWS = "/apis/authorization.k8s.io/v1/";

    private final JsonMapper mapper = JsonMapper.shared();
    private final Access access;
    private final ApiServer server;
    private final ObjectLists lists;

    private Fabric8Cluster(Access access, Connections.Limits limits) {
        this.access = access;
        server = new ApiServer(access, limits);
        lists = new ObjectLists(server);
    }

    /**
     * Connect as the environment says: {@code KUBECONFIG}, its default place, or in-cluster.
     *
     * @throws ClusterException if there is nothing to go by
     */
    public static Fabric8Cluster connect() {
        return connect(Optional.empty(), Optional.empty());
    }

    /**
     * Connect with a kubeconfig file.
     *
     * @throws ClusterException if it cannot be read
     */
    public static Fabric8Cluster connect(Path kubeconfig) {
        return connect(Optional.of(kubeconfig), Optional.empty());
    }

    /**
     * Connect as a person at a terminal says.
     *
     * @param kubeconfig empty means as the environment says
     * @param context one of the kubeconfig's contexts; empty means its current one
     * @throws ClusterException if the file cannot be read or has no such context
     */
    public static Fabric8Cluster connect(Optional<Path> kubeconfig, Optional<String> context) {
        return connect(kubeconfig, context, System.err);
    }

    /**
     * Connect in the same way.
     *
     * @param errors where exec plug-ins speak to the person
     */
    public static Fabric8Cluster connect(
            Optional<Path> kubeconfig, Optional<String> context, OutputStream errors) {
        return connect(kubeconfig, context, Optional.empty(), Optional.empty(), errors);
    }

    /**
     * Connect in the same way, with another cluster or user than the context's.
     *
     * @param cluster one of the kubeconfig's clusters; empty means the context's
     * @param user one of the kubeconfig's users; empty means the context's
     */
    public static Fabric8Cluster connect(
            Optional<Path> kubeconfig,
            Optional<String> context,
            Optional<String> cluster,
            Optional<String> user,
            OutputStream errors) {
        return new Fabric8Cluster(
                Kubeconfig.read(
                        System.getenv(),
                        kubeconfig,
                        new Kubeconfig.Choice(context, cluster, user),
                        errors),
                Connections.Limits.DEFAULT);
    }

    /** Return the contexts of the kubeconfig that {@link #connect} would read. */
    public static List<String> contexts(Optional<Path> kubeconfig) {
        return Kubeconfig.contexts(System.getenv(), kubeconfig);
    }

    /** Return the names of namespaces; of very many, those of one page. */
    public List<String> namespaces() {
        JsonNode all =
                server.call("GET", "/api/v1/namespaces?limit=" + ObjectLists.PAGE, null, null);
        return all.path("items")
                .valueStream()
                .map(each -> each.path("metadata").path("name").asString(""))
                .toList();
    }

    /** Connect to a server that asks for no credentials, such as the sandbox. */
    public static Fabric8Cluster connect(String url) {
        return connect(url, Connections.Limits.DEFAULT);
    }

    static Fabric8Cluster connect(String url, Connections.Limits limits) {
        return new Fabric8Cluster(Access.to(url), limits);
    }

    /**
     * See that something answers, soon: a person waits. Only an answer that takes too long is asked
     * for again.
     *
     * @throws ClusterException of kind {@link Kind#UNREACHABLE} if nothing does
     */
    public void ping() {
        server.ping();
    }

    /** Return where the API server is. */
    public String url() {
        return server.address();
    }

    /** Return the namespace that the kubeconfig's context names. */
    public Optional<String> namespace() {
        return access.namespace();
    }

    @Override
    public Optional<ObjectNode> get(Resource resource, String namespace, String name) {
        try {
            return Optional.of(server.call("GET", path(resource, namespace, name), null, null));
        } catch (ClusterException e) {
            if (e.kind() == Kind.NOT_FOUND) {
                return Optional.empty();
            }
            throw e;
        }
    }

    @Override
    public Listing listing(Resource resource, String namespace, String selector) {
        ObjectLists.All<ObjectNode> all =
                lists.all(resource, namespace, ObjectLists.labelQuery(selector), Found::object);
        return new Listing(all.version(), all.items());
    }

    /** Of what is not wanted nothing is kept: it may be large. */
    @Override
    public Optional<List<ObjectNode>> listNamed(
            Resource resource, String namespace, Predicate<String> wanted, int most) {
        var kept = new ArrayList<Found>();
        ObjectLists.Page<Boolean> page =
                lists.page(
                        resource,
                        namespace,
                        "limit=" + most,
                        found -> wanted.test(name(found.object())) && kept.add(found));
        // Where an answer was cut off, some came twice.
        Map<String, Found> byName = new LinkedHashMap<>();
        kept.forEach(found -> byName.put(name(found.object()), found));
        boolean isAll = page.next().isEmpty() && page.items().size() <= most;
        return isAll && byName.values().stream().allMatch(Found::isWhole)
                ? Optional.of(byName.values().stream().map(Found::object).toList())
                : Optional.empty();
    }

    private static String name(ObjectNode object) {
        return object.path("metadata").path("name").asString("");
    }

    /** Anybody may write events of anything: of very many, those of one page are enough. */
    @Override
    public List<ObjectNode> eventsOf(Resource resource, String namespace, String name, String uid) {
        String fields =
                "involvedObject.kind="
                        + resource.kind()
                        + ",involvedObject.name="
                        + name
                        + (uid.isEmpty() ? "" : ",involvedObject.uid=" + uid);
        String query = "fieldSelector=" + ApiServer.encode(fields) + "&limit=" + ObjectLists.PAGE;
        return lists.page(Resource.EVENTS, namespace, query, Found::object).items();
    }

    /**
     * Read all objects of a namespace, or of all where its name is empty, one by one: no more than
     * one is held at a time, beside what is kept of each.
     *
     * @param keep called for each object, and again for some where an answer was cut off
     */
    public <T> List<T> list(Resource resource, String namespace, Function<Found, T> keep) {
        return lists.all(resource, namespace, "", keep).items();
    }

    /**
     * See that objects may be listed; reads one at most.
     *
     * @throws ClusterException if they may not, or are not served
     */
    public void checkList(Resource resource, String namespace) {
        var unused = lists.page(resource, namespace, "limit=1", Found::isWhole);
    }

    /** What goes beyond these verbs, within this room. */
    ApiServer server() {
        return server;
    }

    ObjectLists lists() {
        return lists;
    }

    @Override
    public ObjectNode create(Resource resource, String namespace, ObjectNode object) {
        return server.call("POST", resource.path(namespace), "application/json", object);
    }

    @Override
    public ObjectNode createStrictly(Resource resource, String namespace, ObjectNode object) {
        return told(
                object,
                server.call("POST", resource.path(namespace) + STRICT, "application/json", object));
    }

    /** Servers before 1.25 do not know strict validation: what they dropped is said. */
    ObjectNode told(ObjectNode written, ObjectNode stored) {
        DroppedFields.fields(written.path("spec"), stored.path("spec"), "spec")
                .forEach(field ->
                        server.warn(
                                "it dropped %s of %s %s, which its version of the schema does not know"
                                        .formatted(
                                                field,
                                                written.path("kind").asString(""),
                                                written.path("metadata")
                                                        .path("name")
                                                        .asString(""))));
        return stored;
    }

    @Override
    public ObjectNode replace(Resource resource, ObjectNode object) {
        return replace(resource, object, "");
    }

    @Override
    public ObjectNode replaceStrictly(Resource resource, ObjectNode object) {
        return told(object, replace(resource, object, STRICT));
    }

    private ObjectNode replace(Resource resource, ObjectNode object, String query) {
        JsonNode metadata = object.path("metadata");
        String name =
                path(
                        resource,
                        metadata.path("namespace").asString(),
                        metadata.path("name").asString());
        return server.call("PUT", name + query, "application/json", object);
    }

    /**
     * Hear what the API server warns of, such as a Pod that a namespace's policy will refuse.
     *
     * @param listener called on the thread of the request, once for each sentence; replaces the one
     *     before
     */
    public void hearWarnings(Consumer<String> listener) {
        server.hearWarnings(listener);
    }

    /**
     * Have all requests counted from now on, but those for the Lease; replaces who counted before.
     */
    public void measure(ClusterMeter meter) {
        server.measure(meter);
    }

    /** Tell whether this account may do something, as the API server sees it. */
    public boolean may(String verb, Resource resource, String namespace) {
        return reviewed(
                REVIEWS + "selfsubjectaccessreviews",
                review("SelfSubjectAccessReview", verb, resource, namespace));
    }

    /**
     * Tell whether somebody else may do something in a namespace, as the API server sees it. Takes
     * the right to create {@code localsubjectaccessreviews} there.
     */
    public boolean may(Author other, String verb, Resource resource, String namespace) {
        ObjectNode review = review("LocalSubjectAccessReview", verb, resource, namespace);
        review.putObject("metadata").put("namespace", namespace);
        ArrayNode groups = review.withObject("spec").put("user", other.user()).putArray("groups");
        other.groups().forEach(groups::add);
        return reviewed(
                "%snamespaces/%s/localsubjectaccessreviews"
                        .formatted(REVIEWS, ApiServer.encode(namespace)),
                review);
    }

    private ObjectNode review(String kind, String verb, Resource resource, String namespace) {
        ObjectNode review = mapper.createObjectNode();
        review.put("apiVersion", "authorization.k8s.io/v1").put("kind", kind);
        review.putObject("spec")
                .putObject("resourceAttributes")
                .put("verb", verb)
                .put("group", resource.group())
                .put("resource", resource.plural())
                .put("namespace", namespace);
        return review;
    }

    private boolean reviewed(String path, ObjectNode review) {
        return server.call("POST", path, "application/json", review)
                .path("status")
                .path("allowed")
                .asBoolean(false);
    }

    @Override
    public ObjectNode patch(
            Resource resource, String namespace, String name, PatchType type, JsonNode patch) {
        return server.call("PATCH", path(resource, namespace, name), type.mediaType(), patch);
    }

    @Override
    public void delete(
            Resource resource, String namespace, String name, String uid, Propagation propagation) {
        ObjectNode options = mapper.createObjectNode();
        options.put("kind", "DeleteOptions").put("apiVersion", "v1");
        options.put("propagationPolicy", propagation.word());
        options.putObject("preconditions").put("uid", uid);
        try {
            server.call("DELETE", path(resource, namespace, name), "application/json", options);
        } catch (ClusterException e) {
            // Gone, or already another object of the same name: what was asked for holds.
            if (e.kind() != Kind.NOT_FOUND && e.kind() != Kind.CONFLICT) {
                throw e;
            }
        }
    }

    @Override
    public Following follow(
            Resource resource,
            String namespace,
            Selection selection,
            Listing known,
            Pace pace,
            Listener listener) {
        Reflector reflector =
                new Reflector(
                        this,
                        resource,
                        namespace,
                        selection,
                        known,
                        pace,
                        listener,
                        Reflector.Pauses.DEFAULT);
        reflector.start();
        return reflector;
    }

    /**
     * Open the log of a pod's container.
     *
     * <p>A container that says nothing for two minutes may be one of a log that ends, without a
     * line, while the container goes on: it is to be opened again.
     *
     * @throws ClusterException of kind {@link Kind#NOT_FOUND} if the pod is gone, {@link
     *     Kind#INVALID} if it has no such container or the container has not started
     */
    public PodLog log(String namespace, String pod, PodLog.Query query) {
        String path = path(Resource.PODS, namespace, pod) + "/log?" + query.parameters();
        return server.log(path, query.follow());
    }

    private static String path(Resource resource, String namespace, String name) {
        return resource.path(namespace) + "/" + ApiServer.encode(name);
    }

    /** Say what of the way to the API server does not go on as it should. */
    public Optional<String> trouble() {
        return server.trouble();
    }

    @Override
    public void close() {
        server.close();
    }
}
