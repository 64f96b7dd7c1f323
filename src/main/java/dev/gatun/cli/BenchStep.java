package dev.gatun.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatun.cpu.Parallel;
import dev.gatun.device.Device;
import dev.gatun.device.GemmChoice;
import dev.gatun.hub.Json;
import dev.gatun.hub.JsonFields;
import dev.gatun.hub.ModelConfigs;
import dev.gatun.model.ModelConfig;
import dev.gatun.train.StepBenchmark;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
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

  @Option(names = "--threads", description = "Threads (default: all cores).")
  private int threads;

  @Option(
      names = "--warmup",
      defaultValue = "5",
      description = "Steps before timing (default ${DEFAULT-VALUE}).")
  private int warmup;

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

  @Option(names = "--bf16", description = "Multiply in bf16, as training.bf16 does.")
  private boolean bf16;

  @Option(names = "--json", description = "Print one JSON object.")
  private boolean json;

  @Override
  public Integer call() {
    if (threads > 0) {
      Parallel.setThreads(threads);
    }
    ModelConfig config =
        ModelConfigs.parse(JsonFields.ofConfiguration(model, ConfigFiles.read(model)));
    try (Devices devices = Devices.open(Device.parse(device), GemmChoice.parse(gemm), false)) {
      StepBenchmark.Result result =
          new StepBenchmark(config, batch, seq, checkpointing, devices.storage(), bf16)
              .run(warmup, steps);
      report(result, devices);
    }
    return ExitCode.OK.code();
  }

  private void report(StepBenchmark.Result result, Devices devices) {
    PrintWriter out = spec.commandLine().getOut();
    boolean onGpu = !devices.storage().isHost();
    if (json) {
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
              bf16 ? "bf16" : "F32",
              devices.gpu().products(),
              100 * utilization(result, devices)));
    }
    if (profile) {
      out.print(StepProfile.table(result.profile(), steps));
    }
  }

  /** The share of what the device could do at most that the model needs; no recomputation. */
  private double utilization(StepBenchmark.Result result, Devices devices) {
    return result.gflops() / 1e3 / devices.gpu().peakTeraflops(bf16);
  }

  private String line(StepBenchmark.Result result) {
    return String.format(
        Locale.ROOT,
        "%s  %,d parameters  batch %d x %d  threads %d:"
            + "  %.1f ms median (%.1f min, %.1f max)  %,.1f tokens/s  %.1f GFLOP/s"
            + "  peak %,d MB in regions, %,d MB resident",
        model,
        result.parameters(),
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

  private ObjectNode toJson(StepBenchmark.Result result) {
    ObjectNode object = Json.object();
    object.put("model", model);
    object.put("parameters", result.parameters());
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
