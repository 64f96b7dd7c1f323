package dev.gatun.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatun.cpu.Parallel;
import dev.gatun.device.Device;
import dev.gatun.generate.GenerationConfig;
import dev.gatun.generate.TextGenerator;
import dev.gatun.hub.Json;
import dev.gatun.hub.JsonFields;
import dev.gatun.hub.Overrides;
import dev.gatun.hub.TokenizerFolder;
import dev.gatun.memory.Region;
import dev.gatun.train.GenerationConfigs;
import dev.gatun.train.LoadedModel;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code gatun generate MODEL_DIR}: continues a prompt. */
@Command(
    name = "generate",
    description = "Continues a prompt with a model.",
    mixinStandardHelpOptions = true)
final class Generate implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(
      paramLabel = "MODEL_DIR",
      description = "A model or adapter folder, for example a checkpoint.")
  private Path folder = Path.of("");

  @Option(
      names = "--adapter",
      paramLabel = "DIR",
      description = "An adapter folder, as PEFT has them, to put on the model.")
  private @Nullable Path adapter;

  @Option(names = "--prompt", required = true, description = "The text to continue.")
  private String prompt = "";

  /** {@code key=value} for each option that was given, in order. */
  private final List<String> changes = new ArrayList<>();

  @Option(names = "--max-new-tokens", description = "How many tokens to add at most.")
  void maxNewTokens(int value) {
    changes.add("max_new_tokens=" + value);
  }

  @Option(names = "--do-sample", description = "Draw tokens instead of taking the best one.")
  void doSample(boolean value) {
    changes.add("do_sample=" + value);
  }

  @Option(names = "--temperature", description = "Divides the scores.")
  void temperature(double value) {
    changes.add("temperature=" + value);
  }

  @Option(names = "--top-k", description = "How many tokens stay candidates.")
  void topK(int value) {
    changes.add("top_k=" + value);
  }

  @Option(names = "--top-p", description = "The probability mass that stays.")
  void topP(double value) {
    changes.add("top_p=" + value);
  }

  @Option(names = "--seed", description = "Of the draws.")
  void seed(long value) {
    changes.add("seed=" + value);
  }

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "Any name of GenerationConfig, for example --set repetition_penalty=1.2.")
  void set(List<String> overrides) {
    changes.addAll(overrides);
  }

  @Option(names = "--threads", description = "Threads (default: all cores).")
  private int threads;

  @Option(
      names = "--json",
      description = "Print one JSON object: ids of prompt and new text, and text.")
  private boolean json;

  @Option(names = "--device", description = "cpu, cuda:N or emulator.")
  private String device = "cpu";

  @Override
  public Integer call() {
    if (threads > 0) {
      Parallel.setThreads(threads);
    }
    try (Devices devices = Devices.open(Device.parse(device), false, false);
        Region region = new Region("model", devices.storage())) {
      LoadedModel loaded = LoadedModel.open(folder, Optional.ofNullable(adapter), region);
      TokenizerFolder tokenizer = loaded.tokenizer();
      GenerationConfig config = generationConfig(loaded, tokenizer);
      TextGenerator generator = new TextGenerator(loaded.model(), tokenizer.tokenizer());
      PrintWriter out = spec.commandLine().getOut();
      if (json) {
        TextGenerator.Continuation result = generator.generate(prompt, config, _ -> {});
        out.print(Json.format(toJson(result)));
      } else {
        out.print(prompt);
        generator.generate(
            prompt,
            config,
            piece -> {
              out.print(piece);
              out.flush();
            });
        out.println();
      }
    }
    return ExitCode.OK.code();
  }

  /** The model's generation_config.json, changed by the command line. */
  private GenerationConfig generationConfig(LoadedModel loaded, TokenizerFolder tokenizer) {
    ObjectNode node = loaded.generationConfig(tokenizer);
    Overrides.apply(node, changes);
    JsonFields fields = JsonFields.ofConfiguration("generation", node);
    GenerationConfig config = GenerationConfigs.read(fields);
    fields.rejectUnknown();
    return config;
  }

  private static ObjectNode toJson(TextGenerator.Continuation result) {
    ObjectNode object = Json.object();
    ArrayNode ids = object.putArray("ids");
    for (int id : result.promptIds()) {
      ids.add(id);
    }
    for (int id : result.newIds()) {
      ids.add(id);
    }
    object.put("text", result.text());
    return object;
  }
}
