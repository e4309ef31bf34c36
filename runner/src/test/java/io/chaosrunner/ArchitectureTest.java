package io.chaosrunner;

import static com.tngtech.archunit.core.domain.AccessTarget.Predicates.declaredIn;
import static com.tngtech.archunit.core.domain.JavaAccess.Predicates.target;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.nameMatching;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.theClass;
import static java.util.stream.Collectors.counting;
import static java.util.stream.Collectors.groupingBy;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import io.chaosrunner.machine.RunMachine;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Keeps the floors of docs/architecture.md. */
class ArchitectureTest {

    /** From the lowest floor up; rooms on one floor do not know each other. */
    private static final List<List<String>> FLOORS =
            List.of(
                    List.of("strategy", "sandbox"),
                    List.of("strategy.builtin", "model"),
                    List.of("crd", "config", "holidays"),
                    List.of("claim", "resolve", "job"),
                    List.of("status"),
                    List.of("cluster", "plugin", "schedule"),
                    List.of("machine", "engine", "history"),
                    List.of("attempt"),
                    List.of("run"),
                    List.of("control"),
                    List.of("scheduler"),
                    List.of("export", "metrics", "report", "telemetry", "validate", "webhook"),
                    List.of("ui"),
                    List.of("cli"));

    private static final String[] PURE = {
        "io.chaosrunner.strategy..",
        "io.chaosrunner.model..",
        "io.chaosrunner.crd..",
        "io.chaosrunner.config..",
        "io.chaosrunner.holidays..",
        "io.chaosrunner.resolve..",
        "io.chaosrunner.job..",
        "io.chaosrunner.claim..",
        "io.chaosrunner.status..",
        "io.chaosrunner.schedule..",
        "io.chaosrunner.machine..",
        "io.chaosrunner.validate.."
    };

    private static final JavaClasses ALL =
            new ClassFileImporter()
                    .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
                    // The conformance kit, a jar or the folder of its module.
                    .withImportOption(location ->
                            !location.contains("strategy-kit")
                                    && !location.contains("strategies/kit/"))
                    .importPackages("io.chaosrunner");

    static Stream<Arguments> rooms() {
        var rooms = new ArrayList<Arguments>();
        for (int floor = 0; floor < FLOORS.size(); floor++) {
            List<String> allowed = FLOORS.subList(0, floor).stream().flatMap(List::stream).toList();
            for (String room : FLOORS.get(floor)) {
                rooms.add(Arguments.of(room, allowed));
            }
        }
        return rooms.stream();
    }

    @ParameterizedTest
    @MethodSource("rooms")
    void aRoomImportsOnlyFromLowerFloors(String room, List<String> lower) {
        String own = "io.chaosrunner." + room;
        String[] forbidden =
                FLOORS.stream()
                        .flatMap(List::stream)
                        .filter(other -> !other.equals(room) && !lower.contains(other))
                        .map(other -> "io.chaosrunner." + other)
                        .toArray(String[]::new);

        noClasses()
                .that(resideInAPackage(own))
                .should()
                .dependOnClassesThat(resideInAnyPackage(forbidden))
                .check(ALL);
    }

    @Test
    void everyRoomHasItsFloor() {
        List<String> known =
                FLOORS.stream()
                        .flatMap(List::stream)
                        .map(room -> "io.chaosrunner." + room)
                        .toList();

        assertThat(ALL.stream().map(each -> each.getPackageName()).distinct())
                .allMatch(known::contains);
    }

    /**
     * A room that one can survey; {@code cli} has a file for each command, and {@code cluster} is
     * next.
     */
    @Test
    void noRoomHasMoreThan25Files() {
        Map<String, Long> files =
                ALL.stream()
                        .filter(each -> each.isTopLevelClass())
                        .collect(groupingBy(each -> each.getPackageName(), counting()));
        files.remove("io.chaosrunner.cli");
        files.remove("io.chaosrunner.cluster");

        assertThat(files.entrySet()).isNotEmpty().allMatch(room -> room.getValue() <= 25);
    }

    @Test
    void onlyTheClusterHoldsAKubernetesClient() {
        noClasses()
                .that(resideInAPackage("io.chaosrunner.."))
                .and()
                .resideOutsideOfPackage("io.chaosrunner.cluster")
                .should()
                .dependOnClassesThat(resideInAnyPackage("io.fabric8.kubernetes.."))
                .check(ALL);
    }

    /** A pod loads nothing of it. */
    @Test
    void onlyTheTerminalKnowsTheSandbox() {
        noClasses()
                .that(resideInAPackage("io.chaosrunner.."))
                .and()
                .resideOutsideOfPackages("io.chaosrunner.sandbox", "io.chaosrunner.cli")
                .should()
                .dependOnClassesThat(resideInAPackage("io.chaosrunner.sandbox"))
                .check(ALL);
    }

    @Test
    void onlyTwoRoomsAskOverHttp() {
        noClasses()
                .that(resideInAPackage("io.chaosrunner.."))
                .and()
                .resideOutsideOfPackages("io.chaosrunner.cluster", "io.chaosrunner.webhook")
                .should()
                .dependOnClassesThat(resideInAnyPackage("java.net.http.."))
                .check(ALL);
    }

    @Test
    void onlyTelemetryKnowsOpenTelemetry() {
        noClasses()
                .that(resideInAPackage("io.chaosrunner.."))
                .and()
                .resideOutsideOfPackage("io.chaosrunner.telemetry")
                .should()
                .dependOnClassesThat(resideInAPackage("io.opentelemetry.."))
                .check(ALL);
    }

    /** It is on the class path of the service only. */
    @Test
    void onlyMetricsKnowPrometheus() {
        noClasses()
                .that(resideInAPackage("io.chaosrunner.."))
                .and()
                .resideOutsideOfPackage("io.chaosrunner.metrics")
                .should()
                .dependOnClassesThat(resideInAPackage("io.prometheus.."))
                .check(ALL);
    }

    @Test
    void onlySchedulesKnowQuartz() {
        noClasses()
                .that(resideInAPackage("io.chaosrunner.."))
                .and()
                .resideOutsideOfPackages("io.chaosrunner.schedule", "io.chaosrunner.scheduler")
                .should()
                .dependOnClassesThat(resideInAPackage("org.quartz.."))
                .check(ALL);
    }

    /** It is loaded where a list of holidays has an iCalendar file, and nowhere else. */
    @Test
    void onlyOneClassKnowsTheCalendarLibrary() {
        noClasses()
                .that(resideInAPackage("io.chaosrunner.."))
                .and()
                .haveNameNotMatching("io\\.chaosrunner\\.holidays\\.CalendarFile(\\$.*)?")
                .should()
                .dependOnClassesThat(
                        resideInAnyPackage("biweekly..", "com.github.mangstadt.vinnie.."))
                .check(ALL);
    }

    @Test
    void theSpiSpeaksOnlyTheJdksLanguage() {
        classes()
                .that(resideInAPackage("io.chaosrunner.strategy"))
                .should()
                .onlyDependOnClassesThat(
                        resideInAnyPackage("java..", "io.chaosrunner.strategy", "org.jspecify.."))
                .check(ALL);
    }

    @Test
    void pureRoomsNeitherReadNorWriteNorLog() {
        noClasses()
                .that(resideInAnyPackage(PURE))
                .should()
                .dependOnClassesThat(
                        resideInAnyPackage(
                                "java.net..",
                                "java.nio.file..",
                                "java.util.concurrent..",
                                "org.slf4j..",
                                "java.util.logging.."))
                .check(ALL);
    }

    @Test
    void pureRoomsGetTimeAndChanceAsArguments() {
        noClasses()
                .that(resideInAnyPackage(PURE))
                .should()
                .callMethod(Instant.class, "now")
                .orShould()
                .callMethod(System.class, "currentTimeMillis")
                .orShould()
                .callMethod(System.class, "nanoTime")
                .orShould()
                .callMethod(Math.class, "random")
                .orShould()
                .callMethod(Clock.class, "systemUTC")
                .orShould()
                .dependOnClassesThat(resideInAPackage("java.security.."))
                .check(
                        new ClassFileImporter()
                                .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
                                .withImportOption(
                                        // Names are hashed there: a digest is a pure function.
                                        location -> !location.contains("/job/"))
                                .importPackages("io.chaosrunner"));
        noClasses()
                .that(resideInAnyPackage(PURE))
                .should()
                .dependOnClassesThat()
                .areAssignableTo(ThreadLocalRandom.class)
                .check(ALL);
    }

    /** Reasons are for people; how a run ended and why a fire was skipped are values. */
    @Test
    void whereRunsAreDecidedNobodyLooksIntoTexts() {
        noClasses()
                .that(
                        resideInAnyPackage(
                                "io.chaosrunner.attempt",
                                "io.chaosrunner.claim",
                                "io.chaosrunner.control",
                                "io.chaosrunner.engine",
                                "io.chaosrunner.history",
                                "io.chaosrunner.machine",
                                "io.chaosrunner.run",
                                "io.chaosrunner.schedule",
                                "io.chaosrunner.scheduler",
                                "io.chaosrunner.status",
                                "io.chaosrunner.strategy.builtin"))
                // These read what people or earlier versions wrote, and the names of processes.
                .and()
                .doNotHaveSimpleName("CronReader")
                .and()
                .haveSimpleNameNotStartingWith("Meant")
                .and()
                .doNotHaveSimpleName("ChaosScheduleSettings")
                .and()
                .doNotHaveSimpleName("OldClaim")
                .and()
                .doNotHaveSimpleName("Owner")
                // It reads HTTP.
                .and()
                .haveNameNotMatching(".*\\.HealthServer.*")
                .should()
                // As a call or as a method reference.
                .accessTargetWhere(
                        target(
                                declaredIn(String.class)
                                        .and(
                                                nameMatching(
                                                        "startsWith|endsWith|contains|equalsIgnoreCase|regionMatches"))))
                .check(ALL);
    }

    @Test
    void theRunMachineIsPure() {
        theClass(RunMachine.class)
                .should()
                .onlyDependOnClassesThat(
                        resideInAnyPackage(
                                "java.lang..",
                                "java.util..",
                                "java.time..",
                                "io.chaosrunner.machine",
                                "io.chaosrunner.model",
                                "io.chaosrunner.strategy",
                                "org.jspecify.."))
                .check(ALL);
    }

    @Test
    void nothingIsCalledUtilsOrHelper() {
        noClasses()
                .that(resideInAPackage("io.chaosrunner.."))
                .should()
                .haveSimpleNameEndingWith("Utils")
                .orShould()
                .haveSimpleNameEndingWith("Helper")
                .orShould()
                .haveSimpleNameEndingWith("Manager")
                .orShould()
                .haveSimpleNameEndingWith("Impl")
                .orShould()
                .haveSimpleNameStartingWith("Abstract")
                .check(ALL);
    }
}
