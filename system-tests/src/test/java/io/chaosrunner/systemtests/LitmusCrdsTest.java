package io.chaosrunner.systemtests;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;

/** What must not change where Litmus' own definitions are installed instead of ours. */
@NeedsControlPlane
@EnabledIf(
        value = "areHere",
        disabledReason = "no Litmus CRDs in ../shared/crds: there is nothing to run on")
class LitmusCrdsTest {

    /** Not ours to keep: beside the clone, if anywhere. */
    static Path folder() {
        return ControlPlaneBinaries.sourceRoot().resolve("../shared/crds").normalize();
    }

    static boolean areHere() {
        return Files.isDirectory(folder());
    }

    @Nested
    class FirstRun extends FirstRunTest {
        FirstRun() {
            super(ControlPlane.sharedWithLitmusCrds());
        }
    }

    @Nested
    class Restart extends RestartTest {
        Restart() {
            super(ControlPlane.sharedWithLitmusCrds());
        }
    }

    @Nested
    class Stop extends StopTest {
        Stop(@TempDir Path folder) throws IOException {
            super(ControlPlane.sharedWithLitmusCrds(), folder);
        }
    }
}
