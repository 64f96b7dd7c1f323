package dev.gatun.cpu;

import static dev.gatun.cpu.Simd.LENGTH;
import static dev.gatun.cpu.Simd.SPECIES;

import jdk.incubator.vector.FloatVector;

/**
 * The micro-kernel for 16 registers: 4 rows by 2 vectors. Six rows, the textbook choice for AVX2,
 * spill and run at half the speed. With 512 bits it serves the rows that 12 leave over.
 */
final class Kernel4 {
  static final int ROWS = 4;
  private static final int COLUMNS = 2 * LENGTH;

  private Kernel4() {}

  /**
   * {@code c[i][j] = s[i][j] + Σ_p a[p][i]·b[p][j]}, one chain of fma over ascending p.
   *
   * @param a a left panel, [k, 4]
   * @param b a right panel, [k, 2 LENGTH]
   * @param s where the chains begin, rows {@code lds} apart: 0 if all begin alike; may be c
   * @param c [4, 2 LENGTH] with rows {@code ldc} apart
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
    }
    c0l.intoArray(c, cAt);
    c0r.intoArray(c, cAt + LENGTH);
    c1l.intoArray(c, cAt + ldc);
    c1r.intoArray(c, cAt + ldc + LENGTH);
    c2l.intoArray(c, cAt + 2 * ldc);
    c2r.intoArray(c, cAt + 2 * ldc + LENGTH);
    c3l.intoArray(c, cAt + 3 * ldc);
    c3r.intoArray(c, cAt + 3 * ldc + LENGTH);
  }
}
