package dev.gatun.core;

/**
 * The type of an element. F32 is what training computes in, F64 what the reference computes in;
 * BF16 and F16 are storage; I32 holds token ids and positions. The names in model files are those
 * of the safetensors format.
 */
public enum DType {
  F64(8),
  F32(4),
  BF16(2),
  F16(2),
  I32(4);

  private final int bytes;

  DType(int bytes) {
    this.bytes = bytes;
  }

  /** The size of one element in bytes. */
  public int bytes() {
    return bytes;
  }

  /** Whether elements are floating-point numbers: only these can carry a gradient. */
  public boolean isFloating() {
    return this != I32;
  }
}
