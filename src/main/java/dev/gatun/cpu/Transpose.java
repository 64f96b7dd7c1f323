package dev.gatun.cpu;

import static dev.gatun.cpu.Simd.LENGTH;
import static dev.gatun.cpu.Simd.ORDER;
import static dev.gatun.cpu.Simd.SPECIES;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorShuffle;

/**
 * Transposes a block of LENGTH by LENGTH numbers in registers.
 *
 * <p>Stage d of log2(LENGTH) exchanges, in each pair of rows i and i + d, the lanes l of row i that
 * have bit d set with the lanes l - d of row i + d; after all stages row i is column i.
 *
 * <pre>
 *   row i     a0 a1 a2 a3      d = 2      a0 a1 b0 b1
 *   row i+d   b0 b1 b2 b3      --->       a2 a3 b2 b3
 * </pre>
 */
final class Transpose {
  private static final VectorShuffle<Float> SWAP_8 = swap(8);
  private static final VectorShuffle<Float> SWAP_4 = swap(4);
  private static final VectorShuffle<Float> SWAP_2 = swap(2);
  private static final VectorShuffle<Float> SWAP_1 = swap(1);
  private static final VectorMask<Float> BIT_8 = bit(8);
  private static final VectorMask<Float> BIT_4 = bit(4);
  private static final VectorMask<Float> BIT_2 = bit(2);
  private static final VectorMask<Float> BIT_1 = bit(1);

  private Transpose() {}

  /**
   * {@code y[at + l * step + r] = x[r][l]} for r, l below LENGTH. Rows of x from {@code rows} on
   * are not read; in their place the last row is repeated.
   *
   * @param offset of x[0][0] in bytes
   * @param stride from a row of x to the next in bytes
   * @param step from a row of y to the next in floats; if it is less than LENGTH, a row of y
   *     overwrites the end of the one before
   */
  static void block(
      MemorySegment x, long offset, long stride, int rows, float[] y, int at, int step) {
    switch (LENGTH) {
      case 16 -> block16(x, offset, stride, rows - 1, y, at, step);
      case 8 -> block8(x, offset, stride, rows - 1, y, at, step);
      default -> block4(x, offset, stride, rows - 1, y, at, step);
    }
  }

  private static void block16(
      MemorySegment x, long offset, long stride, int last, float[] y, int at, int step) {
    // spotless:off
    FloatVector r0 = row(x, offset, stride, 0, last);
    FloatVector r1 = row(x, offset, stride, 1, last);
    FloatVector r2 = row(x, offset, stride, 2, last);
    FloatVector r3 = row(x, offset, stride, 3, last);
    FloatVector r4 = row(x, offset, stride, 4, last);
    FloatVector r5 = row(x, offset, stride, 5, last);
    FloatVector r6 = row(x, offset, stride, 6, last);
    FloatVector r7 = row(x, offset, stride, 7, last);
    FloatVector r8 = row(x, offset, stride, 8, last);
    FloatVector r9 = row(x, offset, stride, 9, last);
    FloatVector r10 = row(x, offset, stride, 10, last);
    FloatVector r11 = row(x, offset, stride, 11, last);
    FloatVector r12 = row(x, offset, stride, 12, last);
    FloatVector r13 = row(x, offset, stride, 13, last);
    FloatVector r14 = row(x, offset, stride, 14, last);
    FloatVector r15 = row(x, offset, stride, 15, last);

    FloatVector a0 = low8(r0, r8), a8 = high8(r0, r8);
    FloatVector a1 = low8(r1, r9), a9 = high8(r1, r9);
    FloatVector a2 = low8(r2, r10), a10 = high8(r2, r10);
    FloatVector a3 = low8(r3, r11), a11 = high8(r3, r11);
    FloatVector a4 = low8(r4, r12), a12 = high8(r4, r12);
    FloatVector a5 = low8(r5, r13), a13 = high8(r5, r13);
    FloatVector a6 = low8(r6, r14), a14 = high8(r6, r14);
    FloatVector a7 = low8(r7, r15), a15 = high8(r7, r15);

    FloatVector b0 = low4(a0, a4), b4 = high4(a0, a4);
    FloatVector b1 = low4(a1, a5), b5 = high4(a1, a5);
    FloatVector b2 = low4(a2, a6), b6 = high4(a2, a6);
    FloatVector b3 = low4(a3, a7), b7 = high4(a3, a7);
    FloatVector b8 = low4(a8, a12), b12 = high4(a8, a12);
    FloatVector b9 = low4(a9, a13), b13 = high4(a9, a13);
    FloatVector b10 = low4(a10, a14), b14 = high4(a10, a14);
    FloatVector b11 = low4(a11, a15), b15 = high4(a11, a15);

    FloatVector c0 = low2(b0, b2), c2 = high2(b0, b2);
    FloatVector c1 = low2(b1, b3), c3 = high2(b1, b3);
    FloatVector c4 = low2(b4, b6), c6 = high2(b4, b6);
    FloatVector c5 = low2(b5, b7), c7 = high2(b5, b7);
    FloatVector c8 = low2(b8, b10), c10 = high2(b8, b10);
    FloatVector c9 = low2(b9, b11), c11 = high2(b9, b11);
    FloatVector c12 = low2(b12, b14), c14 = high2(b12, b14);
    FloatVector c13 = low2(b13, b15), c15 = high2(b13, b15);

    FloatVector d0 = low1(c0, c1), d1 = high1(c0, c1);
    FloatVector d2 = low1(c2, c3), d3 = high1(c2, c3);
    FloatVector d4 = low1(c4, c5), d5 = high1(c4, c5);
    FloatVector d6 = low1(c6, c7), d7 = high1(c6, c7);
    FloatVector d8 = low1(c8, c9), d9 = high1(c8, c9);
    FloatVector d10 = low1(c10, c11), d11 = high1(c10, c11);
    FloatVector d12 = low1(c12, c13), d13 = high1(c12, c13);
    FloatVector d14 = low1(c14, c15), d15 = high1(c14, c15);

    d0.intoArray(y, at);
    d1.intoArray(y, at + step);
    d2.intoArray(y, at + 2 * step);
    d3.intoArray(y, at + 3 * step);
    d4.intoArray(y, at + 4 * step);
    d5.intoArray(y, at + 5 * step);
    d6.intoArray(y, at + 6 * step);
    d7.intoArray(y, at + 7 * step);
    d8.intoArray(y, at + 8 * step);
    d9.intoArray(y, at + 9 * step);
    d10.intoArray(y, at + 10 * step);
    d11.intoArray(y, at + 11 * step);
    d12.intoArray(y, at + 12 * step);
    d13.intoArray(y, at + 13 * step);
    d14.intoArray(y, at + 14 * step);
    d15.intoArray(y, at + 15 * step);
    // spotless:on
  }

  private static void block8(
      MemorySegment x, long offset, long stride, int last, float[] y, int at, int step) {
    // spotless:off
    FloatVector r0 = row(x, offset, stride, 0, last);
    FloatVector r1 = row(x, offset, stride, 1, last);
    FloatVector r2 = row(x, offset, stride, 2, last);
    FloatVector r3 = row(x, offset, stride, 3, last);
    FloatVector r4 = row(x, offset, stride, 4, last);
    FloatVector r5 = row(x, offset, stride, 5, last);
    FloatVector r6 = row(x, offset, stride, 6, last);
    FloatVector r7 = row(x, offset, stride, 7, last);

    FloatVector a0 = low4(r0, r4), a4 = high4(r0, r4);
    FloatVector a1 = low4(r1, r5), a5 = high4(r1, r5);
    FloatVector a2 = low4(r2, r6), a6 = high4(r2, r6);
    FloatVector a3 = low4(r3, r7), a7 = high4(r3, r7);

    FloatVector b0 = low2(a0, a2), b2 = high2(a0, a2);
    FloatVector b1 = low2(a1, a3), b3 = high2(a1, a3);
    FloatVector b4 = low2(a4, a6), b6 = high2(a4, a6);
    FloatVector b5 = low2(a5, a7), b7 = high2(a5, a7);

    FloatVector c0 = low1(b0, b1), c1 = high1(b0, b1);
    FloatVector c2 = low1(b2, b3), c3 = high1(b2, b3);
    FloatVector c4 = low1(b4, b5), c5 = high1(b4, b5);
    FloatVector c6 = low1(b6, b7), c7 = high1(b6, b7);

    c0.intoArray(y, at);
    c1.intoArray(y, at + step);
    c2.intoArray(y, at + 2 * step);
    c3.intoArray(y, at + 3 * step);
    c4.intoArray(y, at + 4 * step);
    c5.intoArray(y, at + 5 * step);
    c6.intoArray(y, at + 6 * step);
    c7.intoArray(y, at + 7 * step);
    // spotless:on
  }

  private static void block4(
      MemorySegment x, long offset, long stride, int last, float[] y, int at, int step) {
    // spotless:off
    FloatVector r0 = row(x, offset, stride, 0, last);
    FloatVector r1 = row(x, offset, stride, 1, last);
    FloatVector r2 = row(x, offset, stride, 2, last);
    FloatVector r3 = row(x, offset, stride, 3, last);

    FloatVector a0 = low2(r0, r2), a2 = high2(r0, r2);
    FloatVector a1 = low2(r1, r3), a3 = high2(r1, r3);

    FloatVector b0 = low1(a0, a1), b1 = high1(a0, a1);
    FloatVector b2 = low1(a2, a3), b3 = high1(a2, a3);

    b0.intoArray(y, at);
    b1.intoArray(y, at + step);
    b2.intoArray(y, at + 2 * step);
    b3.intoArray(y, at + 3 * step);
    // spotless:on
  }

  private static FloatVector row(MemorySegment x, long offset, long stride, int row, int last) {
    return FloatVector.fromMemorySegment(SPECIES, x, offset + Math.min(row, last) * stride, ORDER);
  }

  private static FloatVector low8(FloatVector a, FloatVector b) {
    return a.blend(b.rearrange(SWAP_8), BIT_8);
  }

  private static FloatVector high8(FloatVector a, FloatVector b) {
    return a.rearrange(SWAP_8).blend(b, BIT_8);
  }

  private static FloatVector low4(FloatVector a, FloatVector b) {
    return a.blend(b.rearrange(SWAP_4), BIT_4);
  }

  private static FloatVector high4(FloatVector a, FloatVector b) {
    return a.rearrange(SWAP_4).blend(b, BIT_4);
  }

  private static FloatVector low2(FloatVector a, FloatVector b) {
    return a.blend(b.rearrange(SWAP_2), BIT_2);
  }

  private static FloatVector high2(FloatVector a, FloatVector b) {
    return a.rearrange(SWAP_2).blend(b, BIT_2);
  }

  private static FloatVector low1(FloatVector a, FloatVector b) {
    return a.blend(b.rearrange(SWAP_1), BIT_1);
  }

  private static FloatVector high1(FloatVector a, FloatVector b) {
    return a.rearrange(SWAP_1).blend(b, BIT_1);
  }

  private static VectorShuffle<Float> swap(int distance) {
    return VectorShuffle.fromOp(SPECIES, lane -> (lane ^ distance) & (LENGTH - 1));
  }

  private static VectorMask<Float> bit(int bit) {
    long lanes = 0;
    for (int lane = 0; lane < LENGTH; lane++) {
      lanes |= (lane & bit) != 0 ? 1L << lane : 0;
    }
    return VectorMask.fromLong(SPECIES, lanes);
  }
}
