package dev.gatun.verify;

import dev.gatun.autograd.Gradients;
import dev.gatun.autograd.Step;
import dev.gatun.autograd.Tape;
import dev.gatun.core.DType;
import dev.gatun.core.DataException;
import dev.gatun.core.Shape;
import dev.gatun.hub.HfDirectory;
import dev.gatun.hub.Json;
import dev.gatun.hub.JsonFields;
import dev.gatun.hub.ModelConfigs;
import dev.gatun.hub.StateDict;
import dev.gatun.hub.Weights;
import dev.gatun.memory.Region;
import dev.gatun.model.CausalLm;
import dev.gatun.model.ForwardInput;
import dev.gatun.model.Gpt2Config;
import dev.gatun.model.HiddenStates;
import dev.gatun.model.LlamaConfig;
import dev.gatun.model.PhiConfig;
import dev.gatun.nn.Parameter;
import dev.gatun.op.Ops;
import dev.gatun.tensor.Tensor;
import dev.gatun.tensor.Tensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/**
 * Whole models against what the Hugging Face libraries computed with the same weights.
 *
 * <p>A fixture is a model folder that also has {@code inputs.json}, a list of {@code cases}, and
 * {@code expected.safetensors} with {@code CASE/logits} and {@code CASE/loss} for each case and,
 * for some, {@code CASE/hidden_states.I} and {@code CASE/grad/PARAMETER}.
 */
public final class GoldenModels {
  private static final String INPUTS = "inputs.json";
  private static final String EXPECTED = "expected.safetensors";
  private static final double LOGITS = 5e-5;
  private static final double LOSS = 2e-5;
  private static final double GRADIENT = 2e-5;

  /**
   * For gradients that are zero in theory: what is left is rounding, so no ratio means anything.
   */
  private static final double ZERO_GRADIENT = 1e-6;

  private final CausalLm model;
  private final Gradients gradients;
  private final ExpectedTensors expected;
  private final String name;
  private final List<Comparison> comparisons = new ArrayList<>();

  private GoldenModels(CausalLm model, Gradients gradients, ExpectedTensors expected, String name) {
    this.model = model;
    this.gradients = gradients;
    this.expected = expected;
    this.name = name;
  }

  /**
   * Checks a fixture, or every fixture in a folder of them.
   *
   * @throws DataException if there is none, or one lacks a file or has a broken one
   */
  public static List<Comparison> checkAll(Path folder) {
    if (isFixture(folder)) {
      return check(folder);
    }
    List<Path> fixtures;
    try (Stream<Path> children = Files.list(folder)) {
      fixtures = children.filter(GoldenModels::isFixture).sorted().toList();
    } catch (IOException e) {
      throw new DataException(folder + ": cannot be listed: " + e, e);
    }
    if (fixtures.isEmpty()) {
      throw new DataException(
          "%s: has no model fixture, which is a model folder with %s and %s"
              .formatted(folder, INPUTS, EXPECTED));
    }
    return fixtures.stream().flatMap(fixture -> check(fixture).stream()).toList();
  }

  private static boolean isFixture(Path folder) {
    return Files.exists(folder.resolve(HfDirectory.CONFIG_FILE))
        && Files.exists(folder.resolve(EXPECTED));
  }

  /**
   * Compares everything that a fixture expects.
   *
   * @throws DataException if a file of the fixture is absent or broken
   */
  public static List<Comparison> check(Path folder) {
    HfDirectory directory = new HfDirectory(folder);
    CausalLm model = ModelConfigs.read(directory).build();
    try (Region region = new Region("model");
        Weights weights = directory.openWeights();
        ExpectedTensors expected = new ExpectedTensors(folder.resolve(EXPECTED))) {
      model.parameters().materialize(region, DType.F32);
      StateDict.load(model.parameters(), weights);
      Gradients gradients = model.parameters().allocateGradients(region);
      GoldenModels check =
          new GoldenModels(model, gradients, expected, folder.getFileName().toString());
      Path inputs = folder.resolve(INPUTS);
      for (JsonFields fields :
          JsonFields.ofData(inputs.toString(), Json.readObject(inputs)).objects("cases")) {
        check.run(GoldenCase.of(fields));
      }
      expected.requireAllUsed();
      return check.comparisons;
    }
  }

  private void run(GoldenCase golden) {
    try (Region region = new Region("step")) {
      Shape shape = Shape.of(golden.batch(), golden.length());
      ForwardInput in = golden.input(region);
      compareLogits(golden, region, in);
      int[] labels = golden.shiftedLabels();
      long count = Arrays.stream(labels).filter(label -> label != GoldenCase.IGNORED).count();
      compareLoss(golden.name(), region, in, Tensors.of(region, shape, labels), 1.0 / count);
    }
  }

  private void compareLogits(GoldenCase golden, Region region, ForwardInput in) {
    String key = golden.name() + "/logits";
    double[] actual =
        Step.run(
            region,
            () -> Tensors.toDoubles(model.head(model.hidden(in, compareHidden(golden.name())))));
    double[] reference = expected.values(key);
    int columns = model.config().vocabSize();
    Difference difference = new Difference();
    for (int i = 0; i < reference.length; i++) {
      int row = i / columns;
      if (golden.isVisible(row / golden.length(), row % golden.length())) {
        difference.add(actual[i], reference[i]);
      }
    }
    compare(key, difference.absolute(), LOGITS);
  }

  private HiddenStates compareHidden(String caseName) {
    return (index, x) -> {
      String key = "%s/hidden_states.%d".formatted(caseName, index);
      if (expected.has(key)) {
        Difference difference = Difference.of(Tensors.toDoubles(x), expected.values(key));
        compare(key, difference.absolute(), LOGITS);
      }
    };
  }

  private void compareLoss(
      String caseName, Region region, ForwardInput in, Tensor labels, double scale) {
    Tape tape = Ops.tape(gradients);
    gradients.beginGroup();
    double loss =
        Step.run(
            region,
            tape,
            () -> {
              Tensor mean = model.loss(in, labels, scale);
              double value = Tensors.item(mean);
              tape.backward(mean, Tensors.of(region, mean.shape(), new float[] {1}));
              return value;
            });
    gradients.endGroup();
    String key = caseName + "/loss";
    compare(key, Math.abs(loss - expected.values(key)[0]), LOSS);
    for (Parameter parameter : model.parameters()) {
      String gradientKey = caseName + "/grad/" + parameter.name();
      if (expected.has(gradientKey)) {
        compareGradient(gradientKey, parameter);
      }
    }
  }

  private void compareGradient(String key, Parameter parameter) {
    Tensor gradient = parameter.gradient();
    if (gradient == null) {
      throw new IllegalStateException(parameter + " has no gradient");
    }
    double[] actual = Tensors.toDoubles(gradient);
    double[] reference = expected.values(key);
    Difference zero = new Difference();
    Difference other = new Difference();
    for (int i = 0; i < reference.length; i++) {
      (vanishes(parameter.name(), i) ? zero : other).add(actual[i], reference[i]);
    }
    compare(key, other.relative(), GRADIENT);
    if (!zero.isEmpty()) {
      compare(key + " (zero in theory)", zero.absolute(), ZERO_GRADIENT);
    }
  }

  /**
   * Whether an element of a gradient is zero in theory: softmax does not see what is added to all
   * scores of a query, and that is what the bias of a key does where it is not rotated.
   */
  private boolean vanishes(String parameter, int index) {
    return switch (model.config()) {
      case PhiConfig phi ->
          parameter.endsWith("k_proj.bias") && index % phi.headDim() >= phi.rotaryDim();
      case Gpt2Config gpt2 -> parameter.endsWith("c_attn.bias") && index / gpt2.nEmbd() == 1;
      case LlamaConfig _ -> false;
    };
  }

  private void compare(String what, double error, double tolerance) {
    comparisons.add(new Comparison(name + " " + what, error, tolerance));
  }
}
