package dev.gatun.cli;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.reflect.InvocationTargetException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The entry point of the jar: sees to it that the command line runs on a JVM with the Vector API.
 *
 * <pre>
 *   this JVM                       what happens
 *   25 or newer, Vector API on     App.main is called
 *   25 or newer, Vector API off    the process becomes a JVM with it (Relaunch), or starts one
 *   older                          an installed Java 25 is found, started, and waited for
 * </pre>
 *
 * <p>A manifest cannot add an incubator module, hence the second start. This class, {@link
 * JavaHome} and {@link Child} are compiled for Java 8, so that an older JVM gets this far; they
 * name newer classes only by reflection.
 */
public final class Main {
  /** Set in the second JVM, so that there is never a third. */
  private static final String RELAUNCHED = "gatun.relaunched";

  /**
   * The heap begins small and grows. By default it begins with a 64th of the memory, of which the
   * youngest part fills with garbage before it is collected for the first time.
   */
  private static final String SMALL_HEAP = "-XX:InitialRAMPercentage=0.25";

  /** What Gatun adds to the user's own options. This is the only list. */
  private static final List<String> JVM_OPTIONS =
      Arrays.asList(
          "--add-modules=jdk.incubator.vector",
          "--enable-native-access=ALL-UNNAMED",
          SMALL_HEAP,
          "-D" + RELAUNCHED + "=true");

  /** Tensors live off the heap, so a collector without threads of its own serves best. */
  private static final String COLLECTOR = "-XX:+UseSerialGC";

  /** Packed matrices are arrays of megabytes; with pages of 4 KiB their addresses cost too much. */
  private static final String HUGE_PAGES = "-XX:+UseTransparentHugePages";

  /** Linux's setting for them; the JVM warns if asked for what the kernel never gives. */
  private static final Path KERNEL_SETTING =
      Paths.get("/sys/kernel/mm/transparent_hugepage/enabled");

  private static final int USAGE = 2; // as ExitCode, which is a class for Java 25

  private Main() {}

  /** Runs the command line {@code args}. Ends the process. */
  public static void main(String[] args) throws Exception {
    try {
      run(args);
    } catch (LaunchException e) {
      System.err.println("gatun: " + e.getMessage());
      System.exit(USAGE);
    }
  }

  private static void run(String[] args) throws Exception {
    int version = JavaHome.version(System.getProperty("java.specification.version"));
    if (version >= JavaHome.REQUIRED && vectorApiResolved()) {
      runApp(args);
      return;
    }
    String self = System.getProperty("java.home");
    if (System.getProperty(RELAUNCHED) != null) {
      throw new LaunchException("the Java in " + self + " starts without its Vector API");
    }
    JavaHome home = JavaHome.at(Paths.get(self));
    if (home == null) {
      Child.run(command(JavaHome.find(System.getenv()), args));
    } else {
      List<String> command = command(home, args);
      Class.forName("dev.gatun.cli.Relaunch")
          .getMethod("become", List.class, int.class)
          .invoke(null, command, args.length);
      Child.run(command);
    }
  }

  private static boolean vectorApiResolved() {
    try {
      Class.forName("jdk.incubator.vector.Vector", false, ClassLoader.getSystemClassLoader());
      return true;
    } catch (ClassNotFoundException e) {
      return false;
    }
  }

  private static void runApp(String[] args) throws ReflectiveOperationException {
    try {
      Class.forName("dev.gatun.cli.App")
          .getMethod("main", String[].class)
          .invoke(null, (Object) args);
    } catch (InvocationTargetException e) {
      throw new AssertionError("App reports every failure itself", e.getCause());
    }
  }

  private static List<String> command(JavaHome home, String[] args) throws IOException {
    List<String> users = ManagementFactory.getRuntimeMXBean().getInputArguments();
    List<String> command = new ArrayList<>();
    command.add(home.java().toString());
    command.addAll(JVM_OPTIONS);
    if (users.stream().noneMatch(option -> option.matches("-XX:\\+Use\\w+GC"))) {
      command.add(COLLECTOR);
    }
    if (kernelHasHugePages()) {
      command.add(HUGE_PAGES);
    }
    // An older JVM may have accepted what has been removed since; this one checked the rest.
    command.add("-XX:+IgnoreUnrecognizedVMOptions");
    command.addAll(users);
    command.add("-cp");
    command.add(System.getProperty("java.class.path"));
    command.add(Main.class.getName());
    command.addAll(Arrays.asList(args));
    return command;
  }

  private static boolean kernelHasHugePages() throws IOException {
    return Files.isReadable(KERNEL_SETTING)
        && !new String(Files.readAllBytes(KERNEL_SETTING), StandardCharsets.US_ASCII)
            .contains("[never]");
  }
}
