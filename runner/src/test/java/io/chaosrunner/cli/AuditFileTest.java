package io.chaosrunner.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.api.parallel.Resources;

/** Where the audit log goes, only its owner reads it. */
@ResourceLock(Resources.SYSTEM_OUT)
@ResourceLock(Resources.SYSTEM_ERR)
class AuditFileTest {
    @TempDir Path folder;

    private static Said run(Path audit) {
        return Said.by(
                "run",
                "--sandbox",
                "--speed",
                "1000",
                "-o",
                "lines",
                "--audit",
                audit.toString(),
                "-f",
                Path.of("..", "examples", "first-run.yaml").toString());
    }

    @Test
    void theFileIsMadeForItsOwnerAloneAndAddedTo() throws IOException {
        Path file = folder.resolve("audit.log");

        assertThat(run(file).exitCode()).isZero();
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
        int lines = Files.readAllLines(file).size();
        assertThat(run(file).exitCode()).isZero();
        assertThat(Files.readAllLines(file)).hasSizeGreaterThan(lines);
    }

    @Test
    void aLinkIsNotFollowed() throws IOException {
        Path target = Files.writeString(folder.resolve("target"), "mine");
        Path link = Files.createSymbolicLink(folder.resolve("audit.log"), target);
        Path dangling = Files.createSymbolicLink(folder.resolve("b.log"), folder.resolve("no"));

        for (Path each : new Path[] {link, dangling}) {
            Said said = run(each);
            assertThat(said.exitCode()).isEqualTo(2);
            assertThat(said.err()).contains("cannot write " + each + ": it is a link");
        }
        assertThat(target).hasContent("mine");
        assertThat(folder.resolve("no")).doesNotExist();
    }
}
