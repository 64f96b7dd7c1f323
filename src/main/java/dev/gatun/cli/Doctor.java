package dev.gatun.cli;

import dev.gatun.core.ConfigurationException;
import dev.gatun.cpu.Parallel;
import dev.gatun.cpu.VectorUnit;
import dev.gatun.cuda.Blas;
import dev.gatun.cuda.CudaException;
import dev.gatun.cuda.JCudaDriver;
import dev.gatun.cuda.Products;
import dev.gatun.device.GemmChoice;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code gatun doctor}: what this machine offers, what will be used, and what will be slow. */
@Command(
    name = "doctor",
    description = "Shows what this machine offers and what will be used.",
    mixinStandardHelpOptions = true)
final class Doctor implements Callable<Integer> {
  private static final List<String> COMPILER_OPTIONS =
      List.of("UseAVX", "UseSVE", "MaxVectorSize", "UseFMA", "TieredStopAtLevel");

  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    facts().forEach((name, value) -> out.printf("%-11s %s%n", name, value));
    List<String> problems = problems();
    problems.forEach(problem -> out.printf("%-11s %s%n", "problem", problem));
    if (problems.isEmpty()) {
      out.println("No problem found.");
    }
    return ExitCode.OK.code();
  }

  /** What this machine offers, by name. */
  static Map<String, String> facts() {
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put("gatun", Version.number());
    facts.put("java", property("java.runtime.version") + ", " + property("java.vendor"));
    facts.put("jvm", property("java.vm.name") + " in " + property("java.home"));
    facts.put("options", options());
    facts.put(
        "system",
        Stream.of("os.name", "os.version", "os.arch")
            .map(Doctor::property)
            .collect(Collectors.joining(" ")));
    facts.put("processor", Machine.processor().orElse(property("os.arch")));
    facts.put(
        "vectors",
        "%d bits, %d floats at a time"
            .formatted(VectorUnit.bits(), VectorUnit.bits() / Float.SIZE));
    facts.put(
        "threads",
        "%d compute, of %d cores"
            .formatted(Parallel.threads(), Runtime.getRuntime().availableProcessors()));
    facts.put(
        "memory",
        "%s, of which %s available; heap at most %s"
            .formatted(
                gib(Machine.totalMemory()),
                gib(Machine.availableMemory()),
                gib(Runtime.getRuntime().maxMemory())));
    facts.put("gpu", gpu());
    facts.put("huge pages", Machine.hugePages().orElse("unknown"));
    return facts;
  }

  /** The devices of the CUDA driver, or why there are none. */
  private static String gpu() {
    try {
      JCudaDriver driver = JCudaDriver.load();
      return IntStream.range(0, driver.deviceCount())
          .mapToObj(i -> "cuda:%d %s, %s".formatted(i, driver.deviceName(i), details(driver, i)))
          .collect(Collectors.joining("; "));
    } catch (ConfigurationException e) {
      return "none: " + e.getMessage();
    }
  }

  private static String details(JCudaDriver driver, int ordinal) {
    String memory = gib(driver.totalMemory(ordinal));
    try {
      driver.retainPrimaryContext(ordinal);
      try (Products products = Blas.choose(GemmChoice.AUTO, driver)) {
        return memory + "; products by " + products.description();
      } finally {
        driver.releasePrimaryContext(ordinal);
      }
    } catch (CudaException e) {
      return memory + "; it cannot be used: " + e.getMessage();
    }
  }

  private static List<String> problems() {
    List<String> problems = new ArrayList<>();
    if (VectorUnit.bits() < 128) {
      problems.add("the Vector API has no vector registers here, so training will be very slow");
    }
    if (is("UseFMA", "false")) {
      problems.add("no fused multiply-add, which Java then computes in software, very slowly");
    }
    if (is("TieredStopAtLevel", "1") || is("UseCompiler", "false")) {
      problems.add(
          "the optimising compiler is off, so vector code will be about 1000 times slower");
    }
    if (Machine.hugePages().filter("never"::equals).isPresent()) {
      problems.add(
          "huge pages are off, so the first touch of memory is slow: "
              + "write madvise to /sys/kernel/mm/transparent_hugepage/enabled");
    }
    return problems;
  }

  private static boolean is(String option, String value) {
    return Machine.option(option).filter(value::equals).isPresent();
  }

  private static String options() {
    return COMPILER_OPTIONS.stream()
        .flatMap(name -> Machine.option(name).map(value -> name + "=" + value).stream())
        .collect(Collectors.joining(" "));
  }

  private static String property(String name) {
    return System.getProperty(name, "unknown");
  }

  private static String gib(long bytes) {
    return "%.1f GiB".formatted(bytes / (double) (1 << 30));
  }
}
