package dev.gatun.core;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * 32 numbers as bytes with a common scale: the block that llama.cpp calls {@code q8_0} (ggml,
 * {@code block_q8_0} and {@code quantize_row_q8_0_ref}), bit for bit.
 *
 * <pre>
 *   d (F16, 2 bytes)   q[0] .. q[31] (signed bytes)          x[i] ≈ d·q[i]
 *
 *   d = max |x| / 127     q[i] = round(x[i] / d), halves away from zero
 * </pre>
 *
 * <p>The product of an F16 and a byte is exact in F32, so unpacking does not round.
 */
public final class Q8Block {
  /** Numbers in a block. */
  public static final int ELEMENTS = 32;

  /** Bytes of a block. */
  public static final int BYTES = 2 + ELEMENTS;

  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final float LARGEST = 127;

  private Q8Block() {}

  /** Stores x[at] .. x[at + 31]. */
  static void quantize(float[] x, int at, MemorySegment target, long offset) {
    float max = 0;
    for (int i = 0; i < ELEMENTS; i++) {
      max = Math.max(max, Math.abs(x[at + i]));
    }
    float scale = max / LARGEST;
    float inverse = scale == 0 ? 0 : 1 / scale;
    setScale(target, offset, scale);
    for (int i = 0; i < ELEMENTS; i++) {
      byte code = (byte) Rounding.halvesAway(x[at + i] * inverse);
      target.set(ValueLayout.JAVA_BYTE, offset + 2 + i, code);
    }
  }

  /** Restores 32 numbers. */
  static void dequantize(MemorySegment source, long offset, float[] x, int at) {
    float scale = scale(source, offset);
    for (int i = 0; i < ELEMENTS; i++) {
      x[at + i] = scale * source.get(ValueLayout.JAVA_BYTE, offset + 2 + i);
    }
  }

  static void setScale(MemorySegment block, long offset, float scale) {
    block.set(SHORT, offset, Float.floatToFloat16(scale));
  }

  /** d. */
  public static float scale(MemorySegment block, long offset) {
    return Float.float16ToFloat(block.get(SHORT, offset));
  }
}
