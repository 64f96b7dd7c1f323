package dev.gatun.verify;

import dev.gatun.autograd.Gradients;
import dev.gatun.autograd.Step;
import dev.gatun.autograd.Tape;
import dev.gatun.core.DType;
import dev.gatun.core.Philox;
import dev.gatun.core.Shape;
import dev.gatun.data.Batch;
import dev.gatun.generate.GenerationConfig;
import dev.gatun.generate.Generator;
import dev.gatun.hub.HfDirectory;
import dev.gatun.hub.PeftDirectory;
import dev.gatun.hub.StateDict;
import dev.gatun.hub.Weights;
import dev.gatun.lora.LoraAdapter;
import dev.gatun.lora.LoraConfig;
import dev.gatun.memory.HostStorage;
import dev.gatun.memory.Region;
import dev.gatun.memory.Storage;
import dev.gatun.model.CausalLm;
import dev.gatun.model.ForwardInput;
import dev.gatun.model.WeightStorage;
import dev.gatun.nn.Mode;
import dev.gatun.nn.Parameter;
import dev.gatun.nn.Parameters;
import dev.gatun.op.Ops;
import dev.gatun.op.Trace;
import dev.gatun.optim.AdamW;
import dev.gatun.tensor.Tensor;
import dev.gatun.tensor.TensorSpec;
import dev.gatun.tensor.Tensors;
import dev.gatun.train.ModelInputs;
import dev.gatun.train.RoundedWeights;
import dev.gatun.train.TrainingStep;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A model in one column: in F64 by the definitions of the operations, or in F32. */
final class ModelColumn implements AutoCloseable {
  static final double LEARNING_RATE = 1e-3;
  static final AdamW.Settings ADAM = new AdamW.Settings(0.9, 0.999, 1e-8, 0.1);

  private static final long DY = 5000;

  private final ModelCase model;
  private final Storage storage;
  private final Region region;
  private final CausalLm lm;
  private final @Nullable LoraAdapter adapter;
  private final RoundedWeights rounded;
  private final Gradients gradients;

  /** Of the random roundings that this column makes; negative for none. */
  private final int roundingRun;

  /**
   * What a forward pass gives.
   *
   * @param hidden the residual stream before each block, and after the last
   */
  // Nobody changes the elements.
  @SuppressWarnings("ArrayRecordComponent")
  record Forward(double[] logits, double loss, List<double[]> hidden) {}

  private ModelColumn(ModelCase model, Storage storage, DType dtype, int roundingRun) {
    this.model = model;
    this.storage = storage;
    this.roundingRun = roundingRun;
    this.region = new Region("model", storage);
    this.lm = model.config().build();
    if (dtype == DType.F32 && model.training() instanceof Training.Adapter(_, WeightStorage base)) {
      base.apply(lm);
    }
    lm.parameters().materialize(region, dtype);
    fill(lm.parameters());
    this.adapter =
        model.training() instanceof Training.Adapter(LoraConfig config, _) ? adapter(config) : null;
    boolean rounds = dtype == DType.F32 && model.training() instanceof Training.Bf16;
    this.rounded = rounds ? RoundedWeights.of(lm, region) : RoundedWeights.none();
    this.gradients = trained().allocateGradients(region);
  }

  private LoraAdapter adapter(LoraConfig config) {
    LoraAdapter made = new LoraAdapter(lm, config, LoraAdapter.DEFAULT_NAME);
    made.materialize(region);
    fill(made.parameters());
    made.activate();
    return made;
  }

  private void fill(Parameters parameters) {
    for (Parameter parameter : parameters) {
      double[] values = model.weights().get(parameter.name());
      if (values == null) {
        throw new IllegalStateException("the model has no weight " + parameter.name());
      }
      if (parameter.isStored()) {
        try (Region exact = new Region("weights")) {
          TensorSpec spec = new TensorSpec(parameter.shape(), DType.F32);
          parameter.overwrite(Tensors.of(exact, spec, values));
        }
      } else {
        Tensors.write(parameter.ownValue(), values);
      }
    }
  }

  /** The parameters that are trained. */
  private Parameters trained() {
    return adapter == null ? lm.parameters() : adapter.parameters();
  }

  /** The reference. */
  static ModelColumn reference(ModelCase model) {
    return new ModelColumn(model, HostStorage.HOST, DType.F64, -1);
  }

  /** The reference with factors of products that are rounded at random. */
  static ModelColumn rounding(ModelCase model, int run) {
    return new ModelColumn(model, HostStorage.HOST, DType.F64, run);
  }

  /** In F32 by what computes on a storage. */
  static ModelColumn in(ModelCase model, Storage storage) {
    return new ModelColumn(model, storage, DType.F32, -1);
  }

  /** Computes under the eyes of a trace. */
  private <T> T compute(Trace trace, Supplier<T> body) {
    return rounded.during(() -> rounding(trace, body));
  }

  /** With the random roundings of the column, if it has any. */
  private <T> T rounding(@Nullable Trace trace, Supplier<T> body) {
    Trace seen = roundingRun < 0 ? trace : new RandomRounding(model.seed(), roundingRun, trace);
    return seen == null ? body.get() : Trace.run(seen, body);
  }

  /** Logits, loss and hidden states of the first batch. */
  Forward forward(Trace trace) {
    Batch batch = model.batch(0);
    try (Region step = new Region("step", storage)) {
      List<double[]> hidden = new ArrayList<>();
      Supplier<Forward> body =
          () -> {
            ForwardInput in = ModelInputs.of(batch, step);
            Tensor states = lm.hidden(in, (i, x) -> hidden.add(Tensors.toDoubles(x)));
            Tensor logits = lm.head(states);
            double[] scores = Tensors.toDoubles(logits);
            return new Forward(scores, Tensors.item(loss(logits, batch, step)), hidden);
          };
      return Step.run(step, () -> compute(trace, body));
    }
  }

  private static Tensor loss(Tensor logits, Batch batch, Region step) {
    int rows = logits.shape().rows();
    return Ops.crossEntropy(
        logits.view(rows, logits.shape().columns()),
        ModelInputs.labels(batch, step).view(rows),
        (float) scale(batch));
  }

  private static double scale(Batch batch) {
    return 1.0 / batch.targetTokens();
  }

  /** The gradient of the loss with respect to every parameter, by name. */
  Map<String, double[]> gradients(Trace trace) {
    Batch batch = model.batch(0);
    backward(
        trace,
        step -> {
          ForwardInput in = ModelInputs.of(batch, step);
          return lm.loss(in, ModelInputs.labels(batch, step), scale(batch));
        });
    return gradients();
  }

  /** The gradients of the parameters of the first block for one random dy behind it. */
  Map<String, double[]> blockGradients() {
    backward(
        new Recorder(),
        step -> {
          List<Tensor> states = new ArrayList<>();
          lm.hidden(ModelInputs.of(model.batch(0), step), (i, x) -> states.add(x));
          return states.get(1);
        });
    return gradients();
  }

  /** Makes the outcome of a forward pass the start of a backward one. */
  private void backward(Trace trace, Function<Region, Tensor> forward) {
    try (Region step = new Region("step", storage)) {
      gradients.beginGroup();
      Tape tape = Ops.tape(gradients);
      int[] key = Mode.key(model.seed(), 0); // that of the first step
      lm.parameters().mode().train(Tensors.of(step, Shape.of(key.length), key));
      Supplier<Tensor> body =
          () -> {
            Tensor y = forward.apply(step);
            tape.backward(y, Tensors.of(step, y.spec(), dy(y.shape())));
            return y;
          };
      Step.run(step, tape, () -> compute(trace, body));
      lm.parameters().mode().eval();
    }
  }

  /** 1 for a loss; random numbers for anything larger. */
  private double[] dy(Shape shape) {
    double[] dy = new double[shape.elementsExact()];
    Philox random = new Philox(model.seed(), DY);
    for (int i = 0; i < dy.length; i++) {
      dy[i] = dy.length == 1 ? 1 : (float) random.normal(i);
    }
    return dy;
  }

  /** The gradients that the last backward pass has added to, by name. */
  Map<String, double[]> gradients() {
    Map<String, double[]> values = new LinkedHashMap<>();
    for (Parameter parameter : trained()) {
      Tensor gradient = gradients.of(parameter.value());
      if (gradient != null) {
        values.put(parameter.name(), Tensors.toDoubles(gradient));
      }
    }
    return values;
  }

  /** The parameters, by name, those of an adapter too. */
  Map<String, double[]> parameters() {
    Map<String, double[]> values = new LinkedHashMap<>();
    List<Parameter> all = new ArrayList<>(lm.parameters().all());
    if (adapter != null) {
      all.addAll(adapter.parameters().all());
    }
    try (Region unpacking = new Region("unpacking")) {
      all.forEach(p -> values.put(p.name(), Tensors.toDoubles(p.unpacked(unpacking))));
    }
    return values;
  }

  /** Writes what is trained. */
  void save(Path folder) {
    if (adapter == null) {
      StateDict.save(lm.parameters(), folder);
    } else {
      new PeftDirectory(folder).save(adapter, "base", false);
    }
  }

  /** Reads what is trained. */
  void load(Path folder) {
    if (adapter == null) {
      try (Weights weights = new HfDirectory(folder).openWeights()) {
        StateDict.load(lm.parameters(), weights);
      }
    } else {
      new PeftDirectory(folder).load(adapter);
    }
  }

  /** Trains for some steps, each on its own batch, and returns the losses. */
  double[] train(int steps, double maxGradNorm) {
    try (Region moments = new Region("moments", storage)) {
      AdamW optimizer = new AdamW(trained().trainable(), ADAM, moments);
      TrainingStep.Settings settings = new TrainingStep.Settings(maxGradNorm, 0, model.seed());
      try (TrainingStep step = new TrainingStep(lm, gradients, optimizer, settings, rounded)) {
        return rounding(null, () -> losses(step, steps));
      }
    }
  }

  private double[] losses(TrainingStep step, int steps) {
    double[] losses = new double[steps];
    for (int i = 0; i < steps; i++) {
      Batch batch = model.batch(i);
      losses[i] = step.run(List.of(batch), List.of(scale(batch)), LEARNING_RATE).loss();
    }
    return losses;
  }

  /** Continues each prompt with the best token each time, from a cache. */
  List<int[]> generate(int tokens) {
    List<Generator.Prompt> prompts = new ArrayList<>();
    for (int[] ids : model.prompts()) {
      prompts.add(Generator.Prompt.of(ids, prompts.size()));
    }
    GenerationConfig config = GenerationConfig.greedy(tokens, List.of());
    return new Generator(lm).generate(prompts, config, (sequence, id) -> true);
  }

  /** The scores of the token behind a text, read anew, without a cache. */
  double[] next(int[] text) {
    try (Region step = new Region("step", storage)) {
      return Step.run(
          step,
          () -> {
            Tensor ids = Tensors.of(step, Shape.of(1, text.length), text);
            return Tensors.toDoubles(lm.lastLogits(ForwardInput.of(step, ids)));
          });
    }
  }

  @Override
  public void close() {
    region.close();
  }
}
