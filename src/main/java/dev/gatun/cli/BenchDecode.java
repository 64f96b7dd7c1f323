package dev.gatun.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatun.core.ConfigurationException;
import dev.gatun.cpu.Parallel;
import dev.gatun.hub.Json;
import dev.gatun.hub.JsonFields;
import dev.gatun.hub.ModelConfigs;
import dev.gatun.model.ModelConfig;
import dev.gatun.train.DecodeBenchmark;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code gatun bench decode MODEL.json}: reading a prompt, and generating token by token. */
@Command(
    name = "decode",
    description = "Times generating with a model that has random weights.",
    mixinStandardHelpOptions = true)
final class BenchDecode implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(
      paramLabel = "MODEL",
      description = "A config.json, for example configs/models/llama-100m.json.")
  private String model = "";

  @Option(names = "--dtype", defaultValue = "f32", description = WeightType.DESCRIPTION)
  private String dtype = "f32";

  @Option(
      names = "--prompt",
      defaultValue = "128",
      description = "Tokens read in one pass (default ${DEFAULT-VALUE}).")
  private int prompt;

  @Option(
      names = "--tokens",
      defaultValue = "64",
      description = "Tokens generated after them (default ${DEFAULT-VALUE}).")
  private int tokens;

  @Mixin private final ThreadsOption threads = new ThreadsOption();

  @Option(
      names = "--warmup",
      defaultValue = "5",
      description = "Repetitions before timing (default ${DEFAULT-VALUE}).")
  private int warmup;

  @Option(
      names = "--repetitions",
      defaultValue = "9",
      description = "Timed repetitions of prompt and tokens (default ${DEFAULT-VALUE}).")
  private int repetitions;

  @Option(names = "--profile", description = "Print the time of each operation.")
  private boolean profile;

  @Mixin private final JsonOption json = new JsonOption();

  @Override
  public Integer call() {
    threads.use();
    ModelConfig config =
        ModelConfigs.parse(JsonFields.ofConfiguration(model, ConfigFiles.read(model)));
    if (prompt < 1 || tokens < 1 || prompt + tokens > config.maxPositionEmbeddings()) {
      throw new ConfigurationException(
          "--prompt %d and --tokens %d must be above 0 and fit the %d positions of the model"
              .formatted(prompt, tokens, config.maxPositionEmbeddings()));
    }
    DecodeBenchmark.Result result =
        new DecodeBenchmark(config, WeightType.parse(dtype), prompt, tokens)
            .run(warmup, repetitions);
    PrintWriter out = spec.commandLine().getOut();
    if (json.isChosen()) {
      out.print(Json.format(toJson(result)));
    } else {
      out.println(line(result));
      if (profile) {
        out.print(StepProfile.table(result.profile(), tokens));
      }
    }
    return ExitCode.OK.code();
  }

  private String line(DecodeBenchmark.Result result) {
    return String.format(
        Locale.ROOT,
        "%s  %,d parameters in %s  threads %d:"
            + "  prompt of %d: %,.1f tokens/s (%.1f min, %.1f max)"
            + "  decode %d: %,.1f tokens/s median (%.1f min, %.1f max), %.1f GB/s of weights"
            + "  peak %,d MB in regions, %,d MB resident",
        model,
        result.parameters(),
        dtype,
        Parallel.threads(),
        prompt,
        result.prompt().median(),
        result.prompt().min(),
        result.prompt().max(),
        tokens,
        result.decode().median(),
        result.decode().min(),
        result.decode().max(),
        result.gigabytesPerSecond(),
        result.peakBytes() >> 20,
        Machine.peakResidentBytes().orElse(0L) >> 20);
  }

  private ObjectNode toJson(DecodeBenchmark.Result result) {
    ObjectNode object = Json.object();
    object.put("model", model);
    object.put("parameters", result.parameters());
    object.put("dtype", dtype);
    object.put("threads", Parallel.threads());
    object.put("prompt", prompt);
    object.put("tokens", tokens);
    put(object, "prompt_tokens_per_s", result.prompt());
    put(object, "decode_tokens_per_s", result.decode());
    object.put("weight_bytes", result.weightBytes());
    object.put("gb_per_s", result.gigabytesPerSecond());
    object.put("peak_bytes", result.peakBytes());
    object.put("peak_resident_bytes", Machine.peakResidentBytes().orElse(0L));
    return object;
  }

  private static void put(ObjectNode object, String key, DecodeBenchmark.Rate rate) {
    object.put(key, rate.median());
    object.put(key + "_min", rate.min());
    object.put(key + "_max", rate.max());
  }
}
