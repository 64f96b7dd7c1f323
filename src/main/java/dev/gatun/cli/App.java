package dev.gatun.cli;

import java.io.PrintStream;
import java.io.PrintWriter;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/** The root of the command line: one class per verb is registered here. */
@Command(
    name = "gatun",
    description = "Trains, fine-tunes and runs language models on the plain JVM.",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    synopsisSubcommandLabel = "VERB",
    commandListHeading = "%nVerbs:%n",
    subcommands = {
      Train.class,
      Plan.class,
      TokenizerCommand.class,
      Generate.class,
      ChatCommand.class,
      EvalCommand.class,
      Merge.class,
      Inspect.class,
      Verify.class,
      GoldenCommand.class,
      Bench.class,
      PtxCommand.class,
      Doctor.class
    })
public final class App implements Runnable {
  @Spec private CommandSpec spec;

  private static final String STACKTRACE = "--stacktrace";

  private App() {}

  /** Runs the verb that {@code args} begin with, and ends the process with its exit code. */
  public static void main(String[] args) {
    System.exit(run(args, writer(System.out), writer(System.err)));
  }

  /** Runs a verb and returns the exit code. */
  static int run(String[] args, PrintWriter out, PrintWriter err) {
    Failures failures = new Failures(err, Arrays.asList(args).contains(STACKTRACE));
    CommandLine commandLine =
        new CommandLine(new App())
            .setOut(out)
            .setErr(err)
            .setCaseInsensitiveEnumValuesAllowed(true)
            .setParameterExceptionHandler(failures)
            .setExecutionExceptionHandler(failures);
    CommandSpec spec = commandLine.getCommandSpec();
    spec.addOption(stacktrace());
    spec.usageMessage().exitCodeListHeading("%nExit codes:%n").exitCodeList(exitCodes());
    try {
      return commandLine.execute(args);
    } catch (Error e) { // picocli passes on errors, such as a refused allocation
      return failures.report(e);
    } finally {
      out.flush(); // the process ends without, and a result may end without a line break
      err.flush();
    }
  }

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "a verb is missing");
  }

  private static PrintWriter writer(PrintStream stream) {
    return new PrintWriter(stream, true, stream.charset());
  }

  /** Not a field: it is read from the arguments, since a command line that is wrong has it too. */
  private static OptionSpec stacktrace() {
    return OptionSpec.builder(STACKTRACE)
        .arity("0")
        .scopeType(ScopeType.INHERIT)
        .description("Print the stack trace of a failure.")
        .build();
  }

  private static Map<String, String> exitCodes() {
    Map<String, String> codes = new LinkedHashMap<>();
    for (ExitCode exit : ExitCode.values()) {
      codes.put(String.valueOf(exit.code()), exit.meaning());
    }
    return codes;
  }
}
