package dev.gatun.cpu;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;

/** Runs a class in a JVM with other flags: another vector width, or a log of the compiler. */
public final class ChildJvm {
  private static final int MINUTES = 5;

  private ChildJvm() {}

  /** Each narrower vector this machine can pretend to have; unknown flags are ignored elsewhere. */
  public static Stream<String> vectorWidths() {
    return Stream.of("-XX:UseAVX=2", "-XX:MaxVectorSize=16");
  }

  /** Runs all tests of a class; fails with their output if one fails or there is none. */
  public static void test(Class<?> testClass, String... flags) {
    Result result = run(ChildJvm.class, List.of(testClass.getName()), flags);
    assertEquals(0, result.exitCode(), result::output);
    assertTrue(result.output().contains("tests passed"), result::output);
  }

  /** Runs the main method of a class. */
  public static Result run(Class<?> mainClass, List<String> arguments, String... flags) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("--add-modules", "jdk.incubator.vector"));
    command.addAll(
        List.of("--enable-native-access=ALL-UNNAMED", "-XX:+IgnoreUnrecognizedVMOptions"));
    command.addAll(List.of("-Xmx1g", "-cp", classPath()));
    command.addAll(List.of(flags));
    command.add(mainClass.getName());
    command.addAll(arguments);
    try {
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      String output = new String(process.getInputStream().readAllBytes(), UTF_8);
      assertTrue(process.waitFor(MINUTES, TimeUnit.MINUTES), () -> "hangs: " + command);
      return new Result(process.exitValue(), output);
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException("cannot run " + command, e);
    }
  }

  /** What a child left: its exit code, and stdout and stderr together. */
  public record Result(int exitCode, String output) {}

  /** The child's side: runs the test class named by the argument. */
  public static void main(String[] arguments) {
    SummaryGeneratingListener listener = new SummaryGeneratingListener();
    LauncherFactory.create()
        .execute(
            LauncherDiscoveryRequestBuilder.request()
                .selectors(DiscoverySelectors.selectClass(arguments[0]))
                .build(),
            listener);
    long passed = listener.getSummary().getTestsSucceededCount();
    long failed = listener.getSummary().getTotalFailureCount();
    listener.getSummary().printFailuresTo(new PrintWriter(System.out, true, UTF_8));
    System.out.println("vectors of " + Simd.LENGTH + ": " + passed + " tests passed");
    System.exit(failed == 0 && passed > 0 ? 0 : 1);
  }

  private static String classPath() {
    // Surefire starts its JVM with a jar that only names the class path, and keeps the path here.
    return System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
  }
}
