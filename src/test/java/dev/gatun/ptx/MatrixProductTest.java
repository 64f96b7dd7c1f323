package dev.gatun.ptx;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** mma.sync of small integers, which every format holds exactly, is the product of matrices. */
@SuppressWarnings("OrphanedFormatString")
class MatrixProductTest {
  private static final int M = 16;
  private static final int N = 8;

  /** Types of A and B, of the sums, and the length of a sum. */
  record Shape(String a, String b, String sum, int k) {}

  static Stream<Shape> shapes() {
    return Stream.of(
        new Shape("f16", "f16", "f32", 8),
        new Shape("f16", "f16", "f32", 16),
        new Shape("bf16", "bf16", "f32", 8),
        new Shape("bf16", "bf16", "f32", 16),
        new Shape("tf32", "tf32", "f32", 4),
        new Shape("tf32", "tf32", "f32", 8),
        new Shape("s8", "s8", "s32", 16),
        new Shape("s8", "u8", "s32", 32),
        new Shape("u8", "s8", "s32", 32));
  }

  @ParameterizedTest
  @MethodSource("shapes")
  void isTheProduct(Shape shape) {
    Random random = new Random(shape.k);
    int[][] a = matrix(random, M, shape.k, shape.a);
    int[][] b = matrix(random, shape.k, N, shape.b);
    int[][] c = matrix(random, M, N, "s8");
    int width = width(shape.a);
    int pack = 32 / width;
    int left = M * shape.k / 32 / pack;
    int right = N * shape.k / 32 / pack;
    long[] in = new long[32 * (left + right + 4)];
    for (int lane = 0; lane < 32; lane++) {
      int g = lane / 4;
      int t = lane % 4;
      for (int r = 0; r < left; r++) {
        for (int e = 0; e < pack; e++) {
          int value = a[g + 8 * (r % 2)][pack * (t + 4 * (r / 2)) + e];
          in[32 * r + lane] |= bits(value, shape.a) << (width * e);
        }
      }
      for (int r = 0; r < right; r++) {
        for (int e = 0; e < pack; e++) {
          in[32 * (left + r) + lane] |= bits(b[pack * (t + 4 * r) + e][g], shape.b) << (width * e);
        }
      }
      for (int r = 0; r < 4; r++) {
        in[32 * (left + right + r) + lane] = bits(c[g + 8 * (r / 2)][2 * t + r % 2], shape.sum);
      }
    }
    long[] out = Snippet.run(text(shape, left, right), 32, in, 128);
    long[] expected = new long[128];
    for (int i = 0; i < 128; i++) {
      int row = i % 32 / 4 + 8 * (i / 64);
      int column = 2 * (i % 4) + i / 32 % 2;
      int sum = c[row][column];
      for (int l = 0; l < shape.k; l++) {
        sum += a[row][l] * b[l][column];
      }
      expected[i] = bits(sum, shape.sum) & 0xffff_ffffL;
    }
    assertArrayEquals(expected, out);
  }

  private static int[][] matrix(Random random, int rows, int columns, String type) {
    int least = type.startsWith("u") ? 0 : -9;
    int[][] matrix = new int[rows][];
    java.util.Arrays.setAll(matrix, _ -> random.ints(columns, least, 10).toArray());
    return matrix;
  }

  private static int width(String type) {
    return type.endsWith("8") ? 8 : type.endsWith("f16") ? 16 : 32;
  }

  private static long bits(int value, String type) {
    return switch (type) {
      case "f16" -> Float.floatToFloat16(value) & 0xffffL;
      case "bf16" -> Float.floatToRawIntBits(value) >>> 16;
      case "tf32", "f32" -> Float.floatToRawIntBits(value) & 0xffff_ffffL;
      case "s32" -> value;
      default -> value & 0xffL;
    };
  }

  private static String text(Shape shape, int left, int right) {
    StringBuilder text = new StringBuilder(Snippet.HEADER);
    text.append(".visible .entry k(.param .u64 in, .param .u64 out)\n{\n");
    text.append(".reg .b64 %in, %out, %t;\n.reg .b32 %l, %r<20>, %d<4>;\n");
    text.append("ld.param.u64 %in, [in];\nld.param.u64 %out, [out];\nmov.u32 %l, %tid.x;\n");
    text.append("mul.wide.u32 %t, %l, 8;\nadd.u64 %in, %in, %t;\nadd.u64 %out, %out, %t;\n");
    for (int r = 0; r < left + right + 4; r++) {
      text.append("ld.global.b32 %%r%d, [%%in+%d];\n".formatted(r, 256 * r));
    }
    text.append(
        "mma.sync.aligned.m16n8k%d.row.col.%s.%s.%s.%s "
            .formatted(shape.k, shape.sum, shape.a, shape.b, shape.sum));
    text.append("{%d0, %d1, %d2, %d3}, ");
    text.append(list(0, left)).append(", ").append(list(left, right)).append(", ");
    text.append(list(left + right, 4)).append(";\n");
    for (int r = 0; r < 4; r++) {
      text.append("st.global.b32 [%%out+%d], %%d%d;\n".formatted(256 * r, r));
    }
    return text.append("ret;\n}\n").toString();
  }

  private static String list(int from, int count) {
    return IntStream.range(from, from + count)
        .mapToObj(r -> "%r" + r)
        .collect(java.util.stream.Collectors.joining(", ", "{", "}"));
  }
}
