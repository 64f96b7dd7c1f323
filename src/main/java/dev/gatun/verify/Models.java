package dev.gatun.verify;

import dev.gatun.core.DType;
import dev.gatun.op.Op;
import dev.gatun.tensor.TensorSpec;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.IntToDoubleFunction;

/** The levels of whole models. */
final class Models {
  private static final int STEPS = 20;
  private static final int TOKENS = 12;
  private static final String LOSS = "loss";

  private final Columns columns;
  private final Consumer<Check> checks;

  /**
   * @param checks takes each comparison as it is made
   */
  Models(Columns columns, Consumer<Check> checks) {
    this.columns = columns;
    this.checks = checks;
  }

  /** Compares one model at one of these levels; does nothing if that has no meaning for it. */
  void check(Level level, ModelCase model) {
    if (!model.training().has(level)) {
      return;
    }
    switch (level) {
      case BLOCK -> block(model);
      case MODEL -> model(model);
      case GRADIENTS -> gradients(model);
      case FREE -> free(model);
      case INJECTED -> injected(model);
      case OPTIMIZER -> optimizer(model);
      case CURVE -> curve(model);
      case GENERATION -> generation(model);
      case FILES -> new SavedModel(columns, model).check().forEach(checks);
      default -> throw new IllegalArgumentException(level + " is no level of models");
    }
  }

  private void block(ModelCase model) {
    long roundings = recorded(model).roundings();
    compare(
        Level.BLOCK,
        model,
        column -> {
          Map<String, double[]> results = new LinkedHashMap<>();
          results.put("output", column.forward(new Recorder()).hidden().get(1));
          column.blockGradients().forEach((name, dx) -> results.put("gradient of " + name, dx));
          return results;
        },
        chain(roundings));
  }

  private void model(ModelCase model) {
    Recorder recorder = new Recorder();
    try (ModelColumn reference = ModelColumn.reference(model)) {
      reference.forward(recorder);
    }
    compare(
        Level.MODEL,
        model,
        column -> {
          ModelColumn.Forward forward = column.forward(new Recorder());
          Map<String, double[]> results = new LinkedHashMap<>();
          for (int i = 0; i < forward.hidden().size(); i++) {
            results.put(ReportText.HIDDEN + i, forward.hidden().get(i));
          }
          results.put("logits", forward.logits());
          results.put(LOSS, new double[] {forward.loss()});
          return results;
        },
        chain(recorder.roundings()));
  }

  private void gradients(ModelCase model) {
    compare(
        Level.GRADIENTS,
        model,
        column -> column.gradients(new Recorder()),
        chain(recorded(model).roundings()));
  }

  private static BiFunction<String, double[], IntToDoubleFunction> chain(long roundings) {
    return (what, expected) -> {
      double tolerance = Tolerance.chain(roundings, Tolerance.magnitude(expected));
      return i -> tolerance;
    };
  }

  /** Each operation as it ran, with the errors of all before it. */
  private void free(ModelCase model) {
    List<Recorder.Step> expected = recorded(model).steps();
    compare(
        Level.FREE,
        model,
        column -> {
          Recorder recorder = new Recorder();
          column.gradients(recorder);
          return outputs(recorder.steps());
        },
        new Accumulated(expected));
  }

  /** The outputs of all operations by the number and the name of each. */
  private static Map<String, double[]> outputs(List<Recorder.Step> steps) {
    Map<String, double[]> outputs = new LinkedHashMap<>();
    for (int i = 0; i < steps.size(); i++) {
      for (int j = 0; j < steps.get(i).outputs().size(); j++) {
        outputs.put(name(i, j, steps.get(i)), steps.get(i).outputs().get(j));
      }
    }
    return outputs;
  }

  private static String name(int step, int output, Recorder.Step at) {
    return "operation %d output %d: %s".formatted(step + 1, output, at.op().name());
  }

  /** The tolerance of each operation: the roundings up to it. */
  private static final class Accumulated
      implements BiFunction<String, double[], IntToDoubleFunction> {
    private final Map<String, Long> roundings = new LinkedHashMap<>();

    Accumulated(List<Recorder.Step> steps) {
      long sum = 0;
      for (int i = 0; i < steps.size(); i++) {
        sum += steps.get(i).roundings();
        for (int j = 0; j < steps.get(i).outputs().size(); j++) {
          roundings.put(name(i, j, steps.get(i)), sum);
        }
      }
    }

    @Override
    public IntToDoubleFunction apply(String what, double[] expected) {
      long sum = roundings.getOrDefault(what, 0L);
      double tolerance = Tolerance.chain(sum, Tolerance.magnitude(expected));
      return i -> tolerance;
    }
  }

  /** Each operation by itself, on what the reference had for it. */
  private void injected(ModelCase model) {
    List<Recorder.Step> steps = recorded(model).steps();
    for (int i = 0; i < steps.size(); i++) {
      Recorder.Step step = steps.get(i);
      Op op = step.op();
      List<Case.Array> inputs = step.inputs().stream().map(Models::rounded).toList();
      Case alone = Case.of(op, inputs, step.roundings(), model.seed());
      if (op.updates()) {
        List<Case.Array> before = step.before().stream().map(Models::rounded).toList();
        alone = new Case(op, inputs, before, step.roundings());
      }
      boolean rounds = model.training() instanceof Training.Bf16;
      Variant variant = rounds ? Variant.ofProducts(op) : Variant.USUAL;
      String what = "operation %d: %s".formatted(i + 1, alone);
      Trial trial = Trial.of(Level.INJECTED, alone, variant, what);
      for (Check check : columns.compare(trial)) {
        checks.accept(check.about(model.name()));
      }
    }
  }

  private static Case.Array rounded(Case.Array exact) {
    if (exact.spec().dtype() != DType.F64) {
      return exact;
    }
    TensorSpec spec = new TensorSpec(exact.spec().shape(), DType.F32);
    return new Case.Array(spec, Arrays.stream(exact.values()).map(x -> (float) x).toArray());
  }

  private void optimizer(ModelCase model) {
    Recorder recorder = new Recorder();
    Map<String, double[]> gradients;
    Map<String, double[]> expected;
    try (ModelColumn reference = ModelColumn.reference(model)) {
      gradients = reference.gradients(recorder);
      expected = afterOneStep(reference, ModelColumn::parameters);
    }
    BiFunction<String, double[], IntToDoubleFunction> chain = chain(recorder.roundings());
    Map<String, Double> products =
        RandomRounding.tolerances(model, column -> afterOneStep(column, ModelColumn::gradients));
    compare(
        Level.OPTIMIZER,
        model,
        column -> afterOneStep(column, ModelColumn::parameters),
        expected,
        (what, parameter) -> {
          double[] gradient = gradients.get(what);
          if (gradient == null && !what.equals(LOSS)) {
            return i -> 0; // frozen
          }
          double[] computed = gradient == null ? parameter : gradient;
          double error =
              chain.apply(what, computed).applyAsDouble(0) + products.getOrDefault(what, 0.0);
          return gradient == null ? i -> error : FirstUpdate.tolerance(parameter, gradient, error);
        });
  }

  /** What a column holds after a step, and the loss. */
  private static Map<String, double[]> afterOneStep(
      ModelColumn column, Function<ModelColumn, Map<String, double[]>> what) {
    double[] loss = column.train(1, 0);
    Map<String, double[]> results = what.apply(column);
    results.put(LOSS, loss);
    return results;
  }

  private void curve(ModelCase model) {
    long roundings = recorded(model).roundings();
    compare(
        Level.CURVE,
        model,
        column -> {
          Map<String, double[]> results = new LinkedHashMap<>();
          results.put("losses", column.train(STEPS, 1));
          return results;
        },
        (what, expected) -> i -> Tolerance.chain((i + 1) * roundings, expected[i]));
  }

  /** By how much the reference prefers another token to one that was chosen, at most. */
  private void generation(ModelCase model) {
    Recorder recorder = new Recorder();
    try (ModelColumn reference = ModelColumn.reference(model)) {
      double magnitude = Tolerance.magnitude(reference.forward(recorder).logits());
      double tolerance = 2 * Tolerance.chain(recorder.roundings(), magnitude);
      compare(
          Level.GENERATION,
          model,
          column -> {
            Map<String, double[]> results = new LinkedHashMap<>();
            List<int[]> texts = column.generate(TOKENS);
            for (int i = 0; i < texts.size(); i++) {
              double[] gaps = gaps(reference, model.prompts().get(i), texts.get(i));
              results.put("scores lost in text %d".formatted(i), gaps);
            }
            return results;
          },
          zeros(model.prompts().size()),
          (what, expected) -> i -> tolerance);
    }
  }

  private static Map<String, double[]> zeros(int texts) {
    Map<String, double[]> zeros = new LinkedHashMap<>();
    for (int i = 0; i < texts; i++) {
      zeros.put("scores lost in text %d".formatted(i), new double[TOKENS]);
    }
    return zeros;
  }

  private static double[] gaps(ModelColumn reference, int[] prompt, int[] added) {
    double[] gaps = new double[added.length];
    int[] text = Arrays.copyOf(prompt, prompt.length + added.length);
    System.arraycopy(added, 0, text, prompt.length, added.length);
    for (int i = 0; i < added.length; i++) {
      double[] scores = reference.next(Arrays.copyOf(text, prompt.length + i));
      gaps[i] = Arrays.stream(scores).max().orElseThrow() - scores[added[i]];
    }
    return gaps;
  }

  private void compare(
      Level level,
      ModelCase model,
      Function<ModelColumn, Map<String, double[]>> results,
      BiFunction<String, double[], IntToDoubleFunction> tolerance) {
    try (ModelColumn reference = ModelColumn.reference(model)) {
      Map<String, Double> products = RandomRounding.tolerances(model, results);
      compare(
          level,
          model,
          results,
          results.apply(reference),
          (what, expected) -> {
            IntToDoubleFunction usual = tolerance.apply(what, expected);
            double ofProducts = products.getOrDefault(what, 0.0);
            return i -> usual.applyAsDouble(i) + ofProducts;
          });
    }
  }

  private void compare(
      Level level,
      ModelCase model,
      Function<ModelColumn, Map<String, double[]>> results,
      Map<String, double[]> expected,
      BiFunction<String, double[], IntToDoubleFunction> tolerance) {
    Map<String, Double> cpuErrors = new LinkedHashMap<>();
    for (Target target : columns.targets(model)) {
      Target.Attempt<Map<String, double[]>> attempt =
          target.attempt(
              storage -> {
                try (ModelColumn column = ModelColumn.in(model, storage)) {
                  return results.apply(column);
                }
              });
      Map<String, double[]> actual = attempt.result().orElse(Map.of());
      actual.forEach(
          (what, values) -> {
            double[] exact = Objects.requireNonNull(expected.get(what), what);
            Errors errors = Errors.of(values, exact, tolerance.apply(what, exact));
            double cpu = cpuErrors.computeIfAbsent(what, first -> errors.worst());
            String column = target.name();
            checks.accept(new Check(level, model.name(), what, column, errors, cpu, List.of()));
          });
      for (String finding : attempt.findings()) {
        checks.accept(Check.failure(level, model.name(), "", target.name(), finding));
      }
    }
  }

  /** The forward and the backward pass of the reference. */
  private static Recorder recorded(ModelCase model) {
    Recorder recorder = new Recorder();
    try (ModelColumn reference = ModelColumn.reference(model)) {
      reference.gradients(recorder);
    }
    return recorder;
  }
}
