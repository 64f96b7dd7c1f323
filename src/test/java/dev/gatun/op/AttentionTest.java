package dev.gatun.op;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gatun.autograd.Step;
import dev.gatun.core.DType;
import dev.gatun.core.Philox;
import dev.gatun.core.Shape;
import dev.gatun.core.ShapeException;
import dev.gatun.cpu.VectorMath;
import dev.gatun.memory.Region;
import dev.gatun.tensor.Tensor;
import dev.gatun.tensor.Tensors;
import java.io.IOException;
import java.io.InputStream;
import java.lang.classfile.ClassFile;
import java.lang.classfile.CodeModel;
import java.lang.classfile.MethodModel;
import java.lang.classfile.attribute.CodeAttribute;
import java.lang.classfile.instruction.InvokeInstruction;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the registry's samples cannot show of {@link Attention}. */
final class AttentionTest {
  /** HotSpot's FreqInlineSize: no method with more bytes of code is inlined for being hot. */
  private static final int LARGEST_INLINED = 325;

  /** The capacity of a cache may hold anything, NaN included, for one query and for several. */
  @ParameterizedTest
  @ValueSource(ints = {1, 5, 20})
  void keysBeyondTheLastQueryAreNotRead(int queries) {
    int offset = 61;
    float[] clean = attend(queries, offset, 100, 2, 2, 20, 0f);
    float[] dirty = attend(queries, offset, 100, 2, 2, 20, Float.NaN);
    assertArrayEquals(clean, dirty);
  }

  private static float[] attend(
      int queries, int offset, int capacity, int heads, int groups, int headDim, float beyond) {
    try (Region region = new Region("attention")) {
      Tensor q = normal(region, 1, queries * heads, headDim, 0).view(1, queries, heads, headDim);
      int used = (offset + queries) * groups * headDim;
      float[] keys = Tensors.toFloats(normal(region, 1, capacity * groups, headDim, 1));
      float[] values = Tensors.toFloats(normal(region, 1, capacity * groups, headDim, 2));
      Arrays.fill(keys, used, keys.length, beyond);
      Arrays.fill(values, used, values.length, beyond);
      Shape shape = Shape.of(1, capacity, groups, headDim);
      Tensor k = Tensors.of(region, shape, keys);
      Tensor v = Tensors.of(region, shape, values);
      return Step.run(
          region, () -> Tensors.toFloats(Ops.attention(q, k, v, null, offset, 0, 0.25f, null)));
    }
  }

  /** Weights are dropped as {@link Ops#dropout} drops elements of their matrix. */
  @ParameterizedTest
  @CsvSource({"2, 3, 12, 20, 0.3", "1, 2, 80, 48, 0.5", "3, 1, 4, 8, 0.9"})
  void droppingIsSoftmaxThenDropoutThenProduct(int B, int H, int T, int D, float p) {
    try (Region region = new Region("attention")) {
      Tensor q = normal(region, B, T * H, D, 7).view(B, T, H, D);
      Tensor k = normal(region, B, T * H, D, 8).view(B, T, H, D);
      Tensor v = normal(region, B, T * H, D, 9).view(B, T, H, D);
      Tensor key = Tensors.of(region, Shape.of(2), new int[] {5, -6});
      float[] weights = weights(Tensors.toFloats(q), Tensors.toFloats(k), B, H, T, D);
      Tensor all = Tensors.of(region, Shape.of(B, H, T, T), weights);
      WeightDropout dropout = new WeightDropout(key, p, 77);
      Step.run(
          region,
          () -> {
            float[] y = Tensors.toFloats(Ops.attention(q, k, v, null, 0, 0, 0.5f, dropout));
            float[] kept = Tensors.toFloats(Ops.dropout(all, key, p, 77));
            assertArrayEquals(product(kept, Tensors.toFloats(v), B, H, T, D), y, 2e-5f);
            return y;
          });
    }
  }

  /** softmax(q·kᵀ/2), causal: [B,H,T,T]. */
  private static float[] weights(float[] q, float[] k, int B, int H, int T, int D) {
    float[] weights = new float[B * H * T * T];
    for (int row = 0; row < B * H * T; row++) {
      int t = row % T;
      int h = row / T % H;
      int b = row / T / H;
      double sum = 0;
      double[] e = new double[t + 1];
      for (int j = 0; j <= t; j++) {
        double score = 0;
        for (int d = 0; d < D; d++) {
          score += (double) q[((b * T + t) * H + h) * D + d] * k[((b * T + j) * H + h) * D + d];
        }
        e[j] = Math.exp(score / 2);
        sum += e[j];
      }
      for (int j = 0; j <= t; j++) {
        weights[row * T + j] = (float) (e[j] / sum);
      }
    }
    return weights;
  }

  private static float[] product(float[] weights, float[] v, int B, int H, int T, int D) {
    float[] y = new float[v.length];
    for (int row = 0; row < B * H * T; row++) {
      int t = row % T;
      int h = row / T % H;
      int b = row / T / H;
      for (int j = 0; j <= t; j++) {
        for (int d = 0; d < D; d++) {
          y[((b * T + t) * H + h) * D + d] +=
              weights[row * T + j] * v[((b * T + j) * H + h) * D + d];
        }
      }
    }
    return y;
  }

  /** One query after the other with a growing cache gives what all at once give. */
  @ParameterizedTest
  @CsvSource({"100, 4, 2, 24, 0", "150, 2, 1, 64, 70"})
  void decodingFollowsTheWholeSequence(int length, int heads, int groups, int headDim, int window) {
    try (Region region = new Region("attention")) {
      Tensor q = normal(region, length, heads, headDim, 3).view(1, length, heads, headDim);
      Tensor k = normal(region, length, groups, headDim, 4).view(1, length, groups, headDim);
      Tensor v = normal(region, length, groups, headDim, 5).view(1, length, groups, headDim);
      Step.run(
          region,
          () -> {
            float[] whole = Tensors.toFloats(Ops.attention(q, k, v, null, 0, window, 0.2f, null));
            int row = heads * headDim;
            for (int t = 0; t < length; t++) {
              Tensor one = Ops.slice(q, 1, t, t + 1);
              float[] y = Tensors.toFloats(Ops.attention(one, k, v, null, t, window, 0.2f, null));
              float[] expected = Arrays.copyOfRange(whole, t * row, (t + 1) * row);
              assertArrayEquals(expected, y, 2e-6f, "query " + t);
            }
            return null;
          });
    }
  }

  /** More keys than a thread holds: tiles are read again after others have taken their slots. */
  @Test
  void keysThatDoNotStayAreReadAgain() {
    int offset = 66_000;
    int queries = 70;
    try (Region region = new Region("attention")) {
      Tensor q = normal(region, queries, 1, 2, 6).view(1, queries, 1, 2);
      Tensor k = normal(region, offset + queries, 1, 2, 7).view(1, offset + queries, 1, 2);
      Tensor v = normal(region, offset + queries, 1, 2, 8).view(1, offset + queries, 1, 2);
      Step.run(
          region,
          () -> {
            float[] all = Tensors.toFloats(Ops.attention(q, k, v, null, offset, 0, 0.5f, null));
            for (int t = 0; t < queries; t += 23) {
              Tensor one = Ops.slice(q, 1, t, t + 1);
              float[] y =
                  Tensors.toFloats(Ops.attention(one, k, v, null, offset + t, 0, 0.5f, null));
              float[] expected = Arrays.copyOfRange(all, 2 * t, 2 * t + 2);
              assertArrayEquals(expected, y, 2e-6f, "query " + t);
            }
            return null;
          });
    }
  }

  private static Tensor normal(Region region, int a, int b, int c, int stream) {
    Philox random = new Philox(20261124, stream);
    float[] values = new float[a * b * c];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.normal(i);
    }
    return Tensors.of(region, Shape.of(a, b, c), values);
  }

  @Test
  void cacheThatIsTooShortIsAnError() {
    try (Region region = new Region("attention")) {
      Tensor q = Tensors.of(region, Shape.of(1, 3, 2, 4), new float[24]);
      Tensor k = Tensors.of(region, Shape.of(1, 4, 1, 4), new float[16]);
      ShapeException e =
          assertThrows(
              ShapeException.class,
              () -> Step.run(region, () -> Ops.attention(q, k, k, null, 2, 0, 1, null)));
      assertTrue(e.toString().contains("[attention] S must be at least offset + T"), e.toString());
    }
  }

  @Test
  void queryHeadsMustBeAMultipleOfKeyHeads() {
    try (Region region = new Region("attention")) {
      Tensor q = Tensors.of(region, Shape.of(1, 3, 3, 4), new float[36]);
      Tensor k = Tensors.of(region, Shape.of(1, 3, 2, 4), new float[24]);
      ShapeException e =
          assertThrows(
              ShapeException.class,
              () -> Step.run(region, () -> Ops.attention(q, k, k, null, 0, 0, 1, null)));
      assertTrue(e.toString().contains(DType.F32 + "[1, 3, 3, 4]"), e.toString());
    }
  }

  @Test
  void offsetAndWindowCannotBeNegative() {
    assertThrows(IllegalArgumentException.class, () -> new Attention(false, -1, 0, 1));
    assertThrows(IllegalArgumentException.class, () -> new Attention(false, 0, -1, 1));
  }

  /**
   * A vector loop with an exponential is compiled on its own, see {@link AttentionTile#weigh}: a
   * shorter method would be inlined, and its exponential then called with vectors on the heap.
   */
  @ParameterizedTest
  @ValueSource(classes = {AttentionTile.class, AttentionDecode.class})
  void loopsOfTheExponentialAreNeverInlined(Class<?> type) throws IOException {
    int loops = 0;
    try (InputStream bytes = type.getResourceAsStream(type.getSimpleName() + ".class")) {
      for (MethodModel method : ClassFile.of().parse(bytes.readAllBytes()).methods()) {
        if (method.code().stream().anyMatch(AttentionTest::callsVectorExponential)) {
          CodeAttribute code = (CodeAttribute) method.code().orElseThrow();
          assertTrue(
              code.codeLength() > LARGEST_INLINED,
              () -> method.methodName() + " has " + code.codeLength() + " bytes");
          loops++;
        }
      }
    }
    assertEquals(1, loops);
  }

  private static boolean callsVectorExponential(CodeModel code) {
    return code.elementStream()
        .anyMatch(
            element ->
                element instanceof InvokeInstruction call
                    && call.owner().asInternalName().equals(internalName(VectorMath.class))
                    && call.name().equalsString("exp")
                    && call.type().stringValue().contains("FloatVector"));
  }

  private static String internalName(Class<?> type) {
    return type.getName().replace('.', '/');
  }
}
