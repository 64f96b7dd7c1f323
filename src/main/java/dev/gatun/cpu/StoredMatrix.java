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
import static jdk.incubator.vector.VectorOperators.GE;
import static jdk.incubator.vector.VectorOperators.I2F;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LSHR;
import static jdk.incubator.vector.VectorOperators.ZERO_EXTEND_B2I;
import static jdk.incubator.vector.VectorOperators.ZERO_EXTEND_S2I;

import dev.gatun.core.DType;
import dev.gatun.core.Nf4;
import dev.gatun.core.Q4Block;
import dev.gatun.core.Q8Block;
import dev.gatun.core.QuantizedMatrix;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorMask;

/**
 * A row-major matrix of weights in fewer bits than computing takes: BF16 or a quantised type.
 * Unpacked, an element has the same bits whatever the vector width, and a product with such a
 * matrix is that with the unpacked one.
 *
 * @param segment the matrix, from its first byte on
 */
public record StoredMatrix(MemorySegment segment, DType dtype, int rows, int columns) {
  public StoredMatrix {
    if (dtype != DType.BF16 && !dtype.isQuantized()) {
      throw new IllegalArgumentException(dtype + " is no type that weights are stored in");
    }
    if (!segment.isNative()) {
      throw new IllegalArgumentException("a stored matrix must be in native memory");
    }
  }

  /**
   * Unpacks a piece of a row to F32.
   *
   * @param from the first element, a multiple of 16
   * @param count how many; up to 15 elements behind them are written, too
   * @param to native memory
   * @param offset of the first float in bytes
   */
  public void unpack(int row, int from, int count, MemorySegment to, long offset) {
    int end = from + count;
    switch (dtype) {
      case BF16 -> bf16(row, from, end, to, offset);
      case Q8_0 -> q8(row, from, end, to, offset);
      case Q4_0 -> q4(row, from, end, to, offset);
      case NF4, NF4_DOUBLE -> nf4(row, from, end, to, offset);
      case F64, F32, F16, I32 -> throw new AssertionError(dtype);
    }
  }

  private void bf16(int row, int from, int end, MemorySegment to, long offset) {
    long source = 2L * row * columns;
    int i = from;
    for (; i <= end - LENGTH; i += LENGTH) {
      ShortVector half = ShortVector.fromMemorySegment(SHORTS, segment, source + 2L * i, ORDER);
      IntVector bits = (IntVector) half.convertShape(ZERO_EXTEND_S2I, INTS, 0);
      Simd.store(bits.lanewise(LSHL, 16).reinterpretAsFloats(), to, offset, i - from);
    }
    if (i < end) {
      VectorMask<Short> below = SHORTS.indexInRange(i, end);
      ShortVector half =
          ShortVector.fromMemorySegment(SHORTS, segment, source + 2L * i, ORDER, below);
      IntVector bits = (IntVector) half.convertShape(ZERO_EXTEND_S2I, INTS, 0);
      Simd.store(bits.lanewise(LSHL, 16).reinterpretAsFloats(), to, offset, i - from);
    }
  }

  private void q8(int row, int from, int end, MemorySegment to, long offset) {
    long source = (long) row * dtype.blocksPerRow(columns) * Q8Block.BYTES;
    for (int i = from; i < end; i += LANES) {
      long block = source + (long) (i / Q8Block.ELEMENTS) * Q8Block.BYTES;
      long at = block + 2 + i % Q8Block.ELEMENTS;
      float scale = Q8Block.scale(segment, block);
      for (int lane = 0; lane < LANES; lane += LENGTH) {
        long first = at + Stored.firstByte(lane);
        ByteVector codes = ByteVector.fromMemorySegment(BYTES, segment, first, ORDER);
        FloatVector x = (FloatVector) codes.convertShape(B2F, SPECIES, Stored.part(lane));
        Simd.store(x.mul(scale), to, offset, i - from + lane);
      }
    }
  }

  private void q4(int row, int from, int end, MemorySegment to, long offset) {
    long source = (long) row * dtype.blocksPerRow(columns) * Q4Block.BYTES;
    for (int i = from; i < end; i += LANES) {
      long block = source + (long) (i / Q4Block.ELEMENTS) * Q4Block.BYTES;
      int shift = i % Q4Block.ELEMENTS / LANES * 4;
      float scale = Q8Block.scale(segment, block);
      for (int lane = 0; lane < LANES; lane += LENGTH) {
        long first = block + 2 + Stored.firstByte(lane);
        ByteVector both = ByteVector.fromMemorySegment(BYTES, segment, first, ORDER);
        IntVector wide = (IntVector) both.convertShape(ZERO_EXTEND_B2I, INTS, Stored.part(lane));
        IntVector codes = wide.lanewise(LSHR, shift).and(NIBBLE).sub(Q4Block.ZERO);
        FloatVector x = (FloatVector) codes.convertShape(I2F, SPECIES, 0);
        Simd.store(x.mul(scale), to, offset, i - from + lane);
      }
    }
  }

  private void nf4(int row, int from, int end, MemorySegment to, long offset) {
    QuantizedMatrix matrix = new QuantizedMatrix(dtype, rows, columns);
    int firstBlock = matrix.firstBlock(row);
    for (int i = from; i < end; i += LANES) {
      int block = firstBlock + i / Nf4.ELEMENTS;
      int inside = i % Nf4.ELEMENTS;
      long at = matrix.codesAt(block) + inside / 32 * 16L;
      int shift = inside / 16 % 2 * 4;
      float scale = matrix.nf4Scale(segment, block);
      for (int lane = 0; lane < LANES; lane += LENGTH) {
        long first = at + Stored.firstByte(lane);
        ByteVector both = ByteVector.fromMemorySegment(BYTES, segment, first, ORDER);
        IntVector wide = (IntVector) both.convertShape(ZERO_EXTEND_B2I, INTS, Stored.part(lane));
        IntVector codes = wide.lanewise(LSHR, shift).and(NIBBLE);
        IntVector index = codes.and(LENGTH - 1);
        IntVector bits = index.selectFrom(Stored.NF4_0);
        if (LENGTH <= 8) {
          bits = bits.blend(index.selectFrom(Stored.NF4_1), codes.compare(GE, LENGTH));
        }
        if (LENGTH == 4) {
          bits = bits.blend(index.selectFrom(Stored.NF4_2), codes.compare(GE, 2 * LENGTH));
          bits = bits.blend(index.selectFrom(Stored.NF4_3), codes.compare(GE, 3 * LENGTH));
        }
        Simd.store(bits.reinterpretAsFloats().mul(scale), to, offset, i - from + lane);
      }
    }
  }
}
