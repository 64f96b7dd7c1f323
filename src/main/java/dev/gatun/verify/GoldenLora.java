package dev.gatun.verify;

import dev.gatun.autograd.Gradients;
import dev.gatun.autograd.Step;
import dev.gatun.autograd.Tape;
import dev.gatun.core.DType;
import dev.gatun.core.Shape;
import dev.gatun.hub.HfDirectory;
import dev.gatun.hub.JsonFields;
import dev.gatun.hub.ModelConfigs;
import dev.gatun.hub.PeftDirectory;
import dev.gatun.hub.StateDict;
import dev.gatun.hub.Weights;
import dev.gatun.lora.LoraAdapter;
import dev.gatun.lora.LoraMerge;
import dev.gatun.memory.Region;
import dev.gatun.model.CausalLm;
import dev.gatun.nn.Parameter;
import dev.gatun.op.Ops;
import dev.gatun.tensor.Tensor;
import dev.gatun.tensor.Tensors;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Adapters against what PEFT computed with them.
 *
 * <p>A fixture has a model in {@code base/}, an adapter in {@code adapter/}, {@code inputs.json}
 * with one case, and {@code expected.safetensors}: {@code base_logits} without the adapter, {@code
 * logits}, {@code loss} and {@code grad/NAME} with it, {@code merged/NAME} and {@code
 * merged_logits} once it is merged. {@code meta.json} may hold the line that PEFT prints about
 * trainable parameters, and {@code train/} a training run.
 */
final class GoldenLora {
  private static final String EXPECTED = "expected.safetensors";
  private static final double LOGITS = 5e-5;
  private static final double LOSS = 2e-5;
  private static final double GRADIENT = 2e-5;
  private static final double MERGED = 2e-6;

  private final Path folder;
  private final ExpectedTensors expected;
  private final GoldenCase golden;
  private final Region region;
  private final List<Comparison> comparisons = new ArrayList<>();

  private GoldenLora(Path folder, ExpectedTensors expected, Region region) {
    this.folder = folder;
    this.expected = expected;
    this.region = region;
    JsonFields inputs = JsonFields.ofData(folder.resolve("inputs.json"));
    List<JsonFields> cases = inputs.objects("cases");
    if (cases.isEmpty()) {
      throw inputs.error("cases", "must hold a case");
    }
    this.golden = GoldenCase.of(cases.getFirst());
  }

  /** Whether a folder is such a fixture. */
  static boolean is(Path folder) {
    return PeftDirectory.is(folder.resolve("adapter"))
        && Files.isRegularFile(folder.resolve("base").resolve(HfDirectory.CONFIG_FILE))
        && Files.isRegularFile(folder.resolve(EXPECTED));
  }

  /** Compares everything that a fixture expects. */
  static List<Comparison> check(Path folder) {
    try (Region model = new Region("model");
        ExpectedTensors expected = new ExpectedTensors(folder.resolve(EXPECTED))) {
      GoldenLora check = new GoldenLora(folder, expected, model);
      check.run();
      expected.requireAllUsed();
      List<Comparison> all = check.comparisons;
      Path training = folder.resolve("train");
      if (Files.isDirectory(training)) {
        all.addAll(GoldenTraining.check(training, region -> subject(folder, region)));
      }
      return all;
    }
  }

  /** The model and adapter of a fixture, the adapter active. */
  static LoraAdapter load(Path folder, Region region) {
    LoraAdapter adapter =
        new PeftDirectory(folder.resolve("adapter"))
            .load(base(folder, region), LoraAdapter.DEFAULT_NAME, region);
    adapter.activate();
    return adapter;
  }

  private static GoldenTraining.Subject subject(Path folder, Region region) {
    LoraAdapter adapter = load(folder, region);
    return new GoldenTraining.Subject(
        adapter.model(), adapter.parameters(), LoraAdapter.FILE_PREFIX);
  }

  private static CausalLm base(Path folder, Region region) {
    HfDirectory directory = new HfDirectory(folder.resolve("base"));
    CausalLm model = ModelConfigs.read(directory).build();
    model.parameters().materialize(region, DType.F32);
    try (Weights weights = directory.openWeights()) {
      StateDict.load(model.parameters(), weights);
    }
    return model;
  }

  private void run() {
    LoraAdapter adapter = load(folder, region);
    LoraAdapter.deactivate(adapter.model());
    compareLogits("base_logits", adapter.model());
    adapter.activate();
    compareLogits("logits", adapter.model());
    compareGradients(adapter);
    compareCount(adapter);
    CausalLm merged = LoraMerge.merge(adapter, region);
    for (Parameter parameter : merged.parameters()) {
      String key = "merged/" + parameter.name();
      if (expected.has(key)) {
        double[] actual = Tensors.toDoubles(parameter.value());
        compare(key, Difference.of(actual, expected.values(key)).relative(), MERGED);
      }
    }
    compareLogits("merged_logits", merged);
  }

  private void compareLogits(String key, CausalLm model) {
    if (!expected.has(key)) {
      return;
    }
    try (Region step = new Region("step")) {
      double[] actual = Step.run(step, () -> Tensors.toDoubles(model.logits(golden.input(step))));
      compare(key, Difference.of(actual, expected.values(key)).absolute(), LOGITS);
    }
  }

  private void compareGradients(LoraAdapter adapter) {
    Gradients gradients = adapter.parameters().allocateGradients(region);
    int[] labels = golden.shiftedLabels();
    long count = Arrays.stream(labels).filter(label -> label != GoldenCase.IGNORED).count();
    gradients.beginGroup();
    try (Region step = new Region("step")) {
      Tape tape = Ops.tape(gradients);
      double loss =
          Step.run(
              step,
              tape,
              () -> {
                Tensor shifted =
                    Tensors.of(step, Shape.of(golden.batch(), golden.length()), labels);
                Tensor mean = adapter.model().loss(golden.input(step), shifted, 1.0 / count);
                double value = Tensors.item(mean);
                tape.backward(mean, Tensors.of(step, mean.shape(), new float[] {1}));
                return value;
              });
      compare("loss", Math.abs(loss - expected.values("loss")[0]), LOSS);
    }
    gradients.endGroup();
    for (Parameter parameter : adapter.parameters()) {
      @Nullable Tensor gradient = parameter.gradient();
      String key = "grad/" + LoraAdapter.FILE_PREFIX + parameter.name();
      if (gradient != null && expected.has(key)) {
        double[] actual = Tensors.toDoubles(gradient);
        compare(key, Difference.of(actual, expected.values(key)).relative(), GRADIENT);
      }
    }
  }

  private void compareCount(LoraAdapter adapter) {
    Path meta = folder.resolve("meta.json");
    if (Files.exists(meta)) {
      JsonFields.ofData(meta)
          .optionalText("print_trainable_parameters")
          .ifPresent(
              line -> {
                boolean same = line.equals(adapter.count().toString());
                compare("print_trainable_parameters", same ? 0 : 1, 0);
              });
    }
  }

  private void compare(String what, double error, double tolerance) {
    comparisons.add(new Comparison(folder.getFileName() + " " + what, error, tolerance));
  }
}
