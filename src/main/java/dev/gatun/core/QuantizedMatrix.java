package dev.gatun.core;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * A matrix in a quantised type, row by row: where its blocks lie, and how they are written and
 * read, one element after the other. This is what faster readers must agree with.
 *
 * @param rows the number of rows
 * @param columns the number of elements of a row
 */
public record QuantizedMatrix(DType dtype, int rows, int columns) {
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  public QuantizedMatrix {
    if (!dtype.isQuantized()) {
      throw new IllegalArgumentException(dtype + " is not stored in blocks");
    }
  }

  /** The matrix that a tensor is: its leading axes count as rows. */
  public static QuantizedMatrix of(DType dtype, Shape shape) {
    return new QuantizedMatrix(dtype, shape.rows(), shape.columns());
  }

  /** The elements of a row with those that fill up its last block. */
  public int paddedColumns() {
    return dtype.blocksPerRow(columns) * dtype.blockElements();
  }

  /** The number of blocks. */
  public int blocks() {
    return Math.multiplyExact(rows, dtype.blocksPerRow(columns));
  }

  /** The number of the first block of a row. */
  public int firstBlock(int row) {
    return row * dtype.blocksPerRow(columns);
  }

  /** Where a block lies, in bytes. */
  public long blockAt(int block) {
    return (long) block * dtype.blockBytes();
  }

  /**
   * Stores a row. Of a type with quantised scales this stores the codes alone: the scales are
   * collected, and {@link #quantizeScales} stores them when all rows are done.
   *
   * @param values the row, {@link #paddedColumns} elements
   * @param scales one for each block of the matrix
   */
  public void quantizeRow(float[] values, int row, MemorySegment target, float[] scales) {
    int first = firstBlock(row);
    for (int i = 0; i < dtype.blocksPerRow(columns); i++) {
      int from = i * dtype.blockElements();
      long at = blockAt(first + i);
      switch (dtype) {
        case Q8_0 -> Q8Block.quantize(values, from, target, at);
        case Q4_0 -> Q4Block.quantize(values, from, target, at);
        case NF4 -> {
          float scale = Nf4.largest(values, from);
          target.set(FLOAT, at, scale);
          Nf4.codes(values, from, scale, target, at + 4);
        }
        case NF4_DOUBLE -> {
          scales[first + i] = Nf4.largest(values, from);
          Nf4.codes(values, from, scales[first + i], target, at + 1);
        }
        case F64, F32, BF16, F16, I32 -> throw new AssertionError(dtype);
      }
    }
  }

  /**
   * Stores the scales of all blocks, for a type that quantises them; else nothing is to be done.
   */
  public void quantizeScales(float[] scales, MemorySegment target) {
    if (dtype != DType.NF4_DOUBLE || blocks() == 0) {
      return;
    }
    double sum = 0;
    for (int i = 0; i < blocks(); i++) {
      sum += scales[i];
    }
    float offset = (float) (sum / blocks());
    target.set(FLOAT, offsetAt(), offset);
    for (int from = 0; from < blocks(); from += Nf4.GROUP) {
      int to = Math.min(blocks(), from + Nf4.GROUP);
      float largest = 0;
      for (int i = from; i < to; i++) {
        largest = Math.max(largest, Math.abs(scales[i] - offset));
      }
      target.set(FLOAT, groupAt(from), largest);
      for (int i = from; i < to; i++) {
        int code = largest == 0 ? 0 : DynamicMap.code((scales[i] - offset) / largest);
        target.set(ValueLayout.JAVA_BYTE, blockAt(i), (byte) code);
      }
    }
  }

  /** Restores a row: {@link #paddedColumns} elements. */
  public void dequantizeRow(MemorySegment source, int row, float[] values) {
    int first = firstBlock(row);
    for (int i = 0; i < dtype.blocksPerRow(columns); i++) {
      int to = i * dtype.blockElements();
      long at = blockAt(first + i);
      switch (dtype) {
        case Q8_0 -> Q8Block.dequantize(source, at, values, to);
        case Q4_0 -> Q4Block.dequantize(source, at, values, to);
        case NF4, NF4_DOUBLE ->
            Nf4.values(source, codesAt(first + i), nf4Scale(source, first + i), values, to);
        case F64, F32, BF16, F16, I32 -> throw new AssertionError(dtype);
      }
    }
  }

  /** Where the codes of an NF4 block lie. */
  public long codesAt(int block) {
    return blockAt(block) + (dtype == DType.NF4 ? 4 : 1);
  }

  /** The scale of an NF4 block, restored if it is quantised. */
  public float nf4Scale(MemorySegment source, int block) {
    if (dtype == DType.NF4) {
      return source.get(FLOAT, blockAt(block));
    }
    int code = source.get(ValueLayout.JAVA_BYTE, blockAt(block)) & 0xff;
    return source.get(FLOAT, groupAt(block)) * DynamicMap.value(code)
        + source.get(FLOAT, offsetAt());
  }

  /** Where the scale of the scales of a block's group lies. */
  private long groupAt(int block) {
    return blockAt(blocks()) + 4L * (block / Nf4.GROUP);
  }

  /** Where the mean of the scales lies. */
  private long offsetAt() {
    return blockAt(blocks()) + 4L * Math.ceilDiv(blocks(), Nf4.GROUP);
  }
}
