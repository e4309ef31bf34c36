package io.chaosrunner.scheduler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.chaosrunner.cluster.ClusterException;
import io.chaosrunner.cluster.ClusterException.Kind;
import io.chaosrunner.crd.Author;
import io.chaosrunner.crd.Engine;
import io.chaosrunner.testing.EngineWorld;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.node.ObjectNode;

/** Tests of {@link Authors}, and of what is read of an {@link Author}. */
class AuthorsTest {
    private final List<String> asked = new ArrayList<>();
    private Instant now = Instant.parse("2026-03-02T10:00:00Z");
    private boolean answer = true;

    private final Authors authors =
            new Authors(
                    Optional.of((author, namespace) -> {
                        asked.add(author.user() + " in " + namespace);
                        return answer;
                    }),
                    new Clock() {
                        @Override
                        public ZoneId getZone() {
                            return ZoneOffset.UTC;
                        }

                        @Override
                        public Clock withZone(ZoneId zone) {
                            return this;
                        }

                        @Override
                        public Instant instant() {
                            return now;
                        }
                    });

    @Test
    void anAuthorWhoMayIsNotAskedAboutAgainForAWhile() {
        assertThat(authors.against(engine("shop", "jane"))).isEmpty();
        answer = false;
        now = now.plus(Authors.REMEMBERED).minusMillis(1);
        assertThat(authors.against(engine("shop", "jane"))).isEmpty();

        now = now.plusMillis(1);
        assertThat(authors.against(engine("shop", "jane")))
                .hasValueSatisfying(why ->
                        assertThat(why)
                                .contains("author 'jane' may not create pods in namespace shop"));
        assertThat(asked).hasSize(2);
    }

    @Test
    void anAnswerOfALaterTimeThanNowIsNone() {
        assertThat(authors.against(engine("shop", "jane"))).isEmpty();
        now = now.minus(Duration.ofHours(1));
        answer = false;

        assertThat(authors.against(engine("shop", "jane"))).isPresent();
    }

    @Test
    void anAnswerHoldsForOneAuthorInOneNamespaceByTheSameGroups() {
        authors.against(engine("shop", "jane"));
        answer = false;

        assertThat(authors.against(engine("shop", "bob"))).isPresent();
        assertThat(authors.against(engine("bank", "jane"))).isPresent();
        assertThat(authors.against(engine("shop", "jane", "sre"))).isPresent();
        assertThat(asked)
                .containsExactly("jane in shop", "bob in shop", "jane in bank", "jane in shop");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "\t"})
    void anEngineThatNamesNobodyIsRefusedAndNobodyIsAsked(String user) {
        assertThat(authors.against(engine("shop", user)))
                .hasValueSatisfying(
                        why -> assertThat(why).contains("chaosrunner.io/author names no author"));
        assertThat(asked).isEmpty();
    }

    @Test
    void namesBeyondAllMeasureAreRefusedAndNotRemembered() {
        assertThat(authors.against(engine("shop", "jane", "g,".repeat(10_000))))
                .hasValueSatisfying(why -> assertThat(why).contains("more than 10000 characters"));
        assertThat(asked).isEmpty();
    }

    @Test
    void nothingIsRememberedOfAQuestionThatIsNotAnswered() {
        var failing =
                new Authors(
                        Optional.of((author, namespace) -> {
                            if (asked.isEmpty()) {
                                asked.add(author.user());
                                throw new ClusterException(Kind.FORBIDDEN, "may not ask");
                            }
                            return true;
                        }),
                        Clock.systemUTC());

        assertThatThrownBy(() -> failing.against(engine("shop", "jane")))
                .isInstanceOfSatisfying(
                        ClusterException.class, e -> assertThat(e.kind()).isEqualTo(Kind.FORBIDDEN))
                .hasMessageContaining("not known whether the author 'jane' may create pods")
                .hasMessageContaining("may not ask");
        assertThat(failing.against(engine("shop", "jane"))).isEmpty();
    }

    @Test
    void nobodyIsAskedAboutUnlessAuthorsAreRequired() {
        var all = new Authors(Optional.empty(), Clock.systemUTC());

        assertThat(all.against(engine("shop", ""))).isEmpty();
        assertThat(all.areTheSame(engine("shop", "bob"), engine("shop", "jane").json())).isTrue();
    }

    @Test
    void anEngineIsThatOfItsScheduleIfOneAuthorWroteBoth() {
        ObjectNode schedule = engine("shop", "jane", "sre").json();

        assertThat(authors.areTheSame(engine("shop", "jane", "sre"), schedule)).isTrue();
        assertThat(authors.areTheSame(engine("shop", "bob", "sre"), schedule)).isFalse();
        assertThat(authors.areTheSame(engine("shop", "jane"), schedule)).isFalse();
    }

    @ParameterizedTest
    @CsvSource({
        "jane, '', 'system:authenticated'",
        "jane, 'sre,,dev', 'sre,dev,system:authenticated'",
        "system:anonymous, '', ''",
        "system:serviceaccount:ci:argo, '', 'system:authenticated,system:serviceaccounts,system:serviceaccounts:ci'",
        "system:serviceaccount:odd, '', 'system:authenticated,system:serviceaccounts,system:serviceaccounts:'",
    })
    void theGroupsThatCountAreThoseRecordedAndThoseThatFollowFromTheName(
            String user, String recorded, String groups) {
        Author author = Author.of(engine("shop", user, recorded)).orElseThrow();

        assertThat(author.groups())
                .isEqualTo(groups.isEmpty() ? Set.of() : Set.of(groups.split(",")));
    }

    private static Engine engine(String namespace, String user) {
        return engine(namespace, user, "");
    }

    private static Engine engine(String namespace, String user, String groups) {
        ObjectNode engine = EngineWorld.json("{'metadata': {'name': 'e'}}");
        ObjectNode metadata = engine.withObject("metadata").put("namespace", namespace);
        ObjectNode notes = metadata.withObject("annotations").put(Author.ANNOTATION, user);
        if (!groups.isEmpty()) {
            notes.put(Author.GROUPS, groups);
        }
        return new Engine(engine);
    }
}
