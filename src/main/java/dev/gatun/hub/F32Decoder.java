package dev.gatun.hub;

import dev.gatun.core.Bf16;
import dev.gatun.core.DType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * Stored floating-point numbers to F32. F32, F16 and BF16 are exact (a NaN stays a NaN); F64 rounds
 * to nearest, ties to even. Works in chunks of plain arrays, whose loops the compiler vectorises.
 */
final class F32Decoder {
  static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  static final ValueLayout.OfDouble DOUBLE =
      ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private static final ValueLayout.OfFloat NATIVE_FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;
  private static final int CHUNK = 8192;

  private F32Decoder() {}

  /**
   * Decodes all elements of a source into native-order floats.
   *
   * @param offset of the first float, in bytes
   */
  static void decode(MemorySegment source, DType type, MemorySegment target, long offset) {
    long count = source.byteSize() / type.bytes();
    switch (type) {
      case F32 -> decodeF32(source, target, offset, count);
      case F16 -> decodeF16(source, target, offset, count);
      case BF16 -> decodeBf16(source, target, offset, count);
      case F64 -> decodeF64(source, target, offset, count);
      case I32, Q8_0, Q4_0, NF4, NF4_DOUBLE ->
          throw new IllegalArgumentException(type + " is not a floating-point type");
    }
  }

  private static void decodeF32(MemorySegment source, MemorySegment target, long at, long count) {
    MemorySegment.copy(source, FLOAT, 0, target, NATIVE_FLOAT, at, count);
  }

  private static void decodeF16(MemorySegment source, MemorySegment target, long at, long count) {
    short[] stored = new short[(int) Math.min(CHUNK, count)];
    float[] decoded = new float[stored.length];
    for (long start = 0; start < count; start += CHUNK) {
      int length = (int) Math.min(CHUNK, count - start);
      MemorySegment.copy(source, SHORT, 2 * start, stored, 0, length);
      for (int i = 0; i < length; i++) {
        decoded[i] = Float.float16ToFloat(stored[i]);
      }
      MemorySegment.copy(decoded, 0, target, NATIVE_FLOAT, at + 4 * start, length);
    }
  }

  private static void decodeBf16(MemorySegment source, MemorySegment target, long at, long count) {
    short[] stored = new short[(int) Math.min(CHUNK, count)];
    float[] decoded = new float[stored.length];
    for (long start = 0; start < count; start += CHUNK) {
      int length = (int) Math.min(CHUNK, count - start);
      MemorySegment.copy(source, SHORT, 2 * start, stored, 0, length);
      for (int i = 0; i < length; i++) {
        decoded[i] = Bf16.toFloat(stored[i]);
      }
      MemorySegment.copy(decoded, 0, target, NATIVE_FLOAT, at + 4 * start, length);
    }
  }

  private static void decodeF64(MemorySegment source, MemorySegment target, long at, long count) {
    double[] stored = new double[(int) Math.min(CHUNK, count)];
    float[] decoded = new float[stored.length];
    for (long start = 0; start < count; start += CHUNK) {
      int length = (int) Math.min(CHUNK, count - start);
      MemorySegment.copy(source, DOUBLE, 8 * start, stored, 0, length);
      for (int i = 0; i < length; i++) {
        decoded[i] = (float) stored[i];
      }
      MemorySegment.copy(decoded, 0, target, NATIVE_FLOAT, at + 4 * start, length);
    }
  }
}
