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

    FloatVector a0 = r0.blend(r8.rearrange(SWAP_8), BIT_8);

    FloatVector a8 = r0.rearrange(SWAP_8).blend(r8, BIT_8);
    FloatVector a1 = r1.blend(r9.rearrange(SWAP_8), BIT_8);
    FloatVector a9 = r1.rearrange(SWAP_8).blend(r9, BIT_8);
    FloatVector a2 = r2.blend(r10.rearrange(SWAP_8), BIT_8);
    FloatVector a10 = r2.rearrange(SWAP_8).blend(r10, BIT_8);
    FloatVector a3 = r3.blend(r11.rearrange(SWAP_8), BIT_8);
    FloatVector a11 = r3.rearrange(SWAP_8).blend(r11, BIT_8);
    FloatVector a4 = r4.blend(r12.rearrange(SWAP_8), BIT_8);
    FloatVector a12 = r4.rearrange(SWAP_8).blend(r12, BIT_8);
    FloatVector a5 = r5.blend(r13.rearrange(SWAP_8), BIT_8);
    FloatVector a13 = r5.rearrange(SWAP_8).blend(r13, BIT_8);
    FloatVector a6 = r6.blend(r14.rearrange(SWAP_8), BIT_8);
    FloatVector a14 = r6.rearrange(SWAP_8).blend(r14, BIT_8);
    FloatVector a7 = r7.blend(r15.rearrange(SWAP_8), BIT_8);
    FloatVector a15 = r7.rearrange(SWAP_8).blend(r15, BIT_8);

    FloatVector b0 = a0.blend(a4.rearrange(SWAP_4), BIT_4);

    FloatVector b4 = a0.rearrange(SWAP_4).blend(a4, BIT_4);
    FloatVector b1 = a1.blend(a5.rearrange(SWAP_4), BIT_4);
    FloatVector b5 = a1.rearrange(SWAP_4).blend(a5, BIT_4);
    FloatVector b2 = a2.blend(a6.rearrange(SWAP_4), BIT_4);
    FloatVector b6 = a2.rearrange(SWAP_4).blend(a6, BIT_4);
    FloatVector b3 = a3.blend(a7.rearrange(SWAP_4), BIT_4);
    FloatVector b7 = a3.rearrange(SWAP_4).blend(a7, BIT_4);
    FloatVector b8 = a8.blend(a12.rearrange(SWAP_4), BIT_4);
    FloatVector b12 = a8.rearrange(SWAP_4).blend(a12, BIT_4);
    FloatVector b9 = a9.blend(a13.rearrange(SWAP_4), BIT_4);
    FloatVector b13 = a9.rearrange(SWAP_4).blend(a13, BIT_4);
    FloatVector b10 = a10.blend(a14.rearrange(SWAP_4), BIT_4);
    FloatVector b14 = a10.rearrange(SWAP_4).blend(a14, BIT_4);
    FloatVector b11 = a11.blend(a15.rearrange(SWAP_4), BIT_4);
    FloatVector b15 = a11.rearrange(SWAP_4).blend(a15, BIT_4);

    FloatVector c0 = b0.blend(b2.rearrange(SWAP_2), BIT_2);

    FloatVector c2 = b0.rearrange(SWAP_2).blend(b2, BIT_2);
    FloatVector c1 = b1.blend(b3.rearrange(SWAP_2), BIT_2);
    FloatVector c3 = b1.rearrange(SWAP_2).blend(b3, BIT_2);
    FloatVector c4 = b4.blend(b6.rearrange(SWAP_2), BIT_2);
    FloatVector c6 = b4.rearrange(SWAP_2).blend(b6, BIT_2);
    FloatVector c5 = b5.blend(b7.rearrange(SWAP_2), BIT_2);
    FloatVector c7 = b5.rearrange(SWAP_2).blend(b7, BIT_2);
    FloatVector c8 = b8.blend(b10.rearrange(SWAP_2), BIT_2);
    FloatVector c10 = b8.rearrange(SWAP_2).blend(b10, BIT_2);
    FloatVector c9 = b9.blend(b11.rearrange(SWAP_2), BIT_2);
    FloatVector c11 = b9.rearrange(SWAP_2).blend(b11, BIT_2);
    FloatVector c12 = b12.blend(b14.rearrange(SWAP_2), BIT_2);
    FloatVector c14 = b12.rearrange(SWAP_2).blend(b14, BIT_2);
    FloatVector c13 = b13.blend(b15.rearrange(SWAP_2), BIT_2);
    FloatVector c15 = b13.rearrange(SWAP_2).blend(b15, BIT_2);

    FloatVector d0 = c0.blend(c1.rearrange(SWAP_1), BIT_1);

    FloatVector d1 = c0.rearrange(SWAP_1).blend(c1, BIT_1);
    FloatVector d2 = c2.blend(c3.rearrange(SWAP_1), BIT_1);
    FloatVector d3 = c2.rearrange(SWAP_1).blend(c3, BIT_1);
    FloatVector d4 = c4.blend(c5.rearrange(SWAP_1), BIT_1);
    FloatVector d5 = c4.rearrange(SWAP_1).blend(c5, BIT_1);
    FloatVector d6 = c6.blend(c7.rearrange(SWAP_1), BIT_1);
    FloatVector d7 = c6.rearrange(SWAP_1).blend(c7, BIT_1);
    FloatVector d8 = c8.blend(c9.rearrange(SWAP_1), BIT_1);
    FloatVector d9 = c8.rearrange(SWAP_1).blend(c9, BIT_1);
    FloatVector d10 = c10.blend(c11.rearrange(SWAP_1), BIT_1);
    FloatVector d11 = c10.rearrange(SWAP_1).blend(c11, BIT_1);
    FloatVector d12 = c12.blend(c13.rearrange(SWAP_1), BIT_1);
    FloatVector d13 = c12.rearrange(SWAP_1).blend(c13, BIT_1);
    FloatVector d14 = c14.blend(c15.rearrange(SWAP_1), BIT_1);
    FloatVector d15 = c14.rearrange(SWAP_1).blend(c15, BIT_1);

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
  }

  private static void block8(
      MemorySegment x, long offset, long stride, int last, float[] y, int at, int step) {
    FloatVector r0 = row(x, offset, stride, 0, last);
    FloatVector r1 = row(x, offset, stride, 1, last);
    FloatVector r2 = row(x, offset, stride, 2, last);
    FloatVector r3 = row(x, offset, stride, 3, last);
    FloatVector r4 = row(x, offset, stride, 4, last);
    FloatVector r5 = row(x, offset, stride, 5, last);
    FloatVector r6 = row(x, offset, stride, 6, last);
    FloatVector r7 = row(x, offset, stride, 7, last);

    FloatVector a0 = r0.blend(r4.rearrange(SWAP_4), BIT_4);

    FloatVector a4 = r0.rearrange(SWAP_4).blend(r4, BIT_4);
    FloatVector a1 = r1.blend(r5.rearrange(SWAP_4), BIT_4);
    FloatVector a5 = r1.rearrange(SWAP_4).blend(r5, BIT_4);
    FloatVector a2 = r2.blend(r6.rearrange(SWAP_4), BIT_4);
    FloatVector a6 = r2.rearrange(SWAP_4).blend(r6, BIT_4);
    FloatVector a3 = r3.blend(r7.rearrange(SWAP_4), BIT_4);
    FloatVector a7 = r3.rearrange(SWAP_4).blend(r7, BIT_4);

    FloatVector b0 = a0.blend(a2.rearrange(SWAP_2), BIT_2);

    FloatVector b2 = a0.rearrange(SWAP_2).blend(a2, BIT_2);
    FloatVector b1 = a1.blend(a3.rearrange(SWAP_2), BIT_2);
    FloatVector b3 = a1.rearrange(SWAP_2).blend(a3, BIT_2);
    FloatVector b4 = a4.blend(a6.rearrange(SWAP_2), BIT_2);
    FloatVector b6 = a4.rearrange(SWAP_2).blend(a6, BIT_2);
    FloatVector b5 = a5.blend(a7.rearrange(SWAP_2), BIT_2);
    FloatVector b7 = a5.rearrange(SWAP_2).blend(a7, BIT_2);

    FloatVector c0 = b0.blend(b1.rearrange(SWAP_1), BIT_1);

    FloatVector c1 = b0.rearrange(SWAP_1).blend(b1, BIT_1);
    FloatVector c2 = b2.blend(b3.rearrange(SWAP_1), BIT_1);
    FloatVector c3 = b2.rearrange(SWAP_1).blend(b3, BIT_1);
    FloatVector c4 = b4.blend(b5.rearrange(SWAP_1), BIT_1);
    FloatVector c5 = b4.rearrange(SWAP_1).blend(b5, BIT_1);
    FloatVector c6 = b6.blend(b7.rearrange(SWAP_1), BIT_1);
    FloatVector c7 = b6.rearrange(SWAP_1).blend(b7, BIT_1);

    c0.intoArray(y, at);
    c1.intoArray(y, at + step);
    c2.intoArray(y, at + 2 * step);
    c3.intoArray(y, at + 3 * step);
    c4.intoArray(y, at + 4 * step);
    c5.intoArray(y, at + 5 * step);
    c6.intoArray(y, at + 6 * step);
    c7.intoArray(y, at + 7 * step);
  }

  private static void block4(
      MemorySegment x, long offset, long stride, int last, float[] y, int at, int step) {
    FloatVector r0 = row(x, offset, stride, 0, last);
    FloatVector r1 = row(x, offset, stride, 1, last);
    FloatVector r2 = row(x, offset, stride, 2, last);
    FloatVector r3 = row(x, offset, stride, 3, last);

    FloatVector a0 = r0.blend(r2.rearrange(SWAP_2), BIT_2);

    FloatVector a2 = r0.rearrange(SWAP_2).blend(r2, BIT_2);
    FloatVector a1 = r1.blend(r3.rearrange(SWAP_2), BIT_2);
    FloatVector a3 = r1.rearrange(SWAP_2).blend(r3, BIT_2);

    FloatVector b0 = a0.blend(a1.rearrange(SWAP_1), BIT_1);

    FloatVector b1 = a0.rearrange(SWAP_1).blend(a1, BIT_1);
    FloatVector b2 = a2.blend(a3.rearrange(SWAP_1), BIT_1);
    FloatVector b3 = a2.rearrange(SWAP_1).blend(a3, BIT_1);

    b0.intoArray(y, at);
    b1.intoArray(y, at + step);
    b2.intoArray(y, at + 2 * step);
    b3.intoArray(y, at + 3 * step);
  }

  private static FloatVector row(MemorySegment x, long offset, long stride, int row, int last) {
    return FloatVector.fromMemorySegment(SPECIES, x, offset + Math.min(row, last) * stride, ORDER);
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
