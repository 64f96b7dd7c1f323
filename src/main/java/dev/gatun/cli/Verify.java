package dev.gatun.cli;

import dev.gatun.core.VerificationException;
import dev.gatun.cuda.KernelFiles;
import dev.gatun.device.Device;
import dev.gatun.verify.Check;
import dev.gatun.verify.Level;
import dev.gatun.verify.ReportText;
import dev.gatun.verify.Target;
import dev.gatun.verify.Verification;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code gatun verify}: a device and the CPU against the reference in F64. */
@Command(
    name = "verify",
    description =
        "Proves that the CPU and a device compute what the reference in double precision does.",
    mixinStandardHelpOptions = true)
final class Verify implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Option(
      names = "--device",
      defaultValue = "emulator",
      description = "cpu, emulator or cuda:N (default ${DEFAULT-VALUE}).")
  private String device;

  @Option(
      names = "--level",
      split = ",",
      paramLabel = "LEVEL",
      description = "Only these of ${COMPLETION-CANDIDATES}.")
  private Set<Level> levels = EnumSet.allOf(Level.class);

  @Option(names = "--op", split = ",", paramLabel = "NAME", description = "Only these operations.")
  private List<String> operations = List.of();

  @Option(names = "--model", split = ",", paramLabel = "NAME", description = "Only these models.")
  private List<String> models = List.of();

  @Option(
      names = "--seed",
      defaultValue = "1",
      description = "Of the values (default ${DEFAULT-VALUE}).")
  private long seed;

  @Option(
      names = "--kernels",
      paramLabel = "DIR",
      description = "Kernels to verify instead of those that are packed: as kernels/ptx.")
  private @Nullable Path kernels;

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    Verification verification = new Verification(levels, operations, models, seed);
    KernelFiles files = kernels == null ? KernelFiles.packed() : KernelFiles.in(kernels);
    Device parsed = Device.parse(device);
    try (Target first = target(parsed, files, 0);
        Target again = target(parsed, files, seed)) {
      boolean cpu = parsed instanceof Device.Cpu;
      List<Check> checks =
          verification.run(
              cpu ? null : first,
              cpu ? null : again,
              (level, made) -> ReportText.table(level, made).forEach(out::println));
      return report(out, checks);
    }
  }

  private static Integer report(PrintWriter out, List<Check> checks) {
    long failed = checks.stream().filter(check -> !check.passes()).count();
    out.println();
    if (failed > 0) {
      ReportText.failures(checks).forEach(out::println);
      throw new VerificationException(
          "%d of %d comparisons do not pass".formatted(failed, checks.size()));
    }
    out.printf("all %d comparisons pass%n", checks.size());
    return ExitCode.OK.code();
  }

  private static Target target(Device device, KernelFiles files, long order) {
    return switch (device) {
      case Device.Cpu _ -> Target.cpu();
      case Device.Emulator _ -> Target.emulator(files, order);
      case Device.Cuda(int ordinal) -> Target.cuda(files, ordinal);
    };
  }
}
