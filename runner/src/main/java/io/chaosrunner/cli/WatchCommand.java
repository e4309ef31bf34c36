package io.chaosrunner.cli;

import picocli.CommandLine.Command;

/**
 * The command that shows a run that somebody else carries out, as it goes on; a {@code wait} for
 * people.
 */
@Command(
        name = "watch",
        description = {
            "Shows a ChaosEngine's run that somebody else carries out, as it goes on, and exits as the run ended.",
            "If no run is under way, the last one is shown; if there was none, the next one is.",
            "Nothing is written: Ctrl-C leaves the run as it is."
        })
final class WatchCommand extends WaitCommand {}
