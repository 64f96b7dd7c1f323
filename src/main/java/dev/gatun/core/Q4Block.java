package dev.gatun.core;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * 32 numbers in 4 bits each with a common scale: the block that llama.cpp calls {@code q4_0} (ggml,
 * {@code block_q4_0} and {@code quantize_row_q4_0_ref}), bit for bit.
 *
 * <pre>
 *   d (F16, 2 bytes)   16 bytes: byte i holds q[i] in its low and q[i+16] in its high half
 *
 *   x[i] ≈ d·(q[i] - 8)     d = m / -8, m the x of largest magnitude     q = min(15, ⌊x/d + 8.5⌋)
 * </pre>
 *
 * <p>The product of an F16 and a small integer is exact in F32, so unpacking does not round.
 */
public final class Q4Block {
  /** Numbers in a block. */
  public static final int ELEMENTS = 32;

  /** Bytes of a block. */
  public static final int BYTES = 2 + ELEMENTS / 2;

  private static final int HALF = ELEMENTS / 2;

  /** The code of 0. */
  public static final int ZERO = 8;

  private Q4Block() {}

  /** Stores x[at] .. x[at + 31]. */
  static void quantize(float[] x, int at, MemorySegment target, long offset) {
    float most = 0;
    for (int i = 0; i < ELEMENTS; i++) {
      if (Math.abs(x[at + i]) > Math.abs(most)) {
        most = x[at + i];
      }
    }
    float scale = most / -ZERO;
    float inverse = scale == 0 ? 0 : 1 / scale;
    Q8Block.setScale(target, offset, scale);
    for (int i = 0; i < HALF; i++) {
      int low = code(x[at + i] * inverse);
      int high = code(x[at + HALF + i] * inverse);
      target.set(ValueLayout.JAVA_BYTE, offset + 2 + i, (byte) (low | high << 4));
    }
  }

  private static int code(float scaled) {
    return Math.min(15, (byte) (scaled + (ZERO + 0.5f)));
  }

  /** Restores 32 numbers. */
  static void dequantize(MemorySegment source, long offset, float[] x, int at) {
    float scale = Q8Block.scale(source, offset);
    for (int i = 0; i < HALF; i++) {
      int both = source.get(ValueLayout.JAVA_BYTE, offset + 2 + i);
      x[at + i] = scale * ((both & 15) - ZERO);
      x[at + HALF + i] = scale * ((both >> 4 & 15) - ZERO);
    }
  }
}
