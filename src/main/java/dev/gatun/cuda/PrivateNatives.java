package dev.gatun.cuda;

import dev.gatun.core.ConfigurationException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * Loads the native libraries of JCuda from a folder that nobody else can write to.
 *
 * <p>JCuda unpacks a library into the temporary folder under a fixed name, unless a file of that
 * name is there: then it loads what it finds. Two programs that start at once disturb each other,
 * and another user of the machine could plant a library. So for as long as a class of JCuda
 * initialises, the temporary folder is a fresh one of our own.
 */
final class PrivateNatives {
  private static final String TEMPORARY_FOLDER = "java.io.tmpdir";

  private PrivateNatives() {}

  /**
   * Initialises a class of JCuda.
   *
   * @throws LinkageError if a library that it needs is missing
   */
  static synchronized void initialize(String className) {
    String usual = System.getProperty(TEMPORARY_FOLDER);
    Path folder = createFolder();
    System.setProperty(TEMPORARY_FOLDER, folder.toString());
    try {
      Class.forName(className, true, PrivateNatives.class.getClassLoader());
    } catch (ClassNotFoundException e) {
      throw new IllegalStateException("the program was built without JCuda", e);
    } finally {
      System.setProperty(TEMPORARY_FOLDER, usual);
      delete(folder);
    }
  }

  private static Path createFolder() {
    try {
      return Files.createTempDirectory("gatun-natives");
    } catch (IOException e) {
      throw new ConfigurationException(
          "no folder for native libraries can be made in "
              + System.getProperty(TEMPORARY_FOLDER)
              + ": "
              + e.getMessage(),
          e);
    }
  }

  /** At once where a loaded library can be deleted, else when the process ends. */
  private static void delete(Path folder) {
    try (Stream<Path> content = Files.list(folder)) {
      List<Path> files = content.toList();
      folder.toFile().deleteOnExit(); // runs last, in reverse order
      for (Path file : files) {
        if (!file.toFile().delete()) {
          file.toFile().deleteOnExit();
        }
      }
    } catch (IOException e) {
      throw new ConfigurationException(folder + " cannot be listed: " + e.getMessage(), e);
    }
  }
}
