package dev.gatun.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gatun.core.DType;
import dev.gatun.memory.Region;
import dev.gatun.tensor.Tensor;
import dev.gatun.tensor.TensorSpec;
import dev.gatun.tensor.Tensors;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

final class InitTest {
  private static final int COUNT = 40_000;

  @Test
  void normalHasTheMomentsOfItsDistribution() {
    double[] x = draw(new Init.Normal(0.02), "w", 1);
    double mean = Arrays.stream(x).average().orElseThrow();
    double variance = Arrays.stream(x).map(v -> v * v).average().orElseThrow();
    assertEquals(0, mean, 5 * 0.02 / Math.sqrt(COUNT));
    assertEquals(0.02 * 0.02, variance, 5 * 0.02 * 0.02 * Math.sqrt(2.0 / COUNT));
  }

  @Test
  void uniformStaysInsideItsBoundAndReachesIt() {
    double[] x = draw(new Init.Uniform(0.5), "w", 1);
    double max = Arrays.stream(x).map(Math::abs).max().orElseThrow();
    assertTrue(max <= 0.5 && max > 0.499, "largest of " + COUNT + " is " + max);
    assertEquals(0, Arrays.stream(x).average().orElseThrow(), 5 * 0.29 / Math.sqrt(COUNT));
  }

  @Test
  void valuesAreAddressedBySeedAndName() {
    double[] x = draw(new Init.Normal(1), "a", 1);
    assertArrayEquals(x, draw(new Init.Normal(1), "a", 1));
    assertFalse(Arrays.equals(x, draw(new Init.Normal(1), "b", 1)));
    assertFalse(Arrays.equals(x, draw(new Init.Normal(1), "a", 2)));
  }

  @Test
  void streamIsThePublishedHash() {
    assertEquals(0xcbf29ce484222325L, Init.streamOf(""));
    assertEquals(0xaf63dc4c8601ec8cL, Init.streamOf("a"));
    assertEquals(0x85944171f73967e8L, Init.streamOf("foobar"));
  }

  private static double[] draw(Init init, String name, long seed) {
    try (Region region = new Region("test")) {
      Tensor tensor = Tensors.empty(region, TensorSpec.of(DType.F32, COUNT));
      init.fill(tensor, name, seed);
      return Tensors.toDoubles(tensor);
    }
  }
}
