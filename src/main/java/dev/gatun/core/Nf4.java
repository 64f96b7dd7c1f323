package dev.gatun.core;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * 64 numbers in 4 bits each with a common scale: the 4-bit NormalFloat of QLoRA, with the values
 * and block sizes of bitsandbytes. Dettmers et al., "QLoRA: Efficient Finetuning of Quantized
 * LLMs", 2023, section 3 and appendix E.
 *
 * <pre>
 *   x[i] ≈ a·v[q[i]]       a = max |x| of the block, v the 16 quantiles of a normal distribution
 *
 *   NF4          a (F32, 4 bytes)    32 bytes of codes                     4.5   bits an element
 *   NF4_DOUBLE   c (1 byte)          32 bytes of codes                     4.127 bits an element
 *                and behind all blocks: s[group] (F32) for each 256 blocks, then o (F32)
 *
 *   a ≈ s·e[c] + o         o = mean of all a, s = max |a - o| of the group
 * </pre>
 *
 * <p>e are the 256 values of bitsandbytes' dynamic map. Codes lie as in {@link Q4Block}: byte i of
 * each 16 holds an element in its low half and the one 16 places later in its high half. Blocks are
 * those of bitsandbytes where rows are whole blocks; elsewhere it lets blocks run over the ends of
 * rows.
 */
public final class Nf4 {
  /** Numbers in a block. */
  public static final int ELEMENTS = 64;

  /** Bytes of a block with its scale in F32. */
  public static final int BYTES = 4 + ELEMENTS / 2;

  /** Bytes of a block whose scale is quantised. */
  public static final int DOUBLE_BYTES = 1 + ELEMENTS / 2;

  /** Blocks whose scales are quantised together. */
  public static final int GROUP = 256;

  private static final float[] VALUES = {
    -1.0f,
    -0.6961928f,
    -0.52507305f,
    -0.3949175f,
    -0.28444138f,
    -0.18477343f,
    -0.091050036f,
    0.0f,
    0.0795803f,
    0.1609302f,
    0.2461123f,
    0.33791524f,
    0.44070983f,
    0.562617f,
    0.72295684f,
    1.0f
  };

  private Nf4() {}

  /** A copy of the 16 values, ascending. */
  public static float[] values() {
    return VALUES.clone();
  }

  /** The bytes behind the blocks of NF4_DOUBLE. */
  static long tableBytes(long blocks) {
    return 4 * (Math.ceilDiv(blocks, (long) GROUP) + 1);
  }

  /** The scale of a block of numbers: the largest magnitude. */
  static float largest(float[] x, int at) {
    float largest = 0;
    for (int i = at; i < at + ELEMENTS; i++) {
      largest = Math.max(largest, Math.abs(x[i]));
    }
    return largest;
  }

  /** Stores the codes of x[at] .. x[at + 63] for a scale. */
  static void codes(float[] x, int at, float scale, MemorySegment target, long offset) {
    float inverse = scale == 0 ? 0 : 1 / scale;
    for (int i = 0; i < ELEMENTS / 2; i++) {
      int first = at + element(i);
      int both = code(x[first] * inverse) | code(x[first + 16] * inverse) << 4;
      target.set(ValueLayout.JAVA_BYTE, offset + i, (byte) both);
    }
  }

  /** Restores 64 numbers from their codes and their scale. */
  static void values(MemorySegment source, long offset, float scale, float[] x, int at) {
    for (int i = 0; i < ELEMENTS / 2; i++) {
      int both = source.get(ValueLayout.JAVA_BYTE, offset + i);
      int first = at + element(i);
      x[first] = scale * VALUES[both & 15];
      x[first + 16] = scale * VALUES[both >> 4 & 15];
    }
  }

  /** The element in the low half of a byte. */
  private static int element(int i) {
    return i < 16 ? i : i + 16;
  }

  /** The nearest value; of two as near the lower one, as in bitsandbytes. */
  private static int code(float x) {
    int code = 0;
    while (code < 15 && x > (VALUES[code] + VALUES[code + 1]) / 2) {
      code++;
    }
    return code;
  }
}
