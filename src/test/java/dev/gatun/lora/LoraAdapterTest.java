package dev.gatun.lora;

import static java.util.Objects.requireNonNull;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gatun.autograd.Gradients;
import dev.gatun.autograd.Step;
import dev.gatun.autograd.Tape;
import dev.gatun.core.ConfigurationException;
import dev.gatun.core.DType;
import dev.gatun.core.Shape;
import dev.gatun.lora.LoraConfig.Bias;
import dev.gatun.lora.LoraConfig.Initialization;
import dev.gatun.memory.Region;
import dev.gatun.model.CausalLm;
import dev.gatun.model.ForwardInput;
import dev.gatun.model.ModelConfig;
import dev.gatun.model.Rebuild;
import dev.gatun.nn.Init;
import dev.gatun.nn.Parameter;
import dev.gatun.op.Ops;
import dev.gatun.tensor.Tensor;
import dev.gatun.tensor.Tensors;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Adapters on models of every family, in double where numbers are compared closely. */
final class LoraAdapterTest {
  private static final int[] IDS = {1, 4, 7, 2, 9, 3, 0, 5};

  private final Region region = new Region("model");

  @AfterEach
  void close() {
    region.close();
  }

  @Test
  void aNewAdapterChangesNothingUnlessItIsToStartAtRandom() {
    for (ModelConfig config :
        List.of(TinyModels.phi(false), TinyModels.llama(true), TinyModels.gpt2(true))) {
      CausalLm model = model(config);
      double[] before = logits(model);
      adapter(model, everything(Initialization.DEFAULT), "default").activate();
      assertArrayEquals(before, logits(model), 1e-12);
      adapter(model, everything(Initialization.GAUSSIAN), "gaussian").activate();
      assertArrayEquals(before, logits(model), 1e-12);
      adapter(model, everything(Initialization.RANDOM), "random").activate();
      assertNotEquals(before[0], logits(model)[0]);
      LoraAdapter.deactivate(model);
      assertArrayEquals(before, logits(model));
    }
  }

  @Test
  void mergingGivesTheSameLogits() {
    for (ModelConfig config :
        List.of(
            TinyModels.phi(false),
            TinyModels.phi(true),
            TinyModels.llama(false),
            TinyModels.llama(true),
            TinyModels.gpt2(false),
            TinyModels.gpt2(true))) {
      CausalLm model = model(config);
      LoraAdapter adapter = adapter(model, everything(Initialization.RANDOM), "default");
      adapter.activate();
      double[] adapted = logits(model);
      CausalLm merged = LoraMerge.merge(adapter, region);
      assertFalse(merged.config().tieWordEmbeddings());
      assertArrayEquals(adapted, logits(merged), 1e-9, config.modelType());
    }
  }

  @Test
  void mergingLeavesATiedModelTiedWhereItCan() {
    CausalLm model = model(TinyModels.llama(true));
    LoraAdapter adapter = adapter(model, names(Initialization.RANDOM, "q_proj"), "default");
    adapter.activate();
    CausalLm merged = LoraMerge.merge(adapter, region);
    assertTrue(merged.config().tieWordEmbeddings());
    assertArrayEquals(logits(model), logits(merged), 1e-9);
  }

  @Test
  void adaptersAreSwappedOnOneModel() {
    CausalLm model = model(TinyModels.phi(false));
    LoraAdapter first = adapter(model, everything(Initialization.RANDOM), "first");
    LoraAdapter second =
        adapter(
            model,
            new LoraConfig(
                2,
                new ModuleSelection.Names(List.of("v_proj")),
                new ModuleSelection.Names(List.of()),
                4,
                0,
                Bias.ALL,
                false,
                List.of("lm_head"),
                Initialization.RANDOM,
                List.of(1),
                List.of(),
                Map.of(),
                Map.of()),
            "second");
    double[] none = logits(model);
    first.activate();
    double[] one = logits(model);
    second.activate();
    shift(second, "lm_head.modules_to_save.second.weight");
    shift(second, "model.layers.0.mlp.fc1.bias");
    double[] two = logits(model);
    first.activate();
    assertArrayEquals(one, logits(model));
    second.activate();
    assertArrayEquals(two, logits(model));
    LoraAdapter.deactivate(model);
    assertArrayEquals(none, logits(model));
    assertNotEquals(one[0], two[0]);
    assertNotEquals(none[0], two[0]);
  }

  @Test
  void onlyTheAdapterIsTrainedAndNothingElseHasAGradient() {
    CausalLm model = model(TinyModels.phi(false));
    LoraAdapter adapter = adapter(model, names(Initialization.RANDOM, "q_proj"), "default");
    adapter.activate();
    Gradients gradients = adapter.parameters().allocateGradients(region);
    backward(model, gradients);
    for (Parameter parameter : model.parameters()) {
      assertFalse(parameter.requiresGrad(), parameter.name());
      assertNull(parameter.gradient(), parameter.name());
      assertNull(gradients.of(parameter.value()), parameter.name());
    }
    for (Parameter parameter : adapter.parameters()) {
      double sum = 0;
      for (double value : Tensors.toDoubles(requireNonNull(parameter.gradient()))) {
        sum += Math.abs(value);
      }
      assertTrue(sum > 0, parameter.name());
    }
    assertEquals(2 * 2 * 2 * (16 + 16) / 2, adapter.parameters().trainableCount());
  }

  /** Every gradient of every kind of adapter against central differences. */
  @Test
  void gradientsAreThoseOfTheFunction() {
    for (ModelConfig config :
        List.of(TinyModels.phi(false), TinyModels.llama(true), TinyModels.gpt2(true))) {
      CausalLm model = model(config);
      LoraConfig lora =
          new LoraConfig(
              3,
              everything(Initialization.RANDOM).targetModules(),
              new ModuleSelection.Names(List.of()),
              2,
              0,
              Bias.ALL,
              true,
              List.of("1.mlp"),
              Initialization.RANDOM,
              List.of(),
              List.of(),
              Map.of("lm_head", 5),
              Map.of("layers.0.*", 7.0));
      LoraAdapter adapter = adapter(model, lora, "default");
      adapter.activate();
      backward(model, adapter.parameters().allocateGradients(region));
      for (Parameter parameter : adapter.parameters()) {
        checkGradient(model, parameter);
      }
    }
  }

  @Test
  void aModuleOfATiedLayerNeedsAnUntiedModel() {
    CausalLm model = model(TinyModels.llama(true));
    LoraConfig config = saving("lm_head");
    assertTrue(LoraAdapter.needsUntying(model, config));
    assertThrows(ConfigurationException.class, () -> new LoraAdapter(model, config, "default"));
    double[] before = logits(model);
    CausalLm untied = Rebuild.untied(model, region);
    LoraAdapter adapter = adapter(untied, config, "default");
    adapter.activate();
    assertArrayEquals(before, logits(untied));
    shift(adapter, "lm_head.modules_to_save.default.weight");
    assertNotEquals(before[0], logits(untied)[0]);
    assertArrayEquals(logits(untied), logits(LoraMerge.merge(adapter, region)), 1e-9);
    assertArrayEquals(before, logits(model));
    // The weight that the two layers shared is counted once, the copy that is trained apart.
    long base = model.parameters().count();
    long lora = 2L * 2 * 2 * (12 + 16) / 2;
    assertEquals(new ParameterCount(lora + 11 * 12, base + lora + 11 * 12), adapter.count());
  }

  @Test
  void aTiedTargetIsWarnedAbout() {
    LoraAdapter adapter =
        adapter(
            model(TinyModels.llama(true)),
            names(Initialization.DEFAULT, "lm_head", "x_proj"),
            "default");
    assertEquals(2, adapter.warnings().size());
    assertTrue(adapter.warnings().get(0).contains("lm_head"), adapter.warnings().toString());
    assertTrue(adapter.warnings().get(1).contains("x_proj"), adapter.warnings().toString());
  }

  @Test
  void resizingKeepsOldRowsAndDrawsNewOnes() {
    for (ModelConfig config :
        List.of(
            TinyModels.phi(false),
            TinyModels.phi(true),
            TinyModels.llama(false),
            TinyModels.gpt2(true))) {
      CausalLm model = model(config);
      double[] before = logits(model);
      CausalLm larger = Rebuild.resized(model, 14, 3, region);
      assertEquals(14, larger.config().vocabSize());
      double[] after = logits(larger);
      for (int i = 0; i < before.length; i++) {
        assertEquals(before[i], after[i / 11 * 14 + i % 11], 1e-12);
      }
      double[] rows = Tensors.toDoubles(larger.inputEmbeddings().weight().value());
      double squares = 0;
      for (int i = 11 * config.hiddenSize(); i < rows.length; i++) {
        squares += rows[i] * rows[i] / (3 * config.hiddenSize());
      }
      assertEquals(config.initializerRange(), Math.sqrt(squares), 0.35 * config.initializerRange());
      Parameter bias = larger.outputEmbeddings().bias();
      if (bias != null) {
        double[] values = Tensors.toDoubles(bias.value());
        assertArrayEquals(new double[3], Arrays.copyOfRange(values, 11, 14));
      }
      CausalLm twice = Rebuild.resized(Rebuild.resized(model, 12, 3, region), 14, 3, region);
      assertArrayEquals(after, logits(twice));
      assertArrayEquals(before, logits(Rebuild.resized(larger, 11, 3, region)));
    }
  }

  private static LoraConfig everything(Initialization initialization) {
    return names(
        initialization,
        "embed_tokens",
        "wte",
        "q_proj",
        "v_proj",
        "fc2",
        "down_proj",
        "c_attn",
        "mlp.c_proj",
        "lm_head");
  }

  private static LoraConfig names(Initialization initialization, String... targets) {
    return new LoraConfig(
        2,
        new ModuleSelection.Names(List.of(targets)),
        new ModuleSelection.Names(List.of()),
        3,
        0,
        Bias.NONE,
        false,
        List.of(),
        initialization,
        List.of(),
        List.of(),
        Map.of(),
        Map.of());
  }

  private static LoraConfig saving(String module) {
    return new LoraConfig(
        2,
        new ModuleSelection.FamilyDefault(),
        new ModuleSelection.Names(List.of("v_proj")),
        3,
        0,
        Bias.NONE,
        false,
        List.of(module),
        Initialization.DEFAULT,
        List.of(),
        List.of(),
        Map.of(),
        Map.of());
  }

  private CausalLm model(ModelConfig config) {
    CausalLm model = config.build();
    model.parameters().materialize(region, DType.F64);
    model.parameters().initialize(1);
    for (Parameter parameter : model.parameters()) {
      if (parameter.role() == Parameter.Role.BIAS) {
        new Init.Normal(0.1).fill(parameter.value(), parameter.name(), 2);
      }
    }
    return model;
  }

  private LoraAdapter adapter(CausalLm model, LoraConfig config, String name) {
    LoraAdapter adapter = new LoraAdapter(model, config, name);
    adapter.materialize(region);
    adapter.initialize(5);
    return adapter;
  }

  private static void shift(LoraAdapter adapter, String parameter) {
    Tensor tensor = adapter.parameters().get(parameter).ownValue();
    double[] values = Tensors.toDoubles(tensor);
    for (int i = 0; i < values.length; i++) {
      values[i] += 0.1;
    }
    Tensors.write(tensor, values);
  }

  private static double[] logits(CausalLm model) {
    try (Region step = new Region("step")) {
      return Step.run(
          step,
          () -> {
            Tensor ids = Tensors.of(step, Shape.of(2, 4), IDS);
            return Tensors.toDoubles(model.logits(ForwardInput.of(step, ids)));
          });
    }
  }

  private static double loss(CausalLm model, Region step) {
    return Step.run(step, () -> Tensors.item(lossTensor(model, step)));
  }

  private static Tensor lossTensor(CausalLm model, Region step) {
    Tensor ids = Tensors.of(step, Shape.of(2, 4), IDS);
    Tensor labels = Tensors.of(step, Shape.of(2, 4), new int[] {4, 7, -100, 3, 2, 0, 5, -100});
    return model.loss(ForwardInput.of(step, ids), labels, 1);
  }

  private static void backward(CausalLm model, Gradients gradients) {
    try (Region step = new Region("step")) {
      Tape tape = Ops.tape(gradients);
      gradients.beginGroup();
      Step.run(
          step,
          tape,
          () -> {
            Tensor loss = lossTensor(model, step);
            tape.backward(loss, Tensors.of(step, loss.spec(), new double[] {1}));
            return null;
          });
      gradients.endGroup();
    }
  }

  private static void checkGradient(CausalLm model, Parameter parameter) {
    double[] gradient = Tensors.toDoubles(requireNonNull(parameter.gradient()));
    double[] values = Tensors.toDoubles(parameter.ownValue());
    double expected = 0;
    double step = 1e-5;
    double[] up = values.clone();
    double[] down = values.clone();
    for (int i = 0; i < values.length; i++) {
      double direction = (i % 3 == 0 ? -1 : 1) / Math.sqrt(values.length);
      expected += gradient[i] * direction;
      up[i] += step * direction;
      down[i] -= step * direction;
    }
    try (Region region = new Region("step")) {
      Tensors.write(parameter.ownValue(), up);
      double above = loss(model, region);
      Tensors.write(parameter.ownValue(), down);
      double below = loss(model, region);
      Tensors.write(parameter.ownValue(), values);
      double difference = (above - below) / (2 * step);
      assertEquals(difference, expected, 1e-7 + 1e-6 * Math.abs(difference), parameter.name());
    }
  }
}
