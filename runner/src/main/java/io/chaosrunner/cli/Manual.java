package io.chaosrunner.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * The manual: which of the common options mean something to each command, and how it is used.
 *
 * <p>Before the command's name every common option is understood: {@code chaos-runner --context
 * test list}.
 */
final class Manual {
    private static final Set<String> CLUSTER =
            Set.of("--kubeconfig", "--context", "--cluster", "--user");
    private static final Set<String> PLUGINS = Set.of("--plugins");
    private static final Set<String> ALLOWED =
            Set.of("--allowed-service-accounts", "--allowed-images");
    private static final Set<String> DEBUG = Set.of("--debug");

    /**
     * One command's part.
     *
     * @param common the groups of common options that mean something to it
     * @param examples command lines, each with what it does
     */
    private record Part(List<Set<String>> common, String... examples) {}

    private static final Map<String, Part> PARTS =
            Map.ofEntries(
                    Map.entry(
                            "run",
                            new Part(
                                    List.of(CLUSTER, PLUGINS, ALLOWED, DEBUG),
                                    "chaos-runner run --sandbox -f engine.yaml    # no cluster",
                                    "chaos-runner run -f engine.yaml -n payments",
                                    "chaos-runner run nginx --set maxParallel=3",
                                    "chaos-runner run nginx --only pod-delete,pod-cpu-hog",
                                    "chaos-runner run nginx --failed    # of its last run",
                                    "chaos-runner run -f engine.yaml --junit junit.xml --summary summary.md",
                                    "chaos-runner run -f engine.yaml --dry-run=server")),
                    Map.entry(
                            "stop",
                            new Part(
                                    List.of(CLUSTER, PLUGINS, DEBUG),
                                    "chaos-runner stop nginx -n payments",
                                    "chaos-runner stop nginx --force    # its process is dead")),
                    Map.entry(
                            "wait",
                            new Part(
                                    List.of(CLUSTER, DEBUG),
                                    "chaos-runner wait nginx --timeout 10m",
                                    "chaos-runner wait nginx -o json")),
                    Map.entry(
                            "watch",
                            new Part(
                                    List.of(CLUSTER, DEBUG),
                                    "chaos-runner watch nginx -n payments")),
                    Map.entry(
                            "logs",
                            new Part(
                                    List.of(CLUSTER, DEBUG),
                                    "chaos-runner logs nginx -n payments",
                                    "chaos-runner logs -f nginx",
                                    "chaos-runner logs nginx pod-delete --tail 20 --since 10m")),
                    Map.entry(
                            "list",
                            new Part(
                                    List.of(CLUSTER, DEBUG),
                                    "chaos-runner list",
                                    "chaos-runner list -A -o wide",
                                    "chaos-runner list -o name")),
                    Map.entry(
                            "get",
                            new Part(
                                    List.of(CLUSTER, DEBUG),
                                    "chaos-runner get nginx -n payments",
                                    "chaos-runner get nginx -o yaml")),
                    Map.entry(
                            "history",
                            new Part(
                                    List.of(CLUSTER, DEBUG),
                                    "chaos-runner history nginx",
                                    "chaos-runner history nginx --run 7    # with every decision")),
                    Map.entry(
                            "report",
                            new Part(
                                    List.of(CLUSTER, DEBUG),
                                    "chaos-runner report nginx > summary.md",
                                    "chaos-runner report nginx --last 5 -o junit > junit.xml",
                                    "chaos-runner report nginx --last 3 -o html > report.html",
                                    "chaos-runner report nginx --run 7 -o json")),
                    Map.entry(
                            "ui",
                            new Part(
                                    List.of(CLUSTER, PLUGINS, DEBUG),
                                    "chaos-runner ui -n payments",
                                    "chaos-runner ui -A --port 8090")),
                    Map.entry(
                            "schedule",
                            new Part(
                                    List.of(CLUSTER, PLUGINS, ALLOWED, DEBUG),
                                    "chaos-runner schedule -n payments",
                                    "chaos-runner schedule -A --health-port 8080")),
                    Map.entry(
                            "trigger",
                            new Part(
                                    List.of(CLUSTER, DEBUG),
                                    "chaos-runner trigger nginx --note after-release-42",
                                    "chaos-runner trigger nginx --dry-run")),
                    Map.entry(
                            "backfill",
                            new Part(
                                    List.of(CLUSTER, DEBUG),
                                    "chaos-runner backfill nginx --from 2027-01-31T00:00:00Z --until 2027-01-31T12:00:00Z --dry-run",
                                    "chaos-runner backfill nginx --stop")),
                    Map.entry(
                            "plan",
                            new Part(
                                    List.of(CLUSTER, PLUGINS, DEBUG),
                                    "chaos-runner plan -f engine.yaml",
                                    "chaos-runner plan nginx -n payments",
                                    "chaos-runner plan -f engine.yaml --verdict pod-delete=Fail")),
                    Map.entry(
                            "next",
                            new Part(
                                    List.of(CLUSTER, DEBUG),
                                    "chaos-runner next -f engine.yaml --count 3",
                                    "chaos-runner next nginx -n payments",
                                    "chaos-runner next -f engine.yaml --from 2027-01-31T09:00:00Z")),
                    Map.entry(
                            "validate",
                            new Part(
                                    List.of(CLUSTER, PLUGINS, DEBUG),
                                    "chaos-runner validate -f engine.yaml",
                                    "chaos-runner validate nginx -n payments",
                                    "kustomize build overlay | chaos-runner validate -f -")),
                    Map.entry(
                            "strategies",
                            new Part(
                                    List.of(PLUGINS, DEBUG),
                                    "chaos-runner strategies",
                                    "chaos-runner strategies -o json --plugins ./jars")),
                    Map.entry(
                            "init",
                            new Part(
                                    List.of(PLUGINS, DEBUG),
                                    "chaos-runner init dag --name checkout > engine.yaml",
                                    "chaos-runner init -n payments > engine.yaml")),
                    Map.entry(
                            "init-strategy",
                            new Part(
                                    List.of(PLUGINS, DEBUG),
                                    "chaos-runner init-strategy my-strategy",
                                    "chaos-runner init-strategy quiet --name quiet-hours --package org.acme.chaos")),
                    Map.entry(
                            "completion",
                            new Part(
                                    List.of(),
                                    "source <(chaos-runner completion bash)",
                                    "source <(chaos-runner completion zsh)",
                                    "chaos-runner completion fish > ~/.config/fish/completions/chaos-runner.fish")),
                    Map.entry(
                            "help",
                            new Part(
                                    List.of(),
                                    "chaos-runner help",
                                    "chaos-runner help run",
                                    "chaos-runner help --man > chaos-runner.1")));

    private Manual() {}

    /** Write into the help of every command what it lacks, and take out what it does not use. */
    static void complete(CommandLine all) {
        tellExitCodes(all);
        tellExamples(
                all,
                "chaos-runner run --sandbox -f examples/first-run.yaml",
                "chaos-runner help run");
        all.getSubcommands()
                .forEach((name, command) -> {
                    tellExitCodes(command);
                    Part part = PARTS.get(name);
                    if (part != null) {
                        keepOnly(command.getCommandSpec(), part.common());
                        tellExamples(command, part.examples());
                    }
                });
    }

    private static void tellExitCodes(CommandLine command) {
        command.getCommandSpec()
                .usageMessage()
                .exitCodeListHeading("%nExit codes:%n")
                .exitCodeList(ExitCode.MEANINGS);
    }

    private static void tellExamples(CommandLine command, String... examples) {
        var footer = new ArrayList<>(List.of(command.getCommandSpec().usageMessage().footer()));
        footer.add("");
        footer.add("Examples:");
        for (String example : examples) {
            footer.add("  " + example.replace("%", "%%"));
        }
        command.getCommandSpec().usageMessage().footer(footer.toArray(String[]::new));
    }

    private static void keepOnly(CommandSpec command, List<Set<String>> common) {
        for (OptionSpec option : List.copyOf(command.options())) {
            if (option.inherited()
                    && common.stream().noneMatch(names -> names.contains(option.longestName()))) {
                var _ = command.remove(option);
            }
        }
    }
}
