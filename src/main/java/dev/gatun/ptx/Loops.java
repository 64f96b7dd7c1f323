package dev.gatun.ptx;

/** The loops of frequent instructions on whole rows. Each is short, so that it is vectorised. */
final class Loops {
  private static final int N = Warp.LANES;

  private Loops() {}

  // ---- 32-bit integers

  static void move(int[] d, int[] a, int[] b, int[] c) {
    System.arraycopy(a, 0, d, 0, N);
  }

  static void add(int[] d, int[] a, int[] b, int[] c) {
    for (int l = 0; l < N; l++) {
      d[l] = a[l] + b[l];
    }
  }

  static void sub(int[] d, int[] a, int[] b, int[] c) {
    for (int l = 0; l < N; l++) {
      d[l] = a[l] - b[l];
    }
  }

  static void mul(int[] d, int[] a, int[] b, int[] c) {
    for (int l = 0; l < N; l++) {
      d[l] = a[l] * b[l];
    }
  }

  static void mad(int[] d, int[] a, int[] b, int[] c) {
    for (int l = 0; l < N; l++) {
      d[l] = a[l] * b[l] + c[l];
    }
  }

  static void neg(int[] d, int[] a, int[] b, int[] c) {
    for (int l = 0; l < N; l++) {
      d[l] = -a[l];
    }
  }

  static void abs(int[] d, int[] a, int[] b, int[] c) {
    for (int l = 0; l < N; l++) {
      d[l] = Math.abs(a[l]);
    }
  }

  static void min(int[] d, int[] a, int[] b, int[] c) {
    for (int l = 0; l < N; l++) {
      d[l] = Math.min(a[l], b[l]);
    }
  }

  static void max(int[] d, int[] a, int[] b, int[] c) {
    for (int l = 0; l < N; l++) {
      d[l] = Math.max(a[l], b[l]);
    }
  }

  static void minUnsigned(int[] d, int[] a, int[] b, int[] c) {
    for (int l = 0; l < N; l++) {
      d[l] = Math.min(a[l] ^ Integer.MIN_VALUE, b[l] ^ Integer.MIN_VALUE) ^ Integer.MIN_VALUE;
    }
  }

  static void maxUnsigned(int[] d, int[] a, int[] b, int[] c) {
    for (int l = 0; l < N; l++) {
      d[l] = Math.max(a[l] ^ Integer.MIN_VALUE, b[l] ^ Integer.MIN_VALUE) ^ Integer.MIN_VALUE;
    }
  }

  static void and(int[] d, int[] a, int[] b, int[] c) {
    for (int l = 0; l < N; l++) {
      d[l] = a[l] & b[l];
    }
  }

  static void or(int[] d, int[] a, int[] b, int[] c) {
    for (int l = 0; l < N; l++) {
      d[l] = a[l] | b[l];
    }
  }

  static void xor(int[] d, int[] a, int[] b, int[] c) {
    for (int l = 0; l < N; l++) {
      d[l] = a[l] ^ b[l];
    }
  }

  static void not(int[] d, int[] a, int[] b, int[] c) {
    for (int l = 0; l < N; l++) {
      d[l] = ~a[l];
    }
  }

  /** Shifts by 32 or more give 0. */
  static void shl(int[] d, int[] a, int[] b, int[] c) {
    for (int l = 0; l < N; l++) {
      d[l] = (b[l] & -32) != 0 ? 0 : a[l] << b[l];
    }
  }

  static void shr(int[] d, int[] a, int[] b, int[] c) {
    for (int l = 0; l < N; l++) {
      d[l] = (b[l] & -32) != 0 ? 0 : a[l] >>> b[l];
    }
  }

  static void shrSigned(int[] d, int[] a, int[] b, int[] c) {
    for (int l = 0; l < N; l++) {
      d[l] = a[l] >> ((b[l] & -32) != 0 ? 31 : b[l]);
    }
  }

  // ---- 64-bit integers

  static void move(long[] d, long[] a, long[] b, long[] c) {
    System.arraycopy(a, 0, d, 0, N);
  }

  static void add(long[] d, long[] a, long[] b, long[] c) {
    for (int l = 0; l < N; l++) {
      d[l] = a[l] + b[l];
    }
  }

  static void sub(long[] d, long[] a, long[] b, long[] c) {
    for (int l = 0; l < N; l++) {
      d[l] = a[l] - b[l];
    }
  }

  static void mul(long[] d, long[] a, long[] b, long[] c) {
    for (int l = 0; l < N; l++) {
      d[l] = a[l] * b[l];
    }
  }

  static void mad(long[] d, long[] a, long[] b, long[] c) {
    for (int l = 0; l < N; l++) {
      d[l] = a[l] * b[l] + c[l];
    }
  }

  static void and(long[] d, long[] a, long[] b, long[] c) {
    for (int l = 0; l < N; l++) {
      d[l] = a[l] & b[l];
    }
  }

  static void or(long[] d, long[] a, long[] b, long[] c) {
    for (int l = 0; l < N; l++) {
      d[l] = a[l] | b[l];
    }
  }

  static void xor(long[] d, long[] a, long[] b, long[] c) {
    for (int l = 0; l < N; l++) {
      d[l] = a[l] ^ b[l];
    }
  }

  // ---- Both widths

  static void mulWide(long[] d, int[] a, int[] b, long[] c) {
    for (int l = 0; l < N; l++) {
      d[l] = (long) a[l] * b[l];
    }
  }

  static void mulWideUnsigned(long[] d, int[] a, int[] b, long[] c) {
    for (int l = 0; l < N; l++) {
      d[l] = (a[l] & 0xffff_ffffL) * (b[l] & 0xffff_ffffL);
    }
  }

  static void madWide(long[] d, int[] a, int[] b, long[] c) {
    for (int l = 0; l < N; l++) {
      d[l] = (long) a[l] * b[l] + c[l];
    }
  }

  static void madWideUnsigned(long[] d, int[] a, int[] b, long[] c) {
    for (int l = 0; l < N; l++) {
      d[l] = (a[l] & 0xffff_ffffL) * (b[l] & 0xffff_ffffL) + c[l];
    }
  }

  static void signExtend(long[] d, int[] a, int[] b, long[] c) {
    for (int l = 0; l < N; l++) {
      d[l] = a[l];
    }
  }

  static void zeroExtend(long[] d, int[] a, int[] b, long[] c) {
    for (int l = 0; l < N; l++) {
      d[l] = a[l] & 0xffff_ffffL;
    }
  }

  /** Shifts c by a; shifts by 64 or more give 0. */
  static void shl(long[] d, int[] a, int[] b, long[] c) {
    for (int l = 0; l < N; l++) {
      d[l] = (a[l] & -64) != 0 ? 0 : c[l] << a[l];
    }
  }

  static void shr(long[] d, int[] a, int[] b, long[] c) {
    for (int l = 0; l < N; l++) {
      d[l] = (a[l] & -64) != 0 ? 0 : c[l] >>> a[l];
    }
  }

  static void shrSigned(long[] d, int[] a, int[] b, long[] c) {
    for (int l = 0; l < N; l++) {
      d[l] = c[l] >> ((a[l] & -64) != 0 ? 63 : a[l]);
    }
  }

  // ---- Single precision; every NaN that is computed is the canonical one

  static void addF(int[] d, int[] a, int[] b, int[] c) {
    for (int l = 0; l < N; l++) {
      d[l] = F32.bits(Float.intBitsToFloat(a[l]) + Float.intBitsToFloat(b[l]));
    }
  }

  static void subF(int[] d, int[] a, int[] b, int[] c) {
    for (int l = 0; l < N; l++) {
      d[l] = F32.bits(Float.intBitsToFloat(a[l]) - Float.intBitsToFloat(b[l]));
    }
  }

  static void mulF(int[] d, int[] a, int[] b, int[] c) {
    for (int l = 0; l < N; l++) {
      d[l] = F32.bits(Float.intBitsToFloat(a[l]) * Float.intBitsToFloat(b[l]));
    }
  }

  static void fmaF(int[] d, int[] a, int[] b, int[] c) {
    for (int l = 0; l < N; l++) {
      d[l] =
          F32.bits(
              Math.fma(
                  Float.intBitsToFloat(a[l]),
                  Float.intBitsToFloat(b[l]),
                  Float.intBitsToFloat(c[l])));
    }
  }

  static void negF(int[] d, int[] a, int[] b, int[] c) {
    for (int l = 0; l < N; l++) {
      d[l] = a[l] ^ Integer.MIN_VALUE;
    }
  }

  static void absF(int[] d, int[] a, int[] b, int[] c) {
    for (int l = 0; l < N; l++) {
      d[l] = a[l] & Integer.MAX_VALUE;
    }
  }

  static void divF(int[] d, int[] a, int[] b, int[] c) {
    for (int l = 0; l < N; l++) {
      d[l] = F32.bits(Float.intBitsToFloat(a[l]) / Float.intBitsToFloat(b[l]));
    }
  }

  static void minF(int[] d, int[] a, int[] b, int[] c) {
    for (int l = 0; l < N; l++) {
      d[l] = F32.min(a[l], b[l]);
    }
  }

  static void maxF(int[] d, int[] a, int[] b, int[] c) {
    for (int l = 0; l < N; l++) {
      d[l] = F32.max(a[l], b[l]);
    }
  }

  static void signedToF(int[] d, int[] a, int[] b, int[] c) {
    for (int l = 0; l < N; l++) {
      d[l] = Float.floatToRawIntBits((float) a[l]);
    }
  }
}
