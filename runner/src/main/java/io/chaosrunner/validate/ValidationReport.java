package io.chaosrunner.validate;

import io.chaosrunner.model.ForeignText;
import io.chaosrunner.validate.Finding.Severity;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.stream.Collectors;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** What was found wrong: as lines for people and editors, as JSON for machines. */
public final class ValidationReport {
    private ValidationReport() {}

    /** Write {@code file:line: severity: message} for each finding, and the count. */
    public static void text(Validation validation, PrintWriter out) {
        validation.findings().forEach(out::println);
        if (!validation.passedOver().isEmpty()) {
            out.println(
                    ForeignText.unbroken(
                            "passed over: "
                                    + validation.passedOver().entrySet().stream()
                                            .map(each ->
                                                    each.getKey() + " (" + each.getValue() + ")")
                                            .collect(Collectors.joining(", "))));
        }
        out.printf(
                Locale.ROOT,
                "%s in %s%n",
                validation.findings().isEmpty()
                        ? "nothing wrong"
                        : count(validation.count(Severity.ERROR), "error")
                                + ", "
                                + count(validation.count(Severity.WARNING), "warning"),
                validation.objects().isEmpty()
                        ? "no ChaosEngine, ChaosExperiment or ChaosSchedule"
                        : count(validation.objects().size(), "object"));
        out.flush();
    }

    /** Write one JSON object. */
    public static void json(Validation validation, PrintWriter out) {
        ObjectNode json = JsonMapper.shared().createObjectNode();
        json.put("errors", validation.count(Severity.ERROR));
        json.put("warnings", validation.count(Severity.WARNING));
        validation.objects().forEach(json.putArray("objects")::add);
        ObjectNode passedOver = json.putObject("passedOver");
        validation.passedOver().forEach(passedOver::put);
        ArrayNode findings = json.putArray("findings");
        for (Finding finding : validation.findings()) {
            findings.addObject()
                    .put("severity", finding.severity().name().toLowerCase(Locale.ROOT))
                    .put("file", finding.file())
                    .put("line", finding.line())
                    .put("object", finding.object())
                    .put("path", finding.path())
                    .put("message", finding.message());
        }
        out.println(JsonMapper.shared().writerWithDefaultPrettyPrinter().writeValueAsString(json));
        out.flush();
    }

    private static String count(long number, String noun) {
        return number + " " + noun + (number == 1 ? "" : "s");
    }
}
