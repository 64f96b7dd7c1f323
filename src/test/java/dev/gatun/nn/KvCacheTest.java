package dev.gatun.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gatun.core.DType;
import dev.gatun.core.Shape;
import dev.gatun.core.ShapeException;
import dev.gatun.memory.Region;
import dev.gatun.tensor.Tensor;
import dev.gatun.tensor.Tensors;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

final class KvCacheTest {
  @Test
  void positionsAreAppendedRowByRow() {
    try (Region region = new Region("session")) {
      KvCache cache = new KvCache(region, 2, 2, 3, 1, 2, DType.F32);
      Tensor two = Tensors.of(region, Shape.of(2, 2, 1, 2), new float[] {1, 2, 3, 4, 5, 6, 7, 8});
      Tensor one = Tensors.of(region, Shape.of(2, 1, 1, 2), new float[] {10, 20, 30, 40});
      cache.append(1, two, two);
      cache.advance(2);
      cache.append(1, one, one);
      cache.advance(1);
      assertEquals(3, cache.length());
      assertArrayEquals(
          new float[] {1, 2, 3, 4, 10, 20, 5, 6, 7, 8, 30, 40}, Tensors.toFloats(cache.keys(1)));
      cache.truncate(1);
      cache.append(1, one, two.view(2, 2, 1, 2));
      assertArrayEquals(
          new float[] {1, 2, 10, 20, 10, 20, 5, 6, 30, 40, 30, 40},
          Tensors.toFloats(cache.keys(1)));
      assertArrayEquals(
          new float[] {1, 2, 1, 2, 3, 4, 5, 6, 5, 6, 7, 8}, Tensors.toFloats(cache.values(1)));
    }
  }

  @Test
  void whatDoesNotFitIsRefused() {
    try (Region region = new Region("session")) {
      KvCache cache = new KvCache(region, 1, 1, 2, 1, 2, DType.F32);
      Tensor three = Tensors.of(region, Shape.of(1, 3, 1, 2), new float[6]);
      ShapeException full = assertThrows(ShapeException.class, () -> cache.append(0, three, three));
      assertTrue(full.toString().contains("there is room for 2"), full.toString());
      Tensor otherHeads = Tensors.of(region, Shape.of(1, 1, 2, 2), new float[4]);
      assertThrows(ShapeException.class, () -> cache.append(0, otherHeads, otherHeads));
      Tensor one = Tensors.of(region, Shape.of(1, 1, 1, 2), new float[2]).tracked();
      assertThrows(IllegalStateException.class, () -> cache.append(0, one, one));
      assertThrows(IllegalArgumentException.class, () -> cache.truncate(1));
      assertThrows(IllegalArgumentException.class, () -> cache.truncate(-1));
    }
  }

  @Test
  void bytesBehindTheLengthAreNotTouched() {
    try (Region region = new Region("session")) {
      KvCache cache = new KvCache(region, 1, 1, 4, 1, 1, DType.F32);
      float[] marks = new float[4];
      Arrays.fill(marks, Float.NaN);
      cache.keys(0).segment().copyFrom(Tensors.of(region, Shape.of(4), marks).segment());
      Tensor one = Tensors.of(region, Shape.of(1, 1, 1, 1), new float[] {7});
      cache.append(0, one, one);
      assertArrayEquals(
          new float[] {7, Float.NaN, Float.NaN, Float.NaN}, Tensors.toFloats(cache.keys(0)));
    }
  }
}
