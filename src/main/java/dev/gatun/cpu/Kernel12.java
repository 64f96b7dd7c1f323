package dev.gatun.cpu;

import static dev.gatun.cpu.Simd.LENGTH;
import static dev.gatun.cpu.Simd.SPECIES;

import jdk.incubator.vector.FloatVector;

/**
 * The micro-kernel for vectors of 512 bits: 12 rows by 2 vectors, 24 accumulators of 32 registers.
 *
 * <p>It touches only {@code float[]} and it is written out: accumulators must be local variables to
 * stay in registers, and the many loads and stores of a method on memory segments overflow the
 * first compiler, after which the second never sees the method. Unrolling over k loses speed.
 */
final class Kernel12 {
  static final int ROWS = 12;
  private static final int COLUMNS = 2 * LENGTH;

  private Kernel12() {}

  /**
   * {@code c[i][j] = s[i][j] + Σ_p a[p][i]·b[p][j]}, one chain of fma over ascending p.
   *
   * @param a a left panel, [k, 12]
   * @param b a right panel, [k, 2 LENGTH]
   * @param s where the chains begin, rows {@code lds} apart: 0 if all begin alike; may be c
   * @param c [12, 2 LENGTH] with rows {@code ldc} apart
   */
  static void run(
      int k,
      float[] a,
      int aAt,
      float[] b,
      int bAt,
      float[] s,
      int sAt,
      int lds,
      float[] c,
      int cAt,
      int ldc) {
    FloatVector c0l = FloatVector.fromArray(SPECIES, s, sAt);
    FloatVector c0r = FloatVector.fromArray(SPECIES, s, sAt + LENGTH);
    FloatVector c1l = FloatVector.fromArray(SPECIES, s, sAt + lds);
    FloatVector c1r = FloatVector.fromArray(SPECIES, s, sAt + lds + LENGTH);
    FloatVector c2l = FloatVector.fromArray(SPECIES, s, sAt + 2 * lds);
    FloatVector c2r = FloatVector.fromArray(SPECIES, s, sAt + 2 * lds + LENGTH);
    FloatVector c3l = FloatVector.fromArray(SPECIES, s, sAt + 3 * lds);
    FloatVector c3r = FloatVector.fromArray(SPECIES, s, sAt + 3 * lds + LENGTH);
    FloatVector c4l = FloatVector.fromArray(SPECIES, s, sAt + 4 * lds);
    FloatVector c4r = FloatVector.fromArray(SPECIES, s, sAt + 4 * lds + LENGTH);
    FloatVector c5l = FloatVector.fromArray(SPECIES, s, sAt + 5 * lds);
    FloatVector c5r = FloatVector.fromArray(SPECIES, s, sAt + 5 * lds + LENGTH);
    FloatVector c6l = FloatVector.fromArray(SPECIES, s, sAt + 6 * lds);
    FloatVector c6r = FloatVector.fromArray(SPECIES, s, sAt + 6 * lds + LENGTH);
    FloatVector c7l = FloatVector.fromArray(SPECIES, s, sAt + 7 * lds);
    FloatVector c7r = FloatVector.fromArray(SPECIES, s, sAt + 7 * lds + LENGTH);
    FloatVector c8l = FloatVector.fromArray(SPECIES, s, sAt + 8 * lds);
    FloatVector c8r = FloatVector.fromArray(SPECIES, s, sAt + 8 * lds + LENGTH);
    FloatVector c9l = FloatVector.fromArray(SPECIES, s, sAt + 9 * lds);
    FloatVector c9r = FloatVector.fromArray(SPECIES, s, sAt + 9 * lds + LENGTH);
    FloatVector c10l = FloatVector.fromArray(SPECIES, s, sAt + 10 * lds);
    FloatVector c10r = FloatVector.fromArray(SPECIES, s, sAt + 10 * lds + LENGTH);
    FloatVector c11l = FloatVector.fromArray(SPECIES, s, sAt + 11 * lds);
    FloatVector c11r = FloatVector.fromArray(SPECIES, s, sAt + 11 * lds + LENGTH);
    for (int p = 0; p < k; p++) {
      FloatVector l = FloatVector.fromArray(SPECIES, b, bAt + p * COLUMNS);
      FloatVector r = FloatVector.fromArray(SPECIES, b, bAt + p * COLUMNS + LENGTH);
      int at = aAt + p * ROWS;
      FloatVector a0 = FloatVector.broadcast(SPECIES, a[at]);
      c0l = a0.fma(l, c0l);
      c0r = a0.fma(r, c0r);
      FloatVector a1 = FloatVector.broadcast(SPECIES, a[at + 1]);
      c1l = a1.fma(l, c1l);
      c1r = a1.fma(r, c1r);
      FloatVector a2 = FloatVector.broadcast(SPECIES, a[at + 2]);
      c2l = a2.fma(l, c2l);
      c2r = a2.fma(r, c2r);
      FloatVector a3 = FloatVector.broadcast(SPECIES, a[at + 3]);
      c3l = a3.fma(l, c3l);
      c3r = a3.fma(r, c3r);
      FloatVector a4 = FloatVector.broadcast(SPECIES, a[at + 4]);
      c4l = a4.fma(l, c4l);
      c4r = a4.fma(r, c4r);
      FloatVector a5 = FloatVector.broadcast(SPECIES, a[at + 5]);
      c5l = a5.fma(l, c5l);
      c5r = a5.fma(r, c5r);
      FloatVector a6 = FloatVector.broadcast(SPECIES, a[at + 6]);
      c6l = a6.fma(l, c6l);
      c6r = a6.fma(r, c6r);
      FloatVector a7 = FloatVector.broadcast(SPECIES, a[at + 7]);
      c7l = a7.fma(l, c7l);
      c7r = a7.fma(r, c7r);
      FloatVector a8 = FloatVector.broadcast(SPECIES, a[at + 8]);
      c8l = a8.fma(l, c8l);
      c8r = a8.fma(r, c8r);
      FloatVector a9 = FloatVector.broadcast(SPECIES, a[at + 9]);
      c9l = a9.fma(l, c9l);
      c9r = a9.fma(r, c9r);
      FloatVector a10 = FloatVector.broadcast(SPECIES, a[at + 10]);
      c10l = a10.fma(l, c10l);
      c10r = a10.fma(r, c10r);
      FloatVector a11 = FloatVector.broadcast(SPECIES, a[at + 11]);
      c11l = a11.fma(l, c11l);
      c11r = a11.fma(r, c11r);
    }
    c0l.intoArray(c, cAt);
    c0r.intoArray(c, cAt + LENGTH);
    c1l.intoArray(c, cAt + ldc);
    c1r.intoArray(c, cAt + ldc + LENGTH);
    c2l.intoArray(c, cAt + 2 * ldc);
    c2r.intoArray(c, cAt + 2 * ldc + LENGTH);
    c3l.intoArray(c, cAt + 3 * ldc);
    c3r.intoArray(c, cAt + 3 * ldc + LENGTH);
    c4l.intoArray(c, cAt + 4 * ldc);
    c4r.intoArray(c, cAt + 4 * ldc + LENGTH);
    c5l.intoArray(c, cAt + 5 * ldc);
    c5r.intoArray(c, cAt + 5 * ldc + LENGTH);
    c6l.intoArray(c, cAt + 6 * ldc);
    c6r.intoArray(c, cAt + 6 * ldc + LENGTH);
    c7l.intoArray(c, cAt + 7 * ldc);
    c7r.intoArray(c, cAt + 7 * ldc + LENGTH);
    c8l.intoArray(c, cAt + 8 * ldc);
    c8r.intoArray(c, cAt + 8 * ldc + LENGTH);
    c9l.intoArray(c, cAt + 9 * ldc);
    c9r.intoArray(c, cAt + 9 * ldc + LENGTH);
    c10l.intoArray(c, cAt + 10 * ldc);
    c10r.intoArray(c, cAt + 10 * ldc + LENGTH);
    c11l.intoArray(c, cAt + 11 * ldc);
    c11r.intoArray(c, cAt + 11 * ldc + LENGTH);
  }
}
