package dev.gatun.op;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gatun.autograd.Step;
import dev.gatun.core.DType;
import dev.gatun.core.Shape;
import dev.gatun.core.ShapeException;
import dev.gatun.memory.Region;
import dev.gatun.tensor.Tensor;
import dev.gatun.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@link QkvAttention} is {@link Attention} on copies of its parts, to the bit. */
final class QkvAttentionTest {
  private static final long SEED = 20261124;

  @TestFactory
  Stream<DynamicTest> resultsAreThoseOfTheParts() {
    return QkvAttention.samples().stream()
        .map(
            sample ->
                test(
                    sample,
                    (QkvAttention) sample.op(),
                    (parts, op) -> Ops.applyAll(op.attention(), parts),
                    in -> Ops.applyAll(sample.op(), in)));
  }

  @TestFactory
  Stream<DynamicTest> gradientsAreThoseOfTheParts() {
    return QkvAttention.Backward.samples().stream()
        .map(
            sample -> {
              QkvAttention of = ((QkvAttention.Backward) sample.op()).of();
              return test(
                  sample,
                  of,
                  (parts, op) -> Ops.applyAll(new Attention.Backward(op.attention()), parts),
                  in -> split(Ops.applyAll(sample.op(), in).getFirst(), of.groups()));
            });
  }

  private interface Parts {
    List<Tensor> compute(List<Tensor> in, QkvAttention op);
  }

  private interface Rows {
    List<Tensor> compute(List<Tensor> in);
  }

  private static DynamicTest test(Sample sample, QkvAttention op, Parts parts, Rows rows) {
    String name = sample.op() + " " + sample.inputs().stream().map(Sample.Input::spec).toList();
    return DynamicTest.dynamicTest(
        name,
        () -> {
          try (Region region = new Region("rows")) {
            List<Tensor> in = sample.draw(region, DType.F32, SEED);
            Step.run(
                region,
                () -> {
                  List<Tensor> apart = split(in.getFirst(), op.groups());
                  apart.addAll(in.subList(1, in.size()));
                  assertEqualBits(parts.compute(apart, op), rows.compute(in));
                  return null;
                });
          }
        });
  }

  /** Queries, keys and values, or their gradients, as copies. */
  private static List<Tensor> split(Tensor qkv, int groups) {
    int all = qkv.shape().size(2);
    List<Tensor> parts = new ArrayList<>();
    parts.add(Ops.slice(qkv, 2, 0, all - 2 * groups));
    parts.add(Ops.slice(qkv, 2, all - 2 * groups, all - groups));
    parts.add(Ops.slice(qkv, 2, all - groups, all));
    return parts;
  }

  private static void assertEqualBits(List<Tensor> expected, List<Tensor> actual) {
    assertEquals(expected.size(), actual.size());
    for (int i = 0; i < expected.size(); i++) {
      assertEquals(expected.get(i).spec(), actual.get(i).spec());
      assertArrayEquals(Tensors.toFloats(expected.get(i)), Tensors.toFloats(actual.get(i)));
    }
  }

  /** H + 2·G heads: too few, and query heads that groups do not divide. */
  @ParameterizedTest
  @CsvSource({"2, 1", "4, 2", "7, 2"})
  void rowsOfOtherHeadsAreAnError(int heads, int groups) {
    try (Region region = new Region("rows")) {
      Tensor qkv = Tensors.of(region, Shape.of(1, 2, heads, 3), new float[6 * heads]);
      ShapeException e =
          assertThrows(
              ShapeException.class,
              () -> Step.run(region, () -> Ops.attention(qkv, groups, null, 0, 1, null)));
      assertTrue(e.toString().contains("[qkv_attention] rows must hold H + 2·G"), e.toString());
      assertTrue(e.toString().contains("[1, 2, " + heads + ", 3]"), e.toString());
    }
  }

  @Test
  void startsAreOnePerToken() {
    try (Region region = new Region("rows")) {
      Tensor qkv = Tensors.of(region, Shape.of(1, 2, 3, 4), new float[24]);
      Tensor starts = Tensors.of(region, Shape.of(1, 3), new int[3]);
      ShapeException e =
          assertThrows(
              ShapeException.class,
              () -> Step.run(region, () -> Ops.attention(qkv, 1, starts, 0, 1, null)));
      assertTrue(e.toString().contains("starts must be [B,T]"), e.toString());
    }
  }

  @Test
  void groupsArePositiveAndTheWindowIsNotNegative() {
    assertThrows(IllegalArgumentException.class, () -> new QkvAttention(false, 0, 0, 1));
    assertThrows(IllegalArgumentException.class, () -> new QkvAttention(false, 1, -1, 1));
  }
}
