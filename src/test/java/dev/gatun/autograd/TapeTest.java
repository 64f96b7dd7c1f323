package dev.gatun.autograd;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gatun.core.DType;
import dev.gatun.core.Shape;
import dev.gatun.memory.Region;
import dev.gatun.op.Ops;
import dev.gatun.tensor.Tensor;
import dev.gatun.tensor.TensorSpec;
import dev.gatun.tensor.Tensors;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

final class TapeTest {
  private static final Shape SHAPE = Shape.of(2, 3);
  private static final float[] X = {1, -2, 3, 0.5f, 4, -1};
  private static final float[] ONES = {1, 1, 1, 1, 1, 1};

  /** The gradient of the sum of f(x), and nothing else left in the step's region. */
  private static float[] gradient(Function<Tensor, Tensor> f) {
    try (Region model = new Region("model");
        Region step = new Region("step")) {
      step.poisonOnReset();
      Tensor x = Tensors.of(model, SHAPE, X).tracked();
      Tensor dx = Tensors.empty(model, x.spec());
      Gradients gradients = new Gradients();
      gradients.persist(x, dx);
      gradients.beginGroup();
      Tape tape = Ops.tape(gradients);
      Step.run(
          step,
          tape,
          () -> {
            Tensor y = f.apply(x);
            tape.backward(y, Tensors.of(step, y.shape(), ONES));
            return null;
          });
      gradients.endGroup();
      assertEquals(0, step.used(), "everything in the step has been released");
      return Tensors.toFloats(dx);
    }
  }

  @Test
  void aGradientSharedByTwoInputsIsNotAddedToInPlace() {
    // d(x + x + x)/dx = 3; the first sum hands one gradient to two inputs.
    assertArrayEquals(new float[] {3, 3, 3, 3, 3, 3}, gradient(x -> Ops.add(Ops.add(x, x), x)));
  }

  @Test
  void aResidualBranchAddsToTheStream() {
    // y = x + x², dy/dx = 1 + 2x
    float[] expected = new float[X.length];
    for (int i = 0; i < X.length; i++) {
      expected[i] = 1 + 2 * X[i];
    }
    assertArrayEquals(expected, gradient(x -> Ops.add(x, Ops.mul(x, x))));
  }

  @Test
  void aDiamondOfInnerNodesSumsBothPaths() {
    // u = x·x, y = u·u + u, dy/dx = (2u + 1)·2x
    float[] expected = new float[X.length];
    for (int i = 0; i < X.length; i++) {
      expected[i] = (2 * X[i] * X[i] + 1) * 2 * X[i];
    }
    float[] actual =
        gradient(
            x -> {
              Tensor u = Ops.mul(x, x);
              return Ops.add(Ops.mul(u, u), u);
            });
    assertArrayEquals(expected, actual, 1e-4f);
  }

  @Test
  void aLeafThatNothingReadsHasGradientZero() {
    try (Region region = new Region("model")) {
      Tensor leaf = Tensors.of(region, SHAPE, X).tracked();
      Tensor storage = Tensors.of(region, SHAPE, X);
      Gradients gradients = new Gradients();
      gradients.persist(leaf, storage);
      gradients.beginGroup();
      gradients.endGroup();
      assertArrayEquals(new float[6], Tensors.toFloats(storage));
    }
  }

  @Test
  void recomputationGivesTheSameBitsWithLessMemory() {
    UnaryOperator<Tensor> block =
        x -> Ops.add(x, Ops.mul(Ops.mul(x, x), Ops.add(x, Ops.mul(x, x))));
    float[] kept = gradient(x -> twice(block, x, false));
    float[] recomputed = gradient(x -> twice(block, x, true));
    assertArrayEquals(kept, recomputed);
    assertTrue(peak(block, true) < peak(block, false), "checkpointing lowers the peak");
  }

  private static Tensor twice(UnaryOperator<Tensor> block, Tensor x, boolean checkpoint) {
    Tensor y = x;
    for (int i = 0; i < 2; i++) {
      y = Recompute.block(block, y, checkpoint);
    }
    return y;
  }

  private static long peak(UnaryOperator<Tensor> block, boolean checkpoint) {
    try (Region region = new Region("step")) {
      TensorSpec spec = TensorSpec.of(DType.F32, 64, 64);
      Tensor x = Tensors.zeros(region, spec).tracked();
      Tape tape = Ops.tape(new Gradients());
      Step.run(
          region,
          tape,
          () -> {
            Tensor y = x;
            for (int i = 0; i < 8; i++) {
              y = Recompute.block(block, y, checkpoint);
            }
            tape.backward(y, Tensors.zeros(region, spec));
            return null;
          });
      return region.peak();
    }
  }

  @Test
  void aSecondStepNeedsNoMoreMemoryThanTheFirst() {
    try (Region region = new Region("step")) {
      for (int i = 0; i < 3; i++) {
        region.reset();
        Tensor x = Tensors.of(region, SHAPE, X).tracked();
        Tape tape = Ops.tape(new Gradients());
        Step.run(
            region,
            tape,
            () -> {
              Tensor y = Ops.mul(Ops.add(x, x), x);
              tape.backward(y, Tensors.of(region, SHAPE, ONES));
              return null;
            });
        region.cap();
      }
    }
  }

  @Test
  void whatWasReleasedCannotBeRead() {
    try (Region region = new Region("step")) {
      Tensor x = Tensors.of(region, SHAPE, X);
      region.reset();
      IllegalStateException e = assertThrows(IllegalStateException.class, x::segment);
      assertTrue(e.toString().contains("generation 0"), e.toString());
    }
  }
}
