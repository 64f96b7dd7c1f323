package dev.gatun.cli;

import dev.gatun.core.ConfigurationException;
import dev.gatun.core.VerificationException;
import dev.gatun.cuda.KernelFiles;
import dev.gatun.device.Device;
import dev.gatun.hub.Json;
import dev.gatun.verify.Capsule;
import dev.gatun.verify.Check;
import dev.gatun.verify.Level;
import dev.gatun.verify.MutantReport;
import dev.gatun.verify.Mutants;
import dev.gatun.verify.Replay;
import dev.gatun.verify.ReportJson;
import dev.gatun.verify.ReportJunit;
import dev.gatun.verify.ReportPage;
import dev.gatun.verify.ReportText;
import dev.gatun.verify.Verification;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
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

  @Option(
      names = "--json",
      paramLabel = "FILE",
      description = "Write a record for each comparison; - prints it instead of the table.")
  private @Nullable Path json;

  @Option(names = "--junit", paramLabel = "FILE", description = "Write JUnit XML.")
  private @Nullable Path junit;

  @Option(names = "--html", paramLabel = "FILE", description = "Write one page of HTML.")
  private @Nullable Path html;

  @Option(
      names = "--capsule",
      paramLabel = "FILE.zip",
      description = {
        "Write the failing cases of operations, with --op all of its cases,",
        "so that --replay can run them anywhere."
      })
  private @Nullable Path capsule;

  @Option(
      names = "--replay",
      paramLabel = "FILE.zip",
      description = "Run the cases of a capsule, on its kernels unless --kernels names others.")
  private @Nullable Path replay;

  @Option(
      names = "--mutants",
      arity = "0..1",
      fallbackValue = "256",
      paramLabel = "N|all",
      description = {
        "Break kernels in N ways (default ${FALLBACK-VALUE}), or in all, and count what the cases",
        "of operations catch on the emulator. Exit code 6 if one escapes."
      })
  private @Nullable String mutants;

  private final Map<String, String> environment = new LinkedHashMap<>();

  @Override
  public Integer call() throws IOException {
    if (mutants != null) {
      return mutants(mutants);
    }
    for (Path file : new Path[] {json, junit, html, capsule}) {
      requireFolder(file);
    }
    return replay == null ? verify(new Verification(levels, operations, models, seed)) : replay();
  }

  private Integer mutants(String asked) {
    PrintWriter out = spec.commandLine().getOut();
    int count = count(asked);
    KernelFiles files = kernels == null ? KernelFiles.packed() : KernelFiles.in(kernels);
    Mutants broken = new Mutants(files, seed);
    out.printf(
        "%,d ways to break %,d kernels, %,d of them of another kind or in another kernel%n",
        broken.size(), broken.kernels(), broken.pairs());
    int threads = Runtime.getRuntime().availableProcessors();
    MutantReport report = broken.run(count, threads, o -> out.println(o.line()));
    out.println();
    report.lines().forEach(out::println);
    out.println();
    if (!report.survivors().isEmpty()) {
      throw new VerificationException(report.summary());
    }
    out.println(report.summary());
    return ExitCode.OK.code();
  }

  private static int count(String asked) {
    if (asked.equals("all")) {
      return Integer.MAX_VALUE;
    }
    try {
      int count = Integer.parseInt(asked);
      if (count > 0) {
        return count;
      }
    } catch (NumberFormatException e) {
      throw new ConfigurationException("--mutants takes a number or all, not " + asked, e);
    }
    throw new ConfigurationException("--mutants takes a positive number, not " + asked);
  }

  /** A report that has nowhere to go should not be computed for minutes first. */
  private static void requireFolder(@Nullable Path file) {
    Path folder = file == null ? null : file.toAbsolutePath().getParent();
    if (folder != null && !Files.isDirectory(folder)) {
      throw new ConfigurationException(file + ": there is no folder " + folder + "; create it");
    }
  }

  private Integer verify(Verification verification) throws IOException {
    KernelFiles files = kernels == null ? KernelFiles.packed() : KernelFiles.in(kernels);
    Capsule kept = new Capsule(!operations.isEmpty());
    try (OpenTargets targets = OpenTargets.of(Device.parse(device), files, seed)) {
      describe(targets);
      List<Check> checks = verification.run(targets.devices(), kept, this::print);
      if (capsule != null) {
        kept.write(capsule, environment, files);
      }
      return report(checks, kept.size());
    }
  }

  private Integer replay() throws IOException {
    Replay cases = new Replay(Objects.requireNonNull(replay));
    Path folder = Files.createTempDirectory("gatun-replay");
    try {
      KernelFiles files = kernels == null ? cases.kernels(folder) : KernelFiles.in(kernels);
      try (OpenTargets targets = OpenTargets.of(Device.parse(device), files, seed)) {
        describe(targets);
        List<Check> checks = cases.run(targets.devices());
        for (Level level : Level.values()) {
          List<Check> own = checks.stream().filter(check -> check.level() == level).toList();
          if (!own.isEmpty()) {
            print(level, own);
          }
        }
        return report(checks, 0);
      }
    } finally {
      try (Stream<Path> files = Files.walk(folder)) {
        for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(file);
        }
      }
    }
  }

  private void describe(OpenTargets targets) {
    environment.putAll(Doctor.facts());
    environment.put("verified", targets.description());
    environment.put("kernels", kernels == null ? "packed" : kernels.toString());
    environment.put("seed", String.valueOf(seed));
    environment.put("time", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
  }

  private boolean printsJson() {
    return json != null && json.toString().equals("-");
  }

  private void print(Level level, List<Check> made) {
    if (!printsJson()) {
      PrintWriter out = spec.commandLine().getOut();
      ReportText.table(level, made).forEach(out::println);
      out.flush();
    }
  }

  private Integer report(List<Check> checks, int kept) throws IOException {
    PrintWriter out = spec.commandLine().getOut();
    if (printsJson()) {
      out.print(Json.format(ReportJson.of(environment, checks)));
    } else if (json != null) {
      Json.write(json, ReportJson.of(environment, checks));
    }
    if (junit != null) {
      Files.writeString(junit, ReportJunit.of(environment, checks));
    }
    if (html != null) {
      Files.writeString(html, ReportPage.of(environment, checks));
    }
    long failed = checks.stream().filter(check -> !check.passes()).count();
    if (!printsJson()) {
      out.println();
      ReportText.failures(checks).forEach(out::println);
      if (capsule != null) {
        out.printf("%s holds %d cases%n", capsule, kept);
      }
    }
    if (failed > 0) {
      throw new VerificationException(
          "%d of %d comparisons do not pass".formatted(failed, checks.size()));
    }
    if (!printsJson()) {
      out.printf("all %d comparisons pass%n", checks.size());
    }
    return ExitCode.OK.code();
  }
}
