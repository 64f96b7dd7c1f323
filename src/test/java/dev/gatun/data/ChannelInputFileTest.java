package dev.gatun.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ChannelInputFileTest {
  @TempDir private Path folder;

  @Test
  void rangesAreTheBytesOfTheFile() throws IOException {
    Path path = Files.write(folder.resolve("a"), new byte[] {1, 2, 3, 4, 5});
    try (ChannelInputFile file = new ChannelInputFile(path)) {
      file.open();
      byte[] range = new byte[3];
      file.readRange(1, 3).get(range);
      assertArrayEquals(new byte[] {2, 3, 4}, range);
      assertEquals(5, file.length());
      for (long[] outside : new long[][] {{-1, 2}, {3, 3}, {6, 0}, {0, Integer.MAX_VALUE}}) {
        assertThrows(IOException.class, () -> file.readRange(outside[0], (int) outside[1]));
      }
    }
  }

  /** In a mapped file this would end the process (SIGBUS). */
  @Test
  void aFileThatBecameShorterIsAnError() throws IOException {
    Path path = Files.write(folder.resolve("b"), new byte[100_000]);
    try (ChannelInputFile file = new ChannelInputFile(path)) {
      file.open();
      ByteBuffer before = file.readRange(90_000, 10_000);
      Files.write(path, new byte[10]);
      assertThrows(EOFException.class, () -> file.readRange(90_000, 10_000));
      assertEquals(0, before.get(9_999));
    }
  }
}
