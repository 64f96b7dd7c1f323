package dev.gatun.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class JavaHomeTest {
  private static final String VECTOR = "java.base jdk.incubator.vector jdk.jfr";

  @TempDir private Path folder = Path.of("");

  @ParameterizedTest
  @CsvSource({
    "1.8, 8",
    "1.8.0_392, 8",
    "11, 11",
    "17.0.15, 17",
    "25, 25",
    "25-ea, 25",
    "26.0.1+3, 26",
    "'', 0",
    "unknown, 0",
    "99999999999, 0",
  })
  void versionIsTheFeatureNumber(String text, int version) {
    assertEquals(version, JavaHome.version(text));
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '`',
      value = {
        "JAVA_VERSION=\"25.0.3\", MODULES=\"java.base jdk.incubator.vector\", true",
        "JAVA_VERSION=\"26\", MODULES=\"jdk.incubator.vector\", true",
        "JAVA_VERSION=\"17.0.15\", MODULES=\"java.base jdk.incubator.vector\", false",
        "JAVA_VERSION=\"1.8.0_392\", SOURCE=\"\", false",
        "JAVA_VERSION=\"25.0.3\", MODULES=\"java.base\", false",
        "JAVA_VERSION=\"25.0.3\", SOURCE=\"\", false",
        "NAME=\"Debian\", MODULES=\"jdk.incubator.vector\", false",
      })
  void releaseFileDecides(String version, String modules, boolean suitable) throws IOException {
    Files.write(folder.resolve("release"), List.of(version, modules));
    assertEquals(suitable, JavaHome.at(folder) != null);
  }

  @Test
  void folderWithoutReleaseFileIsNoJava() {
    assertNull(JavaHome.at(folder));
    assertNull(JavaHome.at(folder.resolve("absent")));
  }

  @Test
  void environmentComesBeforeFolders() throws Exception {
    Path first = install("a/jdk", "25");
    Path second = install("b/jdk", "25");
    install("c/jdk", "25");
    List<String> folders = List.of(folder.resolve("c").toString());
    Map<String, String> both =
        Map.of("GATUN_JAVA", first.toString(), "JAVA_HOME", second.toString());
    assertEquals(java(first), JavaHome.find(both, folders).java());
    assertEquals(
        java(second), JavaHome.find(Map.of("JAVA_HOME", second.toString()), folders).java());
  }

  @Test
  void unsuitableJavaHomeIsPassedOver() throws Exception {
    Path old = install("old", "17");
    Path suitable = install("jvms/jdk", "25");
    JavaHome found =
        JavaHome.find(
            Map.of("JAVA_HOME", old.toString()), List.of(folder.resolve("jvms").toString()));
    assertEquals(java(suitable), found.java());
  }

  @Test
  void unsuitableGatunJavaIsAnError() throws IOException {
    Path old = install("old", "17");
    Map<String, String> environment = Map.of("GATUN_JAVA", old.toString());
    LaunchException failure =
        assertThrows(LaunchException.class, () -> JavaHome.find(environment, List.of()));
    assertTrue(failure.toString().contains(old.toString()), failure.toString());
  }

  @Test
  void oldestSuitableJavaIsTaken() throws Exception {
    install("jvms/a", "27");
    Path suitable = install("jvms/b", "25");
    install("jvms/c", "26");
    install("jvms/d", "17");
    JavaHome found = JavaHome.find(Map.of(), List.of(folder.resolve("jvms").toString()));
    assertEquals(java(suitable), found.java());
  }

  @Test
  void macHomesAreFound() throws Exception {
    Path home = install("jvms/temurin-25.jdk/Contents/Home", "25");
    JavaHome found = JavaHome.find(Map.of(), List.of(folder.resolve("jvms").toString()));
    assertEquals(java(home), found.java());
  }

  @Test
  void withoutAnyTheMessageSaysWhatToDo() {
    List<String> folders = List.of(folder.toString(), folder.resolve("absent").toString());
    LaunchException failure =
        assertThrows(LaunchException.class, () -> JavaHome.find(Map.of(), folders));
    String message = failure.toString();
    assertTrue(message.contains("set GATUN_JAVA"), message);
    assertEquals(1, message.lines().count(), message);
  }

  private Path install(String name, String version) throws IOException {
    Path home = Files.createDirectories(folder.resolve(name));
    Files.write(
        home.resolve("release"),
        List.of("JAVA_VERSION=\"" + version + "\"", "MODULES=\"" + VECTOR + "\""));
    return home;
  }

  private static Path java(Path home) {
    return home.resolve("bin").resolve("java");
  }
}
