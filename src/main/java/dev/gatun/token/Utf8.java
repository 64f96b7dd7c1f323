package dev.gatun.token;

/** UTF-8 where the exact treatment of bad bytes matters. */
final class Utf8 {
  private static final char REPLACEMENT = '\uFFFD';

  private Utf8() {}

  /** The number of bytes that UTF-8 needs for a code point. */
  static int length(int codePoint) {
    return codePoint < 0x80 ? 1 : codePoint < 0x800 ? 2 : codePoint < 0x10000 ? 3 : 4;
  }

  /** Writes a code point's bytes at an index and returns how many they were. */
  static int encode(int codePoint, byte[] out, int at) {
    int length = length(codePoint);
    if (length == 1) {
      out[at] = (byte) codePoint;
      return 1;
    }
    for (int i = length - 1, rest = codePoint; i > 0; i--, rest >>>= 6) {
      out[at + i] = (byte) (0x80 | (rest & 0x3F));
    }
    out[at] = (byte) ((0xF00 >>> length) | (codePoint >>> (6 * (length - 1))));
    return length;
  }

  /**
   * Decodes, with one U+FFFD for each maximal subpart of an ill-formed sequence: Unicode 16,
   * section 3.9, "U+FFFD Substitution of Maximal Subparts". The JDK's decoder writes one where this
   * rule writes three for an encoded surrogate.
   */
  static String decodeLossy(byte[] bytes, int length) {
    StringBuilder text = new StringBuilder(length);
    int at = 0;
    while (at < length) {
      int lead = bytes[at] & 0xFF;
      if (lead < 0x80) {
        text.append((char) lead);
        at++;
        continue;
      }
      int needed = continuations(lead);
      int valid = 0;
      int codePoint = lead & (0x3F >>> needed);
      while (valid < needed && at + 1 + valid < length) {
        int next = bytes[at + 1 + valid] & 0xFF;
        if (valid == 0 ? !secondByteFits(lead, next) : (next & 0xC0) != 0x80) {
          break;
        }
        codePoint = (codePoint << 6) | (next & 0x3F);
        valid++;
      }
      if (needed > 0 && valid == needed) {
        text.appendCodePoint(codePoint);
      } else {
        text.append(REPLACEMENT);
      }
      at += 1 + valid;
    }
    return text.toString();
  }

  /** Whether the bytes are well formed throughout. */
  static boolean isWellFormed(byte[] bytes, int length) {
    int at = 0;
    while (at < length) {
      int lead = bytes[at++] & 0xFF;
      if (lead < 0x80) {
        continue;
      }
      int needed = continuations(lead);
      if (needed == 0 || at + needed > length || !secondByteFits(lead, bytes[at] & 0xFF)) {
        return false;
      }
      for (int i = 1; i < needed; i++) {
        if ((bytes[at + i] & 0xC0) != 0x80) {
          return false;
        }
      }
      at += needed;
    }
    return true;
  }

  /** How many continuation bytes a lead byte asks for; 0 for a byte that cannot lead. */
  private static int continuations(int lead) {
    if (lead < 0xC2 || lead > 0xF4) {
      return 0;
    }
    return lead < 0xE0 ? 1 : lead < 0xF0 ? 2 : 3;
  }

  /** Table 3-7 of the Unicode standard: no overlong forms, no surrogates, nothing past U+10FFFF. */
  private static boolean secondByteFits(int lead, int second) {
    return switch (lead) {
      case 0xE0 -> second >= 0xA0 && second <= 0xBF;
      case 0xED -> second >= 0x80 && second <= 0x9F;
      case 0xF0 -> second >= 0x90 && second <= 0xBF;
      case 0xF4 -> second >= 0x80 && second <= 0x8F;
      default -> (second & 0xC0) == 0x80;
    };
  }
}
