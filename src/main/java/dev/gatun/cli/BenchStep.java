package dev.gatun.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatun.core.ConfigurationException;
import dev.gatun.core.DType;
import dev.gatun.cpu.Parallel;
import dev.gatun.device.Device;
import dev.gatun.device.GemmChoice;
import dev.gatun.hub.Json;
import dev.gatun.hub.JsonFields;
import dev.gatun.hub.ModelConfigs;
import dev.gatun.model.ModelConfig;
import dev.gatun.model.WeightStorage;
import dev.gatun.train.StepBenchmark;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code gatun bench step MODEL.json}: whole training steps on random weights and tokens. */
@Command(
    name = "step",
    description = "Times training steps of a model with random weights.",
    mixinStandardHelpOptions = true)
final class BenchStep implements Callable<Integer> {
  /** As load_in_8bit and load_in_4bit with torch_dtype bfloat16 store a model. */
  private static final Map<String, WeightStorage> BASES =
      Map.of(
          "f32", WeightStorage.F32,
          "bf16", WeightStorage.all(DType.BF16),
          "q8", new WeightStorage(DType.Q8_0, DType.BF16),
          "nf4", new WeightStorage(DType.NF4, DType.BF16),
          "nf4-double", new WeightStorage(DType.NF4_DOUBLE, DType.BF16));

  private static final int LEAST_WARMUP = 5;

  /** The last compiled methods are in place 8 to 12 seconds after the first step (measured). */
  private static final Duration SETTLE = Duration.ofSeconds(12);

  private static final Map<String, Boolean> ROUNDS = Map.of("f32", false, "bf16", true);

  @Spec private CommandSpec spec;

  @Parameters(
      paramLabel = "MODEL",
      description = "A config.json, for example configs/models/gpt2-124m.json.")
  private String model = "";

  @Option(
      names = "--batch",
      defaultValue = "4",
      description = "Rows per step (default ${DEFAULT-VALUE}).")
  private int batch;

  @Option(
      names = "--seq",
      defaultValue = "64",
      description = "Tokens per row (default ${DEFAULT-VALUE}).")
  private int seq;

  @Mixin private final ThreadsOption threads = new ThreadsOption();

  @Option(
      names = "--warmup",
      description = "Steps before timing (default: those of the first 12 seconds, at least 5).")
  private @Nullable Integer warmup;

  @Option(
      names = "--steps",
      defaultValue = "15",
      description = "Timed steps (default ${DEFAULT-VALUE}).")
  private int steps;

  @Option(names = "--checkpointing", description = "Recompute activations of blocks.")
  private boolean checkpointing;

  @Option(names = "--profile", description = "Print the time of each operation.")
  private boolean profile;

  @Option(
      names = "--device",
      defaultValue = "cpu",
      description = "cpu, cuda:N or emulator (default ${DEFAULT-VALUE}).")
  private String device;

  @Option(
      names = "--gemm",
      defaultValue = "auto",
      description = "Who multiplies on a GPU: auto, cublas or own (default ${DEFAULT-VALUE}).")
  private String gemm;

  @Option(
      names = "--dtype",
      defaultValue = "f32",
      description = "f32, or bf16: multiply as training.bf16 does (default ${DEFAULT-VALUE}).")
  private String dtype;

  @Option(
      names = "--lora",
      paramLabel = "R",
      description = "Train an adapter of rank R on the layers that PEFT chooses for the family.")
  private @Nullable Integer lora;

  @Option(
      names = "--base",
      defaultValue = "f32",
      description =
          "What the frozen weights under an adapter are stored as: f32, bf16, q8, nf4 or"
              + " nf4-double (default ${DEFAULT-VALUE}).")
  private String base;

  @Mixin private final JsonOption json = new JsonOption();

  @Override
  public Integer call() {
    threads.use();
    ModelConfig config =
        ModelConfigs.parse(JsonFields.ofConfiguration(model, ConfigFiles.read(model)));
    try (Devices devices = Devices.open(Device.parse(device), GemmChoice.parse(gemm), false)) {
      StepBenchmark.Result result =
          new StepBenchmark(config, settings(), devices.storage())
              .run(
                  warmup == null ? LEAST_WARMUP : warmup,
                  warmup == null ? SETTLE : Duration.ZERO,
                  steps);
      report(result, devices);
    }
    return ExitCode.OK.code();
  }

  private StepBenchmark.Settings settings() {
    if (lora != null && lora < 1) {
      throw new ConfigurationException("--lora: the rank is at least 1, not " + lora);
    }
    if (lora == null && !base.equals("f32")) {
      throw new ConfigurationException("--base has no effect without --lora; give both or none");
    }
    return new StepBenchmark.Settings(
        batch, seq, checkpointing, bf16(), lora == null ? 0 : lora, choice("--base", BASES, base));
  }

  private boolean bf16() {
    return choice("--dtype", ROUNDS, dtype);
  }

  private static <T> T choice(String option, Map<String, T> choices, String name) {
    T chosen = choices.get(name);
    if (chosen == null) {
      throw new ConfigurationException(
          "%s: \"%s\" is none of %s"
              .formatted(option, name, String.join(", ", new TreeSet<>(choices.keySet()))));
    }
    return chosen;
  }

  private void report(StepBenchmark.Result result, Devices devices) {
    PrintWriter out = spec.commandLine().getOut();
    boolean onGpu = !devices.storage().isHost();
    if (json.isChosen()) {
      ObjectNode object = toJson(result);
      if (onGpu) {
        object.put("device", device);
        object.put("products", devices.gpu().products());
        object.put("mfu", utilization(result, devices));
      }
      out.print(Json.format(object));
      return;
    }
    out.println(line(result));
    if (onGpu) {
      out.println(
          String.format(
              Locale.ROOT,
              "%s, %s, products by %s: model FLOPs utilization %.1f %% of the data sheet",
              device,
              bf16() ? "bf16" : "F32",
              devices.gpu().products(),
              100 * utilization(result, devices)));
    }
    if (profile) {
      out.print(StepProfile.table(result.profile(), steps));
    }
  }

  /** The share of what the device could do at most that the model needs; no recomputation. */
  private double utilization(StepBenchmark.Result result, Devices devices) {
    return result.gflops() / 1e3 / devices.gpu().peakTeraflops(bf16());
  }

  private String line(StepBenchmark.Result result) {
    return String.format(
        Locale.ROOT,
        "%s  %,d parameters%s  batch %d x %d  threads %d:"
            + "  %.1f ms median (%.1f min, %.1f max)  %,.1f tokens/s  %.1f GFLOP/s"
            + "  peak %,d MB in regions, %,d MB resident",
        model,
        result.parameters(),
        variant(),
        batch,
        seq,
        Parallel.threads(),
        result.medianMs(),
        result.minMs(),
        result.maxMs(),
        result.tokensPerSecond(),
        result.gflops(),
        result.peakBytes() >> 20,
        Machine.peakResidentBytes().orElse(0L) >> 20);
  }

  /** What is not the default, for the line of the result. */
  private String variant() {
    String adapter = lora == null ? "" : "  LoRA r=" + lora + " on " + base;
    return adapter + (bf16() ? "  bf16" : "");
  }

  private ObjectNode toJson(StepBenchmark.Result result) {
    ObjectNode object = Json.object();
    object.put("model", model);
    object.put("parameters", result.parameters());
    object.put("dtype", dtype);
    if (lora != null) {
      object.put("lora", lora);
      object.put("base", base);
    }
    object.put("batch", batch);
    object.put("seq", seq);
    object.put("threads", Parallel.threads());
    object.put("tokens_per_s", result.tokensPerSecond());
    object.put("ms", result.medianMs());
    object.put("ms_min", result.minMs());
    object.put("ms_max", result.maxMs());
    object.put("gflops", result.gflops());
    object.put("peak_bytes", result.peakBytes());
    object.put("peak_resident_bytes", Machine.peakResidentBytes().orElse(0L));
    return object;
  }
}
