package dev.gatun.op;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gatun.autograd.Gradients;
import dev.gatun.autograd.Step;
import dev.gatun.core.Shape;
import dev.gatun.core.ShapeException;
import dev.gatun.memory.Region;
import dev.gatun.tensor.Tensor;
import dev.gatun.tensor.Tensors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the registry's samples cannot show of {@link Rotary}: known values and its errors. */
final class RotaryTest {
  @Test
  void turnsPairsOfHalvesAndPassesTheRest() {
    try (Region region = new Region("rotary")) {
      Tensor x = Tensors.of(region, Shape.of(1, 1, 1, 5), new float[] {1, 2, 3, 4, 5});
      Tensor cos = Tensors.of(region, Shape.of(2, 2), new float[] {1, 1, 0, -1});
      Tensor sin = Tensors.of(region, Shape.of(2, 2), new float[] {0, 0, 1, 0});
      Tensor position = Tensors.of(region, Shape.of(1, 1), new int[] {1});
      Tensor y = Step.run(region, () -> Ops.rotary(x, cos, sin, position));
      assertArrayEquals(new float[] {-3, -2, 1, -4, 5}, Tensors.toFloats(y));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {-1, 2})
  void positionOutsideTheTablesIsAnError(int position) {
    try (Region region = new Region("rotary")) {
      Tensor x = Tensors.of(region, Shape.of(1, 1, 1, 2), new float[2]);
      Tensor table = Tensors.of(region, Shape.of(2, 1), new float[2]);
      Tensor positions = Tensors.of(region, Shape.of(1, 1), new int[] {position});
      ShapeException e =
          assertThrows(
              ShapeException.class,
              () -> Step.run(region, () -> Ops.rotary(x, table, table, positions)));
      assertTrue(e.toString().contains("position " + position), e.toString());
    }
  }

  @Test
  void tableThatWantsGradientIsAnError() {
    try (Region region = new Region("rotary")) {
      Tensor x = Tensors.of(region, Shape.of(1, 1, 1, 2), new float[2]);
      Tensor table = Tensors.of(region, Shape.of(2, 1), new float[2]);
      Tensor positions = Tensors.of(region, Shape.of(1, 1), new int[1]);
      IllegalArgumentException e =
          assertThrows(
              IllegalArgumentException.class,
              () ->
                  Step.run(
                      region,
                      Ops.tape(new Gradients()),
                      () -> Ops.rotary(x, table.tracked(), table, positions)));
      assertTrue(e.toString().contains("[rotary] takes input 1"), e.toString());
    }
  }
}
