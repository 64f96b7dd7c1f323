package dev.gatun.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gatun.autograd.Gradients;
import dev.gatun.core.DType;
import dev.gatun.cuda.CudaDriver;
import dev.gatun.cuda.CudaMemory;
import dev.gatun.cuda.DriverCalls;
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
import dev.gatun.ptx.EmulatedDriver;
import dev.gatun.ptx.Options;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What one optimiser step asks of the driver. */
final class DeviceStepTest {
  private static final String MODEL =
      "{\"model_type\": \"gpt2\", \"vocab_size\": 20, \"n_embd\": 8, \"n_layer\": 1,"
          + " \"n_head\": 2, \"n_positions\": 16, \"attn_pdrop\": 0}";

  private static final int WARM_UP = 2;
  private static final int TARGETS = 8;

  /**
   * The host waits once, for the loss and the norm of the gradients, which come in one piece;
   * whatever else waits for the device, memory that is given back included, is not there.
   */
  @ParameterizedTest
  @CsvSource({
    "80, 1, false, 0",
    "80, 1, false, 0.01",
    "80, 3, false, 0.01",
    "80, 3, true, 0.01",
    "75, 3, true, 0.01",
  })
  void waitsOnce(int capability, int microBatches, boolean bf16, double maxGradNorm) {
    EmulatedDriver emulator = new EmulatedDriver(Options.standard(), capability, 1L << 30);
    DriverCalls calls = new DriverCalls(emulator);
    try (emulator;
        CudaMemory memory = open(calls.driver());
        Region region = new Region("model", memory);
        TrainingStep step = step(region, bf16, maxGradNorm)) {
      for (int i = 0; i < WARM_UP; i++) {
        run(step, microBatches);
      }
      calls.forget();
      StepReport report = run(step, microBatches);
      assertTrue(report.gradNorm() > 0.01, report::toString);
      assertEquals(List.of("synchronizeStream"), calls.waits());
      assertEquals(1, Collections.frequency(calls.names(), "copyToHostAsync"));
      assertEquals(0, Collections.frequency(calls.names(), "allocate"));
    }
  }

  /**
   * What is sent while a step is computed is what the next one computes with, whatever their sizes,
   * and the host waits for neither.
   */
  @Test
  void batchesTravelAhead() {
    List<List<Batch>> groups = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      int length = 3 + 2 * (i / 2);
      groups.add(List.of(batch(length, i), batch(length - 1, i + 1)));
    }
    List<Double> losses = new ArrayList<>();
    onDevice(
        (step, calls) -> groups.forEach(group -> losses.add(run(step, group, () -> {}).loss())));
    onDevice(
        (step, calls) -> {
          for (int i = 0; i < groups.size(); i++) {
            List<Batch> next = i + 1 < groups.size() ? groups.get(i + 1) : List.of();
            calls.forget();
            Runnable meanwhile = next.isEmpty() ? () -> {} : () -> step.send(next);
            assertEquals(losses.get(i), run(step, groups.get(i), meanwhile).loss());
            assertEquals(1, Collections.frequency(calls.names(), "synchronizeStream"));
          }
        });
  }

  private static Batch batch(int length, int first) {
    int[] ids = new int[2 * length];
    Arrays.setAll(ids, i -> (first + i * i) % 20);
    int[] labels = new int[ids.length];
    Arrays.setAll(labels, i -> (ids[i] + first) % 20);
    return new Batch(ids, labels, new int[] {length, length}, 2, length, ids.length);
  }

  private static StepReport run(TrainingStep step, List<Batch> group, Runnable meanwhile) {
    List<Double> scales = Collections.nCopies(group.size(), 0.05);
    return step.run(group, scales, 1e-2, () -> false, meanwhile).orElseThrow();
  }

  private static void onDevice(BiConsumer<TrainingStep, DriverCalls> body) {
    EmulatedDriver emulator = new EmulatedDriver(Options.standard(), 80, 1L << 30);
    DriverCalls calls = new DriverCalls(emulator);
    try (emulator;
        CudaMemory memory = open(calls.driver());
        Region region = new Region("model", memory);
        TrainingStep step = step(region, false, 1)) {
      body.accept(step, calls);
      assertEquals(List.of(), emulator.findings());
    }
  }

  private static CudaMemory open(CudaDriver driver) {
    return CudaMemory.open(
        driver, new Device.Emulator(), 0, KernelFiles.packed(), new OwnProducts(), false);
  }

  private static TrainingStep step(Region region, boolean bf16, double maxGradNorm) {
    byte[] json = MODEL.getBytes(StandardCharsets.UTF_8);
    CausalLm model =
        ModelConfigs.parse(JsonFields.ofConfiguration("model", Json.parseObject("model", json)))
            .build();
    model.parameters().materialize(region, DType.F32);
    model.parameters().initialize(3);
    Gradients gradients = model.parameters().allocateGradients(region);
    AdamW.Settings adam = new AdamW.Settings(0.9, 0.999, 1e-8, 0.1);
    AdamW optimizer = new AdamW(model.parameters().trainable(), adam, region);
    RoundedWeights weights =
        bf16 ? RoundedWeights.of(new TrainedModel.Whole(model), region) : RoundedWeights.none();
    TrainingStep.Settings settings = new TrainingStep.Settings(maxGradNorm, 0, 7);
    return new TrainingStep(model, gradients, optimizer, settings, weights);
  }

  private static StepReport run(TrainingStep step, int microBatches) {
    int[] ids = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
    int[] labels = {2, 3, 4, 5, -100, 7, 8, 9, 10, -100};
    Batch batch = new Batch(ids, labels, new int[] {5, 5}, 2, 5, TARGETS);
    double scale = 1.0 / (TARGETS * microBatches);
    return step.run(
        Collections.nCopies(microBatches, batch), Collections.nCopies(microBatches, scale), 1e-2);
  }
}
