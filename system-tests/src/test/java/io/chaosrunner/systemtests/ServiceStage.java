package io.chaosrunner.systemtests;

import static org.awaitility.Awaitility.await;

import io.chaosrunner.claim.Claim;
import io.chaosrunner.crd.Engine;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import org.awaitility.core.ConditionTimeoutException;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** A namespace with a kubelet, and processes of the scheduling service. */
final class ServiceStage implements AutoCloseable {

    static final String SCHEDULE = "chaosrunner.io/schedule";

    private static final Duration LIMIT = Duration.ofMinutes(3);

    final TestNamespace namespace;
    private final ControlPlane controlPlane;
    final FakeKubelet kubelet;
    private final String account;
    private final List<ServiceProcess> services = new ArrayList<>();
    private @Nullable ChaosOperator operator;

    ServiceStage(ControlPlane controlPlane) {
        this.controlPlane = controlPlane;
        namespace = TestNamespace.create(controlPlane);
        kubelet = FakeKubelet.start(namespace);
        namespace.experiment("pod-delete");
        account = namespace.powerful();
    }

    /** Let an operator look after the engines. */
    void operate() {
        operator = ChaosOperator.start(namespace);
    }

    @Override
    public void close() {
        services.forEach(ServiceProcess::close);
        try (namespace;
                kubelet) {
            if (operator != null) {
                operator.close();
            }
        }
    }

    ServiceProcess service(String... arguments) {
        return serviceOf(account, arguments);
    }

    /** Start one more process, with the rights of an account. */
    ServiceProcess serviceOf(String serviceAccount, String... arguments) {
        return start(controlPlane.kubeconfigFor(namespace.name(), serviceAccount), arguments);
    }

    /** Start one more process, with all rights in all namespaces. */
    ServiceProcess serviceAsAdmin(String... arguments) {
        return start(controlPlane.adminKubeconfig(), arguments);
    }

    /** Start one more process as the administrator, with variables in its environment. */
    ServiceProcess serviceAsAdmin(Map<String, String> variables, String... arguments) {
        return start(controlPlane.adminKubeconfig(), variables, arguments);
    }

    /** Start one more process, which reaches the API server through a proxy only. */
    ServiceProcess serviceThrough(ApiProxy proxy, String... arguments) {
        return start(kubeconfigThrough(proxy), arguments);
    }

    /** Return a kubeconfig with the same rights that leads through a proxy. */
    String kubeconfigThrough(ApiProxy proxy) {
        return proxy.kubeconfigFor(namespace.name(), account);
    }

    /** Start one more process, with further variables in its environment. */
    ServiceProcess serviceWith(Map<String, String> variables, String... arguments) {
        return start(controlPlane.kubeconfigFor(namespace.name(), account), variables, arguments);
    }

    private ServiceProcess start(String kubeconfig, String... arguments) {
        return start(kubeconfig, Map.of(), arguments);
    }

    private ServiceProcess start(
            String kubeconfig, Map<String, String> variables, String... arguments) {
        ServiceProcess service = ServiceProcess.start(namespace, kubeconfig, variables, arguments);
        services.add(service);
        return service;
    }

    /** Create an engine with a schedule; its one experiment plays a scenario. */
    void engine(String name, String schedule, String scenario) {
        namespace
                .newEngine(name)
                .spec("engineState", "stop")
                .account(account)
                .annotation(SCHEDULE, schedule)
                .experiment("pod-delete", scenario)
                .create();
    }

    void patch(String kind, String name, String patch) {
        (kind.equals("ChaosEngine")
                        ? Litmus.engines(namespace.admin(), namespace.name())
                        : Litmus.schedules(namespace.admin(), namespace.name()))
                .named(name)
                .patch(PatchContext.of(PatchType.JSON_MERGE), patch.replace('\'', '"'));
    }

    // ---- What is there now

    JsonNode schedule(String name) {
        return Litmus.read(namespace, "chaosschedules", name);
    }

    JsonNode engine(String name) {
        return Litmus.read(namespace, "chaosengines", name);
    }

    Optional<Claim> claim(String engine) {
        String json =
                namespace.admin().getKubernetesSerialization().asJson(namespace.engine(engine));
        return Claim.of(new Engine((ObjectNode) JsonMapper.shared().readTree(json)));
    }

    /** Return the number of an engine's latest run; 0 if there is none. */
    long number(String engine) {
        return claim(engine).filter(Claim::isOfRun).map(claim -> claim.run().number()).orElse(0L);
    }

    /** Return how many Jobs each run of an engine has, by its id. */
    Map<String, Long> jobsPerRun(String engine) {
        String uid = namespace.engine(engine).getMetadata().getUid();
        return namespace.jobs().stream()
                .filter(job -> uid.equals(label(job, "chaosUID")))
                .collect(
                        Collectors.groupingBy(
                                job -> label(job, "chaosrunner.io/run"),
                                TreeMap::new,
                                Collectors.counting()));
    }

    private static String label(Job job, String key) {
        return job.getMetadata().getLabels().getOrDefault(key, "");
    }

    String story() {
        return services.stream().map(ServiceProcess::output).collect(Collectors.joining("\n---\n"));
    }

    void eventually(BooleanSupplier holds) {
        try {
            await().atMost(LIMIT).pollInterval(Duration.ofMillis(50)).until(holds::getAsBoolean);
        } catch (ConditionTimeoutException e) {
            throw new AssertionError(story(), e);
        }
    }
}
