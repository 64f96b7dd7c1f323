package dev.gatun.cli;

import picocli.CommandLine.Option;

/** The option {@code --json} of the verbs that print figures. */
final class JsonOption {
  @Option(names = "--json", description = "Print one JSON object.")
  private boolean json;

  /** Whether to print JSON and nothing else. */
  boolean isChosen() {
    return json;
  }
}
