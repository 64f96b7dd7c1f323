package dev.gatun.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class QuantizedMatrixTest {
  /** What each format implies: the largest error as a share of the largest number of its block. */
  @ParameterizedTest
  @CsvSource({
    // half a step, and the rounding of the scale to F16
    "Q8_0, 32, 0.0045",
    // a step on the side where 8 does not exist
    "Q4_0, 32, 0.1261",
    // half of the widest gap, between -1 and -0.696
    "NF4, 64, 0.1520",
    // and the error of a scale
    "NF4_DOUBLE, 64, 0.1700"
  })
  void theErrorIsWhatTheFormatImplies(DType dtype, int block, double share) {
    int rows = 40;
    int columns = 517;
    float[] x = normal(rows * columns);
    float[] y = restored(dtype, rows, columns, x);
    for (int r = 0; r < rows; r++) {
      for (int from = 0; from < columns; from += block) {
        double largest = 0;
        for (int c = from; c < Math.min(columns, from + block); c++) {
          largest = Math.max(largest, Math.abs(x[r * columns + c]));
        }
        for (int c = from; c < Math.min(columns, from + block); c++) {
          double error = Math.abs(x[r * columns + c] - y[r * columns + c]);
          assertTrue(error <= share * largest, dtype + " " + error / largest);
        }
      }
    }
  }

  /** Bytes that {@code gguf.quants.quantize} of llama.cpp makes of the same numbers. */
  @Test
  void blocksAreThoseOfLlamaCpp() {
    float[] x = new float[32];
    for (int i = 0; i < 32; i++) {
      x[i] = (i * 37 % 64 - 31) / 16f;
    }
    assertEquals(GGUF_Q8, hex(DType.Q8_0, x));
    assertEquals(GGUF_Q4, hex(DType.Q4_0, x));
  }

  private static final String GGUF_Q8 =
      "08248518ad40d467fc9124b94be073089d30c457ec7f14a93cd063f88d20b547dc6f";
  private static final String GGUF_Q4 = "00b4cf379d047be248bf269df36ad148ae15";

  @Test
  void normalFloatsArePreserved() {
    float[] x = new float[64];
    for (int i = 0; i < 64; i++) {
      x[i] = 3 * Nf4.values()[i % 16];
    }
    assertEquals(Arrays.toString(x), Arrays.toString(restored(DType.NF4, 1, 64, x)));
  }

  @ParameterizedTest
  @CsvSource({"Q8_0, 8.5", "Q4_0, 4.5", "NF4, 4.5", "NF4_DOUBLE, 4.127"})
  void bitsAnElement(DType dtype, double bits) {
    Shape shape = Shape.of(2048, 2048);
    assertEquals(bits, 8.0 * dtype.bytes(shape) / shape.elements(), 1e-3);
    assertThrows(IllegalStateException.class, dtype::bytes);
    assertEquals(0, DType.Q8_0.bytes(Shape.of(3, 0)));
  }

  /** The first, last and some inner values of create_dynamic_map(signed=True). */
  @Test
  void theDynamicMapIsThatOfBitsandbytes() {
    assertEquals(-0.99296874f, DynamicMap.value(0));
    assertEquals(0f, DynamicMap.value(127));
    assertEquals(1f, DynamicMap.value(255));
    assertEquals(5.5e-7f, DynamicMap.value(128));
    for (int code = 0; code < 256; code++) {
      assertEquals(code, DynamicMap.code(DynamicMap.value(code)));
    }
    assertEquals(0, DynamicMap.code(-2));
    assertEquals(255, DynamicMap.code(2));
  }

  private static String hex(DType dtype, float[] x) {
    try (Arena arena = Arena.ofConfined()) {
      QuantizedMatrix matrix = new QuantizedMatrix(dtype, 1, x.length);
      MemorySegment segment = arena.allocate(dtype.bytes(Shape.of(1, x.length)));
      matrix.quantizeRow(x, 0, segment, new float[1]);
      return HexFormat.of().formatHex(segment.toArray(java.lang.foreign.ValueLayout.JAVA_BYTE));
    }
  }

  private static float[] restored(DType dtype, int rows, int columns, float[] x) {
    try (Arena arena = Arena.ofConfined()) {
      QuantizedMatrix matrix = new QuantizedMatrix(dtype, rows, columns);
      MemorySegment segment = arena.allocate(dtype.bytes(Shape.of(rows, columns)));
      float[] scales = new float[matrix.blocks()];
      float[] row = new float[matrix.paddedColumns()];
      for (int r = 0; r < rows; r++) {
        System.arraycopy(x, r * columns, row, 0, columns);
        matrix.quantizeRow(row, r, segment, scales);
      }
      matrix.quantizeScales(scales, segment);
      float[] y = new float[x.length];
      for (int r = 0; r < rows; r++) {
        matrix.dequantizeRow(segment, r, row);
        System.arraycopy(row, 0, y, r * columns, columns);
      }
      return y;
    }
  }

  private static float[] normal(int count) {
    SplittableRandom random = new SplittableRandom(3);
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }
}
