package dev.gatun.cpu;

import static dev.gatun.cpu.Simd.LANES;
import static dev.gatun.cpu.Simd.LENGTH;
import static dev.gatun.cpu.Simd.ORDER;
import static dev.gatun.cpu.Simd.SPECIES;
import static dev.gatun.cpu.Stored.BYTES;
import static dev.gatun.cpu.Stored.INTS;
import static dev.gatun.cpu.Stored.NIBBLE;
import static dev.gatun.cpu.Stored.SHORTS;
import static jdk.incubator.vector.VectorOperators.B2F;
import static jdk.incubator.vector.VectorOperators.I2F;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LSHR;
import static jdk.incubator.vector.VectorOperators.ZERO_EXTEND_B2I;
import static jdk.incubator.vector.VectorOperators.ZERO_EXTEND_S2I;

import dev.gatun.core.Q4Block;
import dev.gatun.core.Q8Block;
import dev.gatun.core.Shape;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorMask;

/**
 * {@code c[j] = start + dot(a, b[j])} for a {@link StoredMatrix} B[n, k], which is unpacked in
 * registers and read once. The bits are those of {@link Gemv} on the unpacked matrix.
 *
 * <p>Several rows of B are read at once: they share the loads of a, and their sums do not wait for
 * each other. Of quantised types these are two: with four, the loop is too long for the compiler to
 * inline all of it, and its vectors become objects (measured: 5 times slower). Where a vector has
 * fewer than 16 lanes the rows are gone through several times, for some of the 16 partial sums
 * each.
 */
final class StoredGemv {
  private static final int ROWS = 4;

  /** Bytes of B worth handing to a thread. */
  private static final int GRAIN = 1 << 16;

  private static final ThreadLocal<float[]> SUMS =
      ThreadLocal.withInitial(() -> new float[ROWS * LANES]);

  private StoredGemv() {}

  static void dots(int n, int k, Operand a, StoredMatrix b, Target target) {
    float[] x = new float[Math.ceilDiv(k, Q8Block.ELEMENTS) * Q8Block.ELEMENTS];
    MemorySegment.copy(a.segment(), ValueLayout.JAVA_FLOAT_UNALIGNED, a.offset(), x, 0, k);
    long rowBytes = Math.max(1, b.dtype().bytes(Shape.of(k)));
    int groups = Math.ceilDiv(n, ROWS);
    int grain = (int) Math.max(1, GRAIN / (ROWS * rowBytes));
    Parallel.range(
        0,
        groups,
        grain,
        (from, to) -> {
          float[] sums = SUMS.get();
          for (int group = from; group < to; group++) {
            int row = group * ROWS;
            rows(x, k, b, row, sums);
            store(sums, row, Math.min(ROWS, n - row), target);
          }
        });
  }

  private static void store(float[] sums, int row, int rows, Target target) {
    for (int r = 0; r < rows; r++) {
      float dot = sum(sums, r * LANES);
      target
          .segment()
          .set(
              ValueLayout.JAVA_FLOAT_UNALIGNED,
              target.at(0, row + r),
              target.start(0, row + r) + dot);
    }
  }

  private static float sum(float[] sums, int at) {
    FloatVector s0 = FloatVector.fromArray(SPECIES, sums, at);
    FloatVector s1 = s0;
    FloatVector s2 = s0;
    FloatVector s3 = s0;
    if (LENGTH <= 8) {
      s1 = FloatVector.fromArray(SPECIES, sums, at + LENGTH);
    }
    if (LENGTH == 4) {
      s2 = FloatVector.fromArray(SPECIES, sums, at + 2 * LENGTH);
      s3 = FloatVector.fromArray(SPECIES, sums, at + 3 * LENGTH);
    }
    return Simd.sumLanes(s0, s1, s2, s3);
  }

  /** The partial sums of four rows from one on; behind the last row of B it is repeated. */
  private static void rows(float[] x, int k, StoredMatrix b, int row, float[] sums) {
    MemorySegment w = b.segment();
    int last = b.rows() - 1;
    int r1 = Math.min(row + 1, last);
    int r2 = Math.min(row + 2, last);
    int r3 = Math.min(row + 3, last);
    switch (b.dtype()) {
      case BF16 -> {
        long bytes = 2L * k;
        bf16(x, k, w, row * bytes, r1 * bytes, r2 * bytes, r3 * bytes, sums);
      }
      case Q8_0 -> {
        long bytes = (long) b.dtype().blocksPerRow(k) * Q8Block.BYTES;
        q8(x, k, w, row * bytes, r1 * bytes, sums, 0);
        q8(x, k, w, r2 * bytes, r3 * bytes, sums, 2 * LANES);
      }
      case Q4_0 -> {
        long bytes = (long) b.dtype().blocksPerRow(k) * Q4Block.BYTES;
        q4(x, k, w, row * bytes, r1 * bytes, sums, 0);
        q4(x, k, w, r2 * bytes, r3 * bytes, sums, 2 * LANES);
      }
      case NF4, NF4_DOUBLE -> {
        unpacked(x, b, row, sums, 0);
        unpacked(x, b, r1, sums, 1);
        unpacked(x, b, r2, sums, 2);
        unpacked(x, b, r3, sums, 3);
      }
      case F64, F32, F16, I32 -> throw new AssertionError(b.dtype());
    }
  }

  /** The partial sums of one row by way of memory: NF4 is for training, not for decoding. */
  private static void unpacked(float[] x, StoredMatrix b, int row, float[] sums, int to) {
    MemorySegment w = Scratch.ofThread().unpacked(x.length);
    b.unpack(row, 0, x.length, w, 0);
    for (int lane = 0; lane < LANES; lane += LENGTH) {
      FloatVector s = FloatVector.zero(SPECIES);
      for (int i = lane; i < x.length; i += LANES) {
        s = Simd.load(w, 0, i).fma(FloatVector.fromArray(SPECIES, x, i), s);
      }
      s.intoArray(sums, to * LANES + lane);
    }
  }

  private static void bf16(
      float[] x, int k, MemorySegment w, long w0, long w1, long w2, long w3, float[] sums) {
    for (int lane = 0; lane < LANES; lane += LENGTH) {
      FloatVector s0 = FloatVector.zero(SPECIES);
      FloatVector s1 = s0;
      FloatVector s2 = s0;
      FloatVector s3 = s0;
      int i = lane;
      for (; i <= k - LENGTH; i += LANES) {
        FloatVector a = FloatVector.fromArray(SPECIES, x, i);
        ShortVector h0 = ShortVector.fromMemorySegment(SHORTS, w, w0 + 2L * i, ORDER);
        ShortVector h1 = ShortVector.fromMemorySegment(SHORTS, w, w1 + 2L * i, ORDER);
        ShortVector h2 = ShortVector.fromMemorySegment(SHORTS, w, w2 + 2L * i, ORDER);
        ShortVector h3 = ShortVector.fromMemorySegment(SHORTS, w, w3 + 2L * i, ORDER);
        IntVector b0 = (IntVector) h0.convertShape(ZERO_EXTEND_S2I, INTS, 0);
        IntVector b1 = (IntVector) h1.convertShape(ZERO_EXTEND_S2I, INTS, 0);
        IntVector b2 = (IntVector) h2.convertShape(ZERO_EXTEND_S2I, INTS, 0);
        IntVector b3 = (IntVector) h3.convertShape(ZERO_EXTEND_S2I, INTS, 0);
        s0 = b0.lanewise(LSHL, 16).reinterpretAsFloats().fma(a, s0);
        s1 = b1.lanewise(LSHL, 16).reinterpretAsFloats().fma(a, s1);
        s2 = b2.lanewise(LSHL, 16).reinterpretAsFloats().fma(a, s2);
        s3 = b3.lanewise(LSHL, 16).reinterpretAsFloats().fma(a, s3);
      }
      if (i < k) {
        VectorMask<Short> below = SHORTS.indexInRange(i, k);
        FloatVector a = FloatVector.fromArray(SPECIES, x, i);
        ShortVector h0 = ShortVector.fromMemorySegment(SHORTS, w, w0 + 2L * i, ORDER, below);
        ShortVector h1 = ShortVector.fromMemorySegment(SHORTS, w, w1 + 2L * i, ORDER, below);
        ShortVector h2 = ShortVector.fromMemorySegment(SHORTS, w, w2 + 2L * i, ORDER, below);
        ShortVector h3 = ShortVector.fromMemorySegment(SHORTS, w, w3 + 2L * i, ORDER, below);
        IntVector b0 = (IntVector) h0.convertShape(ZERO_EXTEND_S2I, INTS, 0);
        IntVector b1 = (IntVector) h1.convertShape(ZERO_EXTEND_S2I, INTS, 0);
        IntVector b2 = (IntVector) h2.convertShape(ZERO_EXTEND_S2I, INTS, 0);
        IntVector b3 = (IntVector) h3.convertShape(ZERO_EXTEND_S2I, INTS, 0);
        s0 = b0.lanewise(LSHL, 16).reinterpretAsFloats().fma(a, s0);
        s1 = b1.lanewise(LSHL, 16).reinterpretAsFloats().fma(a, s1);
        s2 = b2.lanewise(LSHL, 16).reinterpretAsFloats().fma(a, s2);
        s3 = b3.lanewise(LSHL, 16).reinterpretAsFloats().fma(a, s3);
      }
      s0.intoArray(sums, lane);
      s1.intoArray(sums, LANES + lane);
      s2.intoArray(sums, 2 * LANES + lane);
      s3.intoArray(sums, 3 * LANES + lane);
    }
  }

  private static void q8(
      float[] x, int k, MemorySegment w, long w0, long w1, float[] sums, int to) {
    for (int lane = 0; lane < LANES; lane += LENGTH) {
      FloatVector s0 = FloatVector.zero(SPECIES);
      FloatVector s1 = s0;
      int part = Stored.part(lane);
      long at = Stored.firstByte(lane) + 2L;
      long scale = 0;
      for (int i = lane; i < k; i += Q8Block.ELEMENTS) {
        FloatVector a = FloatVector.fromArray(SPECIES, x, i);
        FloatVector b = FloatVector.fromArray(SPECIES, x, i + LANES);
        float d0 = Q8Block.scale(w, w0 + scale);
        float d1 = Q8Block.scale(w, w1 + scale);
        ByteVector a0 = ByteVector.fromMemorySegment(BYTES, w, w0 + at, ORDER);
        ByteVector a1 = ByteVector.fromMemorySegment(BYTES, w, w1 + at, ORDER);
        ByteVector b0 = ByteVector.fromMemorySegment(BYTES, w, w0 + at + LANES, ORDER);
        ByteVector b1 = ByteVector.fromMemorySegment(BYTES, w, w1 + at + LANES, ORDER);
        s0 = ((FloatVector) a0.convertShape(B2F, SPECIES, part)).mul(d0).fma(a, s0);
        s1 = ((FloatVector) a1.convertShape(B2F, SPECIES, part)).mul(d1).fma(a, s1);
        s0 = ((FloatVector) b0.convertShape(B2F, SPECIES, part)).mul(d0).fma(b, s0);
        s1 = ((FloatVector) b1.convertShape(B2F, SPECIES, part)).mul(d1).fma(b, s1);
        at += Q8Block.BYTES;
        scale += Q8Block.BYTES;
      }
      s0.intoArray(sums, to + lane);
      s1.intoArray(sums, to + LANES + lane);
    }
  }

  private static void q4(
      float[] x, int k, MemorySegment w, long w0, long w1, float[] sums, int to) {
    for (int lane = 0; lane < LANES; lane += LENGTH) {
      FloatVector s0 = FloatVector.zero(SPECIES);
      FloatVector s1 = s0;
      int part = Stored.part(lane);
      long at = Stored.firstByte(lane) + 2L;
      long scale = 0;
      for (int i = lane; i < k; i += Q4Block.ELEMENTS) {
        FloatVector a = FloatVector.fromArray(SPECIES, x, i);
        FloatVector b = FloatVector.fromArray(SPECIES, x, i + LANES);
        float d0 = Q8Block.scale(w, w0 + scale);
        float d1 = Q8Block.scale(w, w1 + scale);
        ByteVector h0 = ByteVector.fromMemorySegment(BYTES, w, w0 + at, ORDER);
        ByteVector h1 = ByteVector.fromMemorySegment(BYTES, w, w1 + at, ORDER);
        IntVector c0 = (IntVector) h0.convertShape(ZERO_EXTEND_B2I, INTS, part);
        IntVector c1 = (IntVector) h1.convertShape(ZERO_EXTEND_B2I, INTS, part);
        IntVector a0 = c0.and(NIBBLE).sub(Q4Block.ZERO);
        IntVector a1 = c1.and(NIBBLE).sub(Q4Block.ZERO);
        IntVector b0 = c0.lanewise(LSHR, 4).sub(Q4Block.ZERO);
        IntVector b1 = c1.lanewise(LSHR, 4).sub(Q4Block.ZERO);
        s0 = ((FloatVector) a0.convertShape(I2F, SPECIES, 0)).mul(d0).fma(a, s0);
        s1 = ((FloatVector) a1.convertShape(I2F, SPECIES, 0)).mul(d1).fma(a, s1);
        s0 = ((FloatVector) b0.convertShape(I2F, SPECIES, 0)).mul(d0).fma(b, s0);
        s1 = ((FloatVector) b1.convertShape(I2F, SPECIES, 0)).mul(d1).fma(b, s1);
        at += Q4Block.BYTES;
        scale += Q4Block.BYTES;
      }
      s0.intoArray(sums, to + lane);
      s1.intoArray(sums, to + LANES + lane);
    }
  }
}
