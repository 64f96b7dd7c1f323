package dev.gatun.cpu;

import static dev.gatun.cpu.Simd.LENGTH;
import static dev.gatun.cpu.Simd.SPECIES;
import static dev.gatun.cpu.TileProduct.COLUMNS;
import static dev.gatun.cpu.TileProduct.STRIDE;

import jdk.incubator.vector.FloatVector;

/**
 * The kernels of {@link TileProduct} for vectors of 512 bits: eight rows by two vectors, sixteen
 * accumulators of the 32 registers that 512 bits come with.
 */
final class TileKernel8 {
  private TileKernel8() {}

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
    FloatVector c4l = c0l;
    FloatVector c4r = c0l;
    FloatVector c5l = c0l;
    FloatVector c5r = c0l;
    FloatVector c6l = c0l;
    FloatVector c6r = c0l;
    FloatVector c7l = c0l;
    FloatVector c7r = c0l;
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
      FloatVector a4 = FloatVector.broadcast(SPECIES, a[aAt + p * STRIDE + 4]);
      c4l = a4.fma(l, c4l);
      c4r = a4.fma(r, c4r);
      FloatVector a5 = FloatVector.broadcast(SPECIES, a[aAt + p * STRIDE + 5]);
      c5l = a5.fma(l, c5l);
      c5r = a5.fma(r, c5r);
      FloatVector a6 = FloatVector.broadcast(SPECIES, a[aAt + p * STRIDE + 6]);
      c6l = a6.fma(l, c6l);
      c6r = a6.fma(r, c6r);
      FloatVector a7 = FloatVector.broadcast(SPECIES, a[aAt + p * STRIDE + 7]);
      c7l = a7.fma(l, c7l);
      c7r = a7.fma(r, c7r);
    }
    c0l.intoArray(c, cAt);
    c0r.intoArray(c, cAt + LENGTH);
    c1l.intoArray(c, cAt + STRIDE);
    c1r.intoArray(c, cAt + STRIDE + LENGTH);
    c2l.intoArray(c, cAt + 2 * STRIDE);
    c2r.intoArray(c, cAt + 2 * STRIDE + LENGTH);
    c3l.intoArray(c, cAt + 3 * STRIDE);
    c3r.intoArray(c, cAt + 3 * STRIDE + LENGTH);
    c4l.intoArray(c, cAt + 4 * STRIDE);
    c4r.intoArray(c, cAt + 4 * STRIDE + LENGTH);
    c5l.intoArray(c, cAt + 5 * STRIDE);
    c5r.intoArray(c, cAt + 5 * STRIDE + LENGTH);
    c6l.intoArray(c, cAt + 6 * STRIDE);
    c6r.intoArray(c, cAt + 6 * STRIDE + LENGTH);
    c7l.intoArray(c, cAt + 7 * STRIDE);
    c7r.intoArray(c, cAt + 7 * STRIDE + LENGTH);
  }

  /** The same for one vector of columns. */
  static void narrowScores(float[] a, int aAt, float[] b, int bAt, float[] c, int cAt, int k) {
    FloatVector c0 = FloatVector.zero(SPECIES);
    FloatVector c1 = c0;
    FloatVector c2 = c0;
    FloatVector c3 = c0;
    FloatVector c4 = c0;
    FloatVector c5 = c0;
    FloatVector c6 = c0;
    FloatVector c7 = c0;
    for (int p = 0; p < k; p++) {
      FloatVector x = FloatVector.fromArray(SPECIES, b, bAt + p * STRIDE);
      FloatVector a0 = FloatVector.broadcast(SPECIES, a[aAt + p * STRIDE]);
      c0 = a0.fma(x, c0);
      FloatVector a1 = FloatVector.broadcast(SPECIES, a[aAt + p * STRIDE + 1]);
      c1 = a1.fma(x, c1);
      FloatVector a2 = FloatVector.broadcast(SPECIES, a[aAt + p * STRIDE + 2]);
      c2 = a2.fma(x, c2);
      FloatVector a3 = FloatVector.broadcast(SPECIES, a[aAt + p * STRIDE + 3]);
      c3 = a3.fma(x, c3);
      FloatVector a4 = FloatVector.broadcast(SPECIES, a[aAt + p * STRIDE + 4]);
      c4 = a4.fma(x, c4);
      FloatVector a5 = FloatVector.broadcast(SPECIES, a[aAt + p * STRIDE + 5]);
      c5 = a5.fma(x, c5);
      FloatVector a6 = FloatVector.broadcast(SPECIES, a[aAt + p * STRIDE + 6]);
      c6 = a6.fma(x, c6);
      FloatVector a7 = FloatVector.broadcast(SPECIES, a[aAt + p * STRIDE + 7]);
      c7 = a7.fma(x, c7);
    }
    c0.intoArray(c, cAt);
    c1.intoArray(c, cAt + STRIDE);
    c2.intoArray(c, cAt + 2 * STRIDE);
    c3.intoArray(c, cAt + 3 * STRIDE);
    c4.intoArray(c, cAt + 4 * STRIDE);
    c5.intoArray(c, cAt + 5 * STRIDE);
    c6.intoArray(c, cAt + 6 * STRIDE);
    c7.intoArray(c, cAt + 7 * STRIDE);
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
    FloatVector c4l = FloatVector.fromArray(SPECIES, c, cAt + 4 * COLUMNS);
    FloatVector c4r = FloatVector.fromArray(SPECIES, c, cAt + 4 * COLUMNS + LENGTH);
    FloatVector c5l = FloatVector.fromArray(SPECIES, c, cAt + 5 * COLUMNS);
    FloatVector c5r = FloatVector.fromArray(SPECIES, c, cAt + 5 * COLUMNS + LENGTH);
    FloatVector c6l = FloatVector.fromArray(SPECIES, c, cAt + 6 * COLUMNS);
    FloatVector c6r = FloatVector.fromArray(SPECIES, c, cAt + 6 * COLUMNS + LENGTH);
    FloatVector c7l = FloatVector.fromArray(SPECIES, c, cAt + 7 * COLUMNS);
    FloatVector c7r = FloatVector.fromArray(SPECIES, c, cAt + 7 * COLUMNS + LENGTH);
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
      FloatVector a4 = FloatVector.broadcast(SPECIES, a[aAt + p * STRIDE + 4]);
      c4l = a4.fma(l, c4l);
      c4r = a4.fma(r, c4r);
      FloatVector a5 = FloatVector.broadcast(SPECIES, a[aAt + p * STRIDE + 5]);
      c5l = a5.fma(l, c5l);
      c5r = a5.fma(r, c5r);
      FloatVector a6 = FloatVector.broadcast(SPECIES, a[aAt + p * STRIDE + 6]);
      c6l = a6.fma(l, c6l);
      c6r = a6.fma(r, c6r);
      FloatVector a7 = FloatVector.broadcast(SPECIES, a[aAt + p * STRIDE + 7]);
      c7l = a7.fma(l, c7l);
      c7r = a7.fma(r, c7r);
    }
    c0l.intoArray(c, cAt);
    c0r.intoArray(c, cAt + LENGTH);
    c1l.intoArray(c, cAt + COLUMNS);
    c1r.intoArray(c, cAt + COLUMNS + LENGTH);
    c2l.intoArray(c, cAt + 2 * COLUMNS);
    c2r.intoArray(c, cAt + 2 * COLUMNS + LENGTH);
    c3l.intoArray(c, cAt + 3 * COLUMNS);
    c3r.intoArray(c, cAt + 3 * COLUMNS + LENGTH);
    c4l.intoArray(c, cAt + 4 * COLUMNS);
    c4r.intoArray(c, cAt + 4 * COLUMNS + LENGTH);
    c5l.intoArray(c, cAt + 5 * COLUMNS);
    c5r.intoArray(c, cAt + 5 * COLUMNS + LENGTH);
    c6l.intoArray(c, cAt + 6 * COLUMNS);
    c6r.intoArray(c, cAt + 6 * COLUMNS + LENGTH);
    c7l.intoArray(c, cAt + 7 * COLUMNS);
    c7r.intoArray(c, cAt + 7 * COLUMNS + LENGTH);
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
    FloatVector c4l = FloatVector.fromArray(SPECIES, c, cAt + 4 * COLUMNS);
    FloatVector c4r = FloatVector.fromArray(SPECIES, c, cAt + 4 * COLUMNS + LENGTH);
    FloatVector c5l = FloatVector.fromArray(SPECIES, c, cAt + 5 * COLUMNS);
    FloatVector c5r = FloatVector.fromArray(SPECIES, c, cAt + 5 * COLUMNS + LENGTH);
    FloatVector c6l = FloatVector.fromArray(SPECIES, c, cAt + 6 * COLUMNS);
    FloatVector c6r = FloatVector.fromArray(SPECIES, c, cAt + 6 * COLUMNS + LENGTH);
    FloatVector c7l = FloatVector.fromArray(SPECIES, c, cAt + 7 * COLUMNS);
    FloatVector c7r = FloatVector.fromArray(SPECIES, c, cAt + 7 * COLUMNS + LENGTH);
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
      FloatVector a4 = FloatVector.broadcast(SPECIES, a[aAt + 4 * STRIDE + p]);
      c4l = a4.fma(l, c4l);
      c4r = a4.fma(r, c4r);
      FloatVector a5 = FloatVector.broadcast(SPECIES, a[aAt + 5 * STRIDE + p]);
      c5l = a5.fma(l, c5l);
      c5r = a5.fma(r, c5r);
      FloatVector a6 = FloatVector.broadcast(SPECIES, a[aAt + 6 * STRIDE + p]);
      c6l = a6.fma(l, c6l);
      c6r = a6.fma(r, c6r);
      FloatVector a7 = FloatVector.broadcast(SPECIES, a[aAt + 7 * STRIDE + p]);
      c7l = a7.fma(l, c7l);
      c7r = a7.fma(r, c7r);
    }
    c0l.intoArray(c, cAt);
    c0r.intoArray(c, cAt + LENGTH);
    c1l.intoArray(c, cAt + COLUMNS);
    c1r.intoArray(c, cAt + COLUMNS + LENGTH);
    c2l.intoArray(c, cAt + 2 * COLUMNS);
    c2r.intoArray(c, cAt + 2 * COLUMNS + LENGTH);
    c3l.intoArray(c, cAt + 3 * COLUMNS);
    c3r.intoArray(c, cAt + 3 * COLUMNS + LENGTH);
    c4l.intoArray(c, cAt + 4 * COLUMNS);
    c4r.intoArray(c, cAt + 4 * COLUMNS + LENGTH);
    c5l.intoArray(c, cAt + 5 * COLUMNS);
    c5r.intoArray(c, cAt + 5 * COLUMNS + LENGTH);
    c6l.intoArray(c, cAt + 6 * COLUMNS);
    c6r.intoArray(c, cAt + 6 * COLUMNS + LENGTH);
    c7l.intoArray(c, cAt + 7 * COLUMNS);
    c7r.intoArray(c, cAt + 7 * COLUMNS + LENGTH);
  }
}
