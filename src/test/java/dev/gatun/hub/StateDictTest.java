package dev.gatun.hub;

import static dev.gatun.hub.Failures.assertRefused;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.gatun.core.DType;
import dev.gatun.core.Shape;
import dev.gatun.memory.Region;
import dev.gatun.nn.Conv1D;
import dev.gatun.nn.Init;
import dev.gatun.nn.Linear;
import dev.gatun.nn.Parameter;
import dev.gatun.nn.Parameters;
import dev.gatun.nn.Scope;
import dev.gatun.tensor.Tensors;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class StateDictTest {
  private static final Shape EMBEDDING = Shape.of(3, 2);

  @TempDir Path folder;

  private final Region region = new Region("model");
  private final Arena arena = Arena.ofConfined();

  @AfterEach
  void free() {
    region.close();
    arena.close();
  }

  @ParameterizedTest
  @EnumSource(
      value = DType.class,
      names = {"F32", "F16", "BF16"})
  void savedParametersLoadAgain(DType stored) {
    Parameters saved = model(StateDictTest::tied, DType.F32, 1);
    for (Parameter parameter : saved) {
      double[] exact = new double[parameter.shape().elementsExact()];
      for (int i = 0; i < exact.length; i++) {
        exact[i] = i / 4.0 - 1;
      }
      Tensors.write(parameter.value(), exact);
    }
    for (long shardBytes : new long[] {1000, 16}) {
      StateDict.save(saved, folder, stored, shardBytes);
      for (DType dtype : new DType[] {DType.F32, DType.F64}) {
        Parameters loaded = model(StateDictTest::tied, dtype, 2);
        load(loaded);
        for (Parameter parameter : saved) {
          assertArrayEquals(
              Tensors.toDoubles(parameter.value()),
              Tensors.toDoubles(loaded.get(parameter.name()).value()));
        }
      }
    }
  }

  @Test
  void namesAreThoseOfTheParameters() {
    Parameters saved = model(StateDictTest::tied, DType.F32, 1);
    StateDict.save(saved, folder);
    try (Weights weights = Weights.open(folder)) {
      assertEquals(List.of("lm_head.bias", "model.embed.weight"), List.copyOf(weights.names()));
    }
  }

  @Test
  void aTiedWeightMayLieUnderEitherNameOrUnderBothIfEqual() {
    NamedTensor bias = tensor("lm_head.bias", Shape.of(3), 7);
    NamedTensor first = tensor("model.embed.weight", EMBEDDING, 1);
    NamedTensor second = tensor("lm_head.weight", EMBEDDING, 1);
    for (List<NamedTensor> tensors :
        List.of(List.of(bias, first), List.of(bias, second), List.of(bias, first, second))) {
      SafetensorsWriter.write(folder.resolve("model.safetensors"), tensors);
      Parameters loaded = model(StateDictTest::tied, DType.F32, 2);
      load(loaded);
      assertArrayEquals(
          new float[] {1, 2, 3, 4, 5, 6},
          Tensors.toFloats(loaded.get("model.embed.weight").value()));
    }
    SafetensorsWriter.write(
        folder.resolve("model.safetensors"),
        List.of(bias, first, tensor("lm_head.weight", EMBEDDING, 2)));
    assertRefused(
        () -> load(model(StateDictTest::tied, DType.F32, 2)),
        "two values for one tied weight: \"lm_head.weight\" and \"model.embed.weight\"");
  }

  @Test
  void everythingThatDoesNotFitIsListedAndNothingIsLoaded() {
    NamedTensor ids =
        NamedTensor.of(
            "lm_head.bias",
            Shape.of(3),
            DType.I32,
            arena.allocateFrom(ValueLayout.JAVA_INT, 1, 2, 3));
    SafetensorsWriter.write(
        folder.resolve("model.safetensors"),
        List.of(ids, tensor("model.embed.weight", Shape.of(2, 3), 1), tensor("x", Shape.of(), 1)));
    Parameters model = model(StateDictTest::tied, DType.F32, 2);
    float[] before = Tensors.toFloats(model.get("model.embed.weight").value());
    assertRefused(
        () -> load(model),
        "model.safetensors: does not fit the model",
        "unexpected: \"x\" []",
        "wrong shape: \"model.embed.weight\" is [2, 3] in the file, [3, 2] in the model",
        "wrong type: \"lm_head.bias\" is I32");
    assertArrayEquals(before, Tensors.toFloats(model.get("model.embed.weight").value()));
    SafetensorsWriter.write(folder.resolve("model.safetensors"), List.of());
    assertRefused(
        () -> load(model), "missing: \"model.embed.weight\" [3, 2], \"lm_head.bias\" [3]");
  }

  @Test
  void aLongListIsCut() {
    List<NamedTensor> tensors = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      tensors.add(tensor("x" + i, Shape.of(1), i));
    }
    SafetensorsWriter.write(folder.resolve("model.safetensors"), tensors);
    assertRefused(() -> load(model(StateDictTest::tied, DType.F32, 2)), "and 92 more");
  }

  @Test
  void gpt2LoadsWithoutItsPrefixAndWithItsOldMasks() {
    SafetensorsWriter.write(
        folder.resolve("model.safetensors"),
        List.of(
            tensor("h.0.attn.c_attn.weight", EMBEDDING, 5),
            tensor("h.0.attn.c_attn.bias", Shape.of(2), 7),
            tensor("h.0.attn.bias", Shape.of(1, 1, 4, 4), 0),
            tensor("h.0.attn.masked_bias", Shape.of(), 0),
            tensor("rotary_emb.inv_freq", Shape.of(2), 0)));
    Parameters loaded = model(StateDictTest::gpt2, DType.F32, 2);
    load(loaded);
    assertArrayEquals(
        new float[] {7, 8},
        Tensors.toFloats(loaded.get("transformer.h.0.attn.c_attn.bias").value()));
  }

  @Test
  void aParameterIsNoBufferWhateverItsName() {
    SafetensorsWriter.write(folder.resolve("model.safetensors"), List.of());
    Parameters model =
        model(root -> new Linear(root.in("h.0.attn"), 2, 3, true, Init.zeros()), DType.F32, 1);
    assertRefused(() -> load(model), "missing: \"h.0.attn.weight\" [3, 2], \"h.0.attn.bias\" [3]");
  }

  private static void tied(Scope root) {
    Linear first = new Linear(root.in("model.embed"), 2, 3, false, new Init.Normal(1));
    Linear.tied(root.in("lm_head"), first.weight(), true);
  }

  private static void gpt2(Scope root) {
    new Conv1D(root.in("transformer.h.0.attn.c_attn"), 3, 2, Init.zeros());
  }

  private Parameters model(Consumer<Scope> layers, DType dtype, long seed) {
    Parameters parameters = new Parameters();
    layers.accept(parameters.root());
    parameters.materialize(region, dtype);
    parameters.initialize(seed);
    return parameters;
  }

  private void load(Parameters parameters) {
    try (Weights weights = Weights.open(folder)) {
      StateDict.load(parameters, weights);
    }
  }

  private NamedTensor tensor(String name, Shape shape, float first) {
    float[] values = new float[shape.elementsExact()];
    for (int i = 0; i < values.length; i++) {
      values[i] = first + i;
    }
    return NamedTensor.of(
        name, shape, DType.F32, arena.allocateFrom(ValueLayout.JAVA_FLOAT, values));
  }
}
