package dev.gatun.op;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gatun.autograd.Gradients;
import dev.gatun.autograd.Step;
import dev.gatun.autograd.Tape;
import dev.gatun.core.DType;
import dev.gatun.core.DataException;
import dev.gatun.core.Philox;
import dev.gatun.core.Shape;
import dev.gatun.core.ShapeException;
import dev.gatun.memory.Region;
import dev.gatun.tensor.Tensor;
import dev.gatun.tensor.TensorSpec;
import dev.gatun.tensor.Tensors;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What samples cannot say of the operations that choose, move, drop or convert elements. */
final class CopyOperationsTest {
  private final Region region = new Region("step");

  @AfterEach
  void close() {
    region.close();
  }

  @Test
  void threeSlicesConcatenatedAreTheWhole() {
    Tensor x = iota(2, 9, 4);
    Tensor y =
        Step.run(
            region,
            () ->
                Ops.concat(
                    1, Ops.slice(x, 1, 0, 3), Ops.slice(x, -2, 3, 4), Ops.slice(x, 1, 4, 9)));
    assertArrayEquals(Tensors.toFloats(x), Tensors.toFloats(y));
  }

  @Test
  void transposedTwiceIsTheSame() {
    Tensor x = iota(3, 5, 7, 2);
    Tensor y = Step.run(region, () -> Ops.transpose(Ops.transpose(x, 1, 2), -2, -3));
    assertArrayEquals(Tensors.toFloats(x), Tensors.toFloats(y));
  }

  @Test
  void transposeMovesRowsToColumns() {
    Tensor y = Step.run(region, () -> Ops.transpose(iota(2, 3), 0, 1));
    assertEquals(Shape.of(3, 2), y.shape());
    assertArrayEquals(new float[] {0, 3, 1, 4, 2, 5}, Tensors.toFloats(y));
  }

  @Test
  void sliceOutsideItsAxisIsRefused() {
    ShapeException e =
        assertThrows(
            ShapeException.class, () -> Step.run(region, () -> Ops.slice(iota(2, 3), 1, 1, 4)));
    assertTrue(e.toString().contains("range 1 .. 4 must lie within axis 1"), e::toString);
  }

  @Test
  void idOutsideTheTableIsNamed() {
    Tensor ids = Tensors.of(region, Shape.of(3), new int[] {0, 1, 2});
    DataException e =
        assertThrows(
            DataException.class, () -> Step.run(region, () -> Ops.embedding(iota(2, 3), ids)));
    assertTrue(e.toString().contains("id 2 at position 2 is not within 0 .. 1"), e::toString);
  }

  @Test
  void argMaxTakesTheFirstOfEqualsAndNanAsTheLargest() {
    float nan = Float.NaN;
    float inf = Float.POSITIVE_INFINITY;
    Tensor x =
        Tensors.of(
            region,
            Shape.of(5, 3),
            new float[] {1, 2, 2, 5, 5, 5, 0, nan, nan, -inf, -inf, -inf, inf, nan, inf});
    Tensor y = Step.run(region, () -> Ops.argMax(x));
    assertArrayEquals(new int[] {1, 0, 1, 0, 1}, Tensors.toInts(y));
  }

  @Test
  void dropoutDropsItsShareAndItsGradientHasTheSameMask() {
    float p = 0.3f;
    Tensor x = Tensors.of(region, Shape.of(40_001), ones(40_001)).tracked();
    Tensor key = Tensors.of(region, Shape.of(2), new int[] {42, 0});
    Gradients gradients = new Gradients();
    Tape tape = Ops.tape(gradients);
    float[] y =
        Step.run(
            region,
            tape,
            () -> {
              Tensor dropped = Ops.dropout(x, key, p, 7);
              float[] values = Tensors.toFloats(dropped);
              tape.backward(dropped, Tensors.of(region, x.shape(), ones(40_001)));
              return values;
            });
    Tensor gradient = gradients.of(x);
    assertNotNull(gradient);
    assertArrayEquals(y, Tensors.toFloats(gradient));
    Philox random = new Philox(42, 7);
    int kept = 0;
    for (int i = 0; i < y.length; i++) {
      assertEquals(random.uniform(i) >= p, y[i] != 0, "element " + i);
      kept += y[i] == 0 ? 0 : 1;
    }
    assertEquals(1 - p, kept / (double) y.length, 0.01);
  }

  @Test
  void dropoutRefusesWhatIsNoProbability() {
    for (float p : new float[] {-0.1f, 1, Float.NaN}) {
      assertThrows(IllegalArgumentException.class, () -> new Dropout(p, 0));
    }
  }

  @Test
  void castPassesTheGradientThrough() {
    Tensor x = Tensors.of(region, Shape.of(3), new float[] {1.001f, -2.003f, 3}).tracked();
    Gradients gradients = new Gradients();
    Tape tape = Ops.tape(gradients);
    Step.run(
        region,
        tape,
        () -> {
          Tensor y = Ops.cast(Ops.cast(x, DType.BF16), DType.F32);
          assertArrayEquals(new float[] {1, -2, 3}, Tensors.toFloats(y));
          tape.backward(y, Tensors.of(region, x.shape(), new float[] {1, 2, 4}));
          return null;
        });
    Tensor gradient = gradients.of(x);
    assertNotNull(gradient);
    assertArrayEquals(new float[] {1, 2, 4}, Tensors.toFloats(gradient));
  }

  @Test
  void castToTheSameTypeIsTheTensorItself() {
    Tensor x = iota(3);
    assertSame(x, Step.run(region, () -> Ops.cast(x, DType.F32)));
  }

  @Test
  void sumOfSquaresIsExactForALargeModel() {
    int count = 3_000_001;
    float[] values = new float[count];
    double expected = 0;
    Philox random = new Philox(5, 6);
    for (int i = 0; i < count; i++) {
      values[i] = random.uniform(i) - 0.5f;
      expected += (double) values[i] * values[i];
    }
    Tensor x = Tensors.of(region, Shape.of(count), values);
    Tensor sum = Tensors.empty(region, TensorSpec.of(DType.F32, 1));
    Ops.sumSquares(x, sum);
    assertEquals(1, Tensors.item(sum) / expected, 1e-7);
  }

  private Tensor iota(int... sizes) {
    float[] values = new float[Shape.of(sizes).elementsExact()];
    for (int i = 0; i < values.length; i++) {
      values[i] = i;
    }
    return Tensors.of(region, Shape.of(sizes), values);
  }

  private static float[] ones(int count) {
    float[] values = new float[count];
    Arrays.fill(values, 1);
    return values;
  }
}
