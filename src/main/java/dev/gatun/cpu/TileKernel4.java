package dev.gatun.cpu;

import static dev.gatun.cpu.Simd.LENGTH;
import static dev.gatun.cpu.Simd.SPECIES;
import static dev.gatun.cpu.TileProduct.COLUMNS;
import static dev.gatun.cpu.TileProduct.STRIDE;

import jdk.incubator.vector.FloatVector;

/**
 * The kernels of {@link TileProduct} for vectors of 128 and 256 bits: four rows by two vectors,
 * eight accumulators; more do not fit beside the operands into 16 registers.
 */
final class TileKernel4 {
  private TileKernel4() {}

  /** See {@link TileProduct#scores}. */
  static void scores(float[] a, int aAt, float[] b, int bAt, float[] c, int cAt, int k) {
    FloatVector c0l = FloatVector.zero(SPECIES);
    FloatVector c0r = c0l;
    FloatVector c1l = c0l;
    FloatVector c1r = c0l;
    FloatVector c2l = c0l;
    FloatVector c2r = c0l;
    FloatVector c3l = c0l;
    FloatVector c3r = c0l;
    for (int p = 0; p < k; p++) {
      FloatVector l = FloatVector.fromArray(SPECIES, b, bAt + p * STRIDE);
      FloatVector r = FloatVector.fromArray(SPECIES, b, bAt + p * STRIDE + LENGTH);
      FloatVector a0 = FloatVector.broadcast(SPECIES, a[aAt + p * STRIDE]);
      c0l = a0.fma(l, c0l);
      c0r = a0.fma(r, c0r);
      FloatVector a1 = FloatVector.broadcast(SPECIES, a[aAt + p * STRIDE + 1]);
      c1l = a1.fma(l, c1l);
      c1r = a1.fma(r, c1r);
      FloatVector a2 = FloatVector.broadcast(SPECIES, a[aAt + p * STRIDE + 2]);
      c2l = a2.fma(l, c2l);
      c2r = a2.fma(r, c2r);
      FloatVector a3 = FloatVector.broadcast(SPECIES, a[aAt + p * STRIDE + 3]);
      c3l = a3.fma(l, c3l);
      c3r = a3.fma(r, c3r);
    }
    c0l.intoArray(c, cAt);
    c0r.intoArray(c, cAt + LENGTH);
    c1l.intoArray(c, cAt + STRIDE);
    c1r.intoArray(c, cAt + STRIDE + LENGTH);
    c2l.intoArray(c, cAt + 2 * STRIDE);
    c2r.intoArray(c, cAt + 2 * STRIDE + LENGTH);
    c3l.intoArray(c, cAt + 3 * STRIDE);
    c3r.intoArray(c, cAt + 3 * STRIDE + LENGTH);
  }

  /** See {@link TileProduct#columns}. */
  static void columns(
      float[] a, int aAt, float[] b, int bAt, float[] c, int cAt, int from, int to) {
    FloatVector c0l = FloatVector.fromArray(SPECIES, c, cAt);
    FloatVector c0r = FloatVector.fromArray(SPECIES, c, cAt + LENGTH);
    FloatVector c1l = FloatVector.fromArray(SPECIES, c, cAt + COLUMNS);
    FloatVector c1r = FloatVector.fromArray(SPECIES, c, cAt + COLUMNS + LENGTH);
    FloatVector c2l = FloatVector.fromArray(SPECIES, c, cAt + 2 * COLUMNS);
    FloatVector c2r = FloatVector.fromArray(SPECIES, c, cAt + 2 * COLUMNS + LENGTH);
    FloatVector c3l = FloatVector.fromArray(SPECIES, c, cAt + 3 * COLUMNS);
    FloatVector c3r = FloatVector.fromArray(SPECIES, c, cAt + 3 * COLUMNS + LENGTH);
    for (int p = from; p < to; p++) {
      FloatVector l = FloatVector.fromArray(SPECIES, b, bAt + p * COLUMNS);
      FloatVector r = FloatVector.fromArray(SPECIES, b, bAt + p * COLUMNS + LENGTH);
      FloatVector a0 = FloatVector.broadcast(SPECIES, a[aAt + p * STRIDE]);
      c0l = a0.fma(l, c0l);
      c0r = a0.fma(r, c0r);
      FloatVector a1 = FloatVector.broadcast(SPECIES, a[aAt + p * STRIDE + 1]);
      c1l = a1.fma(l, c1l);
      c1r = a1.fma(r, c1r);
      FloatVector a2 = FloatVector.broadcast(SPECIES, a[aAt + p * STRIDE + 2]);
      c2l = a2.fma(l, c2l);
      c2r = a2.fma(r, c2r);
      FloatVector a3 = FloatVector.broadcast(SPECIES, a[aAt + p * STRIDE + 3]);
      c3l = a3.fma(l, c3l);
      c3r = a3.fma(r, c3r);
    }
    c0l.intoArray(c, cAt);
    c0r.intoArray(c, cAt + LENGTH);
    c1l.intoArray(c, cAt + COLUMNS);
    c1r.intoArray(c, cAt + COLUMNS + LENGTH);
    c2l.intoArray(c, cAt + 2 * COLUMNS);
    c2r.intoArray(c, cAt + 2 * COLUMNS + LENGTH);
    c3l.intoArray(c, cAt + 3 * COLUMNS);
    c3r.intoArray(c, cAt + 3 * COLUMNS + LENGTH);
  }

  /** See {@link TileProduct#rows}. */
  static void rows(float[] a, int aAt, float[] b, int bAt, float[] c, int cAt, int from, int to) {
    FloatVector c0l = FloatVector.fromArray(SPECIES, c, cAt);
    FloatVector c0r = FloatVector.fromArray(SPECIES, c, cAt + LENGTH);
    FloatVector c1l = FloatVector.fromArray(SPECIES, c, cAt + COLUMNS);
    FloatVector c1r = FloatVector.fromArray(SPECIES, c, cAt + COLUMNS + LENGTH);
    FloatVector c2l = FloatVector.fromArray(SPECIES, c, cAt + 2 * COLUMNS);
    FloatVector c2r = FloatVector.fromArray(SPECIES, c, cAt + 2 * COLUMNS + LENGTH);
    FloatVector c3l = FloatVector.fromArray(SPECIES, c, cAt + 3 * COLUMNS);
    FloatVector c3r = FloatVector.fromArray(SPECIES, c, cAt + 3 * COLUMNS + LENGTH);
    for (int p = from; p < to; p++) {
      FloatVector l = FloatVector.fromArray(SPECIES, b, bAt + p * COLUMNS);
      FloatVector r = FloatVector.fromArray(SPECIES, b, bAt + p * COLUMNS + LENGTH);
      FloatVector a0 = FloatVector.broadcast(SPECIES, a[aAt + p]);
      c0l = a0.fma(l, c0l);
      c0r = a0.fma(r, c0r);
      FloatVector a1 = FloatVector.broadcast(SPECIES, a[aAt + STRIDE + p]);
      c1l = a1.fma(l, c1l);
      c1r = a1.fma(r, c1r);
      FloatVector a2 = FloatVector.broadcast(SPECIES, a[aAt + 2 * STRIDE + p]);
      c2l = a2.fma(l, c2l);
      c2r = a2.fma(r, c2r);
      FloatVector a3 = FloatVector.broadcast(SPECIES, a[aAt + 3 * STRIDE + p]);
      c3l = a3.fma(l, c3l);
      c3r = a3.fma(r, c3r);
    }
    c0l.intoArray(c, cAt);
    c0r.intoArray(c, cAt + LENGTH);
    c1l.intoArray(c, cAt + COLUMNS);
    c1r.intoArray(c, cAt + COLUMNS + LENGTH);
    c2l.intoArray(c, cAt + 2 * COLUMNS);
    c2r.intoArray(c, cAt + 2 * COLUMNS + LENGTH);
    c3l.intoArray(c, cAt + 3 * COLUMNS);
    c3r.intoArray(c, cAt + 3 * COLUMNS + LENGTH);
  }
}
