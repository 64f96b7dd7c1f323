package dev.gatun.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gatun.autograd.Gradients;
import dev.gatun.autograd.Step;
import dev.gatun.autograd.Tape;
import dev.gatun.core.DType;
import dev.gatun.data.Batch;
import dev.gatun.data.Batches;
import dev.gatun.data.CausalCollator;
import dev.gatun.data.Packing;
import dev.gatun.data.TokenRows;
import dev.gatun.hub.Json;
import dev.gatun.hub.JsonFields;
import dev.gatun.hub.ModelConfigs;
import dev.gatun.memory.Region;
import dev.gatun.model.CausalLm;
import dev.gatun.nn.Parameter;
import dev.gatun.op.Ops;
import dev.gatun.tensor.Tensor;
import dev.gatun.tensor.Tensors;
import dev.gatun.verify.Tolerance;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

/** Texts that share a row have the loss and the gradients of texts by themselves. */
class PackedRowsTest {
  private static final int VOCAB = 23;
  private static final int CONTEXT = 160;

  /** Rotary and learned positions, grouped queries, a sliding window. */
  enum Family {
    PHI("\"model_type\": \"phi\", \"partial_rotary_factor\": 0.5"),
    LLAMA("\"model_type\": \"llama\", \"num_key_value_heads\": 1, \"tie_word_embeddings\": true"),
    MISTRAL("\"model_type\": \"mistral\", \"num_key_value_heads\": 1, \"sliding_window\": 9"),
    GPT2("\"model_type\": \"gpt2\", \"attn_pdrop\": 0, \"embd_pdrop\": 0, \"resid_pdrop\": 0");

    private final String json;

    Family(String json) {
      this.json = json;
    }

    CausalLm build() {
      String sizes =
          (", \"vocab_size\": %d, \"hidden_size\": 16, \"intermediate_size\": 24,"
                  + " \"num_hidden_layers\": 2, \"num_attention_heads\": 2,"
                  + " \"max_position_embeddings\": %d, \"n_embd\": 16, \"n_layer\": 2,"
                  + " \"n_head\": 2, \"n_positions\": %d, \"initializer_range\": 0.3}")
              .formatted(VOCAB, CONTEXT, CONTEXT);
      String text = "{" + json + sizes;
      return ModelConfigs.parse(
              JsonFields.ofConfiguration(
                  name(), Json.parseObject(name(), text.getBytes(StandardCharsets.UTF_8))))
          .build();
    }
  }

  private record Result(double loss, Map<String, double[]> gradients) {}

  /** In the arithmetic of the definition nothing but the order of sums differs. */
  @Property(tries = 40)
  void lossAndGradientsAreThoseOfTextsByThemselves(
      @ForAll Family family,
      @ForAll @Size(min = 2, max = 6) List<@IntRange(min = 1, max = 24) Integer> lengths,
      @ForAll long seed) {
    Batch packed = batch(Packing.bestFitDecreasing(texts(lengths, seed), CONTEXT));
    Batch alone = batch(Packing.none(texts(lengths, seed)));
    assertEquals(1, packed.B());
    assertEquals(alone.targetTokens(), packed.targetTokens());
    requireEqual(
        run(family, alone, DType.F64), run(family, packed, DType.F64), 0, packed.T() * 1e-9);
  }

  /** The fast path with rows of several tiles of attention, against the definition unpacked. */
  @Property(tries = 25)
  void theFastPathAgreesToo(
      @ForAll Family family,
      @ForAll @Size(min = 2, max = 12) List<@IntRange(min = 1, max = 75) Integer> lengths,
      @ForAll long seed) {
    Batch packed = batch(Packing.bestFitDecreasing(texts(lengths, seed), CONTEXT));
    Batch alone = batch(Packing.none(texts(lengths, seed)));
    // A sum over all tokens, and the roundings of two layers on the way to each of its terms.
    int roundings = packed.B() * packed.T() + 2 * (4 * 16 + 2 * 24 + VOCAB + 24);
    requireEqual(run(family, alone, DType.F64), run(family, packed, DType.F32), roundings, 0);
  }

  private static void requireEqual(Result expected, Result actual, int roundings, double epsilon) {
    double most = 0;
    for (double[] gradient : expected.gradients.values()) {
      for (double value : gradient) {
        most = Math.max(most, Math.abs(value));
      }
    }
    assertEquals(
        expected.loss, actual.loss, tolerance(expected.loss, roundings, epsilon), "the loss");
    assertEquals(expected.gradients.keySet(), actual.gradients.keySet());
    double allowed = tolerance(most, roundings, epsilon);
    expected.gradients.forEach(
        (name, gradient) -> {
          double[] other = Objects.requireNonNull(actual.gradients.get(name));
          for (int i = 0; i < gradient.length; i++) {
            assertEquals(gradient[i], other[i], allowed, name + " at " + i);
          }
        });
    assertTrue(Double.isFinite(expected.loss));
  }

  private static double tolerance(double magnitude, int roundings, double epsilon) {
    return roundings == 0
        ? epsilon * Math.max(1e-3, magnitude)
        : Tolerance.f32(roundings, magnitude);
  }

  private static Batch batch(Packing packing) {
    Batches.Options options = Batches.Options.inOrder(100, 0);
    return new Batches(packing, new CausalCollator(), options).epoch(0).iterator().next();
  }

  private static TokenRows texts(List<Integer> lengths, long seed) {
    Random random = new Random(seed);
    TokenRows.Builder texts = new TokenRows.Builder();
    for (int length : lengths) {
      texts.add(random.ints(length, 0, VOCAB).toArray());
    }
    return texts.build();
  }

  private static Result run(Family family, Batch batch, DType dtype) {
    try (Region region = new Region("model")) {
      CausalLm model = family.build();
      model.parameters().materialize(region, dtype);
      model.parameters().initialize(5);
      Gradients gradients = model.parameters().allocateGradients(region);
      gradients.beginGroup();
      Tape tape = Ops.tape(gradients);
      double loss = Step.run(region, tape, () -> step(model, batch, region, tape));
      gradients.endGroup();
      Map<String, double[]> values = new LinkedHashMap<>();
      for (Parameter parameter : model.parameters().trainable()) {
        Tensor gradient = Objects.requireNonNull(parameter.gradient());
        values.put(parameter.name(), Tensors.toDoubles(gradient));
      }
      return new Result(loss, values);
    }
  }

  private static double step(CausalLm model, Batch batch, Region region, Tape tape) {
    double scale = 1.0 / Math.max(1, batch.targetTokens());
    Tensor loss =
        model.loss(ModelInputs.of(batch, region), ModelInputs.labels(batch, region), scale);
    double value = Tensors.item(loss);
    tape.backward(loss, Tensors.of(region, loss.spec(), new double[] {1}));
    return value;
  }
}
