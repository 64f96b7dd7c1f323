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
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorSpecies;

/**
 * The 16 partial sums of the dot products of a with four rows of B, in the order of {@link Simd}.
 *
 * <p>Where a vector has fewer than 16 lanes the rows are gone through several times, for some of
 * the partial sums each. The loops name each step: a method that returns a vector may not be
 * inlined, see {@link Stored}. Those over blocks count offsets of their own, {@code at} and {@code
 * scale}: with offsets computed from the index the compiler makes three loops of one, to take the
 * bounds checks out of the middle one, which is a fifth slower for q4_0 (measured).
 */
final class FourRows {
  static final int ROWS = 4;

  /** The codes of a block of q8_0. */
  private static final VectorSpecies<Byte> BLOCK = ByteVector.SPECIES_256;

  private FourRows() {}

  /**
   * Computes them: {@code sums[16 r + l]} is partial sum l of the r-th row.
   *
   * @param x a, with zeros behind it up to a multiple of 32
   */
  static void sums(
      float[] x, int k, Operand b, int row0, int row1, int row2, int row3, float[] sums) {
    StoredMatrix stored = b.stored();
    MemorySegment w = b.segment();
    if (stored == null) {
      f32(x, k, w, b.at(row0, 0), b.at(row1, 0), b.at(row2, 0), b.at(row3, 0), sums);
      return;
    }
    switch (stored.dtype()) {
      case BF16 -> {
        long bytes = 2L * k;
        bf16(x, k, w, row0 * bytes, row1 * bytes, row2 * bytes, row3 * bytes, sums);
      }
      case Q8_0 -> {
        long bytes = (long) stored.dtype().blocksPerRow(k) * Q8Block.BYTES;
        if (LENGTH == LANES) {
          q8Whole(x, k, w, row0 * bytes, row1 * bytes, row2 * bytes, row3 * bytes, sums);
        } else {
          q8(x, k, w, row0 * bytes, row1 * bytes, row2 * bytes, row3 * bytes, sums);
        }
      }
      case Q4_0 -> {
        long bytes = (long) stored.dtype().blocksPerRow(k) * Q4Block.BYTES;
        if (LENGTH == LANES) {
          q4Whole(x, k, w, row0 * bytes, row1 * bytes, row2 * bytes, row3 * bytes, sums);
        } else {
          q4(x, k, w, row0 * bytes, row1 * bytes, row2 * bytes, row3 * bytes, sums);
        }
      }
      case NF4, NF4_DOUBLE -> {
        unpacked(x, stored, row0, sums, 0);
        unpacked(x, stored, row1, sums, 1);
        unpacked(x, stored, row2, sums, 2);
        unpacked(x, stored, row3, sums, 3);
      }
      case F64, F32, F16, I32 -> throw new AssertionError(stored.dtype());
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

  private static void f32(
      float[] x, int k, MemorySegment w, long w0, long w1, long w2, long w3, float[] sums) {
    for (int lane = 0; lane < LANES; lane += LENGTH) {
      FloatVector s0 = FloatVector.zero(SPECIES);
      FloatVector s1 = s0;
      FloatVector s2 = s0;
      FloatVector s3 = s0;
      int i = lane;
      for (; i <= k - LENGTH; i += LANES) {
        FloatVector a = FloatVector.fromArray(SPECIES, x, i);
        FloatVector b0 = FloatVector.fromMemorySegment(SPECIES, w, w0 + 4L * i, ORDER);
        FloatVector b1 = FloatVector.fromMemorySegment(SPECIES, w, w1 + 4L * i, ORDER);
        FloatVector b2 = FloatVector.fromMemorySegment(SPECIES, w, w2 + 4L * i, ORDER);
        FloatVector b3 = FloatVector.fromMemorySegment(SPECIES, w, w3 + 4L * i, ORDER);
        s0 = b0.fma(a, s0);
        s1 = b1.fma(a, s1);
        s2 = b2.fma(a, s2);
        s3 = b3.fma(a, s3);
      }
      if (i < k) {
        VectorMask<Float> below = SPECIES.indexInRange(i, k);
        FloatVector a = FloatVector.fromArray(SPECIES, x, i);
        FloatVector b0 = FloatVector.fromMemorySegment(SPECIES, w, w0 + 4L * i, ORDER, below);
        FloatVector b1 = FloatVector.fromMemorySegment(SPECIES, w, w1 + 4L * i, ORDER, below);
        FloatVector b2 = FloatVector.fromMemorySegment(SPECIES, w, w2 + 4L * i, ORDER, below);
        FloatVector b3 = FloatVector.fromMemorySegment(SPECIES, w, w3 + 4L * i, ORDER, below);
        s0 = b0.fma(a, s0);
        s1 = b1.fma(a, s1);
        s2 = b2.fma(a, s2);
        s3 = b3.fma(a, s3);
      }
      s0.intoArray(sums, lane);
      s1.intoArray(sums, LANES + lane);
      s2.intoArray(sums, 2 * LANES + lane);
      s3.intoArray(sums, 3 * LANES + lane);
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
      float[] x, int k, MemorySegment w, long w0, long w1, long w2, long w3, float[] sums) {
    for (int lane = 0; lane < LANES; lane += LENGTH) {
      FloatVector s0 = FloatVector.zero(SPECIES);
      FloatVector s1 = s0;
      FloatVector s2 = s0;
      FloatVector s3 = s0;
      int part = Stored.part(lane);
      long at = Stored.firstByte(lane) + 2L;
      long scale = 0;
      for (int i = lane; i < k; i += Q8Block.ELEMENTS) {
        FloatVector a = FloatVector.fromArray(SPECIES, x, i);
        FloatVector b = FloatVector.fromArray(SPECIES, x, i + LANES);
        float d0 = Q8Block.scale(w, w0 + scale);
        float d1 = Q8Block.scale(w, w1 + scale);
        float d2 = Q8Block.scale(w, w2 + scale);
        float d3 = Q8Block.scale(w, w3 + scale);
        ByteVector a0 = ByteVector.fromMemorySegment(BYTES, w, w0 + at, ORDER);
        ByteVector a1 = ByteVector.fromMemorySegment(BYTES, w, w1 + at, ORDER);
        ByteVector a2 = ByteVector.fromMemorySegment(BYTES, w, w2 + at, ORDER);
        ByteVector a3 = ByteVector.fromMemorySegment(BYTES, w, w3 + at, ORDER);
        ByteVector b0 = ByteVector.fromMemorySegment(BYTES, w, w0 + at + LANES, ORDER);
        ByteVector b1 = ByteVector.fromMemorySegment(BYTES, w, w1 + at + LANES, ORDER);
        ByteVector b2 = ByteVector.fromMemorySegment(BYTES, w, w2 + at + LANES, ORDER);
        ByteVector b3 = ByteVector.fromMemorySegment(BYTES, w, w3 + at + LANES, ORDER);
        s0 = ((FloatVector) a0.convertShape(B2F, SPECIES, part)).mul(d0).fma(a, s0);
        s1 = ((FloatVector) a1.convertShape(B2F, SPECIES, part)).mul(d1).fma(a, s1);
        s2 = ((FloatVector) a2.convertShape(B2F, SPECIES, part)).mul(d2).fma(a, s2);
        s3 = ((FloatVector) a3.convertShape(B2F, SPECIES, part)).mul(d3).fma(a, s3);
        s0 = ((FloatVector) b0.convertShape(B2F, SPECIES, part)).mul(d0).fma(b, s0);
        s1 = ((FloatVector) b1.convertShape(B2F, SPECIES, part)).mul(d1).fma(b, s1);
        s2 = ((FloatVector) b2.convertShape(B2F, SPECIES, part)).mul(d2).fma(b, s2);
        s3 = ((FloatVector) b3.convertShape(B2F, SPECIES, part)).mul(d3).fma(b, s3);
        at += Q8Block.BYTES;
        scale += Q8Block.BYTES;
      }
      s0.intoArray(sums, lane);
      s1.intoArray(sums, LANES + lane);
      s2.intoArray(sums, 2 * LANES + lane);
      s3.intoArray(sums, 3 * LANES + lane);
    }
  }

  /**
   * {@link #q8} for 16 lanes, with the codes of a block in one vector: half as many loads, each of
   * which costs a bounds check, are a tenth of the time.
   */
  private static void q8Whole(
      float[] x, int k, MemorySegment w, long w0, long w1, long w2, long w3, float[] sums) {
    FloatVector s0 = FloatVector.zero(SPECIES);
    FloatVector s1 = s0;
    FloatVector s2 = s0;
    FloatVector s3 = s0;
    long at = 2;
    long scale = 0;
    for (int i = 0; i < k; i += Q8Block.ELEMENTS) {
      FloatVector a = FloatVector.fromArray(SPECIES, x, i);
      FloatVector b = FloatVector.fromArray(SPECIES, x, i + LANES);
      float d0 = Q8Block.scale(w, w0 + scale);
      float d1 = Q8Block.scale(w, w1 + scale);
      float d2 = Q8Block.scale(w, w2 + scale);
      float d3 = Q8Block.scale(w, w3 + scale);
      ByteVector c0 = ByteVector.fromMemorySegment(BLOCK, w, w0 + at, ORDER);
      ByteVector c1 = ByteVector.fromMemorySegment(BLOCK, w, w1 + at, ORDER);
      ByteVector c2 = ByteVector.fromMemorySegment(BLOCK, w, w2 + at, ORDER);
      ByteVector c3 = ByteVector.fromMemorySegment(BLOCK, w, w3 + at, ORDER);
      s0 = ((FloatVector) c0.convertShape(B2F, SPECIES, 0)).mul(d0).fma(a, s0);
      s1 = ((FloatVector) c1.convertShape(B2F, SPECIES, 0)).mul(d1).fma(a, s1);
      s2 = ((FloatVector) c2.convertShape(B2F, SPECIES, 0)).mul(d2).fma(a, s2);
      s3 = ((FloatVector) c3.convertShape(B2F, SPECIES, 0)).mul(d3).fma(a, s3);
      s0 = ((FloatVector) c0.convertShape(B2F, SPECIES, 1)).mul(d0).fma(b, s0);
      s1 = ((FloatVector) c1.convertShape(B2F, SPECIES, 1)).mul(d1).fma(b, s1);
      s2 = ((FloatVector) c2.convertShape(B2F, SPECIES, 1)).mul(d2).fma(b, s2);
      s3 = ((FloatVector) c3.convertShape(B2F, SPECIES, 1)).mul(d3).fma(b, s3);
      at += Q8Block.BYTES;
      scale += Q8Block.BYTES;
    }
    s0.intoArray(sums, 0);
    s1.intoArray(sums, LANES);
    s2.intoArray(sums, 2 * LANES);
    s3.intoArray(sums, 3 * LANES);
  }

  private static void q4(
      float[] x, int k, MemorySegment w, long w0, long w1, long w2, long w3, float[] sums) {
    for (int lane = 0; lane < LANES; lane += LENGTH) {
      FloatVector s0 = FloatVector.zero(SPECIES);
      FloatVector s1 = s0;
      FloatVector s2 = s0;
      FloatVector s3 = s0;
      int part = Stored.part(lane);
      long at = Stored.firstByte(lane) + 2L;
      long scale = 0;
      for (int i = lane; i < k; i += Q4Block.ELEMENTS) {
        FloatVector a = FloatVector.fromArray(SPECIES, x, i);
        FloatVector b = FloatVector.fromArray(SPECIES, x, i + LANES);
        float d0 = Q8Block.scale(w, w0 + scale);
        float d1 = Q8Block.scale(w, w1 + scale);
        float d2 = Q8Block.scale(w, w2 + scale);
        float d3 = Q8Block.scale(w, w3 + scale);
        ByteVector h0 = ByteVector.fromMemorySegment(BYTES, w, w0 + at, ORDER);
        ByteVector h1 = ByteVector.fromMemorySegment(BYTES, w, w1 + at, ORDER);
        ByteVector h2 = ByteVector.fromMemorySegment(BYTES, w, w2 + at, ORDER);
        ByteVector h3 = ByteVector.fromMemorySegment(BYTES, w, w3 + at, ORDER);
        IntVector c0 = (IntVector) h0.convertShape(ZERO_EXTEND_B2I, INTS, part);
        IntVector c1 = (IntVector) h1.convertShape(ZERO_EXTEND_B2I, INTS, part);
        IntVector c2 = (IntVector) h2.convertShape(ZERO_EXTEND_B2I, INTS, part);
        IntVector c3 = (IntVector) h3.convertShape(ZERO_EXTEND_B2I, INTS, part);
        IntVector a0 = c0.and(NIBBLE).sub(Q4Block.ZERO);
        IntVector a1 = c1.and(NIBBLE).sub(Q4Block.ZERO);
        IntVector a2 = c2.and(NIBBLE).sub(Q4Block.ZERO);
        IntVector a3 = c3.and(NIBBLE).sub(Q4Block.ZERO);
        IntVector b0 = c0.lanewise(LSHR, 4).sub(Q4Block.ZERO);
        IntVector b1 = c1.lanewise(LSHR, 4).sub(Q4Block.ZERO);
        IntVector b2 = c2.lanewise(LSHR, 4).sub(Q4Block.ZERO);
        IntVector b3 = c3.lanewise(LSHR, 4).sub(Q4Block.ZERO);
        s0 = ((FloatVector) a0.convertShape(I2F, SPECIES, 0)).mul(d0).fma(a, s0);
        s1 = ((FloatVector) a1.convertShape(I2F, SPECIES, 0)).mul(d1).fma(a, s1);
        s2 = ((FloatVector) a2.convertShape(I2F, SPECIES, 0)).mul(d2).fma(a, s2);
        s3 = ((FloatVector) a3.convertShape(I2F, SPECIES, 0)).mul(d3).fma(a, s3);
        s0 = ((FloatVector) b0.convertShape(I2F, SPECIES, 0)).mul(d0).fma(b, s0);
        s1 = ((FloatVector) b1.convertShape(I2F, SPECIES, 0)).mul(d1).fma(b, s1);
        s2 = ((FloatVector) b2.convertShape(I2F, SPECIES, 0)).mul(d2).fma(b, s2);
        s3 = ((FloatVector) b3.convertShape(I2F, SPECIES, 0)).mul(d3).fma(b, s3);
        at += Q4Block.BYTES;
        scale += Q4Block.BYTES;
      }
      s0.intoArray(sums, lane);
      s1.intoArray(sums, LANES + lane);
      s2.intoArray(sums, 2 * LANES + lane);
      s3.intoArray(sums, 3 * LANES + lane);
    }
  }

  /**
   * {@link #q4} for 16 lanes. The 16 numbers that a block can hold are computed first, {@code d (q
   * - 8)} for each code, and then looked up.
   */
  private static void q4Whole(
      float[] x, int k, MemorySegment w, long w0, long w1, long w2, long w3, float[] sums) {
    FloatVector s0 = FloatVector.zero(SPECIES);
    FloatVector s1 = s0;
    FloatVector s2 = s0;
    FloatVector s3 = s0;
    long at = 2;
    long scale = 0;
    for (int i = 0; i < k; i += Q4Block.ELEMENTS) {
      FloatVector a = FloatVector.fromArray(SPECIES, x, i);
      FloatVector b = FloatVector.fromArray(SPECIES, x, i + LANES);
      IntVector t0 = Stored.Q4.mul(Q8Block.scale(w, w0 + scale)).reinterpretAsInts();
      IntVector t1 = Stored.Q4.mul(Q8Block.scale(w, w1 + scale)).reinterpretAsInts();
      IntVector t2 = Stored.Q4.mul(Q8Block.scale(w, w2 + scale)).reinterpretAsInts();
      IntVector t3 = Stored.Q4.mul(Q8Block.scale(w, w3 + scale)).reinterpretAsInts();
      ByteVector h0 = ByteVector.fromMemorySegment(BYTES, w, w0 + at, ORDER);
      ByteVector h1 = ByteVector.fromMemorySegment(BYTES, w, w1 + at, ORDER);
      ByteVector h2 = ByteVector.fromMemorySegment(BYTES, w, w2 + at, ORDER);
      ByteVector h3 = ByteVector.fromMemorySegment(BYTES, w, w3 + at, ORDER);
      IntVector c0 = (IntVector) h0.convertShape(ZERO_EXTEND_B2I, INTS, 0);
      IntVector c1 = (IntVector) h1.convertShape(ZERO_EXTEND_B2I, INTS, 0);
      IntVector c2 = (IntVector) h2.convertShape(ZERO_EXTEND_B2I, INTS, 0);
      IntVector c3 = (IntVector) h3.convertShape(ZERO_EXTEND_B2I, INTS, 0);
      s0 = c0.and(NIBBLE).selectFrom(t0).reinterpretAsFloats().fma(a, s0);
      s1 = c1.and(NIBBLE).selectFrom(t1).reinterpretAsFloats().fma(a, s1);
      s2 = c2.and(NIBBLE).selectFrom(t2).reinterpretAsFloats().fma(a, s2);
      s3 = c3.and(NIBBLE).selectFrom(t3).reinterpretAsFloats().fma(a, s3);
      s0 = c0.lanewise(LSHR, 4).selectFrom(t0).reinterpretAsFloats().fma(b, s0);
      s1 = c1.lanewise(LSHR, 4).selectFrom(t1).reinterpretAsFloats().fma(b, s1);
      s2 = c2.lanewise(LSHR, 4).selectFrom(t2).reinterpretAsFloats().fma(b, s2);
      s3 = c3.lanewise(LSHR, 4).selectFrom(t3).reinterpretAsFloats().fma(b, s3);
      at += Q4Block.BYTES;
      scale += Q4Block.BYTES;
    }
    s0.intoArray(sums, 0);
    s1.intoArray(sums, LANES);
    s2.intoArray(sums, 2 * LANES);
    s3.intoArray(sums, 3 * LANES);
  }
}
