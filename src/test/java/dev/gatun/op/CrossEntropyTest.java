package dev.gatun.op;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gatun.autograd.Gradients;
import dev.gatun.autograd.Step;
import dev.gatun.autograd.Tape;
import dev.gatun.core.DType;
import dev.gatun.core.DataException;
import dev.gatun.core.Philox;
import dev.gatun.core.Shape;
import dev.gatun.memory.Region;
import dev.gatun.tensor.Tensor;
import dev.gatun.tensor.TensorSpec;
import dev.gatun.tensor.Tensors;
import java.util.Objects;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

final class CrossEntropyTest {
  private static final int ROWS = 5;
  private static final int VOCABULARY = 151_936;

  /** The gradient replaces the logits of a linear layer: the peak has them once. */
  @Test
  void logitsAreNeverHeldTwice() {
    long logitBytes = 4L * ROWS * VOCABULARY;
    try (Region region = new Region("step")) {
      Tensor x = random(region, DType.F32, ROWS, 2);
      Tensor w = random(region, DType.F32, VOCABULARY, 2).tracked();
      Tensor labels = Tensors.of(region, Shape.of(ROWS), new int[] {7, -100, 0, 151_935, 7});
      Gradients gradients = new Gradients();
      gradients.persist(w, Tensors.empty(region, w.spec()));
      long before = region.used();
      Tape tape = Ops.tape(gradients);
      Step.run(
          region,
          tape,
          () -> {
            Tensor loss = Ops.crossEntropy(Ops.linear(x, w), labels, 0.25f);
            tape.backward(loss, Tensors.of(region, loss.shape(), new float[] {1}));
            return null;
          });
      assertTrue(region.peak() - before < logitBytes + 65_536, region::toString);
    }
  }

  @Test
  void gradientOverTheLogitsEqualsTheGradientBesideThem() {
    // A second reader of the logits keeps them from being overwritten.
    float[] over = gradient(logits -> logits);
    float[] beside =
        gradient(
            logits -> {
              Ops.mul(logits, logits);
              return logits;
            });
    assertArrayEquals(beside, over);
  }

  @Test
  void rowsWithoutLabelAddNothingEvenIfNotFinite() {
    try (Region region = new Region("step")) {
      float[] values = {1, 2, Float.NaN, Float.POSITIVE_INFINITY};
      Tensor logits = Tensors.of(region, Shape.of(2, 2), values).tracked();
      Tensor labels = Tensors.of(region, Shape.of(2), new int[] {1, -100});
      Gradients gradients = new Gradients();
      Tape tape = Ops.tape(gradients);
      double loss =
          Step.run(
              region,
              tape,
              () -> {
                Tensor y = Ops.crossEntropy(logits, labels, 1);
                double value = Tensors.item(y);
                tape.backward(y, Tensors.of(region, y.shape(), new float[] {1}));
                return value;
              });
      assertEquals(Math.log(1 + Math.exp(-1)), loss, 1e-7);
      float[] dx = Tensors.toFloats(Objects.requireNonNull(gradients.of(logits)));
      assertEquals(dx[0], -dx[1], 1e-7);
      assertEquals(0, dx[2]);
      assertEquals(0, dx[3]);
    }
  }

  @Test
  void confidentLargeLogitsKeepTheirPrecision() {
    try (Region region = new Region("step")) {
      Tensor logits = Tensors.of(region, Shape.of(1, 3), new float[] {9000, 9001, 8990});
      Tensor labels = Tensors.of(region, Shape.of(1), new int[] {0});
      double loss = Step.run(region, () -> Tensors.item(Ops.crossEntropy(logits, labels, 1)));
      assertEquals(1 + Math.log(1 + Math.exp(-1) + Math.exp(-11)), loss, 1e-6);
    }
  }

  @Test
  void labelBeyondTheVocabularyIsNamed() {
    try (Region region = new Region("step")) {
      Tensor logits = random(region, DType.F32, 2, 3);
      Tensor labels = Tensors.of(region, Shape.of(2), new int[] {2, 3});
      DataException e =
          assertThrows(
              DataException.class,
              () -> Step.run(region, () -> Ops.crossEntropy(logits, labels, 1)));
      assertTrue(e.toString().contains("label 3 at position 1 is not within 0 .. 2"), e::toString);
    }
  }

  private static float[] gradient(Function<Tensor, Tensor> between) {
    try (Region region = new Region("step")) {
      Tensor x = random(region, DType.F32, 9, 4);
      Tensor w = random(region, DType.F32, 37, 4).tracked();
      Tensor labels = Tensors.of(region, Shape.of(9), new int[] {7, -100, 0, 36, 7, 1, 2, -100, 4});
      Gradients gradients = new Gradients();
      Tensor dw = Tensors.empty(region, w.spec());
      gradients.persist(w, dw);
      Tape tape = Ops.tape(gradients);
      Step.run(
          region,
          tape,
          () -> {
            Tensor logits = between.apply(Ops.linear(x, w));
            Tensor loss = Ops.crossEntropy(logits, labels, 0.5f);
            tape.backward(loss, Tensors.of(region, loss.shape(), new float[] {1}));
            return null;
          });
      return Tensors.toFloats(dw);
    }
  }

  private static Tensor random(Region region, DType dtype, int... sizes) {
    Philox random = new Philox(3, sizes[0]);
    double[] values = new double[Shape.of(sizes).elementsExact()];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.normal(i);
    }
    return Tensors.of(region, new TensorSpec(Shape.of(sizes), dtype), values);
  }
}
