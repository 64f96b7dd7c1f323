package dev.gatun.train;

import dev.gatun.autograd.Gradients;
import dev.gatun.core.DType;
import dev.gatun.cuda.CudaDriver;
import dev.gatun.cuda.CudaMemory;
import dev.gatun.cuda.KernelFiles;
import dev.gatun.cuda.OwnProducts;
import dev.gatun.data.Batch;
import dev.gatun.device.Device;
import dev.gatun.hub.Json;
import dev.gatun.hub.JsonFields;
import dev.gatun.hub.ModelConfigs;
import dev.gatun.memory.Region;
import dev.gatun.model.CausalLm;
import dev.gatun.optim.AdamW;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;

/** Steps of a very small GPT-2 with dropout on a device. */
public final class TinyTraining {
  static final int VOCABULARY = 20;
  static final double LEARNING_RATE = 1e-2;

  private static final String MODEL =
      "{\"model_type\": \"gpt2\", \"vocab_size\": 20, \"n_embd\": 8, \"n_layer\": 1,"
          + " \"n_head\": 2, \"n_positions\": 16, \"attn_pdrop\": 0.1}";

  private TinyTraining() {}

  static CudaMemory open(CudaDriver driver) {
    return CudaMemory.open(
        driver, new Device.Emulator(), 0, KernelFiles.packed(), new OwnProducts(), false);
  }

  static CausalLm model(Region region) {
    byte[] json = MODEL.getBytes(StandardCharsets.UTF_8);
    CausalLm model =
        ModelConfigs.parse(JsonFields.ofConfiguration("model", Json.parseObject("model", json)))
            .build();
    model.parameters().materialize(region, DType.F32);
    model.parameters().initialize(3);
    return model;
  }

  static TrainingStep step(Region region, boolean bf16, double maxGradNorm) {
    CausalLm model = model(region);
    Gradients gradients = model.parameters().allocateGradients(region);
    AdamW.Settings adam = new AdamW.Settings(0.9, 0.999, 1e-8, 0.1);
    AdamW optimizer = new AdamW(model.parameters().trainable(), adam, region);
    RoundedWeights weights =
        bf16 ? RoundedWeights.of(new TrainedModel.Whole(model), region) : RoundedWeights.none();
    TrainingStep.Settings settings = new TrainingStep.Settings(maxGradNorm, 0, 7);
    return new TrainingStep(model, gradients, optimizer, settings, weights);
  }

  /** A batch of 2 rows whose contents depend on a number. */
  static Batch batch(int length, int first) {
    int[] ids = new int[2 * length];
    Arrays.setAll(ids, i -> (first + i * i) % VOCABULARY);
    int[] labels = new int[ids.length];
    Arrays.setAll(labels, i -> (ids[i] + first) % VOCABULARY);
    return new Batch(ids, labels, new int[] {length, length}, 2, length, ids.length);
  }

  /** A step on some batches. */
  static StepReport run(TrainingStep step, List<Batch> group, Runnable meanwhile) {
    List<Double> scales = Collections.nCopies(group.size(), 0.05);
    return step.run(group, scales, LEARNING_RATE, () -> false, meanwhile).orElseThrow();
  }

  /**
   * The loss of each of some steps of one shape, on a driver.
   *
   * @param graphs whether steps are captured
   */
  public static List<Double> losses(CudaDriver driver, int steps, boolean graphs) {
    List<Double> losses = new ArrayList<>();
    try (CudaMemory memory = open(driver);
        Region region = new Region("model", memory);
        TrainingStep step = step(region, false, 1)) {
      memory.setGraphs(graphs);
      for (int i = 0; i < steps; i++) {
        losses.add(run(step, List.of(batch(5, i), batch(4, i + 7)), () -> {}).loss());
      }
    }
    return losses;
  }
}
