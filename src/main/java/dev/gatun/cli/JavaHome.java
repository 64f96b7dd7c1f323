package dev.gatun.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** An installed Java that can run Gatun, told by the file {@code release} in its folder. */
final class JavaHome {
  /** The oldest Java that runs Gatun. */
  static final int REQUIRED = 25;

  private static final String MODULE = "jdk.incubator.vector";
  private static final List<String> VARIABLES = Arrays.asList("GATUN_JAVA", "JAVA_HOME");

  /** Folders whose children are Java homes; {@code ~} is the user's home. */
  private static final List<String> FOLDERS =
      Arrays.asList(
          "/usr/lib/jvm",
          "/usr/java",
          "/opt",
          "/opt/java",
          "~/.sdkman/candidates/java",
          "~/.jdks",
          "~/.asdf/installs/java",
          "~/.local/share/mise/installs/java",
          "/Library/Java/JavaVirtualMachines",
          "~/Library/Java/JavaVirtualMachines",
          "/opt/homebrew/opt/openjdk/libexec",
          "/opt/homebrew/opt/openjdk@25/libexec",
          "C:\\Program Files\\Java",
          "C:\\Program Files\\Eclipse Adoptium",
          "C:\\Program Files\\Microsoft",
          "C:\\Program Files\\Amazon Corretto",
          "C:\\Program Files\\Zulu",
          "C:\\Program Files\\BellSoft");

  private final Path folder;
  private final int version;

  private JavaHome(Path folder, int version) {
    this.folder = folder;
    this.version = version;
  }

  /** The launcher in this home. */
  Path java() {
    boolean windows = Files.exists(folder.resolve("bin").resolve("java.exe"));
    return folder.resolve("bin").resolve(windows ? "java.exe" : "java");
  }

  /** The home at this folder, or null if no suitable Java is there. */
  static @Nullable JavaHome at(Path folder) {
    Path release = folder.resolve("release");
    if (!Files.isRegularFile(release)) {
      return null;
    }
    List<String> lines;
    try {
      lines = Files.readAllLines(release, StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      return null; // not readable for this user, so neither is the Java beside it
    }
    int version = 0;
    boolean hasModule = false;
    for (String line : lines) {
      if (line.startsWith("JAVA_VERSION=")) {
        version = version(value(line));
      } else if (line.startsWith("MODULES=")) {
        hasModule = Arrays.asList(value(line).split(" ", -1)).contains(MODULE);
      }
    }
    return version >= REQUIRED && hasModule ? new JavaHome(folder, version) : null;
  }

  /**
   * The Java that the environment names, or else the oldest suitable one in the usual folders.
   *
   * @throws LaunchException if there is none
   */
  static JavaHome find(Map<String, String> environment) throws LaunchException {
    return find(environment, FOLDERS);
  }

  static JavaHome find(Map<String, String> environment, List<String> folders)
      throws LaunchException {
    for (String variable : VARIABLES) {
      String folder = environment.get(variable);
      JavaHome home = folder == null || folder.isEmpty() ? null : at(Paths.get(folder));
      if (home != null) {
        return home;
      }
      if (folder != null && variable.equals("GATUN_JAVA")) {
        throw new LaunchException(
            "GATUN_JAVA=" + folder + " is not the folder of a JDK " + REQUIRED + " or newer");
      }
    }
    JavaHome oldest = null;
    for (String folder : folders) {
      for (Path child : children(folder)) {
        JavaHome home = at(child);
        if (home == null) {
          home = at(child.resolve("Contents").resolve("Home")); // macOS
        }
        if (home != null && (oldest == null || home.version < oldest.version)) {
          oldest = home;
        }
      }
    }
    if (oldest == null) {
      throw new LaunchException(
          "the Java in "
              + System.getProperty("java.home")
              + " lacks what Gatun needs, and no JDK "
              + REQUIRED
              + " or newer was found in GATUN_JAVA, JAVA_HOME or the usual folders: install one, or"
              + " set GATUN_JAVA to its folder");
    }
    return oldest;
  }

  /** The feature number in a version such as {@code 1.8}, {@code 17.0.15}, {@code 25-ea}. */
  static int version(String text) {
    String[] parts = text.split("[^0-9]+", -1);
    try {
      int first = Integer.parseInt(parts[0]);
      return first == 1 && parts.length > 1 ? Integer.parseInt(parts[1]) : first;
    } catch (NumberFormatException e) {
      return 0; // some other file named release
    }
  }

  private static String value(String line) {
    return line.substring(line.indexOf('=') + 1).replace("\"", "").trim();
  }

  private static List<Path> children(String folder) {
    Path path = Paths.get(folder.replaceFirst("^~", System.getProperty("user.home")));
    List<Path> children = new ArrayList<>();
    if (Files.isDirectory(path)) {
      try (DirectoryStream<Path> stream = Files.newDirectoryStream(path)) {
        stream.forEach(children::add);
      } catch (IOException | DirectoryIteratorException e) {
        children.clear(); // not readable for this user, so no Java for this user is in it
      }
    }
    Collections.sort(children);
    return children;
  }
}
