package dev.gatun.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.gatun.core.Bf16;
import dev.gatun.core.Philox;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Against {@link Bf16} and {@link Float}, which convert one number at a time. */
class HalfPrecisionTest {
  private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT;
  private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
  private static final int HALVES = 1 << 16;

  @Test
  void everyBf16Widens() {
    int[] bits = widened(HalfPrecision::bf16ToF32);
    for (int half = 0; half < HALVES; half++) {
      assertEquals(half << 16, bits[half], () -> "a number of the 65536");
    }
  }

  @Test
  void everyF16Widens() {
    int[] bits = widened(HalfPrecision::f16ToF32);
    for (int half = 0; half < HALVES; half++) {
      float expected = Float.float16ToFloat((short) half);
      assertEquals(expected, Float.intBitsToFloat(bits[half]));
      assertEquals(half >>> 15, bits[half] >>> 31, "the sign");
    }
  }

  @Test
  void f32RoundsToBf16() {
    int[] values = interestingFloats();
    short[] halves = narrowed(values, HalfPrecision::f32ToBf16);
    for (int i = 0; i < values.length; i++) {
      float value = Float.intBitsToFloat(values[i]);
      assertEquals(Bf16.fromFloat(value), halves[i], () -> "of " + value);
    }
  }

  @Test
  void f32RoundsToF16() {
    int[] values = interestingFloats();
    short[] halves = narrowed(values, HalfPrecision::f32ToF16);
    for (int i = 0; i < values.length; i++) {
      float value = Float.intBitsToFloat(values[i]);
      short expected =
          Float.isNaN(value)
              ? (short) ((values[i] >>> 16 & 0x8000) | 0x7e00)
              : Float.floatToFloat16(value);
      assertEquals(expected, halves[i], () -> "of " + value);
    }
  }

  @Test
  void writesOnlyItsRange() {
    try (Arena arena = Arena.ofConfined()) {
      int[] ones = new int[64];
      Arrays.fill(ones, Float.floatToRawIntBits(1));
      MemorySegment x = arena.allocateFrom(INT, ones);
      MemorySegment y = arena.allocate(SHORT, 64);
      HalfPrecision.f32ToBf16(x, y, 5, 58);
      short[] expected = new short[64];
      Arrays.fill(expected, 5, 58, Bf16.fromFloat(1));
      assertArrayEquals(expected, y.toArray(SHORT));
    }
  }

  private interface Conversion {
    void run(MemorySegment x, MemorySegment y, int from, int to);
  }

  private static int[] widened(Conversion conversion) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment x = arena.allocate(SHORT, HALVES);
      for (int half = 0; half < HALVES; half++) {
        x.setAtIndex(SHORT, half, (short) half);
      }
      MemorySegment y = arena.allocate(INT, HALVES);
      conversion.run(x, y, 0, HALVES);
      return y.toArray(INT);
    }
  }

  private static short[] narrowed(int[] values, Conversion conversion) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment x = arena.allocateFrom(INT, values);
      MemorySegment y = arena.allocate(SHORT, values.length);
      conversion.run(x, y, 0, values.length);
      return y.toArray(SHORT);
    }
  }

  /** Around every number of both formats and every tie between two of them, and at random. */
  private static int[] interestingFloats() {
    List<Integer> bits = new ArrayList<>();
    for (int half = 0; half < HALVES; half += 7) {
      int f16 = Float.floatToRawIntBits(Float.float16ToFloat((short) half));
      for (int near = -1; near <= 1; near++) {
        bits.add(f16 + near);
        bits.add(f16 + (1 << 12) + near);
        bits.add((half << 16) + near);
        bits.add((half << 16) + (1 << 15) + near);
      }
    }
    Philox random = new Philox(1, 2);
    for (int i = 0; i < 100_003; i++) {
      bits.add(random.bits(i));
      bits.add(Float.floatToRawIntBits((float) (random.normal(i) * 1e-6)));
    }
    return bits.stream().mapToInt(Integer::intValue).toArray();
  }
}
