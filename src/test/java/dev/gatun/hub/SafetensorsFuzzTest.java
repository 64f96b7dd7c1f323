package dev.gatun.hub;

import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import dev.gatun.core.DataException;
import dev.gatun.core.Philox;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A damaged file is read or refused with a message: never a crash, a hang or a wrong slice. */
class SafetensorsFuzzTest {
  private static final byte[] VALID =
      SafetensorsBytes.of(
          """
          {"__metadata__":{"format":"pt"},\
          "model.embed_tokens.weight":{"dtype":"F32","shape":[3,2],"data_offsets":[0,24]},\
          "scalar":{"dtype":"F64","shape":[],"data_offsets":[24,32]},\
          "empty":{"dtype":"BF16","shape":[0,7],"data_offsets":[32,32]},\
          "half":{"dtype":"F16","shape":[4],"data_offsets":[32,40]},\
          "ids":{"dtype":"I64","shape":[1],"data_offsets":[40,48]}}  \s""",
          48);

  private static final String[] SNIPPETS = {
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\"",
    "\\",
    "\\ud800",
    "\\u0000",
    "null",
    "true",
    "-1",
    "0",
    "1e9",
    "1.5",
    "9223372036854775807",
    "9223372036854775808",
    "99999999999999999999999999",
    "\"F32\"",
    "\"dtype\"",
    "\"shape\"",
    "\"data_offsets\"",
    "\"__metadata__\"",
    "[0,0]",
    "{}",
    " ",
    "\n",
    "\0",
    "/**/",
    "NaN",
    "é",
    "\uD83D\uDE00"
  };

  @Test
  void everyTruncationIsRefused() {
    for (int length = 0; length < VALID.length; length++) {
      byte[] cut = Arrays.copyOf(VALID, length);
      assertTrue(!accepts(cut), "cut to " + length);
    }
    assertTrue(accepts(VALID));
  }

  @Test
  void everyByteOfTheHeaderFlipped() {
    for (int i = 0; i < VALID.length - 48; i++) {
      for (int bit = 0; bit < 8; bit++) {
        byte[] flipped = VALID.clone();
        flipped[i] ^= (byte) (1 << bit);
        accepts(flipped);
      }
    }
  }

  @Test
  void randomEdits() {
    edits(3_000);
  }

  @Test
  @Tag("slow")
  void manyRandomEdits() {
    edits(2_000_000);
  }

  /** A header of the largest size must not need more memory than a small machine has. */
  @Test
  @Tag("slow")
  void aHugeHeaderIsBounded() {
    byte[] header = new byte[100_000_000];
    for (String open : new String[] {"[", "{\"a\":", "1,", "\"", "{\"a\":{\"shape\":[0"}) {
      byte[] unit = open.getBytes(StandardCharsets.UTF_8);
      for (int i = 0; i < header.length; i++) {
        header[i] = unit[i % unit.length];
      }
      header[0] = '{';
      header[header.length - 1] = '}';
      byte[] contents = SafetensorsBytes.of(header, 0);
      assertTimeoutPreemptively(Duration.ofMinutes(1), () -> assertTrue(!accepts(contents)));
    }
  }

  private static void edits(int rounds) {
    Philox random = new Philox(1, 0);
    int accepted = 0;
    for (int round = 0; round < rounds; round++) {
      accepted += accepts(edited(random, 64L * round)) ? 1 : 0;
    }
    assertTrue(accepted > 0 && accepted < rounds, accepted + " of " + rounds + " accepted");
  }

  /** Replaces, inserts or removes a few pieces, and keeps the length field true. */
  private static byte[] edited(Philox random, long address) {
    String header = new String(VALID, 8, VALID.length - 56, StandardCharsets.UTF_8);
    int edits = 1 + random.below(3, address++);
    for (int edit = 0; edit < edits; edit++) {
      int from = random.below(header.length() + 1, address++);
      int removed = Math.min(random.below(8, address++), header.length() - from);
      String piece =
          random.below(3, address++) == 0 ? "" : SNIPPETS[random.below(SNIPPETS.length, address++)];
      header = header.substring(0, from) + piece + header.substring(from + removed);
    }
    return SafetensorsBytes.of(header, 48);
  }

  /** Reads a file from memory; anything but a refusal with a message fails the test. */
  private static boolean accepts(byte[] contents) {
    MemorySegment segment = MemorySegment.ofArray(contents);
    try {
      SafetensorsHeader header = SafetensorsHeader.read("file", segment);
      checkCover(header, contents);
      return true;
    } catch (DataException e) {
      assertTrue(e.getMessage() != null && e.getMessage().startsWith("file: "), e.getMessage());
      return false;
    } catch (RuntimeException | StackOverflowError | OutOfMemoryError e) {
      return fail("not refused but thrown for " + new String(contents, StandardCharsets.UTF_8), e);
    }
  }

  /** What was accepted covers the data exactly, and each slice has the size of its shape. */
  private static void checkCover(SafetensorsHeader header, byte[] contents) {
    long covered = 0;
    for (TensorEntry entry : header.entries().values()) {
      long bits = entry.shape().elements() * entry.type().bits();
      assertTrue(bits == 8 * entry.data().byteSize(), entry.toString());
      covered += entry.data().byteSize();
    }
    long length = ByteBuffer.wrap(contents).order(ByteOrder.LITTLE_ENDIAN).getLong();
    assertTrue(covered == contents.length - 8 - length);
  }
}
