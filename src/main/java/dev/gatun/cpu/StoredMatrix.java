package dev.gatun.cpu;

import static dev.gatun.cpu.Simd.LANES;
import static dev.gatun.cpu.Simd.LENGTH;
import static dev.gatun.cpu.Simd.SPECIES;

import dev.gatun.core.DType;
import dev.gatun.core.Nf4;
import dev.gatun.core.Q4Block;
import dev.gatun.core.Q8Block;
import dev.gatun.core.QuantizedMatrix;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

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
      Simd.store(Stored.bf16(segment, source + 2L * i), to, offset, i - from);
    }
    if (i < end) {
      FloatVector rest = Stored.bf16Below(segment, source, i, end);
      Simd.store(rest, to, offset, i - from);
    }
  }

  private void q8(int row, int from, int end, MemorySegment to, long offset) {
    long source = (long) row * dtype.blocksPerRow(columns) * Q8Block.BYTES;
    for (int i = from; i < end; i += LANES) {
      long block = source + (long) (i / Q8Block.ELEMENTS) * Q8Block.BYTES;
      long codes = block + 2 + i % Q8Block.ELEMENTS;
      FloatVector scale = FloatVector.broadcast(SPECIES, Q8Block.scale(segment, block));
      for (int lane = 0; lane < LANES; lane += LENGTH) {
        Simd.store(Stored.bytes(segment, codes, lane).mul(scale), to, offset, i - from + lane);
      }
    }
  }

  private void q4(int row, int from, int end, MemorySegment to, long offset) {
    long source = (long) row * dtype.blocksPerRow(columns) * Q4Block.BYTES;
    for (int i = from; i < end; i += LANES) {
      long block = source + (long) (i / Q4Block.ELEMENTS) * Q4Block.BYTES;
      int shift = i % Q4Block.ELEMENTS / LANES * 4;
      FloatVector scale = FloatVector.broadcast(SPECIES, Q8Block.scale(segment, block));
      for (int lane = 0; lane < LANES; lane += LENGTH) {
        FloatVector code = Stored.nibbles(segment, block + 2, lane, shift);
        Simd.store(code.sub(8).mul(scale), to, offset, i - from + lane);
      }
    }
  }

  private void nf4(int row, int from, int end, MemorySegment to, long offset) {
    QuantizedMatrix matrix = new QuantizedMatrix(dtype, rows, columns);
    int first = matrix.firstBlock(row);
    for (int i = from; i < end; i += LANES) {
      int block = first + i / Nf4.ELEMENTS;
      int inside = i % Nf4.ELEMENTS;
      long codes = matrix.codesAt(block) + inside / 32 * 16;
      float scale = matrix.nf4Scale(segment, block);
      for (int lane = 0; lane < LANES; lane += LENGTH) {
        FloatVector value = Stored.nf4(segment, codes, lane, inside / 16 % 2 * 4);
        Simd.store(value.mul(scale), to, offset, i - from + lane);
      }
    }
  }
}
