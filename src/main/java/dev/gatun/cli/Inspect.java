package dev.gatun.cli;

import dev.gatun.core.ConfigurationException;
import dev.gatun.train.DataInspection;
import java.io.Console;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code gatun inspect data CONFIG}. */
@Command(
    name = "inspect",
    description = "Shows what a run works on.",
    mixinStandardHelpOptions = true)
final class Inspect implements Runnable {
  @Spec private CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "say what to look at: inspect data");
  }

  @Command(
      name = "data",
      description = "Shows which tokens a run would train, and how long the rows are.",
      mixinStandardHelpOptions = true)
  int data(
      @Parameters(paramLabel = "CONFIG", description = "The run configuration.") String config,
      @Option(names = "--set", paramLabel = "KEY=VALUE", description = "Changes a key.")
          @Nullable List<String> overrides,
      @Option(
              names = "--examples",
              paramLabel = "N",
              defaultValue = "5",
              description = "Rows shown.")
          int examples,
      @Option(names = "--html", paramLabel = "FILE", description = "Also write a page.")
          @Nullable Path html) {
    PrintWriter out = spec.commandLine().getOut();
    List<String> changes = overrides == null ? List.of() : overrides;
    try (RunConsole console = new RunConsole(out)) {
      DataInspection seen =
          DataInspection.of(config, ConfigFiles.read(config), changes, examples, console);
      new InspectionText(out, hasColour()).print(seen);
      if (html != null) {
        write(html, InspectionPage.of(config, seen));
        out.println("wrote " + html);
      }
    }
    return ExitCode.OK.code();
  }

  private static void write(Path file, String page) {
    try {
      Files.writeString(file, page);
    } catch (IOException e) {
      throw new ConfigurationException("--html: " + file + " cannot be written: " + e, e);
    }
  }

  /** As the convention NO_COLOR has it. */
  @SuppressWarnings(
      "SystemConsoleNull") // null where the streams are no terminal, as RunConsole says
  private static boolean hasColour() {
    String no = System.getenv("NO_COLOR");
    Console console = System.console();
    return (no == null || no.isEmpty()) && console != null && console.isTerminal();
  }
}
