package io.chaosrunner.cli;

import picocli.CommandLine.IVersionProvider;

/** Which version this is, as the jar's manifest has it. */
final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
        String version = Version.class.getPackage().getImplementationVersion();
        return new String[] {"chaos-runner " + (version == null ? "(built from source)" : version)};
    }
}
