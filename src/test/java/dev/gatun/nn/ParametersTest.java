package dev.gatun.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gatun.autograd.Gradients;
import dev.gatun.autograd.Step;
import dev.gatun.autograd.Tape;
import dev.gatun.core.DType;
import dev.gatun.core.Shape;
import dev.gatun.core.ShapeException;
import dev.gatun.memory.HostStorage;
import dev.gatun.memory.Region;
import dev.gatun.op.Ops;
import dev.gatun.tensor.Tensor;
import dev.gatun.tensor.Tensors;
import java.util.List;
import org.junit.jupiter.api.Test;

final class ParametersTest {
  private final Parameters parameters = new Parameters();
  private final Scope scope = parameters.root().in("model").in("layers").in(0);

  @Test
  void namesArePaths() {
    Linear linear = new Linear(scope.in("q_proj"), 3, 5, true, Init.zeros());
    new RmsNorm(scope.in("norm"), 3, 1e-5, false);
    assertEquals(
        List.of(
            "model.layers.0.q_proj.weight [5, 3]",
            "model.layers.0.q_proj.bias [5]",
            "model.layers.0.norm.weight [3]"),
        parameters.all().stream().map(Parameter::toString).toList());
    assertSame(linear, parameters.layers().get("model.layers.0.q_proj"));
    assertEquals(5 * 3 + 5 + 3, parameters.count());
  }

  @Test
  void aTiedWeightIsListedOnceAndKnownByItsAlias() {
    Linear first = new Linear(scope.in("embed"), 3, 5, false, Init.zeros());
    Linear second = Linear.tied(parameters.root().in("lm_head"), first.weight(), true);
    assertSame(first.weight(), second.weight());
    assertSame(first.weight(), parameters.aliases().get("lm_head.weight"));
    assertNull(parameters.find("lm_head.weight"));
    assertNotNull(parameters.find("lm_head.bias"));
    assertEquals(2, parameters.all().size());
  }

  @Test
  void aNameIsGivenOnce() {
    new Linear(scope.in("q_proj"), 3, 5, true, Init.zeros());
    IllegalStateException e =
        assertThrows(
            IllegalStateException.class,
            () -> new Linear(scope.in("q_proj"), 3, 5, true, Init.zeros()));
    assertTrue(e.toString().contains("model.layers.0.q_proj.weight"), e.toString());
  }

  @Test
  void memoryIsWhatWasAnnouncedAndLiesInOrder() {
    new Linear(scope.in("a"), 3, 5, true, Init.ones());
    new Linear(scope.in("b"), 33, 1, false, Init.ones());
    long bytes = parameters.bytes(DType.F32);
    assertEquals(64 + 64 + 3 * 64, bytes);
    try (Region region = new Region("model", HostStorage.HOST, bytes)) {
      region.cap();
      parameters.materialize(region, DType.F32);
      assertEquals(bytes, region.used());
      assertEquals(0, parameters.bytes(DType.F32));
      long address = 0;
      for (Parameter parameter : parameters) {
        long next = parameter.value().segment().address();
        assertTrue(next > address && next % 64 == 0, parameter + " lies at " + next);
        address = next;
      }
    }
  }

  @Test
  void laterParametersAreMaterialisedByASecondCall() {
    try (Region region = new Region("model")) {
      Linear before = new Linear(scope.in("a"), 3, 5, false, Init.ones());
      parameters.materialize(region, DType.F32);
      Tensor value = before.weight().value();
      Linear after = new Linear(scope.in("b"), 3, 5, false, Init.ones());
      parameters.materialize(region, DType.F32);
      assertEquals(value.id(), before.weight().value().id());
      assertTrue(after.weight().isMaterialized());
    }
  }

  @Test
  void onlyWhatIsTrainedHasAGradient() {
    try (Region region = new Region("model")) {
      Linear frozen = new Linear(scope.in("a"), 2, 2, false, Init.ones());
      Linear trained = new Linear(scope.in("b"), 2, 2, false, Init.ones());
      frozen.weight().setRequiresGrad(false);
      parameters.materialize(region, DType.F32);
      parameters.initialize(0);
      assertEquals(4, parameters.trainableCount());
      assertEquals(64, parameters.gradientBytes(DType.F32));
      Gradients gradients = parameters.allocateGradients(region);
      assertNull(frozen.weight().gradient());
      Tensor x = Tensors.of(region, Shape.of(1, 2), new float[] {1, 2});
      Tape tape = Ops.tape(gradients);
      Step.run(
          region,
          tape,
          () -> {
            Tensor y = trained.forward(frozen.forward(x));
            tape.backward(y, Tensors.of(region, y.shape(), new float[] {1, 10}));
            return null;
          });
      Tensor gradient = trained.weight().gradient();
      assertNotNull(gradient);
      assertArrayEquals(new float[] {3, 3, 30, 30}, Tensors.toFloats(gradient));
    }
  }

  @Test
  void anAdapterChangesTheOutputAndComesOff() {
    try (Region region = new Region("model")) {
      Linear linear = new Linear(scope.in("a"), 2, 2, false, Init.ones());
      parameters.materialize(region, DType.F32);
      parameters.initialize(0);
      Tensor x = Tensors.of(region, Shape.of(1, 2), new float[] {1, 2});
      linear.setAdapter(Ops::add);
      assertArrayEquals(
          new float[] {4, 5}, Tensors.toFloats(Step.run(region, () -> linear.forward(x))));
      linear.setAdapter(null);
      assertArrayEquals(
          new float[] {3, 3}, Tensors.toFloats(Step.run(region, () -> linear.forward(x))));
    }
  }

  @Test
  void useBeforeMemoryAndWrongShapesAreErrorsThatNameTheParameter() {
    Parameter weight = new Linear(scope.in("a"), 2, 3, false, Init.ones()).weight();
    assertFalse(weight.isMaterialized());
    IllegalStateException early = assertThrows(IllegalStateException.class, weight::value);
    assertTrue(early.toString().contains(weight.name()), early.toString());
    try (Region region = new Region("test")) {
      Tensor wrong = Tensors.of(region, Shape.of(2, 3), new float[6]);
      ShapeException shape = assertThrows(ShapeException.class, () -> weight.bind(wrong));
      assertTrue(shape.toString().contains(weight.name()), shape.toString());
    }
  }
}
