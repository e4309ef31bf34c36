package io.chaosrunner.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.chaosrunner.sandbox.ApiClient.Answer;
import io.chaosrunner.sandbox.ApiClient.Event;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/**
 * Say what this program relies on in an API server.
 *
 * <p>Runs against the sandbox and against a real control plane without a kubelet; the Litmus CRDs
 * are installed. Whatever holds here for one must hold for the other. Every test has a namespace of
 * its own.
 */
@SuppressWarnings("ClassCanBeStatic") // Nested tests are inner classes.
public abstract class ApiContract {
    private static final Duration LONG = Duration.ofMinutes(2);
    private static final Duration POLL = Duration.ofMillis(20);
    private static final String INVALID_PATCH =
            "the server rejected our request due to an error in our request";

    private ApiClient api;
    private String namespace;

    /** Return a client that may do everything. */
    protected abstract ApiClient api();

    @BeforeEach
    void makeNamespace() {
        api = api();
        Answer made =
                api.post(
                        "/api/v1/namespaces",
                        "{'apiVersion':'v1','kind':'Namespace','metadata':{'generateName':'contract-'}}");
        assertThat(made.code()).isEqualTo(201);
        namespace = made.text("/metadata/name");
        // Pods are refused until the namespace has its default service account.
        eventually().until(() -> api.get(core("serviceaccounts/default")).code() == 200);
    }

    @AfterEach
    void deleteNamespace() {
        api.delete("/api/v1/namespaces/" + namespace);
    }

    private static ConditionFactory eventually() {
        return await().atMost(LONG).pollDelay(Duration.ZERO).pollInterval(POLL);
    }

    private String core(String rest) {
        return "/api/v1/namespaces/" + namespace + "/" + rest;
    }

    private String batch(String rest) {
        return "/apis/batch/v1/namespaces/" + namespace + "/" + rest;
    }

    private String litmus(String rest) {
        return "/apis/litmuschaos.io/v1alpha1/namespaces/" + namespace + "/" + rest;
    }

    private String leases(String rest) {
        return "/apis/coordination.k8s.io/v1/namespaces/" + namespace + "/" + rest;
    }

    private static String configMap(String name, String more) {
        return "{'apiVersion':'v1','kind':'ConfigMap','metadata':{'name':'"
                + name
                + "'"
                + more
                + "}}";
    }

    private static String engine(String name, String more) {
        return "{'apiVersion':'litmuschaos.io/v1alpha1','kind':'ChaosEngine','metadata':{'name':'"
                + name
                + "'"
                + more
                + "},'spec':{'engineState':'active','experiments':[{'name':'pod-delete'}]}}";
    }

    private static String job(String name, String spec) {
        return "{'apiVersion':'batch/v1','kind':'Job','metadata':{'name':'"
                + name
                + "'},'spec':{'backoffLimit':0"
                + spec
                + ",'template':{'metadata':{'labels':{'app':'x'},'annotations':{'note':'y'}},"
                + "'spec':{'restartPolicy':'Never','containers':[{'name':'main','image':'x:1'}]}}}}";
    }

    private static String pod(String name, String more) {
        return "{'apiVersion':'v1','kind':'Pod','metadata':{'name':'"
                + name
                + "'"
                + more
                + "},'spec':{'containers':[{'name':'main','image':'x:1'}]}}";
    }

    private Answer created(String path, String body) {
        Answer answer = api.post(path, body);
        assertThat(answer.code()).as("%s", answer.body()).isEqualTo(201);
        return answer;
    }

    private static void assertStatus(Answer answer, int code, String reason) {
        assertThat(answer.code()).as("%s", answer.body()).isEqualTo(code);
        assertThat(answer.text("/kind")).isEqualTo("Status");
        assertThat(answer.text("/apiVersion")).isEqualTo("v1");
        assertThat(answer.text("/status")).isEqualTo("Failure");
        assertThat(answer.text("/reason")).isEqualTo(reason);
        assertThat(answer.body().at("/code").asInt(0)).isEqualTo(code);
    }

    private static List<String> texts(Stream<JsonNode> nodes, String pointer) {
        return nodes.map(node -> node.at(pointer).asString("")).toList();
    }

    private List<String> names(String path) {
        Answer list = api.get(path);
        assertThat(list.code()).as("%s", list.body()).isEqualTo(200);
        return texts(list.body().path("items").values().stream(), "/metadata/name");
    }

    @Nested
    class DryRuns {
        @Test
        void answerAnUpdateAndStoreNothing() {
            Answer made = created(litmus("chaosengines"), engine("dry", ""));
            String version = made.text("/metadata/resourceVersion");

            Answer answer =
                    api.put(
                            litmus("chaosengines/dry?dryRun=All"),
                            engine("dry", ",'resourceVersion':'" + version + "'")
                                    .replace("active", "stop"));

            assertThat(answer.code()).as("%s", answer.body()).isEqualTo(200);
            assertThat(answer.text("/spec/engineState")).isEqualTo("stop");
            Answer stored = api.get(litmus("chaosengines/dry"));
            assertThat(stored.text("/spec/engineState")).isEqualTo("active");
            assertThat(stored.text("/metadata/resourceVersion")).isEqualTo(version);
        }
    }

    @Nested
    class Creating {
        @Test
        void givesIdentity() {
            Instant before = Instant.now().minusSeconds(2);

            Answer made = created(core("configmaps"), configMap("a", ""));

            assertThat(made.text("/kind")).isEqualTo("ConfigMap");
            assertThat(made.text("/metadata/namespace")).isEqualTo(namespace);
            assertThat(made.text("/metadata/uid"))
                    .matches("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}");
            assertThat(made.text("/metadata/resourceVersion")).matches("[0-9]+");
            assertThat(made.text("/metadata/creationTimestamp"))
                    .matches("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ");
            assertThat(Instant.parse(made.text("/metadata/creationTimestamp")))
                    .isBetween(before, Instant.now().plusSeconds(2));
        }

        @Test
        void ignoresTheIdentityAClientSends() {
            Answer made =
                    created(
                            litmus("chaosengines"),
                            engine(
                                    "a",
                                    ",'uid':'abc','generation':7,"
                                            + "'creationTimestamp':'2020-01-01T00:00:00Z',"
                                            + "'deletionTimestamp':'2020-01-01T00:00:00Z'"));

            assertThat(made.text("/metadata/uid")).isNotEqualTo("abc");
            assertThat(made.body().at("/metadata/generation").asInt(0)).isEqualTo(1);
            assertThat(made.text("/metadata/creationTimestamp")).doesNotStartWith("2020");
            assertThat(made.body().path("metadata").has("deletionTimestamp")).isFalse();
        }

        @Test
        void refusesADuplicate() {
            created(core("configmaps"), configMap("a", ""));

            Answer again = api.post(core("configmaps"), configMap("a", ""));

            assertStatus(again, 409, "AlreadyExists");
            assertThat(again.text("/message")).isEqualTo("configmaps \"a\" already exists");
            assertThat(again.text("/details/name")).isEqualTo("a");
            assertThat(again.text("/details/kind")).isEqualTo("configmaps");
        }

        @Test
        void refusesADuplicateCustomResourceByItsGroup() {
            created(litmus("chaosengines"), engine("a", ""));

            Answer again = api.post(litmus("chaosengines"), engine("a", ""));

            assertStatus(again, 409, "AlreadyExists");
            assertThat(again.text("/message"))
                    .isEqualTo("chaosengines.litmuschaos.io \"a\" already exists");
            assertThat(again.text("/details/group")).isEqualTo("litmuschaos.io");
        }

        @Test
        void generatesNames() {
            String body =
                    "{'apiVersion':'v1','kind':'ConfigMap','metadata':{'generateName':'gen-'}}";

            Answer one = created(core("configmaps"), body);
            Answer two = created(core("configmaps"), body);

            assertThat(one.text("/metadata/name")).matches("gen-[a-z0-9]{5}");
            assertThat(two.text("/metadata/name")).isNotEqualTo(one.text("/metadata/name"));
            assertThat(one.text("/metadata/generateName")).isEqualTo("gen-");
        }

        @ParameterizedTest
        @ValueSource(strings = {"A", "a_b", "-a", "a-", "a..b", "a b"})
        void refusesBadNames(String name) {
            Answer answer = api.post(litmus("chaosengines"), engine(name, ""));

            assertStatus(answer, 422, "Invalid");
            assertThat(answer.text("/message"))
                    .startsWith("ChaosEngine.litmuschaos.io \"" + name + "\" is invalid")
                    .contains("metadata.name: Invalid value: \"" + name + "\"");
            assertThat(answer.text("/details/kind")).isEqualTo("ChaosEngine");
            assertThat(answer.text("/details/causes/0/reason")).isEqualTo("FieldValueInvalid");
            assertThat(answer.text("/details/causes/0/field")).isEqualTo("metadata.name");
        }

        @Test
        void refusesAMissingName() {
            Answer answer =
                    api.post(
                            core("configmaps"),
                            "{'apiVersion':'v1','kind':'ConfigMap','metadata':{}}");

            assertStatus(answer, 422, "Invalid");
            assertThat(answer.text("/message"))
                    .contains("metadata.name: Required value: name or generateName is required");
        }

        @Test
        void refusesNamesLongerThan253() {
            assertStatus(
                    api.post(core("configmaps"), configMap("a".repeat(254), "")), 422, "Invalid");
            created(core("configmaps"), configMap("a".repeat(253), ""));
        }

        @ParameterizedTest
        @ValueSource(strings = {"'a b':'c'", "'a':'b c'", "'a':'-b'", "'/a':'b'", "'A_/x':'b'"})
        void refusesBadLabels(String label) {
            Answer answer =
                    api.post(core("configmaps"), configMap("a", ",'labels':{" + label + "}"));

            assertStatus(answer, 422, "Invalid");
            assertThat(answer.text("/details/causes/0/field")).isEqualTo("metadata.labels");
        }

        @Test
        void refusesLabelValuesLongerThan63() {
            String label = ",'labels':{'a':'" + "x".repeat(64) + "'}";

            assertStatus(api.post(core("configmaps"), configMap("a", label)), 422, "Invalid");
        }

        @Test
        void refusesLabelsThatAreNotText() {
            Answer answer = api.post(core("configmaps"), configMap("a", ",'labels':{'a':1}"));

            assertStatus(answer, 400, "BadRequest");
        }

        @Test
        void refusesAnnotationsLargerThan256Kibibytes() {
            String annotation = ",'annotations':{'a':'" + "x".repeat(256 * 1024) + "'}";

            Answer answer = api.post(core("configmaps"), configMap("a", annotation));

            assertStatus(answer, 422, "Invalid");
            assertThat(answer.text("/details/causes/0/field")).isEqualTo("metadata.annotations");
        }

        @Test
        void refusesOwnersWithoutUid() {
            Answer answer =
                    api.post(
                            core("configmaps"),
                            configMap(
                                    "a",
                                    ",'ownerReferences':[{'apiVersion':'v1','kind':'Pod','name':'p'}]"));

            assertStatus(answer, 422, "Invalid");
            assertThat(answer.text("/message"))
                    .contains(
                            "metadata.ownerReferences.uid: Invalid value: \"\": must not be empty");
        }

        @Test
        void acceptsUpperCaseInEventNames() {
            created(
                    core("events"),
                    "{'apiVersion':'v1','kind':'Event','metadata':{'name':'ExperimentJobCreatepod-delete'},"
                            + "'involvedObject':{'kind':'ChaosEngine','name':'e','namespace':'"
                            + namespace
                            + "'},'reason':'r','type':'Normal'}");
        }

        @Test
        void refusesEventsAboutAnotherNamespace() {
            Answer answer =
                    api.post(
                            core("events"),
                            "{'apiVersion':'v1','kind':'Event','metadata':{'name':'e'},"
                                    + "'involvedObject':{'kind':'ChaosEngine','name':'e','namespace':'other'}}");

            assertStatus(answer, 422, "Invalid");
        }

        @Test
        void refusesAnotherNamespaceInTheBody() {
            Answer answer = api.post(core("configmaps"), configMap("a", ",'namespace':'other'"));

            assertStatus(answer, 400, "BadRequest");
            assertThat(answer.text("/message"))
                    .isEqualTo(
                            "the namespace of the provided object does not match the namespace sent"
                                    + " on the request");
        }

        @Test
        void refusesNamespacesThatDoNotExist() {
            Answer answer = api.post("/api/v1/namespaces/no-such/configmaps", configMap("a", ""));

            assertStatus(answer, 404, "NotFound");
            assertThat(answer.text("/message")).isEqualTo("namespaces \"no-such\" not found");
        }

        @Test
        void refusesAResourceVersion() {
            Answer answer = api.post(core("configmaps"), configMap("a", ",'resourceVersion':'5'"));

            assertThat(answer.code()).isEqualTo(500);
            assertThat(answer.text("/message"))
                    .isEqualTo("resourceVersion should not be set on objects to be created");
        }

        @Test
        void refusesOtherKinds() {
            assertStatus(api.post(core("configmaps"), pod("a", "")), 400, "BadRequest");
            assertStatus(api.post(litmus("chaosengines"), configMap("a", "")), 400, "BadRequest");
            assertStatus(
                    api.post(
                            litmus("chaosengines"),
                            engine("a", "").replace("ChaosEngine", "ChaosResult")),
                    422,
                    "Invalid");
        }

        @Test
        void needsTheKindOfACustomResourceOnly() {
            created(core("configmaps"), "{'metadata':{'name':'a'}}");
            assertStatus(
                    api.post(litmus("chaosengines"), "{'metadata':{'name':'a'}}"),
                    400,
                    "BadRequest");
        }

        @ParameterizedTest
        @ValueSource(strings = {"", "x", "[]", "{"})
        void refusesWhatIsNotAnObject(String body) {
            assertStatus(api.post(core("configmaps"), body), 400, "BadRequest");
        }

        @Test
        void refusesOtherMediaTypes() {
            assertStatus(
                    api.call("POST", core("configmaps"), configMap("a", ""), "text/plain"),
                    415,
                    "UnsupportedMediaType");
        }

        @Test
        void refusesUnknownFieldsWhereAskedTo() {
            String body =
                    "{'apiVersion':'litmuschaos.io/v1alpha1','kind':'ChaosEngine',"
                            + "'metadata':{'name':'a'},'spec':{'experiments':[{'name':'x','spec':"
                            + "{'components':{'env':[{'name':'A','VALUE':'1'}]}}}]}}";

            Answer answer = api.post(litmus("chaosengines?fieldValidation=Strict"), body);

            assertStatus(answer, 400, "BadRequest");
            assertThat(answer.text("/message"))
                    .contains("unknown field \"spec.experiments[0].spec.components.env[0].VALUE\"");
            created(litmus("chaosengines?fieldValidation=Strict"), body.replace("VALUE", "value"));
        }

        @Test
        void storesNothingInADryRun() {
            created(core("configmaps?dryRun=All"), configMap("a", ""));

            assertStatus(api.get(core("configmaps/a")), 404, "NotFound");
        }

        @Test
        void keepsUnknownFieldsAndStatusOfAnEngine() {
            Answer made =
                    created(
                            litmus("chaosengines"),
                            "{'apiVersion':'litmuschaos.io/v1alpha1','kind':'ChaosEngine',"
                                    + "'metadata':{'name':'a','unknown':1},'spec':{'mine':{'deep':[1,null]}},"
                                    + "'status':{'mine':1},'unknown':1}");

            assertThat(made.body().at("/spec/mine").toString()).isEqualTo("{\"deep\":[1,null]}");
            assertThat(made.body().at("/status/mine").asInt(0)).isEqualTo(1);
            assertThat(made.body().path("metadata").has("unknown")).isFalse();
            assertThat(made.body().has("unknown")).isFalse();
        }

        @Test
        void ignoresTheStatusOfAJob() {
            Answer made =
                    created(
                            batch("jobs"),
                            job("a", "").replaceFirst("}}$", "},'status':{'succeeded':5}}"));

            assertThat(made.body().path("status").has("succeeded")).isFalse();
        }

        @Test
        void encodesTheTextOfASecret() {
            Answer made =
                    created(
                            core("secrets"),
                            "{'apiVersion':'v1','kind':'Secret','metadata':{'name':'a'},"
                                    + "'stringData':{'k':'v'}}");

            assertThat(made.text("/data/k")).isEqualTo("dg==");
            assertThat(made.text("/type")).isEqualTo("Opaque");
            assertThat(made.body().has("stringData")).isFalse();
        }
    }

    @Nested
    class Reading {
        @Test
        void answersNotFoundWithAStatus() {
            Answer built = api.get(core("configmaps/none"));
            Answer custom = api.get(litmus("chaosengines/none"));

            assertStatus(built, 404, "NotFound");
            assertThat(built.text("/message")).isEqualTo("configmaps \"none\" not found");
            assertThat(built.text("/details/kind")).isEqualTo("configmaps");
            assertStatus(custom, 404, "NotFound");
            assertThat(custom.text("/message"))
                    .isEqualTo("chaosengines.litmuschaos.io \"none\" not found");
            assertThat(custom.text("/details/group")).isEqualTo("litmuschaos.io");
        }

        @Test
        void answersNotFoundForUnknownResources() {
            assertStatus(api.get(core("nonsense")), 404, "NotFound");
            assertThat(api.get(litmus("nonsense")).code()).isEqualTo(404);
            assertThat(api.get("/apis/no.such/v1/namespaces/default/things").code()).isEqualTo(404);
        }

        @Test
        void listsInOrderOfNamesWithAVersion() {
            created(core("configmaps"), configMap("b", ",'labels':{'l':'1'}"));
            Answer last = created(core("configmaps"), configMap("a", ",'labels':{'l':'1'}"));

            Answer list = api.get(core("configmaps?labelSelector=l"));

            assertThat(list.text("/kind")).isEqualTo("ConfigMapList");
            assertThat(texts(list.body().path("items").values().stream(), "/metadata/name"))
                    .containsExactly("a", "b");
            assertThat(list.body().at("/items/0").has("kind")).isFalse();
            assertThat(Long.parseLong(list.text("/metadata/resourceVersion")))
                    .isGreaterThanOrEqualTo(Long.parseLong(last.text("/metadata/resourceVersion")));
        }

        @Test
        void listsCustomResourcesWithTheirKind() {
            created(litmus("chaosengines"), engine("a", ""));

            Answer list = api.get(litmus("chaosengines"));

            assertThat(list.text("/kind")).isEqualTo("ChaosEngineList");
            assertThat(list.text("/items/0/kind")).isEqualTo("ChaosEngine");
            assertThat(list.text("/items/0/apiVersion")).isEqualTo("litmuschaos.io/v1alpha1");
        }

        @Test
        void listsEmptyCollections() {
            Answer list = api.get(litmus("chaosresults"));

            assertThat(list.code()).isEqualTo(200);
            assertThat(list.body().path("items").isArray()).isTrue();
            assertThat(list.body().path("items").isEmpty()).isTrue();
        }

        @Test
        void listsAcrossNamespaces() {
            created(core("configmaps"), configMap("a", ",'labels':{'own':'" + namespace + "'}"));

            assertThat(names("/api/v1/configmaps?labelSelector=own%3D" + namespace))
                    .containsExactly("a");
        }

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "k=a -> a",
                    "k==a -> a",
                    "k!=a -> b,none",
                    "k in (a,b) -> a,b",
                    "k in (a) -> a",
                    "k notin (a) -> b,none",
                    "k -> a,b",
                    "!k -> none",
                    "k,k!=b -> a",
                    "k in (a,b),k!=a,set=x -> b",
                    "k= -> ",
                    "io.x/k=v -> a"
                })
        void selectsByLabel(String given) {
            created(
                    core("configmaps"),
                    configMap("a", ",'labels':{'k':'a','set':'x','io.x/k':'v'}"));
            created(core("configmaps"), configMap("b", ",'labels':{'k':'b','set':'x'}"));
            created(core("configmaps"), configMap("none", ",'labels':{'set':'x'}"));
            String selector = given.split(" -> ", -1)[0] + ",set";
            String expected = given.split(" -> ", -1)[1];

            assertThat(
                            String.join(
                                    ",",
                                    names(core("configmaps?labelSelector=" + encode(selector)))))
                    .isEqualTo(expected);
        }

        @ParameterizedTest
        @ValueSource(strings = {"k===a", "k in a", "k in (a", "=a", "k>"})
        void refusesSelectorsItCannotRead(String selector) {
            assertStatus(
                    api.get(core("configmaps?labelSelector=" + encode(selector))),
                    400,
                    "BadRequest");
        }

        @Test
        void selectsByField() {
            created(core("configmaps"), configMap("a", ",'labels':{'l':'1'}"));
            created(core("configmaps"), configMap("b", ",'labels':{'l':'1'}"));

            assertThat(names(core("configmaps?fieldSelector=metadata.name%3Da")))
                    .containsExactly("a");
            assertThat(names(core("configmaps?labelSelector=l&fieldSelector=metadata.name!%3Da")))
                    .containsExactly("b");
            assertThat(
                            names(
                                    core(
                                            "configmaps?labelSelector=l&fieldSelector=metadata.namespace%3D"
                                                    + namespace)))
                    .containsExactly("a", "b");
            assertStatus(api.get(core("configmaps?fieldSelector=data.x%3Da")), 400, "BadRequest");
        }

        @Test
        void selectsPodsByPhase() {
            created(core("pods"), pod("a", ""));
            created(core("pods"), pod("b", ""));
            api.merge(core("pods/b/status"), "{'status':{'phase':'Running'}}");

            assertThat(names(core("pods?fieldSelector=status.phase%3DPending")))
                    .containsExactly("a");
            assertThat(names(core("pods?fieldSelector=status.phase!%3DPending")))
                    .containsExactly("b");
        }

        @Test
        void servesItsHealthAndVersion() {
            assertThat(api.get("/readyz").code()).isEqualTo(200);
            assertThat(api.get("/version").text("/major")).isEqualTo("1");
        }

        @Test
        void describesWhatItServes() {
            assertThat(api.get("/api").text("/kind")).isEqualTo("APIVersions");
            assertThat(texts(api.get("/apis").body().path("groups").values().stream(), "/name"))
                    .contains("batch", "apps", "coordination.k8s.io", "litmuschaos.io");
            JsonNode jobs = api.get("/apis/batch/v1").body().path("resources");
            assertThat(texts(jobs.values().stream(), "/name")).contains("jobs", "jobs/status");
            JsonNode litmus = api.get("/apis/litmuschaos.io/v1alpha1").body().path("resources");
            assertThat(texts(litmus.values().stream(), "/name"))
                    .contains("chaosengines", "chaosresults")
                    .doesNotContain("chaosengines/status");
            assertThat(
                            texts(
                                    api.get("/api/v1").body().path("resources").values().stream(),
                                    "/name"))
                    .contains("pods", "pods/status", "configmaps");
        }

        @Test
        void reviewsAccess() {
            Answer review =
                    api.post(
                            "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
                            "{'apiVersion':'authorization.k8s.io/v1','kind':'SelfSubjectAccessReview',"
                                    + "'spec':{'resourceAttributes':{'verb':'watch','resource':'pods'}}}");

            assertThat(review.code()).isEqualTo(201);
            assertThat(review.body().at("/status/allowed").asBoolean(false)).isTrue();
        }
    }

    private static String encode(String text) {
        return java.net.URLEncoder.encode(text, java.nio.charset.StandardCharsets.UTF_8);
    }

    @Nested
    class Replacing {
        @Test
        void refusesAStaleVersion() {
            created(core("configmaps"), configMap("a", ""));

            Answer answer = api.put(core("configmaps/a"), configMap("a", ",'resourceVersion':'1'"));

            assertStatus(answer, 409, "Conflict");
            assertThat(answer.text("/message"))
                    .isEqualTo(
                            "Operation cannot be fulfilled on configmaps \"a\": the object has been"
                                    + " modified; please apply your changes to the latest version"
                                    + " and try again");
            assertThat(answer.text("/details/name")).isEqualTo("a");
            assertThat(answer.text("/details/kind")).isEqualTo("configmaps");
        }

        @Test
        void needsAVersionForCustomResourcesAndLeasesOnly() {
            created(core("configmaps"), configMap("a", ""));
            created(litmus("chaosengines"), engine("a", ""));
            String lease =
                    "{'apiVersion':'coordination.k8s.io/v1','kind':'Lease','metadata':{'name':'a'},"
                            + "'spec':{'holderIdentity':'x'}}";
            created(leases("leases"), lease);

            assertThat(api.put(core("configmaps/a"), configMap("a", "")).code()).isEqualTo(200);
            Answer engine = api.put(litmus("chaosengines/a"), engine("a", ""));
            assertStatus(engine, 422, "Invalid");
            assertThat(engine.text("/message"))
                    .isEqualTo(
                            "chaosengines.litmuschaos.io \"a\" is invalid: metadata.resourceVersion:"
                                    + " Invalid value: 0: must be specified for an update");
            assertStatus(api.put(leases("leases/a"), lease), 422, "Invalid");
        }

        @Test
        void refusesTheUidOfAnother() {
            created(core("configmaps"), configMap("a", ""));

            assertStatus(
                    api.put(core("configmaps/a"), configMap("a", ",'uid':'other'")),
                    409,
                    "Conflict");
        }

        @Test
        void refusesAMissingOrOtherName() {
            created(core("configmaps"), configMap("a", ""));

            assertStatus(api.put(core("configmaps/a"), configMap("b", "")), 400, "BadRequest");
            assertStatus(api.put(core("configmaps/a"), "{'data':{}}"), 400, "BadRequest");
        }

        @Test
        void doesNotCreate() {
            assertStatus(api.put(core("configmaps/a"), configMap("a", "")), 404, "NotFound");
        }

        @Test
        void keepsIdentity() {
            Answer made = created(litmus("chaosengines"), engine("a", ""));
            String version = made.text("/metadata/resourceVersion");

            Answer changed =
                    api.put(
                            litmus("chaosengines/a"),
                            engine("a", ",'resourceVersion':'" + version + "','generation':99")
                                    .replace("'active'", "'stop'"));

            assertThat(changed.code()).isEqualTo(200);
            assertThat(changed.text("/metadata/uid")).isEqualTo(made.text("/metadata/uid"));
            assertThat(changed.text("/metadata/creationTimestamp"))
                    .isEqualTo(made.text("/metadata/creationTimestamp"));
            assertThat(changed.body().at("/metadata/generation").asInt(0)).isEqualTo(2);
            assertThat(changed.text("/metadata/resourceVersion")).isNotEqualTo(version);
        }

        @Test
        void leavesTheVersionAloneWhenNothingChanges() {
            Answer made = created(litmus("chaosengines"), engine("a", ""));

            Answer same = api.put(litmus("chaosengines/a"), made.body().toString());

            assertThat(same.code()).isEqualTo(200);
            assertThat(same.text("/metadata/resourceVersion"))
                    .isEqualTo(made.text("/metadata/resourceVersion"));
        }

        @Test
        void refusesVersionsThatAreNotNumbers() {
            created(core("configmaps"), configMap("a", ""));

            assertThat(
                            api.put(core("configmaps/a"), configMap("a", ",'resourceVersion':'x'"))
                                    .code())
                    .isEqualTo(500);
        }
    }

    @Nested
    class MergePatching {
        @BeforeEach
        void makeEngine() {
            created(litmus("chaosengines"), engine("a", ""));
        }

        private Answer patch(String patch) {
            return api.merge(litmus("chaosengines/a"), patch);
        }

        @Test
        void mergesObjectsReplacesArraysAndRemovesNulls() {
            patch("{'spec':{'list':[1,2],'gone':1,'kept':{'x':1}}}");

            Answer answer = patch("{'spec':{'list':[9],'gone':null,'kept':{'y':2,'z':null}}}");

            assertThat(answer.code()).isEqualTo(200);
            assertThat(answer.body().at("/spec/list").toString()).isEqualTo("[9]");
            assertThat(answer.body().path("spec").has("gone")).isFalse();
            assertThat(answer.body().at("/spec/kept").toString()).isEqualTo("{\"x\":1,\"y\":2}");
            assertThat(answer.text("/spec/engineState")).isEqualTo("active");
        }

        @Test
        void dropsNullsInsideArraysUnlikeTheRfc() {
            assertThat(
                            patch("{'spec':{'list':[{'a':null},null]}}")
                                    .body()
                                    .at("/spec/list")
                                    .toString())
                    .isEqualTo("[{},null]");
        }

        @Test
        void writesStatusAndCountsAGeneration() {
            Answer answer = patch("{'status':{'experiments':[{'name':'x'}]}}");

            assertThat(answer.text("/status/experiments/0/name")).isEqualTo("x");
            assertThat(answer.body().at("/metadata/generation").asInt(0)).isEqualTo(2);
        }

        @Test
        void countsNoGenerationForMetadata() {
            Answer before = api.get(litmus("chaosengines/a"));

            Answer after = patch("{'metadata':{'annotations':{'k':'v'}}}");

            assertThat(after.text("/metadata/annotations/k")).isEqualTo("v");
            assertThat(after.body().at("/metadata/generation").asInt(0)).isEqualTo(1);
            assertThat(after.text("/metadata/resourceVersion"))
                    .isNotEqualTo(before.text("/metadata/resourceVersion"));
        }

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "{}",
                    "{'spec':{'engineState':'active'}}",
                    "{'metadata':{'labels':{}}}",
                    "{'metadata':{'unknown':1}}",
                    "{'metadata':{'generation':77,'creationTimestamp':null}}",
                    "{'spec':{'none':null}}"
                })
        void leavesTheVersionAloneWhenNothingChanges(String patch) {
            Answer before = api.get(litmus("chaosengines/a"));

            Answer after = patch(patch);

            assertThat(after.code()).isEqualTo(200);
            assertThat(after.text("/metadata/resourceVersion"))
                    .isEqualTo(before.text("/metadata/resourceVersion"));
        }

        @Test
        void takesTheVersionAsAPrecondition() {
            String version = api.get(litmus("chaosengines/a")).text("/metadata/resourceVersion");
            String patch = "{'metadata':{'resourceVersion':'" + version + "'},'spec':{'n':1}}";

            assertThat(patch(patch).code()).isEqualTo(200);
            assertStatus(patch(patch), 409, "Conflict");
        }

        @Test
        void refusesAnotherUidNameOrNamespace() {
            Answer uid = patch("{'metadata':{'uid':'x'}}");

            assertStatus(uid, 422, "Invalid");
            assertThat(uid.text("/message"))
                    .contains("metadata.uid")
                    .contains("field is immutable");
            assertStatus(patch("{'metadata':{'name':'x'}}"), 400, "BadRequest");
            assertStatus(patch("{'metadata':{'namespace':'x'}}"), 400, "BadRequest");
        }

        @Test
        void refusesLabelsThatAreInvalidOrNotText() {
            assertStatus(patch("{'metadata':{'labels':{'a':'b c'}}}"), 422, "Invalid");
            assertStatus(patch("{'metadata':{'labels':{'a':3}}}"), 422, "Invalid");
        }

        @ParameterizedTest
        @ValueSource(strings = {"x", "[1]", "3", "null"})
        void refusesWhatIsNotAnObject(String patch) {
            assertStatus(patch(patch), 400, "BadRequest");
        }

        @Test
        void doesNotCreate() {
            assertStatus(api.merge(litmus("chaosengines/b"), "{'spec':{'n':1}}"), 404, "NotFound");
            assertStatus(
                    api.merge(
                            litmus("chaosengines/b"),
                            "{'metadata':{'resourceVersion':'3'},'spec':{'n':1}}"),
                    404,
                    "NotFound");
        }

        @Test
        void isNotStrategicForCustomResources() {
            assertStatus(
                    api.call(
                            "PATCH",
                            litmus("chaosengines/a"),
                            "{'spec':{}}",
                            "application/strategic-merge-patch+json"),
                    415,
                    "UnsupportedMediaType");
            assertStatus(
                    api.call("PATCH", litmus("chaosengines/a"), "{}", "application/json"),
                    415,
                    "UnsupportedMediaType");
        }

        @Test
        void hasNoStatusSubresource() {
            assertStatus(api.get(litmus("chaosengines/a/status")), 404, "NotFound");
            assertStatus(
                    api.merge(litmus("chaosengines/a/status"), "{'status':{}}"), 404, "NotFound");
            assertStatus(
                    api.put(litmus("chaosengines/a/status"), engine("a", "")), 404, "NotFound");
        }
    }

    @Nested
    class JsonPatching {
        @BeforeEach
        void makeEngine() {
            created(
                    litmus("chaosengines"),
                    engine("a", "").replace("'experiments'", "'list':[1,2,3],'experiments'"));
        }

        private Answer patch(String patch) {
            return api.jsonPatch(litmus("chaosengines/a"), patch);
        }

        @Test
        void appliesEveryOperation() {
            Answer answer =
                    patch(
                            "[{'op':'test','path':'/spec/list/0','value':1},"
                                    + "{'op':'add','path':'/spec/list/1','value':9},"
                                    + "{'op':'add','path':'/spec/list/-','value':4},"
                                    + "{'op':'remove','path':'/spec/list/0'},"
                                    + "{'op':'replace','path':'/spec/engineState','value':'stop'},"
                                    + "{'op':'copy','from':'/spec/list','path':'/spec/copied'},"
                                    + "{'op':'move','from':'/spec/list','path':'/spec/moved'},"
                                    + "{'op':'add','path':'/metadata/annotations','value':{}},"
                                    + "{'op':'add','path':'/metadata/annotations/a~1b','value':'v'}]");

            assertThat(answer.code()).as("%s", answer.body()).isEqualTo(200);
            assertThat(answer.body().at("/spec/moved").toString()).isEqualTo("[9,2,3,4]");
            assertThat(answer.body().at("/spec/copied").toString()).isEqualTo("[9,2,3,4]");
            assertThat(answer.body().path("spec").has("list")).isFalse();
            assertThat(answer.text("/spec/engineState")).isEqualTo("stop");
            assertThat(answer.text("/metadata/annotations/a~1b")).isEqualTo("v");
        }

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "[{'op':'test','path':'/spec/engineState','value':'stop'}]",
                    "[{'op':'test','path':'/spec/engineState'}]",
                    "[{'op':'test','path':'/spec/list','value':[1,2]}]",
                    "[{'op':'test','path':'/spec/list/7','value':null}]",
                    "[{'op':'test','path':'/spec/none/deeper','value':null}]",
                    "[{'op':'test','path':'/metadata/resourceVersion','value':'1'}]",
                    "[{'op':'add','path':'/spec/none/deeper','value':1}]",
                    "[{'op':'add','path':'/spec/list/7','value':1}]",
                    "[{'op':'add','path':'/spec/list/x','value':1}]",
                    "[{'op':'remove','path':'/spec/none'}]",
                    "[{'op':'remove','path':'/spec/list/7'}]",
                    "[{'op':'remove','path':'/spec/list/-'}]",
                    "[{'op':'replace','path':'/spec/list/7','value':1}]",
                    "[{'op':'nonsense','path':'/spec/list','value':1}]",
                    "[{'path':'/spec/list','value':1}]",
                    "[{'op':'add','value':1}]",
                    "[{'op':'move','from':'/spec/list','path':'/spec/list/0'}]"
                })
        void refusesWhatDoesNotApply(String patch) {
            Answer before = api.get(litmus("chaosengines/a"));

            Answer answer = patch(patch);

            assertStatus(answer, 422, "Invalid");
            assertThat(answer.text("/message")).isEqualTo(INVALID_PATCH);
            assertThat(api.get(litmus("chaosengines/a")).text("/metadata/resourceVersion"))
                    .isEqualTo(before.text("/metadata/resourceVersion"));
        }

        @Test
        void isAtomic() {
            patch(
                    "[{'op':'add','path':'/spec/n','value':1},"
                            + "{'op':'test','path':'/spec/n','value':2}]");

            assertThat(api.get(litmus("chaosengines/a")).body().path("spec").has("n")).isFalse();
        }

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "[{'op':'test','path':'/spec/none','value':null}] -> null",
                    "[{'op':'replace','path':'/spec/none','value':1}] -> 1",
                    "[{'op':'add','path':'/spec/none'}] -> null",
                    "[{'op':'copy','from':'/spec/nothing','path':'/spec/none'}] -> null",
                    "[{'op':'add','path':'spec/none','value':1}] -> missing"
                })
        void isLenientWhereTheServersLibraryIs(String given) {
            String[] parts = given.split(" -> ", -1);

            Answer answer = patch(parts[0]);

            assertThat(answer.code()).as("%s", answer.body()).isEqualTo(200);
            String value = answer.body().at("/spec/none").toString();
            assertThat(value.isEmpty() ? "null" : value)
                    .isEqualTo(parts[1].equals("missing") ? "null" : parts[1]);
        }

        @Test
        void takesTheVersionAsAPrecondition() {
            Answer answer =
                    patch(
                            "[{'op':'replace','path':'/metadata/resourceVersion','value':'1'},"
                                    + "{'op':'add','path':'/spec/n','value':1}]");

            assertStatus(answer, 409, "Conflict");
        }

        @Test
        void leavesTheVersionAloneWhenNothingChanges() {
            Answer before = api.get(litmus("chaosengines/a"));

            assertThat(patch("[]").text("/metadata/resourceVersion"))
                    .isEqualTo(before.text("/metadata/resourceVersion"));
        }

        @ParameterizedTest
        @ValueSource(strings = {"x", "{'op':'add'}", "3"})
        void refusesWhatIsNotAnArray(String patch) {
            assertStatus(patch(patch), 400, "BadRequest");
        }

        @Test
        void changesBuiltInObjectsToo() {
            created(core("configmaps"), configMap("a", ""));

            Answer answer =
                    api.jsonPatch(
                            core("configmaps/a"),
                            "[{'op':'add','path':'/data','value':{'k':'v'}}]");

            assertThat(answer.text("/data/k")).isEqualTo("v");
            assertStatus(
                    api.jsonPatch(
                            core("configmaps/a"), "[{'op':'test','path':'/data/k','value':'w'}]"),
                    422,
                    "Invalid");
        }
    }

    @Nested
    class Deleting {
        @Test
        void answersWithWhatWasDeleted() {
            Answer made = created(litmus("chaosengines"), engine("a", ""));

            Answer deleted = api.delete(litmus("chaosengines/a"));

            assertThat(deleted.code()).isEqualTo(200);
            assertThat(deleted.text("/kind")).isEqualTo("Status");
            assertThat(deleted.text("/status")).isEqualTo("Success");
            assertThat(deleted.text("/details/name")).isEqualTo("a");
            assertThat(deleted.text("/details/kind")).isEqualTo("chaosengines");
            assertThat(deleted.text("/details/uid")).isEqualTo(made.text("/metadata/uid"));
            assertStatus(api.get(litmus("chaosengines/a")), 404, "NotFound");
            assertStatus(api.delete(litmus("chaosengines/a")), 404, "NotFound");
        }

        @Test
        void checksPreconditions() {
            Answer made = created(core("configmaps"), configMap("a", ""));

            Answer uid = api.delete(core("configmaps/a"), "{'preconditions':{'uid':'x'}}");
            Answer version =
                    api.delete(core("configmaps/a"), "{'preconditions':{'resourceVersion':'1'}}");

            assertStatus(uid, 409, "Conflict");
            assertThat(uid.text("/message"))
                    .isEqualTo(
                            "Operation cannot be fulfilled on ConfigMap \"a\": the UID in the"
                                    + " precondition (x) does not match the UID in record ("
                                    + made.text("/metadata/uid")
                                    + "). The object might have been deleted and then recreated");
            assertStatus(version, 409, "Conflict");
            Answer right =
                    api.delete(
                            core("configmaps/a"),
                            "{'preconditions':{'uid':'" + made.text("/metadata/uid") + "'}}");
            assertThat(right.code()).isEqualTo(200);
        }

        @Test
        void refusesUnknownPolicies() {
            created(core("configmaps"), configMap("a", ""));

            assertStatus(
                    api.delete(core("configmaps/a"), "{'propagationPolicy':'X'}"), 422, "Invalid");
            assertStatus(api.delete(core("configmaps/a?propagationPolicy=X")), 422, "Invalid");
        }

        @Test
        void waitsForFinalizers() {
            created(litmus("chaosengines"), engine("a", ",'finalizers':['x.io/one','x.io/two']"));

            Answer deleted = api.delete(litmus("chaosengines/a"));
            Answer again = api.delete(litmus("chaosengines/a"));

            assertThat(deleted.text("/kind")).isEqualTo("ChaosEngine");
            assertThat(deleted.text("/metadata/deletionTimestamp")).isNotEmpty();
            assertThat(deleted.body().at("/metadata/generation").asInt(0)).isEqualTo(2);
            assertThat(again.text("/metadata/resourceVersion"))
                    .isEqualTo(deleted.text("/metadata/resourceVersion"));
            Answer duplicate = api.post(litmus("chaosengines"), engine("a", ""));
            assertStatus(duplicate, 409, "AlreadyExists");
            assertThat(duplicate.text("/message")).startsWith("object is being deleted: ");

            api.merge(litmus("chaosengines/a"), "{'metadata':{'finalizers':['x.io/two']}}");
            assertThat(api.get(litmus("chaosengines/a")).code()).isEqualTo(200);
            Answer last = api.merge(litmus("chaosengines/a"), "{'metadata':{'finalizers':null}}");
            assertThat(last.code()).isEqualTo(200);
            assertThat(api.get(litmus("chaosengines/a")).code()).isEqualTo(404);
        }

        @Test
        void acceptsNoNewFinalizersAndNoUndoing() {
            created(litmus("chaosengines"), engine("a", ",'finalizers':['x.io/one']"));
            api.delete(litmus("chaosengines/a"));

            Answer more =
                    api.merge(
                            litmus("chaosengines/a"),
                            "{'metadata':{'finalizers':['x.io/one','x.io/two']}}");
            Answer undo =
                    api.merge(litmus("chaosengines/a"), "{'metadata':{'deletionTimestamp':null}}");

            assertStatus(more, 422, "Invalid");
            assertThat(more.text("/message"))
                    .contains("no new finalizers can be added if the object is being deleted");
            assertThat(undo.text("/metadata/deletionTimestamp")).isNotEmpty();
            api.merge(litmus("chaosengines/a"), "{'metadata':{'finalizers':null}}");
        }

        @Test
        void deletesACollectionBySelector() {
            created(core("configmaps"), configMap("a", ",'labels':{'l':'1'}"));
            created(core("configmaps"), configMap("b", ",'labels':{'l':'1'}"));
            created(core("configmaps"), configMap("c", ",'labels':{'l':'2'}"));

            Answer deleted = api.delete(core("configmaps?labelSelector=l%3D1"));

            assertThat(deleted.code()).isEqualTo(200);
            assertThat(deleted.text("/kind")).isEqualTo("ConfigMapList");
            assertThat(texts(deleted.body().path("items").values().stream(), "/metadata/name"))
                    .containsExactly("a", "b");
            assertThat(names(core("configmaps?labelSelector=l"))).containsExactly("c");
        }

        @Test
        void removesUnscheduledPodsAtOnce() {
            created(core("pods"), pod("a", ""));

            Answer deleted = api.delete(core("pods/a"));

            assertThat(deleted.text("/kind")).isEqualTo("Pod");
            assertThat(deleted.text("/metadata/deletionTimestamp")).isNotEmpty();
            assertThat(deleted.body().at("/metadata/deletionGracePeriodSeconds").asInt(-1))
                    .isZero();
            assertThat(api.get(core("pods/a")).code()).isEqualTo(404);
        }

        @Test
        void givesScheduledPodsTimeUnlessForced() {
            created(
                    core("pods"),
                    pod("a", "").replace("'containers'", "'nodeName':'n','containers'"));

            Answer deleted = api.delete(core("pods/a"));

            assertThat(deleted.body().at("/metadata/deletionGracePeriodSeconds").asInt(0))
                    .isEqualTo(30);
            assertThat(Instant.parse(deleted.text("/metadata/deletionTimestamp")))
                    .isAfter(Instant.now().plusSeconds(20));
            assertThat(api.get(core("pods/a")).code()).isEqualTo(200);
            Answer shorter = api.delete(core("pods/a"), "{'gracePeriodSeconds':5}");
            assertThat(shorter.body().at("/metadata/deletionGracePeriodSeconds").asInt(0))
                    .isEqualTo(5);
            assertThat(api.delete(core("pods/a?gracePeriodSeconds=0")).code()).isEqualTo(200);
            assertThat(api.get(core("pods/a")).code()).isEqualTo(404);
        }
    }

    @Nested
    class CollectingGarbage {
        private String owner;

        @BeforeEach
        void makeOwner() {
            Answer made = created(litmus("chaosengines"), engine("owner", ""));
            owner = made.text("/metadata/uid");
        }

        private String owned(String name, String uid, String more) {
            return "{'apiVersion':'litmuschaos.io/v1alpha1','kind':'ChaosEngine','name':'"
                    + name
                    + "','uid':'"
                    + uid
                    + "'"
                    + more
                    + "}";
        }

        private void dependent(String name, String owners) {
            created(core("configmaps"), configMap(name, ",'ownerReferences':[" + owners + "]"));
        }

        private void awaitGone(String path) {
            eventually().until(() -> api.get(path).code() == 404);
        }

        @Test
        void deletesWhatLostItsOwner() {
            dependent("d", owned("owner", owner, ""));

            api.delete(litmus("chaosengines/owner"));

            awaitGone(core("configmaps/d"));
        }

        @Test
        void deletesWhatNeverHadItsOwner() {
            dependent("d", owned("owner", "11111111-2222-4333-8444-555555555555", ""));

            awaitGone(core("configmaps/d"));
        }

        @Test
        void keepsWhatHasAnotherOwnerAndDropsTheReference() {
            String other =
                    created(litmus("chaosengines"), engine("other", "")).text("/metadata/uid");
            dependent("d", owned("owner", owner, "") + "," + owned("other", other, ""));

            api.delete(litmus("chaosengines/owner"));

            eventually()
                    .until(() ->
                            api.get(core("configmaps/d"))
                                            .body()
                                            .at("/metadata/ownerReferences")
                                            .size()
                                    == 1);
            assertThat(api.get(core("configmaps/d")).text("/metadata/ownerReferences/0/name"))
                    .isEqualTo("other");
        }

        @Test
        void orphansWhenAsked() {
            dependent("d", owned("owner", owner, ""));

            Answer deleted = api.delete(litmus("chaosengines/owner?propagationPolicy=Orphan"));

            assertThat(deleted.text("/metadata/finalizers/0")).isEqualTo("orphan");
            awaitGone(litmus("chaosengines/owner"));
            Answer left = api.get(core("configmaps/d"));
            assertThat(left.code()).isEqualTo(200);
            assertThat(left.body().path("metadata").has("ownerReferences")).isFalse();
        }

        @Test
        void deletesBlockingDependentsFirstInTheForeground() {
            created(
                    core("configmaps"),
                    configMap(
                            "d",
                            ",'finalizers':['x.io/hold'],'ownerReferences':["
                                    + owned("owner", owner, ",'blockOwnerDeletion':true")
                                    + "]"));

            Answer deleted =
                    api.delete(litmus("chaosengines/owner"), "{'propagationPolicy':'Foreground'}");

            assertThat(deleted.text("/metadata/finalizers/0")).isEqualTo("foregroundDeletion");
            assertThat(deleted.text("/metadata/deletionTimestamp")).isNotEmpty();
            eventually()
                    .until(() ->
                            !api.get(core("configmaps/d"))
                                    .text("/metadata/deletionTimestamp")
                                    .isEmpty());
            assertThat(api.get(litmus("chaosengines/owner")).code()).isEqualTo(200);

            api.merge(core("configmaps/d"), "{'metadata':{'finalizers':null}}");
            awaitGone(litmus("chaosengines/owner"));
            awaitGone(core("configmaps/d"));
        }

        @Test
        void doesNotWaitForDependentsThatDoNotBlock() {
            created(
                    core("configmaps"),
                    configMap(
                            "d",
                            ",'finalizers':['x.io/hold'],'ownerReferences':["
                                    + owned("owner", owner, ",'blockOwnerDeletion':false")
                                    + "]"));

            api.delete(litmus("chaosengines/owner?propagationPolicy=Foreground"));

            awaitGone(litmus("chaosengines/owner"));
            eventually()
                    .until(() ->
                            !api.get(core("configmaps/d"))
                                    .text("/metadata/deletionTimestamp")
                                    .isEmpty());
            api.merge(core("configmaps/d"), "{'metadata':{'finalizers':null}}");
        }

        @Test
        void letsNothingNewIntoADeletedNamespace() {
            created(core("configmaps"), configMap("held", ",'finalizers':['x.io/hold']"));
            api.delete("/api/v1/namespaces/" + namespace);

            // A moment passes until the real server's cache of namespaces knows.
            eventually()
                    .until(() ->
                            api.post(core("secrets"), "{'metadata':{'generateName':'s-'}}").code()
                                    == 403);
            Answer answer = api.post(core("configmaps"), configMap("a", ""));

            assertStatus(answer, 403, "Forbidden");
            assertThat(answer.text("/message"))
                    .isEqualTo(
                            "configmaps \"a\" is forbidden: unable to create new content in namespace "
                                    + namespace
                                    + " because it is being terminated");
            assertThat(answer.text("/details/causes/0/reason")).isEqualTo("NamespaceTerminating");
            api.merge(core("configmaps/held"), "{'metadata':{'finalizers':null}}");
            awaitGone("/api/v1/namespaces/" + namespace);
        }

        @Test
        void emptiesADeletedNamespace() {
            created(core("configmaps"), configMap("a", ""));

            Answer deleted = api.delete("/api/v1/namespaces/" + namespace);

            assertThat(deleted.text("/status/phase")).isEqualTo("Terminating");
            awaitGone("/api/v1/namespaces/" + namespace);
            assertThat(api.get(core("configmaps/a")).code()).isEqualTo(404);
        }
    }

    @Nested
    class Watching {
        private String version() {
            return api.get(core("configmaps")).text("/metadata/resourceVersion");
        }

        private List<String> types(List<Event> events) {
            return events.stream().map(Event::type).toList();
        }

        @Test
        void replaysWhatHappenedSinceAVersion() {
            String since = version();
            created(core("configmaps"), configMap("a", ""));
            Answer changed = api.merge(core("configmaps/a"), "{'data':{'k':'v'}}");
            api.merge(core("configmaps/a"), "{'data':{'k':'v'}}");
            api.delete(core("configmaps/a"));

            List<Event> events =
                    api.watch(
                                    core(
                                            "configmaps?fieldSelector=metadata.name%3Da&resourceVersion="
                                                    + since),
                                    1)
                            .join();

            assertThat(types(events)).containsExactly("ADDED", "MODIFIED", "DELETED");
            assertThat(events.get(0).text("/kind")).isEqualTo("ConfigMap");
            assertThat(events.get(1).text("/metadata/resourceVersion"))
                    .isEqualTo(changed.text("/metadata/resourceVersion"));
            assertThat(events.get(2).text("/data/k")).isEqualTo("v");
            assertThat(Long.parseLong(events.get(2).text("/metadata/resourceVersion")))
                    .isGreaterThan(Long.parseLong(changed.text("/metadata/resourceVersion")));
        }

        @Test
        void showsWhatExistsWhenNoVersionIsGiven() {
            created(core("configmaps"), configMap("a", ",'labels':{'l':'1'}"));

            assertThat(types(api.watch(core("configmaps?labelSelector=l"), 1).join()))
                    .containsExactly("ADDED");
            assertThat(
                            types(
                                    api.watch(
                                                    core(
                                                            "configmaps?labelSelector=l&resourceVersion=0"),
                                                    1)
                                            .join()))
                    .containsExactly("ADDED");
        }

        @Test
        void showsWhatHappensWhileItWatches() {
            CompletableFuture<List<Event>> events =
                    api.watch(core("configmaps?labelSelector=l&resourceVersion=" + version()), 3);
            created(core("configmaps"), configMap("a", ",'labels':{'l':'1'}"));
            api.delete(core("configmaps/a"));

            assertThat(types(events.join())).containsExactly("ADDED", "DELETED");
        }

        @Test
        void turnsChangesOfLabelsIntoComingAndGoing() {
            String since = version();
            created(core("configmaps"), configMap("a", ",'labels':{'l':'1'}"));
            Answer left = api.merge(core("configmaps/a"), "{'metadata':{'labels':{'l':'2'}}}");
            api.merge(core("configmaps/a"), "{'data':{'k':'v'}}");
            api.merge(core("configmaps/a"), "{'metadata':{'labels':{'l':'1'}}}");

            List<Event> events =
                    api.watch(core("configmaps?labelSelector=l%3D1&resourceVersion=" + since), 1)
                            .join();

            assertThat(types(events)).containsExactly("ADDED", "DELETED", "ADDED");
            assertThat(events.get(1).text("/metadata/labels/l")).isEqualTo("1");
            assertThat(events.get(1).text("/metadata/resourceVersion"))
                    .isEqualTo(left.text("/metadata/resourceVersion"));
        }

        @Test
        void seesOnlyItsNamespace() {
            String since = version();
            // A label of its own: others are still being removed elsewhere, which this watch sees.
            created(core("configmaps"), configMap("a", ",'labels':{'across':'1'}"));

            assertThat(
                            api.watch(
                                            "/api/v1/namespaces/default/configmaps?labelSelector=across&resourceVersion="
                                                    + since,
                                            1)
                                    .join())
                    .isEmpty();
            assertThat(
                            types(
                                    api.watch(
                                                    "/api/v1/configmaps?labelSelector=across&resourceVersion="
                                                            + since,
                                                    1)
                                            .join()))
                    .containsExactly("ADDED");
        }

        @Test
        void saysGoneWhenTheVersionIsForgotten() {
            List<Event> events = api.watch(litmus("chaosengines?resourceVersion=1"), 5).join();

            assertThat(types(events)).containsExactly("ERROR");
            assertThat(events.get(0).text("/kind")).isEqualTo("Status");
            assertThat(events.get(0).object().path("code").asInt(0)).isEqualTo(410);
            assertThat(events.get(0).text("/reason")).isEqualTo("Expired");
            assertThat(events.get(0).text("/message")).startsWith("too old resource version: 1 (");
        }

        @Test
        void refusesVersionsThatAreNotNumbers() {
            assertThat(api.get(core("configmaps?watch=true&resourceVersion=x")).code())
                    .isEqualTo(500);
        }

        @Test
        void marksTheEndOfWhatExistsWhenBookmarksAreAskedFor() {
            created(core("configmaps"), configMap("a", ",'labels':{'l':'1'}"));

            List<Event> events =
                    api.watch(core("configmaps?labelSelector=l&allowWatchBookmarks=true"), 1)
                            .join();

            // A server may add bookmarks whenever it likes: before it ends a watch, for one.
            assertThat(types(events)).startsWith("ADDED", "BOOKMARK");
            assertThat(types(events.subList(1, events.size()))).containsOnly("BOOKMARK");
            assertThat(
                            events.stream()
                                    .map(e ->
                                            e.text(
                                                    "/metadata/annotations/k8s.io~1initial-events-end"))
                                    .toList())
                    .startsWith("", "true")
                    .containsOnlyOnce("true");
        }
    }

    @Nested
    class RunningJobs {
        private String podName(String job) {
            eventually()
                    .until(() -> names(core("pods?labelSelector=job-name%3D" + job)).size() == 1);
            return names(core("pods?labelSelector=job-name%3D" + job)).getFirst();
        }

        private void setPhase(String pod, String phase, int exitCode) {
            Answer answer =
                    api.merge(
                            core("pods/" + pod + "/status"),
                            "{'status':{'phase':'"
                                    + phase
                                    + "','containerStatuses':[{'name':'main','image':'x:1','imageID':'',"
                                    + "'ready':false,'restartCount':0,'state':{'terminated':{'exitCode':"
                                    + exitCode
                                    + ",'reason':'Completed','startedAt':'2026-01-01T00:00:00Z',"
                                    + "'finishedAt':'2026-01-01T00:00:01Z'}}}]}}");
            assertThat(answer.code()).as("%s", answer.body()).isEqualTo(200);
        }

        private JsonNode condition(String job, String type) {
            eventually()
                    .until(() ->
                            texts(
                                            api
                                                    .get(batch("jobs/" + job))
                                                    .body()
                                                    .at("/status/conditions")
                                                    .values()
                                                    .stream(),
                                            "/type")
                                    .contains(type));
            return api.get(batch("jobs/" + job)).body().at("/status/conditions").values().stream()
                    .filter(condition -> condition.path("type").asString("").equals(type))
                    .findFirst()
                    .orElseThrow();
        }

        private void awaitNoPods(String job) {
            eventually().until(() -> names(core("pods?labelSelector=job-name%3D" + job)).isEmpty());
        }

        @Test
        void completesTheJob() {
            Answer made = created(batch("jobs"), job("a", ""));
            String uid = made.text("/metadata/uid");

            assertThat(made.text("/spec/selector/matchLabels/batch.kubernetes.io~1controller-uid"))
                    .isEqualTo(uid);
            assertThat(made.text("/spec/template/metadata/labels/job-name")).isEqualTo("a");
            assertThat(made.text("/spec/template/metadata/labels/controller-uid")).isEqualTo(uid);
            assertThat(made.body().at("/spec/completions").asInt(0)).isEqualTo(1);
            assertThat(made.body().at("/metadata/generation").asInt(0)).isEqualTo(1);
            // Without labels of its own the Job shows its template's.
            assertThat(made.text("/metadata/labels/app")).isEqualTo("x");
        }

        @Test
        void createsThePod() {
            String uid = created(batch("jobs"), job("a", "")).text("/metadata/uid");

            Answer pod = api.get(core("pods/" + podName("a")));

            assertThat(pod.text("/metadata/name")).matches("a-[a-z0-9]{5}");
            assertThat(pod.text("/metadata/generateName")).isEqualTo("a-");
            assertThat(pod.text("/metadata/labels/app")).isEqualTo("x");
            assertThat(pod.text("/metadata/labels/job-name")).isEqualTo("a");
            assertThat(pod.text("/metadata/labels/controller-uid")).isEqualTo(uid);
            assertThat(pod.text("/metadata/labels/batch.kubernetes.io~1job-name")).isEqualTo("a");
            assertThat(pod.text("/metadata/labels/batch.kubernetes.io~1controller-uid"))
                    .isEqualTo(uid);
            assertThat(pod.text("/metadata/annotations/note")).isEqualTo("y");
            JsonNode owner = pod.body().at("/metadata/ownerReferences/0");
            assertThat(owner.path("kind").asString("")).isEqualTo("Job");
            assertThat(owner.path("apiVersion").asString("")).isEqualTo("batch/v1");
            assertThat(owner.path("uid").asString("")).isEqualTo(uid);
            assertThat(owner.path("controller").asBoolean(false)).isTrue();
            assertThat(owner.path("blockOwnerDeletion").asBoolean(false)).isTrue();
            assertThat(pod.text("/metadata/finalizers/0"))
                    .isEqualTo("batch.kubernetes.io/job-tracking");
            assertThat(pod.text("/status/phase")).isEqualTo("Pending");
            eventually()
                    .until(() ->
                            api.get(batch("jobs/a")).body().at("/status/active").asInt(0) == 1);
        }

        @Test
        void completesWhenThePodSucceeds() {
            created(batch("jobs"), job("a", ""));
            String pod = podName("a");

            setPhase(pod, "Succeeded", 0);

            assertThat(condition("a", "Complete").path("status").asString("")).isEqualTo("True");
            JsonNode status = api.get(batch("jobs/a")).body().path("status");
            assertThat(status.path("succeeded").asInt(0)).isEqualTo(1);
            assertThat(status.has("active")).isFalse();
            assertThat(status.path("completionTime").asString("")).isNotEmpty();
            assertThat(texts(status.path("conditions").values().stream(), "/type"))
                    .containsExactly("SuccessCriteriaMet", "Complete");
            eventually()
                    .until(() ->
                            !api.get(core("pods/" + pod))
                                    .body()
                                    .path("metadata")
                                    .has("finalizers"));
        }

        @Test
        void failsWhenThePodFailsAndNoRetryIsLeft() {
            created(batch("jobs"), job("a", ""));
            String pod = podName("a");

            setPhase(pod, "Failed", 1);

            assertThat(condition("a", "Failed").path("reason").asString(""))
                    .isEqualTo("BackoffLimitExceeded");
            assertThat(api.get(batch("jobs/a")).body().at("/status/failed").asInt(0)).isEqualTo(1);
            assertThat(names(core("pods?labelSelector=job-name%3Da"))).containsExactly(pod);
        }

        @Test
        void failsAtItsDeadlineAndDeletesThePod() {
            created(batch("jobs"), job("a", ",'activeDeadlineSeconds':1"));
            podName("a");

            assertThat(condition("a", "Failed").path("reason").asString(""))
                    .isEqualTo("DeadlineExceeded");
            awaitNoPods("a");
        }

        @Test
        void failsWhenItsPodIsDeleted() {
            created(batch("jobs"), job("a", ""));

            api.delete(core("pods/" + podName("a")));

            assertThat(condition("a", "Failed").path("reason").asString(""))
                    .isEqualTo("BackoffLimitExceeded");
            awaitNoPods("a");
        }

        @Test
        void takesItsPodsAlongInTheBackground() {
            created(batch("jobs"), job("a", ""));
            podName("a");

            Answer deleted = api.delete(batch("jobs/a?propagationPolicy=Background"));

            assertThat(deleted.text("/status")).isEqualTo("Success");
            assertThat(api.get(batch("jobs/a")).code()).isEqualTo(404);
            awaitNoPods("a");
        }

        @Test
        void takesItsPodsAlongInTheForeground() {
            created(batch("jobs"), job("a", ""));
            podName("a");

            Answer deleted = api.delete(batch("jobs/a"), "{'propagationPolicy':'Foreground'}");

            assertThat(deleted.text("/metadata/finalizers/0")).isEqualTo("foregroundDeletion");
            eventually().until(() -> api.get(batch("jobs/a")).code() == 404);
            assertThat(names(core("pods?labelSelector=job-name%3Da"))).isEmpty();
        }

        @Test
        void leavesItsPodsBehindWhenDeletedWithoutAPolicy() {
            created(batch("jobs"), job("a", ""));
            String pod = podName("a");
            setPhase(pod, "Succeeded", 0);
            condition("a", "Complete");

            Answer deleted = api.delete(batch("jobs/a"));

            assertThat(deleted.text("/metadata/finalizers/0")).isEqualTo("orphan");
            eventually().until(() -> api.get(batch("jobs/a")).code() == 404);
            Answer left = api.get(core("pods/" + pod));
            assertThat(left.code()).isEqualTo(200);
            assertThat(left.body().path("metadata").has("ownerReferences")).isFalse();
        }

        @Test
        void goesWithTheEngineThatOwnsIt() {
            String uid = created(litmus("chaosengines"), engine("e", "")).text("/metadata/uid");
            created(
                    batch("jobs"),
                    job("a", "")
                            .replace(
                                    "'name':'a'}",
                                    "'name':'a','ownerReferences':[{'apiVersion':'litmuschaos.io/v1alpha1',"
                                            + "'kind':'ChaosEngine','name':'e','uid':'"
                                            + uid
                                            + "'}]}"));
            podName("a");

            api.delete(litmus("chaosengines/e"));

            eventually().until(() -> api.get(batch("jobs/a")).code() == 404);
            awaitNoPods("a");
        }

        @Test
        void keepsSpecAndStatusApart() {
            created(batch("jobs"), job("a", ",'suspend':true"));

            Answer main =
                    api.merge(batch("jobs/a"), "{'status':{'failed':7},'spec':{'backoffLimit':3}}");
            Answer status =
                    api.merge(
                            batch("jobs/a/status"),
                            "{'metadata':{'annotations':{'k':'v'}},'spec':{'backoffLimit':5}}");

            assertThat(main.body().at("/status/failed").asInt(0)).isZero();
            assertThat(main.body().at("/spec/backoffLimit").asInt(0)).isEqualTo(3);
            assertThat(main.body().at("/metadata/generation").asInt(0)).isEqualTo(2);
            assertThat(status.body().at("/spec/backoffLimit").asInt(0)).isEqualTo(3);
            assertThat(api.get(batch("jobs/a/status")).code()).isEqualTo(200);
        }

        @Test
        void doesNotLetItsTemplateChange() {
            created(batch("jobs"), job("a", ",'suspend':true"));

            Answer answer =
                    api.merge(
                            batch("jobs/a"),
                            "{'spec':{'template':{'spec':{'serviceAccountName':'x'}}}}");

            assertStatus(answer, 422, "Invalid");
            assertThat(answer.text("/message")).contains("field is immutable");
        }

        @Test
        void refusesNamesThatCannotBeLabels() {
            assertStatus(api.post(batch("jobs"), job("a".repeat(64), "")), 422, "Invalid");
        }

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "'restartPolicy':'Never','containers':[]",
                    "'containers':[{'name':'main','image':'x'}]",
                    "'restartPolicy':'Always','containers':[{'name':'main','image':'x'}]",
                    "'restartPolicy':'Never','containers':[{'name':'Main','image':'x'}]",
                    "'restartPolicy':'Never','containers':[{'name':'main'}]",
                    "'restartPolicy':'Never','containers':[{'name':'main','image':'x','volumeMounts':"
                            + "[{'name':'v','mountPath':'/x'}]}]",
                    "'restartPolicy':'Never','containers':[{'name':'main','image':'x'}],"
                            + "'volumes':[{'name':'a.b','emptyDir':{}}]",
                    "'restartPolicy':'Never','containers':[{'name':'main','image':'x'}],"
                            + "'volumes':[{'name':'a','emptyDir':{}},{'name':'a','emptyDir':{}}]",
                    "'restartPolicy':'Never','containers':[{'name':'main','image':'x'},"
                            + "{'name':'main','image':'x'}]"
                })
        void refusesPodsThatCannotBe(String spec) {
            Answer answer =
                    api.post(
                            batch("jobs"),
                            "{'apiVersion':'batch/v1','kind':'Job','metadata':{'name':'a'},"
                                    + "'spec':{'template':{'spec':{"
                                    + spec
                                    + "}}}}");

            assertStatus(answer, 422, "Invalid");
            assertThat(answer.text("/details/causes/0/field")).startsWith("spec.template.spec.");
        }
    }
}
