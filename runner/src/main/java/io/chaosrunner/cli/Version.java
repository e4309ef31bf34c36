package io.chaosrunner.cli;

import picocli.CommandLine.IVersionProvider;

/** Which version this is, as the jar's manifest has it. */
final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
        return new String[] {"chaos-runner " + number()};
    }

    /** Return the number, or words in its place. */
    static String number() {
        String version = Version.class.getPackage().getImplementationVersion();
        return version == null ? "(built from source)" : version;
    }
}
