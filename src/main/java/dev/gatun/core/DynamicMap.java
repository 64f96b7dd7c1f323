package dev.gatun.core;

import java.util.Arrays;

/**
 * The 256 values of bitsandbytes' dynamic 8-bit type, {@code create_dynamic_map(signed=True)}: 0, 1
 * and in each decade from 1e-6 to 1 twice as many equidistant values as in the one below, of both
 * signs. Dettmers et al., "8-bit Optimizers via Block-wise Quantization", 2021, section 2.1.
 */
final class DynamicMap {
  private static final int DECADES = 7;
  private static final float[] VALUES = values();

  private DynamicMap() {}

  /** The value of a code, 0 to 255. */
  static float value(int code) {
    return VALUES[code];
  }

  /** The code of the nearest value; of two as near the lower one. */
  static int code(float x) {
    int found = Arrays.binarySearch(VALUES, x);
    if (found >= 0) {
      return found;
    }
    int above = Math.clamp(-found - 1, 1, VALUES.length - 1);
    return x - VALUES[above - 1] <= VALUES[above] - x ? above - 1 : above;
  }

  private static float[] values() {
    float[] values = new float[256];
    int count = 0;
    for (int decade = 0; decade < DECADES; decade++) {
      int means = 1 << decade;
      double scale = Math.pow(10, decade - DECADES + 1);
      for (int i = 0; i < means; i++) {
        float mean = (float) (scale * (0.1 + 0.9 * (i + 0.5) / means));
        values[count++] = mean;
        values[count++] = -mean;
      }
    }
    values[count++] = 0;
    values[count] = 1;
    Arrays.sort(values);
    return values;
  }
}
