package dev.gatun.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gatun.autograd.Gradients;
import dev.gatun.autograd.Step;
import dev.gatun.autograd.Tape;
import dev.gatun.core.DType;
import dev.gatun.core.Philox;
import dev.gatun.core.Shape;
import dev.gatun.memory.Region;
import dev.gatun.nn.KvCache;
import dev.gatun.nn.Mode;
import dev.gatun.nn.Parameter;
import dev.gatun.op.Ops;
import dev.gatun.op.Profile;
import dev.gatun.tensor.Tensor;
import dev.gatun.tensor.TensorSpec;
import dev.gatun.tensor.Tensors;
import dev.gatun.verify.Comparison;
import dev.gatun.verify.GradCheck;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every family in its smallest form: gradients, caches, recomputation, padding. */
final class CausalLmTest {
  private static final long SEED = 7;
  private static final int BATCH = 2;
  private static final int LENGTH = 6;

  static List<ModelConfig> configs() {
    return TinyModels.all();
  }

  @ParameterizedTest
  @MethodSource("configs")
  void gradientOfTheLossAgreesWithDifferenceQuotient(ModelConfig config) {
    CausalLm model = config.build();
    try (Region constants = new Region("model")) {
      model.parameters().materialize(constants, DType.F64);
      Comparison comparison =
          GradCheck.check(
              config.modelType(),
              region -> drawn(region, model),
              values -> {
                for (int i = 0; i < values.size(); i++) {
                  model.parameters().all().get(i).bind(values.get(i));
                }
                Region region = Step.region();
                return model.loss(
                    ForwardInput.of(region, ids(region), new int[] {0, 2}, null),
                    labels(region),
                    0.5);
              },
              SEED);
      assertTrue(comparison.passes(), comparison.toString());
    }
  }

  @ParameterizedTest
  @MethodSource("configs")
  void aCacheChangesNoLogits(ModelConfig config) {
    CausalLm model = config.build();
    int[] padding = {0, 2};
    try (Region region = new Region("model")) {
      initialize(model, region);
      float[] whole =
          Step.run(
              region,
              () ->
                  Tensors.toFloats(
                      model.logits(ForwardInput.of(region, ids(region), padding, null))));
      KvCache cache = model.newCache(region, BATCH, LENGTH + 3);
      int[] cuts = {0, 3, 4, 5, LENGTH};
      for (int i = 1; i < cuts.length; i++) {
        int from = cuts[i - 1];
        int to = cuts[i];
        float[] last =
            Step.run(
                region,
                () ->
                    Tensors.toFloats(
                        model.lastLogits(
                            ForwardInput.of(region, part(region, from, to), padding, cache))));
        assertEquals(to, cache.length());
        for (int b = 0; b < BATCH; b++) {
          int row = (b * LENGTH + to - 1) * TinyModels.VOCAB;
          assertArrayEquals(
              Arrays.copyOfRange(whole, row, row + TinyModels.VOCAB),
              Arrays.copyOfRange(last, b * TinyModels.VOCAB, (b + 1) * TinyModels.VOCAB),
              2e-5f,
              "row %d at position %d".formatted(b, to - 1));
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("configs")
  void paddingOnTheLeftChangesNoLogits(ModelConfig config) {
    CausalLm model = config.build();
    try (Region region = new Region("model")) {
      initialize(model, region);
      Tensor alone = part(region, 2, LENGTH);
      float[] expected =
          Step.run(region, () -> Tensors.toFloats(model.logits(ForwardInput.of(region, alone))));
      float[] padded =
          Step.run(
              region,
              () ->
                  Tensors.toFloats(
                      model.logits(ForwardInput.of(region, ids(region), new int[] {2, 2}, null))));
      int width = (LENGTH - 2) * TinyModels.VOCAB;
      for (int b = 0; b < BATCH; b++) {
        int from = (b * LENGTH + 2) * TinyModels.VOCAB;
        assertArrayEquals(
            Arrays.copyOfRange(expected, b * width, (b + 1) * width),
            Arrays.copyOfRange(padded, from, from + width),
            2e-5f);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("configs")
  void recomputationChangesNoBit(ModelConfig config) {
    assertSameGradients(config, null);
  }

  @Test
  void recomputationDropsTheSameElements() {
    List<float[]> dropped = assertSameGradients(TinyModels.gpt2(true, 0.3), 5L);
    assertEquals(
        0,
        Arrays.compare(
            dropped.getFirst(), gradients(TinyModels.gpt2(true, 0.3), 5L, false).getFirst()));
    assertFalse(
        Arrays.equals(
            dropped.getFirst(), gradients(TinyModels.gpt2(true, 0.3), 6L, false).getFirst()),
        "another step drops other elements");
    assertFalse(
        Arrays.equals(
            dropped.getFirst(), gradients(TinyModels.gpt2(true, 0.3), null, false).getFirst()),
        "without training nothing is dropped");
  }

  @Test
  void attentionWeightsAreDroppedInTrainingAlone() {
    Gpt2Config plain = TinyModels.gpt2(true, 0);
    Gpt2Config config =
        new Gpt2Config(
            plain.vocabSize(),
            plain.nPositions(),
            plain.nEmbd(),
            plain.nLayer(),
            plain.nHead(),
            plain.nInner(),
            plain.activationFunction(),
            0,
            0,
            0.4,
            plain.layerNormEpsilon(),
            plain.initializerRange(),
            true,
            false,
            true,
            plain.specialTokens());
    float[] dropped = assertSameGradients(config, 1L).getFirst();
    float[] whole = gradients(config, null, false).getFirst();
    assertArrayEquals(whole, gradients(plain, null, false).getFirst());
    assertFalse(Arrays.equals(dropped, whole), "nothing was dropped");
    assertFalse(Arrays.equals(dropped, gradients(config, 2L, false).getFirst()), "the same again");
  }

  @ParameterizedTest
  @MethodSource("configs")
  void everyParameterIsListedOnceAndReceivesAGradient(ModelConfig config) {
    CausalLm model = config.build();
    List<float[]> gradients = gradients(config, null, false);
    for (int i = 0; i < gradients.size(); i++) {
      Parameter parameter = model.parameters().all().get(i);
      boolean any = false;
      for (float value : gradients.get(i)) {
        any |= value != 0;
      }
      assertTrue(any, parameter + " receives no gradient");
    }
    assertEquals(config.tieWordEmbeddings(), model.parameters().aliases().size() == 1);
    assertTrue(model.parameters().layers().containsKey("lm_head"));
  }

  @ParameterizedTest
  @MethodSource("configs")
  void hiddenStatesAreSeenInOrder(ModelConfig config) {
    CausalLm model = config.build();
    try (Region region = new Region("model")) {
      initialize(model, region);
      List<Integer> seen = new ArrayList<>();
      Step.run(
          region,
          () ->
              model.hidden(
                  ForwardInput.of(region, ids(region)),
                  (index, x) -> {
                    assertEquals(Shape.of(BATCH, LENGTH, config.hiddenSize()), x.shape());
                    seen.add(index);
                  }));
      assertEquals(List.of(0, 1, 2), seen);
    }
  }

  @Test
  void withoutRecordingMemoryDoesNotGrowWithTheNumberOfLayers() {
    assertEquals(
        peakOfLogits(TinyModels.phi(2, 1, false)), peakOfLogits(TinyModels.phi(5, 1, false)));
  }

  @Test
  void recomputationNeedsLessMemory() {
    ModelConfig config = TinyModels.phi(6, 1, false);
    long kept = peakOfGradients(config, false);
    long recomputed = peakOfGradients(config, true);
    assertTrue(recomputed < kept / 2, recomputed + " of " + kept + " bytes");
  }

  /** Queries, keys and values are read, and their gradients written, where one projection is. */
  @Test
  void trainingCopiesNoPartOfAFusedProjection() {
    Profile profile = new Profile();
    profile.of(() -> gradients(TinyModels.gpt2(true, 0), 1L, false));
    List<String> operations = profile.rows().stream().map(Profile.Row::operation).toList();
    assertTrue(operations.contains("qkv_attention_backward"), operations.toString());
    assertFalse(operations.stream().anyMatch(o -> o.startsWith("slice")), operations.toString());
  }

  private static long peakOfLogits(ModelConfig config) {
    CausalLm model = config.build();
    try (Region region = new Region("model");
        Region step = new Region("step")) {
      initialize(model, region);
      Step.run(step, () -> model.logits(ForwardInput.of(step, ids(step))));
      return step.peak();
    }
  }

  private static List<float[]> assertSameGradients(ModelConfig config, @Nullable Long step) {
    List<float[]> kept = gradients(config, step, false);
    List<float[]> recomputed = gradients(config, step, true);
    for (int i = 0; i < kept.size(); i++) {
      assertEquals(
          0,
          Arrays.compare(kept.get(i), recomputed.get(i)),
          "gradient of " + config.build().parameters().all().get(i));
    }
    return kept;
  }

  private static List<float[]> gradients(
      ModelConfig config, @Nullable Long step, boolean checkpointing) {
    CausalLm model = config.build();
    model.setGradientCheckpointing(checkpointing);
    try (Region region = new Region("model");
        Region activations = new Region("step")) {
      activations.poisonOnReset();
      if (step != null) {
        model.parameters().mode().train(Tensors.of(region, Shape.of(2), Mode.key(SEED, step)));
      }
      initialize(model, region);
      backward(model, region, activations);
      List<float[]> result = new ArrayList<>();
      for (Parameter parameter : model.parameters()) {
        Tensor gradient = parameter.gradient();
        result.add(gradient == null ? new float[0] : Tensors.toFloats(gradient));
      }
      return result;
    }
  }

  private static long peakOfGradients(ModelConfig config, boolean checkpointing) {
    CausalLm model = config.build();
    model.setGradientCheckpointing(checkpointing);
    try (Region region = new Region("model");
        Region activations = new Region("step")) {
      initialize(model, region);
      backward(model, region, activations);
      return activations.peak();
    }
  }

  private static void backward(CausalLm model, Region region, Region activations) {
    Gradients gradients = model.parameters().allocateGradients(region);
    Tape tape = Ops.tape(gradients);
    gradients.beginGroup();
    Step.run(
        activations,
        tape,
        () -> {
          ForwardInput in = ForwardInput.of(activations, ids(activations));
          Tensor loss = model.loss(in, labels(activations), 0.1);
          tape.backward(loss, Tensors.of(activations, loss.shape(), new float[] {1}));
          return null;
        });
    gradients.endGroup();
  }

  private static void initialize(CausalLm model, Region region) {
    model.parameters().materialize(region, DType.F32);
    List<Tensor> drawn = drawn(region, model);
    for (int i = 0; i < drawn.size(); i++) {
      Tensors.write(model.parameters().all().get(i).value(), Tensors.toDoubles(drawn.get(i)));
    }
  }

  /** Values that are nowhere zero or one, so that no bias or gain is without effect. */
  private static List<Tensor> drawn(Region region, CausalLm model) {
    List<Tensor> values = new ArrayList<>();
    for (Parameter parameter : model.parameters()) {
      Philox random = new Philox(SEED, values.size());
      double[] drawn = new double[parameter.shape().elementsExact()];
      Arrays.setAll(
          drawn, i -> 0.3 * random.normal(i) + (parameter.role() == Parameter.Role.NORM ? 1 : 0));
      values.add(Tensors.of(region, new TensorSpec(parameter.shape(), DType.F64), drawn));
    }
    return values;
  }

  private static Tensor ids(Region region) {
    return part(region, 0, LENGTH);
  }

  private static Tensor part(Region region, int from, int to) {
    int[] ids = new int[BATCH * (to - from)];
    Arrays.setAll(
        ids, i -> ((i / (to - from)) * 5 + (from + i % (to - from)) * 7 + 3) % TinyModels.VOCAB);
    return Tensors.of(region, Shape.of(BATCH, to - from), ids);
  }

  private static Tensor labels(Region region) {
    int[] labels = new int[BATCH * LENGTH];
    Arrays.setAll(labels, i -> i % LENGTH == LENGTH - 1 || i == 2 ? -100 : (i * 3 + 1) % 11);
    return Tensors.of(region, Shape.of(BATCH, LENGTH), labels);
  }
}
