package dev.gatun.core;

import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * What happens to files: cut, changed, shifted, with lengths that lie. Whatever reads such a file
 * reads it or refuses it with a message that names it; it does not throw anything else, hang, or
 * take memory that the file does not justify.
 */
public final class Damage {
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  /** Numbers that a length or an offset must not be believed to be. */
  private static final long[] LENGTHS = {
    0, 1, -1, Integer.MAX_VALUE, Integer.MIN_VALUE, 0x7FFF_FFF0, 1L << 40, Long.MAX_VALUE
  };

  /** Pieces of text with which readers of text have trouble. */
  private static final String[] PIECES = {
    "\0",
    "\uFEFF",
    "\\ud800",
    "\u2028",
    "../",
    "..\\",
    "/etc/passwd",
    "~",
    "NaN",
    "1e999",
    "-1",
    "99999999999999999999",
    "\"",
    "'",
    "{",
    "}",
    "[",
    "]",
    ":",
    ",",
    "\n",
    "\r",
    "\t",
    "&a",
    "*a",
    "!!java.lang.Runtime",
    "%n",
    "${x}",
    "\uD83D\uDE00",
    "e\u0301"
  };

  private Damage() {}

  /** Reads a damaged file as the program does. */
  @FunctionalInterface
  public interface Use {
    void read() throws IOException;
  }

  /**
   * A use of a file.
   *
   * @param file to be damaged
   * @param names of which a refusal must have one
   * @param mostBytes that reading may allocate
   */
  public record Target(Path file, List<String> names, long mostBytes, Use use) {
    /** A file whose own name a refusal must have. */
    public Target(Path file, long mostBytes, Use use) {
      this(file, List.of(file.getFileName().toString()), mostBytes, use);
    }

    /**
     * Reads every content, and at last the undamaged file again, which must be read.
     *
     * @return how many were refused, with a message
     */
    public int check(List<byte[]> contents) throws IOException {
      byte[] valid = Files.readAllBytes(file);
      use.read();
      int refused =
          assertTimeoutPreemptively(
              Duration.ofMinutes(2),
              () -> {
                int count = 0;
                for (byte[] content : contents) {
                  Files.write(file, content);
                  count += isRefused(content) ? 1 : 0;
                }
                return count;
              },
              file.toString());
      Files.write(file, valid);
      use.read();
      assertTrue(refused > 0, file + ": nothing was refused");
      return refused;
    }

    private boolean isRefused(byte[] content) {
      long before = THREADS.getTotalThreadAllocatedBytes();
      try {
        use.read();
        return false;
      } catch (UserException e) {
        String message = String.valueOf(e.getMessage());
        assertTrue(
            names.stream().anyMatch(message::contains) && message.length() < 20_000,
            () -> "does not name the file: " + message + "\nfor " + shown(content));
        return true;
      } catch (IOException | RuntimeException | StackOverflowError | OutOfMemoryError e) {
        return fail("not refused but thrown for " + shown(content), e);
      } finally {
        long bytes = THREADS.getTotalThreadAllocatedBytes() - before;
        assertTrue(
            bytes <= mostBytes,
            () -> "%,d bytes were allocated for %s".formatted(bytes, shown(content)));
      }
    }
  }

  /**
   * Damaged copies, the same for the same seed.
   *
   * @param edits how many copies have random changes, besides those that are cut
   */
  public static List<byte[]> of(byte[] valid, long seed, int edits) {
    Philox random = new Philox(seed, 0);
    List<byte[]> all = new ArrayList<>();
    all.add(new byte[0]);
    for (int length = 0; length < valid.length; length += Math.max(1, valid.length / 40)) {
      all.add(Arrays.copyOf(valid, length));
    }
    all.add(Arrays.copyOf(valid, valid.length - 1));
    all.add(joined(valid, valid));
    for (int i = 0; i < edits; i++) {
      byte[] copy = valid.clone();
      long address = 64L * i;
      for (int edit = random.below(3, address++); edit >= 0; edit--) {
        copy = edited(copy, random, address);
        address += 8;
      }
      all.add(copy);
    }
    return all;
  }

  /** Some of them, for readers that take their time to refuse. */
  public static List<byte[]> few(byte[] valid, long seed, int count) {
    List<byte[]> all = of(valid, seed, 40);
    return IntStream.range(0, count).mapToObj(i -> all.get(i * all.size() / count)).toList();
  }

  private static byte[] edited(byte[] bytes, Philox random, long address) {
    int at = random.below(bytes.length + 1, address);
    int length = Math.min(bytes.length - at, random.below(24, address + 1));
    int from = random.below(bytes.length + 1, address + 2);
    byte[] head = Arrays.copyOf(bytes, at);
    byte[] tail = Arrays.copyOfRange(bytes, Math.min(bytes.length, at + length), bytes.length);
    return switch (random.below(7, address + 3)) {
      case 0 -> flipped(bytes, at, random.below(8, address + 4));
      case 1 -> joined(head, tail);
      case 2 ->
          joined(
              head, Arrays.copyOfRange(bytes, from, Math.min(bytes.length, from + length)), tail);
      case 3 ->
          overwritten(
              bytes, at, random.below(LENGTHS.length, address + 4), random.below(4, address + 5));
      case 4 ->
          joined(
              head,
              PIECES[random.below(PIECES.length, address + 4)].getBytes(StandardCharsets.UTF_8),
              tail);
      case 5 -> joined(head, new byte[] {(byte) random.below(256, address + 4)}, tail);
      default ->
          joined(
              head,
              Arrays.copyOfRange(bytes, at, at + length),
              Arrays.copyOfRange(bytes, at, bytes.length));
    };
  }

  private static byte[] flipped(byte[] bytes, int at, int bit) {
    byte[] copy = bytes.clone();
    if (at < copy.length) {
      copy[at] ^= (byte) (1 << bit);
    }
    return copy;
  }

  /** With a number of four or eight bytes, of either order, in place of what was there. */
  private static byte[] overwritten(byte[] bytes, int at, int length, int form) {
    ByteBuffer number = ByteBuffer.allocate(8);
    number.order(form % 2 == 0 ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
    int size = form < 2 ? 4 : 8;
    if (size == 4) {
      number.putInt((int) LENGTHS[length]);
    } else {
      number.putLong(LENGTHS[length]);
    }
    byte[] copy = bytes.clone();
    System.arraycopy(number.array(), 0, copy, at, Math.min(size, copy.length - at));
    return copy;
  }

  private static byte[] joined(byte[]... parts) {
    int length = 0;
    for (byte[] part : parts) {
      length += part.length;
    }
    ByteBuffer all = ByteBuffer.allocate(length);
    for (byte[] part : parts) {
      all.put(part);
    }
    return all.array();
  }

  private static String shown(byte[] content) {
    String text =
        new String(Arrays.copyOf(content, Math.min(content.length, 1_500)), StandardCharsets.UTF_8);
    return content.length + " bytes: " + text.replaceAll("[\\p{Cntrl}&&[^\n]]", "·");
  }
}
