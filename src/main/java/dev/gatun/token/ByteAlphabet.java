package dev.gatun.token;

import java.util.Arrays;

/**
 * GPT-2's printable stand-ins for the 256 bytes: printable Latin-1 stands for itself, and the other
 * 68 bytes, in order, for U+0100 and up. So the space is {@code Ġ} and the newline {@code Ċ}.
 *
 * <p>Radford et al.: "Language Models are Unsupervised Multitask Learners", 2019, section 2.2;
 * {@code bytes_to_unicode} of its code.
 */
public final class ByteAlphabet {
  private static final char[] CHAR_OF_BYTE = new char[256];
  private static final short[] BYTE_OF_CHAR = new short[256 + 68];

  static {
    int next = 256;
    for (int b = 0; b < 256; b++) {
      boolean printable = (b >= '!' && b <= '~') || (b >= 0xA1 && b <= 0xAC) || b >= 0xAE;
      CHAR_OF_BYTE[b] = (char) (printable ? b : next++);
    }
    Arrays.fill(BYTE_OF_CHAR, (short) -1);
    for (int b = 0; b < 256; b++) {
      BYTE_OF_CHAR[CHAR_OF_BYTE[b]] = (short) b;
    }
  }

  private ByteAlphabet() {}

  /** The character that stands for a byte, given as 0 .. 255. */
  static char charOf(int b) {
    return CHAR_OF_BYTE[b];
  }

  /** The byte, 0 .. 255, that a character stands for; -1 for a character outside the alphabet. */
  static int byteOf(int codePoint) {
    return codePoint < BYTE_OF_CHAR.length ? BYTE_OF_CHAR[codePoint] : -1;
  }

  /** All 256 characters, in order of the bytes they stand for. */
  public static int[] codePoints() {
    int[] codePoints = new int[256];
    for (int b = 0; b < 256; b++) {
      codePoints[b] = CHAR_OF_BYTE[b];
    }
    return codePoints;
  }
}
