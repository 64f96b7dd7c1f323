package dev.gatun.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gatun.core.DeviceException;
import dev.gatun.cuda.CudaMemory;
import dev.gatun.cuda.KernelFiles;
import dev.gatun.cuda.OwnProducts;
import dev.gatun.device.Device;
import dev.gatun.hub.Json;
import dev.gatun.memory.HostStorage;
import dev.gatun.memory.Storage;
import dev.gatun.ptx.EmulatedDriver;
import dev.gatun.ptx.Options;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Whole runs on an emulated GPU: the loss of every step is that of the CPU, up to rounding, and so
 * are the texts that the models write.
 */
final class DeviceRunTest {
  private static final String PHI =
      """
      {"run": {"output_dir": "DIR/NAME"},
       "tokenizer": {"type": "characters"},
       "data": {"train_file": "DIR/text.txt", "test_size": 2, "context_length": 16},
       "model": {"config": {"model_type": "phi", "hidden_size": 16, "intermediate_size": 24,
         "num_hidden_layers": 2, "num_attention_heads": 2, "max_position_embeddings": 64}},
       "training": {"max_steps": 20, "per_device_train_batch_size": 2, "learning_rate": 3e-3,
         "save_strategy": "no", "eval_strategy": "steps", "eval_steps": 10,
         "label_smoothing_factor": 0.1},
       "generation": {"max_new_tokens": 8},
       "samples": {"prompts": ["one two"]}}
      """;

  private static final String LLAMA =
      """
      {"run": {"output_dir": "DIR/NAME"},
       "tokenizer": {"type": "characters"},
       "data": {"train_file": "DIR/text.txt", "context_length": 16},
       "model": {"config": {"model_type": "llama", "hidden_size": 24, "intermediate_size": 32,
         "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2,
         "max_position_embeddings": 64}},
       "training": {"max_steps": 6, "per_device_train_batch_size": 2, "learning_rate": 3e-3,
         "gradient_accumulation_steps": 2, "gradient_checkpointing": true, "bf16": true,
         "save_strategy": "steps", "save_steps": 3}}
      """;

  private static final String ADAPTER =
      """
      {"run": {"output_dir": "DIR/NAME"},
       "tokenizer": {"path": "DIR/base"},
       "data": {"train_file": "DIR/text.txt", "context_length": 24},
       "model": {"path": "DIR/base"},
       "lora": {"r": 4, "lora_alpha": 8, "lora_dropout": 0.1,
         "target_modules": ["embed_tokens", "lm_head", "q_proj", "v_proj"]},
       "training": {"max_steps": 20, "per_device_train_batch_size": 2, "learning_rate": 1e-2,
         "save_strategy": "no"}}
      """;

  /** Twenty steps of rounding differences, each of which the next step starts from. */
  private static final double TOLERANCE = 1e-4;

  /** A GPU rounds both factors of a product to 8 bits, the CPU one: 2⁻⁹ of each product. */
  private static final double TOLERANCE_OF_BF16 = 0x1p-9;

  private static final int TURING = 75;
  private static final int AMPERE = 80;

  @TempDir private Path folder;

  @BeforeEach
  void writeText() throws IOException {
    List<String> text = new ArrayList<>();
    for (int i = 0; i < 24; i++) {
      text.add("one two three " + i);
    }
    Files.write(folder.resolve("text.txt"), text);
  }

  @Test
  void phiTrainsAsOnTheCpu() {
    compare(PHI, AMPERE, TOLERANCE);
  }

  @Test
  void llamaTrainsAsOnTheCpuWithCheckpointsAndRecomputation() {
    compare(LLAMA, AMPERE, TOLERANCE_OF_BF16);
  }

  /** A GPU without bf16 has its weights rounded as the CPU has. */
  @Test
  void llamaTrainsAsOnTheCpuOnTuring() {
    compare(LLAMA, TURING, TOLERANCE);
  }

  @Test
  void anAdapterTrainsAsOnTheCpu() {
    run(PHI.replace("\"max_steps\": 20", "\"max_steps\": 1"), "base", HostStorage.HOST);
    compare(ADAPTER, AMPERE, TOLERANCE);
  }

  @Test
  void packedRowsTrainAsOnTheCpu() {
    String packed =
        PHI.replace("\"context_length\": 16", "\"context_length\": 50, \"packing\": true");
    compare(packed, AMPERE, TOLERANCE);
  }

  /** Steps that are captured and replayed are those that are not, whatever comes between them. */
  @Test
  void graphsChangeNoBit() {
    run(PHI.replace("\"max_steps\": 20", "\"max_steps\": 1"), "base", HostStorage.HOST);
    String accumulating =
        ADAPTER.replace(
            "\"max_steps\": 20", "\"max_steps\": 8, \"gradient_accumulation_steps\": 3");
    for (String config : List.of(PHI, LLAMA, ADAPTER, accumulating)) {
      Messages without = onDevice(config, "without", KernelFiles.packed(), false);
      Messages with = onDevice(config, "with", KernelFiles.packed(), true);
      assertEquals(without.losses, with.losses);
      assertEquals(without.logged, with.logged);
      assertEquals(without.samples, with.samples);
    }
  }

  /** A device that fails leaves a checkpoint, from which another run goes on as if nothing was. */
  @Test
  void aRunOnADeviceThatFailsGoesOnFromItsCheckpoint() throws IOException {
    String config =
        PHI.replace(
            "\"save_strategy\": \"no\"", "\"save_steps\": 2, \"lr_scheduler_type\": \"constant\"");
    String two = config.replace("\"max_steps\": 20", "\"max_steps\": 2");
    String four = config.replace("\"max_steps\": 20", "\"max_steps\": 4");
    Messages whole = onDevice(four, "whole", KernelFiles.packed());
    onDevice(two, "failing", KernelFiles.packed());
    String resumed =
        four.replace("\"max_steps\"", "\"resume_from_checkpoint\": true, \"max_steps\"");
    KernelFiles broken = kernelsWithBrokenOptimizer();
    DeviceException failure =
        assertThrows(DeviceException.class, () -> onDevice(resumed, "failing", broken));
    String checkpoint = folder.resolve("failing/checkpoint-2").toString();
    assertTrue(
        failure.toString().contains("; " + checkpoint + " holds the run up to there: continue"),
        failure::toString);
    Messages rest = onDevice(resumed, "failing", KernelFiles.packed());
    assertEquals(whole.losses.subList(2, 4), rest.losses);
  }

  private Messages onDevice(String config, String name, KernelFiles kernels) {
    return onDevice(config, name, kernels, true);
  }

  private Messages onDevice(String config, String name, KernelFiles kernels, boolean graphs) {
    EmulatedDriver driver = new EmulatedDriver(Options.standard(), AMPERE, 1L << 30);
    try (driver;
        CudaMemory memory =
            CudaMemory.open(driver, new Device.Emulator(), 0, kernels, new OwnProducts(), false)) {
      memory.setGraphs(graphs);
      return run(config, name, memory);
    }
  }

  /** The kernels, but that which updates weights writes 256 MiB past them. */
  private KernelFiles kernelsWithBrokenOptimizer() throws IOException {
    Path kernels = folder.resolve("kernels");
    Files.createDirectories(kernels);
    StringBuilder entries = new StringBuilder();
    KernelFiles.packed()
        .entries()
        .forEach((entry, file) -> entries.append(entry).append(' ').append(file).append('\n'));
    Files.writeString(kernels.resolve("entries"), entries);
    for (Map.Entry<String, String> file : KernelFiles.packed().texts().entrySet()) {
      String text = file.getValue();
      Files.writeString(
          kernels.resolve(file.getKey()),
          file.getKey().startsWith("adam_w")
              ? text.replaceAll("(st\\.global\\.\\S+\\s+\\[%rd\\d+)", "$1+268435456")
              : text);
    }
    return KernelFiles.in(kernels);
  }

  private void compare(String config, int capability, double tolerance) {
    Messages cpu = run(config, "cpu", HostStorage.HOST);
    Messages gpu;
    EmulatedDriver driver = new EmulatedDriver(Options.standard(), capability, 1L << 30);
    try (driver;
        CudaMemory memory =
            CudaMemory.open(
                driver, new Device.Emulator(), 0, KernelFiles.packed(), new OwnProducts(), false)) {
      gpu = run(config, "gpu", memory);
      assertEquals(List.of(), driver.findings());
    }
    assertEquals(cpu.losses.size(), gpu.losses.size());
    for (int i = 0; i < cpu.losses.size(); i++) {
      double expected = cpu.losses.get(i);
      assertEquals(expected, gpu.losses.get(i), tolerance * expected, "loss of step " + (i + 1));
    }
    assertEquals(cpu.samples, gpu.samples);
  }

  private Messages run(String config, String name, Storage storage) {
    byte[] text =
        config
            .replace("DIR", folder.toString())
            .replace("NAME", name)
            .getBytes(StandardCharsets.UTF_8);
    RunConfig run = RunConfig.read("run.json", Json.parseObject("run.json", text), List.of());
    Messages messages = new Messages();
    assertEquals(
        TrainingRun.Outcome.COMPLETED, new TrainingRun(run, storage, messages, () -> false).run());
    return messages;
  }

  private static final class Messages implements RunListener {
    private final List<Double> losses = new ArrayList<>();
    private final List<String> samples = new ArrayList<>();
    private final List<Double> logged = new ArrayList<>();

    @Override
    public void message(String text) {}

    @Override
    public void step(int step, int totalSteps, StepReport report) {
      losses.add(report.loss());
    }

    @Override
    public void log(Map<String, Double> entry) {
      logged.add(entry.getOrDefault("eval_loss", entry.getOrDefault("grad_norm", 0.0)));
    }

    @Override
    public void sample(String prompt, String continuation) {
      samples.add(continuation);
    }

    @Override
    public void saved(Path checkpoint) {}
  }
}
