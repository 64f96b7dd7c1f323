package dev.gatun.core;

/**
 * The type of an element. F32 is what training computes in, F64 what the reference computes in;
 * BF16 and F16 are storage; I32 holds token ids and positions. The names in model files are those
 * of the safetensors format.
 *
 * <p>The quantised types store weights that are not trained: blocks of elements with a scale of
 * their own. Each row of a matrix is whole blocks, the last one filled up with zeros.
 */
public enum DType {
  F64(8),
  F32(4),
  BF16(2),
  F16(2),
  I32(4),
  /** 8.5 bits an element, see {@link Q8Block}. */
  Q8_0(Q8Block.ELEMENTS, Q8Block.BYTES),
  /** 4.5 bits an element, see {@link Q4Block}. */
  Q4_0(Q4Block.ELEMENTS, Q4Block.BYTES),
  /** 4.5 bits an element, see {@link Nf4}. */
  NF4(Nf4.ELEMENTS, Nf4.BYTES),
  /** 4.127 bits an element: NF4 whose scales are quantised too, see {@link Nf4}. */
  NF4_DOUBLE(Nf4.ELEMENTS, Nf4.DOUBLE_BYTES);

  private final int blockElements;
  private final int blockBytes;

  DType(int bytes) {
    this(1, bytes);
  }

  DType(int blockElements, int blockBytes) {
    this.blockElements = blockElements;
    this.blockBytes = blockBytes;
  }

  /** The size of one element in bytes. */
  public int bytes() {
    if (isQuantized()) {
      throw new IllegalStateException(
          "an element of " + this + " has no size of its own: it is stored in blocks");
    }
    return blockBytes;
  }

  /** The size of a tensor in bytes. */
  public long bytes(Shape shape) {
    if (!isQuantized()) {
      return Math.multiplyExact(shape.elements(), blockBytes);
    }
    long blocks = Math.multiplyExact((long) shape.rows(), blocksPerRow(shape.columns()));
    long tables = this == NF4_DOUBLE ? Nf4.tableBytes(blocks) : 0;
    return Math.addExact(Math.multiplyExact(blocks, blockBytes), tables);
  }

  /** The number of blocks that hold a row; elements, where those are stored one by one. */
  public int blocksPerRow(int columns) {
    return Math.ceilDiv(columns, blockElements);
  }

  /** How many elements share a scale; 1 where elements are stored one by one. */
  public int blockElements() {
    return blockElements;
  }

  /** The size of a block in bytes, or of an element where those are stored one by one. */
  public int blockBytes() {
    return blockBytes;
  }

  /** Whether elements are floating-point numbers: only these can carry a gradient. */
  public boolean isFloating() {
    return this != I32 && !isQuantized();
  }

  /** Whether elements are stored in blocks with a scale. */
  public boolean isQuantized() {
    return blockElements > 1;
  }
}
