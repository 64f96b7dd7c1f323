package dev.gatun.ptx;

/** The byte selections of {@code prmt}. */
final class Permute {
  private Permute() {}

  /**
   * @param bytes b:a
   * @param control the selector c
   * @param mode empty for the general one
   */
  static long apply(long bytes, int control, String mode) {
    long result = 0;
    for (int i = 0; i < 4; i++) {
      result |= selected(bytes, control, mode, i) << (8 * i);
    }
    return result;
  }

  private static long selected(long bytes, int control, String mode, int i) {
    int c = control & 3;
    return switch (mode) {
      case "f4e" -> at(bytes, c + i);
      case "b4e" -> at(bytes, c - i & 7);
      case "rc8" -> at(bytes, c);
      case "ecl" -> at(bytes, Math.max(i, c));
      case "ecr" -> at(bytes, Math.min(i, c));
      case "rc16" -> at(bytes, (c & 1) * 2 + (i & 1));
      default -> {
        int selector = control >>> (4 * i) & 15;
        long chosen = at(bytes, selector & 7);
        yield selector < 8 ? chosen : (chosen & 0x80) != 0 ? 0xff : 0;
      }
    };
  }

  private static long at(long bytes, int i) {
    return bytes >>> (8 * i) & 0xff;
  }
}
