package dev.gatun.verify;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatun.autograd.Gradients;
import dev.gatun.core.DType;
import dev.gatun.core.DataException;
import dev.gatun.data.Batch;
import dev.gatun.data.Collator;
import dev.gatun.hub.JsonFields;
import dev.gatun.hub.SafetensorsFile;
import dev.gatun.memory.Region;
import dev.gatun.model.CausalLm;
import dev.gatun.nn.Parameters;
import dev.gatun.optim.AdamW;
import dev.gatun.optim.GradClip;
import dev.gatun.tensor.Tensor;
import dev.gatun.tensor.TensorSpec;
import dev.gatun.tensor.Tensors;
import dev.gatun.train.Evaluation;
import dev.gatun.train.LossScale;
import dev.gatun.train.ModelSetup;
import dev.gatun.train.StepReport;
import dev.gatun.train.TrainingArguments;
import dev.gatun.train.TrainingArguments.LossReduction;
import dev.gatun.train.TrainingStep;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * A whole training run against one that Hugging Face's trainer made: the loss of every micro-batch,
 * the learning rate and gradient norm of every step, the clipped gradient of the first, parameters
 * after the fifth and the last, the optimiser's moments, and the final evaluation.
 *
 * <p>{@code expected_v4.json} holds the run of transformers 4.44 (a mean of means, groups run
 * across the end of an epoch), {@code expected_v5.json} that of 5.18 (one mean over the tokens of a
 * group).
 */
final class GoldenTraining {
  private static final double LOSS_TOLERANCE = 2e-5;
  private static final double RATE_TOLERANCE = 1e-12;
  private static final double GRADIENT_TOLERANCE = 2e-5;
  private static final double PARAMETER_TOLERANCE = 2e-6;
  private static final double NORM_TOLERANCE = 1e-5;
  private static final double ZERO_GRADIENT_TOLERANCE = 1e-6;
  private static final double MOMENT_TOLERANCE = 2e-4;
  private static final int MIDDLE_STEP = 5;

  /**
   * What is trained.
   *
   * @param prefix what the fixture writes before the names of its parameters
   */
  record Subject(CausalLm model, Parameters trained, String prefix) {}

  private final Path folder;
  private final Function<Region, Subject> source;
  private final String version;
  private final LossReduction reduction;
  private final JsonFields expected;
  private final TrainingArguments arguments;
  private final List<Batch> trainBatches;
  private final List<Batch> evalBatches;
  private final List<Comparison> comparisons = new ArrayList<>();
  private String prefix = "";

  /** Runs and compares both versions, as far as the folder has them. */
  static List<Comparison> check(Path folder) {
    return check(
        folder,
        region -> {
          CausalLm model = ModelSetup.load(folder, region);
          return new Subject(model, model.parameters(), "");
        });
  }

  /**
   * As {@link #check(Path)}, for a fixture that does not hold its model itself.
   *
   * @param source makes what is trained, in the region
   */
  static List<Comparison> check(Path folder, Function<Region, Subject> source) {
    List<Comparison> all = new ArrayList<>();
    if (Files.exists(folder.resolve("expected_v4.json"))) {
      all.addAll(new GoldenTraining(folder, source, "v4", LossReduction.MEAN_OF_MEANS).run());
    }
    if (Files.exists(folder.resolve("expected_v5.json"))) {
      all.addAll(new GoldenTraining(folder, source, "v5", LossReduction.TOKENS).run());
    }
    return all;
  }

  private GoldenTraining(
      Path folder, Function<Region, Subject> source, String version, LossReduction reduction) {
    this.folder = folder;
    this.source = source;
    this.version = version;
    this.reduction = reduction;
    this.expected = JsonFields.ofData(folder.resolve("expected_" + version + ".json"));
    JsonFields inputs = JsonFields.ofData(folder.resolve("inputs.json"));
    ObjectNode merged =
        inputs
            .object("training_args")
            .orElseThrow(() -> inputs.error("training_args", "is missing"))
            .node()
            .deepCopy();
    for (String key :
        List.of(
            "per_device_train_batch_size",
            "per_device_eval_batch_size",
            "gradient_accumulation_steps")) {
      if (inputs.has(key)) {
        merged.set(key, inputs.node().get(key));
      }
    }
    this.arguments = TrainingArguments.read(JsonFields.ofData(folder + " training_args", merged));
    this.trainBatches =
        batches(inputs.objects("train_rows_in_order"), arguments.perDeviceTrainBatchSize());
    if (trainBatches.isEmpty()) {
      throw inputs.error("train_rows_in_order", "must hold rows");
    }
    this.evalBatches = batches(inputs.objects("eval_rows"), arguments.perDeviceEvalBatchSize());
  }

  private List<Comparison> run() {
    try (Region region = new Region("model");
        SafetensorsFile tensors =
            SafetensorsFile.open(folder.resolve("expected_" + version + ".safetensors"))) {
      Subject subject = source.apply(region);
      CausalLm model = subject.model();
      prefix = subject.prefix();
      Gradients gradients = subject.trained().allocateGradients(region);
      AdamW optimizer = new AdamW(subject.trained().trainable(), arguments.adamW(), region);
      try (TrainingStep step =
          new TrainingStep(model, gradients, optimizer, TrainingStep.Settings.of(arguments))) {
        train(step, optimizer, tensors);
      }
      int compared = comparisons.size();
      compareTensors("final", optimizer, tensors, false);
      if (comparisons.size() == compared) {
        throw new DataException(
            "%s: expects no parameter that is trained; is it the fixture of another model?"
                .formatted(tensors.path()));
      }
      compareTensors("exp_avg", optimizer, tensors, true);
      compareTensors("exp_avg_sq", optimizer, tensors, true);
      evaluate(model);
    }
    return comparisons;
  }

  private void train(TrainingStep step, AdamW optimizer, SafetensorsFile tensors) {
    List<Double> rates = expected.numbers("lr_used_at_step");
    List<Double> microLosses = expected.numbers("micro_losses");
    List<JsonFields> log = expected.objects("log_history");
    var schedule = arguments.schedule(rates.size());
    int micro = 0;
    List<List<Batch>> groups = groups(rates.size(), microLosses.size());
    if (log.size() < rates.size()) {
      throw expected.error("log_history", "has fewer entries than there are steps");
    }
    for (int s = 0; s < rates.size(); s++) {
      double rate = arguments.learningRate() * schedule.factor(s);
      check("learning rate of step " + s, rate, rates.get(s), RATE_TOLERANCE * rates.get(s));
      List<Batch> group = groups.get(s);
      int groupSize = arguments.gradientAccumulationSteps();
      StepReport report = step.run(group, LossScale.of(group, reduction, groupSize), rate);
      for (double loss : report.microLosses()) {
        double comparable = reduction == LossReduction.MEAN_OF_MEANS ? loss * groupSize : loss;
        check("loss of micro-batch " + micro, comparable, microLosses.get(micro), LOSS_TOLERANCE);
        micro++;
      }
      double norm = log.get(s).number("grad_norm");
      check("gradient norm of step " + s, report.gradNorm(), norm, NORM_TOLERANCE * norm);
      if (s == 0) {
        double clip = GradClip.coefficient(report.gradNorm(), arguments.maxGradNorm());
        compareGradients(optimizer, tensors, clip);
      }
      if (s == MIDDLE_STEP - 1) {
        compareTensors("params_after_step5", optimizer, tensors, false);
      }
    }
  }

  /** The micro-batches of each step; the rows are the same in every epoch. */
  private List<List<Batch>> groups(int steps, int microBatches) {
    int size = arguments.gradientAccumulationSteps();
    List<List<Batch>> groups = new ArrayList<>();
    List<Batch> group = new ArrayList<>();
    for (int at = 0; groups.size() < steps; at++) {
      if (at == microBatches) {
        throw expected.error("micro_losses", "has fewer losses than the steps have micro-batches");
      }
      group.add(trainBatches.get(at % trainBatches.size()));
      boolean epochEnds = (at + 1) % trainBatches.size() == 0;
      if (group.size() == size || (epochEnds && reduction == LossReduction.TOKENS)) {
        groups.add(group);
        group = new ArrayList<>();
      }
    }
    return groups;
  }

  private void compareGradients(AdamW optimizer, SafetensorsFile tensors, double clip) {
    for (AdamW.Slot slot : optimizer.slots()) {
      String name = slot.parameter().name();
      Optional<double[]> wanted = find(tensors, "step1_clipped_grad/" + prefix + name);
      if (wanted.isPresent()) {
        double[] actual = Tensors.toDoubles(slot.gradient());
        Arrays.setAll(actual, i -> actual[i] * clip);
        Difference difference = Difference.of(actual, wanted.get());
        String what = what("clipped gradient of step 0 of " + name);
        comparisons.add(
            isPartlyIdle(name)
                ? new Comparison(what, difference.absolute(), ZERO_GRADIENT_TOLERANCE)
                : new Comparison(what, difference.relative(), GRADIENT_TOLERANCE));
      }
    }
  }

  private void compareTensors(
      String kind, AdamW optimizer, SafetensorsFile tensors, boolean moment) {
    for (AdamW.Slot slot : optimizer.slots()) {
      String name = slot.parameter().name();
      Tensor tensor =
          switch (kind) {
            case "exp_avg" -> slot.m();
            case "exp_avg_sq" -> slot.v();
            default -> slot.parameter().value();
          };
      if (isPartlyIdle(name)) {
        continue; // Adam turns the rounding noise of a zero gradient into steps of full size
      }
      Optional<double[]> wanted = find(tensors, kind + "/" + prefix + name);
      if (wanted.isPresent()) {
        Difference difference = Difference.of(Tensors.toDoubles(tensor), wanted.get());
        comparisons.add(
            moment
                ? new Comparison(
                    what(kind + " of " + name), difference.relative(), MOMENT_TOLERANCE)
                : new Comparison(
                    what(kind + " of " + name), difference.absolute(), PARAMETER_TOLERANCE));
      }
    }
  }

  /**
   * Softmax does not see what is added to all scores of a query, so part of these biases is idle.
   */
  private static boolean isPartlyIdle(String name) {
    return name.endsWith("k_proj.bias") || name.endsWith("c_attn.bias");
  }

  private static Optional<double[]> find(SafetensorsFile file, String name) {
    if (file.find(name).isEmpty()) {
      return Optional.empty();
    }
    try (Region region = new Region("fixture")) {
      Tensor tensor =
          Tensors.empty(region, new TensorSpec(file.find(name).get().shape(), DType.F32));
      file.readF32(name, tensor.segment(), 0);
      return Optional.of(Tensors.toDoubles(tensor));
    }
  }

  private void evaluate(CausalLm model) {
    if (evalBatches.isEmpty()) {
      return;
    }
    Evaluation result = Evaluation.of(model, evalBatches, 0);
    JsonFields eval =
        expected.object("eval").orElseThrow(() -> expected.error("eval", "is missing"));
    check("eval_loss", result.loss(), eval.number("eval_loss"), LOSS_TOLERANCE);
    check(
        "eval_accuracy",
        (double) result.correct() / result.positions(),
        eval.number("eval_accuracy"),
        1e-12);
  }

  private void check(String what, double actual, double wanted, double tolerance) {
    comparisons.add(new Comparison(what(what), Math.abs(actual - wanted), tolerance));
  }

  private String what(String detail) {
    return folder.getFileName() + " " + version + " " + detail;
  }

  private static List<Batch> batches(List<JsonFields> rows, int size) {
    List<Batch> batches = new ArrayList<>();
    for (int from = 0; from < rows.size(); from += size) {
      batches.add(batch(rows.subList(from, Math.min(rows.size(), from + size))));
    }
    return batches;
  }

  private static Batch batch(List<JsonFields> rows) {
    int B = rows.size();
    int T = rows.getFirst().integers("input_ids").size();
    int[] ids = new int[B * T];
    int[] labels = new int[B * T];
    int[] lengths = new int[B];
    int targets = 0;
    for (int b = 0; b < B; b++) {
      List<Integer> rowIds = row(rows.get(b), "input_ids", T);
      List<Integer> rowLabels = row(rows.get(b), "labels", T);
      lengths[b] =
          rows.get(b).has("attention_mask")
              ? row(rows.get(b), "attention_mask", T).stream().mapToInt(i -> i).sum()
              : T;
      for (int t = 0; t < T; t++) {
        ids[b * T + t] = rowIds.get(t);
        labels[b * T + t] = t + 1 < T ? rowLabels.get(t + 1) : Collator.IGNORED;
        targets += labels[b * T + t] == Collator.IGNORED ? 0 : 1;
      }
    }
    return new Batch(ids, labels, lengths, B, T, targets);
  }

  private static List<Integer> row(JsonFields fields, String key, int length) {
    List<Integer> row = fields.integers(key);
    if (length == 0 || row.size() != length) {
      throw fields.error(key, "must have as many numbers as every row of the batch, and some");
    }
    return row;
  }
}
