package dev.gatun.hub;

import static dev.gatun.hub.Failures.assertRefused;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AtomicFileTest {
  @TempDir Path folder;

  @Test
  void replacesTheWholeFile() throws IOException {
    Path file = Files.writeString(folder.resolve("a"), "a long old text");
    AtomicFile.write(file, output -> output.write('x'));
    assertEquals("x", Files.readString(file));
    assertOnly(file);
  }

  @Test
  void aFullDiskLeavesTheOldFile() throws IOException {
    Path file = Files.writeString(folder.resolve("a"), "old");
    assertRefused(
        () ->
            AtomicFile.write(
                file,
                output -> {
                  output.write(new byte[100_000]);
                  throw new IOException("No space left on device");
                }),
        "a: cannot be written: No space left on device",
        "unchanged");
    assertEquals("old", Files.readString(file));
    assertOnly(file);
  }

  @Test
  void aDefectLeavesTheOldFile() throws IOException {
    Path file = Files.writeString(folder.resolve("a"), "old");
    assertThrows(
        IllegalStateException.class,
        () ->
            AtomicFile.write(
                file,
                _ -> {
                  throw new IllegalStateException();
                }));
    assertEquals("old", Files.readString(file));
    assertOnly(file);
  }

  @Test
  void aFolderInThePlaceOfTheFileIsNamed() throws IOException {
    Path file = folder.resolve("a");
    Files.createDirectories(file.resolve("b"));
    assertRefused(() -> AtomicFile.write(file, output -> output.write('x')), "cannot be written");
    assertOnly(file);
    assertRefused(
        () -> AtomicFile.write(folder.resolve("absent/a"), output -> output.write('x')),
        "absent/a: cannot be written");
  }

  private void assertOnly(Path file) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      assertEquals(List.of(file), files.toList());
    }
  }
}
